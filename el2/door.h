/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host kernel sees of el2/: the door of a VHE host, its word per CPU, the image of an nVHE host.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_EL2_DOOR_H
#define AV_EL2_DOOR_H

#include <linux/percpu.h>
#include <linux/types.h>

struct av_vcpu_ctx;

/* vhe_door.S: what an nVHE host asks for by HVC; preemption off */
u64 el2_vhe_call(u64 id, u64 a, u64 b, u64 c);
/*
 * world_vhe.c: the EL1 state of the vCPU whose burst this is from the CPU to memory; false: it is not there any more.
 * Preemption off.
 */
bool el2_vhe_put(struct av_vcpu_ctx *ctx);
/* ../switch.S in the VHE twin: the guest's vector tables (EL2_HARDEN_*) */
extern char el2_guest_vectors[];
/* vhe_cpu.c */
DECLARE_PER_CPU(struct el2_cpu *, av_vhe_cpu);
/* blob.S */
extern const char av_el2_blob[], av_el2_blob_end[];

#endif
