/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an ITS is to do, written down a second time, for pure_its.c: commands, tables, registers and LPIs in plain
 * arrays, with a guest memory of its own, by IHI 0069 (5.2, 5.3) and KVM's documentation of the tables' format.
 */
#ifndef SELFTESTS_FUZZ_ITS_MODEL_H
#define SELFTESTS_FUZZ_ITS_MODEL_H

#include "its_memory.h"

#define NR_ITS		2
#define MODEL_LPIS	(65536 - 8192)
#define NOBODY		(-1)

static struct memory model_memory;

static bool m_read(u64 addr, void *to, u64 len)
{
	u8 *p = mem_at(&model_memory, addr, len, false);

	if (p)
		memcpy(to, p, len);
	return p;
}

static bool m_write(u64 addr, const void *from, u64 len)
{
	u8 *p = mem_at(&model_memory, addr, len, true);

	if (p)
		memcpy(p, from, len);
	return p;
}

/* ---- state ----------------------------------------------------------------------------------------------- */

/* All that was ever mapped in this run stays in the list, and in the table by hash; .there says whether it still is. */
struct m_event {
	u32 its, dev, ev, lpi, icid;
	bool there;
};

struct m_device {
	u32 its, dev, bits;
	u64 itt;
	bool there;
};

struct m_collection {
	u32 its, icid;
	u64 vcpu;
	bool there;
};

struct m_lpi {
	u32 run, maps;			/* run: of which this is true; of older ones nothing */
	int target;
	bool enabled, pending;
	u8 prio;
};

struct m_ids {
	u32 run[NR_ITS][65536], index[NR_ITS][65536];
};

struct m_its {
	bool enabled;
	u64 cbaser, creadr, cwriter, baser[2];
	u32 nr_events;
};

#define M_EVENTS	(1U << 18)
#define M_IDS		(NR_ITS * 65536U)
static struct m_event m_events[M_EVENTS];
static u32 m_hash[2 * M_EVENTS], m_hash_run[2 * M_EVENTS], m_nr_events;
static struct m_device m_devices[M_IDS];
static struct m_collection m_collections[M_IDS];
static u32 m_nr_devices, m_nr_collections;
static struct m_lpi m_lpis[MODEL_LPIS];
static struct m_its m_itses[NR_ITS];
static u32 m_part_run[MODEL_LPIS / 1024];	/* of which parts of 1024 any LPI is true in this run */
static u64 m_propbaser, m_pendbaser[NR_VCPUS];
static bool m_lpis_on[NR_VCPUS];
static u32 m_run;

static void m_reset(void)
{
	m_run++;
	m_nr_events = 0;
	m_nr_devices = 0;
	m_nr_collections = 0;
	memset(m_itses, 0, sizeof(m_itses));
	memset(m_pendbaser, 0, sizeof(m_pendbaser));
	memset(m_lpis_on, 0, sizeof(m_lpis_on));
}

static struct m_lpi *m_lpi(u32 lpi)
{
	struct m_lpi *l = &m_lpis[lpi - 8192];

	m_part_run[(lpi - 8192) / 1024] = m_run;
	if (l->run != m_run)
		*l = (struct m_lpi){ .run = m_run, .target = NOBODY };
	return l;
}

static bool m_is_mapped(u32 n)
{
	return m_lpis[n].run == m_run && m_lpis[n].maps;
}

/* Those of parts that were touched, in order. */
static u32 m_next(u32 n, u32 step)
{
	for (n += step; n < MODEL_LPIS && m_part_run[n / 1024] != m_run; n = (n / 1024 + 1) * 1024)
		;
	return n;
}

#define m_for_each_lpi(n, step)	for ((n) = m_next(0, 0); (n) < MODEL_LPIS; (n) = m_next(n, step))

/* Its place, where it is or comes to be. */
static struct m_event *m_event(u32 its, u32 dev, u32 ev)
{
	u64 key = ((u64)its << 32 | dev << 16 | ev) * 0x9e3779b97f4a7c15UL;
	u32 h = key >> 45;
	struct m_event *e;

