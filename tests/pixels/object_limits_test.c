/*
 * Limits on the objects of each interface that one client may have.
 */
#include "content-type-v1-client-protocol.h"
#include "ext-data-control-v1-client-protocol.h"
#include "ext-foreign-toplevel-list-v1-client-protocol.h"
#include "ext-idle-notify-v1-client-protocol.h"
#include "ext-image-capture-source-v1-client-protocol.h"
#include "ext-image-copy-capture-v1-client-protocol.h"
#include "ext-session-lock-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "input-method-unstable-v2-client-protocol.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "tablet-v2-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-data-control-unstable-v1-client-protocol.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "wlr-gamma-control-unstable-v1-client-protocol.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "wlr-output-power-management-unstable-v1-client-protocol.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-foreign-unstable-v1-client-protocol.h"
#include "xdg-foreign-unstable-v2-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/compat.h>
#include <compositor/object_limits.h>
#include <string.h>

// A client that creates objects without destroying them. Proxies are destroyed at the end, without their requests.
struct maker {
	struct client client;
	struct wl_array proxies; // struct wl_proxy *
	struct wl_array globals; // struct wl_proxy *: among proxies
};

static void keep(struct wl_array *array, void *proxy) {
	void **place = wl_array_add(array, sizeof(void *));
	expect(place != NULL);
	*place = proxy;
}

static void *kept(struct maker *maker, void *proxy) {
	keep(&maker->proxies, proxy);
	return proxy;
}

static size_t count_kept(const struct maker *maker, const char *interface) {
	struct wl_proxy **proxy;
	size_t count = 0;
	wl_array_for_each(proxy, &maker->proxies) {
		count += strcmp(wl_proxy_get_class(*proxy), interface) == 0;
	}
	return count;
}

// The global, bound once.
static void *global(struct maker *maker, const struct wl_interface *interface) {
	struct wl_proxy **proxy;
	wl_array_for_each(proxy, &maker->globals) {
		if (strcmp(wl_proxy_get_class(*proxy), interface->name) == 0) {
			return *proxy;
		}
	}
	uint32_t offered = client_find_global(&maker->client, interface->name, NULL)->version;
	uint32_t version = offered < (uint32_t)interface->version ? offered : (uint32_t)interface->version;
	keep(&maker->globals, client_bind(&maker->client, interface, version));
	return kept(maker, ((void **)((uint8_t *)maker->globals.data + maker->globals.size))[-1]);
}

static void *bind_again(struct maker *maker, const struct wl_interface *interface) {
	return client_bind(&maker->client, interface, 1);
}

static struct wl_surface *new_surface(struct maker *maker) {
	return kept(maker, wl_compositor_create_surface(global(maker, &wl_compositor_interface)));
}

// One for all.
static struct wl_surface *surface(struct maker *maker) {
	struct wl_proxy **proxy;
	wl_array_for_each(proxy, &maker->proxies) {
		if (strcmp(wl_proxy_get_class(*proxy), wl_surface_interface.name) == 0) {
			return (struct wl_surface *)*proxy;
		}
	}
	return new_surface(maker);
}

// The same, with the role of a window.
static struct wl_surface *window(struct maker *maker) {
	bool made = count_kept(maker, wl_surface_interface.name) > 0;
	struct wl_surface *made_surface = surface(maker);
	if (!made) {
		struct xdg_surface *xdg = kept(maker,
				xdg_wm_base_get_xdg_surface(kept(maker, bind_again(maker, &xdg_wm_base_interface)), made_surface));
		kept(maker, xdg_surface_get_toplevel(xdg));
	}
	return made_surface;
}

static struct wl_pointer *pointer(struct maker *maker) {
	struct wl_proxy **proxy;
	wl_array_for_each(proxy, &maker->proxies) {
		if (strcmp(wl_proxy_get_class(*proxy), wl_pointer_interface.name) == 0) {
			return (struct wl_pointer *)*proxy;
		}
	}
	return kept(maker, wl_seat_get_pointer(global(maker, &wl_seat_interface)));
}

