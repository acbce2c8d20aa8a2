#include <lido/limits.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct lido_limits lido_limits_default(void) {
	return (struct lido_limits){
		.files_max = LIDO_FILES_MAX_DEFAULT,
		.shm_pools_max = LIDO_SHM_POOLS_MAX_DEFAULT,
		.buffers_max = LIDO_BUFFERS_MAX_DEFAULT,
		.areas_max = LIDO_AREAS_MAX_DEFAULT,
		.blocks_max = LIDO_BLOCKS_MAX_DEFAULT,
		.area_bytes_max = LIDO_AREA_BYTES_MAX_DEFAULT,
		.scratch_bytes_max = LIDO_SCRATCH_BYTES_MAX_DEFAULT,
		.pinned_bytes_max = LIDO_PINNED_BYTES_MAX_DEFAULT,
	};
}

static const struct key {
	const char *name;
	size_t offset; // in struct lido_limits
	bool is_bytes; // an int64_t that takes a suffix; otherwise a uint32_t
	int64_t initial;
	const char *meaning;
} keys[] = {
	{"files", offsetof(struct lido_limits, files_max), false, LIDO_FILES_MAX_DEFAULT,
		"files, of wl_shm pools and areas"},
	{"shm-pools", offsetof(struct lido_limits, shm_pools_max), false, LIDO_SHM_POOLS_MAX_DEFAULT,
		"wl_shm_pool objects"},
	{"buffers", offsetof(struct lido_limits, buffers_max), false, LIDO_BUFFERS_MAX_DEFAULT, "wl_buffer objects"},
	{"areas", offsetof(struct lido_limits, areas_max), false, LIDO_AREAS_MAX_DEFAULT, "files made by the server"},
	{"blocks", offsetof(struct lido_limits, blocks_max), false, LIDO_BLOCKS_MAX_DEFAULT, "blocks in them"},
	{"area-bytes", offsetof(struct lido_limits, area_bytes_max), true, LIDO_AREA_BYTES_MAX_DEFAULT,
		"bytes of these blocks"},
	{"scratch-bytes", offsetof(struct lido_limits, scratch_bytes_max), true, LIDO_SCRATCH_BYTES_MAX_DEFAULT,
		"server memory for copies of pixels"},
	{"pinned-bytes", offsetof(struct lido_limits, pinned_bytes_max), true, LIDO_PINNED_BYTES_MAX_DEFAULT,
		"memory of buffers that a GPU reads with no copy"},
};

#define KEYS_LEN (sizeof(keys) / sizeof(keys[0]))

static const struct key *find_key(const char *text) {
	for (size_t i = 0; i < KEYS_LEN; i++) {
		size_t size = strlen(keys[i].name);
		if (strncmp(text, keys[i].name, size) == 0 && text[size] == '=') {
			return &keys[i];
		}
	}
	return NULL;
}

static int suffix_shift(char suffix) {
	switch (suffix) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

// Returns 0 if the text is not a positive number, or beyond max.
static int64_t parse_number(const char *text, bool takes_suffix, int64_t max) {
	if (text[0] < '0' || text[0] > '9') {
		return 0;
	}
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	int shift = takes_suffix ? suffix_shift(*end) : 0;
	end += shift != 0;
	if (errno != 0 || *end != '\0' || number > max >> shift) {
		return 0;
	}
	return number << shift;
}

bool lido_limits_parse(struct lido_limits *limits, const char *text, const char **error) {
	const char *unused;
	error = error != NULL ? error : &unused;
	const struct key *key = find_key(text);
	if (key == NULL) {
		*error =
				"unknown limit; use files, shm-pools, buffers, areas, blocks, area-bytes, scratch-bytes or pinned-bytes, with =N";
		return false;
	}
	int64_t number = parse_number(strchr(text, '=') + 1, key->is_bytes, key->is_bytes ? INT64_MAX : UINT32_MAX);
	if (number == 0) {
		*error = key->is_bytes ? "not a positive number with an optional suffix K, M or G"
							   : "not a positive number, or too large";
		return false;
	}
	char *field = (char *)limits + key->offset;
	if (key->is_bytes) {
		memcpy(field, &number, sizeof(number));
	} else {
		memcpy(field, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
	}
	return true;
}

void lido_limits_print_help(FILE *stream) {
	for (size_t i = 0; i < KEYS_LEN; i++) {
		fprintf(stream, "  %-13s default %10" PRId64 "  %s\n", keys[i].name, keys[i].initial, keys[i].meaning);
	}
}

// The soft limit before it was raised; 0: not raised yet. Process-wide, like the limit itself.
static rlim_t nofile_before;

uint64_t lido_limits_raise_nofile(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return 0;
	}
	if (limit.rlim_cur < limit.rlim_max) {
		struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
			nofile_before = limit.rlim_cur;
			limit = raised;
		}
	}
	return limit.rlim_cur;
}

void lido_limits_restore_nofile(void) {
	struct rlimit limit;
	if (nofile_before != 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = nofile_before;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static uint64_t get_map_count_max(void) {
	unsigned long long count = 65530; // the kernel's default
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	if (file != NULL) {
		if (fscanf(file, "%llu", &count) != 1) {
			count = 65530;
		}
		fclose(file);
	}
	return count;
}

static uint32_t get_share(uint64_t count) {
	return (uint32_t)(count / 100 * LIDO_TOTAL_SHARE_PERCENT + count % 100 * LIDO_TOTAL_SHARE_PERCENT / 100);
}

uint32_t lido_limits_get_mappings_total_max(void) {
	return get_share(get_map_count_max());
}

int64_t lido_limits_get_pinned_bytes_total_max(void) {
	int64_t pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
	return pages > 0 && page_size > 0 ? pages * page_size / LIDO_PINNED_TOTAL_DIVISOR : LIDO_PINNED_BYTES_MAX_DEFAULT;
}

uint32_t lido_limits_get_files_total_max(void) {
	struct rlimit limit = {.rlim_cur = 1024};
	getrlimit(RLIMIT_NOFILE, &limit);
	uint64_t by_mappings = get_map_count_max() / LIDO_MAPPINGS_PER_FILE;
	return get_share(limit.rlim_cur < by_mappings ? limit.rlim_cur : by_mappings);
}
