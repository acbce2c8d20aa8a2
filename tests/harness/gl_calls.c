#include "gl_calls.h"

#include "runner.h"
#include <dlfcn.h>
#include <string.h>

struct gl_calls gl_calls;

// The functions that are replaced here. function: address of a pointer to a function.
static void find_real(const char *name, void *function) {
	void *address = dlsym(RTLD_NEXT, name);
	expect(address != NULL);
	memcpy(function, &address, sizeof(address));
}

#define REPLACE(result, name, ...) \
	__attribute__((visibility("default"))) result name(__VA_ARGS__); \
	__attribute__((visibility("default"))) result name(__VA_ARGS__)

REPLACE(void, glTexImage2D, unsigned target, int level, int internal, int width, int height, int border,
		unsigned format, unsigned type, const void *pixels) {
	void (*real)(unsigned, int, int, int, int, int, unsigned, unsigned, const void *);
	find_real("glTexImage2D", &real);
	gl_calls.uploaded += pixels != NULL ? (int64_t)width * height * 4 : 0;
	real(target, level, internal, width, height, border, format, type, pixels);
}

REPLACE(void, glTexSubImage2D, unsigned target, int level, int x, int y, int width, int height, unsigned format,
		unsigned type, const void *pixels) {
	void (*real)(unsigned, int, int, int, int, int, unsigned, unsigned, const void *);
	find_real("glTexSubImage2D", &real);
	gl_calls.uploaded += (int64_t)width * height * 4;
	real(target, level, x, y, width, height, format, type, pixels);
}

typedef void *create_image_t(void *display, void *context, unsigned target, void *buffer, const int *attributes);
typedef void function_t(void);
static create_image_t *real_create_image;

static void *create_image(void *display, void *context, unsigned target, void *buffer, const int *attributes) {
	gl_calls.images++;
	return gl_calls.fails ? NULL : real_create_image(display, context, target, buffer, attributes);
}

REPLACE(function_t *, eglGetProcAddress, const char *name) {
	function_t *(*real)(const char *);
	find_real("eglGetProcAddress", &real);
	function_t *function = real(name);
	if (strcmp(name, "eglCreateImageKHR") == 0) {
		real_create_image = (create_image_t *)function;
		return (function_t *)create_image;
	}
	return function;
}
