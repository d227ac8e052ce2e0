#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Claim: "make docs" makes a site of README.md, docs/ and the functions' kernel-doc comments without a warning; no link
# of it is dead, and it has every page and every function that is described. It notices a link that leads nowhere, a page
# in no table of contents, a parameter that is not described.
# Failure: what Sphinx and kernel-doc say.
# Runs on the build machine. Skipped without Sphinx (tools/setup --docs).
. tools/lib.sh
kernel_doc=$CACHE/kernels/6.1/kdir/scripts/kernel-doc
[[ -n $(type -P sphinx-build) && -e $kernel_doc ]] && /usr/bin/python3 -c 'import myst_parser' || exit 4
. selftests/build_checks/on_build_machine.inc
echo "TAP version 13"
echo "1..6"

# site TREE: made of that tree, in $work/out
site() {
	rm -rf "$work/out"
	"$1/tools/docs_site.py" --kernel-doc "$kernel_doc" "$work/out" >"$work/log" 2>&1
}

site "$TOP"
result $? "the site is made, without a warning" "$work/log"

for page in README.md docs/*.md; do
	page=${page##*/}
	[[ -s $work/out/html/${page%.md}.html ]] || echo "missing: $page"
done >"$work/missing"
our_files '*.c' '*.h' | grep -vE '^(tools|selftests)/' |
	xargs sed -nE 's/^ \* (av_[a-z0-9_]+)\(\) - .*/\1/p' | sort -u |
	while read -r name; do
		grep -rqF "id=\"c.$name\"" "$work/out/html/functions" || echo "missing: $name()"
	done >>"$work/missing"
[[ ! -s $work/missing ]]
result $? "each page and each function that is described is there" "$work/missing"

mkdir "$work/tree"
our_files | grep -vE '^(tools|selftests)/.*/' | tar -c -T - | tar -x -C "$work/tree"
echo '[planted](abi.md#no-such-heading)' >>"$work/tree/docs/house.md"
page=planted.md
echo '# Planted' >"$work/tree/docs/$page"
sed -i '/^ \* @cap: KVM_CAP_\*$/d' "$work/tree/vcpu/caps.c"
! site "$work/tree"
result $? "with errors it fails"
grep -q 'no-such-heading' "$work/log"
result $? "a link that leads nowhere is named" "$work/log"
grep -q "$page.*toctree" "$work/log"
result $? "a page in no table of contents is named" "$work/log"
grep -q "'cap' not described" "$work/log"
result $? "a parameter that is not described is named" "$work/log"
