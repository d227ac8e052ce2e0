#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: as refuse_no_el2.sh, on a host that is described by ACPI.
# hostrun: --no-el2 --acpi
# beside: others
. selftests/host/refusal.inc
refused "not booted at EL2" 11
