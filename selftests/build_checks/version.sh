#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu's version has one place, dkms.conf. The module, and the recipes for Nix and Yocto take it from there; Debian's
# changelog, which has to repeat it, has the same; no other file has it.
# Failure: who has another version, or the files and lines that repeat it.
# Runs on the build machine, at the top of the tree. Nix's recipe is evaluated where nix-instantiate is installed.
. tools/lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "TAP version 13"
echo "1..5"
n=0
version=$(sed -n 's/^PACKAGE_VERSION="\([0-9.]*\)"$/\1/p' dkms.conf)

# same WHAT VERSION
same() {
	n=$((n + 1))
	if [[ -n $version && $2 == "$version" ]]; then
		echo "ok $n $1"
	else
		echo "not ok $n $1: $2, dkms.conf has $version"
	fi
}

same "Debian's changelog" "$(sed -n '1s/^armvcpu (\(.*\)) .*/\1/p' debian/changelog)"

module=build/check/armvcpu.ko
if [[ -e $module ]]; then
	same "the module" "$(modinfo -F version $module)"
else
	n=$((n + 1))
	echo "ok $n the module # SKIP not built: tools/check does it"
fi

# The function as bitbake would call it, with what it asks for.
same "the recipe for Yocto" "$({
	sed -n '/^def armvcpu_version/,/^$/p' packaging/yocto/recipes-kernel/armvcpu/armvcpu.inc
	echo "class Data:"
	echo "    def getVar(self, name): return {'ARMVCPU_TREE': '$TOP'}[name]"
	echo "print(armvcpu_version(Data()))"
} | python3 -)"

if [[ -n $(type -P nix-instantiate) ]]; then
	same "the recipe for Nix" "$(NIX_STATE_DIR=$work nix-instantiate --eval --expr \
		'let all = import ./selftests/build_checks/recipe.nix; in builtins.deepSeq all all.tools.version' 2>/dev/null | tr -d '"')"
else
	n=$((n + 1))
	echo "ok $n the recipe for Nix # SKIP no nix-instantiate"
fi

n=$((n + 1))
others=$(our_files | grep -vxE 'dkms.conf|debian/changelog' | xargs grep -nIE "(^|[^0-9.])${version//./\\.}([^0-9.]|\$)" |
	grep -v 'Licen[cs]e\|LICENSE' || true)
if [[ -n $version && -z $others ]]; then
	echo "ok $n no other file has it"
else
	echo "# ${others//$'\n'/$'\n'# }"
	echo "not ok $n no other file has it"
fi
