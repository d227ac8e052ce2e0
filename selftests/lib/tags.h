/* SPDX-License-Identifier: GPL-2.0 */
/* Memory tagging (FEAT_MTE2), for host and guest. */
#ifndef SELFTESTS_TAGS_H
#define SELFTESTS_TAGS_H

#include "vm.h"

#ifndef HWCAP2_MTE
#define HWCAP2_MTE		(1UL << 18)
#endif
#ifndef PROT_MTE
#define PROT_MTE		0x20
#endif

#define TAGS_GRANULE		16UL
#define TAGS_REGS		4	/* RGSR, GCR, TFSR, TFSRE0 */
#define TAGS_REG(n)		\
	((n) < 2 ? ARM64_SYS_REG(3, 0, 1, 0, 5 + (n)) : ARM64_SYS_REG(3, 0, 5, 6, (n) - 2))
#define TAGS_PFR1		ARM64_SYS_REG(3, 0, 0, 4, 1)

/* As the assembler knows them without the extension */
#define RGSR_EL1		S3_0_C1_C0_5
#define GCR_EL1			S3_0_C1_C0_6
#define TFSR_EL1		S3_0_C5_C6_0
#define TFSRE0_EL1		S3_0_C5_C6_1
#define GMID_EL1		S3_1_C0_C0_4
#define TCO			S3_3_C4_C2_7
#define read_named(name)	read_sysreg_named(name)
#define read_sysreg_named(name)	read_sysreg(name)
#define write_named(v, name)	write_sysreg_named(v, name)
#define write_sysreg_named(v, name)	write_sysreg(v, name)

#define SCTLR_ATA		(1UL << 43)
#define SCTLR_TCF(n)		((u64)(n) << 40)	/* 1: synchronous, 2: accumulated */
#define TCR_TBI0		(1UL << 37)
#define FSC_TAG			0x11

#define TAGGED(addr, tag)	((addr) | (u64)(tag) << 56)

/* lib/tags_insns.S: the 16 bytes at an address */
u64 tag_load(u64 addr);
void tag_store(u64 addr, u64 tag);
u64 tag_draw(u64 addr, u64 exclude);	/* the tag that IRG gives */

/* lib/tags.c, host */
bool tags_offered(void);
int tags_enable(struct vm *vm);
bool tags_are_kept(void);		/* by the machine: not by QEMU 7.2, which stores all of a page's in one place */
void tags_use(u64 mask);			/* this thread may have tags, checked, and draws those in mask */
void *tags_mem(size_t size);		/* memory that has them */
struct vm *vm_create_tags(void);	/* vm_create_guest(), with tags */

/* Guest: memory from EXTRA_BASE on is tagged, and checked as TCF says. */
void guest_tags_on(u64 tcf);

#endif
