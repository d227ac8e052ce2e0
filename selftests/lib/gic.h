/* SPDX-License-Identifier: GPL-2.0 */
/*
 * GIC: set-up of the device by the host half, driver of the guest half. It is a
 * GICv3, or a GICv2 on hosts that have no other; what a guest asks for by the
 * functions below works on both.
 */
#ifndef SELFTESTS_GIC_H
#define SELFTESTS_GIC_H

#include "vm.h"

/* Host half. After the last vcpu_create(); nr_irqs 0: the default. */
int gic_create(struct vm *vm, u32 nr_irqs);
/* On any host with a GICv3, initialised, its redistributors where they have room for more vCPUs. */
void gic_create_v3_at(struct vm *vm, u64 redist);
/* KVM_DEV_TYPE_ARM_VGIC_V3 where it can be had, else V2 */
u32 gic_type(struct vm *vm);
bool gic_host_has(u32 type);		/* asks by a VM of its own */
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

/* GICv2 */
#define GICD_CTLR_V2_ENABLE	1
#define GICD_SGIR		0x0f00
#define GICD_CPENDSGIR		0x0f10
#define GICD_SPENDSGIR		0x0f20
#define GICC_CTLR		0x0000
#define GICC_PMR		0x0004
#define GICC_BPR		0x0008
#define GICC_IAR		0x000c
#define GICC_EOIR		0x0010
#define GICC_RPR		0x0014
#define GICC_HPPIR		0x0018
#define GICC_ABPR		0x001c
#define GICC_APR0		0x00d0
#define GICC_IIDR		0x00fc
#define GICC_DIR		0x1000
#define GICC_CTLR_ENABLE	1
#define GICC_CTLR_EOIMODE	(1u << 9)
#define GICC_ID(iar)		((iar) & 0x3ff)
#define GICC_SOURCE(iar)	((iar) >> 10 & 7)

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
extern u32 gic_version;			/* of the guest's GIC; set by gic_create() */
void gic_dist_init(void);		/* once per VM */
void gic_dist_enable(bool on);
void gic_cpu_init(void);		/* once per vCPU; leaves PSTATE.I set */
u64 gic_redist(void);			/* this CPU's redistributor frame */
void gic_enable(u32 intid);
void gic_disable(u32 intid);
void gic_set_prio(u32 intid, u8 prio);
void gic_set_edge(u32 intid, bool edge);
void gic_set_route(u32 intid, u32 cpu);
bool gic_bit(u32 reg, u32 intid);	/* reg: GICD_IS*R, GICD_IC*R */
void gic_set_bit(u32 reg, u32 intid);
/* The CPU interface. An SGI is ended with the sender that it was acknowledged with. */
u32 gic_ack(void);
void gic_eoi(u32 intid);
void gic_dir(u32 intid);
void gic_set_pmr(u8 prio);
void gic_set_bpr(u8 point);
void gic_set_eoi_mode(bool split);
void gic_signal(bool on);		/* group enable */
u32 gic_hppir(void);
u8 gic_rpr(void);
void gic_sgi(u32 intid, u32 cpus);	/* to the vCPUs of a bit mask, affinity level 0 only */
void gic_sgi_others(u32 intid);

#endif
