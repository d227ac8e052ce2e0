#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: what the recipes for Nix and Yocto do to build and install the tools works on this tree, dynamically linked; both
# install the same files, each with something in it, the unit with paths that are there; Yocto's has our licence's checksum.
# Failure: what the recipe's shell said, or the files that differ.
# Runs on the build machine, at the top of the tree. Neither Nix nor bitbake builds: their functions have stand-ins, and the
# cross compiler with Debian's libraries stands for theirs. Nix's recipe is skipped without nix-instantiate.
. tools/lib.sh
. selftests/build_checks/on_build_machine.inc
recipes=packaging/yocto/recipes-kernel/armvcpu
echo "TAP version 13"
echo "1..7"

# A compiler that finds the libraries by itself, as theirs do; libncurses with all of libtinfo's, as Nix has it.
mkdir -p "$work/lib"
libs=$SYSROOT/usr/lib/aarch64-linux-gnu
echo "INPUT($libs/libncurses.a $libs/libtinfo.a)" >"$work/lib/libncurses.so"
printf '#!/bin/sh\nexec %sgcc -idirafter %s/usr/include "$@" -L%s -L%s -L%s/usr/lib\n' \
	"$CROSS" "$SYSROOT" "$work/lib" "$libs" "$SYSROOT" >"$work/cc"
chmod +x "$work/cc"

# steps DIR: the shell text on stdin, in a copy of the tree
steps() {
	mkdir "$1"
	our_files . | xargs cp --parents -t "$1"
	cat >"$1/steps"
	(cd "$1" && CC=$work/cc bash -euo pipefail steps)
}

# installed DIR: what is there, whatever each calls the folder
installed() {
	(cd "$1" && find . -type f -size +0 -o -type l) | sed -E 's,^\./,,; s,^(usr/)?(lib|share|etc|bin|sbin)/,\2/,' | sort
}

# programs DIR: are they what they should be?
programs() {
	local file
	for file in "$1"/armvcpu-{run,stat}; do
		"${CROSS}readelf" -h -l "$file" | grep -q 'program interpreter' &&
			"${CROSS}readelf" -h "$file" | grep -q AArch64 || return 1
	done
}

# --- Yocto: the functions as bitbake would run them, with its variables ---------------------

# function FILE NAME
function_of() { sed -n "/^$2() {/,/^}/p" "$recipes/$1"; }
{
	# shellcheck disable=SC2016 # of the shell that runs it
	echo 'S=$PWD B=$PWD/build/tools D=$PWD/installed STAGING_DIR_HOST=/nowhere'
	echo 'bindir=/usr/bin datadir=/usr/share sysconfdir=/etc mandir=/usr/share/man nonarch_base_libdir=/lib'
	echo 'systemd_system_unitdir=/lib/systemd/system'
	echo 'oe_runmake() { make "$@"; }'
	function_of armvcpu-tools.bb do_compile
	function_of armvcpu-tools.bb do_install
	echo 'do_compile; do_install'
} | steps "$work/yocto" >"$work/log" 2>&1
result $? "the recipe for Yocto builds and installs the tools" "$work/log"
programs "$work/yocto/installed/usr/bin"
result $? "they are arm64's, and dynamically linked"
sum=$(md5sum LICENSE)
grep -q "md5=${sum%% *}\"" $recipes/armvcpu.inc
result $? "it has the licence's checksum"

# --- Nix: the phases as the builder would run them ------------------------------------------------

if [[ -z $(type -P nix-instantiate) ]]; then
	for what in "the recipe for Nix" "its programs" "its unit" "the same files"; do
		n=$((n + 1))
		echo "ok $n $what # SKIP no nix-instantiate"
	done
	exit
fi
{
	cat <<'SHELL'
export out=$PWD/installed
substituteInPlace() {
	local file=$1
	shift
	while (($#)); do
		[[ $1 == --replace ]] && grep -qF "$2" "$file"
		sed -i "s|$2|$3|g" "$file"
		shift 3
	done
}
SHELL
	NIX_STATE_DIR=$work nix-instantiate --eval --strict --json --expr \
		'with (import ./selftests/build_checks/recipe.nix).tools; buildPhase + installPhase' |
		python3 -c 'import json, sys; print(json.load(sys.stdin))'
} 2>"$work/nixlog" | steps "$work/nix" >"$work/log" 2>&1
status=$?
cat "$work/nixlog" >>"$work/log"
result $status "the recipe for Nix builds and installs the tools" "$work/log"
programs "$work/nix/installed/bin"
result $? "they are arm64's, and dynamically linked"
# There is no program but a shell where others have them.
grep '^Exec' "$work/nix/installed/lib/systemd/system/armvcpu.service" | grep -oE '/[^ ;]*bin/[a-z-]+' |
	grep -vxE "/bin/sh|/store/(kmod|systemd)/bin/[a-z]+|$work/nix/installed/bin/armvcpu-check" >"$work/log"
[[ ! -s $work/log ]]
result $? "its unit names programs by Nix's paths" "$work/log"
diff <(installed "$work/yocto/installed") <(installed "$work/nix/installed") >"$work/log"
result $? "both install the same files" "$work/log"
