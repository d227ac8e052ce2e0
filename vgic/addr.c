// SPDX-License-Identifier: GPL-2.0
/*
 * Where the distributor, the redistributors and a GICv2's CPU interface are in the guest's physical address space.
 *
 * Runs at: host kernel, thread context.
 * Owns: dist_base, cpu_base, regions, nr_regions of the VM.
 * Locks: vm->lock is held, except for lookups by guest accesses: they come when all addresses
 * stand.
 *
 * Redistributor frames are handed to vCPUs in order of creation, through the regions in their
 * order. So the vCPU with index n has the n-th frame, and no table of frames is needed.
 */
#include "internal.h"

#define DIST_SIZE	((u64)SZ_64K)
#define REDIST_SIZE	((u64)2 * SZ_64K)

/* KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION */
#define RDIST_COUNT(a)	((u32)AV_GET(a, 63, 52))
#define RDIST_BASE(a)	((a) & AV_MASK(51, 16))
#define RDIST_FLAGS(a)	AV_GET(a, 15, 12)
#define RDIST_INDEX(a)	((u32)AV_GET(a, 11, 0))

static int check_range(struct av_vm *vm, u64 base, u64 size)
{
	u64 limit = BIT_ULL(vm->mmu.ipa_bits);
	u64 align = vm->vgic.is_v2 ? SZ_4K : SZ_64K;

	if (!IS_ALIGNED(base, align) || !IS_ALIGNED(size, align))
		return -EINVAL;
	if (base + size < base)
		return -EINVAL;
	if (base >= limit || base + size > limit)
		return -E2BIG;
	return 0;
}

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a + a_size > b && a < b + b_size;
}

/* A region of the legacy kind is as long as there are vCPUs now. */
static u64 region_size(struct av_vm *vm, u32 count)
{
	return (count ?: READ_ONCE(vm->online_vcpus)) * REDIST_SIZE;
}

static bool overlaps_region(struct av_vm *vm, u64 base, u64 size)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	u32 i;

	for (i = 0; i < dist->nr_regions; i++) {
		const struct av_vgic_region *r = &dist->regions[i];

		if (overlap(base, size, r->base, region_size(vm, r->count)))
			return true;
	}
	return false;
}

static bool addrs_consistent(struct av_vm *vm)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	u32 i;

	for (i = 0; i < dist->nr_regions; i++) {
		const struct av_vgic_region *r = &dist->regions[i];

		if (check_range(vm, r->base, region_size(vm, r->count)))
			return false;
	}
	return dist->dist_base == AV_VGIC_NO_ADDR ||
	       !overlaps_region(vm, dist->dist_base, DIST_SIZE);
}

/* Is there a frame for the vCPU of this index? */
static bool has_frame(const struct av_vgic_dist *dist, u32 idx)
{
	const struct av_vgic_region *last;

	if (!dist->nr_regions)
		return false;
	last = &dist->regions[dist->nr_regions - 1];
	return !last->count || idx < last->first + last->count;
}

int av_vgic_check_slot(struct av_vm *vm, u32 idx)
{
	return has_frame(&vm->vgic, idx) && !addrs_consistent(vm) ? -EINVAL : 0;
}

/* May this region follow those that are there? */
static int check_region(struct av_vm *vm, u32 index, u64 base, u32 count)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	u64 size = region_size(vm, count);

	if (base + size < base)
		return -EINVAL;
	if (dist->nr_regions) {
		/* The legacy region stands alone. */
		if (!dist->regions[0].count != !count)
			return -EINVAL;
		if (!count)
			return -EEXIST;
	}
	if (index != dist->nr_regions || index >= AV_VGIC_MAX_REGIONS)
		return -EINVAL;
	/* KVM looks at the distributor here for the legacy region only; for others below. */
	if (!count && dist->dist_base != AV_VGIC_NO_ADDR &&
	    overlap(base, size, dist->dist_base, DIST_SIZE))
		return -EINVAL;
	if (overlaps_region(vm, base, size))
		return -EINVAL;
	return check_range(vm, base, size);
}

