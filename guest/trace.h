/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events. Each that is off is a patched branch.
 *
 * Runs at: host kernel, any context with RCU watching. Owns: nothing.
 */
#ifndef AV_TRACE_H
#define AV_TRACE_H

#include <linux/jump_label.h>

#include "guest.h"
#include "trace_armvcpu.h"
#if !IS_ENABLED(CONFIG_KVM)
#include "trace_kvm.h"
#endif

/* kvm_exit's ret, as perf and kvm_stat decode it (arch/arm64/include/asm/kvm_asm.h: ARM_EXCEPTION_*). */
enum av_trace_exit { AV_TRACE_IRQ, AV_TRACE_SERROR, AV_TRACE_TRAP };

DECLARE_STATIC_KEY_FALSE(av_kvm_events);
void av_trace_kvms_entry(unsigned long pc);

static __always_inline void av_trace_entry(const struct av_vcpu_ctx *ctx)
{
#if IS_ENABLED(CONFIG_KVM)
	if (static_branch_unlikely(&av_kvm_events))
		av_trace_kvms_entry(ctx->pc);
#else
	trace_kvm_entry(ctx->pc);
#endif
}

void av_trace_exit_now(const struct av_vcpu_ctx *ctx, enum av_exit code);

static __always_inline void av_trace_exit(const struct av_vcpu_ctx *ctx, enum av_exit code)
{
#if IS_ENABLED(CONFIG_KVM)
	if (static_branch_unlikely(&av_kvm_events))
		av_trace_exit_now(ctx, code);
#else
	if (trace_kvm_exit_enabled())
		av_trace_exit_now(ctx, code);
#endif
}

void av_trace_fast_now(struct av_vcpu *vcpu);

/* The end of a burst. */
static __always_inline void av_trace_fast(struct av_vcpu *vcpu)
{
	if (trace_armvcpu_fast_exits_enabled())
		av_trace_fast_now(vcpu);
}

#endif
