/*
 * A library that makes direct system calls for others, and is not linked with libwayland-client.
 */
#define call_kernel call_kernel_inline
#include "kernel_call.h"
#undef call_kernel

__attribute__((visibility("default"))) long call_kernel(long number, long a, long b, long c, long d, long e, long f);

long call_kernel(long number, long a, long b, long c, long d, long e, long f) {
	return call_kernel_inline(number, a, b, c, d, e, f);
}
