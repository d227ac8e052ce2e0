// SPDX-License-Identifier: GPL-2.0
/*
 * The register banks of a GICv2: the distributor, and the CPU interface as user space saves and restores it. (The
 * guest's own accesses to the CPU interface go to the host's GICV, but for GICV_DIR.)
 *
 * Runs at: host kernel, thread context; the walker is regs.c's.
 * Owns: GICD_CTLR and GICD_IIDR.Revision, groups_writable, targets of SPIs.
 * Locks: as regs.c.
 *
 * All private registers are banked: they concern the vCPU that accesses them, which is not in the guest meanwhile,
 * so that the words hold the whole truth about its SGIs.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic.h>

#include "rows.h"

#define GICD_ENABLE_V2		1	/* EnableGrp0, for both groups, as KVM */
#define SGI_BITS		((u32)GENMASK(AV_VGIC_SGIS - 1, 0))

/* SGIs among the interrupts of a register with a bit each. */
static u32 sgis(const struct av_vgic_access *a)
{
	return a->intid < AV_VGIC_PRIVATE ? SGI_BITS : 0;
}

/* GICD_CTLR, GICD_TYPER, GICD_IIDR */

static u64 read_dist(const struct av_vgic_access *a)
{
	const struct av_vgic_dist *dist = &a->vm->vgic;

	switch (a->offset) {
	case GIC_DIST_CTRL:
		return av_word_read(&dist->spis->ctlr) ? GICD_ENABLE_V2 : 0;
	case GIC_DIST_CTR:
		return (dist->spis->nr_irqs / 32 - 1) | (av_online_vcpus(a->vm) - 1) << 5;
	default:
		return AV_VGIC_IIDR | AV_VGIC_IIDR_REV(av_word_read(&dist->spis->rev));
	}
}

static void write_dist(const struct av_vgic_access *a, u64 val)
{
	u32 ctlr = val & GICD_ENABLE_V2 ? AV_VGIC_CTLR_ENABLE : 0;

	if (a->offset != GIC_DIST_CTRL)
		return;
	if (av_word_xchg(&a->vm->vgic.spis->ctlr, ctlr) != ctlr)
		av_vgic_notify_all(a->vm);
}

static int uwrite_dist(const struct av_vgic_access *a, u64 val)
{
	u32 rev = FIELD_GET(IIDR_REVISION, val);

	if (a->offset != GIC_DIST_IIDR) {
		write_dist(a, val);
		return 0;
	}
	if (((val ^ read_dist(a)) & ~IIDR_REVISION) || (rev != 2 && rev != 3))
		return -EINVAL;
	WRITE_ONCE(a->vm->vgic.spis->rev, rev);
	/* Older clients restore groups that an older KVM showed wrongly; they don't write this register. */
	WRITE_ONCE(a->vm->vgic.groups_writable, true);
	return 0;
}

static int uwrite_group(const struct av_vgic_access *a, u64 val)
{
	if (READ_ONCE(a->vm->vgic.groups_writable))
		av_vgic_write_group(a, val);
	return 0;
}

/* GICD_ISPENDR, GICD_ICPENDR: read-only for SGIs (4.3.7) */

static void write_spend(const struct av_vgic_access *a, u64 val)
{
	av_vgic_write_spend(a, val & ~(u64)sgis(a));
}

static void write_cpend(const struct av_vgic_access *a, u64 val)
{
	av_vgic_write_cpend(a, val & ~(u64)sgis(a));
}

/* A restored SGI has lost its source: the vCPU itself, as KVM has it. */
static int uwrite_spend(const struct av_vgic_access *a, u64 val)
{
	u32 left;

	for (left = val & sgis(a); left; left &= left - 1)
		av_word_or(&a->vcpu->vgic.sgi_sources[__ffs(left)], BIT(a->vcpu->id));
	av_vgic_write_spend(a, val);
	return 0;
}

static int uwrite_cpend(const struct av_vgic_access *a, u64 val)
{
	u32 left;

	for (left = val & sgis(a); left; left &= left - 1)
		av_word_xchg(&a->vcpu->vgic.sgi_sources[__ffs(left)], 0);
	av_vgic_write_cpend(a, val);
	return 0;
}

/* GICD_ISACTIVER: the source that an EOI has to name is the one who made it active */
static void write_sactive(const struct av_vgic_access *a, u64 val)
{
	u32 left;

	for (left = val & sgis(a); left; left &= left - 1)
		a->vcpu->vgic.sgi_active_source[__ffs(left)] = a->vcpu->id;
	av_vgic_write_sactive(a, val);
}

