// SPDX-License-Identifier: GPL-2.0
/*
 * Log EL2's registers of every CPU: the proof that rmmod armvcpu gives back what insmod found.
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

u64 el2regs_call(u64 entry, u64 array);
void el2regs_read_vhe(u64 *array);
extern char el2regs_read[];

static const char * const names[] = {
	"SCTLR", "TCR", "MAIR", "AMAIR", "TTBR0", "VBAR", "SP", "TPIDR", "HCR", "CPTR", "MDCR",
	"HSTR", "HACR", "ACTLR", "CNTHCTL", "CNTVOFF", "CNTHP_CTL", "CNTHP_CVAL", "VTTBR", "VTCR",
	"VPIDR", "VMPIDR", "FAR", "HPFAR", "AFSR0", "AFSR1", "ICC_SRE", "ICH_HCR", "ICH_VMCR",
	"ICH_AP0R0", "ICH_AP1R0", "ICH_LR0", "ICH_LR1", "ICH_LR2", "ICH_LR3", "CNTV_CTL",
	"CNTV_CVAL", "CNTP_CTL", "CNTP_CVAL",
};

static u64 *values;

/* EL2 reads and writes past the caches: nothing dirty may lie over it before, nothing stale after. */
static void to_memory(void *p, size_t size)
{
	char *c = p;

	for (; c < (char *)p + size; c += 16)
		asm volatile("dc civac, %0" : : "r" (c) : "memory");
	asm volatile("dsb sy" : : : "memory");
}

static void read_here(void *unused)
{
	u64 entry = page_to_phys(vmalloc_to_page(el2regs_read)) + offset_in_page(el2regs_read);

	if (is_kernel_in_hyp_mode()) {
		el2regs_read_vhe(values);
		return;
	}
	to_memory(values, sizeof(u64) * ARRAY_SIZE(names));
	to_memory(el2regs_read, 512);
	el2regs_call(entry, virt_to_phys(values));
	to_memory(values, sizeof(u64) * ARRAY_SIZE(names));
}

static int __init el2regs_load(void)
{
	unsigned int cpu, i;

	values = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!values)
		return -ENOMEM;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_here, NULL, true);
		for (i = 0; i < ARRAY_SIZE(names); i++)
			pr_info("el2regs: cpu%u %s %016llx\n", cpu, names[i], values[i]);
	}
	cpus_read_unlock();
	kfree(values);
	return 0;
}

static void __exit el2regs_unload(void)
{
}

module_init(el2regs_load);
module_exit(el2regs_unload);
MODULE_DESCRIPTION("armvcpu test: log EL2's registers");
MODULE_LICENSE("GPL");
