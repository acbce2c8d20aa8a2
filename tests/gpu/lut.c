/*
 * Prints the gamma table of a GPU's first output, as the kernel has it: the last entry of red, green and blue, or
 * "none".
 *
 *     lut CARD
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "lut: %s\n", text);
	exit(EXIT_FAILURE);
}

// Returns the id of the table; 0: there is none.
static uint32_t find_table(int fd, uint32_t crtc) {
	drmModeObjectProperties *all = drmModeObjectGetProperties(fd, crtc, DRM_MODE_OBJECT_CRTC);
	if (all == NULL) {
		fail("the output has no properties");
	}
	uint32_t id = 0;
	bool found = false;
	for (uint32_t i = 0; i < all->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, all->props[i]);
		if (property != NULL && strcmp(property->name, "GAMMA_LUT") == 0) {
			id = (uint32_t)all->prop_values[i];
			found = true;
		}
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(all);
	if (!found) {
		fail("the GPU has no gamma tables");
	}
	return id;
}

int main(int argc, char *argv[]) {
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	drmModeRes *resources = fd != -1 ? drmModeGetResources(fd) : NULL;
	if (resources == NULL || resources->count_crtcs == 0) {
		fail("usage: lut CARD, of a GPU that has an output");
	}
	uint32_t id = find_table(fd, resources->crtcs[0]);
	drmModePropertyBlobRes *blob = id != 0 ? drmModeGetPropertyBlob(fd, id) : NULL;
	if (blob != NULL && blob->length >= sizeof(struct drm_color_lut)) {
		const struct drm_color_lut *last = (const struct drm_color_lut *)blob->data + blob->length / sizeof(*last) - 1;
		printf("%u %u %u\n", last->red, last->green, last->blue);
	} else {
		puts("none");
	}
	drmModeFreePropertyBlob(blob);
	drmModeFreeResources(resources);
	close(fd);
	return EXIT_SUCCESS;
}
