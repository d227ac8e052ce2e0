// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     User space debugs a guest by KVM_SET_GUEST_DEBUG: BRK, breakpoints and watchpoints, of each number, end
 *            KVM_RUN before the instruction; the guest does not see them, keeps its own debug registers, and gets its
 *            own exceptions as soon as user space is gone. Whatever user space asks for, nobody outside of the guest
 *            meets it.
 * Reference: Documentation/virt/kvm/api.rst, 4.87; kvm-abi.md part 3 (exits); Arm ARM D2 (self-hosted debug).
 * A failure: class and PC of the exit that came instead; see guest/debug_outside.c, guest/debug.c, el2/debug.c.
 */
#include "harness.h"
#include "debug.h"
#include "fuzz.h"

#define MDSCR_KDE	(1UL << 13)
#define MDSCR_MDE	(1UL << 15)
#define EC_BREAKPOINT	0x31
#define EC_BRK		0x3c
#define HSR_HIGH_VALID	1

static u64 watched[4];
static u64 taken, value;

/* ---- the guest ---------------------------------------------------------------------------------- */

static u64 probe_target(void)
{
	u64 v;

	asm volatile(
	"	mov	%0, #1\n"
	"	.globl	probed\n"
	"probed:\n"
	"	mov	%0, #2\n"
	: "=r"(v));
	return v;
}

extern char probed[];
static u64 (*volatile probe)(void) = probe_target;

/* A BRK that the guest may or may not see. */
static void guest_brk(u64 arg)
{
	u64 n;

	for (n = 0;; n++) {
		fault_expect();
		asm volatile("	.globl	the_brk\nthe_brk:	brk	#0x4321");
		WRITE_ONCE(taken, fault_taken());
		if (READ_ONCE(taken))
			GUEST_ASSERT_EQ(EC_BRK, ESR_EC(this_cpu()->esr));
		GUEST_SYNC(n);
	}
}

extern char the_brk[];

static void guest_probes(u64 arg)
{
	u64 n;

	for (n = 0;; n++) {
		GUEST_ASSERT_EQ(2, probe());
		GUEST_SYNC(n);
	}
}

static void guest_touches(u64 arg)
{
	u64 n;

	for (n = 0;; n++) {
		writeq(n, (u64)&watched[0]);
		WRITE_ONCE(value, readq((u64)&watched[1]));
		writeq(n, (u64)&watched[1]);
		writeq(n, (u64)&watched[2]);
		GUEST_SYNC(n);
	}
}

/* It has a breakpoint of its own at probed, and finds its registers as it left them. */
static void guest_debugs_itself(u64 arg)
{
	u64 n;

	write_sysreg(0, oslar_el1);
	write_sysreg(MDSCR_KDE | MDSCR_MDE, mdscr_el1);
	write_sysreg((u64)probed, dbgbvr0_el1);
	write_sysreg(BCR, dbgbcr0_el1);
	isb();
	asm volatile("msr daifclr, #8" ::: "memory");
	for (n = 0;; n++) {
		fault_expect();
		WRITE_ONCE(value, probe());
		WRITE_ONCE(taken, fault_taken());
		if (READ_ONCE(taken)) {
			GUEST_ASSERT_EQ(EC_BREAKPOINT, ESR_EC(this_cpu()->esr));
			GUEST_ASSERT_EQ((u64)probed, this_cpu()->elr);
		}
		GUEST_ASSERT_EQ((u64)probed, read_sysreg(dbgbvr0_el1));
		GUEST_ASSERT_EQ(BCR, read_sysreg(dbgbcr0_el1));
		GUEST_ASSERT_EQ(MDSCR_KDE | MDSCR_MDE, read_sysreg(mdscr_el1));
		write_sysreg(n << 2, dbgbvr1_el1);
		write_sysreg(n << 3, dbgwvr1_el1);
		isb();
		GUEST_ASSERT_EQ(n << 2, read_sysreg(dbgbvr1_el1));
		GUEST_ASSERT_EQ(n << 3, read_sysreg(dbgwvr1_el1));
		GUEST_SYNC(n);
	}
}

