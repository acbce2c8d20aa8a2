#include "sandboxes.h"

#include "clients.h"
#include "compat.h"
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

// wlroots leaks both fds where listen_fd is not a listening socket. It finds them closed, and posts the error.
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
	close(listen_fd);
	close(close_fd);
}

bool sandboxes_init(struct compositor *compositor) {
	return requests_watch(compositor, "wp_security_context_manager_v1", "create_listener", handle_create_listener);
}
