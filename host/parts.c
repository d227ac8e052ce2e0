// SPDX-License-Identifier: GPL-2.0
/*
 * What the parts of this machine's CPUs need: found out per CPU, combined for the machine.
 *
 * Runs at: host kernel. Owns: what is known of the machine, each CPU's choice of the guest's vectors, the parameter
 * "harden".
 * Locks: CPU hotplug serialises the writers; readers take whole words.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "el2/door.h"
#include "el2/el2_symbols.h"
#include "percpu.h"
#include "parts.h"
#include "parts_rules.h"
#include "refuse.h"

static char *harden = "auto";
module_param(harden, charp, 0444);
MODULE_PARM_DESC(harden, "Branch predictors on the way out of a guest: auto, or for measurements none, loop, clrbhb, fw");

static const char * const kinds[] = {
	[EL2_HARDEN_NONE] = "none",
	[EL2_HARDEN_LOOP] = "loop",
	[EL2_HARDEN_CLRBHB] = "clrbhb",
	[EL2_HARDEN_FW] = "fw",
	[EL2_HARDEN_COUNT] = "count",		/* for tests */
};

static const char * const states[] = {
	[AV_SPEC_UNAFFECTED] = "not affected",
	[AV_SPEC_MITIGATED] = "mitigated",
	[AV_SPEC_VULNERABLE] = "vulnerable",
};

/* A history as long as any part's, where one is asked for that the part does not need. */
#define LONGEST_LOOP		132

static struct {
	u64 features;
	enum av_spec v2, bhb, v4;
	int vulnerable;			/* a CPU that made v2 AV_SPEC_VULNERABLE, -1: none */
	bool asked_for;			/* by harden= or mitigations=off */
	bool loaded;
} machine;

static int forced = -1;			/* EL2_HARDEN_*, -1: as the part needs */

int av_parts_init(void)
{
	memset(&machine, 0, sizeof(machine));
	machine.vulnerable = -1;
	forced = -1;
	if (!strcmp(harden, "auto"))
		return 0;
	for (forced = 0; forced < EL2_NR_HARDEN; forced++) {
		if (!strcmp(harden, kinds[forced]))
			break;
	}
	/* Without a firmware to call the call would be a fault at EL2. */
	if (forced == EL2_NR_HARDEN ||
	    (forced == EL2_HARDEN_FW && arm_smccc_1_1_get_conduit() != SMCCC_CONDUIT_SMC))
		return av_refuse_detail(AV_REFUSE_PARAMETER, "harden=%.16s", harden);
	return 0;
}

static s32 ask_firmware(u32 workaround)
{
	struct arm_smccc_res res;

	arm_smccc_1_1_invoke(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, workaround, &res);
	return res.a0;
}

/* ID_AA64ISAR2_EL1; before it existed it was read as zero. */
static u64 isar2(void)
{
	return read_sysreg_s(sys_reg(3, 0, 0, 6, 2));
}

static void find_facts(struct av_part_facts *f)
{
	u64 pfr0 = read_sysreg(id_aa64pfr0_el1);

	*f = (struct av_part_facts){
		.midr = read_cpuid_id(),
		.csv2 = AV_GET(pfr0, 59, 56),
		.ssbs = AV_GET(read_sysreg(id_aa64pfr1_el1), 7, 4),
		.ecbhb = AV_GET(read_sysreg(id_aa64mmfr1_el1), 63, 60),
		.clrbhb = AV_GET(isar2(), 31, 28),
		.wa1 = ask_firmware(ARM_SMCCC_ARCH_WORKAROUND_1),
		.wa2 = ask_firmware(ARM_SMCCC_ARCH_WORKAROUND_2),
		.wa3 = ask_firmware(ARM_SMCCC_ARCH_WORKAROUND_3),
		.off = cpu_mitigations_off(),
	};
}

/* Another kind than the part's is for measurements; it does not protect. */
static void force(struct av_part_needs *needs, const struct av_part_facts *facts)
{
	if (forced < 0 || forced == needs->kind)
		return;
	if (needs->v2 == AV_SPEC_MITIGATED)
		needs->v2 = AV_SPEC_VULNERABLE;
	if (needs->bhb == AV_SPEC_MITIGATED && !facts->ecbhb)
		needs->bhb = AV_SPEC_VULNERABLE;
	needs->kind = forced;
	needs->arg = forced == EL2_HARDEN_FW ? ARM_SMCCC_ARCH_WORKAROUND_1 :
		     av_bhb_branches(facts->midr) ?: LONGEST_LOOP;
}

