#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: whatever is done at each way out of a guest against trained branch predictors is done at each, and can be chosen
# by the parameter; an SError that a guest leaves is the guest's (here on a CPU without RAS, nVHE).
# Runs in the emulated host.
# timeout: 400
. selftests/host/tap.inc
. selftests/host/harden.inc
echo "TAP version 13"
echo "1..13"
harden_tests
rmmod armvcpu
result $? "the module goes"
