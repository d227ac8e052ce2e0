#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the man pages say what is: each option of --help and each parameter of modinfo, and nothing else; each refusal with
# its errno, each exit status of armvcpu-check; and they are rendered without a warning. The packaged modprobe.d file has
# each parameter, the bash completion each option.
# A failure prints the page and what the two sides differ in.
# Runs on the build machine, at the top of the tree. The usage of armvcpu-run, which is an arm64 program, is read from its
# source; renderers that are not installed are skipped.
echo "TAP version 13"
echo "1..12"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
man=docs/man

# verdict CLAIM: $work/bad holds what is wrong
verdict() {
	n=$((n + 1))
	if [ -s "$work/bad" ]; then
		sed 's/^/# /' "$work/bad"
		echo "not ok $n $1"
	else
		echo "ok $n $1"
	fi
	: >"$work/bad"
}

# same WHAT FILE FILE: sets of lines; neither is empty
same() {
	[ -s "$2" ] || echo "$1: nothing found" >>"$work/bad"
	diff "$2" "$3" | sed -n "s|^< |$1, only in the program: |p; s|^> |$1, only in the page: |p" >>"$work/bad"
}

# plain PAGE: without its markup
plain() {
	sed -e 's/\\f[A-Z]//g' -e 's/\\-/-/g' -e 's/^\.[A-Z]* //' -e 's/"//g' "$1"
}

# tags PAGE SECTION: the lines behind .TP of one section
tags() {
	plain_tags=$(sed -n "/^\.SH $2\$/,/^\.SH /p" "$1" | awk 'tag { print; tag = 0 } /^\.TP/ { tag = 1 }')
	printf '%s\n' "$plain_tags" | sed -e 's/\\f[A-Z]//g' -e 's/\\-/-/g' -e 's/^\.[A-Z]* //' -e 's/"//g'
}

long_options() { grep -oE -- '--[a-z][a-z-]*' | sort -u; }

: >"$work/bad"
# program NAME SECTION: one whose source has usage[]: the text between its quotes, of which an option begins a line
program() {
	page=$man/$1.$2
	sed -n '/^static const char usage\[\]/,/;$/s/^"\(.*\)\\n";*$/\1/p' "tools/$1.c" >"$work/usage"
	grep -E '^  +(-.,)? +--' "$work/usage" | grep -oE -- '(-[a-z0-9], )? *--[a-z-]*' | tr -d ' ' | sort >"$work/a"
	tags "$page" OPTIONS | sed 's/ [A-Z]*$//' | tr -d ' ' | sort >"$work/b"
	same "$1.$2" "$work/a" "$work/b"
	verdict "$1($2) has the options of --help"

	grep -q '^Exit status: .' "$work/usage" || echo "no exit status in the usage" >>"$work/bad"
	sed -n '/^Exit status/,$p' "$work/usage" | tr '\n;' ' \n' | sed -nE 's/^ *(Exit status: )?([0-9]+) .*/\2/p' |
		sort >"$work/a"
	tags "$page" 'EXIT STATUS' | sed 's/ .*//' | sort >"$work/b"
	same "$1.$2: exit status" "$work/a" "$work/b"
	verdict "$1($2) has its exit statuses"
}
program armvcpu-stat 8
program armvcpu-run 1

sh tools/armvcpu-check --help | long_options >"$work/a"
tags $man/armvcpu-check.8 OPTIONS | sort >"$work/b"
same armvcpu-check.8 "$work/a" "$work/b"
verdict "armvcpu-check(8) has the options of --help"

{
	echo 2
	sed -nE 's/^(REFUSAL|CHECK)\([A-Z0-9_]*,[^"]*[^0-9"]([0-9]+), ".*/\2/p' include/refusals.def
} | sort -nu >"$work/a"
tags $man/armvcpu-check.8 'EXIT STATUS' | sort -n >"$work/b"
same "armvcpu-check.8: exit status" "$work/a" "$work/b"
verdict "armvcpu-check(8) has its exit statuses"

