#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# abi_doc.py - docs/abi.md from the tables of the sources and the words of docs/abi.in
#
# Where: on the build machine, over the tree; nothing need be built.
# Usage: abi_doc.py [--check] [TREE]       writes TREE/docs/abi.md, or says whether it is what would be written
#        abi_doc.py --uapi 6.1=DIR 6.12=DIR 7.2=DIR   docs/abi.uapi anew, from headers of kernels, oldest first; DIR has
#                                          linux/kvm.h and asm/kvm.h of arm64, as installed or as in a kernel's source
#        abi_doc.py --known DIR            is each name of these headers in docs/abi.uapi?
#
# docs/abi.in is the document with its tables left out. What stands between "@table KIND" and "@end" are entries:
#     NAME[, NAME]... [| when [| lock]]     a row that the sources have; its words are indented below
#     - NAME[, NAME]...                     a name of KVM's that they do not have; below, why
# and "@elsewhere" ... "@end" has, line by line, an architecture and a regular expression of names that are its own.
#
# An error is: a row of the sources that has no entry; an entry that has no row; a name that is said not to be there and
# is; a name of docs/abi.uapi (KVM's, of the newest kernel) that no entry and no architecture has; a number of
# uapi/armvcpu.h that is not KVM's.
import argparse
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("answer", "dev", "el2", "guest", "host", "mm", "vcpu", "vgic", "include")

# ---- KVM's names, from its headers ------------------------------------------------------------------

# What kind of name it is: the first that matches the whole of it. "" is of no interest.
KINDS = (
    ("", r"KVM_(DEV|ARM|REG|VGIC|VM_TYPE|IOEVENTFD)_\w+_(SHIFT|MASK|MAX)"),
    ("cap", r"KVM_CAP_\w+"),
    ("", r"KVM_EXIT_(HYPERV_|XEN_|IO_|\w+_FLAG_|FAIL_ENTRY_CPU)\w+"),
    ("exit", r"KVM_EXIT_\w+"),
    ("device", r"KVM_DEV_TYPE_\w+"),
    ("attr", r"KVM_(DEV_ARM_|DEV_VFIO_|ARM_VM_|ARM_VCPU_(PMU_V3|TIMER|PVTIME)_)\w+|KVM_VGIC_\w*ADDR_TYPE\w*"),
    ("feature", r"KVM_ARM_VCPU_\w+"),
    ("class", r"KVM_REG_ARM_(CORE|DEMUX|FW|FW_FEAT_BMAP)|KVM_REG_ARM64_(SYSREG|SVE)"),
    ("firmware", r"KVM_REG_ARM_(PSCI_VERSION|SMCCC_ARCH_WORKAROUND_[0-9]|\w+_BMAP(_2)?)"),
    ("flag", r"KVM_(MEM|IRQFD_FLAG|IOEVENTFD_FLAG|SYSTEM_EVENT|MP_STATE|GUESTDBG|IRQ_ROUTING|ARM_IRQ_TYPE|DIRTY_LOG|"
             r"DIRTY_GFN_F|SMCCC_FILTER)_\w+|KVM_MSI_VALID_DEVID|KVM_VM_TYPE_ARM_PROTECTED|KVM_CREATE_DEVICE_TEST|"
             r"GUEST_MEMFD_FLAG_\w+"),
)


def kind_of(name, value):
    if re.match(r"_IO[RW]*\(", value):
        return "ioctl"
    return next((kind for kind, regex in KINDS if re.fullmatch(regex, name)), "")


def simple(value):
    """A number as such, of an ioctl the number of its row, of others the text without blanks."""
    ioctl = re.match(r"_IO[RW]*\(\s*KVMIO\s*,\s*(0x[0-9a-fA-F]+)", value)
    if ioctl:
        return ioctl[1].lower()
    number = re.fullmatch(r"\(?(0x[0-9a-fA-F]+|\d+)[UL]*\)?", value)
    if number:
        return hex(int(number[1], 0)) if number[1].startswith("0x") else str(int(number[1]))
    bit = re.fullmatch(r"(?:\(\s*1U?L*\s*<<|_BITULL?\()\s*(\d+)\)", value)
    if bit:
        return hex(1 << int(bit[1]))
    return re.sub(r"\s+", "", value) or "-"


