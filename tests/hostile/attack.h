/*
 * Attacks: what a hostile client could do to a compositor. Each is a function that is run in a process of its own, as a
 * client of $WAYLAND_DISPLAY.
 *
 * An attack judges how the server answers *it*: by an error, by "failed", or not at all. It says so by its end: 0 when
 * that was right, 1 and a message when not. What it does to others is measured by who has started it. It need not clean
 * up: dying with everything held is a part of it.
 */
#ifndef HOSTILE_ATTACK_H
#define HOSTILE_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-client.h>

/* By this an attack ends that cannot be made here; the cause was printed. */
#define ATTACK_SKIPPED 77

struct attack {
	const char *name;
	void (*run)(void);
	struct attack *next; // private
};

/* Adds an attack; it must live forever. */
void attack_register(struct attack *attack);

#define ATTACK_JOIN_(a, b) a##b
#define ATTACK_JOIN(a, b) ATTACK_JOIN_(a, b)
#define ATTACK_NAMED(string, id) \
	static void ATTACK_JOIN(attack_run_, id)(void); \
	__attribute__((constructor)) static void ATTACK_JOIN(attack_register_, id)(void) { \
		static struct attack attack = {.name = string, .run = ATTACK_JOIN(attack_run_, id)}; \
		attack_register(&attack); \
	} \
	static void ATTACK_JOIN(attack_run_, id)(void)

/* Defines and registers an attack; the body follows. */
#define ATTACK(string) ATTACK_NAMED(string, __LINE__)

/* So many, or fewer where $LIDO_ATTACK_PERCENT says so: sanitized servers are slow. At least 1. */
int attack_count(int count);

/* Ends the attack, with a message. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* So long at the height of the attack, so that it can be measured. */
void hold(void);
void sleep_ms(int milliseconds);

/* Runs fn in a child until stop_child(): for what is done at the same time. It dies with this process. */
pid_t start_child(void (*fn)(void *data), void *data);
void stop_child(pid_t child);

/* A connection, with the globals that attacks use; each may be NULL after a failed connection only. */
struct attacker {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct wl_output *output;
	struct xdg_wm_base *wm_base;
	struct lido_shm_manager_v1 *lido_shm;
	struct zwlr_output_manager_v1 *output_manager;
	struct zwlr_screencopy_manager_v1 *screencopy;
	struct zwp_virtual_keyboard_manager_v1 *keyboards;
};

/* Connects; the attack fails if it cannot, or, the other one, returns false. */
void attacker_connect(struct attacker *attacker);
bool attacker_try_connect(struct attacker *attacker);

/* Closes the connection. Proxies are not destroyed before. */
void attacker_disconnect(struct attacker *attacker);

/* A round trip. False: the server has ended this client. */
bool attacker_try_roundtrip(struct attacker *attacker);

/* The server must still serve it. */
void expect_alive(struct attacker *attacker);

/* The server must end it now, with this error on an object of this interface. */
void expect_error(struct attacker *attacker, const struct wl_interface *interface, uint32_t code);

/* The same for wl_display.no_memory. */
void expect_no_memory(struct attacker *attacker);

/*
 * A wl_buffer in a file of its own, ARGB8888: victims below windows that might be translucent are still drawn.
 */
struct picture {
	int fd;
	uint8_t *data; // mapped, writable
	size_t size;
	int32_t width, height;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
};

/* seals: as for F_ADD_SEALS; -1: the file cannot be sealed. Its pages are there if filled. */
void picture_init(
		struct picture *picture, struct attacker *attacker, int seals, bool filled, int32_t width, int32_t height);

/* Destroys the objects, if there is an attacker, and the file. */
void picture_finish(struct picture *picture, struct attacker *attacker);

/* A memfd; seals as above. */
int file_create(int64_t size, int seals);

/* A window, as soon as something is committed to its surface. */
struct window {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
};

/* Waits for the first configure event. */
void window_init(struct window *window, struct attacker *attacker);

/* Attaches, damages all, commits. Does not wait. */
void window_commit(struct window *window, struct wl_buffer *buffer);

/* A random number below max, from a fixed seed. */
uint32_t random_below(uint32_t max);

#endif
