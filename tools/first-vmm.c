// SPDX-License-Identifier: GPL-2.0
/*
 * first-vmm - the smallest virtual machine monitor: a page of memory, one vCPU, a guest of nine instructions that says
 * hello. docs/first-vmm.md goes through it. It runs on KVM as well: first-vmm /dev/kvm
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM	0x80000000UL	/* guest physical; the rest of the address space is empty */
#define UART	0x09000000UL	/* a store there is a character */

/* What the guest executes, at EL1 with the MMU off. x1 walks over the text, x2 is the UART. */
static const unsigned int code[] = {
	0x10000121,	/*	adr	x1, text	*/
	0xd2a12002,	/*	mov	x2, #UART	*/
	0x38401420,	/* loop: ldrb	w0, [x1], #1	*/
	0x34000060,	/*	cbz	w0, off		*/
	0x39000040,	/*	strb	w0, [x2]	*/
	0x17fffffd,	/*	b	loop		*/
	0x52800100,	/* off:	mov	w0, #8		*/
	0x72b08000,	/*	movk	w0, #0x8400, lsl #16: PSCI's SYSTEM_OFF */
	0xd4000002,	/*	hvc	#0		*/
	/* text: is here, 36 bytes behind the adr */
};

static void set_reg(int vcpu, unsigned long id, unsigned long value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (unsigned long)&value };

	if (ioctl(vcpu, KVM_SET_ONE_REG, &reg))
		err(1, "KVM_SET_ONE_REG");
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/dev/armvcpu";
	int dev, vm, vcpu, size;

	/* 1. The device, a VM. */
	dev = open(path, O_RDWR);
	if (dev < 0)
		err(1, "%s", path);
	vm = ioctl(dev, KVM_CREATE_VM, 0);
	if (vm < 0)
		err(1, "KVM_CREATE_VM");

	/* 2. Memory: ours, at an address of the guest's. */
	long page = sysconf(_SC_PAGESIZE);
	char *ram = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region slot = {
		.guest_phys_addr = RAM, .memory_size = page, .userspace_addr = (unsigned long)ram,
	};

	if (ram == MAP_FAILED || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot))
		err(1, "memory");
	__builtin_memcpy(ram, code, sizeof(code));
	snprintf(ram + sizeof(code), 64, "Hello from EL1\n");

	/* 3. A vCPU: made, given a kind and features, its exits' page mapped, its PC set. */
	struct kvm_vcpu_init init;

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0 || ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init))
		err(1, "KVM_CREATE_VCPU");
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (ioctl(vcpu, KVM_ARM_VCPU_INIT, &init))
		err(1, "KVM_ARM_VCPU_INIT");
	size = ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	if (run == MAP_FAILED)
		err(1, "mmap");
	set_reg(vcpu, KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(regs.pc), RAM);

	/* 4. Run it until it leaves, see why, and again. */
	for (;;) {
		if (ioctl(vcpu, KVM_RUN, 0))
			err(1, "KVM_RUN");
		if (run->exit_reason == KVM_EXIT_SYSTEM_EVENT)
			return 0;
		if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write || run->mmio.phys_addr != UART)
			errx(1, "exit %u", run->exit_reason);
		putchar(run->mmio.data[0]);
	}
}
