#include "driver.h"
#include "runner.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_opened(const struct driver *driver, int fd) {
	char path[64], target[128] = {0};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 && strcmp(target, driver->card) == 0;
}

void driver_init(struct driver *driver, const char *card) {
	*driver = (struct driver){.card = card};
	for (int fd = 0; fd < DRIVER_FDS_MAX; fd++) {
		driver->was_opened[fd] = is_opened(driver, fd);
	}
}

void driver_finish(struct driver *driver) {
	int closed = 0;
	for (int fd = 0; fd < DRIVER_FDS_MAX; fd++) {
		if (!driver->was_opened[fd] && is_opened(driver, fd)) {
			close(fd);
			closed++;
		}
	}
	expect_int(closed, <=, 1);
	while (waitpid(-1, NULL, 0) > 0) {
	}
}
