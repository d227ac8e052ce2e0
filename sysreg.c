// SPDX-License-Identifier: GPL-2.0
/*
 * System registers: the engine behind include/sysregs.def. A trapped access is looked up and handed
 * to the row's handler; VCPU_INIT resets each row; ONE_REG reads and writes them.
 *
 * Handlers stand with their subject, the row names them (guest/sysreg_row.h).
 *
 * Runs at: host kernel. Owns: the table.
 * Locks: vcpu->mutex, held by all callers.
 *
 * The guest's registers are in memory whenever something here looks at them: on an nVHE host always, on a VHE host
 * outside of the burst, and inside of it after av_vcpu_put_state(). What is not listed is an UNDEF in the guest,
 * and a rate-limited line in the log that holds the row to be pasted.
 */
#include <linux/printk.h>
#include <linux/sort.h>

#include "dev/dev.h"
#include "guest/sysreg_row.h"
#include "mm/mm.h"
#include "sysreg.h"
#include "vgic/vgic.h"

/* ---- the table ------------------------------------------------------------------------------- */

#define VAL(v)		.reset = av_reset_value, .reset_value = (v)
#define FN(f)		.reset = av_##f
#define ROW(nm, encoding, hm, idx, acc, usr, ...)						\
	{ .name = nm, .enc = encoding, .home = hm, .index = idx, .access = av_##acc,		\
	  .user = &av_user_##usr, ##__VA_ARGS__ },

#define SR_SWITCH(nm, op0, op1, crn, crm, op2, gate, acc, usr, rst, why)			\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, acc, usr, rst)
#define SR_CTX(nm, op0, op1, crn, crm, op2, gate, acc, usr, rst, why)				\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, acc, usr, rst)
#define SR_KEY(nm, op0, op1, crn, crm, op2)							\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, access_key, KEY,	\
	    VAL(0))
#define SR_TAG(nm, op0, op1, crn, crm, op2)							\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, access_undef, TAG, \
	    VAL(0))
#define SR_LATE(nm, op0, op1, crn, crm, op2, group, acc)					\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, acc, LATE_##group, VAL(0))
#define SR_CORE(nm, op0, op1, crn, crm, op2)							\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_SYS, AV_##nm, access_none,	\
	    HIDDEN, VAL(0))
