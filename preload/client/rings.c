/*
 * The interposed functions of liburing that create rings of io_uring, and that of libaio which submits requests. These
 * libraries make their system calls by instructions of their own, so syscall() does not see them.
 */
#include "interpose.h"
#include "outside.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

struct io_uring;
struct io_uring_params;

struct search {
	const char *library; // how its path ends, without the version
	const char *path;
};

static int find_object(struct dl_phdr_info *info, size_t size, void *data) {
	struct search *search = data;
	if (strstr(info->dlpi_name, search->library) == NULL) {
		return 0;
	}
	search->path = info->dlpi_name;
	return 1;
}

// RTLD_NEXT does not find what was loaded with RTLD_LOCAL, as the libraries of plugins are. Such a library is never
// unloaded afterwards.
static uintptr_t find_in(_Atomic(uintptr_t) *place, const char *library, const char *name) {
	struct search search = {.library = library};
	void *handle = NULL, *local = NULL;
	if (atomic_load_explicit(place, memory_order_relaxed) == 0 && dlsym(RTLD_NEXT, name) == NULL) {
		dl_iterate_phdr(find_object, &search);
		handle = search.path != NULL ? dlopen(search.path, RTLD_LAZY | RTLD_NOLOAD) : NULL;
		local = handle != NULL ? dlsym(handle, name) : NULL;
	}
	if (local != NULL) {
		atomic_store(place, (uintptr_t)local);
	}
	return find_original(place, name);
}

static uintptr_t prepare(_Atomic(uintptr_t) *place, const char *name) {
	outside_give_up("the program uses io_uring");
	return find_in(place, "/liburing", name);
}

#define CREATES_RING(name, params, args) \
	int call_##name params SYMBOL(#name); \
	int call_##name params { \
		static _Atomic(uintptr_t) place; \
		return ((int(*) params)prepare(&place, #name))args; \
	}

CREATES_RING(io_uring_queue_init, (unsigned len, struct io_uring *ring, unsigned flags), (len, ring, flags))
CREATES_RING(io_uring_queue_init_params, (unsigned len, struct io_uring *ring, struct io_uring_params *params),
		(len, ring, params))
CREATES_RING(io_uring_queue_init_mem,
		(unsigned len, struct io_uring *ring, struct io_uring_params *params, void *memory, size_t size),
		(len, ring, params, memory, size))
CREATES_RING(io_uring_queue_init_try_nosqarr, (unsigned len, struct io_uring *ring, struct io_uring_params *params),
		(len, ring, params))
CREATES_RING(io_uring_setup, (unsigned len, struct io_uring_params *params), (len, params))

// Libaio returns errors, and does not set errno.
int call_io_submit(void *context, long len, struct iocb **requests) SYMBOL("io_submit");
int call_io_submit(void *context, long len, struct iocb **requests) {
	static _Atomic(uintptr_t) place;
	if (!outside_share_requests(requests, len)) {
		return -ENOMEM;
	}
	return ((int (*)(void *, long, struct iocb **))find_in(&place, "/libaio", "io_submit"))(context, len, requests);
}
