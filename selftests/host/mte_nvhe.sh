#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: as mte.sh, on a host whose kernel is at EL1, where it uses the very registers that guests use.
# A failure shows the program that failed.
# hostrun: --qemu 10 --cpu max,pauth-impdef=on --mte --append id_aa64mmfr1.vh=0
# timeout: 600
# beside: others
. selftests/host/mte.inc
