/*
 * In place of liburing: a function that it has, by instructions of its own.
 */
#include "kernel_call.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>

struct io_uring {
	int fd;
};

__attribute__((visibility("default"))) int io_uring_queue_init_params(
		unsigned len, struct io_uring *ring, struct io_uring_params *params);

int io_uring_queue_init_params(unsigned len, struct io_uring *ring, struct io_uring_params *params) {
	ring->fd = (int)call_kernel(SYS_io_uring_setup, len, (long)params, 0, 0, 0, 0);
	return ring->fd < 0 ? ring->fd : 0;
}
