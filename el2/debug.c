// SPDX-License-Identifier: GPL-2.0
/*
 * The debug registers' slice of the world switch.
 *
 * Runs at: EL2. Owns: MDSCR_EL1 during RUN; breakpoints and watchpoints while ctx->debug_live has AV_DEBUG_BANKS.
 *
 * MDSCR_EL1 always changes hands: the host's breakpoints must not fire in the guest. The other registers, up to 64
 * of them, only for a guest whose MDSCR_EL1 has KDE or MDE set, or that user space has breakpoints for (guest/debug.c
 * decides). EL2 itself has PSTATE.D set, so that nothing of this is for its own instructions.
 */
#include "el2.h"

/* One instruction per register number, up to the last that the CPU has: the others are UNDEFINED. */
#define FOR_EACH_16(X, op2)							\
	X(0, op2) X(1, op2) X(2, op2) X(3, op2) X(4, op2) X(5, op2)		\
	X(6, op2) X(7, op2) X(8, op2) X(9, op2) X(10, op2) X(11, op2)		\
	X(12, op2) X(13, op2) X(14, op2) X(15, op2)

#define SAVE_ONE(n, op2)							\
	if (count <= (n))							\
		return;								\
	regs[n] = read_reg(S2_0_C0_C##n##_##op2);
#define LOAD_ONE(n, op2)							\
	if (count <= (n))							\
		return;								\
	write_reg(S2_0_C0_C##n##_##op2, regs[n]);

#define BANK(name, op2)								\
static void save_##name(u64 *regs, unsigned int count)				\
{										\
	FOR_EACH_16(SAVE_ONE, op2)						\
}										\
static void load_##name(const u64 *regs, unsigned int count)			\
{										\
	FOR_EACH_16(LOAD_ONE, op2)						\
}

BANK(bvr, 4)
BANK(bcr, 5)
BANK(wvr, 6)
BANK(wcr, 7)

static void banks_save(u64 *bvr, u64 *bcr, u64 *wvr, u64 *wcr, u64 features)
{
	save_bvr(bvr, EL2_FEAT_BRPS(features));
	save_bcr(bcr, EL2_FEAT_BRPS(features));
	save_wvr(wvr, EL2_FEAT_WRPS(features));
	save_wcr(wcr, EL2_FEAT_WRPS(features));
}

static void banks_load(const u64 *bvr, const u64 *bcr, const u64 *wvr, const u64 *wcr,
		       u64 features)
{
	load_bvr(bvr, EL2_FEAT_BRPS(features));
	load_bcr(bcr, EL2_FEAT_BRPS(features));
	load_wvr(wvr, EL2_FEAT_WRPS(features));
	load_wcr(wcr, EL2_FEAT_WRPS(features));
}

/* Before the world changes: what the fault path needs. */
void el2_debug_save_host(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	u64 *host = cpu->host_debug;

	cpu->host_sys[AV_MDSCR_EL1] = read_reg(mdscr_el1);
	if (ctx->debug_live & AV_DEBUG_BANKS) {
		banks_save(host, host + 16, host + 32, host + 48, cpu->features);
		cpu->moved |= EL2_MOVED_DEBUG;
	}
}

/* Breakpoints, or user space that debugs: MDSCR_EL1 behind what it switches on. */
static void enter_live(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	const struct av_debug_ctx *debug = &ctx->debug_loaded;

	if (ctx->debug_live & AV_DEBUG_BANKS)
		banks_load(debug->bvr, debug->bcr, debug->wvr, debug->wcr, cpu->features);
	write_reg(mdscr_el1, ctx->mdscr);
	if (ctx->debug_live & AV_DEBUG_OUTSIDE)
		isb();
}

/*
 * The guest's accesses trap (MDCR_EL2.TDA): memory is the truth and nothing is saved on the way out.
 *
 * Who steps, the guest or user space, needs a barrier before the eret: whether that takes PSTATE.SS over goes by
 * MDSCR_EL1.SS and MDCR_EL2.TDE, and without may go by what they were (DDI 0487, D2, synchronization and the software
 * step state machine).
 */
void el2_debug_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	if (ctx->debug_live)
		enter_live(cpu, ctx);
	else
		write_reg(mdscr_el1, ctx->mdscr);
	if (ctx->mdscr & MDSCR_SS)
		isb();
}

/* Breakpoints, and counters: one question for both, since most guests use neither. */
static void give_back(struct el2_cpu *cpu)
{
	const u64 *host = cpu->host_debug;

	if (cpu->moved & EL2_MOVED_DEBUG)
		banks_load(host, host + 16, host + 32, host + 48, cpu->features);
	if (cpu->moved & EL2_MOVED_COUNTERS)
		el2_counters_stop(cpu);
}

void el2_debug_host(struct el2_cpu *cpu)
{
	if (cpu->moved)
		give_back(cpu);
	cpu->moved = 0;
	write_reg(mdscr_el1, cpu->host_sys[AV_MDSCR_EL1]);
}
