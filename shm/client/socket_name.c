#include "socket_name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

// Bytes of the name. 0: the socket has none.
static size_t get_name(int fd, struct sockaddr_un *address) {
	socklen_t size = sizeof(*address);
	const size_t start = offsetof(struct sockaddr_un, sun_path);
	if (getsockname(fd, (struct sockaddr *)address, &size) != 0 || address->sun_family != AF_UNIX || size <= start ||
			size > sizeof(*address)) {
		return 0;
	}
	return size - start;
}

// The name is abstract: no file, and gone with the socket. A socket can be named after it was connected.
bool lido_socket_name_set(int fd) {
	struct sockaddr_un address = {0};
	uint64_t numbers[2];
	if (get_name(fd, &address) > 0) {
		return true;
	}
	if (getrandom(numbers, sizeof(numbers), GRND_NONBLOCK) != (ssize_t)sizeof(numbers)) {
		return false;
	}
	address = (struct sockaddr_un){.sun_family = AF_UNIX};
	int len = snprintf(&address.sun_path[1], sizeof(address.sun_path) - 1, "lido-%016llx%016llx",
			(unsigned long long)numbers[0], (unsigned long long)numbers[1]);
	size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len;
	// If another thread is faster, its name is as good.
	return bind(fd, (const struct sockaddr *)&address, (socklen_t)size) == 0 || get_name(fd, &address) > 0;
}

bool lido_socket_name_is(int fd, const void *name, size_t size) {
	struct sockaddr_un address = {0};
	size_t own_size = get_name(fd, &address);
	return own_size > 0 && own_size == size && memcmp(address.sun_path, name, size) == 0;
}

bool lido_socket_is_pool_refused(void) {
	const char *value = getenv("LIDO_POOL");
	return value != NULL && strcmp(value, "0") == 0;
}
