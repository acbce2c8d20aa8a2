#!/usr/bin/env python3
"""Runs the conformance suite WLCS against Lido, and compares it with expected results. Prints TAP, a line per group.

Tests with unexpected results are run once more, one at a time: many depend on real time, and can fail on a busy
machine. Both results are printed, and the second counts. $LIDO_TEST may name the groups to run: wlcs@GROUP.
"""
import argparse
import os
import sys

from suite import Record, Suite, by_group, count, group_of

AGAIN_MAX = 10


def words(counts):
    return '%d passed, %d failed, %d skipped' % counts


def report_differences(names, outcome, expected):
    differences = [name for name in names if outcome.results[name] != expected.result(name)]
    for name in differences:
        print('# %s: expected: %s; result: %s' % (name, expected.result(name), outcome.results[name]))
        for line in outcome.said[name][-40:]:
            print('#   ' + line)
    return not differences


def run_again(suite, outcome, expected):
    """Runs tests with unexpected results once more, unless there are too many for a busy machine to be the cause."""
    different = [name for name in outcome.results if outcome.results[name] != expected.result(name)]
    for name in different if len(different) <= AGAIN_MAX else []:
        first = outcome.results[name]
        outcome.add(suite.run_batch([name]))
        print('# %s: first %s, alone %s' % (name, first, outcome.results[name]))


def report_group(number, group, names, outcome, expected):
    fine = report_differences(names, outcome, expected)
    counts = count(outcome.results[name] for name in names)
    remark = words(counts)
    if fine and counts[2] == len(names):
        remark = 'SKIP %d tests: %s' % (len(names), expected.skip_cause(names[0]))
    print('%s %d wlcs@%s # %s' % ('ok' if fine else 'not ok', number, group, remark))
    return fine


def report_complaints(number, name, outcome):
    """Reports findings of sanitizers that belong to no single test: leaks at the exit of a process, or races."""
    for line in outcome.complaints:
        print('#   ' + line)
    print('%s %d %s' % ('not ok' if outcome.complaints else 'ok', number, name))
    return not outcome.complaints


def report(outcome, expected, sanitizer_test):
    groups = by_group(outcome.results)
    good = True
    for number, group in enumerate(groups, 1):
        good = report_group(number, group, groups[group], outcome, expected) and good
    if sanitizer_test is not None:
        good = report_complaints(len(groups) + 1, sanitizer_test, outcome) and good
    print('1..%d' % (len(groups) + (sanitizer_test is not None)))
    return good


def chosen(names):
    groups = [word[5:] for word in os.environ.get('LIDO_TEST', '').split() if word.startswith('wlcs@')]
    return [name for name in names if not groups or group_of(name) in groups]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--preload', action='append', default=[], help='a library to preload')
    parser.add_argument('--suppressions', help='leaks of other libraries, if everything is built with AddressSanitizer')
    parser.add_argument('--threads', action='store_true', help='everything is built with ThreadSanitizer')
    parser.add_argument('--version', default='0', help="the suite's version")
    parser.add_argument('program', help="the suite's program")
    parser.add_argument('module', help="Lido's module")
    parser.add_argument('expected', help='expected results')
    parser.add_argument('mir', help="Mir's results")
    arguments = parser.parse_args()
    options = {}
    if arguments.suppressions:
        options['LSAN_OPTIONS'] = 'print_suppressions=0:suppressions=' + os.path.abspath(arguments.suppressions)
    suite = Suite(arguments.program, arguments.module, arguments.preload, options)
    expected, mir = Record(arguments.expected, True, arguments.version), Record(arguments.mir)
    every = suite.list_tests()
    outcome = suite.run(chosen(every))
    run_again(suite, outcome, expected)
    sanitizer_test = 'wlcs@has-no-races' if arguments.threads else 'wlcs@leaves-nothing' if arguments.suppressions else None
    good = report(outcome, expected, sanitizer_test)
    unknown = [name for name in expected.failed if name not in every]
    for name in unknown:
        print('# %s is expected to fail, but no such test exists' % name)
    print('# Lido: %s' % words(count(outcome.results.values())))
    print('# Mir: %s' % words(count(mir.result(name) for name in outcome.results)))
    return 0 if good and not unknown else 1


if __name__ == '__main__':
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
