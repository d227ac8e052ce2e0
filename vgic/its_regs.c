// SPDX-License-Identifier: GPL-2.0
/*
 * The ITS's registers (IHI 0069, 12.18), for the guest and for user space.
 *
 * Runs at: host kernel, in a thread of the VM's process, may sleep.
 * Owns: cbaser, cwriter and baser of an ITS; creadr while no command is carried out.
 * Locks: writes take its_lock; reads of the guest take none, so that it can watch GITS_CREADR while commands are
 * carried out.
 *
 * What has no row, or is accessed with the wrong width, reads as zero and ignores writes: GITS_TRANSLATER among it,
 * which is written by devices, and these are user space's (KVM_SIGNAL_MSI, irqfd).
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>

#include "internal.h"
#include "its.h"

#define W32	4
#define W64	8

/* One access; offset from the start of the row. */
struct access {
	struct av_its *its;
	u32 offset, len;
	bool user;
};

struct row {
	u32 offset;
	u16 bytes;
	u8 widths;
	u64 (*read)(const struct access *a);			/* the whole register */
	int (*write)(const struct access *a, u64 val);		/* NULL: ignored */
	int (*uwrite)(const struct access *a, u64 val);		/* user space's, where it differs */
};

/* GITS_CTLR, GITS_IIDR, GITS_TYPER */

static u64 read_ctlr(const struct access *a)
{
	bool enabled = READ_ONCE(a->its->enabled);
	/* What is left when it is switched off nobody carries out: a signal can end a queue in the middle. */
	bool quiet = !enabled || READ_ONCE(a->its->creadr) == READ_ONCE(a->its->cwriter);

	return (quiet ? GITS_CTLR_QUIESCENT : 0) | (enabled ? GITS_CTLR_ENABLE : 0);
}

static bool may_enable(const struct av_its *its)
{
	return its->baser[0] & GITS_BASER_VALID && its->baser[1] & GITS_BASER_VALID && its->cbaser & GITS_CBASER_VALID;
}

static int write_ctlr(const struct access *a, u64 val)
{
	bool enable = val & GITS_CTLR_ENABLE;

	/* Enabled with tables missing is unpredictable (12.19.6): not enabled. */
	if (enable && !a->its->enabled && !may_enable(a->its))
		return 0;
	if (enable != a->its->enabled)
		av_its_set_enabled(a->its, enable);
	return av_its_commands(a->its, !a->user);
}

static u64 read_iidr(const struct access *a)
{
	return AV_VGIC_IIDR;		/* revision 0: the tables' format */
}

static int uwrite_iidr(const struct access *a, u64 val)
{
	return GITS_IIDR_REV(val) ? -EINVAL : 0;
}

static u64 read_typer(const struct access *a)
{
	return GITS_TYPER_PLPIS | FIELD_PREP(GITS_TYPER_DEVBITS, AV_ITS_ID_BITS - 1) |
	       FIELD_PREP(GITS_TYPER_IDBITS, AV_ITS_ID_BITS - 1) |
	       FIELD_PREP(GITS_TYPER_ITT_ENTRY_SIZE, AV_ITS_ENTRY - 1);
}

/* GITS_CBASER, GITS_CWRITER, GITS_CREADR. Attributes of memory are in the same places as in GITS_BASER<n>. */

/* As KVM narrows them: inner shareable at most, inner cacheable, outer as inner or not at all. */
static u64 narrow(u64 reg)
{
	u64 share = FIELD_GET(GENMASK_ULL(11, 10), reg);
	u64 inner = FIELD_GET(GENMASK_ULL(61, 59), reg);
	u64 outer = FIELD_GET(GENMASK_ULL(55, 53), reg);

	if (share == GIC_BASER_OuterShareable)
		share = GIC_BASER_InnerShareable;
	if (inner == GIC_BASER_CACHE_nCnB || inner == GIC_BASER_CACHE_nC)
		inner = GIC_BASER_CACHE_RaWb;
	if (outer != GIC_BASER_CACHE_SameAsInner && outer != GIC_BASER_CACHE_nC)
		outer = GIC_BASER_CACHE_SameAsInner;
	reg &= ~(GENMASK_ULL(61, 59) | GENMASK_ULL(55, 53) | GENMASK_ULL(11, 10));
	return reg | inner << 59 | outer << 53 | share << 10;
}

