/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What device tree, ACPI and the module's parameters say of the host's interrupt controller and timer.
 *
 * Runs at: host kernel. Owns: the layout of struct av_host_desc.
 */
#ifndef AV_DESCRIBE_H
#define AV_DESCRIBE_H

#include <linux/types.h>

/* Linux interrupt numbers, physical addresses. 0: not described. */
struct av_host_desc {
	unsigned int gic;		/* its version: 2, or 3 for GICv3 and GICv4 */
	unsigned int maint_irq;
	unsigned int vtimer_irq;
	unsigned int ptimer_irq;
	bool maint_given;		/* by parameter */
	bool other_intc;		/* no GIC, but an interrupt controller of another kind */
	u32 timer_rate;			/* Hz; in a device tree only, instead of CNTFRQ_EL0 */
	/* GICv2: its virtual interface control registers; GICv2, and some GICv3: its virtual CPU interface */
	phys_addr_t gich, gich_size;
	phys_addr_t gicv, gicv_size;
};

/**
 * av_describe_init() - read the description; parameters win
 *
 * Context: module load, may sleep. Return: 0, or an error after a line in the log: a parameter is wrong, or no GIC is
 * described. An interrupt or a region that is missing is no error here: who needs it refuses.
 */
int av_describe_init(void);
const struct av_host_desc *av_host_desc(void);

/* The source of the description, by describe_acpi.c or describe_of.c; describe.c only. */
struct av_describe_source {
	int (*read)(struct av_host_desc *desc);
	/* The Linux interrupt of PPI intid (16 to 31), made if it isn't there; 0 */
	unsigned int (*map_ppi)(u32 intid);
};

extern const struct av_describe_source av_describe_of;
#ifdef CONFIG_ACPI
extern const struct av_describe_source av_describe_acpi;
#endif

#endif
