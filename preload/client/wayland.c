#include "wayland.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SONAME "libwayland-client.so.0"

static struct wayland wayland;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int find_code(struct dl_phdr_info *info, size_t size, void *data) {
	uintptr_t inside = *(uintptr_t *)data;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t end = start + info->dlpi_phdr[i].p_memsz;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && inside >= start && inside < end) {
			wayland.start = start;
			wayland.end = end;
			return 1;
		}
	}
	return 0;
}

static void load_symbols(void *handle) {
	const struct {
		const char *name;
		void *place;
	} symbols[] = {
		{"wl_proxy_marshal_array_flags", &wayland.marshal},
		{"wl_display_prepare_read", &wayland.prepare_read},
		{"wl_display_prepare_read_queue", &wayland.prepare_read_queue},
		{"wl_display_read_events", &wayland.read_events},
		{"wl_display_cancel_read", &wayland.cancel_read},
		{"wl_display_disconnect", &wayland.disconnect},
		{"wl_proxy_add_listener", &wayland.add_listener},
		{"wl_proxy_destroy", &wayland.proxy_destroy},
		{"wl_proxy_get_class", &wayland.get_class},
		{"wl_proxy_get_id", &wayland.get_id},
		{"wl_proxy_get_display", &wayland.get_display},
		{"wl_proxy_get_queue", &wayland.get_queue},
		{"wl_proxy_set_queue", &wayland.set_queue},
		{"wl_proxy_create_wrapper", &wayland.create_wrapper},
		{"wl_proxy_wrapper_destroy", &wayland.wrapper_destroy},
		{"wl_display_create_queue", &wayland.create_queue},
		{"wl_event_queue_destroy", &wayland.queue_destroy},
		{"wl_display_roundtrip_queue", &wayland.roundtrip},
		{"wl_display_dispatch_queue_pending", &wayland.dispatch_pending},
		{"wl_display_flush", &wayland.flush},
		{"wl_display_get_fd", &wayland.get_fd},
		{"wl_registry_interface", &wayland.registry_interface},
		{"wl_shm_interface", &wayland.shm_interface},
		{"wl_shm_pool_interface", &wayland.shm_pool_interface},
		{"wl_callback_interface", &wayland.callback_interface},
		{"wl_buffer_interface", &wayland.buffer_interface},
	};
	wayland.is_complete = true;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(handle, symbols[i].name);
		memcpy(symbols[i].place, &symbol, sizeof(symbol));
		wayland.is_complete = wayland.is_complete && symbol != NULL;
	}
}

// dlopen() also finds a libwayland-client that a program has loaded with RTLD_LOCAL, which RTLD_NEXT does not. It is
// never unloaded afterwards.
static void load(void) {
	void *handle = dlopen(SONAME, RTLD_LAZY | RTLD_NOLOAD);
	load_symbols(handle != NULL ? handle : RTLD_NEXT);
	if (wayland.marshal == NULL || wayland.read_events == NULL) {
		fprintf(stderr,
				"lido-run: %s is not loaded, or lacks wl_proxy_marshal_array_flags() or wl_display_read_events()\n",
				SONAME);
		abort();
	}
	uintptr_t inside = (uintptr_t)wayland.marshal;
	dl_iterate_phdr(find_code, &inside);
	Dl_info info;
	void *symbol = NULL;
	void *function = (void *)(uintptr_t)wayland.prepare_read;
	if (function != NULL && dladdr1(function, &info, &symbol, RTLD_DL_SYMENT) != 0 && symbol != NULL) {
		wayland.prepare_read_size = (size_t)((const ElfW(Sym) *)symbol)->st_size;
	}
}

const struct wayland *wayland_get(void) {
	pthread_once(&once, load);
	return &wayland;
}

bool wayland_has_code(const void *address) {
	return (uintptr_t)address >= wayland.start && (uintptr_t)address < wayland.end;
}

bool wayland_is_preparing_read(const void *address) {
	return (uintptr_t)address - (uintptr_t)wayland.prepare_read < wayland.prepare_read_size;
}

void wayland_send(struct wl_proxy *proxy, uint32_t opcode, union wl_argument *args) {
	union wl_argument none = {0};
	wayland_get()->marshal(proxy, opcode, NULL, 1, 0, args != NULL ? args : &none);
}
