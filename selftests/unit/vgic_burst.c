// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC's state machine, case by case: injection, routes, register writes, flush and sync, against a model of the
 * hardware's virtual CPU interface and of guests that acknowledge and end interrupts. At random: vgic_random.c; LPIs:
 * vgic_lpis.c.
 *
 * A failure means that a guest loses an interrupt, gets one twice at once, or hangs.
 * Implementation: vgic/burst.c, irq.c, irq_regs.c, v2.c. Rules: IHI 0069, 4 and 12.4.
 *
 * Runs at: build host. Owns: nothing. Locks: the model's dist lock.
 */
#include "shim/vgic_vm.h"
#include "tap.h"

#define LEVEL_SPI	40
#define EDGE_SPI	50

static void edges(void)
{
	struct av_vcpu *v = &cpus[0];

	new_vm(4);
	inject(0, EDGE_SPI, 1);
	check(v->kicked && av_vgic_has_pending(v), "an SPI kicks the vCPU of its route and wakes a WFI");
	enter_guest(v);
	check(hw_ack(v) == EDGE_SPI && hw_ack(v) == 1023, "edge: delivered once");
	inject(0, EDGE_SPI, 1);
	check(v->kicked, "a second edge while active kicks");
	exit_guest(v);
	check(!av_vgic_has_pending(v), "but doesn't wake a WFI while active");
	enter_guest(v);
	check(hw_ack(v) == 1023, "and waits");
	hw_eoi(v, EDGE_SPI);
	check(hw_ack(v) == EDGE_SPI && !hw_maintenance(v), "comes after the EOI without an exit");
	hw_eoi(v, EDGE_SPI);
	exit_guest(v);
	enter_guest(v);
	check(!v->ctx->gic.used_lrs && !v->the_priv.summary, "and then there is nothing left to do");
	exit_guest(v);
	inject(0, EDGE_SPI, 0);
	check(!av_vgic_has_pending(v), "a falling edge is nothing");
}

static void levels(void)
{
	struct av_vcpu *v = &cpus[0];

	new_vm(4);
	inject(0, LEVEL_SPI, 1);
	enter_guest(v);
	check(hw_ack(v) == LEVEL_SPI, "level: delivered");
	hw_eoi(v, LEVEL_SPI);
	check(hw_maintenance(v), "its EOI leaves the guest");
	exit_guest(v);
	check(acked_spi == LEVEL_SPI, "the resampling irqfd is told");
	check(av_vgic_has_pending(v), "still high: pending again");
	inject(0, LEVEL_SPI, 0);
	check(!av_vgic_has_pending(v), "low: gone");

	/* ISPENDR on a level interrupt lasts until it is acknowledged, no longer */
	struct av_vgic_access a = at(v, 32);

	av_vgic_write_spend(&a, BIT(LEVEL_SPI % 32));
	enter_guest(v);
	check(hw_ack(v) == LEVEL_SPI, "level made pending by ISPENDR");
	exit_guest(v);
	av_vgic_write_spend(&a, BIT(LEVEL_SPI % 32));
	enter_guest(v);
	hw_eoi(v, LEVEL_SPI);
	exit_guest(v);
	enter_guest(v);
	check(hw_ack(v) == LEVEL_SPI, "made pending again while active: comes again");
	hw_eoi(v, LEVEL_SPI);
	exit_guest(v);
	check(!av_vgic_has_pending(v), "and only once");
}

static void hardware_mapped(void)
{
	struct av_vcpu *v = &cpus[1];
	int owner;

	new_vm(4);
	inject(1, 27, 1);
	check(!av_vgic_claim_ppi(v, 27, &owner) && !av_vgic_claim_ppi(v, 27, &owner) &&
	      av_vgic_claim_ppi(v, 27, &vm) == -EEXIST, "a PPI has one owner");
	check(!(v->the_priv.block.line & BIT(27)), "for whom its line begins low");
	inject(1, 27, 1);
	check(!(v->the_priv.block.line & BIT(27)), "user space can't move a claimed line");
	av_vgic_map_hw(v, 27, 26);
	av_vgic_set_line_local(v, 27, true);
	enter_guest(v);
	check(av_vgic_is_inflight(v, 27) && (v->ctx->gic.lr[0] & ICH_LR_HW) &&
	      AV_GET(v->ctx->gic.lr[0], 44, 32) == 26, "loaded with its physical INTID");
	v->phys_active = 1;
	hw_ack(v);
	hw_eoi(v, 27);
	check(!v->phys_active && !hw_maintenance(v), "its EOI reaches the physical GIC without an exit");
	av_vgic_set_line_local(v, 27, false);
	exit_guest(v);
	check(!av_vgic_is_inflight(v, 27), "not in flight any more");
}

