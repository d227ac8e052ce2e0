// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints and watchpoints. A software breakpoint is a BRK in the guest's memory; the others are the CPU's debug
 * registers, which KVM_SET_GUEST_DEBUG lends to the debugger. They are the same for every vCPU.
 *
 * While there is a software breakpoint every BRK comes to us; the guest's own ones are given back to it.
 *
 * Owns: the tables of points. Locks: none; the stub's thread, while the vCPUs stand.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/ioctl.h>

#include "gdb.h"

#define SOFT_MAX	256
#define BRK		0xd4200000U	/* BRK #0 */

/* GDB's Z packets */
#define POINT_SOFT	0
#define POINT_HARD	1
#define POINT_WRITE	2
#define POINT_READ	3
#define POINT_ACCESS	4

/* DBGBCR and DBGWCR (DDI 0487, D13.3): enabled, at EL1 and EL0 */
#define CR_ENABLE	(1ULL | 3ULL << 1)
#define BCR_BAS_ALL	(0xfULL << 5)
#define WCR_LSC(type)	((__u64)((type) == POINT_WRITE ? 2 : (type) == POINT_READ ? 1 : 3) << 3)
#define WCR_BAS(bytes)	((__u64)(bytes) << 5)
#define WCR_MASK(bits)	((__u64)(bits) << 24)

#define ESR_EC(esr)	((esr) >> 26 & 0x3f)
#define EC_STEP		0x32
#define EC_WATCH	0x34
#define EC_BREAK	0x30
#define EC_BRK		0x3c

static struct soft_point {
	__u64	va;
	__u8	*at;		/* in our memory; NULL: a free row */
	__u32	insn;		/* what was there */
} soft[SOFT_MAX];

static struct hard_point {
	unsigned int	type;	/* 0: a free row */
	__u64		va, len;
	__u64		vr, cr;
} hard[2 * KVM_ARM_MAX_DBG_REGS];

static bool soft_insert(struct vcpu *vcpu, __u64 va)
{
	const __u32 brk = BRK;
	struct soft_point *point = NULL;
	size_t i;

	for (i = 0; i < SOFT_MAX; i++) {
		if (soft[i].at && soft[i].va == va)
			return true;
		if (!soft[i].at && !point)
			point = &soft[i];
	}
	if (!point || va & 3)
		return false;
	point->at = gdb_memory_at(vcpu, va);
	if (!point->at)
		return false;
	point->va = va;
	memcpy(&point->insn, point->at, sizeof(brk));
	memcpy(point->at, &brk, sizeof(brk));
	gdb_memory_sync(point->at, sizeof(brk));
	return true;
}

/* A guest that has written something else there keeps it. */
static void soft_remove(struct soft_point *point)
{
	const __u32 brk = BRK;

	if (!memcmp(point->at, &brk, sizeof(brk)))
		memcpy(point->at, &point->insn, sizeof(brk));
	gdb_memory_sync(point->at, sizeof(brk));
	point->at = NULL;
}

static unsigned int hard_limit(struct vm *vm, unsigned int type)
{
	int nr = ioctl(vm->fd, KVM_CHECK_EXTENSION,
		       type == POINT_HARD ? KVM_CAP_GUEST_DEBUG_HW_BPS : KVM_CAP_GUEST_DEBUG_HW_WPS);

	return nr < 0 ? 0 : nr > KVM_ARM_MAX_DBG_REGS ? KVM_ARM_MAX_DBG_REGS : nr;
}

/*
 * A watchpoint is some bytes of eight, or a power of two of bytes that is aligned to itself (DDI 0487, D2.10.3 and
 * following).
 */
static bool watch(struct hard_point *point)
{
	unsigned int low = point->va & 7;

	if (point->len && point->len <= 8 - low) {
		point->vr = point->va & ~7ULL;
		point->cr = WCR_BAS(((1U << point->len) - 1) << low);
	} else if (point->len >= 8 && point->len <= 1U << 31 && !(point->len & (point->len - 1)) &&
		   !(point->va & (point->len - 1))) {
		point->vr = point->va;
		point->cr = WCR_BAS(0xff) | WCR_MASK(__builtin_ctzll(point->len));
	} else {
		return false;
	}
	point->cr |= CR_ENABLE | WCR_LSC(point->type);
	return true;
}

static bool hard_insert(struct vcpu *vcpu, unsigned int type, __u64 va, __u64 len)
{
	struct hard_point new = { .type = type, .va = va, .len = len }, *free_row = NULL;
	unsigned int used = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hard); i++) {
		if (hard[i].type == type && hard[i].va == va && hard[i].len == len)
			return true;
		if (!hard[i].type)
			free_row = &hard[i];
		else
			used += (hard[i].type == POINT_HARD) == (type == POINT_HARD);
	}
	if (!free_row || used >= hard_limit(vcpu->vm, type))
		return false;
	if (type == POINT_HARD) {
		new.vr = va & ~3ULL;
		new.cr = CR_ENABLE | BCR_BAS_ALL;
	} else if (!watch(&new)) {
		return false;
	}
	*free_row = new;
	return true;
}

