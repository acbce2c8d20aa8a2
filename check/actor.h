/*
 * The client that tests a rule, and the objects that it owns. All of them are destroyed when the rule ends.
 */
#ifndef CHECK_ACTOR_H
#define CHECK_ACTOR_H

#include "file.h"
#include "pool_client.h"
#include "pool_picture.h"
#include "window.h"

/* How long to wait for an event: milliseconds. */
#define ACTOR_PATIENCE 3000

struct actor_picture;

struct actor {
	struct server *server;
	struct screen screen;       // as much of it as the compositor offers
	struct client *client;      // the one of the screen
	struct client other;        // must keep working, whatever happens to the first
	struct window window;       // all zero until actor_get_window()
	struct wl_surface *surface; // see actor_get_surface(); may be NULL
	struct pool_client pool;    // all zero until actor_get_pool()
	struct wl_proxy *blamed;    // NULL: any object of the interface
	struct wl_array fds;        // int
	struct wl_list pictures;    // actor_picture.link
	struct wl_list pools;       // actor_pool.link
	struct wl_list blocks;      // actor_block.link
};

/* Monotonic clock: milliseconds. */
int64_t actor_now(void);

void actor_init(struct actor *actor, struct server *server);
void actor_finish(struct actor *actor);

/* Sets the object that an error must be on. It must not have been destroyed. */
#define actor_blame(actor, proxy) ((actor)->blamed = (struct wl_proxy *)(proxy))

/* Skips the rule if the compositor does not offer this interface. */
void actor_need(struct actor *actor, const char *interface, uint32_t version);

/* Closes the fd when the rule ends. Returns it. */
int actor_keep(struct actor *actor, int fd);

/* Creates a pool in a new file of the given kind and size. */
struct wl_shm_pool *actor_create_pool(struct actor *actor, enum file_kind kind, int32_t size);

/* The same in a file of another size. file receives its fd, which is closed when the rule ends. */
struct wl_shm_pool *actor_create_pool_in(
		struct actor *actor, enum file_kind kind, int64_t file_size, int32_t size, int *file);

/* Sends bytes verbatim, after all pending requests, with fds_len copies of an fd. */
void actor_send_raw(struct actor *actor, const void *data, size_t size, int fd, size_t fds_len);

/* The second header word of a message. size: bytes, including both header words. */
#define ACTOR_HEADER(size, opcode) ((uint32_t)(size) << 16 | (uint32_t)(opcode))

/* An XRGB8888 buffer without padding. */
struct wl_buffer *actor_create_buffer(struct wl_shm_pool *pool, int32_t offset, int32_t width, int32_t height);

/* A picture of zeros, as by picture_init(). */
struct picture *actor_create_picture(
		struct actor *actor, enum file_kind kind, uint32_t format, int32_t width, int32_t height, int32_t stride);

/* A picture that covers the window, XRGB8888, with a pattern that depends on the seed. */
struct picture *actor_create_window_picture(struct actor *actor, enum file_kind kind, uint32_t seed);

/* The client's pool of lido_shm_v1. Skips the rule if the compositor does not offer it. */
struct pool_client *actor_get_pool(struct actor *actor);

/*
 * Another pool object of the client, with a manager of its own; skips as above. A rule may finish it. reserve_max: see
 * pool_client_init().
 */
struct pool_client *actor_add_pool(struct actor *actor, uint32_t reserve_max);

/* The same by get_private_pool. */
struct pool_client *actor_add_private_pool(struct actor *actor, uint32_t reserve_max);

/* A block of a pool object, as by pool_block_init(). Does not wait. A rule may finish it. */
struct pool_block *actor_create_block(struct actor *actor, struct pool_client *pool, uint32_t size);

/* The same, and waits. The block must be placed. */
#define actor_place_block(actor, pool, size) actor_place_block_at(__FILE__, __LINE__, actor, pool, size)
struct pool_block *actor_place_block_at(
		const char *file, int line, struct actor *actor, struct pool_client *pool, uint32_t size);

/* A block that failed, of a new pool object with address space for one page. size: more than one page. */
struct pool_block *actor_create_failed_block(struct actor *actor, uint32_t size);

/* Fills a placed block with a pattern. */
void actor_fill_block(const struct pool_block *block, uint32_t seed);

/* size bytes must contain the pattern, from its start. */
#define actor_expect_filled(data, size, seed) actor_expect_filled_at(__FILE__, __LINE__, data, size, seed)
void actor_expect_filled_at(const char *file, int line, const uint8_t *data, size_t size, uint32_t seed);

/* size bytes must be zero. */
#define actor_expect_zeros(data, size) actor_expect_zeros_at(__FILE__, __LINE__, data, size)
void actor_expect_zeros_at(const char *file, int line, const uint8_t *data, size_t size);

/* Makes the file of an area larger, which a client must not do. */
void actor_grow_file(const struct pool_area *area);

/* A picture as by actor_create_window_picture(), in a block of lido_shm_v1, which must have been placed. */
struct pool_picture *actor_create_pool_picture(struct actor *actor, uint32_t seed);

/* A configured fullscreen window. Skips the rule if the compositor offers no windows. */
struct window *actor_get_window(struct actor *actor);

/* The same, once the compositor has sent its size. The window may have arbitrary contents. */
struct window *actor_get_sized_window(struct actor *actor);

/* A surface to commit buffers to: that of the window, or one without a role if there are no windows. */
struct wl_surface *actor_get_surface(struct actor *actor);

/* Attaches a buffer to that surface, damages all of it, and commits. */
void actor_commit(struct actor *actor, struct wl_buffer *buffer);

/* Dispatches events for this many milliseconds. */
void actor_wait(struct actor *actor, int duration);

/* Waits until the picture's buffer has been released count times in all. Fails after ACTOR_PATIENCE. */
#define actor_expect_releases(actor, picture, count) actor_expect_releases_at(__FILE__, __LINE__, actor, picture, count)
void actor_expect_releases_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, int count);

#endif
