// Attacks that change outputs while clients draw.
#include "crowd.h"
#include "panel.h"

#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "wlr-output-power-management-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"

#include <signal.h>

#define WIDTH 640
#define HEIGHT 480

// State of the output manager, which has one head with --headless.
static struct zwlr_output_head_v1 *head;
static uint32_t serial;
static int answers;         // to configurations
static bool has_succeeded;  // the last answer
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

static void handle_success(void *data, struct zwlr_output_configuration_v1 *configuration) {
	has_succeeded = true;
	answers++;
}

static void handle_failure(void *data, struct zwlr_output_configuration_v1 *configuration) {
	has_succeeded = false;
	answers++;
}

static const struct zwlr_output_configuration_v1_listener configuration_listener = {
	.succeeded = handle_success,
	.failed = handle_failure,
	.cancelled = handle_failure,
};

// What a configuration asks for. Fields that are 0 are not set.
struct setup {
	double scale;
	int32_t width, height; // 0: the output is disabled
	int32_t refresh;
	int32_t x, y;
	int32_t transform;
};

static struct zwlr_output_configuration_v1 *create_configuration(struct attacker *attacker, const struct setup *setup) {
	if (head == NULL) {
		fail("the compositor has no output");
	}
	struct zwlr_output_configuration_v1 *configuration =
			zwlr_output_manager_v1_create_configuration(attacker->output_manager, serial);
	zwlr_output_configuration_v1_add_listener(configuration, &configuration_listener, NULL);
	if (setup->width == 0) {
		zwlr_output_configuration_v1_disable_head(configuration, head);
		return configuration;
	}
	struct zwlr_output_configuration_head_v1 *enabled = zwlr_output_configuration_v1_enable_head(configuration, head);
	zwlr_output_configuration_head_v1_set_custom_mode(enabled, setup->width, setup->height, setup->refresh);
	zwlr_output_configuration_head_v1_set_position(enabled, setup->x, setup->y);
	zwlr_output_configuration_head_v1_set_transform(enabled, setup->transform);
	zwlr_output_configuration_head_v1_set_scale(
			enabled, setup->scale != 0 ? wl_fixed_from_double(setup->scale) : wl_fixed_from_int(1));
	zwlr_output_configuration_head_v1_destroy(enabled);
	return configuration;
}

// Returns whether the server has done, or would do, what is asked for.
static bool ask(struct attacker *attacker, const struct setup *setup, bool test) {
	int wanted = answers + 1;
	struct zwlr_output_configuration_v1 *configuration = create_configuration(attacker, setup);
	if (test) {
		zwlr_output_configuration_v1_test(configuration);
	} else {
		zwlr_output_configuration_v1_apply(configuration);
	}
	while (answers < wanted) {
		expect_alive(attacker);
	}
	zwlr_output_configuration_v1_destroy(configuration);
	expect_alive(attacker);
	return has_succeeded;
}

// width: 0 disables the output.
static void configure(struct attacker *attacker, int32_t width, int32_t height) {
	ask(attacker, &(struct setup){.width = width, .height = height}, false);
}

// Ends an attack. The server refuses changes for a while that follow many others. The cursor may have come over a
// victim.
static void restore(struct attacker *attacker) {
	struct mouse mouse;
	for (int i = 0; i < 500; i++) {
		if (ask(attacker, &(struct setup){.width = WIDTH, .height = HEIGHT}, false)) {
			mouse_init(&mouse, attacker);
			return;
		}
		sleep_ms(10);
	}
	fail("the server does not restore the mode");
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
	restore(&attacker);
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
	restore(&attacker);
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
	restore(&attacker);
}