	for (; m_hash_run[h] == m_run; h = (h + 1) % (2 * M_EVENTS)) {
		e = &m_events[m_hash[h]];
		if (e->its == its && e->dev == dev && e->ev == ev)
			return e;
	}
	REQUIRE(m_nr_events < M_EVENTS);
	m_hash_run[h] = m_run;
	m_hash[h] = m_nr_events;
	e = &m_events[m_nr_events++];
	*e = (struct m_event){ .its = its, .dev = dev, .ev = ev };
	return e;
}

/* Of the entry with this id in a list; where it comes to be, and *fresh, if there was none. */
static u32 m_index(struct m_ids *ids, u32 its, u32 id, u32 *nr, bool *fresh)
{
	*fresh = ids->run[its][id] != m_run;
	if (*fresh) {
		ids->run[its][id] = m_run;
		ids->index[its][id] = (*nr)++;
	}
	return ids->index[its][id];
}

static struct m_device *m_device(u32 its, u32 dev)
{
	static struct m_ids ids;
	struct m_device *d;
	bool fresh;

	d = &m_devices[m_index(&ids, its, dev, &m_nr_devices, &fresh)];
	if (fresh)
		*d = (struct m_device){ .its = its, .dev = dev };
	return d;
}

static struct m_collection *m_collection(u32 its, u32 icid)
{
	static struct m_ids ids;
	struct m_collection *c;
	bool fresh;

	c = &m_collections[m_index(&ids, its, icid, &m_nr_collections, &fresh)];
	if (fresh)
		*c = (struct m_collection){ .its = its, .icid = icid };
	return c;
}

static int m_vcpu_of(u32 its, u32 icid)
{
	const struct m_collection *c = m_collection(its, icid);

	return c->there && c->vcpu < NR_VCPUS ? (int)c->vcpu : NOBODY;
}

/* ---- LPIs ------------------------------------------------------------------------------------------------- */

static bool m_inv(u32 lpi)
{
	struct m_lpi *l = m_lpi(lpi);
	u8 prop;

	if (!m_read((m_propbaser & AV_MASK(51, 12)) + lpi - 8192, &prop, 1))
		return false;
	l->prio = prop & 0xf8;
	l->enabled = prop & 1;
	return true;
}

/* 32 at once: where a table ends amid of them, none. */
static void m_inv_all(int vcpu)
{
	u32 n, block;
	u8 prop[32];

	m_for_each_lpi(n, 1) {
		block = n / 32 * 32;
		if (m_is_mapped(n) && m_lpis[n].target == vcpu &&
		    m_read((m_propbaser & AV_MASK(51, 12)) + block, prop, 32))
			m_inv(n + 8192);
	}
}

static u64 m_pending_at(int vcpu, u32 lpi)
{
	return (m_pendbaser[vcpu] & AV_MASK(51, 16)) + lpi / 8;
}

static void m_unmap_lpi(u32 lpi)
{
	struct m_lpi *l = m_lpi(lpi);

	REQUIRE(l->maps);
	if (--l->maps)
		return;
	l->enabled = false;
	l->pending = false;
	l->prio = 0;
}

static bool m_map_lpi(u32 lpi, int vcpu)
{
	struct m_lpi *l = m_lpi(lpi);
	bool ok;
	u8 byte;

	if (l->maps++)
		return true;
	l->target = vcpu;
	ok = m_inv(lpi);
	if (ok && vcpu != NOBODY) {
		ok = m_read(m_pending_at(vcpu, lpi), &byte, 1);
		if (ok && (byte >> lpi % 8 & 1)) {
			byte &= ~(1 << lpi % 8);
			m_write(m_pending_at(vcpu, lpi), &byte, 1);
			l->pending = true;
		}
	}
	if (!ok)
		m_unmap_lpi(lpi);
	return ok;
}

