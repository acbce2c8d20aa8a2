/*
 * Messages to the user, through wlroots' log. (clang rejects the macro wlr_log() as not standard.)
 */
#ifndef LOG_H
#define LOG_H

#include <wlr/util/log.h>

#define log_error(...) _wlr_log(WLR_ERROR, __VA_ARGS__)
#define log_info(...) _wlr_log(WLR_INFO, __VA_ARGS__)

#endif
