// SPDX-License-Identifier: GPL-2.0
/* Host half of a test: device, VM, memory, vCPUs, running. Runs in user space. */
#include <elf.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "vm.h"

#define WATCHDOG_SIGNAL		(SIGRTMIN + 5)
#define RUN_TIMEOUT_DEFAULT	60

static __thread struct vcpu *running;
static __thread bool watchdog_armed;
static __thread volatile bool watchdog_fired;
static unsigned int timeout_seconds = RUN_TIMEOUT_DEFAULT;
static pthread_mutex_t last_words = PTHREAD_MUTEX_INITIALIZER;

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "# ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	fflush(NULL);
	_exit(1);
}

const char *dev_path(void)
{
	const char *path = getenv("ARMVCPU_DEVICE");

	return path ? path : "/dev/armvcpu";
}

int dev_try_open(void)
{
	int fd = open(dev_path(), O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int dev_open(void)
{
	int fd = dev_try_open();

	if (fd < 0)
		die("open %s: %s", dev_path(), strerror(-fd));
	return fd;
}

int kioctl(int fd, unsigned long cmd, unsigned long arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int check_cap(int fd, long cap)
{
	return kioctl(fd, KVM_CHECK_EXTENSION, cap);
}

struct vm *vm_create_type(unsigned long type)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		die("no memory");
	vm->dev = dev_open();
	vm->gic = -1;
	do {	/* -EINTR when a signal is pending, as on KVM: the MMU notifier can't be registered then */
		vm->fd = kioctl(vm->dev, KVM_CREATE_VM, type);
	} while (vm->fd == -EINTR);
	if (vm->fd < 0)
		die("CREATE_VM(%lu): %s", type, strerror(-vm->fd));
	vm->features = 1 << KVM_ARM_VCPU_PSCI_0_2;
	return vm;
}

struct vm *vm_create(void)
{
	return vm_create_type(0);
}

struct vm *vm_create_guest(void)
{
	struct vm *vm = vm_create();

	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	vm_load_image(vm);
	return vm;
}

void vcpu_free(struct vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
	free(vcpu);
}

void vm_free(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_free(vm->vcpus[i]);
	if (vm->gic >= 0)
		close(vm->gic);
	close(vm->fd);
	close(vm->dev);
	for (i = 0; i < MAX_TEST_SLOTS; i++)
		if (vm->slots[i].hva)
			munmap(vm->slots[i].hva, vm->slots[i].size);
	free(vm);
}

int mem_set(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (u64)hva,
	};

	return kioctlp(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

void mem_add_at(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva)
{
	int ret = mem_set(vm, slot, flags, gpa, size, hva);

	if (ret)
		die("memslot %u at 0x%lx: %s", slot, gpa, strerror(-ret));
	if (slot >= MAX_TEST_SLOTS)
		die("slot %u: tests use less than %u", slot, MAX_TEST_SLOTS);
	vm->slots[slot] = (struct memslot){ gpa, size, hva };
}

void *mem_anon(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap of %zu bytes: %s", size, strerror(errno));
	return p;
}

void *mem_add(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size)
{
	void *hva = mem_anon(size);

	mem_add_at(vm, slot, flags, gpa, size, hva);
	return hva;
}

void *vm_hva(struct vm *vm, u64 gpa)
{
	unsigned int i;

	for (i = 0; i < MAX_TEST_SLOTS; i++) {
		struct memslot *s = &vm->slots[i];

		if (s->hva && gpa >= s->gpa && gpa - s->gpa < s->size)
			return (char *)s->hva + (gpa - s->gpa);
	}
	die("guest address 0x%lx is in no memslot", gpa);
}

/* Copy the loaded segments of this program to the same guest addresses. */
void vm_load_image(struct vm *vm)
{
	const Elf64_Phdr *ph = (const void *)getauxval(AT_PHDR);
	unsigned long i, n = getauxval(AT_PHNUM);

	for (i = 0; i < n; i++, ph++) {
		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_vaddr < RAM_BASE ||
		    ph->p_vaddr + ph->p_memsz > RAM_BASE + RAM_SIZE / 2)
			die("program is linked outside of the guest's RAM");
		memcpy(vm_hva(vm, ph->p_vaddr), (void *)ph->p_vaddr, ph->p_memsz);
	}
}

struct vcpu *vcpu_create(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));
	int size;

	if (!vcpu || vm->nr_vcpus == MAX_TEST_VCPUS)
		die("no room for vCPU %u", id);
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->fd = kioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (vcpu->fd < 0)
		die("CREATE_VCPU %u: %s", id, strerror(-vcpu->fd));
	size = kioctl(vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run))
		die("GET_VCPU_MMAP_SIZE: %d", size);
	vcpu->run_size = size;
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("mmap of vCPU %u: %s", id, strerror(errno));
	vm->vcpus[vm->nr_vcpus++] = vcpu;
	return vcpu;
}

