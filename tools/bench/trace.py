#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Round trips out of QEMU's log of executed instructions: what was executed, where, and at what expense.

The log is that of "log exec,nochain,in_asm,int" with one instruction per translation block; bench.py makes
it. Here it is cut at the begin (and end) of each round trip, both CPUs' instructions in the order in which the
emulator's only thread executed them, and counted.
"""
import bisect
import collections
import re
import statistics
import subprocess

# Columns of the table: the instructions that cost on silicon what an emulator does not show.
HEAVY = ('sysreg', 'isb', 'dsb', 'tlbi', 'hvc', 'entry', 'eret')

KERNEL = 0xffff << 48
EL2_IMAGE = range(0xc00000000000, 0xc00000000000 + (1 << 32))


def classify(word):
    """The class of one A64 instruction, or None when it is an ordinary one."""
    if word & 0xffe0001f in (0xd4000001, 0xd4000002, 0xd4000003):
        return {1: 'svc', 2: 'hvc', 3: 'smc'}[word & 3]
    if word & 0xfffff3ff == 0xd69f03e0 or word in (0xd69f0bff, 0xd69f0fff):
        return 'eret'
    if word & 0xffc00000 != 0xd5000000:
        return None
    op0, op1, crn, crm, op2 = word >> 19 & 3, word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7
    if op0 == 0:
        return {1: 'dsb', 4: 'dsb', 5: 'dmb', 6: 'isb'}.get(op2) if crn == 3 else None
    if op0 == 1:
        return 'tlbi' if crn in (8, 9) else 'at' if (crn, crm & 14) == (7, 8) else None
    # Cheap everywhere: PSTATE's parts, SP_EL0, FPCR and FPSR, the thread registers.
    if (op0, crn) == (3, 4) and (crm in (2, 4) or (crm, op1) == (1, 0)) or (op0, crn, crm) == (3, 13, 0) and op2 > 1:
        return None
    return 'sysreg'


class Log:
    """One log file. text: address -> (word, disassembly), shared between logs: QEMU prints each once."""

    def __init__(self, path, text):
        self.pc, self.cpu, self.mode, self.entries = [], [], [], []
        self.text = text
        self.level = {}                 # translation regime -> exception level, learnt from the exceptions
        target = None
        cpu = 0
        for line in open(path, errors='replace'):
            if line.startswith('Trace '):
                head, rest = line.split('[', 1)
                _, pc, flags, _ = rest.split('/', 3)
                cpu = int(head[6:head.index(':')])
                mode = int(flags, 16) >> 4 & 15
                self.pc.append(int(pc, 16))
                self.cpu.append(cpu)
                self.mode.append(mode)
                if target and target[0] == cpu:
                    self.level.setdefault(mode, target[1])
                target = None
            elif line.startswith('0x'):
                hit = re.match(r'0x([0-9a-f]+):\s+([0-9a-f]{8})\s*(.*)', line)
                if hit:
                    self.text[int(hit.group(1), 16)] = (int(hit.group(2), 16), hit.group(3).strip())
            elif line.startswith('Stopped execution of TB chain before') and self.pc:
                # It was announced but did not run; it will be announced again.
                self.pc.pop(), self.cpu.pop(), self.mode.pop()
            elif line.startswith('Taking exception'):
                self.entries.append(len(self.pc))
            elif line.startswith('...from EL'):
                target = (cpu, int(line.split(' to EL')[1][0]))
            elif line.startswith('Exception return from'):
                hit = re.search(r' to AArch\d+ EL(\d)', line)
                target = (cpu, int(hit.group(1))) if hit else None

    def cut(self, begin, end):
        """The round trips as (first, one past the last); without the first two, which warm up."""
        starts = [i for i, pc in enumerate(self.pc) if pc == begin]
        if end:
            ends = [i for i, pc in enumerate(self.pc) if pc == end]
            trips = []
            for i, start in enumerate(starts):
                at = bisect.bisect_right(ends, start)
                if at < len(ends) and (i + 1 == len(starts) or ends[at] < starts[i + 1]):
                    trips.append((start, ends[at]))
        else:
            trips = list(zip(starts, starts[1:]))
        return trips[2:] if len(trips) > 4 else trips

    def typical(self, trips):
        """The trip of median length; a timer tick of the host makes some longer."""
        lengths = [b - a for a, b in trips]
        return trips[lengths.index(statistics.median_low(lengths))]

    def heavy(self, i):
        return classify(self.text.get(self.pc[i], (0, ''))[0])

    def counts(self, trip):
        n = collections.Counter(filter(None, map(self.heavy, range(*trip))))
        n['entry'] = bisect.bisect_right(self.entries, trip[1]) - bisect.bisect_right(self.entries, trip[0])
        n['instructions'] = trip[1] - trip[0]
        return n

    def of_first_cpu(self, trip):
        """Instructions of the CPU that begins."""
        return sum(self.cpu[i] == self.cpu[trip[0]] for i in range(*trip))

    def where(self, i):
        """user, guest, host or EL2. On a VHE host the kernel runs at EL2."""
        pc, level = self.pc[i], self.level.get(self.mode[i])
        if pc >= KERNEL:
            return 'host'
        return {1: 'guest', 2: 'EL2'}.get(level, 'user')


def nm(path, prefix):
    out = subprocess.run([prefix + 'nm', path], capture_output=True, text=True, check=True).stdout
    return [(int(f[0], 16), f[2]) for f in map(str.split, out.splitlines())
            if len(f) == 3 and f[1] in 'tTwW' and f[2][0] != '$']


def module_text(path, prefix):
    """Functions of a module's .text, relative to it."""
    out = subprocess.run([prefix + 'objdump', '-t', path], capture_output=True, text=True, check=True).stdout
    found = re.findall(r'^([0-9a-f]+) .{7} \.text\s+[0-9a-f]+ +(?:\.hidden +)?(\w\S*)$', out, re.M)
    return [(int(a, 16), n) for a, n in found]


