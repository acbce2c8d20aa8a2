#include "memory/disposal.h"

#include "base/number.h"
#include "base/os.h"

#include <stdlib.h>

// Bytes that may be freed in one dispatch: about 1 ms of the kernel's work.
#define PIECE_SIZE (16 << 20)

// Bytes that each file counts at least, since closing one takes time as well: 256 files are a piece.
#define FILE_SIZE_MIN (64 << 10)

struct file {
	struct wl_list link; // lido_disposal.files
	int fd;
	bool is_ours;
	int64_t start; // bytes before it are punched out already
	int64_t end;
};

static void file_close(struct lido_disposal *disposal, struct file *file) {
	wl_list_remove(&file->link);
	lido_quota_total_subtract(disposal->total, LIDO_QUOTA_FILES, 1);
	lido_os.close(file->fd);
	free(file);
}

static void handle_dispatch_end(void *data) {
	struct lido_disposal *disposal = data;
	disposal->dispatch_end = NULL;
}

static void begin_dispatch(struct lido_disposal *disposal) {
	if (disposal->dispatch_end == NULL) {
		disposal->dispatch_end = wl_event_loop_add_idle(disposal->loop, handle_dispatch_end, disposal);
		disposal->bytes_left = PIECE_SIZE;
	}
}

static void spend(struct lido_disposal *disposal, int64_t size) {
	disposal->bytes_left -= lido_max(size, FILE_SIZE_MIN);
}

// Frees as much of the file as this dispatch allows, and closes it at its end.
static void file_reduce(struct lido_disposal *disposal, struct file *file) {
	int64_t size = file->end - file->start;
	if (file->is_ours && size > disposal->bytes_left) {
		lido_os.punch_hole(file->fd, file->start, disposal->bytes_left);
		file->start += disposal->bytes_left;
		disposal->bytes_left = 0;
		return;
	}
	spend(disposal, size);
	file_close(disposal, file);
}

static void stop(struct lido_disposal *disposal) {
	if (disposal->next != NULL) {
		wl_event_source_remove(disposal->next);
		disposal->next = NULL;
		lido_os.close(disposal->ready_fd);
	}
}

static int handle_next(int fd, uint32_t mask, void *data) {
	struct lido_disposal *disposal = data;
	struct file *file, *next;
	begin_dispatch(disposal);
	wl_list_for_each_safe(file, next, &disposal->files, link) {
		if (disposal->bytes_left <= 0) {
			break;
		}
		file_reduce(disposal, file);
	}
	if (wl_list_empty(&disposal->files)) {
		stop(disposal);
	}
	return 0;
}

static bool start(struct lido_disposal *disposal) {
	disposal->ready_fd = lido_os.open_ready();
	if (disposal->ready_fd == -1) {
		return false;
	}
	disposal->next = wl_event_loop_add_fd(disposal->loop, disposal->ready_fd, WL_EVENT_READABLE, handle_next, disposal);
	if (disposal->next == NULL) {
		lido_os.close(disposal->ready_fd);
	}
	return disposal->next != NULL;
}

void lido_disposal_init(struct lido_disposal *disposal, struct wl_event_loop *loop, struct lido_quota_total *total) {
	*disposal = (struct lido_disposal){.loop = loop, .total = total};
	wl_list_init(&disposal->files);
}

void lido_disposal_finish(struct lido_disposal *disposal) {
	struct file *file, *next;
	wl_list_for_each_safe(file, next, &disposal->files, link) {
		file_close(disposal, file);
	}
	stop(disposal);
	if (disposal->dispatch_end != NULL) {
		wl_event_source_remove(disposal->dispatch_end);
	}
}

static void add(struct lido_disposal *disposal, int fd, bool is_ours, int64_t size) {
	struct file *file = lido_os.calloc(1, sizeof(*file));
	if (file == NULL || (disposal->next == NULL && !start(disposal))) {
		free(file);
		lido_os.close(fd);
		return;
	}
	*file = (struct file){.fd = fd, .is_ours = is_ours, .end = size};
	wl_list_insert(disposal->files.prev, &file->link);
	lido_quota_total_add(disposal->total, LIDO_QUOTA_FILES, 1);
}

void lido_disposal_close(struct lido_disposal *disposal, int fd, bool is_ours) {
	struct stat stat = {0};
	lido_os.fstat(fd, &stat); // if it fails, the size is 0 and the file is closed at once
	int64_t size = is_ours ? stat.st_size : stat.st_blocks * INT64_C(512);
	begin_dispatch(disposal);
	if (disposal->next == NULL && size <= disposal->bytes_left) {
		spend(disposal, size);
		lido_os.close(fd);
	} else {
		add(disposal, fd, is_ours, size);
	}
}
