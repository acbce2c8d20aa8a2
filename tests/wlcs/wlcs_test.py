#!/usr/bin/env python3
"""The conformance suite WLCS against Lido, compared with what is expected of it. Prints TAP, one line per group.

What differs from the expected is run once more, alone: many tests wait for real time, which a busy machine may not have.
Both results are printed, and the second counts. $LIDO_TEST may name groups to run alone: wlcs@GROUP.
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
        print('# %s: %s is expected, but it %s' % (name, expected.result(name),
            'was skipped' if outcome.results[name] == 'skipped' else outcome.results[name]))
        for line in outcome.said[name][-40:]:
            print('#   ' + line)
    return not differences


def run_again(suite, outcome, expected):
    """Runs those alone that differ, unless there are so many that it cannot be for want of time."""
    different = [name for name in outcome.results if outcome.results[name] != expected.result(name)]
    for name in different if len(different) <= AGAIN_MAX else []:
        first = outcome.results[name]
        outcome.add(suite.run_batch([name]))
        print('# %s: at first it %s, alone it %s' % (name, first, outcome.results[name]))


def report_group(number, group, names, outcome, expected):
    fine = report_differences(names, outcome, expected)
    counts = count(outcome.results[name] for name in names)
    remark = words(counts)
    if fine and counts[2] == len(names):
        remark = 'SKIP %d tests: %s' % (len(names), expected.skip_cause(names[0]))
    print('%s %d wlcs@%s # %s' % ('ok' if fine else 'not ok', number, group, remark))
    return fine


def report_complaints(number, name, outcome):
    """What a sanitizer found, which is no single test's: leaks at the end of a process, or races."""
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
    parser.add_argument('--preload', action='append', default=[], help='a library to be loaded first')
    parser.add_argument('--suppressions', help='leaks that are not ours, if all is built with AddressSanitizer')
    parser.add_argument('--threads', action='store_true', help='all is built with ThreadSanitizer')
    parser.add_argument('program', help='the suite')
    parser.add_argument('module', help='Lido')
    parser.add_argument('expected', help='results that are expected')
    parser.add_argument('mir', help="Mir's results")
    arguments = parser.parse_args()
    options = {}
    if arguments.suppressions:
        options['LSAN_OPTIONS'] = 'print_suppressions=0:suppressions=' + os.path.abspath(arguments.suppressions)
    suite = Suite(arguments.program, arguments.module, arguments.preload, options)
    expected, mir = Record(arguments.expected, with_causes=True), Record(arguments.mir)
    every = suite.list_tests()
    outcome = suite.run(chosen(every))
    run_again(suite, outcome, expected)
    sanitizer_test = 'wlcs@has-no-races' if arguments.threads else 'wlcs@leaves-nothing' if arguments.suppressions else None
    good = report(outcome, expected, sanitizer_test)
    unknown = [name for name in expected.failed if name not in every]
    for name in unknown:
        print('# %s is expected to fail, but there is no such test' % name)
    print('# Lido: %s' % words(count(outcome.results.values())))
    print('# Mir: %s' % words(count(mir.result(name) for name in outcome.results)))
    return 0 if good and not unknown else 1


if __name__ == '__main__':
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
