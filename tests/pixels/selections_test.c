/*
 * Limits on the MIME types of selections, and on requests that send events to another client.
 */
#include "primary-selection-unstable-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "wlr-data-control-unstable-v1-client-protocol.h"
#include <compositor/compat.h>
#include <compositor/selections.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXT_CONTROL "ext_data_control_manager_v1"

// The managers of data controls, which have the same requests and events.
static const char *const controls[] = {
	"zwlr_data_control_manager_v1",
#if WLR_SINCE(19)
	EXT_CONTROL,
#endif
};

#define CONTROLS_LEN (sizeof(controls) / sizeof(controls[0]))

static struct zwlr_data_control_manager_v1 *bind_control(struct client *client, const char *name) {
	static struct wl_interface ext;
	ext = zwlr_data_control_manager_v1_interface;
	ext.name = EXT_CONTROL;
	return client_bind(client, strcmp(name, EXT_CONTROL) == 0 ? &ext : &zwlr_data_control_manager_v1_interface, 1);
}

// A client with a source of one of the protocols.
struct chooser {
	struct client client;
	struct wl_proxy *manager, *source;
};

enum protocol {
	CLIPBOARD,
	PRIMARY,
	DATA_CONTROL,
#if WLR_SINCE(19)
	EXT_DATA_CONTROL,
#endif
	PROTOCOLS_LEN
};

static void chooser_init(struct chooser *chooser, struct server *server, enum protocol protocol) {
	client_init(&chooser->client, server);
	struct client *client = &chooser->client;
	if (protocol == CLIPBOARD) {
		struct wl_data_device_manager *manager = client_bind(client, &wl_data_device_manager_interface, 1);
		chooser->source = (struct wl_proxy *)wl_data_device_manager_create_data_source(manager);
		chooser->manager = (struct wl_proxy *)manager;
	} else if (protocol == PRIMARY) {
		struct zwp_primary_selection_device_manager_v1 *manager =
				client_bind(client, &zwp_primary_selection_device_manager_v1_interface, 1);
		chooser->source = (struct wl_proxy *)zwp_primary_selection_device_manager_v1_create_source(manager);
		chooser->manager = (struct wl_proxy *)manager;
	} else {
		struct zwlr_data_control_manager_v1 *manager =
				bind_control(client, protocol == DATA_CONTROL ? "zwlr_data_control_manager_v1" : EXT_CONTROL);
		chooser->source = (struct wl_proxy *)zwlr_data_control_manager_v1_create_data_source(manager);
		chooser->manager = (struct wl_proxy *)manager;
	}
}

static void chooser_offer(struct chooser *chooser, const char *type) {
	if (strcmp(wl_proxy_get_class(chooser->source), wl_data_source_interface.name) == 0) {
		wl_data_source_offer((struct wl_data_source *)chooser->source, type);
	} else if (strcmp(wl_proxy_get_class(chooser->source), zwp_primary_selection_source_v1_interface.name) == 0) {
		zwp_primary_selection_source_v1_offer((struct zwp_primary_selection_source_v1 *)chooser->source, type);
	} else {
		zwlr_data_control_source_v1_offer((struct zwlr_data_control_source_v1 *)chooser->source, type);
	}
}

static void chooser_finish(struct chooser *chooser) {
	wl_proxy_destroy(chooser->source);
	wl_proxy_destroy(chooser->manager);
	client_finish(&chooser->client);
}

static void offer_too_many(enum protocol protocol, bool distinct) {
	struct stage stage;
	struct chooser chooser;
	stage_init(&stage, 64, 64);
	chooser_init(&chooser, &stage.server, protocol);
	for (int i = 0; i < SELECTIONS_TYPES_MAX; i++) {
		char type[32];
		snprintf(type, sizeof(type), "text/%d", distinct ? i : 0);
		chooser_offer(&chooser, type);
	}
	expect_alive(&chooser.client);
	chooser_offer(&chooser, "text/0");
	expect_no_memory(&chooser.client, "too many MIME types in a selection: 257, the limit is 256");
	expect_alive(&stage.screen.client);
	chooser_finish(&chooser);
	stage_finish(&stage);
}

TEST("selections@mime-types-reach-the-limit-and-no-more") {
	for (int protocol = 0; protocol < PROTOCOLS_LEN; protocol++) {
		offer_too_many((enum protocol)protocol, true);
	}
}

TEST("selections@duplicate-mime-types-count") {
	for (int protocol = 0; protocol < PROTOCOLS_LEN; protocol++) {
		offer_too_many((enum protocol)protocol, false);
	}
}