bool gdb_point_insert(struct vcpu *vcpu, unsigned int type, __u64 addr, __u64 len)
{
	if (type > POINT_ACCESS)
		return false;
	return type == POINT_SOFT ? soft_insert(vcpu, addr) : hard_insert(vcpu, type, addr, len);
}

bool gdb_point_remove(unsigned int type, __u64 addr, __u64 len)
{
	size_t i;

	for (i = 0; type == POINT_SOFT && i < SOFT_MAX; i++) {
		if (soft[i].at && soft[i].va == addr) {
			soft_remove(&soft[i]);
			return true;
		}
	}
	for (i = 0; type != POINT_SOFT && i < ARRAY_SIZE(hard); i++) {
		if (hard[i].type == type && hard[i].va == addr && hard[i].len == len) {
			hard[i].type = 0;
			return true;
		}
	}
	return false;
}

void gdb_points_clear(void)
{
	size_t i;

	for (i = 0; i < SOFT_MAX; i++) {
		if (soft[i].at)
			soft_remove(&soft[i]);
	}
	memset(hard, 0, sizeof(hard));
}

/* Before a vCPU goes on: what shall stop it. */
bool gdb_points_apply(struct vcpu *vcpu, bool step)
{
	struct kvm_guest_debug debug = { 0 };
	unsigned int breaks = 0, watches = 0;
	size_t i;

	for (i = 0; i < SOFT_MAX; i++) {
		if (soft[i].at)
			debug.control |= KVM_GUESTDBG_USE_SW_BP;
	}
	for (i = 0; i < ARRAY_SIZE(hard); i++) {
		if (hard[i].type)
			debug.control |= KVM_GUESTDBG_USE_HW;
		if (hard[i].type == POINT_HARD) {
			debug.arch.dbg_bvr[breaks] = hard[i].vr;
			debug.arch.dbg_bcr[breaks++] = hard[i].cr;
		} else if (hard[i].type) {
			debug.arch.dbg_wvr[watches] = hard[i].vr;
			debug.arch.dbg_wcr[watches++] = hard[i].cr;
		}
	}
	if (step)
		debug.control |= KVM_GUESTDBG_SINGLESTEP;
	if (debug.control)
		debug.control |= KVM_GUESTDBG_ENABLE;
	return !ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug);
}

/* The guest's own BRK: the exception that it would have been (DDI 0487, AArch64.TakeException). */
static void give_back(struct vcpu *vcpu, __u32 esr)
{
	__u64 pc, pstate, vbar, offset;

	if (vcpu_get_reg(vcpu, REG_PC, &pc) || vcpu_get_reg(vcpu, REG_PSTATE, &pstate) ||
	    vcpu_get_reg(vcpu, REG_VBAR_EL1, &vbar))
		return;
	/* From AArch32, from EL0, from EL1 with its own stack pointer or EL0's */
	offset = pstate & 0x10 ? 0x600 : !(pstate & 0xc) ? 0x400 : pstate & 1 ? 0x200 : 0;
	vcpu_set_reg(vcpu, REG_ELR_EL1, pc);
	vcpu_set_reg(vcpu, REG_SPSR_EL1, pstate);
	vcpu_set_reg(vcpu, REG_ESR_EL1, esr);
	vcpu_set_reg(vcpu, REG_PSTATE, 0x3c5);
	vcpu_set_reg(vcpu, REG_PC, vbar + offset);
}

/*
 * Why a vCPU has come out with KVM_EXIT_DEBUG. False: it was the guest's own business, and it can go on; then watched
 * means nothing. Called by the vCPU's own thread, while the tables do not change.
 */
bool gdb_is_ours(struct vcpu *vcpu, __u64 *watched)
{
	__u32 esr = vcpu->run->debug.arch.hsr;
	__u64 pc;
	size_t i;

	*watched = 0;
	if (ESR_EC(esr) == EC_WATCH)
		*watched = vcpu->run->debug.arch.far;
	if (ESR_EC(esr) != EC_BRK || vcpu_get_reg(vcpu, REG_PC, &pc))
		return true;
	for (i = 0; i < SOFT_MAX; i++) {
		if (soft[i].at && soft[i].va == pc)
			return true;
	}
	give_back(vcpu, esr);
	return false;
}

/* What GDB calls the watchpoint that an address belongs to. */
const char *gdb_watch_name(__u64 addr)
{
	static const char *const names[] = {
		[POINT_WRITE] = "watch", [POINT_READ] = "rwatch", [POINT_ACCESS] = "awatch",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hard); i++) {
		if (hard[i].type >= POINT_WRITE && addr >= hard[i].vr && addr < hard[i].va + hard[i].len)
			return names[hard[i].type];
	}
	return names[POINT_WRITE];
}
