#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: as refuse_kvm.sh, on a host whose kernel runs at EL2 itself.
# hostrun: --kvm --cpu neoverse-n1
# beside: others
. selftests/host/refusal.inc
kernel_has_kvm || exit 4
refused "KVM owns EL2: boot with kvm-arm.mode=none" 10
