#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Claim: a browser shows each page of the site of "make docs" at the width of a phone and of a desktop with nothing that
# sticks out or is cut, no link that leads nowhere, no image that is missing, no error in its console; and pictures of
# all of them are left in build/site-shots. A fault of each of these kinds, planted, is found.
# Failure: the page and what is wrong with it.
# Runs on the build machine. Skipped without Sphinx (tools/setup --docs) or the browser (tools/setup --browser).
. tools/lib.sh
kernel_doc=$CACHE/kernels/6.1/kdir/scripts/kernel-doc
[[ -n $(type -P sphinx-build) && -e $kernel_doc && -x /usr/bin/chromium && -x /usr/bin/chromedriver ]] &&
	/usr/bin/python3 -c 'import myst_parser, selenium' || exit 4
. selftests/build_checks/on_build_machine.inc
shots=$TOP/build/site-shots
site=$work/site/html

# planted HTML WORDS: at the end of a page it is found, with these words
planted() {
	sed "s|</body>|$1</body>|" "$work/house.html" >"$site/house.html"
	! tools/docs_browser.py "$site" "$work/shots" glossary.html house.html >"$work/log" 2>&1 && grep -qE "$2" "$work/log"
	result $? "found: $2" "$work/log"
}

echo "TAP version 13"
echo "1..9"
tools/docs_site.py --kernel-doc "$kernel_doc" "$work/site" >"$work/log" 2>&1
result $? "the site is made" "$work/log"
rm -rf "$shots"
tools/docs_browser.py "$site" "$shots" >"$work/log" 2>&1
result $? "nothing is wrong with its pages" "$work/log"
(cd "$site" && find . -name '*.html') | while read -r page; do
	for size in phone desktop; do
		[[ -s $shots/$size/${page%.html}.png ]] || echo "missing: $size/$page"
	done
done >"$work/log"
[[ ! -s $work/log ]]
result $? "there is a picture of each" "$work/log"

cp "$site/house.html" "$work/house.html"
planted '<div style="width: 1500px">wide</div>' '^house.html: desktop: overflow: 15'
planted '<p>'"$(printf 'long_%.0s' {1..99})"'</p>' 'house.html: phone: sticks out: .*long'
planted '<div style="width: 9em; overflow: hidden"><p style="width: 20em">cut</p></div>' 'sticks out: .*cut'
planted '<a href="glossary.html#no-such-heading">dead</a>' '^house.html: dead link: glossary.html#no-such-heading'
planted '<img src="none.png">' 'no image: none.png'
planted '<script>no_such_function()</script>' 'console: .*no_such_function'
