#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Boots the emulated host once per device, lets bench measure there, and prints the table.

Called by tools/bench.sh, which builds what is needed here. The machine counts instructions as time
(-icount shift=0,sleep=off), so figures repeat; while a few operations of each kind run again, every instruction is
logged, which gives the expensive ones.
"""
import argparse
import collections
import gzip
import json
import os
import re
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import boot
import trace

TICK = 16               # the counter of QEMU's machine runs at 62.5 MHz: instructions per tick
# What is to be reached: a ratio to KVM by class, and instructions where a number was set.
RATIO = {'e': 0.12, 'm': 0.3, 'h': 0.4, 'r': 1.0}
# Those with a ratio of their own.
RATIO_OF = {'fault_4k': 0.7, boot.NAME: 0.85}
GOAL = {'hypercall': 150, 'idreg': 150, 'gicd': 300, 'ipi': 1800, 'timer': 2500, 'mmio_read': 2000,
        'mmio_write': 2000}

# Part of the work is another CPU's, while the guest goes on: counted is what the CPU executes that begins, by the log.
OWN_CPU = ['ioeventfd']

# Another thread sends, and the vCPU gets: what of it the vCPU's CPU executes has a goal of its own, as a ratio to KVM.
VCPU_SHARE = {'irqfd': 0.25, 'msi_irqfd': 0.3, 'msi': 0.3}

# What of such a sum is Linux's own, the same for both, and can be measured alone: the sender's system call.
SENDER = {'irqfd': 'write', 'msi_irqfd': 'write', 'msi': 'ioctl'}

# Ways out of a guest that stand for all, measured once more with each kind of hardening (module parameter).
HARDENED_OPS = ['hypercall', 'psci', 'idreg', 'timer', 'ipi', 'mmio_read', 'ioeventfd', 'irqfd']


def note(text):
    print('bench: ' + text, file=sys.stderr, flush=True)


class Machine:
    def __init__(self, args, device, ops, folder, icount='shift=0,sleep=off', smp=2):
        self.log = os.path.join(folder, 'instructions')
        monitor = os.path.join(folder, 'monitor')
        if os.path.exists(monitor):
            os.unlink(monitor)
        append = ['console=ttyAMA0', 'quiet', 'loglevel=1', 'panic=-1', 'nokaslr',
                  'bench.device=' + device, 'bench.ops=' + ','.join(ops)]
        if device == 'armvcpu':
            append.append('kvm-arm.mode=none')
        if args.append:
            append.append(args.append)
        self.qemu = subprocess.Popen(
            ['qemu-system-aarch64', '-nodefaults', '-display', 'none', '-no-reboot',
             '-machine', 'virt,virtualization=on,gic-version=3', '-accel', 'tcg,thread=single',
             '-icount', icount, '-cpu', args.cpu, '-smp', str(smp), '-m', '1G',
             '-kernel', args.image, '-initrd', args.initrd, '-append', ' '.join(append),
             '-chardev', 'stdio,id=con,signal=off', '-serial', 'chardev:con',
             '-qmp', f'unix:{monitor},server=on,wait=off'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.buffer = b''
        self.console = collections.deque(maxlen=60)
        for _ in range(100):
            try:
                self.qmp = socket.socket(socket.AF_UNIX)
                self.qmp.connect(monitor)
                break
            except OSError:
                time.sleep(0.1)
        self.qmp_lines = self.qmp.makefile('r')
        self.qmp_lines.readline()
        self.command('qmp_capabilities')
        self.single = 'singlestep'      # until QEMU 8.1
        if 'unknown command' in self.human('one-insn-per-tb off'):
            self.human('singlestep off')
        else:
            self.single = 'one-insn-per-tb'

    def command(self, name, **arguments):
        self.qmp.sendall((json.dumps({'execute': name, 'arguments': arguments}) + '\n').encode())
        while True:
            answer = json.loads(self.qmp_lines.readline())
            if 'return' in answer or 'error' in answer:
                return answer.get('return')

    def human(self, line):
        return self.command('human-monitor-command', **{'command-line': line})

    def line(self, timeout):
        """The next line of the console; None when it stays silent or the machine is gone."""
        deadline = time.time() + timeout
        while b'\n' not in self.buffer:
            ready, _, _ = select.select([self.qemu.stdout], [], [], max(0, deadline - time.time()))
            chunk = os.read(self.qemu.stdout.fileno(), 65536) if ready else b''
            if not chunk:
                return None
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b'\n', 1)
        line = line.decode(errors='replace').strip('\r\n')
        self.console.append(line)
        return line

    def go_on(self):
        self.qemu.stdin.write(b'\n')
        self.qemu.stdin.flush()

    def log_on(self):
        self.human('logfile ' + self.log)
        self.human('log exec,nochain,in_asm,int')
        self.human(self.single + ' on')

    def log_off(self):
        self.human(self.single + ' off')
        self.human('log none')

    def kill(self):
        self.qemu.kill()
        self.qemu.wait()
        self.qmp.close()


def per_operation(row, fields):
    """Median of the batches, in instructions, without the loop's own."""
    n, ticks = int(fields[0]), [int(t) for t in fields[1].split()]
    return max(0, statistics.median(ticks) * TICK / n - row['overhead'])


