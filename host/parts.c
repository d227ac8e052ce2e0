// SPDX-License-Identifier: GPL-2.0
/*
 * What the parts of this machine's CPUs need: found out per CPU, combined for the machine.
 *
 * Runs at: host kernel. Owns: what is known of the machine.
 * Locks: CPU hotplug serialises the writers; readers take whole words.
 */
#include <linux/compiler.h>
#include <asm/cputype.h>

#include "parts.h"
#include "parts_rules.h"

static u64 machine_features;

void av_parts_cpu(void)
{
	u64 features = av_part_errata(read_cpuid_id()) & EL2_FEAT_OF_MACHINE;

	WRITE_ONCE(machine_features, machine_features | features);
}

u64 av_parts_machine(void)
{
	return READ_ONCE(machine_features);
}
