// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt controller's state for a reader (debugfs), in words of the GIC architecture.
 *
 * Runs at: host kernel, thread context. Owns: nothing.
 * Locks: none; a picture of a running VM may be a little skewed.
 */
#include <linux/seq_file.h>

#include "internal.h"

static void show_irq(struct seq_file *seq, const struct av_vgic_block *b, u32 intid)
{
	u32 bit = BIT(intid % 32);

	seq_printf(seq, "  %4u %-5s %c%c%c%c%c%c  %c  0x%02x", intid,
		   b->edge & bit ? "edge" : "level",
		   b->latch & bit ? 'P' : '-', b->line & bit ? 'L' : '-',
		   b->enabled & bit ? 'E' : '-', b->active & bit ? 'A' : '-',
		   b->in_lr & bit ? 'R' : '-', b->hw & bit ? 'H' : '-',
		   b->group1 & bit ? '1' : '0', b->prio[intid % 32]);
}

/* Worth a line: somebody enabled it, or something is going on. */
static u32 used(const struct av_vgic_block *b)
{
	return b->enabled | b->latch | b->line | b->active | b->in_lr;
}

static void show_vcpu(struct seq_file *seq, struct av_vcpu *vcpu)
{
	const struct av_vgic_priv *priv = vcpu->vgic.priv;
	const struct av_gic_ctx *gic = &vcpu->ctx->gic;
	u32 left;

	seq_printf(seq, "vcpu %u: redistributor, VMCR 0x%08x HCR 0x%08x AP1R0 0x%08x, %u list registers%s\n",
		   vcpu->id, gic->vmcr, gic->hcr, gic->ap1r[0], gic->used_lrs, priv->lpi_ctlr ? ", LPIs on" : "");
	for (left = used(&priv->block); left; left &= left - 1) {
		u32 n = __ffs(left);

		show_irq(seq, &priv->block, n);
		if (priv->block.hw & BIT(n))
			seq_printf(seq, "  physical %u", priv->pintid[n]);
		if (n < AV_VGIC_SGIS && vcpu->vm->vgic.is_v2)
			seq_printf(seq, "  pending from 0x%02x", vcpu->vgic.sgi_sources[n]);
		seq_putc(seq, '\n');
	}
}

static void show_spis(struct seq_file *seq, struct av_vm *vm)
{
	const struct av_vgic_spis *spis = vm->vgic.spis;
	u32 n, left;

	for (n = 1; n < spis->nr_irqs / 32; n++)
		for (left = used(&spis->block[n]); left; left &= left - 1) {
			u32 intid = n * 32 + __ffs(left);

			show_irq(seq, &spis->block[n], intid);
			seq_printf(seq, "  route 0x%06x", spis->route[intid]);
			if (spis->block[n].held & BIT(intid % 32))
				seq_printf(seq, "  at vcpu index %u", spis->owner[intid]);
			seq_putc(seq, '\n');
		}
}

static void show_lpis(struct seq_file *seq, struct av_vm *vm)
{
	const struct av_vgic_lpis *part;
	u32 base, n, left;

	seq_printf(seq, "LPIs: configuration at 0x%llx\n", vm->vgic.propbaser);
	for (base = AV_VGIC_LPI_FIRST; base < AV_VGIC_LPI_END && !seq_has_overflowed(seq); base += AV_LPI_PART) {
		cond_resched();
		part = av_lpi_part(vm, base);
		for (n = 0; part && n < AV_LPI_PART; n += 32)
			for (left = part->block[n / 32].mapped; left; left &= left - 1) {
				u32 i = n + __ffs(left);

				show_irq(seq, &part->block[n / 32], base + i);
				seq_printf(seq, "  for vcpu index %u, %u events\n", part->target[i], part->maps[i]);
			}
	}
}

void av_vgic_show(struct seq_file *seq, struct av_vm *vm)
{
	const struct av_vgic_dist *dist = &vm->vgic;
	struct av_vcpu *vcpu;
	u32 r, nr;
	int i;

	if (!av_vgic_initialized(vm)) {
		seq_printf(seq, "GIC: %s\n", !dist->created ? "none" :
			   dist->is_v2 ? "GICv2, not initialised" : "GICv3, not initialised");
		return;
	}
	seq_printf(seq, "GIC: GICv%u, %u interrupts, CTLR 0x%x, distributor at 0x%llx%s\n",
		   dist->is_v2 ? 2 : 3, dist->spis->nr_irqs, dist->spis->ctlr, dist->dist_base,
		   dist->ready ? "" : ", not ready");
	if (dist->is_v2)
		seq_printf(seq, "CPU interface at 0x%llx\n", dist->cpu_base);
	/* Pairs with add_region(): the entries below it. */
	nr = smp_load_acquire(&dist->nr_regions);
	for (r = 0; r < nr; r++)
		seq_printf(seq, "redistributors from 0x%llx, %u frames\n", dist->regions[r].base,
			   dist->regions[r].count);
	seq_puts(seq, "P latch, L line, E enabled, A active, R in a list register, H hardware; group; priority\n");
	av_for_each_vcpu(i, vcpu, vm)
		show_vcpu(seq, vcpu);
	seq_puts(seq, "distributor\n");
	show_spis(seq, vm);
	if (av_vgic_has_its(vm)) {
		show_lpis(seq, vm);
		av_vgic_its_show(seq, vm);
	}
}
