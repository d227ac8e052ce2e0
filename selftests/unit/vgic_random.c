// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC's state machine at random, in one thread, then in many: four guests that take and end interrupts, devices
 * that raise lines, change routes, priorities and enables. In the end all that was injected has arrived, once.
 *
 * A failure means that a guest loses an interrupt, gets one twice at once, or hangs.
 * Implementation: vgic/burst.c, irq.c, irq_regs.c. Rules: IHI 0069, 4 and 12.4.
 *
 * Runs at: build host. Owns: nothing. Locks: the model's dist lock.
 */
#include "shim/vgic_vm.h"
#include "tap.h"

static int owed[NR_VCPUS][NR_IRQS];	/* edges injected and not yet seen; [0] for SPIs */
static int lines[NR_VCPUS][NR_IRQS];
static int active_at[NR_IRQS];		/* SPIs: 1 + the vCPU */
static int doubled;
static u32 drain_steps = 100000;

static bool is_edge(u32 intid)
{
	return intid < 16 || (intid >= 32 && (intid & 16));
}

static int slot(u32 cpu, u32 intid)
{
	return intid < 32 ? (int)cpu : 0;
}

static bool guest_step(struct av_vcpu *vcpu)
{
	u32 intid = hw_ack(vcpu);

	if (intid != 1023) {
		u32 s = slot(vcpu->idx, intid);

		if (intid >= 32 && __atomic_exchange_n(&active_at[intid], vcpu->idx + 1, __ATOMIC_SEQ_CST))
			__atomic_store_n(&doubled, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&owed[s][intid], 0, __ATOMIC_SEQ_CST);
		if (!is_edge(intid)) {
			__atomic_store_n(&lines[s][intid], 0, __ATOMIC_SEQ_CST);
			inject(vcpu->idx, intid, 0);
		}
		vcpu->stack[vcpu->depth++] = intid;
		return true;
	}
	if (!vcpu->depth)
		return false;
	intid = vcpu->stack[--vcpu->depth];
	if (intid >= 32)
		__atomic_store_n(&active_at[intid], 0, __ATOMIC_SEQ_CST);
	hw_eoi(vcpu, intid);
	return true;
}

static void device_step(unsigned int *seed)
{
	u32 cpu = rand_r(seed) % NR_VCPUS, intid = rand_r(seed) % NR_IRQS;
	struct av_vgic_access a = at(&cpus[cpu], intid & ~31U);
	u32 bits = rand_r(seed) & rand_r(seed) & rand_r(seed), s = slot(cpu, intid);

	switch (rand_r(seed) % 16) {
	case 0:
		av_vgic_write_cenable(&a, bits);
		break;
	case 1:
	case 2:
		av_vgic_write_senable(&a, ~0U);
		break;
	case 3:
	case 4:
		if (intid >= 32)
			av_vgic_set_route(&vm, intid, rand_r(seed) % (NR_VCPUS + 1));
		break;
	case 5:
		a.intid = intid & ~3U;
		av_vgic_write_prio(&a, rand_r(seed) & 0xf0f0f0f0);	/* below PMR */
		break;
	case 6:
	case 7:
		intid = rand_r(seed) % 16;
		owed[cpu][intid] = 1;
		av_vgic_sgi(&cpus[0], (u64)intid << 24 | BIT(cpu), AV_SGI1R);
		break;
	case 8:
		if (!(rand_r(seed) % 16)) {
			__atomic_store_n(&spis.ctlr, rand_r(seed) % 2 * 2, __ATOMIC_SEQ_CST);
			av_vgic_notify_all(&vm);
		}
		break;
	default:
		if (intid < 16)
			break;
		if (is_edge(intid))
			__atomic_store_n(&owed[s][intid], 1, __ATOMIC_SEQ_CST);
		else
			__atomic_store_n(&lines[s][intid], 1, __ATOMIC_SEQ_CST);
		inject(cpu, intid, 1);
	}
}

static void vcpu_step(struct av_vcpu *vcpu, bool exits, unsigned int *seed)
{
	if (!vcpu->in_guest) {
		if (exits || __atomic_load_n(&vcpu->kicked, __ATOMIC_SEQ_CST) ||
		    vcpu->depth || av_vgic_has_pending(vcpu))
			enter_guest(vcpu);
	} else if (__atomic_load_n(&vcpu->kicked, __ATOMIC_SEQ_CST) || hw_maintenance(vcpu) ||
		   (exits && rand_r(seed) % 8 == 0)) {
		exit_guest(vcpu);
	} else if (exits && rand_r(seed) % 16 == 0) {
		/* What the guest may change without a trap */
		vcpu->ctx->gic.vmcr = (rand_r(seed) & 0xf8000003) | 0x80000000;
	} else if (exits ? rand_r(seed) % 2 && !guest_step(vcpu) : !guest_step(vcpu)) {
		exit_guest(vcpu);	/* WFI */
	}
}

