/*
 * Prints what ld.so puts in place of $LIB in paths of libraries, such as lib/x86_64-linux-gnu. Run when a build is
 * configured. Prints nothing if there is no such thing.
 *
 * The folders in which ld.so searches begin with /$LIB. Which of them it is, it says itself: of a file that is no
 * library, the error has the path in full.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "/empty"

// The search path of this program. NULL: unknown.
static Dl_serinfo *get_search_path(void) {
	Dl_serinfo head;
	void *self = dlopen(NULL, RTLD_LAZY);
	if (self == NULL || dlinfo(self, RTLD_DI_SERINFOSIZE, &head) != 0) {
		return NULL;
	}
	Dl_serinfo *info = malloc(head.dls_size);
	if (info != NULL) {
		memcpy(info, &head, sizeof(head));
		if (dlinfo(self, RTLD_DI_SERINFO, info) == 0) {
			return info;
		}
	}
	free(info);
	return NULL;
}

// Creates the folders of a path below the current one, and an empty file in the last.
static void create_file(const char *folder) {
	char path[4096];
	snprintf(path, sizeof(path), ".%s", folder);
	for (char *end = path + 2; (end = strchr(end, '/')) != NULL; end++) {
		*end = '\0';
		mkdir(path, 0700);
		*end = '/';
	}
	mkdir(path, 0700);
	strncat(path, FILE_NAME, sizeof(path) - strlen(path) - 1);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

int main(void) {
	char root[] = "/tmp/lido-lib.XXXXXX", path[64], command[64];
	Dl_serinfo *info = get_search_path();
	if (info == NULL || mkdtemp(root) == NULL || chdir(root) != 0) {
		return EXIT_FAILURE;
	}
	for (unsigned i = 0; i < info->dls_cnt; i++) {
		create_file(info->dls_serpath[i].dls_name);
	}
	snprintf(path, sizeof(path), "%s/$LIB" FILE_NAME, root);
	dlopen(path, RTLD_LAZY);
	const char *error = dlerror(), *end = error != NULL ? strstr(error, FILE_NAME ":") : NULL;
	bool is_found = end != NULL && strncmp(error, root, strlen(root)) == 0 && error[strlen(root) + 1] != '$';
	if (is_found) {
		printf("%.*s\n", (int)(end - error - (long)strlen(root) - 1), error + strlen(root) + 1);
	}
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) == 0 && is_found ? EXIT_SUCCESS : EXIT_FAILURE;
}
