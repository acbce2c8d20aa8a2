/*
 * Reading with no copy: a renderer on a GPU imports the DMA-BUF of a client's buffer (lido_pin), and reads it where it
 * is.
 *
 * A *GPU buffer* is the wlr_buffer that has the DMA-BUF. It replaces the client buffer in a commit, as a snapshot does,
 * but the client has its wl_buffer back only when no surface shows it and the GPU has finished reading. It lives as
 * long as the client's buffer, so that a buffer that is committed again and again is imported once.
 */
#ifndef LIDO_ZERO_COPY_H
#define LIDO_ZERO_COPY_H

#include <lido/wlroots.h>
#include <wlr/types/wlr_buffer.h>

struct lido_client_buffer;
struct wlr_renderer;

/*
 * Layouts whose import failed, of which so many are remembered, each for that long: the memory of a GPU may have been
 * short only. Milliseconds.
 */
#define LIDO_ZERO_COPY_FAILURES_MAX 16
#define LIDO_ZERO_COPY_FAILURE_MS 60000

struct lido_zero_copy {
	struct lido_manager *manager;
	struct wl_event_loop *loop;
	enum lido_zero_copy_mode mode;
	struct wlr_renderer *renderer; // that is_usable holds for; NULL: not known yet
	bool is_usable;
	uint32_t generation; // of the renderer: imports by earlier ones are gone
	struct lido_zero_copy_layout {
		uint32_t drm_format;
		int32_t width, height, stride;
		int64_t time;                        // milliseconds, when it failed
	} failures[LIDO_ZERO_COPY_FAILURES_MAX]; // a ring
	uint32_t failures_len;                   // ever
	struct wl_list buffers;                  // lido_gpu_buffer.link
	struct wl_list waits;                    // struct lido_gpu_wait.link

	struct wl_listener renderer_destroy;
};

void lido_zero_copy_init(struct lido_zero_copy *zero_copy, struct lido_manager *manager, struct wl_event_loop *loop);

/* GPU buffers that readers lock live on. */
void lido_zero_copy_finish(struct lido_zero_copy *zero_copy);

/* Gives up all imports. Clients whose buffers were not released for them alone have these back. */
void lido_zero_copy_drop_buffers(struct lido_zero_copy *zero_copy);

/*
 * Can this renderer read with no copy? Asks the system once for each renderer, and logs the answer with its reason.
 */
bool lido_zero_copy_is_usable(struct lido_zero_copy *zero_copy, struct wlr_renderer *renderer);

struct lido_gpu_buffer {
	struct wlr_buffer base;
	struct wl_list link;              // lido_zero_copy.buffers
	struct lido_zero_copy *zero_copy; // NULL once that is finished
	struct lido_client_buffer *owner; // NULL once it is dropped
	struct lido_pin *pin;
	struct lido_buffer *source; // locked by the pin
	struct lido_gpu_wait *wait; // for the GPU, before the client may have the buffer back; NULL: none
	uint32_t drm_format, stride;
	uint32_t generation; // of the renderer that has imported it

	struct wl_listener release;
};

/* Returns NULL if it is not a GPU buffer. */
struct lido_gpu_buffer *lido_gpu_buffer_try_from_wlr_buffer(struct wlr_buffer *base);

/* May this buffer be imported? Looks at its layout, and at what has failed. */
bool lido_gpu_buffer_is_possible(const struct lido_zero_copy *zero_copy, const struct lido_client_buffer *owner);

/*
 * Returns the GPU buffer of a client buffer, imported by the renderer, for this commit; creates it if there is none.
 * Returns NULL if that is not possible now; then the pixels must be uploaded.
 */
struct lido_gpu_buffer *lido_gpu_buffer_get(struct lido_zero_copy *zero_copy, struct lido_client_buffer *owner,
		const struct lido_commit *commit, struct wlr_renderer *renderer);

/* The owner no longer needs it; it lives until its readers unlock it and the GPU has finished. NULL is fine. */
void lido_gpu_buffer_drop(struct lido_gpu_buffer *buffer);

/* Does a surface show it, or the GPU read it? NULL: false. */
bool lido_gpu_buffer_is_used(const struct lido_gpu_buffer *buffer);

#endif