static void start_random(u32 lrs)
{
	u32 i, n;

	new_vm(lrs);
	for (i = 0; i < NR_VCPUS; i++)
		for (n = 0; n < 32; n++)
			cpus[i].the_priv.block.prio[n] = rand() & 0xf0;
	for (i = 0; i < NR_IRQS; i++)
		spis.block[i / 32].prio[i % 32] = rand() & 0xf0;
	for (i = 1; i < NR_IRQS / 32; i++)
		spis.block[i].group1 = rand();
	memset(owed, 0, sizeof(owed));
	memset(lines, 0, sizeof(lines));
	memset(active_at, 0, sizeof(active_at));
	doubled = 0;
}

/*
 * Nothing new comes, all is enabled and routed: everything owed must arrive by kicks and wake-ups
 * alone.
 */
static void drain(void)
{
	unsigned int seed = 1;
	u32 i, n;

	for (i = 0; i < NR_VCPUS; i++) {
		/* PMR and group enables: the guest opens up, then looks. */
		if (!cpus[i].in_guest)
			enter_guest(&cpus[i]);
		cpus[i].ctx->gic.vmcr = 0xf8000003;
		for (n = 0; n < NR_IRQS; n += 32) {
			struct av_vgic_access a = at(&cpus[i], n);

			av_vgic_write_senable(&a, ~0U);
		}
	}
	for (i = 32; i < NR_IRQS; i++)
		av_vgic_set_route(&vm, i, i % NR_VCPUS);
	spis.ctlr = AV_VGIC_CTLR_ENABLE;
	av_vgic_notify_all(&vm);
	for (n = 0; n < drain_steps; n++)
		vcpu_step(&cpus[n % NR_VCPUS], false, &seed);
	for (i = 0; i < NR_VCPUS; i++)
		if (cpus[i].in_guest)
			exit_guest(&cpus[i]);
}

static bool clean(void)
{
	bool ok = !doubled;
	u32 i, n;

	for (i = 0; i < NR_VCPUS; i++) {
		const struct av_vgic_priv *p = &cpus[i].the_priv;

		for (n = 0; n < NR_IRQS; n++)
			ok &= !owed[i][n] && !lines[i][n];
		ok &= !cpus[i].depth && !cpus[i].ctx->gic.used_lrs && !p->block.in_lr &&
		      !p->block.active && !p->block.latch && !p->block.line;
		for (n = 1; n < NR_IRQS / 32; n++)
			ok &= !p->held[n];
	}
	for (n = 1; n < NR_IRQS / 32; n++) {
		const struct av_vgic_block *b = &spis.block[n];

		ok &= !b->latch && !b->line && !b->active && !b->held && !b->in_lr && !b->lr_pend &&
		      !b->late_active && !b->late_inactive && !b->late_unpend;
	}
	return ok;
}

static void random_single(void)
{
	unsigned int round, step, seed = 42;
	bool ok = true;

	for (round = 0; round < 60; round++) {
		start_random(1 + round % 5);
		for (step = 0; step < 4000; step++) {
			if (rand_r(&seed) % 4 == 0)
				device_step(&seed);
			else
				vcpu_step(&cpus[rand_r(&seed) % NR_VCPUS], true, &seed);
		}
		drain();
		ok &= clean();
	}
	check(ok, "one thread: nothing lost, nothing doubled, nothing left behind");
}

static int stop;

static void *vcpu_thread(void *arg)
{
	struct av_vcpu *vcpu = arg;
	unsigned int seed = vcpu->idx + 7;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		vcpu_step(vcpu, true, &seed);
	return NULL;
}

static void *device_thread(void *arg)
{
	unsigned int seed = (unsigned long)arg, n;

	for (n = 0; n < 20000; n++)
		device_step(&seed);
	return NULL;
}

static void random_threads(void)
{
	pthread_t threads[NR_VCPUS], devices[2];
	bool ok = true;
	u32 round, i;

	for (round = 0; round < 4; round++) {
		start_random(1 + round);
		stop = 0;
		for (i = 0; i < NR_VCPUS; i++)
			pthread_create(&threads[i], NULL, vcpu_thread, &cpus[i]);
		for (i = 0; i < 2; i++)
			pthread_create(&devices[i], NULL, device_thread, (void *)(100UL + i + round));
		for (i = 0; i < 2; i++)
			pthread_join(devices[i], NULL);
		__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
		for (i = 0; i < NR_VCPUS; i++)
			pthread_join(threads[i], NULL);
		drain();
		ok &= clean();
	}
	check(ok, "many threads: nothing lost, nothing doubled, nothing left behind");
}

int main(void)
{
	random_single();
	random_threads();
	return tap_end();
}