static int add_region(struct av_vm *vm, u32 index, u64 base, u32 count)
{
	struct av_vgic_dist *dist = &vm->vgic;
	struct av_vgic_region *r;
	u32 first = 0;
	int ret;

	ret = check_region(vm, index, base, count);
	if (ret)
		return ret;
	index = array_index_nospec(index, AV_VGIC_MAX_REGIONS);
	if (index)
		first = dist->regions[index - 1].first + dist->regions[index - 1].count;
	r = &dist->regions[index];
	r->base = base;
	r->count = count;
	r->first = first;
	/* A guest that runs may be looking: the entry before its number. */
	smp_store_release(&dist->nr_regions, index + 1);
	/* A region that serves a vCPU at once must fit with everything else. */
	if (READ_ONCE(vm->online_vcpus) > first && !addrs_consistent(vm)) {
		WRITE_ONCE(dist->nr_regions, index);
		return -EINVAL;
	}
	return 0;
}

static int get_region(struct av_vm *vm, u32 index, u64 *addr)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	const struct av_vgic_region *r;

	if (index >= dist->nr_regions)
		return -ENOENT;
	r = &dist->regions[array_index_nospec(index, dist->nr_regions)];
	*addr = AV_PUT((u64)r->count, 63, 52) | r->base | index;
	return 0;
}

int av_vgic_set_addr_once(struct av_vm *vm, u64 *base, u64 addr, u64 size)
{
	int ret;

	if (*base != AV_VGIC_NO_ADDR)
		return -EEXIST;
	ret = check_range(vm, addr, size);
	if (!ret)
		WRITE_ONCE(*base, addr);
	return ret;
}

static int set_v2_addr(struct av_vm *vm, u64 attr, u64 addr)
{
	switch (attr) {
	case KVM_VGIC_V2_ADDR_TYPE_DIST:
		return av_vgic_set_addr_once(vm, &vm->vgic.dist_base, addr, KVM_VGIC_V2_DIST_SIZE);
	case KVM_VGIC_V2_ADDR_TYPE_CPU:
		return av_vgic_set_addr_once(vm, &vm->vgic.cpu_base, addr, KVM_VGIC_V2_CPU_SIZE);
	}
	return -ENXIO;
}

int av_vgic_set_addr(struct av_vm *vm, u64 attr, u64 addr)
{
	if (vm->vgic.is_v2)
		return set_v2_addr(vm, attr, addr);
	switch (attr) {
	case KVM_VGIC_V3_ADDR_TYPE_DIST:
		return av_vgic_set_addr_once(vm, &vm->vgic.dist_base, addr, DIST_SIZE);
	case KVM_VGIC_V3_ADDR_TYPE_REDIST:
		return add_region(vm, 0, addr, 0);
	case KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		if (!RDIST_COUNT(addr) || RDIST_FLAGS(addr))
			return -EINVAL;
		return add_region(vm, RDIST_INDEX(addr), RDIST_BASE(addr), RDIST_COUNT(addr));
	}
	return -ENXIO;
}

int av_vgic_get_addr(struct av_vm *vm, u64 attr, u64 *addr)
{
	const struct av_vgic_dist *dist = &vm->vgic;

	if (dist->is_v2) {
		if (attr != KVM_VGIC_V2_ADDR_TYPE_DIST && attr != KVM_VGIC_V2_ADDR_TYPE_CPU)
			return -ENXIO;
		*addr = attr == KVM_VGIC_V2_ADDR_TYPE_CPU ? dist->cpu_base : dist->dist_base;
		return 0;
	}
	switch (attr) {
	case KVM_VGIC_V3_ADDR_TYPE_DIST:
		*addr = dist->dist_base;
		return 0;
	case KVM_VGIC_V3_ADDR_TYPE_REDIST:
		*addr = dist->nr_regions ? dist->regions[0].base : AV_VGIC_NO_ADDR;
		return 0;
	case KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		return get_region(vm, RDIST_INDEX(*addr), addr);
	}
	return -ENXIO;
}

