/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ITS: set-up of the device by the host half, driver of the guest half. The tables lie in a memslot of their own,
 * at ITS_RAM, the same for both halves.
 */
#ifndef SELFTESTS_ITS_H
#define SELFTESTS_ITS_H

#include "gic.h"

#define ITS_BASE		0x08080000UL	/* between the distributor and the redistributors */
#define ITS_SLOT		5
#define ITS_RAM			EXTRA_BASE
#define ITS_RAM_SIZE		0x400000UL
#define ITS_QUEUE		(ITS_RAM + 0x00000)
#define ITS_DEVICES		(ITS_RAM + 0x10000)	/* direct, or the first level */
#define ITS_COLLECTIONS		(ITS_RAM + 0x20000)
#define ITS_PROP		(ITS_RAM + 0x30000)
#define ITS_PEND(cpu)		(ITS_RAM + 0x40000 + (cpu) * 0x10000UL)	/* of four vCPUs */
#define ITS_LEVEL2		(ITS_RAM + 0x80000)
#define ITS_ITT(n)		(ITS_RAM + 0x100000 + (n) * 0x20000UL)

#define GITS_CTLR		0x0000
#define GITS_IIDR		0x0004
#define GITS_TYPER		0x0008
#define GITS_CBASER		0x0080
#define GITS_CWRITER		0x0088
#define GITS_CREADR		0x0090
#define GITS_BASER(n)		(0x0100 + (n) * 8)
#define GITS_PIDR2		0xffe8
#define GITS_TRANSLATER		0x10040
#define GITS_CTLR_ENABLE	1u
#define GITS_CTLR_QUIESCENT	(1u << 31)
#define GITS_VALID		(1ULL << 63)
#define GITS_INDIRECT		(1ULL << 62)

#define GICR_PROPBASER		0x0070
#define GICR_PENDBASER		0x0078
#define GICR_INVLPIR		0x00a0
#define GICR_INVALLR		0x00b0
#define GICR_SYNCR		0x00c0
#define GICR_PTZ		(1ULL << 62)

#define LPI			8192
#define LPI_PRIO		0xa0
#define LPI_ON			1

enum its_code {
	ITS_MOVI = 1, ITS_INT = 3, ITS_CLEAR, ITS_SYNC, ITS_MAPD = 8, ITS_MAPC, ITS_MAPTI, ITS_MAPI, ITS_INV,
	ITS_INVALL, ITS_MOVALL, ITS_DISCARD,
};

/* Host half: memory for the tables, the device at its address. Returns its descriptor. */
int its_create(struct vm *vm);
int its_create_device(struct vm *vm);			/* without the memory */
int its_msi(struct vm *vm, u32 device, u32 event);	/* KVM_SIGNAL_MSI */

/* Guest half. its_init(): once per VM, with a queue of so many pages of 4K; its_cpu_init(): once per vCPU. */
void its_init(u32 queue_pages, bool indirect);
void its_cpu_init(bool pending_is_zero);
void its_cmd(u64 w0, u64 w1, u64 w2, u64 w3);		/* queue it, and wait until it is carried out */
void its_queue_cmd(u64 w0, u64 w1, u64 w2, u64 w3);	/* only write it */
void its_kick(void);					/* those written, and wait */
void its_mapd(u32 device, u32 bits, u64 itt);		/* 0 bits: unmap */
void its_mapc(u32 icid, u32 cpu, bool valid);
void its_mapti(u32 device, u32 event, u32 lpi, u32 icid);
void its_event_cmd(enum its_code code, u32 device, u32 event);
void its_movi(u32 device, u32 event, u32 icid);
void lpi_set_prop(u32 lpi, u8 prop);			/* in the table, no more */

#endif
