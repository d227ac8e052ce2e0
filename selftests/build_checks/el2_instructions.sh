#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Claim: what an emulator does not show is in the code that EL2 runs, on both kinds of host: TLB invalidations can be
# repeated, each way out of a guest begins with its hardening, no indirect branch is where a guest could steer it; and
# in the host's code that table walks are waited for where a DMB would not do.
# Looked up in the disassembly of the EL2 image, of its VHE twin, and of mm/.
# Runs on the build machine; KDIR and CROSS as tools/check sets them.
set -u
tree=build/clean-tree
if [[ ! -e $tree/armvcpu.ko ]]; then
	tree=.
	make -C "$KDIR" M="$PWD" ARCH=arm64 CROSS_COMPILE="$CROSS" modules >&2 || exit 1
fi
for object in el2/el2.elf el2/vhe.o mm/vmid.o mm/stage2.o; do
	echo "@@ $object"
	"${CROSS}objdump" -d --no-show-raw-insn "$tree/$object" || exit 1
done | python3 -B -c '
import re
import sys

objects, tests = {}, 0
for line in sys.stdin:
    if line.startswith("@@"):
        functions = objects.setdefault(line.split()[1], {})
    elif m := re.match(r"([0-9a-f]+) <(.*)>:$", line):
        code = functions.setdefault(m[2], [])
        base = int(m[1], 16)
    elif m := re.match(r" *([0-9a-f]+):\t(\S+)\s*([^/]*)", line):
        code.append((int(m[1], 16) - base, m[2], m[3].split("<")[0].strip()))


def result(ok, claim):
    global tests
    tests += 1
    print("ok" if ok else "not ok", tests, claim)


# Broadcast invalidations come in pairs of the same kind in one function, each with its DSB: broadcast() of el2/tlb.c.
def tlbi_pairs(functions):
    ok, total = True, 0
    for name, code in functions.items():
        count = {}
        for i, (_, op, args) in enumerate(code):
            if op != "tlbi" or not re.match(r"\w+is\b", args):
                continue
            total += 1
            count[args] = count.get(args, 0) + 1
            behind = [c[1:] for c in code[i + 1:i + 3] if c[1:] != ("ic", "ialluis")]
            if behind[0] != ("dsb", "ish"):
                print(f"# {name}: no dsb behind tlbi {args}")
                ok = False
        for args, n in count.items():
            if n % 2:
                print(f"# {name}: tlbi {args} can not be repeated")
                ok = False
    return ok and total >= 10


# The 8 vectors of a table that a guest comes by, as instructions; "" where the table is not.
def entries(functions, table):
    code = functions.get(table, [])
    return ["; ".join(f"{op} {args}".strip() for at, op, args in code if at // 0x80 == n) for n in range(8, 16)]


HARDENING = {
    "": r"",
    "_loop": r".*ldr x0, \[x0, #\d+\]; b [0-9a-fx]+; subs x0, x0, #0x1; b\.ne [0-9a-fx]+; dsb nsh; isb; ",
    "_clrbhb": r"(hint #0x16|clearbhb); isb; ",
    "_fw": r"stp x2, x3, \[sp, #-16\]!; .*ldr w0, \[x0, #\d+\]; smc #0x0; ldp x2, x3, \[sp\], #16; ",
    "_count": r".*add x1, x1, #0x1; str x1, \[x0, #\d+\]; ",
}


def hardened(functions):
    ok = True
    for suffix, what in HARDENING.items():
        for n, entry in enumerate(entries(functions, "el2_guest_vectors" + suffix), 8):
            if not re.match(r"stp x0, x1, \[sp, #-16\]!; " + what + r"mov x0, #0x[012]( |;).*b [0-9a-fx]+", entry):
                print(f"# vector {n} of el2_guest_vectors{suffix}: {entry}")
                ok = False
    return ok


# Into and out of our own translation: the host alone comes by there.
FREE = {"el2_take_idmap", "el2_release_idmap", "el2_release", "el2_stub_call", "el2_host_call"}


def no_indirect_branch(functions, free):
    where = {name for name, code in functions.items() for _, op, _ in code if re.match(r"(br|blr)(a|$)", op)} - free
    for name in where:
        print(f"# an indirect branch in {name}")
    return not where


# mm/ and the table walks of other CPUs: which barrier is the first in a function, or stands in it at all.
def barriers(functions, name):
    return [f"{op} {args}" for _, op, args in functions.get(name, []) if op in ("dmb", "dsb")]


def walks_are_seen():
    ok = True
    for name in ("invalidate_ipa", "invalidate_range", "invalidate_vm"):
        found = barriers(objects["mm/stage2.o"], name)
        if found[:1] != ["dsb ish"]:
            print(f"# {name}: the entry is stored, then {found}, then the VMID is read")
            ok = False
    for name, wanted in ("av_vmid_update", "dsb ish"), ("av_vmid_vttbr", "dsb nsh"):
        found = barriers(objects["mm/vmid.o"], name)
        if wanted not in found:
            print(f"# {name}: {found}, no {wanted}")
            ok = False
    return ok


for name, functions in objects.items():
    if name.startswith("mm/"):
        continue
    result(tlbi_pairs(functions), f"{name}: each broadcast TLB invalidation can be repeated, and each is waited for")
    result(hardened(functions), f"{name}: each way out of a guest begins with its hardening")
    result(no_indirect_branch(functions, FREE if name.endswith("elf") else set()), f"{name}: no indirect branch")
# Firmware may keep it, whatever the ID registers say: el2/buffers.c.
def touches_filter(functions):
    return [args for code in functions.values() for _, _, args in code if re.search(r"s3_5_c1_c2_1|trfcr_el12", args)]


result(not touches_filter(objects["el2/vhe.o"]), "el2/vhe.o: TRFCR_EL12 is left alone")
result(walks_are_seen(), "mm/: a walk sees the entry, or the VMID is seen: a DSB each; VTTBR_EL2 waits for walks")
print(f"1..{tests}")
'
