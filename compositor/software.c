/*
 * EGL tells. Mesa draws in software on a device that says so, which wlroots refuses unless WLR_RENDERER_ALLOW_SOFTWARE
 * is set (render/egl.c, egl_init_display()), or by the driver kms_swrast on a DRM device that has no GPU, which wlroots
 * does not notice. wlroots' Vulkan renderer refuses software.
 */
#include "software.h"

#include <wlr/config.h>
#include <wlr/render/wlr_renderer.h>

#if LIDO_EGL && WLR_HAS_GLES2_RENDERER

#include <string.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>

// Sets *function to an address, or NULL.
static void find_function(const char *name, void *function) {
	void (*address)(void) = eglGetProcAddress(name);
	memcpy(function, &address, sizeof(address));
}

static bool is_software_device(EGLDisplay display) {
	PFNEGLQUERYDISPLAYATTRIBEXTPROC query_display;
	PFNEGLQUERYDEVICESTRINGEXTPROC query_device;
	find_function("eglQueryDisplayAttribEXT", &query_display);
	find_function("eglQueryDeviceStringEXT", &query_device);
	EGLAttrib device;
	if (query_display == NULL || query_device == NULL || !query_display(display, EGL_DEVICE_EXT, &device)) {
		return false;
	}
	const char *extensions = query_device((EGLDeviceEXT)device, EGL_EXTENSIONS);
	return extensions != NULL && strstr(extensions, "EGL_MESA_device_software") != NULL;
}

static bool is_software_driver(EGLDisplay display) {
	PFNEGLGETDISPLAYDRIVERNAMEPROC get_name;
	find_function("eglGetDisplayDriverName", &get_name);
	const char *extensions = eglQueryString(display, EGL_EXTENSIONS);
	if (get_name == NULL || extensions == NULL || strstr(extensions, "EGL_MESA_query_driver") == NULL) {
		return false;
	}
	const char *name = get_name(display);
	return name != NULL && strstr(name, "swrast") != NULL;
}

bool software_has_renderer(struct wlr_renderer *renderer) {
	if (!wlr_renderer_is_gles2(renderer)) {
		return false;
	}
	EGLDisplay display = wlr_egl_get_display(wlr_gles2_renderer_get_egl(renderer));
	return is_software_device(display) || is_software_driver(display);
}

#else

#include <stdlib.h>
#include <wlr/render/pixman.h>

// Built without EGL's headers: whoever allows software rendering is taken to have it.
bool software_has_renderer(struct wlr_renderer *renderer) {
	return !wlr_renderer_is_pixman(renderer) && getenv("WLR_RENDERER_ALLOW_SOFTWARE") != NULL;
}

#endif
