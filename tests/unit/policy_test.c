/*
 * The policy is pure: the tests cover every path through it.
 */
#include "policy.h"
#include "runner.h"

#define LARGE (1 << 20)
#define LEAST (1 << 17) // that is read in place

static struct lido_policy_commit video(uint32_t commits) {
	return (struct lido_policy_commit){.buffer = {.commits = commits, .file_commits = commits, .is_sealed = true},
		.is_other = true,
		.is_held = true,
		.size = LARGE,
		.damage = LARGE};
}

// Makes count commits of that kind. Returns the number of the first that is read in place, from 1 on; 0: none.
static uint32_t find_in_place(
		struct lido_policy_history *history, const struct lido_policy_commit *commit, uint32_t count) {
	for (uint32_t i = 1; i <= count; i++) {
		if (lido_policy_decide(history, commit) == LIDO_POLICY_IN_PLACE) {
			return i;
		}
	}
	return 0;
}

TEST("policy@first-two-commits-of-a-buffer-are-read") {
	struct lido_policy_history history = {0};
	for (uint32_t i = 0; i < 2; i++) {
		struct lido_policy_commit commit = video(i);
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
	}
	struct lido_policy_commit third = video(2), last = video(UINT32_MAX);
	expect_int(lido_policy_decide(&history, &third), ==, LIDO_POLICY_COPY);
	expect_int(lido_policy_decide(&history, &last), ==, LIDO_POLICY_COPY);
}

TEST("policy@new-buffer-is-read-in-place-during-a-video") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit old = video(50), young = video(1);
	expect_int(find_in_place(&history, &old, 100), >, 0);
	expect_int(lido_policy_decide(&history, &young), ==, LIDO_POLICY_IN_PLACE);
}

TEST("policy@unsealed-file-is-always-read") {
	struct lido_policy_history history = {0};
	for (uint32_t i = 0; i < 100; i++) {
		struct lido_policy_commit commit = video(i);
		commit.buffer.is_sealed = false;
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
	}
}

TEST("policy@small-buffer-is-always-read") {
	struct lido_policy_history history = {0};
	for (uint32_t i = 0; i < 100; i++) {
		struct lido_policy_commit commit = video(i);
		commit.size = commit.damage = 65535;
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
	}
}

TEST("policy@full-commits-of-128-KiB-are-read-in-place-but-not-of-less") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	commit.size = commit.damage = LEAST;
	expect_int(find_in_place(&history, &commit, 100), >, 0);
	commit.size = commit.damage = LEAST - 1;
	expect_int(find_in_place(&history, &commit, 100), ==, 0);
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
}

// What its client waits for, or makes instead, is as much with small buffers as with large ones.
TEST("policy@client-of-small-buffers-without-another-one-is-soon-released-early") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit same = video(5);
	same.size = same.damage = LEAST;
	same.is_other = false;
	int tries = 0;
	for (int i = 0; i < 1000; i++) {
		tries += lido_policy_decide(&history, &same) == LIDO_POLICY_IN_PLACE;
	}
	expect_int(tries, >, 0);
	expect_int(tries, <=, 4);
}

// A client in the server's pool that draws all of each frame into a buffer that it has back, and else into another one:
// of len at most, or (0) always into a new block. Returns how many of the last half of its commits are read in place.
static int draw_by_turns(int len) {
	struct lido_policy_history history = {0};
	uint32_t commits[4] = {0};
	int shown = 0, in_place = 0;
	bool is_held = false;
	for (uint32_t i = 0; i < 200; i++) {
		int next = !is_held ? shown : len == 0 ? 0 : (shown + 1) % len;
		if (is_held && len == 0) {
			commits[0] = 0;
		}
		struct lido_policy_commit commit = video(i);
		commit.buffer.is_exported = true;
		commit.buffer.is_new_block = commits[next] == 0;
		commit.buffer.commits = commits[next]++;
		commit.is_other = is_held;
		commit.is_held = is_held;
		is_held = lido_policy_decide(&history, &commit) == LIDO_POLICY_IN_PLACE;
		in_place += is_held && i >= 100;
		shown = next;
	}
	return in_place;
}

TEST("policy@client-that-makes-blocks-only-while-its-buffer-is-held-has-it-back-early") {
	expect_int(draw_by_turns(0), ==, 0);
}

TEST("policy@two-to-four-blocks-in-turn-are-read-in-place") {
	for (int len = 2; len <= 4; len++) {
		expect_int(draw_by_turns(len), ==, 100);
	}
}