def digest(args, log, row, symbols):
    trips = log.cut(row['begin'], row['end'])
    if not trips:
        note(f'{row["name"]}: no round trip in the log of {len(log.pc)} instructions')
        return
    trip = log.typical(trips)
    row['trace'] = dict(log.counts(trip))
    row['trips'] = sorted(b - a for a, b in trips)
    if row['name'] in OWN_CPU:
        row['own'] = log.of_first_cpu(trip)
    if row['name'] in VCPU_SHARE:
        row['share'] = trip[1] - trip[0] - log.of_first_cpu(trip)
    if row['device'] == 'kvm' and not symbols.kvm_el2:
        symbols.add_kvm_el2(log)
    with open(os.path.join(args.out, f'{args.tag}-{row["device"]}-{row["name"]}.trace'), 'w') as f:
        def out(line):
            print(line, file=f)
            if args.show:
                print(line)
        out(f'{row["title"]} ({row["device"]}, {args.tag}); round trips: {row["trips"]}')
        row['place'], row['functions'] = trace.describe(log, trip, symbols, out)
        out('')
        print('every instruction:', file=f)
        trace.listing(log, trip, symbols, lambda line: print(line, file=f))


def load_symbols(args):
    symbols = trace.Symbols()
    names = [n for n in trace.nm(args.bench, args.cross) if not n[1].startswith('at_')]
    symbols.add(('guest', 'user'), 0x40000000, 0x50000000, names)
    if args.el2:
        symbols.add(('EL2',), trace.EL2_IMAGE.start, trace.EL2_IMAGE.stop, trace.nm(args.el2, args.cross))
    if args.kallsyms:
        with gzip.open(args.kallsyms, 'rt') as f:
            symbols.kernel = [(int(a, 16), n) for a, _, n in map(str.split, f)]
    return symbols


def measure(args, device, ops, folder):
    """One boot. Returns rows by name; fewer than asked for when the host died or hung."""
    rows, row, text = {}, None, {}
    symbols = load_symbols(args)
    machine = Machine(args, device, ops, folder)
    started = time.time()
    try:
        while True:
            line = machine.line(args.timeout)
            if line is None:
                note(f'{device}: the host is silent; the console ended with:')
                print('\n'.join('  | ' + x for x in machine.console), file=sys.stderr)
                if row:
                    row['failed'] = 'the host hung or died'
                return rows, False
            at = line.find('@@')
            if at < 0:
                if line.strip() and not line.startswith('[ '):
                    note(f'{device}: {line}')
                continue
            what, *fields = line[at + 2:].split('|')
            if what == 'text':
                base = int(fields[0], 16)
                if base:
                    names = [(a + base, n) for a, n in trace.module_text(args.module, args.cross)]
                    symbols.add(('host',), base, base + (1 << 20), names)
                symbols.add(('host',), trace.KERNEL, 1 << 64, symbols.kernel)
            elif what == 'op':
                note(f'{device}: {fields[0]} ({time.time() - started:.0f} s)')
                row = {'name': fields[0], 'bound': fields[1], 'title': fields[2], 'begin': int(fields[3], 16),
                       'end': int(fields[4], 16), 'overhead': int(fields[5]), 'device': device}
                rows[row['name']] = row
            elif what == 'clock':
                row['clock'] = per_operation(row, fields[1:])
            elif what == 'trace':
                if os.path.exists(machine.log):
                    os.unlink(machine.log)
                machine.log_on()
                machine.go_on()
            elif what == 'traced':
                machine.log_off()
                digest(args, trace.Log(machine.log, text), row, symbols)
                os.unlink(machine.log)
                machine.go_on()
            elif what == 'fail':
                row['failed'] = 'failed'
            elif what == 'finished':
                return rows, True
    finally:
        machine.kill()


