#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu-run can be killed at any moment of a guest's life, 50 times: nothing of the VM is left, memory
# returns, the module can be unloaded, and a guest runs afterwards.
# A failure shows the memory before and after, or the use count.
# Runs in the emulated host. SIGKILL_ROUNDS: how many (50).
# timeout: 600
: "${SIGKILL_ROUNDS:=50}"

. selftests/host/tap.inc

available_kb() {
	shrink_slabs
	sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo
}

echo "TAP version 13"
echo "1..6"
insmod armvcpu.ko
i=0 before=0 killed=0 gone=0
while [ "$i" -lt "$SIGKILL_ROUNDS" ]; do
	endless_guest /tmp/guest 2
	pid=$guest
	# from "not yet a VM" to "in user space"
	sleep $((i * 7 % 30 / 10)).$((i * 7 % 10))
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	rc=$?
	[ $rc -eq 137 ] && killed=$((killed + 1))
	[ -d /proc/$pid ] || gone=$((gone + 1))
	[ "$i" -ne 4 ] || before=$(available_kb)
	i=$((i + 1))
done
after=$(available_kb)
# Pages are freed behind the processes' backs for a moment (RCU, work queues, the CPUs' own lists).
tries=0
while [ $((before - after)) -ge $((20 * 1024)) ] && [ $tries -lt 10 ]; do
	sleep 1
	tries=$((tries + 1)) after=$(available_kb)
done

[ "$killed" -eq "$SIGKILL_ROUNDS" ] || printf 'not '
echo "ok 1 killed $killed of $SIGKILL_ROUNDS"
[ "$gone" -eq "$SIGKILL_ROUNDS" ] || printf 'not '
echo "ok 2 $gone of $SIGKILL_ROUNDS processes are gone"
[ "$(cat /sys/module/armvcpu/refcnt)" -eq 0 ] || printf 'not '
echo "ok 3 nobody uses the module: $(cat /sys/module/armvcpu/refcnt)"
echo "# MemAvailable $before kB, then $after kB"
# each victim had touched tens of MiB; what is smaller is found by kmemleak's scan at the boot's end, by the debug kernel
[ $((before - after)) -lt $((20 * 1024)) ] || printf 'not '
echo "ok 4 memory returns"
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M \
	--append "console=ttyAMA0 quiet" </dev/null >/tmp/guest 2>&1 || { tail -n 20 /tmp/guest | sed 's/^/# /'; printf 'not '; }
echo "ok 5 a guest runs afterwards"
rmmod armvcpu || printf 'not '
echo "ok 6 the module goes"
