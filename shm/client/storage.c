#include "storage.h"

#include "base/number.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // since Linux 5.14
#endif

// From this size on, one madvise() is cheaper than the page faults that it saves. The table has medians on one virtual
// machine with Linux 6.18, in microseconds, for writing a whole XRGB image the first time: with page faults, with
// madvise() before, and the speedup. The memory of the last two columns is mapped, as it is for each frame, so there
// madvise() is useless.
//
//                     new memory             old, not mapped yet     mapped
//      4 KiB       3.3    4.0  x 0.8        1.8    2.4  x 0.8        0.1    1.3
//     16 KiB      12.2   11.1  x 1.1        6.5    5.5  x 1.2        0.2    2.4
//     32 KiB      23.6   20.1  x 1.2       12.5    9.5  x 1.3        0.4    3.7
//     64 KiB      46.5   38.2  x 1.2       22.4   14.3  x 1.6        0.6    5.1
//    256 KiB       170    124  x 1.4         88     56  x 1.6        2.3   11.6
//    800 x 600    1334    959  x 1.4        682    421  x 1.6         25     90
//   1920 x 1080   6400   5130  x 1.2       4163   2302  x 1.8        289    705
//
// Most of the cost of new memory is that the kernel clears it. Because of the last column, memory is populated only
// once, and not if its pages are present already, as in memory that this client has freed. mincore() finds out for a
// fifteenth of what madvise() costs.
#define POPULATE_SIZE_MIN (32 * 1024)

// Pages that one mincore() looks at.
#define PRESENT_PAGES_MAX 2048

// Files that a client with a pool may have beside it: so many that windows are shown, and so few that no server
// disconnects the client for them. Lido allows 1024, with areas.
#define FALLBACK_FILES_MAX 64

struct lido_client_storage *lido_client_storage_create(struct lido_client *client, uint32_t size) {
	if (client->pool == NULL) {
		return lido_client_shm_storage_create(client, size, false);
	}
	struct lido_client_storage *storage = lido_client_pool_storage_create(client, size);
	if (storage == NULL) {
		return lido_client_storage_create_fallback(client, size, false);
	}
	storage->falls_back = true;
	return storage;
}

struct lido_client_storage *lido_client_storage_create_growable(struct lido_client *client, uint32_t size) {
	return client->pool != NULL ? lido_client_pool_storage_create(client, size)
								: lido_client_shm_storage_create(client, size, true);
}

struct lido_client_storage *lido_client_storage_create_fallback(
		struct lido_client *client, uint32_t size, bool growable) {
	enum lido_client_error error = client->error;
	if (client->pool == NULL || client->options.backend != LIDO_CLIENT_BACKEND_AUTO ||
			client->stats.files >= FALLBACK_FILES_MAX || error == LIDO_CLIENT_ERROR_CONNECTION) {
		return NULL;
	}
	struct lido_client_storage *storage = lido_client_shm_storage_create(client, size, growable);
	client->error = error;
	return storage;
}

void lido_client_storage_init(
		struct lido_client_storage *storage, struct lido_client *client, const struct lido_client_storage_impl *impl) {
	storage->impl = impl;
	storage->client = client;
	storage->refs = 1;
}

struct lido_client_storage *lido_client_storage_ref(struct lido_client_storage *storage) {
	storage->refs++;
	return storage;
}

void lido_client_storage_unref(struct lido_client_storage *storage) {
	if (storage != NULL && --storage->refs == 0) {
		storage->impl->destroy(storage);
	}
}

void lido_client_storage_set_place(struct lido_client_storage *storage, uint8_t *data, uint32_t size) {
	if (data != storage->data) {
		storage->populated = 0;
	}
	storage->is_populated_in_part = false;
	storage->data = data;
	storage->size = size;
	storage->error = LIDO_CLIENT_ERROR_NONE;
}

bool lido_client_storage_is_pending(const struct lido_client_storage *storage) {
	return storage->answers_pending > 0 || storage->is_discarding;
}

// One round trip answers the earlier requests of all storages.
static bool wait_once(struct lido_client_storage *storage) {
	if (lido_client_storage_is_pending(storage)) {
		if (!lido_client_round_trip(storage->client)) {
			return false;
		}
		storage->is_discarding = false;
		// The protocol promises an answer to each request.
		if (storage->answers_pending > 0) {
			return lido_client_fail(storage->client, LIDO_CLIENT_ERROR_MEMORY);
		}
	}
	return storage->error == LIDO_CLIENT_ERROR_NONE || lido_client_fail(storage->client, storage->error);
}

