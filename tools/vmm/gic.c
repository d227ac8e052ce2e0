// SPDX-License-Identifier: GPL-2.0
/*
 * The GIC, which the kernel emulates: where it is, how big, and its reset. A
 * GICv3, or a GICv2 on hosts that have no other, or as --gic says.
 *
 * Owns: vm->gic_fd, vm->gic_is_v2. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>

#include "vmm.h"

static int gic_attr(struct vm *vm, unsigned long request, __u32 group,
		    __u64 attr, void *value)
{
	struct kvm_device_attr device_attr = {
		.group = group,
		.attr = attr,
		.addr = (unsigned long)value,
	};

	return ioctl(vm->gic_fd, request, &device_attr);
}

static void gic_set(struct vm *vm, __u32 group, __u64 attr, void *value,
		    const char *what)
{
	if (gic_attr(vm, KVM_SET_DEVICE_ATTR, group, attr, value) < 0)
		die_errno("KVM_SET_DEVICE_ATTR of the GIC: %s", what);
}

static void set_redist_region(struct vm *vm, __u64 index, __u64 base,
			      __u64 count)
{
	/* Bits 63:52 the count, 51:16 the base, 11:0 the region's index. */
	__u64 region = count << 52 | base | index;

	gic_set(vm, KVM_DEV_ARM_VGIC_GRP_ADDR,
		KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &region,
		"redistributor region");
}

static bool has_type(struct vm *vm, __u32 type)
{
	struct kvm_create_device test = {
		.type = type,
		.flags = KVM_CREATE_DEVICE_TEST,
	};

	return !ioctl(vm->fd, KVM_CREATE_DEVICE, &test);
}

/*
 * What --gic says, or the best that the host can give its guests: v2 of those that have no v3. Many a host with a GICv3
 * has no v2 for its guests: that is an option of the hardware.
 */
static __u32 choose_type(struct vm *vm)
{
	static const __u32 types[] = {
		[2] = KVM_DEV_TYPE_ARM_VGIC_V2,
		[3] = KVM_DEV_TYPE_ARM_VGIC_V3,
	};

	if (!opt.gic)
		return types[has_type(vm, types[3]) ? 3 : 2];
	if (!has_type(vm, types[opt.gic]))
		die("--gic %u: this host can't give a guest a GICv%u", opt.gic, opt.gic);
	if (opt.gic == 2 && opt.nr_cpus > GIC_V2_CPUS)
		die("--gic 2: a GICv2 serves at most %u CPUs", GIC_V2_CPUS);
	return types[opt.gic];
}

static void place_v2(struct vm *vm)
{
	__u64 dist = GIC_DIST_BASE;
	__u64 cpu = GIC_CPU_BASE;

	gic_set(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST,
		&dist, "distributor address");
	gic_set(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU,
		&cpu, "CPU interface address");
}

static void place_v3(struct vm *vm)
{
	__u64 dist = GIC_DIST_BASE;
	__u64 redist = GIC_REDIST_BASE;

	gic_set(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
		&dist, "distributor address");

	/*
	 * One region, sized by the kernel to the number of vCPUs, is what every
	 * kernel knows. More vCPUs than its window holds need explicit regions.
	 */
	if (opt.nr_cpus <= GIC_REDIST_COUNT) {
		gic_set(vm, KVM_DEV_ARM_VGIC_GRP_ADDR,
			KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist,
			"redistributor address");
	} else {
		set_redist_region(vm, 0, GIC_REDIST_BASE, GIC_REDIST_COUNT);
		set_redist_region(vm, 1, GIC_REDIST2_BASE,
				  opt.nr_cpus - GIC_REDIST_COUNT);
	}
}

/* Before the vCPUs: the kernel must know by then whose interface they have. */
void gic_create(struct vm *vm)
{
	struct kvm_create_device create = { .type = choose_type(vm) };
	__u32 nr_irqs = GIC_NR_IRQS;

	must_ioctl(vm->fd, KVM_CREATE_DEVICE, &create);
	vm->gic_fd = create.fd;
	vm->gic_is_v2 = create.type == KVM_DEV_TYPE_ARM_VGIC_V2;
	verbose("GICv%d", vm->gic_is_v2 ? 2 : 3);
	if (vm->gic_is_v2)
		place_v2(vm);
	else
		place_v3(vm);
	gic_set(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs,
		"number of interrupts");
}

static void its_set(struct vm *vm, __u32 group, __u64 attr, void *value)
{
	struct kvm_device_attr device_attr = { .group = group, .attr = attr, .addr = (unsigned long)value };

	if (ioctl(vm->its_fd, KVM_SET_DEVICE_ATTR, &device_attr))
		die_errno("KVM_SET_DEVICE_ATTR of the ITS");
}

