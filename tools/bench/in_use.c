// SPDX-License-Identifier: GPL-2.0
/*
 * bench: what the way from one guest to the next costs when both use a part of the CPU that is switched for those who
 * do only. Each turn is a KVM_RUN, in which the guest uses it once and stores to user space.
 *
 * Both halves are in this file: guest_* runs at EL1 of the guest, the rest in user space.
 */
#include "bench.h"
#include "debug.h"
#include "gic.h"
#include "pauth.h"
#include "pmu.h"
#include "sve.h"

#define MDSCR_MDE	(1UL << 15)
#define MDSCR_KDE	(1UL << 13)

/* ---- guest --------------------------------------------------------------------- */

static void guest_nothing(u64 arg)
{
	for (;;)
		loop_switch(1, MMIO_IPA);
}

static void guest_fp(u64 arg)
{
	write_sysreg(cpacr_fp_sve(0), cpacr_el1);
	isb();
	for (;;) {
		asm volatile("fmov d0, xzr");
		loop_switch(1, MMIO_IPA);
	}
}

static void guest_sve(u64 arg)
{
	guest_sve_on();
	for (;;) {
		sve_bytes();
		loop_switch(1, MMIO_IPA);
	}
}

static void guest_pauth(u64 arg)
{
	static const u64 keys[PAUTH_REGS] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

	pauth_set_keys(keys);
	isb();
	for (;;) {
		pauth_generic(arg, 1);
		loop_switch(1, MMIO_IPA);
	}
}

static void guest_pmu(u64 arg)
{
	pmu_cycles_on(0);
	for (;;) {
		pm_read(pmccntr_el0);
		loop_switch(1, MMIO_IPA);
	}
}

static void guest_debug(u64 arg)
{
	write_sysreg(0, oslar_el1);
	/* Nothing is executed there. */
	write_sysreg(EXTRA_BASE, dbgbvr0_el1);
	write_sysreg(BCR, dbgbcr0_el1);
	write_sysreg(MDSCR_MDE | MDSCR_KDE, mdscr_el1);
	isb();
	guest_nothing(arg);
}

/* ---- user space ---------------------------------------------------------------- */

/* Some turns at first: what is set up when it is used first is no part of a turn. */
static struct vcpu *started(struct vm *vm)
{
	struct vcpu *vcpu = vm->vcpus[0];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (raw_ioctl(vcpu->fd, KVM_RUN, 0) || vcpu->run->exit_reason != KVM_EXIT_MMIO ||
		    vcpu->run->mmio.phys_addr != MMIO_IPA) {
			vcpu_dump(vcpu);
			die("KVM_RUN: reason %u", vcpu->run->exit_reason);
		}
	}
	return vcpu;
}

static struct vm *vm_of(void (*fn)(u64))
{
	struct vm *vm = fn == guest_pmu ? pmu_vm() : vm_create_guest();

	if (fn == guest_sve)
		guest_sve_vcpu(vm, 0, 0, fn, 0);
	else if (fn == guest_pauth)
		guest_pauth_vcpu(vm, 0, fn, 0);
	else
		guest_vcpu(vm, 0, fn, 0);
	gic_create(vm, 0);
	if (fn == guest_pmu)
		pmu_init_all(vm);
	return vm;
}

static void prepare(struct bench *b, void (*fn)(u64))
{
	b->vm = vm_of(fn);
	b->vm2 = vm_of(fn);
	b->vcpu = started(b->vm);
	b->vcpu2 = started(b->vm2);
}

#define PREPARE(what) static void prepare_##what(struct bench *b) { prepare(b, guest_##what); }
PREPARE(nothing)
PREPARE(fp)
PREPARE(sve)
PREPARE(pauth)
PREPARE(pmu)
PREPARE(debug)

#define IN_USE(what, ttl) {							\
	.name = "use_" #what, .title = "two VMs in turn, which use " ttl,		\
	.bound = 'r', .begin = (char *)at_user,						\
	.n = 50, .host = host_switch, .prepare = prepare_##what }

const struct op ops_in_use[] = {
	IN_USE(nothing, "none of this"),
	IN_USE(fp, "floating point"),
	IN_USE(sve, "SVE"),
	IN_USE(pauth, "pointer authentication"),
	IN_USE(pmu, "the PMU's cycle counter"),
	IN_USE(debug, "a breakpoint of their own"),
	{ }
};
