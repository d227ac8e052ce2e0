// SPDX-License-Identifier: GPL-2.0
/*
 * The virtualisation side of a host's GICv2: the list registers and the CPU interface's state behind
 * GICH, and where GICV is, which guests get as their CPU interface (IHI 0048, chapter 5).
 *
 * Runs at: host kernel; map and unmap in thread context, the rest on its CPU with interrupts off.
 * Owns: GICH of every CPU that EL2 was taken on.
 * Locks: none; GICH is banked, each CPU sees its own.
 *
 * All of vgic/ keeps a vCPU's interface in the format of GICv3 (struct av_gic_ctx). Here it is turned into
 * GICv2's, right before and after the RUN call: GICH is memory, so the host moves it as well as EL2 could, and the
 * interface can't signal to the host meanwhile (a virtual interrupt is taken only where HCR_EL2.IMO is set and TGE
 * is not, DDI 0487, D1.3.6).
 */
#include <linux/io.h>
#include <linux/irqchip/arm-gic.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include "host.h"
#include "include/arm_regs.h"
#include "include/vcpu_ctx.h"
#include "include/vgic_words.h"
#include "refuse.h"

#define PRI_BITS	5
#define MIN_GICH	SZ_4K
#define MIN_GICV	SZ_4K		/* its second page, GICV_DIR, is emulated where pages are of 4K */

/* GICH_LR<n> (5.3.8). State and CPUID stand in the same order as GICv3 has them. */
#define V2_LR_HW	BIT(31)
#define V2_LR_GROUP1	BIT(30)
#define V2_LR_EOI	BIT(19)
#define V2_LR_STATE(v)	AV_GET(v, 29, 28)

/* GICH_HCR without EOICount; ICH_HCR_EL2 has the same bits here, and traps above. */
#define V2_HCR(hcr)		((hcr) & GENMASK(7, 0))

/* What a CPU's interface held when we came. */
struct found {
	bool is_up;
	u32 hcr, vmcr, apr;
	u32 lr[AV_VGIC_MAX_LRS];
};

static DEFINE_PER_CPU(struct found, found);
static void __iomem *gich;
static u64 gicv_pa;
static bool offered;		/* on a GICv3 host: guests can have GICV all the same */
static u32 nr_lrs;

bool av_vgic_host_is_v2(void)
{
	return gich;
}

u64 av_vgic_v2_gicv(void)
{
	return gicv_pa;
}

static u32 read_gich(u32 offset)
{
	return readl_relaxed(gich + offset);
}

static void write_gich(u32 val, u32 offset)
{
	writel_relaxed(val, gich + offset);
}

static u32 lr_offset(u32 n)
{
	return GICH_LR0 + n * 4;
}

/* A guest gets whole pages: what else is in them would be the guest's too. */
static bool fills_pages(u64 gicv_base, u64 gicv_size)
{
	return gicv_size >= MIN_GICV && IS_ALIGNED(gicv_base | gicv_size, PAGE_SIZE);
}

/**
 * av_vgic_v2_map() - find out what the host's GICv2 can do
 * @gich_base: physical address of the virtual interface control registers
 * @gich_size: their size in bytes
 * @gicv_base: physical address of the virtual CPU interface
 * @gicv_size: its size
 * @vtr: takes what ICH_VTR_EL2 would say
 *
 * Context: module load. Return: 0; -ENODEV with a line in the log that says why guests can't use it, -ENOMEM.
 */
int av_vgic_v2_map(u64 gich_base, u64 gich_size, u64 gicv_base, u64 gicv_size, u64 *vtr)
{
	u32 found_vtr;

	if (gich_size < MIN_GICH || !fills_pages(gicv_base, gicv_size))
		return av_refuse_detail(AV_REFUSE_V2_PAGES, "GICH 0x%llx, GICV 0x%llx, of 0x%llx and 0x%llx bytes",
					gich_base, gicv_base, gich_size, gicv_size);
	gich = ioremap(gich_base, gich_size);
	if (!gich)
		return -ENOMEM;
	found_vtr = read_gich(GICH_VTR);
	/* Priorities of list registers have five bits (5.3.2). */
	if (AV_GET(found_vtr, 31, 29) != PRI_BITS - 1) {
		av_vgic_v2_unmap();
		return av_refuse_detail(AV_REFUSE_V2_REGIONS, "at 0x%llx is no GICH", gich_base);
	}
	nr_lrs = min_t(u32, AV_GET(found_vtr, 5, 0) + 1, AV_VGIC_MAX_LRS);
	gicv_pa = gicv_base;
	/* ICH_VTR_EL2 has its fields in the same places, but for a number of list registers that v3 can't have. */
	*vtr = (found_vtr & GENMASK(31, 26)) | (nr_lrs - 1);
	return 0;
}

/**
 * av_vgic_v2_offer() - a GICv3 host can serve guests with a GICv2, too
 * @gicv_base: physical address of the virtual CPU interface; 0: none is described
 * @gicv_size: its size
 *
 * Context: module load, after the CPU was found to do it. Return: whether guests can have it.
 */
bool av_vgic_v2_offer(u64 gicv_base, u64 gicv_size)
{
	gicv_pa = gicv_base;
	offered = gicv_base && fills_pages(gicv_base, gicv_size);
	return offered;
}

/* A CPU that came online can't do it. VMs that have one keep it, and must stay away from that CPU (caveat C2). */
void av_vgic_v2_withdraw(void)
{
	if (xchg(&offered, false))
		pr_warn("CPU %u has no GICv2 for guests; no more are made\n", smp_processor_id());
}

