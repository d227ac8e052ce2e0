/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's physical address map. Every test program is linked at RAM_BASE,
 * and vm_load_image() copies the whole program there: an address means the same
 * thing to the host half and to the guest half (which has it as IPA and, with
 * the MMU on, as VA). Included by assembly too.
 */
#ifndef SELFTESTS_LAYOUT_H
#define SELFTESTS_LAYOUT_H

#ifdef __ASSEMBLER__
#define ADDR_UL(x)	x
#else
#define ADDR_UL(x)	x##UL
#endif

#define GICD_BASE	ADDR_UL(0x08000000)
#define GICC_BASE	ADDR_UL(0x08010000)	/* of a GICv2 */
#define GICR_BASE	ADDR_UL(0x080a0000)
#define GICR_STRIDE	ADDR_UL(0x20000)
#define UCALL_IPA	ADDR_UL(0x09000000)	/* never backed: an access is an MMIO exit */
#define MMIO_IPA	ADDR_UL(0x0a000000)	/* never backed: free for the tests' devices */
#define RAM_BASE	ADDR_UL(0x40000000)
#define RAM_SIZE	ADDR_UL(0x01000000)
#define EXTRA_BASE	ADDR_UL(0x80000000)	/* free for the tests' memslots, normal memory */

/* Per vCPU, from the top of RAM downwards: struct guest_cpu, stack above it. */
#define CPU_AREA_SIZE	ADDR_UL(0x8000)

/* Offsets into struct guest_cpu, checked in guest.c. */
#define GC_STACK	0
#define GC_FN		8
#define GC_ARG		16
#define GC_FLAGS	24

#define GC_FLAG_MMU_BIT	0		/* turn MMU and caches on before fn */

#endif
