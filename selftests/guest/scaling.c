// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     One VM has 512 vCPUs, all of which run at once, each knowing who it is and where its redistributor is;
 *            64 VMs run side by side, each with its own memory, interrupts and time.
 * Reference: issue 3, item 4; kvm-abi.md part 3 (KVM_CAP_MAX_VCPUS).
 * A failure: the number of the vCPU or of the VM, and what it said.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define MAX_CPUS	512
#define REDISTS		0x100000000UL	/* 64 MiB of redistributors, above everything else */
#define VMS		64
#define ROUNDS		8

struct thread {
	pthread_t thread;
	int fd;
	struct kvm_run *run;
	u64 said[2];
	int ret;
};

/* No stack, MMU off: tells the redistributor's GICR_TYPER, then MPIDR_EL1, by stores to user space. */
void guest_who(void);
asm(".text\n"
	".global guest_who\n"
	"guest_who:\n"
	"	mrs	x1, mpidr_el1\n"
	"	and	x2, x1, #0xff\n"
	"	ubfx	x3, x1, #8, #8\n"
	"	add	x2, x2, x3, lsl #4\n"		/* the vCPU's number */
	"	mov	x4, #0x100000000\n"
	"	add	x4, x4, x2, lsl #17\n"
	"	ldr	x5, [x4, #8]\n"
	"	mov	x6, #0x0a000000\n"
	"	str	x5, [x6]\n"
	"	str	x1, [x6]\n"
	"	b	.\n");

static void *tell(void *arg)
{
	struct thread *t = arg;
	int i;

	for (i = 0; i < 2; i++) {
		do {
			t->ret = kioctl(t->fd, KVM_RUN, 0);
		} while (t->ret == -EINTR);
		if (t->ret || t->run->exit_reason != KVM_EXIT_MMIO || t->run->mmio.phys_addr != MMIO_IPA) {
			t->ret = t->ret ?: 1000 + (int)t->run->exit_reason;
			break;
		}
		memcpy(&t->said[i], t->run->mmio.data, 8);
	}
	return NULL;
}

static u64 affinity_of(u64 id)
{
	return (id & 15) | (id >> 4 & 0xff) << 8 | (id >> 12) << 16;
}

TEST(a_vm_runs_512_vcpus)
{
	struct vm *vm = vm_create_guest();
	struct thread *t = calloc(MAX_CPUS, sizeof(*t));
	struct kvm_vcpu_init init;
	pthread_attr_t attr;
	long size;
	int i;

	ASSERT_EQ(MAX_CPUS, check_cap(vm->fd, KVM_CAP_MAX_VCPUS));
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	size = kioctl(vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	for (i = 0; i < MAX_CPUS; i++) {
		u64 pc = (u64)guest_who;
		struct kvm_one_reg reg = { .id = PC_REG, .addr = (u64)&pc };

		t[i].fd = kioctl(vm->fd, KVM_CREATE_VCPU, i);
		ASSERT_LE(0, t[i].fd)
			TH_LOG("vCPU %d", i);
		t[i].run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, t[i].fd, 0);
		ASSERT_NE(MAP_FAILED, t[i].run);
		ASSERT_EQ(0, kioctlp(t[i].fd, KVM_ARM_VCPU_INIT, &init));
		ASSERT_EQ(0, kioctlp(t[i].fd, KVM_SET_ONE_REG, &reg));
	}
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, MAX_CPUS));
	gic_create_v3_at(vm, REDISTS);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < MAX_CPUS; i++)
		ASSERT_EQ(0, pthread_create(&t[i].thread, &attr, tell, &t[i]));
	for (i = 0; i < MAX_CPUS; i++) {
		pthread_join(t[i].thread, NULL);
		EXPECT_EQ(0, t[i].ret)
			TH_LOG("vCPU %d", i);
		EXPECT_EQ(affinity_of(i), t[i].said[0] >> 32);
		EXPECT_EQ(i, t[i].said[0] >> 8 & 0xffff);
		EXPECT_EQ(i == MAX_CPUS - 1, t[i].said[0] >> 4 & 1);
		EXPECT_EQ(affinity_of(i), t[i].said[1] & 0xff00ffffff);
		munmap(t[i].run, size);
		close(t[i].fd);
	}
	free(t);
	vm_free(vm);
}

/* What a VM of 64 does: interrupts of its own, its timer, its memory. */
static u64 sgis, fired, mine;

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_VTIMER) {
		write_sysreg(0, cntv_ctl_el0);
		isb();
		WRITE_ONCE(fired, fired + 1);
	} else if (id == mine % 16) {
		WRITE_ONCE(sgis, sgis + 1);
	} else {
		GUEST_ASSERT_EQ(INTID_SPURIOUS, id);
		return;
	}
	gic_eoi(id);
}

static void guest_one_of_many(u64 number)
{
	u64 round;

	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(number % 16, 0x80);
	gic_enable(number % 16);
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
	guest_irq_handler = on_irq;
	WRITE_ONCE(mine, number);
	irq_enable();
	for (round = 1; round <= ROUNDS; round++) {
		gic_sgi(number % 16, 1);
		write_sysreg(vcount() + 2000, cntv_cval_el0);
		write_sysreg(1, cntv_ctl_el0);
		isb();
		SLEEP_UNTIL(READ_ONCE(sgis) >= round && READ_ONCE(fired) >= round);
		GUEST_ASSERT_EQ(number, READ_ONCE(mine));
		GUEST_ASSERT_EQ(0x30, readl(gic_redist() + GICR_PIDR2) & 0xf0);
		GUEST_SYNC_ARGS(number, round, 0, 0);
	}
	GUEST_DONE();
}

static void *run_one(void *arg)
{
	struct vcpu *vcpu = arg;
	u64 round, number = guest_cpu_area(vcpu->vm, 0)->arg;
	struct ucall uc;

	for (round = 1; round <= ROUNDS; round++) {
		uc = vcpu_run_sync(vcpu, number);
		if (uc.a[1] != round)
			die("VM %lu: round %lu, not %lu", number, uc.a[1], round);
	}
	vcpu_run_done(vcpu);
	return NULL;
}

TEST(vms_run_side_by_side)
{
	struct vm *vms[VMS];
	pthread_t threads[VMS];
	int i;

	run_timeout(80);
	for (i = 0; i < VMS; i++) {
		vms[i] = vm_create_guest();
		guest_vcpu(vms[i], 0, guest_one_of_many, i);
		gic_create(vms[i], 64);
	}
	for (i = 0; i < VMS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_one, vms[i]->vcpus[0]));
	for (i = 0; i < VMS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < VMS; i++) {
		EXPECT_EQ(ROUNDS, gv(vms[i], sgis));
		EXPECT_EQ(ROUNDS, gv(vms[i], fired));
		EXPECT_EQ(i, gv(vms[i], mine));
		vm_free(vms[i]);
	}
}

SELFTEST_MAIN
