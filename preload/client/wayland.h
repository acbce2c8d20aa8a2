/*
 * Functions of the program's libwayland-client. This library is not linked with it, so that programs that do not use
 * libwayland do not load it.
 */
#ifndef LIDO_RUN_WAYLAND_H
#define LIDO_RUN_WAYLAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client-core.h>

struct wayland {
	struct wl_proxy *(*marshal)(struct wl_proxy *proxy, uint32_t opcode, const struct wl_interface *interface,
			uint32_t version, uint32_t flags, union wl_argument *args);
	int (*add_listener)(struct wl_proxy *proxy, void (**implementation)(void), void *data);
	void (*proxy_destroy)(struct wl_proxy *proxy);
	const char *(*get_class)(struct wl_proxy *proxy);
	uint32_t (*get_id)(struct wl_proxy *proxy);
	struct wl_display *(*get_display)(struct wl_proxy *proxy);
	struct wl_event_queue *(*get_queue)(const struct wl_proxy *proxy);
	void (*set_queue)(struct wl_proxy *proxy, struct wl_event_queue *queue);
	void *(*create_wrapper)(void *proxy);
	void (*wrapper_destroy)(void *wrapper);
	struct wl_event_queue *(*create_queue)(struct wl_display *display);
	void (*queue_destroy)(struct wl_event_queue *queue);
	int (*roundtrip)(struct wl_display *display, struct wl_event_queue *queue);
	int (*dispatch_pending)(struct wl_display *display, struct wl_event_queue *queue);
	int (*flush)(struct wl_display *display);
	int (*get_fd)(struct wl_display *display);
	int (*prepare_read)(struct wl_display *display);
	int (*prepare_read_queue)(struct wl_display *display, struct wl_event_queue *queue);
	int (*read_events)(struct wl_display *display);
	void (*cancel_read)(struct wl_display *display);
	void (*disconnect)(struct wl_display *display);

	const struct wl_interface *registry_interface;
	const struct wl_interface *shm_interface;
	const struct wl_interface *shm_pool_interface;
	const struct wl_interface *callback_interface;
	const struct wl_interface *buffer_interface;

	uintptr_t start, end;     // of the segment with its code
	size_t prepare_read_size; // bytes of the code of prepare_read; 0: unknown
	bool is_complete;         // all of the above were found; otherwise this library changes nothing
};

/* Finds libwayland-client, or aborts: only interposed functions of libwayland-client may call it. */
const struct wayland *wayland_get(void);

/* Is the address in the code of libwayland-client? False if that was not needed yet. */
bool wayland_has_code(const void *address);

/* Is the address in the code of libwayland's wl_display_prepare_read()? */
bool wayland_is_preparing_read(const void *address);

/* Sends a request that creates no object. args: NULL if it has none. */
void wayland_send(struct wl_proxy *proxy, uint32_t opcode, union wl_argument *args);

#endif