static u64 read_cbaser(const struct access *a)
{
	return READ_ONCE(a->its->cbaser);
}

static int write_cbaser(const struct access *a, u64 val)
{
	struct av_its *its = a->its;

	if (its->enabled)
		return 0;
	/* On a boundary of 64K, and with an empty queue. */
	WRITE_ONCE(its->cbaser, narrow(av_gic_merge(its->cbaser, a->offset, a->len, val)) & ~GENMASK_ULL(15, 12));
	WRITE_ONCE(its->creadr, 0);
	WRITE_ONCE(its->cwriter, 0);
	return 0;
}

static bool to_offset(const struct av_its *its, u64 reg, u64 *offset)
{
	*offset = reg & GENMASK_ULL(19, 5);
	return *offset < AV_ITS_QUEUE_SIZE(its->cbaser);
}

static u64 read_cwriter(const struct access *a)
{
	return READ_ONCE(a->its->cwriter);
}

static int write_cwriter(const struct access *a, u64 val)
{
	struct av_its *its = a->its;
	u64 offset;

	if (!to_offset(its, av_gic_merge(its->cwriter, a->offset, a->len, val), &offset))
		return 0;
	WRITE_ONCE(its->cwriter, offset);
	return av_its_commands(its, !a->user);
}

static u64 read_creadr(const struct access *a)
{
	return READ_ONCE(a->its->creadr);
}

static int uwrite_creadr(const struct access *a, u64 val)
{
	u64 offset;

	if (a->its->enabled)
		return -EBUSY;
	if (!to_offset(a->its, val, &offset))
		return -EINVAL;
	WRITE_ONCE(a->its->creadr, offset);
	return 0;
}

/* GITS_BASER<n>: devices, collections, six that aren't there. Pages of 64K, entries of 8 bytes. */

static const u64 baser_fixed[2] = {
	(u64)GITS_BASER_TYPE_DEVICE << GITS_BASER_TYPE_SHIFT,
	(u64)GITS_BASER_TYPE_COLLECTION << GITS_BASER_TYPE_SHIFT,
};

static u64 baser_of(u32 n, u64 val)
{
	val &= ~(GENMASK_ULL(52, 48) | GENMASK_ULL(58, 56) | GITS_BASER_PAGE_SIZE_MASK);
	if (n == 1)
		val &= ~GITS_BASER_INDIRECT;
	return narrow(val) | baser_fixed[n] | (AV_ITS_ENTRY - 1UL) << GITS_BASER_ENTRY_SIZE_SHIFT |
	       GITS_BASER_PAGE_SIZE_64K;
}

static u64 read_baser(const struct access *a)
{
	u32 n = a->offset / 8;

	return n < 2 ? READ_ONCE(a->its->baser[array_index_nospec(n, 2)]) : 0;
}

static int write_baser(const struct access *a, u64 val)
{
	u32 n = a->offset / 8;
	u64 reg;

	if (a->its->enabled || n >= 2)
		return 0;
	n = array_index_nospec(n, 2);
	reg = baser_of(n, av_gic_merge(a->its->baser[n], a->offset, a->len, val));
	if (reg == a->its->baser[n])
		return 0;
	WRITE_ONCE(a->its->baser[n], reg);
	/* What was mapped was so within the old table. */
	if (n)
		av_its_unmap_collections(a->its);
	else
		av_its_unmap_devices(a->its);
	return 0;
}

