#include "resources.h"
#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// gcc's analyzer forgets a pointer that is stored at an index it does not know.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static void resources_add(struct resources *resources, const char *line) {
	if (resources->lines_len == resources->lines_capacity) {
		resources->lines_capacity = 2 * resources->lines_capacity + 16;
		char **lines = realloc(resources->lines, resources->lines_capacity * sizeof(char *));
		assert(lines != NULL);
		resources->lines = lines;
	}
	char *copy = strdup(line);
	assert(copy != NULL);
	resources->lines[resources->lines_len++] = copy;
}

// wlroots opens it once per process, for activation tokens.
static bool is_kept_open(const char *path) {
	return strcmp(path, "/dev/urandom") == 0;
}

static void resources_add_fds(struct resources *resources) {
	DIR *dir = opendir("/proc/self/fd");
	assert(dir != NULL);
	int fd = dirfd(dir);
	assert(fd >= 0);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char target[256] = {0}, line[600];
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == fd ||
				readlinkat(fd, entry->d_name, target, sizeof(target) - 1) < 0 || is_kept_open(target)) {
			continue;
		}
		snprintf(line, sizeof(line), "fd %s %s", entry->d_name, target);
		resources_add(resources, line);
	}
	closedir(dir);
}

// A GPU's driver keeps mappings of its own memory for the next use.
static bool is_client_memory(const char *permissions, const char *path) {
	if (strncmp(path, "/dev/dri/", 9) == 0) {
		return false;
	}
	return permissions[3] == 's' || strncmp(path, "/memfd:", 7) == 0 || strncmp(path, "/dev/shm/", 9) == 0;
}

// Compares whole lines of the file: a test that leaves nothing behind leaves exactly the same lines, although the
// kernel may merge or split adjacent mappings of one file in between.
static void resources_add_mappings(struct resources *resources) {
	FILE *maps = fopen("/proc/self/maps", "re");
	assert(maps != NULL);
	char text[1024];
	while (fgets(text, sizeof(text), maps) != NULL) {
		char range[40], permissions[5], offset[20], device[16], inode[24], path[512] = "";
		text[strcspn(text, "\n")] = '\0';
		if (sscanf(text, "%39s %4s %19s %15s %23s %511[^\n]", range, permissions, offset, device, inode, path) >= 5 &&
				is_client_memory(permissions, path)) {
			char line[1100];
			snprintf(line, sizeof(line), "mapping %s", text);
			resources_add(resources, line);
		}
	}
	fclose(maps);
}

static int compare_lines(const void *left, const void *right) {
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void resources_init(struct resources *resources) {
	*resources = (struct resources){0};
	resources_add_fds(resources);
	resources_add_mappings(resources);
	assert(resources->lines != NULL); // at least one fd: the process was started with some
	qsort(resources->lines, resources->lines_len, sizeof(char *), compare_lines);
}

void resources_finish(struct resources *resources) {
	for (size_t i = 0; i < resources->lines_len; i++) {
		free(resources->lines[i]);
	}
	free(resources->lines);
	*resources = (struct resources){0};
}

size_t resources_print_difference(const struct resources *before, const struct resources *after, FILE *stream) {
	size_t i = 0, j = 0, differences = 0;
	while (i < before->lines_len || j < after->lines_len) {
		int order = i == before->lines_len ? 1 : j == after->lines_len ? -1 : strcmp(before->lines[i], after->lines[j]);
		if (order < 0) {
			fprintf(stream, "gone: %s\n", before->lines[i]);
		} else if (order > 0) {
			fprintf(stream, "left behind: %s\n", after->lines[j]);
		}
		differences += order != 0;
		i += order <= 0;
		j += order >= 0;
	}
	return differences;
}