def without_comments(text):
    return re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S))


def names_of(text):
    """name -> (kind, value) of a header."""
    found = {}
    text = without_comments(text).replace("\\\n", " ")
    enums = {}
    for body in re.findall(r"\benum\b\s*\w*\s*\{(.*?)\}", text, re.S):
        number = -1
        for name, value in re.findall(r"^\s*(\w+)\s*(?:=\s*(\w+))?\s*,?\s*$", body, re.M):
            number = int(value, 0) if value.isdigit() else number + 1
            enums[name] = str(number)
    for name, value in re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.*)$", text, re.M):
        kind = kind_of(name, value.strip())
        if kind:
            value = re.sub(r"\w+", lambda m: enums.get(m[0], m[0]), value.strip())
            found[name] = kind, simple(value)
    return {**found, **{n: (kind_of(n, ""), v) for n, v in enums.items() if kind_of(n, "")}}


def headers(folder):
    """linux/kvm.h and asm/kvm.h, wherever a kernel has them."""
    text = ""
    for wanted in ("linux/kvm.h", "asm/kvm.h"):
        places = [p + wanted for p in ("include/uapi/", "arch/arm64/include/uapi/", "", "aarch64-linux-gnu/")]
        file = next((f for f in (os.path.join(folder, p) for p in places) if os.path.exists(f)), None)
        if not file:
            sys.exit(f"abi_doc.py: no {wanted} in {folder}")
        text += open(file).read() + "\n"
    return names_of(text)


def write_uapi(kernels):
    oldest, known = {}, {}
    for kernel in kernels:
        tag, folder = kernel.split("=", 1)
        theirs = headers(folder)
        for name in theirs:
            oldest.setdefault(name, tag)
        # In the newest one's order; behind it what newer ones have dropped.
        known = {**theirs, **{n: v for n, v in known.items() if n not in theirs}}
    with open(os.path.join(TOP, "docs/abi.uapi"), "w") as out:
        out.write("# KVM's names on arm64 (tools/abi_doc.py --uapi): kind, name, number, oldest of these kernels with it:\n")
        out.write("# " + " ".join(k.split("=")[0] for k in kernels) + "\n")
        for name, (kind, value) in known.items():
            out.write(f"{kind} {name} {value} {oldest[name]}\n")


def read_uapi(tree):
    """name -> (kind, number, kernel)"""
    lines = [line.split() for line in open(os.path.join(tree, "docs/abi.uapi")) if not line.startswith("#")]
    return {name: (kind, value, since) for kind, name, value, since in lines}


# ---- the module's tables ----------------------------------------------------------------------------