#define MAKE(interface, expression) \
	static void *make_##interface(struct maker *maker) { \
		return expression; \
	}
#define GLOBAL(interface) global(maker, &interface##_interface)

MAKE(wl_surface, wl_compositor_create_surface(GLOBAL(wl_compositor)))
MAKE(wl_registry, wl_display_get_registry(maker->client.display))
MAKE(wl_callback, wl_surface_frame(surface(maker)))
MAKE(wp_presentation_feedback, wp_presentation_feedback(GLOBAL(wp_presentation), surface(maker)))
MAKE(wl_output, bind_again(maker, &wl_output_interface))
MAKE(zxdg_output_v1, zxdg_output_manager_v1_get_xdg_output(GLOBAL(zxdg_output_manager_v1), GLOBAL(wl_output)))
MAKE(wl_seat, bind_again(maker, &wl_seat_interface))
MAKE(wl_keyboard, wl_seat_get_keyboard(GLOBAL(wl_seat)))
MAKE(wl_pointer, wl_seat_get_pointer(GLOBAL(wl_seat)))
MAKE(zwp_relative_pointer_v1,
		zwp_relative_pointer_manager_v1_get_relative_pointer(GLOBAL(zwp_relative_pointer_manager_v1), pointer(maker)))
MAKE(zwp_locked_pointer_v1, zwp_pointer_constraints_v1_lock_pointer(
									GLOBAL(zwp_pointer_constraints_v1), new_surface(maker), pointer(maker), NULL, 1))
MAKE(zwp_confined_pointer_v1, zwp_pointer_constraints_v1_confine_pointer(
									  GLOBAL(zwp_pointer_constraints_v1), new_surface(maker), pointer(maker), NULL, 1))
MAKE(zwp_pointer_gesture_swipe_v1,
		zwp_pointer_gestures_v1_get_swipe_gesture(GLOBAL(zwp_pointer_gestures_v1), pointer(maker)))
MAKE(zwp_pointer_gesture_pinch_v1,
		zwp_pointer_gestures_v1_get_pinch_gesture(GLOBAL(zwp_pointer_gestures_v1), pointer(maker)))
MAKE(zwp_pointer_gesture_hold_v1,
		zwp_pointer_gestures_v1_get_hold_gesture(GLOBAL(zwp_pointer_gestures_v1), pointer(maker)))
MAKE(zwp_tablet_seat_v2, zwp_tablet_manager_v2_get_tablet_seat(GLOBAL(zwp_tablet_manager_v2), GLOBAL(wl_seat)))
MAKE(zwp_virtual_keyboard_v1, zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
									  GLOBAL(zwp_virtual_keyboard_manager_v1), GLOBAL(wl_seat)))
MAKE(zwlr_virtual_pointer_v1, zwlr_virtual_pointer_manager_v1_create_virtual_pointer(
									  GLOBAL(zwlr_virtual_pointer_manager_v1), GLOBAL(wl_seat)))
MAKE(zwp_text_input_v3, zwp_text_input_manager_v3_get_text_input(GLOBAL(zwp_text_input_manager_v3), GLOBAL(wl_seat)))
MAKE(zwp_input_method_v2,
		zwp_input_method_manager_v2_get_input_method(GLOBAL(zwp_input_method_manager_v2), GLOBAL(wl_seat)))
MAKE(ext_idle_notification_v1,
		ext_idle_notifier_v1_get_idle_notification(GLOBAL(ext_idle_notifier_v1), 1000000, GLOBAL(wl_seat)))
MAKE(zwp_idle_inhibitor_v1,
		zwp_idle_inhibit_manager_v1_create_inhibitor(GLOBAL(zwp_idle_inhibit_manager_v1), surface(maker)))
MAKE(zwp_keyboard_shortcuts_inhibitor_v1,
		zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
				GLOBAL(zwp_keyboard_shortcuts_inhibit_manager_v1), new_surface(maker), GLOBAL(wl_seat)))
