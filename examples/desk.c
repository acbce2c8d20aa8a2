#include "desk.h"

#include "icon.h"
#include "pixels.h"
#include <math.h>
#include <stdlib.h>
#include <sys/param.h>
#include <time.h>
#include <wayland-client.h>

// A hop consists of leaps, each lower than the one before.
#define HOP_MS 720
#define HOP_LEAP_MS 240
#define HOP_HEIGHT 0.45 // of the icon's size

#define NO_ICON (-1)

struct icon {
	struct lido_image *image;
	bool is_hopping;
	bool is_lit; // whether the image shows it lit
	int64_t hop; // start of the hop, ms
};

struct tile {
	struct wl_surface *surface;
	struct wl_subsurface *subsurface;
	int32_t icon; // index of the icon that it shows, or NO_ICON
};

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void desk_init(
		struct desk *desk, struct session *session, struct wl_surface *window, int32_t icon_size, bool shares_blocks) {
	*desk = (struct desk){
		.session = session,
		.window = window,
		.shares_blocks = shares_blocks,
		.grid = {.size = icon_size, .pitch = icon_size + icon_size / 4, .columns = 1, .rows = 1},
	};
}

void desk_finish(struct desk *desk) {
	for (int32_t i = 0; i < desk->tiles_len; i++) {
		wl_subsurface_destroy(desk->tiles[i].subsurface);
		wl_surface_destroy(desk->tiles[i].surface);
	}
	for (int32_t i = 0; i < desk->grid.count; i++) {
		lido_image_destroy(desk->icons[i].image);
	}
	free(desk->tiles);
	free(desk->icons);
}

static struct lido_image *create_image(struct desk *desk) {
	return lido_image_create(desk->session->client, desk->grid.size, desk->grid.size, WL_SHM_FORMAT_ARGB8888);
}

// Adds icons whose images lie one after the other in a block, in the stride that cairo prefers.
static void add_icons_in_block(struct desk *desk, int32_t count) {
	int32_t size = desk->grid.size, stride = cairo_format_stride_for_width(CAIRO_FORMAT_ARGB32, size);
	int64_t image_size = (int64_t)stride * size, block_size = image_size * (count - desk->grid.count);
	struct lido_client_block *block =
			lido_client_block_create(desk->session->client, (uint32_t)MIN(block_size, UINT32_MAX));
	for (int64_t offset = 0; offset < block_size; offset += image_size) {
		struct lido_image *image = NULL;
		if (block != NULL) {
			image = lido_client_block_create_image(block, (uint32_t)offset, size, size, stride, WL_SHM_FORMAT_ARGB8888);
		}
		desk->icons[desk->grid.count++] = (struct icon){.image = image};
	}
	// The images keep its memory.
	lido_client_block_destroy(block);
}

static bool draw_icon(struct desk *desk, int32_t index, bool is_lit) {
	struct icon *icon = &desk->icons[index];
	cairo_t *cairo = icon->image != NULL ? pixels_begin(icon->image, CAIRO_FORMAT_ARGB32) : NULL;
	if (cairo == NULL) {
		enum lido_client_error error = lido_client_get_error(desk->session->client);
		session_fail(desk->session, "cannot get pixels for icon %d: %s; try a lower --count", index + 1,
				lido_client_error_to_string(error));
		return false;
	}
	pixels_clear(cairo);
	icon_draw(cairo, (uint32_t)index, desk->grid.size, is_lit);
	pixels_end(cairo);
	icon->is_lit = is_lit;
	return true;
}

static void hide_tile(struct tile *tile) {
	if (tile->icon != NO_ICON) {
		wl_surface_attach(tile->surface, NULL, 0, 0);
		wl_surface_commit(tile->surface);
		tile->icon = NO_ICON;
	}
}

static void remove_icons(struct desk *desk, int32_t count) {
	for (int32_t i = 0; i < desk->tiles_len; i++) {
		if (desk->tiles[i].icon >= count) {
			hide_tile(&desk->tiles[i]);
		}
	}
	while (desk->grid.count > count) {
		lido_image_destroy(desk->icons[--desk->grid.count].image);
	}
}

static void add_icons(struct desk *desk, int32_t count) {
	struct icon *icons = realloc(desk->icons, (size_t)count * sizeof(*icons));
	if (icons == NULL) {
		session_fail(desk->session, "out of memory for %d icons; try a lower --count", count);
		return;
	}
	desk->icons = icons;
	int32_t first = desk->grid.count;
	// Create all images before drawing the first, which waits for the server: one round trip serves all.
	if (desk->shares_blocks) {
		add_icons_in_block(desk, count);
	}
	while (desk->grid.count < count) {
		desk->icons[desk->grid.count++] = (struct icon){.image = create_image(desk)};
	}
	for (int32_t i = first; i < count && draw_icon(desk, i, false); i++) {
	}
}

