#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Counts the instructions that the emulated host executes while a Linux guest boots on it.

From the start of armvcpu-run to its end: the guest's kernel, its user space, which powers off at once, the host and EL2.
QEMU's record mode tells the number executed (idle time is none); it wants a machine with one CPU. Called by bench.py for
the operation "boot"; the other side of the conversation is tools/bench.sh's /init. The last boot is counted by the
CPU, too, level by level (split.c).
"""

NAME = 'boot'
TITLE = 'Linux guest, 1 vCPU, from start of the VMM to power-off'
ICOUNT = 'shift=0,rr=record,rrfile='


def executed(machine):
    """The number of instructions since the machine was switched on."""
    return int(machine.human('info replay').strip().rsplit('=', 1)[1])


def measure(machine, timeout, note):
    """The row of the table: the smallest of a few boots; None when the host is silent."""
    counts, begin, split = [], 0, []
    while True:
        line = machine.line(timeout)
        if line is None:
            note('boot: the host is silent; the console ended with:\n' +
                 '\n'.join('  | ' + x for x in machine.console))
            return None
        at = line.find('@@')
        if at < 0:
            continue
        what, *fields = line[at + 2:].split('|')
        if what == 'count' and fields[0] == 'begin':
            begin = executed(machine)
            machine.go_on()
        elif what == 'count':
            # Status 0: the guest powered off.
            if fields[0] != '0':
                note(f'boot: armvcpu-run ended with {fields[0]}')
                return None
            counts.append(executed(machine) - begin)
            machine.go_on()
        elif what == 'split':
            split = [int(f) for f in fields]
        elif what == 'finished':
            note(f'boot: {", ".join(map(str, counts))}; EL1, EL2, EL0: {", ".join(map(str, split))}')
            return {'name': NAME, 'bound': 'r', 'title': TITLE, 'clock': min(counts), 'all': counts, 'split': split}
