// SPDX-License-Identifier: GPL-2.0
/*
 * The nVHE world switch: what an interrupt between two entries of a burst did to the host's SCTLR_EL1 stays done; a
 * guest whose EL1 is AArch32 has DACR32_EL2 before AArch64's registers; and on parts that walk by speculation at any
 * time nothing can be walked, nor taken for its own address, while stage 2 and VMID change, whatever MMU and table
 * format the guest has.
 *
 * A failure means that a CPU goes on with an older SCTLR_EL1 than the kernel gave it, that an AArch32 guest runs with
 * domains that are not its own (Cortex-A57 852523, A72 853709), or that the host's TLB has a guest's addresses as
 * physical ones (1319367, 1319537). Implementation: el2/world_nvhe.c, which runs here on registers of this test's.
 * Rules: docs/silicon.md, docs/world-switch.md.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#define EL2_EL2_H		/* no el2.h: what it defines is below */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "include/arm_regs.h"
#include "include/el2_abi.h"
#include "include/vcpu_ctx.h"

#define WALKS_OFF		(TCR_EPD0 | TCR_EPD1 | TTBCR_PD)

static u64 tcr, sctlr, other;
static bool is_open;			/* stage 2 or the VMID changed with walks or flat addresses possible */
static bool is_late;			/* AArch64's registers were the guest's before AArch32's */
static unsigned int written;

static u64 *reg(const char *name)
{
	if (!strcmp(name, "tcr_el1") || !strcmp(name, "S3_0_C2_C0_2"))
		return &tcr;
	if (!strcmp(name, "sctlr_el1") || !strcmp(name, "S3_0_C1_C0_0"))
		return &sctlr;
	return &other;
}

static void reg_write(const char *name, u64 value)
{
	*reg(name) = value;
	written++;
}

#define read_named(name)	read_reg(name)
#define write_named(name, value) write_reg(name, value)
#define read_reg(name)		(*reg(#name))
#define write_reg(name, value)	reg_write(#name, value)
#define GUEST_ROW(name, row)	row
#define isb()			((void)0)
#define dsb(domain)		((void)0)
#define el2_has(cpu, feature)	((cpu)->features & (feature))
#define el2_store(place, value)	(*(place) = (value))

void el2_world_enter(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first);
void el2_world_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_world_abandon(struct el2_cpu *cpu);

/* The steps of others, as far as they matter here. */
static void stage2_changes(const struct el2_cpu *cpu)
{
	if (el2_has(cpu, EL2_FEAT_SPEC_AT) && (~tcr & WALKS_OFF || ~sctlr & SCTLR_M))
		is_open = true;
}

#define el2_controls_guest(cpu, ctx)		stage2_changes(cpu)
#define el2_controls_guest_identity(cpu, ctx)	stage2_changes(cpu)
#define el2_controls_host(cpu)			stage2_changes(cpu)
#define el2_controls_host_identity(cpu)		(stage2_changes(cpu), written = 0)

/* Before it TCR_EL1 alone, where its walks went off. */
#define el2_a32_enter(cpu, ctx)			\
	(is_late = written > (el2_has(cpu, EL2_FEAT_SPEC_AT) ? 1 : 0))

#define NOTHING					((void)0)
#define el2_phase(cpu, letter)			NOTHING
#define el2_controls_disr_enter(cpu, ctx)	NOTHING
#define el2_debug_save_host(cpu, ctx)		NOTHING
#define el2_debug_enter(cpu, ctx)		NOTHING
#define el2_debug_host(cpu)			NOTHING
#define el2_buffers_stop(cpu)			NOTHING
#define el2_buffers_go_on(cpu)			NOTHING
#define el2_timer_enter(ctx)			NOTHING
#define el2_timer_leave(ctx)			NOTHING
#define el2_timer_forget(cpu)			NOTHING
#define el2_gic_enter(cpu, ctx)			NOTHING
#define el2_gic_leave(cpu, ctx)			NOTHING
#define el2_gic_forget(cpu)			NOTHING
#define el2_run_enter_rare(cpu, ctx, first)	NOTHING
#define el2_run_leave_rare(cpu, ctx)		NOTHING
#define el2_keys_abandon(cpu)			NOTHING
#define el2_tags_abandon(cpu)			NOTHING
#define el2_late_abandon(cpu)			NOTHING

#include "el2/world_nvhe.c"

#include "tap.h"

#define HOST_TCR	0x32b5593519UL
#define HOST_SCTLR	(SCTLR_M | SCTLR_C | SCTLR_I)

static void test_spec_at(const char *which, u64 guest_tcr, u64 guest_sctlr, bool a32)
{
	struct el2_cpu cpu = { .features = EL2_FEAT_SPEC_AT };
	struct av_vcpu_ctx ctx = { .a32 = a32 };

	printf("# %s\n", which);
	ctx.sys[AV_TCR_EL1] = guest_tcr;
	ctx.sys[AV_SCTLR_EL1] = guest_sctlr;
	tcr = HOST_TCR;
	sctlr = HOST_SCTLR;
	is_open = false;
	el2_world_enter(&cpu, &ctx, true);
	check(tcr == guest_tcr && sctlr == guest_sctlr, "the guest's regime, as it has it");
	el2_world_leave(&cpu, &ctx);
	check(ctx.sys[AV_TCR_EL1] == guest_tcr && ctx.sys[AV_SCTLR_EL1] == guest_sctlr, "it is kept so");
	check(tcr == HOST_TCR && sctlr == HOST_SCTLR, "the host's regime");
	check(!is_open, "in between neither walks nor flat addresses");
	el2_world_enter(&cpu, &ctx, false);
	el2_world_abandon(&cpu);
	check(tcr == HOST_TCR && sctlr == HOST_SCTLR && !is_open, "likewise behind a fault");
}

static void test_sctlr_in_burst(void)
{
	struct el2_cpu cpu = {};
	struct av_vcpu_ctx ctx = {};

	tcr = HOST_TCR;
	sctlr = HOST_SCTLR;
	el2_world_enter(&cpu, &ctx, true);
	el2_world_leave(&cpu, &ctx);
	sctlr |= AV_BIT(5);	/* CP15BEN */
	el2_world_enter(&cpu, &ctx, false);
	el2_world_leave(&cpu, &ctx);
	check(sctlr == (HOST_SCTLR | AV_BIT(5)), "SCTLR_EL1 is what an interrupt made of it");
}

static void test_a32_first(u64 features)
{
	struct el2_cpu cpu = { .features = features };
	struct av_vcpu_ctx ctx = { .a32 = 1 };

	tcr = HOST_TCR;
	sctlr = HOST_SCTLR;
	written = 0;
	is_late = true;
	el2_world_enter(&cpu, &ctx, true);
	check(!is_late, "AArch32's registers come before AArch64's");
	el2_world_leave(&cpu, &ctx);
}

int main(void)
{
	test_sctlr_in_burst();
	test_a32_first(0);
	test_a32_first(EL2_FEAT_SPEC_AT);
	test_spec_at("a guest with its MMU on", 0x3510, SCTLR_M, false);
	test_spec_at("a guest with its MMU off", 0, 0, false);
	test_spec_at("AArch32, short descriptors, MMU on", 0, SCTLR_M, true);
	test_spec_at("AArch32, MMU off", 0, 0, true);
	return tap_end();
}
