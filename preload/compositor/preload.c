/*
 * A library to be preloaded into a wlroots compositor that was not built for Lido (see lido-wrap.1): it replaces
 * wlroots' wl_shm by Lido's shm backend.
 *
 * Compositors, and wlroots itself, call the functions that create wl_shm through the dynamic linker, so functions of
 * the same names here replace them. The ones that would create wl_shm note the display and its renderer instead, and
 * wlr_compositor_create() notes the compositor. As soon as both are known, in either order, the shm backend is created.
 *
 * This library is not linked with libwlroots: it uses the program's own, if its version is that of the headers this
 * library was built with. In any other program it does nothing.
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

// A display whose wl_shm this library creates.
struct wrapped_display {
	struct wl_list link; // displays
	struct wl_display *display;
	struct wlr_renderer *renderer;     // NULL: the program has not asked for wl_shm yet
	struct wlr_compositor *compositor; // NULL: not created yet
	struct lido_wlroots *shm_backend;  // NULL: not created yet, or that failed
	struct wlr_shm placeholder;        // returned to the program in place of wlroots' own; has no formats
	struct wl_listener display_destroy;
};

static struct wl_list displays = {&displays, &displays}; // wrapped_display.link
static bool is_active; // the program uses the version of wlroots that this library was built for

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct wrapped_display *wrapped = wl_container_of(listener, wrapped, display_destroy);
	wl_list_remove(&wrapped->display_destroy.link);
	wl_list_remove(&wrapped->link);
	free(wrapped);
}

static struct wrapped_display *get_wrapped_display(struct wl_display *display) {
	struct wrapped_display *wrapped;
	wl_list_for_each(wrapped, &displays, link) {
		if (wrapped->display == display) {
			return wrapped;
		}
	}
	wrapped = calloc(1, sizeof(*wrapped));
	if (wrapped == NULL) {
		return NULL;
	}
	wrapped->display = display;
	wrapped->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &wrapped->display_destroy);
	wl_list_insert(&displays, &wrapped->link);
	return wrapped;
}

// The options of lido-wrap, separated by blanks. It has validated them.
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

// Creates the shm backend once renderer and compositor are known. Returns false only if that failed.
static bool consider_create_shm_backend(struct wrapped_display *wrapped) {
	if (wrapped->renderer == NULL || wrapped->compositor == NULL || wrapped->shm_backend != NULL) {
		return true;
	}
	struct lido_limits limits;
	read_limits(&limits);
	wrapped->shm_backend = lido_wlroots_create(wrapped->display, wrapped->renderer, wrapped->compositor, &limits);
	fputs(wrapped->shm_backend != NULL
					? "lido-wrap: wl_shm is Lido's\n"
					: "lido-wrap: cannot create wl_shm: out of memory, or the renderer reads no shared memory\n",
			stderr);
	return wrapped->shm_backend != NULL;
}

static struct wlr_shm *take_over(struct wl_display *display, struct wlr_renderer *renderer) {
	struct wrapped_display *wrapped = get_wrapped_display(display);
	if (wrapped == NULL) {
		return NULL;
	}
	wrapped->renderer = renderer;
	return consider_create_shm_backend(wrapped) ? &wrapped->placeholder : NULL;
}

typedef struct wlr_shm *(*create_shm_func_t)(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer);
typedef bool (*init_shm_func_t)(struct wlr_renderer *renderer, struct wl_display *display);
typedef struct wlr_compositor *(*create_compositor_func_t)(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer);

// place receives the function of this name that the program would call without this library.
static void find_next_function(const char *name, void *place) {
	void *function = dlsym(RTLD_NEXT, name);
	if (function == NULL) {
		fprintf(stderr, "lido-wrap: cannot find %s() in any library of this program\n", name);
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
	find_next_function("wlr_shm_create_with_renderer", &next);
	return next(display, version, renderer);
}

PUBLIC bool wlr_renderer_init_wl_shm(struct wlr_renderer *renderer, struct wl_display *display) {
	init_shm_func_t next;
	if (is_active) {
		return take_over(display, renderer) != NULL;
	}
	find_next_function("wlr_renderer_init_wl_shm", &next);
	return next(renderer, display);
}

PUBLIC struct wlr_compositor *wlr_compositor_create(
		struct wl_display *display, uint32_t version, struct wlr_renderer *renderer) {
	create_compositor_func_t next;
	find_next_function("wlr_compositor_create", &next);
	struct wlr_compositor *compositor = next(display, version, renderer);
	struct wrapped_display *wrapped = is_active && compositor != NULL ? get_wrapped_display(display) : NULL;
	if (wrapped != NULL) {
		wrapped->compositor = compositor;
		consider_create_shm_backend(wrapped);
	}
	return compositor;
}

// *found receives the name of the wlroots library, if this object is one.
static int find_wlroots(struct dl_phdr_info *info, size_t size, void *data) {
	const char **found = data;
	const char *name = strstr(info->dlpi_name, "libwlroots");
	*found = name != NULL ? name : *found;
	return name != NULL;
}

// So that programs that the compositor starts do not have this library preloaded.
static void remove_from_ld_preload(void) {
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
		fprintf(stderr, "lido-wrap: this program uses %s, but lido-wrap was built for %s: wl_shm stays wlroots' own\n",
				found, wanted);
	} else if (found != NULL) {
		remove_from_ld_preload();
	}
}
