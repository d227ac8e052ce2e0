// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-exits - a hypervisor's own half: every exit of a guest comes here, under the names that the Rust crate
 * arm_vcpu gives them (docs/arm_vcpu.md), and is answered here.
 *
 * An example to read: the guest is the few instructions below, the VM has a page of memory, no interrupt controller,
 * and two vCPUs, which one thread runs by turns. It uses what /dev/armvcpu has beyond KVM, so /dev/kvm won't do.
 *
 * Owns: all of it. Locks: none, one thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../uapi/armvcpu.h"

#define RAM		0x40000000UL	/* where the guest's page is */
#define ICC_SGI1R_EL1	ARM64_SYS_REG(3, 0, 12, 11, 5)
#define PSCI_CPU_OFF	0x84000002
#define PSCI_CPU_ON	0xc4000003
#define PSCI_SYSTEM_OFF	0x84000008
#define CORE(name)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

extern const char guest_code[], guest_end[];

/* One instruction for each kind of exit; MMU off. */
asm(
	"	.pushsection .rodata\n"
	"	.balign	4\n"
	"	.globl	guest_code, guest_end\n"
	"guest_code:\n"
	"	mrs	x1, id_aa64mmfr0_el1\n"		/* SysRegRead */
	"	dc	cisw, x1\n"			/* SysRegWrite: cache maintenance by set and way */
	"	movz	x0, #0x0001\n"
	"	movk	x0, #0xc200, lsl #16\n"
	"	movz	x1, #0x11\n"
	"	hvc	#0\n"				/* Hypercall */
	"	movz	x9, #0x0900, lsl #16\n"
	"	ldr	w2, [x9]\n"			/* MmioRead */
	"	str	w2, [x9, #4]\n"			/* MmioWrite */
	"	movz	x3, #0x0002\n"
	"	movk	x3, #0x0500, lsl #16\n"
	"	msr	s3_0_c12_c11_5, x3\n"		/* SendIPI: SGI 5 to Aff0 1 */
	"	movz	x0, #0x0003\n"
	"	movk	x0, #0xc400, lsl #16\n"
	"	movz	x1, #1\n"
	"	adr	x2, 1f\n"
	"	movz	x3, #0x77\n"
	"	hvc	#0\n"				/* CpuUp */
	"	wfi\n"					/* Halt */
	"	movz	x0, #0x0008\n"
	"	movk	x0, #0x8400, lsl #16\n"
	"	hvc	#0\n"				/* SystemDown */
	"1:	movz	x0, #0x0002\n"			/* the second CPU's */
	"	movk	x0, #0x8400, lsl #16\n"
	"	hvc	#0\n"				/* CpuDown */
	"guest_end:\n"
	"	.popsection\n");

struct vcpu {
	int fd;
	struct kvm_run *run;
};

static struct vcpu vcpus[2];
static unsigned int host_interrupts;
static bool count_interrupts;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	fputs("armvcpu-exits: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static int must(int fd, unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		die("%s: %s", what, strerror(errno));
	return ret;
}

static void set_reg(struct vcpu *vcpu, __u64 id, __u64 value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (__u64)&value };

	must(vcpu->fd, KVM_SET_ONE_REG, &reg, "KVM_SET_ONE_REG");
}

/* ---- exits: arm_vcpu's names -------------------------------------------------------------------- */

/* What the VM's own registers are worth is up to this program; what it does not care for, the module answers. */
static void sysreg(struct armvcpu_exit *exit)
{
	const char *what = exit->sysreg.is_write ? "SysRegWrite" : "SysRegRead";

	if (exit->sysreg.reg == ICC_SGI1R_EL1) {
		printf("SendIPI vector=%llu targets=0x%llx\n", exit->sysreg.value >> 24 & 15,
		       exit->sysreg.value & 0xffff);
		exit->answer = ARMVCPU_ANSWER_DONE;
		return;
	}
	printf("%s addr=0x%llx value=0x%llx\n", what, exit->sysreg.reg & 0xffff, exit->sysreg.value);
	exit->answer = ARMVCPU_ANSWER_DONE;
	exit->sysreg.value = 0x1122;
}

static void run(unsigned int n);

/* False: that CPU, or the whole system, does not go on. */
static bool call(struct armvcpu_exit *exit)
{
	const __u64 *a = (const __u64 *)exit->call.args;

	exit->answer = ARMVCPU_ANSWER_DONE;
	exit->call.ret[0] = 0;
	switch (exit->call.nr) {
	case PSCI_CPU_ON:
		printf("CpuUp target_cpu=%llu entry_point=0x%llx arg=0x%llx\n", a[0], a[1], a[2]);
		set_reg(&vcpus[1], CORE(regs.pc), a[1]);
		set_reg(&vcpus[1], CORE(regs.regs[0]), a[2]);
		run(1);
		return true;
	case PSCI_CPU_OFF:
		printf("CpuDown\n");
		return false;
	case PSCI_SYSTEM_OFF:
		printf("SystemDown\n");
		return false;
	default:
		printf("Hypercall nr=0x%llx args=[0x%llx]\n", exit->call.nr, a[0]);
		return true;
	}
}

