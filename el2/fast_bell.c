// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's store to a doorbell (KVM_IOEVENTFD), noted for another CPU's host, so that the guest goes straight on.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: nothing; of the words that it shares with the hosts of all
 * CPUs (include/bells.h) it writes those that anybody may.
 *
 * Nothing is done unless the host has said which CPU is to be told (ctx->bell_cpu), and has met the store itself
 * before: then the bell is there.
 */
#include "el2.h"
#include "fast.h"
#include "../include/bells.h"
#include "../include/vgic_words.h"
#include "../include/vm_fast.h"

struct store {
	u64 ipa, data;
	u32 len;
};

static bool takes(const struct av_bell *bell, const struct store *s, u64 gen)
{
	/* Acquire: the rest was written before the address. */
	if (__atomic_load_n(&bell->addr, __ATOMIC_ACQUIRE) != s->ipa || el2_load(&bell->gen) != gen)
		return false;
	if (!bell->len)
		return true;
	return bell->len == s->len && (!bell->match || bell->data == s->data);
}

/* From one place on; NULL: none. */
static struct av_bell *look_from(struct av_bells *bells, u32 place, const struct store *s, u64 gen)
{
	u32 n;

	for (n = 0; n < AV_BELL_PROBES; n++, place = av_bell_next(place))
		if (takes(&bells->bell[place], s, gen))
			return &bells->bell[place];
	return NULL;
}

static struct av_bell *find_bell(struct av_bells *bells, const struct store *s, u64 gen)
{
	struct av_bell *bell = look_from(bells, av_bell_place(s->ipa, 0), s, gen);

	if (!bell && s->data)
		bell = look_from(bells, av_bell_place(s->ipa, s->data), s, gen);
	return bell;
}

/* Its host may be away (power-down, offline), or have other things to do. */
static bool is_shut(const struct el2_cpu *to)
{
	return el2_load(&to->box_away) | el2_load(&to->box_busy);
}

/* Into the box, with an interrupt if it is the first of this VM's. */
static void put_into_box(struct el2_cpu *to, u32 vm)
{
	u32 bit = 1U << vm % 32;

	if (av_word_or(&to->box[vm / 32 % 2], bit) & bit)
		return;
	/* The words are visible to who takes the interrupt, as in el2/fast_sgi.c. */
	dsb(ishst);
	el2_store((u32 *)(to->redist + GICR_ISPENDR0_OFFSET), 1U << to->kick_intid);
}

static enum el2_verdict ring_bell(struct el2_cpu *to, struct av_bells *bells, struct av_bell *bell)
{
	u32 n = bell - bells->bell, bit = 1U << n % 32;

	if (el2_load(&bell->count) >= AV_BELL_FULL)
		return EL2_NOT_MINE;
	__atomic_fetch_add(&bell->count, 1, __ATOMIC_SEQ_CST);
	if (av_word_or(&bells->rung[n / 32], bit) & bit)
		return EL2_RESUME;
	put_into_box(to, bells->vm);
	/* The box is written before this is read; pairs with av_boxes_shut(): one of the two sees the other. */
	av_word_fence();
	return is_shut(to) ? EL2_KICK : EL2_RESUME;
}

/*
 * el2_bell - a stage-2 abort: is it a store to a doorbell that another CPU can see to?
 * @cpu: this CPU's page
 * @fast: the VM's page
 * @ctx: the vCPU, ctx->trap complete
 *
 * Returns: EL2_KICK if the other CPU can't after all: counted, the rest is the host's. The PC is the caller's to move.
 */
enum el2_verdict el2_bell(const struct el2_cpu *cpu, const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx)
{
	struct el2_cpu *to = (struct el2_cpu *)ctx->bell_cpu;
	u64 esr = ctx->trap.esr, rt = ESR_DABT_SRT(esr);
	enum el2_verdict verdict = EL2_NOT_MINE;
	struct av_bells *bells;
	struct av_bell *bell;
	struct store s;

	if (to == cpu || !(esr & ESR_DABT_WNR) || !el2_is_plain(esr) || is_shut(to))
		return EL2_NOT_MINE;
	bells = (struct av_bells *)el2_load(&fast->bells);
	s.ipa = ctx->trap.ipa | (ctx->trap.far & 0xfff);
	s.len = 1U << ESR_DABT_SAS(esr);
	s.data = rt < 31 ? ctx->gpr[rt] & ~0UL >> (64 - 8 * s.len) : 0;

	el2_store(&ctx->bell_walk, ctx->bell_walk + 1);
	/* The word is written before any bell is looked at; pairs with av_bell_remove(). */
	av_word_fence();
	bell = find_bell(bells, &s, el2_load(&fast->slots_gen));
	if (bell) {
		verdict = ring_bell(to, bells, bell);
		ctx->kick_wake = 0;
		ctx->kick_post = 0;
	}
	/* Release: the count was written before. */
	__atomic_store_n(&ctx->bell_walk, ctx->bell_walk + 1, __ATOMIC_RELEASE);
	return verdict;
}
