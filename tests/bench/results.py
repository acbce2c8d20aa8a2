"""Measurements of several rounds, and their tables: a ratio first, then medians with minimum and maximum."""
import os
import statistics
import subprocess


class Results:
    """Values by server, case and key; each is a list with one value per round."""

    def __init__(self):
        self.values, self.cases, self.servers = {}, [], []

    def add(self, server, case, key, value):
        for known, name in ((self.servers, server), (self.cases, case)):
            if name not in known:
                known.append(name)
        self.values.setdefault((server, case, key), []).append(float(value))

    def add_output(self, server, text, case=None):
        """Adds lines of a benchmark: CASE, then KEY=VALUE, separated by tabs. case: overrides the printed one."""
        for line in text.splitlines():
            name, *pairs = line.split('\t')
            for pair in pairs:
                key, value = pair.split('=')
                self.add(server, case or name, key, value)

    def get(self, server, case, key):
        """Values of all rounds; for keys joined by '+', their sums."""
        lists = [self.values.get((server, case, part), []) for part in key.split('+')]
        return [sum(values) for values in zip(*lists)]

    def median(self, server, case, key):
        values = self.get(server, case, key)
        return statistics.median(values) if values else None

    def ratio(self, one, other, key, least=False):
        """The ratio of two (server, case) pairs: of their medians, or of their minimums if least is set."""
        values, others = self.get(*one, key), self.get(*other, key)
        choose = min if least else statistics.median
        return choose(values) / choose(others) if values and others and choose(others) > 0 else None

    def write(self, path):
        with open(path, 'w') as file:
            for (server, case, key), values in self.values.items():
                file.write('\t'.join([server, case, key, *('%g' % value for value in values)]) + '\n')


def number(value, digits=None):
    if value is None:
        return '-'
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return '%.*f' % (digits, value)


def span(values):
    """The median, minimum and maximum."""
    if not values:
        return '-'
    return '%s (%s-%s)' % (number(statistics.median(values)), number(min(values)), number(max(values)))


def format_table(header, rows):
    """Formats aligned columns: the first flush left, the others flush right."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append('  '.join(cells).rstrip())
    return '\n'.join(lines) + '\n'


PLOT = '''set terminal svg noenhanced size 900,420 font "sans,12" background "white"
set output "{svg}"
set title "{title}"
set ylabel "{unit}"
set grid ytics lc "#dddddd"
set key outside top left horizontal
'''


def plot_bars(out, name, title, unit, columns, rows, log=False):
    """rows: (label, value for each column). Writes OUT/NAME.svg with gnuplot."""
    data = os.path.join(out, name + '.dat')
    with open(data, 'w') as file:
        for label, *values in rows:
            file.write('"%s" %s\n' % (label, ' '.join('%g' % value if value is not None else '?' for value in values)))
    script = PLOT.format(svg=os.path.join(out, name + '.svg'), title=title, unit=unit)
    script += 'set style data histograms\nset style histogram clustered gap 1\nset style fill solid 0.8\n'
    script += 'set logscale y\n' if log else 'set yrange [0:*]\n'
    script += 'plot ' + ', '.join('"%s" using %d:xtic(1) title "%s"' % (data, i + 2, column)
        for i, column in enumerate(columns)) + '\n'
    gnuplot(script)


def plot_lines(out, name, title, unit, xlabel, columns, rows):
    """rows: (x, value for each column). Both axes are logarithmic."""
    data = os.path.join(out, name + '.dat')
    with open(data, 'w') as file:
        for row in rows:
            file.write(' '.join('%g' % value if value is not None else '?' for value in row) + '\n')
    script = PLOT.format(svg=os.path.join(out, name + '.svg'), title=title, unit=unit)
    script += 'set logscale xy\nset xlabel "%s"\n' % xlabel
    script += 'plot ' + ', '.join('"%s" using 1:%d with linespoints pt 7 title "%s"' % (data, i + 2, column)
        for i, column in enumerate(columns)) + '\n'
    gnuplot(script)


def gnuplot(script):
    subprocess.run(['gnuplot'], input=script, text=True, check=True, stdout=subprocess.DEVNULL)
