#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: each entry of a guest and each exit to the host is one event under KVM's name, with KVM's fields, as many as the
# statistics count, and the exits that EL2 finished are told in batches, also all of them; off, nothing is told; the
# module goes with the events on. What the vGIC loads into list registers is what comes back; that says how many timer
# interrupts each vCPU of Linux took, and how many SPIs it routed; interrupts that found no list register are counted.
# A failure prints the numbers. Runs in the emulated host; skipped in kernels without tracefs.
# timeout: 600
. selftests/host/tap.inc
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
t=/sys/kernel/tracing
[ -e $t/buffer_size_kb ] || { echo "1..0 # SKIP no tracefs"; exit 4; }
echo "TAP version 13"
echo "1..14"
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
	endless_guest /tmp/guest 2
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

# ---- the vGIC: EL2 puts nothing into list registers here

echo 0 >/sys/module/armvcpu/parameters/fast
echo >$t/trace
busy="timeout 4 sh -c 'while :; do :; done'"
script="$busy & $busy; dmesg | grep SPIs; cat /proc/interrupts; poweroff -f"
timeout 250 ./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M \
	--append "console=ttyAMA0 quiet rdinit=/bin/busybox -- sh -c \". /etc/setup; $script\"" </dev/null >/tmp/guest 2>&1
cp $t/trace /tmp/trace
grep -q 'entries-in-buffer/entries-written: \([0-9]*\)/\1 ' /tmp/trace
result $? "nothing was lost: $(grep entries-in-buffer /tmp/trace)"

# Of each list register in "lrs {0x...,0x...}": intid[] as text, and the top digit, in which 4 is pending and 8 active.
lrs='function lrs(line,	i, n, a) {
	sub(/.* lrs \{/, "", line); sub(/\}.*/, "", line)
	n = split(line, a, ",")
	for (i = 1; i <= n; i++) {
		intid[i] = substr(a[i], length(a[i]) - 7)
		top[i] = length(a[i]) == 18 ? index("0123456789abcdef", substr(a[i], 3, 1)) - 1 : 0
	}
	return n
}
function pends(digit) { return digit % 8 >= 4 }
function vcpu(line) { sub(/.* vcpu /, "", line); return line + 0 }
'
awk "$lrs"'/ armvcpu_vgic_load: / {
	v = vcpu($0); n = lrs($0); was[v] = ""
	for (i = 1; i <= n; i++) was[v] = was[v] " " intid[i]
	loads += n > 0
}
/ armvcpu_vgic_fold: / {
	v = vcpu($0); n = lrs($0); is = ""
	for (i = 1; i <= n; i++) is = is " " intid[i]
	folds++; odd += is != was[v]; was[v] = "?"
}
END { print loads + 0, folds + 0, odd + 0 }' /tmp/trace >/tmp/count
read -r loads folds odd </tmp/count
[ "$loads" -gt 100 ] && [ "$loads" -eq "$folds" ] && [ "$odd" -eq 0 ]
result $? "$loads times interrupts were loaded, $folds times they came back, $odd times others"

# One that was loaded pending and comes back without is one that the guest took. INTID 27 is the virtual timer's.
awk "$lrs"'/ armvcpu_vgic_load: / {
	v = vcpu($0); n = lrs($0); waits[v] = 0
	for (i = 1; i <= n; i++) if (intid[i] == "0000001b") waits[v] = pends(top[i])
}
/ armvcpu_vgic_fold: / {
	v = vcpu($0); n = lrs($0)
	for (i = 1; i <= n; i++) if (intid[i] == "0000001b" && waits[v] && !pends(top[i])) took[v]++
	waits[v] = 0
}
END { print took[0] + 0, took[1] + 0 }' /tmp/trace >/tmp/count
read -r took0 took1 </tmp/count
awk '/ 27 .*arch_timer/ { print $2, $3 }' /tmp/guest >/tmp/count
read -r counted0 counted1 </tmp/count
# near A B: after the guest has counted it goes on for a moment
near() { [ "$2" -gt 200 ] && [ "$1" -ge "$2" ] && [ "$1" -le $(($2 + $2 / 10 + 20)) ]; }
near "$took0" "${counted0:-0}" && near "$took1" "${counted1:-0}"
result $? "they took $took0 and $took1 timer interrupts; the guest counted ${counted0:-none} and ${counted1:-none}"

said=$(sed -n 's/.*GICv3: \([0-9]*\) SPIs.*/\1/p' /tmp/guest)
routes=$(sed -n 's/.* armvcpu_vgic_route: intid \([0-9]*\) .*to 0$/\1/p' /tmp/trace | sort -un | wc -l)
if [ -n "$said" ]; then
	[ "$routes" -eq "$said" ]
	result $? "$routes SPIs were routed, the guest has $said"
else
	result 0 "SPIs' routes # SKIP no GICv3"
fi

# Twelve are pending in a group that is switched off; six are active one above the other, and end.
echo >$t/trace
selftests/guest/gic_maintenance >/tmp/said 2>&1
cp $t/trace /tmp/trace
awk '/ armvcpu_vgic_load: / && / kinds group1 / {
	for (i = 1; i < NF; i++) { if ($i == "nr") nr = $(i + 1); if ($i == "left") left = $(i + 1) }
	if (left && nr + left > most) most = nr + left
}
/ armvcpu_vgic_fold: / { sub(/.* eois /, ""); eois += $1 }
END { print most + 0, eois + 0 }' /tmp/trace >/tmp/count
read -r most eois </tmp/count
[ "$most" -eq 12 ] && [ "$eois" -ge 64 ]
result $? "too many for the list registers: $most at once, $eois ends of such that had none"

rmmod armvcpu
result $? "the module goes with its events on"
