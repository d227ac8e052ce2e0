#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: who watches KVM sees our VMs as KVM's: uevents tell of each that comes and goes, in KVM's words; with kvm_alias=1
# /sys/kernel/debug/kvm has KVM's files, with the sums of the statistics, of all VMs and of each; a guest's time is guest time
# in /proc/stat and /proc/PID/stat, and what the host does for it is not. Nothing of it is left behind.
# Reference: Documentation/virt/kvm (the debugfs files are the descriptors' names), proc(5) (guest is a part of user).
# A failure prints what was there instead. Runs in the emulated host.
# timeout: 300
. selftests/host/tap.inc
d=/sys/kernel/debug
echo "TAP version 13"
echo "1..12"

# run_guest: one that is up
run_guest() {
	endless_guest /tmp/guest 2
	for _ in $(seq 60); do
		sleep 1
		! grep -q 'guest is up' /tmp/guest || break
	done
}
end_guest() {
	kill -KILL $guest
	wait $guest 2>/dev/null
}

# says EVENT DEVICE WORD...: is there such a uevent, of this guest, with all these words?
says() {
	event=$1 device=$2
	shift 2
	grep "DEVNAME=$device " /tmp/uevents | grep "EVENT=$event " | grep "PID=$guest " >/tmp/said
	for word; do
		grep -q " $word " /tmp/said || { echo "# no $word in: $(cat /tmp/said)"; return 1; }
	done
}

insmod armvcpu.ko
[ ! -e $d/kvm ]
result $? "without kvm_alias there is no directory of KVM's"
rmmod armvcpu

insmod armvcpu.ko kvm_alias=1
files=$(cd $d/kvm && echo *)
for name in exits hvc_exit_stat wfi_exit_stat mmio_exit_user mmio_exit_kernel signal_exits halt_wakeup remote_tlb_flush; do
	[ "$(cat $d/kvm/$name 2>&1)" = 0 ] || echo "# $name: $(cat $d/kvm/$name 2>&1)"
done >/tmp/said
cat /tmp/said
[ ! -s /tmp/said ]
result $? "KVM's files are there, and 0: $files"

selftests/host/uevents 1000 >/tmp/uevents &
listener=$!
while kill -0 $listener && ! grep -q listening /tmp/uevents; do sleep 0.1; done
before=$(awk '$1 == "cpu" { print $10 }' /proc/stat)
run_guest
t0=$(awk '{ print $43 }' /proc/$guest/stat)
s0=$(awk '{ print $15 }' /proc/$guest/stat)
sleep 10
t1=$(awk '{ print $43 }' /proc/$guest/stat)
s1=$(awk '{ print $15 }' /proc/$guest/stat)
after=$(awk '$1 == "cpu" { print $10 }' /proc/stat)
# The guest's vCPU loops; a hundred a second, less where the machine is busy, most of them the guest's.
[ $((t1 - t0)) -gt 200 ] && [ $((t1 - t0)) -gt $((2 * (s1 - s0))) ]
result $? "of 10 s /proc/PID/stat books $((t1 - t0)) hundredths as guest time, $((s1 - s0)) as the system's"
[ $((after - before)) -ge $((t1 - t0)) ]
result $? "/proc/stat as well: $((after - before))"

kill -STOP $guest
sleep 1
dir=$(ls -d $d/kvm/$guest-*)
# What our own file says, of the VM and summed up over its vCPUs.
cat "$d/armvcpu/${dir##*/}/stats" >/tmp/stats
for file in "$dir"/*; do
	name=${file##*/}
	sum=$(awk -v n="$name" '$1 == n { s += $2 } END { printf "%.0f", s }' /tmp/stats)
	[ "$(cat "$file")" = "$sum" ] || echo "# $name: $(cat "$file"), not $sum"
done >/tmp/said
cat /tmp/said
[ ! -s /tmp/said ] && [ "$(cat "$dir/exits")" -gt 100 ] && [ "$(cat "$dir/fast")" -gt 100 ]
result $? "the VM's files have its statistics: $(cat "$dir/exits") exits, of which EL2 finished $(cat "$dir/fast")"
first=$guest
n1=$(cat "$dir/exits")
run_guest
kill -STOP $guest
sleep 1
n2=$(cat $d/kvm/"$guest"-*/exits)
[ "$(cat $d/kvm/exits)" -eq $((n1 + n2)) ]
result $? "those above it the sum of two VMs: $(cat $d/kvm/exits) of $n1 and $n2"
says create armvcpu CREATED=2 COUNT=2 "STATS_PATH=/kvm/$guest-2" && says create kvm CREATED=2 COUNT=2
result $? "uevents: a VM came"
end_guest
sleep 1
says destroy armvcpu COUNT=1 "STATS_PATH=/kvm/$guest-2" && says destroy kvm COUNT=1
result $? "uevents: and it went"
[ ! -e "$d/kvm/$guest-2" ] && [ "$(cat $d/kvm/exits)" -eq "$n1" ]
result $? "its files went too"
guest=$first
says create kvm CREATED=1 COUNT=1 "STATS_PATH=/kvm/$guest-1"
result $? "the first VM was told of, too"
end_guest
sleep 1
says destroy kvm CREATED=2 COUNT=0
result $? "and the last"
kill $listener
rmmod armvcpu && [ ! -e $d/kvm ]
result $? "the module goes, and the directory with it"
