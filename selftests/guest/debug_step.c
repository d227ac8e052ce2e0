// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     User space steps a guest: each KVM_RUN executes one instruction, whoever finishes it - the CPU, EL2, the
 *            module, or user space itself - and ends before the next one. An exception that the instruction causes, or
 *            an interrupt that comes instead, is such a step, to the vector. Signals and reads or writes of registers
 *            in between change nothing (KVM 6.1 loses steps to signals and immediate_exit: docs/abi.md, row 30).
 * Reference: Documentation/virt/kvm/api.rst, 4.87; Arm ARM D2 (the software step state machine).
 * A failure: PC of the exit and what it should be; see guest/debug_outside.c, el2/debug.c, and av_skip_instruction() or
 *            el2_skip() for who finishes.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "harness.h"
#include "debug.h"
#include "gic.h"
#include "psci.h"
#include "timer.h"

#define SPI		40
#define MMIO_ANSWER	0x5a5a5a5aUL
#define MDSCR_OWN	(1UL << 15)
/* Vectors of guest_vectors, by what comes from EL1 with SP_EL1. */
#define VECTOR_SYNC	0x200
#define VECTOR_IRQ	0x280

extern char guest_vectors[];
extern u64 walk_path[], walk_path_end[], walk_gicv3_path[], walk_gicv3_path_end[];
extern char walk_end[], walk_gicv3_end[];
u64 walk(u64 gicd, u64 fresh, u64 *results);
void walk_gicv3(void);

/*
 * One instruction of each kind, each address once in the path, in the order of their execution. Results: what MMIO
 * read, what came back from V0, MDSCR_EL1, PSCI_VERSION, PSCI_FEATURES of CPU_ON, DBGBVR0_EL1.
 */
asm(
"	.macro	step insn:vararg\n"
"7770:	\\insn\n"
"	.pushsection .data.walk, \"aw\"\n"
"	.quad	7770b\n"
"	.popsection\n"
"	.endm\n"
"	.macro	path name\n"
"	.pushsection .data.walk, \"aw\"\n"
"	.balign	8\n"
"	.globl	\\name\n"
"\\name:\n"
"	.popsection\n"
"	.endm\n"
"	.text\n"
"	.globl	walk\n"
"walk:	mov	x16, x30\n"
"	mov	x15, x0\n"			/* GICD */
"	mov	x14, x1\n"			/* memory that nobody has touched */
"	mov	x13, x2\n"			/* results */
"	mov	x12, #0x0a000000\n"		/* MMIO_IPA */
"	path	walk_path\n"
"	step	nop\n"
"	step	mov	x9, #0x1234\n"
"	step	add	x9, x9, #4\n"
"	step	str	x9, [x13]\n"		/* memory */
"	step	ldr	x9, [x13]\n"
"	step	str	x9, [x14]\n"		/* a stage-2 fault */
"	step	ldr	x9, [x14, #4096]\n"
"	step	isb\n"
"	step	dsb	sy\n"
"	step	tlbi	vmalle1\n"
"	step	dc	civac, x13\n"
"	step	mrs	x9, id_aa64pfr0_el1\n"	/* EL2 answers */
"	step	mrs	x9, ctr_el0\n"
"	step	mrs	x9, actlr_el1\n"	/* the module answers */
"	step	msr	dbgbvr0_el1, x14\n"
"	step	mrs	x9, dbgbvr0_el1\n"
"	step	str	x9, [x13, #40]\n"
"	step	mrs	x9, mdscr_el1\n"
"	step	str	x9, [x13, #16]\n"
"	step	mrs	x9, cntvct_el0\n"
"	step	mrs	x9, cntpct_el0\n"
"	step	mrs	x9, cntp_ctl_el0\n"
"	step	msr	cntp_cval_el0, x9\n"
"	step	wfe\n"
"	step	sevl\n"
"	step	wfe\n"
"	step	yield\n"
"	step	fmov	d0, x9\n"		/* the first FP instruction of a burst traps */
"	step	fadd	d0, d0, d0\n"
"	step	fmov	d0, x14\n"
"	step	fmov	x9, d0\n"
"	step	str	x9, [x13, #8]\n"
"	step	ldr	w9, [x15]\n"		/* the GIC, at EL2 */
"	step	str	w9, [x15]\n"
"	step	ldr	w9, [x15, #4]\n"
"	step	str	wzr, [x15, #0x204]\n"	/* the GIC, in the module: GICD_ISPENDR1 */
"	step	str	w9, [x12]\n"		/* user space's device */
"	step	ldr	x9, [x12, #8]\n"
"	step	str	x9, [x13]\n"
"	step	strb	w9, [x12, #3]\n"
"	step	movz	w0, #0x8400, lsl #16\n"	/* PSCI_VERSION, at EL2 */
"	step	hvc	#0\n"
"	step	str	x0, [x13, #24]\n"
"	step	movz	w0, #0x8400, lsl #16\n"	/* PSCI_FEATURES, in the module */
"	step	movk	w0, #0xa\n"
"	step	movz	w1, #0x8400, lsl #16\n"
"	step	movk	w1, #3\n"
"	step	hvc	#0x123\n"
"	step	str	x0, [x13, #32]\n"
"	step	movz	w0, #0x8000, lsl #16\n"	/* SMCCC_VERSION */
"	step	smc	#0\n"
"	step	adr	x9, 1f\n"
"	step	br	x9\n"
"	nop\n"
"1:	step	bl	2f\n"
"	nop\n"
"2:	step	adr	x30, 3f\n"
"	step	ret\n"
"	nop\n"
"3:	step	cbz	xzr, 4f\n"
"	nop\n"
"4:	step	msr	daifset, #2\n"
"	step	mrs	x9, daif\n"
"	step	msr	spsel, #1\n"
"	step	dc	cisw, xzr\n"		/* all of the guest's memory */
"	step	nop\n"
"	path	walk_path_end\n"
"	.globl	walk_end\n"
"walk_end:\n"
"	ret	x16\n"

"	.globl	walk_gicv3\n"
"walk_gicv3:\n"
"	path	walk_gicv3_path\n"
"	step	mov	x9, #0xf000000\n"	/* SGI 15 to nobody: EL2 */
"	step	msr	s3_0_c12_c11_5, x9\n"
"	step	orr	x9, x9, #1\n"		/* ... and to itself, which has it disabled */
"	step	msr	s3_0_c12_c11_5, x9\n"
"	step	mrs	x9, s3_0_c4_c6_0\n"
"	step	mrs	x9, s3_0_c12_c12_0\n"	/* ICC_IAR1: nothing */
"	path	walk_gicv3_path_end\n"
"	.globl	walk_gicv3_end\n"
"walk_gicv3_end:\n"
"	ret\n"
);

