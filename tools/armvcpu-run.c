// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-run - a small virtual machine monitor for /dev/armvcpu and /dev/kvm.
 *
 * Boots an arm64 Linux kernel, or a bare-metal binary, with a GICv3, a UART on
 * this terminal, PSCI and virtio devices. It is also the example of how to use the ABI: main()
 * is the order of events, and each file of vmm/ is one subject of it.
 *
 * Owns: the options. Locks: none; main thread.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/vmm.h"

struct options opt = {
	.device = "/dev/armvcpu",
};

static const char usage[] =
"Usage: armvcpu-run --kernel FILE [OPTION]...\n"
"       armvcpu-run --firmware FILE [OPTION]...\n"
"Boot an arm64 Linux kernel, or a program for a bare machine, in a virtual machine.\n"
"\n"
"  -k, --kernel FILE   Linux Image or vmlinux, or another ELF file; plain, gzip, zstd,\n"
"                      or an EFI zboot Image of these\n"
"      --firmware FILE in place of a kernel UEFI for QEMU's virt machine (Debian:\n"
"                      AAVMF_CODE.fd), which boots from a disk\n"
"      --firmware-vars FILE\n"
"                      where UEFI keeps its variables; is made if there is none\n"
"  -i, --initrd FILE   initial RAM disk\n"
"  -a, --append TEXT   the kernel's command line, in place of\n"
"                      \"console=ttyAMA0 earlycon panic=-1\"\n"
"  -c, --cpus N        number of vCPUs (1)\n"
"  -m, --mem SIZE      RAM: 4M or more, in M or G, a multiple of 2M (256M)\n"
"      --dtb FILE      device tree in place of the program's own; kernel, initrd, command\n"
"                      line and memory are put into it\n"
"      --dump-dtb FILE write the program's own device tree to FILE, to begin with\n"
"      --save FILE     where the guest is saved to when Ctrl-A s or SIGUSR2 asks for it,\n"
"                      which ends it\n"
"      --restore FILE  go on with a guest that was saved\n"
"      --gdb PORT      wait for gdb on 127.0.0.1:PORT before the guest's first instruction\n"
"      --gic N         version of the interrupt controller: 3, or 2, as the host can give it\n"
"  -d, --device FILE   /dev/armvcpu (default) or /dev/kvm\n"
"      --disk DISK     a disk, FILE[,ro][,format=raw|qcow2]; may be repeated\n"
"      --net NET       a network, user[,tcp=PORTS][,udp=PORTS] (needs passt), tap=NAME\n"
"                      or unix=PATH, with [,mac=ADDRESS]; may be repeated\n"
"      --pci           these devices are on PCI, with MSI-X by an ITS (default: over MMIO)\n"
"      --rng           random numbers for the guest; may be repeated\n"
"      --vsock CID     sockets to the host, which calls the guest CID\n"
"      --flat          FILE is a flat binary, whatever it looks like\n"
"      --mte           memory tagging for the guest, where the host has it\n"
"      --reboot        when the guest resets itself, start it again\n"
"  -v, --verbose       say what is done, and what the guest does wrong\n"
"  -h, --help          this text\n"
"\n"
"Keys: Ctrl-A x ends the VM, Ctrl-A s saves it, Ctrl-A h shows help,\n"
"Ctrl-A Ctrl-A sends Ctrl-A.\n"
"\n"
"An ELF file is loaded to its segments' physical addresses; RAM begins at\n"
"0x40000000. A flat binary is loaded at 0x40080000 and entered at\n"
"its first byte. Both start at EL1 with the MMU off and x0 pointing to the device\n"
"tree. UART: 0x09000000.\n"
"A write to 0x09080000 ends the program with the low 8 bits as exit status.\n"
"\n"
"Exit status: 0 the guest powered off; 1 wrong usage, or nothing was started;\n"
"2 the guest could not be run any further, its registers have been printed;\n"
"3 the guest reset itself; 4 it was saved; 128 + N ended by signal N (130 also by Ctrl-A x).\n";

static void bad_value(const char *option, const char *value)
{
	die("%s %s: not a valid value; see --help", option, value);
}

static unsigned int parse_cpus(const char *text)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (end == text || *end || n < 1 || n > CPUS_MAX)
		bad_value("--cpus", text);
	return n;
}

static __u64 parse_mem(const char *text)
{
	unsigned long long n;
	char *end;
	int shift;

	n = strtoull(text, &end, 10);
	switch (*end) {
	case 'M':
	case 'm':
		shift = 20;
		break;
	case 'G':
	case 'g':
		shift = 30;
		break;
	default:
		bad_value("--mem", text);
	}
	if (end == text || end[1] || n < 1 || n > 1ULL << (48 - shift) ||
	    (n << shift) % SZ_2M || n << shift < 2 * SZ_2M)
		bad_value("--mem", text);
	return n << shift;
}

