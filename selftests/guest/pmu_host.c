// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest's counters go on whichever thread and CPU runs it, and in another VM; they count no other guest.
 *            The host's own counters never notice, whatever the guest writes; where the host has taken all of them
 *            the guest's stand still.
 * Reference: DDI 0487, D13 (The Performance Monitors Extension), D24.5.
 * A failure: shows the counts; see host/pmu.c, dev/pmu.c. Skipped where the host's perf has no PMU.
 */
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "harness.h"
#include "pmu.h"
#include "process.h"
#include "timer.h"

/* ---- who runs it ------------------------------------------------------------------------------------------------ */

#define TURNS	12

/* Each turn counts at least as much as it spins, and never goes back. */
static void guest_goes_on(u64 arg)
{
	u64 i, a, b;

	pmu_cycles_on(0);
	for (i = 0; i < TURNS; i++) {
		a = pm_read(pmccntr_el0);
		GUEST_SYNC(i);
		pmu_spin(20000);
		b = pm_read(pmccntr_el0);
		if (b <= a)
			guest_abort(__FILE__, __LINE__, "cycles before and after", a, b);
	}
	GUEST_DONE();
}

static void *turn(void *arg)
{
	struct ucall uc;

	vcpu_run(arg, &uc);
	return NULL;
}

