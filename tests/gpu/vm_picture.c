/*
 * Looks at screenshots of the virtual machine's outputs, as PPM:
 *
 *     vm_picture monitor FILE HEAD                 the machine's monitor shows the same
 *     vm_picture window FILE X Y WIDTH HEIGHT      a window is at that place, and nothing else is shown
 *     vm_picture rings FILE X Y WIDTH HEIGHT       the same of weston-simple-shm
 *     vm_picture triangle FILE X Y WIDTH HEIGHT    the same of weston-simple-egl -o
 *     vm_picture square FILE X Y WIDTH HEIGHT      the same of weston-simple-dmabuf-egl
 *
 * If not, prints the first difference, and exits with 1.
 *
 * What these clients draw moves. Stop them first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What QEMU's windows show, as xwd writes it: scripts/vm-run puts one beside the other.
#define SCREEN "/run/job/Xvfb_screen0"
#define HEAD_WIDTH 1024
#define SIZE_LIMIT 2048

struct box {
	int x, y, width, height;
};

struct picture {
	int width, height;
	uint32_t *pixels; // 0xRRGGBB
};

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void read_exactly(FILE *file, const char *path, void *data, size_t size) {
	if (fread(data, 1, size, file) != size) {
		fail("%s: too short", path);
	}
}

static FILE *open_file(const char *path) {
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		fail("%s: %s", path, strerror(errno));
	}
	return file;
}

static struct picture create_picture(int width, int height) {
	if (width <= 0 || height <= 0 || width > SIZE_LIMIT || height > SIZE_LIMIT) {
		fail("a picture of %dx%d pixels", width, height);
	}
	struct picture picture = {width, height, calloc(SIZE_LIMIT * SIZE_LIMIT, sizeof(uint32_t))};
	if (picture.pixels == NULL) {
		fail("out of memory");
	}
	return picture;
}

static struct picture read_ppm(const char *path) {
	int width, height;
	FILE *file = open_file(path);
	if (fscanf(file, "P6 %d %d 255", &width, &height) != 2 || fgetc(file) == EOF) {
		fail("%s: not a PPM of 8 bits", path);
	}
	struct picture picture = create_picture(width, height);
	for (int i = 0; i < width * height; i++) {
		unsigned char rgb[3];
		read_exactly(file, path, rgb, sizeof(rgb));
		picture.pixels[i] = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
	}
	fclose(file);
	return picture;
}

// Reads a part of the screen.
static struct picture read_screen(const struct box *box) {
	// Words of the header: 0 is its size, 12 the bytes per row, 19 the number of colors, of 12 bytes each.
	uint32_t header[25];
	FILE *file = open_file(SCREEN);
	read_exactly(file, SCREEN, header, sizeof(header));
	long start = (long)ntohl(header[0]) + (long)ntohl(header[19]) * 12, stride = (long)ntohl(header[12]);
	struct picture picture = create_picture(box->width, box->height);
	for (int y = 0; y < box->height; y++) {
		uint32_t *row = &picture.pixels[y * box->width];
		fseek(file, start + (box->y + y) * stride + box->x * 4L, SEEK_SET);
		read_exactly(file, SCREEN, row, (size_t)box->width * 4);
		for (int x = 0; x < box->width; x++) {
			row[x] &= 0xffffff;
		}
	}
	fclose(file);
	return picture;
}

static uint32_t get_pixel(const struct picture *picture, int x, int y) {
	return picture->pixels[y * picture->width + x];
}

static bool is_near(uint32_t left, uint32_t right, int steps) {
	for (int shift = 0; shift < 24; shift += 8) {
		if (abs((int)(left >> shift & 255) - (int)(right >> shift & 255)) > steps) {
			return false;
		}
	}
	return true;
}

static void expect_pixel(const struct picture *picture, int x, int y, uint32_t wanted, int steps) {
	uint32_t color = get_pixel(picture, x, y);
	if (!is_near(color, wanted, steps)) {
		fail("%d,%d is %06x, not %06x", x, y, color, wanted);
	}
}

static void check_monitor(const struct picture *wanted, int head) {
	struct picture shown = read_screen(&(struct box){head * HEAD_WIDTH, 0, wanted->width, wanted->height});
	int bad = 0, first = -1;
	for (int i = 0; i < wanted->width * wanted->height; i++) {
		if (!is_near(shown.pixels[i], wanted->pixels[i], 1)) {
			first = first < 0 ? i : first;
			bad++;
		}
	}
	if (bad > 0) {
		fail("the monitor shows %d of %d pixels differently, the first at %d,%d: %06x, not %06x", bad,
				wanted->width * wanted->height, first % wanted->width, first / wanted->width, shown.pixels[first],
				wanted->pixels[first]);
	}
	free(shown.pixels);
}

// The smallest box in another one with everything that has another color than the background.
static struct box find_box(const struct picture *picture, const struct box *outer, uint32_t background) {
	int left = picture->width, top = picture->height, right = 0, bottom = 0;
	for (int y = outer->y; y < outer->y + outer->height; y++) {
		for (int x = outer->x; x < outer->x + outer->width; x++) {
			if (get_pixel(picture, x, y) != background) {
				left = x < left ? x : left;
				right = x >= right ? x + 1 : right;
				top = y < top ? y : top;
				bottom = y + 1;
			}
		}
	}
	return (struct box){left, top, right - left, bottom - top};
}

// The last pixel shows no window.
static void check_place(const struct picture *picture, const struct box *box) {
	struct box all = {0, 0, picture->width, picture->height};
	struct box found = find_box(picture, &all, get_pixel(picture, picture->width - 1, picture->height - 1));
	if (found.width <= 0) {
		fail("no window is shown");
	}
	if (memcmp(&found, box, sizeof(found)) != 0) {
		fail("a window of %dx%d at %d,%d, not of %dx%d at %d,%d", found.width, found.height, found.x, found.y,
				box->width, box->height, box->x, box->y);
	}
}

// A color that encodes a number, which it is multiplied by.
#define RINGS_STEP 0x80401u

// The number that a color encodes, below 2^24: multiplies by the inverse of the odd step.
static uint32_t decode_number(uint32_t color) {
	uint32_t inverse = RINGS_STEP;
	for (int i = 0; i < 5; i++) {
		inverse *= 2 - RINGS_STEP * inverse; // each doubles the number of correct bits
	}
	return color * inverse & 0xffffff;
}

// Inside a white frame, each pixel is a number of its place and of the time: beyond a disc of its column, in the disc's
// rim of its row, at half of the pace, and else of the distance from the center, at a quarter. Alpha, which an X in the
// format makes meaningless, is 0 in a cross.
static void check_rings(const struct picture *picture, const struct box *box) {
	enum {
		FRAME = 20,
		RIM = 32,
		GAP = 8
	};
	int center_x = box->width / 2, center_y = box->height / 2;
	int outer = (center_x < center_y ? center_x : center_y) - GAP, inner = outer - RIM;
	uint32_t time = decode_number(get_pixel(picture, box->x + FRAME, box->y + FRAME)) - FRAME;
	for (int y = 0; y < box->height; y++) {
		for (int x = 0; x < box->width; x++) {
			int distance = (x - center_x) * (x - center_x) + (y - center_y) * (y - center_y);
			uint32_t number = (uint32_t)x + time;
			if (distance < inner * inner) {
				number = (uint32_t)distance / 32 + time / 4;
			} else if (distance < outer * outer) {
				number = (uint32_t)y + time / 2;
			}
			bool is_framed = x < FRAME || y < FRAME || x >= box->width - FRAME || y >= box->height - FRAME;
			expect_pixel(picture, box->x + x, box->y + y, is_framed ? 0xffffff : number * RINGS_STEP & 0xffffff, 0);
		}
	}
}

// It turns about the vertical axis, so that these points keep their color: its apex is blue, the middle of its base,
// which goes from red to green, has half of both, and its center half of the apex and of that.
static void check_triangle(const struct picture *picture, const struct box *box) {
	int center = box->x + box->width / 2;
	expect_pixel(picture, box->x, box->y, 0, 0);
	expect_pixel(picture, center, box->y + box->height / 4 - 3, 0, 0);
	expect_pixel(picture, center, box->y + box->height / 4 + 3, 0x0000ff, 12);
	expect_pixel(picture, center, box->y + box->height / 2, 0x404080, 4);
	expect_pixel(picture, center, box->y + box->height * 3 / 4 - 3, 0x7f7f00, 12);
	expect_pixel(picture, center, box->y + box->height * 3 / 4 + 3, 0, 0);
}

// It moves in a black window, has half of its size, and another color in each corner.
static void check_square(const struct picture *picture, const struct box *box) {
	struct box square = find_box(picture, box, 0);
	if (abs(square.width - box->width / 2) > 1 || abs(square.height - box->height / 2) > 1) {
		fail("the square has %dx%d pixels", square.width, square.height);
	}
	int left = square.x, right = square.x + square.width - 1, middle_x = square.x + square.width / 2;
	int top = square.y, bottom = square.y + square.height - 1, middle_y = square.y + square.height / 2;
	expect_pixel(picture, left, top, 0x00ff00, 6);
	expect_pixel(picture, right, top, 0xffff00, 6);
	expect_pixel(picture, left, bottom, 0xff0000, 6);
	expect_pixel(picture, right, bottom, 0x0000ff, 6);
	expect_pixel(picture, middle_x, top, 0x7fff00, 6);
	expect_pixel(picture, left, middle_y, 0x7f7f00, 6);
	expect_pixel(picture, middle_x, bottom, 0x7f007f, 6);
	expect_pixel(picture, right, middle_y, 0x7f7f7f, 6);
	expect_pixel(picture, middle_x, middle_y, 0x007f7f, 6);
}

static void check_client(const struct picture *picture, const char *what, char *place[], int place_len) {
	if (place_len != 4) {
		fail("%s: X Y WIDTH HEIGHT are missing", what);
	}
	struct box box = {atoi(place[0]), atoi(place[1]), atoi(place[2]), atoi(place[3])};
	check_place(picture, &box);
	if (strcmp(what, "rings") == 0) {
		check_rings(picture, &box);
	} else if (strcmp(what, "triangle") == 0) {
		check_triangle(picture, &box);
	} else if (strcmp(what, "square") == 0) {
		check_square(picture, &box);
	} else if (strcmp(what, "window") != 0) {
		fail("unknown picture: %s", what);
	}
}

int main(int argc, char *argv[]) {
	if (argc < 4) {
		fprintf(stderr, "see the head of vm_picture.c\n");
		return 2;
	}
	struct picture picture = read_ppm(argv[2]);
	if (strcmp(argv[1], "monitor") == 0) {
		check_monitor(&picture, atoi(argv[3]));
	} else {
		check_client(&picture, argv[1], &argv[3], argc - 3);
	}
	free(picture.pixels);
	return 0;
}
