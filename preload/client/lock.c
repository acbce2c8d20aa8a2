#include "lock.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool has_lock __attribute__((tls_model("initial-exec")));
static atomic_bool is_tracking;

bool state_lock(void) {
	if (has_lock) {
		return false;
	}
	has_lock = true;
	pthread_mutex_lock(&mutex);
	return true;
}

void state_unlock(void) {
	pthread_mutex_unlock(&mutex);
	has_lock = false;
}

bool state_is_tracking(void) {
	return atomic_load_explicit(&is_tracking, memory_order_acquire);
}

void state_start_tracking(void) {
	atomic_store_explicit(&is_tracking, true, memory_order_release);
}
