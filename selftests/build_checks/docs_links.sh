#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the documents name what exists: files, functions, the rows of tables that they repeat; and what the
# sources promise to find in the documents is there.
# A failure prints the document (or the source) and the name that the other side lacks.
# Runs on the build machine, at the top of the tree.
echo "TAP version 13"
echo "1..11"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
docs="README.md docs/*.md"

. selftests/build_checks/verdict.inc

# words_in_docs REGEX: "document word" for each match
words_in_docs() {
	# shellcheck disable=SC2086 # a list of patterns
	grep -oE -- "$1" $docs | sed 's/:/ /' | sort -u
}

# lacking DOCUMENT [OPTION]: of the names on stdin those that the document has not
lacking() {
	doc=$1
	shift
	while read -r name; do
		grep -qF "$@" -- "$name" "$doc" || echo "$doc lacks: $name"
	done
}

git ls-files --cached --others --exclude-standard | while read -r f; do
	[ ! -f "$f" ] || echo "$f"
done | sort -u >"$work/files"
grep -E '\.(c|h|S|def|sh|inc|lds)$|^tools/[a-z]*$|^Makefile$|^Kbuild$' "$work/files" |
	grep -v '^selftests/build_checks/' >"$work/sources"

# Every source without its comments, to look for functions.
# shellcheck disable=SC2046 # names of ours have no blanks
sed -e 's://.*$::' -e '/^[[:space:]]*\*/d' -e '/^[[:space:]]*\/\*.*\*\/$/d' \
	$(grep -E '\.(c|h|S|def)$' "$work/sources") >"$work/code"

# `path/file.ext`, `folder/`
# shellcheck disable=SC2016 # backquotes of Markdown
words_in_docs '`[A-Za-z0-9_][A-Za-z0-9_./-]*`' | tr -d '`' | while read -r doc name; do
	case $name in
	*.ko | *.elf | *.o | build/* | */build/*) continue ;;	# made, not kept
	*/*.*)	[ -f "$name" ] || echo "$doc: $name" ;;
	*/)	[ -d "$name" ] || echo "$doc: $name" ;;
	*.c | *.h | *.S | *.def | *.sh | *.md | *.inc | *.conf | *.lds)
		grep -qE "(^|/)$name\$" "$work/files" || echo "$doc: $name" ;;
	esac
done >"$work/bad"
verdict "$work/bad" "every file that the documents name exists"

# [text](target)
words_in_docs '\]\([^)#: ]+' | while read -r doc link; do
	target=$(dirname "$doc")/${link#](}
	[ -e "$target" ] || echo "$doc: $target"
done >"$work/bad"
verdict "$work/bad" "every link leads somewhere"

# name()
words_in_docs '[A-Za-z_][A-Za-z0-9_]*\(\)' | tr -d '()' | while read -r doc name; do
	grep -qE "(^|[^A-Za-z0-9_])${name}[[:space:]]*\(|^$name:" "$work/code" || echo "$doc: $name()"
done >"$work/bad"
verdict "$work/bad" "every function that the documents name exists"

for f in docs/*.md; do
	grep -qF "($f)" README.md || echo "README.md lacks: $f"
done >"$work/bad"
verdict "$work/bad" "the README leads to every document"

# TODO(word), and nothing else that is to be done
# shellcheck disable=SC2046
grep -hoE 'TODO\([a-z0-9-]+\)' $(cat "$work/sources") | sort -u | lacking docs/caveats.md >"$work/bad"
# shellcheck disable=SC2046
grep -nE '(TODO|FIXME)([^(A-Za-z]|$)' $(cat "$work/sources") >>"$work/bad"
verdict "$work/bad" "every TODO of the sources is a caveat"

# C<number> that the sources or the documents refer to
# shellcheck disable=SC2046
{
	grep -hoE 'caveats\.md, C[0-9]+' $(cat "$work/sources") | sed 's/.* //'
	words_in_docs '(caveats?(\.md\))?,? |\(|and |, )C[0-9]+' | grep -oE 'C[0-9]+$'
} | sort -u | while read -r number; do
	grep -q "^| $number |" docs/caveats.md || echo "docs/caveats.md lacks: $number"
done >"$work/bad"
grep -oE '^\| C[0-9]+ ' docs/caveats.md | sort | uniq -d | sed 's/^/twice: /' >>"$work/bad"
verdict "$work/bad" "every caveat that is referred to is there, and once"

# shellcheck disable=SC2046
grep -hoE 'docs/[a-z0-9-]+\.md' $(cat "$work/sources") | sort -u | while read -r f; do
	[ -f "$f" ] || [ "$f" = docs/benchmarks.md ] || echo "sources name: $f"
done >"$work/bad"
verdict "$work/bad" "every document that the sources name exists"

# include/refusals.def: what is the case
sed -n 's/^REFUSAL([^"]*"\([^"]*\)".*/\1/p' include/refusals.def >"$work/refusals"
lacking README.md <"$work/refusals" >"$work/bad"
[ -s "$work/refusals" ] || echo "include/refusals.def: no refusals found" >>"$work/bad"
verdict "$work/bad" "the README explains every refusal"

# percpu.c: numbers in the comments of errata[]
sed -n '/^} errata\[\]/,/^};/s:.*/\* \(.*\) \*/.*:\1:p' percpu.c | tr -c '0-9\n' '\n' | grep -E '^[0-9]{5,}$' |
	lacking docs/silicon.md >"$work/bad"
verdict "$work/bad" "every erratum of percpu.c is in docs/silicon.md"

# What the tables are, and that each change of them is noticed: docs_abi.sh
python3 tools/abi_doc.py --check >"$work/bad" 2>&1
verdict "$work/bad" "docs/abi.md is what the tables and docs/abi.in make"

# module_param(name, ...)
# shellcheck disable=SC2046
sed -n 's/^module_param(\([a-z0-9_]*\),.*/`\1=/p' $(grep '\.c$' "$work/sources" | grep -v '^selftests/') |
	lacking README.md >"$work/bad"
verdict "$work/bad" "every module parameter is in the README"
