// SPDX-License-Identifier: GPL-2.0
/*
 * Random guests: all system registers, the GIC's registers of all widths and its frames' holes, cache and TLB
 * maintenance, firmware calls, exceptions, loads and stores of all forms, timers, translation, debug registers, EL0 in
 * both instruction sets (lib/fuzz_gen.c). One VM with a GIC and several vCPUs, one without, with and without the fast
 * path; beside them a witness whose registers, memory and system registers must be what they were. All VMs are made
 * anew every some seconds.
 *
 * A guest comes back from whatever it did by its vectors, which it can't write; one that makes no progress is reset.
 *
 * A failure: RUN gives what it never should, or does not come back at a signal; the guest wrote what it can't write;
 * the witness went wrong. Reproducible but for the timing of vCPUs.
 */
#include <pthread.h>
#include <signal.h>

#include "fuzz_gen.h"
#include "gic.h"
#include "insn.h"
#include "pmu.h"
#include "stats.h"
#include "witness.h"

#define MAX_VCPUS	4
#define NR_VMS		2
#define EPOCH_SECONDS	12
#define TICK_US		20000
#define STUCK_TICKS	8

static struct fuzz_counter counters[] = {
	{ "cases", true }, { "batches" }, { "runs", true }, { "witness", true }, { "epochs" },
	{ "resets" }, { "mmio" }, { "nisv" }, { "fault" }, { "events" }, { "refused" },
	{ "undef" }, { "svc" }, { "brk" }, { "iabt" }, { "dabt" }, { "dbg" }, { "irq" }, { "other" },
	{ "exits", true }, { "fast" }, { "x_hvc" }, { "x_smc" }, { "x_sysreg" }, { "x_fetch" }, { "x_data" },
	{ "x_fp" }, { "x_other" }, { "x_irq" },
	{ }
};
enum {
	CASES, BATCHES, RUNS, WITNESS, EPOCHS, RESETS, MMIO, NISV, FAULT, EVENTS, REFUSED,
	UNDEF, SVC, BRK, IABT, DABT, DBG, IRQ, OTHER,
	EXITS
};

/* In the order of the counters from EXITS on. */
static const char *const stat_names[] = {
	"exits", "fast", "exit_hvc", "exit_smc", "exit_sysreg", "exit_fetch", "exit_data", "exit_fp", "exit_other",
	"exit_irq",
};

struct hostile {
	struct vcpu *vcpu;
	struct fuzz_gen gen;
	pthread_t thread;
	char *ro, *shadow;		/* shadow: what the guest's read-only area must be */
	volatile u64 *rw;
	u64 cases, class[FUZZ_IRQ_CLASS + 1];
	struct stats *stats;
	u64 stat[ARRAY_SIZE(stat_names)];
	unsigned int ticks_without;
	u64 back_ns;			/* when RUN returned last */
	bool ended;
};

static bool epoch_over;

static bool over(void)
{
	return READ_ONCE(epoch_over) || fuzz_over();
}

/* ---- counts ---------------------------------------------------------------------------------- */

static int counter_of_class(unsigned int class)
{
	switch (class) {
	case 0x00:
		return UNDEF;
	case 0x15: case 0x11:
		return SVC;
	case 0x3c: case 0x38:
		return BRK;
	case 0x20 ... 0x22:
		return IABT;
	case 0x24 ... 0x26:
		return DABT;
	case 0x30 ... 0x35:
		return DBG;
	case FUZZ_IRQ_CLASS:
		return IRQ;
	}
	return OTHER;
}

/* The guest may overwrite its counts; a jump is not counted. True if it got on. */
static bool take_counts(struct hostile *h)
{
	u64 now = h->rw[0], got = now - h->cases;
	unsigned int i;

	for (i = 0; i <= FUZZ_IRQ_CLASS; i++) {
		u64 n = h->rw[FUZZ_D_CLASS / 8 + i], more = n - h->class[i];

		h->class[i] = n;
		if (more < 100000)
			fuzz_count(&counters[counter_of_class(i)], more);
	}
	h->cases = now;
	if (got < 100000)
		fuzz_count(&counters[CASES], got);
	return got;
}