static void mmio(struct kvm_run *run)
{
	__u32 data;

	memcpy(&data, run->mmio.data, sizeof(data));
	if (run->mmio.is_write) {
		printf("MmioWrite addr=0x%llx width=%u data=0x%x\n", run->mmio.phys_addr, run->mmio.len, data);
		return;
	}
	printf("MmioRead addr=0x%llx width=%u\n", run->mmio.phys_addr, run->mmio.len);
	data = 0x4711;
	memcpy(run->mmio.data, &data, sizeof(data));
}

/* Of armvcpu's own kinds. False as call(). */
static bool own_exit(struct armvcpu_exit *exit)
{
	switch (exit->kind) {
	case ARMVCPU_USER_SYSREG:
		sysreg(exit);
		return true;
	case ARMVCPU_USER_CALL:
		return call(exit);
	case ARMVCPU_USER_HALT:
		printf("Halt\n");
		return true;
	default:
		/* ExternalInterrupt: the host has served it. */
		host_interrupts++;
		return true;
	}
}

static void run(unsigned int n)
{
	struct vcpu *vcpu = &vcpus[n];
	bool on = true;

	while (on) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) && errno != EINTR)
			die("KVM_RUN: %s", strerror(errno));
		switch (vcpu->run->exit_reason) {
		case ARMVCPU_EXIT:
			on = own_exit((struct armvcpu_exit *)&vcpu->run->padding);
			break;
		case KVM_EXIT_MMIO:
			mmio(vcpu->run);
			break;
		case KVM_EXIT_INTR:
			/* Nothing: a signal. */
			break;
		case KVM_EXIT_FAIL_ENTRY:
			die("FailEntry hardware_entry_failure_reason=0x%llx",
			    vcpu->run->fail_entry.hardware_entry_failure_reason);
		default:
			die("exit reason %u", vcpu->run->exit_reason);
		}
	}
}

/* ---- the machine ---------------------------------------------------------------------------------- */

static void create_vcpu(int dev, int vm, unsigned int n)
{
	struct kvm_vcpu_init init;
	struct vcpu *vcpu = &vcpus[n];
	int size = must(dev, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");

	vcpu->fd = must(vm, KVM_CREATE_VCPU, (void *)(unsigned long)n, "KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("mmap of a vCPU: %s", strerror(errno));
	must(vm, KVM_ARM_PREFERRED_TARGET, &init, "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	must(vcpu->fd, KVM_ARM_VCPU_INIT, &init, "KVM_ARM_VCPU_INIT");
}

int main(int argc, char **argv)
{
	__u64 kinds = ARMVCPU_USER_SYSREG | ARMVCPU_USER_CALL | ARMVCPU_USER_HALT;
	struct kvm_userspace_memory_region slot = { .guest_phys_addr = RAM };
	struct kvm_enable_cap cap = { .cap = ARMVCPU_CAP_USER_EXITS };
	void *ram;
	int dev, vm;

	count_interrupts = argc == 2 && !strcmp(argv[1], "--interrupts");
	if (argc > 1 && !count_interrupts) {
		fputs("Usage: armvcpu-exits [--interrupts]\n"
		      "Run a guest of a few instructions and show each of its exits; --interrupts: also how\n"
		      "many times the host had an interrupt meanwhile.\n", stderr);
		return 2;
	}
	setlinebuf(stdout);
	dev = open(ARMVCPU_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		die(ARMVCPU_DEVICE ": %s", strerror(errno));
	vm = must(dev, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	cap.args[0] = kinds | (count_interrupts ? ARMVCPU_USER_IRQ : 0);
	must(vm, KVM_ENABLE_CAP, &cap, "ARMVCPU_CAP_USER_EXITS");

	slot.memory_size = sysconf(_SC_PAGESIZE);
	ram = mmap(NULL, slot.memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		die("no memory");
	memcpy(ram, guest_code, guest_end - guest_code);
	slot.userspace_addr = (__u64)ram;
	must(vm, KVM_SET_USER_MEMORY_REGION, &slot, "KVM_SET_USER_MEMORY_REGION");

	create_vcpu(dev, vm, 0);
	create_vcpu(dev, vm, 1);
	set_reg(&vcpus[0], CORE(regs.pc), RAM);
	run(0);
	if (count_interrupts)
		printf("ExternalInterrupt %u times\n", host_interrupts);
	return 0;
}
