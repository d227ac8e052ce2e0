#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - run fuzzers one after another, until all are done or the kernel complains.
#
# Where: busybox sh, inside the (emulated) arm64 host, armvcpu.ko in the working directory and loaded.
# Usage: run.sh NAME:SEED:SECONDS...
#   COMPLAINTS       regular expression of kernel messages that must not come (lib.sh)
#   HARMLESS         script of sed's that blanks what only looks like one (lib.sh)
#   FUZZ_SLACK       seconds that a fuzzer may take longer than its time (120)
#
# Each one's output stands between two lines of ours; rc 137 is one that had to be killed:
#   @@fuzz begin NAME seed=N seconds=N
#   @@fuzz end NAME seed=N rc=N complaints=N
# A fuzzer whose run made the kernel complain is the last one of this boot: lockdep and KASAN report once.

dir=$(dirname "$0")
: "${FUZZ_SLACK:=120}" "${COMPLAINTS:=WARNING:|BUG:|Oops}"

for job; do
	name=${job%%:*} seconds=${job##*:}
	seed=${job#*:} seed=${seed%:*}
	dmesg -c >/dev/null
	echo "@@fuzz begin $name seed=$seed seconds=$seconds"
	timeout -s KILL $((seconds + FUZZ_SLACK)) "$dir/$name" --seed "$seed" --time "$seconds"
	rc=$?
	# what was fuzzed may still be on its way out; a report of it belongs to this one
	sleep 1
	complaints=$(dmesg | sed "${HARMLESS-}" | grep -cE "$COMPLAINTS")
	echo "@@fuzz end $name seed=$seed rc=$rc complaints=$complaints"
	[ "$complaints" -eq 0 ] || { dmesg; exit 3; }
	# A fuzzer of the host's life may have been stopped while the module was out.
	[ -d /sys/module/armvcpu ] || insmod armvcpu.ko
done
echo "@@fuzz finished"
