/*
 * How much of a client is served at once.
 *
 * All that a client has sent would be handled in one iteration of the event loop, while all others wait: 64 KiB of
 * requests that take a millisecond each are seconds. So what is read of a client's socket in one turn is limited, by
 * what the last turn took: clients whose requests take long get small turns. The rest stays in the socket, and is read
 * in the next iterations. No client is disconnected for it, and no request is reordered.
 *
 * What is allocated in a client's turn is counted on its account (heap.h).
 */
#ifndef TURN_H
#define TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct account;
struct compositor;

/* Bytes of requests that are read in one turn: limits, and how many at first. */
#define TURN_SIZE_MIN 64
#define TURN_SIZE_MAX (16 << 10)
#define TURN_SIZE_INITIAL (4 << 10)

/*
 * Time that a turn should not exceed, ns. All connections of a process together have no more in one iteration of the
 * event loop: those that have had no turn wait for the next one, and are served first then.
 */
#define TURN_NSEC_MAX (8 * INT64_C(1000000))

/* A client's turns. */
struct turn {
	struct account *account;
	size_t size;     // bytes that may be read in the next turn, or in the current one
	bool is_waiting; // in account.waiting_len
};

/* The part that ends turns with each iteration of the event loop. */
struct turns {
	int fd;                         // never readable; the source needs one
	struct wl_event_source *source; // runs in each iteration of the event loop
};

void turn_init(struct turn *turn, struct account *account);

/* Ends the turn if it is the current one. */
void turn_finish(struct turn *turn);

/*
 * Begins the client's turn, unless it is the current one. Returns how many more bytes may be read in it; 0: the client
 * has to wait.
 */
size_t turn_begin(struct turn *turn);

/* Counts bytes that were read in the current turn. */
void turn_spend(size_t size);

/* Returns the current turn, or NULL. */
struct turn *turn_get_current(void);

/* Returns how long the current turn has taken, ns; 0: there is none. */
int64_t turn_get_nsec(void);

/* Ends the current turn, if any: what follows is not done for a client. */
void turn_end(void);

/* Returns the size of the next turn after one that read this many bytes of the allowed size in this time. Pure. */
size_t turn_get_next_size(size_t size, size_t read, int64_t nsec);

/* Returns false when out of memory or fds. */
bool turns_init(struct compositor *compositor);
void turns_finish(struct compositor *compositor);

#endif
