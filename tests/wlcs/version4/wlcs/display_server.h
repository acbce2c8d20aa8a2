/*
 * As much of the header of a newer WLCS, whose WlcsDisplayServer is version 4, as module.c uses. Nothing that is built
 * with it runs.
 */
#ifndef WLCS_VERSION4_DISPLAY_SERVER_H
#define WLCS_VERSION4_DISPLAY_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define WLCS_DISPLAY_SERVER_VERSION 4

struct wl_display;
struct wl_event_loop;
struct wl_surface;

typedef struct WlcsKeyboard WlcsKeyboard;
typedef struct WlcsPointer WlcsPointer;
typedef struct WlcsTouch WlcsTouch;

typedef struct WlcsExtensionDescriptor {
	const char *name;
	uint32_t version;
} WlcsExtensionDescriptor;

typedef struct WlcsIntegrationDescriptor {
	uint32_t version;
	size_t num_extensions;
	const WlcsExtensionDescriptor *supported_extensions;
} WlcsIntegrationDescriptor;

typedef struct WlcsDisplayServer WlcsDisplayServer;

struct WlcsDisplayServer {
	uint32_t version;
	void (*start)(WlcsDisplayServer *server);
	void (*stop)(WlcsDisplayServer *server);
	int (*create_client_socket)(WlcsDisplayServer *server);
	void (*position_window_absolute)(
			WlcsDisplayServer *server, struct wl_display *client, struct wl_surface *surface, int x, int y);
	WlcsPointer *(*create_pointer)(WlcsDisplayServer *server);
	WlcsTouch *(*create_touch)(WlcsDisplayServer *server);
	const WlcsIntegrationDescriptor *(*get_descriptor)(const WlcsDisplayServer *server); // since version 2
	void (*start_on_this_thread)(WlcsDisplayServer *server, struct wl_event_loop *loop); // since version 3
	WlcsKeyboard *(*create_keyboard)(WlcsDisplayServer *server);                         // since version 4
};

typedef struct WlcsServerIntegration {
	uint32_t version;
	WlcsDisplayServer *(*create_server)(int argc, const char **argv);
	void (*destroy_server)(WlcsDisplayServer *server);
} WlcsServerIntegration;

extern const WlcsServerIntegration wlcs_server_integration;

#endif
