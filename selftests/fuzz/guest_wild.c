// SPDX-License-Identifier: GPL-2.0
/*
 * Random words as a guest's program, with random state of EL1, whose exceptions go on with rubbish: what
 * guest/hostile_code does in seconds, for as long as one likes and on several vCPUs. It soon gets lost; guest_insns is
 * the one that goes through everything by plan.
 *
 * A failure: RUN gives what it never should, or does not come back; or the VM beside it goes wrong.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "fuzz.h"
#include "insn.h"
#include "stats.h"

#define CODE_SIZE	(16 * SZ_4K)
#define NR_VCPUS	2

static struct fuzz_counter counters[] = {
	{ "runs", true },
	{ "programs", true },
	{ "witness", true },
	{ "mmio" },
	{ "no_syndrome" },
	{ "events" },
	{ "refused" },
	{ }
};
enum { RUNS, PROGRAMS, WITNESS, MMIO, NO_SYNDROME, EVENTS, REFUSED };

static struct vcpu *vcpus[NR_VCPUS];
static u32 *code[NR_VCPUS];

/* QEMU 7.2 hangs when a timer's compare value wraps around (C49): no writes of CNTP_*, CNTV_*. */
static bool harms_the_emulator(u32 insn)
{
	return (insn & 0xfffff000) == 0xd51be000;
}

static u32 random_insn(struct fuzz_rng *r)
{
	u64 v = fuzz_rand(r);
	u32 insn = v;

	switch (v >> 60) {
	case 0 ... 3:
		insn = 0xd5000000 | (insn & 0x003fffff);
		break;
	case 4:
		insn = 0xd4000000 | (insn & 0x00ffffff);
		break;
	case 5 ... 8:
		insn = (insn & ~0x0a000000u) | 0x08000000;
		break;
	}
	return harms_the_emulator(insn) ? INSN_NOP : insn;
}

static void reset(struct fuzz_rng *r, struct vcpu *vcpu, u64 base)
{
	static const u64 regs[] = {
		ARM64_SYS_REG(3, 0, 1, 0, 0),	/* SCTLR_EL1 */
		ARM64_SYS_REG(3, 0, 1, 0, 2),	/* CPACR_EL1 */
		ARM64_SYS_REG(3, 0, 2, 0, 0),	/* TTBR0_EL1 */
		ARM64_SYS_REG(3, 0, 2, 0, 2),	/* TCR_EL1 */
		ARM64_SYS_REG(3, 0, 10, 2, 0),	/* MAIR_EL1 */
		ARM64_SYS_REG(3, 0, 12, 0, 0),	/* VBAR_EL1 */
		ARM64_SYS_REG(2, 0, 0, 2, 2),	/* MDSCR_EL1 */
	};
	static const u64 modes[] = { 0, 4, 5, 0x3c5, 0x200005 };
	int i, ret = vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2);

	if (ret)
		die("VCPU_INIT: %d", ret);
	for (i = 0; i < 31; i++) {
		u64 v = fuzz_rand(r);

		if (v >> 62 == 0)
			v = base + v % CODE_SIZE;
		else if (v >> 62 == 1)
			v %= 1UL << 34;
		reg_set(vcpu, X_REG(i), v);
	}
	reg_set(vcpu, PC_REG, base + fuzz_below(r, CODE_SIZE / 4) * 4);
	reg_set(vcpu, SR_VBAR_EL1, base);
	reg_set(vcpu, SP_EL1_REG, base + CODE_SIZE / 2);
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		if (fuzz_one_in(r, 6))
			reg_set(vcpu, regs[i], fuzz_rand(r));
	if (fuzz_one_in(r, 2))
		reg_set(vcpu, PSTATE_REG, modes[fuzz_below(r, ARRAY_SIZE(modes))]);
}

/* false: this program has come to an end. */
static bool run_once(struct vcpu *vcpu)
{
	int ret = vcpu_run_once(vcpu);
	u32 reason = vcpu->run->exit_reason;

	fuzz_errno(ret);
	fuzz_count(&counters[RUNS], 1);
	if (!ret && reason == KVM_EXIT_MMIO) {
		fuzz_count(&counters[MMIO], 1);
		return true;
	}
	if (ret == -ENOSYS)
		fuzz_count(&counters[NO_SYNDROME], 1);
	else if (!ret && reason == KVM_EXIT_SYSTEM_EVENT)
		fuzz_count(&counters[EVENTS], 1);
	else if ((!ret || ret == -EINVAL) && (reason == KVM_EXIT_FAIL_ENTRY || reason == KVM_EXIT_UNKNOWN))
		fuzz_count(&counters[REFUSED], 1);
	else if (ret != -EINTR && ret != -EFAULT)
		fuzz_fail("RUN gave %d, exit reason %u", ret, reason);
	return false;
}

static void *hostile(void *arg)
{
	unsigned long nr = (unsigned long)arg, i;
	struct fuzz_rng r = fuzz_stream(nr);
	u64 base = EXTRA_BASE + nr * CODE_SIZE;

	while (!fuzz_over()) {
		for (i = 0; i < CODE_SIZE / 4; i++)
			code[nr][i] = random_insn(&r);
		reset(&r, vcpus[nr], base);
		for (i = 0; i < 20 && run_once(vcpus[nr]); i++)
			;
		fuzz_count(&counters[PROGRAMS], 1);
	}
	return NULL;
}

static void guest_counts(u64 arg)
{
	u64 i;

	for (i = 0;; i++)
		GUEST_SYNC(i);
}

static void *watch(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	u64 n;
	int ret;

	for (n = 0; !fuzz_over(); n++) {
		ret = vcpu_run(vcpu, &uc);
		if (ret != UCALL_SYNC || uc.a[0] != n)
			fuzz_fail("the witness gave %d, %lu, and not %lu", ret, uc.a[0], n);
		fuzz_count(&counters[WITNESS], 1);
		usleep(1000);
	}
	return NULL;
}

static void on_signal(int sig)
{
}

static void run(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vm *other = vm_create_guest(), *vm = vm_create_guest();
	pthread_t threads[NR_VCPUS + 1];
	unsigned long i;

	guest_vcpu(other, 0, guest_counts, 0);
	for (i = 0; i < NR_VCPUS; i++) {
		code[i] = mem_add(vm, 1 + i, 0, EXTRA_BASE + i * CODE_SIZE, CODE_SIZE);
		vcpus[i] = guest_vcpu(vm, i, guest_counts, 0);
	}
	if (fuzz_seed & 1)
		fast_path_set(0);	/* of the newest VM, the hostile one */
	sigaction(SIGUSR1, &sa, NULL);
	pthread_create(&threads[NR_VCPUS], NULL, watch, other->vcpus[0]);
	for (i = 0; i < NR_VCPUS; i++)
		pthread_create(&threads[i], NULL, hostile, (void *)i);
	/* A program gets 20 ms. */
	while (!fuzz_over()) {
		usleep(20000);
		for (i = 0; i < NR_VCPUS; i++)
			pthread_kill(threads[i], SIGUSR1);
	}
	for (i = 0; i < NR_VCPUS; i++)
		while (pthread_tryjoin_np(threads[i], NULL)) {
			pthread_kill(threads[i], SIGUSR1);
			usleep(20000);
		}
	pthread_join(threads[NR_VCPUS], NULL);
	vm_free(vm);
	vm_free(other);
}

int main(int argc, char **argv)
{
	return fuzz_main(argc, argv, counters, run);
}
