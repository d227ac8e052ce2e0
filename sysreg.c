// SPDX-License-Identifier: GPL-2.0
/*
 * System registers: the engine behind include/sysregs.def. A trapped access is looked up and handed
 * to the row's handler; VCPU_INIT resets each row; ONE_REG reads and writes them.
 *
 * Runs at: host kernel. Owns: ctx->sys, ctx->debug while the guest does not run; HCR_EL2.TVM in
 * ctx->hcr.
 * Locks: vcpu->mutex, held by all callers.
 *
 * The guest's registers are in memory whenever something here looks at them: on an nVHE host always, on a VHE host
 * outside of the burst, and inside of it after av_vcpu_put_state(). What is not listed is an UNDEF in the guest,
 * and a rate-limited line in the log that holds the row to be pasted.
 */
#include <linux/printk.h>
#include <linux/sort.h>

#include "sysreg.h"

/* ISS of a trapped MSR, MRS or system instruction (DDI 0487, ESR_ELx, exception class 0x18) */
#define ISS_OP0(iss)		AV_GET(iss, 21, 20)
#define ISS_OP2(iss)		AV_GET(iss, 19, 17)
#define ISS_OP1(iss)		AV_GET(iss, 16, 14)
#define ISS_CRN(iss)		AV_GET(iss, 13, 10)
#define ISS_RT(iss)		AV_GET(iss, 9, 5)
#define ISS_CRM(iss)		AV_GET(iss, 4, 1)
#define ISS_READ		AV_BIT(0)

#define OSLAR_OSLK		AV_BIT(0)
#define OSLSR_OSLK		AV_BIT(1)
#define MPIDR_RES1		AV_BIT(31)

/* ---- handlers of trapped accesses ------------------------------------------------------------ */

/* Where a row's value lives; only for rows that have a home. */
static u64 *home(struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	switch (row->home) {
	case AV_HOME_DEBUG:
		return (u64 *)&vcpu->ctx->debug + row->index;
	case AV_HOME_ID:
		return &vcpu->vm->idregs[row->index];
	default:
		return &vcpu->ctx->sys[row->index];
	}
}

static enum av_verdict undef(struct av_vcpu *vcpu)
{
	av_inject_undef(vcpu);
	return AV_INJECTED;
}

/* Should not have trapped: a hole in the trap controls, or a row that has to be thought about. */
static enum av_verdict unexpected(struct av_vcpu *vcpu, const struct av_reg_op *op, u16 enc,
				  const char *name)
{
	unsigned int op0 = enc >> 14, op1 = enc >> 11 & 7, crn = enc >> 7 & 15;
	unsigned int crm = enc >> 3 & 15, op2 = enc & 7;

	/* Op0 3 with CRn 11 or 15 is IMPLEMENTATION DEFINED (DDI 0487, D23.3): guests probe there. */
	if (op0 != 3 || (crn & 11) != 11)
		pr_info_ratelimited(AV_NAME ": %s %s at pc 0x%llx: SR_EMUL(S%u_%u_C%u_C%u_%u, %u, %u, %u, %u, %u, access_undef, HIDDEN, \"\")\n",
				    op->is_write ? "write to" : "read of", name,
				    vcpu->ctx->pc,
				    op0, op1, crn, crm, op2, op0, op1, crn, crm, op2);
	return undef(vcpu);
}

static enum av_verdict access_none(struct av_vcpu *vcpu, struct av_reg_op *op,
				   const struct av_sysreg *row)
{
	return unexpected(vcpu, op, row->enc, row->name);
}

static enum av_verdict access_undef(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	return undef(vcpu);
}

static enum av_verdict access_raz_wi(struct av_vcpu *vcpu, struct av_reg_op *op,
				     const struct av_sysreg *row)
{
	op->value = 0;
	return AV_DONE;
}

