/*
 * Who uses how much, for a monitor in another process: the global lido_monitor_v1, and a socket of its own.
 *
 * The global is the user's business, and no client's: only who comes by the socket can see it, and sees nothing else.
 * For that the display's global filter, of which there is one, must ask lido_monitor_filter(). (Without that others
 * see the global, but binding it is the end of them.)
 *
 *     struct lido_monitor *monitor = lido_monitor_create(manager, "wayland-1-monitor");
 *     wl_display_set_global_filter(display, lido_monitor_filter, monitor);
 */
#ifndef LIDO_MONITOR_H
#define LIDO_MONITOR_H

#include <lido/shm.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What is appended to the name of a display's socket for the name of its monitor's. */
#define LIDO_MONITOR_SUFFIX "-monitor"

/* The global and its socket. Opaque. */
struct lido_monitor;

/*
 * Creates the global, and listens at the socket of that name in XDG_RUNTIME_DIR, with mode 0600, and a lock file beside
 * it. A manager has one monitor at most, which is destroyed with it or earlier. NULL: out of memory, XDG_RUNTIME_DIR is
 * not set (errno ENOENT), the path is too long (ENAMETOOLONG), another server has it (EWOULDBLOCK), or what the kernel
 * says.
 */
struct lido_monitor *lido_monitor_create(struct lido_manager *manager, const char *name);

/*
 * Ends its clients, and removes the global and the socket. A global filter must not ask it any more. NULL is fine.
 */
void lido_monitor_destroy(struct lido_monitor *monitor);

/*
 * May this client see this global? To those who came by the monitor's socket only lido_monitor_v1 is shown, to all
 * others everything else. monitor: a struct lido_monitor, or NULL, where all is shown. Has the type of
 * wl_display_global_filter_func_t, to be it or to be called by it.
 */
bool lido_monitor_filter(const struct wl_client *client, const struct wl_global *global, void *monitor);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
