// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's WFI, WFE, WFIT and WFET at EL2: which of them EL2 waits for by itself, how long at most, and what is the
 * host's. And kicks, which EL2 takes by itself, but not all of them.
 *
 * A failure means that a guest sleeps beyond its timeout or runs through it, that one which is not told of WFIT has it,
 * or that an event is waited for; or that who kicks without a pause can keep a CPU from its host. No emulator tells of
 * a trapped WFIT (docs/caveats.md, C95). Implementation: el2_trap_wfx() and el2_irq() in el2/fast_irq.c, which runs
 * here on registers of this test's. Rules: DDI 0487, D24.2.40 (ISS of WFI), C6.2 (WFIT).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#define EL2_EL2_H		/* no el2.h: what it defines is below */

#include <stdio.h>
#include <string.h>

#include "include/arm_regs.h"
#include "include/el2_abi.h"
#include "include/vcpu_ctx.h"

#undef __always_inline
#define __always_inline		inline
#define EL2_VHE			0
#define VOFF			1000000ULL	/* CNTVOFF_EL2 */
#define OWN			77ULL		/* what EL2's own CNTVCT_EL0 is ahead of CNTPCT_EL0 */

static u64 host_count, elr, waits, waited_until, hppir;
static u64 wakes_at;				/* an interrupt ends the wait then */

static u64 reg_read(const char *name)
{
	if (!strcmp(name, "cntpct_el0"))
		return host_count;
	if (!strcmp(name, "cntvct_el0"))
		return host_count + OWN;
	if (!strcmp(name, "elr_el2"))
		return elr;
	if (!strcmp(name, "ICC_HPPIR1_EL1"))
		return hppir;
	return 0;
}

static void reg_write(const char *name, u64 value)
{
	if (!strcmp(name, "elr_el2"))
		elr = value;
}

#define read_named(name)	reg_read(#name)
#define write_named(name, value) reg_write(#name, value)
#define read_reg(name)		reg_read(#name)
#define write_reg(name, value)	reg_write(#name, value)
#define read_guest(name)	reg_read(#name)
#define isb()			((void)0)
#define dsb(domain)		((void)0)
#define el2_phase(cpu, letter)	((void)(cpu))
#define el2_store(p, value)	(*(p) = (value))
#define el2_load(p)		(*(p))
#define el2_load_device(place)	el2_load(place)

static void el2_wait(void)
{
	waits++;
	waited_until = 0;
	host_count = wakes_at;
}

/* WFIT compares with what EL2 itself reads as CNTVCT_EL0. */
static void el2_wait_until(u64 count)
{
	waits++;
	waited_until = count;
	host_count = wakes_at < count - OWN ? wakes_at : count - OWN;
}

static u64 el2_gic_read_lr(u32 n)
{
	(void)n;
	return 0;
}

#include "el2/fast_irq.c"

bool el2_load_lr(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, struct av_vgic_block *b, u32 intid, u64 hw)
{
	(void)cpu;
	(void)ctx;
	(void)b;
	(void)intid;
	(void)hw;
	return true;
}

#include "tap.h"

static struct av_vgic_priv priv;
static struct av_vgic_spis spis;
static struct av_vm_fast fast;
static struct el2_cpu cpu;
static struct av_vcpu_ctx ctx;

/* A trap with this syndrome, while X5 holds this virtual count; the next interrupt comes after so many ticks. */
static enum el2_verdict trap(u64 iss, u64 x5, u64 interrupt_in)
{
	memset(&ctx, 0, sizeof(ctx));
	ctx.gic_priv = (u64)&priv;
	ctx.fast = (u64)&fast;
	ctx.may_wait = 1;
	ctx.cntvoff = VOFF;
	ctx.gpr[5] = x5;
	ctx.trap.esr = AV_PUT(1UL, 31, 26) | iss;
	host_count = VOFF + 5000;
	wakes_at = host_count + interrupt_in;
	elr = 0x1000;
	waits = 0;
	return el2_trap_wfx(&cpu, &ctx);
}

#define WFI	0
#define WFE	ESR_WFX_EVENT
#define WFIT(n)	(ESR_WFX_TIMEOUT | ESR_WFX_RV | ESR_WFX_PUT_RN(n))
#define WFET(n)	(WFIT(n) | ESR_WFX_EVENT)
#define HOSTS	1023	/* ICC_HPPIR1_EL1: nothing is pending, or it is the host's */

static bool resumed(enum el2_verdict verdict)
{
	return verdict == EL2_RESUME && elr == 0x1004;
}

static bool refused(enum el2_verdict verdict)
{
	return verdict == EL2_NOT_MINE && elr == 0x1000;
}

static void test_plain(void)
{
	check(refused(trap(WFI, 0, 100)) && waits == 1 && !waited_until,
	      "WFI waits once, and is the host's when the interrupt is");
	check(refused(trap(WFE, 0, 100)) && !waits, "WFE is the host's at once");
}