static u64 results[6];

/* ---- the guest ---------------------------------------------------------------------------------- */

static void guest_walks(u64 arg)
{
	gic_dist_init();
	gic_cpu_init();
	write_sysreg(0, oslar_el1);
	write_sysreg(MDSCR_OWN, mdscr_el1);
	GUEST_SYNC(0);
	walk(GICD_BASE, EXTRA_BASE, results);
	if (gic_version == 3)
		walk_gicv3();
	GUEST_ASSERT_EQ(MMIO_ANSWER, results[0]);
	GUEST_ASSERT_EQ(EXTRA_BASE, results[1]);
	GUEST_ASSERT_EQ(MDSCR_OWN, results[2]);
	GUEST_ASSERT_EQ(PSCI_LATEST >> 16, results[3] >> 16);
	GUEST_ASSERT_EQ(0, results[4]);
	GUEST_ASSERT_EQ(EXTRA_BASE, results[5]);
	GUEST_DONE();
}

/* Exceptions of all origins; the handler comes back behind the instruction, or to it, as ELR_EL1 says. */
static void guest_excepts(u64 arg)
{
	fault_expect();
	GUEST_SYNC(0);
	asm volatile(
	"	.globl	x_svc, x_udf, x_unknown, x_brk, x_abort, x_end\n"
	"x_svc:	svc	#5\n"
	"	nop\n"
	"x_udf:	udf	#0\n"
	"x_unknown:\n"
	"	mrs	x9, s3_0_c15_c3_4\n"
	"x_brk:	brk	#7\n"
	"x_abort:\n"
	"	ldr	x9, [%0]\n"
	"x_end:	nop\n"
	:: "r"(MMIO_IPA) : "x9", "memory");
	GUEST_ASSERT_EQ(4, fault_taken());
	GUEST_DONE();
}

extern char x_svc[], x_udf[], x_unknown[], x_brk[], x_abort[], x_end[];

static bool acknowledges;

