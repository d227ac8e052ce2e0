// SPDX-License-Identifier: GPL-2.0
/*
 * A platform that powers CPUs down, for machines without: suspend to RAM as the kernel does it, and the way into and
 * out of a deep idle state, where the only thing that is missing is the loss of power itself. What that costs EL2 is
 * done by hand: registers that no kernel sets up when a CPU comes back get nonsense (powerdown_lose.S).
 *
 * Once it is loaded, "deep" is there in /sys/power/mem_sleep, with all levels of pm_test. In
 * /sys/module/powerdown/parameters:
 *   idle	a number: each online CPU goes down and comes back so many times
 *   unheard	a number: that CPU goes down and comes back, and nobody is told (CPU PM)
 *   at		a function of the kernel: each CPU that comes to call it goes down there and comes back, as it could
 *		wherever a task sleeps; CPU PM is told. Empty: no more. Needs kprobes.
 *   downs	read only: so many of those
 *
 * Runs at: host kernel, in tests; EL2 is the hyp-stub's when the CPU goes down, or somebody's who does what the stub
 * would, or the host is at EL2 (VHE).
 * Owns: the suspend operations.
 */
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>
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

/* As an idle driver does it. */
static int go_down(void)
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

static long idle_on_cpu(void *unused)
{
	return go_down();
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

/*
 * In a thread of that CPU, as the idle task is: between two bursts of a vCPU there, never in the middle of one, which
 * an interrupt would allow. What EL1 state a guest has in the CPU then would be gone on silicon, too, but no CPU
 * sleeps there.
 */
static long unheard_here(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	lose_el2();
	local_irq_restore(flags);
	return 0;
}

static int unheard_set(const char *value, const struct kernel_param *param)
{
	unsigned int cpu;
	int ret = kstrtouint(value, 0, &cpu);

	if (ret)
		return ret;
	cpus_read_lock();
	ret = cpu < nr_cpu_ids && cpu_online(cpu) ? work_on_cpu(cpu, unheard_here, NULL) : -ENXIO;
	cpus_read_unlock();
	return ret;
}

static const struct kernel_param_ops unheard_ops = { .set = unheard_set };
module_param_cb(unheard, &unheard_ops, NULL, 0200);
MODULE_PARM_DESC(unheard, "this CPU loses power, now, and nobody hears of it");

#ifdef CONFIG_KPROBES
static atomic_t downs = ATOMIC_INIT(0);
static char at_symbol[64];
static struct kprobe probe;

static int at_hit(struct kprobe *p, struct pt_regs *regs)
{
	if (!go_down())
		atomic_inc(&downs);
	return 0;
}

static int at_set(const char *value, const struct kernel_param *param)
{
	int ret = 0;

	if (probe.symbol_name)
		unregister_kprobe(&probe);
	memset(&probe, 0, sizeof(probe));
	strscpy(at_symbol, value, sizeof(at_symbol));
	strim(at_symbol);
	if (*at_symbol) {
		probe.symbol_name = at_symbol;
		probe.pre_handler = at_hit;
		ret = register_kprobe(&probe);
	}
	if (ret)
		probe.symbol_name = NULL;
	return ret;
}

static const struct kernel_param_ops at_ops = { .set = at_set };
module_param_cb(at, &at_ops, NULL, 0200);
MODULE_PARM_DESC(at, "CPUs that come to call this function lose power there");

static int downs_get(char *buffer, const struct kernel_param *param)
{
	return sprintf(buffer, "%d\n", atomic_read(&downs));
}

static const struct kernel_param_ops downs_ops = { .get = downs_get };
module_param_cb(downs, &downs_ops, NULL, 0444);
MODULE_PARM_DESC(downs, "how often \"at\" happened");
#endif

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