static enum av_verdict access_raz_ro(struct av_vcpu *vcpu, struct av_reg_op *op,
				     const struct av_sysreg *row)
{
	if (op->is_write)
		return undef(vcpu);
	op->value = 0;
	return AV_DONE;
}

static enum av_verdict access_ctx(struct av_vcpu *vcpu, struct av_reg_op *op,
				  const struct av_sysreg *row)
{
	if (op->is_write)
		*home(vcpu, row) = op->value;
	else
		op->value = *home(vcpu, row);
	return AV_DONE;
}

static enum av_verdict access_id(struct av_vcpu *vcpu, struct av_reg_op *op,
				 const struct av_sysreg *row)
{
	if (op->is_write)
		return undef(vcpu);
	op->value = READ_ONCE(*home(vcpu, row));
	return AV_DONE;
}

static bool caches_on(const struct av_vcpu *vcpu)
{
	return (vcpu->ctx->sys[AV_SCTLR_EL1] & (SCTLR_M | SCTLR_C)) == (SCTLR_M | SCTLR_C);
}

/*
 * Until its MMU and caches are on, the guest reads and writes memory past the caches that the host
 * and the VMM use (DDI 0487, "Mismatched memory attributes"). So at the moment of the change,
 * in either direction, everything is cleaned to the point of coherency. With the caches on there
 * is nothing left to watch: the trap goes away, until a set/way operation.
 */
static enum av_verdict access_vm(struct av_vcpu *vcpu, struct av_reg_op *op,
				 const struct av_sysreg *row)
{
	bool was_on = caches_on(vcpu);

	if (!op->is_write)
		return access_ctx(vcpu, op, row);
	*home(vcpu, row) = op->value;
	if (caches_on(vcpu) != was_on)
		av_s2_flush_vm(vcpu->vm);
	if (caches_on(vcpu))
		vcpu->ctx->hcr &= ~HCR_TVM;
	return AV_DONE;
}

/*
 * DC ISW and its like act on one CPU's caches, which says nothing about a guest whose vCPUs move.
 * A guest that uses them is about to turn its caches off or on: clean all of it once, then watch
 * for the change.
 */
static enum av_verdict access_set_way(struct av_vcpu *vcpu, struct av_reg_op *op,
				      const struct av_sysreg *row)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	if (!op->is_write)
		return undef(vcpu);
	if (!(ctx->hcr & HCR_TVM)) {
		av_s2_flush_vm(vcpu->vm);
		ctx->hcr |= HCR_TVM;
	}
	return AV_DONE;
}

static enum av_verdict access_actlr(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	/* What its bits do is the part's secret: none of them is the guest's to change. */
	return op->is_write ? AV_DONE : access_ctx(vcpu, op, row);
}

static enum av_verdict access_mdscr(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	access_ctx(vcpu, op, row);
	if (op->is_write)
		av_controls_update(vcpu);
	return AV_DONE;
}

/* Breakpoint or watchpoint n; behind the last that ID_AA64DFR0_EL1 tells of they are undefined. */
static enum av_verdict access_dbg(struct av_vcpu *vcpu, struct av_reg_op *op,
				  const struct av_sysreg *row)
{
	u64 dfr0 = vcpu->vm->idregs[AV_IDREG(5, 0)];
	bool is_watchpoint = (row->enc & 7) >= 6;
	u64 last = is_watchpoint ? AV_GET(dfr0, 23, 20) : AV_GET(dfr0, 15, 12);

	if ((row->enc >> 3 & 15) > last)
		return undef(vcpu);
	return access_ctx(vcpu, op, row);
}

static enum av_verdict access_oslar(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	u64 *oslsr = &vcpu->ctx->sys[AV_OSLSR_EL1];

	if (!op->is_write)
		return undef(vcpu);
	*oslsr &= ~OSLSR_OSLK;
	if (op->value & OSLAR_OSLK)
		*oslsr |= OSLSR_OSLK;
	av_controls_update(vcpu);
	return AV_DONE;
}