def measure_all(args, device, ops):
    """Boots again behind an operation that the host did not survive."""
    rows, todo = {}, [op for op in ops if op != boot.NAME]
    with tempfile.TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None) as folder:
        while todo:
            got, complete = measure(args, device, todo, folder)
            rows.update(got)
            rest = [op for op in todo if op not in got]
            if complete or len(rest) == len(todo):
                break
            todo = rest
        if boot.NAME in ops:
            note(f'{device}: {boot.NAME}')
            machine = Machine(args, device, [boot.NAME], folder, boot.ICOUNT + os.path.join(folder, 'replay'), 1)
            row = boot.measure(machine, 3 * args.timeout, note)
            machine.kill()
            rows[boot.NAME] = row or {'name': boot.NAME, 'bound': 'r', 'title': boot.TITLE, 'failed': 'failed'}
    return rows


def figure(row):
    """Instructions: by the clock where there was no idle time, else of the median trip."""
    if not row or row.get('failed'):
        return None
    if 'own' in row:
        return row['own'] - row['overhead']
    if 'clock' in row:
        return row['clock']
    return row['trace']['instructions'] - row['overhead'] if 'trace' in row else None


def goal(row, kvm):
    """The largest number of instructions that will do."""
    limits = [GOAL[row['name']]] if row['name'] in GOAL else []
    if kvm is not None:
        limits.append(kvm * RATIO_OF.get(row['name'], RATIO[row['bound']]))
    return min(limits, default=None)


def number(value, row):
    if value is None:
        return (row or {}).get('failed', '') or '-'
    if 'own' in (row or {}) and 'clock' in row:
        return f'{value:.0f} ({row["clock"]:.0f})'
    return f'{value:.0f}'


def share_line(name, kvm, ours):
    """The beginning of a line: what of an operation the CPU of the vCPU executes."""
    limit, ratio = kvm['share'] * VCPU_SHARE[name], f'{ours["share"] / kvm["share"]:.2f}'
    if ours['share'] > limit:
        ratio = f'**{ratio}**'
    return f'| ... of it on the CPU of the vCPU | {kvm["share"]} | {ours["share"]} | {ratio} | {limit:.0f} |'


def split_lines(kvm, ours):
    """The beginnings of lines: a boot's instructions by the level that they were executed at, for a VHE host."""
    titles = ("... of it the guest's kernel, which is all of EL1",
              "... of it the host's kernel and the hypervisor, which are EL2",
              "... of it user space: the VMM, and the guest's few")
    lines = [f'| {title} | {a} | {b} | {b / a:.2f} | |' for title, a, b in zip(titles, kvm['split'], ours['split'])]
    a, b = sum(kvm['split']), ours['split'][0]
    return lines + [f"| ... the guest's kernel alone, as a share of KVM's whole | {a} | {b} | {b / a:.2f} | |"]


def sender_line(name, figures, alone):
    """The beginning of a line: an operation without the sender's system call, which was measured alone."""
    kvm, ours = (a - b for a, b in zip(figures, alone))
    ratio = f'{ours / kvm:.2f}'
    if ours > kvm * VCPU_SHARE[name]:
        ratio = f'**{ratio}**'
    return f"| ... without the sender's system call | {kvm:.0f} | {ours:.0f} | {ratio} | {kvm * VCPU_SHARE[name]:.0f} |"


