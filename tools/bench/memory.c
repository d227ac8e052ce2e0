// SPDX-License-Identifier: GPL-2.0
/*
 * memory - what a VM and a vCPU cost the host in memory
 *
 * Runs in the emulated host, as root, with nothing beside it; tools/bench/memory.sh starts it. MemFree before and
 * after 512 of a kind were made, with the page cache dropped and the CPUs' counts collected, divided by 512. So all is
 * in it: the hypervisor's, file descriptors, slabs' and page tables' share. The guest's memory is not, but for one page
 * each that it executes.
 *
 * Usage: ARMVCPU_DEVICE=/dev/kvm memory		prints one line per kind: title|bytes
 */
#include <stdio.h>
#include <sys/resource.h>

#include "vm.h"
#include "gic.h"

#define REDISTS		0x100000000UL
#define VMS		512
#define CPUS		512

static struct vm *vms[VMS];
static int fd[CPUS];
static struct kvm_vcpu_init init;

/* Free pages that each CPU keeps to itself: no part of MemFree. */
static long cached_kb(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	char line[128];
	long n, sum = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &n) == 1)
			sum += n * sysconf(_SC_PAGESIZE) / 1024;
	if (!f || fclose(f))
		die("/proc/zoneinfo: %s", strerror(errno));
	return sum;
}

static long free_kb(void)
{
	static const char * const ask[] = { "/proc/sys/vm/drop_caches", "/proc/sys/vm/stat_refresh" };
	unsigned int i;
	FILE *f;

	usleep(500000);
	for (i = 0; i < ARRAY_SIZE(ask); i++) {
		f = fopen(ask[i], "w");
		if (!f || fputs("3", f) < 0 || fclose(f))
			die("%s: %s", ask[i], strerror(errno));
	}
	return meminfo_kb("MemFree") + cached_kb();
}

static void say(const char *title, long before, unsigned int n)
{
	printf("@@%s|%ld\n", title, (before - free_kb()) * 1024 / n);
	fflush(stdout);
}

static int make_vcpu(struct vm *vm, u32 id, u64 pc)
{
	struct kvm_one_reg reg = { .id = PC_REG, .addr = (u64)&pc };
	int fd = kioctl(vm->fd, KVM_CREATE_VCPU, id);

	if (fd < 0 || kioctlp(fd, KVM_ARM_VCPU_INIT, &init) || kioctlp(fd, KVM_SET_ONE_REG, &reg))
		die("vCPU %u: %s", id, strerror(errno));
	return fd;
}

/* One page of code for all: a store to an address without memory. */
static void *code(void)
{
	u32 *page = mem_anon(SZ_4K);

	page[0] = 0xd2a12000;		/* mov x0, #0x09000000 */
	page[1] = 0xf900001f;		/* str xzr, [x0] */
	return page;
}

int main(void)
{
	struct rlimit files = { 4096, 4096 };
	long before, size;
	struct vm *vm;
	void *page = code();
	int i;

	setrlimit(RLIMIT_NOFILE, &files);
	/* What the first VM of all costs is not counted. */
	vm = vm_create();
	if (kioctlp(vm->fd, KVM_ARM_PREFERRED_TARGET, &init))
		die("PREFERRED_TARGET");
	size = kioctl(vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	close(make_vcpu(vm, 0, RAM_BASE));
	gic_create_v3_at(vm, REDISTS);
	vm_free(vm);

	before = free_kb();
	for (i = 0; i < VMS; i++)
		vms[i] = vm_create();
	say("VM", before, VMS);

	before = free_kb();
	for (i = 0; i < VMS; i++)
		if (mem_set(vms[i], 0, 0, RAM_BASE, SZ_4K, page))
			die("memslot");
	for (i = 0; i < VMS; i++)
		fd[i] = make_vcpu(vms[i], 0, RAM_BASE);
	say("its first vCPU", before, VMS);

	before = free_kb();
	for (i = 0; i < VMS; i++)
		gic_create_v3_at(vms[i], REDISTS);
	say("its GIC with 224 SPIs", before, VMS);

	before = free_kb();
	for (i = 0; i < VMS; i++)
		if (kioctl(fd[i], KVM_RUN, 0))
			die("RUN: %s", strerror(errno));
	say("what its first run adds: stage-2 tables of one page", before, VMS);
	for (i = 0; i < VMS; i++) {
		close(fd[i]);
		vm_free(vms[i]);
	}

	vm = vm_create();
	before = free_kb();
	for (i = 0; i < CPUS; i++)
		fd[i] = make_vcpu(vm, i, RAM_BASE);
	say("one more vCPU of a VM", before, CPUS);
	before = free_kb();
	for (i = 0; i < CPUS; i++)
		((volatile char *)mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd[i], 0))[0] = 0;
	say("mapping its kvm_run page", before, CPUS);
	before = free_kb();
	gic_create_v3_at(vm, REDISTS);
	say("the GIC's part of a vCPU", before, CPUS);
	return 0;
}