static enum av_verdict access_oslsr(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	return op->is_write ? undef(vcpu) : access_ctx(vcpu, op, row);
}

static enum av_verdict send_sgi(struct av_vcpu *vcpu, const struct av_reg_op *op,
				enum av_sgi_reg which)
{
	if (!op->is_write || !av_vgic_is_v3(vcpu->vm))
		return undef(vcpu);
	av_vgic_sgi(vcpu, op->value, which);
	return AV_DONE;
}

static enum av_verdict access_sgi1r(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	return send_sgi(vcpu, op, AV_SGI1R);
}

static enum av_verdict access_asgi1r(struct av_vcpu *vcpu, struct av_reg_op *op,
				     const struct av_sysreg *row)
{
	return send_sgi(vcpu, op, AV_ASGI1R);
}

/* The CPU interface has its system registers and nothing else: SRE, DFB and DIB read as one. */
static enum av_verdict access_sre(struct av_vcpu *vcpu, struct av_reg_op *op,
				  const struct av_sysreg *row)
{
	if (!av_vgic_is_v3(vcpu->vm))
		return undef(vcpu);
	if (!op->is_write)
		op->value = ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;
	return AV_DONE;
}

static enum av_verdict access_dir(struct av_vcpu *vcpu, struct av_reg_op *op,
				  const struct av_sysreg *row)
{
	if (!op->is_write || !av_vgic_is_v3(vcpu->vm))
		return undef(vcpu);
	av_vgic_dir(vcpu, op->value);
	return AV_DONE;
}

static enum av_verdict access_sgi0r(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	return send_sgi(vcpu, op, AV_SGI0R);
}

static enum av_verdict move_timer(struct av_vcpu *vcpu, struct av_reg_op *op,
				  enum av_timer_reg reg)
{
	av_timer_hand_over_phys(vcpu);
	if (op->is_write)
		av_timer_write(vcpu, reg, op->value);
	else
		op->value = av_timer_read(vcpu, reg);
	return AV_DONE;
}

static enum av_verdict access_cntp_tval(struct av_vcpu *vcpu, struct av_reg_op *op,
					const struct av_sysreg *row)
{
	return move_timer(vcpu, op, AV_CNTP_TVAL);
}

static enum av_verdict access_cntp_ctl(struct av_vcpu *vcpu, struct av_reg_op *op,
				       const struct av_sysreg *row)
{
	return move_timer(vcpu, op, AV_CNTP_CTL);
}

static enum av_verdict access_cntp_cval(struct av_vcpu *vcpu, struct av_reg_op *op,
					const struct av_sysreg *row)
{
	return move_timer(vcpu, op, AV_CNTP_CVAL);
}

static enum av_verdict access_invariant(struct av_vcpu *vcpu, struct av_reg_op *op,
					const struct av_sysreg *row)
{
	if (op->is_write)
		return undef(vcpu);
	op->value = av_host_invariant(row->user->arg);
	return AV_DONE;
}

static enum av_verdict access_ccsidr(struct av_vcpu *vcpu, struct av_reg_op *op,
				     const struct av_sysreg *row)
{
	unsigned int csselr = AV_GET(vcpu->ctx->sys[AV_CSSELR_EL1], 3, 0);

	if (op->is_write)
		return undef(vcpu);
	op->value = av_host_has_cache(csselr) ? av_host_ccsidr(csselr) : 0;
	return AV_DONE;
}

/* ---- ONE_REG --------------------------------------------------------------------------------- */

static int get_home(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = READ_ONCE(*home(vcpu, row));
	return 0;
}

static int set_home(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	WRITE_ONCE(*home(vcpu, row), value);
	return 0;
}

/* MPIDR_EL1, MDSCR_EL1: the trap controls follow. */
static int set_control(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	set_home(vcpu, row, value);
	av_controls_update(vcpu);
	return 0;
}

static int set_oslsr(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	if ((value ^ row->reset_value) & ~OSLSR_OSLK)
		return -EINVAL;
	return set_control(vcpu, row, value);
}