TEST("policy@video-is-soon-read-in-place-and-stays-so") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(2);
	uint32_t first = find_in_place(&history, &commit, 100);
	expect_int(first, >, 2);
	expect_int(first, <, 30);
	for (int i = 0; i < 1000; i++) {
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_IN_PLACE);
	}
}

TEST("policy@commit-beyond-the-copy-budget-of-a-dispatch-is-read-in-place-if-sealed") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(0);
	commit.buffer.bytes_copied = LIDO_DISPATCH_BYTES_IN_PLACE - commit.damage;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
	commit.buffer.bytes_copied++;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_IN_PLACE);
	commit.buffer.is_sealed = false;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
}

TEST("policy@small-damage-is-copied") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	commit.damage = LARGE / 2 - 1;
	expect_int(find_in_place(&history, &commit, 1000), ==, 0);
	commit.damage = 0;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
}

TEST("policy@one-small-damage-ends-reading-in-place") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	uint32_t first = find_in_place(&history, &commit, 100);
	commit.damage = 100;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
	commit.damage = LARGE;
	expect_int(find_in_place(&history, &commit, 100), ==, first);
}

// Makes count commits of that kind. Returns how many of them are read in place.
static uint32_t count_in_place(
		struct lido_policy_history *history, const struct lido_policy_commit *commit, uint32_t count) {
	uint32_t found = 0;
	for (uint32_t i = 0; i < count; i++) {
		found += lido_policy_decide(history, commit) == LIDO_POLICY_IN_PLACE;
	}
	return found;
}

TEST("policy@client-without-another-buffer-is-soon-released-early") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	commit.is_other = false;
	uint32_t tries = count_in_place(&history, &commit, 1000);
	expect_int(tries, >, 0);
	expect_int(tries, <=, 4);
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
}

TEST("policy@only-buffer-that-is-not-held-stays-read-in-place") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	commit.is_other = commit.is_held = false;
	expect_int(find_in_place(&history, &commit, 100), >, 0);
	expect_int(count_in_place(&history, &commit, 100), ==, 100);
}

TEST("policy@new-buffer-for-each-frame-is-soon-released-early") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit old = video(5), young = video(0);
	expect_int(find_in_place(&history, &old, 100), >, 0);
	expect_int(count_in_place(&history, &young, 100), <=, 4);
	expect_int(lido_policy_decide(&history, &young), ==, LIDO_POLICY_READ);
	expect_int(count_in_place(&history, &old, 100), ==, 0);
}

TEST("policy@client-that-waits-for-a-release-is-soon-released-early") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	expect_int(find_in_place(&history, &commit, 100), >, 0);
	for (int i = 0; i < 3; i++) {
		lido_policy_stop_holding(&history);
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_IN_PLACE);
	}
	lido_policy_stop_holding(&history);
	expect_int(count_in_place(&history, &commit, 100), ==, 0);
	for (int i = 0; i < 100; i++) {
		lido_policy_stop_holding(&history);
	}
	expect_int(count_in_place(&history, &commit, 100), ==, 0);
}

TEST("policy@another-size-is-tried-again") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5);
	commit.is_other = false;
	count_in_place(&history, &commit, 1000);
	commit.size = commit.damage = LARGE + 4096;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
	commit.is_other = true;
	expect_int(find_in_place(&history, &commit, 100), >, 0);
}

TEST("policy@another-size-in-each-frame-is-never-read-in-place") {
	struct lido_policy_history history = {0};
	for (uint32_t i = 0; i < 100; i++) {
		struct lido_policy_commit commit = video(5);
		commit.size = commit.damage = LARGE + 4096 * i;
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
	}
}

static struct lido_policy_commit stream(void) {
	return (struct lido_policy_commit){
		.buffer = {.is_sealed = true, .is_exported = true, .is_new_block = true}, .size = LARGE, .damage = LARGE};
}

TEST("policy@new-block-for-each-frame-is-soon-read-in-place") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = stream();
	uint32_t first = find_in_place(&history, &commit, 100);
	expect_int(first, >, 2);
	expect_int(first, <, 30);
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_IN_PLACE);
}

// Returns the number of the first commit that is read in place; 0: none.
static uint32_t resize_until_in_place(uint32_t commits, uint32_t commits_of_size) {
	struct lido_policy_history history = {0};
	for (uint32_t i = 0; i < commits; i++) {
		struct lido_policy_commit commit = stream();
		commit.size = commit.damage = LARGE + 4096 * (i / commits_of_size);
		if (lido_policy_decide(&history, &commit) == LIDO_POLICY_IN_PLACE) {
			return i + 1;
		}
	}
	return 0;
}

