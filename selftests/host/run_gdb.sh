#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: what gdb asks of armvcpu-run --gdb is answered as it is on a machine; a list is in gdb_client.c.
# A failure prints what was answered. Runs in the emulated host.
# beside: others
insmod armvcpu.ko
ip link set lo up
selftests/host/gdb_client ./armvcpu-run 2>/tmp/run || exit
grep -v 'waiting for gdb' /tmp/run | sed 's/^/# /'
rmmod armvcpu
