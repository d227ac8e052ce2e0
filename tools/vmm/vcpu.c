// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's life: create, reset, run until stopped; and what its exits mean.
 *
 * Owns: struct vcpu. Locks: none; while its thread runs, a vCPU's fd and
 * kvm_run belong to that thread, except that main may set immediate_exit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "vmm.h"

#define KICK_PERIOD_NS	(100 * 1000 * 1000)

/* The state in which both Linux and a flat binary expect a CPU to arrive. */
#define PSTATE_EL1H	0x5ULL		/* EL1, its own stack pointer */
#define PSTATE_SVC	0x13ULL		/* EL1 of AArch32, Supervisor mode */
#define PSTATE_AIF	0x1c0ULL	/* interrupts and SErrors masked */
#define PSTATE_DAIF	0x3c0ULL	/* debug, SError, IRQ and FIQ masked */

void vcpu_create(struct vm *vm, unsigned int index)
{
	struct vcpu *vcpu = &vm->vcpus[index];

	vcpu->vm = vm;
	vcpu->index = index;
	vcpu->fd = must_ioctl(vm->fd, KVM_CREATE_VCPU, index);
	vcpu->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die_errno("mmap of vCPU %u's kvm_run", index);
}

#define BIT(feature)	(1U << (feature))
#define KEYS		(BIT(KVM_ARM_VCPU_PTRAUTH_ADDRESS) | BIT(KVM_ARM_VCPU_PTRAUTH_GENERIC))

static bool has_cap(struct vm *vm, int cap)
{
	return ioctl(vm->fd, KVM_CHECK_EXTENSION, cap) > 0;
}

/*
 * What vCPUs have that they need not have: all that the device can give. A guest that goes on from a file has what it
 * had.
 *
 * PSCI_0_2 means "0.2 or later": the guest asks for the version itself.
 */
void vcpus_choose(struct vm *vm)
{
	__u32 features = BIT(KVM_ARM_VCPU_PSCI_0_2);

	if (opt.restore)
		opt.aarch32 = vm->features & BIT(KVM_ARM_VCPU_EL1_32BIT);
	if (opt.aarch32 && has_cap(vm, KVM_CAP_ARM_EL1_32BIT))
		features |= BIT(KVM_ARM_VCPU_EL1_32BIT);
	else if (opt.aarch32 && !opt.restore)
		die("%s: a 32-bit kernel, which the CPUs of this machine can't run (no AArch32 at EL1)", opt.kernel);
	if (opt.aarch32 && opt.mte)
		die("--mte: %s is a 32-bit kernel, whose addresses have no tags", opt.kernel);
	/* Neither is AArch32's. */
	if (!opt.aarch32 && has_cap(vm, KVM_CAP_ARM_SVE))
		features |= BIT(KVM_ARM_VCPU_SVE);
	if (!opt.aarch32 && has_cap(vm, KVM_CAP_ARM_PTRAUTH_ADDRESS) && has_cap(vm, KVM_CAP_ARM_PTRAUTH_GENERIC))
		features |= KEYS;
	if (!opt.restore)
		vm->features = features;
	else if (vm->features & ~features)
		die("--restore %s: the guest has %s, which this host can't give it", opt.restore,
		    vm->features & ~features & BIT(KVM_ARM_VCPU_SVE) ? "SVE" :
		    vm->features & ~features & KEYS ? "pointer authentication" :
		    opt.aarch32 ? "AArch32 at EL1" : "something");
}

/* The state of SVE is the vCPU's from the first reset on. Which lengths a vector may have is chosen before. */
static void finalize_sve(struct vcpu *vcpu)
{
	struct kvm_one_reg lengths = { .id = KVM_REG_ARM64_SVE_VLS, .addr = (unsigned long)vcpu->vm->vls };
	int feature = KVM_ARM_VCPU_SVE;

	if (vcpu->sve_final)
		return;
	if (opt.restore && ioctl(vcpu->fd, KVM_SET_ONE_REG, &lengths))
		die_errno("--restore %s: vectors of the guest's lengths", opt.restore);
	if (!opt.restore)
		must_ioctl(vcpu->fd, KVM_GET_ONE_REG, &lengths);
	must_ioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &feature);
	vcpu->sve_final = true;
}