TEST(it_counts_on_all_cpus_and_in_all_threads)
{
	int i, n = sysconf(_SC_NPROCESSORS_ONLN);
	struct vcpu *vcpu;
	pthread_t thread;
	struct vm *vm;

	NEEDS_PMU();
	vm = pmu_vm();
	vcpu = guest_vcpu(vm, 0, guest_goes_on, 0);
	pmu_init_all(vm);
	for (i = 0; i < TURNS; i++) {
		pin_to_cpu(i % n);
		/* the main thread, or one that is gone behind its turn */
		if (i % 3 == 0) {
			vcpu_run_sync(vcpu, i);
			continue;
		}
		ASSERT_EQ(0, pthread_create(&thread, NULL, turn, vcpu));
		pthread_join(thread, NULL);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* The vCPU's thread, busy elsewhere, while another one works on its counters and ends the VM. */
static void guest_counts(u64 arg)
{
	pmu_cycles_on(0);
	pmu_spin(10000);
	for (;;)
		GUEST_SYNC(1);
}

static atomic_int owner_is_out, owner_may_go;

static void *owner(void *arg)
{
	struct ucall uc;

	vcpu_run(arg, &uc);
	atomic_store(&owner_is_out, 1);
	while (!atomic_load(&owner_may_go))
		;
	return NULL;
}

TEST(another_thread_stops_it_and_ends_the_vm)
{
	u64 a, zero = 0;
	pthread_t thread;
	struct vm *vm;
	int i;

	NEEDS_PMU();
	for (i = 0; i < 20; i++) {
		vm = pmu_vm();
		guest_vcpu(vm, 0, guest_counts, 0);
		pmu_init_all(vm);
		atomic_store(&owner_is_out, 0);
		atomic_store(&owner_may_go, 0);
		ASSERT_EQ(0, pthread_create(&thread, NULL, owner, vm->vcpus[0]));
		while (!atomic_load(&owner_is_out))
			sched_yield();
		a = reg_get(vm->vcpus[0], SYS_ID(R_PMCCNTR));
		EXPECT_LT(10000, a);
		pmu_burn(2);
		EXPECT_EQ(a, reg_get(vm->vcpus[0], SYS_ID(R_PMCCNTR)));
		if (i & 1)
			EXPECT_EQ(0, reg_try_set(vm->vcpus[0], SYS_ID(R_PMCNTENSET), &zero));
		if (i & 2)
			EXPECT_EQ(0, vcpu_init(vm->vcpus[0], vm->features));
		/* before its thread, or after */
		if (i & 4)
			vm_free(vm);
		atomic_store(&owner_may_go, 1);
		pthread_join(thread, NULL);
		if (!(i & 4))
			vm_free(vm);
	}
}

/* Two vCPUs on one CPU, one that counts and one that spins: the first one's cycles are its own. */
static void guest_alone(u64 arg)
{
	u64 i, sum = 0, a;

	pmu_cycles_on(0);
	for (i = 0; i < 20; i++) {
		a = pm_read(pmccntr_el0);
		GUEST_SYNC(i);
		sum += pm_read(pmccntr_el0) - a;
	}
	GUEST_SYNC_ARGS(i, sum, 0, 0);
	GUEST_DONE();
}

static void guest_spins(u64 arg)
{
	for (;;) {
		delay_ms(20);
		GUEST_SYNC(0);
	}
}

TEST(another_guest_is_not_counted)
{
	struct vm *vm, *other;
	struct ucall uc;
	int i;

	NEEDS_PMU();
	pin_to_cpu(0);
	vm = pmu_vm();
	guest_vcpu(vm, 0, guest_alone, 0);
	pmu_init_all(vm);
	other = vm_create_guest();
	guest_vcpu(other, 0, guest_spins, 0);
	for (i = 0; i < 20; i++) {
		vcpu_run_sync(vm->vcpus[0], i);
		vcpu_run_sync(other->vcpus[0], 0);
	}
	uc = vcpu_run_sync(vm->vcpus[0], i);
	/* 400 ms of the other; by the emulator's count */
	EXPECT_GT(200000000UL, uc.a[1]);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
	vm_free(other);
}

/* ---- the host's counters --------------------------------------------------------------------------------------- */

static int host_event(u64 config, bool pinned)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(attr), .config = config, .pinned = pinned,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static u64 host_count(int fd)
{
	u64 value = 0;

	if (read(fd, &value, sizeof(value)) != sizeof(value))
		return 0;
	return value;
}

/* Everything into everything, P and C all the time. */
static void guest_vandal(u64 rounds)
{
	u64 i, seed = rounds;

	for (i = 0; i < rounds; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		pm_write(~0UL, pmcr_el0);
		pm_write(seed, pmccntr_el0);
		pm_write(seed >> 5, pmevcntr0_el0);
		pm_write(seed >> 7, pmevcntr1_el0);
		pm_write(seed >> 9, pmevtyper0_el0);
		pm_write(i & 1 ? EV_CPU_CYCLES : seed >> 11, pmevtyper1_el0);
		pm_write(seed >> 13, pmcntenset_el0);
		pm_write(seed >> 15, pmcntenclr_el0);
		pm_write(seed >> 17, pmovsset_el0);
		pm_write(seed >> 19, pmovsclr_el0);
		pm_write(seed >> 21, pmintenset_el1);
		pm_write(seed >> 23, pmintenclr_el1);
		pm_write(seed >> 25, pmuserenr_el0);
		pm_write(seed >> 27, pmswinc_el0);
		pm_write(0, pmcr_el0);
	}
	GUEST_DONE();
}

TEST(the_hosts_counters_go_on)
{
	struct vm *vm;
	u64 a, b, ns;
	int fd, i;

	NEEDS_PMU();
	fd = host_event(PERF_COUNT_HW_CPU_CYCLES, true);
	if (fd < 0)
		SKIP(return, "perf_event_open: %s", strerror(errno));
	vm = pmu_vm();
	guest_vcpu(vm, 0, guest_vandal, 40);
	pmu_init_all(vm);
	for (i = 0; i < 3; i++) {
		a = host_count(fd);
		ns = cpu_ns();
		if (i == 1)
			vcpu_run_done(vm->vcpus[0]);
		else
			pmu_burn(100);
		b = host_count(fd);
		ns = cpu_ns() - ns;
		/* by the emulator's count a cycle is a nanosecond */
		EXPECT_LT(ns / 4, b - a);
		EXPECT_GT(ns * 4, b - a);
	}
	close(fd);
	vm_free(vm);
}

/* All of the hardware's are taken: the guest's stand still. When they are free again they count. */
static void guest_waits_for_counters(u64 arg)
{
	u64 a;

	pmu_cycles_on(0);
	pmu_spin(10000);
	GUEST_SYNC(1);
	pm_write(PMCR_LC, pmcr_el0);
	pm_write(PMCR_E | PMCR_LC, pmcr_el0);
	a = pm_read(pmccntr_el0);
	pmu_spin(10000);
	GUEST_ASSERT(pm_read(pmccntr_el0) > a);
	GUEST_DONE();
}

TEST(all_counters_are_taken)
{
	struct vcpu *vcpu;
	struct vm *vm;
	int fd[32], i;

	NEEDS_PMU();
	for (i = 0; i < 32; i++)
		fd[i] = host_event(PERF_COUNT_HW_CPU_CYCLES, true);
	if (fd[0] < 0)
		SKIP(return, "perf_event_open: %s", strerror(errno));
	vm = pmu_vm();
	vcpu = guest_vcpu(vm, 0, guest_waits_for_counters, 0);
	pmu_init_all(vm);
	vcpu_run_sync(vcpu, 1);
	for (i = 0; i < 32; i++)
		close(fd[i]);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* ---- migration ---------------------------------------------------------------------------------------- */

/* Counts in one VM, goes on in another. */
static void guest_moves(u64 arg)
{
	u64 a;

	pmu_cycles_on(0);
	pm_write(EV_SW_INCR, pmevtyper2_el0);
	pm_write(4, pmcntenset_el0);
	pm_write(4, pmswinc_el0);
	pmu_spin(1000);
	a = pm_read(pmccntr_el0);
	GUEST_SYNC_ARGS(1, a, 0, 0);
	GUEST_ASSERT(pm_read(pmccntr_el0) > a);
	pmu_spin(1000);
	GUEST_ASSERT(pm_read(pmccntr_el0) > a + 100);
	GUEST_ASSERT_EQ(1, pm_read(pmevcntr2_el0));
	pm_write(4, pmswinc_el0);
	GUEST_ASSERT_EQ(2, pm_read(pmevcntr2_el0));
	GUEST_DONE();
}

static void copy_registers(struct vcpu *from, struct vcpu *to)
{
	struct kvm_reg_list *list = reg_list(from);
	u8 value[256];
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		if (reg_try_get(from, list->reg[i], value) || reg_try_set(to, list->reg[i], value))
			die("register 0x%llx", list->reg[i]);
	}
	free(list);
}

TEST(it_goes_on_elsewhere)
{
	struct vm *vm, *other;

	NEEDS_PMU();
	vm = pmu_vm();
	guest_vcpu(vm, 0, guest_moves, 0);
	pmu_init_all(vm);
	vcpu_run_sync(vm->vcpus[0], 1);
	/* the MMIO access of the ucall is completed by the next run: here, in a copy */
	other = pmu_vm();
	guest_vcpu(other, 0, guest_moves, 0);
	pmu_init_all(other);
	vm->vcpus[0]->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_once(vm->vcpus[0]));
	copy_registers(vm->vcpus[0], other->vcpus[0]);
	memcpy(vm_hva(other, RAM_BASE), vm_hva(vm, RAM_BASE), RAM_SIZE);
	vcpu_run_done(other->vcpus[0]);
	vm_free(vm);
	vm_free(other);
}

/* ---- hostile ---------------------------------------------------------------------------------------------------- */

static u64 sweep_code[2] __attribute__((aligned(16)));

/* All encodings around the PMU, with all kinds of values, while counters run. */
static void guest_sweep(u64 rounds)
{
	u64 r, i, seed = 7;
	u32 crn[] = { 9, 14 };

	for (r = 0; r < rounds; r++) {
		for (i = 0; i < 2 * 2 * 128; i++) {
			u32 op1 = i & 1 ? 3 : 0, crm = i >> 2 & 15, op2 = i >> 6 & 7;
			u32 reg = SYSREG(3, op1, crn[i >> 1 & 1], crm, op2);

			/* the timers, and what the GIC has in CRn 14 of op1 0: not this test's */
			if (crn[i >> 1 & 1] == 14 && crm < 8)
				continue;
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			fault_expect();
			sweep_code[0] = (r & 1 ? INSN_MRS_X0(reg) : INSN_MSR_X0(reg)) | (u64)INSN_RET << 32;
			asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb\n\tmov x0, %1\n\tblr %0"
				     :: "r"(sweep_code), "r"(r == 2 ? ~0UL : seed) : "x0", "x30", "memory");
			fault_taken();
		}
	}
	GUEST_DONE();
}

TEST(all_registers_at_random)
{
	NEEDS_PMU();
	pmu_run(guest_sweep, 8, true, NULL);
}

SELFTEST_MAIN
