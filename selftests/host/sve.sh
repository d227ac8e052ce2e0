#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host with SVE guests and host threads keep their registers, whoever uses FP or SVE beside them.
# A failure shows the program that failed.
# hostrun: --cpu max,pauth-impdef=on
# timeout: 300
programs="guest/fp_sve guest/fp_state guest/gpr_state guest/mem_mmu guest/sysreg_context"
n=0
verdict() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; fi
}

echo "TAP version 13"
echo "1..4"
grep -qw sve /proc/cpuinfo
verdict $? "the host has SVE"
insmod armvcpu.ko
for round in one two three; do
	# shellcheck disable=SC2086 # a list of programs
	sh selftests/run.sh $programs >/tmp/programs 2>&1
	rc=$?
	sed 's/^/# /' /tmp/programs
	! grep -q '# SKIP' /tmp/programs && [ $rc -eq 0 ]
	verdict $? "round $round"
done
rmmod armvcpu
