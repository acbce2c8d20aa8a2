/*
 * Attacks of hostile clients on a compositor. Each attack is a function that runs in its own process, as a client of
 * $WAYLAND_DISPLAY.
 *
 * An attack judges how the server answers the attack itself: with an error, with a failed event, or not at all. It
 * exits with 0 if the answer was right, otherwise with 1 and a message. The process that starts it measures the effect
 * on others. An attack does not clean up: exiting with everything held is part of it.
 */
#ifndef HOSTILE_ATTACK_H
#define HOSTILE_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-client.h>

/* Exit status of an attack that is impossible on this machine, after printing the reason. */
#define ATTACK_SKIPPED 77

struct attack {
	const char *name;
	void (*run)(void);
	struct attack *next; // private
};

/* Adds an attack, which must live until the process exits. */
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

/* Scales count by $LIDO_ATTACK_PERCENT, if set: sanitized servers are slow. Returns at least 1. */
int attack_count(int count);

/* Exit with a message: as failed, or as skipped. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Waits at the peak of the attack, so that its effect can be measured. */
void hold(void);
void sleep_ms(int milliseconds);

/* Runs fn concurrently in a child process until stop_child(). The child dies with this process. */
pid_t start_child(void (*fn)(void *data), void *data);
void stop_child(pid_t child);

/* Fails if the child has exited. */
void expect_child_alive(pid_t child);

/*
 * A connection with the globals that attacks use. Once connected, compositor, shm, wm_base and lido_shm are set; the
 * others are NULL if the compositor lacks them.
 */
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
	struct wp_security_context_manager_v1 *security;
	struct wp_viewporter *viewporter;
	struct wl_data_device_manager *data_devices;
	struct zwlr_data_control_manager_v1 *data_control;
	struct xdg_activation_v1 *activation;
	uint32_t toplevels_name; // of the global zwlr_foreign_toplevel_manager_v1, which is not bound; 0: there is none
};

/* Connects. On failure, the first fails the attack; the second returns false. */
void attacker_connect(struct attacker *attacker);
bool attacker_try_connect(struct attacker *attacker);

/* Binds a further global. Skips the attack if the compositor lacks it. */
void *attacker_bind(struct attacker *attacker, const struct wl_interface *interface, uint32_t version);

/* Closes the connection without destroying proxies. */
void attacker_disconnect(struct attacker *attacker);

/* Sends all requests without waiting for replies, but reads events when the socket is full. */
void attacker_flush(struct attacker *attacker);

/* Makes a round trip. False: the server has disconnected this client. */
bool attacker_try_roundtrip(struct attacker *attacker);

/* The server must still serve this client. */
void expect_alive(struct attacker *attacker);

/* The server must disconnect this client now, with this error on an object of this interface. */
void expect_error(struct attacker *attacker, const struct wl_interface *interface, uint32_t code);

/* The same for wl_display.no_memory. */
void expect_no_memory(struct attacker *attacker);

/*
 * A wl_buffer in its own file. ARGB8888, so that the compositor still draws victims below it.
 */
struct picture {
	int fd;
	uint8_t *data; // mapped, writable
	size_t size;
	int32_t width, height;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
};

/* seals: as for F_ADD_SEALS; -1: the file cannot be sealed. filled: allocates all pages. */
void picture_init(
		struct picture *picture, struct attacker *attacker, int seals, bool filled, int32_t width, int32_t height);

/* Destroys the objects, if there is an attacker, and the file. */
void picture_finish(struct picture *picture, struct attacker *attacker);

/* A memfd; seals as above. */
int file_create(int64_t size, int seals);

/* A window, mapped once a buffer is committed to its surface. */
struct window {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
};

/* Waits for the first configure event. */
void window_init(struct window *window, struct attacker *attacker);

/* Attaches the buffer with full damage and commits, without waiting. */
void window_commit(struct window *window, struct wl_buffer *buffer);

/* The largest number of fds that libwayland receives with one message. */
#define FDS_PER_MESSAGE 28

/* Sends the bytes with as many copies of the fd, which stays open. False: errno says why not. */
bool send_fds(int socket_fd, const void *data, size_t size, int fd, size_t count);

/* A random number below max, from a fixed seed. */
uint32_t random_below(uint32_t max);

#endif