TEST("policy@new-block-of-another-size-for-each-frame-is-later-read-in-place") {
	uint32_t first = resize_until_in_place(100, 100);
	expect_int(first, ==, 8);
	expect_int(resize_until_in_place(100, 1), ==, 4 * first);
	expect_int(resize_until_in_place(100, first - 1), ==, 4 * first);
	expect_int(resize_until_in_place(4 * first - 1, 1), ==, 0);
}

TEST("policy@new-file-for-each-frame-is-always-read") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = stream();
	commit.buffer.is_exported = commit.buffer.is_new_block = false;
	expect_int(find_in_place(&history, &commit, 100), ==, 0);
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
}

TEST("policy@old-block-ends-reading-new-ones-in-place") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = stream(), old = stream();
	old.buffer.is_new_block = false;
	uint32_t first = find_in_place(&history, &commit, 100);
	expect_int(lido_policy_decide(&history, &old), ==, LIDO_POLICY_READ);
	expect_int(find_in_place(&history, &commit, 100), ==, first);
}

// As those of weston-terminal while its window is resized: it draws into the same bytes when it has them back, and
// would create another pool.
TEST("policy@new-buffers-of-other-sizes-in-an-old-block-are-copied") {
	struct lido_policy_history history = {0};
	for (uint32_t i = 0; i < 100; i++) {
		struct lido_policy_commit commit = stream();
		commit.buffer.is_new_block = false;
		commit.buffer.file_commits = i + 2;
		commit.size = commit.damage = LARGE + 4096 * i;
		expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_COPY);
	}
}

TEST("policy@small-damage-of-a-new-block-is-read") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = stream();
	expect_int(find_in_place(&history, &commit, 100), >, 0);
	commit.damage = LARGE / 2 - 1;
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_READ);
}

// The next full frame of a client that has count buffers and takes them in turn, if it gets them back late.
static struct lido_gpu_commit frame(uint32_t number, uint32_t count) {
	return (struct lido_gpu_commit){.is_possible = true,
		.is_new = number < count,
		.is_other = count > 1,
		.has_other = number > 0 && count > 1,
		.size = LARGE,
		.damage = LARGE};
}

// Makes commits until one is decided so. Returns its number, from 0 on; -1: none.
static int find_gpu_policy(
		struct lido_gpu_history *history, uint32_t buffers, int commits, enum lido_gpu_policy policy) {
	for (int i = 0; i < commits; i++) {
		struct lido_gpu_commit commit = frame((uint32_t)i, buffers);
		if (lido_gpu_policy_decide(history, &commit) == policy) {
			return i;
		}
	}
	return -1;
}

TEST("policy@gpu-imports-after-a-run-of-full-frames-in-two-buffers") {
	struct lido_gpu_history history = {0};
	int first = find_gpu_policy(&history, 2, 100, LIDO_GPU_POLICY_IMPORT);
	expect_int(first, >, 2);
	expect_int(first, <, 30);
	for (uint32_t i = 0; i < 1000; i++) {
		struct lido_gpu_commit commit = frame(100 + i, 2);
		expect_int(lido_gpu_policy_decide(&history, &commit), ==, LIDO_GPU_POLICY_IMPORT);
	}
}

TEST("policy@gpu-imports-whatever-small-number-of-buffers-a-client-has") {
	for (uint32_t buffers = 2; buffers <= 4; buffers++) {
		struct lido_gpu_history history = {0};
		expect_int(find_gpu_policy(&history, buffers, 100, LIDO_GPU_POLICY_IMPORT), >, 0);
	}
}

TEST("policy@gpu-imports-though-the-second-buffer-is-made-when-the-first-is-held") {
	struct lido_gpu_history history = {0};
	struct lido_gpu_commit commit = frame(1, 1);
	for (int i = 0; lido_gpu_policy_decide(&history, &commit) != LIDO_GPU_POLICY_HOLD; i++) {
		expect_int(i, <, 30);
	}
	commit = (struct lido_gpu_commit){
		.is_possible = true, .is_new = true, .is_other = true, .has_other = true, .size = LARGE, .damage = LARGE};
	expect_int(lido_gpu_policy_decide(&history, &commit), ==, LIDO_GPU_POLICY_HOLD);
	commit.is_new = false;
	expect_int(lido_gpu_policy_decide(&history, &commit), ==, LIDO_GPU_POLICY_IMPORT);
}

TEST("policy@gpu-never-imports-new-buffers-and-soon-stops-holding-them") {
	struct lido_gpu_history history = {0};
	int held = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		struct lido_gpu_commit commit = frame(i, UINT32_MAX);
		enum lido_gpu_policy policy = lido_gpu_policy_decide(&history, &commit);
		expect_int(policy, !=, LIDO_GPU_POLICY_IMPORT);
		held += policy == LIDO_GPU_POLICY_HOLD;
	}
	expect_int(held, ==, 4);
}