def table(results, order, tag):
    """Markdown. results: device -> name -> row. tag: kernel and host mode."""
    columns = [('sysreg', 'sysreg'), ('isb', 'ISB'), ('dsb', 'DSB'), ('tlbi', 'TLBI'), ('hvc', 'HVC'),
               ('entry', 'entries'), ('eret', 'returns')]
    lines = ['| operation | KVM | armvcpu | ratio | goal | ' + ' | '.join(title for _, title in columns) + ' |',
             '|---|--:|--:|--:|--:|' + '--:|' * len(columns)]
    missed = ['| operation | goal | armvcpu | where | most in |', '|---|--:|--:|---|---|']
    for name in order:
        rows = [results.get(d, {}).get(name) for d in ('kvm', 'armvcpu')]
        some = rows[0] or rows[1]
        if not some:
            continue
        kvm, ours = map(figure, rows)
        limit = goal(some, kvm)
        ratio = f'{ours / kvm:.2f}' if kvm and ours is not None else ''
        if ours is not None and limit is not None and ours > limit:
            ratio = f'**{ratio}**'
            functions = sorted(rows[1].get('functions', {}).items(), key=lambda f: -f[1])[:8]
            missed.append(f'| {some["title"]} | {limit:.0f} | {ours:.0f} | ' +
                          ', '.join(f'{k} {v}' for k, v in sorted(rows[1].get('place', {}).items())) + ' | ' +
                          ', '.join(f'{k.split(":")[1]} {v}' for k, v in functions) + ' |')
        cells = [' / '.join(str(r['trace'].get(key, 0)) if r and 'trace' in r else '-' for r in rows)
                 for key, _ in columns]
        lines.append(f'| {some["title"]} | {number(kvm, rows[0])} | {number(ours, rows[1])} | {ratio} | ' +
                     f'{number(limit, None)} | ' + ' | '.join(cells) + ' |')
        if all(r and 'share' in r for r in rows):
            lines.append(share_line(name, *rows) + ' |' * len(columns))
        if '-VHE' in tag and all(r and r.get('split') for r in rows):
            lines.extend(line + ' |' * len(columns) for line in split_lines(*rows))
        alone = [figure(results.get(d, {}).get(SENDER.get(name))) for d in ('kvm', 'armvcpu')]
        if None not in (kvm, ours, *alone):
            lines.append(sender_line(name, (kvm, ours), alone) + ' |' * len(columns))
    text = '\n'.join(lines)
    if len(missed) > 2:
        text += '\n\nAbove their goal, and where the instructions go:\n\n' + '\n'.join(missed)
    return text


def hardened_table(kinds, order):
    """Markdown. kinds: kind of hardening -> name -> row."""
    lines = ['With hardening (parameter `harden`; what a part needs: [silicon.md](silicon.md)):', '',
             '| operation | ' + ' | '.join(kinds) + ' |', '|---|' + '--:|' * len(kinds)]
    for name in order:
        rows = [rows.get(name) for rows in kinds.values()]
        some = next((row for row in rows if row), None)
        if some and any(rows[1:]):
            lines.append(f'| {some["title"]} | ' + ' | '.join(number(figure(r), r) for r in rows) + ' |')
    return '\n'.join(lines)


