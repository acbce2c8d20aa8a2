#include "page.h"

#include <unistd.h>

size_t page_size(void) {
	static size_t size;
	if (size == 0) {
		size = (size_t)sysconf(_SC_PAGESIZE);
	}
	return size;
}

size_t page_round(size_t size) {
	return (size + page_size() - 1) & ~(page_size() - 1);
}
