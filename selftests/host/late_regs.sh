#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a CPU that has TCR2_EL1, PIR_EL1, SCTLR2_EL1 and FPMR guests have them, each its own, shown or hidden.
# A failure shows the program that failed.
# hostrun: --qemu newest --cpu max,pauth-impdef=on
# timeout: 600
# beside: others
. selftests/host/late_regs.inc
