#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: each entry of a guest and each exit to the host is one event under KVM's name, with KVM's fields, as many as the
# statistics count, and the exits that EL2 finished are told in batches, also all of them; off, nothing is told; the
# module goes with the events on.
# A failure prints the numbers. Runs in the emulated host; skipped in kernels without tracefs.
# timeout: 300
. selftests/host/tap.inc
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
t=/sys/kernel/tracing
[ -e $t/buffer_size_kb ] || { echo "1..0 # SKIP no tracefs"; exit 4; }
echo "TAP version 13"
echo "1..9"
insmod armvcpu.ko
[ -e $t/events/kvm/kvm_exit/format ] && [ -e $t/events/armvcpu/armvcpu_fast_exits/format ]
result $? "the events are there"
for field in 'int ret' 'unsigned int esr_ec' 'unsigned long vcpu_pc'; do
	grep -q "field:$field;" $t/events/kvm/kvm_exit/format || echo "# kvm_exit has no $field"
done >/tmp/missing
cat /tmp/missing
[ ! -s /tmp/missing ]
result $? "kvm_exit has KVM's fields"

echo 60000 >$t/buffer_size_kb
# With KVM in the kernel somebody has to say that its events are to be told.
parameter=/sys/module/armvcpu/parameters/kvm_events
builtin=''
grep -q ' kvm_arch_vcpu_create$' /proc/kallsyms && builtin=1

# stat NAME: over the vCPUs
stat() { awk -v n="$1" '$1 == n { s += $2 } END { print s + 0 }' /tmp/stats; }

# busy: has the guest done enough of everything?
busy() {
	cat /sys/kernel/debug/armvcpu/$guest-*/stats >/tmp/stats 2>/dev/null && [ "$(stat slow)" -gt 200 ] &&
		[ "$(stat fast)" -gt 200 ] && [ $(($(stat exit_fetch) + $(stat exit_data))) -gt 40 ]
}

# start: a guest that runs on, traced from its beginning until it has done something
start() {
	echo >$t/trace
	./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M \
		--append 'console=ttyAMA0 quiet rdinit=/bin/busybox -- sh -c "while :; do :; done"' </dev/null >/tmp/guest 2>&1 &
	guest=$!
	for _ in $(seq 60); do
		sleep 1
		! busy || break
	done
	# Out of RUN: nothing is counted any more.
	kill -STOP $guest
	sleep 1
	cat /sys/kernel/debug/armvcpu/$guest-*/stats >/tmp/stats
	cp $t/trace /tmp/trace
	kill -KILL $guest
	wait $guest 2>/dev/null
}

# count EVENT: lines of the trace
count() { grep -c " $1: " /tmp/trace; }

echo 1 >$t/events/kvm/enable
echo 1 >$t/events/armvcpu/enable
if [ -n "$builtin" ]; then
	start
	[ "$(count kvm_entry)" -eq 0 ] && [ "$(count kvm_exit)" -eq 0 ]
	result $? "KVM's own events are told of nothing unless somebody wants it"
	echo 1 >$parameter
else
	result 0 "KVM's own events # SKIP the kernel has none"
fi
start
grep -q 'entries-in-buffer/entries-written: \([0-9]*\)/\1 ' /tmp/trace
result $? "nothing was lost: $(grep entries-in-buffer /tmp/trace)"
[ "$(count kvm_exit)" -eq "$(stat slow)" ] && [ "$(stat slow)" -gt 100 ]
result $? "kvm_exit $(count kvm_exit) times, $(stat slow) in the statistics"
[ "$(count kvm_entry)" -eq "$(count kvm_exit)" ]
result $? "kvm_entry as often: $(count kvm_entry)"
sum=$(grep ' armvcpu_fast_exits: ' /tmp/trace | sed 's/.*armvcpu_fast_exits: //' |
	awk '{ for (i = 4; i <= NF; i += 2) s += $i } END { print s + 0 }')
[ "$sum" -eq "$(stat fast)" ] && [ "$sum" -gt 100 ]
result $? "$sum exits that EL2 finished, $(stat fast) in the statistics"
[ "$(count armvcpu_fault)" -ge "$(stat exit_fetch)" ] && [ "$(count armvcpu_fault)" -gt 20 ]
result $? "armvcpu_fault $(count armvcpu_fault) times"

rmmod armvcpu
result $? "the module goes with its events on"
