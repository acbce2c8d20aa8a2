#include "image.h"
#include "runner.h"
#include "server.h"
#include <compositor.h>
#include <compositor/closing.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <compositor/software.h>
#include <lido/monitor.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/render/pixman.h>
#include <wlr/types/wlr_output.h>

// Headless outputs count in milliseconds: this is one frame each. At 60 frames a second the tests would mostly wait.
#define REFRESH 1000000 // mHz

// GPUs convert between formats by other formulas than libpixman; both are right to the nearest value of 8 bits.
#define GPU_TOLERANCE 1

static enum compositor_linux_dmabuf linux_dmabuf;

static const char *get_renderer(void) {
	const char *name = getenv("LIDO_TEST_RENDERER");
	return name != NULL && name[0] != '\0' ? name : "pixman";
}

bool server_shows_in_place(const struct server *server) {
	return wlr_renderer_is_pixman(server->compositor->renderer);
}

bool server_reads_dmabufs(const struct server *server) {
	return !server_shows_in_place(server) && !software_has_renderer(server->compositor->renderer);
}

void server_take_dmabufs(void) {
	linux_dmabuf = COMPOSITOR_LINUX_DMABUF_YES;
}

void skip_unless_in_place(const struct server *server) {
	if (!server_shows_in_place(server)) {
		skip("the renderer releases buffers at the commit");
	}
}

static void finish_compositor(struct server *server) {
	compositor_destroy(server->compositor);
}

static void dispatch(struct server *server, int timeout) {
	expect(compositor_dispatch(server->compositor, timeout));
	outbox_flush(server->compositor);
}

static void set_refresh(struct compositor *compositor, int32_t width, int32_t height) {
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		struct wlr_output_state state;
		wlr_output_state_init(&state);
		wlr_output_state_set_custom_mode(&state, width, height, REFRESH);
		expect(wlr_output_commit_state(output->wlr, &state));
		wlr_output_state_finish(&state);
	}
}

static void init(struct server *server, const struct compositor_options *options) {
	*server = (struct server){
		.finish = finish_compositor,
		.dispatch = dispatch,
		.settle = closing_wait,
		.compositor = compositor_create(options),
	};
	expect(server->compositor != NULL);
	server->display = compositor_get_display(server->compositor);
	server->manager = compositor_get_manager(server->compositor);
	expect(compositor_start(server->compositor));
}

static void init_headless(
		struct server *server, int32_t width, int32_t height, const struct lido_limits *limits, bool with_wlroots_shm) {
	const struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS,
		.width = width,
		.height = height,
		.renderer = get_renderer(),
		.without_socket = true,
		.limits = limits,
		.with_wlroots_shm = with_wlroots_shm,
		.linux_dmabuf = linux_dmabuf,
	};
	init(server, &options);
	set_refresh(server->compositor, width, height);
}

void server_init_compositor(struct server *server, int32_t width, int32_t height, const struct lido_limits *limits) {
	init_headless(server, width, height, limits, false);
}

void server_init_wlroots_shm(struct server *server, int32_t width, int32_t height) {
	init_headless(server, width, height, NULL, true);
}

void server_init_devices(struct server *server) {
	const struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_AUTO,
		.renderer = get_renderer(),
		.without_socket = true,
		.linux_dmabuf = linux_dmabuf,
	};
	init(server, &options);
}

// GPU drivers keep fds and memory for the next use.
static void warm_up(void) {
	struct server server;
	if (getenv("WLR_DRM_DEVICES") != NULL) {
		server_init_devices(&server);
	} else {
		server_init_compositor(&server, 64, 64, NULL);
	}
	server_dispatch(&server, 0);
	server_finish(&server);
}

__attribute__((constructor)) static void prepare(void) {
	if (strcmp(get_renderer(), "pixman") != 0) {
		test_set_warm_up(warm_up);
		image_set_tolerance(GPU_TOLERANCE);
	}
}

void server_create_monitor(struct server *server, const char *name) {
	server->compositor->monitor = lido_monitor_create(server->manager, name);
	expect(server->compositor->monitor != NULL);
}