/*
 * Give the vCPU its type and reset it. Later calls reset it again; they must
 * ask for the same features as the first. Only the first vCPU starts; the
 * guest brings up the others by PSCI CPU_ON, which the kernel serves without us.
 */
void vcpu_init(struct vcpu *vcpu)
{
	struct kvm_vcpu_init init;

	must_ioctl(vcpu->vm->fd, KVM_ARM_PREFERRED_TARGET, &init);
	init.features[0] |= vcpu->vm->features;
	if (vcpu->index > 0)
		init.features[0] |= BIT(KVM_ARM_VCPU_POWER_OFF);
	must_ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init);
	if (vcpu->vm->features & BIT(KVM_ARM_VCPU_SVE))
		finalize_sve(vcpu);
}

/* Boot protocol of 32-bit Arm: r1 is no machine's number, r2 the device tree (Linux: Documentation/arm/booting.rst). */
static void set_entry_a32(struct vcpu *vcpu, const struct boot_info *boot)
{
	vcpu_set_reg(vcpu, REG_PSTATE, PSTATE_SVC | PSTATE_AIF);
	vcpu_set_reg(vcpu, REG_X(0), 0);
	vcpu_set_reg(vcpu, REG_X(1), 0xffffffff);
	vcpu_set_reg(vcpu, REG_X(2), boot->dtb);
	vcpu_set_reg(vcpu, REG_PC, boot->entry);
}

/* Boot protocol: x0 is the device tree, x1 to x3 are 0, the MMU is off. */
void vcpu_set_entry(struct vcpu *vcpu, const struct boot_info *boot)
{
	if (opt.aarch32) {
		set_entry_a32(vcpu, boot);
		return;
	}
	vcpu_set_reg(vcpu, REG_PSTATE, PSTATE_EL1H | PSTATE_DAIF);
	vcpu_set_reg(vcpu, REG_X(0), boot->dtb);
	vcpu_set_reg(vcpu, REG_X(1), 0);
	vcpu_set_reg(vcpu, REG_X(2), 0);
	vcpu_set_reg(vcpu, REG_X(3), 0);
	vcpu_set_reg(vcpu, REG_PC, boot->entry);
}

__u64 vcpu_mpidr(struct vcpu *vcpu)
{
	__u64 mpidr;

	if (vcpu_get_reg(vcpu, REG_MPIDR_EL1, &mpidr))
		die_errno("KVM_GET_ONE_REG of MPIDR_EL1");
	return mpidr;
}

static const char *exit_name(unsigned int reason)
{
	static const struct {
		unsigned int	reason;
		const char	*name;
	} names[] = {
		{ KVM_EXIT_UNKNOWN,		"KVM_EXIT_UNKNOWN" },
		{ KVM_EXIT_HYPERCALL,		"KVM_EXIT_HYPERCALL" },
		{ KVM_EXIT_DEBUG,		"KVM_EXIT_DEBUG" },
		{ KVM_EXIT_FAIL_ENTRY,		"KVM_EXIT_FAIL_ENTRY" },
		{ KVM_EXIT_INTR,		"KVM_EXIT_INTR" },
		{ KVM_EXIT_INTERNAL_ERROR,	"KVM_EXIT_INTERNAL_ERROR" },
		{ KVM_EXIT_SYSTEM_EVENT,	"KVM_EXIT_SYSTEM_EVENT" },
		{ KVM_EXIT_ARM_NISV,		"KVM_EXIT_ARM_NISV" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].reason == reason)
			return names[i].name;
	return "exit reason without a name";
}

/* The vCPU cannot go on: say all that is known, and end the VM. */
static void vcpu_crash(struct vcpu *vcpu, const char *what, const char *why)
{
	console_flush(vcpu->vm);
	flockfile(stderr);
	warn("vCPU %u: %s: %s", vcpu->index, what, why);
	vcpu_dump(vcpu);
	funlockfile(stderr);
	vm_stop(vcpu->vm, STOP_EXIT, EXIT_CRASH);
}

static void handle_unexpected(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	char why[128];

	switch (run->exit_reason) {
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(why, sizeof(why), "reason %#llx, on CPU %u",
			 run->fail_entry.hardware_entry_failure_reason,
			 run->fail_entry.cpu);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		snprintf(why, sizeof(why), "suberror %u",
			 run->internal.suberror);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		snprintf(why, sizeof(why), "type %u", run->system_event.type);
		break;
	default:
		snprintf(why, sizeof(why), "reason %u, not served here",
			 run->exit_reason);
		break;
	}
	vcpu_crash(vcpu, exit_name(run->exit_reason), why);
}

