#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: as check_ready.sh, on a host whose kernel runs at EL2 itself.
# hostrun: --cpu neoverse-n1
. selftests/host/check_ready.sh
