/*
 * Gamma tables. Headless outputs have none, so most tests give the output some by functions in the place of the
 * backend's.
 */
#include "file.h"
#include "runner.h"
#include "stage.h"
#include "wlr-gamma-control-unstable-v1-client-protocol.h"
#include <compositor/compat.h>
#include <compositor/gamma.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_output.h>

#define SIZE 64
#define RAMP 256

// What the output has been given.
static const struct wlr_output_impl *headless;
static size_t ramp; // entries per color that it says it has
static struct {
	int commits; // with a table, or without one after one
	size_t size;
	uint16_t first; // entry
	bool with_frame;
	bool refuses;
} given;
static uint16_t last_sent; // the first entry of the last table

static size_t get_gamma_size(struct wlr_output *output) {
	return ramp;
}

#if WLR_SINCE(20)
#define STATE_GAMMA WLR_OUTPUT_STATE_COLOR_TRANSFORM

// wlroots does not show what is in a color transform.
static void note_table(const struct wlr_output_state *state, uint16_t value) {
	given.size = state->color_transform != NULL ? RAMP : 0;
	given.first = value;
}
#else
#define STATE_GAMMA WLR_OUTPUT_STATE_GAMMA_LUT

static void note_table(const struct wlr_output_state *state, uint16_t value) {
	given.size = state->gamma_lut_size;
	given.first = given.size > 0 ? state->gamma_lut[0] : 0;
	for (size_t i = 0; i < 3 && given.size > 0; i++) {
		expect_int(state->gamma_lut[i * given.size], ==, given.first + i);
	}
}
#endif

static bool commit_with_gamma(struct wlr_output *output, const struct wlr_output_state *state) {
	struct wlr_output_state rest = *state;
	rest.committed &= ~(uint32_t)STATE_GAMMA;
	if (state->committed & STATE_GAMMA) {
		if (given.refuses) {
			return false;
		}
		given.commits++;
		given.with_frame = (state->committed & WLR_OUTPUT_STATE_BUFFER) != 0;
		note_table(state, last_sent);
	}
	const struct wlr_output_impl *impl = output->impl;
	output->impl = headless; // which looks for its own
	bool ok = headless->commit(output, &rest);
	output->impl = impl;
	return ok;
}

static void destroy(struct wlr_output *output) {
	output->impl = headless;
	headless->destroy(output);
}

static struct wlr_output_impl fake;

struct desk {
	struct stage stage;
	struct client client;
	struct wl_output *wl_output;
	struct zwlr_gamma_control_manager_v1 *manager;
	struct zwlr_gamma_control_v1 *control;
	uint32_t size;
	int failures;
	struct output *output;
};

static void handle_gamma_size(void *data, struct zwlr_gamma_control_v1 *control, uint32_t size) {
	((struct desk *)data)->size = size;
}

static void handle_failed(void *data, struct zwlr_gamma_control_v1 *control) {
	((struct desk *)data)->failures++;
}

static const struct zwlr_gamma_control_v1_listener control_listener = {
	.gamma_size = handle_gamma_size,
	.failed = handle_failed,
};

static struct zwlr_gamma_control_v1 *get_control(struct desk *desk) {
	struct zwlr_gamma_control_v1 *control =
			zwlr_gamma_control_manager_v1_get_gamma_control(desk->manager, desk->wl_output);
	zwlr_gamma_control_v1_add_listener(control, &control_listener, desk);
	client_roundtrip(&desk->client);
	return control;
}

static void desk_init(struct desk *desk, size_t ramp_size) {
	*desk = (struct desk){0};
	stage_init_tracking(&desk->stage, SIZE, SIZE);
	struct compositor *compositor = desk->stage.server.compositor;
	desk->output = wl_container_of(compositor->desktop->outputs.next, desk->output, link);
	memset(&given, 0, sizeof(given));
	ramp = ramp_size;
	headless = desk->output->wlr->impl;
	fake = *headless;
	fake.get_gamma_size = get_gamma_size;
	fake.commit = commit_with_gamma;
	fake.test = NULL;
	fake.destroy = destroy;
	if (ramp > 0) {
		desk->output->wlr->impl = &fake;
	}
	client_init(&desk->client, &desk->stage.server);
	desk->wl_output = client_bind(&desk->client, &wl_output_interface, 1);
	desk->manager = client_bind(&desk->client, &zwlr_gamma_control_manager_v1_interface, 1);
	desk->control = get_control(desk);
}

static void desk_finish(struct desk *desk) {
	client_finish(&desk->client);
	for (int i = 0; i < 10; i++) {
		client_pump(&desk->stage.screen.client, 20); // the last frame is drawn
	}
	stage_finish(&desk->stage);
}

static void wait_for_commits(struct desk *desk, int commits) {
	while (given.commits < commits) {
		client_pump(&desk->client, 20);
	}
	expect_int(given.commits, ==, commits);
}

