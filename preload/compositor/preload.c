/*
 * Lido's backend in a wlroots compositor that was not built for it: a library to be preloaded (see lido-wrap.1).
 *
 * Compositors, and wlroots itself, reach wlroots' wl_shm through the dynamic linker. So functions of the same names
 * here take its place: the ones that would create it note display and renderer, wlr_compositor_create() notes the
 * compositor, and as soon as both are known, in whichever order, the backend is created.
 *
 * This library is not linked with libwlroots: it takes the one that the program has, if it is of the version whose
 * headers it was built with. In any other program it does nothing at all.
 */
#include <dlfcn.h>
#include <lido/wlroots.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/version.h>

#define PUBLIC __attribute__((visibility("default")))

// What is known of one display so far.
struct host {
	struct wl_list link; // hosts
	struct wl_display *display;
	struct wlr_renderer *renderer;     // NULL: no wl_shm was asked for yet
	struct wlr_compositor *compositor; // NULL: not created yet
	struct lido_wlroots *backend;      // NULL: not created yet, or it failed
	struct wlr_shm shm;                // for those who want to see one: without formats
	struct wl_listener display_destroy;
};

static struct wl_list hosts = {&hosts, &hosts}; // host.link
static bool is_active;                          // the program has the right wlroots

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct host *host = wl_container_of(listener, host, display_destroy);
	wl_list_remove(&host->display_destroy.link);
	wl_list_remove(&host->link);
	free(host);
}

static struct host *get_host(struct wl_display *display) {
	struct host *host;
	wl_list_for_each(host, &hosts, link) {
		if (host->display == display) {
			return host;
		}
	}
	host = calloc(1, sizeof(*host));
	if (host == NULL) {
		return NULL;
	}
	host->display = display;
	host->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &host->display_destroy);
	wl_list_insert(&hosts, &host->link);
	return host;
}

// Limits as lido-wrap has checked them, with blanks between.
static void read_limits(struct lido_limits *limits) {
	*limits = lido_limits_default();
	const char *texts = getenv("LIDO_SHM_LIMITS");
	char *copy = texts != NULL ? strdup(texts) : NULL, *rest = NULL;
	for (char *text = copy != NULL ? strtok_r(copy, " ", &rest) : NULL; text != NULL;
			text = strtok_r(NULL, " ", &rest)) {
		const char *error;
		if (!lido_limits_parse(limits, text, &error)) {
			fprintf(stderr, "lido-wrap: LIDO_SHM_LIMITS: %s: %s\n", text, error);
		}
	}
	free(copy);
}

// Returns false when the backend cannot be created. True also while something for it is yet to come.
static bool host_complete(struct host *host) {
	if (host->renderer == NULL || host->compositor == NULL || host->backend != NULL) {
		return true;
	}
	struct lido_limits limits;
	read_limits(&limits);
	wl_display_set_default_max_buffer_size(host->display, LIDO_UNREAD_BYTES_MAX);
	host->backend = lido_wlroots_create(host->display, host->renderer, host->compositor, &limits);
	fprintf(stderr, host->backend != NULL ? "lido-wrap: wl_shm is Lido's\n" : "lido-wrap: no wl_shm: out of memory\n");
	return host->backend != NULL;
}

static struct wlr_shm *take_over(struct wl_display *display, struct wlr_renderer *renderer) {
	struct host *host = get_host(display);
	if (host == NULL) {
		return NULL;
	}
	host->renderer = renderer;
	return host_complete(host) ? &host->shm : NULL;
}

typedef struct wlr_shm *(*create_shm_func_t)(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer);
typedef bool (*init_shm_func_t)(struct wlr_renderer *renderer, struct wl_display *display);
typedef struct wlr_compositor *(*create_compositor_func_t)(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer);

// place receives the function of this name that would have been called without us.
static void find_next(const char *name, void *place) {
	void *function = dlsym(RTLD_NEXT, name);
	if (function == NULL) {
		fprintf(stderr, "lido-wrap: %s is not there\n", name);
		abort();
	}
	memcpy(place, &function, sizeof(function));
}

PUBLIC struct wlr_shm *wlr_shm_create_with_renderer(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer) {
	create_shm_func_t next;
	if (is_active) {
		return take_over(display, renderer);
	}
	find_next("wlr_shm_create_with_renderer", &next);
	return next(display, version, renderer);
}

PUBLIC bool wlr_renderer_init_wl_shm(struct wlr_renderer *renderer, struct wl_display *display) {
	init_shm_func_t next;
	if (is_active) {
		return take_over(display, renderer) != NULL;
	}
	find_next("wlr_renderer_init_wl_shm", &next);
	return next(renderer, display);
}

PUBLIC struct wlr_compositor *wlr_compositor_create(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer) {
	create_compositor_func_t next;
	find_next("wlr_compositor_create", &next);
	struct wlr_compositor *compositor = next(display, version, renderer);
	struct host *host = is_active && compositor != NULL ? get_host(display) : NULL;
	if (host != NULL) {
		host->compositor = compositor;
		host_complete(host);
	}
	return compositor;
}

// *found receives the name of the wlroots library, if the object is one.
static int find_wlroots(struct dl_phdr_info *info, size_t size, void *data) {
	const char **found = data;
	const char *name = strstr(info->dlpi_name, "libwlroots");
	*found = name != NULL ? name : *found;
	return name != NULL;
}

// What the compositor starts is none of our business.
static void forget_preload(void) {
	const char *own = getenv("LIDO_WLROOTS_PRELOAD"), *all = getenv("LD_PRELOAD");
	if (own == NULL || all == NULL) {
		return;
	}
	const char *rest = strncmp(all, own, strlen(own)) == 0 ? all + strlen(own) : all;
	rest += *rest == ':';
	if (*rest == '\0') {
		unsetenv("LD_PRELOAD");
	} else {
		setenv("LD_PRELOAD", rest, true);
	}
}

__attribute__((constructor)) static void start(void) {
	char wanted[32];
	const char *found = NULL;
	snprintf(wanted, sizeof(wanted), "libwlroots-%d.%d.so", WLR_VERSION_MAJOR, WLR_VERSION_MINOR);
	dl_iterate_phdr(find_wlroots, &found);
	is_active = found != NULL && strncmp(found, wanted, strlen(wanted)) == 0;
	if (found != NULL && !is_active) {
		fprintf(stderr, "lido-wrap: this program has %s, but Lido was built for %s: nothing is changed\n", found,
				wanted);
	} else if (found != NULL) {
		forget_preload();
	}
}