static int uwrite_sactive(const struct av_vgic_access *a, u64 val)
{
	u32 left;

	for (left = val & sgis(a); left; left &= left - 1)
		a->vcpu->vgic.sgi_active_source[__ffs(left)] = 0;
	av_vgic_write_sactive(a, val);
	return 0;
}

/* GICD_ITARGETSR: a byte per interrupt; that of a private one says who reads (4.3.12) */

static u64 read_targets(const struct av_vgic_access *a)
{
	u64 val = 0;
	u32 i, byte;

	for (i = 0; i < a->len; i++) {
		byte = BIT(a->vcpu->id);
		if (a->intid >= AV_VGIC_PRIVATE)
			byte = READ_ONCE(a->vm->vgic.spis->route[a->intid + i]);
		val |= (u64)byte << (i * 8);
	}
	return val;
}

static void write_targets(const struct av_vgic_access *a, u64 val)
{
	u32 i;

	if (a->intid < AV_VGIC_PRIVATE)
		return;
	for (i = 0; i < a->len; i++)
		av_vgic_v2_set_targets(a->vm, a->intid + i, val >> (i * 8));
}

static void write_sgir(const struct av_vgic_access *a, u64 val)
{
	av_vgic_v2_sgir(a->vcpu, val);
}

/* GICD_CPENDSGIR, GICD_SPENDSGIR: a byte per SGI, a bit per sender */

static u64 read_sgi_sources(const struct av_vgic_access *a)
{
	u64 val = 0;
	u32 i;

	for (i = 0; i < a->len; i++)
		val |= (u64)av_word_read(&a->vcpu->vgic.sgi_sources[a->offset + i]) << (i * 8);
	return val;
}

static void write_cpendsgi(const struct av_vgic_access *a, u64 val)
{
	u32 i, bits, *sources;

	for (i = 0; i < a->len; i++) {
		sources = &a->vcpu->vgic.sgi_sources[a->offset + i];
		bits = (val >> (i * 8)) & 0xff;
		if (!bits || (av_word_andnot(sources, bits) & ~bits))
			continue;
		av_word_andnot(&a->vcpu->vgic.priv->block.latch, BIT(a->offset + i));
		/* One that arrived in between has lost its latch, and may have told nobody. */
		if (av_word_read(sources))
			av_vgic_v2_post_sgi(a->vcpu, a->offset + i, 0);
	}
}

static void write_spendsgi(const struct av_vgic_access *a, u64 val)
{
	u32 i, bits;

	for (i = 0; i < a->len; i++) {
		bits = (val >> (i * 8)) & 0xff;
		if (bits)
			av_vgic_v2_post_sgi(a->vcpu, a->offset + i, bits);
	}
}

/* A register with bits for all of the interrupts, private ones first. */
#define BANK(off, bits, widths, ...) \
	{ off, (bits) * 1024 / 8, bits, widths, __VA_ARGS__ }

const struct av_vgic_row av_vgic_v2_dist_rows[AV_VGIC_V2_DIST_ROWS] = {
	/* offset, bytes or bits per interrupt, widths, read, write, user's read, user's write */
	REG(GIC_DIST_CTRL, 12, W32, read_dist, write_dist, NULL, uwrite_dist),
	BANK(GIC_DIST_IGROUP, 1, W32, av_vgic_read_group, av_vgic_write_group, NULL, uwrite_group),
	BANK(GIC_DIST_ENABLE_SET, 1, W32, av_vgic_read_enable, av_vgic_write_senable),
	BANK(GIC_DIST_ENABLE_CLEAR, 1, W32, av_vgic_read_enable, av_vgic_write_cenable),
	BANK(GIC_DIST_PENDING_SET, 1, W32, av_vgic_read_pending, write_spend, NULL, uwrite_spend),
	BANK(GIC_DIST_PENDING_CLEAR, 1, W32, av_vgic_read_pending, write_cpend, NULL, uwrite_cpend),
	BANK(GIC_DIST_ACTIVE_SET, 1, W32, av_vgic_read_active, write_sactive,
	     av_vgic_user_read_active, uwrite_sactive),
	BANK(GIC_DIST_ACTIVE_CLEAR, 1, W32, av_vgic_read_active, av_vgic_write_cactive,
	     av_vgic_user_read_active),
	BANK(GIC_DIST_PRI, 8, W32 | W8, av_vgic_read_prio, av_vgic_write_prio,
	     NULL, av_vgic_user_write_prio),
	BANK(GIC_DIST_TARGET, 8, W32 | W8, read_targets, write_targets),
	BANK(GIC_DIST_CONFIG, 2, W32, av_vgic_read_config, av_vgic_write_config),
	REG(GIC_DIST_SOFTINT, 4, W32, NULL, write_sgir),
	REG(GIC_DIST_SGI_PENDING_CLEAR, 16, W32 | W8, read_sgi_sources, write_cpendsgi),
	REG(GIC_DIST_SGI_PENDING_SET, 16, W32 | W8, read_sgi_sources, write_spendsgi),
};

