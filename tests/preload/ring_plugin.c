/*
 * A plugin that uses liburing and libaio.
 */
#include <linux/aio_abi.h>
#include <linux/io_uring.h>

int io_uring_queue_init_params(unsigned len, int *ring, struct io_uring_params *params);
int io_submit(aio_context_t context, long len, struct iocb **requests);
__attribute__((visibility("default"))) int plugin_create_ring(struct io_uring_params *params);
__attribute__((visibility("default"))) int plugin_submit(aio_context_t context, struct iocb *request);

int plugin_create_ring(struct io_uring_params *params) {
	int ring;
	int result = io_uring_queue_init_params(1, &ring, params);
	return result < 0 ? result : ring;
}

int plugin_submit(aio_context_t context, struct iocb *request) {
	struct iocb *requests[] = {request};
	return io_submit(context, 1, requests);
}
