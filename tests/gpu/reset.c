/*
 * llvmpipe reports no resets, and does not say that it could. wlroots looks for GL_KHR_robustness when it creates a
 * renderer, and asks for the status before it draws.
 */
#include "reset.h"
#include "runner.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// As in <GLES2/gl2.h> and <GLES2/gl2ext.h>.
#define GL_EXTENSIONS 0x1f03
#define GL_LOSE_CONTEXT_ON_RESET_KHR 0x8252
#define GL_GUILTY_CONTEXT_RESET_KHR 0x8253
#define GL_RESET_NOTIFICATION_STRATEGY_KHR 0x8256

#define ROBUSTNESS " GL_KHR_robustness"

static bool is_lost; // until the next renderer is created
static int failures; // that are left
static int attempts;

void reset_gpu(void) {
	reset_gpu_failing(0);
}

void reset_gpu_failing(int len) {
	is_lost = true;
	failures = len;
}

int reset_get_attempts(void) {
	return attempts;
}

#define REPLACE(result, name, ...) \
	__attribute__((visibility("default"))) result name(__VA_ARGS__); \
	__attribute__((visibility("default"))) result name(__VA_ARGS__)

// function: address of a pointer to a function.
static void find_real(const char *name, void *function) {
	void *address = dlsym(RTLD_NEXT, name);
	expect(address != NULL);
	memcpy(function, &address, sizeof(address));
}

static const unsigned char *create_renderer(const char *extensions) {
	static char text[16384];
	attempts++;
	if (failures > 0) {
		failures--;
		return NULL;
	}
	is_lost = false;
	int length = snprintf(text, sizeof(text), "%s%s", extensions, ROBUSTNESS);
	expect_int(length, <, (int)sizeof(text));
	return (const unsigned char *)text;
}

REPLACE(const unsigned char *, glGetString, unsigned name) {
	const unsigned char *(*real)(unsigned);
	find_real("glGetString", &real);
	const unsigned char *text = real(name);
	return name == GL_EXTENSIONS ? create_renderer((const char *)text) : text;
}

REPLACE(void, glGetIntegerv, unsigned name, int *value) {
	void (*real)(unsigned, int *);
	find_real("glGetIntegerv", &real);
	if (name == GL_RESET_NOTIFICATION_STRATEGY_KHR) {
		*value = GL_LOSE_CONTEXT_ON_RESET_KHR;
	} else {
		real(name, value);
	}
}

static unsigned get_reset_status(void) {
	return is_lost ? GL_GUILTY_CONTEXT_RESET_KHR : 0;
}

typedef void function_t(void);

REPLACE(function_t *, eglGetProcAddress, const char *name) {
	function_t *(*real)(const char *);
	find_real("eglGetProcAddress", &real);
	return strcmp(name, "glGetGraphicsResetStatusKHR") == 0 ? (function_t *)get_reset_status : real(name);
}