static void on_irq(struct guest_frame *frame)
{
	u32 id = acknowledges ? gic_ack() : INTID_SPURIOUS;

	if (id != INTID_SPURIOUS)
		gic_eoi(id);
}

static void guest_unmasks(u64 with_gic)
{
	acknowledges = with_gic;
	guest_irq_handler = on_irq;
	if (with_gic) {
		gic_dist_init();
		gic_cpu_init();
		gic_set_edge(SPI, true);
		gic_enable(SPI);
	}
	GUEST_SYNC(0);
	asm volatile(
	"	.globl	u_unmask, u_behind\n"
	"u_unmask:\n"
	"	msr	daifclr, #2\n"
	"	nop\n"
	"u_behind:\n"
	"	nop\n"
	"	msr	daifset, #2\n" ::: "memory");
	GUEST_ASSERT(READ_ONCE(this_cpu()->irqs) > 0);
	GUEST_DONE();
}

extern char u_unmask[], u_behind[];

static void guest_waits(u64 with_gic)
{
	if (with_gic) {
		gic_dist_init();
		gic_cpu_init();
		gic_set_edge(SPI, true);
		gic_enable(SPI);
	}
	GUEST_SYNC(0);
	asm volatile("	.globl	w_wfi\nw_wfi:	wfi\n	nop" ::: "memory");
	GUEST_DONE();
}

extern char w_wfi[];

static u64 loops[3];

static void guest_loops(u64 arg)
{
	u64 *counter = &loops[this_cpu()->index], n = 0;

	GUEST_SYNC(0);
	asm volatile(
	"	.globl	l_loop, l_end\n"
	"l_loop:\n"
	"	add	%0, %0, #1\n"
	"	mrs	x9, id_aa64pfr0_el1\n"
	"	str	%0, [%1]\n"
	"	mrs	x9, actlr_el1\n"
	"	cmp	%0, %2\n"
	"	b.ne	l_loop\n"
	"l_end:	nop\n" : "+r"(n) : "r"(counter), "r"(arg) : "x9", "cc", "memory");
	GUEST_ASSERT_EQ(arg, *counter);
	GUEST_DONE();
}

extern char l_loop[], l_end[];

/* Steps itself over one instruction, and counts. */
static void guest_steps(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();
	u64 n;

	write_sysreg(0, oslar_el1);
	for (n = 0;; n++) {
		write_sysreg(1 | 1 << 13, mdscr_el1);
		isb();
		fault_expect();
		WRITE_ONCE(cpu->expect_fault, 2);
		asm volatile(
		"	adr	x9, 2f\n"
		"	str	x9, [%0]\n"
		"	adr	x9, 1f\n"
		"	msr	elr_el1, x9\n"
		"	mov	x9, #0x1c5\n"
		"	orr	x9, x9, #(1 << 21)\n"
		"	msr	spsr_el1, x9\n"
		"	eret\n"
		"1:	nop\n"
		"	.globl	s_stepped\n"
		"s_stepped:\n"
		"	nop\n"
		"2:\n" :: "r"(&cpu->resume_pc) : "x9", "memory");
		write_sysreg(0, mdscr_el1);
		isb();
		GUEST_SYNC_ARGS(n, fault_taken(), cpu->elr, ESR_EC(cpu->esr));
	}
}

extern char s_stepped[];

static void guest_starts_other(u64 arg)
{
	GUEST_ASSERT_EQ(0, psci_cpu_on(1));
	GUEST_DONE();
}

static void guest_done(u64 arg)
{
	GUEST_DONE();
}

/* ---- the host ----------------------------------------------------------------------------------- */

/* What user space may do between two steps without anybody noticing. */
enum habit { NOTHING, IMMEDIATE_EXITS, REGISTERS, ASKS_AGAIN };

static void between(struct vcpu *vcpu, enum habit habit)
{
	u64 ids[] = { PC_REG, PSTATE_REG, X_REG(9), ARM64_SYS_REG(2, 0, 0, 2, 2) };
	unsigned int i;

	switch (habit) {
	case IMMEDIATE_EXITS:
		/* It also takes over what user space answered to an MMIO exit. */
		vcpu->run->immediate_exit = 1;
		if (kioctl(vcpu->fd, KVM_RUN, 0) != -EINTR)
			die("immediate_exit");
		vcpu->run->immediate_exit = 0;
		break;
	case REGISTERS:
		for (i = 0; i < ARRAY_SIZE(ids); i++)
			reg_set(vcpu, ids[i], reg_get(vcpu, ids[i]));
		break;
	case ASKS_AGAIN:
		debug_set(vcpu, DEBUG_STEP, NULL);
		break;
	default:
		break;
	}
}

