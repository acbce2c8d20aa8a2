/*
 * Direct system calls: those that a program makes by instructions of its own, not by functions that this library
 * interposes. They are looked for in the machine code of the program, and of the libraries that are linked with
 * libwayland-client, since whoever creates a pool has its fd. Other libraries are trusted to make none on files that
 * are not theirs.
 */
#ifndef LIDO_RUN_DIRECT_CALLS_H
#define LIDO_RUN_DIRECT_CALLS_H

#include <stdbool.h>

/*
 * Does the program have code that makes direct system calls? True also on machines whose instructions this library does
 * not know. Cheap, unless libraries were loaded since the last call. Takes the lock of the dynamic linker.
 */
bool direct_calls_exist(void);

#endif
