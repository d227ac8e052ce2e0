/* SPDX-License-Identifier: GPL-2.0 */
/* its_model.h's other half: an ITS saved into the guest's tables and restored from them, for pure_its.c. */
#ifndef SELFTESTS_FUZZ_ITS_MODEL_TABLES_H
#define SELFTESTS_FUZZ_ITS_MODEL_TABLES_H

#include "its_model.h"

static u64 m_table(u32 its, u32 n, u64 *bytes)
{
	u64 baser = m_itses[its].baser[n];

	*bytes = ((baser & 255) + 1) << 16;
	return (baser & AV_MASK(47, 16)) | (baser >> 12 & 15) << 48;
}

/* ---- save: entries in order of their ids, each with the distance to the next ------------------------------------ */

static u32 m_sorted[M_EVENTS], m_nr_sorted;

static int by_event(const void *a, const void *b)
{
	const struct m_event *x = &m_events[*(const u32 *)a], *y = &m_events[*(const u32 *)b];
	u32 i = x->dev << 16 | x->ev, j = y->dev << 16 | y->ev;

	return i < j ? -1 : i > j;
}

static int by_device(const void *a, const void *b)
{
	u32 i = m_devices[*(const u32 *)a].dev, j = m_devices[*(const u32 *)b].dev;

	return i < j ? -1 : i > j;
}

static int by_icid(const void *a, const void *b)
{
	u32 i = m_collections[*(const u32 *)a].icid, j = m_collections[*(const u32 *)b].icid;

	return i < j ? -1 : i > j;
}

#define M_SORT(list, nr, cmp)	do {						\
	u32 i__;								\
										\
	for (m_nr_sorted = 0, i__ = 0; i__ < (nr); i__++)			\
		if ((list)[i__].there && (list)[i__].its == its)		\
			m_sorted[m_nr_sorted++] = i__;				\
	qsort(m_sorted, m_nr_sorted, sizeof(*m_sorted), cmp);			\
} while (0)

static bool m_save_events(u32 its)
{
	static u32 order[M_IDS];
	u32 nr, i, k = 0;
	u64 at, v;

	M_SORT(m_devices, m_nr_devices, by_device);
	nr = m_nr_sorted;
	memcpy(order, m_sorted, nr * sizeof(*order));
	M_SORT(m_events, m_nr_events, by_event);
	for (i = 0; i < nr; i++) {
		const struct m_device *d = &m_devices[order[i]];

		at = m_entry(its, 0, d->dev);
		if (!at)
			return false;
		for (; k < m_nr_sorted && m_events[m_sorted[k]].dev == d->dev; k++) {
			const struct m_event *e = &m_events[m_sorted[k]], *next = NULL;

			if (k + 1 < m_nr_sorted && m_events[m_sorted[k + 1]].dev == d->dev)
				next = &m_events[m_sorted[k + 1]];
			v = (next ? (u64)(next->ev - e->ev) << 48 : 0) | (u64)e->lpi << 16 | e->icid;
			if (!m_collection(its, e->icid)->there)
				v = 0;
			if (!m_write(d->itt + e->ev * 8, &v, 8))
				return false;
		}
		v = 1UL << 63 | d->itt >> 8 << 5 | (d->bits - 1);
		if (i + 1 < nr) {
			u64 step = m_devices[order[i + 1]].dev - d->dev;

			v |= (step < 0x3fff ? step : 0x3fff) << 49;
		}
		if (!m_write(at, &v, 8))
			return false;
	}
	REQUIRE(k == m_nr_sorted);
	return true;
}

static bool m_save(u32 its)
{
	u64 bytes, at, end, v;
	u32 i;

	if (m_itses[its].baser[0] >> 63 && !m_save_events(its))
		return false;
	if (!(m_itses[its].baser[1] >> 63))
		return true;
	at = m_table(its, 1, &bytes);
	end = at + bytes;
	M_SORT(m_collections, m_nr_collections, by_icid);
	for (i = 0; i < m_nr_sorted; i++, at += 8) {
		const struct m_collection *c = &m_collections[m_sorted[i]];

		v = 1UL << 63 | c->vcpu << 16 | c->icid;
		if (at == end || !m_write(at, &v, 8))
			return false;
	}
	v = 0;
	return at == end || m_write(at, &v, 8);
}

/* ---- restore -------------------------------------------------------------------------------------------------- */

static bool m_restore_collections(u32 its)
{
	u64 bytes, at = m_table(its, 1, &bytes), end = at + bytes, v;
	struct m_collection *c;
	u32 vcpu;

	if (!(m_itses[its].baser[1] >> 63))
		return true;
	for (; at < end; at += 8) {
		if (!m_read(at, &v, 8))
			return false;
		if (!(v >> 63))
			return true;
		vcpu = v >> 16;
		c = m_collection(its, v & 0xffff);
		if ((vcpu >= NR_VCPUS && vcpu != U32_MAX) || c->there || !m_entry(its, 1, c->icid))
			return false;
		c->there = true;
		c->vcpu = vcpu;
	}
	return true;
}

static bool m_restore_events(u32 its, const struct m_device *d)
{
	u32 ev, step, lpi, icid;
	u64 v;

	for (ev = 0; ev < 1U << d->bits; ev += step) {
		if (!m_read(d->itt + ev * 8UL, &v, 8))
			return false;
		lpi = v >> 16;
		icid = v & 0xffff;
		step = v >> 48;
		if (!lpi) {
			step = 1;
			continue;
		}
		if (lpi < 8192 || lpi > 65535 || ev + step >= 1U << d->bits || !m_collection(its, icid)->there ||
		    m_event(its, d->dev, ev)->there || !m_map_event(m_event(its, d->dev, ev), lpi, icid))
			return false;
		if (!step)
			return true;
	}
	return true;
}

enum { WRONG = -1, LAST, NO_LAST };

/* Entries of devices first to end - 1, the first one at this address. */
static int m_restore_range(u32 its, u64 table, u32 first, u32 end)
{
	u32 dev, step;
	u64 v;

	for (dev = first; dev < end; dev += step) {
		struct m_device *d;

		if (!m_read(table + (dev - first) * 8UL, &v, 8))
			return WRONG;
		step = 1;
		if (!(v >> 63))
			continue;
		d = m_device(its, dev);
		if ((v & 31) + 1 > 16 || d->there || !m_entry(its, 0, dev))
			return WRONG;
		d->there = true;
		d->bits = (v & 31) + 1;
		d->itt = (v & AV_MASK(48, 5)) >> 5 << 8;
		if (!m_restore_events(its, d))
			return WRONG;
		step = v >> 49 & 0x3fff;
		if (!step)
			return LAST;
	}
	return NO_LAST;
}

static bool m_restore_devices(u32 its)
{
	u64 baser = m_itses[its].baser[0], bytes, table = m_table(its, 0, &bytes), l1;
	u32 i, nr = bytes / 8;
	int ret = NO_LAST;

	if (!(baser >> 63))
		return true;
	if (!(baser >> 62 & 1))
		return m_restore_range(its, table, 0, nr < 65536 ? nr : 65536) != WRONG;
	for (i = 0; i < nr && i < 8 && ret == NO_LAST; i++) {
		if (!m_read(table + i * 8UL, &l1, 8))
			return false;
		if (l1 >> 63)
			ret = m_restore_range(its, l1 & AV_MASK(51, 16), i * 8192, (i + 1) * 8192);
	}
	return ret != WRONG;
}

static bool m_restore(u32 its)
{
	bool ok = m_restore_collections(its) && m_restore_devices(its);

	if (!ok)
		m_unmap_all(its, true, true);
	return ok;
}

#endif
