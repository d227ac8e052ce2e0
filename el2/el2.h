/* SPDX-License-Identifier: GPL-2.0 */
/*
 * First include of every file that runs at EL2: register access, barriers, the CPU's page.
 *
 * Runs at: EL2. Owns: nothing.
 *
 * No kernel header is included, so that no kernel service can be spelled; what is used without being
 * in the image fails the image's final link, and in the VHE twin el2/allowed.syms.
 */
#ifndef EL2_EL2_H
#define EL2_EL2_H

#define AV_EL2			1

#include "../include/el2_abi.h"
#include "../include/vcpu_ctx.h"

#define __always_inline	inline __attribute__((always_inline))
#define noinline	__attribute__((noinline))

/* A system register by the assembler's name or by S<op0>_<op1>_<Cn>_<Cm>_<op2>. */
#define read_reg(name) ({							\
	u64 value_;								\
	asm volatile("mrs %0, " #name : "=r" (value_));				\
	value_;									\
})

#define write_reg(name, value) do {						\
	u64 value_ = (value);							\
	asm volatile("msr " #name ", %x0" : : "rZ" (value_));			\
} while (0)

/* A function that assembly calls, in a unit of which all else is local (el2/all.c). */
#if __has_attribute(externally_visible)
#define EL2_ENTRY		__attribute__((externally_visible))
#else
#define EL2_ENTRY
#endif

#define isb()			asm volatile("isb" : : : "memory")
#define dsb(domain)		asm volatile("dsb " #domain : : : "memory")
#define ic(op)			asm volatile("ic " #op : : : "memory")
#define tlbi(op)		asm volatile("tlbi " #op : : : "memory")
#define tlbi_arg(op, arg)	asm volatile("tlbi " #op ", %0" : : "r" (arg) : "memory")
/* By range: names that the assembler knows only with an extension. */
#define ripas2e1is		"#4, c8, c0, #2"
#define tlbi_range(op, arg)	asm volatile("sys " op ", %0" : : "r" (arg) : "memory")

/* Names that Debian 12's assembler knows only with an extension, by encoding. */
#define ICC_PMR_EL1		S3_0_C4_C6_0
#define ICC_SRE_EL1		S3_0_C12_C12_5
#define ICC_SRE_EL2		S3_4_C12_C9_5
#define ICH_AP0R0_EL2		S3_4_C12_C8_0
#define ICH_AP1R0_EL2		S3_4_C12_C9_0
#define ICH_HCR_EL2		S3_4_C12_C11_0
#define ICH_VTR_EL2		S3_4_C12_C11_1
#define ICH_VMCR_EL2		S3_4_C12_C11_7
#define VDISR_EL2		S3_4_C12_C1_1
#define HCRX_EL2		S3_4_C1_C2_2
#define HFGRTR_EL2		S3_4_C1_C1_4
#define HFGWTR_EL2		S3_4_C1_C1_5
#define ZCR_EL2			S3_4_C1_C2_0
#define VSESR_EL2		S3_4_C5_C2_3
#define PSTATE_ALLINT		S3_0_C4_C3_0
#define PSTATE_PAN		S3_0_C4_C2_3
#define PSTATE_DIT		S3_3_C4_C2_5
#define PSTATE_TCO		S3_3_C4_C2_7

/* write_reg() with a name that is itself a macro */
#define read_named(name)		read_reg_expanded(name)
#define read_reg_expanded(name)		read_reg(name)
#define write_named(name, value)	write_reg_expanded(name, value)
#define write_reg_expanded(name, value)	write_reg(name, value)

/*
 * One access, where it stands: what the fault path or the host may look at. As READ_ONCE() and WRITE_ONCE() have it:
 * for an atomic of the compiler's the address has no offset (GCC's constraint Q), which is an addition each time.
 */
#define el2_store(place, value)				\
({							\
	volatile typeof(*(place)) *place_ = (place);	\
							\
	*place_ = (value);				\
})
#define el2_load(place)					\
({							\
	const volatile typeof(*(place)) *place_ = (place); \
							\
	*place_;					\
})

/*
 * Of a device. Cortex-A57 832075: next to the exclusives of our atomics the CPU may stop for good, but for a load with
 * acquire semantics.
 */
#define el2_load_device(place)	__atomic_load_n((place), __ATOMIC_ACQUIRE)

#include "mode.h"

/* The guest's EL1 register by its architectural name, while the guest's world is in the CPU. */
#define read_guest(name)		read_named(GUEST(name))
#define write_guest(name, value)	write_named(GUEST(name), value)

/* This CPU waits for its next interrupt. */
static inline void el2_wait(void)
{
	asm volatile("wfi" : : : "memory");
}

/*
 * Likewise, or until what EL2 reads as CNTVCT_EL0 has come to that. WFIT X9, on a CPU that has it: Debian 12's
 * assembler knows the name only with an extension.
 */
static inline void el2_wait_until(u64 count)
{
	asm volatile("mov x9, %0\n\t.inst 0xd5031029" : : "r" (count) : "x9", "memory");
}

static inline bool el2_has(const struct el2_cpu *cpu, u64 feature)
{
	return (cpu->features & feature) == feature;
}

/*
 * A number below @size stays as it is, also when the CPU goes on before it knows that: for every index that is a
 * guest's (the kernel's array_index_nospec()). HINT #20 is CSDB: behind it no result is a guess.
 */
