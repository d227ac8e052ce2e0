// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     User space can tell a guest less than the CPU has, field by field as KVM has it, never more; before the
 *            first run only, for the whole VM. What was written the guest reads, whoever answers it, and a reset keeps
 *            it. Who made the CPU can be told with a capability alone; the caches within what holds on the host.
 * Reference: Documentation/virt/kvm/api.rst, 4.139 (KVM_ARM_GET_REG_WRITABLE_MASKS), 7.43; kvm-abi-7.md part 5.
 * A failure: names the register, the field's lowest bit and the value; see include/idregs.def, guest/idregs_user.c.
 */
#include "harness.h"
#include "gic.h"
#include "insn.h"

#define ID(op1, crm, op2)	ARM64_SYS_REG(3, op1, 0, crm, op2)
#define MIDR			ID(0, 0, 0)
#define REVIDR			ID(0, 0, 6)
#define AIDR			ID(1, 0, 7)
#define CLIDR			ID(1, 0, 1)
#define CTR			ID(3, 0, 1)
#define NR_MASKS		192
#define FIELD(v, lo)		((v) >> (lo) & 15)

static u64 masks[NR_MASKS];

static int get_masks(struct vm *vm, u64 *to, u32 range)
{
	struct reg_mask_range r = { .addr = (u64)to, .range = range };

	return kioctlp(vm->fd, KVM_ARM_GET_REG_WRITABLE_MASKS, &r);
}

static int try_set(struct vcpu *vcpu, u64 id, u64 value)
{
	return reg_try_set(vcpu, id, &value);
}

static struct vcpu *new_vcpu(struct vm *vm)
{
	struct vcpu *vcpu = vcpu_create(vm, 0);

	if (vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2))
		die("VCPU_INIT");
	return vcpu;
}

TEST(masks_have_rules)
{
	struct vm *vm = vm_create();
	struct reg_mask_range r = { .addr = (u64)masks };
	unsigned int i;

	EXPECT_EQ(1, check_cap(vm->dev, KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES));
	memset(masks, 0xff, sizeof(masks));
	EXPECT_EQ(0, get_masks(vm, masks, 0));
	/* MIDR, REVIDR, AIDR; PFR0 but AMU, MPAM, SVE, AdvSIMD, FP; CTR: IDC, DIC, lines, L1Ip */
	EXPECT_EQ(0xffffffff, masks[0]);
	EXPECT_EQ(~0ULL, masks[6]);
	EXPECT_EQ(~0ULL, masks[64 + 7]);
	EXPECT_EQ(0xffff00f0ff00ffff, masks[32]);
	EXPECT_EQ(0x300fc00f, masks[128 + 1]);
	/* what is no register has no bits */
	EXPECT_EQ(0, masks[1] | masks[5] | masks[64] | masks[127] | masks[128] | masks[191] | masks[4 * 8 + 3]);
	EXPECT_EQ(-EINVAL, get_masks(vm, masks, 1));
	EXPECT_EQ(-EINVAL, get_masks(vm, masks, ~0u));
	for (i = 0; i < ARRAY_SIZE(r.reserved); i++) {
		r.reserved[i] = 1;
		EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ARM_GET_REG_WRITABLE_MASKS, &r));
		r.reserved[i] = 0;
	}
	EXPECT_EQ(-EFAULT, get_masks(vm, NULL, 0));
	EXPECT_EQ(-EFAULT, get_masks(vm, (u64 *)-8L, 0));
	EXPECT_EQ(-EFAULT, kioctlp(vm->fd, KVM_ARM_GET_REG_WRITABLE_MASKS, NULL));
	vm_free(vm);
}

/* 15 is none: TGran4, TGran64, DoubleLock; more is less: SpecSEI */
static bool is_signed(u32 crm, u32 op2, u32 lo)
{
	return (crm == 7 && op2 == 0 && (lo == 24 || lo == 28)) || (crm == 5 && op2 == 0 && lo == 36);
}

/* 1 is none, 0 the same as stage 1's: TGran16_2, TGran64_2, TGran4_2 */
static bool is_or_none(u32 crm, u32 op2, u32 lo)
{
	return crm == 7 && op2 == 0 && lo >= 32 && lo <= 40;
}

static bool is_higher(u32 crm, u32 op2, u32 lo)
{
	return (crm == 7 && op2 == 1 && lo == 24) || (crm == 2 && op2 == 6 && lo == 0);
}

