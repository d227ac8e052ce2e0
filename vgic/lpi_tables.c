// SPDX-License-Identifier: GPL-2.0
/*
 * LPIs and the guest's tables of them: the configuration table (GICR_PROPBASER), pending tables (GICR_PENDBASER).
 *
 * Runs at: host kernel, in a thread of the VM's process, may sleep.
 * Owns: mapped and maps[] of struct av_vgic_lpis, lpi_ctlr of the vCPUs, the memory of the parts.
 * Locks: its_lock is held (ladder in vgic.c): what is read from a table is in the words before anybody reads it again,
 * so that the last of two invalidations wins with what it read. The words themselves are lpi.c's.
 *
 * Tables are read when the guest says so, as KVM does: the configuration when an LPI is mapped or invalidated, pending
 * states when it is mapped or EnableLPIs goes on. Pending states are written for user space only.
 */
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "host/el2_map.h"
#include "internal.h"
#include "its.h"
#include "mm/mm.h"

static u64 config_table(const struct av_vm *vm)
{
	return GICR_PROPBASER_ADDRESS(READ_ONCE(vm->vgic.propbaser));
}

u32 av_lpi_end(const struct av_vm *vm)
{
	u32 bits = (READ_ONCE(vm->vgic.propbaser) & GICR_PROPBASER_IDBITS_MASK) + 1;

	return min_t(u64, BIT_ULL(bits), AV_VGIC_LPI_END);
}

static struct av_vgic_lpis *get_part(struct av_vm *vm, u32 intid)
{
	struct av_vgic_lpis *part = av_lpi_part(vm, intid);
	u32 n;

	lockdep_assert_held(&vm->vgic.its->lock);
	if (part)
		return part;
	part = av_vgic_alloc_words(PAGE_ALIGN(sizeof(*part)));
	if (!part)
		return NULL;
	for (n = 0; n < ARRAY_SIZE(part->block); n++) {
		part->block[n].edge = ~0U;
		part->block[n].group1 = ~0U;
	}
	memset(part->target, 0xff, sizeof(part->target));
	part->el2 = av_el2_addr(part);
	/* Pairs with av_lpi_part(). */
	smp_store_release(&vm->vgic.lpis[(intid - AV_VGIC_LPI_FIRST) / AV_LPI_PART], part);
	return part;
}

void av_lpi_free(struct av_vm *vm)
{
	u32 n;

	for (n = 0; n < AV_LPI_PARTS; n++) {
		if (vm->vgic.lpis[n])
			av_vgic_free_words(vm->vgic.lpis[n], PAGE_ALIGN(sizeof(struct av_vgic_lpis)));
		vm->vgic.lpis[n] = NULL;
	}
}

int av_lpi_inv(struct av_vm *vm, u32 intid)
{
	u8 prop[32];
	int ret;

	lockdep_assert_held(&vm->vgic.its->lock);
	ret = av_mm_read_guest(vm, config_table(vm) + intid - AV_VGIC_LPI_FIRST, &prop[intid % 32], 1);
	if (!ret)
		av_lpi_configure(vm, round_down(intid, 32), BIT(intid % 32), prop, NULL);
	return ret;
}

/* Every block of 32 LPIs of which there are words. */
#define for_each_base(vm, base)									\
	for ((base) = AV_VGIC_LPI_FIRST; (base) < AV_VGIC_LPI_END;				\
	     (base) += av_lpi_part(vm, base) ? 32 : AV_LPI_PART)				\
		if (av_lpi_part(vm, base))

void av_lpi_inv_all(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	u8 prop[32];
	u32 base, bits;

	lockdep_assert_held(&vm->vgic.its->lock);
	for_each_base(vm, base) {
		bits = av_lpi_of_vcpu(vm, base, vcpu);
		if (bits && !av_mm_read_guest(vm, config_table(vm) + base - AV_VGIC_LPI_FIRST, prop, sizeof(prop)))
			av_lpi_configure(vm, base, bits, prop, vcpu);
	}
}

/* ---- pending tables: a bit per INTID, those below the first LPI included ------------------------------- */

static u64 pending_byte(const struct av_vcpu *vcpu, u32 intid)
{
	return GICR_PENDBASER_ADDRESS(READ_ONCE(vcpu->vgic.pendbaser)) + intid / 8;
}

/* The state that somebody saved there goes into the words, and is there no more. */
static int take_pending(struct av_vcpu *vcpu, u32 intid)
{
	u64 addr = pending_byte(vcpu, intid);
	u8 byte, bit = BIT(intid % 8);
	int ret;

	ret = av_mm_read_guest(vcpu->vm, addr, &byte, 1);
	if (ret || !(byte & bit))
		return ret;
	byte &= ~bit;
	ret = av_mm_write_guest(vcpu->vm, addr, &byte, 1);
	if (!ret)
		av_lpi_set_pending(vcpu->vm, round_down(intid, 32), BIT(intid % 32));
	return ret;
}

static void read_pending(struct av_vcpu *vcpu)
{
	__le32 word;
	u32 base, bits;

	for_each_base(vcpu->vm, base) {
		bits = av_lpi_of_vcpu(vcpu->vm, base, vcpu);
		if (!bits)
			continue;
		if (av_mm_read_guest(vcpu->vm, pending_byte(vcpu, base), &word, sizeof(word)))
			return;
		av_lpi_set_pending(vcpu->vm, base, bits & le32_to_cpu(word));
	}
}

