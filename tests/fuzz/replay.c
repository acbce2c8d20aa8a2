/*
 * Passes files to a target, each as one input: for tests, for debuggers, and for compilers without libFuzzer. Takes
 * files and folders of files. Prints TAP.
 */
#include "input.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned count, failures;

static void replay_file(const char *path) {
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rbe");
	count++;
	if (file == NULL) {
		printf("not ok %u - %s # cannot be opened\n", count, path);
		failures++;
		return;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	// If the target crashes, the last name printed is that of the input. The input is copied, so that ASan detects
	// reads beyond its end.
	printf("# %s\n", path);
	fflush(stdout);
	uint8_t *copy = malloc(size + 1);
	for (size_t i = 0; copy != NULL && i < size; i++) {
		copy[i] = data[i];
	}
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	printf("ok %u - %s\n", count, path);
}

static void replay(const char *path) {
	struct dirent **entries;
	int len = scandir(path, &entries, NULL, alphasort);
	if (len < 0) {
		replay_file(path);
		return;
	}
	for (int i = 0; i < len; i++) {
		char name[4096];
		struct stat info;
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (stat(name, &info) == 0 && S_ISREG(info.st_mode)) {
			replay_file(name);
		}
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv) {
	if (argc < 2) {
		fprintf(stderr, "Usage: %s FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		replay(argv[i]);
	}
	printf("1..%u\n", count);
	return failures != 0;
}
