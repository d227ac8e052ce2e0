// SPDX-License-Identifier: GPL-2.0
/*
 * Saving a VM: its GIC, register by register through the device's attributes (Linux:
 * Documentation/virt/kvm/devices/arm-vgic-v3.rst and arm-vgic.rst). Its ITS is save_its.c's.
 *
 * The tables are in the order of a restore: the revision first, since it decides what the others mean; what an
 * interrupt is before that it is pending.
 *
 * Owns: nothing. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "save.h"

/* Registers in a row. Those that set bits have a twin that clears them, for what a new GIC does not have clear. */
struct gic_row {
	__u32		group;
	__u32		reg;
	unsigned int	count;
	__u32		clear;		/* the twin, or 0 */
	unsigned int	priority_bits;	/* only there with so many */
};

#define WORDS(irqs, per_word)	((irqs) / (per_word))
#define SPIS			(GIC_NR_IRQS - 32)
#define DIST(first, nr, ...)	{ .group = KVM_DEV_ARM_VGIC_GRP_DIST_REGS, .reg = first, .count = nr, ##__VA_ARGS__ }
#define REDIST(first, nr, ...)	{ .group = KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, .reg = first, .count = nr, ##__VA_ARGS__ }
#define SGI(first, nr, ...)	REDIST(0x10000 + (first), nr, ##__VA_ARGS__)	/* the second half */
#define CPU(first, nr)		{ .group = KVM_DEV_ARM_VGIC_GRP_CPU_REGS, .reg = first, .count = nr }
/* The lines of 32 interrupts; the attribute counts interrupts, in bits 9:0. */
#define LINES(first)		{ .group = KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, .reg = first, .count = 1 }
#define ICC_REG(crn, crm, op2)	(3U << 14 | (crn) << 7 | (crm) << 3 | (op2))
#define ICC(crn, crm, op2)	ICC_OF(crn, crm, op2, 0)
#define ICC_OF(crn, crm, op2, bits) \
	{ .group = KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, .reg = ICC_REG(crn, crm, op2), .count = 1, .priority_bits = bits }

static const struct gic_row v3_dist[] = {
	DIST(0x0008, 1),			/* IIDR */
	DIST(0x0000, 1),			/* CTLR */
	DIST(0x0084, WORDS(SPIS, 32)),		/* IGROUPR */
	DIST(0x0c08, WORDS(SPIS, 16)),		/* ICFGR */
	DIST(0x0420, WORDS(SPIS, 4)),		/* IPRIORITYR */
	DIST(0x6100, 2 * SPIS),			/* IROUTER, halves */
	DIST(0x0104, WORDS(SPIS, 32), .clear = 0x0184),	/* ISENABLER, ICENABLER */
	LINES(32), LINES(64),
	DIST(0x0204, WORDS(SPIS, 32)),		/* ISPENDR: from here it is set to what is written */
	DIST(0x0304, WORDS(SPIS, 32), .clear = 0x0384),	/* ISACTIVER, ICACTIVER */
};

_Static_assert(GIC_NR_IRQS == 96, "the lines of the table");

static const struct gic_row v3_vcpu[] = {
	REDIST(0x0070, 2),			/* PROPBASER, halves */
	REDIST(0x0078, 2),			/* PENDBASER */
	REDIST(0x0000, 1),			/* CTLR */
	SGI(0x0080, 1),				/* IGROUPR0 */
	SGI(0x0c00, 2),				/* ICFGR */
	SGI(0x0400, 8),				/* IPRIORITYR */
	SGI(0x0100, 1, .clear = 0x10180),		/* ISENABLER0, ICENABLER0 */
	LINES(0),
	SGI(0x0200, 1),				/* ISPENDR0 */
	SGI(0x0300, 1, .clear = 0x10380),		/* ISACTIVER0, ICACTIVER0 */
	ICC(12, 12, 5),				/* SRE */
	ICC(12, 12, 4),				/* CTLR */
	ICC(12, 12, 6), ICC(12, 12, 7),		/* IGRPEN0, IGRPEN1 */
	ICC(4, 6, 0),				/* PMR */
	ICC(12, 8, 3), ICC(12, 12, 3),		/* BPR0, BPR1 */
	/* AP0R0 to 3, AP1R0 to 3 */
	ICC(12, 8, 4), ICC_OF(12, 8, 5, 6), ICC_OF(12, 8, 6, 7), ICC_OF(12, 8, 7, 7),
	ICC(12, 9, 0), ICC_OF(12, 9, 1, 6), ICC_OF(12, 9, 2, 7), ICC_OF(12, 9, 3, 7),
};

