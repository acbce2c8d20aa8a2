/*
 * A plugin that uses liburing and libaio.
 */
#include <linux/aio_abi.h>
#include <linux/io_uring.h>

struct io_uring {
	int fd;
};

int io_uring_queue_init_params(unsigned len, struct io_uring *ring, struct io_uring_params *params);
int io_submit(void *context, long len, struct iocb **requests);
__attribute__((visibility("default"))) int plugin_create_ring(struct io_uring_params *params);
__attribute__((visibility("default"))) int plugin_submit(aio_context_t context, struct iocb *request);

int plugin_create_ring(struct io_uring_params *params) {
	struct io_uring ring;
	int result = io_uring_queue_init_params(1, &ring, params);
	return result < 0 ? result : ring.fd;
}

int plugin_submit(aio_context_t context, struct iocb *request) {
	struct iocb *requests[] = {request};
	return io_submit((void *)context, 1, requests);
}
