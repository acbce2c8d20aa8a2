/*
 * Disconnecting a client with wl_display.no_memory and a reason. wl_client_post_no_memory() gives none.
 */
#ifndef LIDO_NO_MEMORY_H
#define LIDO_NO_MEMORY_H

struct wl_client;

/* text: at most LIDO_ERROR_TEXT_SIZE bytes, with its terminating zero, reach the client. */
void lido_post_no_memory(struct wl_client *client, const char *text);

#endif
