// SPDX-License-Identifier: GPL-2.0
/*
 * The register banks of a GICv3's distributor and redistributors, and the walker over rows, a GICv2's too.
 *
 * Runs at: host kernel, thread context.
 * Owns: GICD_CTLR, GICD_IIDR.Revision, GICR_PROPBASER, GICR_PENDBASER. What LPIs need is lpi_tables.c's.
 * Locks: none here; guest accesses rely on what is constant once the vGIC is ready, user space's
 * hold all vCPUs' mutexes.
 *
 * Policy for what has no row, the wrong width or no interrupt behind it: reads as zero, writes
 * are ignored.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>

#include "rows.h"

#define FRAME		SZ_64K

static u64 read_zero(const struct av_vgic_access *a)
{
	return 0;
}

static int ignore_write(const struct av_vgic_access *a, u64 val)
{
	return 0;
}

static u64 read_ones(const struct av_vgic_access *a)
{
	return ~0ULL;
}

/* GICD_CTLR to GICD_TYPER2 */

static u64 read_dist(const struct av_vgic_access *a)
{
	const struct av_vgic_dist *dist = &a->vm->vgic;

	switch (a->offset) {
	case GICD_CTLR:
		/* One security state, affinity routing always on. */
		return av_word_read(&dist->spis->ctlr) | GICD_CTLR_ARE_NS | GICD_CTLR_DS;
	case GICD_TYPER:
		return av_word_read(&dist->spis->typer);
	case GICD_IIDR:
		return AV_VGIC_IIDR | AV_VGIC_IIDR_REV(av_word_read(&dist->spis->rev));
	default:
		return 0;
	}
}

static void write_dist(const struct av_vgic_access *a, u64 val)
{
	if (a->offset != GICD_CTLR)
		return;
	val &= AV_VGIC_CTLR_ENABLE;
	if (av_word_xchg(&a->vm->vgic.spis->ctlr, val) != val)
		av_vgic_notify_all(a->vm);
}

static bool is_iidr(u64 val)
{
	u32 rev = FIELD_GET(IIDR_REVISION, val);

	return (val & ~IIDR_REVISION) == AV_VGIC_IIDR && (rev == 2 || rev == 3);
}

static int uwrite_dist(const struct av_vgic_access *a, u64 val)
{
	switch (a->offset) {
	case GICD_TYPER2:
		return val == read_dist(a) ? 0 : -EBUSY;
	case GICD_IIDR:
		if (!is_iidr(val))
			return -EINVAL;
		WRITE_ONCE(a->vm->vgic.spis->rev, FIELD_GET(IIDR_REVISION, val));
		return 0;
	}
	write_dist(a, val);
	return 0;
}

/*
 * Before the GIC is initialised user space reads and chooses what it will be: as KVM since 6.16. TYPER2 has nothing to
 * choose without SGIs that are injected by hardware.
 */
int av_vgic_reg_early(struct av_vm *vm, u32 offset, bool is_write, u32 *val)
{
	struct av_vgic_dist *dist = &vm->vgic;

	lockdep_assert_held(&vm->lock);
	if (offset != GICD_TYPER2 && offset != GICD_IIDR)
		return -EBUSY;
	if (!is_write) {
		*val = offset == GICD_IIDR ? AV_VGIC_IIDR | AV_VGIC_IIDR_REV(dist->rev ?: AV_VGIC_NEWEST_REV) : 0;
		return 0;
	}
	if (offset == GICD_TYPER2)
		return *val ? -EINVAL : 0;
	if (!is_iidr(*val))
		return -EINVAL;
	dist->rev = FIELD_GET(IIDR_REVISION, *val);
	return 0;
}

static u64 read_ids(const struct av_vgic_access *a)
{
	return a->offset == GICD_PIDR2 - GICD_IDREGS ? AV_VGIC_PIDR2 : 0;
}

/* GICR_CTLR to GICR_SYNCR; without an ITS there are no LPIs to switch on */

static u64 read_redist_ctlr(const struct av_vgic_access *a)
{
	return (av_word_read(&a->vm->vgic.spis->rev) >= 3 ? AV_VGIC_REDIST_CTLR : 0) |
	       av_word_read(&a->vcpu->vgic.priv->lpi_ctlr);
}

static void write_redist_ctlr(const struct av_vgic_access *a, u64 val)
{
	av_lpi_write_ctlr(a->vcpu, val & AV_GICR_CTLR_LPIS);
}

static u64 read_redist_iidr(const struct av_vgic_access *a)
{
	return AV_VGIC_IIDR;
}

