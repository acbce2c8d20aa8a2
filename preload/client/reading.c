/*
 * Reads that threads have prepared. Libwayland reads from the socket only when all threads that have prepared a read
 * are ready, so a thread that has prepared one and then waits for the server waits forever. Some programs always have a
 * read prepared (foot), and no program expects wl_shm.create_pool to wait. Others prepare in one thread and read in
 * another (Qt): there the other thread reads when an event arrives, and nothing may be cancelled.
 *
 * The reads of one thread on one display; reader.count says how many, including suspended ones:
 *
 *          wl_display_prepare_read()                  reading_suspend()
 *      ------------------------------->          ------------------------->
 *   none                               prepared                            suspended
 *      <-------------------------------          <-------------------------
 *      read_events() or cancel_read(),                reading_resume()
 *      by this or another thread (1)
 *
 * (1) If it is another thread, the display is added to cross_thread.
 *
 * What reading_suspend() does in a thread that has prepared reads:
 *
 *   display is in             meaning                             action
 *   cross_thread              another thread has done a read      none: the other thread reads for this one
 *   same_thread only          no other thread reads               cancels the reads
 *   neither                   not known yet                       requests an event, to see whether another thread
 *                                                                 reads it; then one of the above
 *
 * No display is ever removed from these: a later one at the same address inherits its entry.
 */
#include "reading.h"

#include "public.h"
#include "wayland.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#define READERS_MAX 16

// The test of who reads: how long the event may take to arrive, and then another thread to do the read.
#define ANSWER_MS 1000
#define READING_MS 30

static struct reader {
	struct wl_display *display;
	pthread_t thread;
	int count; // prepared reads; 0: the entry is free
} readers[READERS_MAX];
static struct wl_display *cross_thread[READERS_MAX];      // a thread has done a read that another one had prepared
static struct wl_display *same_thread[READERS_MAX];       // tested: no thread did
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // of the above; no other lock is taken while it is held
static __thread bool is_preparing __attribute__((tls_model("initial-exec"))); // by wl_display_prepare_read()

// The display on which this thread has prepared a read unseen, and may not have done it yet. NULL: none.
static __thread struct wl_display *unseen __attribute__((tls_model("initial-exec")));

// The reads of this thread on the display, or if not is_own those of some other thread. NULL: none.
static struct reader *find_reader(struct wl_display *display, bool is_own) {
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (readers[i].count > 0 && readers[i].display == display &&
				(pthread_equal(readers[i].thread, pthread_self()) != 0) == is_own) {
			return &readers[i];
		}
	}
	return NULL;
}

static void add_reader(struct wl_display *display) {
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (readers[i].count == 0) {
			readers[i] = (struct reader){.display = display, .thread = pthread_self(), .count = 1};
			return;
		}
	}
}

static bool has_display(struct wl_display *const *displays, const struct wl_display *display) {
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (displays[i] == display) {
			return true;
		}
	}
	return false;
}

static void add_display(struct wl_display **displays, struct wl_display *display) {
	for (size_t i = 0; i < READERS_MAX && !has_display(displays, display); i++) {
		if (displays[i] == NULL) {
			displays[i] = display;
		}
	}
}

static void note_prepared(struct wl_display *display) {
	pthread_mutex_lock(&mutex);
	struct reader *reader = find_reader(display, true);
	if (reader != NULL) {
		reader->count++;
	} else {
		add_reader(display);
	}
	pthread_mutex_unlock(&mutex);
}

static void note_done(struct wl_display *display) {
	pthread_mutex_lock(&mutex);
	struct reader *reader = find_reader(display, true);
	if (reader == NULL) {
		reader = find_reader(display, false);
		if (reader != NULL) {
			add_display(cross_thread, display);
		}
	}
	if (reader != NULL) {
		reader->count--;
	}
	pthread_mutex_unlock(&mutex);
}

// Libwayland also calls the functions below itself, always in pairs, which need no count. But a tail call in libwayland
// looks as if the program had made it: therefore is_preparing.
static bool is_called_by_libwayland(const void *caller) {
	wayland_get();
	return wayland_has_code(caller);
}

PUBLIC int wl_display_prepare_read(struct wl_display *display) {
	is_preparing = true;
	int result = wayland_get()->prepare_read(display);
	is_preparing = false;
	if (result == 0 && !is_called_by_libwayland(__builtin_return_address(0))) {
		note_prepared(display);
	}
	return result;
}

