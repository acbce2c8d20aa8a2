// Reads a process's counters from the kernel, and computes percentiles.
#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static FILE *open_proc(int pid, const char *name) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		fail("cannot read /proc/PID: has the compositor exited?");
	}
	return file;
}

// Returns the sum of the fields with one of two names, of a file in /proc/PID.
static double read_fields(int pid, const char *path, const char *name, const char *other) {
	FILE *file = open_proc(pid, path);
	char line[256];
	double sum = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *value = strchr(line, ':');
		if (value != NULL) {
			*value = '\0';
			sum += strcmp(line, name) == 0 || strcmp(line, other) == 0 ? atof(value + 1) : 0;
		}
	}
	fclose(file);
	return sum;
}

static double read_status(int pid, const char *name, const char *other) {
	return read_fields(pid, "status", name, other);
}

struct usage usage_read(int pid) {
	char line[1024] = "";
	unsigned long minor = 0, major = 0;
	struct timespec cpu;
	clockid_t clock;
	FILE *file = open_proc(pid, "stat");
	const char *fields = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
	if (fields == NULL || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %lu %*u %lu", &minor, &major) != 2) {
		fail("cannot parse /proc/PID/stat");
	}
	fclose(file);
	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0) {
		fail("cannot read the CPU time of a process");
	}
	return (struct usage){
		.cpu = (double)cpu.tv_sec * 1e6 + (double)cpu.tv_nsec / 1000,
		.faults = (double)(minor + major),
		.switches = read_status(pid, "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"),
	};
}

struct usage usage_subtract(struct usage a, struct usage b) {
	return (struct usage){.cpu = a.cpu - b.cpu, .faults = a.faults - b.faults, .switches = a.switches - b.switches};
}

// Since Linux 6.2, st_size of /proc/PID/fd is the number of fds.
double fds_read(int pid) {
	char path[64];
	struct stat stat_buffer;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	if (stat(path, &stat_buffer) == 0 && stat_buffer.st_size > 0) {
		return (double)stat_buffer.st_size;
	}
	DIR *directory = opendir(path);
	if (directory == NULL) {
		fail("cannot read /proc/PID/fd");
	}
	double fds = -2;
	while (readdir(directory) != NULL) {
		fds++;
	}
	closedir(directory);
	return fds;
}

struct footprint footprint_read(int pid) {
	double mappings = 0;
	FILE *file = open_proc(pid, "maps");
	for (int character; (character = fgetc(file)) != EOF;) {
		mappings += character == '\n';
	}
	fclose(file);
	return (struct footprint){
		.fds = fds_read(pid),
		.mappings = mappings,
		.address = read_status(pid, "VmSize", ""),
		.resident = read_status(pid, "RssAnon", "RssShmem"),
	};
}

struct residence residence_read(int pid) {
	return (struct residence){
		.resident = read_fields(pid, "smaps_rollup", "Rss", ""),
		.proportional = read_fields(pid, "smaps_rollup", "Pss", ""),
		.anonymous = read_fields(pid, "smaps_rollup", "Anonymous", ""),
	};
}

double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1000;
}

static int compare(const void *a, const void *b) {
	double difference = *(const double *)a - *(const double *)b;
	return difference < 0 ? -1 : difference > 0;
}

double percentile(double *values, size_t values_len, double percent) {
	qsort(values, values_len, sizeof(values[0]), compare);
	size_t index = (size_t)((double)values_len * percent / 100);
	return values[index < values_len ? index : values_len - 1];
}
