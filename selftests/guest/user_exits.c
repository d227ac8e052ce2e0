// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     With ARMVCPU_CAP_USER_EXITS user space is asked about each system register, call, WFI of the guest that
 *            comes to the host, and told of the host's interrupts; its answer is the guest's (a value, an exception,
 *            or what the module would have said), the PC is right in each case. An answer that is none is -EINVAL and
 *            nothing is lost; VCPU_INIT, CPU_ON and an external abort end a question. A VM that has not asked sees
 *            none of it.
 * Reference: uapi/armvcpu.h, docs/arm_vcpu.md.
 * A failure: shows the step; answer/user_exits.c.
 */
#include "harness.h"
#include "gic.h"
#include "pmu.h"
#include "psci.h"
#include "uapi/armvcpu.h"

#define ALL		0xf
#define SR_ACTLR	ARM64_SYS_REG(3, 0, 1, 0, 1)
#define DC_CISW		ARM64_SYS_REG(1, 0, 7, 14, 2)

static int enable(struct vm *vm, u64 kinds)
{
	struct kvm_enable_cap cap = { .cap = ARMVCPU_CAP_USER_EXITS, .args = { kinds } };

	return kioctlp(vm->fd, KVM_ENABLE_CAP, &cap);
}

static struct vcpu *guest_with(u64 kinds, void (*fn)(u64), u64 arg)
{
	struct vm *vm = vm_create_guest();

	if (enable(vm, kinds))
		die("ARMVCPU_CAP_USER_EXITS");
	return guest_vcpu(vm, 0, fn, arg);
}

/* The exit's part of the run structure, if that is what it is. */
static struct armvcpu_exit *asked(struct vcpu *vcpu, u32 kind)
{
	struct armvcpu_exit *exit = (void *)&vcpu->run->padding;
	int ret = vcpu_run_once(vcpu);

	if (ret || vcpu->run->exit_reason != ARMVCPU_EXIT || exit->kind != kind) {
		vcpu_dump(vcpu);
		die("RUN gave %d, exit %u, kind %u and not %u", ret, vcpu->run->exit_reason, exit->kind, kind);
	}
	return exit;
}

/* As asked(), about that register: the guest's way to there is the module's. */
static struct armvcpu_exit *asked_about(struct vcpu *vcpu, u64 reg)
{
	struct armvcpu_exit *exit;
	int i;

	for (i = 0; i < 100; i++) {
		exit = asked(vcpu, ARMVCPU_USER_SYSREG);
		if (exit->sysreg.reg == reg)
			return exit;
	}
	die("register 0x%lx was not asked about", reg);
}

TEST(the_capability)
{
	struct vm *vm = vm_create();
	struct kvm_enable_cap cap = { .cap = ARMVCPU_CAP_USER_EXITS };
	u64 bit;

	EXPECT_EQ(ALL, check_cap(vm->dev, ARMVCPU_CAP_USER_EXITS));
	EXPECT_EQ(ALL, check_cap(vm->fd, ARMVCPU_CAP_USER_EXITS));
	for (bit = ALL + 1; bit; bit <<= 1)
		EXPECT_EQ(-EINVAL, enable(vm, bit));
	cap.args[1] = 1;
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	cap.args[1] = 0;
	cap.flags = 1;
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	EXPECT_EQ(0, enable(vm, ALL));
	EXPECT_EQ(0, enable(vm, 0));
	vcpu_create(vm, 0);
	EXPECT_EQ(-EINVAL, enable(vm, ALL));
}

static bool is_armvcpu(void)
{
	int dev = dev_open(), cap = check_cap(dev, ARMVCPU_CAP_USER_EXITS);

	close(dev);
	return cap > 0;
}

/* ---- system registers --------------------------------------------------------------------------- */

static u64 fault_pc;

