/*
 * The clients as JSON, for programs.
 */
#ifndef JSON_H
#define JSON_H

#include "row.h"
#include <stdio.h>

/* Writes one object, {"clients": [...]}, and a newline. lido-top(1) describes it. */
void json_write(const struct rows *rows, FILE *stream);

#endif