static void sgi(void)
{
	u32 i;

	new_vm(4);
	av_vgic_sgi(&cpus[0], 3ULL << 24 | 0x6, AV_SGI1R);
	check(!cpus[0].kicked && cpus[1].kicked && cpus[2].kicked && !cpus[3].kicked,
	      "SGI: those on the list and no others");
	enter_guest(&cpus[2]);
	check(hw_ack(&cpus[2]) == 3, "SGI: delivered");
	exit_guest(&cpus[2]);
	new_vm(4);
	av_vgic_sgi(&cpus[2], 1ULL << 40, AV_SGI1R);
	for (i = 0; i < NR_VCPUS; i++)
		if (i == 2 ? cpus[i].kicked : !cpus[i].kicked)
			break;
	check(i == NR_VCPUS, "SGI: all but the sender");
	new_vm(4);
	av_vgic_sgi(&cpus[0], 2, AV_SGI0R);
	check(!cpus[1].kicked, "ICC_SGI0R makes no SGI of group 1");
	cpus[1].the_priv.block.group1 = 0;
	av_vgic_sgi(&cpus[0], 2, AV_SGI0R);
	check(cpus[1].kicked, "but one of group 0");
	av_vgic_sgi(&cpus[0], 0xf000ffULL << 32 | 0xffff, AV_SGI1R);
	check(true, "SGIs to nobody harm nobody");
}

/* GICv2: one instance for each sender, one after the other. */
static void sgi_by_source(void)
{
	struct av_vcpu *to = &cpus[2];
	u64 dir = 5;

	new_vm(4);
	vm.vgic.is_v2 = true;
	vm.vgic.ready = true;
	vm.vgic.cpu_base = 0x8000;
	av_vgic_v2_sgir(&cpus[0], 1 << 24 | 5);
	check(!cpus[0].kicked && cpus[1].kicked && to->kicked && cpus[3].kicked,
	      "GICD_SGIR: all but the sender");
	av_vgic_v2_sgir(&cpus[3], 1 << 18 | 5);
	av_vgic_v2_sgir(to, 2 << 24 | 5);
	av_vgic_v2_sgir(to, 3 << 24 | 6);
	check(to->vgic.sgi_sources[5] == 0xd && !to->vgic.sgi_sources[6],
	      "each sender is remembered; a reserved filter is nothing");
	enter_guest(to);
	check(to->ctx->gic.used_lrs == 1 && hw_ack(to) == 5 && hw_ack(to) == 1023,
	      "the first sender's, alone");
	av_vgic_v2_sgir(&cpus[0], 1 << 18 | 5);
	exit_guest(to);
	enter_guest(to);
	check(hw_ack(to) == 1023, "once more from it while active: waits");
	hw_eoi(to, 5);
	check(hw_maintenance(to), "its end leaves the guest");
	exit_guest(to);
	enter_guest(to);
	check(hw_ack(to) == 5, "comes again");
	hw_eoi(to, 5);
	exit_guest(to);
	enter_guest(to);
	check(hw_ack(to) == (2 << 10 | 5), "then the next sender's");
	exit_guest(to);
	check(to->vgic.sgi_active_source[5] == 2, "active: its sender is kept");
	enter_guest(to);
	hw_eoi(to, 2 << 10 | 5);
	exit_guest(to);
	enter_guest(to);
	exit_guest(to);
	check(to->vgic.sgi_sources[5] == 8 && av_vgic_has_pending(to), "not taken: goes back with its sender");
	enter_guest(to);
	check(hw_ack(to) == (3 << 10 | 5), "and comes");
	to->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	hw_eoi(to, 3 << 10 | 5);
	exit_guest(to);
	check(av_vgic_v2_mmio(to, 0x9000, 4, true, &dir) && !(to->the_priv.block.active & 32) &&
	      !av_vgic_v2_mmio(to, 0xa000, 4, true, &dir), "GICV_DIR ends it");
	check(!av_vgic_has_pending(to) && !to->vgic.sgi_sources[5], "nothing is left");
}

