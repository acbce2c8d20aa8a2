// Pointer constraints: regions of many rectangles, and constraints that come and go with each motion.
#include "attack.h"
#include "panel.h"

#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "viewporter-client-protocol.h"

#define STRIPES 1400

static struct wl_region *create_stripes(struct attacker *attacker, int stripes, bool vertical) {
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	for (int i = 0; i < stripes; i++) {
		if (vertical) {
			wl_region_add(region, 2 * i, 0, 1, 10000);
		} else {
			wl_region_add(region, 0, 2 * i, 10000, 1);
		}
		if (i % 128 == 127) {
			expect_alive(attacker);
		}
	}
	return region;
}

// Connects, with the pointer over a panel whose input region has stripes. That region lies within the surface, so the
// panel is large. Returns the manager of constraints.
static struct zwp_pointer_constraints_v1 *point_at_stripes(
		struct attacker *attacker, struct panel *panel, struct mouse *mouse) {
	attacker_connect(attacker);
	panel_init(panel, attacker, false);
	mouse_init(mouse, attacker);
	mouse_move(mouse, panel->x, panel->y);
	wl_surface_set_input_region(panel->surface, create_stripes(attacker, STRIPES, false));
	wp_viewport_set_destination(
			wp_viewporter_get_viewport(attacker->viewporter, panel->surface), 2 * STRIPES, 2 * STRIPES);
	wl_surface_commit(panel->surface);
	return attacker_bind(attacker, &zwp_pointer_constraints_v1_interface, 1);
}

// Each commit intersects both regions.
ATTACK("constraint-region-that-crosses-the-input-region") {
	static struct attacker attacker;
	static struct panel panel;
	static struct mouse mouse;
	struct zwp_pointer_constraints_v1 *manager = point_at_stripes(&attacker, &panel, &mouse);
	struct wl_region *region = create_stripes(&attacker, STRIPES, true);
	expect_alive(&attacker);
	zwp_pointer_constraints_v1_confine_pointer(
			manager, panel.surface, mouse.pointer, region, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	bool is_alive = true;
	for (int i = 0; is_alive && i < attack_count(2000); i++) {
		wl_surface_commit(panel.surface);
		is_alive = i % 512 != 511 || attacker_try_roundtrip(&attacker);
	}
	expect_no_memory(&attacker);
}

// The same within the limit, with the region changed by each commit.
ATTACK("constraint-regions-changed-without-end") {
	static struct attacker attacker;
	static struct panel panel;
	static struct mouse mouse;
	struct zwp_pointer_constraints_v1 *manager = point_at_stripes(&attacker, &panel, &mouse);
	struct wl_region *regions[2] = {create_stripes(&attacker, 16, true), create_stripes(&attacker, 15, true)};
	struct zwp_confined_pointer_v1 *confined = zwp_pointer_constraints_v1_confine_pointer(
			manager, panel.surface, mouse.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	for (int i = 0; i < attack_count(1000); i++) {
		zwp_confined_pointer_v1_set_region(confined, regions[i % 2]);
		wl_surface_commit(panel.surface);
		if (i % 256 == 255) {
			expect_alive(&attacker);
		}
	}
	expect_alive(&attacker);
}

// Constraints for one time and for good, which motions begin and end, with hints far away, destroyed in between.
ATTACK("constraints-that-come-and-go") {
	static struct attacker attacker;
	static struct panel panel;
	static struct mouse mouse;
	attacker_connect(&attacker);
	panel_init(&panel, &attacker, false);
	mouse_init(&mouse, &attacker);
	struct zwp_pointer_constraints_v1 *manager = attacker_bind(&attacker, &zwp_pointer_constraints_v1_interface, 1);
	struct wl_region *region = create_stripes(&attacker, 8, true);
	for (int i = 0; i < attack_count(1000); i++) {
		uint32_t lifetime = i % 2 == 0 ? ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT
									   : ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT;
		struct zwp_locked_pointer_v1 *locked = zwp_pointer_constraints_v1_lock_pointer(
				manager, panel.surface, mouse.pointer, i % 3 == 0 ? region : NULL, lifetime);
		mouse_move(&mouse, panel.x, panel.y);
		zwp_locked_pointer_v1_set_cursor_position_hint(
				locked, i % 5 == 0 ? INT32_MAX : wl_fixed_from_int(20), i % 7 == 0 ? INT32_MIN : wl_fixed_from_int(30));
		zwp_locked_pointer_v1_set_region(locked, i % 4 == 0 ? region : NULL);
		panel_commit(&panel);
		mouse_move_away(&mouse);
		if (i % 11 == 0) {
			mouse_press_on(&mouse, &panel);
			mouse_press(&mouse, false);
		}
		zwp_locked_pointer_v1_destroy(locked);
		if (i % 64 == 63) {
			expect_alive(&attacker);
		}
	}
	expect_alive(&attacker);
	// Two for one surface.
	zwp_pointer_constraints_v1_lock_pointer(
			manager, panel.surface, mouse.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_pointer_constraints_v1_confine_pointer(
			manager, panel.surface, mouse.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	expect_error(
			&attacker, &zwp_pointer_constraints_v1_interface, ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED);
}
