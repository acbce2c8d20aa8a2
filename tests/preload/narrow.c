/*
 * A program of 32 bits: runs another one, or exits with 7.
 */
#include <unistd.h>

int main(int argc, char *argv[]) {
	if (argc > 1) {
		execvp(argv[1], argv + 1);
	}
	return 7;
}
