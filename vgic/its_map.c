// SPDX-License-Identifier: GPL-2.0
/*
 * What an ITS has mapped, and whether the guest's tables have room for it.
 *
 * Runs at: host kernel, in a thread of the VM's process, may sleep.
 * Owns: devices, collections, events, their copies and nr_events of an ITS.
 * Locks: its_lock is held; the lock of events around each change of a translation (its.h).
 *
 * The guest's tables hold nothing that counts while the VM runs, but their size limits what can be mapped, so that it
 * can be saved. They are looked at anew each time: the guest may have changed the first level of one with two.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "internal.h"
#include "its.h"
#include "mm/mm.h"

bool av_its_get(struct xarray *xa, unsigned long index, u64 *value)
{
	void *entry = xa_load(xa, index);

	if (!entry)
		return false;
	*value = xa_to_value(entry);
	return true;
}

int av_its_set(struct xarray *xa, unsigned long index, u64 value)
{
	return xa_err(xa_store_irq(xa, index, xa_mk_value(value), GFP_KERNEL_ACCOUNT));
}

u64 av_its_event(struct av_its *its, unsigned long event)
{
	struct av_its_recent *recent = av_its_recent(its, event);
	void *entry;

	lockdep_assert_held(&its->events.xa_lock);
	if (likely(recent->event == event && recent->ite))
		return recent->ite;
	entry = xa_load(&its->events, event);
	if (!entry)
		return 0;
	recent->event = event;
	recent->ite = xa_to_value(entry);
	return recent->ite;
}

/* The event is another one from now on, or none. */
static void drop_copy(struct av_its *its, unsigned long event)
{
	lockdep_assert_held(&its->events.xa_lock);
	/* Also if it is of another event with the same place. */
	av_its_recent(its, event)->ite = 0;
}

static int set_event(struct av_its *its, unsigned long event, u32 lpi, u32 icid)
{
	void *old;

	xa_lock_irq(&its->events);
	/* This may let go of the lock, for memory, but only before it has changed anything. */
	old = __xa_store(&its->events, event, xa_mk_value(FIELD_PREP(ITE_LPI, lpi) | icid), GFP_KERNEL_ACCOUNT);
	drop_copy(its, event);
	xa_unlock_irq(&its->events);
	return xa_err(old);
}

struct av_vcpu *av_its_collection_vcpu(struct av_its *its, u32 icid)
{
	/* Those that lead nowhere become numbers that no vCPU has. */
	return av_vcpu_by_id(its->vm, READ_ONCE(its->collections[icid]) - AV_ITS_COLLECTION);
}

bool av_its_has_collection(const struct av_its *its, u32 icid)
{
	return its->collections[icid];
}

void av_its_set_collection(struct av_its *its, u32 icid, u32 vcpu_id)
{
	lockdep_assert_held(&its->vm->vgic.its->lock);
	WRITE_ONCE(its->collections[icid], vcpu_id + AV_ITS_COLLECTION);
}

int av_its_map_event(struct av_its *its, unsigned long event, u32 lpi, u32 icid)
{
	int ret;

	lockdep_assert_held(&its->vm->vgic.its->lock);
	if (its->nr_events >= AV_ITS_MAX_EVENTS)
		return -ENOSPC;
	ret = av_lpi_map(its->vm, lpi, av_its_collection_vcpu(its, icid));
	if (ret)
		return ret;
	/* No MSI is translated by it before all of it stands. */
	ret = set_event(its, event, lpi, icid);
	if (ret)
		av_lpi_unmap(its->vm, lpi);
	else
		its->nr_events++;
	return ret;
}

int av_its_move_event(struct av_its *its, unsigned long event, u32 lpi, u32 icid)
{
	/* There is an entry, so that no memory is needed. */
	int ret = set_event(its, event, lpi, icid);

	if (!ret)
		av_lpi_set_target(its->vm, lpi, av_its_collection_vcpu(its, icid));
	return ret;
}

void av_its_unmap_event(struct av_its *its, unsigned long event)
{
	void *entry;

	lockdep_assert_held(&its->vm->vgic.its->lock);
	xa_lock_irq(&its->events);
	entry = __xa_erase(&its->events, event);
	drop_copy(its, event);
	if (entry) {
		its->nr_events--;
		av_lpi_unmap(its->vm, av_ite_lpi(xa_to_value(entry)));
	}
	xa_unlock_irq(&its->events);
}

void av_its_unmap_device(struct av_its *its, u32 device)
{
	unsigned long event;
	void *entry;

	xa_for_each_range(&its->events, event, entry, AV_ITS_EVENT(device, 0), AV_ITS_EVENT(device, AV_ITS_IDS - 1)) {
		av_its_unmap_event(its, event);
		cond_resched();
	}
	xa_erase_irq(&its->devices, device);
}

