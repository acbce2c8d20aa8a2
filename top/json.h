/*
 * What is known, for programs.
 */
#ifndef JSON_H
#define JSON_H

#include "row.h"
#include <stdio.h>

/* Writes one object and a newline: {"clients": [...]}. docs in lido-top(1). */
void json_write(const struct rows *rows, FILE *stream);

#endif
