/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's physical address map and interrupt numbers.
 *
 * Close to QEMU's "virt" machine, so that bare-metal test binaries written for
 * one find UART and RAM on the other.
 *
 *   from          to                  what
 *   0x0000_0000   0x07ff_ffff         flash memory, with --firmware: two banks of 64 MiB, see firmware.c
 *   0x0800_0000   0x0800_ffff         GIC distributor
 *   0x0801_0000   0x0801_1fff         CPU interface of a GICv2
 *   0x0808_0000   0x0809_ffff         ITS of a GICv3, with --pci
 *   0x080a_0000   0x08ff_ffff         redistributors of vCPUs 0..122, 128 KiB each
 *   0x0900_0000   0x0900_0fff         UART, a PL011; SPI 1 (INTID 33)
 *   0x0901_0000   0x0901_0fff         clock that tells the day, a PL031; SPI 3 (INTID 35)
 *   0x0908_0000   0x0908_0fff         test device, see testdev.c; SPI 2 (INTID 34)
 *   0x0a00_0000   0x0a00_3fff         virtio devices in the order of their options, 512 bytes each; SPI 16 and up
 *   0x1000_0000   0x1fff_ffff         redistributors of vCPUs 123 and up
 *   0x2000_0000   0x2fff_ffff         registers of PCI devices, with --pci
 *   0x3eff_0000   0x3eff_ffff         PCI's I/O space, where nobody is
 *   0x3f00_0000   0x3f0f_ffff         PCI's configuration space: one bus
 *   0x4000_0000   0x4000_0000 + mem   RAM
 *
 * In RAM: a Linux Image at its text_offset from the first byte (a flat binary
 * at 0x4008_0000, an ELF file where it says); the device tree in the last 2 MiB below MIN(mem, 512 MiB);
 * the initrd right below it. With --firmware the device tree is at the first byte, and nothing else is there.
 */
#ifndef VMM_LAYOUT_H
#define VMM_LAYOUT_H

#define SZ_4K			0x1000ULL
#define SZ_64K			0x10000ULL
#define SZ_2M			0x200000ULL
#define SZ_512M			0x20000000ULL

#define FLASH_BASE		0ULL
#define FLASH_SIZE		0x8000000ULL

#define GIC_DIST_BASE		0x08000000ULL
#define GIC_DIST_SIZE		SZ_64K
#define GIC_V2_DIST_SIZE	SZ_4K
#define GIC_CPU_BASE		0x08010000ULL
#define GIC_CPU_SIZE		0x2000ULL
#define GIC_V2_CPUS		8
#define GIC_REDIST_BASE		0x080a0000ULL
#define GIC_REDIST_SIZE		0x20000ULL	/* of one vCPU */
#define GIC_REDIST_COUNT	123
#define GIC_REDIST2_BASE	0x10000000ULL
#define GIC_ITS_BASE		0x08080000ULL
#define GIC_ITS_SIZE		0x20000ULL
#define GIC_NR_IRQS		96		/* INTIDs, SPIs start at 32 */

#define UART_BASE		0x09000000ULL
#define UART_SIZE		SZ_4K
#define UART_SPI		1

#define RTC_BASE		0x09010000ULL
#define RTC_SIZE		SZ_4K
#define RTC_SPI			3

#define TESTDEV_BASE		0x09080000ULL
#define TESTDEV_SIZE		SZ_4K
#define TESTDEV_SPI		2

#define VIRTIO_BASE		0x0a000000ULL
#define VIRTIO_STRIDE		0x200ULL
#define VIRTIO_MAX		32
#define VIRTIO_SPI		16		/* of the first */

#define PCI_MMIO_BASE		0x20000000ULL
#define PCI_MMIO_SIZE		0x10000000ULL
#define PCI_PORTS_BASE		0x3eff0000ULL
#define PCI_PORTS_SIZE		SZ_64K
#define PCI_CONFIG_BASE		0x3f000000ULL
#define PCI_CONFIG_SPACE	0x100000ULL

#define RAM_BASE		0x40000000ULL
#define FLAT_OFFSET		0x80000ULL	/* of a flat binary in RAM */
#define DTB_MAX_SIZE		SZ_2M		/* boot protocol's limit */
#define FIRMWARE_DTB_ROOM	0x7c000ULL	/* behind it is UEFI's first stack (edk2: PcdCPUCoresStackBase) */
#define FIRMWARE_RAM		0x8000000ULL	/* that UEFI needs: its first page tables have as much */

#endif
