// SPDX-License-Identifier: GPL-2.0
/*
 * The host's interrupt controller and timer by its ACPI tables: MADT and GTDT (ACPI 6.5, 5.2.12 and 5.2.25).
 *
 * Runs at: host kernel, module load. Owns: nothing; interrupts that it maps stay mapped, as the kernel's own do.
 * Left out of the module where the kernel has no ACPI (Kbuild).
 *
 * The kernel's helpers that walk a table are gone after its start, so that the walk is done here; the tables are
 * firmware's and every length in them is checked.
 */
#include <linux/acpi.h>
#include <linux/sizes.h>

#include "describe.h"

typedef void entry_fn(const struct acpi_subtable_header *entry, struct av_host_desc *desc);

struct madt_row {
	u8 type;
	size_t min_size;
	entry_fn *read;
};

/* GICH and GICV have no size in the MADT; theirs is the architecture's (IHI 0048, 5.2 and 5.4). */
#define GICH_SIZE	SZ_4K
#define GICV_SIZE	SZ_8K

static void read_gicd(const struct acpi_subtable_header *entry, struct av_host_desc *desc)
{
	const struct acpi_madt_generic_distributor *gicd = (const void *)entry;

	switch (gicd->version) {
	case ACPI_MADT_GIC_VERSION_V2:
		desc->gic = 2;
		break;
	case ACPI_MADT_GIC_VERSION_V3:
	case ACPI_MADT_GIC_VERSION_V4:
		desc->gic = 3;
		break;
	default:
		/* "None": firmware of before ACPI 5.1's errata, and the CPU's own registers have to tell. */
		break;
	}
}

/*
 * Of the CPUs' entries the first one in use counts. The maintenance interrupt is the same PPI on all of them, or the
 * description is of no use.
 */
static void read_gicc(const struct acpi_subtable_header *entry, struct av_host_desc *desc)
{
	const struct acpi_madt_generic_interrupt *gicc = (const void *)entry;
	int mode, irq;

	if (!(gicc->flags & ACPI_MADT_ENABLED) || desc->maint_irq || !gicc->vgic_interrupt)
		return;
	mode = gicc->flags & ACPI_MADT_VGIC_IRQ_MODE ? ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE;
	irq = acpi_register_gsi(NULL, gicc->vgic_interrupt, mode, ACPI_ACTIVE_HIGH);
	if (irq > 0)
		desc->maint_irq = irq;
	desc->gich = gicc->gich_base_address;
	desc->gich_size = desc->gich ? GICH_SIZE : 0;
	desc->gicv = gicc->gicv_base_address;
	desc->gicv_size = desc->gicv ? GICV_SIZE : 0;
}

static const struct madt_row madt_rows[] = {
	{ ACPI_MADT_TYPE_GENERIC_DISTRIBUTOR, sizeof(struct acpi_madt_generic_distributor), read_gicd },
	/* Up to GICH and the maintenance interrupt, where ACPI 5.1 ends too. */
	{ ACPI_MADT_TYPE_GENERIC_INTERRUPT,
	  offsetofend(struct acpi_madt_generic_interrupt, vgic_interrupt), read_gicc },
};

static void read_madt_entry(const struct acpi_subtable_header *entry, struct av_host_desc *desc)
{
	const struct madt_row *row;

	for (row = madt_rows; row < madt_rows + ARRAY_SIZE(madt_rows); row++) {
		if (entry->type == row->type && entry->length >= row->min_size)
			row->read(entry, desc);
	}
}

static int read_madt(struct av_host_desc *desc)
{
	const struct acpi_subtable_header *entry;
	struct acpi_table_header *table;
	const void *pos, *end;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &table)))
		return -ENODEV;
	pos = (void *)table + sizeof(struct acpi_table_madt);
	end = (void *)table + table->length;
	while (pos + sizeof(*entry) <= end) {
		entry = pos;
		if (entry->length < sizeof(*entry) || pos + entry->length > end)
			break;
		read_madt_entry(entry, desc);
		pos += entry->length;
	}
	acpi_put_table(table);
	return 0;
}

/* 0: not described */
static unsigned int timer_irq(u32 intid, u32 flags)
{
	int mode = flags & ACPI_GTDT_INTERRUPT_MODE ? ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE;
	int polarity = flags & ACPI_GTDT_INTERRUPT_POLARITY ? ACPI_ACTIVE_LOW : ACPI_ACTIVE_HIGH;
	int irq = intid ? acpi_register_gsi(NULL, intid, mode, polarity) : 0;

	return irq > 0 ? irq : 0;
}

static void read_gtdt(struct av_host_desc *desc)
{
	struct acpi_table_header *table;
	const struct acpi_table_gtdt *gtdt;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0, &table)))
		return;
	gtdt = (const void *)table;
	if (table->length >= offsetofend(struct acpi_table_gtdt, virtual_timer_flags)) {
		desc->vtimer_irq = timer_irq(gtdt->virtual_timer_interrupt, gtdt->virtual_timer_flags);
		desc->ptimer_irq = timer_irq(gtdt->non_secure_el1_interrupt, gtdt->non_secure_el1_flags);
	}
	acpi_put_table(table);
}

static int read_acpi(struct av_host_desc *desc)
{
	int ret = read_madt(desc);

	if (!ret)
		read_gtdt(desc);
	return ret;
}

static unsigned int map_ppi(u32 intid)
{
	unsigned int irq;
	int ret;

	/* One that is there keeps the trigger that it was given. */
	if (!acpi_gsi_to_irq(intid, &irq))
		return irq;
	ret = acpi_register_gsi(NULL, intid, ACPI_LEVEL_SENSITIVE, ACPI_ACTIVE_HIGH);
	return ret > 0 ? ret : 0;
}

const struct av_describe_source av_describe_acpi = {
	.read = read_acpi,
	.map_ppi = map_ppi,
};
