#include "attack.h"

#include "lido-shm-v1-client-protocol.h"
#include "security-context-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-data-control-unstable-v1-client-protocol.h"
#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct attacker *attacker = data;
	const struct {
		const struct wl_interface *interface;
		void **place;
		uint32_t version;
	} globals[] = {
		{&wl_compositor_interface, (void **)&attacker->compositor, 4},
		{&wl_subcompositor_interface, (void **)&attacker->subcompositor, 1},
		{&wl_shm_interface, (void **)&attacker->shm, 1},
		{&wl_seat_interface, (void **)&attacker->seat, 1},
		{&wl_output_interface, (void **)&attacker->output, 1},
		{&xdg_wm_base_interface, (void **)&attacker->wm_base, 1},
		{&lido_shm_manager_v1_interface, (void **)&attacker->lido_shm, 1},
		{&zwlr_output_manager_v1_interface, (void **)&attacker->output_manager, 4},
		{&zwlr_screencopy_manager_v1_interface, (void **)&attacker->screencopy, 1},
		{&zwp_virtual_keyboard_manager_v1_interface, (void **)&attacker->keyboards, 1},
		{&wp_security_context_manager_v1_interface, (void **)&attacker->security, 1},
		{&wp_viewporter_interface, (void **)&attacker->viewporter, 1},
		{&wl_data_device_manager_interface, (void **)&attacker->data_devices, 3},
		{&zwlr_data_control_manager_v1_interface, (void **)&attacker->data_control, 1},
		{&xdg_activation_v1_interface, (void **)&attacker->activation, 1},
	};
	if (strcmp(interface, "zwlr_foreign_toplevel_manager_v1") == 0) {
		attacker->toplevels_name = name;
	}
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(interface, globals[i].interface->name) == 0 && *globals[i].place == NULL) {
			*globals[i].place = wl_registry_bind(registry, name, globals[i].interface, globals[i].version);
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

bool attacker_try_connect(struct attacker *attacker) {
	*attacker = (struct attacker){.display = wl_display_connect(NULL)};
	if (attacker->display == NULL) {
		return false;
	}
	attacker->registry = wl_display_get_registry(attacker->display);
	wl_registry_add_listener(attacker->registry, &registry_listener, attacker);
	if (!attacker_try_roundtrip(attacker) || attacker->shm == NULL || attacker->lido_shm == NULL ||
			attacker->compositor == NULL || attacker->wm_base == NULL) {
		attacker_disconnect(attacker);
		return false;
	}
	xdg_wm_base_add_listener(attacker->wm_base, &wm_base_listener, NULL);
	return true;
}

struct wanted {
	const struct wl_interface *interface;
	uint32_t version;
	void *object;
};

static void handle_further_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct wanted *wanted = data;
	if (wanted->object == NULL && strcmp(interface, wanted->interface->name) == 0) {
		wanted->object = wl_registry_bind(registry, name, wanted->interface, wanted->version);
	}
}

static const struct wl_registry_listener further_listener = {
	.global = handle_further_global,
	.global_remove = handle_global_remove,
};

void *attacker_bind(struct attacker *attacker, const struct wl_interface *interface, uint32_t version) {
	struct wanted wanted = {.interface = interface, .version = version};
	struct wl_registry *registry = wl_display_get_registry(attacker->display);
	wl_registry_add_listener(registry, &further_listener, &wanted);
	expect_alive(attacker);
	wl_registry_destroy(registry);
	if (wanted.object == NULL) {
		skip("the compositor has no %s", interface->name);
	}
	return wanted.object;
}

void attacker_connect(struct attacker *attacker) {
	if (!attacker_try_connect(attacker)) {
		fail("cannot connect: %s", strerror(errno));
	}
}

void attacker_disconnect(struct attacker *attacker) {
	wl_display_disconnect(attacker->display);
	*attacker = (struct attacker){0};
}