MAKE(wl_data_device, wl_data_device_manager_get_data_device(GLOBAL(wl_data_device_manager), GLOBAL(wl_seat)))
MAKE(wl_data_source, wl_data_device_manager_create_data_source(GLOBAL(wl_data_device_manager)))
MAKE(zwp_primary_selection_device_v1, zwp_primary_selection_device_manager_v1_get_device(
											  GLOBAL(zwp_primary_selection_device_manager_v1), GLOBAL(wl_seat)))
MAKE(zwp_primary_selection_source_v1,
		zwp_primary_selection_device_manager_v1_create_source(GLOBAL(zwp_primary_selection_device_manager_v1)))
MAKE(zwlr_data_control_device_v1,
		zwlr_data_control_manager_v1_get_data_device(GLOBAL(zwlr_data_control_manager_v1), GLOBAL(wl_seat)))
MAKE(zwlr_data_control_source_v1, zwlr_data_control_manager_v1_create_data_source(GLOBAL(zwlr_data_control_manager_v1)))
MAKE(zwlr_foreign_toplevel_manager_v1, bind_again(maker, &zwlr_foreign_toplevel_manager_v1_interface))
MAKE(ext_foreign_toplevel_list_v1, bind_again(maker, &ext_foreign_toplevel_list_v1_interface))
MAKE(zwlr_output_manager_v1, bind_again(maker, &zwlr_output_manager_v1_interface))
MAKE(zwlr_output_configuration_v1, zwlr_output_manager_v1_create_configuration(GLOBAL(zwlr_output_manager_v1), 0))
MAKE(zwlr_output_power_v1,
		zwlr_output_power_manager_v1_get_output_power(GLOBAL(zwlr_output_power_manager_v1), GLOBAL(wl_output)))
MAKE(zwlr_gamma_control_v1,
		zwlr_gamma_control_manager_v1_get_gamma_control(GLOBAL(zwlr_gamma_control_manager_v1), GLOBAL(wl_output)))
MAKE(zwlr_layer_surface_v1,
		zwlr_layer_shell_v1_get_layer_surface(GLOBAL(zwlr_layer_shell_v1), new_surface(maker), NULL, 0, ""))
MAKE(zxdg_exported_v1, zxdg_exporter_v1_export(GLOBAL(zxdg_exporter_v1), window(maker)))
MAKE(zxdg_exported_v2, zxdg_exporter_v2_export_toplevel(GLOBAL(zxdg_exporter_v2), window(maker)))
MAKE(zxdg_imported_v1, zxdg_importer_v1_import(GLOBAL(zxdg_importer_v1), ""))
MAKE(zxdg_imported_v2, zxdg_importer_v2_import_toplevel(GLOBAL(zxdg_importer_v2), ""))
MAKE(xdg_wm_base, bind_again(maker, &xdg_wm_base_interface))
MAKE(xdg_positioner, xdg_wm_base_create_positioner(GLOBAL(xdg_wm_base)))
MAKE(xdg_activation_token_v1, xdg_activation_v1_get_activation_token(GLOBAL(xdg_activation_v1)))
MAKE(zwlr_screencopy_frame_v1,
		zwlr_screencopy_manager_v1_capture_output(GLOBAL(zwlr_screencopy_manager_v1), 0, GLOBAL(wl_output)))

#if WLR_SINCE(19)
MAKE(ext_data_control_device_v1,
		ext_data_control_manager_v1_get_data_device(GLOBAL(ext_data_control_manager_v1), GLOBAL(wl_seat)))
MAKE(ext_data_control_source_v1, ext_data_control_manager_v1_create_data_source(GLOBAL(ext_data_control_manager_v1)))
MAKE(ext_image_capture_source_v1, ext_output_image_capture_source_manager_v1_create_source(
										  GLOBAL(ext_output_image_capture_source_manager_v1), GLOBAL(wl_output)))

// The first one of its kind.
static void *find_or_make(struct maker *maker, const char *interface, void *(*make)(struct maker *maker)) {
	struct wl_proxy **proxy;
	wl_array_for_each(proxy, &maker->proxies) {
		if (strcmp(wl_proxy_get_class(*proxy), interface) == 0) {
			return *proxy;
		}
	}
	return kept(maker, make(maker));
}

