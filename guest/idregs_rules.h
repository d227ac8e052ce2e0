/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of include/idregs.def as pure functions.
 *
 * Runs at: host kernel, unit tests on the build host. Owns: nothing. Locks: none.
 */
#ifndef AV_IDREGS_RULES_H
#define AV_IDREGS_RULES_H

#include "include/av_types.h"

enum av_id_rule { AV_ID_KEEP, AV_ID_CAP, AV_ID_FIXED, AV_ID_WITH_SVE };
enum av_id_user { AV_ID_SAME, AV_ID_LOWER };

struct av_id_field {
	u8 reg;			/* index into vm->idregs */
	u8 hi, lo;
	u8 rule;		/* enum av_id_rule */
	u8 value;		/* of CAP and FIXED */
	u8 user;		/* enum av_id_user */
};

/* What a guest, one with SVE, is shown of the field, in place; host is the host's value of the register. */
static inline u64 av_id_field_show(const struct av_id_field *field, u64 host)
{
	u64 value = AV_GET(host, field->hi, field->lo);

	if (field->rule == AV_ID_FIXED || (field->rule == AV_ID_CAP && value > field->value))
		value = field->value;
	return AV_PUT(value, field->hi, field->lo);
}

/*
 * May user space change the register's field from now to wanted? limit: what av_id_field_show()
 * gave.
 */
static inline bool av_id_field_takes(const struct av_id_field *field, u64 limit, u64 now,
				     u64 wanted)
{
	u64 mask = AV_MASK(field->hi, field->lo);

	if (!((now ^ wanted) & mask))
		return true;
	return field->user == AV_ID_LOWER && (wanted & mask) <= (limit & mask);
}

#endif