/* Under its OS lock, the door that is shut to its own exceptions. */
static void guest_locked(u64 arg)
{
	write_sysreg(1, oslar_el1);
	isb();
	guest_probes(0);
}

/* ---- the host ----------------------------------------------------------------------------------- */

FIXTURE(debug) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_guest_debug_arch arch;
};

FIXTURE_SETUP(debug)
{
	memset(&self->arch, 0, sizeof(self->arch));
	self->vm = vm_create_guest();
}

FIXTURE_TEARDOWN(debug)
{
	vm_free(self->vm);
}

static int nr(struct vm *vm, long cap)
{
	int n = check_cap(vm->fd, cap);

	if (n < 2 || n > 16)
		die("capability %ld is %d", cap, n);
	return n;
}

#define START(fn)	(self->vcpu = guest_vcpu(self->vm, 0, (fn), 0))

TEST_F(debug, brk_is_user_spaces_while_it_debugs)
{
	struct kvm_run *run = START(guest_brk)->run;
	int round;

	for (round = 0; round < 3; round++) {
		/* Nobody debugs: the guest's. */
		vcpu_run_sync(self->vcpu, 3 * round);
		EXPECT_EQ(1, gv(self->vm, taken));
		debug_set(self->vcpu, DEBUG_BRK, NULL);
		EXPECT_EQ((u64)the_brk, debug_run(self->vcpu, EC_BRK64));
		EXPECT_EQ(0x4321, run->debug.arch.hsr & 0xffff);
		EXPECT_EQ(0, run->debug.arch.hsr_high);
		EXPECT_EQ(HSR_HIGH_VALID, run->flags);
		/* It stays there until somebody does something about it. */
		EXPECT_EQ((u64)the_brk, debug_run(self->vcpu, EC_BRK64));
		reg_set(self->vcpu, PC_REG, (u64)the_brk + 4);
		vcpu_run_sync(self->vcpu, 3 * round + 1);
		EXPECT_EQ(0, gv(self->vm, taken));
		EXPECT_EQ(0, run->flags);
		/* Without the flag as well, as KVM. */
		debug_set(self->vcpu, KVM_GUESTDBG_ENABLE, NULL);
		EXPECT_EQ((u64)the_brk, debug_run(self->vcpu, EC_BRK64));
		reg_set(self->vcpu, PC_REG, (u64)the_brk + 4);
		vcpu_run_sync(self->vcpu, 3 * round + 2);
		/* Flags without ENABLE are nothing. */
		debug_set(self->vcpu, DEBUG_BRK & ~KVM_GUESTDBG_ENABLE, NULL);
	}
}

TEST_F(debug, a_breakpoint_of_each_number)
{
	int n, count = nr(self->vm, KVM_CAP_GUEST_DEBUG_HW_BPS);

	START(guest_probes);
	for (n = 0; n < count; n++) {
		memset(&self->arch, 0, sizeof(self->arch));
		self->arch.dbg_bvr[n] = (u64)probed;
		self->arch.dbg_bcr[n] = BCR;
		debug_set(self->vcpu, DEBUG_HW, &self->arch);
		ASSERT_EQ((u64)probed, debug_run(self->vcpu, EC_BREAKPOINT_LOW));
		ASSERT_EQ((u64)probed, debug_run(self->vcpu, EC_BREAKPOINT_LOW));
		ASSERT_EQ(1, reg_get(self->vcpu, X_REG(0)));
		/* As debuggers go on: over the instruction without the breakpoint, then with it. */
		debug_set(self->vcpu, DEBUG_STEP, NULL);
		ASSERT_EQ((u64)probed + 4, debug_run(self->vcpu, EC_STEP_LOW));
		debug_set(self->vcpu, DEBUG_HW, &self->arch);
		vcpu_run_sync(self->vcpu, n);
	}
	debug_set(self->vcpu, 0, NULL);
	vcpu_run_sync(self->vcpu, n);
}

