#include "sentinel.h"

#include "compat.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include <wlr/types/wlr_scene.h>

static bool accept_nothing(struct wlr_scene_buffer *buffer, double *sx, double *sy) {
	return false;
}

// Emitted if other outputs show the node than before.
static void handle_update(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, sentinel.update);
	output->compositor->desktop->changes++;
	scene_buffer_forget_outputs(output->sentinel.buffer);
}

void sentinel_place(struct output *output) {
	struct wlr_scene_buffer *buffer = output->sentinel.buffer;
	wlr_scene_buffer_set_dest_size(buffer, output->area.width, output->area.height);
	wlr_scene_node_set_position(&buffer->node, output->area.x, output->area.y);
	wlr_scene_node_raise_to_top(&buffer->node);
}

bool sentinel_init(struct output *output) {
	struct wlr_scene_buffer *buffer = wlr_scene_buffer_create(&output->compositor->desktop->scene->tree, NULL);
	if (buffer == NULL) {
		return false;
	}
	buffer->point_accepts_input = accept_nothing;
	output->sentinel.buffer = buffer;
	listener_add(&output->sentinel.update, &buffer->events.outputs_update, handle_update);
	return true;
}

void sentinel_finish(struct output *output) {
	listener_remove(&output->sentinel.update);
	wlr_scene_node_destroy(&output->sentinel.buffer->node);
}
