#!/usr/bin/env python3
"""Tests suite.py with a program that prints what GoogleTest and WLCS print: this file itself. Prints TAP."""
import sys

from suite import Suite, count

OUTPUT = """[==========] Running 5 tests from 1 test suite.
[ RUN      ] Group.passes
[       OK ] Group.passes (1 ms)
[ RUN      ] Group.fails
file.cpp:1: Failure
[  FAILED  ] Group.fails (1 ms)
[ RUN      ] Group.lacks_an_extension
[     SKIP ] Group.lacks_an_extension
[ RUN      ] Group.skips_itself/0
file.cpp:2: Skipped
no keyboard
[  SKIPPED ] Group.skips_itself/0 (0 ms)
[==========] 5 tests from 1 test suite ran. (2 ms total)
[  PASSED  ] 1 test.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] Group.skips_itself/0
[ RUN      ] Group.crashes
"""
WANTED = {
    'Group.passes': 'passed',
    'Group.fails': 'failed',
    'Group.lacks_an_extension': 'skipped',
    'Group.skips_itself/0': 'skipped',
    'Group.crashes': 'failed',
}


def main():
    outcome = Suite(sys.executable, __file__).run_process(list(WANTED))
    said = outcome.said.get('Group.skips_itself/0')
    tests = {
        'each-kind-of-result-is-recognized': outcome.results == WANTED,
        'cause-of-a-skipped-test-is-kept': said == ['file.cpp:2: Skipped', 'no keyboard'],
        'results-are-counted-by-kind': count(WANTED.values()) == (1, 2, 2),
    }
    for number, name in enumerate(tests, 1):
        print('%s %d wlcs_suite@%s' % ('ok' if tests[name] else 'not ok', number, name))
    print('# %s' % outcome.results)
    print('1..%d' % len(tests))
    return 0 if all(tests.values()) else 1


if __name__ == '__main__':
    if len(sys.argv) > 1:
        print(OUTPUT, end='')
    else:
        sys.exit(main())
