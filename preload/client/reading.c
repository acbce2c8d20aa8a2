/*
 * Who has prepared to read from a connection. Libwayland lets a thread read only when all that have prepared to are
 * ready: so a thread that waits for the server, while it has prepared to read itself, waits forever. Some programs are
 * prepared all the time (foot), and none of them would expect wl_shm to wait. Others prepare in one thread and read in
 * another (Qt): that one will read when something comes, and must be left alone.
 */
#include "connection.h"
#include "public.h"

#include <poll.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#define READERS_MAX 16

// To find out who reads: how long something may take to come, and another thread to begin with it.
#define ANSWER_MS 1000
#define READING_MS 30

static struct reader {
	struct wl_display *display;
	pthread_t thread;
	int count; // how often it has prepared
} readers[READERS_MAX];
static struct wl_display *cross_thread[READERS_MAX]; // where one thread reads what another has prepared
static struct wl_display *same_thread[READERS_MAX];  // where nobody does
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool is_preparing __attribute__((tls_model("initial-exec"))); // by wl_display_prepare_read()

// What this thread, or else any other one, has on that display. NULL: nothing.
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
		add_display(cross_thread, display);
	}
	if (reader != NULL) {
		reader->count--;
	}
	pthread_mutex_unlock(&mutex);
}

// Libwayland calls these by itself, always in pairs. Where its own function ends in a call, that looks as if it came
// from whoever called the first one.
static bool is_called_by_libwayland(const void *caller) {
	const struct wayland *wayland = wayland_get();
	return (uintptr_t)caller >= wayland->start && (uintptr_t)caller < wayland->end;
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

PUBLIC int wl_display_prepare_read_queue(struct wl_display *display, struct wl_event_queue *queue) {
	int result = wayland_get()->prepare_read_queue(display, queue);
	if (result == 0 && !is_preparing && !is_called_by_libwayland(__builtin_return_address(0))) {
		note_prepared(display);
	}
	return result;
}

PUBLIC int wl_display_read_events(struct wl_display *display) {
	if (!is_called_by_libwayland(__builtin_return_address(0))) {
		note_done(display);
	}
	return wayland_get()->read_events(display);
}

PUBLIC void wl_display_cancel_read(struct wl_display *display) {
	if (!is_called_by_libwayland(__builtin_return_address(0))) {
		note_done(display);
	}
	wayland_get()->cancel_read(display);
}

// How often this thread has prepared to read what nobody else will read.
static int count_own(struct wl_display *display) {
	pthread_mutex_lock(&mutex);
	const struct reader *reader = find_reader(display, true);
	int number = reader != NULL && !has_display(cross_thread, display) ? reader->count : 0;
	pthread_mutex_unlock(&mutex);
	return number;
}

// Something that comes and is for nobody.
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

// If another thread reads what this one has prepared, it begins as soon as there is something. Once it is known, it is.
static void detect_cross_thread(struct wl_display *display) {
	struct pollfd fd = {.fd = wayland_get()->get_fd(display), .events = POLLIN};
	request_event(display);
	poll(&fd, 1, ANSWER_MS);
	for (int i = 0; i < READING_MS && count_own(display) > 0; i++) {
		usleep(1000);
	}
	pthread_mutex_lock(&mutex);
	if (!has_display(cross_thread, display)) {
		add_display(same_thread, display);
	}
	pthread_mutex_unlock(&mutex);
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
	// Its own queue may have events by now, and then nobody can prepare to read on it.
	struct wl_event_queue *queue = wayland->create_queue(display);
	for (int i = 0; queue != NULL && i < number; i++) {
		wayland->prepare_read_queue(display, queue);
	}
	if (queue != NULL) {
		wayland->queue_destroy(queue);
	}
	// The program is about to wait for what it may have already: there will be something more.
	request_event(display);
}
