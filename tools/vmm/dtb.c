// SPDX-License-Identifier: GPL-2.0
/*
 * The device tree: tells the guest what layout.h and the options describe.
 *
 * Owns: nothing; writes the blob straight into guest memory. Locks: none; main
 * thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "vmm.h"

#define PHANDLE_GIC	1
#define PHANDLE_CLOCK	2
#define PHANDLE_ITS	3

/* Interrupt specifiers of the GIC binding */
#define IRQ_SPI		0
#define IRQ_PPI		1
#define IRQ_EDGE_RISING	1
#define IRQ_LEVEL_HIGH	4

#define UART_CLOCK_HZ	24000000

/* libfdt fails when the blob gets too big, or when this file has a bug. */
static void check(int err, const char *what)
{
	if (err < 0)
		die("device tree: %s: %s", what, fdt_strerror(err));
}

#define CHECK(call)	check(call, #call)

static void begin(void *fdt, const char *name)
{
	CHECK(fdt_begin_node(fdt, name));
}

static void end(void *fdt)
{
	CHECK(fdt_end_node(fdt));
}

static void string(void *fdt, const char *name, const char *value)
{
	CHECK(fdt_property_string(fdt, name, value));
}

static void bytes(void *fdt, const char *name, const void *value, size_t len)
{
	CHECK(fdt_property(fdt, name, value, len));
}

/* A literal with embedded zeroes is a list of strings. */
#define strings(fdt, name, literal) \
	bytes(fdt, name, literal, sizeof(literal))

static void flag(void *fdt, const char *name)
{
	bytes(fdt, name, NULL, 0);
}

static void cell(void *fdt, const char *name, __u32 value)
{
	CHECK(fdt_property_u32(fdt, name, value));
}

static void cells(void *fdt, const char *name, const __u32 *value, size_t n)
{
	fdt32_t *to;
	void *room;
	size_t i;

	CHECK(fdt_property_placeholder(fdt, name, n * sizeof(*to), &room));
	to = room;
	for (i = 0; i < n; i++)
		fdt32_st(&to[i], value[i]);
}

/* Addresses and sizes take two cells each, here and in every node. */
static void wide(void *fdt, const char *name, const __u64 *value, size_t n)
{
	fdt64_t *to;
	void *room;
	size_t i;

	CHECK(fdt_property_placeholder(fdt, name, n * sizeof(*to), &room));
	to = room;
	for (i = 0; i < n; i++)
		fdt64_st(&to[i], value[i]);
}

static void reg(void *fdt, __u64 base, __u64 size)
{
	wide(fdt, "reg", (const __u64[]){ base, size }, 2);
}

static void spi(void *fdt, __u32 number)
{
	cells(fdt, "interrupts",
	      (const __u32[]){ IRQ_SPI, number, IRQ_LEVEL_HIGH }, 3);
}

static void add_chosen(void *fdt, const struct boot_info *boot)
{
	__u8 seed[32];

	begin(fdt, "chosen");
	string(fdt, "bootargs", opt.append);
	string(fdt, "stdout-path", "/pl011@9000000");
	if (boot->initrd_size) {
		CHECK(fdt_property_u64(fdt, "linux,initrd-start",
				       boot->initrd));
		CHECK(fdt_property_u64(fdt, "linux,initrd-end",
				       boot->initrd + boot->initrd_size));
	}
	/* A fresh guest has no entropy of its own. */
	if (getrandom(seed, sizeof(seed), 0) == sizeof(seed)) {
		bytes(fdt, "rng-seed", seed, sizeof(seed));
		if (getrandom(seed, sizeof(__u64), 0) == sizeof(__u64))
			bytes(fdt, "kaslr-seed", seed, sizeof(__u64));
	}
	end(fdt);
}

static void add_memory(void *fdt)
{
	begin(fdt, "memory@40000000");
	string(fdt, "device_type", "memory");
	reg(fdt, RAM_BASE, opt.mem_size);
	end(fdt);
}

static void add_cpus(void *fdt, struct vm *vm)
{
	char name[32];
	unsigned int i;
	__u64 affinity;

	begin(fdt, "cpus");
	cell(fdt, "#address-cells", 2);
	cell(fdt, "#size-cells", 0);
	for (i = 0; i < opt.nr_cpus; i++) {
		/* The kernel chose it; a vCPU's index need not show in it. */
		affinity = vcpu_mpidr(&vm->vcpus[i]) & MPIDR_AFFINITY;
		snprintf(name, sizeof(name), "cpu@%llx", affinity);
		begin(fdt, name);
		string(fdt, "device_type", "cpu");
		string(fdt, "compatible", "arm,armv8");
		string(fdt, "enable-method", "psci");
		wide(fdt, "reg", &affinity, 1);
		end(fdt);
	}
	end(fdt);
}

