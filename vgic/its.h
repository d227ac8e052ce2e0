/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ITSes of a VM: what the files of vgic/ ask of each other.
 *
 * An ITS keeps numbers only. What the guest's commands mapped is three arrays of values, devices and events in the very
 * form in which they are saved into the guest's tables:
 *
 *   devices      DeviceID -> address and size of its table (DTE_*)
 *   collections  ICID -> the vCPU's id or AV_ITS_NOBODY, by av_its_set_collection(): flat, since every MSI reads it
 *   events       DeviceID and EventID (AV_ITS_EVENT) -> LPI and ICID (ITE_*)
 *   recent       copies of a few of the events, for MSIs: to find one in the array takes a third of an MSI's way
 *
 * So there is no object that could be freed while somebody uses it, or twice; an LPI is an index into words that stay
 * as long as the VM does (lpi.c). And the one rule for translations: they are changed with its_lock and the lock of
 * events held, and an MSI is translated and made pending within one hold of the latter. When a command has taken a
 * translation away, no MSI becomes pending by it any more. (When a collection is gone, or a vCPU's LPIs go off, the
 * lock of events is taken once more: av_its_await_msis().)
 *
 * A copy is made by an MSI (av_its_event()), and dropped by who changes the event (set_event() and av_its_unmap_event()
 * in its_map.c: each change passes there), both within the hold of the lock of events in which the array is read or
 * changed. So whoever has the lock finds no copy that differs from the array. It is a number: nobody holds or frees it.
 *
 * Runs at: host kernel. Owns: the layout.
 */
#ifndef AV_VGIC_ITS_H
#define AV_VGIC_ITS_H

#include <linux/mutex.h>
#include <linux/xarray.h>

#include "internal.h"

#define AV_ITS_MAX		16		/* per VM */
#define AV_ITS_MAX_EVENTS	65536U		/* per ITS, as many as there are INTIDs */
#define AV_ITS_SIZE		((u64)SZ_128K)	/* of its registers */

/* GITS_TYPER: bits of a DeviceID and of an EventID; those of an ICID are 16 by definition (no CIL). */
#define AV_ITS_ID_BITS		16
#define AV_ITS_IDS		BIT(AV_ITS_ID_BITS)
#define AV_ITS_EVENT(device, event)	((unsigned long)(device) << AV_ITS_ID_BITS | (event))

#define AV_ITS_QUEUE_SIZE(cbaser)	((((cbaser) & 0xff) + 1) << 12)
#define AV_ITS_NOBODY		U32_MAX		/* a collection that is there and leads nowhere yet */
#define AV_ITS_COLLECTION	2U		/* what is in collections[] is so much more; 0: none is there */

/* Entries of the tables, revision 0 (Documentation/virt/kvm/devices/arm-vgic-its.rst): 8 bytes, little-endian. */
#define AV_ITS_ENTRY		8
#define DTE_VALID		BIT_ULL(63)
#define DTE_NEXT		GENMASK_ULL(62, 49)
#define DTE_ITT			GENMASK_ULL(48, 5)	/* address, 51:8 */
#define DTE_SIZE		GENMASK_ULL(4, 0)	/* bits of an EventID, less 1 */
#define ITE_NEXT		GENMASK_ULL(63, 48)
#define ITE_LPI			GENMASK_ULL(47, 16)
#define ITE_ICID		GENMASK_ULL(15, 0)
#define CTE_VALID		BIT_ULL(63)
#define CTE_RDBASE		GENMASK_ULL(51, 16)
#define CTE_ICID		GENMASK_ULL(15, 0)
#define L1E_VALID		BIT_ULL(63)
#define L1E_ADDR		GENMASK_ULL(51, 16)

#define AV_ITS_RECENT		128

struct av_its_recent {
	unsigned long event;
	u64 ite;			/* 0: none is kept; an event's has an LPI, which is not 0 */
};

/* Of a VM; made with its first ITS, gone with the VM. */
struct av_its_vm {
	struct mutex lock;		/* "its_lock": commands, registers, tables, LPIs' configuration; of all ITSes */
	u32 nr;				/* vm->lock, read with acquire */
	struct av_its *its[AV_ITS_MAX];
};

