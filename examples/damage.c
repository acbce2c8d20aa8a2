#include "damage.h"

#include <string.h>

void damage_init(struct damage *damage) {
	for (size_t i = 0; i < DAMAGE_FRAMES_MAX; i++) {
		damage->frames[i] = cairo_region_create();
	}
}

void damage_finish(struct damage *damage) {
	for (size_t i = 0; i < DAMAGE_FRAMES_MAX; i++) {
		cairo_region_destroy(damage->frames[i]);
	}
}

void damage_add(struct damage *damage, const cairo_rectangle_int_t *box) {
	cairo_region_union_rectangle(damage->frames[0], box);
}

bool damage_is_empty(const struct damage *damage) {
	return cairo_region_is_empty(damage->frames[0]);
}

cairo_region_t *damage_collect(const struct damage *damage, uint32_t age, int32_t width, int32_t height) {
	const cairo_rectangle_int_t all = {.width = width, .height = height};
	if (age == 0 || age > DAMAGE_FRAMES_MAX) {
		return cairo_region_create_rectangle(&all);
	}
	cairo_region_t *region = cairo_region_copy(damage->frames[0]);
	for (uint32_t i = 1; i < age; i++) {
		cairo_region_union(region, damage->frames[i]);
	}
	cairo_region_intersect_rectangle(region, &all);
	return region;
}

void damage_advance(struct damage *damage) {
	cairo_region_destroy(damage->frames[DAMAGE_FRAMES_MAX - 1]);
	memmove(&damage->frames[1], &damage->frames[0], (DAMAGE_FRAMES_MAX - 1) * sizeof(damage->frames[0]));
	damage->frames[0] = cairo_region_create();
}
