// SPDX-License-Identifier: GPL-2.0
/*
 * The host's own GIC: what it can do, and its maintenance interrupt.
 *
 * Runs at: host kernel; init and exit in thread context, cpu_up and cpu_down on their CPU with
 * interrupts off.
 * Owns: the maintenance interrupt of the host.
 * Locks: none; the module's load and unload, and CPU hotplug, are serialised by the caller.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/percpu.h>

#include "internal.h"

static u64 host_vtr;			/* ICH_VTR_EL2, the same on all CPUs */
static unsigned int maint_irq;		/* 0: none claimed */
static unsigned int maint_trigger;
static DEFINE_PER_CPU(unsigned long, maint_cookie);

u64 av_vgic_host_vtr(void)
{
	return host_vtr;
}

void av_vgic_host_set_vtr(u64 vtr)
{
	host_vtr = vtr;
}

/*
 * The interrupt only has to bring the CPU out of the guest. EL2 switches ICH_HCR_EL2 off on the
 * way, which takes the line down; the list registers are looked at by sync.
 */
static irqreturn_t maintenance(int irq, void *cookie)
{
	return IRQ_HANDLED;
}

/* The node's first interrupt (Devicetree binding arm,gic-v3). 0: there is none. */
static unsigned int find_irq(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "arm,gic-v3");
	unsigned int irq;

	if (!node) {
		pr_err(AV_NAME ": no GICv3 in the host's device tree\n");
		return 0;
	}
	irq = irq_of_parse_and_map(node, 0);
	of_node_put(node);
	if (!irq)
		pr_err(AV_NAME ": the host's GIC has no maintenance interrupt\n");
	return irq;
}

int av_vgic_host_init(void)
{
	unsigned int irq;
	int ret;

	/* PRIbits, bits 31:29, is 4 or more where there is a virtual CPU interface. */
	if (!host_vtr) {
		pr_err(AV_NAME ": the host's GIC has no virtual CPU interface\n");
		return -ENODEV;
	}
	irq = find_irq();
	if (!irq)
		return -ENODEV;
	maint_trigger = irq_get_trigger_type(irq) ?: IRQ_TYPE_LEVEL_HIGH;
	ret = __request_percpu_irq(irq, maintenance, 0, AV_NAME " vgic", &maint_cookie);
	if (ret) {
		pr_err(AV_NAME ": maintenance interrupt %u is taken (%d)\n", irq, ret);
		return ret;
	}
	maint_irq = irq;
	return 0;
}

void av_vgic_host_exit(void)
{
	if (maint_irq)
		free_percpu_irq(maint_irq, &maint_cookie);
	maint_irq = 0;
}

void av_vgic_host_cpu_up(void)
{
	if (maint_irq)
		enable_percpu_irq(maint_irq, maint_trigger);
}

void av_vgic_host_cpu_down(void)
{
	if (maint_irq)
		disable_percpu_irq(maint_irq);
}
