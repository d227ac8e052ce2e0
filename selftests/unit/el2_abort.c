// SPDX-License-Identifier: GPL-2.0
/*
 * Where a fault of stage 2 was: which faults HPFAR_EL2 tells it of, and what is made of the walk that is asked of the
 * CPU for the others, which may be refused a page that the guest itself may use.
 *
 * A failure means that a guest's access faults for ever, or that the host maps a page that is not the one.
 * Implementation: el2/abort.c, which runs here on registers of this test's. Rules: DDI 0487, HPFAR_EL2, PAR_EL1,
 * AT S1E1R, AT S1E1A.
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

static u64 far_el2 = 0x7000, hpfar_el2 = 0x123450, answer;
static const char *asked;
static bool external;

/* switch.S has the real one. */
static u64 el2_walk(u64 va, u64 how)
{
	asked = va != far_el2 ? "something else" : how == AV_WALK_ANY ? "s1e1a" : "s1e1r";
	return external ? PAR_F | FSC_EXTABT << 1 : answer;
}

#define read_reg(name)		(name)
#define el2_store(at, value)	(*(at) = (value))
#define noinline		__attribute__((noinline))

bool el2_abort_resolve(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

#include "el2/abort.c"
#include "tap.h"

#define DABT		((u64)EC_DABT_LOWER << ESR_EC_SHIFT)
#define IABT		((u64)EC_IABT_LOWER << ESR_EC_SHIFT)
#define PAGE		0x40001000ULL
#define PAR_FAULT(fsc)	(PAR_F | (u64)(fsc) << 1)

static struct av_vcpu_ctx ctx;

static struct el2_cpu cpu;

/* What becomes of it, and how the CPU was asked. */
static bool resolve(u64 features, u64 esr, u64 par)
{
	cpu.features = features;
	ctx.trap = (struct av_trap) { .esr = esr };
	answer = par;
	asked = "nothing";
	return el2_abort_resolve(&cpu, &ctx) && ctx.trap.flags & AV_TRAP_FAR && ctx.trap.far == 0x7000;
}

static bool is_at(u64 ipa)
{
	return ctx.trap.flags & AV_TRAP_IPA && ctx.trap.ipa == ipa;
}

static bool is_nowhere(void)
{
	return !(ctx.trap.flags & AV_TRAP_IPA);
}

static bool was_asked(const char *how)
{
	return !strcmp(asked, how);
}

int main(void)
{
	check(resolve(0, DABT | FSC_FAULT | 3, PAGE) && is_at(0x12345000) && was_asked("nothing"),
	      "a translation fault is where HPFAR_EL2 says");
	check(resolve(0, DABT | FSC_PERM | 3 | ESR_ABT_S1PTW, PAGE) && is_at(0x12345000) && was_asked("nothing"),
	      "so is any of a table walk");
	check(resolve(0, DABT | FSC_PERM | 3, PAGE) && is_at(PAGE) && was_asked("s1e1r"),
	      "a permission fault of the access is where a walk says");
	cpu.walk = AV_WALK_ANY;
	check(resolve(0, IABT | FSC_PERM | 3, PAGE) && is_at(PAGE) && was_asked("s1e1a"),
	      "one that asks for no permission, if the CPU has it");
	cpu.walk = 0;
	check(resolve(EL2_FEAT_VERIFY_IPA, DABT | FSC_FAULT | 3, PAGE) && is_at(PAGE) && was_asked("s1e1r"),
	      "with erratum 834220 a translation fault as well");
	check(!resolve(0, IABT | FSC_PERM | 3, PAR_FAULT(FSC_FAULT | 2)) && is_nowhere(),
	      "not mapped any more: the guest tries again");
	check(!resolve(0, IABT | FSC_PERM | 3, PAR_FAULT(FSC_ACCESS | 3)) && is_nowhere(),
	      "nor accessed: likewise");
	check(resolve(0, IABT | FSC_PERM | 3, PAR_FAULT(FSC_PERM | 3)) && is_nowhere() && was_asked("s1e1r"),
	      "mapped, but not for EL1 to read: the host looks");
	check(resolve(0, DABT | FSC_ALIGN, PAGE) && is_nowhere() && was_asked("nothing") &&
	      resolve(0, DABT | FSC_EXCLUSIVE, PAGE) && is_nowhere() && was_asked("nothing"),
	      "what device memory does not do has no IPA");
	check(resolve(0, DABT | FSC_EXTABT, PAGE) && is_at(PAGE),
	      "an external abort of the access is where a walk says");
	check(resolve(0, DABT | FSC_EXTABT, PAR_FAULT(FSC_PERM | 3)) && is_nowhere(), "if it does");
	check(resolve(0, DABT | FSC_EXTABT_TTW(2), PAGE) && is_nowhere() && was_asked("nothing"),
	      "one of a walk is not asked for again");
	external = true;
	check(!resolve(0, DABT | FSC_PERM | 3, PAGE) && is_nowhere() && was_asked("s1e1r"),
	      "an external abort of the walk itself: the guest tries again");
	check(resolve(0, DABT | FSC_EXTABT, PAGE) && is_nowhere(),
	      "and of that of an external abort: nobody knows where");
	external = false;
	return tap_end();
}