TEST_F(debug, a_watchpoint_of_each_number)
{
	int n, count = nr(self->vm, KVM_CAP_GUEST_DEBUG_HW_WPS);
	struct kvm_run *run = START(guest_touches)->run;
	u64 at = (u64)&watched[1], pc;

	vcpu_run_sync(self->vcpu, 0);
	for (n = 0; n < count; n++) {
		memset(&self->arch, 0, sizeof(self->arch));
		self->arch.dbg_wvr[n] = at;
		self->arch.dbg_wcr[n] = WCR(WCR_LOAD, 0xff);
		debug_set(self->vcpu, DEBUG_HW, &self->arch);
		pc = debug_run(self->vcpu, EC_WATCHPOINT_LOW);
		ASSERT_EQ(at, run->debug.arch.far);
		ASSERT_EQ(0, run->debug.arch.hsr & 1 << 6);
		/* Before the access. */
		ASSERT_EQ(n ? n - 1 : 0, gv(self->vm, value));
		debug_set(self->vcpu, DEBUG_STEP, NULL);
		ASSERT_EQ(pc + 4, debug_run(self->vcpu, EC_STEP_LOW));
		self->arch.dbg_wcr[n] = WCR(WCR_STORE, 0xff);
		debug_set(self->vcpu, DEBUG_HW, &self->arch);
		debug_run(self->vcpu, EC_WATCHPOINT_LOW);
		ASSERT_EQ(at, run->debug.arch.far);
		ASSERT_EQ(1 << 6, run->debug.arch.hsr & 1 << 6);
		ASSERT_EQ(n, gv(self->vm, watched[1]));
		ASSERT_EQ(n + 1, gv(self->vm, watched[0]));
		debug_set(self->vcpu, 0, NULL);
		vcpu_run_sync(self->vcpu, n + 1);
		ASSERT_EQ(n + 1, gv(self->vm, watched[1]));
	}
}

TEST_F(debug, the_guests_own_registers_are_kept_apart)
{
	int n, stage = 0;

	START(guest_debugs_itself);
	/* KVM takes the guest's registers over with user space's flag, whatever is in them. */
	self->arch.dbg_wvr[0] = (u64)&watched[3];
	self->arch.dbg_wcr[0] = WCR(WCR_STORE, 0xff);
	for (n = 0; n < 5; n++) {
		vcpu_run_sync(self->vcpu, stage++);
		EXPECT_EQ(1, gv(self->vm, taken));
		EXPECT_EQ(1, gv(self->vm, value));
		debug_set(self->vcpu, DEBUG_HW, &self->arch);
		vcpu_run_sync(self->vcpu, stage++);
		EXPECT_EQ(0, gv(self->vm, taken));
		EXPECT_EQ(2, gv(self->vm, value));
		/* Without it the guest's breakpoint comes here, for user space to give it to the guest. */
		debug_set(self->vcpu, KVM_GUESTDBG_ENABLE, NULL);
		EXPECT_EQ((u64)probed, debug_run(self->vcpu, EC_BREAKPOINT_LOW));
		debug_set(self->vcpu, 0, NULL);
	}
	EXPECT_EQ((u64)probed, reg_get(self->vcpu, ARM64_SYS_REG(2, 0, 0, 0, 4)));
	EXPECT_EQ(0, reg_get(self->vcpu, ARM64_SYS_REG(2, 0, 0, 0, 7)));
}

