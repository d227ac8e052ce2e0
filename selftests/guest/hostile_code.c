// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Whatever instructions a guest executes, and with whatever state of its
 *            EL1 registers, the host goes on, another VM goes on, and KVM_RUN comes
 *            back with an exit, or at a signal.
 * Reference: issue 2, item 10 (hostile from the start).
 * A failure: a time-out, or a host that is gone; the seed printed last repeats it.
 */
#include <signal.h>
#include <sys/time.h>

#include "harness.h"
#include "insn.h"

#define CODE_SIZE	(64 * SZ_4K)

static u64 seed;

static u64 next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/*
 * Left out: writes of CNTP_*, CNTV_* (QEMU 7.2's timers, see sysreg_sweep.c). All
 * else is allowed, hypercalls and system calls included.
 */
static bool harms_the_emulator(u32 insn)
{
	return (insn & 0xfffff000) == 0xd51be000;
}

static u32 random_insn(void)
{
	u64 r = next();
	u32 insn = r;

	switch (r >> 60) {
	case 0 ... 3:		/* system instructions, more often than by chance */
		insn = 0xd5000000 | (insn & 0x003fffff);
		break;
	case 4:			/* exception generation */
		insn = 0xd4000000 | (insn & 0x00ffffff);
		break;
	case 5 ... 8:		/* loads and stores */
		insn = (insn & ~0x0a000000u) | 0x08000000;
		break;
	}
	return harms_the_emulator(insn) ? INSN_NOP : insn;
}

static void on_alarm(int sig)
{
}

/* What a run of rubbish may end with; none of it may end the test. */
static bool exit_is_fine(struct vcpu *vcpu, int ret)
{
	switch (ret) {
	case -EINTR:
	case -ENOSYS:		/* no syndrome */
	case -EFAULT:
		return true;
	case 0:
		return vcpu->run->exit_reason == KVM_EXIT_MMIO ||
		       vcpu->run->exit_reason == KVM_EXIT_SYSTEM_EVENT ||
		       vcpu->run->exit_reason == KVM_EXIT_UNKNOWN ||
		       vcpu->run->exit_reason == KVM_EXIT_FAIL_ENTRY ||
		       vcpu->run->exit_reason == KVM_EXIT_DEBUG;
	case -EINVAL:		/* an illegal state, as with FAIL_ENTRY */
		return vcpu->run->exit_reason == KVM_EXIT_FAIL_ENTRY;
	}
	return false;
}

static void guest_counts(u64 arg)
{
	u64 i;

	for (i = 0;; i++)
		GUEST_SYNC(i);
}

FIXTURE(hostile) {
	struct vm *vm, *witness;
	struct vcpu *vcpu;
	u32 *code;
	u64 witnessed;
};

FIXTURE_SETUP(hostile)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval t = { { 0, 20000 }, { 0, 20000 } };

	self->witness = vm_create_guest();
	guest_vcpu(self->witness, 0, guest_counts, 0);
	self->vm = vm_create_guest();
	self->code = mem_add(self->vm, 1, 0, EXTRA_BASE, CODE_SIZE);
	self->vcpu = guest_vcpu(self->vm, 0, guest_counts, 0);
	/* Not before: CREATE_VM may be interrupted, as KVM's. */
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

FIXTURE_TEARDOWN(hostile)
{
	vm_free(self->vm);
	vm_free(self->witness);
}

static void reset_vcpu(struct vcpu *vcpu)
{
	int i, ret = vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2);

	if (ret)
		die("VCPU_INIT: %d", ret);
	for (i = 0; i < 31; i++) {
		u64 r = next();

		/* addresses of memory, of nothing, small numbers, anything */
		switch (r >> 62) {
		case 0:
			r = EXTRA_BASE + r % CODE_SIZE;
			break;
		case 1:
			r %= 1UL << 34;
			break;
		case 2:
			r &= 0xff;
			break;
		}
		reg_set(vcpu, X_REG(i), r);
	}
	reg_set(vcpu, PC_REG, EXTRA_BASE + next() % (CODE_SIZE / 2 / 4) * 4);
	/* exceptions go on with rubbish as well */
	reg_set(vcpu, SR_VBAR_EL1, EXTRA_BASE);
	reg_set(vcpu, SP_EL1_REG, EXTRA_BASE + CODE_SIZE / 2);
	reg_set(vcpu, ELR_EL1_REG, EXTRA_BASE + next() % CODE_SIZE);
}

