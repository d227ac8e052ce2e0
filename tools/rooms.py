#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# rooms.py - may these files know each other? The order of the rooms is docs/house.md's first table.
#
# Where: on the build machine, over a tree in which the module was built.
# Usage: rooms.py [--nm NM] [TREE]      TREE: with docs/house.md and the objects; default: this one
#
# Fails, one line for each, for
#   a call upward      an object needs a symbol that an object of a higher room defines (nm knows)
#   a circle           of files of different rooms; of more than MAX_CIRCLE files in one
#   an include upward  which holds inline functions and structures
#   a header           that declares what another folder defines; a folder's header (mm/mm.h) that does not
#                      name all of the folder's sources
#   a file             in no room
# Exceptions are rows of the second table, MAX_EXCEPTIONS at most; one that nobody needs is an error too.
import argparse
import os
import re
import subprocess
import sys

MAX_CIRCLE = 5
MAX_EXCEPTIONS = 3
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = re.compile(r"\.(c|S|h|def|lds)$")
# Made by the build in el2/, and included from there.
GENERATED = {"el2/el2_symbols.h", "el2/el2_functions.h"}
# What the linker made of many objects: no source of the same name.
LINKED = {"el2/vhe.o"}


def table_rows(text, head):
    """The cells of each row of the table whose header begins with head."""
    rows, inside = [], False
    for line in text.splitlines():
        if line.startswith(head):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not re.match(r"\|[-| ]+\|$", line):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


