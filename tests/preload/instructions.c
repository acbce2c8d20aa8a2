/*
 * Prints the address of each instruction in the section .text of a file for this machine, as instruction.c finds them.
 *
 *     instructions FILE
 */
#include "instruction.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_section(const uint8_t *file, const ElfW(Shdr) * section) {
	const uint8_t *code = file + section->sh_offset;
	size_t at = 0;
	while (at < section->sh_size) {
		printf("%zx\n", (size_t)section->sh_addr + at);
		size_t size = instruction_get_size(code + at, section->sh_size - at);
		at += size > 0 ? size : 1;
	}
}

int main(int argc, char *argv[]) {
	struct stat stat;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0 || fstat(fd, &stat) != 0) {
		fprintf(stderr, "usage: instructions FILE\n");
		return EXIT_FAILURE;
	}
	const uint8_t *file = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)(const void *)file;
	const ElfW(Shdr) *sections = (const ElfW(Shdr) *)(const void *)(file + header->e_shoff);
	const char *names = (const char *)file + sections[header->e_shstrndx].sh_offset;
	for (size_t i = 0; i < header->e_shnum; i++) {
		if (strcmp(names + sections[i].sh_name, ".text") == 0) {
			print_section(file, &sections[i]);
		}
	}
	munmap((void *)(uintptr_t)file, (size_t)stat.st_size);
	return EXIT_SUCCESS;
}