static struct ext_image_capture_source_v1 *source(struct maker *maker) {
	return find_or_make(maker, "ext_image_capture_source_v1", make_ext_image_capture_source_v1);
}

MAKE(ext_image_copy_capture_session_v1,
		ext_image_copy_capture_manager_v1_create_session(GLOBAL(ext_image_copy_capture_manager_v1), source(maker), 0))

// Inert, since the pointer is.
static void *make_ext_image_copy_capture_cursor_session_v1(struct maker *maker) {
	return ext_image_copy_capture_manager_v1_create_pointer_cursor_session(GLOBAL(ext_image_copy_capture_manager_v1),
			source(maker), find_or_make(maker, "wl_pointer", make_wl_pointer));
}

// Of a session that is destroyed at once: one may have no other frame.
static void *make_ext_image_copy_capture_frame_v1(struct maker *maker) {
	struct ext_image_copy_capture_session_v1 *session = make_ext_image_copy_capture_session_v1(maker);
	void *frame = ext_image_copy_capture_session_v1_create_frame(session);
	ext_image_copy_capture_session_v1_destroy(session);
	return frame;
}
#endif

// Objects of surfaces that are destroyed at once.
static void *make_wp_content_type_v1(struct maker *maker) {
	struct wl_surface *surface = wl_compositor_create_surface(GLOBAL(wl_compositor));
	void *type = wp_content_type_manager_v1_get_surface_content_type(GLOBAL(wp_content_type_manager_v1), surface);
	wl_surface_destroy(surface);
	return type;
}

static void *make_wp_tearing_control_v1(struct maker *maker) {
	struct wl_surface *surface = wl_compositor_create_surface(GLOBAL(wl_compositor));
	void *hint = wp_tearing_control_manager_v1_get_tearing_control(GLOBAL(wp_tearing_control_manager_v1), surface);
	wl_surface_destroy(surface);
	return hint;
}

MAKE(ext_session_lock_v1, ext_session_lock_manager_v1_lock(GLOBAL(ext_session_lock_manager_v1)))

// Of a lock that was refused, since there is another.
static void *make_ext_session_lock_surface_v1(struct maker *maker) {
	struct ext_session_lock_v1 *refused = NULL;
	struct wl_proxy **proxy;
	wl_array_for_each(proxy, &maker->proxies) {
		if (strcmp(wl_proxy_get_class(*proxy), ext_session_lock_v1_interface.name) == 0) {
			refused = (struct ext_session_lock_v1 *)*proxy;
		}
	}
	if (refused == NULL) {
		kept(maker, make_ext_session_lock_v1(maker));
		refused = kept(maker, make_ext_session_lock_v1(maker));
	}
	return ext_session_lock_v1_get_lock_surface(refused, surface(maker), GLOBAL(wl_output));
}

#define CASE(interface) {#interface, make_##interface}