static const struct gic_row v2_dist[] = {
	DIST(0x0008, 1),			/* IIDR */
	DIST(0x0000, 1),			/* CTLR */
	DIST(0x0084, WORDS(SPIS, 32)),		/* IGROUPR */
	DIST(0x0c08, WORDS(SPIS, 16)),		/* ICFGR */
	DIST(0x0420, WORDS(SPIS, 4)),		/* IPRIORITYR */
	DIST(0x0820, WORDS(SPIS, 4)),		/* ITARGETSR */
	DIST(0x0104, WORDS(SPIS, 32), .clear = 0x0184),	/* ISENABLER, ICENABLER */
	DIST(0x0204, WORDS(SPIS, 32)),		/* ISPENDR: of a new GIC nothing is pending */
	DIST(0x0304, WORDS(SPIS, 32), .clear = 0x0384),	/* ISACTIVER, ICACTIVER */
};

static const struct gic_row v2_vcpu[] = {
	DIST(0x0080, 1),			/* IGROUPR0 */
	DIST(0x0c04, 1),			/* ICFGR1 */
	DIST(0x0400, 8),			/* IPRIORITYR */
	DIST(0x0100, 1, .clear = 0x0180),		/* ISENABLER0, ICENABLER0 */
	DIST(0x0200, 1),			/* ISPENDR0 */
	DIST(0x0f20, 4),			/* SPENDSGIR */
	DIST(0x0300, 1, .clear = 0x0380),		/* ISACTIVER0, ICACTIVER0 */
	CPU(0x00, 1), CPU(0x04, 1),		/* CTLR, PMR */
	CPU(0x08, 1), CPU(0x1c, 1),		/* BPR, ABPR */
	CPU(0xd0, 4),				/* APR */
};

#define ICC_CTLR	ICC_REG(12, 12, 4)
#define VALUES_MAX	256		/* more than a table has */

/* One pass over a table, of the distributor's (whose 0) or of a vCPU's. */
struct gic_pass {
	struct vm	*vm;
	__u64		whose;		/* in the attribute's upper bits */
	unsigned int	priority_bits;
	bool		restore;
	unsigned int	nr;
	__u64		values[VALUES_MAX];
};