static void take_stats(struct hostile *h)
{
	unsigned int i;

	for (i = 0; h->stats && i < ARRAY_SIZE(stat_names); i++) {
		u64 n = stats_value(h->stats, stat_names[i]);

		fuzz_count(&counters[EXITS + i], n - h->stat[i]);
		h->stat[i] = n;
	}
}

/* ---- one vCPU ---------------------------------------------------------------------------------- */

static void new_cases(struct hostile *h)
{
	fuzz_generate(&h->gen, h->shadow);
	memcpy(h->ro, h->shadow, FUZZ_AREA);
	clean_to_memory(h->ro, FUZZ_AREA);
	fuzz_count(&counters[BATCHES], 1);
}

/* Vectors and translation as the cases expect them, whatever the last ones left. */
static void set_controls(struct hostile *h)
{
	reg_set(h->vcpu, SR_VBAR_EL1, h->gen.ro);
	reg_set(h->vcpu, ARM64_SYS_REG(3, 0, 2, 0, 0), h->gen.ro + FUZZ_PGD);
	reg_set(h->vcpu, ARM64_SYS_REG(3, 0, 2, 0, 2), 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2UL << 32);
	reg_set(h->vcpu, ARM64_SYS_REG(3, 0, 10, 2, 0), 0xff04);
	reg_set(h->vcpu, ARM64_SYS_REG(2, 0, 0, 2, 2), 0);
}

static void reset(struct hostile *h)
{
	int ret = vcpu_init(h->vcpu, h->vcpu->vm->features);

	if (ret)
		fuzz_fail("VCPU_INIT: %d", ret);
	set_controls(h);
	reg_set(h->vcpu, PC_REG, h->gen.ro + 0x200);
	reg_set(h->vcpu, PSTATE_REG, 0x3c5);
	h->rw[0] = 0;
	h->cases = 0;
	h->ticks_without = 0;
	fuzz_count(&counters[RESETS], 1);
}

static void check_read_only(struct hostile *h)
{
	if (memcmp(h->ro, h->shadow, FUZZ_AREA))
		fuzz_fail("a guest wrote to its read-only memory");
}

/* An exit by a store or a load without memory. */
static void mmio(struct hostile *h)
{
	struct kvm_run *run = h->vcpu->run;

	if (run->mmio.phys_addr == UCALL_IPA && run->mmio.is_write) {
		take_counts(h);
		check_read_only(h);
		new_cases(h);
		set_controls(h);
		if (fuzz_one_in(&h->gen.r, 8))
			take_stats(h);
		return;
	}
	fuzz_count(&counters[MMIO], 1);
	if (!run->mmio.is_write)
		memset(run->mmio.data, fuzz_rand(&h->gen.r), sizeof(run->mmio.data));
}

/* Past an instruction that the host half can't help: as if it were the case's last. */
static void skip(struct hostile *h)
{
	reg_set(h->vcpu, PC_REG, h->gen.ro + 0x200);
	reg_set(h->vcpu, PSTATE_REG, 0x3c5);
	set_controls(h);
}

static void interrupted(struct hostile *h)
{
	if (take_counts(h))
		h->ticks_without = 0;
	else if (++h->ticks_without > STUCK_TICKS)
		reset(h);
}

static void run_once(struct hostile *h)
{
	int ret = fuzz_errno(vcpu_run_once(h->vcpu));
	u32 reason = h->vcpu->run->exit_reason;

	WRITE_ONCE(h->back_ns, now_ns());
	fuzz_count(&counters[RUNS], 1);
	if (!ret && reason == KVM_EXIT_MMIO) {
		mmio(h);
	} else if (ret == -EINTR) {
		interrupted(h);
	} else if (ret == -ENOSYS || ret == -EFAULT) {
		fuzz_count(&counters[ret == -ENOSYS ? NISV : FAULT], 1);
		skip(h);
	} else if (!ret && reason == KVM_EXIT_SYSTEM_EVENT) {
		fuzz_count(&counters[EVENTS], 1);
		reset(h);
	} else if ((!ret || ret == -EINVAL) && (reason == KVM_EXIT_FAIL_ENTRY || reason == KVM_EXIT_UNKNOWN)) {
		fuzz_count(&counters[REFUSED], 1);
		reset(h);
	} else {
		fuzz_fail("RUN gave %d, exit reason %u", ret, reason);
	}
}

