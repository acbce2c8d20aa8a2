/*
 * The functions wl_shm_buffer_…() of libwayland-server, over the buffers of this library: for compositors without
 * wlroots that already read shared memory through them. Include it, or compile with "-include lido/compat-wl-shm.h", in
 * each file that calls these functions; it redefines them as macros. Link with lido-shm.
 *
 * What remains to do: where a buffer is committed, the compositor should release it as before; that is all. What
 * differs:
 *
 * - wl_display_init_shm() creates a lido_manager with the two formats that every compositor has. Call
 *   lido_manager_create() instead to offer others, or to set limits; wl_display_add_shm_format() has no effect.
 * - wl_shm_buffer_get() also returns NULL if the pixels cannot be had: the client is being disconnected then.
 * - The pixels are read-only. Writing to them raises SIGSEGV where they are read in place: screen capture calls
 *   lido_buffer_write() with the buffer of lido_compat_get_buffer().
 * - Pixels are read in place if the file is sealed and has no holes. Otherwise wl_shm_buffer_begin_access() copies the
 *   whole buffer, to memory that is charged to the client. What is copied for one client in one dispatch is bounded by
 *   LIDO_DISPATCH_BYTES_MAX; beyond it, the pixels stay those of the last copy.
 * - wl_shm_buffer_begin_access() may change what wl_shm_buffer_get_data() returns. An address from before stays
 *   readable, but may show earlier pixels, and reading it may fill holes in the client's file: call
 *   wl_shm_buffer_get_data() afterwards.
 *
 * With -include, macros such as _GNU_SOURCE must be defined on the command line, too: this header includes others.
 *
 * lido_buffer.data is used. So this is not for compositors that use <lido/wlroots.h>, nor for those that set it.
 */
#ifndef LIDO_COMPAT_WL_SHM_H
#define LIDO_COMPAT_WL_SHM_H

#include <lido/shm.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Internal: the pixels of one buffer, as its lido_buffer.data. It lives as long as the wl_buffer or a reference. */
struct lido_compat {
	struct lido_buffer *buffer; // locked once for each reference
	const void *pixels;         // in place, or those of the copy; never NULL
	struct lido_scratch *copy;  // NULL: never needed
	uint32_t refs;
	uint32_t accesses; // begun and not ended
	struct wl_listener destroy;
};

/* Internal. */
static inline void lido_compat_consider_destroy(struct lido_compat *compat) {
	if (compat->refs == 0 && compat->buffer->resource == NULL) {
		compat->buffer->data = NULL;
		lido_scratch_destroy(compat->copy);
		free(compat);
	}
}

/* Internal. */
static inline void lido_compat_handle_destroy(struct wl_listener *listener, void *data) {
	struct lido_compat *compat = wl_container_of(listener, compat, destroy);
	wl_list_remove(&compat->destroy.link);
	lido_compat_consider_destroy(compat);
}

/* Internal: finds the pixels as they are now. Returns false if memory is short or a limit is met. */
static inline bool lido_compat_update(struct lido_compat *compat) {
	struct lido_buffer *buffer = compat->buffer;
	const struct lido_box whole = {0, 0, buffer->width, buffer->height};
	const void *pixels = lido_buffer_map(buffer, 0, buffer->height, NULL);
	if (pixels != NULL) {
		compat->pixels = pixels;
		return true;
	}
	if (!lido_buffer_spend(buffer, buffer->size)) {
		return compat->copy != NULL && compat->pixels == lido_scratch_get_data(compat->copy);
	}
	if (compat->copy == NULL) {
		compat->copy = lido_scratch_create(buffer->pool, (size_t)buffer->size);
		if (compat->copy == NULL) {
			return false;
		}
	}
	compat->pixels = lido_scratch_get_data(compat->copy);
	if (lido_buffer_read(buffer, &whole, lido_scratch_get_data(compat->copy), (size_t)buffer->stride) != LIDO_READ_OK) {
		lido_buffer_post_truncated(buffer);
	}
	return true;
}

/* Internal: creates what lido_buffer.data points to. Returns NULL if memory is short or a limit is met. */
static inline struct lido_compat *lido_compat_create(struct lido_buffer *buffer) {
	struct lido_compat *compat = (struct lido_compat *)calloc(1, sizeof(*compat));
	if (compat == NULL) {
		return NULL;
	}
	compat->buffer = buffer;
	if (!lido_compat_update(compat)) {
		free(compat);
		return NULL;
	}
	compat->destroy.notify = lido_compat_handle_destroy;
	wl_signal_add(&buffer->events.destroy, &compat->destroy);
	buffer->data = compat;
	return compat;
}

/* Internal. */
static inline struct lido_compat *lido_compat_from_shm_buffer(const struct wl_shm_buffer *shm_buffer) {
	return (struct lido_compat *)(uintptr_t)shm_buffer;
}

/* The buffer behind what wl_shm_buffer_get() has returned. */
static inline struct lido_buffer *lido_compat_get_buffer(const struct wl_shm_buffer *shm_buffer) {
	return lido_compat_from_shm_buffer(shm_buffer)->buffer;
}