/* One step, with the answers that user space's device gives; the PC. */
static u64 one_step(struct vcpu *vcpu, enum habit habit, int *mmio)
{
	struct kvm_run *run = vcpu->run;
	struct ucall uc;
	u64 answer = MMIO_ANSWER;
	int ret;

	between(vcpu, habit);
	for (;;) {
		ret = vcpu_run(vcpu, &uc);
		if (ret == UCALL_NONE && debug_class(vcpu) == EC_STEP_LOW)
			return reg_get(vcpu, PC_REG);
		if (ret != UCALL_NONE || run->exit_reason != KVM_EXIT_MMIO ||
		    run->mmio.phys_addr >> 12 != MMIO_IPA >> 12)
			break;
		if (!run->mmio.is_write)
			memcpy(run->mmio.data, &answer, run->mmio.len);
		++*mmio;
		if (habit == IMMEDIATE_EXITS)
			between(vcpu, habit);
	}
	vcpu_dump(vcpu);
	die("vCPU %u: run gave %d, exit %u, class %x; want a step", vcpu->id, ret, run->exit_reason, debug_class(vcpu));
}

/* Steps until the PC is there, which is soon. */
static void step_to(struct vcpu *vcpu, u64 pc)
{
	int n, mmio = 0;

	for (n = 0; n < 3000; n++) {
		if (one_step(vcpu, NOTHING, &mmio) == pc)
			return;
	}
	die("pc %lx is not reached, but %lx", pc, (u64)reg_get(vcpu, PC_REG));
}

FIXTURE(step) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(step)
{
	self->vm = vm_create_guest();
}

FIXTURE_TEARDOWN(step)
{
	vm_free(self->vm);
}

/* In the guest from GUEST_SYNC(0) on: the first step ends behind the store that the sync is. */
static struct vcpu *start(struct vm *vm, void (*fn)(u64), u64 arg, bool with_gic)
{
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, arg);
	u64 pc;

	if (with_gic)
		gic_create(vm, 0);
	vcpu_run_sync(vcpu, 0);
	pc = reg_get(vcpu, PC_REG);
	debug_set(vcpu, DEBUG_STEP, NULL);
	if (debug_run(vcpu, EC_STEP_LOW) != pc + 4)
		die("the step over a store that was user space's");
	return vcpu;
}

static void follow(struct __test_metadata *_metadata, struct vcpu *vcpu, enum habit habit, const u64 *path,
		   const u64 *end, u64 last, int *mmio)
{
	step_to(vcpu, path[0]);
	while (++path <= end) {
		u64 want = path == end ? last : *path, got = one_step(vcpu, habit, mmio);

		ASSERT_EQ(want, got)
			TH_LOG("habit %d: step from %lx to %lx, want %lx", habit, path[-1], got, want);
	}
}

static void walk_through(struct __test_metadata *_metadata, struct vm *vm, enum habit habit)
{
	struct vcpu *vcpu;
	int mmio = 0;

	mem_add(vm, 1, 0, EXTRA_BASE, SZ_64K);
	vcpu = start(vm, guest_walks, 0, true);
	follow(_metadata, vcpu, habit, walk_path, walk_path_end, (u64)walk_end, &mmio);
	ASSERT_EQ(3, mmio);
	if (gv(vm, gic_version) == 3)
		follow(_metadata, vcpu, habit, walk_gicv3_path, walk_gicv3_path_end, (u64)walk_gicv3_end, &mmio);
	debug_set(vcpu, habit & 1 ? 0 : KVM_GUESTDBG_ENABLE, NULL);
	vcpu_run_done(vcpu);
}

TEST_F(step, each_kind_of_instruction)
{
	walk_through(_metadata, self->vm, NOTHING);
}

TEST_F(step, with_immediate_exits_between)
{
	walk_through(_metadata, self->vm, IMMEDIATE_EXITS);
}

TEST_F(step, with_registers_read_and_written_between)
{
	walk_through(_metadata, self->vm, REGISTERS);
}

TEST_F(step, asked_for_again_and_again)
{
	walk_through(_metadata, self->vm, ASKS_AGAIN);
}