// Sends a table whose entries are value, value + 1 and value + 2, in a file with so many bytes more.
static void send_table(struct desk *desk, uint16_t value, int more) {
	last_sent = value;
	uint16_t *table = malloc(3 * RAMP * sizeof(*table));
	for (size_t i = 0; i < (size_t)3 * RAMP; i++) {
		table[i] = (uint16_t)(value + i / RAMP);
	}
	int size = 3 * RAMP * (int)sizeof(*table);
	int fd = file_create(FILE_UNSEALABLE, size + more);
	file_write(fd, 0, table, (size_t)(more < 0 ? size + more : size));
	zwlr_gamma_control_v1_set_gamma(desk->control, fd);
	wl_display_flush(desk->client.display);
	close(fd);
	free(table);
}

TEST("gamma@output-without-tables-fails-at-once") {
	struct desk desk;
	desk_init(&desk, 0);
	expect(desk.failures == 1 && desk.size == 0);
	send_table(&desk, 1, 0);
	client_roundtrip(&desk.client);
	desk_finish(&desk);
}

TEST("gamma@table-of-impossible-size-fails-at-once") {
	struct desk desk;
	desk_init(&desk, GAMMA_SIZE_MAX + 1);
	expect(desk.failures == 1 && desk.size == 0);
	desk_finish(&desk);
}

TEST("gamma@table-comes-with-the-next-frame-and-goes-with-its-client") {
	struct desk desk;
	desk_init(&desk, RAMP);
	expect(desk.failures == 0 && desk.size == RAMP);
	send_table(&desk, 100, 0);
	wait_for_commits(&desk, 1);
	expect(given.size == RAMP && given.with_frame);
	expect_int(given.first, ==, 100);
	// Many tables in the time of a frame are one change.
	for (uint16_t i = 0; i < 100; i++) {
		send_table(&desk, i, i % 2);
	}
	client_roundtrip(&desk.client);
	for (int i = 0; i < 10; i++) {
		client_pump(&desk.client, 20);
	}
	expect_int(given.commits, <, 20);
	expect_int(given.first, ==, 99);
	int commits = given.commits;
	zwlr_gamma_control_v1_destroy(desk.control);
	wait_for_commits(&desk, commits + 1);
	expect_int(given.size, ==, 0);
	desk_finish(&desk);
}

TEST("gamma@second-client-fails-until-the-first-is-gone") {
	struct desk desk;
	desk_init(&desk, RAMP);
	struct zwlr_gamma_control_v1 *second = get_control(&desk);
	expect_int(desk.failures, ==, 1);
	zwlr_gamma_control_v1_destroy(second);
	zwlr_gamma_control_v1_destroy(desk.control);
	desk.control = get_control(&desk);
	expect_int(desk.failures, ==, 1);
	desk_finish(&desk);
}

TEST("gamma@file-that-is-too-short-ends-its-client") {
	struct desk desk;
	desk_init(&desk, RAMP);
	send_table(&desk, 1, -1);
	expect_protocol_error(&desk.client, desk.control, ZWLR_GAMMA_CONTROL_V1_ERROR_INVALID_GAMMA,
			"gamma tables of 1536 bytes, but the file has 1535 bytes");
	desk_finish(&desk);
}

TEST("gamma@file-that-might-wait-for-somebody-ends-its-client") {
	for (int i = 0; i < 3; i++) {
		struct desk desk;
		int fds[2] = {-1, -1};
		desk_init(&desk, RAMP);
		if (i == 0) {
			expect(pipe(fds) == 0);
		} else {
			fds[0] = open(i == 1 ? "/dev/zero" : "/proc/self/maps", O_RDONLY | O_CLOEXEC);
		}
		zwlr_gamma_control_v1_set_gamma(desk.control, fds[0]);
		expect_protocol_error(&desk.client, desk.control, ZWLR_GAMMA_CONTROL_V1_ERROR_INVALID_GAMMA, "invalid fd: ");
		close(fds[0]);
		if (fds[1] != -1) {
			close(fds[1]);
		}
		expect_int(given.commits, ==, 0);
		desk_finish(&desk);
	}
}

TEST("gamma@control-fails-when-the-output-refuses-the-table-and-frames-go-on") {
	struct desk desk;
	desk_init(&desk, RAMP);
	given.refuses = true;
	send_table(&desk, 1, 0);
	while (desk.failures == 0) {
		client_pump(&desk.client, 20);
	}
	stage_expect(&desk.stage, NULL, 0, 0, "a frame");
	desk_finish(&desk);
}

TEST("gamma@control-fails-when-the-output-is-gone") {
	struct desk desk;
	desk_init(&desk, RAMP);
	send_table(&desk, 1, 0);
	wait_for_commits(&desk, 1);
	wlr_output_destroy(desk.output->wlr);
	client_roundtrip(&desk.client);
	expect_int(desk.failures, ==, 1);
	send_table(&desk, 2, 0);
	client_roundtrip(&desk.client);
	desk_finish(&desk);
}