static int check_v2_addrs(const struct av_vgic_dist *dist)
{
	if (dist->dist_base == AV_VGIC_NO_ADDR || dist->cpu_base == AV_VGIC_NO_ADDR)
		return -ENXIO;
	if (overlap(dist->dist_base, KVM_VGIC_V2_DIST_SIZE, dist->cpu_base, KVM_VGIC_V2_CPU_SIZE))
		return -EINVAL;
	/* Stage 2 has only whole pages for the host's GICV. */
	return IS_ALIGNED(dist->cpu_base, PAGE_SIZE) ? 0 : -EINVAL;
}

int av_vgic_check_addrs(struct av_vm *vm)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	int online = READ_ONCE(vm->online_vcpus);

	if (dist->is_v2)
		return check_v2_addrs(dist);
	if (!online || !has_frame(dist, online - 1))
		return -ENXIO;
	if (dist->dist_base == AV_VGIC_NO_ADDR)
		return -ENXIO;
	return addrs_consistent(vm) ? 0 : -EINVAL;
}

/* How many frames of a region belong to vCPUs. */
static u32 frames_used(struct av_vm *vm, const struct av_vgic_region *r)
{
	u32 online = READ_ONCE(vm->online_vcpus);

	if (online <= r->first)
		return 0;
	return r->count ? min(r->count, online - r->first) : online;
}

u32 av_vgic_fast_regions(struct av_vm *vm, struct av_fast_region *to, u32 max)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	u32 i, nr = min(dist->nr_regions, max);

	lockdep_assert_held(&vm->lock);
	for (i = 0; i < nr; i++) {
		to[i].base = dist->regions[i].base;
		to[i].first = dist->regions[i].first;
		to[i].count = frames_used(vm, &dist->regions[i]);
	}
	return nr;
}

/*
 * The guest walks frames upwards until Last: set in the last used frame of a run of regions that
 * touch.
 */
bool av_vgic_is_last(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	const struct av_vgic_dist *dist = &vm->vgic;
	const struct av_vgic_region *r = NULL;
	u32 i, nr;

	/* Pairs with add_region(): the entries below it. */
	nr = smp_load_acquire(&dist->nr_regions);
	if (!has_frame(dist, vcpu->idx))
		return false;
	for (i = 0; i < nr && vcpu->idx >= dist->regions[i].first; i++)
		r = &dist->regions[i];
	if (!r || vcpu->idx - r->first + 1 < frames_used(vm, r))
		return false;
	if (!r->count || vcpu->idx - r->first + 1 < r->count)
		return true;
	for (i = 0; i < nr; i++)
		if (dist->regions[i].base == r->base + region_size(vm, r->count) &&
		    frames_used(vm, &dist->regions[i]))
			return false;
	return true;
}

struct av_vcpu *av_vgic_redist_at(struct av_vm *vm, u64 ipa, u32 *offset)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	u32 i, idx, nr, online;

	/* Pairs with the creation of vCPUs: their entries in vcpus[]. */
	online = smp_load_acquire(&vm->online_vcpus);
	/* Pairs with add_region(): the entries below it. */
	nr = smp_load_acquire(&dist->nr_regions);
	for (i = 0; i < nr; i++) {
		const struct av_vgic_region *r = &dist->regions[i];
		u64 n;

		if (ipa < r->base)
			continue;
		n = (ipa - r->base) / REDIST_SIZE;
		if (n >= (r->count ?: online))
			continue;
		idx = r->first + n;
		if (idx >= online)
			return NULL;
		*offset = (ipa - r->base) % REDIST_SIZE;
		return vm->vcpus[array_index_nospec(idx, online)];
	}
	return NULL;
}