# Of the module that tools/check has built, or of the sources.
module=build/check/armvcpu.ko
if [ -e $module ]; then
	modinfo -F parm $module | sed 's/:.*//' | sort >"$work/a"
else
	sed -n 's/^module_param\(_cb\|_named\)*(\([a-z0-9_]*\),.*/\2/p' ./*.c ./*/*.c | sort >"$work/a"
fi
tags $man/armvcpu.4 PARAMETERS | sed 's/ *=.*//' | sort >"$work/b"
same armvcpu.4 "$work/a" "$work/b"
verdict "armvcpu(4) has the parameters of modinfo"

grep -oE '^#options armvcpu .*' packaging/files/armvcpu.conf | grep -oE '[a-z0-9_]+=' | tr -d = | sort >"$work/b"
same armvcpu.conf "$work/a" "$work/b"
grep -vE '^(#|$)' packaging/files/armvcpu.conf | sed 's/^/armvcpu.conf sets something: /' >>"$work/bad"
verdict "the modprobe.d file has them, commented out"

sed -nE 's/^REFUSAL\([A-Z0-9_]*,[[:space:]]*([A-Z]*),[^"]*"([^"]*)".*/\1|\2/p' include/refusals.def | sort >"$work/a"
sed -n '/^\.TS/,/^\.TE/p' $man/armvcpu.4 | grep -E '^E[A-Z]*\|' | sort >"$work/b"
same "armvcpu.4: errors" "$work/a" "$work/b"
verdict "armvcpu(4) has every refusal with its errno"

# The completion asks --help: a program of that name says what the real one says.
mkdir "$work/bin"
printf '#!/bin/sh\ncat "%s"\n' "$work/usage" >"$work/bin/armvcpu-run"
chmod +x "$work/bin/armvcpu-run"
PATH=$work/bin:$PATH bash -c '
	. packaging/files/completion.bash
	COMP_WORDS=(armvcpu-run --) COMP_CWORD=1
	_armvcpu armvcpu-run
	printf "%s\n" "${COMPREPLY[@]}" | sort -u
	COMP_WORDS=(armvcpu-run --device /dev/k) COMP_CWORD=2
	_armvcpu armvcpu-run
	echo "${COMPREPLY[@]}" >&2
	COMP_WORDS=(armvcpu-stat -d packaging/fi)
	_armvcpu /usr/bin/armvcpu-stat
	echo "${COMPREPLY[@]}" >&2
	COMP_WORDS=(armvcpu-stat -i pack)
	_armvcpu armvcpu-stat
	echo "${COMPREPLY[@]}" >&2' >"$work/b" 2>"$work/device"
grep -E '^  ' "$work/usage" | long_options >"$work/a"
same completion "$work/a" "$work/b"
printf '/dev/kvm\npackaging/files\n\n' >"$work/a"
same 'completion of --device, and of armvcpu-stat -d and -i' "$work/a" "$work/device"
verdict "bash completes the options"

for page in "$man"/*; do
	groff -t -man -ww -Tutf8 -z "$page" 2>&1
	[ -z "$(command -v mandoc)" ] || mandoc -T lint -W warning "$page"
	# As man itself does it, and wide enough for tables.
	[ -z "$(command -v man)" ] || { man --warnings -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null; } 2>&1
done >"$work/bad"
if [ -z "$(command -v groff)" ]; then
	n=$((n + 1))
	echo "ok $n # SKIP no groff"
	: >"$work/bad"
else
	verdict "rendered without a warning"
fi

# A page refers to pages of ours that exist.
for page in "$man"/*; do
	plain "$page" | grep -oE '^armvcpu[a-z-]* ?\([0-9]\)' | tr -d ' ()' | while read -r ref; do
		[ -e "$man/${ref%?}.${ref#"${ref%?}"}" ] || echo "$page refers to $ref"
	done
done >"$work/bad"
verdict "pages refer to pages that exist"
