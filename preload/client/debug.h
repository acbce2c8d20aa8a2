/*
 * Debug output.
 */
#ifndef LIDO_RUN_DEBUG_H
#define LIDO_RUN_DEBUG_H

/* Prints a line to standard error, with the process's id, if LIDO_RUN_DEBUG is set and not "0". */
void debug_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