static void targets(void)
{
	u64 pa = 0;

	new_vm(4);
	vm.vgic.is_v2 = true;
	av_vgic_v2_set_targets(&vm, EDGE_SPI, 0xf4);
	inject(0, EDGE_SPI, 1);
	check(spis.route[EDGE_SPI] == 4 && cpus[2].kicked && !cpus[0].kicked,
	      "GICD_ITARGETSR: bits of vCPUs that are there, the first of them gets it");
	av_vgic_v2_set_targets(&vm, EDGE_SPI, 0);
	check(!spis.route[EDGE_SPI] && cpus[0].kicked, "without a target: the first vCPU");
	vm.vgic.cpu_base = 0x8000;
	check(!av_vgic_cpuif_page(&vm, 0x8000, &pa), "no CPU interface before the first run");
	vm.vgic.ready = true;
	check(av_vgic_cpuif_page(&vm, 0x8000, &pa) && pa == 0x1000 &&
	      !av_vgic_cpuif_page(&vm, 0x9000, &pa), "its first page is mapped, no other");
}

static void routes(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access acc = at(b, EDGE_SPI);

	new_vm(4);
	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	hw_ack(a);
	av_vgic_set_route(&vm, EDGE_SPI, 1);
	inject(0, EDGE_SPI, 1);
	check(a->kicked && !b->kicked, "active: stays with the vCPU that has it");
	exit_guest(a);
	enter_guest(b);
	check(!b->ctx->gic.used_lrs, "the new route's vCPU doesn't get it meanwhile");
	exit_guest(b);
	enter_guest(a);
	hw_eoi(a, EDGE_SPI);
	b->kicked = 0;
	exit_guest(a);
	check(b->kicked && av_vgic_has_pending(b) && !av_vgic_has_pending(a),
	      "after its end the pending one goes to the new route");
	av_vgic_set_route(&vm, EDGE_SPI, 0x777);
	check(!av_vgic_has_pending(b) && !spis.block[1].held, "a route to nowhere keeps it in the distributor");
	av_vgic_set_route(&vm, EDGE_SPI, 3);
	check(cpus[3].kicked && av_vgic_has_pending(&cpus[3]), "until there is a way again");

	acc.offset = 4;
	check(!av_vgic_read_route(&acc), "upper half of IROUTER reads zero");
	acc.offset = 0;
	check(av_vgic_read_route(&acc) == 3, "lower half holds the affinity");
}

/* The injector binds, then writes the summary; the vCPU goes off between the two. */
static void goes_off(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];

	new_vm(4);
	enter_guest(a);
	inject(0, EDGE_SPI, 1);
	check(spis.block[1].held & BIT(EDGE_SPI % 32), "an edge is bound to the vCPU that is in its guest");
	exit_guest(a);
	av_vgic_set_route(&vm, EDGE_SPI, 1);
	__atomic_store_n(&a->the_priv.summary, 0, __ATOMIC_SEQ_CST);
	av_vgic_unbind(a);
	check(!spis.block[1].held && b->kicked && av_vgic_has_pending(b),
	      "one that goes off leaves it to its route, told of it or not");
}

/* The SPI has been chosen, and is bound next: av_vgic_hold_spis() in load_lr(). */
static void disable_when_held(void)
{
	static u32 calls;
	struct av_vgic_access spi = at(&cpus[1], 32);

	/* The first one asks whether the choice may be made. */
	if (++calls < 2)
		return;
	meanwhile = NULL;
	av_vgic_write_cenable(&spi, BIT(EDGE_SPI % 32));
}

/* Of a level there is nothing left when the latch that brought it into a list register is cleared. */
static void level_withdrawn(struct av_vcpu *a, const struct av_vgic_access *spi)
{
	av_vgic_write_spend(spi, BIT(LEVEL_SPI % 32));
	enter_guest(a);
	av_vgic_write_cpend(spi, BIT(LEVEL_SPI % 32));
	check(a->kicked, "ICPENDR of a level: kicks");
	exit_guest(a);
	enter_guest(a);
	check(hw_ack(a) == 1023, "and it is gone");
	exit_guest(a);
}

/* DIR of one that is not active: what the host has bound ahead is told to the vCPU that it moved to meanwhile. */
static void dir_bound_ahead(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];

	a->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	enter_guest(a);
	inject(0, EDGE_SPI, 1);
	check(spis.block[1].held & BIT(EDGE_SPI % 32), "bound ahead");
	av_vgic_set_route(&vm, EDGE_SPI, 1);
	b->kicked = 0;
	exit_guest(a);
	av_vgic_dir(a, EDGE_SPI);
	enter_guest(a);
	exit_guest(a);
	check(b->kicked && av_vgic_has_pending(b), "a DIR for nothing: its route hears of it");
}