static void guest_registers(u64 real)
{
	GUEST_ASSERT_EQ(0x1234567890abcdef, read_sysreg(id_aa64isar0_el1));
	GUEST_ASSERT_EQ(real, read_sysreg(id_aa64isar0_el1));
	fault_expect();
	asm volatile("adr %0, 1f\n1:\tmrs xzr, id_aa64isar0_el1" : "=r"(fault_pc) :: "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(fault_pc, this_cpu()->elr);
	write_sysreg(0x77, actlr_el1);
	GUEST_ASSERT_EQ(0x88, read_sysreg(actlr_el1));
	/* by set and way: traps, and is no register */
	asm volatile("dc cisw, %0" : : "r"(0xabcUL));
	/* xzr: the answer goes nowhere */
	asm volatile("mrs xzr, actlr_el1");
	GUEST_DONE();
}

TEST(registers)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_SYSREG, guest_registers, 0);
	u64 real = reg_get(vcpu, SR_AA64ISAR0);
	struct armvcpu_exit *exit;
	unsigned int i;

	guest_set_entry(vcpu, guest_registers, real);
	for (i = 0; i < 3; i++) {
		exit = asked_about(vcpu, SR_AA64ISAR0);
		EXPECT_EQ(0, exit->sysreg.is_write);
		EXPECT_EQ(ARMVCPU_ANSWER_MODULE, exit->answer);
		exit->answer = i == 0 ? ARMVCPU_ANSWER_DONE : i == 1 ? ARMVCPU_ANSWER_MODULE : ARMVCPU_ANSWER_UNDEF;
		exit->sysreg.value = 0x1234567890abcdef;
	}
	exit = asked(vcpu, ARMVCPU_USER_SYSREG);
	EXPECT_EQ(SR_ACTLR, exit->sysreg.reg);
	EXPECT_EQ(1, exit->sysreg.is_write);
	EXPECT_EQ(0x77, exit->sysreg.value);
	exit->answer = ARMVCPU_ANSWER_DONE;
	exit = asked(vcpu, ARMVCPU_USER_SYSREG);
	EXPECT_EQ(SR_ACTLR, exit->sysreg.reg);
	exit->answer = ARMVCPU_ANSWER_DONE;
	exit->sysreg.value = 0x88;
	exit = asked(vcpu, ARMVCPU_USER_SYSREG);
	EXPECT_EQ(DC_CISW, exit->sysreg.reg);
	EXPECT_EQ(1, exit->sysreg.is_write);
	EXPECT_EQ(0xabc, exit->sysreg.value);
	exit->answer = ARMVCPU_ANSWER_DONE;
	exit = asked(vcpu, ARMVCPU_USER_SYSREG);
	exit->answer = ARMVCPU_ANSWER_DONE;
	exit->sysreg.value = 0x99;
	vcpu_run_done(vcpu);
}

/* Their events are made by a RUN, which begins with the answer: one that has not begun yet. */
static void guest_counts(u64 arg)
{
	u64 a;

	pmu_cycles_on(0);
	pmu_spin(2000);
	a = pm_read(pmccntr_el0);
	GUEST_ASSERT(a > 0);
	pmu_spin(2000);
	GUEST_ASSERT(pm_read(pmccntr_el0) > a);
	GUEST_DONE();
}

TEST(counters_count_behind_an_answer)
{
	static const u64 regs[] = { R_PMCCFILTR, R_PMCNTENSET, R_PMCR, R_PMCCNTR, R_PMCCNTR };
	struct vcpu *vcpu;
	struct vm *vm;
	unsigned int i;

	NEEDS_PMU();
	vm = pmu_vm();
	ASSERT_EQ(0, enable(vm, ARMVCPU_USER_SYSREG));
	vcpu = guest_vcpu(vm, 0, guest_counts, 0);
	pmu_init_all(vm);
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		EXPECT_EQ(ARMVCPU_ANSWER_MODULE, asked_about(vcpu, SYS_ID(regs[i]))->answer);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* What it says of the question is not believed, whatever stands there. */
static void guest_reads_one(u64 arg)
{
	register u64 x5 asm("x5") = 0;
	register u64 x6 asm("x6") = 6;

	asm volatile("mrs x5, id_aa64isar0_el1" : "+r"(x5), "+r"(x6) :: "memory");
	GUEST_ASSERT_EQ(0x55, x5);
	GUEST_ASSERT_EQ(6, x6);
	GUEST_DONE();
}

TEST(no_answer)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_SYSREG, guest_reads_one, 0);
	struct armvcpu_exit *exit = asked_about(vcpu, SR_AA64ISAR0);
	u64 pc = reg_get(vcpu, PC_REG);
	u32 bad;

	for (bad = 3; bad; bad <<= 1) {
		exit->answer = bad;
		EXPECT_EQ(-EINVAL, vcpu_run_once(vcpu));
		EXPECT_EQ(pc, reg_get(vcpu, PC_REG));
	}
	memset(exit, 0xff, sizeof(*exit));
	EXPECT_EQ(-EINVAL, vcpu_run_once(vcpu));
	exit->kind = ARMVCPU_USER_CALL;
	exit->sysreg.value = 0x55;
	exit->answer = ARMVCPU_ANSWER_DONE;
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	/* done all the same, as an MMIO exit is, and once */
	EXPECT_EQ(pc + 4, reg_get(vcpu, PC_REG));
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(pc + 4, reg_get(vcpu, PC_REG));
	vcpu->run->immediate_exit = 0;
	vcpu_run_done(vcpu);
}