/* features: bits of kvm_vcpu_init.features[0] */
int vcpu_init(struct vcpu *vcpu, u32 features)
{
	struct kvm_vcpu_init init;
	int ret = kioctlp(vcpu->vm->fd, KVM_ARM_PREFERRED_TARGET, &init);

	if (ret)
		return ret;
	init.features[0] |= features;
	return kioctlp(vcpu->fd, KVM_ARM_VCPU_INIT, &init);
}

struct guest_cpu *guest_cpu_area(struct vm *vm, unsigned int id)
{
	return vm_hva(vm, guest_cpu_gpa(id));
}

void guest_set_entry(struct vcpu *vcpu, void (*fn)(u64), u64 arg)
{
	struct guest_cpu *cpu = guest_cpu_area(vcpu->vm, vcpu->id);

	/*
	 * Not zero: a stack is not, and glibc and the kernel zero by DC ZVA, of which QEMU 7.2 does not notice that it
	 * wrote over code (C70): with the translation of a program that was there before, each store is a slow one.
	 */
	memset(cpu, 0xa5, CPU_AREA_SIZE);
	memset(cpu, 0, sizeof(*cpu));
	cpu->stack = guest_cpu_gpa(vcpu->id) + CPU_AREA_SIZE;
	cpu->fn = (u64)fn;
	cpu->arg = arg;
	cpu->flags = vcpu->vm->mmu_off ? 0 : 1 << GC_FLAG_MMU_BIT;
	cpu->index = vcpu->id;
}

struct vcpu *guest_vcpu(struct vm *vm, unsigned int id, void (*fn)(u64), u64 arg)
{
	struct vcpu *vcpu = vcpu_create(vm, id);
	u32 features = vm->features;
	int ret;

	/* A vCPU without a function waits for PSCI CPU_ON. */
	if (!fn)
		features |= 1 << KVM_ARM_VCPU_POWER_OFF;
	ret = vcpu_init(vcpu, features);
	if (ret)
		die("VCPU_INIT of vCPU %u: %s", id, strerror(-ret));
	guest_set_entry(vcpu, fn, arg);
	if (fn) {
		reg_set(vcpu, PC_REG, (u64)guest_entry);
		reg_set(vcpu, X_REG(0), guest_cpu_gpa(id));
	}
	return vcpu;
}

int reg_try_get(struct vcpu *vcpu, u64 id, void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)value };

	return kioctlp(vcpu->fd, KVM_GET_ONE_REG, &reg);
}

int reg_try_set(struct vcpu *vcpu, u64 id, const void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)value };

	return kioctlp(vcpu->fd, KVM_SET_ONE_REG, &reg);
}

u64 reg_get(struct vcpu *vcpu, u64 id)
{
	u64 value = 0;
	int ret = reg_try_get(vcpu, id, &value);

	if (ret)
		die("GET_ONE_REG 0x%lx: %s", id, strerror(-ret));
	return value;
}