static void *run_hostile(void *arg)
{
	struct hostile *h = arg;

	new_cases(h);
	reset(h);
	while (!over())
		run_once(h);
	take_counts(h);
	take_stats(h);
	check_read_only(h);
	WRITE_ONCE(h->ended, true);
	return NULL;
}

/* ---- VMs ------------------------------------------------------------------------------------------ */

struct hostile_vm {
	struct vm *vm;
	unsigned int nr;
	struct hostile vcpu[MAX_VCPUS];
};

static bool host_has_aarch32(struct vcpu *vcpu)
{
	return (reg_get(vcpu, ARM64_SYS_REG(3, 0, 0, 4, 0)) & 0xf) == 2;
}

static void hostile_init(struct hostile *h, struct vm *vm, struct vcpu *vcpu, unsigned int nr, u64 stream)
{
	h->vcpu = vcpu;
	h->gen.r = fuzz_stream(stream);
	h->gen.ro = FUZZ_RO_BASE + vcpu->id * FUZZ_AREA;
	h->gen.rw = FUZZ_RW_BASE + vcpu->id * FUZZ_AREA;
	h->gen.nr_vcpus = nr;
	h->gen.aarch32 = host_has_aarch32(vcpu);
	h->ro = vm_hva(vm, h->gen.ro);
	h->rw = vm_hva(vm, h->gen.rw);
	h->shadow = calloc(1, FUZZ_AREA);
	memcpy(h->shadow, fuzz_vectors, fuzz_vectors_end - fuzz_vectors);
	/* KVM and armvcpu have them, with other names from "fast" on. */
	h->stats = stats_open(vcpu->fd);
	h->back_ns = now_ns();
	if (stats_find(h->stats, "fast") < 0) {
		stats_close(h->stats);
		h->stats = NULL;
	}
}

static void hostile_vm_create(struct hostile_vm *v, unsigned int nr, bool gic, bool fast, u64 stream)
{
	unsigned int i;
	int ret;

	memset(v, 0, sizeof(*v));
	v->vm = vm_create();
	v->nr = nr;
	if (!fast)
		fast_path_set(0);
	/* Half of the VMs have a PMU, with a GIC and without. */
	if ((stream ^ stream >> 1) & 1 && pmu_offered())
		v->vm->features |= PMU_FEATURE;
	mem_add(v->vm, 0, 0, FUZZ_RW_BASE, MAX_VCPUS * FUZZ_AREA);
	v->vm->slots[1] = (struct memslot){ FUZZ_RO_BASE, MAX_VCPUS * FUZZ_AREA, mem_anon(MAX_VCPUS * FUZZ_AREA) };
	ret = mem_set(v->vm, 1, KVM_MEM_READONLY, FUZZ_RO_BASE, MAX_VCPUS * FUZZ_AREA, v->vm->slots[1].hva);
	if (ret)
		die("read-only slot: %d", ret);
	for (i = 0; i < nr; i++) {
		vcpu_create(v->vm, i);
		ret = vcpu_init(v->vm->vcpus[i], v->vm->features);
		if (ret)
			die("VCPU_INIT: %d", ret);
		hostile_init(&v->vcpu[i], v->vm, v->vm->vcpus[i], nr, stream * 16 + i);
	}
	if (gic)
		gic_create(v->vm, 64);
	if (v->vm->features & PMU_FEATURE)
		pmu_init_all(v->vm);
	for (i = 0; i < nr; i++)
		v->vcpu[i].gen.gic = !gic ? 0 : v->vm->gic_is_v2 ? 2 : 3;
}

