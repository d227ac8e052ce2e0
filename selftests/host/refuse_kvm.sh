#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: with KVM in charge of EL2 the module refuses with -EBUSY and one line that says what to do.
# hostrun: --kvm
# beside: others
. selftests/host/refusal.inc
kernel_has_kvm || exit 4
refused "KVM owns EL2: boot with kvm-arm.mode=none" 10