#define SR_EMUL(nm, op0, op1, crn, crm, op2, acc, usr, why)					\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_NONE, 0, acc, usr)
#define SR_ID(nm, crm, op2)									\
	ROW(#nm, AV_SYSREG_ENC(3, 0, 0, crm, op2), AV_HOME_ID, AV_IDREG(crm, op2), access_id, ID)
#define DBG(nm, bank, op2, n)									\
	ROW(#nm #n "_EL1", AV_SYSREG_ENC(2, 0, 0, n, op2), AV_HOME_DEBUG,			\
	    offsetof(struct av_debug_ctx, bank[n]) / sizeof(u64), access_dbg, DBG, VAL(0))
#define SR_DBG(nm, bank, op2)									\
	DBG(nm, bank, op2, 0) DBG(nm, bank, op2, 1) DBG(nm, bank, op2, 2) DBG(nm, bank, op2, 3)	\
	DBG(nm, bank, op2, 4) DBG(nm, bank, op2, 5) DBG(nm, bank, op2, 6) DBG(nm, bank, op2, 7)	\
	DBG(nm, bank, op2, 8) DBG(nm, bank, op2, 9) DBG(nm, bank, op2, 10)			\
	DBG(nm, bank, op2, 11) DBG(nm, bank, op2, 12) DBG(nm, bank, op2, 13)			\
	DBG(nm, bank, op2, 14) DBG(nm, bank, op2, 15)

#define SR_PMU(nm, op0, op1, crn, crm, op2, usr, why)						\
	ROW(#nm, AV_SYSREG_ENC(op0, op1, crn, crm, op2), AV_HOME_PMU, AV_PMU_##nm, access_pmu, usr)
#define PMUN(nm, op0, op1, crn, crm, usr, n)							\
	ROW(#nm #n "_EL0", AV_SYSREG_ENC(op0, op1, crn, (crm) + (n) / 8, (n) % 8), AV_HOME_PMU,	\
	    ((crm) - 8) * 8 + (n), access_pmu, usr)
#define SR_PMUN(nm, a, b, c, d, usr, why)							\
	PMUN(nm, a, b, c, d, usr, 0) PMUN(nm, a, b, c, d, usr, 1) PMUN(nm, a, b, c, d, usr, 2)	\
	PMUN(nm, a, b, c, d, usr, 3) PMUN(nm, a, b, c, d, usr, 4) PMUN(nm, a, b, c, d, usr, 5)	\
	PMUN(nm, a, b, c, d, usr, 6) PMUN(nm, a, b, c, d, usr, 7) PMUN(nm, a, b, c, d, usr, 8)	\
	PMUN(nm, a, b, c, d, usr, 9) PMUN(nm, a, b, c, d, usr, 10) PMUN(nm, a, b, c, d, usr, 11)	\
	PMUN(nm, a, b, c, d, usr, 12) PMUN(nm, a, b, c, d, usr, 13) PMUN(nm, a, b, c, d, usr, 14)	\
	PMUN(nm, a, b, c, d, usr, 15) PMUN(nm, a, b, c, d, usr, 16) PMUN(nm, a, b, c, d, usr, 17)	\
	PMUN(nm, a, b, c, d, usr, 18) PMUN(nm, a, b, c, d, usr, 19) PMUN(nm, a, b, c, d, usr, 20)	\
	PMUN(nm, a, b, c, d, usr, 21) PMUN(nm, a, b, c, d, usr, 22) PMUN(nm, a, b, c, d, usr, 23)	\
	PMUN(nm, a, b, c, d, usr, 24) PMUN(nm, a, b, c, d, usr, 25) PMUN(nm, a, b, c, d, usr, 26)	\
	PMUN(nm, a, b, c, d, usr, 27) PMUN(nm, a, b, c, d, usr, 28) PMUN(nm, a, b, c, d, usr, 29)	\
	PMUN(nm, a, b, c, d, usr, 30)

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

/* A row for each hash of an encoding, of those that have it; 0: perhaps none. */
static u16 guesses[2048];

static u16 *guess_of(u16 enc)
{
	/* CRn, CRm and op2 are the index, op0 and op1 are mixed in. */
	return &guesses[(enc ^ enc >> 4) % ARRAY_SIZE(guesses)];
}

/* bsearch() calls a function for each of the eight steps. */
static noinline const struct av_sysreg *search_row(u16 enc)
{
	unsigned int first = 0, count = ARRAY_SIZE(encs), half;

	for (; count > 1; count -= half) {
		half = count / 2;
		if (encs[first + half] <= enc)
			first += half;
	}
	return encs[first] == enc ? &rows[by_enc[first]] : NULL;
}

/* On the way of every trapped access: mostly the guess is right. */
static __always_inline const struct av_sysreg *find_row(u16 enc)
{
	const struct av_sysreg *row = &rows[*guess_of(enc)];

	return likely(row->enc == enc) ? row : search_row(enc);
}

/* What is wrong with a row, or NULL. */
static const char *defect(const struct av_sysreg *row)
{
	static const u16 sizes[] = {
		[AV_HOME_SYS] = AV_NR_SYS,
		[AV_HOME_DEBUG] = sizeof(struct av_debug_ctx) / sizeof(u64),
		[AV_HOME_ID] = AV_NR_IDREGS,
		[AV_HOME_PMU] = AV_PMU_NR,
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
	if (row->home >= AV_HOME_PMU && row->user->get == av_reg_get_home)
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
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		encs[i] = rows[by_enc[i]].enc;
		*guess_of(encs[i]) = by_enc[i];
	}
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
 * Context: vcpu->mutex held; handlers of CRn 12 and of CRn 14's timers don't sleep, others may.
 * Return: AV_DONE, or AV_INJECTED with an UNDEF pending in the guest.
 */
enum av_verdict av_trap_sysreg(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 esr = trap->esr;
	u16 enc = ISS_SYS_ENC(esr);
	const struct av_sysreg *row = find_row(enc);
	struct av_reg_op op = { .is_write = !(esr & ISS_SYS_READ) };
	enum av_verdict verdict;

	if (op.is_write)
		op.value = av_gpr(vcpu, ISS_SYS_RT(esr));
	if (!row)
		return av_reg_unexpected(vcpu, &op, enc, "an unknown register");
	verdict = row->access(vcpu, &op, row);
	if (verdict == AV_DONE && !op.is_write)
		av_set_gpr(vcpu, ISS_SYS_RT(esr), op.value);
	return verdict;
}

/**
 * av_sysreg_access() - an access by another name, from AArch32
 * @vcpu: the vCPU
 * @enc: encoding of a register
 * @how: handler of that other name; NULL: the register's own
 * @op: the access
 *
 * Context, return: as av_trap_sysreg(); the GPR is the caller's. What sysregs.def does not list is undefined.
 */
enum av_verdict av_sysreg_access(struct av_vcpu *vcpu, u16 enc, av_reg_access_fn *how, struct av_reg_op *op)
{
	const struct av_sysreg *row = find_row(enc);

	return row ? (how ?: row->access)(vcpu, op, row) : av_reg_undef(vcpu);
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
			WRITE_ONCE(*av_reg_home(vcpu, &rows[i]), rows[i].reset(vcpu, &rows[i]));
	}
	memset(vcpu->ctx->spsr32, 0, sizeof(vcpu->ctx->spsr32));
}

/* Does user space see the register of this vCPU? */
static bool is_visible(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	return row->user->get && (!row->user->visible || row->user->visible(vcpu));
}

static const struct av_sysreg *find_id(const struct av_vcpu *vcpu, u64 id)
{
	const struct av_sysreg *row = find_row(id & 0xffff);

	if ((id & ~0xffffULL) != (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG))
		return NULL;
	return row && is_visible(vcpu, row) ? row : NULL;
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
	const struct av_sysreg *row = find_id(vcpu, id);

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
	const struct av_sysreg *row = find_id(vcpu, id);

	return row ? row->user->set(vcpu, row, value) : -ENOENT;
}

/**
 * av_sysreg_next_id() - walk the registers that user space sees
 * @vcpu: the vCPU
 * @pos: 0 for the first, moved on by each call
 * @id: ONE_REG id of the register found
 *
 * Return: false behind the last.
 */
bool av_sysreg_next_id(const struct av_vcpu *vcpu, unsigned int *pos, u64 *id)
{
	while (*pos < ARRAY_SIZE(rows)) {
		const struct av_sysreg *row = &rows[(*pos)++];

		if (!is_visible(vcpu, row))
			continue;
		*id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | row->enc;
		return true;
	}
	return false;
}
