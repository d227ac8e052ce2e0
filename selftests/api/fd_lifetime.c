// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A VM lives as long as one of its fds, whatever the order in which
 *            they are closed; its fds work only in the process that made it; the
 *            fds are named and closed at exec as KVM's; nothing is left behind.
 * Reference: kvm-abi.md part 0.1 (life time, wrong process, fd names).
 * A failure: shows the order or the fd; a leak shows as the module's use count.
 */
#include "harness.h"
#include "process.h"
#include "gic.h"

static void guest_done(u64 arg)
{
	for (;;)
		GUEST_DONE();
}

TEST(fds_may_be_closed_in_every_order)
{
	static const u8 orders[][4] = {
		{ 0, 1, 2, 3 }, { 0, 1, 3, 2 }, { 0, 2, 1, 3 }, { 0, 2, 3, 1 },
		{ 0, 3, 1, 2 }, { 0, 3, 2, 1 }, { 1, 0, 2, 3 }, { 1, 0, 3, 2 },
		{ 1, 2, 0, 3 }, { 1, 2, 3, 0 }, { 1, 3, 0, 2 }, { 1, 3, 2, 0 },
		{ 2, 0, 1, 3 }, { 2, 0, 3, 1 }, { 2, 1, 0, 3 }, { 2, 1, 3, 0 },
		{ 2, 3, 0, 1 }, { 2, 3, 1, 0 }, { 3, 0, 1, 2 }, { 3, 0, 2, 1 },
		{ 3, 1, 0, 2 }, { 3, 1, 2, 0 }, { 3, 2, 0, 1 }, { 3, 2, 1, 0 },
	};
	int before = module_use_count(), fds = nr_open_fds();
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(orders) * 2; i++) {
		const u8 *order = orders[i / 2];
		struct vm *vm = vm_create_guest();
		struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
		int fd[4] = { vm->dev, vm->fd, vcpu->fd, -1 };
		u64 v;
		u32 iidr;

		fd[3] = gic_create(vm, 64);
		if (i & 1)		/* also with everything in use before */
			vcpu_run_done(vcpu);
		for (j = 0; j < 4; j++) {
			close(fd[order[j]]);
			fd[order[j]] = -1;
			/* what is still open still works */
			if (fd[1] >= 0) {
				EXPECT_EQ(1, check_cap(fd[1], KVM_CAP_IRQCHIP));
			}
			if (fd[2] >= 0) {
				EXPECT_EQ(0, reg_try_get(vcpu, SR_MPIDR_EL1, &v));
				vcpu_run_done(vcpu);
			}
			if (fd[3] >= 0) {
				EXPECT_EQ(0, dev_attr(fd[3], KVM_GET_DEVICE_ATTR,
						      KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
						      GICD_IIDR, &iidr));
			}
		}
		munmap(vcpu->run, vcpu->run_size);
		munmap(vm->slots[0].hva, vm->slots[0].size);
	}
	EXPECT_EQ(fds, nr_open_fds());
	EXPECT_EQ(before, module_use_count());
}

TEST(another_process_gets_eio)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	int gic = gic_create(vm, 64), status, bad = 0;
	u32 iidr;
	u64 v;
	pid_t pid = fork();

	if (!pid) {
		bad |= (reg_try_get(vcpu, PC_REG, &v) != -EIO) << 0;
		bad |= (kioctl(vcpu->fd, KVM_RUN, 0) != -EIO) << 1;
		bad |= (vcpu_init(vcpu, 0) != -EIO) << 2;
		bad |= (check_cap(vm->fd, KVM_CAP_IRQCHIP) != -EIO) << 3;
		bad |= (mem_set(vm, 5, 0, 1 << 30, 4096, vm->slots[0].hva) != -EIO) << 4;
		bad |= (kioctl(vm->fd, KVM_CREATE_VCPU, 7) != -EIO) << 5;
		bad |= (dev_attr(gic, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
				 GICD_IIDR, &iidr) != -EIO) << 6;
		_exit(bad);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status)
		TH_LOG("one bit per call that didn't give EIO: 0x%x", WEXITSTATUS(status));
	/* and the VM is as good as before */
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* The creator dies while another process holds the fds: they must stay safe. */
TEST(the_creator_may_die_first)
{
	int pipes[2], before = module_use_count(), fds[3], status, i;
	struct vm *vm;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(pipes));
	pid = fork();
	if (!pid) {
		/* makes the VM and hands its fds to a child of its own */
		vm = vm_create_guest();
		vcpu_run_done(guest_vcpu(vm, 0, guest_done, 0));
		if (!fork()) {
			close(pipes[1]);
			while (getppid() != 1 && read(pipes[0], &c, 0) == 0 && getppid() == pid)
				usleep(1000);
			usleep(200000);
			fds[0] = vm->fd;
			fds[1] = vm->vcpus[0]->fd;
			for (i = 0; i < 2; i++)
				if (kioctl(fds[i], KVM_RUN, 0) != -EIO)
					_exit(1);
			_exit(0);
		}
		_exit(0);
	}
	close(pipes[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* EOF when the grandchild is gone, too */
	EXPECT_EQ(0, read(pipes[0], &c, 1));
	for (i = 0; i < 50 && module_use_count() != before; i++)
		usleep(100000);
	EXPECT_EQ(before, module_use_count());
}

static void link_of(int fd, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, buf, size - 1);
	buf[n < 0 ? 0 : n] = 0;
}

TEST(fds_have_names)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 3);
	char name[128];
	int gic = gic_create(vm, 64);

	link_of(vm->fd, name, sizeof(name));
	EXPECT_STREQ("anon_inode:kvm-vm", name);
	link_of(vcpu->fd, name, sizeof(name));
	EXPECT_STREQ("anon_inode:kvm-vcpu:3", name);
	link_of(gic, name, sizeof(name));
	EXPECT_STREQ(vm->gic_is_v2 ? "anon_inode:kvm-arm-vgic-v2" :
		     "anon_inode:kvm-arm-vgic-v3", name);
}

TEST(fds_close_at_exec)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	int gic = gic_create(vm, 64);

	EXPECT_EQ(FD_CLOEXEC, fcntl(vm->fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(vcpu->fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(gic, F_GETFD));
}

TEST(many_vms_come_and_go)
{
	int before = module_use_count(), i;
	long kb, left;

	for (i = 0; i < 100; i++) {
		struct vm *vm = vm_create_guest();

		vcpu_run_done(guest_vcpu(vm, 0, guest_done, 0));
		vm_free(vm);
		if (i == 20)
			kb = meminfo_kb("MemAvailable");
	}
	left = meminfo_kb("MemAvailable");
	/* 80 VMs, each of which had touched some 1.5 MiB */
	EXPECT_LT(kb - left, 16 * 1024);
	EXPECT_EQ(before, module_use_count());
}

SELFTEST_MAIN
