#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a CPU whose EL2 is lost with the module loaded drops no TLB maintenance: of a page that was given back no
# guest's store is ever seen (the canary of selftests/guest/canary.c). Each loss is told in one line; a vCPU there is
# refused and goes on elsewhere, or its VM ends cleanly; VMs elsewhere go on. The ways to lose it: the stub's
# SOFT_RESTART and SET_VECTORS, called by somebody else, a power-down that nobody hears of, a fault in the
# maintenance. A power-down that is told (CPU PM) loses nothing, not even in the middle of insmod or rmmod. rmmod and
# insmod are as always afterwards.
# A failure shows the hits, or the module's lines.
# Runs in the emulated host; needs selftests/modules/stubcall.ko (nVHE), powerdown.ko and el2regs.ko.
#   CANARY_ROUNDS   rounds of each kind (30; the full claim is made with 1000: CANARY_ROUNDS=1000 TIMES=10 tools/check)
# timeout: 900
: "${CANARY_ROUNDS:=30}"
export CANARY_ROUNDS
. selftests/host/tap.inc
stubcall=/sys/module/stubcall/parameters
powerdown=/sys/module/powerdown/parameters
losses=$(((CANARY_ROUNDS + 9) / 10))
cpu0='taskset 1' cpu1='taskset 2'

registers() {
	insmod selftests/modules/el2regs.ko
	rmmod el2regs
	dmesg -c | grep 'el2regs: cpu' | sed 's/.*el2regs: //'
}

# lost_lines: how many times the log said since the last call that EL2 was lost; all of what it said is shown
lost_lines() {
	dmesg -c >/tmp/said
	grep 'armvcpu:' /tmp/said | sort | uniq -c | sed 's/^/# /' >&2
	grep -c 'armvcpu: CPU [0-9]*: EL2 was lost' /tmp/said
}

# canary WHAT FILE: with EL2 lost by writing to FILE
canary() {
	lost_lines >/dev/null 2>&1
	CANARY_LOSE=$2 ./selftests/guest/canary >/tmp/canary 2>&1
	rc=$?
	sed 's/^/# /' /tmp/canary
	result $rc "$1: the canary lives, vCPUs are refused there and go on elsewhere"
	lines=$(lost_lines)
	[ "$lines" -eq "$losses" ]
	result $? "$1: one line in the log for each of $losses losses: $lines"
}

# whole_guests WHAT FILE: a Linux guest on each CPU, and CPU 1 loses EL2
whole_guests() {
	$cpu0 ./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M --append "console=ttyAMA0 quiet panic=-1" \
		</dev/null >/tmp/guest-stays 2>&1 &
	stays=$!
	# shellcheck disable=SC2086 # two words
	endless_guest /tmp/guest-ends 2 $cpu1
	sleep 2
	echo 1 >"$2"
	wait $guest
	rc=$?
	tail -n 3 /tmp/guest-ends | sed 's/^/# /'
	# 2: armvcpu-run can't go on, and says why
	[ $rc -eq 2 ] && grep -q 'KVM_EXIT_FAIL_ENTRY.*CPU 1' /tmp/guest-ends
	result $? "$1: a Linux guest there ends cleanly (armvcpu-run: $rc)"
	wait $stays
	rc=$?
	[ $rc -eq 0 ] && grep -q 'guest: sum of squares' /tmp/guest-stays
	result $? "$1: one elsewhere goes on to its end ($rc)"
	echo 0 >/sys/devices/system/cpu/cpu1/online
	echo 1 >/sys/devices/system/cpu/cpu1/online
}