/* What is taken although it is not there: MPAM, NV and CCIDX as the host has them, a PMU of another kind. */
static bool is_forgiven(u32 crm, u32 op2, u32 lo)
{
	return (crm == 4 && op2 == 0 && lo == 40) || (crm == 7 && op2 == 2 && (lo == 20 || lo == 24)) ||
	       (crm == 5 && op2 == 0 && lo == 8) || (crm == 1 && op2 == 2 && lo == 24);
}

/* Every field of every register, every value, against the rule; each put back. */
TEST(nothing_is_told_that_is_not_there)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = new_vcpu(vm);
	u32 crm, op2, lo, lowered = 0;
	u64 v, was, want, limit;

	ASSERT_EQ(0, get_masks(vm, masks, 0));
	for (crm = 1; crm < 8; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
			u64 id = ID(0, crm, op2);

			was = reg_get(vcpu, id);
			for (lo = 0; lo < 64; lo += 4) {
				limit = FIELD(was, lo);
				for (v = 0; v < 16; v++) {
					bool ok, wrong;
					int ret;

					want = (was & ~(15ULL << lo)) | v << lo;
					ret = try_set(vcpu, id, want);
					ok = reg_get(vcpu, id) == want;
					/* AArch32's are ignored without it */
					if (ret == 0 && !ok) {
						EXPECT_TRUE((crm < 4 && !was) || is_forgiven(crm, op2, lo))
							TH_LOG("%u.%u bit %u: %lu is lost", crm, op2, lo, v);
						continue;
					}
					if (ret) {
						EXPECT_EQ(-EINVAL, ret);
						EXPECT_EQ(was, reg_get(vcpu, id));
						continue;
					}
					wrong = is_higher(crm, op2, lo) ? v < limit :
						is_signed(crm, op2, lo) && v == 15 ? false :
						is_or_none(crm, op2, lo) && v <= 1 ? false : v > limit;
					wrong |= v != limit && FIELD(masks[crm * 8 + op2], lo) != 15;
					EXPECT_FALSE(wrong)
						TH_LOG("%u.%u bit %u: %lu of %lu", crm, op2, lo, v, limit);
					lowered += v != limit;
					ASSERT_EQ(0, try_set(vcpu, id, was));
				}
			}
		}
	}
	/* and much of it can be */
	EXPECT_LT(20, lowered);
	vm_free(vm);
}

static int lower(struct vcpu *vcpu, u64 id, u32 lo, u64 v)
{
	return try_set(vcpu, id, (reg_get(vcpu, id) & ~(15ULL << lo)) | v << lo);
}

TEST(an_exception_level_stays)
{
	struct vcpu *vcpu = new_vcpu(vm_create());

	EXPECT_EQ(-EINVAL, lower(vcpu, SR_AA64PFR0, 0, 0));
	/* Linux 6.12's set_id_regs writes this one, and means nothing by it. */
	EXPECT_EQ(0, lower(vcpu, SR_AA64PFR0, 4, 0));
	EXPECT_EQ(-EINVAL, lower(vcpu, SR_AA64DFR0, 0, 5));
	EXPECT_EQ(0, lower(vcpu, SR_AA64PFR0, 0, 1));
	/* AArch32 is gone: no such PSTATE */
	EXPECT_EQ(-EINVAL, try_set(vcpu, PSTATE_REG, 0x1d0));
}

/* ---- what the guest reads ---- */

static u64 seen[8][8], seen_midr, seen_revidr, seen_aidr, seen_clidr, seen_ctr;

#define READ(crm, op2)	seen[crm][op2] = read_sysreg(s3_0_c0_c##crm##_##op2)
#define READ_ALL(crm) do {						\
	READ(crm, 0); READ(crm, 1); READ(crm, 2); READ(crm, 3);		\
	READ(crm, 4); READ(crm, 5); READ(crm, 6); READ(crm, 7);		\
} while (0)

static void guest_reads(u64 arg)
{
	READ_ALL(1);
	READ_ALL(2);
	READ_ALL(3);
	READ_ALL(4);
	READ_ALL(5);
	READ_ALL(6);
	READ_ALL(7);
	seen_midr = read_sysreg(midr_el1);
	seen_revidr = read_sysreg(revidr_el1);
	seen_aidr = read_sysreg(aidr_el1);
	seen_clidr = read_sysreg(clidr_el1);
	seen_ctr = read_sysreg(ctr_el0);
	GUEST_DONE();
}

