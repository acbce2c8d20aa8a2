// Attacks that change outputs while clients draw.
#include "crowd.h"

#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"

#include <signal.h>

#define WIDTH 640
#define HEIGHT 480

// State of the output manager, which has one head with --headless.
static struct zwlr_output_head_v1 *head;
static uint32_t serial;
static int answers;         // to configurations
static bool releases_modes; // releases modes as soon as they are announced

static void ignore_mode(void *data, struct zwlr_output_head_v1 *object, struct zwlr_output_mode_v1 *mode) {
}

static void handle_mode(void *data, struct zwlr_output_head_v1 *object, struct zwlr_output_mode_v1 *mode) {
	if (releases_modes) {
		zwlr_output_mode_v1_release(mode);
	}
}

static void ignore_text(void *data, struct zwlr_output_head_v1 *object, const char *text) {
}

static void ignore_size(void *data, struct zwlr_output_head_v1 *object, int32_t width, int32_t height) {
}

static void ignore_number(void *data, struct zwlr_output_head_v1 *object, int32_t number) {
}

static void ignore_state(void *data, struct zwlr_output_head_v1 *object, uint32_t state) {
}

static void ignore_scale(void *data, struct zwlr_output_head_v1 *object, wl_fixed_t scale) {
}

static void handle_head_finished(void *data, struct zwlr_output_head_v1 *object) {
	head = head == object ? NULL : head;
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
	.finished = handle_head_finished,
	.make = ignore_text,
	.model = ignore_text,
	.serial_number = ignore_text,
	.adaptive_sync = ignore_state,
};

static void handle_head(void *data, struct zwlr_output_manager_v1 *manager, struct zwlr_output_head_v1 *object) {
	head = object;
	zwlr_output_head_v1_add_listener(object, &head_listener, NULL);
}

static void handle_done(void *data, struct zwlr_output_manager_v1 *manager, uint32_t number) {
	serial = number;
}

static void handle_finished(void *data, struct zwlr_output_manager_v1 *manager) {
}

static const struct zwlr_output_manager_v1_listener manager_listener = {
	.head = handle_head,
	.done = handle_done,
	.finished = handle_finished,
};

static void handle_answer(void *data, struct zwlr_output_configuration_v1 *configuration) {
	answers++;
}

static const struct zwlr_output_configuration_v1_listener configuration_listener = {
	.succeeded = handle_answer,
	.failed = handle_answer,
	.cancelled = handle_answer,
};

// width: 0 disables the output.
static void configure(struct attacker *attacker, int32_t width, int32_t height) {
	int wanted = answers + 1;
	if (head == NULL) {
		fail("the compositor has no output");
	}
	struct zwlr_output_configuration_v1 *configuration =
			zwlr_output_manager_v1_create_configuration(attacker->output_manager, serial);
	zwlr_output_configuration_v1_add_listener(configuration, &configuration_listener, NULL);
	if (width > 0) {
		struct zwlr_output_configuration_head_v1 *enabled =
				zwlr_output_configuration_v1_enable_head(configuration, head);
		zwlr_output_configuration_head_v1_set_custom_mode(enabled, width, height, 0);
		zwlr_output_configuration_head_v1_destroy(enabled);
	} else {
		zwlr_output_configuration_v1_disable_head(configuration, head);
	}
	zwlr_output_configuration_v1_apply(configuration);
	while (answers < wanted) {
		expect_alive(attacker);
	}
	zwlr_output_configuration_v1_destroy(configuration);
	expect_alive(attacker);
}

static void outputs_connect(struct attacker *attacker) {
	attacker_connect(attacker);
	if (attacker->output_manager == NULL) {
		skip("the compositor has no zwlr_output_manager_v1");
	}
	zwlr_output_manager_v1_add_listener(attacker->output_manager, &manager_listener, NULL);
	expect_alive(attacker);
	expect_alive(attacker);
}

static void draw_for_ever(void *data) {
	struct attacker attacker;
	struct window window;
	struct picture pictures[2];
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&pictures[0], &attacker, 0, true, 1024, 512);
	picture_init(&pictures[1], &attacker, -1, true, 512, 1024);
	for (int i = 0;; i++) {
		window_commit(&window, pictures[i / 4 % 2].buffer);
		expect_alive(&attacker);
	}
}

ATTACK("output-resized") {
	struct attacker attacker;
	outputs_connect(&attacker);
	pid_t child = start_child(draw_for_ever, NULL);
	for (int i = 0; i < attack_count(60); i++) {
		configure(&attacker, 1 + (int32_t)random_below(1280), 1 + (int32_t)random_below(1024));
		sleep_ms(10);
	}
	configure(&attacker, WIDTH, HEIGHT);
	stop_child(child);
}

ATTACK("output-disabled") {
	struct attacker attacker;
	outputs_connect(&attacker);
	pid_t child = start_child(draw_for_ever, NULL);
	for (int i = 0; i < attack_count(20); i++) {
		configure(&attacker, 0, 0);
		sleep_ms(5);
		configure(&attacker, WIDTH, HEIGHT);
		sleep_ms(5);
	}
	stop_child(child);
}

// The compositor must not use released mode objects for the next mode.
ATTACK("output-mode-released") {
	struct attacker attacker;
	releases_modes = true;
	outputs_connect(&attacker);
	for (int i = 0; i < 10; i++) {
		configure(&attacker, WIDTH - i, HEIGHT);
		configure(&attacker, 0, 0);
	}
	configure(&attacker, WIDTH, HEIGHT);
}

static void get_xdg_outputs(struct attacker *attacker) {
	struct zxdg_output_manager_v1 *manager = attacker_bind(attacker, &zxdg_output_manager_v1_interface, 3);
	for (int i = 0; i < 256; i++) {
		zxdg_output_manager_v1_get_xdg_output(manager, attacker->output);
	}
}

// Each object of each connection receives each change of the output.
ATTACK("output-resized-for-many-connections") {
	struct attacker attacker;
	static struct attacker crowd[CROWD_MAX];
	crowd_gather(crowd, get_xdg_outputs);
	outputs_connect(&attacker);
	for (int i = 0; i < 20; i++) {
		configure(&attacker, WIDTH - i, HEIGHT);
	}
	configure(&attacker, WIDTH, HEIGHT);
}
