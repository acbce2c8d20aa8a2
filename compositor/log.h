/*
 * Messages to the user of the compositor, through wlroots' log. (wlr_log() itself is a macro that clang calls not
 * standard.)
 */
#ifndef LOG_H
#define LOG_H

#include <wlr/util/log.h>

#define log_error(...) _wlr_log(WLR_ERROR, __VA_ARGS__)

#endif
