#include "activation.h"

#include "focus.h"
#include "listener.h"
#include "parts.h"
#include "requests.h"
#include "toplevel.h"
#include <stdlib.h>
#include <sys/types.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_activation_v1.h>

struct token {
	struct activation *activation;
	struct wlr_xdg_activation_token_v1 *wlr;
	pid_t pid;           // of the client that created it
	struct wl_list link; // activation.tokens
	struct wl_listener destroy;
};

// Only a token that comes from an event of the user may move the focus.
static void handle_request_activate(struct wl_listener *listener, void *data) {
	struct activation *activation = wl_container_of(listener, activation, listeners.request_activate);
	const struct wlr_xdg_activation_v1_request_activate_event *event = data;
	struct toplevel *toplevel = toplevel_try_from_surface(event->surface);
	if (toplevel != NULL && event->token->seat != NULL && toplevel_is_mapped(toplevel)) {
		focus_toplevel(activation->compositor, toplevel);
	}
}

static void handle_token_destroy(struct wl_listener *listener, void *data) {
	struct token *token = wl_container_of(listener, token, destroy);
	listener_remove(&token->destroy);
	wl_list_remove(&token->link);
	token->activation->tokens_len--;
	free(token);
}

// Destroys the oldest token if there are too many of that process, or of all.
static void limit_tokens(struct activation *activation, pid_t pid) {
	struct token *token, *oldest = NULL;
	size_t len = 0;
	wl_list_for_each(token, &activation->tokens, link) {
		if (token->pid == pid) {
			oldest = token;
			len++;
		}
	}
	if (len <= ACTIVATION_TOKENS_PER_PROCESS_MAX) {
		if (activation->tokens_len <= ACTIVATION_TOKENS_MAX) {
			return;
		}
		oldest = wl_container_of(activation->tokens.prev, oldest, link);
	}
	wlr_xdg_activation_token_v1_destroy(oldest->wlr);
}

// Emitted by the request that commits the token. wlroots keeps the token for half a minute, even if its object and its
// client are gone: a launcher may exit before the program that it starts uses the token.
static void handle_new_token(struct wl_listener *listener, void *data) {
	struct activation *activation = wl_container_of(listener, activation, listeners.new_token);
	struct wlr_xdg_activation_token_v1 *wlr = data;
	struct token *token = calloc(1, sizeof(*token));
	if (token == NULL) {
		return;
	}
	free(wlr->app_id); // nobody reads it
	wlr->app_id = NULL;
	token->activation = activation;
	token->wlr = wlr;
	token->pid = requests_get_pid(activation->compositor);
	wl_list_insert(&activation->tokens, &token->link);
	activation->tokens_len++;
	listener_add(&token->destroy, &wlr->events.destroy, handle_token_destroy);
	limit_tokens(activation, token->pid);
}

bool activation_init(struct compositor *compositor) {
	struct activation *activation = compositor->activation;
	activation->compositor = compositor;
	wl_list_init(&activation->tokens);
	struct wlr_xdg_activation_v1 *wlr = wlr_xdg_activation_v1_create(compositor->display);
	if (wlr == NULL) {
		return false;
	}
	// With its first token wlroots opens /dev/urandom, which it never closes: it must not fail for lack of fds later.
	struct wlr_xdg_activation_token_v1 *token = wlr_xdg_activation_token_v1_create(wlr);
	if (token == NULL) {
		return false;
	}
	wlr_xdg_activation_token_v1_destroy(token);
	listener_add(&activation->listeners.request_activate, &wlr->events.request_activate, handle_request_activate);
	listener_add(&activation->listeners.new_token, &wlr->events.new_token, handle_new_token);
	return true;
}

void activation_finish(struct compositor *compositor) {
	struct activation *activation = compositor->activation;
	listener_remove(&activation->listeners.request_activate);
	listener_remove(&activation->listeners.new_token);
	struct token *token, *tmp;
	wl_list_for_each_safe(token, tmp, &activation->tokens, link) {
		wlr_xdg_activation_token_v1_destroy(token->wlr);
	}
}
