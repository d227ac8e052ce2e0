/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The decisions of mm/ that need nothing but numbers: what a stage-2 abort is, which regions are
 * valid, which blocks fit, how VTCR_EL2 is composed. A unit test on the build host runs them too.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 */
#ifndef AV_MM_RULES_H
#define AV_MM_RULES_H

#include "include/arm_regs.h"

/* ---- stage-2 aborts (mm/fault.c) ---- */

/* ISS bits that KVM_EXIT_ARM_NISV hands out, the others have no meaning without ISV. */
#define AV_NISV_ISS		(ESR_DABT_CM | ESR_DABT_WNR | AV_MASK(5, 0))

enum av_abort {
	AV_ABORT_MAP,		/* inside the address space: by the slots */
	AV_ABORT_RETRY,		/* the address isn't known */
	AV_ABORT_SEA,		/* synchronous external abort: mm/external.c */
	AV_ABORT_SIZE,		/* beyond what the host has: address-size fault */
	AV_ABORT_BEYOND,	/* beyond what the VM has: external abort */
	AV_ABORT_MMIO,		/* an access that a device or user space can complete */
	AV_ABORT_NISV,		/* one that was not described */
	AV_ABORT_SKIP,		/* cache maintenance of what isn't memory */
	AV_ABORT_INJECT,	/* instructions or tables where no memory is: external abort */
	AV_ABORT_TYPE,		/* what device memory does not do: the same fault, as of stage 1 */
	AV_ABORT_BAD,		/* nothing that stage 2 causes: -EFAULT */
};

static inline bool av_abort_is_fetch(u64 esr)
{
	return ESR_EC(esr) == EC_IABT_LOWER;
}

/* The page itself is to be executed; a table walk for a fetch only reads it. */
static inline bool av_abort_is_exec(u64 esr)
{
	return av_abort_is_fetch(esr) && !(esr & ESR_ABT_S1PTW);
}

/*
 * WnR is about the access, not about a table walk for it. A walk reads, and writes only to set
 * access and dirty flags, after it could read: so a permission fault tells of a write.
 */
static inline bool av_abort_is_write(u64 esr)
{
	if (esr & ESR_ABT_S1PTW)
		return FSC_TYPE(ESR_ABT_FSC(esr)) == FSC_PERM;
	return !av_abort_is_fetch(esr) && esr & ESR_DABT_WNR;
}

/*
 * Synchronous external aborts: 0x10 on the access, 0x13-0x17 on a walk; parity and ECC errors the
 * same from 0x18 and 0x1b on (DDI 0487, ESR_ELx, ISS of aborts).
 */
static inline bool av_abort_is_sea(u64 esr)
{
	u32 fsc = ESR_ABT_FSC(esr);

	return fsc == FSC_EXTABT || (fsc >= 0x13 && fsc <= FSC_ECC) || (fsc >= 0x1b && fsc <= 0x1f);
}

/* ... of them those on a walk */
static inline bool av_abort_is_sea_walk(u64 esr)
{
	return av_abort_is_sea(esr) && ESR_ABT_FSC(esr) != FSC_EXTABT && ESR_ABT_FSC(esr) != FSC_ECC;
}

/*
 * Unaligned, exclusive or atomic accesses, where stage 2 has made device memory of what the guest's stage 1 calls
 * Normal (DDI 0487, ESR_ELx, ISS of data aborts; D8.6.2): the access itself, no walk for it. The IPA is not known then.
 */
static inline bool av_abort_is_type(u64 esr)
{
	u32 fsc = ESR_ABT_FSC(esr);

	return ESR_EC(esr) == EC_DABT_LOWER && !(esr & ESR_ABT_S1PTW) && (fsc == FSC_ALIGN || fsc == FSC_EXCLUSIVE);
}

/* From the syndrome alone. ipa_bits <= limit, the host's. */
static inline enum av_abort av_abort_class(u64 esr, bool ipa_valid, u64 ipa, unsigned int ipa_bits,
					   unsigned int limit)
{
	u32 type = FSC_TYPE(ESR_ABT_FSC(esr));

	if (av_abort_is_sea(esr))
		return AV_ABORT_SEA;
	if (av_abort_is_type(esr))
		return AV_ABORT_TYPE;
	if (type != FSC_FAULT && type != FSC_PERM && type != FSC_ACCESS)
		return AV_ABORT_BAD;
	if (!ipa_valid)
		return AV_ABORT_RETRY;
	if (ipa >> limit)
		return AV_ABORT_SIZE;
	if (ipa >> ipa_bits)
		return AV_ABORT_BEYOND;
	/* Whatever is mapped can be read. */
	if (type == FSC_PERM && !av_abort_is_write(esr) && !av_abort_is_exec(esr))
		return AV_ABORT_BAD;
	return AV_ABORT_MAP;
}

