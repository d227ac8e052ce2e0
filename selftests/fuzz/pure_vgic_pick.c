// SPDX-License-Identifier: GPL-2.0
/* The choice of list registers against a sort of all that is to be chosen from. */
#include "pure.h"

#define main unit_main
#include "unit/vgic_pick.c"
#undef main

struct candidate {
	u32 intid, rank, prio, soft;
	bool pending, active, group1;
};

static struct candidate all[96];
static u32 nr_all;

static int better(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	if (x->soft != y->soft)
		return x->soft < y->soft ? -1 : 1;
	return x->intid < y->intid ? -1 : 1;
}

static void add_block(struct input *in, u32 base)
{
	u32 pending = bytes(in, 4), active = bytes(in, 4), looked, i;

	block.group1 = bytes(in, 4);
	block.edge = bytes(in, 4);
	block.hw = base ? 0 : bytes(in, 4);
	for (i = 0; i < 32; i++) {
		block.prio[i] = bytes(in, 1) & 0xf8;
		block.run_prio[i] = bytes(in, 1) & 0xf8;
	}
	looked = av_vgic_pick_block(&choice, &block, base, pending, active);
	REQUIRE(looked == (pending | active));
	for (i = 0; i < 32; i++) {
		u32 bit = 1U << i;
		bool on = choice.vmcr & (block.group1 & bit ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0);

		if (!(looked & bit))
			continue;
		all[nr_all++] = (struct candidate) {
			.intid = base + i, .rank = active & bit ? 1 : on ? 0 : 2, .soft = !(block.hw & bit),
			.prio = active & bit ? block.run_prio[i] : block.prio[i],
			.pending = pending & bit, .active = active & bit, .group1 = block.group1 & bit,
		};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	u32 i, outside = 0, b;
	u64 hcr;

	reset(1 + bytes(&in, 1) % 16, bytes(&in, 1) | (bytes(&in, 1) & 1) << 9);
	choice.dir_trap = ICH_HCR_TDIR;
	nr_all = 0;
	for (b = 0; b < 3 && more(&in); b++)
		add_block(&in, b * 32);
	qsort(all, nr_all, sizeof(all[0]), better);
	REQUIRE(choice.nr == (nr_all < choice.max ? nr_all : choice.max));
	for (i = 0; i < nr_all; i++) {
		const struct candidate *c = &all[i];

		if (i < choice.nr) {
			REQUIRE(choice.best[i].intid == c->intid && choice.best[i].prio == c->prio);
			continue;
		}
		outside |= c->active ? AV_OUT_ACTIVE : 0;
		if (c->pending && !c->active)
			outside |= c->rank == 0 ? AV_OUT_PENDING : c->group1 ? AV_OUT_GROUP1 : AV_OUT_GROUP0;
	}
	REQUIRE(choice.outside == outside);
	/* whoever waits outside is fetched by some maintenance interrupt or trap, and only then */
	hcr = av_vgic_pick_hcr(&choice) & ~(u64)ICH_HCR_EN;
	REQUIRE(!!hcr == !!outside);
	return 0;
}
