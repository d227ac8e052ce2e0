#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a VHE host guests get the real physical timer. It is emulated, which one line of the log says, when a
# parameter wants that or when its interrupt is in use; the guests can't tell. A wrong parameter is refused.
# A failure shows the programs that failed, or the lines of the log.
# hostrun: --cpu neoverse-n1
# timeout: 600
. selftests/host/tap.inc
programs="guest/timer_interrupts guest/timer_migration guest/wfx"
note="there is no interrupt for the physical timer of guests: "

# guests WHAT
guests() {
	# shellcheck disable=SC2086 # a list of programs
	self_tests "$1: self-tests of timers" $programs
}

# emulated PARAMETER
emulated() {
	insmod armvcpu.ko "$1"
	module_lines >/tmp/lines
	sed 's/^/# /' /tmp/lines
	[ "$(grep -c "$note" /tmp/lines)" -eq 1 ] && ! grep 'armvcpu ptimer' /proc/interrupts
	result $? "$1: one line says that it is emulated"
	guests "$1"
	rmmod armvcpu
	result $? "$1: the module goes"
}

# refused WORDS PARAMETER
refused() {
	module_lines >/dev/null
	insmod armvcpu.ko "$2" 2>/dev/null
	rc=$?
	module_lines >/tmp/lines
	sed 's/^/# /' /tmp/lines
	[ $rc -ne 0 ] && grep -qF "($1" /tmp/lines && ! grep armvcpu /proc/interrupts
	result $? "refused: $2"
}

echo "TAP version 13"
echo "1..12"
module_lines >/dev/null
insmod armvcpu.ko
module_lines >/tmp/lines
! grep "$note" /tmp/lines && grep -q ' 30 Level .*armvcpu ptimer' /proc/interrupts
result $? "its interrupt is claimed"
guests "the real one"
rmmod armvcpu
result $? "the module goes"
! grep armvcpu /proc/interrupts
result $? "and with it the interrupt"
emulated ptimer_irq=0
# The host's own tick
emulated ptimer_irq=26
refused "ptimer_irq=9: an INTID is from 16 to 31" ptimer_irq=9
refused "ptimer_irq: it is the interrupt of something else" ptimer_irq=27