void reg_set(struct vcpu *vcpu, u64 id, u64 value)
{
	int ret = reg_try_set(vcpu, id, &value);

	if (ret)
		die("SET_ONE_REG 0x%lx = 0x%lx: %s", id, value, strerror(-ret));
}

struct kvm_reg_list *reg_list(struct vcpu *vcpu)
{
	struct kvm_reg_list head = { .n = 0 }, *list;
	int ret = kioctlp(vcpu->fd, KVM_GET_REG_LIST, &head);

	if (ret != -E2BIG)
		die("GET_REG_LIST with n = 0: %d, want -E2BIG", ret);
	list = calloc(1, sizeof(*list) + head.n * sizeof(u64));
	if (!list)
		die("no memory");
	list->n = head.n;
	ret = kioctlp(vcpu->fd, KVM_GET_REG_LIST, list);
	if (ret)
		die("GET_REG_LIST with n = %llu: %s", head.n, strerror(-ret));
	return list;
}

bool reg_is_listed(struct vcpu *vcpu, u64 id)
{
	struct kvm_reg_list *list = reg_list(vcpu);
	bool there = false;
	u64 i;

	for (i = 0; i < list->n; i++)
		there |= list->reg[i] == id;
	free(list);
	return there;
}

void vcpu_dump(struct vcpu *vcpu)
{
	u64 pc = 0, pstate = 0, esr = 0, far = 0, elr = 0, lr = 0;

	reg_try_get(vcpu, PC_REG, &pc);
	reg_try_get(vcpu, PSTATE_REG, &pstate);
	reg_try_get(vcpu, X_REG(30), &lr);
	reg_try_get(vcpu, SR_ESR_EL1, &esr);
	reg_try_get(vcpu, SR_FAR_EL1, &far);
	reg_try_get(vcpu, ELR_EL1_REG, &elr);
	fprintf(stderr, "# vCPU %u: pc 0x%lx pstate 0x%lx lr 0x%lx esr 0x%lx far 0x%lx elr 0x%lx\n",
		vcpu->id, pc, pstate, lr, esr, far, elr);
	fprintf(stderr, "# vCPU %u: exit_reason %u mmio 0x%llx len %u write %u\n",
		vcpu->id, vcpu->run->exit_reason, vcpu->run->mmio.phys_addr,
		vcpu->run->mmio.len, vcpu->run->mmio.is_write);
}

/* What armvcpu says of all VMs (debugfs); nothing on KVM. */
static void module_dump(const char *file)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), ARMVCPU_DEBUGFS "/%s", file);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		fprintf(stderr, "# %s", line);
	if (f)
		fclose(f);
}

static void watchdog(int sig)
{
	watchdog_fired = true;
	if (running)
		running->run->immediate_exit = 1;
}

void run_timeout(unsigned int seconds)
{
	timeout_seconds = seconds;
}

/* One timer per thread, armed at the thread's first run; repeats once fired. */
static void watchdog_arm(void)
{
	struct sigaction sa = { .sa_handler = watchdog };
	struct itimerspec its = {
		.it_value.tv_sec = timeout_seconds,
		.it_interval.tv_sec = 1,
	};
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = WATCHDOG_SIGNAL,
	};
	timer_t timer;

	if (watchdog_armed)
		return;
	ev._sigev_un._tid = syscall(SYS_gettid);
	if (sigaction(WATCHDOG_SIGNAL, &sa, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &ev, &timer) ||
	    timer_settime(timer, 0, &its, NULL))
		die("watchdog: %s", strerror(errno));
	watchdog_armed = true;
}

