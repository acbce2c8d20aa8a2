#!/usr/bin/env python3
"""The conformance suite WLCS against Lido, compared with what is expected of it. Prints TAP, one line per group.

    run.py WLCS MODULE POLITE EXPECTED    compare; POLITE is preloaded
    run.py WLCS MODULE                    only count, with the suite's clients as they are

Tests run in batches, each in a process of its own; after a crash or a hang the rest of the batch is run in another.
What differs from the expected is run once more, alone: many tests wait for real time, which a busy machine may not have.
Both results are printed, and the second counts.
$LIDO_TEST may name groups to run alone: wlcs@GROUP.
"""
import collections
import concurrent.futures
import fnmatch
import os
import re
import subprocess
import sys

BATCH_LEN = 100
BATCH_SECONDS = 300  # far more than one takes, even on a busy machine
AGAIN_MAX = 10
MIR = '1093 passed, 58 failed, 9 skipped'  # Mir 2.20, whose authors wrote the suite, by the same packages
RESULTS = {'OK': 'passed', 'FAILED': 'failed', 'SKIP': 'skipped'}
LINE = re.compile(r'\[ +(RUN|OK|FAILED|SKIP) +\] ([\w/]+\.[\w/]+)')


def group_of(name):
    """LayerShellPopup/XdgPopupTest.some_test/0 is of the group XdgPopupTest."""
    return name.split('.')[0].split('/')[-1]


def list_tests(command):
    listing = subprocess.run(command + ['--gtest_list_tests'], stdout=subprocess.PIPE, text=True, check=True).stdout
    names, prefix = [], ''
    for line in listing.splitlines():
        word = line.split('#')[0].rstrip()
        if re.fullmatch(r'[\w/]+\.', word):
            prefix = word
        elif re.fullmatch(r'  [\w/]+', word):
            names.append(prefix + word.strip())
    return [name for name in names if 'DISABLED_' not in name]


def run_process(command, environment, names):
    """Returns results by name and what was said, also of a process that did not come to its end."""
    try:
        process = subprocess.run(command + ['--gtest_filter=' + ':'.join(names)], env=environment,
            timeout=BATCH_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, end = process.stdout, 'crashed, status %d' % process.returncode
    except subprocess.TimeoutExpired as expired:
        output, end = expired.stdout or b'', 'timed out'
    results, said, running, lines = {}, {}, None, []
    for line in output.decode(errors='replace').splitlines():
        match = LINE.search(line)
        if match and match[1] == 'RUN':
            running, lines = match[2], []
        elif match and match[2] == running:
            results[running], said[running], running = RESULTS[match[1]], lines, None
        else:
            lines.append(line)
    if running:
        results[running], said[running] = 'failed', lines + [end]
    return results, said


def run_batch(command, environment, names):
    results, said = {}, {}
    while names:
        some, lines = run_process(command, environment, names)
        if not some:
            some, lines = {names[0]: 'failed'}, {names[0]: ['the process ended before its first test']}
        results.update(some)
        said.update(lines)
        names = [name for name in names if name not in results]
    return results, said


def run_all(command, environment, names):
    results, said = {}, {}
    batches = [names[i:i + BATCH_LEN] for i in range(0, len(names), BATCH_LEN)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for some, lines in pool.map(lambda batch: run_batch(command, environment, batch), batches):
            results.update(some)
            said.update(lines)
    return results, said


def read_expected(path):
    """Lines of "failed NAME | cause | proof" and "skipped PATTERN | cause"; all others are expected to pass."""
    failed, skipped = set(), {}  # causes by pattern
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.startswith('#') or not line.strip():
                continue
            fields = [field.strip() for field in line.split('|')]
            words = fields[0].split()
            if len(words) != 2 or len(fields) != {'failed': 3, 'skipped': 2}.get(words[0]):
                sys.exit('%s: not understood: %s' % (path, line))
            if words[0] == 'failed':
                failed.add(words[1])
            else:
                skipped[words[1]] = fields[1]
    return failed, skipped


def skip_cause(name, skipped):
    return next((skipped[pattern] for pattern in skipped if fnmatch.fnmatchcase(name, pattern)), None)


def expect(name, expected):
    failed, skipped = expected
    if name in failed:
        return 'failed'
    return 'skipped' if skip_cause(name, skipped) else 'passed'


def count(results):
    counts = collections.Counter(results)
    return '%d passed, %d failed, %d skipped' % tuple(counts[kind] for kind in RESULTS.values())


def report_differences(group, results, said, expected):
    differences = [name for name in group if results[name] != expect(name, expected)]
    for name in differences:
        print('# %s: %s is expected, but it %s' % (name, expect(name, expected),
            'was skipped' if results[name] == 'skipped' else results[name]))
        for line in said[name][-40:]:
            print('#   ' + line)
    return not differences


def run_again(command, environment, results, said, expected):
    """Runs those alone that differ, unless there are so many that it cannot be for want of time."""
    different = [name for name in results if results[name] != expect(name, expected)]
    for name in different if len(different) <= AGAIN_MAX else []:
        first = results[name]
        some, lines = run_batch(command, environment, [name])
        results.update(some)
        said.update(lines)
        print('# %s: at first it %s, alone it %s' % (name, first, results[name]))


def report(results, said, expected):
    groups = collections.defaultdict(list)
    for name in results:
        groups[group_of(name)].append(name)
    good = True
    for number, group in enumerate(sorted(groups), 1):
        names = groups[group]
        fine = expected is None or report_differences(names, results, said, expected)
        remark = count(results[name] for name in names)
        if expected and fine and all(results[name] == 'skipped' for name in names):
            remark = 'SKIP %d tests: %s' % (len(names), skip_cause(names[0], expected[1]))
        print('%s %d wlcs@%s # %s' % ('ok' if fine else 'not ok', number, group, remark))
        good = good and fine
    print('1..%d' % len(groups))
    return good


def chosen(names):
    groups = [word[5:] for word in os.environ.get('LIDO_TEST', '').split() if word.startswith('wlcs@')]
    return [name for name in names if not groups or group_of(name) in groups]


def main(wlcs, module, polite=None, expected=None):
    environment = dict(os.environ, XCURSOR_PATH='/nonexistent')  # no test needs a theme; loading one is slow
    if polite:
        environment['LD_PRELOAD'] = polite
    command = [wlcs, module]
    every = list_tests(command)
    names = chosen(every)
    table = read_expected(expected) if expected else None
    unknown = [name for name in table[0] if name not in every] if table else []
    results, said = run_all(command, environment, names)
    if table:
        run_again(command, environment, results, said, table)
    good = report(results, said, table)
    for name in unknown:
        print('# %s is expected to fail, but there is no such test' % name)
    print('# Lido: %s; Mir: %s' % (count(results.values()), MIR))
    return good and not unknown


if __name__ == '__main__':
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(0 if main(*sys.argv[1:]) else 1)
