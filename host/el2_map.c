// SPDX-License-Identifier: GPL-2.0
/*
 * EL2's own address space: the image, each CPU's stack and page, and the memory that the host lends. A VHE host
 * has EL2's addresses already: nothing is built there, and to lend is to do nothing.
 *
 * Runs at: host kernel. Owns: EL2's stage-1 tables, the pages of the EL2 image.
 * Locks: el2_lock around every change of the tables; EL2 reads them without.
 *
 * The windows are drawn in docs/el2-memory-map.md; addresses are include/el2_abi.h's.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "el2/door.h"
#include "el2/el2_symbols.h"
#include "el2_map.h"
#include "host.h"
#include "include/arm_regs.h"
#include "include/el2_abi.h"
#include "calls.h"
#include "pgtable.h"

/* Stage-1 descriptor attributes of the EL2 regime (DDI 0487, D8.3.2); one VA range: AP[1] is RES1. */
#define S1_ATTR_NORMAL		AV_PUT(0UL, 4, 2)	/* MAIR index 0 */
#define S1_AP1			AV_BIT(6)
#define S1_READ_ONLY		AV_BIT(7)
#define S1_INNER_SHAREABLE	AV_PUT(3UL, 9, 8)
#define S1_AF			AV_BIT(10)
#define S1_XN			AV_BIT(54)
#define S1_NORMAL		(S1_ATTR_NORMAL | S1_AP1 | S1_INNER_SHAREABLE | S1_AF)
#define S1_TEXT			(S1_NORMAL | S1_READ_ONLY)
#define S1_RODATA		(S1_NORMAL | S1_READ_ONLY | S1_XN)
#define S1_DATA			(S1_NORMAL | S1_XN)
#define S1_DEVICE		(AV_PUT(1UL, 4, 2) | S1_AP1 | S1_AF | S1_XN)	/* MAIR index 1 */

#define MAIR_NORMAL_WB		0xffUL
#define MAIR_DEVICE_NGNRE	AV_PUT(0x04UL, 15, 8)

/* TCR_EL2 with HCR_EL2.E2H = 0 (DDI 0487, D24.2.187): write-back, inner shareable walks. */
#define EL2_TCR_RES1		(AV_BIT(31) | AV_BIT(23))
#define EL2_TCR_WALKS		(AV_PUT(1UL, 9, 8) | AV_PUT(1UL, 11, 10) | AV_PUT(3UL, 13, 12))

static DEFINE_MUTEX(el2_lock);
static struct av_pgt el2_pgt;
static void *image;			/* the copy of the blob that EL2 runs */
static bool el2_live;			/* some CPU may hold translations: invalidate */

