/*
 * Reads of a display that this thread has prepared and not done yet: while it has any, it cannot wait for the server.
 * To be called without the state lock.
 */
#ifndef LIDO_RUN_READING_H
#define LIDO_RUN_READING_H

#include <stdbool.h>

struct wl_display;

/* May this thread have prepared a read of which nobody would see that it is done? Then it must not wait. */
bool reading_is_unseen(const struct wl_display *display);

/*
 * Cancels the reads that this thread has prepared, unless another thread is the one that does them. Returns how many,
 * for reading_resume().
 */
int reading_suspend(struct wl_display *display);

/* Prepares as many reads again. */
void reading_resume(struct wl_display *display, int number);

#endif
