// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC's pure decisions: which interrupts get a list register, in which state; what is asked
 * of the hardware for those left out; what comes back; whom an SGI means.
 *
 * A failure means lost, doubled or starving interrupts in guests. Implementation: vgic/pick.c.
 * Rules: IHI 0069, 12.4 (ICH_LR<n>_EL2, ICH_HCR_EL2), 12.2.22 (ICC_SGI1R_EL1).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vgic/pick.c"
#include "tap.h"

#define BOTH_GROUPS	(ICH_VMCR_VENG0 | ICH_VMCR_VENG1)

static struct av_vgic_block block;
static struct av_vgic_choice choice;

static void reset(u32 max, u32 vmcr)
{
	memset(&block, 0, sizeof(block));
	memset(&choice, 0, sizeof(choice));
	block.group1 = ~0U;
	choice.max = max;
	choice.vmcr = vmcr;
	choice.dir_trap = av_vgic_dir_trap(ICH_VTR_TDS);
}

static void priority_decides(void)
{
	u32 i;

	reset(4, BOTH_GROUPS);
	for (i = 0; i < 32; i++)
		block.prio[i] = 0xf8 - i * 8;
	av_vgic_pick_block(&choice, &block, 32, ~0U, 0);
	check(choice.nr == 4 && choice.best[0].intid == 63 && choice.best[3].intid == 60,
	      "the four of highest priority get the four list registers, in order");
	check(choice.outside == AV_OUT_PENDING && av_vgic_pick_hcr(&choice) == (ICH_HCR_EN | ICH_HCR_NPIE),
	      "the rest is fetched when none is pending any more");
	reset(4, BOTH_GROUPS);
	av_vgic_pick_block(&choice, &block, 32, 0xf, 0);
	check(!choice.outside && av_vgic_pick_hcr(&choice) == ICH_HCR_EN,
	      "exactly as many as list registers ask for no maintenance interrupt");
	check(choice.best[0].intid == 32 && choice.best[3].intid == 35,
	      "of equal priority the lower INTID goes first");
}

static void ranks_decide(void)
{
	reset(1, BOTH_GROUPS);
	block.prio[1] = 0xf8;
	av_vgic_pick_block(&choice, &block, 0, AV_BIT(1), AV_BIT(0));
	check(choice.nr == 1 && choice.best[0].intid == 1,
	      "pending goes before active, whatever the priorities");
	check(av_vgic_pick_hcr(&choice) == (ICH_HCR_EN | ICH_HCR_LRENPIE),
	      "EOIs of active ones outside are counted");
	choice.vmcr |= ICH_VMCR_VEOIM;
	check(av_vgic_pick_hcr(&choice) == (ICH_HCR_EN | ICH_HCR_TDIR),
	      "with EOImode 1 their deactivation is trapped");
	choice.dir_trap = av_vgic_dir_trap(~ICH_VTR_TDS);
	check(av_vgic_pick_hcr(&choice) == (ICH_HCR_EN | ICH_HCR_TC),
	      "with all that is common to the groups, where it can't be trapped alone");

	reset(1, ICH_VMCR_VENG1);
	block.group1 = AV_BIT(1);
	block.prio[1] = 0xf8;
	av_vgic_pick_block(&choice, &block, 0, AV_BIT(0) | AV_BIT(1), 0);
	check(choice.nr == 1 && choice.best[0].intid == 1,
	      "a group that is switched off doesn't take list registers from one that is on");
	check(av_vgic_pick_hcr(&choice) == (ICH_HCR_EN | ICH_HCR_VGRP0EIE),
	      "and is fetched when the guest switches it on");
	reset(1, BOTH_GROUPS);
	block.hw = AV_BIT(5);
	av_vgic_pick_block(&choice, &block, 0, AV_BIT(2) | AV_BIT(5), 0);
	check(choice.best[0].intid == 5, "among equals the hardware-mapped one goes first");
}

static u64 lr_of(u32 pending, u32 active, u32 edge, u32 hw)
{
	reset(4, BOTH_GROUPS);
	block.edge = edge;
	block.hw = hw;
	block.prio[3] = active & 8 ? 0x30 : 0xa0;
	block.run_prio[3] = 0xa0;
	av_vgic_pick_block(&choice, &block, 0, pending, active);
	return av_vgic_pick_lr(&choice.best[0], 27);
}

