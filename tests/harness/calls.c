#include "calls.h"
#include "lido-shm-v1-client-protocol.h"
#include "runner.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <wayland-client.h>

static struct {
	bool is_running;
	uint64_t nth, count;
	int all_of; // enum call; -1: none
	uint64_t counts[CALLS_LEN];
} state;

static void start(uint64_t n, int all_of) {
	expect(!state.is_running);
	memset(&state, 0, sizeof(state));
	state.nth = n;
	state.all_of = all_of;
	state.is_running = true;
}

void calls_start(uint64_t n) {
	start(n, -1);
}

void calls_start_all_of(enum call call) {
	start(0, (int)call);
}

uint64_t calls_stop(void) {
	expect(state.is_running);
	state.is_running = false;
	return state.count;
}

uint64_t calls_get_count(enum call call) {
	return state.counts[call];
}

uint64_t calls_get_system_calls(void) {
	return state.counts[CALL_MEMFD_CREATE] + state.counts[CALL_FTRUNCATE] + state.counts[CALL_MMAP] +
		   state.counts[CALL_MUNMAP] + state.counts[CALL_MADVISE] + state.counts[CALL_CLOSE] +
		   state.counts[CALL_FSTAT] + state.counts[CALL_FSTATFS] + state.counts[CALL_FCNTL];
}

// Writes nothing while nothing is counted, because threads may call.
static void note(enum call call) {
	if (state.is_running) {
		state.counts[call]++;
	}
}

// Counts a call. Returns true and sets errno if it must fail.
static bool is_hit(enum call call, int error) {
	if (!state.is_running) {
		return false;
	}
	note(call);
	bool hit = ++state.count == state.nth || state.all_of == (int)call;
	if (hit) {
		errno = error;
	}
	return hit;
}

// The linker requires these names.
// NOLINTBEGIN(bugprone-reserved-identifier)
#define WRAP(result, name, ...) \
	result __real_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__)

WRAP(void *, calloc, size_t count, size_t size) {
	return is_hit(CALL_CALLOC, ENOMEM) ? NULL : __real_calloc(count, size);
}

WRAP(int, memfd_create, const char *name, unsigned flags) {
	return is_hit(CALL_MEMFD_CREATE, EMFILE) ? -1 : __real_memfd_create(name, flags);
}

WRAP(int, ftruncate64, int fd, int64_t size) {
	return is_hit(CALL_FTRUNCATE, ENOSPC) ? -1 : __real_ftruncate64(fd, size);
}

WRAP(void *, mmap64, void *address, size_t size, int protection, int flags, int fd, int64_t offset) {
	return is_hit(CALL_MMAP, ENOMEM) ? MAP_FAILED : __real_mmap64(address, size, protection, flags, fd, offset);
}

WRAP(int, munmap, void *address, size_t size) {
	note(CALL_MUNMAP);
	return __real_munmap(address, size);
}

WRAP(int, madvise, void *address, size_t size, int advice) {
	return is_hit(CALL_MADVISE, EINVAL) ? -1 : __real_madvise(address, size, advice);
}

WRAP(int, close, int fd) {
	note(CALL_CLOSE);
	return __real_close(fd);
}

WRAP(int, fstat64, int fd, struct stat *stat) {
	return is_hit(CALL_FSTAT, EIO) ? -1 : __real_fstat64(fd, stat);
}

WRAP(int, fstatfs64, int fd, struct statfs *statfs) {
	return is_hit(CALL_FSTATFS, EIO) ? -1 : __real_fstatfs64(fd, statfs);
}

// All commands in use take an int, or nothing.
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...) {
	va_list args;
	va_start(args, command);
	int argument = va_arg(args, int);
	va_end(args);
	return is_hit(CALL_FCNTL, EINVAL) ? -1 : __real_fcntl64(fd, command, argument);
}

WRAP(struct wl_event_queue *, wl_display_create_queue, struct wl_display *display) {
	return is_hit(CALL_QUEUE, ENOMEM) ? NULL : __real_wl_display_create_queue(display);
}

WRAP(void *, wl_proxy_create_wrapper, void *proxy) {
	return is_hit(CALL_WRAPPER, ENOMEM) ? NULL : __real_wl_proxy_create_wrapper(proxy);
}

WRAP(int, wl_display_roundtrip_queue, struct wl_display *display, struct wl_event_queue *queue) {
	return is_hit(CALL_ROUND_TRIP, ENOMEM) ? -1 : __real_wl_display_roundtrip_queue(display, queue);
}

// Returns the interface of a proxy. libwayland knows it, but exposes only its name.
static const struct wl_interface *find_interface(struct wl_proxy *proxy) {
	static const struct wl_interface *const interfaces[] = {&wl_display_interface, &wl_registry_interface,
		&wl_shm_interface, &wl_shm_pool_interface, &wl_buffer_interface, &wl_compositor_interface,
		&wl_surface_interface, &lido_shm_manager_v1_interface, &lido_shm_pool_v1_interface,
		&lido_shm_block_v1_interface};
	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
		if (strcmp(interfaces[i]->name, wl_proxy_get_class(proxy)) == 0) {
			return interfaces[i];
		}
	}
	fail("no interface is known for %s", wl_proxy_get_class(proxy));
}

// Variable arguments cannot be forwarded, so this unpacks them as libwayland does.
static void read_arguments(const char *signature, va_list args, union wl_argument *arguments) {
	for (; *signature != '\0'; signature++) {
		switch (*signature) {
		case 'i':
		case 'f':
		case 'h':
			(arguments++)->i = va_arg(args, int32_t);
			break;
		case 'u':
			(arguments++)->u = va_arg(args, uint32_t);
			break;
		case 'o':
		case 'n':
			(arguments++)->o = va_arg(args, struct wl_object *);
			break;
		case 's':
		case 'a':
			(arguments++)->s = va_arg(args, const char *);
			break;
		default:
			break; // a version, or a mark that it may be NULL
		}
	}
}

struct wl_proxy *__wrap_wl_proxy_marshal_flags(struct wl_proxy *proxy, uint32_t opcode,
		const struct wl_interface *interface, uint32_t version, uint32_t flags, ...);
struct wl_proxy *__wrap_wl_proxy_marshal_flags(struct wl_proxy *proxy, uint32_t opcode,
		const struct wl_interface *interface, uint32_t version, uint32_t flags, ...) {
	if (interface != NULL && is_hit(CALL_OBJECT, ENOMEM)) {
		return NULL;
	}
	union wl_argument arguments[20] = {0};
	va_list args;
	va_start(args, flags);
	read_arguments(find_interface(proxy)->methods[opcode].signature, args, arguments);
	va_end(args);
	return wl_proxy_marshal_array_flags(proxy, opcode, interface, version, flags, arguments);
}
// NOLINTEND(bugprone-reserved-identifier)