static void m_enable_lpis(int vcpu, bool on)
{
	u32 lpi, word, block;

	if (m_lpis_on[vcpu] == on)
		return;
	m_lpis_on[vcpu] = on;
	m_for_each_lpi(block, 32) {
		bool any = false;

		for (lpi = block; lpi < block + 32; lpi++)
			any |= m_is_mapped(lpi) && m_lpis[lpi].target == vcpu;
		if (!any || (on && m_pendbaser[vcpu] >> 62 & 1))
			continue;
		if (on && !m_read(m_pending_at(vcpu, block + 8192), &word, 4))
			return;
		for (lpi = block; lpi < block + 32; lpi++)
			if (m_is_mapped(lpi) && m_lpis[lpi].target == vcpu)
				m_lpis[lpi].pending = on && (m_lpis[lpi].pending || (word >> lpi % 32 & 1));
	}
}

/* ---- what is mapped -------------------------------------------------------------------------------------- */

/* Where the entry of this id is in the table of GITS_BASER<n>; 0: there is no room, or no memory. */
static u64 m_entry(u32 its, u32 n, u32 id)
{
	u64 baser = m_itses[its].baser[n], l1, addr = (baser & AV_MASK(47, 16)) | (baser >> 12 & 15) << 48, e;
	u64 bytes = ((baser & 255) + 1) << 16;

	if (id > 0xffff)
		return 0;
	if (!(baser >> 62 & 1)) {
		if (id * 8 >= bytes)
			return 0;
		return m_read(addr + id * 8, &e, 8) ? addr + id * 8 : 0;
	}
	if (id / 8192 * 8 >= bytes || !m_read(addr + id / 8192 * 8, &l1, 8) || !(l1 >> 63))
		return 0;
	addr = (l1 & AV_MASK(51, 16)) + id % 8192 * 8;
	return m_read(addr, &e, 8) ? addr : 0;
}

static void m_unmap_event(struct m_event *e)
{
	REQUIRE(e->there);
	e->there = false;
	m_itses[e->its].nr_events--;
	m_unmap_lpi(e->lpi);
}

static bool m_map_event(struct m_event *e, u32 lpi, u32 icid)
{
	REQUIRE(!e->there);
	if (m_itses[e->its].nr_events >= 65536 || !m_map_lpi(lpi, m_vcpu_of(e->its, icid)))
		return false;
	e->lpi = lpi;
	e->icid = icid;
	e->there = true;
	m_itses[e->its].nr_events++;
	return true;
}

static void m_unmap_device(struct m_device *d)
{
	u32 i;

	for (i = 0; i < m_nr_events; i++)
		if (m_events[i].there && m_events[i].its == d->its && m_events[i].dev == d->dev)
			m_unmap_event(&m_events[i]);
	d->there = false;
}

static void m_unmap_all(u32 its, bool devices, bool collections)
{
	u32 i;

	for (i = 0; devices && i < m_nr_events; i++)
		if (m_events[i].there && m_events[i].its == its)
			m_unmap_event(&m_events[i]);
	for (i = 0; devices && i < m_nr_devices; i++)
		m_devices[i].there &= m_devices[i].its != its;
	for (i = 0; collections && i < m_nr_collections; i++)
		m_collections[i].there &= m_collections[i].its != its;
}

/* ---- commands --------------------------------------------------------------------------------------------- */

static void m_trigger(u32 its, u32 dev, u32 ev, int *result)
{
	struct m_event *e;
	int vcpu;

	*result = -EBUSY;
	if (!m_itses[its].enabled)
		return;
	*result = 0;
	if (dev > 0xffff || ev > 0xffff)
		return;
	e = m_event(its, dev, ev);
	vcpu = e->there ? m_vcpu_of(its, e->icid) : NOBODY;
	if (vcpu == NOBODY)
		return;
	*result = m_lpis_on[vcpu] ? 1 : -EBUSY;
	if (*result == 1)
		m_lpi(e->lpi)->pending = true;
}