static int save_block(struct av_vcpu *vcpu, u32 base, u32 bits)
{
	const struct av_vgic_block *b = &av_lpi_part(vcpu->vm, base)->block[base % AV_LPI_PART / 32];
	u64 addr = pending_byte(vcpu, base);
	__le32 word;
	u32 old, new;
	int ret;

	ret = av_mm_read_guest(vcpu->vm, addr, &word, sizeof(word));
	if (ret)
		return ret;
	old = le32_to_cpu(word);
	new = (old & ~bits) | (av_word_read(&b->latch) & bits);
	if (new == old)
		return 0;
	word = cpu_to_le32(new);
	return av_mm_write_guest(vcpu->vm, addr, &word, sizeof(word));
}

static int save_vcpu(struct av_vcpu *vcpu)
{
	u32 base, bits;
	int ret;

	for_each_base(vcpu->vm, base) {
		bits = av_lpi_of_vcpu(vcpu->vm, base, vcpu);
		ret = bits ? save_block(vcpu, base, bits) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

int av_lpi_save_pending(struct av_vm *vm)
{
	struct av_its_vm *its = av_its_of(vm);
	struct av_vcpu *vcpu;
	int i, ret = 0;

	if (!its)
		return 0;
	mutex_lock(&its->lock);
	av_for_each_vcpu(i, vcpu, vm) {
		ret = save_vcpu(vcpu);
		if (ret)
			break;
	}
	mutex_unlock(&its->lock);
	return ret;
}

/* ---- events come and go ------------------------------------------------------------------------------ */

int av_lpi_map(struct av_vm *vm, u32 intid, struct av_vcpu *vcpu)
{
	struct av_vgic_lpis *part = get_part(vm, intid);
	u32 n = intid % AV_LPI_PART;
	int ret;

	if (!part)
		return -ENOMEM;
	/* One that is there already stays as it is, its target included, as with KVM. */
	if (part->maps[n]++)
		return 0;
	av_lpi_set_target(vm, intid, vcpu);
	av_word_or(&part->block[n / 32].mapped, BIT(n % 32));
	ret = av_lpi_inv(vm, intid);
	if (!ret && vcpu)
		ret = take_pending(vcpu, intid);
	if (ret)
		av_lpi_unmap(vm, intid);
	return ret;
}

void av_lpi_unmap(struct av_vm *vm, u32 intid)
{
	static const u8 off[32];
	struct av_vgic_lpis *part = av_lpi_part(vm, intid);
	u32 n = intid % AV_LPI_PART;

	lockdep_assert_held(&vm->vgic.its->lock);
	if (WARN_ON_ONCE(!part || !part->maps[n]) || --part->maps[n])
		return;
	av_lpi_configure(vm, round_down(intid, 32), BIT(n % 32), off, NULL);
	av_word_andnot(&part->block[n / 32].mapped, BIT(n % 32));
	av_lpi_clear(vm, intid);
}

/* ---- the redistributor's registers --------------------------------------------------------------------- */

static void enable(struct av_vcpu *vcpu)
{
	u32 *ctlr = &vcpu->vgic.priv->lpi_ctlr;

	if (av_word_read(ctlr))
		return;
	/* Before the table is read: what is injected meanwhile adds to it. */
	av_word_or(ctlr, AV_GICR_CTLR_LPIS);
	if (!(READ_ONCE(vcpu->vgic.pendbaser) & GICR_PENDBASER_PTZ))
		read_pending(vcpu);
	av_lpi_look(vcpu);
}

static void disable(struct av_its_vm *its, struct av_vcpu *vcpu)
{
	u32 *ctlr = &vcpu->vgic.priv->lpi_ctlr;
	u32 i, nr;

	if (!av_word_read(ctlr))
		return;
	av_word_xchg(ctlr, AV_GICR_CTLR_RWP);
	/* One that still found them on becomes pending before those that are pending are forgotten. */
	nr = smp_load_acquire(&its->nr);	/* pairs with make_its() */
	for (i = 0; i < nr; i++)
		av_its_await_msis(its->its[i]);
	av_lpi_forget_pending(vcpu);
	av_word_xchg(ctlr, 0);
}

void av_lpi_write_ctlr(struct av_vcpu *vcpu, bool on)
{
	struct av_its_vm *its = av_its_of(vcpu->vm);

	if (!its)
		return;
	if (mutex_lock_killable(&its->lock))
		return;
	if (on)
		enable(vcpu);
	else
		disable(its, vcpu);
	mutex_unlock(&its->lock);
}

void av_lpi_write_inv(struct av_vcpu *vcpu, u32 intid)
{
	struct av_its_vm *its = av_its_of(vcpu->vm);

	if (!its || !av_lpi_enabled(vcpu))
		return;
	if (mutex_lock_killable(&its->lock))
		return;
	if (av_lpi_is_mapped(vcpu->vm, intid))
		av_lpi_inv(vcpu->vm, intid);
	mutex_unlock(&its->lock);
}

void av_lpi_write_inv_all(struct av_vcpu *vcpu)
{
	struct av_its_vm *its = av_its_of(vcpu->vm);

	if (!its || !av_lpi_enabled(vcpu))
		return;
	if (mutex_lock_killable(&its->lock))
		return;
	av_lpi_inv_all(vcpu);
	mutex_unlock(&its->lock);
}
