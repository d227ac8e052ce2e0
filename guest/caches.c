// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest is told of the caches: CLIDR_EL1 and CCSIDR_EL1. They are the CPU's, which it reads without a trap,
 * until user space says otherwise: a VM that comes from another host has that host's, and one from KVM what KVM has
 * made up since 6.5. A guest uses them for operations by set and way, which trap, and clean what it has
 * (mm/cache_traps.c).
 *
 * Runs at: host kernel. Owns: vcpu->caches. Locks: vcpu->mutex, held by the callers.
 */
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <asm/barrier.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "guest.h"
#include "sysreg_row.h"

#define CTR_IDC			AV_BIT(28)

/* CLIDR_EL1: Ttype<n>, and what lies above it, are MTE's and nobody's. LoUIS, LoC, LoUU are three bits each. */
#define CLIDR_BITS		AV_MASK(46, 0)
#define LOUIS(v)		AV_GET(v, 23, 21)
#define LOC(v)			AV_GET(v, 26, 24)
#define LOUU(v)			AV_GET(v, 29, 27)

/* CCSIDR_EL1 as KVM's ABI has it, without FEAT_CCIDX */
#define CCSIDR_BITS		AV_MASK(27, 0)
#define LINE_SIZE(v)		AV_GET(v, 2, 0)

/* ---- the CPU's own ---------------------------------------------------------------------------- */

/*
 * CLIDR_EL1 counts its levels from the inside; what stands behind the first level without a cache must be ignored (DDI
 * 0487, CLIDR_EL1.Ctype<n>).
 */
static unsigned int cache_type(u64 clidr, unsigned int level)
{
	unsigned int i, type = 0;

	for (i = 0; i <= level && i < 7; i++) {
		type = clidr >> (i * 3) & 7;
		if (!type)
			break;
	}
	return type;
}

/* CSSELR_EL1: level in bits 3:1, instruction cache in bit 0; CLIDR_EL1.Ctype says which there are. */
static bool host_has(unsigned int csselr)
{
	bool instruction = csselr & 1;

	switch (cache_type(av_host_invariant(AV_HOST_CLIDR), csselr >> 1)) {
	case 1:
		return instruction;
	case 2:
	case 4:
		return !instruction;
	case 3:
		return true;
	default:
		return false;
	}
}

/* CCSIDR_EL1.LineSize counts from 16 bytes, CTR_EL0.DminLine and IminLine from 4: of the smallest lines there are. */
static u32 smallest_line(unsigned int csselr)
{
	u64 ctr = av_host_invariant(AV_HOST_CTR);
	u32 line = csselr & 1 ? AV_GET(ctr, 3, 0) : AV_GET(ctr, 19, 16);

	return line < 2 ? 0 : line - 2;
}

/*
 * CCSIDR_EL1 of a CPU with FEAT_CCIDX has NumSets in bits 55:32 and Associativity in 23:3; without, 27:13 and 12:3 (DDI
 * 0487, CCSIDR_EL1). More than fits is shown as the most that does.
 */
static u32 old_layout(u64 ccsidr)
{
	u64 ways = AV_GET(ccsidr, 23, 3), sets = AV_GET(ccsidr, 55, 32);

	return LINE_SIZE(ccsidr) | min_t(u64, ways, AV_MASK(9, 0)) << 3 | min_t(u64, sets, AV_MASK(14, 0)) << 13;
}

/* Of this CPU; a cache that is not there has one line, as with KVM. */
static u32 host_ccsidr(unsigned int csselr)
{
	unsigned long flags;
	u64 ccsidr;

	if (!host_has(csselr))
		return smallest_line(csselr);
	/* Nobody else may select a cache in between. */
	local_irq_save(flags);
	write_sysreg(csselr, csselr_el1);
	/* The selection must be there before the read depends on it (DDI 0487, CSSELR_EL1). */
	isb();
	ccsidr = read_sysreg(ccsidr_el1);
	if (AV_GET(read_cpuid(ID_AA64MMFR2_EL1), 23, 20))
		ccsidr = old_layout(ccsidr);
	local_irq_restore(flags);
	return ccsidr;
}

/* ---- a vCPU's ---------------------------------------------------------------------------------- */

void av_caches_init(struct av_vcpu *vcpu)
{
	vcpu->caches.clidr = av_host_invariant(AV_HOST_CLIDR);
}

/* User space has said something: if it is something else than the CPU would, reads have to trap. */
static void changed(struct av_vcpu *vcpu)
{
	struct av_caches *caches = &vcpu->caches;

	caches->differ = caches->own_ccsidr || caches->clidr != av_host_invariant(AV_HOST_CLIDR);
	av_controls_cache_ids(vcpu);
}

/* csselr: below AV_NR_CCSIDR */
u32 av_ccsidr(const struct av_vcpu *vcpu, unsigned int csselr)
{
	csselr = array_index_nospec(csselr, AV_NR_CCSIDR);
	return vcpu->caches.own_ccsidr ? vcpu->caches.ccsidr[csselr] : host_ccsidr(csselr);
}

/**
 * av_ccsidr_set() - user space says what a cache is like
 * @vcpu: the vCPU
 * @csselr: which, below AV_NR_CCSIDR
 * @value: CCSIDR_EL1
 *
 * Lines may be said to be longer: a guest that cleans line by line goes by CTR_EL0. The value that is there is always
 * taken. Context: vcpu->mutex. Return: 0; -EINVAL for lines that are smaller than the CPU's and for reserved bits.
 */
int av_ccsidr_set(struct av_vcpu *vcpu, unsigned int csselr, u32 value)
{
	struct av_caches *caches = &vcpu->caches;
	unsigned int i;

	csselr = array_index_nospec(csselr, AV_NR_CCSIDR);
	if (value == av_ccsidr(vcpu, csselr))
		return 0;
	if (value & ~CCSIDR_BITS || LINE_SIZE(value) < smallest_line(csselr))
		return -EINVAL;
	/* The first word of user space's own: the others stay as they are. */
	for (i = 0; !caches->own_ccsidr && i < AV_NR_CCSIDR; i++)
		caches->ccsidr[i] = host_ccsidr(i);
	caches->own_ccsidr = true;
	caches->ccsidr[csselr] = value;
	changed(vcpu);
	return 0;
}

/* ---- rows of sysregs.def --------------------------------------------------------------------- */

enum av_verdict av_access_clidr(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = vcpu->caches.clidr;
	return AV_DONE;
}

enum av_verdict av_access_ccsidr(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	unsigned int csselr = AV_GET(vcpu->ctx->sys[AV_CSSELR_EL1], 3, 0);

	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = csselr < AV_NR_CCSIDR ? av_ccsidr(vcpu, csselr) : 0;
	return AV_DONE;
}

static int get_clidr(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = vcpu->caches.clidr;
	return 0;
}

/*
 * As many levels as user space likes: the guest cleans by set and way through us. But "nothing to clean up to the point
 * of unification" is a promise that CTR_EL0.IDC makes, too, and only the host can (DDI 0487, CTR_EL0.IDC).
 */
static int set_clidr(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	bool idc = !LOC(value) || (!LOUIS(value) && !LOUU(value));

	if (value == vcpu->caches.clidr)
		return 0;
	if (value & ~CLIDR_BITS || (idc && !(av_host_invariant(AV_HOST_CTR) & CTR_IDC)))
		return -EINVAL;
	vcpu->caches.clidr = value;
	changed(vcpu);
	return 0;
}

AV_REG_USER(CLIDR, get_clidr, set_clidr);
