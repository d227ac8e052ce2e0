#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - run the programs of a list one after another (tools/check-peers).
#
# Where: busybox sh, inside the emulated host.
# Usage: run.sh LIST    lines of "name|seconds|command"; $OUT in a command is the file that its output goes to
# Output: for each the end of what it said, then "@@ name status seconds last-line".
while IFS='|' read -r name seconds command; do
	t0=$(date +%s)
	# shellcheck disable=SC2094 # $OUT is for a command that looks at what it said, when it is over
	OUT=/tmp/out timeout -s KILL "$seconds" sh -c "$command" >/tmp/out 2>&1 </dev/null
	rc=$?
	sed "s,^,# $name: ," /tmp/out | tail -n 40
	[ ! -s /tmp/strace ] ||
		echo "# $name: $(wc -l </tmp/strace) lines of strace, $(grep -c KVM_RUN /tmp/strace) of KVM_RUN"
	rm -f /tmp/strace
	echo "@@ $name $rc $(($(date +%s) - t0)) $(grep -v '^ *$' /tmp/out | tail -n 1 | cut -c1-160)"
done <"$1"
