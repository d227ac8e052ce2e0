// SPDX-License-Identifier: GPL-2.0
/*
 * ICC_* registers for user space: made of ICH_VMCR_EL2 and the active priorities, and back.
 *
 * A failure means that a restored guest finds other masks and enables than it left. Implementation:
 * vgic/icc.c. Rules: IHI 0069, 12.2; errors as KVM (kvm-abi part 5).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <string.h>

/* Handlers of one table have one prototype. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "vgic/icc.c"
#include "tap.h"

static struct av_gic_ctx gic;
static u8 pri_bits = 5, id_bits = 1;
static const struct av_vgic_icc icc = {
	.gic = &gic, .vtr = ICH_VTR_A3V, .pri_bits = &pri_bits, .id_bits = &id_bits,
};

#define PMR	ENC(3, 0, 4, 6, 0)
#define BPR0	ENC(3, 0, 12, 8, 3)
#define AP0R(n)	ENC(3, 0, 12, 8, 4 + (n))
#define AP1R(n)	ENC(3, 0, 12, 9, (n))
#define BPR1	ENC(3, 0, 12, 12, 3)
#define CTLR	ENC(3, 0, 12, 12, 4)
#define SRE	ENC(3, 0, 12, 12, 5)
#define IGRPEN0	ENC(3, 0, 12, 12, 6)
#define IGRPEN1	ENC(3, 0, 12, 12, 7)

static u64 get(u32 reg)
{
	u64 val = ~0ULL;

	av_vgic_icc_get(&icc, reg, &val);
	return val;
}

static bool set(u32 reg, u64 val)
{
	return av_vgic_icc_set(&icc, reg, val);
}

/* What a guest reads and writes whose accesses trap. */
static void trapped(void)
{
	static u8 bits = 5, ids = 1;
	static struct av_gic_ctx ctx;
	struct av_vgic_icc its = { .gic = &ctx, .pri_bits = &bits, .id_bits = &ids, .vtr = AV_PUT(4UL, 28, 26) };

	ctx.vmcr = 0xf0000000 | ICH_VMCR_VENG1;
	av_vgic_icc_guest_ctlr(&its, ~0ULL);
	check(ctx.vmcr == (0xf0000000 | ICH_VMCR_VENG1 | ICH_VMCR_VCBPR | ICH_VMCR_VEOIM | ICH_VMCR_VFIQEN) &&
	      bits == 5 && ids == 1, "the guest's CTLR: CBPR and EOImode, nothing else");
	av_vgic_icc_guest_ctlr(&its, 0);
	check(!(ctx.vmcr & (ICH_VMCR_VCBPR | ICH_VMCR_VEOIM)), "and both can be cleared");
	its.vtr |= AV_PUT(4UL, 31, 29);
	av_vgic_icc_guest_pmr(&its, 0x1ff);
	check(ICH_VMCR_VPMR((u64)ctx.vmcr) == 0xf8 && (ctx.vmcr & ICH_VMCR_VENG1), "PMR: as many bits as there are");
	check(av_vgic_icc_rpr(&its) == 0xff, "RPR: idle");
	ctx.ap1r[0] = AV_BIT(20) | AV_BIT(31);
	check(av_vgic_icc_rpr(&its) == 0xa0, "the highest that is active");
	ctx.ap0r[0] = AV_BIT(3);
	ctx.ap1r[1] = 1;
	check(av_vgic_icc_rpr(&its) == 0x18, "of both groups");
	its.vtr = AV_PUT(6UL, 28, 26);
	check(av_vgic_icc_rpr(&its) == 0x06, "with seven bits of preemption");
	memset(ctx.ap0r, 0, sizeof(ctx.ap0r));
	memset(ctx.ap1r, 0, sizeof(ctx.ap1r));
	ctx.ap1r[3] = AV_BIT(31);
	check(av_vgic_icc_rpr(&its) == 0xfe, "up to the lowest");
	its.vtr = AV_PUT(4UL, 28, 26);
	check(av_vgic_icc_rpr(&its) == 0xff, "with five there is one word");
}

int main(void)
{
	u32 reg, known = 0;
	u64 val;

	trapped();
	check(set(PMR, 0xf0) && get(PMR) == 0xf0 && ICH_VMCR_VPMR((u64)gic.vmcr) == 0xf0, "PMR");
	check(set(BPR0, 2) && get(BPR0) == 2 && ICH_VMCR_VBPR0((u64)gic.vmcr) == 2, "BPR0");
	check(set(BPR1, 3) && get(BPR1) == 3 && ICH_VMCR_VBPR1((u64)gic.vmcr) == 3, "BPR1");
	check(set(IGRPEN0, 1) && get(IGRPEN0) == 1 && (gic.vmcr & ICH_VMCR_VENG0), "IGRPEN0");
	check(set(IGRPEN1, 1) && get(IGRPEN1) == 1 && (gic.vmcr & ICH_VMCR_VENG1), "IGRPEN1");
	check(set(IGRPEN0, 0) && !get(IGRPEN0) && get(IGRPEN1) == 1 && get(PMR) == 0xf0,
	      "fields don't disturb each other");
	check(get(CTLR) == (4 << 8 | 1 << 11 | 1 << 15), "CTLR tells the host's bits");
	check(set(CTLR, get(CTLR) | 3) && (gic.vmcr & ICH_VMCR_VCBPR) && (gic.vmcr & ICH_VMCR_VEOIM),
	      "CTLR sets CBPR and EOImode");
	check(get(BPR1) == 3 && set(BPR1, 7) && ICH_VMCR_VBPR1((u64)gic.vmcr) == 3,
	      "with CBPR BPR1 reads as BPR0 + 1 and ignores writes");
	set(BPR0, 7);
	check(get(BPR1) == 7, "saturated");
	check(!set(CTLR, 5 << 8 | 1 << 11 | 1 << 15), "more priority bits than the host's are refused");
	check(!set(CTLR, 4 << 8 | 2 << 11 | 1 << 15), "more INTID bits too");
	check(!set(CTLR, 4 << 8 | 1 << 11), "another A3V too");
	check(!set(CTLR, 4 << 8 | 1 << 11 | 1 << 15 | 1 << 14), "another SEIS too");
	check(set(CTLR, 3 << 8 | 1 << 15) && pri_bits == 4 && id_bits == 0, "fewer bits are remembered");
	check(get(SRE) == 7 && set(SRE, 1) && !set(SRE, 6), "SRE is fixed, but for its test");
	check(set(AP1R(0), 0x12) && get(AP1R(0)) == 0x12 && gic.ap1r[0] == 0x12, "AP1R0");
	check(!set(AP0R(1), 1) && !av_vgic_icc_get(&icc, AP1R(3), &val), "no AP1R1 with 5 bits");
	pri_bits = 6;
	check(set(AP0R(1), 1) && !set(AP0R(2), 1), "two words with 6 bits");
	pri_bits = 7;
	check(set(AP0R(3), 1) && set(AP1R(3), 5) && gic.ap1r[3] == 5, "four words with 7 bits");

	for (reg = 0; reg < 0x10000; reg++)
		known += av_vgic_icc_exists(reg);
	check(known == 15, "15 registers, no other encoding");
	return tap_end();
}
