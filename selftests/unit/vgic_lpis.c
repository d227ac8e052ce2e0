// SPDX-License-Identifier: GPL-2.0
/*
 * LPIs on their way: pending, in a list register, moved to another vCPU, cleared, switched off, bound ahead for EL2.
 *
 * A failure means that a guest loses an interrupt, gets one twice at once, or hangs.
 * Implementation: vgic/lpi.c, burst.c. Rules: IHI 0069, 5.1 and 5.2.
 *
 * Runs at: build host. Owns: nothing. Locks: the model's dist lock.
 */
#include "shim/vgic_vm.h"
#include "tap.h"

/* Some that lpi_tables.c has mapped, to this vCPU. */
static void map_lpis(u32 nr, struct av_vcpu *vcpu, u8 prop)
{
	u8 props[32];
	u32 n;

	memset(props, prop, sizeof(props));
	for (n = 0; n < nr; n++) {
		lpis.block[n / 32].mapped |= BIT(n % 32);
		av_lpi_set_target(&vm, AV_VGIC_LPI_FIRST + n, vcpu);
		av_lpi_configure(&vm, AV_VGIC_LPI_FIRST + n / 32 * 32, BIT(n % 32), props, NULL);
	}
	for (n = 0; n < NR_VCPUS; n++)
		cpus[n].the_priv.lpi_ctlr = AV_GICR_CTLR_LPIS;
}

/* The guest takes all that it is shown; how many. */
static u32 take_all(struct av_vcpu *vcpu)
{
	u32 id, n = 0;

	do {
		enter_guest(vcpu);
		for (id = hw_ack(vcpu); id != 1023; id = hw_ack(vcpu), n++)
			hw_eoi(vcpu, id);
		exit_guest(vcpu);
	} while (vcpu->the_priv.summary);
	return n;
}

static void lpi_to_and_fro(void)
{
	const u32 lpi = AV_VGIC_LPI_FIRST;
	const u8 on[32] = { 0x81 };

	new_vm(4);
	map_lpis(2, &cpus[0], 0x80);
	av_lpi_inject(&vm, lpi);
	check(!cpus[0].kicked && !av_vgic_has_pending(&cpus[0]), "LPI: disabled, it waits");
	av_lpi_configure(&vm, lpi, 1, on, NULL);
	check(cpus[0].kicked && av_vgic_has_pending(&cpus[0]), "LPI: enabled, it is signalled");
	enter_guest(&cpus[0]);
	check(hw_ack(&cpus[0]) == lpi, "LPI: acknowledged");
	av_lpi_inject(&vm, lpi);
	exit_guest(&cpus[0]);
	enter_guest(&cpus[0]);
	check(hw_ack(&cpus[0]) == 1023, "LPI: a second one waits for the priority to drop");
	hw_eoi(&cpus[0], lpi);
	exit_guest(&cpus[0]);
	check(take_all(&cpus[0]) == 1, "LPI: and comes then");

	/* in a list register, not yet taken, when it moves */
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[0]);
	av_lpi_set_target(&vm, lpi, &cpus[1]);
	exit_guest(&cpus[0]);
	check(!av_vgic_has_pending(&cpus[0]) && av_vgic_has_pending(&cpus[1]) && cpus[1].kicked,
	      "LPI: its pending state moves with it");
	check(!take_all(&cpus[0]) && take_all(&cpus[1]) == 1, "LPI: it comes where it was moved, once");

	/* likewise when its priority changes */
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	av_lpi_configure(&vm, lpi, 1, (u8 []){ 0x21 }, NULL);
	check(cpus[1].kicked, "LPI: its priority changes, which the vCPU hears of");
	exit_guest(&cpus[1]);
	enter_guest(&cpus[1]);
	check(cpus[1].ctx->gic.used_lrs == 1 && AV_GET(cpus[1].ctx->gic.lr[0], 55, 48) == 0x20,
	      "LPI: the new priority counts at once");
	check(hw_ack(&cpus[1]) == lpi, "LPI: and it comes");
	hw_eoi(&cpus[1], lpi);
	exit_guest(&cpus[1]);

	/* likewise when it is cleared, and when its LPIs are switched off */
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	av_lpi_clear(&vm, lpi);
	exit_guest(&cpus[1]);
	check(!take_all(&cpus[1]), "LPI: cleared in a list register, it is not pending any more");
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	av_lpi_clear(&vm, lpi);
	av_lpi_inject(&vm, lpi);
	exit_guest(&cpus[1]);
	check(take_all(&cpus[1]) == 1, "LPI: what comes after it was cleared is not lost");
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	cpus[1].the_priv.lpi_ctlr = AV_GICR_CTLR_RWP;
	av_lpi_forget_pending(&cpus[1]);
	exit_guest(&cpus[1]);
	cpus[1].the_priv.lpi_ctlr = AV_GICR_CTLR_LPIS;
	av_lpi_look(&cpus[1]);
	check(!take_all(&cpus[1]), "LPI: none is left when the redistributor's were off");
}

