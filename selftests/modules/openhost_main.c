// SPDX-License-Identifier: GPL-2.0
/*
 * A host that has opened what newer kernels open: trap controls of EL2 on every CPU, see openhost_set.S. What each CPU
 * had before is logged, so that a second load tells whether somebody has put back what the first one left.
 *
 * Runs at: host kernel, in tests; the hyp-stub must own EL2, or the host be at EL2 itself (VHE). Owns: nothing.
 */
#include <linux/cpu.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/virt.h>

u64 openhost_call(u64 entry, u64 found);
void openhost_set_vhe(u64 *found);
extern char openhost_set[];

static u64 *found;

/* EL2 reads and writes past the caches: nothing dirty may lie over it before, nothing stale after. */
static void to_memory(void *p, size_t size)
{
	char *c = p;

	for (; c < (char *)p + size; c += 16)
		asm volatile("dc civac, %0" : : "r" (c) : "memory");
	asm volatile("dsb sy" : : : "memory");
}

static void set_here(void *unused)
{
	u64 entry = page_to_phys(vmalloc_to_page(openhost_set)) + offset_in_page(openhost_set);

	if (is_kernel_in_hyp_mode()) {
		openhost_set_vhe(found);
		return;
	}
	to_memory(found, PAGE_SIZE);
	to_memory(openhost_set, 256);
	openhost_call(entry, virt_to_phys(found));
	to_memory(found, PAGE_SIZE);
}

static int __init openhost_load(void)
{
	unsigned int cpu;

	found = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!found)
		return -ENOMEM;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, set_here, NULL, true);
		pr_info("openhost: cpu%u mdcr=%llx hcrx=%llx hfgitr=%llx hdfgrtr=%llx\n", cpu, found[0],
			found[1], found[2], found[3]);
	}
	cpus_read_unlock();
	free_page((unsigned long)found);
	return 0;
}

static void __exit openhost_unload(void)
{
}

module_init(openhost_load);
module_exit(openhost_unload);
MODULE_DESCRIPTION("armvcpu test: a host that opens what EL2 can trap");
MODULE_LICENSE("GPL");