static unsigned int parse_port(const char *text)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (end == text || *end || n < 1 || n > 65535)
		bad_value("--gdb", text);
	return n;
}

static unsigned int parse_gic(const char *text)
{
	if (strcmp(text, "2") && strcmp(text, "3"))
		bad_value("--gic", text);
	return text[0] - '0';
}

/* What does not go together, and what was not said. */
static void check_options(void)
{
	if (opt.restore) {
		if (opt.kernel || opt.initrd || opt.append || opt.dtb || opt.dump_dtb || opt.flat || opt.nr_cpus ||
		    opt.mem_size || opt.gic || opt.mte || opt.pci)
			die("--restore: kernel, memory, CPUs, GIC and PCI are the saved guest's; see --help");
		if (opt.reboot)
			die("--restore and --reboot: there is no kernel to start again");
	} else if (opt.firmware) {
		if (opt.kernel || opt.initrd || opt.flat)
			die("--firmware takes its kernel from a disk, --kernel, --initrd, --flat have no place");
	} else if (!opt.kernel) {
		die("no --kernel and no --firmware given; see --help");
	}
	if (opt.firmware_vars && !opt.firmware)
		die("--firmware-vars is nothing without --firmware");
	if (opt.firmware && !opt.firmware_vars && (opt.save || opt.restore))
		die("--save and --restore with --firmware: its variables have to be in a file, see --firmware-vars");
	if (opt.gdb_port && opt.reboot)
		die("--gdb and --reboot: a debugger's breakpoints would be gone with the memory");
	if (opt.gdb_port && opt.save)
		die("--gdb and --save: a debugger's breakpoints would be saved with the memory");
	if ((opt.save || opt.restore) && virtio_unsavable())
		die("--save and --restore: what the host's kernel knows of %s can't be saved", virtio_unsavable());
	if (opt.dtb && opt.dump_dtb)
		die("--dump-dtb writes the program's own device tree, --dtb is in its place");
	if (!opt.append)
		opt.append = "console=ttyAMA0 earlycon panic=-1";
	if (!opt.nr_cpus)
		opt.nr_cpus = 1;
	if (!opt.mem_size)
		opt.mem_size = 256ULL << 20;
	if (opt.firmware && !opt.restore && opt.mem_size < FIRMWARE_RAM)
		die("--firmware: UEFI needs --mem %lluM", FIRMWARE_RAM >> 20);
}

static void parse_options(int argc, char **argv)
{
	enum {
		OPT_FLAT = 256, OPT_REBOOT, OPT_DTB, OPT_DUMP_DTB, OPT_GDB, OPT_GIC, OPT_DISK, OPT_NET, OPT_RNG,
		OPT_VSOCK, OPT_SAVE, OPT_RESTORE, OPT_FIRMWARE, OPT_FIRMWARE_VARS, OPT_MTE, OPT_PCI,
	};
	static const struct option longopts[] = {
		{ "kernel",	required_argument, NULL, 'k' },
		{ "initrd",	required_argument, NULL, 'i' },
		{ "append",	required_argument, NULL, 'a' },
		{ "firmware",	required_argument, NULL, OPT_FIRMWARE },
		{ "firmware-vars", required_argument, NULL, OPT_FIRMWARE_VARS },
		{ "cpus",	required_argument, NULL, 'c' },
		{ "mem",	required_argument, NULL, 'm' },
		{ "device",	required_argument, NULL, 'd' },
		{ "dtb",	required_argument, NULL, OPT_DTB },
		{ "dump-dtb",	required_argument, NULL, OPT_DUMP_DTB },
		{ "save",	required_argument, NULL, OPT_SAVE },
		{ "restore",	required_argument, NULL, OPT_RESTORE },
		{ "gdb",	required_argument, NULL, OPT_GDB },
		{ "gic",	required_argument, NULL, OPT_GIC },
		{ "disk",	required_argument, NULL, OPT_DISK },
		{ "net",	required_argument, NULL, OPT_NET },
		{ "pci",	no_argument,	   NULL, OPT_PCI },
		{ "rng",	no_argument,	   NULL, OPT_RNG },
		{ "vsock",	required_argument, NULL, OPT_VSOCK },
		{ "flat",	no_argument,	   NULL, OPT_FLAT },
		{ "mte",	no_argument,	   NULL, OPT_MTE },
		{ "reboot",	no_argument,	   NULL, OPT_REBOOT },
		{ "verbose",	no_argument,	   NULL, 'v' },
		{ "help",	no_argument,	   NULL, 'h' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "k:i:a:c:m:d:vh", longopts,
				NULL)) != -1) {
		switch (c) {
		case 'k':
			opt.kernel = optarg;
			break;
		case 'i':
			opt.initrd = optarg;
			break;
		case 'a':
			opt.append = optarg;
			break;
		case 'c':
			opt.nr_cpus = parse_cpus(optarg);
			break;
		case 'm':
			opt.mem_size = parse_mem(optarg);
			break;
		case 'd':
			opt.device = optarg;
			break;
		case OPT_DISK:
			disk_add(optarg);
			break;
		case OPT_NET:
			net_add(optarg);
			break;
		case OPT_PCI:
			opt.pci = true;
			break;
		case OPT_RNG:
			rng_add();
			break;
		case OPT_VSOCK:
			vsock_add(optarg);
			break;
		case OPT_FIRMWARE:
			opt.firmware = optarg;
			break;
		case OPT_FIRMWARE_VARS:
			opt.firmware_vars = optarg;
			break;
		case OPT_DTB:
			opt.dtb = optarg;
			break;
		case OPT_DUMP_DTB:
			opt.dump_dtb = optarg;
			break;
		case OPT_SAVE:
			opt.save = optarg;
			break;
		case OPT_RESTORE:
			opt.restore = optarg;
			break;
		case OPT_GDB:
			opt.gdb_port = parse_port(optarg);
			break;
		case OPT_GIC:
			opt.gic = parse_gic(optarg);
			break;
		case OPT_FLAT:
			opt.flat = true;
			break;
		case OPT_MTE:
			opt.mte = true;
			break;
		case OPT_REBOOT:
			opt.reboot = true;
			break;
		case 'v':
			opt.verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			die("see --help");
		}
	}
	if (optind < argc)
		die("%s: unexpected argument; see --help", argv[optind]);
	check_options();
}

