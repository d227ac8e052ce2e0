// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     a traced VMM gets as far as one that is not: each KVM_RUN that the VMM calls is one system call to its
 *            tracer, but for those that leave for work of the kernel's exit path, and these get on as well. A signal
 *            handler that ran meanwhile ends KVM_RUN, as it always does. The VMM never sees a kernel-internal errno,
 *            with KVM_SET_SIGNAL_MASK in force either, and what that work is for (CPU timers) comes in time.
 * Reference: ptrace(2), signal(7); linux/errno.h for 512 and above; docs/abi.md, "KVM_RUN".
 * A failure: shows the calls that the tracer saw, and how many of them were restarted.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "harness.h"
#include "process.h"

#define NR_IOCTL	29
#define STORES		20
#define STOPS_MAX	4000

static u64 counter;

static void guest_store(u64 arg)
{
	u64 i;

	for (i = 0; i < STORES; i++)
		writel(i, MMIO_IPA);
	GUEST_DONE();
}

static void guest_spin(u64 arg)
{
	for (;;)
		WRITE_ONCE(counter, counter + 1);
}

static void on_signal(int sig)
{
}

static void catch(int sig)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(sig, &sa, NULL);
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/*
 * Work for the kernel's exit path: on kernels that look at CPU timers there (CONFIG_POSIX_CPU_TIMERS_TASK_WORK, arm64
 * since 6.1), each tick of a process whose timer has run off brings some; elsewhere these tests show less.
 */
static void cpu_timer(unsigned int us)
{
	struct itimerval t = { { 0, us }, { 0, us } };

	if (setitimer(ITIMER_PROF, &t, NULL))
		die("setitimer");
}

/* ---- the tracer ----------------------------------------------------------------------------------- */

struct trace {
	u64 runs;		/* KVM_RUN at its entry */
	u64 restarts;		/* left with 512 or above */
	u64 stops;
	int status;		/* at the end; 0 too many stops */
	int signal;		/* to be sent at the first restart */
};

static void read_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_GETREGSET, pid, 1 /* NT_PRSTATUS */, &iov))
		die("PTRACE_GETREGSET");
}

static void at_syscall(pid_t pid, struct trace *t, bool entry)
{
	struct user_regs_struct regs;

	read_regs(pid, &regs);
	if (regs.regs[8] != NR_IOCTL || (u32)regs.regs[1] != KVM_RUN)
		return;
	if (entry) {
		t->runs++;
	} else if ((s64)regs.regs[0] <= -512 && (s64)regs.regs[0] >= -516) {
		t->restarts++;
		if (t->signal && t->restarts == 1)
			kill(pid, t->signal);
	}
}

/* Steps the child by system calls until it ends, or for so many stops. */
static void follow(pid_t pid, struct trace *t, u64 max)
{
	bool entry = false;
	int status, sig = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("the child did not stop");
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (t->stops = 0; t->stops < max; t->stops++) {
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
		if (waitpid(pid, &status, 0) != pid)
			die("waitpid");
		if (!WIFSTOPPED(status)) {
			t->status = status;
			return;
		}
		sig = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			entry = !entry;
			at_syscall(pid, t, entry);
		} else {
			sig = WSTOPSIG(status);
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static pid_t start(int (*child)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	_exit(child());
}

/* ---- children: what they return is their exit status ------------------------------------------------ */

static int stores_until_done(void)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_store, 0);
	u64 i;

	for (i = 0; i < STORES; i++) {
		if (vcpu_run_once(vcpu) || vcpu->run->exit_reason != KVM_EXIT_MMIO)
			return 1;
		if (vcpu->run->mmio.phys_addr != MMIO_IPA || vcpu->run->mmio.data[0] != i)
			return 2;
	}
	return vcpu_run_once(vcpu) ? 3 : 0;	/* the ucall */
}

/* As above, with work for the exit path all the time. */
static int stores_with_work(void)
{
	block(SIGPROF);
	cpu_timer(1000);
	return stores_until_done();
}

static int spins_until_signal(void)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	struct itimerval t = { { 0, 0 }, { 5, 0 } };
	int ret;

	block(SIGPROF);
	catch(SIGUSR1);
	catch(SIGALRM);
	cpu_timer(1000);
	/* On a host without such work the tracer sends nothing. */
	setitimer(ITIMER_REAL, &t, NULL);
	ret = vcpu_run_once(vcpu);
	if (ret != -EINTR)
		return 1;
	return vcpu->run->exit_reason == KVM_EXIT_INTR ? 0 : 2;
}

