/*
 * INTERPOSE defines a function of the C library that tests something, which may have effects, and then calls the
 * original:
 *
 *     INTERPOSE(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), outside_access(fd), -1)
 *
 * If the test fails, the function returns the last argument. The names in C differ from those of the symbols: headers
 * redirect one variant of the real names to the other.
 */
#ifndef LIDO_RUN_INTERPOSE_H
#define LIDO_RUN_INTERPOSE_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * An offset as the functions of the C library take it whose names do not end in 64: one word. off_t always has 64 bits
 * here, as in those whose names do.
 */
typedef __off_t word_offset;

#define SYMBOL(name) __asm__(name) __attribute__((visibility("default")))

#define INTERPOSE(result, name, params, args, test, failure) \
	result call_##name params SYMBOL(#name); \
	result call_##name params { \
		static _Atomic(uintptr_t) place; \
		if (!(test)) { \
			return failure; \
		} \
		return ((result(*) params)find_original(&place, #name))args; \
	}

/*
 * Finds the original of an interposed function, once for each place. If there is none: a function that fails with
 * ENOSYS.
 */
uintptr_t find_original(_Atomic(uintptr_t) *place, const char *name);

#endif
