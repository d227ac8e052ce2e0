#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host with SVE guests and host threads keep their registers, whoever uses FP or SVE beside them; a CPU with
# other lengths of vectors than the vCPU's is refused.
# A failure shows the program that failed.
# hostrun: --cpu max,pauth-impdef=on
# timeout: 900
. selftests/host/tap.inc
programs="api/sve guest/sve_state guest/sve_storm guest/fp_sve guest/fp_state guest/gpr_state guest/sysreg_context"
echo "TAP version 13"
echo "1..3"
grep -qw sve /proc/cpuinfo
result $? "the host has SVE"
insmod armvcpu.ko debug_faults=1
for round in one two; do
	# shellcheck disable=SC2086 # a list of programs
	self_tests "round $round" $programs
done
rmmod armvcpu
