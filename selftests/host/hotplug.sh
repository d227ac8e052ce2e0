#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: CPUs come and go with the module loaded and a guest running; EL2 is taken again on each that comes back.
# timeout: 240
echo "TAP version 13"
echo "1..3"
insmod armvcpu.ko
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M --append "console=ttyAMA0 quiet" \
	</dev/null >/tmp/guest 2>&1 &
guest=$!
i=0
rc=0
while [ $i -lt 20 ]; do
	echo 0 >/sys/devices/system/cpu/cpu1/online || rc=1
	grep -q 'cpu1: given back' /sys/kernel/debug/armvcpu/el2 || rc=1
	echo 1 >/sys/devices/system/cpu/cpu1/online || rc=1
	grep -q 'cpu1: taken' /sys/kernel/debug/armvcpu/el2 || rc=1
	i=$((i + 1))
done
if [ $rc -eq 0 ]; then echo "ok 1 20 times off and on"; else echo "not ok 1 20 times off and on"; fi
if wait $guest; then echo "ok 2 the guest goes on to its end"; else
	tail -5 /tmp/guest | sed 's/^/# /'
	echo "not ok 2 the guest goes on to its end"
fi
if rmmod armvcpu; then echo "ok 3 the module goes"; else echo "not ok 3 the module goes"; fi