static int set_id(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	return av_idreg_set(vcpu->vm, row->index, value);
}

static int get_invariant(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = av_host_invariant(row->user->arg);
	return 0;
}

static int set_invariant(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	return value == av_host_invariant(row->user->arg) ? 0 : -EINVAL;
}

static int get_timer(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = av_timer_read(vcpu, row->user->arg);
	return 0;
}

static int set_timer(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	av_timer_write(vcpu, row->user->arg, value);
	return 0;
}

/* The user column of sysregs.def. */
#define USER(name, ...)		static const struct av_reg_user user_##name = { __VA_ARGS__ }
USER(HIDDEN, NULL);
USER(RW, get_home, set_home);
USER(MPIDR, get_home, set_control);
USER(MDSCR, get_home, set_control);
USER(OSLSR, get_home, set_oslsr);
USER(ID, get_home, set_id);
USER(MIDR, get_invariant, set_invariant, AV_HOST_MIDR);
USER(REVIDR, get_invariant, set_invariant, AV_HOST_REVIDR);
USER(AIDR, get_invariant, set_invariant, AV_HOST_AIDR);
USER(CLIDR, get_invariant, set_invariant, AV_HOST_CLIDR);
USER(CTR, get_invariant, set_invariant, AV_HOST_CTR);
USER(CNTP_CTL, get_timer, set_timer, AV_CNTP_CTL);
USER(CNTP_CVAL, get_timer, set_timer, AV_CNTP_CVAL);
USER(CNTPCT, get_timer, set_timer, AV_CNTPCT);
USER(CNTV_CTL, get_timer, set_timer, AV_CNTV_CTL);
USER(CNTV_CVAL, get_timer, set_timer, AV_CNTV_CVAL);
USER(CNTVCT, get_timer, set_timer, AV_CNTVCT);

/* ---- reset ----------------------------------------------------------------------------------- */

static u64 reset_value(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	return row->reset_value;
}

static u64 reset_actlr(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	return av_host_actlr();
}

/*
 * Aff0 counts to 16, since an SGI's target list has so many bits (ICC_SGI1R_EL1.TargetList). What
 * user space wrote outlives the reset: 0, which no MPIDR_EL1 can be, says that there was neither.
 */
