#!/usr/bin/env python3
"""Compares Lido with Mir in the conformance suite WLCS: prints the tables of docs/conformance.md, in Markdown.

    ./dev shell tests/wlcs/table.py       runs the suite twice, with corrected clients (see polite.h) and as packaged,
                                          on the module that LIDO_CONFIGS=gcc-release ./dev test wlcs has built
    table.py --record WLCS MODULE         runs a compositor's module, and prints its results in the form of mir.txt
"""
import os
import subprocess
import sys

from suite import Record, Suite, by_group, count

FIGURES = '%d / %d / %d'
BUILD = os.path.join(os.environ.get('LIDO_BUILD', 'build/native'), 'gcc-release/tests/wlcs')
MIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'mir.txt')


def record(program, module):
    suite = Suite(program, module)
    results = suite.run(suite.list_tests()).results
    for kind in ('failed', 'skipped'):
        for name in sorted(results):
            if results[name] == kind:
                print(kind, name)


def print_row(name, sides, names, form):
    print('| %s | %s |' % (name, ' | '.join(form % (FIGURES % count(side[name] for name in names)) for side in sides)))


def print_common(title, results, mir):
    """Prints how many each passes of the tests that neither skips."""
    both = [name for name in results if 'skipped' not in (results[name], mir[name])]
    passes = [sum(side[name] == 'passed' for name in both) for side in (results, mir)]
    print('| %s | %d | %d | %d |' % (title, len(both), *passes))


def main():
    program = subprocess.run(['pkg-config', '--variable=test_runner', 'wlcs'], stdout=subprocess.PIPE, text=True,
        check=True).stdout.strip()
    module, polite = (os.path.join(BUILD, name) for name in ('lido-wlcs.so', 'lido-wlcs-polite.so'))
    plain = Suite(program, module)
    names = plain.list_tests()
    recorded = Record(MIR)
    mir = {name: recorded.result(name) for name in names}
    made_polite, as_packaged = Suite(program, module, [polite]).run(names).results, plain.run(names).results
    sides = [made_polite, as_packaged, mir]
    print('| passed / failed / skipped | Lido | Lido, suite as packaged | Mir |\n| --- | --- | --- | --- |')
    groups = by_group(names)
    for group in groups:
        print_row(group, sides, groups[group], '%s')
    print_row('**all %d tests**' % len(names), sides, names, '**%s**')
    print('\n| tests that neither skips | tests | Lido passes | Mir passes |\n| --- | --- | --- | --- |')
    print_common('clients made polite', made_polite, mir)
    print_common('suite as packaged', as_packaged, mir)


if __name__ == '__main__':
    if sys.argv[1:2] == ['--record']:
        record(*sys.argv[2:])
    else:
        main()
