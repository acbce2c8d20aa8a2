#include "interpose.h"

#include "lock.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>

static long fail(void) {
	errno = ENOSYS;
	return -1;
}

uintptr_t find_original(_Atomic(uintptr_t) *place, const char *name) {
	uintptr_t address = atomic_load_explicit(place, memory_order_relaxed);
	if (address == 0) {
#ifdef LIDO_DEBUG
		assert(!state_is_held());
#endif
		address = (uintptr_t)dlsym(RTLD_NEXT, name);
		address = address != 0 ? address : (uintptr_t)fail;
		atomic_store_explicit(place, address, memory_order_relaxed);
	}
	return address;
}