void av_its_unmap_devices(struct av_its *its)
{
	unsigned long device;
	void *entry;

	xa_for_each(&its->devices, device, entry)
		av_its_unmap_device(its, device);
}

void av_its_await_msis(struct av_its *its)
{
	xa_lock_irq(&its->events);
	xa_unlock_irq(&its->events);
}

/* Its events stay, and lead nowhere. */
void av_its_forget_collection(struct av_its *its, u32 icid)
{
	WRITE_ONCE(its->collections[icid], 0);
	/* An MSI that found it is over. */
	av_its_await_msis(its);
}

void av_its_unmap_collections(struct av_its *its)
{
	/* No MSI is translated meanwhile: memset() may leave half a number for a moment. */
	xa_lock_irq(&its->events);
	memset(its->collections, 0, AV_ITS_IDS * sizeof(*its->collections));
	xa_unlock_irq(&its->events);
}

/* A guest may have filled the tables, and seq_file begins anew with more room for what did not fit. */
static bool is_full(struct seq_file *seq)
{
	cond_resched();
	return seq_has_overflowed(seq);
}

void av_vgic_its_show(struct seq_file *seq, struct av_vm *vm)
{
	struct av_its_vm *all = av_its_of(vm);
	unsigned long id;
	void *entry;
	u32 i;

	for (i = 0; i < all->nr && !is_full(seq); i++) {
		struct av_its *its = all->its[i];

		seq_printf(seq, "ITS at 0x%llx: %s, CBASER 0x%llx CREADR 0x%llx CWRITER 0x%llx BASER 0x%llx 0x%llx\n",
			   its->base, its->enabled ? "on" : "off", its->cbaser, its->creadr, its->cwriter,
			   its->baser[0], its->baser[1]);
		xa_for_each(&its->devices, id, entry) {
			seq_printf(seq, "  device 0x%lx: table at 0x%llx, %llu bits\n", id,
				   av_its_ite_addr(xa_to_value(entry), 0),
				   FIELD_GET(DTE_SIZE, (u64)xa_to_value(entry)) + 1);
			if (is_full(seq))
				return;
		}
		for (id = 0; id < AV_ITS_IDS && !is_full(seq); id++)
			if (av_its_has_collection(its, id))
				seq_printf(seq, "  collection %lu: vcpu %d\n", id,
					   its->collections[id] - (int)AV_ITS_COLLECTION);
		xa_for_each(&its->events, id, entry) {
			seq_printf(seq, "  event 0x%lx:%lu: LPI %llu, collection %llu\n", id >> AV_ITS_ID_BITS,
				   id % AV_ITS_IDS, av_ite_lpi(xa_to_value(entry)), xa_to_value(entry) & ITE_ICID);
			if (is_full(seq))
				return;
		}
	}
}

/* ---- the guest's tables -------------------------------------------------------------------------------- */

int av_its_read_entry(struct av_its *its, u64 addr, u64 *entry)
{
	__le64 le;
	int ret = av_mm_read_guest(its->vm, addr, &le, sizeof(le));

	*entry = le64_to_cpu(le);
	return ret;
}

int av_its_write_entry(struct av_its *its, u64 addr, u64 entry)
{
	__le64 le = cpu_to_le64(entry);

	return av_mm_write_guest(its->vm, addr, &le, sizeof(le));
}

/* Is there memory for an entry? */
static bool is_there(struct av_its *its, u64 addr)
{
	u64 entry;

	return !av_its_read_entry(its, addr, &entry);
}

bool av_its_check_id(struct av_its *its, u64 baser, u32 id, u64 *addr)
{
	u32 size = GITS_BASER_NR_PAGES(baser) * SZ_64K, per_page = SZ_64K / AV_ITS_ENTRY;
	u64 base = GITS_BASER_ADDR_48_to_52(baser), l1;

	if (id >= AV_ITS_IDS)
		return false;
	if (!(baser & GITS_BASER_INDIRECT)) {
		*addr = base + id * AV_ITS_ENTRY;
		return id < size / AV_ITS_ENTRY && is_there(its, *addr);
	}
	/* Entries of the first level have 8 bytes, too. */
	if (id / per_page >= size / GITS_LVL1_ENTRY_SIZE ||
	    av_its_read_entry(its, base + id / per_page * GITS_LVL1_ENTRY_SIZE, &l1) || !(l1 & L1E_VALID))
		return false;
	*addr = (l1 & L1E_ADDR) + id % per_page * AV_ITS_ENTRY;
	return is_there(its, *addr);
}

u64 av_its_ite_addr(u64 dte, u32 event)
{
	return (FIELD_GET(DTE_ITT, dte) << 8) + event * AV_ITS_ENTRY;
}

bool av_its_check_event(struct av_its *its, u64 dte, u32 event)
{
	return event < BIT_ULL(FIELD_GET(DTE_SIZE, dte) + 1) && is_there(its, av_its_ite_addr(dte, event));
}