void desk_set_count(struct desk *desk, int32_t count) {
	if (count < desk->grid.count) {
		remove_icons(desk, count);
	} else {
		add_icons(desk, count);
	}
}

// Creates the subsurfaces that are missing for the visible cells.
static bool add_tiles(struct desk *desk) {
	int32_t tiles_len = desk->grid.columns * desk->grid.rows;
	if (tiles_len <= desk->tiles_len) {
		return true;
	}
	struct tile *tiles = realloc(desk->tiles, (size_t)tiles_len * sizeof(*tiles));
	if (tiles == NULL) {
		session_fail(desk->session, "out of memory for %d subsurfaces; make the window smaller", tiles_len);
		return false;
	}
	desk->tiles = tiles;
	// An empty input region: the window gets all input.
	struct wl_region *nothing = wl_compositor_create_region(desk->session->compositor);
	while (desk->tiles_len < tiles_len) {
		struct tile *tile = &desk->tiles[desk->tiles_len++];
		tile->icon = NO_ICON;
		tile->surface = wl_compositor_create_surface(desk->session->compositor);
		tile->subsurface = wl_subcompositor_get_subsurface(desk->session->subcompositor, tile->surface, desk->window);
		wl_surface_set_input_region(tile->surface, nothing);
	}
	wl_region_destroy(nothing);
	return true;
}

// Returns how far a hopping icon is above its cell, in pixels.
static int32_t find_height(const struct desk *desk, const struct icon *icon, int64_t time) {
	double elapsed = (double)(time - icon->hop);
	double rest = 1 - elapsed / HOP_MS;
	return (int32_t)lround(fabs(sin(M_PI * elapsed / HOP_LEAP_MS)) * rest * HOP_HEIGHT * desk->grid.size);
}

// Draws the icon lit or unlit, on a new image if the server still uses the old one.
static bool light(struct desk *desk, int32_t index, bool is_lit) {
	struct icon *icon = &desk->icons[index];
	if (lido_image_is_busy(icon->image)) {
		lido_image_destroy(icon->image);
		icon->image = create_image(desk);
	}
	return draw_icon(desk, index, is_lit);
}

static void attach(const struct desk *desk, struct tile *tile, int32_t index) {
	tile->icon = index;
	wl_surface_attach(tile->surface, lido_image_get_buffer(desk->icons[index].image), 0, 0);
	wl_surface_damage_buffer(tile->surface, 0, 0, desk->grid.size, desk->grid.size);
	wl_surface_commit(tile->surface);
}

// Returns whether the icon still moves.
static bool update_tile(struct desk *desk, int32_t cell, int32_t index, int64_t time) {
	const struct grid *grid = &desk->grid;
	struct tile *tile = &desk->tiles[cell];
	struct icon *icon = &desk->icons[index];
	icon->is_hopping = icon->is_hopping && time - icon->hop < HOP_MS;
	bool has_changed = tile->icon != index;
	if (icon->is_hopping != icon->is_lit) {
		has_changed = true;
		if (!light(desk, index, icon->is_hopping)) {
			return false;
		}
	}
	if (has_changed) {
		attach(desk, tile, index);
	}
	int32_t height = icon->is_hopping ? find_height(desk, icon, time) : 0;
	wl_subsurface_set_position(tile->subsurface, grid->x + cell % grid->columns * grid->pitch,
			grid->y + cell / grid->columns * grid->pitch - height);
	return icon->is_hopping;
}

bool desk_update(struct desk *desk, int32_t width, int32_t height) {
	bool moves = false;
	grid_layout(&desk->grid, width, height);
	if (!add_tiles(desk)) {
		return false;
	}
	int64_t time = now();
	int32_t first = desk->grid.first_row * desk->grid.columns, cells = desk->grid.columns * desk->grid.rows;
	for (int32_t i = 0; i < desk->tiles_len && !desk->session->is_over; i++) {
		if (i < cells && first + i < desk->grid.count) {
			moves = update_tile(desk, i, first + i, time) || moves;
		} else {
			hide_tile(&desk->tiles[i]);
		}
	}
	return moves;
}

bool desk_press(struct desk *desk, double x, double y) {
	int32_t cell = grid_cell_at(&desk->grid, x, y);
	int32_t index = cell + desk->grid.first_row * desk->grid.columns;
	if (cell < 0 || index >= desk->grid.count) {
		return false;
	}
	desk->icons[index].is_hopping = true;
	desk->icons[index].hop = now();
	return true;
}