static const struct {
	const char *interface;
	void *(*make)(struct maker *maker);
} cases[] = {
	CASE(wl_surface),
	CASE(wl_registry),
	CASE(wl_callback),
	CASE(wp_presentation_feedback),
	CASE(wl_output),
	CASE(zxdg_output_v1),
	CASE(wl_seat),
	CASE(wl_keyboard),
	CASE(wl_pointer),
	CASE(zwp_relative_pointer_v1),
	CASE(zwp_locked_pointer_v1),
	CASE(zwp_confined_pointer_v1),
	CASE(zwp_pointer_gesture_swipe_v1),
	CASE(zwp_pointer_gesture_pinch_v1),
	CASE(zwp_pointer_gesture_hold_v1),
	CASE(zwp_tablet_seat_v2),
	CASE(zwp_virtual_keyboard_v1),
	CASE(zwlr_virtual_pointer_v1),
	CASE(zwp_text_input_v3),
	CASE(zwp_input_method_v2),
	CASE(ext_idle_notification_v1),
	CASE(zwp_idle_inhibitor_v1),
	CASE(zwp_keyboard_shortcuts_inhibitor_v1),
	CASE(wl_data_device),
	CASE(wl_data_source),
	CASE(zwp_primary_selection_device_v1),
	CASE(zwp_primary_selection_source_v1),
	CASE(zwlr_data_control_device_v1),
	CASE(zwlr_data_control_source_v1),
	CASE(zwlr_foreign_toplevel_manager_v1),
	CASE(ext_foreign_toplevel_list_v1),
	CASE(zwlr_output_manager_v1),
	CASE(zwlr_output_configuration_v1),
	CASE(zwlr_output_power_v1),
	CASE(zwlr_gamma_control_v1),
	CASE(zwlr_layer_surface_v1),
	CASE(zxdg_exported_v1),
	CASE(zxdg_exported_v2),
	CASE(zxdg_imported_v1),
	CASE(zxdg_imported_v2),
	CASE(wp_content_type_v1),
	CASE(wp_tearing_control_v1),
	CASE(xdg_wm_base),
	CASE(xdg_positioner),
	CASE(xdg_activation_token_v1),
	CASE(zwlr_screencopy_frame_v1),
#if WLR_SINCE(19)
	CASE(ext_data_control_device_v1),
	CASE(ext_data_control_source_v1),
	CASE(ext_image_capture_source_v1),
	CASE(ext_image_copy_capture_session_v1),
	CASE(ext_image_copy_capture_cursor_session_v1),
	CASE(ext_image_copy_capture_frame_v1),
#endif
	// From here on the session is locked.
	CASE(ext_session_lock_v1),
	CASE(ext_session_lock_surface_v1),
};

static void maker_init(struct maker *maker, struct server *server) {
	client_init(&maker->client, server);
	wl_array_init(&maker->proxies);
	wl_array_init(&maker->globals);
}

static void maker_finish(struct maker *maker) {
	struct wl_proxy **proxy;
	wl_array_for_each(proxy, &maker->proxies) {
		wl_proxy_destroy(*proxy);
	}
	wl_array_release(&maker->proxies);
	wl_array_release(&maker->globals);
	client_finish(&maker->client);
}

static void make_too_many(struct server *server, const char *interface, void *(*make)(struct maker *maker)) {
	struct maker maker;
	char text[128];
	maker_init(&maker, server);
	size_t max = object_limits_get(interface);
	expect_int(max, >, 0);
	keep(&maker.proxies, make(&maker));
	// Objects that the maker needs, or that the harness has, count as well.
	max -= strcmp(interface, wl_registry_interface.name) == 0 || strcmp(interface, wl_callback_interface.name) == 0;
	for (size_t i = count_kept(&maker, interface); i < max; i++) {
		keep(&maker.proxies, make(&maker));
		if (i % 4 == 3) { // events of so many fit into the buffer
			client_roundtrip(&maker.client);
		}
	}
	if (strcmp(interface, wl_callback_interface.name) != 0) {
		client_roundtrip(&maker.client);
	}
	keep(&maker.proxies, make(&maker));
	snprintf(text, sizeof(text), "too many %s: %zu, the limit is %zu", interface, object_limits_get(interface) + 1,
			object_limits_get(interface));
	expect_no_memory(&maker.client, text);
	maker_finish(&maker);
}

TEST("object_limits@objects-of-each-interface-reach-the-limit-and-no-more") {
	struct stage stage;
	stage_init(&stage, 64, 64);
	// The seat has a pointer and a keyboard.
	struct maker devices;
	maker_init(&devices, &stage.server);
	keep(&devices.proxies, make_zwlr_virtual_pointer_v1(&devices));
	keep(&devices.proxies, make_zwp_virtual_keyboard_v1(&devices));
	client_roundtrip(&devices.client);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printf("%s\n", cases[i].interface);
		make_too_many(&stage.server, cases[i].interface, cases[i].make);
	}
	expect_alive(&devices.client);
	expect_alive(&stage.screen.client);
	maker_finish(&devices);
	stage_finish(&stage);
}

