#include "dnd.h"

#include "runner.h"
#include <unistd.h>

static void tell(struct dnd *dnd, const char *event) {
	if (dnd->handler != NULL) {
		dnd->handler(dnd->data, event);
	}
}

static void handle_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	struct dnd *dnd = data;
	if (dnd->offer != NULL) {
		wl_data_offer_destroy(dnd->offer);
	}
	dnd->offer = offer;
}

static void handle_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
	struct dnd *dnd = data;
	expect(offer == NULL || offer == dnd->offer);
	dnd->entered = surface;
	dnd->x = wl_fixed_to_double(x);
	dnd->y = wl_fixed_to_double(y);
	dnd->enters++;
	tell(dnd, "enter");
}

static void handle_leave(void *data, struct wl_data_device *device) {
	struct dnd *dnd = data;
	dnd->leaves++;
	tell(dnd, "leave");
}

static void handle_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	struct dnd *dnd = data;
	dnd->x = wl_fixed_to_double(x);
	dnd->y = wl_fixed_to_double(y);
}

static void handle_drop(void *data, struct wl_data_device *device) {
	struct dnd *dnd = data;
	dnd->drops++;
	tell(dnd, "drop");
}

static void ignore_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = handle_offer,
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.drop = handle_drop,
	.selection = ignore_selection,
};

static void ignore_target(void *data, struct wl_data_source *source, const char *type) {
}

static void ignore_send(void *data, struct wl_data_source *source, const char *type, int fd) {
	close(fd);
}

static void handle_cancelled(void *data, struct wl_data_source *source) {
	tell(data, "cancelled");
}

static void ignore_source(void *data, struct wl_data_source *source) {
}

static void ignore_action(void *data, struct wl_data_source *source, uint32_t action) {
}

static const struct wl_data_source_listener source_listener = {
	.target = ignore_target,
	.send = ignore_send,
	.cancelled = handle_cancelled,
	.dnd_drop_performed = ignore_source,
	.dnd_finished = ignore_source,
	.action = ignore_action,
};

void dnd_init(struct dnd *dnd, struct screen *screen) {
	*dnd = (struct dnd){.screen = screen};
	dnd->manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	dnd->device = wl_data_device_manager_get_data_device(dnd->manager, screen->seat);
	wl_data_device_add_listener(dnd->device, &device_listener, dnd);
}

void dnd_finish(struct dnd *dnd) {
	if (dnd->offer != NULL) {
		wl_data_offer_destroy(dnd->offer);
	}
	if (dnd->source != NULL) {
		wl_data_source_destroy(dnd->source);
	}
	wl_data_device_release(dnd->device);
	wl_data_device_manager_destroy(dnd->manager);
}

struct wl_data_source *dnd_create_source(struct dnd *dnd) {
	if (dnd->source != NULL) {
		wl_data_source_destroy(dnd->source);
	}
	dnd->source = wl_data_device_manager_create_data_source(dnd->manager);
	wl_data_source_add_listener(dnd->source, &source_listener, dnd);
	return dnd->source;
}

void dnd_drag(struct dnd *dnd, struct wl_surface *origin, struct wl_surface *icon, uint32_t serial) {
	wl_data_device_start_drag(dnd->device, dnd->source, origin, icon, serial);
}

void dnd_start(struct dnd *dnd, struct wl_surface *origin, uint32_t serial) {
	struct wl_data_source *source = dnd_create_source(dnd);
	wl_data_source_offer(source, "text/plain");
	wl_data_source_set_actions(source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	dnd_drag(dnd, origin, NULL, serial);
	client_roundtrip(&dnd->screen->client);
}

void dnd_accept(struct dnd *dnd) {
	wl_data_offer_set_actions(
			dnd->offer, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	wl_data_offer_accept(dnd->offer, 0, "text/plain");
	client_roundtrip(&dnd->screen->client);
}