static void writes_to_running(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access spi = at(b, 32);
	u32 bit = BIT(EDGE_SPI % 32);

	new_vm(4);
	dir_bound_ahead();
	new_vm(4);
	kick_exits = true;
	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	hw_ack(a);
	check(av_vgic_read_active(&spi) & bit, "ISACTIVER: read from the list register of another vCPU");
	enter_guest(a);
	kick_exits = false;
	av_vgic_write_cactive(&spi, bit);
	check(a->kicked && (spis.block[1].active & bit), "ICACTIVER: left to the vCPU that has it");
	exit_guest(a);
	check(!(spis.block[1].active & bit) && !(spis.block[1].held & bit), "which does it");

	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	check(av_vgic_read_pending(&spi) & bit, "ISPENDR: pending in a list register");
	av_vgic_write_cpend(&spi, bit);
	check(a->kicked, "ICPENDR: kicks");
	exit_guest(a);
	check(!av_vgic_has_pending(a) && !(spis.block[1].latch & bit), "and withdraws it");

	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	a->kicked = 0;
	av_vgic_write_cenable(&spi, bit);
	check(a->kicked, "ICENABLER: kicks");
	exit_guest(a);
	check(!av_vgic_has_pending(a) && (spis.block[1].latch & bit), "disabled: stays pending outside");
	a->kicked = 0;
	av_vgic_write_senable(&spi, bit);
	check(a->kicked && av_vgic_has_pending(a), "enabled: comes");

	enter_guest(a);
	exit_guest(a);
	a->kicked = 0;
	meanwhile = disable_when_held;
	av_vgic_flush(a);
	check(!meanwhile, "disabled between choice and list register");
	check(a->kicked || !a->ctx->gic.used_lrs, "and not loaded");
	check((spis.block[1].latch & bit) && !(spis.block[1].held & bit), "but pending outside");
	meanwhile = NULL;
	av_vgic_sync(a);

	level_withdrawn(a, &spi);

	av_vgic_write_sactive(&spi, BIT(3));
	enter_guest(a);
	check(spis.block[1].held & BIT(3), "ISACTIVER: the route's vCPU gets it");
	exit_guest(a);
	av_vgic_write_cactive(&spi, BIT(3));
	check(!(spis.block[1].held & BIT(3)) && !a->the_priv.held[1], "ICACTIVER: and lets it go");
}

/* The vCPU that is waited for takes what it has been given, and only then leaves. */
static void ack_and_leave(void)
{
	if (!cpus[0].in_guest)
		return;
	hw_ack(&cpus[0]);
	exit_guest(&cpus[0]);
}

static bool entered_meanwhile;

static void enter_meanwhile(void)
{
	/* The first one holds, the second one writes. */
	static u32 calls;

	if (++calls == 2)
		entered_meanwhile = try_enter_guest(&cpus[0]);
}

/* ISACTIVER, ICACTIVER and, of a level, ISPENDR, of what a vCPU has that is in its guest: it is out meanwhile. */
static void writes_hold(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access ppi = at(a, 0), spi = at(b, 32);
	u32 sgi = BIT(3), level = BIT(LEVEL_SPI % 32);

	new_vm(4);
	/* An EOI drops the priority only. */
	a->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	av_vgic_post_sgi(a, 3);
	enter_guest(a);
	waiting = ack_and_leave;
	av_vgic_write_cactive(&ppi, sgi);
	check(!a->in_guest && !(a->the_priv.block.active & sgi) && !a->the_priv.block.late_inactive,
	      "ICACTIVER: what the vCPU acknowledged before ends, by the write itself");
	av_vgic_post_sgi(a, 3);
	enter_guest(a);
	hw_eoi(a, 3);
	check(hw_ack(a) == 3, "the next one comes");
	exit_guest(a);
	check(a->the_priv.block.active & sgi, "and stays active: nothing of the write was left for later");
	av_vgic_write_cactive(&ppi, sgi);

	/* The latch is written: as if the vCPU had not been told yet. */
	av_word_or(&a->the_priv.block.latch, sgi);
	a->the_priv.summary = 1;
	locked = enter_meanwhile;
	av_vgic_write_sactive(&ppi, sgi);
	locked = NULL;
	check(!entered_meanwhile && a->mode == AV_OUTSIDE_GUEST && (a->the_priv.block.active & sgi),
	      "ISACTIVER: the vCPU can't enter meanwhile");
	check(a->woken == 3 && !b->woken, "and is woken each time, nobody else, and without the lock");
	enter_guest(a);
	exit_guest(a);
	check((a->the_priv.block.active & sgi) && !a->holders, "and finds it active afterwards");

	new_vm(4);
	inject(0, LEVEL_SPI, 1);
	enter_guest(a);
	av_vgic_write_spend(&spi, level);
	check(!a->in_guest && (spis.block[1].active & spis.block[1].latch & level),
	      "ISPENDR of a level that was acknowledged meanwhile: pending once more");
	check(!a->holders && !b->holders, "nobody is held any more");
	waiting = NULL;
}

