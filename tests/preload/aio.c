/*
 * In place of libaio: a function that it has, by instructions of its own.
 */
#include "kernel_call.h"

#include <linux/aio_abi.h>
#include <sys/syscall.h>

__attribute__((visibility("default"))) int io_submit(void *context, long len, struct iocb **requests);

int io_submit(void *context, long len, struct iocb **requests) {
	return (int)call_kernel(SYS_io_submit, (long)context, len, (long)requests, 0, 0, 0);
}