static void hostile_vm_start(struct hostile_vm *v)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++)
		if (pthread_create(&v->vcpu[i].thread, NULL, run_hostile, &v->vcpu[i]))
			die("no thread for a vCPU");
}

/* Out of RUN, so that it looks whether it gets on. False if one does not come back. */
static void hostile_vm_tick(struct hostile_vm *v)
{
	unsigned int i;
	u64 back;

	for (i = 0; i < v->nr; i++) {
		struct hostile *h = &v->vcpu[i];

		if (READ_ONCE(h->ended))
			continue;
		pthread_kill(h->thread, SIGUSR1);
		/* Read before the clock: it comes back at any time. */
		back = __atomic_load_n(&h->back_ns, __ATOMIC_ACQUIRE);
		if (now_ns() - back < fuzz_patience * 1000000000ULL)
			continue;
		vcpu_dump(h->vcpu);
		fuzz_fail("RUN of vCPU %u has not come back for %u s", i, fuzz_patience);
		_exit(1);
	}
}

static bool hostile_vm_ended(struct hostile_vm *v)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++)
		if (!READ_ONCE(v->vcpu[i].ended))
			return false;
	return true;
}

static void hostile_vm_free(struct hostile_vm *v)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++) {
		pthread_join(v->vcpu[i].thread, NULL);
		free(v->vcpu[i].shadow);
		if (v->vcpu[i].stats)
			stats_close(v->vcpu[i].stats);
	}
	vm_free(v->vm);
}

/* ---- the witness ------------------------------------------------------------------------------------ */

static void *run_witness(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	u64 n, want;
	int ret;

	for (n = 0; !over(); n++) {
		ret = vcpu_run(vcpu, &uc);
		want = witness_sum(n);
		if (ret != UCALL_SYNC || uc.a[0] != n || uc.a[1] != want || uc.a[2])
			fuzz_fail("the witness gave %d: round %lu, sum 0x%lx, changed 0x%lx; expected %lu, 0x%lx, 0",
				  ret, uc.a[0], uc.a[1], uc.a[2], n, want);
		fuzz_count(&counters[WITNESS], 1);
		usleep(5000);
	}
	return NULL;
}

/* ---- all ---------------------------------------------------------------------------------------------- */

static void on_signal(int sig)
{
}

static void epoch(struct fuzz_rng *r, u64 number)
{
	static struct hostile_vm vms[NR_VMS];
	u64 end = now_ns() + EPOCH_SECONDS * 1000000000ULL;
	struct vm *witness = vm_create_guest();
	pthread_t watcher;
	int i;

	WRITE_ONCE(epoch_over, false);
	guest_vcpu(witness, 0, witness_guest, 0);
	hostile_vm_create(&vms[0], 1 + fuzz_below(r, MAX_VCPUS), true, fuzz_one_in(r, 2), number * NR_VMS);
	hostile_vm_create(&vms[1], 1 + fuzz_below(r, 2), false, fuzz_one_in(r, 2), number * NR_VMS + 1);
	pthread_create(&watcher, NULL, run_witness, witness->vcpus[0]);
	for (i = 0; i < NR_VMS; i++)
		hostile_vm_start(&vms[i]);
	while (!hostile_vm_ended(&vms[0]) || !hostile_vm_ended(&vms[1])) {
		usleep(TICK_US);
		if (now_ns() > end)
			WRITE_ONCE(epoch_over, true);
		for (i = 0; i < NR_VMS; i++)
			hostile_vm_tick(&vms[i]);
	}
	WRITE_ONCE(epoch_over, true);
	pthread_join(watcher, NULL);
	for (i = 0; i < NR_VMS; i++)
		hostile_vm_free(&vms[i]);
	vm_free(witness);
	fuzz_count(&counters[EPOCHS], 1);
}

static void run(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct fuzz_rng r = fuzz_stream(0);
	u64 number = 1;

	sigaction(SIGUSR1, &sa, NULL);
	while (!fuzz_over())
		epoch(&r, number++);
}

int main(int argc, char **argv)
{
	return fuzz_main(argc, argv, counters, run);
}
