#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host with SVE guests and host threads keep their registers, whoever uses FP or SVE beside them.
# A failure shows the program that failed.
# hostrun: --cpu max,pauth-impdef=on
# timeout: 300
. selftests/host/tap.inc
programs="guest/fp_sve guest/fp_state guest/gpr_state guest/mem_mmu guest/sysreg_context"
echo "TAP version 13"
echo "1..4"
grep -qw sve /proc/cpuinfo
result $? "the host has SVE"
insmod armvcpu.ko
for round in one two three; do
	# shellcheck disable=SC2086 # a list of programs
	self_tests "round $round" $programs
done
rmmod armvcpu
