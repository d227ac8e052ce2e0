#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: as late_regs.sh, on a host whose kernel is at EL1, where the very registers that guests use are its own.
# A failure shows the program that failed.
# hostrun: --qemu newest --cpu max,pauth-impdef=on --append id_aa64mmfr1.vh=0
# timeout: 600
# beside: others
. selftests/host/late_regs.inc