u64 av_vgic_typer(struct av_vcpu *vcpu)
{
	return (vcpu->id & 0xffff) << 8 | (av_vgic_is_last(vcpu) ? GICR_TYPER_LAST : 0) |
	       (av_vgic_has_its(vcpu->vm) ? GICR_TYPER_PLPIS : 0);
}

static u64 read_redist_typer(const struct av_vgic_access *a)
{
	u64 val = (av_vgic_affinity(a->vcpu) & GENMASK(23, 0)) << 32 | av_vgic_typer(a->vcpu);

	return a->offset & 4 ? val >> 32 : val;
}

/*
 * Memory attributes of the LPI tables as KVM narrows them: inner shareable at most, inner
 * cacheable, outer as inner. The fields are in the same places in both registers.
 */
static u64 table_attrs(u64 reg)
{
	u64 share = FIELD_GET(GENMASK_ULL(11, 10), reg);
	u64 inner = FIELD_GET(GENMASK_ULL(9, 7), reg);
	u64 outer = FIELD_GET(GENMASK_ULL(58, 56), reg);

	if (share == GIC_BASER_OuterShareable)
		share = GIC_BASER_InnerShareable;
	if (inner == GIC_BASER_CACHE_nCnB || inner == GIC_BASER_CACHE_nC)
		inner = GIC_BASER_CACHE_RaWb;
	if (outer != GIC_BASER_CACHE_SameAsInner && outer != GIC_BASER_CACHE_nC)
		outer = GIC_BASER_CACHE_SameAsInner;
	reg &= ~(GENMASK_ULL(58, 56) | GENMASK_ULL(11, 7));
	return reg | outer << 56 | share << 10 | inner << 7;
}

#define PROPBASER_RES0	(GENMASK_ULL(63, 59) | GENMASK_ULL(55, 52) | GENMASK_ULL(6, 5))
#define PENDBASER_RES0	(BIT_ULL(63) | GENMASK_ULL(61, 59) | GENMASK_ULL(55, 52) | \
			 GENMASK_ULL(15, 12) | GENMASK_ULL(6, 0))

static u64 read_propbaser(const struct av_vgic_access *a)
{
	return READ_ONCE(a->vm->vgic.propbaser) >> (a->offset & 4 ? 32 : 0);
}

static void write_propbaser(const struct av_vgic_access *a, u64 val)
{
	u64 *reg = &a->vm->vgic.propbaser;

	if (av_lpi_enabled(a->vcpu))
		return;
	WRITE_ONCE(*reg, table_attrs(av_gic_merge(READ_ONCE(*reg), a->offset, a->len, val)) & ~PROPBASER_RES0);
}

static u64 read_pendbaser(const struct av_vgic_access *a)
{
	u64 val = READ_ONCE(a->vcpu->vgic.pendbaser) & ~GICR_PENDBASER_PTZ;

	return val >> (a->offset & 4 ? 32 : 0);
}

static void write_pendbaser(const struct av_vgic_access *a, u64 val)
{
	u64 *reg = &a->vcpu->vgic.pendbaser;

	if (av_lpi_enabled(a->vcpu))
		return;
	WRITE_ONCE(*reg, table_attrs(av_gic_merge(READ_ONCE(*reg), a->offset, a->len, val)) & ~PENDBASER_RES0);
}

/* The upper halves are about the LPIs of guests of the guest. GICR_SYNCR finds nothing to wait for: these are done. */

static void write_invlpir(const struct av_vgic_access *a, u64 val)
{
	if (!(a->offset & 4))
		av_lpi_write_inv(a->vcpu, val);
}

static void write_invallr(const struct av_vgic_access *a, u64 val)
{
	if (!(a->offset & 4))
		av_lpi_write_inv_all(a->vcpu);
}

/* In the distributor the part for SGIs and PPIs has no function (affinity routing is on). */
#define BANK(off, bits, widths, ...) \
	{ off, (bits) * 32 / 8, bits, widths, NULL, NULL, NULL, ignore_write }, \
	{ (off) + (bits) * 32 / 8, (bits) * (1024 - 32) / 8, bits, widths, __VA_ARGS__ }
/* In the redistributor's second frame there is only that part. */
#define PRIV(off, bits, widths, ...) \
	{ FRAME + (off), (bits) * 32 / 8, bits, widths, __VA_ARGS__ }

