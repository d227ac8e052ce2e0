/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM and its vCPUs as everybody knows them: the structures, and what all ask of one. This is the folder's contents
 * page; mm_state.h, vgic_state.h and dev_state.h are what higher rooms keep in the structures, exit_work.h is of
 * exit_work.c: the kernel's own work for a vCPU's thread.
 *
 * Runs at: host kernel. Owns: the layout of struct av_vm and struct av_vcpu; each member's owner
 * is the folder that its comment names.
 * Locks, outermost first (docs/locking.md):
 *   vcpu->mutex > vm->lock (the other way round only by trylock) > vm->slots_lock > vm->slots_srcu >
 *   vm->mmu_lock | vgic dist lock | vcpu->mp_lock; el2_lock (host/el2_map.c) nests in vm->lock
 */
#ifndef AV_GUEST_H
#define AV_GUEST_H

#include <linux/atomic.h>
#include <linux/kobject.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rcuwait.h>
#include <linux/refcount.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

#include "uapi/armvcpu.h"
#include "include/vcpu_ctx.h"
#include "include/vm_fast.h"
#include "el2/door.h"
#include "a32_rules.h"
#include "access_state.h"
#include "dev_state.h"
#include "exit_work.h"
#include "mm_state.h"
#include "verdict.h"
#include "vgic_state.h"

struct reg_mask_range;

#define AV_MAX_VCPUS		512
#define AV_NAME			"armvcpu"

/* Bits of vcpu->requests; set by anybody with av_vcpu_request(), drained by vcpu/run.c. */
enum av_request {
	AV_REQ_KICK,		/* only leave the guest and look again */
	AV_REQ_RESET,		/* PSCI CPU_ON: take vcpu->psci_reset over */
	AV_REQ_HALT,		/* the guest's WFI: sleep until something happens */
	AV_REQ_VM_DEAD,		/* leave RUN with -EIO */
	AV_REQ_COUNTER,		/* the VM's physical count was moved: what traps of it */
	AV_REQ_RING_FULL,	/* user space has to take entries from the dirty ring; stays until then */
	AV_REQ_HOLD,		/* stay out of the guest: av_vcpu_hold(); stays until the last one lets go */
};

/* vcpu->around, from the first RUN on; mostly 0 */
#define AV_AROUND_GICV2		BIT(0)	/* vgic/v2.c */
#define AV_AROUND_PMU		BIT(1)	/* dev/pmu.c */

/* vcpu->mode: where its thread is, for the kick (guest/requests.c). */
enum av_mode {
	AV_OUTSIDE_GUEST,	/* not in the burst, requests are seen without a kick */
	AV_IN_GUEST,		/* at EL2 or in the guest: an IPI is needed */
};

/* The registers that a CPU_ON call or user space hands to a vCPU that starts. */
struct av_psci_reset {
	u64 pc;
	u64 x0;
	bool big_endian;
	bool pending;		/* AV_REQ_RESET owed; under vcpu->mp_lock */
};

#define AV_NR_CCSIDR	14		/* seven levels, data and instructions */

/* The caches that a guest is told of. */
struct av_caches {
	u64 clidr;
	bool differ;			/* from the CPU's: HCR_EL2.TID2 */
	bool own_ccsidr;		/* else those of the CPU that is asked */
	u32 ccsidr[AV_NR_CCSIDR];	/* by CSSELR_EL1 */
};

/* Registers that show the host's value, until user space says otherwise. */
enum av_invariant {
	AV_HOST_MIDR,
	AV_HOST_REVIDR,
	AV_HOST_AIDR,
	AV_HOST_CLIDR,			/* the vCPU's: caches.c */
	AV_HOST_CTR,
	AV_NR_INVARIANTS
};

#define AV_PSCI_LATEST		0x10003	/* and default */

