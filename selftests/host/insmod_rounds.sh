#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the module can be loaded and unloaded any number of times; a guest runs in each tenth round; nothing
# accumulates: memory returns, and the last guest runs as the first did. Nobody can open /dev/kvm's number meanwhile, by
# which the module asks whether KVM is there: such a file would outlive it.
# A failure names the round, and the step that failed in it.
# Runs in the emulated host. INSMOD_ROUNDS: how many (200; the full claim: make check INSMOD_ROUNDS=1000).
# timeout: 600
: "${INSMOD_ROUNDS:=200}"
guest=./selftests/guest/psci_smp
. selftests/host/tap.inc

# Free pages: those that MemFree counts; those that the kernel keeps in lists of each CPU, 27 MB now and then none,
# which it does not count; and the files of this test, which lie in memory.
free_kb() {
	shrink_slabs
	sync
	echo 3 >/proc/sys/vm/drop_caches
	page_kb=$(sed -n 's/^KernelPageSize: *\([0-9]*\).*/\1/p' /proc/self/smaps | head -n 1)
	lists=$(sed -n 's/^ *count: *//p' /proc/zoneinfo | awk '{ s += $1 } END { print s }')
	awk -v lists=$((lists * page_kb)) '/^MemFree:|^Shmem:/ { s += $2 } END { print s + lists }' /proc/meminfo
}

slab_kb() {
	sed -n 's/^SUnreclaim: *\([0-9]*\).*/\1/p' /proc/meminfo
}

echo "TAP version 13"
echo "1..6"
bad='' guests=0 i=1 before=0 slab=0
while [ "$i" -le "$INSMOD_ROUNDS" ]; do
	if ! insmod armvcpu.ko; then
		bad="$bad insmod:$i"
		break
	fi
	[ -c /dev/armvcpu ] || bad="$bad device:$i"
	if [ $((i % 10)) -eq 0 ]; then
		if $guest >/tmp/guest 2>&1; then
			guests=$((guests + 1))
		else
			sed 's/^/# /' /tmp/guest
			bad="$bad guest:$i"
		fi
	fi
	if ! rmmod armvcpu; then
		bad="$bad rmmod:$i"
		break
	fi
	[ ! -e /dev/armvcpu ] || bad="$bad left:$i"
	# caches are warm after the first guests
	if [ "$i" -eq $((INSMOD_ROUNDS / 5)) ]; then
		before=$(free_kb) slab=$(slab_kb)
	fi
	i=$((i + 1))
done

[ -z "$bad" ] && [ "$i" -gt "$INSMOD_ROUNDS" ] || printf 'not '
echo "ok 1 $INSMOD_ROUNDS rounds of insmod and rmmod$bad"
[ "$guests" -eq $((INSMOD_ROUNDS / 10)) ] || printf 'not '
echo "ok 2 a guest ran in each tenth round: $guests"

after=$(free_kb) slab_after=$(slab_kb)
echo "# free $before kB, then $after kB; SUnreclaim $slab kB, then $slab_after kB"
# Pages are freed behind rmmod's back for a moment (RCU, work queues).
tries=0
while [ $((before - after)) -ge 1024 ] && [ $tries -lt 10 ]; do
	sleep 1
	tries=$((tries + 1)) after=$(free_kb)
done
[ $((before - after)) -lt 1024 ] || printf 'not '
echo "ok 3 memory returns: $((before - after)) kB less"
[ $((slab_after - slab)) -lt 1024 ] || printf 'not '
echo "ok 4 kernel memory returns"

# Who waits for the lock of misc devices gets it between the two halves of that question. No modprobe: each open that
# fails would start one.
echo >/proc/sys/kernel/modprobe
mknod /tmp/kvm c 10 232
setsid selftests/host/open_storm /tmp/kvm 3 >/tmp/opened &
storm=$!
for i in $(seq 20); do
	insmod armvcpu.ko && rmmod armvcpu || bad="$bad storm:$i"
done
kill $storm
wait $storm
[ "$(cat /tmp/opened)" = 0 ] && [ -z "$bad" ] || printf 'not '
echo "ok 5 a node of /dev/kvm's number was opened $(cat /tmp/opened) times in 20 rounds"

if dmesg | grep -E 'WARNING:|BUG:|Oops|Call trace|refcount_t' | sed 's/^/# /' | grep .; then printf 'not '; fi
echo "ok 6 the log is clean"
