#include "gamma.h"

#include "compat.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "wlr-gamma-control-unstable-v1-protocol.h"
#include <errno.h>
#include <lido/shm.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

#define GAMMA_VERSION 1
#define REASON_SIZE 128

static struct gamma_control *find_control(const struct gamma *gamma, const struct output *output) {
	struct gamma_control *control;
	wl_list_for_each(control, &gamma->controls, link) {
		if (control->output == output) {
			return control;
		}
	}
	return NULL;
}

static void change(struct output *output) {
	output->gamma_changed = true;
	wlr_output_schedule_frame(output->wlr);
}

static void control_destroy(struct gamma_control *control) {
	wl_resource_set_user_data(control->resource, NULL);
	wl_list_remove(&control->link);
	free(control->table);
	free(control);
}

void gamma_restore(struct output *output) {
	const struct gamma_control *control = find_control(output->compositor->gamma, output);
	if (control != NULL && control->table != NULL) {
		change(output);
	}
}

bool gamma_commit(struct output *output) {
	if (!output->gamma_changed) {
		return false;
	}
	output->gamma_changed = false;
	struct gamma_control *control = find_control(output->compositor->gamma, output);
	const uint16_t *table = control != NULL ? control->table : NULL;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	bool ok = wlr_scene_output_build_state(output->scene_output, &state, NULL) &&
			  output_state_set_gamma(&state, table != NULL ? control->size : 0, table) &&
			  wlr_output_commit_state(output->wlr, &state);
	wlr_output_state_finish(&state);
	if (!ok && control != NULL) {
		zwlr_gamma_control_v1_send_failed(control->resource);
		control_destroy(control);
	}
	return ok;
}

// Returns false if the file does not have a whole table that can be read without waiting for anybody; reason says why.
static bool read_table(int fd, uint16_t *table, size_t size, char reason[REASON_SIZE]) {
	if (!lido_file_probe(fd, reason, REASON_SIZE)) {
		return false;
	}
	size_t done = 0;
	ssize_t n;
	while (done < size &&
			((n = pread(fd, (char *)table + done, size - done, (off_t)done)) > 0 || (n == -1 && errno == EINTR))) {
		done += n > 0 ? (size_t)n : 0;
	}
	if (done < size) {
		snprintf(reason, REASON_SIZE, "gamma tables of %zu bytes, but the file has %zu bytes", size, done);
		return false;
	}
	return true;
}

static void handle_set_gamma(struct wl_client *client, struct wl_resource *resource, int32_t fd) {
	struct gamma_control *control = wl_resource_get_user_data(resource);
	char reason[REASON_SIZE];
	if (control == NULL) {
		close(fd);
		return;
	}
	size_t size = 3 * control->size * sizeof(uint16_t);
	uint16_t *table = malloc(size);
	if (table == NULL) {
		wl_client_post_no_memory(client);
	} else if (!read_table(fd, table, size, reason)) {
		wl_resource_post_error(resource, ZWLR_GAMMA_CONTROL_V1_ERROR_INVALID_GAMMA, "%s", reason);
		free(table);
	} else {
		free(control->table);
		control->table = table;
		change(control->output);
	}
	close(fd);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct zwlr_gamma_control_v1_interface control_impl = {
	.set_gamma = handle_set_gamma,
	.destroy = handle_destroy,
};

// The output returns to its own colors.
static void handle_resource_destroy(struct wl_resource *resource) {
	struct gamma_control *control = wl_resource_get_user_data(resource);
	if (control != NULL) {
		struct output *output = control->output;
		bool has_table = control->table != NULL;
		control_destroy(control);
		if (has_table) {
			change(output);
		}
	}
}

static void handle_get_gamma_control(
		struct wl_client *client, struct wl_resource *manager, uint32_t id, struct wl_resource *output_resource) {
	struct compositor *compositor = wl_resource_get_user_data(manager);
	struct gamma *gamma = compositor->gamma;
	struct wlr_output *wlr = wlr_output_from_resource(output_resource);
	struct output *output = wlr != NULL ? desktop_output_from_wlr(compositor->desktop, wlr) : NULL;
	struct wl_resource *resource =
			wl_resource_create(client, &zwlr_gamma_control_v1_interface, wl_resource_get_version(manager), id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &control_impl, NULL, handle_resource_destroy);
	size_t size = output != NULL ? wlr_output_get_gamma_size(wlr) : 0;
	if (size == 0 || size > GAMMA_SIZE_MAX || find_control(gamma, output) != NULL) {
		zwlr_gamma_control_v1_send_failed(resource);
		return;
	}
	struct gamma_control *control = calloc(1, sizeof(*control));
	if (control == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	control->gamma = gamma;
	control->output = output;
	control->resource = resource;
	control->size = size;
	wl_list_insert(&gamma->controls, &control->link);
	wl_resource_set_user_data(resource, control);
	zwlr_gamma_control_v1_send_gamma_size(resource, (uint32_t)size);
}

static const struct zwlr_gamma_control_manager_v1_interface manager_impl = {
	.get_gamma_control = handle_get_gamma_control,
	.destroy = handle_destroy,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
			wl_resource_create(client, &zwlr_gamma_control_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct gamma *gamma = wl_container_of(listener, gamma, output_destroy);
	struct gamma_control *control = find_control(gamma, data);
	if (control != NULL) {
		zwlr_gamma_control_v1_send_failed(control->resource);
		control_destroy(control);
	}
}

bool gamma_init(struct compositor *compositor) {
	struct gamma *gamma = compositor->gamma;
	gamma->compositor = compositor;
	wl_list_init(&gamma->controls);
	gamma->global = wl_global_create(
			compositor->display, &zwlr_gamma_control_manager_v1_interface, GAMMA_VERSION, compositor, manager_bind);
	if (gamma->global == NULL) {
		return false;
	}
	listener_add(&gamma->output_destroy, &compositor->outputs->events.destroy, handle_output_destroy);
	return true;
}

void gamma_finish(struct compositor *compositor) {
	listener_remove(&compositor->gamma->output_destroy);
	if (compositor->gamma->global != NULL) {
		wl_global_destroy(compositor->gamma->global);
	}
}