/* The firmware bitmaps, by their number in the ABI: which services there are. */
enum av_feat {
	AV_FEAT_STD,			/* KVM_REG_ARM_STD_BMAP: of the standard, */
	AV_FEAT_STD_HYP,		/* ... of the standard for hypervisors, */
	AV_FEAT_VENDOR_HYP,		/* ... of KVM's own */
	AV_FEAT_VENDOR_HYP_2,		/* ... likewise, function numbers from 64 on */
	AV_NR_FEAT
};

#define AV_FEAT_STD_TRNG	BIT(0)
#define AV_FEAT_STD_HYP_PV_TIME	BIT(0)
#define AV_FEAT_VENDOR_FUNC	BIT(0)	/* UID and FEATURES */
#define AV_FEAT_VENDOR_PTP	BIT(1)
#define AV_FEAT_VENDOR_2_IMPL	(BIT(0) | BIT(1))	/* the CPUs that it may meet: user space answers */

#define AV_HALT_BUCKETS		32	/* of KVM's histograms */

/* Counters of one vCPU, of its own thread but for kicks; vcpu/stats.def says what comes of them. */
struct av_stats {
	u64 exit[64];			/* traps that came to the host, by class */
	u64 irq, serror, sgi;		/* the other reasons */
	u64 wfe;			/* in exit[EC_WFX] */
	u64 mmio_user, mmio_kernel, signals, injected;
	u64 doorbells;			/* stores that the host took for an ioeventfd */
	u64 pages_around;		/* of memory, mapped with another that the guest faulted on */
	u64 faults_in_burst;		/* on memory, served with the guest's state in the CPU */
	u64 halt_wakeup, halt_wait_ns, halt_wait_hist[AV_HALT_BUCKETS];
	bool blocking;
	atomic64_t kicks;		/* by any */
};

/* Of a VM; by any. */
struct av_vm_stats {
	atomic64_t tlb_flush, irqs;
	atomic64_t irqfds;		/* events of irqfds */
	atomic64_t faults_alone;	/* that took mmu_lock for writing */
	u64 bells;			/* stores that EL2 took for an ioeventfd; under the box lock, read by any */
};

/* A vCPU's SVE, guest/sve.c (a reset clears used). All 0 without the feature. */
struct av_sve {
	u32 lengths;			/* of vectors that it has, as host/sve_rules.h */
	u8 max_vq;			/* the longest, in 128 bits; 0: it has no SVE */
	bool used;			/* regs holds Z, P and FFR; else ctx->v holds V, and all the rest is 0 */
	bool live;			/* they are in the CPU, and so is ZCR_EL1; vcpu->fp_live too */
	void *regs;			/* NULL before FINALIZE */
	u64 host_zcr;			/* while live */
};

#define AV_TRACE_FAST	6		/* kinds of exits that EL2 finishes, as the trace event tells them */

/* User space that debugs the guest, guest/debug_outside.c */
struct av_debug_outside {
	u32 control;			/* KVM_GUESTDBG_*; 0: it doesn't */
	bool guest_ss;			/* while it steps: the guest's PSTATE.SS, that in ctx->pstate is user space's */
	struct av_debug_ctx regs;	/* its breakpoints and watchpoints, with KVM_GUESTDBG_USE_HW */
};

struct av_vcpu {
	struct av_vm *vm;
	u32 id;				/* KVM_CREATE_VCPU's argument */
	u32 idx;			/* order of creation, index into vm->vcpus */
	struct mutex mutex;		/* one ioctl at a time, the thread in RUN holds it */
	struct kvm_run *run;		/* the page shared with the VMM */
	struct av_vcpu_ctx *ctx;	/* lent to EL2 */
	u64 ctx_el2;			/* its address there */
	u64 vmid;			/* that ctx->vttbr was made of */

