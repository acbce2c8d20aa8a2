#include "scanout.h"
#include "runner.h"
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

// Returns the value of a plane's property; 0 if it has none of that name.
static uint64_t get_property(int fd, uint32_t plane, const char *name) {
	drmModeObjectProperties *all = drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);
	expect(all != NULL);
	uint64_t value = 0;
	for (uint32_t i = 0; i < all->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, all->props[i]);
		value = property != NULL && strcmp(property->name, name) == 0 ? all->prop_values[i] : value;
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(all);
	return value;
}

// Returns the first plane of that type (DRM_PLANE_TYPE_*).
static uint32_t find_plane(int fd, uint64_t type) {
	drmModePlaneRes *planes = drmModeGetPlaneResources(fd);
	expect(planes != NULL);
	uint32_t found = 0;
	for (uint32_t i = 0; i < planes->count_planes && found == 0; i++) {
		found = get_property(fd, planes->planes[i], "type") == type ? planes->planes[i] : 0;
	}
	drmModeFreePlaneResources(planes);
	expect(found != 0);
	return found;
}

static void read_framebuffer(struct scanout *scanout, int fd, uint32_t id) {
	drmModeFB2 *buffer = drmModeGetFB2(fd, id);
	expect(buffer != NULL && buffer->handles[0] != 0);
	uint64_t offset;
	expect_int(drmModeMapDumbBuffer(fd, buffer->handles[0], &offset), ==, 0);
	size_t size = buffer->offsets[0] + (size_t)buffer->height * buffer->pitches[0];
	uint8_t *data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	expect(data != MAP_FAILED);
	image_init(&scanout->image, (int32_t)buffer->width, (int32_t)buffer->height);
	image_draw(&scanout->image, 0, 0, buffer->pixel_format, data + buffer->offsets[0], (int32_t)buffer->width,
			(int32_t)buffer->height, (int32_t)buffer->pitches[0]);
	munmap(data, size);
	drmCloseBufferHandle(fd, buffer->handles[0]);
	drmModeFreeFB2(buffer);
}

void scanout_init(struct scanout *scanout, const char *card, enum scanout_plane plane) {
	*scanout = (struct scanout){0};
	int fd = open(card, O_RDWR | O_CLOEXEC);
	expect(fd >= 0);
	// The first who opens a GPU is its master. A compositor has been here before.
	expect(!drmIsMaster(fd));
	expect_int(drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1), ==, 0);
	expect_int(drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1), ==, 0); // shows the planes' places
	uint32_t id = find_plane(fd, plane == SCANOUT_CURSOR ? DRM_PLANE_TYPE_CURSOR : DRM_PLANE_TYPE_PRIMARY);
	drmModePlane *state = drmModeGetPlane(fd, id);
	expect(state != NULL);
	scanout->is_shown = state->fb_id != 0;
	if (scanout->is_shown) {
		scanout->x = (int32_t)get_property(fd, id, "CRTC_X");
		scanout->y = (int32_t)get_property(fd, id, "CRTC_Y");
		read_framebuffer(scanout, fd, state->fb_id);
	}
	drmModeFreePlane(state);
	close(fd);
}

void scanout_finish(struct scanout *scanout) {
	if (scanout->is_shown) {
		image_finish(&scanout->image);
	}
}

void expect_scanout(const char *card, const struct image *wanted, const char *what) {
	struct scanout scanout;
	scanout_init(&scanout, card, SCANOUT_PRIMARY);
	expect(scanout.is_shown);
	expect_image_of(&scanout.image, wanted, what);
	scanout_finish(&scanout);
}