// A program that has found wl_display_prepare_read() by dlsym() calls libwayland's, which ends with a call of this
// function, or with a jump, so that the program seems to call. It has found the other functions so as well, and nobody
// sees when it reads.
static bool is_found_by_dlsym(
		struct wl_display *display, const struct wl_event_queue *queue, const void *caller, bool is_libwayland) {
	return is_libwayland ? wayland_is_preparing_read(caller)
						 : queue == wayland_get()->get_queue((const struct wl_proxy *)display);
}

PUBLIC int wl_display_prepare_read_queue(struct wl_display *display, struct wl_event_queue *queue) {
	int result = wayland_get()->prepare_read_queue(display, queue);
	if (result != 0 || is_preparing) {
		return result;
	}
	const void *caller = __builtin_return_address(0);
	bool is_libwayland = is_called_by_libwayland(caller);
	if (is_found_by_dlsym(display, queue, caller, is_libwayland)) {
		unseen = display;
	} else if (!is_libwayland) {
		note_prepared(display);
	}
	return result;
}

PUBLIC int wl_display_read_events(struct wl_display *display) {
	bool is_seen = !is_called_by_libwayland(__builtin_return_address(0));
	if (is_seen) {
		note_done(display);
	}
	int result = wayland_get()->read_events(display);
	// Libwayland would have waited for a second read of this thread.
	if (!is_seen && result == 0 && unseen == display) {
		unseen = NULL;
	}
	return result;
}

PUBLIC void wl_display_cancel_read(struct wl_display *display) {
	if (!is_called_by_libwayland(__builtin_return_address(0))) {
		note_done(display);
	}
	wayland_get()->cancel_read(display);
}

// How many reads this thread has prepared that no other thread does for it.
static int count_own(struct wl_display *display) {
	pthread_mutex_lock(&mutex);
	const struct reader *reader = find_reader(display, true);
	int number = reader != NULL && !has_display(cross_thread, display) ? reader->count : 0;
	pthread_mutex_unlock(&mutex);
	return number;
}

// Requests an event that no listener receives.
static void request_event(struct wl_display *display) {
	const struct wayland *wayland = wayland_get();
	union wl_argument args[] = {{.o = NULL}};
	struct wl_proxy *callback =
			wayland->marshal((struct wl_proxy *)display, WL_DISPLAY_SYNC, wayland->callback_interface, 1, 0, args);
	if (callback != NULL) {
		wayland->proxy_destroy(callback);
	}
	wayland->flush(display);
}

static int64_t get_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// Tests whether another thread does the reads of this one: it would begin as soon as an event arrives. Signals, which
// interrupt the waiting, do not make it shorter.
static void detect_cross_thread(struct wl_display *display) {
	struct pollfd fd = {.fd = wayland_get()->get_fd(display), .events = POLLIN};
	request_event(display);
	int64_t end = get_ms() + ANSWER_MS, now;
	while ((now = get_ms()) < end && poll(&fd, 1, (int)(end - now)) == -1 && errno == EINTR) {
	}
	end = get_ms() + READING_MS;
	while (count_own(display) > 0 && get_ms() < end) {
		usleep(1000);
	}
	pthread_mutex_lock(&mutex);
	if (!has_display(cross_thread, display)) {
		add_display(same_thread, display);
	}
	pthread_mutex_unlock(&mutex);
}

bool reading_is_unseen(const struct wl_display *display) {
	return unseen == display;
}

int reading_suspend(struct wl_display *display) {
	pthread_mutex_lock(&mutex);
	bool is_known = has_display(same_thread, display);
	pthread_mutex_unlock(&mutex);
	if (!is_known && count_own(display) > 0) {
		detect_cross_thread(display);
	}
	int number = count_own(display);
	for (int i = 0; i < number; i++) {
		wayland_get()->cancel_read(display);
	}
	return number;
}

void reading_resume(struct wl_display *display, int number) {
	if (number == 0) {
		return;
	}
	const struct wayland *wayland = wayland_get();
	// Preparing fails on a queue that has events, and the program's queue may have some by now. So use an empty one.
	struct wl_event_queue *queue = wayland->create_queue(display);
	for (int i = 0; queue != NULL && i < number; i++) {
		wayland->prepare_read_queue(display, queue);
	}
	if (queue != NULL) {
		wayland->queue_destroy(queue);
	}
	// The events that the program is about to wait for may be in its queue already: request one more, to wake it.
	request_event(display);
}