static void test_timeout(void)
{
	check(resumed(trap(WFIT(5), 5200, 1000)) && waits == 1 && host_count == VOFF + 5200 &&
	      waited_until == VOFF + 5200 + OWN, "WFIT is over at the time in its register");
	check(resumed(trap(WFIT(5), 5000, 1000)) && !waits, "and at once when that has come");
	check(resumed(trap(WFIT(5), 0, 1000)) && !waits, "or was long ago");
	check(resumed(trap(WFIT(5), 4999, 1000)) && !waits, "or was just before");
	check(resumed(trap(WFIT(31), ~0ULL, 1000)) && !waits, "XZR's is 0");
	check(resumed(trap(WFIT(6), ~0ULL, 1000)) && !waits, "another register's value is not waited for");
	check(resumed(trap(ESR_WFX_TIMEOUT | ESR_WFX_PUT_RN(5), ~0ULL, 1000)) && !waits,
	      "nor that of one which is not told");
	check(refused(trap(WFIT(5), 5200, 100)) && waits == 1 && host_count == VOFF + 5100,
	      "an interrupt of the host's ends it before, and the host goes on with it");
	check(refused(trap(WFIT(5), ~0ULL, 100)) && waits == 1, "a time that never comes is a WFI's");
	check(refused(trap(WFET(5), 5200, 1000)) && !waits, "WFET is the host's");
	fast.idregs[AV_FAST_IDREG(6, 2)] = 0;
	check(refused(trap(WFIT(5), 0, 1000)) && !waits, "in a VM that is not told of it WFIT is the host's");
	check(refused(trap(WFI, 0, 100)) && waits == 1, "but WFI is as ever");
	fast.idregs[AV_FAST_IDREG(6, 2)] = 2;
}

static void test_refusals(void)
{
	cpu.machine = EL2_FEAT_WFIT_UNTOLD;
	check(refused(trap(WFI, 0, 100)) && !waits, "a WFI that may be a WFIT is the host's");
	check(resumed(trap(WFIT(5), 5200, 1000)), "a WFIT that says so is not");
	cpu.machine = 0;
	priv.summary = 1;
	check(refused(trap(WFIT(5), 5200, 1000)) && !waits, "nobody waits with an interrupt pending");
	priv.summary = 0;
	fast.on = 0;
	check(refused(trap(WFIT(5), 5200, 1000)) && !waits, "nor with the fast path off");
	fast.on = 1;
}

/* A kick while an interrupt of block @n is this vCPU's and active: EL2 is done with it, or the host looks at it. */
static bool kicked(u32 n, u32 in_lr, bool done)
{
	struct av_vgic_block *b = n ? &spis.block[n] : &priv.block;
	bool right;

	memset(&ctx, 0, sizeof(ctx));
	ctx.gic_priv = (u64)&priv;
	ctx.fast = (u64)&fast;
	hppir = cpu.kick_intid;
	b->active = 1U << 20;
	b->in_lr = in_lr;
	priv.held[n] = 1U << 20;
	priv.summary = 1U << n;
	right = el2_irq(&cpu, &ctx) == done;
	right &= priv.summary == (done ? 0 : 1U << n);
	b->active = 0;
	b->in_lr = 0;
	priv.held[n] = 0;
	priv.summary = 0;
	return right;
}

static void test_active(void)
{
	static u32 frame[0x10000 / 4];

	cpu.redist = (u64)frame;
	fast.spis = (u64)&spis;
	check(kicked(0, 1U << 20, true) && kicked(2, 1U << 20, true),
	      "what is active in a list register is not in the way");
	check(kicked(0, 0, false) && kicked(2, 0, false), "what is active without one is the host's");
	cpu.redist = 0;
}

/* ICC_HPPIR1_EL1 tells of a kick each time: other interrupts wait behind it, if there are any. */
static void test_kicks(void)
{
	static u32 frame[0x10000 / 4];
	u32 i, in_a_row = 0, longest = 0, to_host = 0;
	bool untouched = true;

	memset(&ctx, 0, sizeof(ctx));
	ctx.gic_priv = (u64)&priv;
	ctx.fast = (u64)&fast;
	cpu.redist = (u64)frame;
	hppir = cpu.kick_intid;
	for (i = 0; i < 100000; i++) {
		frame[GICR_ICPENDR0_OFFSET / 4] = 0;
		if (el2_irq(&cpu, &ctx)) {
			longest = ++in_a_row > longest ? in_a_row : longest;
			continue;
		}
		untouched &= !frame[GICR_ICPENDR0_OFFSET / 4];
		in_a_row = 0;
		to_host++;
	}
	check(to_host >= 100000 / 1000 && longest < 1000, "now and then a kick is the host's");
	check(to_host <= 100000 / 100, "but seldom");
	check(untouched, "and still pending then");
	cpu.redist = 0x10000;
	hppir = HOSTS;
}

int main(void)
{
	printf("TAP version 13\n");
	fast.on = 1;
	fast.spis = (u64)&spis;
	fast.idregs[AV_FAST_IDREG(6, 2)] = 2;
	cpu.redist = 0x10000;
	cpu.kick_intid = 25;
	hppir = HOSTS;
	test_plain();
	test_timeout();
	test_refusals();
	test_active();
	test_kicks();
	return tap_end();
}
