#include "polite.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#define ARGS_MAX 20 // libwayland's limit

#define EXPORT __attribute__((visibility("default")))

typedef struct wl_proxy *marshal_function(struct wl_proxy *proxy, uint32_t opcode, const struct wl_interface *interface,
		uint32_t version, uint32_t flags, union wl_argument *args);
typedef int add_listener_function(struct wl_proxy *proxy, void (**implementation)(void), void *data);
typedef void disconnect_function(struct wl_display *display);

// Sets *function, a function pointer. ISO C has no cast from an object pointer to a function pointer.
static void find_real(const char *name, void *function) {
	void *found = dlsym(RTLD_NEXT, name);
	assert(found != NULL);
	memcpy(function, &found, sizeof(found));
}

// The start of struct wl_proxy in all versions of libwayland; wl_proxy_get_interface() requires 1.24.
struct proxy_head {
	const struct wl_interface *interface;
};

static const struct wl_interface *proxy_interface(struct wl_proxy *proxy) {
	struct proxy_head head;
	memcpy(&head, proxy, sizeof(head));
	return head.interface;
}

bool request_is(const struct request *request, const char *class, const char *name) {
	const struct wl_interface *interface = proxy_interface(request->proxy);
	return strcmp(interface->name, class) == 0 && strcmp(interface->methods[request->opcode].name, name) == 0;
}

struct wl_proxy *request_send(const struct request *request) {
	static marshal_function *real;
	if (real == NULL) {
		find_real("wl_proxy_marshal_array_flags", &real);
	}
	return real(request->proxy, request->opcode, request->interface, request->version, request->flags, request->args);
}

void proxy_send(struct wl_proxy *proxy, const char *name, union wl_argument *args) {
	const struct wl_interface *interface = proxy_interface(proxy);
	struct request request = {.proxy = proxy, .version = wl_proxy_get_version(proxy), .args = args};
	while (strcmp(interface->methods[request.opcode].name, name) != 0) {
		request.opcode++;
		assert(request.opcode < (uint32_t)interface->method_count);
	}
	request_send(&request);
}

static int add_real_listener(struct wl_proxy *proxy, void (**implementation)(void), void *data) {
	static add_listener_function *real;
	if (real == NULL) {
		find_real("wl_proxy_add_listener", &real);
	}
	return real(proxy, implementation, data);
}

void proxy_add_listener(struct wl_proxy *proxy, const void *listener, void *data) {
	union {
		const void *listener;
		void (**implementation)(void);
	} cast = {.listener = listener};
	add_real_listener(proxy, cast.implementation, data);
}

EXPORT int wl_proxy_add_listener(struct wl_proxy *proxy, void (**implementation)(void), void *data) {
	if (shell_add_listener(proxy, implementation, data) || selection_add_listener(proxy, implementation, data)) {
		return 0;
	}
	return add_real_listener(proxy, implementation, data);
}

EXPORT struct wl_proxy *wl_proxy_marshal_array_flags(struct wl_proxy *proxy, uint32_t opcode,
		const struct wl_interface *interface, uint32_t version, uint32_t flags, union wl_argument *args) {
	struct request request = {proxy, opcode, interface, version, flags, args};
	window_before(&request);
	selection_before(&request);
	if (!shell_before(&request)) {
		return NULL;
	}
	// Sending the request may destroy the object.
	bool destroys = (flags & WL_MARSHAL_FLAG_DESTROY) != 0;
	if (destroys) {
		shell_after(&request, NULL);
	}
	struct wl_proxy *created = request_send(&request);
	if (!destroys) {
		shell_after(&request, created);
	}
	return created;
}

// Each letter of the signature is one argument; digits and question marks denote versions and nullability.
static void collect_args(const char *signature, union wl_argument *args, va_list list) {
	size_t args_len = 0;
	for (; *signature != '\0'; signature++) {
		if (strchr("iufsonah", *signature) == NULL) {
			continue;
		}
		assert(args_len < ARGS_MAX);
		if (strchr("iufh", *signature) != NULL) {
			args[args_len++].i = va_arg(list, int32_t);
		} else {
			args[args_len++].o = va_arg(list, struct wl_object *);
		}
	}
}

EXPORT struct wl_proxy *wl_proxy_marshal_flags(struct wl_proxy *proxy, uint32_t opcode,
		const struct wl_interface *interface, uint32_t version, uint32_t flags, ...) {
	union wl_argument args[ARGS_MAX] = {0};
	va_list list;
	va_start(list, flags);
	collect_args(proxy_interface(proxy)->methods[opcode].signature, args, list);
	va_end(list);
	return wl_proxy_marshal_array_flags(proxy, opcode, interface, version, flags, args);
}

EXPORT void wl_display_disconnect(struct wl_display *display) {
	static disconnect_function *real;
	if (real == NULL) {
		find_real("wl_display_disconnect", &real);
	}
	window_forget(display);
	shell_forget(display);
	selection_forget(display);
	real(display);
}
