// SPDX-License-Identifier: GPL-2.0
/*
 * The ITS's commands (IHI 0069, 5.3), and the queue that they come in.
 *
 * Runs at: host kernel, in a thread of the VM's process, may sleep.
 * Owns: creadr of an ITS.
 * Locks: its_lock is held.
 *
 * As KVM: a command that is wrong is dropped, and the queue goes on; SYNC has nothing to wait for, since a command's
 * effect is complete before the next one is looked at. Addresses of redistributors are processor numbers
 * (GITS_TYPER.PTA is 0), that is GICR_TYPER's, vCPU ids.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/sched/signal.h>

#include "internal.h"
#include "its.h"
#include "mm/mm.h"

#define CMD_WORDS	4
#define CMD_SIZE	(CMD_WORDS * 8)

/* One command, taken apart; the fields are in the same places in all commands that have them. */
struct cmd {
	u8 code;
	u32 device, event;
	u32 lpi;
	u32 icid;
	u32 rdbase, rdbase2;
	u32 event_bits;
	u64 itt;
	bool valid;
};

static void parse(struct cmd *c, const __le64 *raw)
{
	u64 w0 = le64_to_cpu(raw[0]), w1 = le64_to_cpu(raw[1]), w2 = le64_to_cpu(raw[2]), w3 = le64_to_cpu(raw[3]);

	c->code = AV_GET(w0, 7, 0);
	c->device = AV_GET(w0, 63, 32);
	c->event = AV_GET(w1, 31, 0);
	c->lpi = AV_GET(w1, 63, 32);
	c->event_bits = AV_GET(w1, 4, 0) + 1;
	c->icid = AV_GET(w2, 15, 0);
	c->rdbase = AV_GET(w2, 47, 16);
	c->rdbase2 = AV_GET(w3, 47, 16);
	c->itt = AV_GET(w2, 51, 8);
	c->valid = w2 & BIT_ULL(63);
}

static bool has_event(struct av_its *its, const struct cmd *c, u64 *ite)
{
	return c->device < AV_ITS_IDS && c->event < AV_ITS_IDS &&
	       av_its_get(&its->events, AV_ITS_EVENT(c->device, c->event), ite);
}

static void cmd_mapd(struct av_its *its, const struct cmd *c)
{
	u64 addr;

	if (!av_its_check_id(its, its->baser[0], c->device, &addr) ||
	    (c->valid && c->event_bits > AV_ITS_ID_BITS))
		return;
	/* One that is mapped loses all of its events, also to be mapped again. */
	av_its_unmap_device(its, c->device);
	if (c->valid)
		av_its_set(&its->devices, c->device, FIELD_PREP(DTE_ITT, c->itt) | (c->event_bits - 1));
	else
		av_its_write_entry(its, addr, 0);
}

/* Its events go to another vCPU. */
static void retarget(struct av_its *its, u32 icid)
{
	struct av_vcpu *vcpu = av_its_collection_vcpu(its, icid);
	unsigned long event;
	void *entry;

	xa_for_each(&its->events, event, entry) {
		if ((xa_to_value(entry) & ITE_ICID) == icid)
			av_lpi_set_target(its->vm, av_ite_lpi(xa_to_value(entry)), vcpu);
		cond_resched();
	}
}

static void cmd_mapc(struct av_its *its, const struct cmd *c)
{
	u64 addr;

	if (!c->valid) {
		av_its_forget_collection(its, c->icid);
		return;
	}
	if (!av_vcpu_by_id(its->vm, c->rdbase))
		return;
	if (!av_its_has_collection(its, c->icid) && !av_its_check_id(its, its->baser[1], c->icid, &addr))
		return;
	av_its_set_collection(its, c->icid, c->rdbase);
	retarget(its, c->icid);
}

static void cmd_mapti(struct av_its *its, const struct cmd *c)
{
	u32 lpi = c->code == GITS_CMD_MAPTI ? c->lpi : c->event;
	bool new_collection;
	u64 dte, ite, addr;

	if (c->device >= AV_ITS_IDS || !av_its_get(&its->devices, c->device, &dte) ||
	    !av_its_check_event(its, dte, c->event) ||
	    lpi < AV_VGIC_LPI_FIRST || lpi >= av_lpi_end(its->vm) || has_event(its, c, &ite))
		return;
	new_collection = !av_its_has_collection(its, c->icid);
	if (new_collection) {
		if (!av_its_check_id(its, its->baser[1], c->icid, &addr))
			return;
		av_its_set_collection(its, c->icid, AV_ITS_NOBODY);
	}
	if (av_its_map_event(its, AV_ITS_EVENT(c->device, c->event), lpi, c->icid) && new_collection)
		av_its_forget_collection(its, c->icid);
}

