/*
 * Counts what wlroots uploads to OpenGL ES and imports by EGL. Programs that use it replace functions of these
 * libraries: link them with export_dynamic.
 */
#ifndef HARNESS_GL_CALLS_H
#define HARNESS_GL_CALLS_H

#include <stdbool.h>
#include <stdint.h>

struct gl_calls {
	int64_t uploaded; // bytes, if all pixels have four
	int images;       // EGLImages that were created
	bool fails;       // imports fail; the test sets it
};

extern struct gl_calls gl_calls;

#endif