/* What comes behind the clearing of what was in a list register is new: the fold must not take it along. */
static void edge_behind_cpend(bool acked)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access spi = at(b, 32);
	u32 bit = BIT(EDGE_SPI % 32);

	new_vm(4);
	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	if (acked)
		hw_ack(a);
	av_vgic_write_cpend(&spi, bit);
	inject(0, EDGE_SPI, 1);
	exit_guest(a);
	check(spis.block[1].latch & bit, acked ? "an edge behind ICPENDR, the former one active: pending" :
	      "an edge behind ICPENDR, the former one not taken: pending");
	check(acked || av_vgic_has_pending(a), "and the vCPU is told");
	check(!(spis.block[1].late_unpend & bit), "the clearing is done");
	/* Without one it goes. */
	enter_guest(a);
	av_vgic_write_cpend(&spi, bit);
	exit_guest(a);
	check(!(spis.block[1].latch & bit), "cleared once more: gone");
}

/* More interrupts than list registers, nested as deep as priorities go. */
static void overflow(bool eoi_mode)
{
	struct av_vcpu *v = &cpus[0];
	u32 i, n = 0, got[16];
	bool ok = true;

	new_vm(2);
	if (eoi_mode)
		v->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	/* Each of higher priority than the one before: all get active at once. */
	for (i = 0; i < 16; i++) {
		spis.block[1].prio[i + 16] = 0xf0 - i * 8;
		inject(0, EDGE_SPI - 2 + i, 1);
		enter_guest(v);
		got[n] = hw_ack(v);
		ok &= got[n++] == EDGE_SPI - 2 + i;
		exit_guest(v);
	}
	check(ok, "sixteen active with two list registers");
	enter_guest(v);
	while (n--) {
		hw_eoi(v, got[n]);
		if (eoi_mode) {
			/* deactivated in the wrong order, by the trapped ICC_DIR_EL1 */
			ok &= !!(v->ctx->gic.hcr & ICH_HCR_TDIR) || n < 2;
			exit_guest(v);
			av_vgic_dir(v, got[15 - n]);
			enter_guest(v);
			ok &= __builtin_popcount(spis.block[1].active) == (int)n;
		} else if (hw_maintenance(v)) {
			exit_guest(v);
			ok &= __builtin_popcount(spis.block[1].active) == (int)n;
			enter_guest(v);
		}
	}
	exit_guest(v);
	check(ok && !spis.block[1].active && !spis.block[1].held,
	      eoi_mode ? "ended in any order by DIR" : "ended by counted EOIs");
}

static void starved_groups(void)
{
	struct av_vcpu *v = &cpus[0];

	new_vm(1);
	v->ctx->gic.vmcr &= ~ICH_VMCR_VENG0;
	spis.block[1].group1 = ~(u32)BIT(20);
	spis.block[1].prio[18] = 0x80;
	inject(0, 52, 1);
	inject(0, 50, 1);
	enter_guest(v);
	check(hw_ack(v) == 50, "an interrupt of a group that is off doesn't block others");
	hw_eoi(v, 50);
	v->ctx->gic.vmcr |= ICH_VMCR_VENG0;
	if (hw_maintenance(v)) {
		exit_guest(v);
		enter_guest(v);
	}
	check(hw_ack(v) == 52, "and comes when the group is switched on");
	exit_guest(v);
}

int main(void)
{
	edges();
	levels();
	hardware_mapped();
	sgi();
	sgi_by_source();
	targets();
	routes();
	goes_off();
	writes_to_running();
	writes_hold();
	edge_behind_cpend(false);
	edge_behind_cpend(true);
	overflow(false);
	overflow(true);
	starved_groups();
	return tap_end();
}
