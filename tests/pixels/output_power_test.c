/*
 * Outputs that clients switch off and on: they stay in the layout, and whoever switches without end is slowed down.
 */
#include "locker.h"
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "wlr-output-power-management-unstable-v1-client-protocol.h"
#include <compositor/monotonic.h>
#include <compositor/output.h>
#include <compositor/output_power.h>
#include <compositor/server.h>
#include <compositor/session_lock.h>
#include <wlr/types/wlr_output.h>

#define SIZE 96

// A client that switches the only output, and knows it by output management.
struct desk {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct client client;
	struct wl_output *wl_output;
	struct zwlr_output_power_manager_v1 *manager;
	struct zwlr_output_power_v1 *power;
	struct zwlr_output_manager_v1 *arranger;
	struct zwlr_output_head_v1 *head;
	uint32_t serial;
	int changes, failures;  // of the power
	uint32_t mode;          // of the last change
	int heads;              // that were announced
	bool enabled;           // of the head
	bool succeeded, failed; // the last configuration
	struct output *output;
};

static void handle_mode(void *data, struct zwlr_output_power_v1 *power, uint32_t mode) {
	struct desk *desk = data;
	desk->changes++;
	desk->mode = mode;
}

static void handle_failed(void *data, struct zwlr_output_power_v1 *power) {
	((struct desk *)data)->failures++;
}

static const struct zwlr_output_power_v1_listener power_listener = {
	.mode = handle_mode,
	.failed = handle_failed,
};

static void ignore_text(void *data, struct zwlr_output_head_v1 *head, const char *text) {
}

static void ignore_size(void *data, struct zwlr_output_head_v1 *head, int32_t width, int32_t height) {
}

static void ignore_mode(void *data, struct zwlr_output_head_v1 *head, struct zwlr_output_mode_v1 *mode) {
}

static void handle_enabled(void *data, struct zwlr_output_head_v1 *head, int32_t enabled) {
	((struct desk *)data)->enabled = enabled != 0;
}

static void ignore_number(void *data, struct zwlr_output_head_v1 *head, int32_t number) {
}

static void ignore_scale(void *data, struct zwlr_output_head_v1 *head, wl_fixed_t scale) {
}

static void ignore_finished(void *data, struct zwlr_output_head_v1 *head) {
}

static void ignore_state(void *data, struct zwlr_output_head_v1 *head, uint32_t state) {
}

static const struct zwlr_output_head_v1_listener head_listener = {
	.name = ignore_text,
	.description = ignore_text,
	.physical_size = ignore_size,
	.mode = ignore_mode,
	.enabled = handle_enabled,
	.current_mode = ignore_mode,
	.position = ignore_size,
	.transform = ignore_number,
	.scale = ignore_scale,
	.finished = ignore_finished,
	.make = ignore_text,
	.model = ignore_text,
	.serial_number = ignore_text,
	.adaptive_sync = ignore_state,
};

static void handle_head(void *data, struct zwlr_output_manager_v1 *manager, struct zwlr_output_head_v1 *head) {
	struct desk *desk = data;
	desk->head = head;
	desk->heads++;
	zwlr_output_head_v1_add_listener(head, &head_listener, desk);
}

static void handle_done(void *data, struct zwlr_output_manager_v1 *manager, uint32_t serial) {
	((struct desk *)data)->serial = serial;
}

static void handle_finished(void *data, struct zwlr_output_manager_v1 *manager) {
}

static const struct zwlr_output_manager_v1_listener manager_listener = {
	.head = handle_head,
	.done = handle_done,
	.finished = handle_finished,
};

static void handle_success(void *data, struct zwlr_output_configuration_v1 *configuration) {
	((struct desk *)data)->succeeded = true;
}

static void handle_failure(void *data, struct zwlr_output_configuration_v1 *configuration) {
	((struct desk *)data)->failed = true;
}

