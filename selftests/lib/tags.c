// SPDX-License-Identifier: GPL-2.0
/* Memory tagging in host and guest, see tags.h. */
#include <sys/prctl.h>

#include "tags.h"

#ifndef PR_SET_TAGGED_ADDR_CTRL
#define PR_SET_TAGGED_ADDR_CTRL	55
#define PR_TAGGED_ADDR_ENABLE	1UL
#endif
#define MTE_TCF_SYNC		(1UL << 1)
#define MTE_TAGS(mask)		((u64)(mask) << 3)	/* those that IRG may draw */

#define MAIR_TAGGED	(0xf0UL << 24)		/* attribute 3 */
#define BLOCK_TAGGED	0x70d

bool tags_offered(void)
{
	int fd = dev_open(), ret = check_cap(fd, KVM_CAP_ARM_MTE);

	close(fd);
	return ret > 0;
}

int tags_enable(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_MTE };

	return kioctlp(vm->fd, KVM_ENABLE_CAP, &cap);
}

bool tags_are_kept(void)
{
	u64 page = (u64)mmap(NULL, SZ_4K, PROT_READ | PROT_WRITE | PROT_MTE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool kept = false;

	if (page == (u64)MAP_FAILED)
		return false;
	tag_store(page, 5);
	tag_store(page + 2 * TAGS_GRANULE, 6);
	kept = tag_load(page) == 5;
	munmap((void *)page, SZ_4K);
	return kept;
}

void tags_use(u64 mask)
{
	if (prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE | MTE_TCF_SYNC | MTE_TAGS(mask), 0, 0, 0))
		die("PR_SET_TAGGED_ADDR_CTRL: %d", errno);
}

void *tags_mem(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_MTE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("PROT_MTE: %d", errno);
	return p;
}

struct vm *vm_create_tags(void)
{
	struct vm *vm = vm_create_guest();
	int ret = tags_enable(vm);

	if (ret)
		die("enabling tags: %d", ret);
	return vm;
}

void guest_tags_on(u64 tcf)
{
	write_sysreg(read_sysreg(mair_el1) | MAIR_TAGGED, mair_el1);
	WRITE_ONCE(guest_pgd[EXTRA_BASE >> 30], EXTRA_BASE | BLOCK_TAGGED);
	write_sysreg(read_sysreg(tcr_el1) | TCR_TBI0, tcr_el1);
	write_sysreg((read_sysreg(sctlr_el1) & ~SCTLR_TCF(3)) | SCTLR_ATA | SCTLR_TCF(tcf), sctlr_el1);
	asm volatile("dsb ishst\n\tisb\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	write_named(0, TCO);
}
