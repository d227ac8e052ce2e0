// SPDX-License-Identifier: GPL-2.0
/*
 * The user's device tree (--dtb): what only this program knows is put into it, the rest is the user's word.
 *
 * /chosen gets the command line, the initrd and seeds; memory becomes one node with what --mem says, in place of all
 * that were there; a cpu node is needed for each of --cpus, under the number that the kernel gave it. That devices are
 * where layout.h has them is up to the user.
 *
 * Owns: the tree as it was read. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "vmm.h"

/* What patching takes: a command line of any length comes on top. */
#define ROOM	4096

static struct {
	void	*tree;
	size_t	size;
} user;

static void check(int err, const char *what)
{
	if (err < 0)
		die("%s: %s: %s", opt.dtb, what, fdt_strerror(err));
}

/* The file may be anything: libfdt's own check of all of it comes first. */
void dtb_user_open(void)
{
	struct file file;

	if (!opt.dtb)
		return;
	file_open(&file, opt.dtb);
	if (file.size > DTB_MAX_SIZE)
		die("%s: a device tree has at most %llu KiB", opt.dtb, DTB_MAX_SIZE >> 10);
	user.size = file.size;
	user.tree = malloc(file.size);
	if (!user.tree)
		die_errno("memory for %s", opt.dtb);
	file_read(&file, user.tree, file.size);
	if (file.size < sizeof(struct fdt_header) || fdt_magic(user.tree) != FDT_MAGIC)
		die("%s: no device tree blob (dtc makes one of a .dts)", opt.dtb);
	check(fdt_check_full(user.tree, user.size), "damaged");
	if (fdt_address_cells(user.tree, 0) != 2 || fdt_size_cells(user.tree, 0) != 2)
		die("%s: its root has not #address-cells and #size-cells of 2", opt.dtb);
}

static int chosen_node(void *fdt)
{
	int node = fdt_path_offset(fdt, "/chosen");

	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(fdt, 0, "chosen");
	check(node, "/chosen");
	return node;
}

static void set_chosen(void *fdt, const struct boot_info *boot)
{
	__u8 seed[40];
	int node = chosen_node(fdt);

	check(fdt_setprop_string(fdt, node, "bootargs", opt.append), "bootargs");
	if (boot->initrd_size) {
		check(fdt_setprop_u64(fdt, node, "linux,initrd-start", boot->initrd), "initrd");
		check(fdt_setprop_u64(fdt, node, "linux,initrd-end", boot->initrd + boot->initrd_size), "initrd");
	} else {
		fdt_delprop(fdt, node, "linux,initrd-start");
		fdt_delprop(fdt, node, "linux,initrd-end");
	}
	if (getrandom(seed, sizeof(seed), 0) == sizeof(seed)) {
		check(fdt_setprop(fdt, node, "rng-seed", seed, 32), "rng-seed");
		check(fdt_setprop(fdt, node, "kaslr-seed", seed + 32, 8), "kaslr-seed");
	}
}

static bool is_device_type(const void *fdt, int node, const char *type)
{
	int len;
	const char *value = fdt_getprop(fdt, node, "device_type", &len);

	return value && len == (int)strlen(type) + 1 && !memcmp(value, type, len);
}

static int first_memory(const void *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0)
		if (is_device_type(fdt, node, "memory"))
			return node;
	return -FDT_ERR_NOTFOUND;
}

static void set_memory(void *fdt)
{
	fdt64_t reg[2];
	int node;

	while ((node = first_memory(fdt)) >= 0)
		check(fdt_del_node(fdt, node), "memory");
	node = fdt_add_subnode(fdt, 0, "memory@40000000");
	check(node, "memory");
	fdt64_st(&reg[0], RAM_BASE);
	fdt64_st(&reg[1], opt.mem_size);
	check(fdt_setprop(fdt, node, "reg", reg, sizeof(reg)), "memory");
	check(fdt_setprop_string(fdt, node, "device_type", "memory"), "memory");
}

/* A cpu node's reg is MPIDR's affinity, in one cell or two. */
static bool has_cpu(const void *fdt, int cpus, __u64 affinity)
{
	const void *reg;
	int node, len;

	fdt_for_each_subnode(node, fdt, cpus) {
		reg = fdt_getprop(fdt, node, "reg", &len);
		if (!reg || !is_device_type(fdt, node, "cpu"))
			continue;
		if (len == 4 ? fdt32_ld(reg) == affinity : len == 8 && fdt64_ld(reg) == affinity)
			return true;
	}
	return false;
}

static void check_cpus(const void *fdt, struct vm *vm)
{
	int cpus = fdt_path_offset(fdt, "/cpus");
	unsigned int i;
	__u64 affinity;

	check(cpus, "/cpus");
	for (i = 0; i < opt.nr_cpus; i++) {
		affinity = vcpu_mpidr(&vm->vcpus[i]) & MPIDR_AFFINITY;
		if (!has_cpu(fdt, cpus, affinity))
			die("%s: no cpu node with reg %#llx, which vCPU %u has; see --cpus", opt.dtb, affinity, i);
	}
}

void dtb_user_load(struct vm *vm, const struct boot_info *boot)
{
	void *fdt = vm_ram(vm, boot->dtb, boot->dtb_room);
	size_t room = user.size + strlen(opt.append) + ROOM;

	if (room > boot->dtb_room)
		die("%s and the command line do not fit into %llu KiB", opt.dtb, boot->dtb_room >> 10);
	check(fdt_open_into(user.tree, fdt, room), "unpack");
	check_cpus(fdt, vm);
	set_memory(fdt);
	set_chosen(fdt, boot);
	check(fdt_pack(fdt), "pack");
	verbose("%s: device tree, %u bytes", opt.dtb, fdt_totalsize(fdt));
}
