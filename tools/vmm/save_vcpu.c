// SPDX-License-Identifier: GPL-2.0
/*
 * Saving a VM: its vCPUs, by the list of registers that the kernel gives (KVM_GET_REG_LIST), the power state, and a
 * pending SError. What the kernel does not take back belongs to another host: another CPU, or a kernel that lacks
 * something; then the guest can't go on here.
 *
 * Owns: nothing. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "save.h"

#define REG_SIZE_MAX	256

/* The VM's, not the vCPU's: save_clock(). What a vCPU has of SVE was said before it was made: vcpu_init(). */
static bool is_of_the_vm(__u64 id)
{
	return id == KVM_REG_ARM_TIMER_CNT || id == KVM_REG_ARM_PTIMER_CNT || id == KVM_REG_ARM64_SVE_VLS;
}

static int one_reg(struct vcpu *vcpu, unsigned long request, __u64 id, void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (unsigned long)value };

	return ioctl(vcpu->fd, request, &reg);
}

/* From malloc(); NULL with errno */
static struct kvm_reg_list *reg_list(struct vcpu *vcpu)
{
	struct kvm_reg_list count = { .n = 0 }, *list;

	if (!ioctl(vcpu->fd, KVM_GET_REG_LIST, &count))
		errno = ENOENT;
	if (errno != E2BIG)
		return NULL;
	list = malloc(sizeof(*list) + count.n * sizeof(list->reg[0]));
	if (!list)
		return NULL;
	list->n = count.n;
	if (ioctl(vcpu->fd, KVM_GET_REG_LIST, list)) {
		free(list);
		return NULL;
	}
	return list;
}

/* Said of a register: in a text that stays until the next. */
static const char *reg_failed(struct vcpu *vcpu, const char *what, __u64 id)
{
	static char text[128];

	snprintf(text, sizeof(text), "vCPU %u: register %#llx: %s", vcpu->index, id, what);
	return text;
}

static const char *put_regs(struct vcpu *vcpu, struct save_stream *to, const struct kvm_reg_list *list, __u8 *record)
{
	size_t len = 0, size;
	__u64 i, id;

	for (i = 0; i < list->n; i++) {
		id = list->reg[i];
		size = save_reg_size(id);
		if (is_of_the_vm(id))
			continue;
		if (!size || one_reg(vcpu, KVM_GET_ONE_REG, id, record + len + sizeof(id)))
			return reg_failed(vcpu, "can't be read", id);
		memcpy(record + len, &id, sizeof(id));
		len += sizeof(id) + size;
	}
	return save_put(to, SAVE_REGS, vcpu->index, record, len) ? NULL : SAVE_CANT_WRITE;
}

static const char *put_state(struct vcpu *vcpu, struct save_stream *to)
{
	struct kvm_vcpu_events events = { 0 };
	struct save_vcpu state = { 0 };
	struct kvm_mp_state mp;

	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &mp))
		return "KVM_GET_MP_STATE";
	/* Without the capability nothing of it can be pending. */
	if (ioctl(vcpu->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_VCPU_EVENTS) > 0 &&
	    ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events))
		return "KVM_GET_VCPU_EVENTS";
	state.mp_state = mp.mp_state;
	state.serror_pending = events.exception.serror_pending;
	state.serror_has_esr = events.exception.serror_has_esr;
	state.serror_esr = events.exception.serror_esr;
	return save_put(to, SAVE_VCPU, vcpu->index, &state, sizeof(state)) ? NULL : SAVE_CANT_WRITE;
}

const char *save_vcpu(struct vcpu *vcpu, struct save_stream *to)
{
	struct kvm_reg_list *list = reg_list(vcpu);
	const char *wrong = "KVM_GET_REG_LIST";
	__u8 *record;

	if (!list)
		return wrong;
	record = malloc(list->n * (sizeof(__u64) + REG_SIZE_MAX));
	if (record)
		wrong = put_regs(vcpu, to, list, record);
	free(record);
	free(list);
	return wrong ? wrong : put_state(vcpu, to);
}

const char *restore_regs(struct vcpu *vcpu, const void *bytes, size_t size)
{
	const __u8 *at = bytes, *end = at + size;
	const void *value;
	uint64_t id;
	size_t len;

	errno = 0;
	while ((value = save_next_reg(&at, end, &id, &len))) {
		if (is_of_the_vm(id))
			return SAVE_DAMAGED;
		if (one_reg(vcpu, KVM_SET_ONE_REG, id, (void *)value))
			return reg_failed(vcpu, "this host does not take its value", id);
	}
	return at == end ? NULL : SAVE_DAMAGED;
}

const char *restore_vcpu(struct vcpu *vcpu, const void *bytes, size_t size)
{
	struct kvm_vcpu_events events = { 0 };
	struct save_vcpu state;
	struct kvm_mp_state mp;

	errno = 0;
	if (size != sizeof(state))
		return SAVE_DAMAGED;
	memcpy(&state, bytes, sizeof(state));
	if (state.reserved[0] || state.reserved[1])
		return SAVE_DAMAGED;
	mp.mp_state = state.mp_state;
	if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &mp))
		return "KVM_SET_MP_STATE";
	if (!state.serror_pending)
		return NULL;
	events.exception.serror_pending = 1;
	events.exception.serror_has_esr = state.serror_has_esr;
	events.exception.serror_esr = state.serror_esr;
	return ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events) ? "KVM_SET_VCPU_EVENTS" : NULL;
}

/*
 * The guest's counts stand still while it is saved. They are read when no vCPU runs any more, so that none has seen a
 * later one; writing one sets it for all vCPUs.
 */
const char *save_clock(struct vm *vm, struct save_stream *to)
{
	struct save_clock clock = { 0 };

	if (one_reg(&vm->vcpus[0], KVM_GET_ONE_REG, KVM_REG_ARM_TIMER_CNT, &clock.virtual_count))
		return "KVM_GET_ONE_REG of the virtual count";
	if (!one_reg(&vm->vcpus[0], KVM_GET_ONE_REG, KVM_REG_ARM_PTIMER_CNT, &clock.physical_count))
		clock.has_physical = 1;
	return save_put(to, SAVE_CLOCK, 0, &clock, sizeof(clock)) ? NULL : SAVE_CANT_WRITE;
}

const char *restore_clock(struct vm *vm, const void *bytes, size_t size)
{
	struct save_clock clock;

	errno = 0;
	if (size != sizeof(clock))
		return SAVE_DAMAGED;
	memcpy(&clock, bytes, sizeof(clock));
	if (one_reg(&vm->vcpus[0], KVM_SET_ONE_REG, KVM_REG_ARM_TIMER_CNT, &clock.virtual_count))
		return "KVM_SET_ONE_REG of the virtual count";
	/* Before Linux 6.4 this one is the host's, and guests live with that. */
	if (clock.has_physical &&
	    one_reg(&vm->vcpus[0], KVM_SET_ONE_REG, KVM_REG_ARM_PTIMER_CNT, &clock.physical_count))
		verbose("the physical count is the host's: %s", errno_text(errno));
	return NULL;
}
