// SPDX-License-Identifier: GPL-2.0
/*
 * The lengths of SVE's vectors: each CPU is asked, since the kernel does not export what it knows, and since the
 * CPUs of a machine need not have the same.
 *
 * Runs at: host kernel. Owns: av_cpu.sve_lengths, and what all CPUs have.
 * Locks: none; CPUs come one after the other (CPU hotplug).
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/neon.h>
#include <asm/sysreg.h>

#include "calls.h"
#include "compat.h"
#include "host_asm.h"
#include "sve.h"

#define ZCR_EL1		sys_reg(3, 0, 1, 2, 0)

static u32 all_lengths = ~0U, any_length;	/* of the CPUs that came so far */

u64 av_sve_zcr_get(void)
{
	return read_sysreg_s(ZCR_EL1);
}

void av_sve_zcr_set(u64 zcr)
{
	write_sysreg_s(zcr, ZCR_EL1);
	isb();
}

/* ZCR_ELx.LEN asks for a length and gets the longest that the CPU has up to it (DDI 0487, ZCR_EL1.LEN). */
static u32 ask_cpu(void)
{
	u32 lengths = 0;
	unsigned int vq;
	u64 zcr;

	preempt_disable();
	av_kernel_neon_begin();
	zcr = av_sve_zcr_get();
	for (vq = AV_SVE_MAX_VQ; vq; vq--) {
		av_sve_zcr_set(vq - 1);
		vq = av_sve_vector_bytes() / 16;
		lengths |= AV_BIT(vq - 1);
	}
	av_sve_zcr_set(zcr);
	av_kernel_neon_end();
	preempt_enable();
	return lengths;
}

/**
 * av_sve_cpu_up() - find out what this CPU has
 *
 * Context: its hotplug thread, interrupts on.
 */
void av_sve_cpu_up(void)
{
	u32 lengths;

	if (!system_supports_sve())
		return;
	lengths = ask_cpu();
	this_cpu_ptr(&av_cpus)->sve_lengths = lengths;
	WRITE_ONCE(all_lengths, all_lengths & lengths);
	WRITE_ONCE(any_length, any_length | lengths);
}

u32 av_sve_lengths(void)
{
	return system_supports_sve() ? av_sve_offer(READ_ONCE(all_lengths), READ_ONCE(any_length)) : 0;
}

u32 av_sve_lengths_here(void)
{
	return READ_ONCE(this_cpu_ptr(&av_cpus)->sve_lengths);
}

/* A CPU that has other lengths than it has: no emulator has CPUs that differ. what: lengths << 32 | CPU. */
int av_sve_pretend(u64 what)
{
	unsigned int cpu = what & U32_MAX;

	if (!system_supports_sve() || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	WRITE_ONCE(per_cpu_ptr(&av_cpus, cpu)->sve_lengths, what >> 32);
	return 0;
}