class Tree:
    """What the sources say. Each kind of table is a dict: name -> what is known of the row."""

    def __init__(self, tree):
        self.tree, self.cache = tree, {}
        self.errors = []
        self.uapi = read_uapi(tree)
        self.code = {}
        for file in glob.glob(os.path.join(tree, "*.[chS]")) + [
                f for folder in FOLDERS for f in glob.glob(os.path.join(tree, folder, "*.[ch]"))]:
            self.code[os.path.relpath(file, tree)] = without_comments(open(file).read())
        name = r"\b(?:KVM|ARMVCPU|GUEST_MEMFD)_\w+"
        self.words = {file: set(re.findall(name, text)) for file, text in self.code.items()}
        own = names_of(self.read("uapi/armvcpu.h"))
        for name, (kind, value) in own.items():
            theirs = self.uapi.get(name, (kind, value))[1]
            if theirs != value and simple(theirs) != value:
                self.fail(f"uapi/armvcpu.h: {name} is {value}, KVM's is {theirs}")

    def fail(self, why):
        self.errors.append(why)

    def read(self, file):
        if file not in self.cache:
            self.cache[file] = open(os.path.join(self.tree, file)).read()
        return self.cache[file]

    def array(self, file, name):
        """The rows, as text, of the table of that name."""
        body = re.search(rf"\b{name}\[[^]]*\] = \{{\n(.*?)^\}};", without_comments(self.read(file)), re.M | re.S)
        if not body:
            sys.exit(f"abi_doc.py: {file} has no table {name}[]")
        return body[1]

    def cells(self, file, name, prefix=""):
        """The rows of a table of { a, b, ... }: lists of texts."""
        rows = re.findall(rf"^\t{prefix}[{{(]\s*(.*?)[}})],?[ \t]*$", self.array(file, name), re.M | re.S)
        return [[re.sub(r"\s+", " ", cell).strip() for cell in row.split(",")] for row in rows]

    def used(self, name):
        """The files whose code uses the name."""
        return sorted(f for f, words in self.words.items() if name in words)

    # -- each of these: name -> cells that the table has before the words of docs/abi.in

    def ioctl(self, which):
        if which == "device":
            return {n: ["", ""] for n in re.findall(r"\bKVM_\w+_DEVICE_ATTR\b", self.code["vcpu/device.c"])}
        state = {"ANY_TIME": "", "NO_ARGUMENT": "argument 0, else -EINVAL", "AFTER_INIT": "after init, else -ENOEXEC"}
        return {c[0]: [state[c[2]], ""] for c in self.cells("arm_vcpu.c", which + "_rows", "ROW")}

    def cap(self, _):
        body = re.search(r"^int av_enable_cap\(.*?^}", self.code["vcpu/caps.c"], re.M | re.S)[0]
        own = dict(re.findall(r"#define\s+(ARMVCPU_CAP_\w+)\s+(\w+)", self.read("uapi/armvcpu.h")))
        rows = {}
        for cap, *value in self.cells("vcpu/caps.c", "caps"):
            number = self.uapi[cap][1] if cap in self.uapi else own[cap]
            constant = value[0] if len(value) == 1 and re.fullmatch(r"\d+", value[0]) else ""
            rows[cap] = [number, constant, "yes" if re.search(rf"\b{cap}\b", body) else ""]
        return rows

    def exit(self, _):
        own = dict(re.findall(r"#define\s+(ARMVCPU_EXIT)\s+(\w+)", self.read("uapi/armvcpu.h")))
        rows = {}
        for name in [n for n, u in self.uapi.items() if u[0] == "exit"] + list(own):
            files = [f for f in self.used(name) if f.endswith(".c") or f == "guest/guest.h"]
            if files:
                rows[name] = [self.uapi[name][1] if name in self.uapi else own[name],
                              ", ".join(f"`{f}`" for f in files)]
        return rows

    def device(self, _):
        return {c[0]: [self.uapi[c[0]][1]] for c in self.cells("vcpu/device.c", "device_kinds")}

    def by_use(self, kind):
        return {n: [u[1]] for n, u in self.uapi.items() if u[0] == kind and self.used(n)}

    def feature(self, _):
        return self.by_use("feature")

    def attr(self, _):
        return self.by_use("attr")

    def flag(self, _):
        return self.by_use("flag")

    def register_class(self, _):
        rows = re.findall(r"^\t\{ (KVM_REG_\w+),", self.array("vcpu/one_reg.c", "classes"), re.M)
        return {name: [] for name in rows}

    def firmware(self, _):
        names = {u[1]: n for n, u in self.uapi.items() if u[0] == "firmware"}
        rows = re.findall(r"^\t\{ (KVM_REG_\w+(?:\(\d\))?),", self.array("vcpu/one_reg.c", "fw_regs"), re.M)
        return {names.get(row, row): [] for row in rows}

    def sysreg(self, _):
        """Groups: the kind of row and who answers ONE_REG, or, of what it does not have, who answers the guest."""
        rows = {}
        text = without_comments(self.read("include/sysregs.def"))
        for kind, args in re.findall(r"^(SR_\w+)\((.*)\)$", text, re.M):
            a = [cell.strip() for cell in args.split(",")]
            key = {
                "SR_CORE": lambda: "core", "SR_KEY": lambda: "key", "SR_TAG": lambda: "tag", "SR_LATE": lambda: "late " + a[6], "SR_DBG": lambda: "debug", "SR_ID": lambda: "ID",
                "SR_PMUN": lambda: a[5] if a[5] != "HIDDEN" else "hidden PMU",
                "SR_PMU": lambda: a[6] if a[6] != "HIDDEN" else "hidden PMU",
                "SR_EMUL": lambda: a[7] if a[7] != "HIDDEN" else "hidden " + a[6],
                "SR_SWITCH": lambda: a[8], "SR_CTX": lambda: a[8],
            }[kind]()
            name = a[0] + {"SR_PMUN": "0 - 30_EL0", "SR_DBG": "0 - 15_EL1"}.get(kind, "")
            rows.setdefault(key, []).append(name)
        return {key: [", ".join(names)] for key, names in rows.items()}

    def call(self, _):
        bits = {"": "always", "AV_FEAT_STD_TRNG": "STD bit 0", "AV_FEAT_STD_HYP_PV_TIME": "STD_HYP bit 0",
                "AV_FEAT_VENDOR_FUNC": "VENDOR_HYP bit 0", "AV_FEAT_VENDOR_PTP": "VENDOR_HYP bit 1"}
        rows = {}
        for c in self.cells("smc.c", "functions"):
            rows[c[0]] = [bits.get((c + ["", ""])[3], "?")]
        for c in self.cells("answer/psci.c", "functions"):
            version = int(c[1], 0)
            rows[c[0]] = [f"PSCI {version >> 16}.{version & 0xffff}"]
        return rows

    def stat(self, which):
        body = re.search(rf"^#ifdef STATS_OF_{which.upper()}$(.*?)^#endif", self.read("vcpu/stats.def"), re.M | re.S)[1]
        return {name: [kind.lower()] for kind, name in re.findall(r"^(\w+)\((\w+),", body, re.M)}

    def idfields(self):
        """Generated wholly: include/idregs.def, a row for each register."""
        rules = {"KEEP": "", "SINCE": "", "GIVEN": "", "CAP": "at most {}", "FIXED": "= {}", "WITH_SVE": "with SVE",
                 "WITH_KEYS": "with pointer authentication", "WITH_TAGS": "with MTE",
                 "WITH_PMU": "with a PMU, at most {}"}
        users = {"SAME": "", "LOWER": "", "DOWN_TO": "not below {}", "SIGNED": "15 is the lowest", "OR_NONE": "or 0, 1",
                 "HIGHER": "raise", "NIBBLES": "by four bits"}
        rows = {}
        text = without_comments(self.read("include/idregs.def"))
        for args in re.findall(r"^ID_FIELD\(((?:[^\"\n]|\n)*)\"", text, re.M):
            reg, field, _, _, rule, user = [a.strip() for a in args.split(",")][:6]
            words = []
            for table, cell in ((rules, rule), (users, user)):
                name, value = re.fullmatch(r"(\w+)(?:\((\w+)\))?", cell).groups()
                words.append(table[name].format(value))
            note = "; ".join(w for w in words if w)
            rows.setdefault(reg, ([], []))[user != "SAME"].append(field + (f" ({note})" if note else ""))
        return rows