TEST_F(debug, the_guests_os_lock_is_the_guests)
{
	START(guest_locked);
	self->arch.dbg_bvr[0] = (u64)probed;
	self->arch.dbg_bcr[0] = BCR;
	debug_set(self->vcpu, DEBUG_HW, &self->arch);
	EXPECT_EQ((u64)probed, debug_run(self->vcpu, EC_BREAKPOINT_LOW));
	debug_set(self->vcpu, DEBUG_STEP, NULL);
	EXPECT_EQ((u64)probed + 4, debug_run(self->vcpu, EC_STEP_LOW));
	debug_set(self->vcpu, 0, NULL);
	vcpu_run_sync(self->vcpu, 0);
}

TEST_F(debug, one_of_two_vcpus)
{
	struct vcpu *other;
	int n;

	START(guest_probes);
	other = guest_vcpu(self->vm, 1, guest_probes, 0);
	self->arch.dbg_bvr[0] = (u64)probed;
	self->arch.dbg_bcr[0] = BCR;
	debug_set(self->vcpu, DEBUG_HW, &self->arch);
	for (n = 0; n < 20; n++) {
		ASSERT_EQ((u64)probed, debug_run(self->vcpu, EC_BREAKPOINT_LOW));
		vcpu_run_sync(other, n);
	}
}

/* Asked for before there is anything to be debugged, and kept over a second VCPU_INIT. */
TEST_F(debug, the_wish_outlives_a_reset)
{
	struct vcpu *vcpu = vcpu_create(self->vm, 0);
	u64 pc;
	int n;

	debug_set(vcpu, DEBUG_STEP, NULL);
	for (n = 0; n < 3; n++) {
		ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
		guest_set_entry(vcpu, guest_probes, 0);
		pc = (u64)guest_entry;
		reg_set(vcpu, PC_REG, pc);
		reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
		ASSERT_EQ(pc + 4, debug_run(vcpu, EC_STEP_LOW));
		ASSERT_EQ(pc + 8, debug_run(vcpu, EC_STEP_LOW));
	}
}

/*
 * Breakpoints and watchpoints with any bits, on addresses that this process and the kernel execute and use as well. It
 * goes on, and so does the guest, with exits at worst.
 */
TEST_F(debug, hostile_registers_stay_in_the_guest)
{
	static const u64 kernel[] = { 0xffff800008000000UL, 0xffff800080000000UL, ~0UL & ~3UL, 0 };
	struct fuzz_rng rng = { .s = 14 };
	int round, n, ret;
	struct ucall uc;

	START(guest_touches);
	for (round = 0; round < 200; round++) {
		for (n = 0; n < 16; n++) {
			u64 r = fuzz_rand(&rng);

			self->arch.dbg_bcr[n] = round & 1 ? r : (r | 1 | 1 << 13) & ~(0xfUL << 20);
			self->arch.dbg_wcr[n] = round & 1 ? ~r : (r >> 32 | 1 | 3 << 3 | 1 << 13);
			self->arch.dbg_bvr[n] = r & 2 ? (u64)probed : r & 4 ? kernel[r >> 8 & 3] : r;
			self->arch.dbg_wvr[n] = r & 8 ? (u64)&watched[r >> 10 & 3] : r & 16 ? (u64)&rng : ~r;
		}
		debug_set(self->vcpu, DEBUG_HW | (round & 4 ? KVM_GUESTDBG_SINGLESTEP : 0), &self->arch);
		for (n = 0; n < 5; n++) {
			ret = vcpu_run(self->vcpu, &uc);
			ASSERT_TRUE(ret == UCALL_SYNC || (ret == UCALL_NONE && debug_class(self->vcpu) >= 0))
				TH_LOG("round %d: run gave %d, exit %u", round, ret, self->vcpu->run->exit_reason);
			ASSERT_EQ(2, probe());
			writeq(round, (u64)&watched[round & 3]);
		}
	}
	debug_set(self->vcpu, 0, NULL);
	ret = vcpu_run(self->vcpu, &uc);
	ASSERT_EQ(UCALL_SYNC, ret);
}

SELFTEST_MAIN