/* All that can be lowered by one is; two vCPUs read it, and the VM's registers are as before. */
TEST(the_guest_reads_what_was_written)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_reads, 0), *other = guest_vcpu(vm, 1, guest_reads, 0);
	u64 wrote[8][8], clidr, ctr, v;
	u32 crm, op2, lo, i;

	for (crm = 1; crm < 8; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
			for (lo = 0; lo < 64; lo += 4) {
				v = FIELD(reg_get(vcpu, ID(0, crm, op2)), lo);
				if (v && v != 15 && !(crm == 7 && op2 == 0) && !(crm == 4 && op2 == 0 && lo == 0))
					lower(vcpu, ID(0, crm, op2), lo, v - 1);
			}
			wrote[crm][op2] = reg_get(vcpu, ID(0, crm, op2));
			EXPECT_EQ(wrote[crm][op2], reg_get(other, ID(0, crm, op2)));
		}
	}
	/* one more level of cache, and shorter lines */
	clidr = reg_get(vcpu, CLIDR);
	for (i = 0; i < 7 && clidr >> 3 * i & 7; i++)
		;
	clidr |= 4ULL << 3 * i;
	ctr = reg_get(vcpu, CTR);
	ctr -= ctr & 15 ? 1 : 0;
	EXPECT_EQ(0, try_set(vcpu, CLIDR, clidr));
	EXPECT_EQ(0, try_set(vcpu, CTR, ctr));
	/* a reset keeps all of it */
	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	vcpu_run_done(vcpu);
	for (i = 0; i < 2; i++) {
		for (crm = 1; crm < 8; crm++) {
			for (op2 = 0; op2 < 8; op2++) {
				u64 v = gv(vm, seen)[crm][op2];

				/* no GIC here */
				if (crm == 4 && op2 == 0)
					wrote[crm][op2] &= ~(15ULL << 24);
				if (crm == 1 && op2 == 1)
					wrote[crm][op2] &= ~(15ULL << 28);
				EXPECT_EQ(wrote[crm][op2], v)
					TH_LOG("ID register %u.%u", crm, op2);
				EXPECT_EQ(v, reg_get(vcpu, ID(0, crm, op2)));
			}
		}
		EXPECT_EQ(ctr, gv(vm, seen_ctr));
		EXPECT_EQ(ctr, reg_get(other, CTR));
		/* its own */
		EXPECT_EQ(i ? reg_get(other, CLIDR) : clidr, gv(vm, seen_clidr));
		if (!i)
			vcpu_run_done(other);
	}
	/* too late */
	EXPECT_EQ(-EBUSY, lower(other, ID(0, 6, 0), 16, FIELD(reg_get(other, ID(0, 6, 0)), 16) ? 0 : 1));
	EXPECT_EQ(0, try_set(other, ID(0, 6, 0), reg_get(other, ID(0, 6, 0))));
	EXPECT_EQ(0, try_set(other, CTR, ctr));
	if (ctr & 15)
		EXPECT_EQ(-EBUSY, try_set(other, CTR, ctr - 1));
	/* whatever it is */
	EXPECT_EQ(-EBUSY, try_set(other, CTR, ctr + 1));
	vm_free(vm);
}

/* ---- the GIC ---- */

/* The interface is there whatever was written, and not with a GICv2, as soon as that is made. */
TEST(the_gic_says_what_it_is)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_reads, 0);
	u64 there = FIELD(reg_get(vcpu, SR_AA64PFR0), 24);

	if (!there)
		SKIP(return, "the host has a GICv2");
	ASSERT_EQ(0, lower(vcpu, SR_AA64PFR0, 24, 0));
	gic_create(vm, 64);
	EXPECT_EQ(there, FIELD(reg_get(vcpu, SR_AA64PFR0), 24));
	ASSERT_EQ(0, lower(vcpu, SR_AA64PFR0, 24, 0));
	vcpu_run_done(vcpu);
	EXPECT_EQ(there, FIELD(reg_get(vcpu, SR_AA64PFR0), 24));
	vm_free(vm);
}

/* ---- caches ---- */

