// SPDX-License-Identifier: GPL-2.0
/*
 * The GICv3 virtual CPU interface's slice of the world switch (IHI 0069, 12.4).
 *
 * Runs at: EL2. Owns: ICH_*_EL2 while a guest with an in-kernel GIC runs. Which interrupt sits in which
 * list register is the host's business (vgic/); here they are words.
 */
#include "el2.h"

#define LR_LO(n)	S3_4_C12_C12_##n
#define LR_HI(n)	S3_4_C12_C13_##n

/* The list registers' numbers are part of the instruction: one line each, up to the last in use. */
#define FOR_EACH_LR(X)								\
	X(0, LR_LO(0)) X(1, LR_LO(1)) X(2, LR_LO(2)) X(3, LR_LO(3))		\
	X(4, LR_LO(4)) X(5, LR_LO(5)) X(6, LR_LO(6)) X(7, LR_LO(7))		\
	X(8, LR_HI(0)) X(9, LR_HI(1)) X(10, LR_HI(2)) X(11, LR_HI(3))		\
	X(12, LR_HI(4)) X(13, LR_HI(5)) X(14, LR_HI(6)) X(15, LR_HI(7))

static void lrs_load(const struct av_gic_ctx *gic)
{
#define X(n, name)								\
	if (gic->used_lrs <= (n))						\
		return;								\
	write_named(name, gic->lr[n]);
	FOR_EACH_LR(X)
#undef X
}

/* Cleared on the way out: the next guest's are fewer, perhaps. */
static void lrs_save(struct av_gic_ctx *gic)
{
#define X(n, name)								\
	if (gic->used_lrs <= (n))						\
		return;								\
	gic->lr[n] = read_named(name);						\
	write_named(name, 0);
	FOR_EACH_LR(X)
#undef X
}

/* One list register as it is now, n below used_lrs. */
u64 el2_gic_read_lr(u32 n)
{
#define X(i, name)								\
	if (n == (i))								\
		return read_named(name);
	FOR_EACH_LR(X)
#undef X
	return 0;
}

/* One list register of the guest that runs here; visible to it behind the eret. */
void el2_gic_write_lr(u32 n, u64 value)
{
#define X(i, name)								\
	if (n == (i)) {								\
		write_named(name, value);					\
		return;								\
	}
	FOR_EACH_LR(X)
#undef X
}

/* Whatever an abandoned guest left there; the number of registers is the hardware's. */
void el2_gic_forget(const struct el2_cpu *cpu)
{
	struct av_gic_ctx none = { .used_lrs = ICH_VTR_LISTREGS(read_named(ICH_VTR_EL2)) };

	lrs_load(&none);
	/* ICC_SRE_EL2 is the host's again: seen to be, before ICC_SRE_EL1 is written. */
	isb();
	write_named(ICC_SRE_EL1, cpu->icc_sre_el1);
	isb();
}

/*
 * ---- a guest with a GICv2 ----
 *
 * Its CPU interface is a page of its address space, GICV, which the CPU serves as long as ICC_SRE_EL1.SRE is clear (IHI
 * 0069, 1.5 and chapter 13, legacy operation). EL2's own accesses go by ICC_SRE_EL2, so that all else is as for a
 * GICv3: list registers have the same layout, with the sender of an SGI in bits 12:10 of the INTID (12.4.9).
 */

/* el2_gic_serves_memory - can ICC_SRE_EL1.SRE be cleared? Where it can't, it reads as one whatever is written. */
bool el2_gic_serves_memory(void)
{
	u64 found = read_named(ICC_SRE_EL1), sre;

	write_named(ICC_SRE_EL1, found & ~ICC_SRE_SRE);
	isb();
	sre = read_named(ICC_SRE_EL1);
	write_named(ICC_SRE_EL1, found);
	isb();
	return !(sre & ICC_SRE_SRE);
}

static void memory_enter(const struct el2_cpu *cpu)
{
	write_named(ICC_SRE_EL1, cpu->icc_sre_el1 & ~ICC_SRE_SRE);
	/* Before ICH_VMCR_EL2 is written: with SRE set VFIQEn there is 1, and group 0 would come as FIQs (12.4.14). */
	isb();
}

/* The guest's stores to GICV are complete before the state that they change is read. */
static void memory_settle(void)
{
	dsb(sy);
	isb();
}

/*
 * What was written to the interface's registers has reached GICV before the guest looks there: it reads by its address
 * space what was written by system registers, and the eret orders only these.
 */
static void memory_ready(void)
{
	isb();
	dsb(sy);
}

/*
 * ICC_SRE_EL2.Enable is set, and seen to be, before ICC_SRE_EL1 is written (IHI 0069, 12.4.13: else an access may be
 * UNDEFINED). The door, or the eret, has the ISB that the host needs.
 */
static void memory_leave(const struct el2_cpu *cpu)
{
	write_named(ICC_SRE_EL2, cpu->saved.icc_sre);
	isb();
	write_named(ICC_SRE_EL1, cpu->icc_sre_el1);
}

