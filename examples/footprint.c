#include "memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

// How the kernel names the files of areas, and those of the library on wl_shm.
#define FILE_NAME "/memfd:lido"

#define MIB (1024.0 * 1024.0)

static uint32_t count_fds(void) {
	DIR *folder = opendir("/proc/self/fd");
	if (folder == NULL) {
		return 0;
	}
	uint32_t fds = 0;
	for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		fds += entry->d_name[0] != '.';
	}
	closedir(folder);
	return fds - 1; // without the folder itself
}

// Each mapping is a line with its addresses and its file, and then lines with its figures.
static void measure_mappings(struct memory *memory) {
	FILE *file = fopen("/proc/self/smaps", "re");
	if (file == NULL) {
		return;
	}
	char line[512];
	bool is_ours = false;
	while (fgets(line, sizeof(line), file) != NULL) {
		uint64_t start, end, kib;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2) {
			is_ours = strstr(line, FILE_NAME) != NULL;
			memory->mappings += is_ours;
			memory->bytes_mapped += is_ours ? (int64_t)(end - start) : 0;
		} else if (is_ours && sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
			memory->bytes_resident += (int64_t)kib * 1024;
		}
	}
	fclose(file);
}

void memory_measure(struct memory *memory, const struct lido_client *client) {
	struct lido_client_stats stats;
	lido_client_get_stats(client, &stats);
	*memory = (struct memory){
		.areas = stats.areas,
		.fds = count_fds(),
		.bytes_files = stats.bytes_files,
		.bytes_images = stats.bytes_images,
	};
	measure_mappings(memory);
}

void memory_print_header(FILE *file) {
	fprintf(file, "%8s %8s %8s %8s %12s %12s %12s %12s\n", "icons", "areas", "mappings", "fds", "mapped MiB",
			"images MiB", "files MiB", "resident MiB");
}

void memory_print(const struct memory *memory, int32_t icons, FILE *file) {
	fprintf(file, "%8d %8u %8u %8u %12.2f %12.2f %12.2f %12.2f\n", icons, memory->areas, memory->mappings, memory->fds,
			memory->bytes_mapped / MIB, memory->bytes_images / MIB, memory->bytes_files / MIB,
			memory->bytes_resident / MIB);
	fflush(file);
}
