#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares armvcpu's figures of two runs of bench: what became better or worse, and by how much.

Usage: tools/bench/compare.py BEFORE AFTER [PERCENT]

BEFORE and AFTER are what a run leaves: build/bench/TAG.json, of the same kernel and host mode. With bench.sh's --tree the
one before can be measured by today's programs. Prints each operation that both measured. Exit status 1: one became worse
by more than PERCENT (2), or can't be measured any more.
"""
import json
import sys

from bench import figure


def main():
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    before, after = (json.load(open(name)).get('armvcpu', {}) for name in sys.argv[1:3])
    limit, bad = float(sys.argv[3]) if len(sys.argv) == 4 else 2.0, 0
    print('| operation | before | after | change |\n|---|--:|--:|--:|')
    for name, row in before.items():
        old, new = figure(row), figure(after.get(name))
        if old is None or name not in after:
            continue
        change = 'failed' if new is None else f'{100 * (new - old) / old:+.1f} %' if old else '-'
        if new is None or new > old * (1 + limit / 100):
            bad, change = bad + 1, f'**{change}**'
        print(f'| {row["title"]} | {old:.0f} | {"-" if new is None else f"{new:.0f}"} | {change} |')
    sys.exit(bad > 0)


if __name__ == '__main__':
    main()