static const struct zwlr_output_configuration_v1_listener configuration_listener = {
	.succeeded = handle_success,
	.failed = handle_failure,
	.cancelled = handle_failure,
};

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init_tracking(&desk->stage, SIZE, SIZE);
	struct compositor *compositor = desk->stage.server.compositor;
	desk->output = wl_container_of(compositor->desktop->outputs.next, desk->output, link);
	picture_init(&desk->picture, &desk->stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 32, 32, 128);
	picture_fill(&desk->picture, 1);
	window_init(&desk->window, &desk->stage.screen, WINDOW_LAYER, 32, 32);
	window_commit(&desk->window, desk->picture.buffer);
	client_init(&desk->client, &desk->stage.server);
	desk->wl_output = client_bind(&desk->client, &wl_output_interface, 1);
	desk->manager = client_bind(&desk->client, &zwlr_output_power_manager_v1_interface, 1);
	desk->power = zwlr_output_power_manager_v1_get_output_power(desk->manager, desk->wl_output);
	zwlr_output_power_v1_add_listener(desk->power, &power_listener, desk);
	desk->arranger = client_bind(&desk->client, &zwlr_output_manager_v1_interface, 4);
	zwlr_output_manager_v1_add_listener(desk->arranger, &manager_listener, desk);
	client_roundtrip(&desk->client);
	expect(desk->changes == 1 && desk->mode == ZWLR_OUTPUT_POWER_V1_MODE_ON && desk->enabled);
}

static void desk_finish(struct desk *desk) {
	client_finish(&desk->client);
	window_finish(&desk->window);
	picture_finish(&desk->picture);
	stage_finish(&desk->stage);
}

static void set_power(struct desk *desk, uint32_t mode) {
	zwlr_output_power_v1_set_mode(desk->power, mode);
	client_roundtrip(&desk->client);
}

// Configures the output with its mode at x, or disables it if x is negative. Returns false if that has failed.
static bool configure(struct desk *desk, int32_t x, int32_t width) {
	desk->succeeded = desk->failed = false;
	struct zwlr_output_configuration_v1 *configuration =
			zwlr_output_manager_v1_create_configuration(desk->arranger, desk->serial);
	zwlr_output_configuration_v1_add_listener(configuration, &configuration_listener, desk);
	if (x >= 0) {
		struct zwlr_output_configuration_head_v1 *head =
				zwlr_output_configuration_v1_enable_head(configuration, desk->head);
		zwlr_output_configuration_head_v1_set_custom_mode(head, width, SIZE, desk->output->wlr->refresh);
		zwlr_output_configuration_head_v1_set_position(head, x, 0);
	} else {
		zwlr_output_configuration_v1_disable_head(configuration, desk->head);
	}
	zwlr_output_configuration_v1_apply(configuration);
	client_roundtrip(&desk->client);
	zwlr_output_configuration_v1_destroy(configuration);
	client_roundtrip(&desk->client);
	expect(desk->succeeded != desk->failed);
	return desk->succeeded;
}

TEST("output_power@off-and-on-again-shows-the-windows-where-they-were") {
	struct desk desk;
	desk_init(&desk);
	stage_expect(&desk.stage, &desk.picture, 0, 0, "before");
	struct wlr_box area = desk.output->area;
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect(desk.changes == 2 && desk.mode == ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect(!desk.output->wlr->enabled && wlr_box_equal(&desk.output->area, &area));
	expect(desk.heads == 1 && desk.enabled);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect_int(desk.changes, ==, 2);
	// A client that comes now learns the mode of the output, too.
	struct client late;
	client_init(&late, &desk.stage.server);
	struct zwlr_output_manager_v1 *manager = client_bind(&late, &zwlr_output_manager_v1_interface, 4);
	client_roundtrip(&late);
	zwlr_output_manager_v1_destroy(manager);
	client_finish(&late);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_ON);
	expect(desk.changes == 3 && desk.mode == ZWLR_OUTPUT_POWER_V1_MODE_ON);
	expect(desk.output->wlr->enabled && wlr_box_equal(&desk.output->area, &area));
	expect(desk.heads == 1 && desk.enabled);
	stage_expect(&desk.stage, &desk.picture, 0, 0, "after");
	window_show(&desk.window);
	desk_finish(&desk);
}

