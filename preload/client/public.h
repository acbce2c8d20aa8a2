/*
 * PUBLIC marks a function that this library interposes: the dynamic linker finds it before the original.
 */
#ifndef LIDO_RUN_PUBLIC_H
#define LIDO_RUN_PUBLIC_H

#define PUBLIC __attribute__((visibility("default")))

#endif