static u64 reset_mpidr(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	u64 now = vcpu->ctx->sys[AV_MPIDR_EL1];
	u64 id = vcpu->id;

	if (now)
		return now;
	return MPIDR_RES1 | (id & 0xf) | (id >> 4 & 0xff) << 8 | (id >> 12 & 0xff) << 16;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define VAL(v)		.reset = reset_value, .reset_value = (v)
#define FN(f)		.reset = (f)
#define ROW(nm, encoding, hm, idx, acc, usr, ...)						\
	{ .name = nm, .enc = encoding, .home = hm, .index = idx, .access = acc,			\
	  .user = &user_##usr, ##__VA_ARGS__ },

#define SR_SWITCH(nm, op0, op1, crn, crm, op2, gate, acc, usr, rst, why)			\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, acc, usr, rst)
#define SR_CTX(nm, op0, op1, crn, crm, op2, gate, acc, usr, rst, why)				\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, acc, usr, rst)
#define SR_CORE(nm, op0, op1, crn, crm, op2)							\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, access_none,	\
	    HIDDEN, VAL(0))
#define SR_EMUL(nm, op0, op1, crn, crm, op2, acc, usr, why)					\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_NONE, 0, acc, usr)
#define SR_ID(nm, crm, op2)									\
	ROW(#nm, AV_SYSREG_ENC(3, 0, 0, crm, op2), AV_HOME_ID, AV_IDREG(crm, op2), access_id, ID)
#define DBG(nm, bank, op2, n)									\
	ROW(#nm #n "_EL1", AV_SYSREG_ENC(2, 0, 0, n, op2), AV_HOME_DEBUG,			\
	    offsetof(struct av_debug_ctx, bank[n]) / sizeof(u64), access_dbg, RW, VAL(0))
#define SR_DBG(nm, bank, op2)									\
	DBG(nm, bank, op2, 0) DBG(nm, bank, op2, 1) DBG(nm, bank, op2, 2) DBG(nm, bank, op2, 3)	\
	DBG(nm, bank, op2, 4) DBG(nm, bank, op2, 5) DBG(nm, bank, op2, 6) DBG(nm, bank, op2, 7)	\
	DBG(nm, bank, op2, 8) DBG(nm, bank, op2, 9) DBG(nm, bank, op2, 10)			\
	DBG(nm, bank, op2, 11) DBG(nm, bank, op2, 12) DBG(nm, bank, op2, 13)			\
	DBG(nm, bank, op2, 14) DBG(nm, bank, op2, 15)

static const struct av_sysreg rows[] = {
#include "include/sysregs.def"
};

/* Rows by encoding, for the search. */
static u16 by_enc[ARRAY_SIZE(rows)];

static int compare_rows(const void *a, const void *b)
{
	return (int)rows[*(const u16 *)a].enc - (int)rows[*(const u16 *)b].enc;
}

/* The encodings alone, in the order of by_enc. */
static u16 encs[ARRAY_SIZE(rows)];

/* bsearch() calls a function for each of the eight steps; this is on the way of every trapped access. */
static const struct av_sysreg *find_row(u16 enc)
{
	unsigned int first = 0, count = ARRAY_SIZE(encs), half;

	for (; count > 1; count -= half) {
		half = count / 2;
		if (encs[first + half] <= enc)
			first += half;
	}
	return encs[first] == enc ? &rows[by_enc[first]] : NULL;
}

/* What is wrong with a row, or NULL. */
static const char *defect(const struct av_sysreg *row)
{
	static const u16 sizes[] = {
		[AV_HOME_SYS] = AV_NR_SYS,
		[AV_HOME_DEBUG] = sizeof(struct av_debug_ctx) / sizeof(u64),
		[AV_HOME_ID] = AV_NR_IDREGS,
		[AV_HOME_NONE] = 1,
	};

	if (row->index >= sizes[row->home])
		return "its home is too small";
	if ((row->home == AV_HOME_SYS || row->home == AV_HOME_DEBUG) != !!row->reset)
		return "a home in the context and a reset go together";
	if (!row->access)
		return "no handler";
	if (!row->user->get != !row->user->set)
		return "user space can read or write, not both";
	if (row->home == AV_HOME_NONE && row->user->get == get_home)
		return "nothing to read for user space";
	return NULL;
}

/**
 * av_sysreg_init() - index and check the table of system registers
 *
 * Context: module load. Return: 0, or -EINVAL after a message for each row that is wrong.
 */
int av_sysreg_init(void)
{
	const char *why;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		by_enc[i] = i;
		why = defect(&rows[i]);
		if (!why)
			continue;
		pr_err(AV_NAME ": sysregs.def: %s: %s\n", rows[i].name, why);
		ret = -EINVAL;
	}
	sort(by_enc, ARRAY_SIZE(by_enc), sizeof(*by_enc), compare_rows, NULL);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		encs[i] = rows[by_enc[i]].enc;
	for (i = 1; i < ARRAY_SIZE(rows); i++) {
		if (rows[by_enc[i]].enc != rows[by_enc[i - 1]].enc)
			continue;
		pr_err(AV_NAME ": sysregs.def: %s and %s have the same encoding\n",
		       rows[by_enc[i - 1]].name, rows[by_enc[i]].name);
		ret = -EINVAL;
	}
	return ret ?: av_idregs_init();
}

/* ---- the engine ------------------------------------------------------------------------------ */

/**
 * av_trap_sysreg() - the guest executed a trapped MSR, MRS or system instruction
 * @vcpu: the vCPU
 * @trap: the snapshot, exception class 0x18
 *
 * Context: vcpu->mutex held; handlers of CRn 12 and 14 (GIC, timer) don't sleep, others may.
 * Return: AV_DONE, or AV_INJECTED with an UNDEF pending in the guest.
 */
enum av_verdict av_trap_sysreg(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 iss = ESR_ISS(trap->esr);
	u16 enc = AV_SYSREG_ENC(ISS_OP0(iss), ISS_OP1(iss), ISS_CRN(iss), ISS_CRM(iss),
				ISS_OP2(iss));
	const struct av_sysreg *row = find_row(enc);
	struct av_reg_op op = { .is_write = !(iss & ISS_READ) };
	enum av_verdict verdict;

	if (op.is_write)
		op.value = av_gpr(vcpu, ISS_RT(iss));
	if (!row)
		return unexpected(vcpu, &op, enc, "an unknown register");
	verdict = row->access(vcpu, &op, row);
	if (verdict == AV_DONE && !op.is_write)
		av_set_gpr(vcpu, ISS_RT(iss), op.value);
	return verdict;
}

/**
 * av_sysreg_access() - an access by another name, from AArch32
 * @vcpu: the vCPU
 * @enc: encoding of a register that sysregs.def lists
 * @op: the access
 *
 * Context, return: as av_trap_sysreg(); the GPR is the caller's.
 */
enum av_verdict av_sysreg_access(struct av_vcpu *vcpu, u16 enc, struct av_reg_op *op)
{
	const struct av_sysreg *row = find_row(enc);

	return row ? row->access(vcpu, op, row) : undef(vcpu);
}

/**
 * av_sysreg_reset() - system registers as after a reset
 * @vcpu: the vCPU, not running
 *
 * ID registers are the VM's and stay, MPIDR_EL1 stays once it has a value.
 */
void av_sysreg_reset(struct av_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].reset)
			WRITE_ONCE(*home(vcpu, &rows[i]), rows[i].reset(vcpu, &rows[i]));
	}
	memset(vcpu->spsr32, 0, sizeof(vcpu->spsr32));
}