	/* vcpu/ */
	bool initialized;		/* VCPU_INIT was done */
	bool run_once;			/* first RUN's set-up was done */
	bool run_plain;			/* likewise, and no RUN begins with anything else */
	u64 features;			/* VCPU_INIT feature bits without POWER_OFF */
	unsigned long requests;		/* enum av_request, any */
	u32 holders;			/* av_vcpu_hold(); under the vgic dist lock */
	int mode;			/* enum av_mode */
	int cpu;			/* physical CPU of the burst, -1 outside */
	struct task_struct __rcu *task;	/* thread inside of KVM_RUN, for the kick */
	struct rcuwait wait;		/* WFI, stopped, suspended, held */
	raw_spinlock_t mp_lock;		/* mp_state and psci_reset; taken with preemption off */
	u32 mp_state;			/* KVM_MP_STATE_* */
	struct av_psci_reset psci_reset;
	int user_ret;			/* what RUN returns with AV_TO_USER */
	struct av_caches caches;	/* caches.c; outlives a reset */
	bool advance;			/* AV_TO_USER all the same moves the PC behind the instruction */
	union {
		struct {
			bool fp_live;	/* guest's FP/SIMD is in the CPU, kernel_neon_begin() done */
			bool pmu_open;	/* VHE: its counters count EL1 and EL0 (dev/pmu.c) */
		};
		u16 burst_owes;		/* not 0: one of them, for the burst's end to take back */
	};
	u8 around;			/* AV_AROUND_*: what each entry and exit has to do besides */
	struct av_sve sve;		/* guest/sve.c */
	bool sigset_active;
	sigset_t sigset;		/* KVM_SET_SIGNAL_MASK's */
	unsigned long irq_lines;	/* KVM_ARM_IRQ_TYPE_CPU lines without a vGIC: HCR_VI, HCR_VF; any */
	struct av_stats stats;
	u64 traced_fast[AV_TRACE_FAST];	/* guest/trace.c: what was told of ctx->fast_exits */
	struct av_exit_work exit_work;	/* guest/exit_work.c; of the thread in RUN */

	/* answer/mmio.c: the MMIO access that user space is completing */
	struct {
		bool needed;		/* user space's answer, av_mmio_complete() */
		u64 esr;		/* what the access was */
		u64 hole;		/* page that was neither memory nor the GIC ... */
		unsigned long gen;	/* ... as of this vm->mmu.slots_gen; 0: none */
	} mmio;

	u32 user_exit;			/* answer/user_exits.c: the trap that user space is answering, ARMVCPU_USER_* */

	struct av_s2_cache s2_cache;	/* mm/stage2.c */
	struct av_around_row around_row;	/* mm/around.c */
	bool fault_looked;		/* mm/fault.c: the burst has not found the page that it is about */
	u8 faults_at_hand;		/* mm/fault.c: the last ones, in a row */
	struct av_vgic_cpu vgic;	/* vgic/ */
	struct av_timer_cpu timer;	/* dev/timer.c */
	struct av_pvtime_cpu pvtime;	/* dev/pvtime.c */
	struct av_pmu *pmu;		/* dev/pmu.c; made by the first VCPU_INIT */
	struct av_bell_cpu bells;	/* dev/ioeventfd.c */
	struct av_debug_outside debug;	/* guest/debug_outside.c */
	struct av_dirty_ring ring;	/* mm/ring.c */
	struct av_access access;	/* answer/undescribed.c: a load or store in parts */
};

