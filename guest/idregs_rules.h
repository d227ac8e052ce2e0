/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of include/idregs.def as pure functions.
 *
 * Runs at: host kernel, unit tests on the build host. Owns: nothing. Locks: none.
 */
#ifndef AV_IDREGS_RULES_H
#define AV_IDREGS_RULES_H

#include "include/av_types.h"

/* In place of a version: no kernel so far has asked firmware for it, nor touches it of its own */
#define AV_NO_KERNEL	0xffff

enum av_id_rule { AV_ID_KEEP, AV_ID_SINCE, AV_ID_GIVEN, AV_ID_CAP, AV_ID_FIXED, AV_ID_WITH_SVE, AV_ID_WITH_KEYS,
		  AV_ID_WITH_TAGS, AV_ID_WITH_PMU };
enum av_id_user { AV_ID_SAME, AV_ID_LOWER, AV_ID_SIGNED, AV_ID_OR_NONE, AV_ID_HIGHER, AV_ID_NIBBLES };

/* "may" of idregs.def as enum av_id_user and a floor; the other names stand for themselves. */
#define AV_ID_DOWN_TO(n)	AV_ID_LOWER, n

struct av_id_field {
	u8 reg;			/* index into vm->idregs */
	u8 hi, lo;
	u8 rule;		/* enum av_id_rule */
	u16 value;		/* of CAP, FIXED and WITH_PMU; of SINCE and GIVEN a kernel's version, 612 for 6.12 */
	u8 user;		/* enum av_id_user */
	u8 floor;		/* of LOWER */
};

/* What a guest, one with all features, is shown of the field, in place; host is the host's value of the register. */
static inline u64 av_id_field_show(const struct av_id_field *field, u64 host)
{
	u64 value = AV_GET(host, field->hi, field->lo);

	/* 15 is a PMU that is not the architecture's. */
	if (field->rule == AV_ID_WITH_PMU && value == 15)
		value = 0;
	if (field->rule == AV_ID_FIXED ||
	    ((field->rule == AV_ID_CAP || field->rule == AV_ID_WITH_PMU) && value > field->value))
		value = field->value;
	return AV_PUT(value, field->hi, field->lo);
}

/*
 * Fields of four bits, any number of them: each at most what it was, where that is a number at all. 15 is "none" in
 * some, and so may neither become anything else nor come about.
 */
static inline bool av_id_nibbles_take(u64 limit, u64 wanted)
{
	for (; limit | wanted; limit >>= 4, wanted >>= 4) {
		if ((limit & 15) == (wanted & 15))
			continue;
		if ((limit & 15) == 15 || (wanted & 15) > (limit & 15))
			return false;
	}
	return true;
}

/*
 * May user space change the register's field from now to wanted? limit: what av_id_field_show()
 * gave.
 */
static inline bool av_id_field_takes(const struct av_id_field *field, u64 limit, u64 now,
				     u64 wanted)
{
	u64 was = AV_GET(now, field->hi, field->lo);

	wanted = AV_GET(wanted, field->hi, field->lo);
	limit = AV_GET(limit, field->hi, field->lo);
	if (wanted == was)
		return true;
	switch (field->user) {
	case AV_ID_LOWER:
		return wanted <= limit && wanted >= field->floor;
	case AV_ID_SIGNED:
		/* -1 is below all; of a field of -8 to 7 no other negative number means anything. */
		return wanted == 15 || (limit < 8 && wanted <= limit);
	case AV_ID_OR_NONE:
		return wanted <= 1 || wanted == limit;
	case AV_ID_HIGHER:
		return wanted >= limit;
	case AV_ID_NIBBLES:
		return av_id_nibbles_take(limit, wanted);
	default:
		return false;
	}
}

/*
 * Pointer authentication that a guest can be given: one algorithm, for addresses and for data (ID_AA64ISAR1_EL1,
 * ID_AA64ISAR2_EL1). With several a guest on another machine would not know which one signed.
 */
static inline bool av_id_keys_fit(u64 isar1, u64 isar2)
{
	bool apa = AV_GET(isar1, 7, 4), api = AV_GET(isar1, 11, 8), apa3 = AV_GET(isar2, 15, 12);

	return apa == !!AV_GET(isar1, 27, 24) && api == !!AV_GET(isar1, 31, 28) && apa3 == !!AV_GET(isar2, 11, 8) &&
	       apa + api + apa3 == 1;
}

#endif
