#!/usr/bin/env python3
"""Compares the tables of a run with those in the docs, by the ratio of Lido to what it is compared with.

    check.py DOCS TABLES...

Prints each ratio that is in both. Fails with 1 if one got worse: by more than 10 %, and also with the least value of
Lido in this run and its most in the docs. Fails with 2 if there is nothing to compare.
"""
import re
import sys

WORSE = 1.10
# Title of the table, then what is divided: a column by another one, in each row (TO is a name), or the first row by
# each other one, in a column (TO is None).
RATIOS = [
    ('compositor, then client', 'lido', 'weston'),
    ('stock clients on all of 1280x720', 'lido', 'lido wl_shm'),
    ('a frame of a resize', 'CPU of both, us', None),
    ('icons of 32x32', 'all shown, ms', None),
    ('is killed (ms)', 'all returned', None),
    ('is killed (ms)', 'CPU of the server', None),
    ('start, and idle', 'first answer', None),
    ('start, and idle', 'CPU until then', None),
]
SPAN = re.compile(r'([\d.]+) \(([\d.]+)-([\d.]+)\)')


def split(line):
    return ([''] if line.startswith(' ') else []) + re.split(r'\s{2,}', line.strip())


def read_tables(text):
    """Yields title, header and rows. A table is a title, a header and rows with spans, up to an empty line."""
    for block in re.split(r'\n\s*\n', text):
        lines = [line for line in block.splitlines() if line and not line.startswith('```')]
        if len(lines) >= 3 and SPAN.search(lines[2]):
            yield lines[0], split(lines[1]), [split(line) for line in lines[2:] if SPAN.search(line)]


def read_span(header, row, column):
    """Median, least and most of a cell; None: it has none."""
    index = header.index(column)
    match = SPAN.fullmatch(row[index]) if index < len(row) else None
    return tuple(float(value) for value in match.groups()) if match else None


def find_pairs(header, rows, column, to):
    """Yields the name and the two cells of each ratio."""
    for row in rows if to else rows[1:]:
        one = read_span(header, row if to else rows[0], column)
        other = read_span(header, row, to or column)
        if one and other and other[0] > 0:
            yield row[0], one, other


def read_ratios(text):
    """Ratios by name: of the medians, and of Lido's least and most to the other's median."""
    ratios = {}
    for title, header, rows in read_tables(text):
        for part, column, to in RATIOS:
            if part in title and column in header and (to is None or to in header):
                for name, one, other in find_pairs(header, rows, column, to):
                    ratios[(title, name, column)] = tuple(value / other[0] for value in one)
    return ratios


def main():
    docs, *tables = sys.argv[1:]
    with open(docs) as file:
        before = read_ratios(file.read())
    after = {}
    for table in tables:
        with open(table) as file:
            after.update(read_ratios(file.read()))
    known = [key for key in after if key in before]
    worse = 0
    for key in known:
        (old, _, old_most), (new, new_least, _) = before[key], after[key]
        is_worse = new > WORSE * old and new_least > old_most
        worse += is_worse
        print('%-40s %-36s %-18s %7.3f %7.3f%s' % (key[0][:40], *key[1:], old, new, '  worse' if is_worse else ''))
    print('%d ratios compared with %s, %d worse' % (len(known), docs, worse))
    return 2 if not known else 1 if worse else 0


if __name__ == '__main__':
    sys.exit(main())