TEST("selections@bytes-of-mime-types-reach-the-limit-and-no-more") {
	char type[SELECTIONS_TYPE_BYTES_MAX / 32];
	memset(type, 'a', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	for (int protocol = 0; protocol < PROTOCOLS_LEN; protocol++) {
		struct stage stage;
		struct chooser chooser;
		stage_init(&stage, 64, 64);
		chooser_init(&chooser, &stage.server, (enum protocol)protocol);
		for (int i = 0; i < 32; i++) {
			type[0] = (char)('a' + i);
			chooser_offer(&chooser, type);
			client_roundtrip(&chooser.client);
		}
		chooser_offer(&chooser, "");
		expect_no_memory(&chooser.client, "too many bytes of MIME types in a selection: 32769, the limit is 32768");
		chooser_finish(&chooser);
		stage_finish(&stage);
	}
}

// A clipboard manager: it owns the selection, and asks for the data of others.
struct manager {
	struct client client;
	struct wl_seat *seat;
	struct zwlr_data_control_manager_v1 *control; // or an ext_data_control_manager_v1
	struct zwlr_data_control_device_v1 *device;
	struct zwlr_data_control_offer_v1 *offer; // the newest
	struct zwlr_data_control_source_v1 *source;
	int sent; // requests for its data
};

static void handle_offer(void *data, struct zwlr_data_control_offer_v1 *offer, const char *type) {
}

static const struct zwlr_data_control_offer_v1_listener offer_listener = {.offer = handle_offer};

static void handle_data_offer(
		void *data, struct zwlr_data_control_device_v1 *device, struct zwlr_data_control_offer_v1 *offer) {
	struct manager *manager = data;
	if (manager->offer != NULL) {
		zwlr_data_control_offer_v1_destroy(manager->offer);
	}
	manager->offer = offer;
	zwlr_data_control_offer_v1_add_listener(offer, &offer_listener, NULL);
}

static void handle_selection(
		void *data, struct zwlr_data_control_device_v1 *device, struct zwlr_data_control_offer_v1 *offer) {
}

static void handle_finished(void *data, struct zwlr_data_control_device_v1 *device) {
}

static const struct zwlr_data_control_device_v1_listener device_listener = {
	.data_offer = handle_data_offer,
	.selection = handle_selection,
	.finished = handle_finished,
	.primary_selection = handle_selection,
};

static void handle_send(void *data, struct zwlr_data_control_source_v1 *source, const char *type, int32_t fd) {
	((struct manager *)data)->sent++;
	close(fd);
}

static void handle_cancelled(void *data, struct zwlr_data_control_source_v1 *source) {
}

static const struct zwlr_data_control_source_v1_listener source_listener = {
	.send = handle_send,
	.cancelled = handle_cancelled,
};

static void manager_init(struct manager *manager, struct server *server, const char *control) {
	*manager = (struct manager){0};
	client_init(&manager->client, server);
	manager->seat = client_bind(&manager->client, &wl_seat_interface, 5);
	manager->control = bind_control(&manager->client, control);
	manager->device = zwlr_data_control_manager_v1_get_data_device(manager->control, manager->seat);
	zwlr_data_control_device_v1_add_listener(manager->device, &device_listener, manager);
}

static void manager_finish(struct manager *manager) {
	if (manager->offer != NULL) {
		zwlr_data_control_offer_v1_destroy(manager->offer);
	}
	if (manager->source != NULL) {
		zwlr_data_control_source_v1_destroy(manager->source);
	}
	zwlr_data_control_device_v1_destroy(manager->device);
	zwlr_data_control_manager_v1_destroy(manager->control);
	wl_seat_destroy(manager->seat);
	client_finish(&manager->client);
}

// Owns the selection, with types of this many bytes.
static void manager_select(struct manager *manager, int types_bytes) {
	char type[1000];
	memset(type, 'a', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	if (manager->source != NULL) {
		zwlr_data_control_source_v1_destroy(manager->source);
	}
	manager->source = zwlr_data_control_manager_v1_create_data_source(manager->control);
	zwlr_data_control_source_v1_add_listener(manager->source, &source_listener, manager);
	for (int i = 0; i < types_bytes / (int)sizeof(type); i++) {
		type[0] = (char)('a' + i);
		zwlr_data_control_source_v1_offer(manager->source, type);
	}
	zwlr_data_control_device_v1_set_selection(manager->device, manager->source);
}

static void ask_without_end(const char *control) {
	struct stage stage;
	struct manager owner, asker;
	stage_init(&stage, 64, 64);
	manager_init(&owner, &stage.server, control);
	manager_init(&asker, &stage.server, control);
	manager_select(&owner, 1000);
	client_roundtrip(&owner.client);
	client_roundtrip(&asker.client);
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), asked = 0;
	bool alive = true;
	for (; alive && asked < 5000; asked += 16) {
		for (int i = 0; i < 16; i++) {
			zwlr_data_control_offer_v1_receive(asker.offer, "text/plain", fd);
		}
		alive = client_try_roundtrip(&asker.client);
		client_roundtrip(&owner.client);
	}
	close(fd);
	expect_int(asked, >, 512);
	expect_int(asked, <, 5000);
	expect_contains(asker.client.error, "too many requests for data of selections: 513, the limit is 512");
	expect_int(owner.sent, >=, 512);
	manager_finish(&asker);
	manager_finish(&owner);
	stage_finish(&stage);
}

TEST("selections@asking-for-data-without-end-ends-the-client-that-asks") {
	for (size_t i = 0; i < CONTROLS_LEN; i++) {
		ask_without_end(controls[i]);
	}
}

static void set_without_end(const char *control) {
	struct stage stage;
	struct manager owner, other;
	stage_init(&stage, 64, 64);
	manager_init(&owner, &stage.server, control);
	manager_init(&other, &stage.server, control);
	int count = 0;
	bool alive = true;
	for (; alive && count < 2000; count++) {
		manager_select(&owner, 6000);
		alive = client_try_roundtrip(&owner.client);
		client_roundtrip(&other.client);
	}
	expect_int(count, >, (1 << 20) / 6100);
	expect_int(count, <, 2000);
	expect_contains(owner.client.error, "too many bytes of MIME types in a second");
	manager_finish(&other);
	manager_finish(&owner);
	stage_finish(&stage);
}

TEST("selections@setting-selections-without-end-ends-the-client-that-sets-them") {
	for (size_t i = 0; i < CONTROLS_LEN; i++) {
		set_without_end(controls[i]);
	}
}