void attacker_flush(struct attacker *attacker) {
	while (wl_display_flush(attacker->display) == -1) {
		struct pollfd pollfd = {.fd = wl_display_get_fd(attacker->display), .events = POLLOUT};
		poll(&pollfd, 1, 100);
		if (wl_display_get_error(attacker->display) != 0) {
			expect_alive(attacker);
		}
	}
}

bool attacker_try_roundtrip(struct attacker *attacker) {
	return wl_display_roundtrip(attacker->display) != -1;
}

void expect_alive(struct attacker *attacker) {
	if (!attacker_try_roundtrip(attacker)) {
		const struct wl_interface *interface = NULL;
		uint32_t id = 0;
		int error = wl_display_get_error(attacker->display);
		uint32_t code = wl_display_get_protocol_error(attacker->display, &interface, &id);
		fail("the server has disconnected this client: %s, error %u of %s@%u", strerror(error), code,
				interface != NULL ? interface->name : "nothing", id);
	}
}

void expect_error(struct attacker *attacker, const struct wl_interface *interface, uint32_t code) {
	const struct wl_interface *actual = NULL;
	uint32_t id = 0;
	if (attacker_try_roundtrip(attacker)) {
		fail("the server has not disconnected this client; expected error %u of %s", code, interface->name);
	}
	uint32_t actual_code = wl_display_get_protocol_error(attacker->display, &actual, &id);
	if (actual == NULL || strcmp(actual->name, interface->name) != 0 || actual_code != code) {
		fail("the server sent error %u of %s@%u (%s); expected error %u of %s", actual_code,
				actual != NULL ? actual->name : "nothing", id, strerror(wl_display_get_error(attacker->display)), code,
				interface->name);
	}
}

void expect_no_memory(struct attacker *attacker) {
	expect_error(attacker, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
}

int file_create(int64_t size, int seals) {
	int fd = memfd_create("attack", MFD_CLOEXEC | (seals != -1 ? MFD_ALLOW_SEALING : 0));
	if (fd == -1 || ftruncate(fd, size) != 0 || (seals > 0 && fcntl(fd, F_ADD_SEALS, seals) != 0)) {
		fail("cannot create a file: %s", strerror(errno));
	}
	return fd;
}

void picture_init(
		struct picture *picture, struct attacker *attacker, int seals, bool filled, int32_t width, int32_t height) {
	size_t size = (size_t)width * 4 * (size_t)height;
	*picture = (struct picture){.size = size, .width = width, .height = height};
	picture->fd = file_create((int64_t)size, seals);
	picture->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, picture->fd, 0);
	if (picture->data == MAP_FAILED) {
		fail("cannot map the file: %s", strerror(errno));
	}
	if (filled) {
		memset(picture->data, 0x5a, size);
	}
	picture->pool = wl_shm_create_pool(attacker->shm, picture->fd, (int32_t)size);
	picture->buffer = wl_shm_pool_create_buffer(picture->pool, 0, width, height, width * 4, WL_SHM_FORMAT_ARGB8888);
}

void picture_finish(struct picture *picture, struct attacker *attacker) {
	if (attacker != NULL) {
		wl_buffer_destroy(picture->buffer);
		wl_shm_pool_destroy(picture->pool);
	}
	munmap(picture->data, picture->size);
	close(picture->fd);
}

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

static void handle_toplevel_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
};

void window_init(struct window *window, struct attacker *attacker) {
	window->surface = wl_compositor_create_surface(attacker->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(attacker->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, NULL);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, NULL);
	wl_surface_commit(window->surface);
	expect_alive(attacker);
}

void window_commit(struct window *window, struct wl_buffer *buffer) {
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(window->surface);
}

bool send_fds(int socket_fd, const void *data, size_t size, int fd, size_t count) {
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(FDS_PER_MESSAGE * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	for (size_t i = 0; i < count; i++) {
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof(int));
	}
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == (ssize_t)size;
}