# ---- the document -----------------------------------------------------------------------------------

# kind in docs/abi.in: (method of Tree, kind in docs/abi.uapi, head, has "when" and "lock" columns)
TABLES = {
    "ioctl": ("ioctl", "ioctl", "| ioctl | state | lock | notes |"),
    "cap": ("cap", "cap", "| | capability | value | enable | notes |"),
    "exit": ("exit", "exit", "| | exit_reason | in | returns | when |"),
    "device": ("device", "device", "| | device | notes |"),
    "feature": ("feature", "feature", "| bit | feature | notes |"),
    "attr": ("attr", "attr", "| attribute | value | rules |"),
    "flag": ("flag", "flag", "| name | value | notes |"),
    "class": ("register_class", "class", "| class | what | rules |"),
    "firmware": ("firmware", "firmware", "| register | rules |"),
    "sysreg": ("sysreg", None, "| registers | rules |"),
    "call": ("call", None, "| function | with | answer |"),
    "stat": ("stat", None, "| name | kind | counts |"),
}


class Entry:
    def __init__(self, line):
        self.absent = line.startswith("- ")
        names, *self.cells = [cell.strip() for cell in line.removeprefix("- ").split("|")]
        self.names = [n.strip() for n in names.split(",")]
        self.text = ""

    def add(self, line):
        self.text = (self.text + " " + line.strip()).strip()