/* Everything by the module: nothing by EL2, where debugfs can say so. */
TEST_F(step, without_the_fast_ways)
{
	DIR *dir = opendir(ARMVCPU_DEBUGFS);
	char mine[32], path[300];
	struct dirent *e;
	int fd;

	if (!dir)
		SKIP(return, "no debugfs of armvcpu's");
	snprintf(mine, sizeof(mine), "%d-", getpid());
	while ((e = readdir(dir))) {
		if (strncmp(e->d_name, mine, strlen(mine)))
			continue;
		snprintf(path, sizeof(path), ARMVCPU_DEBUGFS "/%s/fast", e->d_name);
		fd = open(path, O_WRONLY);
		ASSERT_LE(0, fd);
		ASSERT_EQ(1, write(fd, "0", 1));
		close(fd);
	}
	closedir(dir);
	walk_through(_metadata, self->vm, NOTHING);
}

/* To the vector, with ELR_EL1 where the exception belongs; then out of the handler again. */
static void excepts(struct __test_metadata *_metadata, struct vcpu *vcpu, char *at, u64 elr, u32 ec)
{
	int mmio = 0;

	step_to(vcpu, (u64)at);
	ASSERT_EQ((u64)guest_vectors + VECTOR_SYNC, one_step(vcpu, NOTHING, &mmio));
	ASSERT_EQ(elr, reg_get(vcpu, ELR_EL1_REG));
	ASSERT_EQ(ec, ESR_EC(reg_get(vcpu, SR_ESR_EL1)));
	ASSERT_EQ((u64)guest_vectors + VECTOR_SYNC + 4, one_step(vcpu, NOTHING, &mmio));
}

TEST_F(step, exceptions)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	struct vcpu *vcpu = self->vcpu = start(self->vm, guest_excepts, 0, false);
	struct ucall uc;

	excepts(_metadata, vcpu, x_svc, (u64)x_svc + 4, 0x15);
	excepts(_metadata, vcpu, x_udf, (u64)x_udf, EC_UNKNOWN);
	/* One that the module makes */
	excepts(_metadata, vcpu, x_unknown, (u64)x_unknown, EC_UNKNOWN);
	/* BRK comes here before it is executed. */
	step_to(vcpu, (u64)x_brk);
	ASSERT_EQ((u64)x_brk, debug_run(vcpu, EC_BRK64));
	reg_set(vcpu, PC_REG, (u64)x_brk + 4);
	/* and one that user space makes of an access to its device */
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	ASSERT_EQ((u64)x_abort, reg_get(vcpu, PC_REG));
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
	ASSERT_EQ((u64)guest_vectors + VECTOR_SYNC, debug_run(vcpu, EC_STEP_LOW));
	ASSERT_EQ((u64)x_abort, reg_get(vcpu, ELR_EL1_REG));
	step_to(vcpu, (u64)x_end);
	debug_set(vcpu, KVM_GUESTDBG_ENABLE, NULL);
	vcpu_run_done(vcpu);
}

static void set_line(struct vm *vm, bool with_gic, int level)
{
	if (with_gic)
		irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, SPI, level);
	else
		irq_line(vm, KVM_ARM_IRQ_TYPE_CPU, 0, KVM_ARM_IRQ_CPU_IRQ, level);
}

/* An interrupt that waits is taken at the latest one step behind what unmasks it. */
static void unmasks(struct __test_metadata *_metadata, struct vm *vm, bool with_gic)
{
	u64 pc, vector = (u64)guest_vectors + VECTOR_IRQ;
	struct vcpu *vcpu = start(vm, guest_unmasks, with_gic, with_gic);
	int mmio = 0;

	set_line(vm, with_gic, 1);
	step_to(vcpu, (u64)u_unmask);
	pc = one_step(vcpu, NOTHING, &mmio);
	if (pc != vector) {
		ASSERT_EQ((u64)u_unmask + 4, pc);
		pc = one_step(vcpu, NOTHING, &mmio);
	}
	ASSERT_EQ(vector, pc);
	ASSERT_EQ((u64)u_unmask + 4, reg_get(vcpu, ELR_EL1_REG));
	ASSERT_EQ(vector + 4, one_step(vcpu, NOTHING, &mmio));
	set_line(vm, with_gic, 0);
	/* Through the handler and out of it */
	step_to(vcpu, (u64)u_unmask + 4);
	ASSERT_EQ((u64)u_behind, one_step(vcpu, NOTHING, &mmio));
	debug_set(vcpu, 0, NULL);
	vcpu_run_done(vcpu);
}