static void m_mapd(u32 its, const u64 *w)
{
	u32 dev = w[0] >> 32, bits = (w[1] & 31) + 1;
	u64 at = m_entry(its, 0, dev), none = 0;
	bool valid = w[2] >> 63;
	struct m_device *d;

	if (!at || (valid && bits > 16))
		return;
	d = m_device(its, dev);
	m_unmap_device(d);
	d->there = valid;
	d->bits = bits;
	d->itt = w[2] & AV_MASK(51, 8);
	if (!valid)
		m_write(at, &none, 8);
}

static void m_mapc(u32 its, const u64 *w)
{
	struct m_collection *c = m_collection(its, w[2] & 0xffff);
	u32 vcpu = w[2] >> 16, i;

	if (!(w[2] >> 63)) {
		c->there = false;
		return;
	}
	if (vcpu >= NR_VCPUS || (!c->there && !m_entry(its, 1, c->icid)))
		return;
	c->there = true;
	c->vcpu = vcpu;
	for (i = 0; i < m_nr_events; i++)
		if (m_events[i].there && m_events[i].its == its && m_events[i].icid == c->icid)
			m_lpi(m_events[i].lpi)->target = vcpu;
}

static void m_mapti(u32 its, const u64 *w, bool is_mapi)
{
	u32 dev = w[0] >> 32, ev = w[1], lpi = is_mapi ? ev : w[1] >> 32, bits = (m_propbaser & 31) + 1;
	struct m_collection *c;
	struct m_device *d;
	bool fresh;
	u64 ite;

	if (dev > 0xffff || ev > 0xffff || lpi < 8192 || lpi > 0xffff || lpi >= 1ULL << bits)
		return;
	d = m_device(its, dev);
	if (!d->there || ev >= 1U << d->bits || !m_read(d->itt + ev * 8, &ite, 8) || m_event(its, dev, ev)->there)
		return;
	c = m_collection(its, w[2] & 0xffff);
	fresh = !c->there;
	if (fresh && !m_entry(its, 1, c->icid))
		return;
	if (fresh) {
		c->there = true;
		c->vcpu = U32_MAX;
	}
	if (!m_map_event(m_event(its, dev, ev), lpi, c->icid) && fresh)
		c->there = false;
}

static void m_movall(const u64 *w)
{
	u32 from = w[2] >> 16, to = w[3] >> 16, i;

	if (from >= NR_VCPUS || to >= NR_VCPUS)
		return;
	m_for_each_lpi(i, 1)
		if (m_is_mapped(i) && m_lpis[i].target == (int)from)
			m_lpis[i].target = to;
}

/* What concerns an event that is there. */
static void m_event_command(u32 its, const u64 *w)
{
	u32 dev = w[0] >> 32, ev = w[1], icid = w[2] & 0xffff;
	struct m_event *e;
	u64 none = 0;

	if (dev > 0xffff || ev > 0xffff)
		return;
	e = m_event(its, dev, ev);
	if (!e->there)
		return;
	switch (w[0] & 0xff) {
	case 0x01:	/* MOVI */
		if (m_vcpu_of(its, e->icid) != NOBODY && m_vcpu_of(its, icid) != NOBODY) {
			e->icid = icid;
			m_lpi(e->lpi)->target = m_vcpu_of(its, icid);
		}
		break;
	case 0x04:	/* CLEAR */
		m_lpi(e->lpi)->pending = false;
		break;
	case 0x0c:	/* INV */
		m_inv(e->lpi);
		break;
	case 0x0f:	/* DISCARD */
		if (m_vcpu_of(its, e->icid) == NOBODY)
			break;
		m_unmap_event(e);
		m_write(m_device(its, dev)->itt + ev * 8, &none, 8);
	}
}

static void m_invall(u32 its, const u64 *w)
{
	int vcpu = m_vcpu_of(its, w[2] & 0xffff);
	if (vcpu != NOBODY)
		m_inv_all(vcpu);
}