/* ---- calls -------------------------------------------------------------------------------------- */

#define CALL(insn)										\
	asm volatile(insn : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : "r"(x4), "r"(x5), "r"(x6) : "memory")

static void guest_calls(u64 arg)
{
	register u64 x0 asm("x0") = 0xc2000001, x1 asm("x1") = 1, x2 asm("x2") = 2, x3 asm("x3") = 3;
	register u64 x4 asm("x4") = 4, x5 asm("x5") = 5, x6 asm("x6") = 6;
	struct smccc_res res;

	CALL("hvc #0");
	GUEST_ASSERT_EQ(0x10, x0);
	GUEST_ASSERT_EQ(0x13, x3);
	CALL("smc #0");
	GUEST_ASSERT_EQ(0x20, x0);
	GUEST_ASSERT_EQ(0x23, x3);
	CALL("hvc #0xabcd");
	GUEST_ASSERT_EQ(0x30, x0);
	/* the module's own answers */
	guest_hvc(PSCI_GET_VERSION, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(PSCI_LATEST, res.a0);
	guest_smc(PSCI_GET_VERSION, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(PSCI_LATEST, res.a0);
	fault_expect();
	asm volatile("adr %0, 1f\n1:\thvc #0" : "=r"(fault_pc) :: "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(fault_pc, this_cpu()->elr);
	fault_expect();
	asm volatile("adr %0, 1f\n1:\tsmc #0" : "=r"(fault_pc) :: "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(fault_pc, this_cpu()->elr);
	guest_hvc(PSCI_SYSTEM_OFF, 0, 0, 0, &res);
	GUEST_DONE();
}

TEST(calls)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_CALL, guest_calls, 0);
	struct armvcpu_exit *exit;
	u64 i, n;

	for (n = 0; n < 3; n++) {
		exit = asked(vcpu, ARMVCPU_USER_CALL);
		EXPECT_EQ(n == 0 ? 0xc2000001 : n << 4, exit->call.nr);
		for (i = 0; i < 3; i++)
			EXPECT_EQ(n == 0 ? i + 1 : (n << 4) + i + 1, exit->call.args[i]);
		for (i = 3; i < 6; i++)
			EXPECT_EQ(i + 1, exit->call.args[i]);
		EXPECT_EQ(n == 1, exit->call.is_smc);
		EXPECT_EQ(n == 2 ? 0xabcd : 0, exit->call.imm);
		exit->answer = ARMVCPU_ANSWER_DONE;
		for (i = 0; i < 4; i++)
			exit->call.ret[i] = (n + 1) << 4 | i;
	}
	for (n = 0; n < 2; n++) {
		exit = asked(vcpu, ARMVCPU_USER_CALL);
		EXPECT_EQ(PSCI_GET_VERSION, exit->call.nr);
		EXPECT_EQ(n, exit->call.is_smc);
	}
	for (n = 0; n < 2; n++)
		asked(vcpu, ARMVCPU_USER_CALL)->answer = ARMVCPU_ANSWER_UNDEF;
	/* one answer may be another exit */
	exit = asked(vcpu, ARMVCPU_USER_CALL);
	EXPECT_EQ(PSCI_SYSTEM_OFF, exit->call.nr);
	EXPECT_EQ(0, vcpu_run_once(vcpu));
	EXPECT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu->run->exit_reason);
	EXPECT_EQ(KVM_SYSTEM_EVENT_SHUTDOWN, vcpu->run->system_event.type);
}

/* ---- WFI, interrupts ------------------------------------------------------------------------------ */

static void guest_waits(u64 arg)
{
	u64 n = 0, i;

	for (i = 0; i < 3; i++)
		asm volatile("wfi\n\tadd %0, %0, #1" : "+r"(n));
	asm volatile("wfe");
	GUEST_ASSERT_EQ(3, n);
	GUEST_DONE();
}

TEST(halt)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_HALT, guest_waits, 0);
	u64 pc = 0;
	int i;

	for (i = 0; i < 3; i++) {
		asked(vcpu, ARMVCPU_USER_HALT);
		EXPECT_NE(pc, reg_get(vcpu, PC_REG));
		pc = reg_get(vcpu, PC_REG);
	}
	vcpu_run_done(vcpu);
}

