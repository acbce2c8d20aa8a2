/*
 * An output: a monitor, a window of the parent session, or only memory.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "preferred_mode.h"
#include "sentinel.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

struct compositor;
struct wlr_output;
struct wlr_output_mode;
struct wlr_scene_output;

struct output {
	struct compositor *compositor;
	struct wlr_output *wlr;
	struct wlr_scene_output *scene_output;
	struct wl_list link;   // desktop.outputs
	struct wl_list layers; // layer_surface.link, in order of creation
	struct wlr_box area;   // layout coordinates; empty while the output is disabled
	struct {
		int32_t width, height, refresh;
		const struct wlr_output_mode *mode; // NULL: a custom one
	} sent;                                 // the mode that output management has sent to clients; 0: disabled
	struct {
		bool off;        // a client has switched it off; it stays in the layout
		bool wanted_off; // differs from off while changes are limited
	} power;             // used by output_power.c
	struct {
		bool awaited;        // the session is locked, and the output has not shown that yet
		bool committed;      // a frame that shows it
		uint32_t commit_seq; // valid if committed: of that frame
		struct wl_listener commit, present;
	} lock; // used by session_lock.c
	struct preferred_mode preferred;
	struct sentinel sentinel;
	bool gamma_changed;    // used by gamma.c: the next frame has another gamma table
	struct wlr_box usable; // area without the zones that panels reserve, layout coordinates

	struct {
		struct wl_listener frame;
		struct wl_listener request_state;
		struct wl_listener destroy;
	} listeners;
};

/* Listens for new outputs of the wlr_backend. */
struct outputs {
	struct compositor *compositor;
	struct wl_listener new_output;

	struct {
		struct wl_signal destroy; // struct output *, already removed from all lists
	} events;
};

/* Always returns true. */
bool outputs_init(struct compositor *compositor);
void outputs_finish(struct compositor *compositor);

/* Make each output draw a frame soon, even if nothing on it has changed. */
void outputs_schedule_frames(struct compositor *compositor);

/* All outputs are drawn anew by the compositor's renderer, which was replaced. One that it cannot draw on is removed.
 */
void outputs_set_renderer(struct compositor *compositor);

/* Is it enabled in the layout? It may be switched off. */
bool output_is_enabled(const struct output *output);

/* Sends frame callbacks to the surfaces on the output. */
void output_send_frame_done(struct output *output);

/*
 * Places the output at x, y in the layout, or next to the others if automatic; removes it from the layout if it is
 * disabled. desktop.events.layout_changed follows. Returns false when out of memory.
 */
bool output_place(struct output *output, bool automatic, int x, int y);

#endif