static const struct av_vgic_row dist_rows[] = {
	/*   offset, bytes or bits, widths, read, write, user's read, user's write */
	REG(GICD_CTLR, 16, W32, read_dist, write_dist, NULL, uwrite_dist),
	REG(GICD_STATUSR, 4, W32, read_ones, NULL),
	BANK(GICD_IGROUPR, 1, W32, av_vgic_read_group, av_vgic_write_group),
	BANK(GICD_ISENABLER, 1, W32, av_vgic_read_enable, av_vgic_write_senable),
	BANK(GICD_ICENABLER, 1, W32, av_vgic_read_enable, av_vgic_write_cenable),
	BANK(GICD_ISPENDR, 1, W32, av_vgic_read_pending, av_vgic_write_spend,
	     av_vgic_read_latch, av_vgic_user_write_latch),
	BANK(GICD_ICPENDR, 1, W32, av_vgic_read_pending, av_vgic_write_cpend,
	     read_zero, ignore_write),
	BANK(GICD_ISACTIVER, 1, W32, av_vgic_read_active, av_vgic_write_sactive,
	     av_vgic_user_read_active),
	BANK(GICD_ICACTIVER, 1, W32, av_vgic_read_active, av_vgic_write_cactive,
	     av_vgic_user_read_active),
	BANK(GICD_IPRIORITYR, 8, W32 | W8, av_vgic_read_prio, av_vgic_write_prio,
	     NULL, av_vgic_user_write_prio),
	BANK(GICD_ITARGETSR, 8, W32 | W8, NULL, NULL),
	BANK(GICD_ICFGR, 2, W32, av_vgic_read_config, av_vgic_write_config),
	BANK(GICD_IGRPMODR, 1, W32, NULL, NULL),
	BANK(GICD_IROUTER, 64, W64 | W32, av_vgic_read_route, av_vgic_write_route),
	REG(GICD_IDREGS, 48, W32, read_ids, NULL),
};

static const struct av_vgic_row redist_rows[] = {
	REG(GICR_CTLR, 4, W32, read_redist_ctlr, write_redist_ctlr),
	REG(GICR_IIDR, 4, W32, read_redist_iidr, NULL),
	REG(GICR_TYPER, 8, W64 | W32, read_redist_typer, NULL),
	REG(GICR_STATUSR, 4, W32, NULL, NULL),
	REG(GICR_WAKER, 4, W32, NULL, NULL),	/* always awake */
	REG(GICR_PROPBASER, 8, W64 | W32, read_propbaser, write_propbaser),
	REG(GICR_PENDBASER, 8, W64 | W32, read_pendbaser, write_pendbaser),
	REG(GICR_INVLPIR, 8, W64 | W32, NULL, write_invlpir),
	REG(GICR_INVALLR, 8, W64 | W32, NULL, write_invallr),
	REG(GICR_SYNCR, 4, W32, NULL, NULL),
	REG(GICR_IDREGS, 48, W32, read_ids, NULL),
	PRIV(GICR_IGROUPR0, 1, W32, av_vgic_read_group, av_vgic_write_group),
	PRIV(GICR_ISENABLER0, 1, W32, av_vgic_read_enable, av_vgic_write_senable),
	PRIV(GICR_ICENABLER0, 1, W32, av_vgic_read_enable, av_vgic_write_cenable),
	PRIV(GICR_ISPENDR0, 1, W32, av_vgic_read_pending, av_vgic_write_spend,
	     av_vgic_read_latch, av_vgic_user_write_latch),
	PRIV(GICR_ICPENDR0, 1, W32, av_vgic_read_pending, av_vgic_write_cpend,
	     read_zero, ignore_write),
	PRIV(GICR_ISACTIVER0, 1, W32, av_vgic_read_active, av_vgic_write_sactive,
	     av_vgic_user_read_active),
	PRIV(GICR_ICACTIVER0, 1, W32, av_vgic_read_active, av_vgic_write_cactive,
	     av_vgic_user_read_active),
	PRIV(GICR_IPRIORITYR0, 8, W32 | W8, av_vgic_read_prio, av_vgic_write_prio,
	     NULL, av_vgic_user_write_prio),
	PRIV(GICR_ICFGR0, 2, W32, av_vgic_read_config, av_vgic_write_config),
	PRIV(GICR_IGRPMODR0, 1, W32, NULL, NULL),
	REG(FRAME + GICR_NSACR, 4, W32, NULL, NULL),
};

static const struct {
	const struct av_vgic_row *rows;
	u32 nr;
} banks[] = {
	[AV_BANK_DIST]	  = { dist_rows, ARRAY_SIZE(dist_rows) },
	[AV_BANK_REDIST]  = { redist_rows, ARRAY_SIZE(redist_rows) },
	[AV_BANK_V2_DIST] = { av_vgic_v2_dist_rows, AV_VGIC_V2_DIST_ROWS },
	[AV_BANK_V2_CPU]  = { av_vgic_v2_cpu_rows, AV_VGIC_V2_CPU_ROWS },
};