/* ---- the CPU interface: GICH_VMCR and GICH_APR by the names of GICC's registers ------------------ */

/* GICC_CTLR's bits stand where ICH_VMCR_EL2 has them (4.4.1; IHI 0069, 12.4.13). */
#define CTLR_BITS	(ICH_VMCR_VENG0 | ICH_VMCR_VENG1 | ICH_VMCR_VACKCTL | ICH_VMCR_VFIQEN | \
			 ICH_VMCR_VCBPR | ICH_VMCR_VEOIM)

static u64 vmcr_field(const struct av_vgic_access *a, u32 mask)
{
	return a->vcpu->ctx->gic.vmcr & mask;
}

static void set_vmcr_field(const struct av_vgic_access *a, u32 mask, u64 val)
{
	u32 *vmcr = &a->vcpu->ctx->gic.vmcr;

	WRITE_ONCE(*vmcr, (*vmcr & ~mask) | (val & mask));
}

static u64 read_cpu_ctlr(const struct av_vgic_access *a)
{
	return vmcr_field(a, CTLR_BITS);
}

static void write_cpu_ctlr(const struct av_vgic_access *a, u64 val)
{
	set_vmcr_field(a, CTLR_BITS, val);
}

/* Not GICC_PMR but GICH_VMCR.VMPriMask, its upper five bits: KVM's ABI. */
static u64 read_cpu_pmr(const struct av_vgic_access *a)
{
	return vmcr_field(a, GICH_VMCR_PRIMASK_MASK) >> GICH_VMCR_PRIMASK_SHIFT;
}

static void write_cpu_pmr(const struct av_vgic_access *a, u64 val)
{
	set_vmcr_field(a, GICH_VMCR_PRIMASK_MASK, val << GICH_VMCR_PRIMASK_SHIFT);
}

static u64 read_cpu_bpr(const struct av_vgic_access *a)
{
	return vmcr_field(a, GICH_VMCR_BINPOINT_MASK) >> GICH_VMCR_BINPOINT_SHIFT;
}

static void write_cpu_bpr(const struct av_vgic_access *a, u64 val)
{
	set_vmcr_field(a, GICH_VMCR_BINPOINT_MASK, val << GICH_VMCR_BINPOINT_SHIFT);
}

static u64 read_cpu_abpr(const struct av_vgic_access *a)
{
	return vmcr_field(a, GICH_VMCR_ALIAS_BINPOINT_MASK) >> GICH_VMCR_ALIAS_BINPOINT_SHIFT;
}

static void write_cpu_abpr(const struct av_vgic_access *a, u64 val)
{
	set_vmcr_field(a, GICH_VMCR_ALIAS_BINPOINT_MASK, val << GICH_VMCR_ALIAS_BINPOINT_SHIFT);
}

/* Priorities of five bits make one word, the same for both groups. */
static u64 read_cpu_apr(const struct av_vgic_access *a)
{
	return a->offset ? 0 : a->vcpu->ctx->gic.ap1r[0];
}

static void write_cpu_apr(const struct av_vgic_access *a, u64 val)
{
	if (!a->offset)
		a->vcpu->ctx->gic.ap1r[0] = val;
}

static u64 read_cpu_ident(const struct av_vgic_access *a)
{
	return 0x4b << 20 | 2 << 16 | IIDR_IMPLEMENTER;
}

const struct av_vgic_row av_vgic_v2_cpu_rows[AV_VGIC_V2_CPU_ROWS] = {
	REG(GIC_CPU_CTRL, 4, W32, read_cpu_ctlr, write_cpu_ctlr),
	REG(GIC_CPU_PRIMASK, 4, W32, read_cpu_pmr, write_cpu_pmr),
	REG(GIC_CPU_BINPOINT, 4, W32, read_cpu_bpr, write_cpu_bpr),
	REG(GIC_CPU_ALIAS_BINPOINT, 4, W32, read_cpu_abpr, write_cpu_abpr),
	REG(GIC_CPU_ACTIVEPRIO, 16, W32, read_cpu_apr, write_cpu_apr),
	REG(GIC_CPU_IDENT, 4, W32, read_cpu_ident, NULL),
};
