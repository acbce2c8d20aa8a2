#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

// Half of pixman's limit, so that transforms and scales still fit.
#define SIZE_MAX_PIXELS 16384

static const char usage[] =
		"Usage: lido [OPTION...] [--] [COMMAND [ARG...]]\n"
		"\n"
		"A small Wayland compositor that manages the shared memory of its clients. With\n"
		"COMMAND, it runs the command inside and exits with its status when it ends.\n"
		"\n"
		"  --socket NAME           listen on NAME instead of the first free wayland-N\n"
		"  --size WxH              initial size of the window, when nested (1280x720)\n"
		"  --headless WxH          no display: one output of this size, in memory\n"
		"  --renderer NAME         pixman, gles2 or vulkan, instead of the best one\n"
		"  --shm=wlroots           let wlroots serve wl_shm, without lido_shm_v1, to compare\n"
		"  --shm-limit KEY=VALUE   limit what one client uses; \"--shm-limit help\" lists the keys\n"
		"  --sandbox-limit KEY=VALUE\n"
		"                          the same for each client in a sandbox (security-context-v1)\n"
		"  --zero-copy WHEN        yes, no or auto: let the GPU read pixels in our memory\n"
		"  --linux-dmabuf WHEN     yes, no or auto: let clients show DMA-BUFs\n"
		"  --no-monitor            do not create a socket for lido-top\n"
		"  --managed               run COMMAND as lido-run does, with its pixels in our memory\n"
		"  --xwayland              do not start without a display for X11 programs\n"
		"  --no-xwayland           do not show X11 programs, even if Xwayland is installed\n"
		"  --verbose               print debug messages on stderr\n"
		"  --help, --version       print this help, or the version, and exit\n"
		"\n"
		"Alt+Escape quits. On SIGUSR1, lido prints how much memory each client uses.\n";

enum {
	OPTION_SOCKET = 256,
	OPTION_SIZE,
	OPTION_HEADLESS,
	OPTION_RENDERER,
	OPTION_SHM,
	OPTION_SHM_LIMIT,
	OPTION_SANDBOX_LIMIT,
	OPTION_ZERO_COPY,
	OPTION_LINUX_DMABUF,
	OPTION_NO_MONITOR,
	OPTION_MANAGED,
	OPTION_XWAYLAND,
	OPTION_NO_XWAYLAND,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"headless", required_argument, NULL, OPTION_HEADLESS},
	{"renderer", required_argument, NULL, OPTION_RENDERER},
	{"shm", required_argument, NULL, OPTION_SHM},
	{"shm-limit", required_argument, NULL, OPTION_SHM_LIMIT},
	{"sandbox-limit", required_argument, NULL, OPTION_SANDBOX_LIMIT},
	{"zero-copy", required_argument, NULL, OPTION_ZERO_COPY},
	{"linux-dmabuf", required_argument, NULL, OPTION_LINUX_DMABUF},
	{"no-monitor", no_argument, NULL, OPTION_NO_MONITOR},
	{"managed", no_argument, NULL, OPTION_MANAGED},
	{"xwayland", no_argument, NULL, OPTION_XWAYLAND},
	{"no-xwayland", no_argument, NULL, OPTION_NO_XWAYLAND},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static bool parse_size(const char *text, int32_t *width, int32_t *height) {
	char *end;
	long w = strtol(text, &end, 10);
	if (end == text || *end != 'x' || w < 1 || w > SIZE_MAX_PIXELS) {
		return false;
	}
	text = end + 1;
	long h = strtol(text, &end, 10);
	if (end == text || *end != '\0' || h < 1 || h > SIZE_MAX_PIXELS) {
		return false;
	}
	*width = (int32_t)w;
	*height = (int32_t)h;
	return true;
}

static enum options_result parse_output(struct options *options, const char *name, const char *value, FILE *err) {
	if (parse_size(value, &options->compositor.width, &options->compositor.height)) {
		return OPTIONS_RUN;
	}
	fprintf(err, "lido: --%s \"%s\": must be a size from 1x1 to %dx%d, such as 1280x720\n", name, value,
			SIZE_MAX_PIXELS, SIZE_MAX_PIXELS);
	return OPTIONS_WRONG;
}

static enum options_result parse_renderer(struct options *options, const char *value, FILE *err) {
	if (strcmp(value, "pixman") == 0 || strcmp(value, "gles2") == 0 || strcmp(value, "vulkan") == 0) {
		options->compositor.renderer = value;
		return OPTIONS_RUN;
	}
	fprintf(err, "lido: --renderer \"%s\": must be pixman, gles2 or vulkan\n", value);
	return OPTIONS_WRONG;
}

static enum options_result parse_socket(struct options *options, const char *value, FILE *err) {
	// libwayland accepts any path below XDG_RUNTIME_DIR.
	if (value[0] != '\0' && strchr(value, '/') == NULL) {
		options->compositor.socket = value;
		return OPTIONS_RUN;
	}
	fprintf(err, "lido: --socket \"%s\": must be a name without '/', such as wayland-7\n", value);
	return OPTIONS_WRONG;
}

static enum options_result parse_shm(struct options *options, const char *value, FILE *err) {
	if (strcmp(value, "lido") == 0 || strcmp(value, "wlroots") == 0) {
		options->compositor.with_wlroots_shm = strcmp(value, "wlroots") == 0;
		return OPTIONS_RUN;
	}
	fprintf(err, "lido: --shm \"%s\": must be lido or wlroots\n", value);
	return OPTIONS_WRONG;
}