/*
 * The program may have been started with stdin, stdout or stderr closed. Then
 * a file opened later would take that number, and messages would go there.
 */
static void open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void machine_create(struct vm *vm)
{
	unsigned int i;

	vm_create(vm);
	firmware_create(vm);
	rtc_create();
	vcpus_choose(vm);
	gic_create(vm);

	vm->vcpus = calloc(opt.nr_cpus, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		die_errno("memory for %u vCPUs", opt.nr_cpus);
	for (i = 0; i < opt.nr_cpus; i++) {
		vcpu_create(vm, i);
		vcpu_init(&vm->vcpus[i]);
	}

	gic_init(vm);
	virtio_create(vm);
	uart_reset(vm);
	rtc_reset(vm);
	testdev_reset(vm);
}

/* Back to what machine_create() left behind. */
static void machine_reset(struct vm *vm)
{
	unsigned int i;

	vm->stop_reason = STOP_NONE;
	for (i = 0; i < opt.nr_cpus; i++)
		vcpu_init(&vm->vcpus[i]);
	virtio_reset(vm);
	pci_reset(vm);
	gic_quiesce(vm);
	uart_reset(vm);
	rtc_reset(vm);
	testdev_reset(vm);
	firmware_reset(vm);
	vm_clear_ram(vm);
}

/* What a firmware would do, if none is given: fill memory, point the first CPU at it. */
static void machine_boot(struct vm *vm)
{
	struct boot_info boot;

	if (opt.firmware)
		firmware_boot(&boot);
	else
		loader_load(vm, &boot);
	if (opt.dtb)
		dtb_user_load(vm, &boot);
	else
		dtb_build(vm, &boot);
	vcpu_set_entry(&vm->vcpus[0], &boot);
}

static void machine_start(struct vm *vm)
{
	if (opt.gdb_port)
		vm_want_pause();
	vcpus_start(vm);
	if (opt.gdb_port)
		gdb_start(vm);
}

/*
 * Between two boots. A guest that resets at once may never let console_loop() look at the user. What is typed for the
 * guest is kept, and a wish to save it, until it has been reset.
 */
static bool starts_again(struct vm *vm)
{
	if (vm->stop_reason != STOP_RESET || !opt.reboot)
		return false;
	console_busy(vm, true);
	console_is_to_end(vm);
	if (vm->stop_reason != STOP_RESET)
		return false;
	machine_reset(vm);
	console_busy(vm, false);
	return true;
}

int main(int argc, char **argv)
{
	static struct vm vm;

	open_standard_fds();
	parse_options(argc, argv);
	restore_open(&vm);
	loader_open();
	firmware_open();
	dtb_user_open();
	gdb_open();
	machine_create(&vm);
	loader_check_cpu(&vm.vcpus[0]);
	console_setup();
	virtio_start(&vm);

	for (;;) {
		if (opt.restore)
			vm_restore(&vm);
		else
			machine_boot(&vm);
		machine_start(&vm);
		console_loop(&vm);
		gdb_end(&vm);
		vcpus_stop(&vm);
		console_flush(&vm);
		if (!starts_again(&vm))
			break;
	}

	/*
	 * The kernel takes the VM down when the last descriptor and mapping
	 * are gone, which exit() sees to; so does every other way to die.
	 */
	return vm.exit_status;
}
