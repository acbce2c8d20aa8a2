/*
 * Lets a monitor in another process, such as lido-top, query what each client uses: the global lido_monitor_v1, and a
 * separate socket.
 *
 * Only clients that connect through the socket see the global, and they see nothing else. For that the display's global
 * filter, of which there is one, must call lido_monitor_filter(). (Without it other clients see the global, but are
 * disconnected if they bind it.)
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

/* Appended to the name of a display's socket, this is the name of its monitor socket. */
#define LIDO_MONITOR_SUFFIX "-monitor"

/* The global and its socket. Opaque. */
struct lido_monitor;

/*
 * Creates the global, and listens on the socket of that name in XDG_RUNTIME_DIR, with mode 0600, next to a lock file. A
 * manager has at most one monitor, which is destroyed with it or earlier. A stale socket of that name is replaced.
 * Returns NULL if memory is short (errno ENOMEM), XDG_RUNTIME_DIR is not set (ENOENT), the path is too long
 * (ENAMETOOLONG), another server has the socket (EWOULDBLOCK) or a file of that name is not a socket (EEXIST), or with
 * errno of the system call that failed.
 */
struct lido_monitor *lido_monitor_create(struct lido_manager *manager, const char *name);

/*
 * Disconnects the monitor's clients, and removes the global and the socket. The global filter must not use it any more.
 * NULL is fine.
 */
void lido_monitor_destroy(struct lido_monitor *monitor);

/*
 * May this client see this global? Clients of the monitor's socket see lido_monitor_v1 only, all others everything
 * else. monitor: a struct lido_monitor, or NULL to show all. It has the type wl_display_global_filter_func_t: set it as
 * the filter, or call it in yours.
 */
bool lido_monitor_filter(const struct wl_client *client, const struct wl_global *global, void *monitor);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
