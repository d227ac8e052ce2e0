#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host whose device tree leaves the GIC's maintenance interrupt out, guests run with the interrupt given
# by a parameter, and without it by polling; the log says in one line that they are polled. A wrong parameter is
# refused in one line, with nothing left behind.
# A failure shows the programs that failed, or the lines of the log.
# hostrun: --dtb-edit /intc@8000000:interrupts
# timeout: 900
. selftests/host/tap.inc
programs="guest/gic_maintenance guest/gic_interrupts guest/gic_registers guest/timer_interrupts guest/timer_migration
	guest/irqfd_ioeventfd guest/smp_ipi guest/wfx"

# guests WHAT: self-tests and a Linux guest
guests() {
	# shellcheck disable=SC2086 # a list of programs
	self_tests "$1: self-tests of interrupts and timers" $programs
	linux_guest "$1: a Linux guest"
}

# refused WORDS PARAMETER...
refused() {
	words=$1
	shift
	module_lines >/dev/null
	insmod armvcpu.ko "$@" 2>/dev/null
	rc=$?
	module_lines >/tmp/lines
	sed 's/^/# /' /tmp/lines
	[ $rc -ne 0 ] && [ "$(wc -l </tmp/lines)" -eq 1 ] && grep -qF "($words" /tmp/lines &&
		[ ! -e /dev/armvcpu ] && ! grep -q armvcpu /proc/interrupts
	result $? "refused: $*"
}

echo "TAP version 13"
echo "1..19"
sh armvcpu-check >/tmp/checked
rc=$?
sed 's/^/# /' /tmp/checked
module_lines >/dev/null
insmod armvcpu.ko
module_lines >/tmp/lines
sed 's/^/# /' /tmp/lines
[ $rc -eq 0 ] && [ "$(sed -n 's/^note: \(no maintenance.*\)/\1/p' /tmp/checked)" = \
	"$(sed -n 's/^armvcpu: \(no maintenance.*\)/\1/p' /tmp/lines)" ]
result $? "armvcpu-check said that it can, and the same of the interrupt"
# That the module is ready is a line; on some parts also what their branch predictors lack, and that guests can stop it.
[ "$(grep -c 'no maintenance interrupt is described: ' /tmp/lines)" -eq 1 ] &&
	[ "$(grep -vc 'branch predictors\|for its CPU.s erratum' /tmp/lines)" -eq 2 ]
result $? "polling: one line says so"
! grep 'armvcpu vgic' /proc/interrupts
result $? "polling: no interrupt is claimed"
guests polling
rmmod armvcpu
result $? "polling: the module goes"

insmod armvcpu.ko maint_irq=25
module_lines >/tmp/lines
! grep 'no maintenance interrupt' /tmp/lines
result $? "maint_irq=25: not polled"
guests maint_irq=25
# Its counters stay at 0: EL2 has its cause off before the host looks, and the GIC takes it back.
grep -q ' 25 Level .*armvcpu vgic' /proc/interrupts
result $? "maint_irq=25: the interrupt is claimed"
rmmod armvcpu
result $? "maint_irq=25: the module goes"

refused "maint_irq=9: an INTID is from 16 to 31" maint_irq=9
refused "maint_irq: that interrupt does not come" maint_irq=24
refused "maint_irq=40: an INTID is from 16 to 31" maint_irq=40
refused "maint_irq, vtimer_irq: they are the same interrupt" maint_irq=27
refused "gich=0x8030001: not the address of a page" gich=0x8030001
refused "gich=0x40000000: memory is there" gich=0x40000000
refused "gicv=0xffffffffffff0000: not the address of a page" gicv=0xffffffffffff0000
refused "gich, gicv: they are the same address" gich=0x8030000 gicv=0x8030000