TEST("output_power@input-turns-nothing-on") {
	struct desk desk;
	struct mouse mouse;
	desk_init(&desk);
	mouse_init(&mouse, &desk.stage.screen, SIZE);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	mouse_move(&mouse, 4, 4);
	mouse_press(&mouse, true);
	mouse_press(&mouse, false);
	expect(mouse.pressed);
	expect(!desk.output->wlr->enabled);
	mouse_finish(&mouse);
	desk_finish(&desk);
}

TEST("output_power@configuration-that-changes-nothing-leaves-it-off-and-another-one-turns-it-on") {
	struct desk desk;
	desk_init(&desk);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect(configure(&desk, 10, SIZE));
	expect(!desk.output->wlr->enabled && desk.output->area.x == 10);
	expect(configure(&desk, 0, SIZE / 2));
	expect(desk.output->wlr->enabled && desk.output->wlr->width == SIZE / 2);
	expect_int(desk.mode, ==, ZWLR_OUTPUT_POWER_V1_MODE_ON);
	// Clients know the new mode.
	expect_int(desk.heads, ==, 2);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect_int(desk.mode, ==, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect(configure(&desk, 0, SIZE));
	desk_finish(&desk);
}

TEST("output_power@does-not-enable-an-output-that-is-disabled") {
	struct desk desk;
	desk_init(&desk);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	expect(configure(&desk, -1, 0));
	expect(!desk.enabled && wlr_box_empty(&desk.output->area));
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_ON);
	expect(!desk.output->wlr->enabled);
	expect(configure(&desk, 0, SIZE));
	expect(desk.enabled && desk.output->wlr->enabled);
	desk_finish(&desk);
}

TEST("output_power@switching-without-end-is-slowed-down-and-the-last-state-arrives") {
	struct desk desk;
	desk_init(&desk);
	int64_t start = monotonic_msec();
	for (int i = 0; i < 500; i++) {
		set_power(&desk, i % 2 == 0 ? ZWLR_OUTPUT_POWER_V1_MODE_OFF : ZWLR_OUTPUT_POWER_V1_MODE_ON);
	}
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	int64_t seconds = (monotonic_msec() - start) / 1000 + 1;
	expect_int(desk.changes, <=, 1 + OUTPUT_POWER_CHANGES_MAX + seconds * OUTPUT_POWER_CHANGES_PER_SECOND);
	for (int i = 0; i < 100 && desk.output->wlr->enabled; i++) {
		client_pump(&desk.client, 20);
	}
	expect(!desk.output->wlr->enabled && desk.output->power.off);
	desk_finish(&desk);
}

TEST("output_power@second-client-fails-and-so-does-the-first-when-the-output-is-gone") {
	struct desk desk;
	desk_init(&desk);
	struct zwlr_output_power_v1 *second = zwlr_output_power_manager_v1_get_output_power(desk.manager, desk.wl_output);
	zwlr_output_power_v1_add_listener(second, &power_listener, &desk);
	client_roundtrip(&desk.client);
	expect_int(desk.failures, ==, 1);
	zwlr_output_power_v1_set_mode(second, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	client_roundtrip(&desk.client);
	expect(desk.output->wlr->enabled);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	wlr_output_destroy(desk.output->wlr);
	client_roundtrip(&desk.client);
	expect_int(desk.failures, ==, 2);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_ON);
	desk_finish(&desk);
}

TEST("output_power@output-that-is-off-does-not-delay-the-session-lock-and-shows-it-when-it-is-on") {
	struct desk desk;
	struct locker locker;
	struct image wanted, got;
	desk_init(&desk);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	locker_init(&locker, &desk.stage.server);
	locker_wait(&locker);
	set_power(&desk, ZWLR_OUTPUT_POWER_V1_MODE_ON);
	image_init(&wanted, SIZE, SIZE);
	stage_capture(&desk.stage, &got);
	expect_image_of(&got, &wanted, "black");
	image_finish(&got);
	image_finish(&wanted);
	locker_unlock(&locker);
	locker_finish(&locker);
	desk_finish(&desk);
}
