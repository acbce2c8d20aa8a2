/*
 * zwp_linux_dmabuf_v1: DMA-BUFs of clients, and which of them are accepted. wlroots verifies that each plane is a
 * DMA-BUF of the renderer's kernel, and that the first one ends within it. What else could make a GPU read beyond it,
 * or not at all, is refused here.
 */
#ifndef DMABUF_H
#define DMABUF_H

#include <stdbool.h>
#include <sys/types.h>

struct compositor;
struct wlr_dmabuf_attributes;

struct dmabuf {
	struct wlr_linux_dmabuf_v1 *wlr;                                            // NULL: not offered
	dev_t device;                                                               // of the renderer
	bool (*check_import)(struct wlr_dmabuf_attributes *attributes, void *data); // of wlroots
	void *check_import_data;
};

/* Can the renderer read DMA-BUFs of clients, and have outputs any to export? Only on a GPU. */
bool dmabuf_is_supported(const struct compositor *compositor);

/* Offers the global, if the renderer and the options allow it. Returns false when out of memory. */
bool dmabuf_init(struct compositor *compositor);

/*
 * The renderer was replaced. If the new one reads other formats, or is on another device, another global takes the
 * place of the one that clients know: those that have bound that may only create what the new renderer reads, too.
 */
void dmabuf_set_renderer(struct compositor *compositor);

#endif
