#include "sandboxes.h"

#include "clients.h"
#include "compat.h"
#include "descriptors.h"
#include "globals.h"
#include "parts.h"
#include "requests.h"
#include "usage.h"
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-core.h>

static bool is_listening(int fd) {
	int value = 0;
	socklen_t size = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

// wlroots leaks both fds of a request that it refuses. It refuses an fd that is closed, and must find it closed: it
// would ask the server of a file, and use a socket that listens by then.
static void handle_create_listener(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	int listen_fd = arguments[1].h, close_fd = arguments[2].h;
	size_t len = (size_t)wl_list_length(security_contexts(compositor->globals->security));
	size_t max = sandboxes_get_max(compositor->clients->max);
	if (len >= max) {
		usage_post_too_many(wl_resource_get_client(resource), "security contexts", len + 1, max);
	} else if (is_listening(listen_fd)) {
		return;
	}
	descriptors_detach(listen_fd);
	close(close_fd);
}

bool sandboxes_init(struct compositor *compositor) {
	return requests_watch(compositor, "wp_security_context_manager_v1", "create_listener", handle_create_listener);
}
