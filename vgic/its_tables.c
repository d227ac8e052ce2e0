// SPDX-License-Identifier: GPL-2.0
/*
 * An ITS is saved into the guest's tables, and restored from them: revision 0 of the format that KVM's documentation
 * gives (Documentation/virt/kvm/devices/arm-vgic-its.rst), so that either can read what the other wrote.
 *
 * Runs at: host kernel, in a thread of the VM's process, may sleep.
 * Owns: nothing.
 * Locks: vm->lock, all vCPUs' mutexes and its_lock are held: nobody runs.
 *
 * A table of devices or of events is a chain: each entry says how far it is to the next, 0 in the last one. What lies
 * between is whatever the guest left there. The table of collections is filled from its beginning, up to an entry that
 * is not valid.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/sched/signal.h>

#include "internal.h"
#include "its.h"

/* Restoring may be long, by tables made so. */
static int may_go_on(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* ---- save ---------------------------------------------------------------------------------------------- */

/* How far it is from @id to the next one there is, up to @last; 0: none. */
static u32 distance(struct xarray *xa, unsigned long id, unsigned long last, u32 max)
{
	unsigned long next = id + 1;

	if (id == last || !xa_find(xa, &next, last, XA_PRESENT))
		return 0;
	return min_t(unsigned long, next - id, max);
}

static int save_events(struct av_its *its, u32 device, u64 dte)
{
	unsigned long last = AV_ITS_EVENT(device, AV_ITS_IDS - 1), event;
	void *entry;
	u64 ite;
	int ret = 0;

	xa_for_each_range(&its->events, event, entry, AV_ITS_EVENT(device, 0), last) {
		ite = xa_to_value(entry);
		ite |= FIELD_PREP(ITE_NEXT, distance(&its->events, event, last, FIELD_MAX(ITE_NEXT)));
		/* Its collection was unmapped: nothing that could be restored. Whoever comes here goes on by one. */
		if (!av_its_has_collection(its, ite & ITE_ICID))
			ite = 0;
		ret = av_its_write_entry(its, av_its_ite_addr(dte, event % AV_ITS_IDS), ite) ?: may_go_on();
		if (ret)
			break;
	}
	return ret;
}

static int save_devices(struct av_its *its)
{
	unsigned long device;
	void *entry;
	u64 addr, dte;
	int ret;

	if (!(its->baser[0] & GITS_BASER_VALID))
		return 0;
	xa_for_each(&its->devices, device, entry) {
		if (!av_its_check_id(its, its->baser[0], device, &addr))
			return -EINVAL;
		dte = xa_to_value(entry);
		ret = save_events(its, device, dte);
		if (ret)
			return ret;
		dte |= DTE_VALID;
		dte |= FIELD_PREP(DTE_NEXT, distance(&its->devices, device, AV_ITS_IDS - 1, FIELD_MAX(DTE_NEXT)));
		ret = av_its_write_entry(its, addr, dte) ?: may_go_on();
		if (ret)
			return ret;
	}
	return 0;
}

static int save_collections(struct av_its *its)
{
	u64 addr = GITS_BASER_ADDR_48_to_52(its->baser[1]);
	u64 end = addr + (u64)GITS_BASER_NR_PAGES(its->baser[1]) * SZ_64K;
	u32 icid, rdbase;
	int ret;

	if (!(its->baser[1] & GITS_BASER_VALID))
		return 0;
	for (icid = 0; icid < AV_ITS_IDS; icid++) {
		if (!av_its_has_collection(its, icid))
			continue;
		/* As many as fit are mapped: av_its_check_id(). */
		if (addr == end)
			return -EINVAL;
		rdbase = its->collections[icid] - AV_ITS_COLLECTION;
		ret = av_its_write_entry(its, addr, CTE_VALID | icid | (u64)rdbase << 16);
		if (ret)
			return ret;
		addr += AV_ITS_ENTRY;
	}
	return addr == end ? 0 : av_its_write_entry(its, addr, 0);
}

int av_its_save_tables(struct av_its *its)
{
	return save_devices(its) ?: save_collections(its);
}

/* ---- restore ------------------------------------------------------------------------------------------- */

/* The collection of one entry; 1: made, 0: the table ends here. */
static int restore_collection(struct av_its *its, u64 cte)
{
	u32 icid = FIELD_GET(CTE_ICID, cte), rdbase = cte >> 16;
	u64 addr;

	if (!(cte & CTE_VALID))
		return 0;
	if (rdbase != AV_ITS_NOBODY && !av_vcpu_by_id(its->vm, rdbase))
		return -EINVAL;
	if (av_its_has_collection(its, icid))
		return -EEXIST;
	if (!av_its_check_id(its, its->baser[1], icid, &addr))
		return -EINVAL;
	av_its_set_collection(its, icid, rdbase);
	return 1;
}

static int restore_collections(struct av_its *its)
{
	u64 addr = GITS_BASER_ADDR_48_to_52(its->baser[1]), cte;
	u64 end = addr + (u64)GITS_BASER_NR_PAGES(its->baser[1]) * SZ_64K;
	int ret = 1;

	if (!(its->baser[1] & GITS_BASER_VALID))
		return 0;
	for (; addr < end && ret > 0; addr += AV_ITS_ENTRY) {
		ret = av_its_read_entry(its, addr, &cte);
		if (!ret)
			ret = restore_collection(its, cte);
	}
	return min(ret, 0);
}

/* Whose events a table holds. */
struct device {
	u32 id;
	u64 dte;
};

/* Distance to the next entry, 0: this was the last one, or -errno. @of: of a table of events */
typedef int entry_fn(struct av_its *its, u32 id, u64 entry, const struct device *of);

/* A chain from @addr on, of the entries @id to @end. 1: it had no last entry. */
static int walk(struct av_its *its, u64 addr, u32 id, u32 end, entry_fn *fn, const struct device *of)
{
	u64 entry;
	int ret;

	for (; id < end; id += ret, addr += (u64)ret * AV_ITS_ENTRY) {
		ret = may_go_on() ?: av_its_read_entry(its, addr, &entry);
		if (!ret)
			ret = fn(its, id, entry, of);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

static int restore_event(struct av_its *its, u32 event, u64 ite, const struct device *of)
{
	u32 lpi = av_ite_lpi(ite), icid = ite & ITE_ICID, next = FIELD_GET(ITE_NEXT, ite);
	int ret;

	if (!lpi)
		return 1;
	if (lpi < AV_VGIC_LPI_FIRST || lpi >= AV_VGIC_LPI_END || event + next >= BIT(FIELD_GET(DTE_SIZE, of->dte) + 1))
		return -EINVAL;
	if (!av_its_has_collection(its, icid))
		return -EINVAL;
	if (xa_load(&its->events, AV_ITS_EVENT(of->id, event)))
		return -EEXIST;
	ret = av_its_map_event(its, AV_ITS_EVENT(of->id, event), lpi, icid);
	return ret ?: next;
}

static int restore_device(struct av_its *its, u32 id, u64 entry, const struct device *of)
{
	struct device device = { .id = id, .dte = entry & (DTE_ITT | DTE_SIZE) };
	u32 bits = FIELD_GET(DTE_SIZE, entry) + 1;
	u64 addr;
	int ret;

	if (!(entry & DTE_VALID))
		return 1;
	if (bits > AV_ITS_ID_BITS || !av_its_check_id(its, its->baser[0], id, &addr))
		return -EINVAL;
	if (xa_load(&its->devices, id))
		return -EEXIST;
	ret = av_its_set(&its->devices, id, device.dte);
	if (!ret)
		ret = walk(its, av_its_ite_addr(device.dte, 0), 0, BIT(bits), restore_event, &device);
	return ret < 0 ? ret : FIELD_GET(DTE_NEXT, entry);
}

/* An entry of the first level: a page of devices. */
static int restore_page(struct av_its *its, u32 n, u64 entry, const struct device *of)
{
	u32 per_page = SZ_64K / AV_ITS_ENTRY;

	if (!(entry & L1E_VALID))
		return 1;
	return walk(its, entry & L1E_ADDR, n * per_page, (n + 1) * per_page, restore_device, NULL);
}

static int restore_devices(struct av_its *its)
{
	u64 baser = its->baser[0], addr = GITS_BASER_ADDR_48_to_52(baser);
	u32 entries = GITS_BASER_NR_PAGES(baser) * (SZ_64K / AV_ITS_ENTRY), per_page = SZ_64K / AV_ITS_ENTRY;

	if (!(baser & GITS_BASER_VALID))
		return 0;
	/* Nothing beyond the last DeviceID can have been mapped. */
	if (baser & GITS_BASER_INDIRECT)
		return walk(its, addr, 0, min_t(u32, entries, AV_ITS_IDS / per_page), restore_page, NULL);
	return walk(its, addr, 0, min_t(u32, entries, AV_ITS_IDS), restore_device, NULL);
}

/* All or nothing. */
int av_its_restore_tables(struct av_its *its)
{
	int ret = restore_collections(its);

	if (!ret)
		ret = min(restore_devices(its), 0);
	if (ret) {
		av_its_unmap_devices(its);
		av_its_unmap_collections(its);
	}
	return ret;
}
