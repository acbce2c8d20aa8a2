/*
 * Vulkan Memory Allocator's virtual blocks: bookkeeping without memory, like ours, using two-level segregated fit. They
 * need only the headers of Vulkan.
 */
#define VMA_IMPLEMENTATION
#define VMA_STATIC_VULKAN_FUNCTIONS 0
#define VMA_DYNAMIC_VULKAN_FUNCTIONS 0
#define VMA_STATS_STRING_ENABLED 0
#include <vk_mem_alloc.h>

#include "contender.h"

#include <cstdio>
#include <cstdlib>

static void *create(int64_t size) {
	VmaVirtualBlockCreateInfo info = {};
	info.size = (VkDeviceSize)size;
	VmaVirtualBlock block;
	if (vmaCreateVirtualBlock(&info, &block) != VK_SUCCESS) {
		abort();
	}
	return block;
}

static void destroy(void *allocator) {
	VmaVirtualBlock block = (VmaVirtualBlock)allocator;
	vmaClearVirtualBlock(block);
	vmaDestroyVirtualBlock(block);
}

static int64_t alloc(void *allocator, int64_t size, int64_t align, void **range) {
	VmaVirtualAllocationCreateInfo info = {};
	info.size = (VkDeviceSize)size;
	info.alignment = (VkDeviceSize)align;
	VmaVirtualAllocation allocation;
	VkDeviceSize offset;
	if (vmaVirtualAllocate((VmaVirtualBlock)allocator, &info, &allocation, &offset) != VK_SUCCESS) {
		fprintf(stderr, "vma: no room for %lld bytes\n", (long long)size);
		exit(EXIT_FAILURE);
	}
	*range = allocation;
	return (int64_t)offset;
}

static void free_range(void *allocator, void *range) {
	vmaVirtualFree((VmaVirtualBlock)allocator, (VmaVirtualAllocation)range);
}

extern const struct contender contender_vma = {"vma", false, false, create, destroy, alloc, free_range};
