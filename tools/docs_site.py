#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# docs_site.py - a site from README.md, docs/ and the kernel-doc comments of the sources ("make docs").
#
# Where: on the build machine, after tools/setup --docs (Sphinx with myst-parser; scripts/kernel-doc of the headers).
# Usage: docs_site.py --kernel-doc FILE [OUT]     OUT: default build/docs; the site is in OUT/html, from OUT/source
#
# A warning is an error: of Sphinx (a page in no table of contents, a link that leads nowhere) and of kernel-doc (a
# parameter that is not described). An error is also a link of the finished site that leads nowhere.
import argparse
import glob
import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Folder -> what it is; those of docs/house.md that have functions of others' use.
FOLDERS = {
    "arm_vcpu": ("The top", "*.[ch]"),
    **{f: (f + "/", f + "/*.[ch]") for f in ("answer", "dev", "el2", "guest", "host", "include", "mm", "vcpu", "vgic")},
}


def stage_page(source, target, pages):
    """A page of Markdown; links to files that are no pages become their names."""
    def link(match):
        text, where = match[1], match[2]
        path, _, anchor = where.partition("#")
        if "://" in where or not path:
            return match[0]
        name = os.path.basename(path)
        if name in pages:
            return f"[{text}]({name}{'#' + anchor if anchor else ''})"
        return f"`{os.path.relpath(os.path.join(os.path.dirname(source), path), TOP)}`"
    with open(source) as file, open(target, "w") as out:
        inside = False  # a block of code
        for line in file:
            inside ^= line.startswith("```")
            out.write(line if inside else re.sub(r"\[([^]]*)\]\(([^) ]+)\)", link, line))


def functions(kernel_doc, pattern):
    """file -> its kernel-doc comments as reStructuredText, if it has some; and what kernel-doc complains of."""
    files = [os.path.relpath(f, TOP) for f in sorted(glob.glob(os.path.join(TOP, pattern)))]
    texts = {f: open(os.path.join(TOP, f)).read() for f in files}
    files = [f for f in files if "/**\n" in texts[f]]
    if not files:
        return {}, ""
    with tempfile.TemporaryDirectory() as copy:
        for file in files:
            os.makedirs(os.path.dirname(os.path.join(copy, file)), exist_ok=True)
            with open(os.path.join(copy, file), "w") as out:
                # A section begins a line; ours stand behind another one, too.
                out.write(re.sub(r"^( \*.*\S) (Return: .*)$", r"\1\n * \2", texts[file], flags=re.M))
        done = subprocess.run([kernel_doc, "-rst", *files], capture_output=True, text=True, cwd=copy, check=False)
    # One call for all, which takes a tenth of the time; the comments come in the order of the files.
    pages = {}
    for part in re.split(r"^(?=\.\. c:)", done.stdout, flags=re.M)[1:]:
        name = re.match(r"\.\. c:\w+:: (?:.*?(\w+) \(|(?:\w+ )*(\w+))", part)
        name = name[1] or name[2]
        home = next(f for f in files if re.search(rf"^ \* (?:\w+ )*{name}(?:\(\))? - ", texts[f], re.M))
        pages.setdefault(home, []).append(part)
    # It takes a function without parameters for no comment.
    complaints = [line for line in done.stderr.splitlines(True) if "no structured comments found" not in line]
    return {file: "".join(parts) for file, parts in pages.items()}, "".join(complaints)


def stage(out, kernel_doc):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out + "/functions")
    shutil.copytree(TOP + "/docs/site", out, dirs_exist_ok=True)
    os.makedirs(out + "/_static")
    os.replace(out + "/site.css", out + "/_static/site.css")
    sources = [TOP + "/README.md", *glob.glob(TOP + "/docs/*.md")]
    pages = {os.path.basename(s) for s in sources}
    for source in sources:
        stage_page(source, os.path.join(out, os.path.basename(source)), pages)
    failed = False
    for folder, (title, pattern) in FOLDERS.items():
        pages, complaints = functions(kernel_doc, pattern)
        sys.stdout.write(complaints)
        failed |= bool(complaints)
        with open(f"{out}/functions/{folder}.rst", "w") as file:
            file.write(f"{title}\n{'=' * len(title)}\n\n")
            for name, text in pages.items():
                file.write(f"{name}\n{'-' * len(name)}\n\n{text}\n")
        if not pages:
            os.remove(f"{out}/functions/{folder}.rst")
    return failed


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs[a] for a in ("id", "name") if attrs.get(a)}
        self.links += [attrs[a] for a in ("href", "src") if attrs.get(a)]


def dead_links(site):
    """Links of the finished pages that lead nowhere."""
    pages = {}
    for folder, _, files in os.walk(site):
        for name in files:
            if name.endswith(".html"):
                path = os.path.normpath(os.path.join(folder, name))
                pages[path] = Page(open(path).read())
    for path, page in sorted(pages.items()):
        for link in page.links:
            where, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = os.path.normpath(os.path.join(os.path.dirname(path), where)) if where else path
            if not os.path.exists(target) or (anchor and target in pages and anchor not in pages[target].ids):
                yield f"{os.path.relpath(path, site)}: {link}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel-doc", required=True)
    parser.add_argument("out", nargs="?", default=TOP + "/build/docs")
    args = parser.parse_args()
    failed = stage(args.out + "/source", os.path.abspath(args.kernel_doc))
    done = subprocess.run(["sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "-d", args.out + "/doctrees",
                           args.out + "/source", args.out + "/html"], check=False)
    failed |= done.returncode != 0
    for link in dead_links(args.out + "/html") if not done.returncode else ():
        print("dead link:", link)
        failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