/* The kernel answers PSCI calls itself; a guest makes them with HVC. */
static void add_psci(void *fdt)
{
	begin(fdt, "psci");
	strings(fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2");
	string(fdt, "method", "hvc");
	end(fdt);
}

/* A GICv2 wants to be told which CPUs a PPI goes to: all. */
#define PPI_CPUS(n)	(((1U << (n)) - 1) << 8)

/* Secure, non-secure, virtual, hypervisor timer; a guest uses the third. */
static void add_timer(void *fdt, struct vm *vm)
{
	const __u32 flags = IRQ_LEVEL_HIGH |
		(vm->gic_is_v2 ? PPI_CPUS(opt.nr_cpus) : 0);
	const __u32 interrupts[] = {
		IRQ_PPI, 13, flags,
		IRQ_PPI, 14, flags,
		IRQ_PPI, 11, flags,
		IRQ_PPI, 10, flags,
	};

	begin(fdt, "timer");
	string(fdt, "compatible", "arm,armv8-timer");
	cells(fdt, "interrupts", interrupts, ARRAY_SIZE(interrupts));
	flag(fdt, "always-on");
	end(fdt);
}

static void add_its(void *fdt)
{
	cell(fdt, "#address-cells", 2);
	cell(fdt, "#size-cells", 2);
	flag(fdt, "ranges");
	begin(fdt, "its@8080000");
	string(fdt, "compatible", "arm,gic-v3-its");
	flag(fdt, "msi-controller");
	cell(fdt, "#msi-cells", 1);
	reg(fdt, GIC_ITS_BASE, GIC_ITS_SIZE);
	cell(fdt, "phandle", PHANDLE_ITS);
	end(fdt);
}

static void add_gic(void *fdt)
{
	unsigned int low = opt.nr_cpus, high = 0;
	__u64 regs[6];

	if (low > GIC_REDIST_COUNT) {
		high = low - GIC_REDIST_COUNT;
		low = GIC_REDIST_COUNT;
	}
	regs[0] = GIC_DIST_BASE;
	regs[1] = GIC_DIST_SIZE;
	regs[2] = GIC_REDIST_BASE;
	regs[3] = low * GIC_REDIST_SIZE;
	regs[4] = GIC_REDIST2_BASE;
	regs[5] = high * GIC_REDIST_SIZE;

	begin(fdt, "intc@8000000");
	string(fdt, "compatible", "arm,gic-v3");
	cell(fdt, "#interrupt-cells", 3);
	flag(fdt, "interrupt-controller");
	cell(fdt, "#redistributor-regions", high ? 2 : 1);
	wide(fdt, "reg", regs, high ? 6 : 4);
	cell(fdt, "phandle", PHANDLE_GIC);
	if (opt.pci)
		add_its(fdt);
	end(fdt);
}

static void add_gic_v2(void *fdt)
{
	static const __u64 regs[] = {
		GIC_DIST_BASE, GIC_V2_DIST_SIZE, GIC_CPU_BASE, GIC_CPU_SIZE,
	};

	begin(fdt, "intc@8000000");
	string(fdt, "compatible", "arm,cortex-a15-gic");
	cell(fdt, "#interrupt-cells", 3);
	flag(fdt, "interrupt-controller");
	wide(fdt, "reg", regs, ARRAY_SIZE(regs));
	cell(fdt, "phandle", PHANDLE_GIC);
	end(fdt);
}

static void add_uart(void *fdt)
{
	begin(fdt, "apb-pclk");
	string(fdt, "compatible", "fixed-clock");
	cell(fdt, "#clock-cells", 0);
	cell(fdt, "clock-frequency", UART_CLOCK_HZ);
	string(fdt, "clock-output-names", "clk24mhz");
	cell(fdt, "phandle", PHANDLE_CLOCK);
	end(fdt);

	begin(fdt, "pl011@9000000");
	strings(fdt, "compatible", "arm,pl011\0arm,primecell");
	reg(fdt, UART_BASE, UART_SIZE);
	spi(fdt, UART_SPI);
	cells(fdt, "clocks",
	      (const __u32[]){ PHANDLE_CLOCK, PHANDLE_CLOCK }, 2);
	strings(fdt, "clock-names", "uartclk\0apb_pclk");
	end(fdt);
}

/* It has an alarm. */
static void add_rtc(void *fdt)
{
	begin(fdt, "pl031@9010000");
	strings(fdt, "compatible", "arm,pl031\0arm,primecell");
	reg(fdt, RTC_BASE, RTC_SIZE);
	spi(fdt, RTC_SPI);
	cell(fdt, "clocks", PHANDLE_CLOCK);
	string(fdt, "clock-names", "apb_pclk");
	end(fdt);
}

/* UEFI looks for its variables in the bank that it was not started from. */
static void add_flash(void *fdt)
{
	begin(fdt, "flash@0");
	string(fdt, "compatible", "cfi-flash");
	wide(fdt, "reg", (const __u64[]){ FLASH_BASE, FLASH_SIZE / 2, FLASH_BASE + FLASH_SIZE / 2, FLASH_SIZE / 2 }, 4);
	cell(fdt, "bank-width", 4);
	end(fdt);
}

static void add_testdev(void *fdt)
{
	begin(fdt, "testdev@9080000");
	string(fdt, "compatible", "armvcpu,testdev");
	reg(fdt, TESTDEV_BASE, TESTDEV_SIZE);
	spi(fdt, TESTDEV_SPI);
	end(fdt);
}

/* Types of address space, in the first cell of a PCI address */
#define PCI_IO		0x01000000
#define PCI_MEMORY	0x02000000

/* A device's number for the ITS is what it has on the bus. */
static void add_pci(void *fdt)
{
	static const __u32 ranges[] = {
		PCI_IO, 0, 0, 0, PCI_PORTS_BASE, 0, PCI_PORTS_SIZE,
		PCI_MEMORY, 0, PCI_MMIO_BASE, 0, PCI_MMIO_BASE, 0, PCI_MMIO_SIZE,
	};

	begin(fdt, "pcie@20000000");
	string(fdt, "compatible", "pci-host-ecam-generic");
	string(fdt, "device_type", "pci");
	cell(fdt, "#address-cells", 3);
	cell(fdt, "#size-cells", 2);
	cell(fdt, "linux,pci-domain", 0);
	cells(fdt, "bus-range", (const __u32[]){ 0, 0 }, 2);
	reg(fdt, PCI_CONFIG_BASE, PCI_CONFIG_SPACE);
	cells(fdt, "ranges", ranges, ARRAY_SIZE(ranges));
	cells(fdt, "msi-map", (const __u32[]){ 0, PHANDLE_ITS, 0, 0x10000 }, 4);
	flag(fdt, "dma-coherent");
	end(fdt);
}

/* An irqfd without a resampler is an edge. */
static void add_virtio(void *fdt)
{
	unsigned int i;
	char name[32];
	__u64 base;

	for (i = 0; i < virtio_count(); i++) {
		base = VIRTIO_BASE + i * VIRTIO_STRIDE;
		snprintf(name, sizeof(name), "virtio_mmio@%llx", base);
		begin(fdt, name);
		string(fdt, "compatible", "virtio,mmio");
		reg(fdt, base, VIRTIO_STRIDE);
		cells(fdt, "interrupts", (const __u32[]){ IRQ_SPI, VIRTIO_SPI + i, IRQ_EDGE_RISING }, 3);
		flag(fdt, "dma-coherent");
		end(fdt);
	}
}

void dtb_build(struct vm *vm, const struct boot_info *boot)
{
	void *fdt = vm_ram(vm, boot->dtb, boot->dtb_room);

	CHECK(fdt_create(fdt, boot->dtb_room));
	CHECK(fdt_finish_reservemap(fdt));
	begin(fdt, "");
	string(fdt, "compatible", "linux,dummy-virt");
	string(fdt, "model", "armvcpu-run");
	cell(fdt, "#address-cells", 2);
	cell(fdt, "#size-cells", 2);
	cell(fdt, "interrupt-parent", PHANDLE_GIC);
	add_chosen(fdt, boot);
	add_memory(fdt);
	add_cpus(fdt, vm);
	add_psci(fdt);
	add_timer(fdt, vm);
	if (vm->gic_is_v2)
		add_gic_v2(fdt);
	else
		add_gic(fdt);
	add_uart(fdt);
	add_rtc(fdt);
	add_testdev(fdt);
	if (firmware_is_there())
		add_flash(fdt);
	if (opt.pci)
		add_pci(fdt);
	else
		add_virtio(fdt);
	end(fdt);
	CHECK(fdt_finish(fdt));
	if (opt.dump_dtb)
		file_write(opt.dump_dtb, fdt, fdt_totalsize(fdt));
	verbose("device tree: %u bytes", fdt_totalsize(fdt));
}
