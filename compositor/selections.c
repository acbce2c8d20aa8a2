/*
 * wlroots has no signals for the requests that matter here, so the handlers run before it handles each request.
 */
#include "selections.h"

#include "parts.h"
#include "requests.h"
#include "usage.h"
#include <stdlib.h>
#include <string.h>

// What a selection costs in addition to its MIME types: the events that announce it.
#define SELECTION_BYTES 64

// A wl_data_source, or an object of another protocol with the same requests.
struct source {
	uint64_t types_len;
	uint64_t types_bytes;
	struct wl_listener destroy;
};

static void handle_source_destroy(struct wl_listener *listener, void *data) {
	struct source *source = wl_container_of(listener, source, destroy);
	wl_list_remove(&source->destroy.link);
	free(source);
}

// NULL: it has no types.
static struct source *find_source(struct wl_resource *resource) {
	struct wl_listener *listener = wl_resource_get_destroy_listener(resource, handle_source_destroy);
	struct source *source = NULL;
	return listener != NULL ? wl_container_of(listener, source, destroy) : NULL;
}

static struct source *add_source(struct wl_resource *resource) {
	struct source *source = calloc(1, sizeof(*source));
	if (source != NULL) {
		source->destroy.notify = handle_source_destroy;
		wl_resource_add_destroy_listener(resource, &source->destroy);
	}
	return source;
}

static void handle_offer(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wl_client *client = wl_resource_get_client(resource);
	struct source *source = find_source(resource);
	if (source == NULL && (source = add_source(resource)) == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	source->types_len++;
	source->types_bytes += strlen(arguments[0].s) + 1;
	if (source->types_len > SELECTIONS_TYPES_MAX) {
		usage_post_too_many(client, "MIME types in a selection", source->types_len, SELECTIONS_TYPES_MAX);
	} else if (source->types_bytes > SELECTIONS_TYPE_BYTES_MAX) {
		usage_post_too_many(
				client, "bytes of MIME types in a selection", source->types_bytes, SELECTIONS_TYPE_BYTES_MAX);
	}
}

// The source's client receives an event with the fd.
static void handle_receive(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	usage_spend(wl_resource_get_client(resource), BUDGET_RECEIVES, 1);
}

// The focused client, and clipboard managers, receive the types.
static void handle_set(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct source *source = arguments[0].o != NULL ? find_source((struct wl_resource *)arguments[0].o) : NULL;
	usage_spend(wl_resource_get_client(resource), BUDGET_SELECTION_BYTES,
			SELECTION_BYTES + (source != NULL ? source->types_bytes : 0));
}

bool selections_init(struct compositor *compositor) {
	static const struct {
		const char *interface, *request;
		request_handler *handle;
	} watched[] = {
		{"wl_data_source", "offer", handle_offer},
		{"zwp_primary_selection_source_v1", "offer", handle_offer},
		{"zwlr_data_control_source_v1", "offer", handle_offer},
		{"ext_data_control_source_v1", "offer", handle_offer},
		{"wl_data_offer", "receive", handle_receive},
		{"zwp_primary_selection_offer_v1", "receive", handle_receive},
		{"zwlr_data_control_offer_v1", "receive", handle_receive},
		{"ext_data_control_offer_v1", "receive", handle_receive},
		{"wl_data_device", "set_selection", handle_set},
		{"wl_data_device", "start_drag", handle_set},
		{"zwp_primary_selection_device_v1", "set_selection", handle_set},
		{"zwlr_data_control_device_v1", "set_selection", handle_set},
		{"zwlr_data_control_device_v1", "set_primary_selection", handle_set},
		{"ext_data_control_device_v1", "set_selection", handle_set},
		{"ext_data_control_device_v1", "set_primary_selection", handle_set},
	};
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
		if (!requests_watch(compositor, watched[i].interface, watched[i].request, watched[i].handle)) {
			return false;
		}
	}
	return true;
}
