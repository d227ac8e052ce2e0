// SPDX-License-Identifier: GPL-2.0
/*
 * Find the host's redistributors, one for each CPU.
 *
 * Runs at: host kernel, module load and unload. Owns: the mappings of the regions, av_redist of each CPU.
 * Locks: none.
 */
#include <linux/acpi.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <asm/cputype.h>

#include "el2_map.h"
#include "include/arm_regs.h"
#include "redist.h"
#include "redist_rules.h"

#define MAX_REGIONS		64
#define RD_FRAME		AV_RD_FRAME
#define GICR_TYPER		0x0008
#define TYPER_AFFINITY(v)	AV_GET(v, 63, 32)
#define GICR_PIDR2		0xffe8
#define PIDR2_ARCH(v)		AV_GET((u64)(v), 7, 4)

DEFINE_PER_CPU(void __iomem *, av_redist);
static DEFINE_PER_CPU(u64, redist_el2);

static struct region {
	void __iomem *base;
	u64 pa, size;
} regions[MAX_REGIONS];
static unsigned int nr_regions;
static u64 stride;		/* 0: as GICR_TYPER says */

u64 av_redist_el2_addr(unsigned int cpu)
{
	return per_cpu(redist_el2, cpu);
}

static void add_region(u64 pa, u64 size)
{
	struct region *r = &regions[nr_regions];

	if (nr_regions == MAX_REGIONS || !pa || size < 2 * RD_FRAME)
		return;
	r->base = ioremap(pa, size);
	if (!r->base)
		return;
	r->pa = pa;
	r->size = size;
	nr_regions++;
}

/* The one that is in use: nothing need answer at another's addresses. */
static struct device_node *find_gic(void)
{
	struct device_node *node;

	for_each_compatible_node(node, NULL, "arm,gic-v3") {
		if (of_device_is_available(node))
			return node;
	}
	return NULL;
}

/* "reg" is the distributor, then the redistributor regions (Devicetree binding arm,gic-v3). */
static void regions_by_device_tree(void)
{
	struct device_node *node = find_gic();
	struct resource res;
	u32 i, nr = 1;

	if (!node)
		return;
	of_property_read_u32(node, "#redistributor-regions", &nr);
	if (of_property_read_u64(node, "redistributor-stride", &stride))
		stride = 0;
	if (!av_redist_stride_is_valid(stride))
		nr = 0;
	for (i = 0; i < nr && !of_address_to_resource(node, 1 + i, &res); i++)
		add_region(res.start, resource_size(&res));
	of_node_put(node);
}

#ifdef CONFIG_ACPI
/* MADT: regions (type GICR), or one redistributor in each CPU's GICC (ACPI 6.5, 5.2.12.14 and 17). */
static void regions_by_acpi(void)
{
	struct acpi_madt_generic_redistributor *gicr;
	struct acpi_madt_generic_interrupt *gicc;
	struct acpi_subtable_header *entry;
	struct acpi_table_header *madt;
	u8 *at, *end;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &madt)))
		return;
	at = (u8 *)madt + sizeof(struct acpi_table_madt);
	end = (u8 *)madt + madt->length;
	for (; at + sizeof(*entry) <= end; at += entry->length) {
		entry = (struct acpi_subtable_header *)at;
		if (entry->length < sizeof(*entry) || at + entry->length > end)
			break;
		if (entry->type == ACPI_MADT_TYPE_GENERIC_REDISTRIBUTOR && entry->length >= sizeof(*gicr)) {
			gicr = (void *)at;
			add_region(gicr->base_address, gicr->length);
		} else if (entry->type == ACPI_MADT_TYPE_GENERIC_INTERRUPT &&
			   entry->length >= offsetofend(struct acpi_madt_generic_interrupt, gicr_base_address)) {
			gicc = (void *)at;
			/* That of a core which is not there may have no power, and a read of it would be an abort. */
			if (gicc->flags & ACPI_MADT_ENABLED)
				add_region(gicc->gicr_base_address, 2 * RD_FRAME);
		}
	}
	acpi_put_table(madt);
}
#else
static void regions_by_acpi(void)
{
}
#endif

/* MPIDR_EL1's affinity in the layout of GICR_TYPER. */
static u32 typer_affinity(u64 mpidr)
{
	return AV_GET(mpidr, 39, 32) << 24 | AV_GET(mpidr, 23, 0);
}

/* The frame of a CPU in a region, up to the one that says it is the last; its offset, or -1. */
static s64 find_in(const struct region *r, u32 affinity)
{
	u64 at, typer, step;

	for (at = 0; at + 2 * RD_FRAME <= r->size; at += step) {
		u32 arch = PIDR2_ARCH(readl_relaxed(r->base + at + GICR_PIDR2));

		if (arch != 3 && arch != 4)
			break;
		typer = readq_relaxed(r->base + at + GICR_TYPER);
		if (TYPER_AFFINITY(typer) == affinity)
			return at;
		step = av_redist_step(typer, stride);
		if (!step)
			break;
	}
	return -1;
}

/* This CPU comes up; its hotplug thread. */
void av_redist_cpu_up(unsigned int cpu)
{
	u32 affinity = typer_affinity(read_cpuid_mpidr());
	unsigned int i;
	s64 at = -1;
	u64 el2;

	if (per_cpu(av_redist, cpu))
		return;
	for (i = 0; i < nr_regions; i++) {
		at = find_in(&regions[i], affinity);
		if (at >= 0)
			break;
	}
	if (at < 0 || av_el2_map_device(regions[i].pa + at + RD_FRAME, RD_FRAME, &el2))
		return;
	per_cpu(redist_el2, cpu) = el2 ?: (u64)(uintptr_t)(regions[i].base + at + RD_FRAME);
	per_cpu(av_redist, cpu) = regions[i].base + at + RD_FRAME;
}

/* Module load: where they are. Nothing found is no error. */
void av_redist_init(void)
{
	regions_by_device_tree();
	if (!nr_regions)
		regions_by_acpi();
}

/* EL2's mappings go with its tables. */
void av_redist_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(av_redist, cpu) = NULL;
		per_cpu(redist_el2, cpu) = 0;
	}
	while (nr_regions)
		iounmap(regions[--nr_regions].base);
}