/* The part of a GICv3 that makes interrupts of messages. The kernel has it, tables in the guest's memory included. */
static void its_create(struct vm *vm)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };
	__u64 base = GIC_ITS_BASE;

	if (vm->gic_is_v2 || ioctl(vm->fd, KVM_CREATE_DEVICE, &create))
		die("--pci: this host gives its guests no ITS, which takes the messages of PCI devices");
	vm->its_fd = create.fd;
	its_set(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &base);
	its_set(vm, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

/* After the vCPUs: from here on their number is fixed. */
void gic_init(struct vm *vm)
{
	if (opt.pci)
		its_create(vm);
	gic_set(vm, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
		NULL, "initialisation");
}

/*
 * KVM_ARM_VCPU_INIT resets a vCPU but not its GIC. These rows bring the GIC to
 * what a guest needs of a cold start: nothing enabled, pending or active.
 * Offsets and encodings are those of the GIC architecture. Writing ISPENDR
 * from here sets the pending state to exactly the value written.
 */
struct gic_reset {
	__u32	group;
	__u32	reg;
	__u64	value;
};

static const struct gic_reset dist_reset[] = {
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0000, 0 },	/* CTLR */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0184, ~0U },	/* ICENABLER1 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0188, ~0U },	/* ICENABLER2 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0204, 0 },	/* ISPENDR1 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0208, 0 },	/* ISPENDR2 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0384, ~0U },	/* ICACTIVER1 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0388, ~0U },	/* ICACTIVER2 */
};

#define SGI_FRAME	0x10000		/* second half of a redistributor */
#define ICC(op1, crn, crm, op2) \
	(3 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

static const struct gic_reset vcpu_reset[] = {
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x0000, 0 },	/* CTLR: LPIs off, before their tables are anybody's */
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, SGI_FRAME + 0x180, ~0U },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, SGI_FRAME + 0x200, 0 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, SGI_FRAME + 0x380, ~0U },
	{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(0, 12, 12, 6), 0 },/* IGRPEN0 */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(0, 12, 12, 7), 0 },/* IGRPEN1 */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(0, 4, 6, 0), 0 },  /* PMR */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(0, 12, 8, 4), 0 }, /* AP0R0 */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(0, 12, 9, 0), 0 }, /* AP1R0 */
};

/* A GICv2's registers of a vCPU are banked; writes here only add to ISPENDR. */
static const struct gic_reset v2_dist_reset[] = {
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0000, 0 },	/* CTLR */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0184, ~0U },	/* ICENABLER1 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0188, ~0U },	/* ICENABLER2 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0284, ~0U },	/* ICPENDR1 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0288, ~0U },	/* ICPENDR2 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0384, ~0U },	/* ICACTIVER1 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0388, ~0U },	/* ICACTIVER2 */
};

static const struct gic_reset v2_vcpu_reset[] = {
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0180, ~0U },	/* ICENABLER0 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0280, ~0U },	/* ICPENDR0 */
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS,	0x0380, ~0U },	/* ICACTIVER0 */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_REGS,	0x00, 0 },	/* CTLR */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_REGS,	0x04, 0 },	/* PMR */
	{ KVM_DEV_ARM_VGIC_GRP_CPU_REGS,	0xd0, 0 },	/* APR0 */
};

/* whose: the bits of the attribute that name a vCPU */
static void gic_reset_row(struct vm *vm, const struct gic_reset *row,
			  __u64 whose)
{
	__u64 attr = whose | row->reg;
	__u64 wide = row->value;
	__u32 narrow = row->value;
	void *value = &narrow;

	/* System registers are 64 bits wide here, all else is 32. */
	if (row->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		value = &wide;

	/*
	 * Linux sets all this up by itself, as after a kexec. So a device that
	 * cannot do it is still good enough for a second boot.
	 */
	if (gic_attr(vm, KVM_HAS_DEVICE_ATTR, row->group, attr, value) < 0 ||
	    gic_attr(vm, KVM_SET_DEVICE_ATTR, row->group, attr, value) < 0)
		verbose("GIC register %#x of group %u keeps its value",
			row->reg, row->group);
}

static void quiesce_v2(struct vm *vm)
{
	unsigned int cpu;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v2_dist_reset); i++)
		gic_reset_row(vm, &v2_dist_reset[i], 0);
	for (cpu = 0; cpu < opt.nr_cpus; cpu++)
		for (i = 0; i < ARRAY_SIZE(v2_vcpu_reset); i++)
			gic_reset_row(vm, &v2_vcpu_reset[i],
				      (__u64)cpu << KVM_DEV_ARM_VGIC_CPUID_SHIFT);
}

/* How attributes of a GICv3 name a vCPU: Aff3 is in bits 39:32 of the register, 31:24 of the ABI. */
__u64 gic_affinity(struct vcpu *vcpu)
{
	__u64 mpidr = vcpu_mpidr(vcpu);

	return (mpidr & 0xffffff) | (mpidr >> 8 & 0xff000000);
}

void gic_quiesce(struct vm *vm)
{
	__u64 affinity;
	unsigned int cpu;
	size_t i;

	if (opt.pci)
		its_set(vm, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_ITS_CTRL_RESET, NULL);
	if (vm->gic_is_v2) {
		quiesce_v2(vm);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(dist_reset); i++)
		gic_reset_row(vm, &dist_reset[i], 0);

	for (cpu = 0; cpu < opt.nr_cpus; cpu++) {
		affinity = gic_affinity(&vm->vcpus[cpu]);
		for (i = 0; i < ARRAY_SIZE(vcpu_reset); i++)
			gic_reset_row(vm, &vcpu_reset[i],
				      affinity << KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT);
	}
}
