// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody who speaks to the hyp-stub while armvcpu has EL2 (Documentation/virt/kvm/arm/hyp-abi.rst): another
 * hypervisor, a debugger, a driver for kexec. The number of a CPU, written to a file of
 * /sys/module/stubcall/parameters, lets it make that call:
 *   restart	HVC_SOFT_RESTART into code that goes right back
 *   vectors	HVC_SET_VECTORS: from then on EL2 belongs to vectors that answer 0 to everything
 *   reset	HVC_RESET_VECTORS
 *
 * Runs at: host kernel at EL1 (nVHE), in tests. Owns: EL2 of the CPUs of "vectors", until they go offline.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <asm/virt.h>

u64 stubcall(u64 id, u64 arg);
extern char stubcall_restarted[], stubcall_vectors[];

static u64 pa_of(char *text)
{
	return page_to_phys(vmalloc_to_page(text)) + offset_in_page(text);
}

static void restart_here(void *answer)
{
	*(u64 *)answer = stubcall(HVC_SOFT_RESTART, pa_of(stubcall_restarted));
}

static void vectors_here(void *answer)
{
	*(u64 *)answer = stubcall(HVC_SET_VECTORS, pa_of(stubcall_vectors));
}

static void reset_here(void *answer)
{
	*(u64 *)answer = stubcall(HVC_RESET_VECTORS, 0);
}

static int call_set(const char *value, const struct kernel_param *param)
{
	unsigned int cpu;
	u64 answer = 0;
	int ret = kstrtouint(value, 0, &cpu);

	ret = ret ?: smp_call_function_single(cpu, param->arg, &answer, true);
	return ret ?: answer ? -EIO : 0;
}

static const struct kernel_param_ops call_ops = { .set = call_set };
module_param_cb(restart, &call_ops, restart_here, 0200);
MODULE_PARM_DESC(restart, "SOFT_RESTART on this CPU, now");
module_param_cb(vectors, &call_ops, vectors_here, 0200);
MODULE_PARM_DESC(vectors, "SET_VECTORS on this CPU, now");
module_param_cb(reset, &call_ops, reset_here, 0200);
MODULE_PARM_DESC(reset, "RESET_VECTORS on this CPU, now");

static int __init stubcall_load(void)
{
	char *c = stubcall_restarted;

	if (is_kernel_in_hyp_mode())
		return -ENODEV;
	/* Fetched with the MMU off. */
	for (; c < stubcall_restarted + 4096; c += 16)
		asm volatile("dc civac, %0" : : "r" (c) : "memory");
	asm volatile("dsb sy" : : : "memory");
	return 0;
}

/* Stays for good: a CPU may be in its vectors. */
module_init(stubcall_load);
MODULE_DESCRIPTION("armvcpu test: somebody else who wants EL2");
MODULE_LICENSE("GPL");