static bool retry(struct lido_client_storage *storage) {
	if (!storage->is_retriable) {
		return false;
	}
	bool is_placed = storage->impl->grow(storage, storage->size_requested) && wait_once(storage);
	storage->is_retriable = false;
	return is_placed;
}

static bool fall_back(struct lido_client_storage *storage) {
	// Without an answer, the server may still provide the memory.
	if (!storage->falls_back || storage->answers_pending > 0 || storage->error == LIDO_CLIENT_ERROR_NONE) {
		return false;
	}
	storage->falls_back = false;
	return storage->impl->fall_back(storage);
}

bool lido_client_storage_wait(struct lido_client_storage *storage) {
	// The answer may have come while another storage was waited for.
	return wait_once(storage) || retry(storage) || fall_back(storage);
}

bool lido_client_storage_grow(struct lido_client_storage *storage, uint32_t size) {
	assert(size > storage->size && storage->refs == 1);
	if (storage->impl->grow(storage, size) && lido_client_storage_wait(storage)) {
		return true;
	}
	if (storage->data != NULL) {
		storage->error = LIDO_CLIENT_ERROR_NONE;
	}
	return false;
}

// Returns whether all pages are present. Then they are most likely mapped as well, because this process drew there.
// False: unknown.
static bool is_present(uintptr_t address, size_t size, size_t page_size) {
	unsigned char pages[PRESENT_PAGES_MAX];
	while (size > 0) {
		size_t part = (size_t)lido_min((int64_t)size, (int64_t)(sizeof(pages) * page_size));
		size_t pages_len = (part + page_size - 1) / page_size;
		if (mincore((void *)address, part, pages) != 0) {
			return false;
		}
		for (size_t i = 0; i < pages_len; i++) {
			if ((pages[i] & 1) == 0) {
				return false;
			}
		}
		address += part;
		size -= part;
	}
	return true;
}

void lido_client_storage_populate_range(struct lido_client_storage *storage, uint32_t start, uint32_t end) {
	assert(storage->data != NULL && start <= end && end <= storage->size);
	if (!storage->client->populates || end - start < POPULATE_SIZE_MIN) {
		return;
	}
	uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t address = (uintptr_t)(storage->data + start), misaligned = address % page_size;
	address -= misaligned;
	size_t length = end - start + misaligned;
	if (is_present(address, length, page_size)) {
		return;
	}
	if (madvise((void *)address, length, MADV_POPULATE_WRITE) < 0 && errno == EINVAL) {
		storage->client->populates = false;
	}
}

void lido_client_storage_populate(struct lido_client_storage *storage, uint32_t size) {
	assert(size <= storage->size);
	if (size <= storage->populated) {
		return;
	}
	// The second time, populate everything: while a window is resized, the size would be too small again and again, and
	// each size would need a call.
	uint32_t start = storage->populated, end = storage->is_populated_in_part ? storage->size : size;
	storage->populated = end;
	storage->is_populated_in_part = true;
	lido_client_storage_populate_range(storage, start, end);
}

void lido_client_storage_discard(struct lido_client_storage *storage, uint32_t offset, uint32_t size) {
	if (storage->impl->discard == NULL || storage->data == NULL || storage->answers_pending > 0) {
		return;
	}
	assert(offset <= storage->size && size <= storage->size - offset);
	storage->impl->discard(storage, offset, size);
	storage->populated = (uint32_t)lido_min(storage->populated, offset);
	storage->is_populated_in_part = false;
}

struct wl_buffer *lido_client_storage_create_buffer(
		struct lido_client_storage *storage, const struct lido_client_layout *layout) {
	struct lido_client *client = storage->client;
	assert(storage->data != NULL && (int64_t)layout->offset + layout->size <= storage->size);
	if (client->buffers_len >= client->buffers_max) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_LIMIT);
		return NULL;
	}
	struct wl_buffer *buffer = storage->impl->create_buffer(storage, layout);
	if (buffer == NULL) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	}
	return buffer;
}