/* ---- tests ------------------------------------------------------------------------------------------ */

TEST(a_traced_vmm_gets_on)
{
	struct trace t = {};

	follow(start(stores_until_done), &t, STOPS_MAX);
	TH_LOG("%llu calls of KVM_RUN, %llu restarted, %llu stops", t.runs, t.restarts, t.stops);
	ASSERT_TRUE(WIFEXITED(t.status) && t.stops < STOPS_MAX);
	ASSERT_EQ(0, WEXITSTATUS(t.status));
	/* None but the VMM's own, and for each that was restarted one more. */
	EXPECT_EQ(STORES + 1 + t.restarts, t.runs);
	EXPECT_LE(t.restarts, STORES / 2);
}

TEST(a_traced_vmm_with_exit_work_gets_on)
{
	struct trace t = {};

	follow(start(stores_with_work), &t, STOPS_MAX);
	TH_LOG("%llu calls of KVM_RUN, %llu restarted, %llu stops", t.runs, t.restarts, t.stops);
	ASSERT_TRUE(WIFEXITED(t.status) && t.stops < STOPS_MAX);
	ASSERT_EQ(0, WEXITSTATUS(t.status));
	EXPECT_EQ(STORES + 1 + t.restarts, t.runs);
	/* Each restart had entered the guest before. */
	EXPECT_LE(t.restarts, 2 * (STORES + 1));
}

TEST(a_handler_at_a_restart_ends_run)
{
	struct trace t = { .signal = SIGUSR1 };

	follow(start(spins_until_signal), &t, STOPS_MAX);
	TH_LOG("%llu calls of KVM_RUN, %llu restarted, %llu stops", t.runs, t.restarts, t.stops);
	ASSERT_TRUE(WIFEXITED(t.status) && t.stops < STOPS_MAX);
	ASSERT_EQ(0, WEXITSTATUS(t.status));
	/* The signal came with the first restart, and RUN was not called again behind the VMM's back. */
	EXPECT_LE(t.restarts, 1);
	EXPECT_EQ(1, t.runs);
}

static void set_signal_mask(struct vcpu *vcpu, int but)
{
	u64 set = ~(1ULL << (but - 1));
	u8 mask[sizeof(struct kvm_signal_mask) + sizeof(set)] = { sizeof(set) };

	memcpy(mask + sizeof(struct kvm_signal_mask), &set, sizeof(set));
	if (kioctlp(vcpu->fd, KVM_SET_SIGNAL_MASK, mask))
		die("KVM_SET_SIGNAL_MASK");
}

static volatile bool stop;

/* On the vCPU's CPU: each change of thread makes rseq wait for the exit path. */
static void *compete(void *arg)
{
	pin_to_cpu(0);
	while (!stop)
		;
	return NULL;
}

TEST(no_internal_errno_with_a_signal_mask)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	struct itimerval real = { { 0, 20000 }, { 0, 20000 } };
	int i, ret, wrong = 0, last = 0;
	pthread_t t;

	pin_to_cpu(0);
	catch(SIGALRM);
	block(SIGPROF);
	set_signal_mask(vcpu, SIGALRM);
	ASSERT_EQ(0, pthread_create(&t, NULL, compete, NULL));
	cpu_timer(1000);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &real, NULL));
	for (i = 0; i < 100; i++) {
		ret = vcpu_run_once(vcpu);
		if (ret != -EINTR || vcpu->run->exit_reason != KVM_EXIT_INTR) {
			wrong++;
			last = ret;
		}
	}
	stop = true;
	pthread_join(t, NULL);
	TH_LOG("%d of 100 wrong, the last one %d", wrong, last);
	EXPECT_EQ(0, wrong);
	EXPECT_LT(0, gv(vm, counter));
}

/* The kernel looks at CPU timers in work of the exit path, so that a guest must not put it off for ever. */
TEST(a_cpu_timer_comes_in_time)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	int i;

	catch(SIGPROF);
	cpu_timer(50000);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
		EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
	}
	EXPECT_LT(0, gv(vm, counter));
}

SELFTEST_MAIN
