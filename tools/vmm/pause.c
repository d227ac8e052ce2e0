// SPDX-License-Identifier: GPL-2.0
/*
 * All vCPUs stand still, and go on: for a debugger, or to be saved.
 *
 * A vCPU that stands has come out of KVM_RUN and finished what its last exit began, so that its registers are whole.
 *
 * Owns: who stands. Locks: pause.lock, taken inside; any thread but a vCPU's may call vm_pause() and vm_resume(), one
 * at a time.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>

#include "vmm.h"

#define KICK_PERIOD_NS	(20 * 1000 * 1000)

static struct {
	pthread_mutex_t	lock;
	pthread_cond_t	changed;
	bool		wanted;		/* nobody may run */
	unsigned int	standing;
} pause_state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* The vCPU's own thread, between two KVM_RUN. */
void vcpu_pause_point(struct vcpu *vcpu)
{
	if (!__atomic_load_n(&pause_state.wanted, __ATOMIC_ACQUIRE))
		return;
	/* An MMIO read's value is in no register before this; see vcpu_thread(). */
	vcpu->run->immediate_exit = 1;
	/* One that is made of several accesses exits for the next instead, until all is done. */
	while (!ioctl(vcpu->fd, KVM_RUN, 0))
		vcpu_handle_exit(vcpu);
	pthread_mutex_lock(&pause_state.lock);
	pause_state.standing++;
	pthread_cond_broadcast(&pause_state.changed);
	while (pause_state.wanted && !vm_is_stopping(vcpu->vm))
		pthread_cond_wait(&pause_state.changed, &pause_state.lock);
	pause_state.standing--;
	vcpu->run->immediate_exit = 0;
	pthread_mutex_unlock(&pause_state.lock);
}

/* From now on a vCPU that comes to its pause point stands there. */
void vm_want_pause(void)
{
	__atomic_store_n(&pause_state.wanted, true, __ATOMIC_RELEASE);
}

/*
 * Returns when all stand; false when the VM ends instead, or, unless seconds is 0, when it took longer: who waits for
 * others to take what he writes does not come here. A kick that came too early is followed by another.
 */
bool vm_pause(struct vm *vm, unsigned int seconds)
{
	struct timespec until, now;
	unsigned int i;
	bool all;

	vm_want_pause();
	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = seconds ? seconds + now.tv_sec : 0;
	pthread_mutex_lock(&pause_state.lock);
	while (pause_state.standing < opt.nr_cpus && !vm_is_stopping(vm)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (seconds && now.tv_sec >= seconds)
			break;
		for (i = 0; i < opt.nr_cpus; i++) {
			vm->vcpus[i].run->immediate_exit = 1;
			pthread_kill(vm->vcpus[i].thread, KICK_SIGNAL);
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += KICK_PERIOD_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_clockwait(&pause_state.changed, &pause_state.lock, CLOCK_MONOTONIC, &until);
	}
	all = pause_state.standing == opt.nr_cpus;
	/* Who does not stand goes on without having seen this. */
	for (i = 0; i < opt.nr_cpus && !all && !vm_is_stopping(vm); i++)
		vm->vcpus[i].run->immediate_exit = 0;
	pthread_mutex_unlock(&pause_state.lock);
	return all && !vm_is_stopping(vm);
}

void vm_resume(void)
{
	pthread_mutex_lock(&pause_state.lock);
	pause_state.wanted = false;
	pthread_cond_broadcast(&pause_state.changed);
	pthread_mutex_unlock(&pause_state.lock);
}

/* The VM ends: who stands has to see that. */
void vm_wake_paused(void)
{
	pthread_mutex_lock(&pause_state.lock);
	pthread_cond_broadcast(&pause_state.changed);
	pthread_mutex_unlock(&pause_state.lock);
}
