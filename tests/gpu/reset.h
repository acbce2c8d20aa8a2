/*
 * Resets of the GPU, as OpenGL ES tells wlroots of them. Programs that use it replace functions of these libraries:
 * link them with export_dynamic.
 */
#ifndef GPU_RESET_H
#define GPU_RESET_H

/* From now on wlroots hears that the context of each renderer that it has is lost. */
void reset_gpu(void);

/* The same, and the next attempts to create a renderer fail, as many as that. */
void reset_gpu_failing(int len);

/* The number of attempts to create a renderer so far. */
int reset_get_attempts(void);

#endif
