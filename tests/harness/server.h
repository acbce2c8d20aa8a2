/*
 * The server of a test: in the test's process and thread the core of shm/ alone, or the whole compositor, headless with
 * the renderer that LIDO_TEST_RENDERER names, or pixman; or any compositor that listens on a socket.
 *
 * In the same process the server runs only when clients (client.h) wait for it, so that a test is deterministic.
 */
#ifndef HARNESS_SERVER_H
#define HARNESS_SERVER_H

#include <lido/shm.h>
#include <stdbool.h>

struct compositor;
struct peer;
struct wl_client;

struct server {
	struct wl_display *display;    // NULL: in another process
	struct lido_manager *manager;  // NULL: in another process, or wlroots serves wl_shm
	struct compositor *compositor; // NULL: the core alone, or in another process
	const char *socket;            // path that clients connect to; NULL: they use a socket pair
	void (*finish)(struct server *server);
	void (*dispatch)(struct server *server, int timeout); // NULL: server_dispatch() uses libwayland's functions
	void (*settle)(void); // waits for what the server's other threads have to do; NULL: it has none
};

/* A display with a lido_manager only, which offers server_core_formats. limits: NULL for the defaults. */
void server_init_core(struct server *server, const struct lido_limits *limits);

/* Starts the compositor with one headless output of that size. limits: NULL for the defaults. */
void server_init_compositor(struct server *server, int32_t width, int32_t height, const struct lido_limits *limits);

/* The same as with --shm=wlroots: wlroots serves wl_shm, and there is no manager. */
void server_init_wlroots_shm(struct server *server, int32_t width, int32_t height);

/*
 * Starts the compositor on the outputs of the GPU that WLR_DRM_DEVICES names, and with this machine's input devices
 * unless WLR_LIBINPUT_NO_DEVICES is set. See tests/gpu/.
 */
void server_init_devices(struct server *server);

/*
 * Does the compositor's renderer read pixels where they are, and so hold a buffer until the next one? Those on a GPU
 * upload them at the commit, and release the buffer.
 */
bool server_shows_in_place(const struct server *server);

/* Lets servers that are started later show DMA-BUFs of clients even if the renderer draws in software. */
void server_take_dmabufs(void);

/* Can clients use DMA-BUFs by default? Only with a real GPU, which no kernel of ./dev gpu-run has. */
bool server_reads_dmabufs(const struct server *server);

/* Skips the test if the renderer does not read pixels where they are. */
void skip_unless_in_place(const struct server *server);

/* Creates a compositor's monitor socket of that name; the compositor itself does so only if it has a client socket. */
void server_create_monitor(struct server *server, const char *name);

/* A compositor that listens at this path. A program has either this function or the others: the libraries differ. */
void server_init_socket(struct server *server, const char *path);

/* Ends the server and disconnects all clients. The test must finish its clients before or after. */
void server_finish(struct server *server);

/*
 * Connects. Returns the client's fd, which the caller owns. peer receives an object for the server's end; pass it to
 * server_disconnected().
 */
int server_connect(struct server *server, struct peer **peer);

/* Call it after closing the client's fd: waits until the server has noticed, if the server is in this process. */
void server_disconnected(struct server *server, struct peer *peer);

/* Lets the server work for at most timeout milliseconds; longer in another process. fd: of the client that waits. */
void server_work(struct server *server, int fd, int timeout);

/* Creates the server's client for the fd, and takes the fd over. */
struct wl_client *server_add_client(struct server *server, int fd);

/* Runs one dispatch of the server, which waits at most timeout milliseconds for events. */
void server_dispatch(struct server *server, int timeout);

/* The formats that server_init_core() offers, as DRM codes: those of the pixman renderer, and some planar ones. */
extern const uint32_t server_core_formats[];
extern const size_t server_core_formats_len;

#endif