// The values of both enums of this kind. Returns false if the value is none.
static bool parse_when(const char *name, const char *value, FILE *err, int *when) {
	static const char *const values[] = {
		[LIDO_ZERO_COPY_AUTO] = "auto",
		[LIDO_ZERO_COPY_NO] = "no",
		[LIDO_ZERO_COPY_YES] = "yes",
	};
	_Static_assert((int)COMPOSITOR_LINUX_DMABUF_AUTO == (int)LIDO_ZERO_COPY_AUTO &&
						   (int)COMPOSITOR_LINUX_DMABUF_NO == (int)LIDO_ZERO_COPY_NO &&
						   (int)COMPOSITOR_LINUX_DMABUF_YES == (int)LIDO_ZERO_COPY_YES,
			"they have one order");
	for (int i = 0; i < (int)(sizeof(values) / sizeof(values[0])); i++) {
		if (strcmp(value, values[i]) == 0) {
			*when = i;
			return true;
		}
	}
	fprintf(err, "lido: --%s \"%s\": must be yes, no or auto\n", name, value);
	return false;
}

static enum options_result parse_zero_copy(struct options *options, const char *value, FILE *err) {
	int when;
	if (!parse_when("zero-copy", value, err, &when)) {
		return OPTIONS_WRONG;
	}
	options->compositor.zero_copy = (enum lido_zero_copy_mode)when;
	return OPTIONS_RUN;
}

static enum options_result parse_linux_dmabuf(struct options *options, const char *value, FILE *err) {
	int when;
	if (!parse_when("linux-dmabuf", value, err, &when)) {
		return OPTIONS_WRONG;
	}
	options->compositor.linux_dmabuf = (enum compositor_linux_dmabuf)when;
	return OPTIONS_RUN;
}

static enum options_result parse_limit(
		struct lido_limits *limits, const char *name, const char *value, FILE *out, FILE *err) {
	if (strcmp(value, "help") == 0) {
		lido_limits_print_help(out);
		return OPTIONS_DONE;
	}
	const char *error = NULL;
	if (lido_limits_parse(limits, value, &error)) {
		return OPTIONS_RUN;
	}
	fprintf(err, "lido: --%s \"%s\": %s; \"lido --%s help\" lists the keys\n", name, value,
			error != NULL ? error : "not KEY=VALUE", name);
	return OPTIONS_WRONG;
}

static enum options_result parse_option(struct options *options, int option, FILE *out, FILE *err) {
	switch (option) {
	case OPTION_SOCKET:
		return parse_socket(options, optarg, err);
	case OPTION_SIZE:
		return parse_output(options, "size", optarg, err);
	case OPTION_HEADLESS:
		options->compositor.backend = COMPOSITOR_BACKEND_HEADLESS;
		return parse_output(options, "headless", optarg, err);
	case OPTION_RENDERER:
		return parse_renderer(options, optarg, err);
	case OPTION_SHM:
		return parse_shm(options, optarg, err);
	case OPTION_ZERO_COPY:
		return parse_zero_copy(options, optarg, err);
	case OPTION_LINUX_DMABUF:
		return parse_linux_dmabuf(options, optarg, err);
	case OPTION_SHM_LIMIT:
		return parse_limit(&options->limits, "shm-limit", optarg, out, err);
	case OPTION_SANDBOX_LIMIT:
		options->compositor.sandbox_limits = &options->sandbox_limits;
		return parse_limit(&options->sandbox_limits, "sandbox-limit", optarg, out, err);
	case OPTION_NO_MONITOR:
		options->compositor.without_monitor = true;
		return OPTIONS_RUN;
	case OPTION_MANAGED:
		options->managed = true;
		return OPTIONS_RUN;
	case OPTION_XWAYLAND:
		options->compositor.xwayland = COMPOSITOR_XWAYLAND_ON;
		return OPTIONS_RUN;
	case OPTION_NO_XWAYLAND:
		options->compositor.xwayland = COMPOSITOR_XWAYLAND_OFF;
		return OPTIONS_RUN;
	case OPTION_VERBOSE:
		options->verbose = true;
		return OPTIONS_RUN;
	case OPTION_HELP:
		fputs(usage, out);
		return OPTIONS_DONE;
	case OPTION_VERSION:
		fputs("lido " LIDO_VERSION "\n", out);
		return OPTIONS_DONE;
	default:
		return OPTIONS_WRONG;
	}
}

// Limits of sandboxes apply on top of those of all clients, in whatever order both were given.
static void apply_sandbox_limits(struct options *options, int argc, char **argv) {
	options->sandbox_limits = options->limits;
	int option;
	optind = 0;
	while ((option = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		if (option == OPTION_SANDBOX_LIMIT) {
			lido_limits_parse(&options->sandbox_limits, optarg, NULL);
		}
	}
}

enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *err) {
	*options = (struct options){.limits = lido_limits_default()};
	options->compositor.limits = &options->limits;
	options->compositor.xwayland = COMPOSITOR_XWAYLAND_AUTO;
	opterr = 0;
	optind = 0;
	int option;
	while ((option = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		if (option == '?' || option == ':') {
			const char *name = argv[optind - 1];
			fprintf(err,
					option == ':' ? "lido: %s needs a value; \"lido --help\" lists the options\n"
								  : "lido: unknown option %s; \"lido --help\" lists the options\n",
					name);
			return OPTIONS_WRONG;
		}
		enum options_result result = parse_option(options, option, out, err);
		if (result != OPTIONS_RUN) {
			return result;
		}
	}
	apply_sandbox_limits(options, argc, argv);
	options->command = optind < argc ? &argv[optind] : NULL;
	return OPTIONS_RUN;
}