class House:
    def __init__(self, tree, nm):
        self.tree, self.nm, self.errors = tree, nm, []
        text = open(os.path.join(tree, "docs/house.md")).read()
        self.rooms = []  # (name, paths), lowest first
        for row in table_rows(text, "| room |"):
            self.rooms.append((row[0].strip("*"), re.findall(r"`([^`]+)`", row[1])))
        if len(self.rooms) < 2:
            sys.exit("rooms.py: docs/house.md has no table of rooms")
        self.exceptions = {}  # (from, to) -> was it needed?
        for row in table_rows(text, "| from |"):
            if not row[3]:
                self.fail(f"exception without a reason: {row[0]} to {row[1]}")
            self.exceptions[row[0].strip("`"), row[1].strip("`")] = False
        if len(self.exceptions) > MAX_EXCEPTIONS:
            self.fail(f"{len(self.exceptions)} exceptions, {MAX_EXCEPTIONS} are allowed")

    def fail(self, why):
        self.errors.append(why)

    def rank(self, path):
        """Index of the file's room: the folder's, or the room that names the file; None."""
        sources = {path, re.sub(r"\.o$", ".c", path), re.sub(r"\.o$", ".S", path)}
        for number, (_, paths) in enumerate(self.rooms):
            if sources & set(paths) or path.split("/")[0] + "/" in paths:
                return number
        return None

    def room(self, path):
        return self.rooms[self.rank(path)][0]

    def files(self):
        folders = {p[:-1] for _, paths in self.rooms for p in paths if p.endswith("/")}
        for folder in [""] + sorted(folders):
            if not os.path.isdir(os.path.join(self.tree, folder)):
                self.fail(f"{folder}/ is not there, docs/house.md names it")
                continue
            for name in sorted(os.listdir(os.path.join(self.tree, folder))):
                path = os.path.join(folder, name)
                if os.path.isfile(os.path.join(self.tree, path)):
                    yield path

    def scan(self):
        self.sources, self.objects = [], []
        names = list(self.files())
        for path in names:
            if re.search(r"\.mod\.[co]$", path) or path in GENERATED:
                continue
            if SOURCE.search(path):
                self.sources.append(path)
                if self.rank(path) is None:
                    self.fail(f"{path}: in no room")
            # Objects of sources that have moved away may lie about.
            elif path in LINKED or (path.endswith(".o") and
                                    {path[:-2] + ".c", path[:-2] + ".S"} & set(names)):
                self.objects.append(path)

    # ---- calls ------------------------------------------------------------------------------------------

    def symbols(self):
        self.defined, needed = {}, {path: set() for path in self.objects}
        # One call for all: nm takes a fifth of a second to begin, for its plugins. -A: each line has the file's name.
        out = subprocess.run([self.nm, "-A", *self.objects], check=True, text=True, cwd=self.tree,
                             stdout=subprocess.PIPE).stdout if self.objects else ""
        for line in out.splitlines():
            path, rest = line.split(":", 1)
            kind, name = rest.split()[-2:]
            if kind in "Uwv":
                needed[path].add(name)
            elif kind.isupper():
                self.defined[name] = path
        self.calls = {}
        for path, names in needed.items():
            for name in sorted(names):
                to = self.defined.get(name, path)
                if to != path:
                    self.calls.setdefault(path, {}).setdefault(to, []).append(name)

    def allowed(self, what, to):
        if (what, to) not in self.exceptions:
            return False
        self.exceptions[what, to] = True
        return True

    def check_calls(self):
        self.symbols()
        for path in self.calls:
            for to, names in list(self.calls[path].items()):
                if self.rank(to) <= self.rank(path):
                    continue
                if self.allowed(path, to):
                    del self.calls[path][to]
                    continue
                self.fail(f"{path} ({self.room(path)}) calls up to {to} ({self.room(to)}): {', '.join(names)}")

    def circles(self):
        """Strongly connected components of more than one file, by Tarjan's algorithm."""
        index, low, stack, found = {}, {}, [], []

        def visit(v):
            index[v] = low[v] = len(index)
            stack.append(v)
            for w in self.calls.get(v, {}):
                if w not in index:
                    visit(w)
                    low[v] = min(low[v], low[w])
                elif w in stack:
                    low[v] = min(low[v], index[w])
            if low[v] == index[v]:
                component = stack[stack.index(v):]
                del stack[stack.index(v):]
                if len(component) > 1:
                    found.append(sorted(component))

        sys.setrecursionlimit(10000)
        for v in self.objects:
            if v not in index:
                visit(v)
        return found

    def check_circles(self):
        self.largest = []
        for circle in self.circles():
            if len({self.rank(path) for path in circle}) > 1:
                self.fail(f"a circle across rooms: {' '.join(circle)}")
            elif len(circle) > MAX_CIRCLE:
                self.fail(f"a circle of {len(circle)} files, {MAX_CIRCLE} are allowed: {' '.join(circle)}")
            self.largest = max(self.largest, circle, key=len)

    # ---- includes ---------------------------------------------------------------------------------------

    def text(self, path):
        with open(os.path.join(self.tree, path)) as file:
            return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), file.read(), flags=re.S)

    def check_includes(self):
        known = set(self.sources) | GENERATED
        for path in self.sources:
            for line in self.text(path).splitlines():
                match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not match:
                    continue
                beside = os.path.normpath(os.path.join(os.path.dirname(path), match.group(1)))
                to = beside if beside in known else match.group(1)
                if to not in known:
                    self.fail(f"{path} includes {match.group(1)}, which is in no room")
                elif self.rank(to) > self.rank(path) and not self.allowed(path, to):
                    self.fail(f"{path} ({self.room(path)}) includes {to} ({self.room(to)})")

    # ---- headers ----------------------------------------------------------------------------------------

    def declared(self, path):
        """Names of functions and data that a header declares, by the look of it; no inline functions."""
        text = re.sub(r"^\s*#.*?(?<!\\)$", "", re.sub(r"\\\n", " ", self.text(path)), flags=re.M)
        text = re.sub(r"//.*", "", text)
        while "{" in text:
            shorter = re.sub(r"\{[^{}]*\}", ";" if "inline" in text else "", text)
            if shorter == text:
                break
            text = shorter
        for statement in text.split(";"):
            if "inline" in statement or "typedef" in statement:
                continue
            # Calls of macros that declare, functions, data.
            yield from re.findall(r"\bDECLARE_\w+\((?:.*[,\s*])?(\w+)\)", statement)
            yield from re.findall(r"\b(\w+)\s*\(", statement)
            if "extern" in statement:
                yield from re.findall(r"(\w+)(?:\[[^]]*\])*\s*(?:,|$)", statement.strip())
            yield from re.findall(r"\bav_\w+(?=\s*(?:,|$))", statement.strip())

    def check_headers(self):
        for path in self.sources:
            if not path.endswith(".h"):
                continue
            folder = os.path.dirname(path)
            for name in self.declared(path):
                at = self.defined.get(name)
                if at and os.path.dirname(at) != folder:
                    self.fail(f"{path} declares {name}, which {at} defines")
        for folder in sorted({os.path.dirname(path) for path in self.objects} - {"", "el2"}):
            contents = f"{folder}/{folder}.h"
            if contents not in self.sources:
                self.fail(f"{folder}/ has no {contents}")
                continue
            page = open(os.path.join(self.tree, contents)).read()
            for path in self.sources:
                name = os.path.basename(path)
                if os.path.dirname(path) == folder and re.search(r"\.[cS]$", name) and \
                        not re.search(rf"\b{re.escape(name)}", page):
                    self.fail(f"{contents} does not name {name}")

    def check(self):
        self.scan()
        if not self.objects:
            sys.exit("rooms.py: no objects; was the module built here?")
        if any(self.rank(path) is None for path in self.sources):
            return
        self.check_calls()
        self.check_circles()
        self.check_includes()
        self.check_headers()
        for (what, to), needed in self.exceptions.items():
            if not needed:
                self.fail(f"an exception that nobody needs: {what} to {to}")


def main():
    args = argparse.ArgumentParser(description="may these files know each other?")
    args.add_argument("--nm", default=os.environ.get("CROSS", "") + "nm")
    args.add_argument("tree", nargs="?", default=TOP)
    args = args.parse_args()
    house = House(args.tree, args.nm)
    house.check()
    for error in house.errors:
        print(error)
    if house.errors:
        sys.exit(1)
    calls = sum(len(names) for to in house.calls.values() for names in to.values())
    print(f"{len(house.rooms)} rooms, {len(house.sources)} files, {calls} names across files, "
          f"largest circle: {len(house.largest)} ({' '.join(house.largest)}), "
          f"{len(house.exceptions)} exceptions")


main()