static void list_register_values(void)
{
	const u32 me = AV_BIT(3);
	const u64 common = 3 | ICH_LR_PRIORITY(0xa0) | ICH_LR_GROUP1;

	check(lr_of(me, 0, me, 0) == (common | ICH_LR_PENDING), "edge, pending");
	check(lr_of(me, me, me, 0) == (common | ICH_LR_PENDING | ICH_LR_ACTIVE),
	      "edge, pending again while active");
	check(lr_of(me, 0, 0, 0) == (common | ICH_LR_PENDING | ICH_LR_EOI),
	      "a level asks for an exit at its EOI");
	check(lr_of(me, me, 0, 0) == (common | ICH_LR_ACTIVE | ICH_LR_EOI),
	      "a level is never pending and active");
	check(lr_of(me, 0, 0, me) == (common | ICH_LR_PENDING | ICH_LR_HW | ICH_LR_PINTID(27)),
	      "hardware-mapped: physical INTID, no EOI exit");
	check(lr_of(me, me, me, me) == (common | ICH_LR_ACTIVE | ICH_LR_HW | ICH_LR_PINTID(27)),
	      "hardware-mapped is never pending and active");
}

static void folds(void)
{
	struct av_vgic_fold f = av_vgic_fold_lr(ICH_LR_PENDING, true, true);

	check(!f.active && f.relatch && !f.acked && !f.eoi, "untouched edge: pending again");
	f = av_vgic_fold_lr(ICH_LR_ACTIVE, true, true);
	check(f.active && !f.relatch && f.acked, "acknowledged edge: active");
	f = av_vgic_fold_lr(ICH_LR_PENDING | ICH_LR_EOI, true, false);
	check(!f.relatch && !f.acked && !f.eoi, "untouched level: its line speaks for it");
	f = av_vgic_fold_lr(ICH_LR_EOI, true, false);
	check(!f.active && f.acked && f.eoi, "ended level: sample again");
	f = av_vgic_fold_lr(ICH_LR_HW | ICH_LR_PINTID(0x3ff), true, false);
	check(!f.active && f.acked && !f.eoi, "a physical INTID doesn't look like the EOI bit");
}

static void sgis(void)
{
	struct av_vgic_sgi_req r = av_vgic_sgi_decode(0x0123b00445006789ULL);

	check(r.intid == 5 && !r.others && r.list == 0x6789, "SGI: INTID and target list");
	check(r.aff == (0x23ULL << 32 | 0x04ULL << 16 | 0x00ULL << 8 | 0xb0),
	      "SGI: affinity levels 3 to 1, range selector as the upper half of level 0");
	r = av_vgic_sgi_decode(AV_BIT(40) | 15ULL << 24);
	check(r.others && r.intid == 15, "SGI: to all but the sender");
}

/* Whatever the input, the choice is sorted, within bounds, and what is left out is asked for. */
static void random_choices(void)
{
	bool ok = true;
	u32 round, i;

	srand(1);
	for (round = 0; round < 20000; round++) {
		u32 b, looked = 0;

		reset(1 + rand() % 16, rand() & 0x203);
		for (b = 0; b < 3; b++) {
			u32 p, a;

			block.group1 = rand();
			block.edge = rand();
			block.hw = b ? 0 : rand();
			for (i = 0; i < 32; i++) {
				block.prio[i] = rand() & 0xf8;
				block.run_prio[i] = rand() & 0xf8;
			}
			p = rand() & rand() & rand();
			a = rand() & rand() & rand() & rand();
			looked += __builtin_popcount(av_vgic_pick_block(&choice, &block, b * 32, p, a));
		}
		ok &= choice.nr == (looked < choice.max ? looked : choice.max);
		ok &= !choice.outside || choice.nr == choice.max;
		ok &= choice.left == looked - choice.nr;
		for (i = 1; i < choice.nr; i++)
			ok &= choice.best[i - 1].key <= choice.best[i].key;
		/*
		 * An exit that is due at once, for ever: NPIE with nothing pending in a list
		 * register.
		 */
		for (i = 0; i < choice.nr; i++)
			ok &= !(choice.outside & AV_OUT_PENDING) || choice.best[i].pending;
	}
	check(ok, "random choices keep the promises");
}

int main(void)
{
	priority_decides();
	ranks_decide();
	list_register_values();
	folds();
	sgis();
	random_choices();
	return tap_end();
}
