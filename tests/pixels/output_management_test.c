/*
 * What clients may ask of outputs.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-output-management-unstable-v1-client-protocol.h"
#include <compositor/output.h>
#include <compositor/output_management.h>
#include <compositor/server.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_management_v1.h>

#define SIZE 100

// A client that configures the only output.
struct arranger {
	struct stage stage;
	struct zwlr_output_manager_v1 *manager;
	struct zwlr_output_head_v1 *head;
	struct zwlr_output_mode_v1 *mode; // the last one announced
	uint32_t serial;
	int heads, succeeded, failed; // events so far
};

static void ignore_text(void *data, struct zwlr_output_head_v1 *head, const char *text) {
}

static void ignore_size(void *data, struct zwlr_output_head_v1 *head, int32_t width, int32_t height) {
}

static void handle_mode(void *data, struct zwlr_output_head_v1 *head, struct zwlr_output_mode_v1 *mode) {
	((struct arranger *)data)->mode = mode;
}

static void ignore_mode(void *data, struct zwlr_output_head_v1 *head, struct zwlr_output_mode_v1 *mode) {
}

static void ignore_number(void *data, struct zwlr_output_head_v1 *head, int32_t number) {
}

static void ignore_scale(void *data, struct zwlr_output_head_v1 *head, wl_fixed_t scale) {
}

static void ignore_state(void *data, struct zwlr_output_head_v1 *head, uint32_t state) {
}

static void ignore_finished(void *data, struct zwlr_output_head_v1 *head) {
}

static const struct zwlr_output_head_v1_listener head_listener = {
	.name = ignore_text,
	.description = ignore_text,
	.physical_size = ignore_size,
	.mode = handle_mode,
	.enabled = ignore_number,
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
	struct arranger *arranger = data;
	arranger->head = head;
	arranger->heads++;
	zwlr_output_head_v1_add_listener(head, &head_listener, arranger);
}

static void handle_done(void *data, struct zwlr_output_manager_v1 *manager, uint32_t serial) {
	((struct arranger *)data)->serial = serial;
}

static void handle_finished(void *data, struct zwlr_output_manager_v1 *manager) {
}

static const struct zwlr_output_manager_v1_listener manager_listener = {
	.head = handle_head,
	.done = handle_done,
	.finished = handle_finished,
};

static void handle_succeeded(void *data, struct zwlr_output_configuration_v1 *configuration) {
	((struct arranger *)data)->succeeded++;
}

static void handle_failed(void *data, struct zwlr_output_configuration_v1 *configuration) {
	((struct arranger *)data)->failed++;
}

static void handle_cancelled(void *data, struct zwlr_output_configuration_v1 *configuration) {
	fail("a configuration with the last serial is cancelled");
}

static const struct zwlr_output_configuration_v1_listener configuration_listener = {
	.succeeded = handle_succeeded,
	.failed = handle_failed,
	.cancelled = handle_cancelled,
};

static void arranger_init(struct arranger *arranger) {
	*arranger = (struct arranger){0};
	stage_init(&arranger->stage, SIZE, SIZE);
	struct client *client = &arranger->stage.screen.client;
	arranger->manager = client_bind(client, &zwlr_output_manager_v1_interface, 4);
	zwlr_output_manager_v1_add_listener(arranger->manager, &manager_listener, arranger);
	client_roundtrip(client);
}

static void arranger_finish(struct arranger *arranger) {
	stage_finish(&arranger->stage);
}

static bool set_mode(struct arranger *arranger, int32_t width, int32_t height, bool test) {
	int succeeded = arranger->succeeded, failed = arranger->failed;
	struct zwlr_output_configuration_v1 *configuration =
			zwlr_output_manager_v1_create_configuration(arranger->manager, arranger->serial);
	zwlr_output_configuration_v1_add_listener(configuration, &configuration_listener, arranger);
	zwlr_output_configuration_head_v1_set_custom_mode(
			zwlr_output_configuration_v1_enable_head(configuration, arranger->head), width, height, 0);
	if (test) {
		zwlr_output_configuration_v1_test(configuration);
	} else {
		zwlr_output_configuration_v1_apply(configuration);
	}
	client_roundtrip(&arranger->stage.screen.client);
	zwlr_output_configuration_v1_destroy(configuration);
	client_roundtrip(&arranger->stage.screen.client);
	expect_int(arranger->succeeded - succeeded + arranger->failed - failed, ==, 1);
	return arranger->succeeded > succeeded;
}

static struct output *only_output(struct arranger *arranger) {
	struct compositor *compositor = arranger->stage.server.compositor;
	struct output *output = wl_container_of(compositor->desktop->outputs.next, output, link);
	return output;
}

TEST("output_management@mode-beyond-the-limits-fails-and-changes-nothing") {
	struct arranger arranger;
	arranger_init(&arranger);
	expect(!set_mode(&arranger, 30000, 30000, true));
	expect(!set_mode(&arranger, 30000, 30000, false));
	expect(!set_mode(&arranger, OUTPUT_MANAGEMENT_SIZE_MAX + 1, 1, false));
	expect_int(only_output(&arranger)->wlr->width, ==, SIZE);
	expect(set_mode(&arranger, OUTPUT_MANAGEMENT_SIZE_MAX, 1, false));
	expect_int(only_output(&arranger)->wlr->width, ==, OUTPUT_MANAGEMENT_SIZE_MAX);
	arranger_finish(&arranger);
}

TEST("output_management@limits-are-on-size-scale-refresh-rate-and-position") {
	const struct wlr_output_head_v1_state usual = {
		.enabled = true, .custom_mode = {.width = 640, .height = 480}, .scale = 1};
	struct wlr_output_head_v1_state head = usual;
	expect(output_management_allows(&head));
#define EXPECT_LIMIT(field, allowed, refused) \
	head = usual; \
	head.field = allowed; \
	expect(output_management_allows(&head)); \
	head.field = refused; \
	expect(!output_management_allows(&head)); \
	head.enabled = false; \
	expect(output_management_allows(&head))
	EXPECT_LIMIT(custom_mode.width, OUTPUT_MANAGEMENT_SIZE_MAX, OUTPUT_MANAGEMENT_SIZE_MAX + 1);
	EXPECT_LIMIT(custom_mode.height, OUTPUT_MANAGEMENT_SIZE_MAX, OUTPUT_MANAGEMENT_SIZE_MAX + 1);
	EXPECT_LIMIT(custom_mode.width, 1, 0);
	EXPECT_LIMIT(custom_mode.refresh, OUTPUT_MANAGEMENT_REFRESH_MIN, OUTPUT_MANAGEMENT_REFRESH_MIN - 1);
	EXPECT_LIMIT(custom_mode.refresh, OUTPUT_MANAGEMENT_REFRESH_MAX, OUTPUT_MANAGEMENT_REFRESH_MAX + 1);
	EXPECT_LIMIT(custom_mode.refresh, 0, 1);
	EXPECT_LIMIT(scale, OUTPUT_MANAGEMENT_SCALE_MIN, 1 / 256.f);
	EXPECT_LIMIT(scale, OUTPUT_MANAGEMENT_SCALE_MAX, 8388607);
	EXPECT_LIMIT(x, OUTPUT_MANAGEMENT_POSITION_MAX, INT32_MAX);
	EXPECT_LIMIT(x, -OUTPUT_MANAGEMENT_POSITION_MAX, INT32_MIN);
	EXPECT_LIMIT(y, OUTPUT_MANAGEMENT_POSITION_MAX, OUTPUT_MANAGEMENT_POSITION_MAX + 1);
	EXPECT_LIMIT(y, -OUTPUT_MANAGEMENT_POSITION_MAX, -OUTPUT_MANAGEMENT_POSITION_MAX - 1);
#undef EXPECT_LIMIT
	head = usual;
	head.custom_mode.width = head.custom_mode.height = 4097; // too many pixels
	expect(!output_management_allows(&head));
	// The logical size is limited as well.
	head.custom_mode.width = head.custom_mode.height = 4096;
	expect(output_management_allows(&head));
	head.scale = .25f;
	expect(!output_management_allows(&head));
	head.custom_mode.width = 1;
	head.scale = 2;
	expect(!output_management_allows(&head));
	// A mode of the output's own may have any size and refresh rate.
	struct wlr_output_mode mode = {.width = 7680, .height = 4320, .refresh = 15000};
	head = usual;
	head.mode = &mode;
	expect(output_management_allows(&head));
}

TEST("output_management@configurations-without-end-fail-and-later-ones-succeed") {
	struct arranger arranger;
	arranger_init(&arranger);
	int max = OUTPUT_MANAGEMENT_PIXELS_BURST / OUTPUT_MANAGEMENT_PIXELS_MIN;
	for (int i = 0; i < max; i++) {
		expect(set_mode(&arranger, SIZE + i % 2, SIZE, i % 4 < 2));
	}
	for (int i = 0; i < max; i++) {
		set_mode(&arranger, SIZE + i % 2, SIZE, i % 4 < 2);
	}
	expect_int(arranger.failed, >, max / 2);
	arranger.stage.server.compositor->output_management->pixels.time -= 2000;
	expect(set_mode(&arranger, SIZE, SIZE, false));
	arranger_finish(&arranger);
}

// wlroots asserts that each client has an object for the current mode.
TEST("output_management@mode-of-the-same-size-is-announced-to-a-client-that-has-released-it") {
	struct arranger arranger;
	arranger_init(&arranger);
	struct client *client = &arranger.stage.screen.client;
	struct output *output = only_output(&arranger);
	struct wlr_output *wlr = output->wlr;
	struct wlr_output_mode mode = {.width = wlr->width, .height = wlr->height, .refresh = wlr->refresh};
	wl_list_insert(&wlr->modes, &mode.link);
	struct desktop *desktop = arranger.stage.server.compositor->desktop;
	wl_signal_emit_mutable(&desktop->events.layout_changed, desktop);
	client_roundtrip(client);
	zwlr_output_mode_v1_release(arranger.mode);
	client_roundtrip(client);
	int heads = arranger.heads;
	wlr->current_mode = &mode;
	wl_signal_emit_mutable(&desktop->events.layout_changed, desktop);
	client_roundtrip(client);
	expect_int(arranger.heads, ==, heads + 1);
	wl_list_remove(&mode.link);
	wlr->current_mode = NULL;
	wl_signal_emit_mutable(&desktop->events.layout_changed, desktop);
	arranger_finish(&arranger);
}