static inline u64 el2_bounded(u64 n, u64 size)
{
	u64 mask;

	asm volatile("cmp %1, %2\n\tsbc %0, xzr, xzr\n\thint #20" : "=r" (mask) : "r" (n), "r" (size) : "cc");
	return n & mask;
}

/*
 * HCR_EL2. AmpereOne AC04_CPU_23: the write may spoil the translation of loads and stores that are under way, older or
 * younger ones; a barrier on each side keeps them out.
 */
static __always_inline void el2_write_hcr(const struct el2_cpu *cpu, u64 hcr)
{
	const bool apart = el2_has(cpu, EL2_FEAT_HCR_APART);

	if (__builtin_expect(apart, 0))
		dsb(nsh);
	write_reg(hcr_el2, hcr);
	if (__builtin_expect(apart, 0))
		isb();
}

/* A letter per step, so that a hang or a fault tells where it was; read by debugfs. */
static inline void el2_phase(struct el2_cpu *cpu, char letter)
{
	el2_store(&cpu->phase, letter);
}

/* switch.S, el2/nvhe_door.S */
u64 el2_guest_run(struct av_vcpu_ctx *ctx);
u64 el2_guest_run_serror(struct av_vcpu_ctx *ctx);
extern char el2_host_vectors[];

/* el2/host.c; called by the doors */
EL2_ENTRY u64 el2_host_call(u64 id, u64 a, u64 b, u64 c);

/* el2/found.c */
void el2_save_found(struct el2_cpu *cpu);
void el2_restore_found(struct el2_cpu *cpu);

/* el2/nvhe.c; a VHE host has nothing to do here */
void el2_release(struct el2_cpu *cpu);

/* el2/run.c; ctx->rare */
u64 el2_run(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first);
void el2_run_abandon(struct el2_cpu *cpu);
void el2_run_enter_rare(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first);
void el2_run_leave_rare(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/* el2/world_nvhe.c or el2/world_vhe.c; el2_vhe_put() is called by a VHE host, without the door */
void el2_world_enter(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first);
void el2_world_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
EL2_ENTRY bool el2_vhe_put(struct av_vcpu_ctx *ctx);
void el2_world_abandon(struct el2_cpu *cpu);

/* el2/controls.c */
void el2_controls_save_found(struct el2_cpu *cpu);
void el2_controls_restore_found(const struct el2_cpu *cpu);
void el2_controls_look(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_controls_sve(const struct el2_cpu *cpu, u64 zcr);
void el2_controls_disr_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_controls_disr_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_controls_vserror(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_controls_open_fp(const struct av_vcpu_ctx *ctx);
void el2_controls_fp(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_controls_save_host(struct el2_cpu *cpu);
void el2_controls_guest(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_controls_guest_identity(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_controls_host(struct el2_cpu *cpu);
void el2_controls_host_identity(struct el2_cpu *cpu);

/* el2/buffers.c */
void el2_buffers_save_found(struct el2_cpu *cpu);
void el2_buffers_restore_found(const struct el2_cpu *cpu);
void el2_buffers_stop(struct el2_cpu *cpu);
void el2_buffers_go_on(struct el2_cpu *cpu);

/* el2/gic_v3.c, el2/timer.c, el2/debug.c: a slice of the world switch each */
void el2_gic_save_found(struct el2_cpu *cpu);
void el2_gic_provoke(const struct el2_cpu *cpu, bool on);
void el2_gic_restore_found(const struct el2_cpu *cpu);
void el2_gic_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_gic_forget(const struct el2_cpu *cpu);
bool el2_gic_serves_memory(void);
u64 el2_gic_read_lr(u32 n);
void el2_gic_write_lr(u32 n, u64 value);
void el2_gic_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_timer_enter(const struct av_vcpu_ctx *ctx);
void el2_timer_leave(struct av_vcpu_ctx *ctx);
void el2_timer_forget(const struct el2_cpu *cpu);
void el2_debug_save_host(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_debug_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_debug_host(struct el2_cpu *cpu);

/* el2/keys.c; ctx->keys */
void el2_keys_enter(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx, bool first);
void el2_keys_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_keys_abandon(struct el2_cpu *cpu);

/* el2/tags.c; ctx->tags */
void el2_tags_enter(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_tags_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_tags_abandon(struct el2_cpu *cpu);

/* el2/late.c; ctx->late */
void el2_late_enter(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx, bool first);
void el2_late_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_late_abandon(struct el2_cpu *cpu);
void el2_late_load(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_late_save(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/* el2/counters.c */
void el2_counters_start(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_counters_stop(const struct el2_cpu *cpu);
/* el2/a32.c; ctx->a32 */
void el2_a32_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx);
void el2_a32_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/* el2/tlb.c */
void el2_tlb_ipa(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 operand);
void el2_tlb_range(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 operand);
void el2_tlb_vmid(struct el2_cpu *cpu, u64 vttbr, u64 vtcr);
void el2_tlb_local(struct el2_cpu *cpu, u64 vttbr, u64 vtcr);
void el2_tlb_all(struct el2_cpu *cpu);
void el2_tlb_abandon(struct el2_cpu *cpu);
void el2_tlb_el2(struct el2_cpu *cpu, u64 va);

/* el2/serror.c */
void el2_serror_collect(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
void el2_serror_provoke(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, u32 what);

/* switch.S */
u64 el2_walk(u64 va, u64 how);

/* el2/abort.c */
bool el2_abort_resolve(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

#endif