HEAD = '''<!-- Generated by make bench; edit tools/bench/bench.py. -->
# Benchmarks: instructions per operation

KVM and armvcpu, the same program ([tools/bench](../tools/bench)) on `/dev/kvm` and `/dev/armvcpu`, the same stock
Debian kernel, in the same emulated machine. The figures are executed instructions, counted by the emulator; they are not
cycles of any silicon. The columns on the right are the expensive ones among them, KVM / armvcpu. Where the ratio is bold,
armvcpu is above its goal: 0.12 of KVM's figure for what EL2 finishes alone, 0.3 for MSIs, 0.4 for what else the host or the
VMM is needed for, 0.7 for a page that the host has, 0.85 for a guest's boot, 1 for the rest, or less where a number of
instructions was set.

What a figure means:
- Whole round trips, everything that the machine executed: guest, EL2, host kernel, user space, both CPUs. The loop's own
  instructions are taken off. The clock counts one instruction as one nanosecond: the median of nine batches, so that the
  host's timer ticks fall out. Where the machine idles within the operation (timer in WFI, create, destroy), and for EOI and WFI,
  the figure is the median of a few round trips in the instruction log, which also gives the columns on the right.
- ioeventfd: what the CPU of the vCPU executes until the guest goes on. Another CPU signals the eventfd meanwhile; in
  brackets the clock's figure, with both in it: the other CPU wakes from idle for many stores at once.
- IPI and irqfd: the sum over both CPUs, one after the other. A waiting vCPU, and waiting user space, executes `yield`, which
  hands the emulator's only thread to the other CPU; so the waiting itself costs a few instructions. The IPI to a vCPU in
  WFI includes that it waits again: with KVM its thread goes back to sleep, with armvcpu the CPU waits at EL2 as long as
  nobody else wants it ([caveats.md](caveats.md), C67). So does the timer in WFI.
- irqfd, MSI: the sum has the sender's system call in it, which is Linux's own and the same for both: a write() to an eventfd
  takes a quarter of KVM's whole figure. So there are two lines below each: what the CPU of the vCPU executes for it, by the
  log, and the sum without that system call, which is measured alone further down. The goal of both is 0.25 of KVM's for
  the irqfd, 0.3 for MSIs.
- stage-2 faults: a fault also maps following pages that the host already has, up to the next 16K or 64K boundary
  (`mm/around.c`), so this row is the average over up to 16 pages. The row "64K apart" is the cost of a fault whose extra pages
  are never used.
- ITS command: an INV is written into the queue, GITS_CWRITER moved, GITS_CREADR read until it has been carried out.
- "two VMs in turn, which use ...": on `-cpu max`, which has all of it; each turn is a KVM_RUN in which the guest uses it once
  and stores to user space. The first of these rows is the same without, on that CPU.
- The boot: on a machine with one CPU, counted as a whole, the guest's own instructions included.
- KVM's halt polling is off: it would add whatever it is configured to.
- "sent to handled" ends when the guest's interrupt handler (a dozen instructions) has counted the interrupt.
- sysreg: `mrs` and `msr`, but for PSTATE, SP_EL0, FPCR, FPSR and the thread registers. HVC: all levels' together, the guest's
  own included. entries, returns: exceptions taken to any level, `eret`.

WFI with something pending does not trap under this emulator; on silicon it may.

The figures are those without hardening (`harden=none`), which on some parts is not what armvcpu does by itself. With
hardening: what each way out of the guest begins with then. The loop is that of the emulated part, 8 branches on Cortex-A57
and 24 on Neoverse-N1, 3 instructions each. `clrbhb` is two instructions, but what it costs on silicon is not in the
number. `fw` can't be measured here: the emulator has no firmware that SMCCC could call.

What is above its goal, and why:
- physical timer, nVHE, where it is bold: the host ticks with the real one, so it is emulated, as in KVM. (What KVM of 6.1
  takes 12700 instructions for, KVM of 6.12 does in 10300.)
- MSIs: of the goal Linux's system call of the sender and EL2's share on the other CPU leave next to nothing on VHE (4
  instructions of 1150), and less than a third of what is needed on nVHE (190 of 1263). What is armvcpu's own: the route,
  the ITS's events (copies of the recent ones, `vgic/its.h`) and collections, the LPI's words. Without the system call
  they keep to the goal.
- a guest's boot on 6.1: two thirds of it is the guest's kernel checking signatures (mpihelp_*, 570 million), and all
  that the guest and the VMM execute themselves is 903 of the goal's 940 million (VHE). That leaves 37 for the host, of which
  Linux wants more than there is whatever the hypervisor costs: 28,292 times KVM_RUN, nearly each for a letter of the
  console, whose system call alone is about 870 instructions (see "only answers"), 25 million; clearing the guest's pages, 12;
  reading its kernel from a file, 10. armvcpu's whole is 112, KVM's 213. On 6.12 the goal is kept.
- ioctl of a VM that only answers, where it is bold: the ioctls of a VM are rows of a table (`arm_vcpu.c`) that are compared one
  after the other, where KVM has a switch; KVM_CHECK_EXTENSION is the third row.

`make bench OP=ipi,timer TRACE=1` shows where the instructions of an operation go, function by function.
'''