# It does not load where the host has EL2 itself.
vhe=''
insmod selftests/modules/stubcall.ko 2>/dev/null || vhe=1
echo "TAP version 13"
if [ $vhe ]; then echo "1..13"; else echo "1..21"; fi
insmod selftests/modules/powerdown.ko
insmod armvcpu.ko debug_faults=1
if [ ! $vhe ]; then
	canary "SOFT_RESTART" $stubcall/restart
	canary "SET_VECTORS to one who answers 0" $stubcall/vectors
	CANARY_KEEPS=1 CANARY_LOSE=$stubcall/reset ./selftests/guest/canary >/tmp/canary 2>&1
	rc=$?
	sed 's/^/# /' /tmp/canary
	lines=$(lost_lines)
	[ $rc -eq 0 ] && [ "$lines" -eq 0 ]
	result $? "RESET_VECTORS takes nothing from us"
	whole_guests "SOFT_RESTART" $stubcall/restart
fi
canary "power-down unheard" $powerdown/unheard
canary "a fault at EL2" /sys/kernel/debug/armvcpu/provoke_tlb
whole_guests "power-down unheard" $powerdown/unheard

# On each CPU, and the last one nobody notices before rmmod.
lost_lines >/dev/null 2>&1
for cpu in 0 1; do echo $cpu >$powerdown/unheard; done
if $cpu0 ./selftests/guest/psci_smp >/tmp/psci 2>&1; then rc=1; else rc=0; fi
result $rc "with EL2 of all CPUs lost no guest runs"
rmmod armvcpu
lines=$(lost_lines)
# VHE: what nobody uses any more nobody misses
[ $vhe ] || [ "$lines" -eq 2 ]
result $? "rmmod with both CPUs lost, both are told: $lines lines"
if [ ! $vhe ]; then
	insmod armvcpu.ko
	# el2regs.ko reads them by SOFT_RESTART: both CPUs are lost
	registers >/tmp/before
	rmmod armvcpu
	registers >/tmp/after
	[ -s /tmp/after ] && diff /tmp/before /tmp/after >/tmp/diff
	rc=$?
	sed 's/^/# /' /tmp/diff
	result $rc "rmmod leaves EL2 of a CPU that was lost as it is"
fi
insmod armvcpu.ko && [ "$(grep -c ': taken' /sys/kernel/debug/armvcpu/el2)" -eq 2 ] &&
	./selftests/guest/psci_smp >/tmp/psci 2>&1
result $? "insmod takes EL2 again, and guests run"
rmmod armvcpu
lost_lines >/dev/null 2>&1

if [ ! -e $powerdown/at ]; then
	for what in canary losses insmod rmmod; do result 0 "the windows: $what # SKIP this kernel has no kprobes"; done
else
	round=0 hits=0 lost=0 in_load=0 in_unload=0
	while [ $round -lt $losses ]; do
		# each of the load's steps between the first CPU taken and the end, in turn
		case $((round % 3)) in
		0)	at=__request_percpu_irq ;;
		1)	at=__cpuhp_setup_state ;;
		2)	at=misc_register ;;
		esac
		before=$(cat $powerdown/downs)
		echo "$at" >$powerdown/at
		$cpu1 insmod armvcpu.ko
		in_load=$((in_load + ($(cat $powerdown/downs) > before)))
		echo >$powerdown/at
		CANARY_ROUNDS=10 ./selftests/guest/canary >/tmp/canary 2>&1 || hits=$((hits + 1))
		grep hits /tmp/canary | sed 's/^/# /'
		lost=$((lost + $(grep -c ': lost' /sys/kernel/debug/armvcpu/el2)))
		before=$(cat $powerdown/downs)
		echo free_percpu_irq >$powerdown/at
		$cpu1 rmmod armvcpu
		in_unload=$((in_unload + ($(cat $powerdown/downs) > before)))
		echo >$powerdown/at
		round=$((round + 1))
	done
	result $hits "the windows: the canary lives"
	lines=$(lost_lines)
	[ $lost -eq 0 ] && [ "$lines" -eq 0 ]
	result $? "the windows: nothing was lost: $lost, $lines lines"
	[ $in_load -eq $losses ]
	result $? "the windows: power-downs in the middle of insmod: $in_load of $losses"
	[ $in_unload -eq $losses ]
	result $? "the windows: and of rmmod: $in_unload of $losses"
fi
