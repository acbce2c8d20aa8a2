"""Runs the conformance suite WLCS, and reads files of expected results.

Each batch of tests runs in its own process; after a crash or a hang, another process runs the rest of the batch.
"""
import collections
import concurrent.futures
import fnmatch
import os
import re
import subprocess
import sys

BATCH_LEN = 100
BATCH_SECONDS = 300  # timeout; a batch takes far less, even on a busy machine
RACE_LINES_MAX = 200  # enough for the first few races
KINDS = ('passed', 'failed', 'skipped')
# WLCS skips tests by a line of its own, SKIP, and in newer versions also by GoogleTest's, SKIPPED.
RESULTS = {'OK': 'passed', 'FAILED': 'failed', 'SKIP': 'skipped', 'SKIPPED': 'skipped'}
LINE = re.compile(r'\[ +(RUN|OK|FAILED|SKIP|SKIPPED) +\] ([\w/]+\.[\w/]+)')


def group_of(name):
    """Returns a test's group: XdgPopupTest for LayerShellPopup/XdgPopupTest.some_test/0."""
    return name.split('.')[0].split('/')[-1]


def by_group(names):
    groups = collections.defaultdict(list)
    for name in names:
        groups[group_of(name)].append(name)
    return {group: groups[group] for group in sorted(groups)}


def count(results):
    """Returns how many passed, failed and were skipped."""
    counts = collections.Counter(results)
    return tuple(counts[kind] for kind in KINDS)


class Outcome:
    """Results by name, output lines by name, and findings of sanitizers that belong to no single test."""

    def __init__(self):
        self.results, self.said, self.complaints = {}, {}, []

    def add(self, other):
        self.results.update(other.results)
        self.said.update(other.said)
        self.complaints += other.complaints


class Suite:
    """The suite's program with a compositor's module, and libraries to preload."""

    def __init__(self, program, module, preload=(), options=None):
        self.command = [program, module]
        # No test needs a cursor theme, and loading one is slow.
        self.environment = dict(os.environ, XCURSOR_PATH='/nonexistent', **(options or {}))
        self.preload = ':'.join(preload)

    def execute(self, arguments, **more):
        environment = dict(self.environment)
        if self.preload:
            environment['LD_PRELOAD'] = self.preload
        return subprocess.run(self.command + arguments, env=environment, stdout=subprocess.PIPE, **more)

    def list_tests(self):
        names, prefix = [], ''
        listing = self.execute(['--gtest_list_tests'], text=True, check=True).stdout
        for line in listing.splitlines():
            word = line.split('#')[0].rstrip()
            if re.fullmatch(r'[\w/]+\.', word):
                prefix = word
            elif re.fullmatch(r'  [\w/]+', word):
                names.append(prefix + word.strip())
        return [name for name in names if 'DISABLED_' not in name]

    def run_process(self, names):
        """Returns the outcome of one process, even if it crashes or times out."""
        try:
            process = self.execute(['--gtest_filter=' + ':'.join(names)], timeout=BATCH_SECONDS,
                stderr=subprocess.STDOUT)
            output, end = process.stdout, 'crashed, status %d' % process.returncode
        except subprocess.TimeoutExpired as expired:
            output, end = expired.stdout or b'', 'timed out'
        outcome, running, lines = Outcome(), None, []
        every = output.decode(errors='replace').splitlines()
        for line in every:
            match = LINE.search(line)
            if match and match[1] == 'RUN':
                running, lines = match[2], []
            elif match and match[2] == running:
                outcome.results[running] = RESULTS[match[1]]
                outcome.said[running], running, lines = lines, None, []
            else:
                lines.append(line)
        if running:
            outcome.results[running], outcome.said[running] = 'failed', lines + [end]
        elif any('Sanitizer' in line for line in lines):
            outcome.complaints = lines
        races = [i for i, line in enumerate(every) if 'WARNING: ThreadSanitizer' in line]
        if races:
            outcome.complaints = every[races[0]:][:RACE_LINES_MAX]
        return outcome

    def run_batch(self, names):
        outcome = Outcome()
        while names:
            some = self.run_process(names)
            if not some.results:
                some.results = {names[0]: 'failed'}
                some.said = {names[0]: ['the process exited before its first test'] + some.complaints}
            outcome.add(some)
            names = [name for name in names if name not in outcome.results]
        return outcome

    def run(self, names):
        outcome = Outcome()
        batches = [names[i:i + BATCH_LEN] for i in range(0, len(names), BATCH_LEN)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for some in pool.map(self.run_batch, batches):
                outcome.add(some)
        return outcome


def numbers(version):
    return [int(number) for number in version.split('.')]


class Record:
    """A file of lines "failed TEST" and "skipped PATTERN"; all other tests pass.

    With causes, the former end in " | cause | evidence", and the latter in " | cause". A line that begins with
    "failed since-1.8 TEST" is for that version of the suite and later ones; version: the one that is tested.
    """

    def __init__(self, path, with_causes=False, version='0'):
        self.failed, self.skipped = set(), {}  # causes by pattern
        lengths = {'failed': 3, 'skipped': 2} if with_causes else {'failed': 1, 'skipped': 1}
        with open(path, encoding='utf-8') as file:
            for line in file:
                if line.startswith('#') or not line.strip():
                    continue
                fields = [field.strip() for field in line.split('|')]
                words = fields[0].split()
                if len(words) == 3 and words[1].startswith('since-'):
                    if numbers(version) < numbers(words.pop(1)[6:]):
                        continue
                if len(words) != 2 or len(fields) != lengths.get(words[0]):
                    sys.exit('%s: invalid line: %s' % (path, line))
                if words[0] == 'failed':
                    self.failed.add(words[1])
                else:
                    self.skipped[words[1]] = fields[-1]

    def skip_cause(self, name):
        return next((self.skipped[pattern] for pattern in self.skipped if fnmatch.fnmatchcase(name, pattern)), None)

    def result(self, name):
        if name in self.failed:
            return 'failed'
        return 'skipped' if self.skip_cause(name) is not None else 'passed'
