#include "direct_calls.h"

#include "instruction.h"

#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

// More objects are looked at again whenever one is loaded.
#define SEEN_MAX 256

// An instruction that calls the kernel. All lie at multiples of `alignment`.
struct pattern {
	size_t size, alignment;
	uint8_t bytes[4];
};

static const struct pattern patterns[] = {
#if defined(__x86_64__)
	{2, 1, {0x0f, 0x05}}, // syscall
	{2, 1, {0xcd, 0x80}}, // int 0x80
#elif defined(__i386__)
	{2, 1, {0xcd, 0x80}},             // int 0x80
	{2, 1, {0x0f, 0x34}},             // sysenter
	{4, 1, {0x65, 0xff, 0x15, 0x10}}, // call *%gs:0x10
#elif defined(__aarch64__)
	{4, 4, {0x01, 0x00, 0x00, 0xd4}}, // svc #0
#elif defined(__arm__)
	{4, 4, {0x00, 0x00, 0x00, 0xef}}, // svc 0
	{2, 2, {0x00, 0xdf}},             // the same in Thumb code
#elif defined(__riscv)
	{4, 2, {0x73, 0x00, 0x00, 0x00}}, // ecall
#endif
};

// Objects that make no direct calls. The dynamic linker runs one walk at a time.
static struct {
	atomic_ullong loads, unloads; // at the end of the last walk
	uintptr_t addresses[SEEN_MAX];
	size_t len;
} seen;

#if defined(__x86_64__) || defined(__i386__)

// Bytes before the offset from which code is read, by this many readers.
#define READ_FROM 64
#define READERS 16

static bool reads_instruction(const uint8_t *code, size_t size, size_t offset, size_t start) {
	size_t at = start;
	while (at < offset) {
		size_t length = instruction_get_size(code + at, size - at);
		at += length > 0 ? length : 1;
	}
	return at == offset;
}

// Instructions have any length, so an operand may have these bytes as well. Whoever begins to read in the middle of an
// instruction reads the right ones after a few: so the majority of several readers is right, and whoever reads from the
// start of the segment.
static bool is_instruction(const uint8_t *code, size_t size, size_t offset) {
	if (offset < READ_FROM) {
		return reads_instruction(code, size, offset, 0);
	}
	size_t right = 0;
	for (size_t i = 0; i < READERS; i++) {
		right += reads_instruction(code, size, offset, offset - READ_FROM + i);
	}
	return right * 2 >= READERS;
}

#else

static bool is_instruction(const uint8_t *code, size_t size, size_t offset) {
	return true;
}

#endif

static bool has_pattern(const uint8_t *code, size_t size, const struct pattern *pattern) {
	const uint8_t *found = code, *end = code + size;
	while ((found = memmem(found, (size_t)(end - found), pattern->bytes, pattern->size)) != NULL) {
		size_t offset = (size_t)(found - code);
		if ((uintptr_t)found % pattern->alignment == 0 && is_instruction(code, size, offset)) {
			return true;
		}
		found++;
	}
	return false;
}

static bool has_calls(const uint8_t *code, size_t size) {
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (has_pattern(code, size, &patterns[i])) {
			return true;
		}
	}
	return false;
}

// With libwayland-client, or like Firefox with a library that passes its functions on.
static bool is_linked_with_wayland(const struct dl_phdr_info *info) {
	const ElfW(Dyn) *dynamic = NULL;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
			dynamic = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		}
	}
	uintptr_t strings = 0;
	for (const ElfW(Dyn) *entry = dynamic; entry != NULL && entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_STRTAB) {
			// Not relocated on every machine.
			strings = entry->d_un.d_ptr + (entry->d_un.d_ptr < info->dlpi_addr ? info->dlpi_addr : 0);
		}
	}
	for (const ElfW(Dyn) *entry = dynamic; strings != 0 && entry->d_tag != DT_NULL; entry++) {
		const char *name = entry->d_tag == DT_NEEDED ? (const char *)(strings + entry->d_un.d_val) : "";
		if (strcasestr(name, "wayland") != NULL) {
			return true;
		}
	}
	return false;
}

static bool makes_calls(const struct dl_phdr_info *info) {
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) {
			continue;
		}
		bool is_readable = (part->p_flags & PF_R) != 0;
		if (!is_readable || has_calls((const uint8_t *)(info->dlpi_addr + part->p_vaddr), part->p_filesz)) {
			return true;
		}
	}
	return false;
}

static bool was_seen(uintptr_t address) {
	for (size_t i = 0; i < seen.len; i++) {
		if (seen.addresses[i] == address) {
			return true;
		}
	}
	return false;
}

// A walk through all objects.
struct walk {
	bool has_begun;
	bool exist; // direct system calls
	unsigned long long loads, unloads;
};

static void begin(struct walk *walk, const struct dl_phdr_info *info) {
	*walk = (struct walk){.has_begun = true, .loads = info->dlpi_adds, .unloads = info->dlpi_subs};
	if (atomic_load(&seen.unloads) != walk->unloads) {
		seen.len = 0; // another object may have the address of an unloaded one
	}
}

static int look(struct dl_phdr_info *info, size_t size, void *data) {
	struct walk *walk = data;
	if (!walk->has_begun) {
		begin(walk, info);
		if (atomic_load(&seen.loads) == walk->loads && atomic_load(&seen.unloads) == walk->unloads) {
			return 1;
		}
	}
	if (was_seen(info->dlpi_addr)) {
		return 0;
	}
	bool is_program = info->dlpi_name[0] == '\0';
	walk->exist = (is_program || is_linked_with_wayland(info)) && makes_calls(info);
	if (!walk->exist && seen.len < SEEN_MAX) {
		seen.addresses[seen.len++] = info->dlpi_addr;
	}
	return walk->exist;
}

bool direct_calls_exist(void) {
	if (sizeof(patterns) == 0) {
		return true;
	}
	struct walk walk = {0};
	dl_iterate_phdr(look, &walk);
	if (!walk.exist) {
		atomic_store(&seen.loads, walk.loads);
		atomic_store(&seen.unloads, walk.unloads);
	}
	return walk.exist;
}
