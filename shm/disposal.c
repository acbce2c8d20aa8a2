#include "disposal.h"

#include "os.h"

#include <stdlib.h>

// What may go in a turn of the event loop: about 1 ms of the kernel's work. Bytes.
#define PIECE_SIZE (16 << 20)

// What a file counts at least, since closing one takes time as well: 256 of them are a piece. Bytes.
#define FILE_SIZE_MIN (64 << 10)

struct file {
	struct wl_list link; // lido_disposal.files
	int fd;
	bool is_ours;
	int64_t start; // of what has not gone yet
	int64_t end;
};

static void file_close(struct lido_disposal *disposal, struct file *file) {
	wl_list_remove(&file->link);
	--disposal->files_len;
	lido_os.close(file->fd);
	free(file);
}

static void close_all(struct lido_disposal *disposal) {
	struct file *file, *next;
	wl_list_for_each_safe(file, next, &disposal->files, link) {
		file_close(disposal, file);
	}
}

// The file goes as far as it may.
static void file_reduce(struct lido_disposal *disposal, struct file *file) {
	int64_t size = file->end - file->start;
	if (file->is_ours && size > disposal->bytes_left) {
		lido_os.punch_hole(file->fd, file->start, disposal->bytes_left);
		file->start += disposal->bytes_left;
		disposal->bytes_left = 0;
		return;
	}
	disposal->bytes_left -= size > FILE_SIZE_MIN ? size : FILE_SIZE_MIN;
	file_close(disposal, file);
}

static void handle_turn(void *data) {
	struct lido_disposal *disposal = data;
	disposal->turn = NULL;
}

static void dispose(struct lido_disposal *disposal) {
	if (disposal->turn == NULL) {
		disposal->turn = wl_event_loop_add_idle(disposal->loop, handle_turn, disposal);
		disposal->bytes_left = PIECE_SIZE;
	}
	struct file *file, *next;
	wl_list_for_each_safe(file, next, &disposal->files, link) {
		if (disposal->bytes_left <= 0) {
			break;
		}
		file_reduce(disposal, file);
	}
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
	dispose(disposal);
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

void lido_disposal_init(struct lido_disposal *disposal, struct wl_event_loop *loop) {
	*disposal = (struct lido_disposal){.loop = loop};
	wl_list_init(&disposal->files);
}

void lido_disposal_finish(struct lido_disposal *disposal) {
	close_all(disposal);
	stop(disposal);
	if (disposal->turn != NULL) {
		wl_event_source_remove(disposal->turn);
	}
}

void lido_disposal_close(struct lido_disposal *disposal, int fd, bool is_ours) {
	struct file *file = lido_os.calloc(1, sizeof(*file));
	struct stat stat;
	if (file == NULL || lido_os.fstat(fd, &stat) != 0) {
		free(file);
		lido_os.close(fd);
		return;
	}
	file->fd = fd;
	file->is_ours = is_ours;
	file->end = is_ours ? stat.st_size : stat.st_blocks * INT64_C(512);
	wl_list_insert(disposal->files.prev, &file->link);
	++disposal->files_len;
	if (disposal->next == NULL) {
		dispose(disposal);
	}
	if (disposal->next == NULL && !wl_list_empty(&disposal->files) && !start(disposal)) {
		close_all(disposal);
	}
}
