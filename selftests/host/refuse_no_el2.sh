#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host that was not booted at EL2 the module refuses with -ENODEV and one line that says so.
# hostrun: --no-el2
# beside: others
. selftests/host/refusal.inc
refused "not booted at EL2" 11
