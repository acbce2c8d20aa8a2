#include "lock.h"

#include "raw.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool has_lock __attribute__((tls_model("initial-exec")));
static __thread sigset_t signals __attribute__((tls_model("initial-exec"))); // blocked before, while has_lock
static atomic_bool is_tracking;

// A handler may use the files of pools. It is not blocked where waiting would kill the program: if this thread itself
// causes the signal.
static void block_signals(void) {
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
	sigset_t blocked;
	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		sigdelset(&blocked, own[i]);
	}
	pthread_sigmask(SIG_BLOCK, &blocked, &signals);
}

bool state_lock(void) {
	if (has_lock) {
		return false;
	}
	raw_prepare();
	block_signals();
	has_lock = true;
	pthread_mutex_lock(&mutex);
	return true;
}

bool state_is_held(void) {
	return has_lock;
}

void state_unlock(void) {
	pthread_mutex_unlock(&mutex);
	sigset_t before = signals;
	has_lock = false;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool state_is_tracking(void) {
	return atomic_load_explicit(&is_tracking, memory_order_acquire);
}

void state_start_tracking(void) {
	atomic_store_explicit(&is_tracking, true, memory_order_release);
}