/* Nothing can be mapped: outside of the slots, or a write to a read-only one. */
static inline enum av_abort av_abort_no_memory(u64 esr, bool in_slot)
{
	if (av_abort_is_fetch(esr) || esr & ESR_ABT_S1PTW)
		return AV_ABORT_INJECT;
	/* What isn't memory isn't in a cache either. */
	if (!in_slot && esr & ESR_DABT_CM)
		return AV_ABORT_SKIP;
	return esr & ESR_DABT_ISV ? AV_ABORT_MMIO : AV_ABORT_NISV;
}

/* ---- memslots (mm/memslot.c) ---- */

#define AV_MAX_MEMSLOTS		32767		/* ids 0..32766 */
#define AV_MAX_SLOT_PAGES	((1UL << 31) - 1)

/*
 * The arguments by themselves, without what is there already; the host address is checked by the
 * caller. The upper half of slot is the address space, of which arm64 has one.
 */
static inline bool av_region_is_valid(u32 slot, u64 gpa, u64 size, u64 hva, unsigned int page_shift)
{
	if ((gpa | size | hva) & (AV_BIT(page_shift) - 1))
		return false;
	return slot < AV_MAX_MEMSLOTS && gpa + size >= gpa &&
	       size >> page_shift <= AV_MAX_SLOT_PAGES;
}

/*
 * May a block of this size translate ipa? When guest and host addresses agree in all bits below the
 * size, and the slot covers the block.
 */
static inline bool av_block_fits(u64 ipa, u64 hva, u64 size, u64 slot_start, u64 slot_size)
{
	u64 block = ipa & ~(size - 1);

	return !((hva ^ ipa) & (size - 1)) && block >= slot_start && size <= slot_size &&
	       block - slot_start <= slot_size - size;
}

/* ---- the size of the address space (mm/guest.c) ---- */

/* ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1 */
#define MMFR0_PARANGE(v)	AV_GET(v, 3, 0)
#define MMFR0_TGRAN16(v)	AV_GET(v, 23, 20)	/* 0: not supported */
#define MMFR0_TGRAN64(v)	AV_GET(v, 27, 24)	/* 15: not supported */
#define MMFR0_TGRAN4(v)		AV_GET(v, 31, 28)	/* 15: not supported */
#define MMFR0_TGRAN16_2(v)	AV_GET(v, 35, 32)	/* 0: as stage 1, 1: not supported */
#define MMFR0_TGRAN64_2(v)	AV_GET(v, 39, 36)
#define MMFR0_TGRAN4_2(v)	AV_GET(v, 43, 40)
#define MMFR1_VMIDBITS(v)	AV_GET(v, 7, 4)
#define MMFR1_VMIDBITS_16	2
#define MMFR2_TTL(v)		AV_GET(v, 51, 48)	/* 1: FEAT_TTL */
#define ISAR0_TLB(v)		AV_GET(v, 59, 56)
#define ISAR0_TLB_RANGE		2			/* FEAT_TLBIRANGE */

/* VTCR_EL2 */
#define VTCR_T0SZ(bits)		AV_PUT(64UL - (bits), 5, 0)
#define VTCR_SL0(v)		AV_PUT((u64)(v), 7, 6)
#define VTCR_IRGN0_WBWA		AV_PUT(1UL, 9, 8)
#define VTCR_ORGN0_WBWA		AV_PUT(1UL, 11, 10)
#define VTCR_SH0_INNER		AV_PUT(3UL, 13, 12)
#define VTCR_TG0(v)		AV_PUT((u64)(v), 15, 14)
#define VTCR_PS(v)		AV_PUT((u64)(v), 18, 16)
#define VTCR_VS_16BIT		AV_BIT(19)
#define VTCR_RES1		AV_BIT(31)

/* The walker's descriptors have 48 address bits, so larger sizes count as 48 (PARange 5). */
static inline unsigned int av_parange(u64 mmfr0)
{
	return MMFR0_PARANGE(mmfr0) < 5 ? MMFR0_PARANGE(mmfr0) : 5;
}

