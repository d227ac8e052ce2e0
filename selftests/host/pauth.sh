#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host whose kernel and programs use pointer authentication guests have it, too, and everybody keeps his keys;
# guests without it have none of it.
# A failure shows the program that failed.
# hostrun: --cpu max,pauth-impdef=on
# timeout: 600
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..2"
grep -qw paca /proc/cpuinfo
result $? "the host has pointer authentication"
insmod armvcpu.ko
self_tests "programs" api/pauth guest/pauth_state guest/sysreg_sweep guest/sysreg_context api/reg_list guest/debug_step
rmmod armvcpu