static void cmd_movi(struct av_its *its, const struct cmd *c)
{
	u64 ite;

	if (has_event(its, c, &ite) && av_its_collection_vcpu(its, ite & ITE_ICID) &&
	    av_its_collection_vcpu(its, c->icid))
		av_its_move_event(its, AV_ITS_EVENT(c->device, c->event), av_ite_lpi(ite), c->icid);
}

static void cmd_movall(struct av_its *its, const struct cmd *c)
{
	struct av_vcpu *from = av_vcpu_by_id(its->vm, c->rdbase);
	struct av_vcpu *to = av_vcpu_by_id(its->vm, c->rdbase2);

	if (from && to && from != to)
		av_lpi_move_all(its->vm, from, to);
}

static void cmd_discard(struct av_its *its, const struct cmd *c)
{
	u64 dte, ite;

	if (!has_event(its, c, &ite) || !av_its_collection_vcpu(its, ite & ITE_ICID))
		return;
	av_its_unmap_event(its, AV_ITS_EVENT(c->device, c->event));
	if (av_its_get(&its->devices, c->device, &dte))
		av_its_write_entry(its, av_its_ite_addr(dte, c->event), 0);
}

static void cmd_clear(struct av_its *its, const struct cmd *c)
{
	u64 ite;

	if (has_event(its, c, &ite))
		av_lpi_clear(its->vm, av_ite_lpi(ite));
}

static void cmd_inv(struct av_its *its, const struct cmd *c)
{
	u64 ite;

	if (has_event(its, c, &ite))
		av_lpi_inv(its->vm, av_ite_lpi(ite));
}

static void cmd_invall(struct av_its *its, const struct cmd *c)
{
	struct av_vcpu *vcpu = av_its_collection_vcpu(its, c->icid);

	if (vcpu)
		av_lpi_inv_all(vcpu);
}

static void cmd_int(struct av_its *its, const struct cmd *c)
{
	av_its_trigger(its, c->device, c->event);
}

typedef void cmd_fn(struct av_its *its, const struct cmd *c);

static cmd_fn *const cmds[] = {
	[GITS_CMD_MOVI]		= cmd_movi,
	[GITS_CMD_INT]		= cmd_int,
	[GITS_CMD_CLEAR]	= cmd_clear,
	[GITS_CMD_MAPD]		= cmd_mapd,
	[GITS_CMD_MAPC]		= cmd_mapc,
	[GITS_CMD_MAPTI]	= cmd_mapti,
	[GITS_CMD_MAPI]		= cmd_mapti,
	[GITS_CMD_INV]		= cmd_inv,
	[GITS_CMD_INVALL]	= cmd_invall,
	[GITS_CMD_MOVALL]	= cmd_movall,
	[GITS_CMD_DISCARD]	= cmd_discard,
};

/* What can't be read, is unknown or is SYNC does nothing. */
static void one_command(struct av_its *its)
{
	__le64 raw[CMD_WORDS];
	struct cmd c;

	if (av_mm_read_guest(its->vm, GITS_CBASER_ADDRESS(its->cbaser) + its->creadr, raw, sizeof(raw)))
		return;
	parse(&c, raw);
	if (c.code < ARRAY_SIZE(cmds) && cmds[array_index_nospec(c.code, ARRAY_SIZE(cmds))])
		cmds[array_index_nospec(c.code, ARRAY_SIZE(cmds))](its, &c);
}

int av_its_commands(struct av_its *its, bool interruptible)
{
	u64 next;

	lockdep_assert_held(&its->vm->vgic.its->lock);
	while (its->enabled && its->creadr != its->cwriter) {
		one_command(its);
		next = its->creadr + CMD_SIZE;
		/* The guest may see it at any time, and takes the queue's space up to there again. */
		WRITE_ONCE(its->creadr, next < AV_ITS_QUEUE_SIZE(its->cbaser) ? next : 0);
		cond_resched();
		if (interruptible ? signal_pending(current) : fatal_signal_pending(current))
			return its->creadr != its->cwriter ? -EINTR : 0;
	}
	return 0;
}