class Symbols:
    """Names of functions, by place (see Log.where) and range of addresses."""

    def __init__(self):
        self.tables = []
        self.kernel = []                # the kernel's own
        self.kvm_el2 = False            # add_kvm_el2() has found it

    def add(self, places, low, high, names):
        names = sorted(n for n in names if low <= n[0] < high)
        if names:
            self.tables.append((places, low, high, [n[0] for n in names], [n[1] for n in names]))

    def find(self, place, pc):
        for places, low, high, addresses, names in self.tables:
            if place in places and low <= pc < high:
                at = bisect.bisect_right(addresses, pc) - 1
                if at >= 0:
                    return names[at]
        return f'0x{pc:x}'

    def add_kvm_el2(self, log):
        """KVM's EL2 runs at an address drawn at boot: take that at which most calls meet a function."""
        functions = [(a, n[len('__kvm_nvhe_'):]) for a, n in self.kernel if n.startswith('__kvm_nvhe_')]
        pcs = {log.pc[i] for i in range(len(log.pc)) if log.where(i) == 'EL2' and log.pc[i] not in EL2_IMAGE}
        called = set()
        for pc in pcs:
            word = log.text.get(pc, (0, ''))[0]
            if word >> 26 == 0x25:      # bl
                offset = (word & 0x3ffffff) - ((word & 0x2000000) << 1)
                called.add(pc + 4 * offset)
        votes = collections.Counter()
        for target in called:
            for address, _ in functions:
                if (target - address) % 4096 == 0:
                    votes[target - address] += 1
        if votes:
            shift = votes.most_common(1)[0][0]
            moved = [(a + shift, n) for a, n in functions]
            self.add(('EL2',), min(moved)[0], max(moved)[0] + 4096, moved)
            # The hardened vectors are mapped a second time elsewhere.
            self.add(('EL2',), 0, 1 << 48, [(0, 'vectors')])
            self.kvm_el2 = True


def describe(log, trip, symbols, out):
    """By place, by function, and the sequence of one trip; returns the first two."""
    place, function, sequence = collections.Counter(), {}, []
    for i in range(*trip):
        where = log.where(i)
        name = (where, symbols.find(where, log.pc[i]))
        place[name[0]] += 1
        heavy = log.heavy(i)
        cell = function.setdefault(name, collections.Counter())
        cell['all'] += 1
        if heavy:
            cell[heavy] += 1
        key = (log.cpu[i],) + name
        if not sequence or sequence[-1][0] != key:
            sequence.append((key, []))
        sequence[-1][1].append(i)
    out(f'instructions {trip[1] - trip[0]}: ' + ', '.join(f'{k} {v}' for k, v in place.most_common()))
    counts = log.counts(trip)
    out('of these: ' + ', '.join(f'{k} {counts[k]}' for k in HEAVY + ('dmb', 'at', 'svc', 'smc') if counts[k]))
    out('by function:')
    for (where, name), cell in sorted(function.items(), key=lambda f: -f[1]['all']):
        more = ', '.join(f'{k} {v}' for k, v in cell.items() if k != 'all')
        out(f'  {cell["all"]:6} {where:5} {name}' + (f'  ({more})' if more else ''))
    out('in order:')
    for (cpu, where, name), members in sequence:
        names = [log.text.get(log.pc[i], (0, '?'))[1] for i in members if log.heavy(i)]
        text = '; '.join(re.sub(r'\s+', ' ', n) for n in names)
        out(f'  cpu{cpu} {len(members):5} {where:5} {name}' + (f'  [{text}]' if text else ''))
    return dict(place), {f'{where}:{name}': cell['all'] for (where, name), cell in function.items()}


def listing(log, trip, symbols, out):
    """Every instruction of one trip."""
    before = None
    for i in range(*trip):
        where = log.where(i)
        head = f'cpu{log.cpu[i]} {where} {symbols.find(where, log.pc[i])}'
        if head != before:
            out(head + ':')
        before = head
        text = re.sub(r'\s+', ' ', log.text.get(log.pc[i], (0, '?'))[1])
        out(f'  {log.pc[i]:x}  {text}')