static void m_command(u32 its, const u64 *w)
{
	int result;

	switch (w[0] & 0xff) {
	case 0x03:
		m_trigger(its, w[0] >> 32, w[1], &result);
		break;
	case 0x08:
		m_mapd(its, w);
		break;
	case 0x09:
		m_mapc(its, w);
		break;
	case 0x0a:
	case 0x0b:
		m_mapti(its, w, (w[0] & 0xff) == 0x0b);
		break;
	case 0x0d:
		m_invall(its, w);
		break;
	case 0x0e:
		m_movall((u64[]){ 0, 0, w[2] & AV_MASK(47, 0), w[3] & AV_MASK(47, 0) });
		break;
	default:
		m_event_command(its, w);
	}
}

static void m_commands(u32 its)
{
	struct m_its *m = &m_itses[its];
	u64 w[4];

	while (m->enabled && m->creadr != m->cwriter) {
		if (m_read((m->cbaser & AV_MASK(51, 12)) + m->creadr, w, 32))
			m_command(its, w);
		m->creadr += 32;
		if (m->creadr >= ((m->cbaser & 255) + 1) * 4096)
			m->creadr = 0;
	}
}

/* ---- registers --------------------------------------------------------------------------------------------- */

static u64 m_narrow(u64 v)
{
	static const u8 share[4] = { 0, 1, 1, 3 }, inner[8] = { 3, 3, 2, 3, 4, 5, 6, 7 }, outer[8] = { 0, 1 };

	return (v & ~(7UL << 59 | 7UL << 53 | 3UL << 10)) | (u64)inner[v >> 59 & 7] << 59 |
	       (u64)outer[v >> 53 & 7] << 53 | (u64)share[v >> 10 & 3] << 10;
}

static u64 m_merge(u64 old, u32 offset, u32 len, u64 v)
{
	u64 mask = len == 8 ? ~0ULL : 0xffffffffULL << offset % 8 * 8;

	return (old & ~mask) | (v << offset % 8 * 8 & mask);
}

static u64 m_baser(u32 n, u64 v)
{
	v &= n ? 0xb8e0fffffffffcffUL : 0xf8e0fffffffffcffUL;
	return m_narrow(v) | (n ? 4UL : 1UL) << 56 | 7UL << 48 | 2UL << 8;
}

static void m_write_reg(u32 its, u32 offset, u32 len, u64 v)
{
	struct m_its *m = &m_itses[its];
	u64 r;
	u32 n;

	if (offset % len || len < 4)
		return;
	switch (offset & ~7U) {
	case 0x0000:
		if (offset || len != 4)
			return;
		if ((v & 1) && !m->enabled && !(m->cbaser & m->baser[0] & m->baser[1] & 1UL << 63))
			return;
		m->enabled = v & 1;
		m_commands(its);
		return;
	case 0x0080:
		if (m->enabled)
			return;
		m->cbaser = m_narrow(m_merge(m->cbaser, offset, len, v)) & ~0xf000UL;
		m->creadr = 0;
		m->cwriter = 0;
		return;
	case 0x0088:
		r = m_merge(m->cwriter, offset, len, v) & 0xfffe0;
		if (r >= ((m->cbaser & 255) + 1) * 4096)
			return;
		m->cwriter = r;
		m_commands(its);
		return;
	case 0x0100:
	case 0x0108:
		n = (offset - 0x100) / 8;
		r = m_baser(n, m_merge(m->baser[n], offset, len, v));
		if (m->enabled || r == m->baser[n])
			return;
		m->baser[n] = r;
		m_unmap_all(its, !n, n);
	}
}

static void m_reset_its(u32 its)
{
	struct m_its *m = &m_itses[its];
	u32 n;

	m->enabled = false;
	m_unmap_all(its, true, true);
	m->cbaser = 0;
	m->creadr = 0;
	m->cwriter = 0;
	for (n = 0; n < 2; n++)
		m->baser[n] = m_baser(n, (m->baser[n] ? m->baser[n] : 1 << 10) & ~(1UL << 63));
}

#endif