TEST("policy@gpu-soon-stops-holding-the-only-buffer") {
	struct lido_gpu_history drawn = {0}, waited = {0};
	int held = 0, waits = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		struct lido_gpu_commit commit = frame(i, 1);
		held += lido_gpu_policy_decide(&drawn, &commit) == LIDO_GPU_POLICY_HOLD;
		if (lido_gpu_policy_decide(&waited, &commit) == LIDO_GPU_POLICY_HOLD) {
			waits++;
			lido_gpu_policy_stop_holding(&waited);
		}
	}
	expect_int(held, ==, 4);
	expect_int(waits, ==, 4);
}

TEST("policy@gpu-gets-small-damage-small-buffers-and-impossible-ones-uploaded") {
	for (int i = 0; i < 3; i++) {
		struct lido_gpu_history history = {0};
		for (uint32_t j = 0; j < 100; j++) {
			struct lido_gpu_commit commit = frame(j, 2);
			commit.damage -= i == 0 ? LARGE / 2 + 1 : 0;
			commit.size -= i == 1;
			commit.is_possible = i != 2;
			expect_int(lido_gpu_policy_decide(&history, &commit), ==, LIDO_GPU_POLICY_UPLOAD);
		}
	}
}

TEST("policy@gpu-starts-over-after-small-damage-and-after-a-resize") {
	struct lido_gpu_history history = {0};
	struct lido_gpu_commit small = frame(100, 2), large = frame(100, 2);
	small.damage = 100;
	large.size = large.damage = 2 * LARGE;
	expect_int(find_gpu_policy(&history, 2, 100, LIDO_GPU_POLICY_IMPORT), >, 0);
	expect_int(lido_gpu_policy_decide(&history, &small), ==, LIDO_GPU_POLICY_UPLOAD);
	expect_int(find_gpu_policy(&history, 2, 100, LIDO_GPU_POLICY_IMPORT), >, 2);
	expect_int(lido_gpu_policy_decide(&history, &large), ==, LIDO_GPU_POLICY_UPLOAD);
	expect_int(find_gpu_policy(&history, 2, 100, LIDO_GPU_POLICY_IMPORT), >, 2);
}

TEST("policy@renderer-that-uploads-reads-every-commit-itself") {
	const int64_t sizes[] = {64, 65536, LARGE};
	for (int i = 0; i < 3 * 2 * 2 * 2; i++) {
		struct lido_policy_history history = {0};
		for (uint32_t commits = 0; commits < 20; commits++) {
			struct lido_policy_commit commit = video(commits);
			commit.is_uploaded = true;
			commit.size = sizes[i % 3];
			commit.damage = i / 3 % 2 == 0 ? commit.size : 1;
			commit.buffer.is_sealed = i / 6 % 2 == 0;
			commit.buffer.is_exported = commit.buffer.is_sealed && i / 12 == 0;
			commit.buffer.bytes_copied = LIDO_DISPATCH_BYTES_IN_PLACE;
			expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_UPLOAD);
		}
		expect(!history.is_holding);
	}
}

TEST("policy@another-renderer-finds-the-history-as-it-was") {
	struct lido_policy_history history = {0};
	struct lido_policy_commit commit = video(5), upload = video(5);
	upload.is_uploaded = true;
	expect_int(find_in_place(&history, &commit, 100), >, 0);
	expect_int(lido_policy_decide(&history, &upload), ==, LIDO_POLICY_UPLOAD);
	expect_int(lido_policy_decide(&history, &commit), ==, LIDO_POLICY_IN_PLACE);
}

// It may take longer to make a buffer than one is held.
TEST("policy@gpu-imports-though-the-second-buffer-comes-late") {
	struct lido_gpu_history history = {0};
	struct lido_gpu_commit commit = frame(1, 1);
	for (int i = 0; lido_gpu_policy_decide(&history, &commit) != LIDO_GPU_POLICY_HOLD; i++) {
		expect_int(i, <, 30);
	}
	lido_gpu_policy_stop_holding(&history);
	commit = (struct lido_gpu_commit){
		.is_possible = true, .is_new = true, .is_other = true, .has_other = true, .size = LARGE, .damage = LARGE};
	expect_int(lido_gpu_policy_decide(&history, &commit), ==, LIDO_GPU_POLICY_HOLD);
	commit.is_new = false;
	expect_int(lido_gpu_policy_decide(&history, &commit), ==, LIDO_GPU_POLICY_IMPORT);
}
