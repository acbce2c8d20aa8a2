#include "screen.h"

#include "connection.h"
#include "options.h"
#include "spark.h"
#include "table.h"
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 512

// Lines without a client: the summary, the titles, the keys.
#define OTHER_LINES 3

enum {
	PAIR_BAR = 1,
	PAIR_SORTED,
	PAIR_SPARK,
};

struct screen {
	struct connection *connection;
	int sorted;
	bool is_reversed;
	bool has_utf8;
	int first;             // index of the topmost row
	double interval, next; // seconds: between requests; time of the next request
	bool is_over;
};

static double get_time(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void draw_bar(int y, const char *text) {
	attrset(COLOR_PAIR(PAIR_BAR) | A_BOLD);
	mvhline(y, 0, ' ' | (chtype)COLOR_PAIR(PAIR_BAR), COLS);
	mvaddnstr(y, 0, text, COLS);
	attrset(A_NORMAL);
}

static void draw_titles(const struct table *table) {
	char text[COLUMN_TEXT_SIZE];
	int x = 0;
	for (int i = 0; i < columns_len; i++) {
		int width = table_get_width(table, i);
		if (width == 0) {
			continue;
		}
		int letter = table_write_title(table, i, text);
		attr_t look = A_BOLD | (i == table->sorted ? COLOR_PAIR(PAIR_SORTED) : 0);
		attrset(look);
		mvaddnstr(1, x, text, width - 1);
		if (letter >= 0) {
			mvaddch(1, x + letter, (chtype)text[letter] | look | A_UNDERLINE);
		}
		x += width;
	}
	attrset(A_BOLD);
	if (table->spark_width > 0) {
		mvaddnstr(1, x, table->spark_width < 16 ? "minute" : "copied in the last minute", table->spark_width);
	}
	attrset(A_NORMAL);
}

static void draw_row(const struct table *table, const struct row *row, int y) {
	char text[COLUMN_TEXT_SIZE], spark[SPARK_SIZE(ROW_HISTORY_LEN)];
	int x = 0;
	for (int i = 0; i < columns_len; i++) {
		int width = table_get_width(table, i);
		if (width > 0) {
			table_write_cell(table, row, i, text);
			attrset(i == table->sorted ? A_BOLD : A_NORMAL);
			mvaddnstr(y, x, text, width);
			x += width;
		}
	}
	if (table->spark_width > 0) {
		spark_write(row, table->spark_width, table->has_utf8, spark);
		attrset(COLOR_PAIR(PAIR_SPARK));
		mvaddstr(y, x, spark);
	}
	attrset(A_NORMAL);
}

// Returns false if out of memory.
static bool draw(struct screen *screen) {
	struct table table;
	char summary[LINE_SIZE / 2], line[LINE_SIZE];
	if (!table_init(&table, &screen->connection->rows, COLS, screen->sorted, screen->is_reversed, screen->has_utf8)) {
		return false;
	}
	int len = (int)table.rows->len, room = LINES - OTHER_LINES;
	screen->first = MAX(MIN(screen->first, len - room), 0);
	erase();
	table_write_summary(&table, summary, sizeof(summary));
	snprintf(line, sizeof(line), " lido-top  %s", summary);
	draw_bar(0, line);
	draw_titles(&table);
	for (int i = 0; i < room && screen->first + i < len; i++) {
		draw_row(&table, table.order[screen->first + i], 2 + i);
	}
	snprintf(line, sizeof(line), " q quit   an underlined letter sorts   v %s first   by %s", // v reverses it
			screen->is_reversed ? "most" : "least", columns[screen->sorted].name);
	draw_bar(LINES - 1, line);
	refresh();
	table_finish(&table);
	return true;
}

static void handle_key(struct screen *screen, int key) {
	int page = MAX(LINES - OTHER_LINES, 1);
	switch (key) {
	case 'q':
		screen->is_over = true;
		return;
	case 'v':
		screen->is_reversed = !screen->is_reversed;
		return;
	case KEY_UP:
		screen->first--;
		return;
	case KEY_DOWN:
		screen->first++;
		return;
	case KEY_PPAGE:
		screen->first -= page;
		return;
	case KEY_NPAGE:
		screen->first += page;
		return;
	case KEY_HOME:
		screen->first = 0;
		return;
	default:
		if (column_find_key(key) >= 0) {
			screen->sorted = column_find_key(key);
			screen->is_reversed = false;
			screen->first = 0;
		}
	}
}

static bool handle_keys(struct screen *screen) {
	bool is_any = false;
	for (int key = getch(); key != ERR; key = getch()) {
		handle_key(screen, key);
		is_any = true;
	}
	return is_any;
}

// Waits for a key, an event of the compositor, or the time of the next request.
static void wait_for(struct screen *screen) {
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = connection_get_fd(screen->connection), .events = POLLIN},
	};
	double left = screen->connection->is_requesting ? screen->interval : screen->next - get_time();
	int ms = left > 0 ? (int)(left * 1000) + 1 : 0;
	if (poll(fds, 2, ms) >= 0 && (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
		screen->is_over = true; // the terminal was closed
	}
}

// Returns false if the connection is broken, or out of memory.
static bool run(struct screen *screen) {
	while (!screen->is_over) {
		if (get_time() >= screen->next && !screen->connection->is_requesting) {
			screen->next = get_time() + screen->interval;
			connection_request_rows(screen->connection);
		}
		if (!connection_dispatch(screen->connection)) {
			return false;
		}
		bool is_new = screen->connection->has_new_rows;
		screen->connection->has_new_rows = false;
		if ((handle_keys(screen) || is_new) && !draw(screen)) {
			return false;
		}
		if (!screen->is_over) {
			wait_for(screen);
		}
	}
	return true;
}

static void start_curses(void) {
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(PAIR_BAR, COLOR_WHITE, COLOR_BLUE);
		init_pair(PAIR_SORTED, COLOR_CYAN, -1);
		init_pair(PAIR_SPARK, COLOR_GREEN, -1);
	}
}

int screen_run(struct connection *connection, const struct options *options) {
	struct screen screen = {
		.connection = connection,
		.sorted = options->sorted,
		.is_reversed = options->is_reversed,
		.has_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.interval = options->interval,
	};
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fputs("lido-top: standard input and output are no terminal; --once, --json and --prometheus need none\n",
				stderr);
		return EXIT_FAILURE;
	}
	SCREEN *terminal = newterm(NULL, stdout, stdin);
	if (terminal == NULL) {
		const char *name = getenv("TERM");
		fprintf(stderr, "lido-top: cannot use a terminal of type \"%s\" (TERM); --once and --json need none\n",
				name != NULL ? name : "");
		return EXIT_FAILURE;
	}
	start_curses();
	bool is_fine = run(&screen);
	endwin();
	delscreen(terminal);
	if (!is_fine) {
		fprintf(stderr, "lido-top: %s\n", connection_get_error(connection));
	}
	return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