/* PSCI SYSTEM_OFF and SYSTEM_RESET end up here; the others we never enable. */
static void handle_system_event(struct vcpu *vcpu)
{
	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		verbose("vCPU %u: the guest powers off", vcpu->index);
		vm_stop(vcpu->vm, STOP_EXIT, EXIT_POWEROFF);
		break;
	case KVM_SYSTEM_EVENT_RESET:
		verbose("vCPU %u: the guest resets", vcpu->index);
		vm_stop(vcpu->vm, STOP_RESET, EXIT_RESET);
		break;
	default:
		handle_unexpected(vcpu);
		break;
	}
}

/* KVM_RUN has returned 0. */
void vcpu_handle_exit(struct vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_MMIO:
		mmio_handle(vcpu);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		handle_system_event(vcpu);
		break;
	case KVM_EXIT_DEBUG:
		gdb_report(vcpu);
		break;
	default:
		handle_unexpected(vcpu);
		break;
	}
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!vm_is_stopping(vcpu->vm)) {
		vcpu_pause_point(vcpu);
		/* Who stood there while the VM was told to end has undone vcpus_stop()'s immediate_exit. */
		if (vm_is_stopping(vcpu->vm))
			break;
		if (ioctl(vcpu->fd, KVM_RUN, 0) == 0)
			vcpu_handle_exit(vcpu);
		else if (errno != EINTR && errno != EAGAIN)
			vcpu_crash(vcpu, "KVM_RUN", errno_text(errno));
	}

	/*
	 * The kernel finishes an MMIO access (register written, PC advanced)
	 * at the start of the KVM_RUN that follows its exit. Let it do so now
	 * without entering the guest, or a vCPU that is reset here would be
	 * given the rest of an instruction from before.
	 */
	vcpu->run->immediate_exit = 1;
	ioctl(vcpu->fd, KVM_RUN, 0);
	return NULL;
}

/* Nothing to do: that a signal came is what ends KVM_RUN. */
static void kick_handler(int sig)
{
	(void)sig;
}

void vcpus_start(struct vm *vm)
{
	struct sigaction action = { .sa_handler = kick_handler };
	char name[16];
	unsigned int i;
	int err;

	/* Without SA_RESTART, so that a blocked write() ends as well. */
	sigaction(KICK_SIGNAL, &action, NULL);

	for (i = 0; i < opt.nr_cpus; i++)
		vm->vcpus[i].run->immediate_exit = 0;

	for (i = 0; i < opt.nr_cpus; i++) {
		err = pthread_create(&vm->vcpus[i].thread, NULL, vcpu_thread,
				     &vm->vcpus[i]);
		if (err)
			die("thread of vCPU %u: %s", i, errno_text(err));
		snprintf(name, sizeof(name), "vcpu%u", i);
		pthread_setname_np(vm->vcpus[i].thread, name);
	}
}

/*
 * Returns when no vCPU runs any more. Call after vm_stop().
 *
 * The signal ends a KVM_RUN or write() in progress, immediate_exit one that is
 * about to start. A write() that is about to start escapes both: kick again.
 */
void vcpus_stop(struct vm *vm)
{
	struct timespec until;
	struct vcpu *vcpu;
	unsigned int i;

	vm_wake_paused();
	for (i = 0; i < opt.nr_cpus; i++) {
		vm->vcpus[i].run->immediate_exit = 1;
		pthread_kill(vm->vcpus[i].thread, KICK_SIGNAL);
	}

	for (i = 0; i < opt.nr_cpus; i++) {
		vcpu = &vm->vcpus[i];
		for (;;) {
			clock_gettime(CLOCK_MONOTONIC, &until);
			until.tv_nsec += KICK_PERIOD_NS;
			if (until.tv_nsec >= 1000000000) {
				until.tv_nsec -= 1000000000;
				until.tv_sec++;
			}
			if (!pthread_clockjoin_np(vcpu->thread, NULL, CLOCK_MONOTONIC, &until))
				break;
			pthread_kill(vcpu->thread, KICK_SIGNAL);
		}
	}
}