/* As wl_shm_buffer_get(). */
static inline struct wl_shm_buffer *lido_compat_shm_buffer_get(struct wl_resource *resource) {
	struct lido_buffer *buffer = lido_buffer_try_from_resource(resource);
	if (buffer == NULL) {
		return NULL;
	}
	if (buffer->data == NULL && lido_compat_create(buffer) == NULL) {
		lido_pool_post_no_memory(buffer->pool);
		return NULL;
	}
	return (struct wl_shm_buffer *)buffer->data;
}

/* As wl_shm_buffer_begin_access(). Accesses may be nested. */
static inline void lido_compat_shm_buffer_begin_access(struct wl_shm_buffer *shm_buffer) {
	struct lido_compat *compat = lido_compat_from_shm_buffer(shm_buffer);
	if (compat->accesses++ == 0 && !lido_buffer_detect_tampering(compat->buffer) && !lido_compat_update(compat)) {
		lido_pool_post_no_memory(compat->buffer->pool);
	}
}

/* As wl_shm_buffer_end_access(). */
static inline void lido_compat_shm_buffer_end_access(struct wl_shm_buffer *shm_buffer) {
	lido_compat_from_shm_buffer(shm_buffer)->accesses--;
}

/* As wl_shm_buffer_get_data(), for reading only. */
static inline void *lido_compat_shm_buffer_get_data(struct wl_shm_buffer *shm_buffer) {
	return (void *)(uintptr_t)lido_compat_from_shm_buffer(shm_buffer)->pixels;
}

/* As wl_shm_buffer_get_stride(). */
static inline int32_t lido_compat_shm_buffer_get_stride(const struct wl_shm_buffer *shm_buffer) {
	return lido_compat_get_buffer(shm_buffer)->stride;
}

/* As wl_shm_buffer_get_format(): a code of wl_shm, which differs from drm_fourcc.h in two formats. */
static inline uint32_t lido_compat_shm_buffer_get_format(const struct wl_shm_buffer *shm_buffer) {
	uint32_t format = lido_compat_get_buffer(shm_buffer)->drm_format;
	return format == 0x34325241 ? 0 : format == 0x34325258 ? 1 : format;
}

/* As wl_shm_buffer_get_width(). */
static inline int32_t lido_compat_shm_buffer_get_width(const struct wl_shm_buffer *shm_buffer) {
	return lido_compat_get_buffer(shm_buffer)->width;
}

/* As wl_shm_buffer_get_height(). */
static inline int32_t lido_compat_shm_buffer_get_height(const struct wl_shm_buffer *shm_buffer) {
	return lido_compat_get_buffer(shm_buffer)->height;
}

/* As wl_shm_buffer_ref(): keeps the buffer and its pixels. */
static inline struct wl_shm_buffer *lido_compat_shm_buffer_ref(struct wl_shm_buffer *shm_buffer) {
	struct lido_compat *compat = lido_compat_from_shm_buffer(shm_buffer);
	compat->refs++;
	lido_buffer_lock(compat->buffer);
	return shm_buffer;
}

/* As wl_shm_buffer_unref(). */
static inline void lido_compat_shm_buffer_unref(struct wl_shm_buffer *shm_buffer) {
	struct lido_compat *compat = lido_compat_from_shm_buffer(shm_buffer);
	struct lido_buffer *buffer = compat->buffer;
	compat->refs--;
	lido_compat_consider_destroy(compat);
	lido_buffer_unlock(buffer);
}

/* As wl_shm_buffer_ref_pool(): keeps the pixels of this buffer, not those of others in its pool. */
static inline struct wl_shm_pool *lido_compat_shm_buffer_ref_pool(struct wl_shm_buffer *shm_buffer) {
	return (struct wl_shm_pool *)lido_compat_shm_buffer_ref(shm_buffer);
}

/* As wl_shm_pool_unref(). */
static inline void lido_compat_shm_pool_unref(struct wl_shm_pool *pool) {
	lido_compat_shm_buffer_unref((struct wl_shm_buffer *)pool);
}

/* As wl_display_init_shm(): returns 0, or -1 if memory is short or the display has a lido_manager. */
static inline int lido_compat_display_init_shm(struct wl_display *display) {
	static const uint32_t formats[] = {0x34325241, 0x34325258}; // ARGB8888, XRGB8888
	return lido_manager_create(display, formats, 2, NULL) != NULL ? 0 : -1;
}

#define wl_shm_buffer_get lido_compat_shm_buffer_get
#define wl_shm_buffer_begin_access lido_compat_shm_buffer_begin_access
#define wl_shm_buffer_end_access lido_compat_shm_buffer_end_access
#define wl_shm_buffer_get_data lido_compat_shm_buffer_get_data
#define wl_shm_buffer_get_stride lido_compat_shm_buffer_get_stride
#define wl_shm_buffer_get_format lido_compat_shm_buffer_get_format
#define wl_shm_buffer_get_width lido_compat_shm_buffer_get_width
#define wl_shm_buffer_get_height lido_compat_shm_buffer_get_height
#define wl_shm_buffer_ref lido_compat_shm_buffer_ref
#define wl_shm_buffer_unref lido_compat_shm_buffer_unref
#define wl_shm_buffer_ref_pool lido_compat_shm_buffer_ref_pool
#define wl_shm_pool_unref lido_compat_shm_pool_unref
#define wl_display_init_shm lido_compat_display_init_shm

#ifdef __cplusplus
}
#endif

#endif