// Each must be refused, both when it is tested and when it is applied, and leave the output as it is.
ATTACK("output-of-impossible-modes") {
	static const struct setup setups[] = {
		{.width = 30000, .height = 30000},
		{.width = INT32_MAX, .height = 1},
		{.width = 1 << 30, .height = 4},
		{.width = 1, .height = INT32_MAX},
		{.width = 16384, .height = 16384},
		{.width = 7680, .height = 4320},
		{.width = WIDTH, .height = HEIGHT, .refresh = 1},
		{.width = WIDTH, .height = HEIGHT, .refresh = 1000},
		{.width = WIDTH, .height = HEIGHT, .refresh = 2000000},
		{.width = WIDTH, .height = HEIGHT, .refresh = INT32_MAX},
		{.width = WIDTH, .height = HEIGHT, .scale = 1. / 256},
		{.width = WIDTH, .height = HEIGHT, .scale = 1000},
		{.width = WIDTH, .height = HEIGHT, .scale = 1000000},
		{.width = 1, .height = 1, .scale = 2},
		{.width = WIDTH, .height = HEIGHT, .x = INT32_MAX, .y = INT32_MAX},
		{.width = WIDTH, .height = HEIGHT, .x = INT32_MIN, .y = INT32_MIN},
		{.width = WIDTH, .height = HEIGHT, .x = 1 << 30, .y = -(1 << 30)},
	};
	struct attacker attacker;
	outputs_connect(&attacker);
	for (size_t i = 0; i < sizeof(setups) / sizeof(setups[0]); i++) {
		for (int test = 1; test >= 0; test--) {
			if (ask(&attacker, &setups[i], test != 0)) {
				fail("the server accepts mode %zu", i);
			}
			sleep_ms(20);
		}
	}
	restore(&attacker);
}

static void never_read(void *data) {
	struct attacker attacker;
	outputs_connect(&attacker);
	for (;;) {
		sleep_ms(1000);
	}
}

// Changes the mode as often as the server allows, with another client that reads nothing of it. large: each change
// draws as many pixels as possible, otherwise there are as many changes as possible.
static void change_without_end(bool large) {
	struct attacker attacker;
	outputs_connect(&attacker);
	pid_t child = start_child(never_read, NULL);
	int changes = 0, count = attack_count(1000);
	for (int i = 0; i < count; i++) {
		struct setup setup = {.width = large ? 5120 - i % 2 : 300 + i % 2, .height = large ? 3200 : 200};
		setup.transform = i % 8;
		changes += ask(&attacker, &setup, i % 2 == 0);
	}
	if (changes > count / 2) {
		fail("the server has no limit");
	}
	restore(&attacker);
	stop_child(child);
}

ATTACK("output-of-large-modes-without-end") {
	change_without_end(true);
}

ATTACK("output-of-small-modes-without-end") {
	change_without_end(false);
}

static void handle_power(void *data, struct zwlr_output_power_v1 *power, uint32_t mode) {
	*(uint32_t *)data = mode;
}

static void handle_power_failed(void *data, struct zwlr_output_power_v1 *power) {
	fail("another client has the power of the output");
}

static const struct zwlr_output_power_v1_listener power_listener = {
	.mode = handle_power,
	.failed = handle_power_failed,
};

ATTACK("output-switched-without-end") {
	struct attacker attacker;
	uint32_t mode = 2;
	outputs_connect(&attacker);
	struct zwlr_output_power_manager_v1 *manager = attacker_bind(&attacker, &zwlr_output_power_manager_v1_interface, 1);
	struct zwlr_output_power_v1 *power = zwlr_output_power_manager_v1_get_output_power(manager, attacker.output);
	zwlr_output_power_v1_add_listener(power, &power_listener, &mode);
	pid_t child = start_child(draw_for_ever, NULL);
	for (uint32_t i = 0; i < (uint32_t)attack_count(20000); i++) {
		zwlr_output_power_v1_set_mode(power, i % 2);
		if (i % 64 == 63) {
			expect_alive(&attacker);
		}
	}
	zwlr_output_power_v1_set_mode(power, ZWLR_OUTPUT_POWER_V1_MODE_ON);
	do {
		expect_alive(&attacker);
		sleep_ms(10);
	} while (mode != ZWLR_OUTPUT_POWER_V1_MODE_ON);
	sleep_ms(500);
	expect_alive(&attacker);
	if (mode != ZWLR_OUTPUT_POWER_V1_MODE_ON) {
		fail("the output does not stay on");
	}
	stop_child(child);
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
