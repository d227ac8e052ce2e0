// SPDX-License-Identifier: GPL-2.0
/*
 * The ID registers' rules, with every row of the table: a guest is never shown more than the host has or the row
 * allows, and user space can make of it only what is not more.
 */
#include "pure.h"

#define main unit_main
#include "unit/sysreg_tables.c"
#undef main

static u64 field_of(u64 v, const struct av_id_field *f)
{
	u64 width = f->hi - f->lo + 1;

	return v >> f->lo & (width == 64 ? ~0UL : (1UL << width) - 1);
}

static int is_no_more(const struct av_id_field *f, u64 wanted, u64 limit)
{
	switch (f->user) {
	case AV_ID_SAME:
		return 0;
	case AV_ID_SIGNED:
		return wanted == 15 || (limit != 15 && wanted <= limit);
	case AV_ID_OR_NONE:
		return wanted <= 1 || wanted == limit;
	case AV_ID_HIGHER:
		return wanted >= limit;
	default:
		return wanted <= limit;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	const struct av_id_field *f = &fields[bytes(&in, 1) % ARRAY_SIZE(fields)];
	u64 host = take_number(&in), wanted = take_number(&in), now = take_number(&in), shown;

	shown = av_id_field_show(f, host);
	REQUIRE(!(shown & ~(field_of(~0UL, f) << f->lo)));
	switch (f->rule) {
	case AV_ID_KEEP:
	case AV_ID_WITH_SVE:
	case AV_ID_WITH_KEYS:
	case AV_ID_WITH_TAGS:
		REQUIRE(field_of(shown, f) == field_of(host, f));
		break;
	case AV_ID_WITH_PMU:
		if (field_of(host, f) == 15)
			REQUIRE(!field_of(shown, f));
		else
			REQUIRE(field_of(shown, f) == (field_of(host, f) < f->value ? field_of(host, f) : f->value));
		break;
	case AV_ID_CAP:
		REQUIRE(field_of(shown, f) == (field_of(host, f) < f->value ? field_of(host, f) : f->value));
		break;
	case AV_ID_FIXED:
		REQUIRE(field_of(shown, f) == f->value);
		break;
	}
	if (av_id_field_takes(f, shown, now, wanted))
		REQUIRE(field_of(wanted, f) == field_of(now, f) ||
			is_no_more(f, field_of(wanted, f), field_of(shown, f)));
	else
		REQUIRE(field_of(wanted, f) != field_of(now, f));
	/* what it shows can always be set again */
	REQUIRE(av_id_field_takes(f, shown, shown, shown));
	return 0;
}
