#include "placement.h"

#include <sys/param.h>
#include <wlr/util/edges.h>

static int clamp(int value, int minimum, int maximum) {
	// The lower bound wins: a window larger than its area shows its top left corner.
	return MAX(MIN(value, maximum), minimum);
}

bool placement_is_inside(const struct wlr_box *area, const struct wlr_box *window) {
	return window->x >= area->x && window->x + window->width <= area->x + area->width && window->y >= area->y &&
		   window->y + window->height <= area->y + area->height;
}

// Returns how much of the windows the box covers, in square pixels; INT64_MAX if it is not completely on the area.
static int64_t cover(
		const struct wlr_box *area, const struct wlr_box *windows, size_t windows_len, const struct wlr_box *box) {
	if (!placement_is_inside(area, box)) {
		return INT64_MAX;
	}
	int64_t covered = 0;
	for (size_t i = 0; i < windows_len; i++) {
		struct wlr_box intersection;
		if (wlr_box_intersection(&intersection, &windows[i], box)) {
			covered += (int64_t)intersection.width * intersection.height;
		}
	}
	return covered;
}

// Returns the n-th of windows_len + 2 candidates on one axis: behind each window, then at both ends of the area.
static int candidate(size_t n, size_t windows_len, int area, int area_size, int window_end, int size) {
	if (n == windows_len) {
		return area + PLACEMENT_GAP;
	}
	return n > windows_len ? area + area_size - size - PLACEMENT_GAP : window_end + PLACEMENT_GAP;
}

bool placement_free(const struct wlr_box *area, const struct wlr_box *windows, size_t windows_len, int width,
		int height, struct wlr_box *box) {
	int64_t least = (int64_t)width * height / 2 + 1;
	bool found = false;
	for (size_t i = 0; i < windows_len + 2; i++) {
		for (size_t j = 0; j < windows_len + 2; j++) {
			int right = i < windows_len ? windows[i].x + windows[i].width : 0;
			int bottom = j < windows_len ? windows[j].y + windows[j].height : 0;
			struct wlr_box place = {
				.x = candidate(i, windows_len, area->x, area->width, right, width),
				.y = candidate(j, windows_len, area->y, area->height, bottom, height),
				.width = width,
				.height = height,
			};
			int64_t covered = cover(area, windows, windows_len, &place);
			bool earlier = found && (place.y < box->y || (place.y == box->y && place.x < box->x));
			if (covered < least || (covered == least && earlier)) {
				least = covered;
				*box = place;
				found = true;
			}
		}
	}
	return found;
}

struct wlr_box placement_cascade(const struct wlr_box *area, int width, int height, unsigned n) {
	int room_x = area->width - width - PLACEMENT_GAP, room_y = area->height - height - PLACEMENT_GAP;
	int gap_x = room_x >= 0 ? PLACEMENT_GAP : 0, gap_y = room_y >= 0 ? PLACEMENT_GAP : 0;
	unsigned steps_x = room_x > 0 ? (unsigned)room_x / PLACEMENT_STEP + 1 : 1;
	unsigned steps_y = room_y > 0 ? (unsigned)room_y / PLACEMENT_STEP + 1 : 1;
	return (struct wlr_box){
		.x = area->x + gap_x + (int)(n % steps_x) * PLACEMENT_STEP,
		.y = area->y + gap_y + (int)(n % steps_y) * PLACEMENT_STEP,
		.width = width,
		.height = height,
	};
}

struct wlr_box placement_center(const struct wlr_box *area, const struct wlr_box *over, int width, int height) {
	struct wlr_box visible;
	if (!wlr_box_intersection(&visible, area, over)) {
		visible = *over;
	}
	const struct wlr_box centered = {
		.x = visible.x + (visible.width - width) / 2,
		.y = visible.y + (visible.height - height) / 2,
		.width = width,
		.height = height,
	};
	return placement_inside(area, centered);
}

struct wlr_box placement_inside(const struct wlr_box *area, struct wlr_box window) {
	window.x = clamp(window.x, area->x, area->x + area->width - window.width);
	window.y = clamp(window.y, area->y, area->y + area->height - window.height);
	return window;
}

struct wlr_box placement_reachable(const struct wlr_box *area, struct wlr_box window) {
	int visible_width = MIN(window.width, PLACEMENT_VISIBLE_WIDTH);
	window.x = clamp(window.x, area->x + visible_width - window.width, area->x + area->width - visible_width);
	window.y = clamp(window.y, area->y, area->y + area->height - PLACEMENT_VISIBLE_HEIGHT);
	return window;
}

struct wlr_box placement_resize(const struct wlr_box *start, uint32_t edges, int dx, int dy,
		const struct wlr_box *minimum, const struct wlr_box *maximum) {
	struct wlr_box box = *start;
	box.width += (edges & WLR_EDGE_LEFT) ? -dx : (edges & WLR_EDGE_RIGHT) ? dx : 0;
	box.height += (edges & WLR_EDGE_TOP) ? -dy : (edges & WLR_EDGE_BOTTOM) ? dy : 0;
	box.width = clamp(box.width, MAX(minimum->width, 1), maximum->width > 0 ? maximum->width : INT32_MAX);
	box.height = clamp(box.height, MAX(minimum->height, 1), maximum->height > 0 ? maximum->height : INT32_MAX);
	if (edges & WLR_EDGE_LEFT) {
		box.x += start->width - box.width;
	}
	if (edges & WLR_EDGE_TOP) {
		box.y += start->height - box.height;
	}
	return box;
}

uint32_t placement_edges_at(const struct wlr_box *window, double lx, double ly) {
	double x = (lx - window->x) / MAX(window->width, 1);
	double y = (ly - window->y) / MAX(window->height, 1);
	uint32_t edges = 0;
	edges |= x < 1.0 / 3 ? WLR_EDGE_LEFT : x > 2.0 / 3 ? WLR_EDGE_RIGHT : 0;
	edges |= y < 1.0 / 3 ? WLR_EDGE_TOP : y > 2.0 / 3 ? WLR_EDGE_BOTTOM : 0;
	return edges != 0 ? edges : WLR_EDGE_RIGHT | WLR_EDGE_BOTTOM;
}
