// SPDX-License-Identifier: GPL-2.0
/* Guest runtime: ucalls and exceptions. Runs at EL1 of the guest. */
#include "guest.h"

_Static_assert(offsetof(struct guest_cpu, stack) == GC_STACK, "layout.h");
_Static_assert(offsetof(struct guest_cpu, fn) == GC_FN, "layout.h");
_Static_assert(offsetof(struct guest_cpu, arg) == GC_ARG, "layout.h");
_Static_assert(offsetof(struct guest_cpu, flags) == GC_FLAGS, "layout.h");
_Static_assert(sizeof(struct guest_frame) == 34 * 8, "guest_entry.S");

guest_irq_fn guest_irq_handler;

/* One 8-byte store to an address without memory: an MMIO exit. */
void guest_ucall(u64 cmd, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct ucall uc;

	WRITE_ONCE(uc.cmd, cmd);
	WRITE_ONCE(uc.a[0], a0);
	WRITE_ONCE(uc.a[1], a1);
	WRITE_ONCE(uc.a[2], a2);
	WRITE_ONCE(uc.a[3], a3);
	WRITE_ONCE(uc.a[4], a4);
	writeq((u64)&uc, UCALL_IPA);
}

void guest_abort(const char *file, u64 line, const char *text, u64 a, u64 b)
{
	for (;;)
		guest_ucall(UCALL_ABORT, (u64)file, line, (u64)text, a, b);
}

void guest_returned(void);
void guest_returned(void)
{
	for (;;)
		GUEST_DONE();
}

void guest_exception(struct guest_frame *frame, u64 vector);
void guest_exception(struct guest_frame *frame, u64 vector)
{
	struct guest_cpu *cpu = this_cpu();

	if ((vector & 3) == 1 && cpu->expect_fault != 2) {
		WRITE_ONCE(cpu->irqs, cpu->irqs + 1);
		if (guest_irq_handler) {
			guest_irq_handler(frame);
			return;
		}
	} else if (cpu->expect_fault) {
		WRITE_ONCE(cpu->vector, vector);
		WRITE_ONCE(cpu->esr, read_sysreg(esr_el1));
		WRITE_ONCE(cpu->far, read_sysreg(far_el1));
		WRITE_ONCE(cpu->elr, frame->elr);
		WRITE_ONCE(cpu->spsr, frame->spsr);
		WRITE_ONCE(cpu->faults, cpu->faults + 1);
		frame->elr = cpu->resume_pc ? cpu->resume_pc : frame->elr + 4;
		if (cpu->expect_fault == 2)
			frame->spsr = 0x3c5;	/* EL1h, all masked */
		return;
	}
	for (;;)
		guest_ucall(UCALL_FAULT, vector, read_sysreg(esr_el1), frame->elr,
			    read_sysreg(far_el1), cpu->index);
}
