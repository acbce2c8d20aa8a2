#include "wire/announcement.h"

#include "base/os.h"

#include "lido-shm-v1-protocol.h"
#include <stdlib.h>

// An area that a client was told of.
struct announcement {
	struct wl_list link; // lido_announcer.announcements
	struct lido_announcer *announcer;
	struct lido_exported_area *area;
	int64_t size; // bytes, as last sent
	struct wl_listener area_removed;
};

static struct announcement *find_announcement(
		const struct lido_announcer *announcer, const struct lido_exported_area *area) {
	struct announcement *announcement;
	wl_list_for_each(announcement, &announcer->announcements, link) {
		if (announcement->area == area) {
			return announcement;
		}
	}
	return NULL;
}

static void announcement_destroy(struct announcement *announcement) {
	announcement->announcer->reserve -= announcement->area->reserve;
	wl_list_remove(&announcement->link);
	wl_list_remove(&announcement->area_removed.link);
	free(announcement);
}

static void handle_area_removed(struct wl_listener *listener, void *data) {
	struct announcement *announcement = wl_container_of(listener, announcement, area_removed);
	lido_shm_pool_v1_send_area_removed(announcement->announcer->resource, announcement->area->id);
	announcement_destroy(announcement);
}

// An fd that the client does not read stays open, in the server or in the kernel. Flushes what is queued; if the socket
// takes more afterwards, the client has read what was sent.
static bool may_send_fd(struct lido_quota *quota) {
	wl_client_flush(quota->client);
	if (lido_os.is_writable(wl_client_get_fd(quota->client))) {
		lido_quota_set(quota, LIDO_QUOTA_UNREAD_FDS, 0);
	}
	return lido_quota_allows(quota, LIDO_QUOTA_UNREAD_FDS, 1);
}

static enum lido_announce_result announce_area(struct lido_announcer *announcer, struct lido_exported_area *area) {
	struct lido_quota *quota = &announcer->pool->quota;
	if (!may_send_fd(quota)) {
		return LIDO_ANNOUNCE_UNREAD;
	}
	struct announcement *announcement = lido_os.calloc(1, sizeof(*announcement));
	if (announcement == NULL) {
		return LIDO_ANNOUNCE_NO_MEMORY;
	}
	announcement->announcer = announcer;
	announcement->area = area;
	announcement->size = area->base.size;
	announcement->area_removed.notify = handle_area_removed;
	wl_signal_add(&area->events.removed, &announcement->area_removed);
	wl_list_insert(&announcer->announcements, &announcement->link);
	announcer->reserve += area->reserve;
	lido_quota_add(quota, LIDO_QUOTA_UNREAD_FDS, 1);
	lido_shm_pool_v1_send_area(
			announcer->resource, area->id, area->base.fd, (uint32_t)area->base.size, (uint32_t)area->reserve);
	return LIDO_ANNOUNCE_OK;
}

void lido_announcer_init(struct lido_announcer *announcer, struct wl_resource *resource, struct lido_pool *pool,
		uint32_t reserve_max, bool is_private) {
	*announcer = (struct lido_announcer){.resource = resource,
		.pool = pool,
		.reserve_max = reserve_max != 0 ? reserve_max : INT64_MAX,
		.owner = is_private ? announcer : NULL};
	wl_list_init(&announcer->announcements);
}

void lido_announcer_finish(struct lido_announcer *announcer) {
	struct announcement *announcement, *next;
	wl_list_for_each_safe(announcement, next, &announcer->announcements, link) {
		announcement_destroy(announcement);
	}
	if (announcer->owner != NULL) {
		lido_exports_disown(&announcer->pool->exports, announcer->owner);
	}
}

bool lido_announcer_can_use(const struct lido_announcer *announcer, const struct lido_exported_area *area) {
	return area->owner == announcer->owner &&
		   (area->reserve <= announcer->reserve_max - announcer->reserve || find_announcement(announcer, area) != NULL);
}

enum lido_announce_result lido_announcer_announce(struct lido_announcer *announcer, struct lido_exported_area *area) {
	struct announcement *announcement = find_announcement(announcer, area);
	if (announcement == NULL) {
		return announce_area(announcer, area);
	}
	if (announcement->size != area->base.size) {
		announcement->size = area->base.size;
		lido_shm_pool_v1_send_area_size(announcer->resource, area->id, (uint32_t)area->base.size);
	}
	return LIDO_ANNOUNCE_OK;
}
