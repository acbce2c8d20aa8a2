/*
 * The malloc() of the compositor, which this program has too.
 */
#include "heap.h"

#include "account.h"
#include "runner.h"
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct account *begin(void) {
	struct account *account = account_open(1);
	expect(account != NULL);
	heap_set_account(account);
	return account;
}

static void end(struct account *account) {
	heap_set_account(NULL);
	expect_int(account->heap_size, ==, 0);
	account_close(account);
}

// The compiler must not leave out the calls.
static void *volatile sink;

static void *keep(void *data) {
	sink = data;
	return sink;
}

TEST("heap@blocks-of-all-sizes-are-aligned-and-their-own") {
	void *blocks[600];
	for (size_t i = 0; i < 600; i++) {
		blocks[i] = keep(malloc(i)); // NOLINT(clang-analyzer-optin.portability.UnixAPI): 0 is a size, too
		expect(blocks[i] != NULL);
		expect_int((uintptr_t)blocks[i] % _Alignof(max_align_t), ==, 0);
		expect_int(malloc_usable_size(blocks[i]), >=, i);
		memset(blocks[i], (int)i, malloc_usable_size(blocks[i]));
	}
	for (size_t i = 0; i < 600; i++) {
		for (size_t j = 0; j < malloc_usable_size(blocks[i]); j++) {
			expect_int(((uint8_t *)blocks[i])[j], ==, (uint8_t)i);
		}
		free(blocks[i]);
	}
}

TEST("heap@counts-exactly-what-is-held") {
	struct account *account = begin();
	void *data = keep(malloc(1000));
	size_t held = account->heap_size;
	expect_int(held, >=, 1000);
	expect_int(held, <=, 1100);
	data = keep(realloc(data, 100000));
	expect_int(account->heap_size, >=, 100000);
	expect_int(account->heap_size, <=, 100100);
	void *zeros = keep(calloc(1000, 10));
	expect_int(account->heap_size, >=, 110000);
	free(data);
	expect_int(account->heap_size, <=, 10100);
	heap_set_account(NULL); // whoever frees it
	free(zeros);
	end(account);
}

TEST("heap@realloc-keeps-bytes-and-counts-on-who-grows-a-block") {
	struct account *second = account_open(2);
	struct account *first = begin();
	uint8_t *data = keep(malloc(100));
	memset(data, 0x5a, 100);
	heap_set_account(second);
	data = keep(realloc(data, 5000));
	expect_int(first->heap_size, ==, 0);
	expect_int(second->heap_size, >=, 5000);
	for (int i = 0; i < 100; i++) {
		expect_int(data[i], ==, 0x5a);
	}
	heap_set_account(NULL);
	data = keep(realloc(data, 10));
	expect_int(second->heap_size, >, 0); // nobody's work leaves it where it is
	expect_int(second->heap_size, <, 100);
	expect(keep(realloc(data, 0)) == NULL);
	end(first);
	end(second);
}

TEST("heap@calloc-is-zeroed-also-in-memory-that-was-used") {
	for (int round = 0; round < 100; round++) {
		uint8_t *data = keep(calloc(round + 1, 37));
		for (int i = 0; i < (round + 1) * 37; i++) {
			expect_int(data[i], ==, 0);
		}
		memset(data, 0xff, (size_t)(round + 1) * 37);
		free(data);
	}
}

TEST("heap@aligned-blocks-are-aligned-and-not-counted") {
	struct account *account = begin();
	for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
		uint8_t *data = keep(aligned_alloc(alignment, 3 * alignment));
		expect(data != NULL);
		expect_int((uintptr_t)data % alignment, ==, 0);
		memset(data, 1, malloc_usable_size(data));
		data = keep(realloc(data, 4 * alignment));
		expect_int(data[3 * alignment - 1], ==, 1);
		free(data);
		void *other;
		if (alignment >= sizeof(void *)) {
			expect_int(posix_memalign(&other, alignment, 1), ==, 0);
			expect_int((uintptr_t)other % alignment, ==, 0);
			free(other);
		}
	}
	void *page = keep(valloc(1)), *pages = keep(pvalloc(1));
	expect_int((uintptr_t)page % (uintptr_t)getpagesize(), ==, 0);
	expect_int(malloc_usable_size(pages), >=, getpagesize());
	expect_int(account->heap_size, ==, 0);
	free(page);
	free(pages);
	end(account);
}

TEST("heap@impossible-sizes-fail") {
	void *data = keep(malloc(10)), *other = NULL;
	volatile size_t size = SIZE_MAX - 8;
	errno = 0;
	expect(keep(malloc(size)) == NULL);
	expect_int(errno, ==, ENOMEM);
	expect(keep(calloc(size, 2)) == NULL);
	expect(keep(calloc(size / 2, 2)) == NULL);
	void *volatile same = data; // the compiler believes that realloc() always frees
	expect(keep(realloc(data, size)) == NULL);
	expect(keep(aligned_alloc(16, size)) == NULL);
	expect(keep(aligned_alloc(24, 24)) == NULL);
	expect(keep(pvalloc(size)) == NULL);
	expect_int(posix_memalign(&other, sizeof(void *) / 2, 4), ==, EINVAL);
	expect_int(posix_memalign(&other, 16, size), ==, ENOMEM);
	free(same);
}

static void *free_in_thread(void *data) {
	free(data);
	return NULL;
}

TEST("heap@block-that-is-given-counts-on-its-new-account-only") {
	struct account *second = account_open(2);
	struct account *first = begin();
	void *data = keep(malloc(1000));
	size_t held = first->heap_size;
	heap_give(data, second);
	heap_give(NULL, second);
	expect_int(first->heap_size, ==, 0);
	expect_int(second->heap_size, ==, held);
	heap_give(data, NULL);
	expect_int(second->heap_size, ==, 0);
	free(data);
	account_close(second);
	end(first);
}

TEST("heap@block-may-be-freed-by-another-thread") {
	struct account *account = begin();
	void *data = keep(malloc(1234));
	pthread_t thread;
	heap_set_account(NULL);
	expect_int(pthread_create(&thread, NULL, free_in_thread, data), ==, 0);
	pthread_join(thread, NULL);
	end(account);
}

TEST("account@of-a-process-lasts-until-its-last-block-is-freed") {
	struct account *account = begin();
	expect(account_open(1) == account);
	void *data = keep(malloc(100));
	heap_set_account(NULL);
	account_close(account);
	account_close(account);
	// The process connects again: what is left of its earlier connections still counts.
	expect(account_open(1) == account);
	expect_int(account->heap_size, >=, 100);
	free(data);
	end(account);
}