static void lpi_many(void)
{
	u32 n, i, got = 0;

	new_vm(4);
	map_lpis(AV_LPI_PART, &cpus[2], 0xa1);
	for (n = 0; n < AV_LPI_PART; n++)
		av_lpi_inject(&vm, AV_VGIC_LPI_FIRST + n);
	check(take_all(&cpus[2]) == AV_LPI_PART, "LPI: as many as there are, all come");
	for (n = 0; n < AV_LPI_PART / 32; n++)
		got |= lpis.block[n].latch | lpis.block[n].held | lpis.block[n].in_lr | lpis.block[n].lr_pend;
	check(!got, "LPI: nothing is left behind");

	/* all of one vCPU's to another, some of them in list registers */
	for (n = 0; n < 100; n++)
		av_lpi_inject(&vm, AV_VGIC_LPI_FIRST + n);
	enter_guest(&cpus[2]);
	av_lpi_move_all(&vm, &cpus[2], &cpus[3]);
	exit_guest(&cpus[2]);
	check(!take_all(&cpus[2]) && take_all(&cpus[3]) == 100, "LPI: all move");
	check(av_lpi_of_vcpu(&vm, AV_VGIC_LPI_FIRST, &cpus[3]) == ~0U &&
	      !av_lpi_of_vcpu(&vm, AV_VGIC_LPI_FIRST, &cpus[2]), "LPI: and are the other's");

	/* group off: no entry ends at once, whatever is left outside */
	cpus[3].ctx->gic.vmcr &= ~ICH_VMCR_VENG1;
	for (n = 0; n < AV_LPI_PART; n++)
		av_lpi_inject(&vm, AV_VGIC_LPI_FIRST + n);
	for (i = 0; i < 4; i++) {
		enter_guest(&cpus[3]);
		check(!hw_maintenance(&cpus[3]), "LPI: an entry with the group off gets somewhere");
		exit_guest(&cpus[3]);
	}
}

static void lpi_bound_ahead(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	const u32 lpi = AV_VGIC_LPI_FIRST;
	const u8 off[32] = { 0 };
	u32 n;

	new_vm(4);
	map_lpis(AV_LPI_SLOTS + 1, a, 0x81);
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	check(a->kicked && el2_takes_lpis(a) && hw_ack(a) == lpi, "LPI: EL2 loads one for a vCPU in its guest");
	hw_eoi(a, lpi);
	exit_guest(a);
	check(!lpis.block[0].held && !take_all(a), "LPI: it comes once, and is held by nobody then");

	/* bound, and away from it again before EL2 looks */
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	av_lpi_set_target(&vm, lpi, b);
	check(a->kicked && !el2_takes_lpis(a), "LPI: one that moved after it was bound is not EL2's");
	exit_guest(a);
	b->kicked = 0;
	check(!take_all(a) && b->kicked && take_all(b) == 1, "LPI: it goes to its new target, which is told");
	av_lpi_set_target(&vm, lpi, a);
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	av_lpi_configure(&vm, lpi, 1, off, NULL);
	check(!el2_takes_lpis(a), "LPI: nor is one that was switched off");
	exit_guest(a);
	av_lpi_clear(&vm, lpi);
	map_lpis(1, a, 0x81);
	check(!take_all(a) && !lpis.block[0].held, "LPI: cleared meanwhile, none comes");
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	av_lpi_clear(&vm, lpi);
	check(!el2_takes_lpis(a), "LPI: nor is one that was cleared");
	exit_guest(a);
	check(!take_all(a) && !lpis.block[0].held, "LPI: its slot is given back");

	/* more than there are slots; and a vCPU that goes off with all of them */
	enter_guest(a);
	for (n = 0; n <= AV_LPI_SLOTS; n++)
		av_lpi_inject(&vm, lpi + n);
	check(!el2_takes_lpis(a), "LPI: one without a slot is the host's");
	exit_guest(a);
	av_vgic_unbind(a);
	check(!a->the_priv.lpi_slots && !lpis.block[0].held, "LPI: who goes off holds none");
	check(take_all(a) == AV_LPI_SLOTS + 1, "LPI: all of them come later");

	/* in a list register when it comes again, moves, and is the other's when the slot is given back */
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	check(el2_takes_lpis(a) && hw_ack(a) == lpi, "LPI: loaded once more");
	av_lpi_inject(&vm, lpi);
	av_lpi_set_target(&vm, lpi, b);
	hw_eoi(a, lpi);
	exit_guest(a);
	enter_guest(b);
	check(lpis.block[0].held && lpis.owner[0] == b->idx, "LPI: held by the vCPU that it moved to");
	av_vgic_unbind(a);
	check(lpis.block[0].held && hw_ack(b) == lpi, "LPI: a slot left over takes nothing away from another");
	hw_eoi(b, lpi);
	exit_guest(b);
	check(!take_all(a) && !take_all(b) && !lpis.block[0].held, "LPI: nothing is left behind");
}

int main(void)
{
	lpi_to_and_fro();
	lpi_bound_ahead();
	lpi_many();
	return tap_end();
}