static void set_worst(enum av_spec *state, enum av_spec of_cpu)
{
	if (of_cpu > *state)
		WRITE_ONCE(*state, of_cpu);
}

/* Address of the first of the tables, as EL2 sees it. */
static u64 vectors(void)
{
	return av_host_is_vhe() ? (u64)el2_guest_vectors : EL2_SYM_el2_guest_vectors;
}

static void warn_of_vulnerable(void)
{
	if (machine.vulnerable >= 0)
		pr_warn("guests can train the branch predictors of CPU %d for the host%s\n", machine.vulnerable,
			machine.asked_for ? ", as it was asked for" : ": the firmware lacks WORKAROUND_1");
}

static void warn_of_hangs(void)
{
	if (machine.features & EL2_FEAT_GUEST_HANGS)
		pr_warn("a guest without the workaround for its CPU's erratum (Cortex-A57 832075, Cortex-A77 1508412) can stop the machine\n");
}

void av_parts_loaded(void)
{
	machine.loaded = true;
	warn_of_vulnerable();
	warn_of_hangs();
}

void av_parts_cpu(struct el2_cpu *el2)
{
	const u64 before = machine.features;
	struct av_part_facts facts;
	struct av_part_needs needs;

	find_facts(&facts);
	needs = av_part_needs(&facts);
	force(&needs, &facts);
	el2->guest_vectors = vectors() + needs.kind * EL2_VECTORS_SIZE;
	el2->harden_arg = needs.arg;
	if (needs.v2 == AV_SPEC_VULNERABLE && machine.vulnerable < 0) {
		machine.vulnerable = smp_processor_id();
		machine.asked_for = facts.off || forced >= 0;
		if (machine.loaded)
			warn_of_vulnerable();
	}
	WRITE_ONCE(machine.features, machine.features |
		   (av_part_errata(facts.midr) & ~av_part_errata_moot(isar2()) & EL2_FEAT_OF_MACHINE));
	if (machine.loaded && machine.features & ~before)
		warn_of_hangs();
	set_worst(&machine.v2, needs.v2);
	set_worst(&machine.bhb, needs.bhb);
	set_worst(&machine.v4, needs.v4);
}

static u64 csv_of_all;

/* On each CPU, one after the other. */
static void look_at_csv(void *unused)
{
	u64 here = av_part_csv(read_cpuid_id(), read_sysreg(id_aa64pfr0_el1));

	if (!AV_GET(here, 59, 56))
		csv_of_all &= ~AV_MASK(59, 56);
	if (!AV_GET(here, 63, 60))
		csv_of_all &= ~AV_MASK(63, 60);
}

u64 av_parts_csv(void)
{
	unsigned int cpu;

	csv_of_all = AV_BIT(56) | AV_BIT(60);
	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, look_at_csv, NULL, true);
	cpus_read_unlock();
	return csv_of_all;
}

u64 av_parts_machine(void)
{
	return READ_ONCE(machine.features);
}

s64 av_parts_answer(u32 id, bool guest_has_ssbs)
{
	switch (id) {
	case ARM_SMCCC_ARCH_WORKAROUND_1:
		return av_spec_answer(id, READ_ONCE(machine.v2), guest_has_ssbs);
	case ARM_SMCCC_ARCH_WORKAROUND_2:
		return av_spec_answer(id, READ_ONCE(machine.v4), guest_has_ssbs);
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		return av_spec_answer(id, READ_ONCE(machine.bhb), guest_has_ssbs);
	default:
		return AV_FW_UNKNOWN;
	}
}

void av_parts_show_cpu(struct seq_file *seq, const struct el2_cpu *el2)
{
	u32 kind = (el2->guest_vectors - vectors()) / EL2_VECTORS_SIZE;
	unsigned int i;

	/* A CPU that was never online. */
	if (!el2->guest_vectors)
		return;
	seq_printf(seq, " harden %s", kinds[kind]);
	if (kind == EL2_HARDEN_LOOP)
		seq_printf(seq, ":%llu", el2->harden_arg);
	if (kind == EL2_HARDEN_FW)
		seq_printf(seq, ":%llx", el2->harden_arg);
	for (i = 0; kind == EL2_HARDEN_COUNT && i < ARRAY_SIZE(el2->harden_hits); i++)
		seq_printf(seq, "%c%llu", i ? ',' : ':', READ_ONCE(el2->harden_hits[i]));
}

void av_parts_show_machine(struct seq_file *seq)
{
	seq_printf(seq, "machine: branch targets %s, branch history %s, store bypass %s, features %llx\n",
		   states[machine.v2], states[machine.bhb], states[machine.v4], machine.features);
}