/* Can stage 2 use this page size? */
static inline bool av_stage2_has_granule(u64 mmfr0, unsigned int page_shift)
{
	unsigned int stage2;
	bool stage1;

	switch (page_shift) {
	case 12:
		stage2 = MMFR0_TGRAN4_2(mmfr0);
		stage1 = MMFR0_TGRAN4(mmfr0) != 15;
		break;
	case 14:
		stage2 = MMFR0_TGRAN16_2(mmfr0);
		stage1 = MMFR0_TGRAN16(mmfr0) != 0;
		break;
	default:
		stage2 = MMFR0_TGRAN64_2(mmfr0);
		stage1 = MMFR0_TGRAN64(mmfr0) != 15;
		break;
	}
	return stage2 ? stage2 != 1 : stage1;
}

/* In bits; 0 if there is no stage 2 of this page size. */
static inline unsigned int av_ipa_limit(u64 mmfr0, unsigned int page_shift)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };

	return av_stage2_has_granule(mmfr0, page_shift) ? bits[av_parange(mmfr0)] : 0;
}

/* CREATE_VM's argument as bits, 0 if it is invalid. */
static inline unsigned int av_ipa_bits(u64 type, unsigned int limit)
{
	unsigned int bits = type ? type & 0xff : 40;

	return type >> 8 || bits < 32 || bits > limit ? 0 : bits;
}

/*
 * SL0 counts start levels downwards from 2 with 4K pages and from 3 with others (DDI 0487,
 * VTCR_EL2). HA and HD stay 0: access flag and dirtiness are the host's business, by faults.
 */
static inline u64 av_vtcr(u64 mmfr0, u64 mmfr1, unsigned int ipa_bits, unsigned int page_shift,
			  int start_level)
{
	u64 vtcr = VTCR_RES1 | VTCR_SH0_INNER | VTCR_ORGN0_WBWA | VTCR_IRGN0_WBWA;

	vtcr |= VTCR_T0SZ(ipa_bits) | VTCR_PS(av_parange(mmfr0));
	switch (page_shift) {
	case 12:
		vtcr |= VTCR_TG0(0) | VTCR_SL0(2 - start_level);
		break;
	case 14:
		vtcr |= VTCR_TG0(2) | VTCR_SL0(3 - start_level);
		break;
	default:
		vtcr |= VTCR_TG0(1) | VTCR_SL0(3 - start_level);
		break;
	}
	if (MMFR1_VMIDBITS(mmfr1) == MMFR1_VMIDBITS_16)
		vtcr |= VTCR_VS_16BIT;
	return vtcr;
}

/* ---- TLBI by IPA: the operands (DDI 0487, C5.5: TLBI IPAS2E1IS, TLBI RIPAS2E1IS) ---- */

/* The granule as TLBI names it: 1, 2, 3 for 4K, 16K, 64K. */
static inline u64 av_tlbi_granule(unsigned int page_shift)
{
	return (page_shift - 10) / 2;
}

/*
 * level: of the leaf, 0 if that isn't known, or tables go too; a hint of FEAT_TTL, whose bits are RES0 without it. In
 * units of 4K whatever the granule.
 */
static inline u64 av_tlbi_ipa(u64 ipa, int level, unsigned int page_shift, bool has_ttl)
{
	u64 ttl = has_ttl && level ? av_tlbi_granule(page_shift) << 2 | level : 0;

	return AV_PUT(ttl, 47, 44) | AV_GET(ipa, 47, 12);
}

/*
 * The smallest range that one instruction can name, (NUM + 1) * 2^(5 * SCALE + 1) pages, and that has all of
 * [ipa, ipa + size) in it; what lies behind, less than as much again, is forgotten for nothing. 0: it is too large, or
 * would go beyond the address space.
 */
static inline u64 av_tlbi_range(u64 ipa, u64 size, int level, unsigned int page_shift, unsigned int ipa_bits)
{
	u64 pages = size >> page_shift;
	unsigned int scale;

	for (scale = 0; scale < 4; scale++) {
		unsigned int shift = 5 * scale + 1;
		u64 num = (pages + AV_BIT(shift) - 1) >> shift;

		if (num > 32)
			continue;
		if (ipa + (num << shift << page_shift) > AV_BIT(ipa_bits))
			break;
		return AV_PUT(av_tlbi_granule(page_shift), 47, 46) | AV_PUT((u64)scale, 45, 44) |
		       AV_PUT(num - 1, 43, 39) | AV_PUT((u64)level, 38, 37) | AV_GET(ipa >> page_shift, 36, 0);
	}
	return 0;
}

#endif
