// SPDX-License-Identifier: GPL-2.0
/*
 * Coalesced MMIO: stores to a zone wait in a ring that the VMM reads when it comes to look, instead of ending RUN
 * (KVM_REGISTER_COALESCED_MMIO; Documentation/virt/kvm/api.rst, 4.116).
 *
 * The ring is the VM's, one page, which each vCPU's mapping shows as its second. Both sides write it: the VMM "first",
 * we "last" and the entries; but the VMM may write anything anywhere, so what is read back is checked once, after it
 * was read. A full ring, or nonsense in it, makes the store an exit.
 *
 * Runs at: host kernel. Owns: vm->eventfds.zones and .ring.
 * Locks: zones_lock for both; also inside of the burst. There are AV_MAX_ZONES zones at most, since a store looks at
 * each of them under the lock.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "dev.h"
#include "eventfd.h"

#define AV_MAX_ZONES	1000	/* as many as KVM's bus takes */
#define ENTRIES		((PAGE_SIZE - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio))

struct store_zone {
	struct list_head link;
	u64 addr, size;
	bool pio;		/* as user space says; no guest access arrives there on arm64 */
};

static bool holds(const struct store_zone *zone, u64 addr, u64 len)
{
	return addr + len >= addr && addr >= zone->addr && addr + len <= zone->addr + zone->size;
}

static bool is_in_zone(struct av_eventfd_vm *ev, u64 ipa, unsigned int len)
{
	struct store_zone *zone;

	lockdep_assert_held(&ev->zones_lock);
	list_for_each_entry(zone, &ev->zones, link)
		if (!zone->pio && holds(zone, ipa, len))
			return true;
	return false;
}

/* False: no room, or the VMM has broken it. */
static bool add_entry(struct av_eventfd_vm *ev, u64 ipa, unsigned int len, u64 data)
{
	struct kvm_coalesced_mmio_ring *ring = ev->ring;
	struct kvm_coalesced_mmio *entry;
	u32 last = READ_ONCE(ring->last), next = (last + 1) % ENTRIES;

	lockdep_assert_held(&ev->zones_lock);
	if (last >= ENTRIES || next == READ_ONCE(ring->first))
		return false;
	entry = &ring->coalesced_mmio[last];
	entry->phys_addr = ipa;
	entry->len = len;
	entry->pio = 0;
	BUILD_BUG_ON(sizeof(entry->data) != sizeof(data));
	memcpy(entry->data, &data, sizeof(data));
	/* The entry is there before the VMM sees that it is. */
	smp_store_release(&ring->last, next);
	return true;
}

/* A guest's store of len (1, 2, 4, 8) bytes that no memslot and no ioeventfd took: may it wait? */
bool av_coalesced_write(struct av_vcpu *vcpu, u64 ipa, unsigned int len, u64 data)
{
	struct av_eventfd_vm *ev = &vcpu->vm->eventfds;
	bool taken;

	spin_lock(&ev->zones_lock);
	taken = is_in_zone(ev, ipa, len) && add_entry(ev, ipa, len, data);
	spin_unlock(&ev->zones_lock);
	return taken;
}

/* KVM_REGISTER_COALESCED_MMIO. Like KVM's, zones may overlap. May sleep. */
int av_coalesced_register(struct av_vm *vm, const struct kvm_coalesced_mmio_zone *args)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct store_zone *zone;
	int ret = -ENOSPC;

	if (args->pio > 1)
		return -EINVAL;
	zone = kzalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);
	if (!zone)
		return -ENOMEM;
	*zone = (struct store_zone){ .addr = args->addr, .size = args->size, .pio = args->pio };
	spin_lock(&ev->zones_lock);
	if (ev->nr_zones < AV_MAX_ZONES) {
		list_add_tail(&zone->link, &ev->zones);
		WRITE_ONCE(ev->nr_zones, ev->nr_zones + 1);
		ret = 0;
	}
	spin_unlock(&ev->zones_lock);
	if (ret)
		kfree(zone);
	return ret;
}

/* KVM_UNREGISTER_COALESCED_MMIO: each zone in which the given one lies; that there is none is no error. May sleep. */
int av_coalesced_unregister(struct av_vm *vm, const struct kvm_coalesced_mmio_zone *args)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct store_zone *zone, *next;
	LIST_HEAD(gone);

	if (args->pio > 1)
		return -EINVAL;
	spin_lock(&ev->zones_lock);
	list_for_each_entry_safe(zone, next, &ev->zones, link) {
		if (zone->pio != args->pio || !holds(zone, args->addr, args->size))
			continue;
		list_move(&zone->link, &gone);
		WRITE_ONCE(ev->nr_zones, ev->nr_zones - 1);
	}
	spin_unlock(&ev->zones_lock);
	list_for_each_entry_safe(zone, next, &gone, link)
		kfree(zone);
	return 0;
}

int av_coalesced_vm_init(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;

	spin_lock_init(&ev->zones_lock);
	INIT_LIST_HEAD(&ev->zones);
	ev->ring = (void *)get_zeroed_page(AV_GFP_MAPPED);
	return ev->ring ? 0 : -ENOMEM;
}

/* No vCPU is left, nor a mapping of one. */
void av_coalesced_vm_destroy(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct store_zone *zone, *next;

	list_for_each_entry_safe(zone, next, &ev->zones, link)
		kfree(zone);
	free_page((unsigned long)ev->ring);
}
