#include "footprint.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

// The start of the names that the kernel shows for files of areas, and for those of the library on wl_shm.
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
	return fds - 1; // except that of the folder
}

// smaps has one line for each mapping with its addresses and file, followed by lines with its values.
static void measure_mappings(struct footprint *footprint) {
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
			footprint->mappings += is_ours;
			footprint->bytes_mapped += is_ours ? (int64_t)(end - start) : 0;
		} else if (is_ours && sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
			footprint->bytes_resident += (int64_t)kib * 1024;
		}
	}
	fclose(file);
}

void footprint_measure(struct footprint *footprint, const struct lido_client *client) {
	struct lido_client_stats stats;
	lido_client_get_stats(client, &stats);
	*footprint = (struct footprint){
		.areas = stats.areas,
		.fds = count_fds(),
		.bytes_files = stats.bytes_files,
		.bytes_images = stats.bytes_images,
	};
	measure_mappings(footprint);
}

void footprint_print_header(FILE *file) {
	fprintf(file, "%8s %8s %8s %8s %12s %12s %12s %12s\n", "icons", "areas", "mappings", "fds", "mapped MiB",
			"images MiB", "files MiB", "resident MiB");
}

void footprint_print(const struct footprint *footprint, int32_t icons, FILE *file) {
	fprintf(file, "%8d %8u %8u %8u %12.2f %12.2f %12.2f %12.2f\n", icons, footprint->areas, footprint->mappings,
			footprint->fds, footprint->bytes_mapped / MIB, footprint->bytes_images / MIB, footprint->bytes_files / MIB,
			footprint->bytes_resident / MIB);
	fflush(file);
}
