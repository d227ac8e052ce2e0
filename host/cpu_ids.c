// SPDX-License-Identifier: GPL-2.0
/*
 * Features that the host's kernel is too old to know: what it makes of all CPUs' ID registers
 * (read_sanitised_ftr_reg()) has not got them. They need nothing of the host, so a guest can have them; the CPUs are
 * asked themselves. One that comes later and has less runs no guests.
 *
 * Runs at: host kernel. Owns: what was found and promised. Locks: CPU hotplug, both ways.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "cpu_ids.h"

static u64 least[AV_NR_YOUNG];
static u64 promised[AV_NR_YOUNG];	/* bits of fields */

/* Before they existed they were read as zero. */
static void ask(u64 *ids)
{
	ids[AV_YOUNG_ISAR2] = read_sysreg_s(sys_reg(3, 0, 0, 6, 2));
	ids[AV_YOUNG_ISAR3] = read_sysreg_s(sys_reg(3, 0, 0, 6, 3));
	ids[AV_YOUNG_PFR2] = read_sysreg_s(sys_reg(3, 0, 0, 4, 2));
	ids[AV_YOUNG_MMFR3] = read_sysreg_s(sys_reg(3, 0, 0, 7, 3));
}

/* On each CPU, one after the other. */
static void find_least(void *unused)
{
	u64 ids[AV_NR_YOUNG];
	int i;

	ask(ids);
	for (i = 0; i < AV_NR_YOUNG; i++)
		least[i] = av_ids_least(least[i], ids[i]);
}

/**
 * av_cpu_ids_init() - ask all CPUs
 *
 * Context: module load, may sleep. Those that come later: av_cpu_ids_fit().
 */
void av_cpu_ids_init(void)
{
	unsigned int cpu;
	int i;

	for (i = 0; i < AV_NR_YOUNG; i++) {
		least[i] = ~0ULL;
		promised[i] = 0;
	}
	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, find_least, NULL, true);
	cpus_read_unlock();
}

/**
 * av_cpu_ids_promise() - what a guest can be told of a field
 * @which: the register
 * @hi: the field's bits, four
 * @lo: likewise
 *
 * Context: module load, before CPUs are taken. Return: the least of all CPUs.
 */
u64 av_cpu_ids_promise(enum av_young_id which, unsigned int hi, unsigned int lo)
{
	promised[which] |= AV_MASK(hi, lo);
	return AV_GET(least[which], hi, lo);
}

/**
 * av_cpu_ids_kernel_is() - does the host's kernel know what came with a version?
 * @version: 612 for 6.12
 *
 * Context: any.
 */
bool av_cpu_ids_kernel_is(unsigned int version)
{
	return (LINUX_VERSION_CODE >> 16) * 100 + (LINUX_VERSION_CODE >> 8 & 0xff) >= version;
}

/**
 * av_cpu_ids_given() - may EL2 touch registers that came with a version?
 * @version: likewise
 *
 * SCR_EL3 has a bit for each. Where it is not set the first access may end in EL3, and the machine with it: a kernel
 * that touches them of its own, on a CPU that has them, would not be here. Only its version counts; that KVM knows a
 * register says nothing of firmware (SCTLR2_EL1: not touched by 7.2's start, arch/arm64/include/asm/el2_setup.h).
 *
 * Context: any. Return: true also where there is no EL3.
 */
bool av_cpu_ids_given(unsigned int version)
{
	return av_cpu_ids_kernel_is(version) || !AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1), 15, 12);
}

/**
 * av_cpu_ids_fit() - does this CPU keep what was promised?
 *
 * Context: on the CPU itself. Return: false: no guest may run here.
 */
bool av_cpu_ids_fit(void)
{
	u64 ids[AV_NR_YOUNG];
	int i;

	ask(ids);
	for (i = 0; i < AV_NR_YOUNG; i++)
		if ((av_ids_least(least[i], ids[i]) ^ least[i]) & promised[i])
			return false;
	return true;
}