static void guest_spins(u64 arg)
{
	for (;;)
		WRITE_ONCE(fault_pc, fault_pc + 1);
}

TEST(interrupts)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_IRQ, guest_spins, 0);
	int i;

	run_timeout(30);
	for (i = 0; i < 5; i++)
		asked(vcpu, ARMVCPU_USER_IRQ);
	EXPECT_NE(0, gv(vcpu->vm, fault_pc));
}

/* ---- questions that end otherwise --------------------------------------------------------------- */

static void guest_asks_and_goes(u64 arg)
{
	(void)read_sysreg(id_aa64isar0_el1);
	GUEST_DONE();
}

TEST(init_ends_a_question)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_SYSREG, guest_asks_and_goes, 0);
	struct armvcpu_exit *exit = asked_about(vcpu, SR_AA64ISAR0);

	exit->answer = ARMVCPU_ANSWER_DONE;
	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(0, reg_get(vcpu, PC_REG));
}

static void guest_is_aborted(u64 arg)
{
	fault_expect();
	(void)read_sysreg(id_aa64isar0_el1);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(this_cpu()->esr));
	GUEST_DONE();
}

TEST(an_abort_ends_a_question)
{
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_SYSREG, guest_is_aborted, 0);
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	struct armvcpu_exit *exit = asked_about(vcpu, SR_AA64ISAR0);

	exit->answer = ARMVCPU_ANSWER_DONE;
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
	vcpu_run_done(vcpu);
}

static u64 lives;

static void guest_lives(u64 arg)
{
	struct smccc_res res;

	if (!lives++)
		guest_hvc(PSCI_SYSTEM_OFF, 0, 0, 0, &res);
	GUEST_DONE();
}

static void guest_wakes(u64 arg)
{
	GUEST_ASSERT_EQ(0, psci_cpu_on(0));
	GUEST_DONE();
}

/* The question of a life that is over: had it been answered, the VM would be off. */
TEST(cpu_on_ends_a_question)
{
	struct kvm_mp_state off = { .mp_state = KVM_MP_STATE_STOPPED };
	struct vcpu *vcpu = guest_with(ARMVCPU_USER_CALL, guest_lives, 0);
	struct vcpu *other = guest_vcpu(vcpu->vm, 1, guest_wakes, 0);

	EXPECT_EQ(PSCI_SYSTEM_OFF, asked(vcpu, ARMVCPU_USER_CALL)->call.nr);
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_MP_STATE, &off));
	EXPECT_EQ(PSCI_CPU_ON, asked(other, ARMVCPU_USER_CALL)->call.nr);
	vcpu_run_done(other);
	vcpu_run_done(vcpu);
	EXPECT_EQ(2, gv(vcpu->vm, lives));
}

/* ---- without -------------------------------------------------------------------------------------- */

static void guest_plain(u64 arg)
{
	struct smccc_res res;

	GUEST_ASSERT_EQ(arg, read_sysreg(id_aa64isar0_el1));
	guest_hvc(PSCI_GET_VERSION, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(PSCI_LATEST, res.a0);
	GUEST_DONE();
}

TEST(who_has_not_asked_is_not_asked)
{
	struct vcpu *vcpu = guest_vcpu(vm_create_guest(), 0, guest_plain, 0);

	guest_set_entry(vcpu, guest_plain, reg_get(vcpu, SR_AA64ISAR0));
	vcpu_run_done(vcpu);
	vcpu = guest_with(0, guest_plain, 0);
	guest_set_entry(vcpu, guest_plain, reg_get(vcpu, SR_AA64ISAR0));
	vcpu_run_done(vcpu);
}

SELFTEST_MAIN_IF(is_armvcpu(), "KVM has no such exits")