struct av_vm {
	refcount_t users;		/* VM fd, vCPU fds, device fds */
	struct mm_struct *mm;		/* the creator's; ioctls from others are -EIO */
	struct mutex lock;		/* VM-wide configuration, vCPU creation */
	pid_t pid;			/* creator, for names and debugfs */
	bool dead;			/* every ioctl answers -EIO */
	bool ran_once;			/* some vCPU has run */
	int online_vcpus;		/* published entries of vcpus[], smp_store_release */
	int created_vcpus;		/* under lock */
	int max_vcpus;			/* under lock; lowered by a GICv2 */
	u64 psci_version;		/* KVM_REG_ARM_PSCI_VERSION */
	u64 smccc_feat[AV_NR_FEAT];	/* KVM_REG_ARM_FW_FEAT_BMAP_REG(n); fixed with the first run */
	struct rb_root smccc_filter;	/* answer/filter.c; likewise */
	u64 vcpu_features;		/* first VCPU_INIT's, the same for all */
	bool features_set;
	bool nisv_to_user;		/* KVM_CAP_ARM_NISV_TO_USER */
	bool sea_to_user;		/* KVM_CAP_ARM_SEA_TO_USER */
	bool system_suspend;		/* KVM_CAP_ARM_SYSTEM_SUSPEND */
	bool tags;			/* KVM_CAP_ARM_MTE: guest/tags.c; fixed before the first vCPU */
	u32 user_exits;			/* answer/user_exits.c: ARMVCPU_USER_*; fixed before the first vCPU */
	bool imp_id_regs;		/* KVM_CAP_ARM_WRITABLE_IMP_ID_REGS */
	u64 idregs[7 * 8];		/* idregs.c: ID_*_EL1 as the guest sees them, CRm 1-7 */
	u64 invariants[AV_NR_INVARIANTS]; /* idregs_user.c: by enum av_invariant, under lock, fixed at the first run */
	struct av_vm_fast *fast;	/* vcpu/fast.c: EL2's page of constants */
	struct list_head link;		/* all VMs, under av_vms_lock */
	struct av_vm_stats stats;
	struct dentry *debugfs;		/* vcpu/debugfs.c: the VM's directory */
	struct dentry *kvm_dir;		/* vcpu/debugfs_kvm.c: that for who looks for KVM's, and what its files show */
	struct av_kvm_file *kvm_files;

	struct av_mm_vm mmu;		/* mm/ */
	struct av_vgic_dist vgic;	/* vgic/ */
	struct av_eventfd_vm eventfds;	/* dev/: irqfd, ioeventfd, GSI routes */
	struct av_pmu_vm pmu;		/* dev/pmu_attr.c */
	u64 timer_voff;			/* dev/timer.c: CNTVOFF of the VM, counter ticks */
	u64 timer_poff;			/* likewise of the physical count; not 0: accesses to it and its timer trap */
	bool counter_offset;		/* KVM_ARM_SET_COUNTER_OFFSET fixed both; under vm->lock */
	u8 timer_ppi[4];		/* INTIDs by KVM_ARM_VCPU_TIMER_IRQ_*: virtual, physical, 2 for EL2 */

	/* Last: what each entry reads stays within reach of a load's offset. */
	struct av_vcpu *vcpus[AV_MAX_VCPUS];	/* by idx; published with release, entry never changes */
	struct av_vcpu *vcpus_by_id[AV_MAX_VCPUS];
};

/* So many entries of vcpus[] can be used; more may come, none goes. */
static inline int av_online_vcpus(struct av_vm *vm)
{
	/* Pairs with the release in av_vcpu_create(): the entries below the count are complete. */
	return smp_load_acquire(&vm->online_vcpus);
}

/* Each vCPU that is online. */
#define av_for_each_vcpu(i, vcpu, vm)						\
	for ((i) = 0; (i) < av_online_vcpus(vm) && ((vcpu) = (vm)->vcpus[i]); (i)++)

/* ---- questions about a VM that everybody asks ---------------------------------------------------- */

/* It has an in-kernel GIC ... */
static inline bool av_vgic_present(const struct av_vm *vm)
{
	return READ_ONCE(vm->vgic.created);
}

/* ... that is initialised: its words stand. */
static inline bool av_vgic_initialized(const struct av_vm *vm)
{
	/* Pairs with av_vgic_init(): the words. */
	return smp_load_acquire(&vm->vgic.initialized);
}

/* ... with system registers. */
static inline bool av_vgic_is_v3(const struct av_vm *vm)
{
	return av_vgic_present(vm) && !vm->vgic.is_v2;
}

/* find.c */
struct av_vcpu *av_vcpu_by_id(struct av_vm *vm, u32 id);	/* NULL when there is none */
struct av_vcpu *av_vcpu_by_mpidr(struct av_vm *vm, u64 mpidr);
/*
 * Try to hold every vCPU's mutex (so that none runs): -EBUSY and none held if one is taken.
 * Caller holds vm->lock. Used by device attributes.
 */
