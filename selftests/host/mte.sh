#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host with memory tagging guests have it if the VMM asks for it, and everybody keeps his tags and registers;
# guests without it have none of it.
# A failure shows the program that failed.
# hostrun: --qemu 10 --cpu max,pauth-impdef=on --mte
# timeout: 600
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..2"
grep -qw mte /proc/cpuinfo
result $? "the host has memory tagging"
insmod armvcpu.ko
self_tests "programs" api/mte guest/mte_state guest/sysreg_sweep guest/sysreg_context guest/mem_around api/reg_list api/memslots
rmmod armvcpu