void av_its_reset_regs(struct av_its *its)
{
	u32 n;

	WRITE_ONCE(its->cbaser, 0);
	WRITE_ONCE(its->creadr, 0);
	WRITE_ONCE(its->cwriter, 0);
	for (n = 0; n < 2; n++)
		WRITE_ONCE(its->baser[n],
			   baser_of(n, (its->baser[n] ?: GITS_BASER_InnerShareable) & ~GITS_BASER_VALID));
}

/* IDs as of an ARM GIC, KVM's values. */
static u64 read_ids(const struct access *a)
{
	switch (GITS_IDREGS_BASE + a->offset) {
	case GITS_PIDR0: return 0x92;
	case GITS_PIDR1: return 0xb4;
	case GITS_PIDR2: return AV_VGIC_PIDR2;
	case GITS_PIDR4: return 0x40;
	case GITS_CIDR0: return 0x0d;
	case GITS_CIDR1: return 0xf0;
	case GITS_CIDR2: return 0x05;
	case GITS_CIDR3: return 0xb1;
	default: return 0;
	}
}

static const struct row rows[] = {
	/* offset, bytes, widths, read, write, user's write */
	{ GITS_CTLR, 4, W32, read_ctlr, write_ctlr },
	{ GITS_IIDR, 4, W32, read_iidr, NULL, uwrite_iidr },
	{ GITS_TYPER, 8, W64 | W32, read_typer },
	{ GITS_CBASER, 8, W64 | W32, read_cbaser, write_cbaser },
	{ GITS_CWRITER, 8, W64 | W32, read_cwriter, write_cwriter },
	{ GITS_CREADR, 8, W64 | W32, read_creadr, NULL, uwrite_creadr },
	{ GITS_BASER, 64, W64 | W32, read_baser, write_baser },
	{ GITS_IDREGS_BASE, 48, W32, read_ids },
};

static const struct row *find(u64 offset)
{
	const struct row *row;

	for (row = rows; row < rows + ARRAY_SIZE(rows); row++)
		if (offset >= row->offset && offset - row->offset < row->bytes)
			return row;
	return NULL;
}

bool av_its_has_reg(u64 offset)
{
	return find(offset);
}

int av_its_reg_user(struct av_its *its, u64 offset, bool is_write, u64 *val)
{
	const struct row *row = find(offset);
	struct access a = { .its = its, .user = true };

	if (!row)
		return -ENXIO;
	a.offset = array_index_nospec(offset - row->offset, row->bytes);
	a.len = row->widths & W64 ? 8 : 4;
	if (!is_write) {
		*val = row->read(&a);
		return 0;
	}
	if (row->uwrite)
		return row->uwrite(&a, *val);
	/* What commands are left when the process is killed nobody will miss. */
	if (row->write)
		row->write(&a, *val);
	return 0;
}

enum av_gic_mmio av_its_mmio(struct av_its *its, u32 offset, unsigned int len, bool is_write, u64 *data)
{
	struct av_its_vm *all = av_its_of(its->vm);
	const struct row *row = find(offset);
	struct access a = { .its = its, .len = len };
	int ret = 0;

	if (!row || !(row->widths & len) || !IS_ALIGNED(offset, len)) {
		*data = 0;
		return AV_GIC_DONE;
	}
	a.offset = array_index_nospec(offset - row->offset, row->bytes);
	if (!is_write) {
		*data = row->read(&a) >> (a.offset & 4 && row->widths & W64 ? 32 : 0);
		return AV_GIC_DONE;
	}
	if (!row->write)
		return AV_GIC_DONE;
	/* A store that starts commands ends with them; interrupted, it is made once more. */
	if (mutex_lock_interruptible(&all->lock))
		return AV_GIC_AGAIN;
	ret = row->write(&a, *data);
	mutex_unlock(&all->lock);
	return ret ? AV_GIC_AGAIN : AV_GIC_DONE;
}