def entries_of(lines):
    found = []
    for line in lines:
        if not line.strip():
            continue
        if line[0] not in " \t":
            found.append(Entry(line))
        else:
            found[-1].add(line)
    return found


def row(*cells):
    return re.sub(r"\|  (?=\|)", "| ", "| " + " | ".join(cells) + " |")


class Document:
    def __init__(self, tree):
        self.tree, self.out = tree, []
        self.elsewhere = []     # (architecture, regex)
        self.said = {}          # name of KVM's -> is it there?
        self.kinds = {}         # kind -> name -> architecture, of what is elsewhere

    def fail(self, why):
        self.tree.fail("docs/abi.in: " + why)

    def row(self, kind, entry, known):
        """One row of a table: what the sources know of the entry's names, and its words."""
        names, text, more = ", ".join(entry.names), entry.text, entry.cells + ["", ""]
        first = known[entry.names[0]]
        if kind == "ioctl":
            return row(names, "; ".join(w for w in (first[0], more[0]) if w) or "any", more[1], text)
        if kind == "cap":
            if not first[1] and not more[0]:
                self.fail(f"{names} needs its value: the source computes it")
            return row(first[0], names, first[1] or more[0], first[2], text)
        if kind == "exit":
            return row(first[0], names, first[1], more[0], text)
        if kind in ("device", "feature"):
            return row(first[0], names, text)
        if kind in ("attr", "flag"):
            return row(names, ", ".join(known[n][0] for n in entry.names), text)
        if kind == "class":
            return row(names, more[0], text)
        if kind == "firmware":
            return row(names, text)
        if kind == "sysreg":
            return row(", ".join(known[n][0] for n in entry.names), text)
        # Of calls that have several numbers all have the same condition.
        if kind == "call" and len({tuple(known[n]) for n in entry.names}) > 1:
            self.fail(f"{names}: different conditions")
        return row(names, first[0], text)

    def table(self, what, lines):
        kind, _, which = what.partition(" ")
        method, uapi, head = TABLES[kind]
        known = getattr(self.tree, method)(which)
        entries = entries_of(lines)
        rows, absent, seen = [], [], set()
        for e in entries:
            for name in e.names:
                if name in seen:
                    self.fail(f"{name} twice")
                seen.add(name)
                if e.absent:
                    self.say_absent(name, uapi, known)
                elif name not in known:
                    proof = re.search(r"@by (\S+): (.*)$", e.text)
                    if not proof or proof[2] not in self.tree.code.get(proof[1], ""):
                        self.fail(f"{name} ({what}): no row of the sources has it")
                        continue
                    known[name] = [self.tree.uapi[name][1]]
                if uapi and not e.absent:
                    self.said[name] = True
            e.text = re.sub(r" ?@by .*$", "", e.text)
            if not e.text:
                self.fail(f"{e.names[0]} has no words")
            if e.absent:
                since = ", ".join(dict.fromkeys(self.tree.uapi[n][2] for n in e.names if n in self.tree.uapi))
                absent.append(row(", ".join(e.names), since, e.text))
            elif all(n in known for n in e.names):
                rows.append(self.row(kind, e, known))
        # A table in pieces (attributes by device) is complete when the document is.
        if uapi not in ("attr", "flag", "feature"):
            for name in known:
                if name not in seen:
                    self.fail(f"{name} ({what}) has no entry: the sources have that row")
        if rows:
            self.out += [head, "|---" * head.count(" | ") + "|---|", *rows]
        if absent:
            self.out += [""] if rows else []
            self.out += ["| not there | in KVM's header since | why |", "|---|---|---|", *absent]

    def say_absent(self, name, uapi, known):
        if name in known:
            self.fail(f"{name} is said not to be there, and is")
        if uapi and name not in self.tree.uapi:
            self.fail(f"{name}: no name of KVM's (docs/abi.uapi)")
        # An ioctl that one kind of descriptor lacks another may have.
        self.said.setdefault(name, False)

    def id_table(self):
        self.out += ["| register | fixed for user space | user space may lower |", "|---|---|---|"]
        for reg, (fixed, lower) in self.tree.idfields().items():
            self.out.append(row(reg, ", ".join(fixed), ", ".join(lower)))

    def foreign_table(self):
        """Names that only other architectures answer: they are known, and nobody need ask."""
        self.out += ["| architecture | ioctls | capabilities | exits | others |", "|---|---|---|---|---|"]
        for arch in dict.fromkeys(a for a, _ in self.elsewhere):
            cells = {"ioctl": [], "cap": [], "exit": [], "": []}
            for name, (kind, _, _) in self.tree.uapi.items():
                if self.kinds.get(name) == arch:
                    cells[kind if kind in cells else ""].append(re.sub(r"^KVM_((CAP|EXIT)_)?", "", name)
                                                                if kind in cells else name)
            self.out.append(row(arch, *(", ".join(c) for c in cells.values())))

    def read_elsewhere(self, lines):
        for line in lines:
            if line.strip():
                arch, regex = line.split(None, 1)
                self.elsewhere.append((arch, regex.strip()))

    def sort_foreign(self):
        """Which names of KVM's are other architectures'; after the entries, which win."""
        for name in self.tree.uapi:
            if name not in self.said:
                self.kinds[name] = next((a for a, r in self.elsewhere if re.fullmatch(r, name)), None)

    def check_names(self):
        for name, (kind, _, since) in self.tree.uapi.items():
            if name not in self.said and not self.kinds.get(name):
                self.fail(f"{name} ({kind}, KVM {since}) has neither an entry nor an architecture of its own")
        for kind in ("attr", "flag", "feature"):
            for name in getattr(self.tree, kind)(""):
                if not self.said.get(name):
                    self.fail(f"{name} ({kind}) has no entry, and the sources use it")
        for arch, regex in self.elsewhere:
            if not any(re.fullmatch(regex, n) for n, a in self.kinds.items() if a == arch):
                self.fail(f"{arch}: {regex} matches nothing")

    def blocks(self, text):
        """(directive, lines) of each block, ("", [line]) of what is copied."""
        lines = iter(text.splitlines())
        for line in lines:
            if not line.startswith("@"):
                yield "", [line]
                continue
            body = []
            if line.split()[0] in ("@table", "@elsewhere"):
                for inner in lines:
                    if inner == "@end":
                        break
                    body.append(inner)
            yield line[1:], body

    def write(self):
        blocks = list(self.blocks(self.tree.read("docs/abi.in")))
        later = []
        for directive, lines in blocks:
            word, _, rest = directive.partition(" ")
            if not word:
                self.out += lines
            elif word == "table":
                self.table(rest, lines)
            elif word == "elsewhere":
                self.read_elsewhere(lines)
            elif word == "idfields":
                self.id_table()
            elif word == "foreign":
                later.append(len(self.out))
            elif word != "note":
                self.fail(f"@{word}: unknown")
        self.sort_foreign()
        for place in reversed(later):
            behind, self.out = self.out[place:], self.out[:place]
            self.foreign_table()
            self.out += behind
        self.check_names()
        return "\n".join(self.out) + "\n"


def check_known(tree, folder):
    known = read_uapi(tree)
    unknown = [n for n in headers(folder) if n not in known]
    for name in unknown:
        print(f"docs/abi.uapi lacks {name} of {folder}")
    return bool(unknown)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--uapi", nargs="+", metavar="KERNEL=DIR")
    parser.add_argument("--known", metavar="DIR")
    parser.add_argument("tree", nargs="?", default=TOP)
    args = parser.parse_args()
    if args.uapi:
        return write_uapi(args.uapi)
    if args.known:
        return check_known(args.tree, args.known)
    tree = Tree(args.tree)
    text = Document(tree).write()
    for error in tree.errors:
        print(error)
    if tree.errors:
        return 1
    file = os.path.join(args.tree, "docs/abi.md")
    if not args.check:
        open(file, "w").write(text)
    elif open(file).read() != text:
        print("docs/abi.md is not what tools/abi_doc.py writes: run it, and commit both")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
