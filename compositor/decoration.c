#include "decoration.h"

#include "parts.h"
#include <wlr/types/wlr_server_decoration.h>

// There is no zxdg_decoration_manager_v1: its existence announces server-side decorations, and programs that use SDL 2
// or 3 wait forever for a window that is then told to draw its own.
bool decorations_init(struct compositor *compositor) {
	struct wlr_server_decoration_manager *kde = wlr_server_decoration_manager_create(compositor->display);
	if (kde == NULL) {
		return false;
	}
	wlr_server_decoration_manager_set_default_mode(kde, WLR_SERVER_DECORATION_MANAGER_MODE_CLIENT);
	return true;
}
