// SPDX-License-Identifier: GPL-2.0
/*
 * A guest with a GICv2 on a GICv3: ICC_SRE_EL1 is the guest's before the interface's state goes in, and the host's
 * again when it has come out; where the CPU can't do it that is found out, and nothing is changed.
 *
 * A failure means that group 0 reaches such a guest as FIQs, that interrupts which it ended come once more, or that the
 * host goes on without its GIC's system registers. No emulator at hand has this interface. Implementation:
 * el2/gic_v3.c, which runs here on registers of this test's. Rules: IHI 0069, 12.2.24 (ICC_SRE_EL1), 12.4.14.
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

#define FOUND			(ICC_SRE_SRE | ICC_SRE_DFB)

static char trace[4096];
static u64 sre_el1;
static bool sre_is_fixed;

static void note(const char *how, const char *name)
{
	size_t n = strlen(trace);

	snprintf(trace + n, sizeof(trace) - n, "%s%s; ", how, name);
}

static u64 reg_read(const char *name)
{
	note("read ", name);
	if (!strcmp(name, "ICC_SRE_EL1"))
		return sre_el1;
	/* Four list registers, PREbits 5. */
	return strcmp(name, "ICH_VTR_EL2") ? 0 : AV_PUT(4UL, 31, 29) | AV_PUT(4UL, 28, 26) | 3;
}

static void reg_write(const char *name, u64 value)
{
	note("write ", name);
	if (!strcmp(name, "ICC_SRE_EL1"))
		sre_el1 = sre_is_fixed ? value | ICC_SRE_SRE : value;
}

#define read_named(name)	reg_read(#name)
#define write_named(name, value) reg_write(#name, value)
#define read_reg(name)		reg_read(#name)
#define write_reg(name, value)	reg_write(#name, value)
#define isb()			note("", "isb")
#define dsb(domain)		note("dsb ", #domain)

u64 el2_gic_read_lr(u32 n);
void el2_gic_write_lr(u32 n, u64 value);
void el2_gic_forget(const struct el2_cpu *cpu);
bool el2_gic_serves_memory(void);
void el2_gic_provoke(const struct el2_cpu *cpu, bool on);
void el2_gic_save_found(struct el2_cpu *cpu);
void el2_gic_restore_found(const struct el2_cpu *cpu);
void el2_gic_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_gic_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

#include "el2/gic_v3.c"

/* Failures show what was done. */
#define TAP_ON_FAILURE()	printf("# %s\n", trace)
#include "tap.h"

/* Where in the trace; -1: nowhere. */
static long place(const char *what)
{
	const char *p = strstr(trace, what);

	return p ? p - trace : -1;
}

static bool in_order(const char *first, const char *second)
{
	return place(first) >= 0 && place(second) > place(first);
}

static bool ends_with(const char *what)
{
	size_t n = strlen(trace), m = strlen(what);

	return n >= m && !strcmp(trace + n - m, what);
}

static void asked(void)
{
	bool yes;

	trace[0] = 0;
	sre_el1 = FOUND;
	sre_is_fixed = true;
	yes = el2_gic_serves_memory();
	check(!yes && sre_el1 == FOUND, "a CPU whose SRE is always one can't");
	trace[0] = 0;
	sre_is_fixed = false;
	yes = el2_gic_serves_memory();
	check(yes && sre_el1 == FOUND, "one whose SRE can be cleared can, and it is set again");
	check(place("write ICC_SRE_EL1; isb; read ICC_SRE_EL1; write ICC_SRE_EL1; isb; ") >= 0,
	      "each write of it is followed by an ISB");
}

static void switched(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	ctx->has_gic = AV_GIC_THERE | AV_GIC_MEMORY;
	ctx->gic.used_lrs = 1;
	trace[0] = 0;
	el2_gic_enter(cpu, ctx);
	check(!(sre_el1 & ICC_SRE_SRE), "a guest with a GICv2 has SRE clear");
	check(in_order("write ICC_SRE_EL1; isb; ", "ICH_VMCR_EL2") && in_order("ICH_VMCR_EL2", "ICH_HCR_EL2"),
	      "before ICH_VMCR_EL2 is written, and the interface is on last");
	check(ends_with("write ICH_HCR_EL2; isb; dsb sy; "), "and all of it has reached GICV before the guest looks");
	trace[0] = 0;
	el2_gic_leave(cpu, ctx);
	check(sre_el1 == FOUND, "the host has SRE as it was");
	check(!strncmp(trace, "dsb sy; isb; ", 13), "the guest's stores are complete before its state is read");
	check(in_order("write S3_4_C12_C12_0", "write ICC_SRE_EL1"),
	      "SRE goes back when the list registers have been read");
	check(in_order("write S3_4_C12_C12_0", "write ICC_SRE_EL2; isb; write ICC_SRE_EL1"),
	      "by a host that may, again, write it");

	trace[0] = 0;
	el2_gic_enter(cpu, ctx);
	el2_gic_forget(cpu);
	check(sre_el1 == FOUND, "also when the guest is abandoned");
	check(ends_with("isb; write ICC_SRE_EL1; isb; "), "behind what made ICC_SRE_EL2 the host's");

	ctx->has_gic = AV_GIC_THERE;
	trace[0] = 0;
	el2_gic_enter(cpu, ctx);
	el2_gic_leave(cpu, ctx);
	check(place("ICC_SRE_EL1") < 0 && place("isb") < 0 && place("dsb") < 0,
	      "a guest with a GICv3 pays nothing for it");
	ctx->has_gic = 0;
	trace[0] = 0;
	el2_gic_enter(cpu, ctx);
	el2_gic_leave(cpu, ctx);
	check(place("ICC_SRE_EL1") < 0, "nor does one without a GIC");
}

int main(void)
{
	static struct av_vcpu_ctx ctx;
	static struct el2_cpu cpu;

	asked();
	el2_gic_save_found(&cpu);
	check(cpu.icc_sre_el1 == FOUND, "what is found is kept");
	switched(&cpu, &ctx);
	return tap_end();
}
