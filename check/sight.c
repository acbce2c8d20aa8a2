#include "sight.h"
#include "runner.h"

// Pointers are black or white.
#define GRAY 0x60

// The part of the window that something covers, in pixels of the window. No width: nothing covers it.
static struct box {
	int32_t x, y, width, height;
} covered;

// Captures what the output shows of the window, and draws what it should show. The caller finishes both images. False:
// the client was disconnected; the answer to the rule says why.
static bool look(struct actor *actor, const struct picture *picture, struct image *got, struct image *wanted) {
	const struct window *window = &actor->window;
	if (!client_try_roundtrip(actor->client)) {
		return false;
	}
	screen_capture(&actor->screen, 0, 0, window->configured_width, window->configured_height, got);
	image_init(wanted, window->configured_width, window->configured_height);
	picture_draw(picture, wanted, 0, 0);
	for (int32_t y = covered.y; y < covered.y + covered.height; y++) {
		for (int32_t x = covered.x; x < covered.x + covered.width; x++) {
			wanted->pixels[y * wanted->width + x] = got->pixels[y * got->width + x];
		}
	}
	return true;
}

static void box_add(struct box *box, int32_t x, int32_t y) {
	if (box->width == 0) {
		*box = (struct box){x, y, 1, 1};
		return;
	}
	int32_t right = x >= box->x + box->width ? x + 1 : box->x + box->width;
	int32_t bottom = y >= box->y + box->height ? y + 1 : box->y + box->height;
	box->x = x < box->x ? x : box->x;
	box->y = y < box->y ? y : box->y;
	box->width = right - box->x;
	box->height = bottom - box->y;
}

// The box around all pixels that differ.
static struct box find_difference(const struct image *got, const struct image *wanted) {
	struct box box = {0};
	for (int32_t y = 0; y < got->height; y++) {
		for (int32_t x = 0; x < got->width; x++) {
			int32_t i = y * got->width + x;
			if (((got->pixels[i] ^ wanted->pixels[i]) & 0xffffff) != 0) {
				box_add(&box, x, y);
			}
		}
	}
	return box;
}

static void find_covered(struct actor *actor, const struct picture *gray) {
	int64_t end = actor_now() + ACTOR_PATIENCE;
	struct image got, wanted;
	covered = (struct box){0};
	while (look(actor, gray, &got, &wanted)) {
		struct box box = find_difference(&got, &wanted);
		image_finish(&got);
		image_finish(&wanted);
		if (box.width <= SIGHT_POINTER_SIZE && box.height <= SIGHT_POINTER_SIZE) {
			covered = box;
			break;
		}
		if (actor_now() > end) {
			fail("a fullscreen window is covered by %dx%d at %d,%d", box.width, box.height, box.x, box.y);
		}
		client_pump(actor->client, 10);
	}
	if (covered.width > 0) {
		printf("ignored: %dx%d at %d,%d, which something covers\n", covered.width, covered.height, covered.x,
				covered.y);
	}
}

void sight_need(struct actor *actor) {
	actor_need(actor, "wl_output", 3);
	actor_need(actor, "zwlr_screencopy_manager_v1", 3);
	struct picture *gray = actor_create_window_picture(actor, FILE_SEALED, 0);
	for (size_t i = 0; i < (size_t)gray->stride * (size_t)gray->height; i++) {
		gray->data[i] = GRAY;
	}
	file_write(gray->fd, 0, gray->data, (size_t)gray->stride * (size_t)gray->height);
	actor_commit(actor, gray->buffer);
	find_covered(actor, gray);
}

void sight_expect_shown_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, const char *what) {
	int64_t end = actor_now() + ACTOR_PATIENCE;
	struct image got, wanted;
	while (look(actor, picture, &got, &wanted)) {
		if (actor_now() > end) {
			image_expect_at(file, line, &got, &wanted, what);
		}
		bool is_equal = image_count_differences(&got, &wanted) == 0;
		image_finish(&got);
		image_finish(&wanted);
		if (is_equal) {
			return;
		}
		client_pump(actor->client, 10);
	}
}

void sight_expect_hidden_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, const char *what) {
	int64_t end = actor_now() + ACTOR_PATIENCE;
	struct image got, wanted;
	while (look(actor, picture, &got, &wanted)) {
		size_t differences = image_count_differences(&got, &wanted);
		image_finish(&got);
		image_finish(&wanted);
		if (differences > (size_t)picture->width * (size_t)picture->height / 2) {
			return;
		}
		if (actor_now() > end) {
			expect_failed(file, line, "%s: still shown", what);
		}
		client_pump(actor->client, 10);
	}
}
