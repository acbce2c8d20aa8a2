/*
 * Plugs in an input device, and operates it as the lines of standard input say. Unplugs it at their end.
 *
 *     plug keyboard|mouse|absolute|touchscreen|pen
 *
 * Prints "plugged" once the kernel has it. Positions are in thousandths of the device. Lines:
 *
 *     type TEXT          lower-case letters and blanks, then Enter
 *     press CODE, release CODE    a key or button of linux/input-event-codes.h
 *     move X Y           an absolute pointer
 *     scroll CLICKS      down
 *     touch FINGER X Y, lift FINGER
 *     pen X Y PRESSURE   near; its tip is down if the pressure is not 0
 *     away               the pen
 */
#include "gadget.h"
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 256

static int32_t scale(int thousandths) {
	return thousandths * (GADGET_EXTENT + 1) / 1000;
}

static void tap(struct gadget *gadget, uint16_t code) {
	gadget_press(gadget, code, true);
	gadget_press(gadget, code, false);
}

static void type(struct gadget *gadget, const char *text) {
	static const uint16_t letters[] = {KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G, KEY_H, KEY_I, KEY_J, KEY_K,
		KEY_L, KEY_M, KEY_N, KEY_O, KEY_P, KEY_Q, KEY_R, KEY_S, KEY_T, KEY_U, KEY_V, KEY_W, KEY_X, KEY_Y, KEY_Z};
	for (; *text != '\0' && *text != '\n'; text++) {
		if (*text >= 'a' && *text <= 'z') {
			tap(gadget, letters[*text - 'a']);
		} else {
			tap(gadget, KEY_SPACE);
		}
	}
	tap(gadget, KEY_ENTER);
}

static void put_pen(struct gadget *gadget, int x, int y, int pressure) {
	gadget_set(gadget, EV_KEY, BTN_TOOL_PEN, 1);
	gadget_set(gadget, EV_KEY, BTN_TOUCH, pressure > 0);
	gadget_set(gadget, EV_ABS, ABS_PRESSURE, scale(pressure));
	gadget_move(gadget, scale(x), scale(y));
}

// Returns false if the line is unknown.
static bool act(struct gadget *gadget, const char *line) {
	int a, b, c;
	if (strncmp(line, "type ", 5) == 0) {
		type(gadget, line + 5);
	} else if (sscanf(line, "press %d", &a) == 1) {
		gadget_press(gadget, (uint16_t)a, true);
	} else if (sscanf(line, "release %d", &a) == 1) {
		gadget_press(gadget, (uint16_t)a, false);
	} else if (sscanf(line, "move %d %d", &a, &b) == 2) {
		gadget_move(gadget, scale(a), scale(b));
	} else if (sscanf(line, "scroll %d", &a) == 1) {
		gadget_set(gadget, EV_REL, REL_WHEEL, -a);
		gadget_set(gadget, EV_REL, REL_WHEEL_HI_RES, -120 * a);
		gadget_sync(gadget);
	} else if (sscanf(line, "touch %d %d %d", &a, &b, &c) == 3) {
		gadget_touch(gadget, a, scale(b), scale(c));
	} else if (sscanf(line, "lift %d", &a) == 1) {
		gadget_lift(gadget, a);
	} else if (sscanf(line, "pen %d %d %d", &a, &b, &c) == 3) {
		put_pen(gadget, a, b, c);
	} else if (strcmp(line, "away\n") == 0) {
		gadget_press(gadget, BTN_TOOL_PEN, false);
	} else {
		return false;
	}
	return true;
}

int main(int argc, char *argv[]) {
	static const char *const names[GADGET_KINDS_LEN] = {"keyboard", "mouse", "absolute", "touchscreen", "pen"};
	int kind = 0;
	while (kind < GADGET_KINDS_LEN && (argc != 2 || strcmp(argv[1], names[kind]) != 0)) {
		kind++;
	}
	if (kind == GADGET_KINDS_LEN || !gadget_is_possible()) {
		fprintf(stderr, kind == GADGET_KINDS_LEN ? "usage: plug keyboard|mouse|absolute|touchscreen|pen\n"
												 : "plug: /dev/uinput cannot be opened\n");
		return EXIT_FAILURE;
	}
	struct gadget gadget;
	gadget_init(&gadget, (enum gadget_kind)kind);
	puts("plugged");
	fflush(stdout);
	char line[LINE_SIZE];
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (!act(&gadget, line)) {
			fprintf(stderr, "plug: unknown line: %s", line);
			return EXIT_FAILURE;
		}
	}
	gadget_finish(&gadget);
	return EXIT_SUCCESS;
}