int av_vcpus_trylock_all(struct av_vm *vm);
void av_vcpus_unlock_all(struct av_vm *vm);

/* requests.c: any context, also with interrupts off */
void av_vcpu_request(struct av_vcpu *vcpu, enum av_request req);	/* set, and kick or wake */
void av_vcpu_kick(struct av_vcpu *vcpu);	/* leave the guest or wake from WFI, and look again */
void av_vcpu_kick_gic(struct av_vcpu *vcpu);	/* likewise, if EL2 can't do what the vGIC's words ask for */
bool av_vcpu_take_request(struct av_vcpu *vcpu, enum av_request req);
void av_vcpu_hold(struct av_vcpu *vcpu);	/* out of the guest, vgic dist lock */
void av_vcpu_let_go(struct av_vcpu *vcpu);	/* likewise */
void av_vcpu_wake_held(struct av_vcpu *vcpu);	/* then, without the lock */
void av_vm_kill(struct av_vm *vm);	/* marks dead and kicks all vCPUs */

/* power.c: mp_state; any vCPU's thread */
void av_vcpu_set_power(struct av_vcpu *vcpu, u32 state);	/* KVM_MP_STATE_*, and no more than that */
void av_vcpu_power_off(struct av_vcpu *vcpu);
bool av_vcpu_is_off(struct av_vcpu *vcpu);

/* inject.c: set up an exception at guest EL1; caller holds vcpu->mutex, guest not running */
void av_inject_undef(struct av_vcpu *vcpu);
void av_inject_same(struct av_vcpu *vcpu);	/* what EL0 tried is EL1's to decide */
void av_inject_dabt(struct av_vcpu *vcpu, u64 far, u32 fsc);	/* FSC_EXTABT, FSC_ADDRSZ | level */
void av_inject_iabt(struct av_vcpu *vcpu, u64 far, u32 fsc);
bool av_inject_serror_unmasked(struct av_vcpu *vcpu, u64 iss);	/* taken at once, or false */
void av_inject_a32(struct av_vcpu *vcpu, enum av_a32_exception what, u64 far, u32 fsc);	/* inject_a32.c */

/* ras.c: SErrors; likewise */
#define AV_SERROR_UNSAID	SERROR_IDS	/* a syndrome that says nothing */
void av_inject_serror(struct av_vcpu *vcpu, u64 iss);		/* virtual SError, HCR_VSE */
bool av_serror_pending(const struct av_vcpu *vcpu, u64 *iss);
enum av_exit av_take_serror(struct av_vcpu *vcpu, enum av_exit code);
bool av_host_has_ras(void);

/* controls.c: trap controls from features and state; vcpu->mutex held */
void av_controls_init(struct av_vcpu *vcpu);
void av_controls_fp(struct av_vcpu *vcpu);
void av_controls_counter(struct av_vcpu *vcpu);
void av_controls_cache_ids(struct av_vcpu *vcpu);
void av_controls_update(struct av_vcpu *vcpu);

/* fp.c, fp_regs.S: inside the burst, interrupts on */
void av_fp_set_aside(void);
enum av_verdict av_fp_load(struct av_vcpu *vcpu);
void av_fp_put(struct av_vcpu *vcpu);

/* sve.c, sve_regs.S: likewise */
enum av_verdict av_sve_first_use(struct av_vcpu *vcpu);
enum av_verdict av_sve_load(struct av_vcpu *vcpu);
void av_sve_put(struct av_vcpu *vcpu);
/* sve.c: the vCPU not running */
void av_sve_init(struct av_vcpu *vcpu);
int av_sve_finalise(struct av_vcpu *vcpu);
bool av_sve_limit(struct av_vcpu *vcpu, u32 lengths);
void av_sve_free(struct av_vcpu *vcpu);
/* One register, for user space; after FINALIZE. Z0 - Z31 are 0 - 31, P0 - P15 32 - 47, FFR 48. */
#define AV_SVE_P		32
#define AV_SVE_FFR		48
#define AV_SVE_NR		49
unsigned int av_sve_reg_size(const struct av_vcpu *vcpu, unsigned int n);	/* bytes */
void av_sve_get(const struct av_vcpu *vcpu, unsigned int n, void *value);
void av_sve_set(struct av_vcpu *vcpu, unsigned int n, const void *value);