static const struct av_sysreg *find_id(u64 id)
{
	const struct av_sysreg *row = find_row(id & 0xffff);

	if ((id & ~0xffffULL) != (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG))
		return NULL;
	return row && row->user->get ? row : NULL;
}

/**
 * av_sysreg_get() - GET_ONE_REG of a system register
 * @vcpu: the vCPU
 * @id: as user space gave it
 * @value: answer
 *
 * Return: 0, or -ENOENT: no register, not one for user space, or not 64 bits wide.
 */
int av_sysreg_get(struct av_vcpu *vcpu, u64 id, u64 *value)
{
	const struct av_sysreg *row = find_id(id);

	return row ? row->user->get(vcpu, row, value) : -ENOENT;
}

/**
 * av_sysreg_set() - SET_ONE_REG of a system register
 * @vcpu: the vCPU
 * @id: as user space gave it
 * @value: as user space gave it
 *
 * Return: 0; -ENOENT as av_sysreg_get(); -EINVAL for a value that the register can't take; -EBUSY
 * for a change of an ID register after the VM has run.
 */
int av_sysreg_set(struct av_vcpu *vcpu, u64 id, u64 value)
{
	const struct av_sysreg *row = find_id(id);

	return row ? row->user->set(vcpu, row, value) : -ENOENT;
}

/**
 * av_sysreg_next_id() - walk the registers that user space sees
 * @pos: 0 for the first, moved on by each call
 * @id: ONE_REG id of the register found
 *
 * Return: false behind the last.
 */
bool av_sysreg_next_id(unsigned int *pos, u64 *id)
{
	while (*pos < ARRAY_SIZE(rows)) {
		const struct av_sysreg *row = &rows[(*pos)++];

		if (!row->user->get)
			continue;
		*id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | row->enc;
		return true;
	}
	return false;
}
