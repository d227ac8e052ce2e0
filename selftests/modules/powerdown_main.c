// SPDX-License-Identifier: GPL-2.0
/*
 * A platform that powers CPUs down, for machines without: suspend to RAM as the kernel does it, and the way into and
 * out of a deep idle state, where the only thing that is missing is the loss of power itself. What that costs EL2 is
 * done by hand: registers that no kernel sets up when a CPU comes back get nonsense (powerdown_lose.S).
 *
 * Once it is loaded, "deep" is there in /sys/power/mem_sleep, with all levels of pm_test. A number written to
 * /sys/module/powerdown/parameters/idle lets each online CPU go down and come back so many times.
 *
 * Runs at: host kernel, in tests; EL2 must be the hyp-stub's when the CPU goes down, or the host be at EL2 (VHE).
 * Owns: the suspend operations.
 */
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>
#include <asm/virt.h>

u64 powerdown_call(u64 entry);
void powerdown_lose_vhe(void);
extern char powerdown_lose[];

/* Interrupts off. */
static void lose_el2(void)
{
	u64 entry = page_to_phys(vmalloc_to_page(powerdown_lose)) + offset_in_page(powerdown_lose);

	if (is_kernel_in_hyp_mode())
		powerdown_lose_vhe();
	else
		powerdown_call(entry);
}

/* The last CPU, after the syscore operations, and the CPU PM notifiers with them. */
static int enter(suspend_state_t state)
{
	lose_el2();
	return 0;
}

static const struct platform_suspend_ops ops = {
	.valid = suspend_valid_only_mem,
	.enter = enter,
};

static long idle_on_cpu(void *unused)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = cpu_pm_enter();
	if (!ret) {
		lose_el2();
		cpu_pm_exit();
	}
	local_irq_restore(flags);
	return ret;
}

static int idle_set(const char *value, const struct kernel_param *param)
{
	unsigned int rounds, cpu;
	int ret = kstrtouint(value, 0, &rounds);

	cpus_read_lock();
	while (!ret && rounds--) {
		for_each_online_cpu(cpu) {
			ret = work_on_cpu(cpu, idle_on_cpu, NULL);
			if (ret)
				break;
		}
	}
	cpus_read_unlock();
	return ret;
}

static const struct kernel_param_ops idle_ops = { .set = idle_set };
module_param_cb(idle, &idle_ops, NULL, 0200);
MODULE_PARM_DESC(idle, "so many power-downs on each online CPU, now");

static int __init powerdown_load(void)
{
	char *c = powerdown_lose;

	/* Fetched with the MMU off. */
	for (; c < powerdown_lose + 512; c += 16)
		asm volatile("dc civac, %0" : : "r" (c) : "memory");
	asm volatile("dsb sy" : : : "memory");
	suspend_set_ops(&ops);
	return 0;
}

/* Stays for good: nothing takes suspend operations back from the kernel. */
module_init(powerdown_load);
MODULE_DESCRIPTION("armvcpu test: CPUs that lose EL2");
MODULE_LICENSE("GPL");