int vcpu_run_once(struct vcpu *vcpu)
{
	int ret;

	watchdog_arm();
	running = vcpu;
	ret = vcpu->fp_in ? fp_ioctl(vcpu->fd, KVM_RUN, vcpu->fp_in, vcpu->fp_out) : kioctl(vcpu->fd, KVM_RUN, 0);
	running = NULL;
	if (watchdog_fired) {
		vcpu->run->immediate_exit = 0;
		/* The first one speaks, for the process ends with it. */
		pthread_mutex_lock(&last_words);
		fprintf(stderr, "# guest still running after %u s\n", timeout_seconds);
		module_dump("vms");
		module_dump("gic");
		vcpu_dump(vcpu);
		die("time-out");
	}
	return ret;
}

int vcpu_complete(struct vcpu *vcpu)
{
	int ret;

	vcpu->run->immediate_exit = 1;
	ret = vcpu_run_once(vcpu);
	vcpu->run->immediate_exit = 0;
	return ret;
}

static bool get_ucall(struct vcpu *vcpu, struct ucall *uc)
{
	struct kvm_run *run = vcpu->run;
	u64 gpa;

	if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write ||
	    run->mmio.phys_addr != UCALL_IPA || run->mmio.len != 8)
		return false;
	memcpy(&gpa, run->mmio.data, 8);
	memcpy(uc, vm_hva(vcpu->vm, gpa), sizeof(*uc));
	return true;
}

int vcpu_run(struct vcpu *vcpu, struct ucall *uc)
{
	int ret;

	do {
		ret = vcpu_run_once(vcpu);
	} while (ret == -EINTR);
	if (ret)
		return ret;
	memset(uc, 0, sizeof(*uc));
	if (!get_ucall(vcpu, uc))
		return UCALL_NONE;
	if (uc->cmd == UCALL_ABORT) {
		fprintf(stderr, "# %s:%lu: guest vCPU %u: %s (want 0x%lx, got 0x%lx)\n",
			(char *)vm_hva(vcpu->vm, uc->a[0]), uc->a[1], vcpu->id,
			(char *)vm_hva(vcpu->vm, uc->a[2]), uc->a[3], uc->a[4]);
	} else if (uc->cmd == UCALL_FAULT) {
		fprintf(stderr, "# guest vCPU %u: unexpected exception: vector %lu esr 0x%lx elr 0x%lx far 0x%lx\n",
			vcpu->id, uc->a[0], uc->a[1], uc->a[2], uc->a[3]);
	}
	return uc->cmd;
}

void vcpu_run_done(struct vcpu *vcpu)
{
	struct ucall uc;
	int ret = vcpu_run(vcpu, &uc);

	if (ret == UCALL_DONE)
		return;
	vcpu_dump(vcpu);
	die("vCPU %u: run gave %d (%s), want UCALL_DONE", vcpu->id, ret,
	    ret < 0 ? strerror(-ret) : "ucall_cmd");
}

struct ucall vcpu_run_sync(struct vcpu *vcpu, u64 stage)
{
	struct ucall uc;
	int ret = vcpu_run(vcpu, &uc);

	if (ret == UCALL_SYNC && uc.a[0] == stage)
		return uc;
	vcpu_dump(vcpu);
	die("vCPU %u: run gave %d stage %lu (%s), want UCALL_SYNC %lu", vcpu->id, ret,
	    uc.a[0], ret < 0 ? strerror(-ret) : "ucall_cmd", stage);
}

static void *run_done_thread(void *arg)
{
	vcpu_run_done(arg);
	return NULL;
}

void vcpus_run_done(struct vm *vm)
{
	pthread_t threads[MAX_TEST_VCPUS];
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		if (pthread_create(&threads[i], NULL, run_done_thread, vm->vcpus[i]))
			die("pthread_create");
	for (i = 0; i < vm->nr_vcpus; i++)
		pthread_join(threads[i], NULL);
}

u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

u64 cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

long meminfo_kb(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = -1;
	size_t n = strlen(key);

	if (!f)
		die("/proc/meminfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n) && line[n] == ':')
			kb = strtol(line + n + 1, NULL, 10);
	fclose(f);
	if (kb < 0)
		die("/proc/meminfo has no %s", key);
	return kb;
}
