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
#include <linux/of_address.h>
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

/* GICv2s that can have a virtual CPU interface (Devicetree binding arm,gic). */
static const struct of_device_id v2_nodes[] = {
	{ .compatible = "arm,gic-400" },
	{ .compatible = "arm,cortex-a15-gic" },
	{ .compatible = "arm,cortex-a7-gic" },
	{ .compatible = "arm,cortex-a9-gic" },
	{ .compatible = "qcom,msm-qgic2" },
	{ }
};

/* GICD, GICC, GICH, GICV */
#define V2_GICH		2
#define V2_GICV		3

static int map_v2(struct device_node *node)
{
	struct resource gich, gicv;

	if (of_address_to_resource(node, V2_GICH, &gich) ||
	    of_address_to_resource(node, V2_GICV, &gicv)) {
		pr_err(AV_NAME ": the host's GICv2 has no virtual CPU interface: GICH and GICV are missing from the \"reg\" of its node\n");
		return -ENODEV;
	}
	return av_vgic_v2_map(gich.start, resource_size(&gich), gicv.start, resource_size(&gicv));
}

/* The node of the GIC that the CPUs are wired to. NULL, with a message: there is none. */
static struct device_node *find_node(void)
{
	struct device_node *node;

	/* Without the system registers EL2 has nothing to report. */
	if (host_vtr)
		node = of_find_compatible_node(NULL, NULL, "arm,gic-v3");
	else
		node = of_find_matching_node(NULL, v2_nodes);
	if (!node)
		pr_err(AV_NAME ": no %s in the host's device tree\n", host_vtr ? "GICv3" : "GICv2");
	return node;
}

int av_vgic_host_init(void)
{
	struct device_node *node;
	unsigned int irq;
	int ret = 0;

	node = find_node();
	if (!node)
		return -ENODEV;
	if (!host_vtr)
		ret = map_v2(node);
	/* The node's first interrupt, in both bindings. */
	irq = irq_of_parse_and_map(node, 0);
	of_node_put(node);
	if (ret)
		return ret;
	if (!irq) {
		pr_err(AV_NAME ": the host's GIC has no maintenance interrupt\n");
		ret = -ENODEV;
		goto unmap;
	}
	maint_trigger = irq_get_trigger_type(irq) ?: IRQ_TYPE_LEVEL_HIGH;
	ret = __request_percpu_irq(irq, maintenance, 0, AV_NAME " vgic", &maint_cookie);
	if (ret) {
		pr_err(AV_NAME ": maintenance interrupt %u is taken (%d)\n", irq, ret);
		goto unmap;
	}
	maint_irq = irq;
	return 0;
unmap:
	av_vgic_v2_unmap();
	return ret;
}

void av_vgic_host_exit(void)
{
	if (maint_irq)
		free_percpu_irq(maint_irq, &maint_cookie);
	maint_irq = 0;
	av_vgic_v2_unmap();
}

void av_vgic_host_cpu_up(void)
{
	if (av_vgic_host_is_v2())
		av_vgic_v2_cpu_up();
	if (maint_irq)
		enable_percpu_irq(maint_irq, maint_trigger);
}

void av_vgic_host_cpu_down(void)
{
	if (maint_irq)
		disable_percpu_irq(maint_irq);
	if (av_vgic_host_is_v2())
		av_vgic_v2_cpu_down();
}