TEST_F(step, into_an_interrupt)
{
	unmasks(_metadata, self->vm, false);
}

TEST_F(step, into_an_interrupt_of_the_gic)
{
	unmasks(_metadata, self->vm, true);
}

struct later {
	struct vm *vm;
	bool with_gic;
};

static void *raise_later(void *arg)
{
	struct later *l = arg;

	usleep(100000);
	set_line(l->vm, l->with_gic, 1);
	return NULL;
}

/*
 * The step over WFI takes as long as the WFI does, which the interrupt ends. (In QEMU that is no time: WFI does nothing
 * while the CPU steps.)
 */
static void waits(struct __test_metadata *_metadata, struct vm *vm, bool with_gic)
{
	struct vcpu *vcpu = start(vm, guest_waits, with_gic, with_gic);
	struct later later = { vm, with_gic };
	pthread_t thread;
	int mmio = 0;

	step_to(vcpu, (u64)w_wfi);
	ASSERT_EQ(0, pthread_create(&thread, NULL, raise_later, &later));
	ASSERT_EQ((u64)w_wfi + 4, one_step(vcpu, NOTHING, &mmio));
	pthread_join(thread, NULL);
	debug_set(vcpu, 0, NULL);
	vcpu_run_done(vcpu);
}

TEST_F(step, over_wfi)
{
	waits(_metadata, self->vm, false);
}

TEST_F(step, over_wfi_with_a_gic)
{
	waits(_metadata, self->vm, true);
}

/* Steps and walks of the guest's own are as before when user space is gone. */
TEST_F(step, the_guests_own_steps)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_steps, 0);
	struct ucall uc;
	int n, mmio = 0;

	for (n = 0; n < 6; n++) {
		uc = vcpu_run_sync(vcpu, n);
		ASSERT_EQ(1, uc.a[1]);
		ASSERT_EQ((u64)s_stepped, uc.a[2]);
		ASSERT_EQ(0x33, uc.a[3]);
		debug_set(vcpu, DEBUG_STEP, NULL);
		one_step(vcpu, NOTHING, &mmio);
		one_step(vcpu, NOTHING, &mmio);
		debug_set(vcpu, 0, NULL);
	}
}

/* A CPU that PSCI starts */
TEST_F(step, from_the_first_instruction_on)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_starts_other, 0);
	struct vcpu *other = guest_vcpu(self->vm, 1, NULL, 0);

	guest_set_entry(other, guest_done, 0);
	debug_set(other, DEBUG_STEP, NULL);
	vcpu_run_done(vcpu);
	EXPECT_EQ((u64)guest_entry + 4, debug_run(other, EC_STEP_LOW));
	EXPECT_EQ((u64)guest_entry + 8, debug_run(other, EC_STEP_LOW));
	debug_set(other, 0, NULL);
	vcpu_run_done(other);
}

#define LOOPS	150

static void *loop_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	u64 pc = (u64)l_loop, want;
	int mmio = 0, n = 0;

	vcpu_run_sync(vcpu, 0);
	debug_set(vcpu, DEBUG_STEP, NULL);
	step_to(vcpu, pc);
	while (pc != (u64)l_end) {
		want = pc + 4;
		if (want == (u64)l_end && ++n < LOOPS)
			want = (u64)l_loop;
		pc = one_step(vcpu, NOTHING, &mmio);
		if (pc != want)
			die("vCPU %u: round %d: pc %lx, want %lx", vcpu->id, n, pc, want);
	}
	debug_set(vcpu, 0, NULL);
	vcpu_run_done(vcpu);
	return NULL;
}

static void nothing(int signal)
{
}

TEST_F(step, several_vcpus_in_a_storm_of_signals)
{
	struct itimerval often = { { 0, 1500 }, { 0, 1500 } }, never = {};
	struct sigaction action = { .sa_handler = nothing };
	pthread_t threads[3];
	int i;

	sigaction(SIGALRM, &action, NULL);
	for (i = 0; i < 3; i++)
		guest_vcpu(self->vm, i, guest_loops, LOOPS);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, loop_thread, self->vm->vcpus[i]));
	}
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
}

SELFTEST_MAIN