TEST(caches_have_limits)
{
	struct vcpu *vcpu = new_vcpu(vm_create());
	u64 ctr = reg_get(vcpu, CTR), clidr = reg_get(vcpu, CLIDR), l1ip = ctr >> 14 & 3;
	static const u8 fields[][2] = { { 0, 15 }, { 16, 15 }, { 28, 1 }, { 29, 1 } };
	u64 bit, v, max;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		max = ctr >> fields[i][0] & fields[i][1];
		for (v = 0; v <= fields[i][1]; v++) {
			EXPECT_EQ(v <= max ? 0 : -EINVAL,
				  try_set(vcpu, CTR, (ctr & ~((u64)fields[i][1] << fields[i][0])) | v << fields[i][0]))
				TH_LOG("bit %u: %lu of %lu", fields[i][0], v, max);
		}
		ASSERT_EQ(0, try_set(vcpu, CTR, ctr));
	}
	for (v = 0; v < 4; v++) {
		EXPECT_EQ(v == l1ip || (v == 2 && l1ip == 3) ? 0 : -EINVAL,
			  try_set(vcpu, CTR, (ctr & ~0xc000) | v << 14));
	}
	ASSERT_EQ(0, try_set(vcpu, CTR, ctr));
	/* CWG, ERG, TminLine, RES */
	for (bit = 1ULL << 20; bit; bit <<= 1) {
		if (bit == 1 << 28 || bit == 1 << 29)
			continue;
		EXPECT_EQ(-EINVAL, try_set(vcpu, CTR, ctr ^ bit));
	}
	for (bit = 1ULL << 47; bit; bit <<= 1) {
		EXPECT_EQ(-EINVAL, try_set(vcpu, CLIDR, clidr ^ bit));
	}
	/* nothing to clean: the host has to say so */
	EXPECT_EQ(ctr & 1 << 28 ? 0 : -EINVAL, try_set(vcpu, CLIDR, 0));
	EXPECT_EQ(0, try_set(vcpu, CLIDR, clidr));
	EXPECT_EQ(clidr, reg_get(vcpu, CLIDR));
}

/* ---- who made it ---- */

static const u64 imp[] = { MIDR, REVIDR, AIDR };

TEST(the_maker_is_the_hosts_without_the_capability)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = new_vcpu(vm);
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_WRITABLE_IMP_ID_REGS };
	u32 i;

	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_ARM_WRITABLE_IMP_ID_REGS));
	for (i = 0; i < ARRAY_SIZE(imp); i++) {
		EXPECT_EQ(0, try_set(vcpu, imp[i], reg_get(vcpu, imp[i])));
		EXPECT_EQ(-EINVAL, try_set(vcpu, imp[i], reg_get(vcpu, imp[i]) + 1));
	}
	/* too late, there is a vCPU */
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	vm_free(vm);
}

TEST(the_maker_can_be_told_with_it)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_WRITABLE_IMP_ID_REGS };
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu, *other;
	u32 i;

	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	vcpu = guest_vcpu(vm, 0, guest_reads, 0);
	other = guest_vcpu(vm, 1, guest_reads, 0);
	EXPECT_EQ(-EINVAL, try_set(vcpu, MIDR, 1ULL << 32));
	EXPECT_EQ(0, try_set(vcpu, MIDR, 0x610f0290));
	EXPECT_EQ(0, try_set(vcpu, REVIDR, 0x1122334455667788));
	EXPECT_EQ(0, try_set(other, AIDR, 0x99aabbccddeeff00));
	for (i = 0; i < ARRAY_SIZE(imp); i++)
		EXPECT_EQ(reg_get(other, imp[i]), reg_get(vcpu, imp[i]));
	for (i = 0; i < 2; i++) {
		vcpu_run_done(i ? other : vcpu);
		EXPECT_EQ(0x610f0290, gv(vm, seen_midr));
		EXPECT_EQ(0x1122334455667788, gv(vm, seen_revidr));
		EXPECT_EQ(0x99aabbccddeeff00, gv(vm, seen_aidr));
		gv(vm, seen_midr) = 0;
	}
	for (i = 0; i < ARRAY_SIZE(imp); i++) {
		EXPECT_EQ(0, try_set(vcpu, imp[i], reg_get(vcpu, imp[i])));
		EXPECT_EQ(-EBUSY, try_set(vcpu, imp[i], 1));
	}
	EXPECT_EQ(-EBUSY, try_set(vcpu, MIDR, 1ULL << 32));
	vm_free(vm);
	/* the next VM is the host's CPU again */
	vm = vm_create_guest();
	vcpu_run_done(guest_vcpu(vm, 0, guest_reads, 0));
	EXPECT_EQ(read_sysreg(midr_el1), gv(vm, seen_midr));
	vm_free(vm);
}

SELFTEST_MAIN
