#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the rooms of docs/house.md lie on each other; and what breaks that is found: tools/rooms.py, over the module and
# over small houses of two rooms in which one rule is broken each.
# Runs on the build machine; KDIR and CROSS as tools/check sets them.
echo "TAP version 13"
echo "1..14"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# ask OUTCOME CLAIM [WORDS]: 0 = the house is in order; 1 = not, and WORDS say why
ask() {
	n=$((n + 1))
	tools/rooms.py --nm "${CROSS}nm" "$tree" >"$work/log" 2>&1
	rc=$?
	if [ $rc -eq "$1" ] && grep -q -- "${3-rooms}" "$work/log"; then
		echo "ok $n $2"
	else
		sed 's/^/# /' "$work/log"
		echo "not ok $n $2"
	fi
}

# ---- the module ----------------------------------------------------------------------------------------

tree=$work/module
git ls-files --cached --others --exclude-standard | grep -v '^selftests/' | while read -r f; do
	[ -f "$f" ] || continue
	mkdir -p "$tree/$(dirname "$f")"
	cp "$f" "$tree/$f"
done
build() {
	make -C "$KDIR" M="$tree" ARCH=arm64 CROSS_COMPILE="$CROSS" KBUILD_MODPOST_WARN=1 -j2 "$@" >"$work/build" 2>&1 ||
		sed 's/^/# /' "$work/build"
}
# Objects of these very files, if tools/check has just made them.
changed() {
	git ls-files -- '*.[chS]' '*.def' Kbuild | grep -vE '^(selftests|tools)/' | while read -r f; do
		cmp -s "$f" "build/clean-tree/$f" || echo "$f"
	done
}
if [ -e build/clean-tree/armvcpu.ko ] && [ -z "$(changed)" ]; then
	(cd build/clean-tree && find . -name '*.o' -print0 | tar --null -T - -c) | tar -x -C "$tree"
else
	build modules
fi
ask 0 "the module's rooms are in order"

cp mm/cache.c "$work/kept"
cat >>"$tree/mm/cache.c" <<'C'
int av_vgic_default_max_vcpus(void);
int av_planted(void);
int av_planted(void)
{
	return av_vgic_default_max_vcpus();
}
C
build mm/cache.o
ask 1 "a call upward is found" "mm/cache.o (memory) calls up to vgic/vgic.o (interrupts): av_vgic_default_max_vcpus"
cp "$work/kept" "$tree/mm/cache.c"
build mm/cache.o
echo '#include "vgic/vgic.h"' >>"$tree/mm/cache.c"
ask 1 "an include upward is found" "mm/cache.c (memory) includes vgic/vgic.h (interrupts)"
cp "$work/kept" "$tree/mm/cache.c"
echo 'int av_vgic_default_max_vcpus(void);' >>"$tree/mm/mm.h"
ask 1 "a header that declares another folder's function is found" "mm/mm.h declares av_vgic_default_max_vcpus"
cp mm/mm.h "$tree/mm/mm.h"
ask 0 "and without all that they are in order again"

# ---- small houses --------------------------------------------------------------------------------------

# house: two rooms, low/ and high/, a function each; high calls low
house() {
	rm -rf "$work/small"
	tree=$work/small
	mkdir -p "$tree/docs" "$tree/low" "$tree/high"
	cat >"$tree/docs/house.md" <<-'MD'
	| room | files | what it is |
	|---|---|---|
	| low | `low/` | below |
	| high | `high/` | above |

	| from | to | what | why |
	|---|---|---|---|
	MD
	echo '/* a.c b.c c.c d.c e.c f.c */' >"$tree/low/low.h"
	echo '/* top.c */' >"$tree/high/high.h"
	file low/a ''
	file high/top a
}

# file NAME CALLED...: low/a defines a(), which calls those
file() {
	{
		name=$(basename "$1")
		for f in $2; do echo "void $f(void);"; done
		echo "void $name(void);"
		echo "void $name(void) {"
		for f in $2; do echo "$f();"; done
		echo "}"
	} >"$tree/$1.c"
	"${CROSS}gcc" -c -O0 -o "$tree/$1.o" "$tree/$1.c"
}

house
ask 0 "a small house in order"
file low/a top
ask 1 "a circle across rooms is found" "a circle across rooms: high/top.o low/a.o"
echo "| \`low/a.o\` | \`high/top.o\` | top() | a reason |" >>"$tree/docs/house.md"
ask 0 "an exception lets it be"
file low/a ''
ask 1 "an exception that nobody needs is found" "nobody needs: low/a.o to high/top.o"
for f in 1 2 3; do
	echo "| \`low/a.o\` | \`high/$f.o\` | x | a reason |" >>"$tree/docs/house.md"
done
ask 1 "four exceptions are too many" "4 exceptions, 3 are allowed"

house
file low/a b
file low/b c
file low/c d
file low/d e
file low/e a
ask 0 "a circle of five files in one room may be" "largest circle: 5"
file low/e f
file low/f a
ask 1 "one of six may not" "a circle of 6 files"

house
echo '/* */' >"$tree/low/low.h"
ask 1 "a source that its folder's header does not name is found" "low/low.h does not name a.c"
house
echo 'int x;' >"$tree/stray.c"
ask 1 "a file in no room is found" "stray.c: in no room"
