/*
 * The clients as OpenMetrics text, for Prometheus and other collectors.
 */
#ifndef OPENMETRICS_H
#define OPENMETRICS_H

#include "row.h"
#include <stdio.h>

/* Writes one complete exposition, from the first metric to "# EOF". lido-top(1) names the metrics. */
void openmetrics_write(const struct rows *rows, FILE *stream);

#endif
