#include "base/page.h"

#include <unistd.h>

int64_t lido_page_get_size(void) {
	static int64_t size;
	if (size == 0) {
		size = sysconf(_SC_PAGESIZE);
	}
	return size;
}

int64_t lido_page_round_up(int64_t size) {
	return (size + lido_page_get_size() - 1) & -lido_page_get_size();
}

int64_t lido_page_round_down(int64_t size) {
	return size & -lido_page_get_size();
}
