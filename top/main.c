/*
 * lido-top: shows how much pixel memory each client of a Lido compositor uses.
 */
#include "connection.h"
#include "json.h"
#include "lido-monitor-v1-client-protocol.h"
#include "map.h"
#include "openmetrics.h"
#include "options.h"
#include "screen.h"
#include "table.h"
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// As shells do.
#define EXIT_WRONG_USE 2

// Cells: enough for all columns.
#define PRINTED_WIDTH 200

static int print_failure(const struct connection *connection) {
	fprintf(stderr, "lido-top: %s\n", connection_get_error(connection));
	return EXIT_FAILURE;
}

static int finish_output(FILE *stream, const char *name) {
	bool is_fine = fflush(stream) == 0 && !ferror(stream);
	is_fine = (stream == stdout || fclose(stream) == 0) && is_fine;
	if (!is_fine) {
		fprintf(stderr, "lido-top: %s: %s\n", name, strerror(errno));
	}
	return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Prints the table without sparks, which show nothing before lido-top has run for a while.
static bool print_table(const struct rows *rows, const struct options *options) {
	struct table table;
	char text[COLUMN_TEXT_SIZE];
	if (!table_init(&table, rows, PRINTED_WIDTH, options->sorted, options->is_reversed, false)) {
		return false;
	}
	for (size_t line = 0; line <= rows->len; line++) {
		for (int i = 0; i < columns_len; i++) {
			if (line == 0) {
				table_write_title(&table, i, text);
			} else {
				table_write_cell(&table, table.order[line - 1], i, text);
			}
			fputs(text, stdout);
		}
		putchar('\n');
	}
	table_finish(&table);
	return true;
}

static int print(struct connection *connection, const struct options *options) {
	struct timespec pause = {.tv_sec = (time_t)options->interval};
	pause.tv_nsec = (long)((options->interval - (double)pause.tv_sec) * 1e9);
	for (;;) {
		if (!connection_get_rows(connection)) {
			return print_failure(connection);
		}
		if (options->is_json) {
			json_write(&connection->rows, stdout);
		} else if (options->is_prometheus) {
			openmetrics_write(&connection->rows, stdout);
		} else if (!print_table(&connection->rows, options)) {
			return print_failure(connection);
		}
		int status = finish_output(stdout, "standard output");
		if (status != EXIT_SUCCESS || options->is_once) {
			return status;
		}
		nanosleep(&pause, NULL);
	}
}

// Finds the client of a process. If it has several, takes the one with the most areas, and of these the first.
static const struct row *find_row(const struct rows *rows, pid_t pid) {
	const struct row *found = NULL;
	for (size_t i = 0; i < rows->len; i++) {
		const struct row *row = &rows->items[i];
		if (row->pid == pid && (found == NULL || row->values[LIDO_MONITOR_V1_VALUE_EXPORTED_AREAS] >
														 found->values[LIDO_MONITOR_V1_VALUE_EXPORTED_AREAS])) {
			found = row;
		}
	}
	return found;
}

static int draw_map(struct connection *connection, const struct options *options) {
	if (!connection_get_rows(connection)) {
		return print_failure(connection);
	}
	const struct row *row = find_row(&connection->rows, options->map);
	if (row == NULL) {
		fprintf(stderr, "lido-top: process %d is not a client with shared memory; --once lists the clients\n",
				(int)options->map);
		return EXIT_FAILURE;
	}
	struct wl_array areas = {0};
	int status = EXIT_FAILURE;
	if (!connection_get_areas(connection, row->id, &areas)) {
		print_failure(connection);
		goto end;
	}
	FILE *stream = options->out != NULL ? fopen(options->out, "we") : stdout;
	const char *name = options->out != NULL ? options->out : "standard output";
	if (stream == NULL) {
		fprintf(stderr, "lido-top: %s: %s\n", name, strerror(errno));
		goto end;
	}
	map_write(row, &areas, stream);
	status = finish_output(stream, name);
end:
	areas_finish(&areas);
	return status;
}

int main(int argc, char *argv[]) {
	struct options options;
	switch (options_parse(&options, argc, argv, stdout, stderr)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return EXIT_WRONG_USE;
	case OPTIONS_RUN:
		break;
	}
	setlocale(LC_CTYPE, "");
	char path[PATH_MAX], error[PATH_MAX + 128];
	int size = connection_get_path(options.display, path, sizeof(path));
	if (size < 0 || (size_t)size >= sizeof(path)) {
		fputs(size < 0 ? "lido-top: XDG_RUNTIME_DIR is not set; set it, or give --display an absolute path\n"
					   : "lido-top: the path of the monitor socket is too long\n",
				stderr);
		return EXIT_FAILURE;
	}
	struct connection connection;
	if (!connection_init(&connection, path, error, sizeof(error))) {
		fprintf(stderr, "lido-top: %s\n", error);
		return EXIT_FAILURE;
	}
	int status = EXIT_FAILURE;
	if (options.map != 0) {
		status = draw_map(&connection, &options);
	} else if (options.is_json || options.is_once) {
		status = print(&connection, &options);
	} else {
		status = screen_run(&connection, &options);
	}
	connection_finish(&connection);
	return status;
}