static inline bool av_sve_has(const struct av_vcpu *vcpu)
{
	return vcpu->sve.max_vq;
}

/* caches.c; vcpu->mutex held */
void av_caches_init(struct av_vcpu *vcpu);
u32 av_ccsidr(const struct av_vcpu *vcpu, unsigned int csselr);
int av_ccsidr_set(struct av_vcpu *vcpu, unsigned int csselr, u32 value);

/* keys.c: pointer authentication; the vCPU not running */
enum av_verdict av_keys_first_use(struct av_vcpu *vcpu);
#define AV_KEYS_FEATURES	(BIT(KVM_ARM_VCPU_PTRAUTH_ADDRESS) | BIT(KVM_ARM_VCPU_PTRAUTH_GENERIC))
static inline bool av_keys_has(const struct av_vcpu *vcpu)
{
	return vcpu->features & AV_KEYS_FEATURES;
}

/* tags.c: memory tagging; under vm->lock */
bool av_host_has_tags(void);
int av_tags_enable(struct av_vm *vm);

/* late.c, late_groups.c: registers that came late; the vCPU not running */
enum av_verdict av_late_first_use(struct av_vcpu *vcpu, unsigned int group);
unsigned int av_late_shown(const struct av_vcpu *vcpu);
void av_late_close(struct av_vcpu *vcpu, struct av_controls *opened);

/* idregs.c: ID registers, and those that show the host's value; idregs_rules.h, include/idregs.def */
#define AV_NR_IDREGS		(7 * 8)		/* CRm 1-7, op2 0-7 */
#define AV_IDREG(crm, op2)	(((crm) - 1) * 8 + (op2))

int av_idregs_init(void);
void av_idregs_init_vm(struct av_vm *vm);
void av_idregs_with_sve(struct av_vm *vm);
void av_idregs_with_keys(struct av_vm *vm);
bool av_host_has_keys(void);
void av_idregs_with_tags(struct av_vm *vm);
void av_idregs_with_pmu(struct av_vm *vm);
void av_idregs_gic(struct av_vm *vm);
int av_idreg_set(struct av_vm *vm, unsigned int index, u64 value);
int av_idregs_masks(const struct reg_mask_range *range);	/* idregs_user.c */
u64 av_host_invariant(enum av_invariant which);
bool av_host_has_aarch32(void);			/* at EL0 */
bool av_host_has_el1_aarch32(void);
/* KVM_ARM_VCPU_EL1_32BIT: all of the guest is AArch32. */
static inline bool av_vcpu_is_a32(const struct av_vcpu *vcpu)
{
	return vcpu->features & BIT(KVM_ARM_VCPU_EL1_32BIT);
}

/* The guest is shown PSTATE.SSBS: ID_AA64PFR1_EL1. */
static inline bool av_guest_has_ssbs(const struct av_vm *vm)
{
	return AV_GET(READ_ONCE(vm->idregs[AV_IDREG(4, 1)]), 7, 4) != 0;
}

/* It is shown AArch32 at EL0: ID_AA64PFR0_EL1. */
static inline bool av_guest_has_aarch32(const struct av_vm *vm)
{
	return AV_GET(READ_ONCE(vm->idregs[AV_IDREG(4, 0)]), 3, 0) == 2;
}

/* It is shown RAS: ID_AA64PFR0_EL1. */
static inline bool av_guest_has_ras(const struct av_vm *vm)
{
	return AV_GET(READ_ONCE(vm->idregs[AV_IDREG(4, 0)]), 31, 28);
}