struct av_its {
	struct av_vm *vm;
	u64 base;			/* vm->lock, read by any; AV_VGIC_NO_ADDR, then constant */
	/* its_lock; read by any */
	bool enabled;			/* changed under the lock of events, too */
	u64 cbaser, creadr, cwriter;
	u64 baser[2];			/* devices, collections */
	u32 nr_events;
	struct xarray devices;
	u16 *collections;		/* AV_ITS_IDS */
	struct xarray events;
	struct av_its_recent recent[AV_ITS_RECENT];	/* lock of events */
};

static inline struct av_its_vm *av_its_of(const struct av_vm *vm)
{
	/* Pairs with make_its(). */
	return smp_load_acquire(&vm->vgic.its);
}

static inline u64 av_ite_lpi(u64 ite)
{
	return (ite & ITE_LPI) >> 16;
}

/* Where a copy of the event's entry is, if there is one. Devices differ in bits 3 and up (PCI), their events below. */
static inline struct av_its_recent *av_its_recent(struct av_its *its, unsigned long event)
{
	return &its->recent[(event ^ event >> AV_ITS_ID_BITS) % AV_ITS_RECENT];
}

/* its.c */
/* An event happens. 1: its LPI is pending; 0: it leads nowhere; -EBUSY: ITS or LPIs are off. Any context. */
int av_its_trigger(struct av_its *its, u32 device, u32 event);
void av_its_set_enabled(struct av_its *its, bool enabled);

/* its_map.c: what is mapped. its_lock is held, but to ask which vCPU a collection leads to (NULL: none): any context */
struct av_vcpu *av_its_collection_vcpu(struct av_its *its, u32 icid);
/* The event's entry; 0: it is not mapped. The lock of events is held. */
u64 av_its_event(struct av_its *its, unsigned long event);
bool av_its_get(struct xarray *xa, unsigned long index, u64 *value);
int av_its_set(struct xarray *xa, unsigned long index, u64 value);
int av_its_map_event(struct av_its *its, unsigned long event, u32 lpi, u32 icid);
int av_its_move_event(struct av_its *its, unsigned long event, u32 lpi, u32 icid);
void av_its_unmap_event(struct av_its *its, unsigned long event);
void av_its_unmap_device(struct av_its *its, u32 device);
void av_its_unmap_devices(struct av_its *its);
bool av_its_has_collection(const struct av_its *its, u32 icid);
void av_its_set_collection(struct av_its *its, u32 icid, u32 vcpu_id);
void av_its_forget_collection(struct av_its *its, u32 icid);
/* On return each MSI that was being translated has made its LPI pending. */
void av_its_await_msis(struct av_its *its);
void av_its_unmap_collections(struct av_its *its);
/* Is there room for this id in the table that GITS_BASER<n> names? Where its entry is. May sleep. */
bool av_its_check_id(struct av_its *its, u64 baser, u32 id, u64 *addr);
u64 av_its_ite_addr(u64 dte, u32 event);
bool av_its_check_event(struct av_its *its, u64 dte, u32 event);
int av_its_read_entry(struct av_its *its, u64 addr, u64 *entry);
int av_its_write_entry(struct av_its *its, u64 addr, u64 entry);

/* its_cmd.c; its_lock is held. All commands up to GITS_CWRITER; -EINTR: there are some left, a signal is pending. */
int av_its_commands(struct av_its *its, bool interruptible);

/* its_regs.c */
void av_its_reset_regs(struct av_its *its);
bool av_its_has_reg(u64 offset);
/* User space's access; its_lock is held */
int av_its_reg_user(struct av_its *its, u64 offset, bool is_write, u64 *val);
/* The guest's, at this offset of the ITS. */
enum av_gic_mmio av_its_mmio(struct av_its *its, u32 offset, unsigned int len, bool is_write, u64 *data);

/* its_tables.c; its_lock is held, no vCPU runs */
int av_its_save_tables(struct av_its *its);
int av_its_restore_tables(struct av_its *its);

#endif
