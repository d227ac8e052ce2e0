#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a guest whose WFEs trap, as they do on a CPU but in no older emulator, keeps nobody else from the host's CPUs.
# A failure shows the program that failed, or what the kernel said.
# hostrun: --qemu newest --cpu max,pauth-impdef=on
# timeout: 600
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..3"
insmod armvcpu.ko
self_tests "programs" guest/wfx guest/smp_ipi
rmmod armvcpu
result $? "unloaded"
! dmesg | grep -E 'soft lockup|detected stalls'
result $? "nobody waited for a CPU"
