/*
 * Which clients are flushed (compositor/outbox.h): all that events were sent to, and those that could not be sent then.
 */
#include "client.h"
#include "runner.h"
#include "server.h"
#include <compositor/server.h>
#include <sys/socket.h>

// Two events each: more bytes than a socket holds, less than CLIENTS_UNREAD_SIZE_MAX.
#define CALLBACKS 40000

static void count_done(void *data, struct wl_callback *callback, uint32_t serial) {
	int *done_len = data;
	(*done_len)++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {.done = count_done};

static void request_done(struct client *client, int *done_len) {
	wl_callback_add_listener(wl_display_sync(client->display), &callback_listener, done_len);
	wl_display_flush(client->display);
}

TEST("outbox@a-client-that-reads-late-receives-all-events") {
	struct server server;
	struct client late, other;
	server_init_compositor(&server, 64, 64, NULL);
	client_init(&late, &server);
	client_init(&other, &server);
	int done_len = 0;
	for (int i = 0; i < CALLBACKS; i++) {
		request_done(&late, &done_len);
		if (i % 100 == 0) {
			server_dispatch(&server, 0);
		}
	}
	client_roundtrip(&other);
	expect_int(done_len, ==, 0);
	client_roundtrip(&late);
	expect_int(done_len, ==, CALLBACKS);
	client_finish(&late);
	client_finish(&other);
	server_finish(&server);
}

TEST("outbox@events-are-sent-to-each-of-many-clients") {
	struct server server;
	struct client clients[3];
	int done_len[3] = {0};
	server_init_compositor(&server, 64, 64, NULL);
	for (int i = 0; i < 3; i++) {
		client_init(&clients[i], &server);
	}
	for (int i = 0; i < 3; i++) {
		request_done(&clients[i], &done_len[i]);
	}
	server_dispatch(&server, 0);
	expect(wl_list_empty(&server.compositor->outbox->records));
	for (int i = 0; i < 3; i++) {
		wl_display_dispatch(clients[i].display);
		expect_int(done_len[i], ==, 1);
		client_finish(&clients[i]);
	}
	server_finish(&server);
}

TEST("outbox@a-client-that-events-cannot-be-sent-to-is-destroyed") {
	struct server server;
	struct client gone, other;
	server_init_compositor(&server, 64, 64, NULL);
	client_init(&gone, &server);
	client_init(&other, &server);
	shutdown(wl_display_get_fd(gone.display), SHUT_RDWR);
	wl_client_post_no_memory(client_get_peer(&gone));
	expect(!wl_list_empty(&server.compositor->outbox->records));
	outbox_flush(server.compositor);
	expect(client_get_peer(&gone) == NULL);
	client_roundtrip(&other);
	client_finish(&gone);
	client_finish(&other);
	server_finish(&server);
}