def write_doc(path, title, text):
    """Puts one section in; those of other kernels and host modes stay."""
    sections = {}
    if os.path.exists(path):
        for part in open(path).read().split('\n## ')[1:]:
            heading, body = part.split('\n', 1)
            sections[heading] = body.strip('\n')
    sections[title] = text
    with open(path, 'w') as f:
        f.write(HEAD)
        for heading in sorted(sections):
            f.write(f'\n## {heading}\n\n{sections[heading]}\n')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--image', required=True)
    p.add_argument('--initrd', required=True)
    p.add_argument('--bench', required=True, help='the program, for its symbols')
    p.add_argument('--el2', help='el2.elf')
    p.add_argument('--module', help='armvcpu.ko')
    p.add_argument('--kallsyms', help='gzipped kallsyms of the kernel booted with nokaslr')
    p.add_argument('--cross', default='')
    p.add_argument('--cpu', default='cortex-a57')
    p.add_argument('--append', default='')
    p.add_argument('--wide-cpu', default='max,pauth-impdef=on', help='for the rows of parts in use: one that has them all')
    p.add_argument('--wide-append', default='', help='for the kernel of that one')
    p.add_argument('--tag', required=True, help='kernel and host mode: 6.1-nVHE')
    p.add_argument('--out', required=True, help='folder for results')
    p.add_argument('--doc', help='benchmarks.md to write when every operation was measured')
    p.add_argument('--devices', default='kvm,armvcpu')
    p.add_argument('--ops', default='')
    p.add_argument('--harden', default='', help='measure the ways out with these kinds of hardening too: loop,clrbhb')
    p.add_argument('--show', action='store_true', help='the breakdowns on stdout too')
    p.add_argument('--timeout', type=float, default=60, help='seconds of silence')
    args = p.parse_args()

    def names(macros, file):
        text = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), file)).read()
        return re.findall(r'^\t(?:%s)\((\w+),' % macros, text, re.M)

    in_use = ['use_' + name for name in names('IN_USE', 'in_use.c')]
    everything = names('GUEST|HOST|IPI', 'bench.c') + in_use + [boot.NAME]
    ops = args.ops.split(',') if args.ops else everything
    unknown = [op for op in ops if op not in everything]
    if unknown:
        sys.exit(f'bench: unknown: {" ".join(unknown)}; there are: {" ".join(everything)}')
    results = {}
    wide = argparse.Namespace(**vars(args))
    wide.cpu, wide.append = args.wide_cpu, args.wide_append
    for device in args.devices.split(','):
        results[device] = measure_all(args, device, [op for op in ops if op not in in_use])
        results[device].update(measure_all(wide, device, [op for op in ops if op in in_use]))
    text = table(results, everything, args.tag)
    if args.harden and 'armvcpu' in results:
        kinds = {'none': results['armvcpu']}
        for kind in args.harden.split(','):
            args.append = 'bench.harden=' + kind
            kinds[kind] = measure_all(args, 'armvcpu', [op for op in HARDENED_OPS if op in ops])
        text += '\n\n' + hardened_table(kinds, everything)
    print(f'\n{args.tag}\n\n{text}')
    json.dump(results, open(os.path.join(args.out, f'{args.tag}.json'), 'w'), indent=1)
    if not args.ops and len(results) == 2:
        kernel, mode = args.tag.rsplit('-', 1)
        write_doc(args.doc, f'Kernel {kernel}, host mode {mode}', text)


if __name__ == '__main__':
    main()
