/*
 * The stub that 32-bit programs load in place of the library where that is not installed for them. It has nothing: see
 * meson.build.
 */