/* Active priorities: PREbits 5, 6 and 7 have 1, 2 and 4 words per group. */
static unsigned int apr_words(void)
{
	unsigned int prebits = ICH_VTR_PREBITS(read_named(ICH_VTR_EL2));

	return prebits <= 5 ? 1 : prebits == 6 ? 2 : 4;
}

static void apr_load(unsigned int words, const u32 *ap0r, const u32 *ap1r)
{
	/* Most have one. */
	if (words > 1) {
		if (words == 4) {
			write_reg(S3_4_C12_C8_3, ap0r[3]);
			write_reg(S3_4_C12_C8_2, ap0r[2]);
			write_reg(S3_4_C12_C9_3, ap1r[3]);
			write_reg(S3_4_C12_C9_2, ap1r[2]);
		}
		write_reg(S3_4_C12_C8_1, ap0r[1]);
		write_reg(S3_4_C12_C9_1, ap1r[1]);
	}
	write_reg(S3_4_C12_C8_0, ap0r[0]);
	write_reg(S3_4_C12_C9_0, ap1r[0]);
}

static void apr_save(unsigned int words, u32 *ap0r, u32 *ap1r)
{
	if (words > 1) {
		if (words == 4) {
			ap0r[3] = read_reg(S3_4_C12_C8_3);
			ap0r[2] = read_reg(S3_4_C12_C8_2);
			ap1r[3] = read_reg(S3_4_C12_C9_3);
			ap1r[2] = read_reg(S3_4_C12_C9_2);
		}
		ap0r[1] = read_reg(S3_4_C12_C8_1);
		ap1r[1] = read_reg(S3_4_C12_C9_1);
	}
	ap0r[0] = read_reg(S3_4_C12_C8_0);
	ap1r[0] = read_reg(S3_4_C12_C9_0);
}

/* The maintenance interrupt, for a look whether it comes: group 0 is on or off, so that one of the two is true. */
void el2_gic_provoke(const struct el2_cpu *cpu, bool on)
{
	write_named(ICH_HCR_EL2, on ? ICH_HCR_EN | ICH_HCR_VGRP0EIE | ICH_HCR_VGRP0DIE : cpu->saved.ich_hcr);
	isb();
}

/* As found at the take-over, and back at release: el2/found.c. What the list registers held is nobody's. */
void el2_gic_save_found(struct el2_cpu *cpu)
{
	cpu->saved.icc_sre = read_named(ICC_SRE_EL2);
	cpu->icc_sre_el1 = read_named(ICC_SRE_EL1);
	cpu->saved.ich_hcr = read_named(ICH_HCR_EL2);
	cpu->saved.ich_vmcr = read_named(ICH_VMCR_EL2);
	cpu->apr_words = apr_words();
	cpu->nr_lrs = ICH_VTR_LISTREGS(read_named(ICH_VTR_EL2));
	apr_save(cpu->apr_words, cpu->ich_apr, cpu->ich_apr + 4);
	/* UNKNOWN after a reset (IHI 0069, 12.4.7), and lrs_load() writes only those that a guest uses. */
	el2_gic_forget(cpu);
}

void el2_gic_restore_found(const struct el2_cpu *cpu)
{
	write_named(ICC_SRE_EL2, cpu->saved.icc_sre);
	apr_load(cpu->apr_words, cpu->ich_apr, cpu->ich_apr + 4);
	write_named(ICH_VMCR_EL2, cpu->saved.ich_vmcr);
	write_named(ICH_HCR_EL2, cpu->saved.ich_hcr);
}

void el2_gic_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	const struct av_gic_ctx *gic = &ctx->gic;

	/* Without a GIC in the VM only the traps of its system registers are set. */
	if (ctx->has_gic) {
		if (ctx->has_gic & AV_GIC_MEMORY)
			memory_enter(cpu);
		apr_load(cpu->apr_words, gic->ap0r, gic->ap1r);
		write_named(ICH_VMCR_EL2, gic->vmcr);
		lrs_load(gic);
	}
	/* The guest may not take its system registers, which are the host's too, away (IHI 0069, 12.4.13). */
	write_named(ICC_SRE_EL2, cpu->saved.icc_sre & ~ICC_SRE_ENABLE);
	/* Last: the interface signals only with everything else in place. */
	write_named(ICH_HCR_EL2, gic->hcr);
	if (ctx->has_gic & AV_GIC_MEMORY)
		memory_ready();
}

/* ICH_HCR_EL2 itself, and with it the maintenance interrupt, goes back in el2_controls_host(). */
void el2_gic_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	struct av_gic_ctx *gic = &ctx->gic;

	if (!ctx->has_gic)
		return;
	if (ctx->has_gic & AV_GIC_MEMORY)
		memory_settle();
	/*
	 * The guest's accesses to the CPU interface are complete before its state is read
	 * (IHI 0069, 8.1.6: system register effects need a context synchronisation event; the trap was one).
	 */
	gic->hcr_exit = read_named(ICH_HCR_EL2);
	gic->vmcr = read_named(ICH_VMCR_EL2);
	apr_save(cpu->apr_words, gic->ap0r, gic->ap1r);
	lrs_save(gic);
	if (ctx->has_gic & AV_GIC_MEMORY)
		memory_leave(cpu);
}