static void *table_alloc(void *cookie, unsigned int order)
{
	return (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
}

static void table_free(void *cookie, void *table, unsigned int order)
{
	free_pages((unsigned long)table, order);
}

static u64 table_pa(void *table)
{
	return virt_to_phys(table);
}

static void *table_va(u64 pa)
{
	return phys_to_virt(pa);
}

static void el2_invalidate(struct av_pgt *pgt, u64 ia, int level)
{
	if (el2_live)
		av_el2_broadcast(TLB_EL2, ia, 0, 0);
}

static const struct av_pgt_ops el2_ops = {
	.alloc = table_alloc,
	.free = table_free,
	.to_pa = table_pa,
	.to_va = table_va,
	.invalidate = el2_invalidate,
};

static size_t image_size(void)
{
	return PAGE_ALIGN(av_el2_blob_end - av_el2_blob);
}

/* Physical address of a place in the image, by its link address. */
static u64 image_pa(u64 link)
{
	return virt_to_phys(image) + (link - EL2_IMAGE_BASE);
}

static int map_image(void)
{
	u64 text = EL2_SYM_el2_text_end - EL2_IMAGE_BASE;
	u64 rodata = EL2_SYM_el2_rodata_end - EL2_SYM_el2_text_end;
	u64 data = EL2_IMAGE_BASE + image_size() - EL2_SYM_el2_rodata_end;
	int ret;

	ret = av_pgt_map(&el2_pgt, EL2_IMAGE_BASE, image_pa(EL2_IMAGE_BASE), text, S1_TEXT);
	/* Of either a compiler may have left nothing. */
	if (!ret && rodata)
		ret = av_pgt_map(&el2_pgt, EL2_SYM_el2_text_end, image_pa(EL2_SYM_el2_text_end),
				 rodata, S1_RODATA);
	if (!ret && data)
		ret = av_pgt_map(&el2_pgt, EL2_SYM_el2_rodata_end,
				 image_pa(EL2_SYM_el2_rodata_end), data, S1_DATA);
	/* The page of el2/init.S once more, where its physical address is its address. */
	if (!ret)
		ret = av_pgt_map(&el2_pgt, virt_to_phys(image), virt_to_phys(image), PAGE_SIZE,
				 S1_TEXT);
	return ret;
}

/**
 * av_el2_map_init() - build EL2's address space
 *
 * Context: module load, before EL2 is taken. Return: 0, -ENOMEM, or -ENODEV if the image's memory lies at a
 * physical address that the windows have no room for.
 */
int av_el2_map_init(void)
{
	int ret;

	if (av_host_is_vhe())
		return 0;
	ret = av_pgt_init(&el2_pgt, &el2_ops, NULL, PAGE_SHIFT, EL2_VA_BITS, false);
	if (ret)
		return ret;
	el2_pgt.exact = true;
	image = alloc_pages_exact(image_size(), GFP_KERNEL | __GFP_ZERO);
	if (!image) {
		ret = -ENOMEM;
		goto out;
	}
	memcpy(image, av_el2_blob, av_el2_blob_end - av_el2_blob);
	/* Executed with the MMU off: to the point of coherency; and as instructions (DDI 0487, D7.5.9). */
	av_clean_to_poc(image, image_size());
	av_caches_clean_inval_pou((unsigned long)image, (unsigned long)image + image_size());
	if (virt_to_phys(image) >> EL2_LENT_PA_BITS) {
		pr_err("armvcpu: memory at physical address %llx: EL2's address space has room for %d bits\n",
		       (u64)virt_to_phys(image), EL2_LENT_PA_BITS);
		ret = -ENODEV;
		goto out;
	}
	ret = map_image();
	if (!ret)
		return 0;
	pr_err("armvcpu: the EL2 image can't be mapped: error %d\n", ret);
out:
	av_el2_map_exit();
	return ret;
}

/* Undo av_el2_map_init(); EL2 has been given back on all CPUs. */
void av_el2_map_exit(void)
{
	if (av_host_is_vhe())
		return;
	if (image)
		free_pages_exact(image, image_size());
	image = NULL;
	av_pgt_destroy(&el2_pgt);
}

/* From now on a change of the tables must reach the TLBs; from now on not any more. */
void av_el2_map_set_live(bool live)
{
	el2_live = live;
}

static unsigned int granule_tg0(void)
{
	return PAGE_SHIFT == 12 ? 0 : PAGE_SHIFT == 16 ? 1 : 2;
}

/**
 * av_el2_map_params() - the values with which el2/init.S turns the MMU on
 * @params: filled but for stack and cpu
 */
void av_el2_map_params(struct el2_params *params)
{
	u64 mmfr0 = read_sysreg(id_aa64mmfr0_el1);

	params->ttbr0 = virt_to_phys(el2_pgt.root);
	params->tcr = EL2_TCR_RES1 | EL2_TCR_WALKS | (64 - EL2_VA_BITS) |
		      AV_PUT((u64)granule_tg0(), 15, 14) |
		      AV_PUT(min_t(u64, mmfr0 & 0xf, 5), 18, 16);
	params->mair = MAIR_NORMAL_WB | MAIR_DEVICE_NGNRE;
	params->sctlr = SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_WXN;
}

/**
 * av_el2_clean_for_take() - what a CPU reads and executes with EL2's MMU off reaches memory
 * @params: the CPU's
 *
 * The code has not changed since av_el2_map_init(); but hibernation's way back writes it anew, and cleans it to the
 * point of unification only, knowing of no other code than the kernel's that is executed so (swsusp_arch_suspend()).
 *
 * Context: before each take, on the CPU itself.
 */
void av_el2_clean_for_take(const struct el2_params *params)
{
	av_clean_to_poc(params, sizeof(*params));
	av_clean_to_poc(image, EL2_SYM_el2_idmap_end - EL2_IMAGE_BASE);
}

u64 av_el2_take_pa(void)
{
	return image_pa(EL2_SYM_el2_take_idmap);
}

u64 av_el2_release_pa(void)
{
	return image_pa(EL2_SYM_el2_release_idmap);
}

/* EL2 address of what the host lends; only of memory in the linear map. */
u64 av_el2_addr(const void *kva)
{
	return av_host_is_vhe() ? (u64)kva : EL2_LENT_BASE + virt_to_phys(kva);
}

/* Map one page of a CPU's window: which = EL2_CPU_PAGE_*. */
int av_el2_map_cpu(unsigned int cpu, unsigned int which, void *kva)
{
	u64 va = av_el2_cpu_window(cpu) + which * PAGE_SIZE;
	int ret;

	mutex_lock(&el2_lock);
	ret = av_pgt_map(&el2_pgt, va, virt_to_phys(kva), PAGE_SIZE, S1_DATA);
	mutex_unlock(&el2_lock);
	return ret;
}

/**
 * av_el2_map_device() - let EL2 access registers of a device
 * @pa: physical address, page-aligned
 * @size: bytes, whole pages
 * @va: takes EL2's address; 0 on a VHE host, where the kernel's own mapping does
 *
 * The mapping stays until av_el2_map_exit().
 *
 * Context: module load. Return: 0, -EINVAL for an address that the window has no room for, -ENOMEM.
 */
int av_el2_map_device(u64 pa, size_t size, u64 *va)
{
	int ret;

	*va = 0;
	if (av_host_is_vhe())
		return 0;
	if (!PAGE_ALIGNED(pa) || !PAGE_ALIGNED(size) || (pa + size) >> EL2_LENT_PA_BITS)
		return -EINVAL;
	mutex_lock(&el2_lock);
	ret = av_pgt_map(&el2_pgt, EL2_LENT_BASE + pa, pa, size, S1_DEVICE);
	/* As in av_el2_lend(). */
	dsb(ishst);
	mutex_unlock(&el2_lock);
	*va = EL2_LENT_BASE + pa;
	return ret;
}

/**
 * av_el2_lend() - let EL2 see memory of the host
 * @kva: page-aligned address in the linear map
 * @size: bytes, whole pages
 *
 * Context: may sleep. Return: 0, -EINVAL for memory that the window has no room for, -ENOMEM.
 */
int av_el2_lend(void *kva, size_t size)
{
	u64 pa = virt_to_phys(kva);
	int ret;

	if (av_host_is_vhe())
		return 0;
	if (!PAGE_ALIGNED(kva) || !PAGE_ALIGNED(size) || (pa + size) >> EL2_LENT_PA_BITS)
		return -EINVAL;
	mutex_lock(&el2_lock);
	ret = av_pgt_map(&el2_pgt, EL2_LENT_BASE + pa, pa, size, S1_DATA);
	/* A part may be mapped, and the caller frees the memory. Pages go without a table more. */
	if (ret)
		WARN_ON(av_pgt_unmap(&el2_pgt, EL2_LENT_BASE + pa, size));
	/* The walks of EL2 must see the entries before the address is used there (DDI 0487, D8.2.6). */
	dsb(ishst);
	mutex_unlock(&el2_lock);
	return ret;
}

/**
 * av_el2_reclaim() - end av_el2_lend(), before the memory is freed
 * @kva: as in av_el2_lend()
 * @size: as in av_el2_lend()
 *
 * Context: may sleep.
 */
void av_el2_reclaim(void *kva, size_t size)
{
	if (av_host_is_vhe())
		return;
	mutex_lock(&el2_lock);
	WARN_ON(av_pgt_unmap(&el2_pgt, EL2_LENT_BASE + virt_to_phys(kva), size));
	mutex_unlock(&el2_lock);
}
