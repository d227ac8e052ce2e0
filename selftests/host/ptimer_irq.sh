#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a VHE host guests get the real physical timer. It is emulated, which one line of the log says, when a
# parameter wants that or when its interrupt is in use; the guests can't tell. A wrong parameter is refused.
# A failure shows the programs that failed, or the lines of the log.
# hostrun: --cpu neoverse-n1
# timeout: 600
programs="guest/timer_interrupts guest/timer_migration guest/wfx"
note="there is no interrupt for the physical timer of guests: "

n=0
verdict() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; fi
}

# The module's own lines since the last call
lines() {
	dmesg -c | sed 's/^\[[^]]*\] //' | grep '^armvcpu:' | grep -v taint | sort -u
}

# guests WHAT
guests() {
	# shellcheck disable=SC2086 # a list of programs
	sh selftests/run.sh $programs >/tmp/programs 2>&1
	rc=$?
	sed 's/^/# /' /tmp/programs
	verdict $rc "$1: self-tests of timers"
}

# emulated PARAMETER
emulated() {
	insmod armvcpu.ko "$1"
	lines >/tmp/lines
	sed 's/^/# /' /tmp/lines
	[ "$(grep -c "$note" /tmp/lines)" -eq 1 ] && ! grep 'armvcpu ptimer' /proc/interrupts
	verdict $? "$1: one line says that it is emulated"
	guests "$1"
	rmmod armvcpu
	verdict $? "$1: the module goes"
}

# refused WORDS PARAMETER
refused() {
	lines >/dev/null
	insmod armvcpu.ko "$2" 2>/dev/null
	rc=$?
	lines >/tmp/lines
	sed 's/^/# /' /tmp/lines
	[ $rc -ne 0 ] && grep -qF "($1" /tmp/lines && ! grep armvcpu /proc/interrupts
	verdict $? "refused: $2"
}

echo "TAP version 13"
echo "1..12"
lines >/dev/null
insmod armvcpu.ko
lines >/tmp/lines
! grep "$note" /tmp/lines && grep -q ' 30 Level .*armvcpu ptimer' /proc/interrupts
verdict $? "its interrupt is claimed"
guests "the real one"
rmmod armvcpu
verdict $? "the module goes"
! grep armvcpu /proc/interrupts
verdict $? "and with it the interrupt"
emulated ptimer_irq=0
# The host's own tick
emulated ptimer_irq=26
refused "ptimer_irq=9: an INTID is from 16 to 31" ptimer_irq=9
refused "ptimer_irq: it is the interrupt of something else" ptimer_irq=27
