// Kills a client at each of its system calls in turn.
#include "attack.h"

#include "lido-shm-v1-client-protocol.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void ignore_limits(void *data, struct lido_shm_pool_v1 *pool, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
}

static void handle_area(
		void *data, struct lido_shm_pool_v1 *pool, uint32_t area, int32_t fd, uint32_t size, uint32_t reserve) {
	void *memory = mmap(NULL, reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (memory != MAP_FAILED) {
		*(char *)memory = 1;
	}
	close(fd);
}

static void ignore_size(void *data, struct lido_shm_pool_v1 *pool, uint32_t area, uint32_t size) {
}

static void ignore_removed(void *data, struct lido_shm_pool_v1 *pool, uint32_t area) {
}

static const struct lido_shm_pool_v1_listener pool_listener = {
	.limits = ignore_limits,
	.area = handle_area,
	.area_size = ignore_size,
	.area_removed = ignore_removed,
};

// Does everything clients do, once: commits a sealed file, an unsealable file and a block, then destroys everything.
static void live(void) {
	struct attacker attacker;
	struct window window;
	struct picture sealed, unsealable;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&sealed, &attacker, 0, true, 160, 120);
	picture_init(&unsealable, &attacker, -1, true, 160, 120);
	for (int i = 0; i < 4; i++) {
		window_commit(&window, i == 2 ? unsealable.buffer : sealed.buffer);
		expect_alive(&attacker);
	}
	struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_pool(attacker.lido_shm, 0);
	lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
	struct lido_shm_block_v1 *block = lido_shm_pool_v1_create_block(pool, 160 * 120 * 4);
	window_commit(&window, lido_shm_block_v1_create_buffer(block, 0, 160, 120, 640, WL_SHM_FORMAT_ARGB8888));
	expect_alive(&attacker);
	lido_shm_block_v1_resize(block, 1 << 20);
	expect_alive(&attacker);
	picture_finish(&sealed, &attacker);
	picture_finish(&unsealable, &attacker);
	attacker_disconnect(&attacker);
}

static void wait_for(pid_t child, int *status) {
	while (waitpid(child, status, 0) == -1) {
		if (errno != EINTR) {
			fail("cannot wait for the client");
		}
	}
}

// Kills a client after it has entered or left system calls this many times. Returns whether it finished earlier.
static bool die_at(int stops) {
	int status;
	pid_t child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		live();
		_exit(0);
	}
	if (child == -1) {
		fail("cannot fork");
	}
	wait_for(child, &status);
	if (!WIFSTOPPED(status)) {
		skip("ptrace is not allowed");
	}
	ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(intptr_t)PTRACE_O_EXITKILL);
	for (int i = 0; i < stops; i++) {
		if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0) {
			fail("ptrace failed");
		}
		wait_for(child, &status);
		if (!WIFSTOPPED(status)) {
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
				fail("the client failed before it was killed");
			}
			return true;
		}
	}
	kill(child, SIGKILL);
	wait_for(child, &status);
	return false;
}

ATTACK("dies-at-each-system-call") {
	int stops = 1;
	while (!die_at(stops)) {
		stops += attack_count(100) < 100 ? 5 : 1;
	}
	if (stops < 100) {
		fail("the client made only %d system calls, fewer than 50", stops / 2);
	}
}