bool av_vgic_v2_is_offered(void)
{
	return gich || READ_ONCE(offered);
}

void av_vgic_v2_unmap(void)
{
	if (gich)
		iounmap(gich);
	gich = NULL;
	offered = false;
}

/* Module load, interrupts off: before anybody's first av_vgic_v2_cpu_up(). Group 0 is on or off: one is true. */
void av_vgic_v2_provoke(bool on)
{
	static u32 was;

	if (on) {
		was = read_gich(GICH_HCR);
		write_gich(ICH_HCR_EN | ICH_HCR_VGRP0EIE | ICH_HCR_VGRP0DIE, GICH_HCR);
	} else {
		write_gich(was, GICH_HCR);
	}
	/* Reads of a device are in order with the write: it has arrived. */
	read_gich(GICH_HCR);
}

static void clear_lrs(void)
{
	u32 i;

	for (i = 0; i < nr_lrs; i++)
		write_gich(0, lr_offset(i));
}

/* EL2 of this CPU was taken: keep what is there. After a power-down there is nothing to keep, only to clear. */
void av_vgic_v2_cpu_up(void)
{
	struct found *f = this_cpu_ptr(&found);
	u32 i;

	if (!f->is_up) {
		f->hcr = read_gich(GICH_HCR);
		f->vmcr = read_gich(GICH_VMCR);
		f->apr = read_gich(GICH_APR);
		for (i = 0; i < nr_lrs; i++)
			f->lr[i] = read_gich(lr_offset(i));
		f->is_up = true;
	}
	write_gich(0, GICH_HCR);
	clear_lrs();
}

void av_vgic_v2_cpu_down(void)
{
	struct found *f = this_cpu_ptr(&found);
	u32 i;

	if (!f->is_up)
		return;
	for (i = 0; i < nr_lrs; i++)
		write_gich(f->lr[i], lr_offset(i));
	write_gich(f->apr, GICH_APR);
	write_gich(f->vmcr, GICH_VMCR);
	write_gich(f->hcr, GICH_HCR);
	f->is_up = false;
}

/*
 * A list register of GICv3's in the format of GICv2: priorities of 5 bits. The source of an SGI is in bits 12:10
 * of both, as part of the INTID there (IHI 0069, 12.4.9, vINTID in legacy operation).
 */
static u32 lr_to_v2(u64 lr)
{
	u32 v2 = AV_PUT(AV_GET(lr, 63, 62), 29, 28) | AV_PUT(AV_GET(lr, 55, 51), 27, 23);

	if (lr & ICH_LR_GROUP1)
		v2 |= V2_LR_GROUP1;
	if (lr & ICH_LR_HW)
		return v2 | V2_LR_HW | AV_PUT(AV_GET(lr, 41, 32), 19, 10) | AV_GET(lr, 9, 0);
	if (lr & ICH_LR_EOI)
		v2 |= V2_LR_EOI;
	return v2 | AV_GET(lr, 12, 0);
}

/* Nothing for the guest, and nothing to be told of: the interface stays off. */
static bool is_idle(const struct av_gic_ctx *gic)
{
	return !gic->used_lrs && V2_HCR(gic->hcr) == ICH_HCR_EN;
}

/**
 * av_vgic_v2_enter() - give this CPU's interface to a vCPU
 * @gic: the vCPU's, after av_vgic_flush()
 *
 * Context: interrupts off, up to av_vgic_v2_leave(). GICH_VMCR and GICH_HCR have GICv3's layout. On a GICv3 host EL2
 * does it (el2/gic_v3.c).
 */
void av_vgic_v2_enter(const struct av_gic_ctx *gic)
{
	u32 i;

	if (!gich)
		return;
	write_gich(gic->vmcr, GICH_VMCR);
	write_gich(gic->ap1r[0], GICH_APR);
	if (is_idle(gic))
		return;
	for (i = 0; i < gic->used_lrs; i++)
		write_gich(lr_to_v2(gic->lr[i]), lr_offset(i));
	/* Last: the interface signals only with everything else in place. */
	write_gich(V2_HCR(gic->hcr), GICH_HCR);
}

/**
 * av_vgic_v2_leave() - take this CPU's interface back after the guest ran
 * @gic: the vCPU's, before av_vgic_sync()
 *
 * Context: interrupts off, as av_vgic_v2_enter(). The hardware changes nothing of a list register but its state.
 */
void av_vgic_v2_leave(struct av_gic_ctx *gic)
{
	u32 i, empty;

	if (!gich)
		return;
	gic->vmcr = read_gich(GICH_VMCR);
	gic->ap1r[0] = read_gich(GICH_APR);
	if (is_idle(gic))
		return;
	gic->hcr_exit = read_gich(GICH_HCR);
	/* Reads of list registers are slow. One that ended with its EOI bit set is not counted as empty (5.3.5). */
	empty = read_gich(GICH_ELRSR0);
	for (i = 0; i < gic->used_lrs; i++) {
		u64 state = 0;

		if (!(empty & BIT(i)))
			state = V2_LR_STATE(read_gich(lr_offset(i)));
		gic->lr[i] = (gic->lr[i] & ~ICH_LR_STATE) | AV_PUT(state, 63, 62);
		write_gich(0, lr_offset(i));
	}
	/* With it the maintenance interrupt goes away. */
	write_gich(0, GICH_HCR);
}
