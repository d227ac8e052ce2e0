// SPDX-License-Identifier: GPL-2.0
/*
 * The VM: opening the device, guest memory, stopping, interrupt lines.
 *
 * Owns: struct vm. Locks: vm->stop_lock inside vm_stop() and vm_is_stopping(),
 * which any thread may call; the rest belongs to the main thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

/* What the program cannot do without; all are asked of the device itself. */
static const struct {
	int		cap;
	const char	*name;
} required_caps[] = {
	{ KVM_CAP_USER_MEMORY,		"KVM_CAP_USER_MEMORY" },
	{ KVM_CAP_IRQCHIP,		"KVM_CAP_IRQCHIP" },
	{ KVM_CAP_DEVICE_CTRL,		"KVM_CAP_DEVICE_CTRL" },
	{ KVM_CAP_ONE_REG,		"KVM_CAP_ONE_REG" },
	{ KVM_CAP_ARM_PSCI_0_2,		"KVM_CAP_ARM_PSCI_0_2" },
	{ KVM_CAP_IMMEDIATE_EXIT,	"KVM_CAP_IMMEDIATE_EXIT" },
};

/* An unknown capability is answered 0; an error means the same to us. */
static int check_cap(int fd, int cap)
{
	int ret = ioctl(fd, KVM_CHECK_EXTENSION, cap);

	return ret < 0 ? 0 : ret;
}

static noreturn void cant_open(void)
{
	const char *why = "";

	if (errno == ENOENT)
		why = " (is the module loaded?)";
	else if (errno == EACCES)
		why = " (for root, or group kvm: log in anew after adduser)";
	die_errno("%s%s", opt.device, why);
}

static void open_device(struct vm *vm)
{
	int version;
	size_t i;

	vm->sys_fd = open(opt.device, O_RDWR | O_CLOEXEC);
	if (vm->sys_fd < 0)
		cant_open();

	/* 12 since Linux 2.6.22. Everything newer shows as a capability. */
	version = ioctl(vm->sys_fd, KVM_GET_API_VERSION, 0);
	if (version < 0)
		die_errno("%s: KVM_GET_API_VERSION", opt.device);
	if (version != KVM_API_VERSION)
		die("%s: API version %d, need %d", opt.device, version,
		    KVM_API_VERSION);

	for (i = 0; i < ARRAY_SIZE(required_caps); i++)
		if (!check_cap(vm->sys_fd, required_caps[i].cap))
			die("%s: %s is missing", opt.device,
			    required_caps[i].name);
}

/*
 * KVM_CREATE_VM's argument: how many bits of guest physical address to
 * translate. Fewer bits can save a level of stage-2 tables, so ask for no
 * more than RAM needs; 32 is the least that the ABI accepts. Without the
 * capability only 0 is allowed, and means 40.
 */
static unsigned long ipa_bits(struct vm *vm)
{
	int limit = check_cap(vm->sys_fd, KVM_CAP_ARM_VM_IPA_SIZE);
	__u64 last = RAM_BASE + opt.mem_size - 1;
	int bits = 64 - __builtin_clzll(last);

	if (!limit)
		return 0;
	if (bits < 32)
		bits = 32;
	if (bits > limit)
		die("--mem needs %d bits of guest physical address, %s has %d",
		    bits, opt.device, limit);
	return bits;
}

static void check_vcpu_count(struct vm *vm)
{
	int max = check_cap(vm->fd, KVM_CAP_MAX_VCPUS);

	/* The older capability is the recommended number: the host's CPUs. */
	if (!max)
		max = check_cap(vm->fd, KVM_CAP_NR_VCPUS);
	if (max && opt.nr_cpus > (unsigned int)max)
		die("--cpus %u: %s has at most %d", opt.nr_cpus, opt.device,
		    max);
}

/* Of all vCPUs; before there is one. */
static void enable_tags(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_MTE };

	if (!opt.mte)
		return;
	if (!check_cap(vm->fd, KVM_CAP_ARM_MTE)) {
		if (opt.restore)
			die("--restore %s: the guest has memory tagging, which this host can't give it", opt.restore);
		die("--mte: %s has no memory tagging to give", opt.device);
	}
	must_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
}