static void hostile_round(struct __test_metadata *_metadata, struct vcpu *vcpu,
			  struct vm *witness, u64 *witnessed)
{
	struct ucall uc;
	int i, ret;

	for (i = 0; i < 20; i++) {
		ret = vcpu_run_once(vcpu);
		ASSERT_TRUE(exit_is_fine(vcpu, ret))
			TH_LOG("RUN gave %d, exit %u", ret, vcpu->run->exit_reason);
		if (ret || vcpu->run->exit_reason != KVM_EXIT_MMIO)
			break;
	}
	ASSERT_EQ(UCALL_SYNC, vcpu_run(witness->vcpus[0], &uc));
	ASSERT_EQ((*witnessed)++, uc.a[0]);
}

TEST_F(hostile, random_instructions)
{
	u64 round, i;

	run_timeout(80);
	for (round = 1; round <= 200; round++) {
		seed = round * 0x9e3779b97f4a7c15ULL;
		for (i = 0; i < CODE_SIZE / 4; i++)
			self->code[i] = random_insn();
		reset_vcpu(self->vcpu);
		hostile_round(_metadata, self->vcpu, self->witness, &self->witnessed);
		if (!_metadata->passed)
			TH_LOG("round %lu", round);
	}
}

/* Valid code, but translation, vectors and controls are rubbish. */
TEST_F(hostile, random_el1_state)
{
	static const u64 regs[] = {
		ARM64_SYS_REG(3, 0, 1, 0, 0),	/* SCTLR_EL1 */
		ARM64_SYS_REG(3, 0, 1, 0, 2),	/* CPACR_EL1 */
		ARM64_SYS_REG(3, 0, 2, 0, 0),	/* TTBR0_EL1 */
		ARM64_SYS_REG(3, 0, 2, 0, 1),	/* TTBR1_EL1 */
		ARM64_SYS_REG(3, 0, 2, 0, 2),	/* TCR_EL1 */
		ARM64_SYS_REG(3, 0, 10, 2, 0),	/* MAIR_EL1 */
		ARM64_SYS_REG(3, 0, 12, 0, 0),	/* VBAR_EL1 */
		ARM64_SYS_REG(2, 0, 0, 2, 2),	/* MDSCR_EL1 */
	};
	static const u64 modes[] = { 0, 4, 5, 0x3c5, 0x200005 };
	u64 round, i;

	run_timeout(80);
	for (round = 1; round <= 200; round++) {
		seed = round * 0xd1342543de82ef95ULL;
		for (i = 0; i < CODE_SIZE / 4; i++)
			self->code[i] = random_insn();
		reset_vcpu(self->vcpu);
		for (i = 0; i < ARRAY_SIZE(regs); i++)
			if (next() & 1)
				reg_set(self->vcpu, regs[i], next());
		if (next() & 1)
			reg_set(self->vcpu, PSTATE_REG, modes[next() % ARRAY_SIZE(modes)]);
		hostile_round(_metadata, self->vcpu, self->witness, &self->witnessed);
	}
}

/* Tables of random descriptors that point at themselves and everywhere. */
TEST_F(hostile, random_page_tables)
{
	u64 round, i;

	run_timeout(80);
	for (round = 1; round <= 100; round++) {
		u64 *table = (u64 *)self->code;

		seed = round * 0xaf251af3b0f025b5ULL;
		for (i = 0; i < CODE_SIZE / 8; i++) {
			u64 r = next();

			table[i] = r & 1 ? (EXTRA_BASE + (r >> 20) % CODE_SIZE) |
					   (r & 0xfff) | 3 : r;
		}
		reset_vcpu(self->vcpu);
		reg_set(self->vcpu, ARM64_SYS_REG(3, 0, 2, 0, 0), EXTRA_BASE);
		reg_set(self->vcpu, ARM64_SYS_REG(3, 0, 2, 0, 1), EXTRA_BASE + SZ_4K);
		reg_set(self->vcpu, ARM64_SYS_REG(3, 0, 2, 0, 2),
			(16 + next() % 24) | (16 + next() % 24) << 16 | 2ULL << 30 |
			5ULL << 32);
		reg_set(self->vcpu, ARM64_SYS_REG(3, 0, 1, 0, 0), 0x00c50079 | 0x1004);
		reg_set(self->vcpu, PC_REG, next() & ~3ULL);
		hostile_round(_metadata, self->vcpu, self->witness, &self->witnessed);
	}
}

SELFTEST_MAIN