/* The row of an access, and the access in its terms; NULL: nothing there. */
static const struct av_vgic_row *find(enum av_vgic_bank bank, u32 offset, struct av_vgic_access *a)
{
	const struct av_vgic_row *row = banks[bank].rows;
	u32 nr = banks[bank].nr;
	u32 nr_irqs = a->vm->vgic.nr_spis + AV_VGIC_PRIVATE;
	u32 start;

	for (; nr; nr--, row++)
		if (offset >= row->offset && offset - row->offset < row->bytes)
			break;
	if (!nr || !(row->widths & a->len) || !IS_ALIGNED(offset, a->len))
		return NULL;
	a->offset = array_index_nospec(offset - row->offset, row->bytes);
	a->intid = 0;
	if (!row->bits)
		return row;
	/* The distributor's second part of a bank starts with interrupt 32. */
	start = bank == AV_BANK_DIST && row->bytes > row->bits * 4 ? AV_VGIC_PRIVATE : 0;
	a->intid = start + a->offset * 8 / row->bits;
	if (a->intid >= nr_irqs)
		return NULL;
	a->intid = array_index_nospec(a->intid, nr_irqs);
	return row;
}

bool av_vgic_has_reg(struct av_vm *vm, enum av_vgic_bank bank, u32 offset)
{
	struct av_vgic_access a = { .vm = vm, .len = 4 };

	return find(bank, offset, &a);
}

int av_vgic_reg_user(struct av_vcpu *vcpu, enum av_vgic_bank bank, u32 offset, bool is_write,
		     u32 *val)
{
	struct av_vgic_access a = { .vm = vcpu->vm, .vcpu = vcpu, .len = 4 };
	const struct av_vgic_row *row = find(bank, offset, &a);
	av_vgic_read_fn *read;

	if (is_write) {
		if (row && row->uwrite)
			return row->uwrite(&a, *val);
		if (row && row->write)
			row->write(&a, *val);
		return 0;
	}
	read = row ? row->uread ?: row->read : NULL;
	*val = read ? read(&a) : 0;
	return 0;
}

/* Which bank is there, and where in it; false: not the GIC's. A redistributor belongs to a vCPU. */
static bool locate(struct av_vgic_access *a, u64 ipa, enum av_vgic_bank *bank, u32 *offset)
{
	const struct av_vgic_dist *dist = &a->vm->vgic;

	if (ipa >= dist->dist_base &&
	    ipa - dist->dist_base <= (dist->is_v2 ? KVM_VGIC_V2_DIST_SIZE : FRAME) - a->len) {
		*bank = dist->is_v2 ? AV_BANK_V2_DIST : AV_BANK_DIST;
		*offset = ipa - dist->dist_base;
		return true;
	}
	if (dist->is_v2)
		return false;
	*bank = AV_BANK_REDIST;
	a->vcpu = av_vgic_redist_at(a->vm, ipa, offset);
	return a->vcpu && *offset <= 2 * FRAME - a->len;
}

/* What is no bank's: a GICv2's CPU interface, an ITS. */
static enum av_gic_mmio other_mmio(struct av_vcpu *vcpu, u64 ipa, unsigned int len, bool is_write, u64 *data)
{
	if (av_vgic_v2_mmio(vcpu, ipa, len, is_write, data))
		return AV_GIC_DONE;
	return av_vgic_has_its(vcpu->vm) ? av_vgic_its_mmio(vcpu, ipa, len, is_write, data) : AV_GIC_ELSEWHERE;
}

enum av_gic_mmio av_vgic_mmio(struct av_vcpu *vcpu, u64 ipa, unsigned int len, bool is_write, u64 *data)
{
	struct av_vgic_access a = { .vm = vcpu->vm, .vcpu = vcpu, .len = len };
	const struct av_vgic_row *row;
	enum av_vgic_bank bank;
	u32 offset;

	/* Pairs with av_vgic_map_resources(): the addresses. */
	if (!smp_load_acquire(&vcpu->vm->vgic.ready))
		return AV_GIC_ELSEWHERE;
	if (!locate(&a, ipa, &bank, &offset)) {
		enum av_gic_mmio done = other_mmio(vcpu, ipa, len, is_write, data);

		if (!is_write && len < 8)
			*data &= BIT_ULL(len * 8) - 1;
		return done;
	}

	row = find(bank, offset, &a);
	if (!is_write)
		*data = row && row->read ? row->read(&a) : 0;
	else if (row && row->write)
		row->write(&a, *data);
	if (!is_write && len < 8)
		*data &= BIT_ULL(len * 8) - 1;
	return AV_GIC_DONE;
}