/*
 * Guest RAM is ordinary anonymous memory of this process. Aligned to 2 MiB as
 * RAM_BASE is, so that a huge page here can become a block mapping there. Not
 * reserved: a guest costs what it touches.
 */
static void create_ram(struct vm *vm)
{
	struct kvm_userspace_memory_region region = {
		.slot		 = 0,
		.guest_phys_addr = RAM_BASE,
		.memory_size	 = opt.mem_size,
	};
	__u8 *area;

	area = mmap(NULL, opt.mem_size + SZ_2M, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		die_errno("mmap of %llu MiB of guest memory",
			  opt.mem_size >> 20);
	vm->ram = (__u8 *)(((unsigned long)area + SZ_2M - 1) & ~(SZ_2M - 1));
	madvise(vm->ram, opt.mem_size, MADV_HUGEPAGE);

	region.userspace_addr = (unsigned long)vm->ram;
	must_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

void vm_create(struct vm *vm)
{
	unsigned long bits;

	pthread_mutex_init(&vm->stop_lock, NULL);
	vm->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->event_fd < 0)
		die_errno("eventfd");

	open_device(vm);
	bits = ipa_bits(vm);
	vm->fd = must_ioctl(vm->sys_fd, KVM_CREATE_VM, bits);
	vm->run_size = must_ioctl(vm->sys_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	check_vcpu_count(vm);
	enable_tags(vm);
	create_ram(vm);
	verbose("%s: IPA size %lu, kvm_run %zu bytes, RAM %llu MiB at %#llx",
		opt.device, bits, vm->run_size, opt.mem_size >> 20, RAM_BASE);
}

/* Back to zeroes. The kernel takes the pages out of the guest's tables too. */
void vm_clear_ram(struct vm *vm)
{
	if (madvise(vm->ram, opt.mem_size, MADV_DONTNEED))
		die_errno("madvise(MADV_DONTNEED) on guest memory");
}

/* Guest physical to process address; NULL when it does not lie in RAM. */
void *vm_ram(struct vm *vm, __u64 ipa, __u64 size)
{
	__u64 offset = ipa - RAM_BASE;

	if (ipa < RAM_BASE || offset > opt.mem_size ||
	    size > opt.mem_size - offset)
		return NULL;
	return vm->ram + offset;
}

void vm_wake_main(struct vm *vm)
{
	__u64 one = 1;

	/* It fails when the counter is full, but then main is awake anyway. */
	if (write(vm->event_fd, &one, sizeof(one)) < 0)
		return;
}

/* Ask the main thread to stop all vCPUs. The first to ask gives the reason. */
void vm_stop(struct vm *vm, enum stop_reason reason, int exit_status)
{
	pthread_mutex_lock(&vm->stop_lock);
	if (vm->stop_reason == STOP_NONE) {
		vm->stop_reason = reason;
		vm->exit_status = exit_status;
	}
	pthread_mutex_unlock(&vm->stop_lock);
	vm_wake_main(vm);
}

/* The same, by the user: who has had enough does not want a guest that has just asked for a reset to start again. */
void vm_stop_by_user(struct vm *vm, int exit_status)
{
	pthread_mutex_lock(&vm->stop_lock);
	if (vm->stop_reason == STOP_NONE || vm->stop_reason == STOP_RESET) {
		vm->stop_reason = STOP_EXIT;
		vm->exit_status = exit_status;
	}
	pthread_mutex_unlock(&vm->stop_lock);
	vm_wake_main(vm);
}

bool vm_is_stopping(struct vm *vm)
{
	bool stopping;

	pthread_mutex_lock(&vm->stop_lock);
	stopping = vm->stop_reason != STOP_NONE;
	pthread_mutex_unlock(&vm->stop_lock);
	return stopping;
}

/* Drive the wire of a shared peripheral interrupt; SPI n is INTID 32 + n. */
void vm_set_spi(struct vm *vm, unsigned int spi, bool level)
{
	struct kvm_irq_level line = {
		.irq = (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) |
		       (32 + spi),
		.level = level,
	};

	if (ioctl(vm->fd, KVM_IRQ_LINE, &line) < 0) {
		warn("KVM_IRQ_LINE of SPI %u to %d: %s", spi, level,
		     errno_text(errno));
		vm_stop(vm, STOP_EXIT, EXIT_CRASH);
	}
}
