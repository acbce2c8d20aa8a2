#include "driver.h"
#include "runner.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTFD "anon_inode:[eventfd]"

static bool is_target(int fd, const char *wanted) {
	char path[64], target[128] = {0};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 && strcmp(target, wanted) == 0;
}

void driver_init(struct driver *driver, const char *card) {
	*driver = (struct driver){.card = card, .renderers = 1};
	for (int fd = 0; fd < DRIVER_FDS_MAX; fd++) {
		driver->was_kept[fd] = is_target(fd, card) || is_target(fd, EVENTFD);
	}
}

static void close_kept(struct driver *driver, const char *target, int max) {
	int closed = 0;
	for (int fd = 0; fd < DRIVER_FDS_MAX; fd++) {
		if (!driver->was_kept[fd] && is_target(fd, target)) {
			close(fd);
			closed++;
		}
	}
	expect_int(closed, <=, max);
}

void driver_finish(struct driver *driver) {
	close_kept(driver, driver->card, driver->renderers);
	close_kept(driver, EVENTFD, 1);
	while (waitpid(-1, NULL, 0) > 0) {
	}
}
