/*
 * System calls by instructions of the program's own, as liburing, Go and Rust's rustix make them. No library sees them.
 */
#ifndef KERNEL_CALL_H
#define KERNEL_CALL_H

#include <stdlib.h>
#include <sys/syscall.h>

/* The mmap() that takes its arguments one by one. */
#ifdef SYS_mmap2
#define KERNEL_MMAP SYS_mmap2
#else
#define KERNEL_MMAP SYS_mmap
#endif

/* Returns -errno on failure. */
#if defined(BY_LIBRARY)
long call_kernel(long number, long a, long b, long c, long d, long e, long f); // kernel.c
#elif defined(__x86_64__)
static inline long call_kernel(long number, long a, long b, long c, long d, long e, long f) {
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
			: "=a"(result)
			: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			: "rcx", "r11", "memory");
	return result;
}
#elif defined(__i386__)
static inline long call_kernel(long number, long a, long b, long c, long d, long e, long f) {
	long result;
	// The last argument goes to the register of the frame pointer.
	__asm__ volatile("pushl %[last]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\tint $0x80\n\tpopl %%ebp\n\taddl $4, %%esp"
			: "=a"(result)
			: "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [last] "g"(f)
			: "memory");
	return result;
}
#elif defined(__arm__)
static inline long call_kernel(long number, long a, long b, long c, long d, long e, long f) {
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;
	// The number goes to the register of the frame pointer of Thumb code.
	__asm__ volatile("push {r7}\n\tmov r7, %[number]\n\tsvc 0\n\tpop {r7}"
			: "+r"(r0)
			: [number] "r"(number), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
			: "memory");
	return r0;
}
#elif defined(__aarch64__)
static inline long call_kernel(long number, long a, long b, long c, long d, long e, long f) {
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#else
#error "this test does not know how to call this machine's kernel"
#endif

#endif