/* System registers are 64 bits wide here, all else is 32. */
static bool gic_access(struct gic_pass *pass, unsigned long request, __u32 group, __u64 attr, __u64 *value)
{
	__u32 narrow = *value;
	struct kvm_device_attr access = {
		.group = group,
		.attr = pass->whose | attr,
		.addr = (unsigned long)&narrow,
	};

	if (group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		access.addr = (unsigned long)value;
	if (ioctl(pass->vm->gic_fd, request, &access))
		return false;
	if (group != KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS && request == KVM_GET_DEVICE_ATTR)
		*value = narrow;
	return true;
}

/* One register of a row; its value's place is the next. */
static bool gic_one(struct gic_pass *pass, const struct gic_row *row, unsigned int i)
{
	__u64 *value = &pass->values[pass->nr++], others;
	__u32 offset = 4 * i;

	if (!pass->restore)
		return gic_access(pass, KVM_GET_DEVICE_ATTR, row->group, row->reg + offset, value);
	others = ~*value;
	if (row->clear && !gic_access(pass, KVM_SET_DEVICE_ATTR, row->group, row->clear + offset, &others))
		return false;
	return gic_access(pass, KVM_SET_DEVICE_ATTR, row->group, row->reg + offset, value);
}

/* NULL, or which register could not be read or written. */
static const char *gic_rows(struct gic_pass *pass, const struct gic_row *rows, size_t nr)
{
	static char text[96];
	unsigned int i;
	size_t row;

	for (row = 0; row < nr; row++) {
		for (i = 0; rows[row].priority_bits <= pass->priority_bits && i < rows[row].count; i++) {
			if (gic_one(pass, &rows[row], i))
				continue;
			snprintf(text, sizeof(text), "GIC: register %#x of group %u can't be %s",
				 rows[row].reg + 4 * i, rows[row].group, pass->restore ? "written" : "read");
			return text;
		}
	}
	return NULL;
}

/* How many values a pass has: the same walk, without access. */
static unsigned int count_rows(const struct gic_pass *pass, const struct gic_row *rows, size_t nr)
{
	unsigned int count = 0;
	size_t row;

	for (row = 0; row < nr; row++)
		if (rows[row].priority_bits <= pass->priority_bits)
			count += rows[row].count;
	return count;
}

static const struct gic_row *table(struct vm *vm, unsigned int index, size_t *nr)
{
	if (vm->gic_is_v2) {
		*nr = index ? ARRAY_SIZE(v2_vcpu) : ARRAY_SIZE(v2_dist);
		return index ? v2_vcpu : v2_dist;
	}
	*nr = index ? ARRAY_SIZE(v3_vcpu) : ARRAY_SIZE(v3_dist);
	return index ? v3_vcpu : v3_dist;
}

/* The vCPU's name in attributes, and how many bits of priority its interface has. */
static bool prepare(struct gic_pass *pass, struct vm *vm, unsigned int index)
{
	__u64 ctlr = 0;

	pass->vm = vm;
	pass->nr = 0;
	pass->whose = 0;
	pass->priority_bits = 0;
	if (index && vm->gic_is_v2)
		pass->whose = (__u64)(index - 1) << KVM_DEV_ARM_VGIC_CPUID_SHIFT;
	if (!index || vm->gic_is_v2)
		return true;
	pass->whose = gic_affinity(&vm->vcpus[index - 1]) << KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT;
	if (!gic_access(pass, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC_CTLR, &ctlr))
		return false;
	pass->priority_bits = (ctlr >> 8 & 7) + 1;
	return true;
}

const char *save_gic(struct vm *vm, struct save_stream *to)
{
	struct gic_pass pass = { .restore = false };
	const struct gic_row *rows;
	const char *wrong;
	unsigned int i;
	size_t nr;

	for (i = 0; i <= opt.nr_cpus; i++) {
		rows = table(vm, i, &nr);
		if (!prepare(&pass, vm, i))
			return "GIC: ICC_CTLR_EL1 can't be read";
		wrong = gic_rows(&pass, rows, nr);
		if (wrong)
			return wrong;
		if (!save_put(to, SAVE_GIC, i, pass.values, pass.nr * sizeof(pass.values[0])))
			return SAVE_CANT_WRITE;
	}
	return NULL;
}

const char *restore_gic(struct vm *vm, unsigned int index, const void *bytes, size_t size)
{
	struct gic_pass pass = { .restore = true };
	const struct gic_row *rows;
	size_t nr;

	rows = table(vm, index, &nr);
	if (!prepare(&pass, vm, index))
		return "GIC: ICC_CTLR_EL1 can't be read";
	errno = 0;
	if (size != count_rows(&pass, rows, nr) * sizeof(pass.values[0]))
		return "GIC: its interface has another number of registers here";
	memcpy(pass.values, bytes, size);
	return gic_rows(&pass, rows, nr);
}
