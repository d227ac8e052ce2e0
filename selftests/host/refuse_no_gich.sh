#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a GICv2 host whose device tree leaves GICH and GICV out, the module refuses with one line that names the
# parameters; armvcpu-check said so before. With the parameters guests have their GICv2.
# timeout: 600
# hostrun: --gic 2 --dtb-edit /intc@8000000:reg=0,8000000,0,10000,0,8010000,0,10000
# beside: others
. selftests/host/refusal.inc
plan=6
refused "the GICv2's GICH and GICV are not described: load with gich=" 14
insmod armvcpu.ko gich=0x8030000 gicv=0x8040000
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 256M \
	--append "console=ttyAMA0 quiet panic=-1" </dev/null >/tmp/guest 2>&1
rc=$?
[ $rc -eq 0 ] || tail -n 20 /tmp/guest | sed 's/^/# /'
if [ $rc -eq 0 ]; then echo "ok 5 gich=, gicv=: a Linux guest"; else echo "not ok 5 gich=, gicv=: a Linux guest"; fi
rmmod armvcpu
module_lines >/dev/null
insmod armvcpu.ko gich=0x8010000 gicv=0x8040000 2>/dev/null
rc=$?
module_lines | sed 's/^/# /' | tee /tmp/lines
if [ $rc -ne 0 ] && [ "$(grep -c '(at 0x8010000 is no GICH)' /tmp/lines)" -eq 1 ]; then
	echo "ok 6 gich= with the address of something else is refused"
else
	echo "not ok 6 gich= with the address of something else is refused"
fi