#if WLR_SINCE(20)
TEST("object_limits@registries-that-wl_fixes-destroys-do-not-count") {
	struct stage stage;
	stage_init(&stage, 64, 64);
	struct maker maker;
	maker_init(&maker, &stage.server);
	struct wl_fixes *fixes = global(&maker, &wl_fixes_interface);
	for (size_t i = 0; i < object_limits_get("wl_registry") + 16; i++) {
		struct wl_registry *registry = wl_display_get_registry(maker.client.display);
		wl_fixes_destroy_registry(fixes, registry);
		wl_registry_destroy(registry);
		if (i % 4 == 3) {
			client_roundtrip(&maker.client);
		}
	}
	expect_alive(&maker.client);
	maker_finish(&maker);
	stage_finish(&stage);
}
#endif

TEST("object_limits@destroyed-objects-do-not-count") {
	struct stage stage;
	stage_init(&stage, 64, 64);
	struct maker maker;
	maker_init(&maker, &stage.server);
	for (size_t i = 0; i < 3 * object_limits_get("zwp_virtual_keyboard_v1"); i++) {
		zwp_virtual_keyboard_v1_destroy(make_zwp_virtual_keyboard_v1(&maker));
	}
	expect_alive(&maker.client);
	maker_finish(&maker);
	stage_finish(&stage);
}

// The server creates an object for each window when a manager is bound.
TEST("object_limits@handles-of-windows-count-for-the-client-that-asks-for-them") {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct maker maker;
	stage_init(&stage, 64, 64);
	window_init(&window, &stage.screen, WINDOW_TOPLEVEL, 16, 16);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	window_commit(&window, picture.buffer);
	maker_init(&maker, &stage.server);
	for (size_t i = 0; i < object_limits_get("zwlr_foreign_toplevel_handle_v1"); i++) {
		struct zwlr_foreign_toplevel_manager_v1 *manager =
				bind_again(&maker, &zwlr_foreign_toplevel_manager_v1_interface);
		zwlr_foreign_toplevel_manager_v1_stop(manager);
		zwlr_foreign_toplevel_manager_v1_destroy(manager);
		if (i % 16 == 15) {
			client_roundtrip(&maker.client);
		}
	}
	client_roundtrip(&maker.client);
	keep(&maker.proxies, make_zwlr_foreign_toplevel_manager_v1(&maker));
	expect_no_memory(&maker.client, "too many zwlr_foreign_toplevel_handle_v1: 4097, the limit is 4096");
	maker_finish(&maker);
	expect_alive(&stage.screen.client);
	picture_finish(&picture);
	window_finish(&window);
	stage_finish(&stage);
}

static void set_selection(struct maker *maker) {
	struct zwlr_data_control_device_v1 *device = kept(maker, make_zwlr_data_control_device_v1(maker));
	struct zwlr_data_control_source_v1 *source = kept(maker, make_zwlr_data_control_source_v1(maker));
	zwlr_data_control_source_v1_offer(source, "text/plain");
	zwlr_data_control_device_v1_set_selection(device, source);
}

// The server creates an offer for each selection when a device is created.
TEST("object_limits@offers-count-for-the-client-that-asks-for-them") {
	struct stage stage;
	struct maker maker, other;
	stage_init(&stage, 64, 64);
	maker_init(&maker, &stage.server);
	set_selection(&maker);
	for (size_t i = 1; i < object_limits_get("zwlr_data_control_offer_v1"); i++) {
		struct zwlr_data_control_device_v1 *device = make_zwlr_data_control_device_v1(&maker);
		client_roundtrip(&maker.client);
		zwlr_data_control_device_v1_destroy(device);
	}
	client_roundtrip(&maker.client);
	// Another client creates one more by its selection: that does not end this one.
	maker_init(&other, &stage.server);
	set_selection(&other);
	client_roundtrip(&other.client);
	client_roundtrip(&maker.client);
	keep(&maker.proxies, make_zwlr_data_control_device_v1(&maker));
	expect_no_memory(&maker.client, "too many zwlr_data_control_offer_v1: 4098, the limit is 4096");
	expect_alive(&stage.screen.client);
	maker_finish(&maker);
	maker_finish(&other);
	stage_finish(&stage);
}
