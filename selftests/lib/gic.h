/* SPDX-License-Identifier: GPL-2.0 */
/* GICv3: set-up of the device by the host half, driver of the guest half. */
#ifndef SELFTESTS_GIC_H
#define SELFTESTS_GIC_H

#include "vm.h"

/* Host half. After the last vcpu_create(); nr_irqs 0: the default. */
int gic_create(struct vm *vm, u32 nr_irqs);
int dev_attr(int fd, unsigned long cmd, u32 group, u64 attr, void *value);
int irq_line(struct vm *vm, u32 type, u32 vcpu, u32 num, int level);

#define GICD_CTLR		0x0000
#define GICD_TYPER		0x0004
#define GICD_IIDR		0x0008
#define GICD_TYPER2		0x000c
#define GICD_IGROUPR		0x0080
#define GICD_ISENABLER		0x0100
#define GICD_ICENABLER		0x0180
#define GICD_ISPENDR		0x0200
#define GICD_ICPENDR		0x0280
#define GICD_ISACTIVER		0x0300
#define GICD_ICACTIVER		0x0380
#define GICD_IPRIORITYR		0x0400
#define GICD_ITARGETSR		0x0800
#define GICD_ICFGR		0x0c00
#define GICD_IGRPMODR		0x0d00
#define GICD_IROUTER		0x6000
#define GICD_PIDR2		0xffe8

#define GICR_CTLR		0x0000
#define GICR_IIDR		0x0004
#define GICR_TYPER		0x0008
#define GICR_WAKER		0x0014
#define GICR_PIDR2		0xffe8
#define GICR_SGI_BASE		0x10000

#define GICD_CTLR_RWP		(1u << 31)
#define GICD_CTLR_DS		(1u << 6)
#define GICD_CTLR_ARE		(1u << 4)
#define GICD_CTLR_GRP1		(1u << 1)

#define INTID_SPURIOUS		1023
#define INTID_VTIMER		27
#define INTID_PTIMER		30

#define icc_sre			s3_0_c12_c12_5
#define icc_pmr			s3_0_c4_c6_0
#define icc_iar1		s3_0_c12_c12_0
#define icc_eoir1		s3_0_c12_c12_1
#define icc_hppir1		s3_0_c12_c12_2
#define icc_bpr1		s3_0_c12_c12_3
#define icc_ctlr		s3_0_c12_c12_4
#define icc_igrpen0		s3_0_c12_c12_6
#define icc_igrpen1		s3_0_c12_c12_7
#define icc_dir			s3_0_c12_c11_1
#define icc_rpr			s3_0_c12_c11_3
#define icc_sgi1r		s3_0_c12_c11_5
#define icc_ap1r0		s3_0_c12_c9_0

/* read_sysreg() with one of the names above. */
#define read_gicreg(reg)	read_sysreg_(reg)
#define read_sysreg_(reg)	read_sysreg(reg)
#define write_gicreg(v, reg)	write_sysreg_(v, reg)
#define write_sysreg_(v, reg)	do { write_sysreg(v, reg); isb(); } while (0)

/* Guest half. */
void gic_dist_init(void);		/* once per VM */
void gic_cpu_init(void);		/* once per vCPU; leaves PSTATE.I set */
u64 gic_redist(void);			/* this CPU's redistributor frame */
void gic_enable(u32 intid);
void gic_disable(u32 intid);
void gic_set_prio(u32 intid, u8 prio);
void gic_set_edge(u32 intid, bool edge);
void gic_set_route(u32 intid, u32 cpu);
bool gic_bit(u32 reg, u32 intid);	/* reg: GICD_IS*R, GICD_IC*R */
void gic_set_bit(u32 reg, u32 intid);

static inline u32 gic_ack(void)
{
	u32 intid = read_gicreg(icc_iar1);

	dsb_sy();
	return intid & 0xffffff;
}

static inline void gic_eoi(u32 intid)
{
	write_gicreg(intid, icc_eoir1);
}

/* SGI to the vCPUs of a bit mask, affinity level 0 only. */
static inline void gic_sgi(u32 intid, u32 cpus)
{
	dsb_sy();
	write_gicreg((u64)intid << 24 | cpus, icc_sgi1r);
}

#endif