/* It is shown WFIT and WFET: ID_AA64ISAR2_EL1. */
static inline bool av_guest_has_wfxt(const struct av_vm *vm)
{
	return AV_GET(READ_ONCE(vm->idregs[AV_IDREG(6, 2)]), 3, 0);
}

/* It is shown CNTPCTSS_EL0: ID_AA64MMFR0_EL1.ECV. */
static inline bool av_guest_has_ecv(const struct av_vm *vm)
{
	return AV_GET(READ_ONCE(vm->idregs[AV_IDREG(7, 0)]), 63, 60);
}

bool av_host_ctr_differs(void);			/* the guest's reads need HCR_EL2.TID2 */
bool av_host_has_ccidx(void);			/* likewise */

/* debug.c: what EL2 loads of breakpoints, watchpoints and MDSCR_EL1 */
void av_debug_update(struct av_vcpu *vcpu);

/* debug_outside.c: KVM_SET_GUEST_DEBUG */
int av_debug_set(struct av_vcpu *vcpu, const void __user *user);
enum av_verdict av_trap_debug(struct av_vcpu *vcpu, const struct av_trap *trap);
void av_debug_reset(struct av_vcpu *vcpu);
u64 av_debug_get_pstate(const struct av_vcpu *vcpu);
void av_debug_set_pstate(struct av_vcpu *vcpu, u64 pstate);
static inline bool av_debug_steps(const struct av_vcpu *vcpu)
{
	return vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP;
}

/* regs.c, debug.c: handlers of system registers, see sysreg_row.h; and the PC */
/* PC behind a trapped instruction: 2 or 4 bytes by ESR.IL; the only place where a trap moves the PC. */
void av_skip_instruction_a32(struct av_vcpu_ctx *ctx);
static inline void av_skip_instruction(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	if (unlikely(ctx->pstate & PSR_MODE_32)) {
		av_skip_instruction_a32(ctx);
		return;
	}
	ctx->pc += 4;
	ctx->pstate &= ~(PSR_BTYPE | PSR_SS);
}

/* What traps, or is about to run, is AArch32 code, at whichever exception level. */
static inline bool av_mode_is_a32(const struct av_vcpu *vcpu)
{
	return vcpu->ctx->pstate & PSR_MODE_32;
}

void av_vcpu_state_lost(struct av_vcpu *vcpu);

/**
 * av_vcpu_put_state() - let ctx->sys[] be the truth
 * @vcpu: the vCPU
 *
 * On a VHE host the EL1 registers stay in the CPU for the whole burst; who reads or writes the context's copy inside
 * of it calls this first. They are loaded again with the next entry.
 *
 * Context: the vCPU's thread; preemption off if inside the burst.
 */
static inline void av_vcpu_put_state(struct av_vcpu *vcpu)
{
	if (vcpu->ctx->loaded && unlikely(!el2_vhe_put(vcpu->ctx)))
		av_vcpu_state_lost(vcpu);
}

/* A device sets an interrupt's line. */
static inline void av_stats_irq(struct av_vm *vm, bool level)
{
	if (level)
		atomic64_inc(&vm->stats.irqs);
}

/* KVM_EXIT_FAIL_ENTRY: this CPU can't run the vCPU, which is as before; another one may. Preemption off. */
static inline enum av_verdict av_vcpu_refuse_cpu(struct av_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	run->fail_entry.hardware_entry_failure_reason = KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED;
	run->fail_entry.cpu = smp_processor_id();
	vcpu->user_ret = 0;
	return AV_TO_USER;
}

/* Value of a GPR by its number in a syndrome: 31 is the zero register. */
static inline u64 av_gpr(const struct av_vcpu *vcpu, unsigned int n)
{
	return n == 31 ? 0 : vcpu->ctx->gpr[n];
}

static inline void av_set_gpr(struct av_vcpu *vcpu, unsigned int n, u64 value)
{
	if (n != 31)
		vcpu->ctx->gpr[n] = value;
}

#endif
