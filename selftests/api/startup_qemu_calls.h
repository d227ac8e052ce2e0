/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What QEMU 7.2 asks of /dev/kvm, as it was recorded (startup_qemu.c), in its order; neighbours of one kind are a row.
 * Results are those of KVM. Addresses and sizes of RAM are the tests' own.
 */
#ifndef SELFTESTS_STARTUP_QEMU_CALLS_H
#define SELFTESTS_STARTUP_QEMU_CALLS_H

enum file { DEV, VM, SCRATCH_DEV, SCRATCH_VM, SCRATCH_CPU, CPU0, CPU1, GIC, ITS, NR_FILES };

static const char * const file_name[] = {
	"dev", "vm", "scratch dev", "scratch vm", "scratch cpu", "cpu0", "cpu1", "gic", "its",
};

enum what {
	CAP,			/* nr: capability */
	CALL,			/* nr: ioctl without an argument */
	MAKE_VM,		/* nr: type */
	MAKE_SCRATCH,		/* VM and vCPU, for its features */
	MAKE_CPU,		/* nr: its number */
	ENABLE,			/* nr: capability */
	IOEVENT,		/* nr: flags, attr: datamatch; on the port I/O bus, 2 bytes at 0 */
	DEVICE,			/* nr: type, attr: flags */
	SLOT,			/* nr: slot and flags << 16, attr: address, val: size */
	INIT,			/* the features that capabilities gave */
	GET_REG,		/* attr: id; val: what has to be read, 0: anything */
	HAS, SET, GET,		/* nr: group, attr, val: value, also what has to be read */
	DO,			/* likewise; SET without a value */
	SET_BOTH,		/* likewise; then the same to attr + 4 */
	CLEAR_SET,		/* likewise; before each ~0 to the register that clears, 0x80 behind */
	ROUTES,			/* nr: how many */
	LIST,			/* GET_REG_LIST: E2BIG first */
	READ_LIST,		/* GET of all in the list that QEMU keeps there */
	WRITE_CORE, READ_CORE,	/* the others, in QEMU's order */
	WRITE_LIST,		/* SET of those; nr 1: without the counters */
	SET_EVENTS, GET_EVENTS,
	SET_MP, GET_MP,		/* nr: state */
	KICKED_RUN,		/* RUN with immediate_exit */
	GUEST,			/* both run to the end */
};

struct call {
	u8 file, what;
	u32 nr;
	u64 attr, val;
	int ret;
	u8 how;			/* the result */
	u16 times, step;	/* of attr; 0 times: once */
	s16 needs;
};

#define EXACTLY		0
#define AT_LEAST	1	/* ret depends on the machine */
#define OR_NONE		2	/* ret is KVM's; 0 is an answer too, and QEMU goes on accordingly */

#define ID(crm, op2)	ARM64_SYS_REG(3, 0, 0, crm, op2)
#define DIST		KVM_DEV_ARM_VGIC_GRP_DIST_REGS
#define REDIST		KVM_DEV_ARM_VGIC_GRP_REDIST_REGS
#define ICC(n, op0, op1, crn, crm, op2) \
	((u64)(n) << 32 | (op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* What comes for each vCPU alike. */
#define CREATE_CPU(n) \
	{ VM, MAKE_CPU, n }, \
	{ DEV, CAP, KVM_CAP_ARM_PSCI_0_2, .ret = 1 }, \
	{ DEV, CAP, KVM_CAP_ARM_PMU_V3, .ret = 1, .how = OR_NONE }, \
	{ CPU##n, INIT }, \
	{ CPU##n, GET_REG, .attr = KVM_REG_ARM_PSCI_VERSION, .val = PSCI_LATEST }, \
	{ CPU##n, GET_REG, .attr = SR_MPIDR_EL1, .val = 0x80000000 | (n) }, \
	{ DEV, CAP, KVM_CAP_ARM_INJECT_SERROR_ESR, .ret = 1, .how = OR_NONE }, \
	{ CPU##n, LIST }, \
	{ CPU##n, READ_LIST }, \
	{ CPU##n, INIT }, \
	{ CPU##n, READ_LIST }

#define CPU_DEVICES(n) \
	{ CPU##n, HAS, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, IF(KVM_CAP_ARM_PMU_V3) }, \
	{ CPU##n, SET, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, 23, IF(KVM_CAP_ARM_PMU_V3) }, \
	{ CPU##n, HAS, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, IF(KVM_CAP_ARM_PMU_V3) }, \
	{ CPU##n, DO, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, IF(KVM_CAP_ARM_PMU_V3) }, \
	{ CPU##n, HAS, KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_PVTIME_IPA, IF(KVM_CAP_STEAL_TIME) }, \
	{ CPU##n, SET, KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_PVTIME_IPA, 0x90a0000 + 64 * (n), IF(KVM_CAP_STEAL_TIME) }

#define WRITE_ALL(n, no_counters, state) \
	{ CPU##n, WRITE_CORE }, \
	{ CPU##n, WRITE_LIST, no_counters }, \
	{ CPU##n, SET_EVENTS }, \
	{ CPU##n, SET_MP, state }

#define READ_ALL(n) \
	{ CPU##n, READ_CORE }, \
	{ CPU##n, GET_EVENTS }, \
	{ CPU##n, READ_LIST }, \
	{ CPU##n, GET_MP, KVM_MP_STATE_RUNNABLE }

#define RESET_CPU(n) \
	{ GIC, GET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 12, 4), KEPT, .times = 2 }, \
	{ CPU##n, INIT }, \
	{ CPU##n, READ_LIST }

#define PUT_REDIST(n) \
	{ GIC, SET, REDIST, (u64)(n) << 32, .times = 2, .step = 16 }, \
	{ GIC, SET, REDIST, (u64)(n) << 32 | GICR_WAKER, 6 }, \
	{ GIC, SET, REDIST, (u64)(n) << 32 | GICR_SGI_BASE | GICD_IGROUPR }, \
	{ GIC, CLEAR_SET, REDIST, (u64)(n) << 32 | GICR_SGI_BASE | GICD_ISENABLER }, \
	{ GIC, SET, REDIST, (u64)(n) << 32 | GICR_SGI_BASE | (GICD_ICFGR + 4) }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, (u64)(n) << 32 }, \
	{ GIC, CLEAR_SET, REDIST, (u64)(n) << 32 | GICR_SGI_BASE | GICD_ISPENDR }, \
	{ GIC, CLEAR_SET, REDIST, (u64)(n) << 32 | GICR_SGI_BASE | GICD_ISACTIVER }, \
	{ GIC, SET, REDIST, (u64)(n) << 32 | GICR_SGI_BASE | GICD_IPRIORITYR, .times = 8, .step = 4 }

/* SRE, CTLR, IGRPEN0, IGRPEN1, PMR, BPR0, BPR1, AP0R0, AP1R0 */
#define PUT_ICC(n) \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 12, 5), 7 }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 12, 4), KEPT }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 12, 6), .times = 2, .step = 1 }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 4, 6, 0) }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 8, 3) }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 12, 3) }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 8, 4) }, \
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(n, 3, 0, 12, 9, 0) }

/*
 * Rows that only some hosts have: those with the capability that is named, or with an ITS.
 */
#define IF(cap)		.needs = (cap)
#define WITH_ITS	(-1)
#define NO_ITS		(-2)
#define KEPT		(~0ULL)	/* val: GET: anything; SET: what GET gave last of ICC registers */

static const struct call starts_up[] = {
	/* kvm_init() */
	{ DEV, CALL, KVM_GET_API_VERSION, .ret = 12 },
	{ DEV, CAP, KVM_CAP_IMMEDIATE_EXIT, .ret = 1 },
	{ DEV, CAP, KVM_CAP_NR_MEMSLOTS, .ret = 32767 },
	{ DEV, CAP, KVM_CAP_MULTI_ADDRESS_SPACE, .ret = 0 },
	{ DEV, CAP, KVM_CAP_ARM_VM_IPA_SIZE, .ret = 40, .how = AT_LEAST },
	{ DEV, MAKE_VM, 40 },
	{ VM, CAP, KVM_CAP_NR_VCPUS, .ret = 1, .how = AT_LEAST },
	{ DEV, CAP, KVM_CAP_MAX_VCPUS, .ret = 512 },
	{ DEV, CAP, KVM_CAP_USER_MEMORY, .ret = 1 },
	{ DEV, CAP, KVM_CAP_DESTROY_MEMORY_REGION_WORKS, .ret = 1 },
	{ DEV, CAP, KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, .ret = 1 },
	{ DEV, CAP, KVM_CAP_COALESCED_MMIO, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_COALESCED_PIO, .ret = 1, IF(KVM_CAP_COALESCED_MMIO) },
	{ DEV, CAP, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .ret = 3, .how = OR_NONE },
	{ VM, ENABLE, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 3, IF(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) },
	{ DEV, CAP, KVM_CAP_VCPU_EVENTS, .ret = 1 },
	{ DEV, CAP, KVM_CAP_X86_ROBUST_SINGLESTEP, .ret = 0 },
	{ DEV, CAP, KVM_CAP_NESTED_STATE, .ret = 0 },
	{ DEV, CAP, KVM_CAP_SIGNAL_MSI, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_PCI_2_3, .ret = 0 },
	{ DEV, CAP, KVM_CAP_IRQ_INJECT_STATUS, .ret = 0 },
	{ DEV, CAP, KVM_CAP_READONLY_MEM, .ret = 1 },
	{ DEV, CAP, KVM_CAP_IOEVENTFD, .ret = 1 },
	{ DEV, CAP, KVM_CAP_IRQFD, .ret = 1 },
	{ DEV, CAP, KVM_CAP_IRQFD_RESAMPLE, .ret = 1 },
	{ DEV, CAP, KVM_CAP_VM_ATTRIBUTES, .ret = 0 },
	{ DEV, CAP, KVM_CAP_IOEVENTFD_ANY_LENGTH, .ret = 1 },
	{ DEV, CAP, KVM_CAP_SET_GUEST_DEBUG, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_SET_GUEST_DEBUG2, .ret = 0x30003, IF(KVM_CAP_SET_GUEST_DEBUG) },
	{ DEV, CAP, KVM_CAP_MP_STATE, .ret = 1 },
	{ DEV, CAP, KVM_CAP_ARM_NISV_TO_USER, .ret = 1 },
	{ VM, ENABLE, KVM_CAP_ARM_NISV_TO_USER },
	{ DEV, CAP, KVM_CAP_ARM_INJECT_EXT_DABT, .ret = 1 },
	{ DEV, CAP, KVM_CAP_SET_GUEST_DEBUG, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_GUEST_DEBUG_HW_WPS, .ret = 1, .how = AT_LEAST, IF(KVM_CAP_SET_GUEST_DEBUG) },
	{ DEV, CAP, KVM_CAP_GUEST_DEBUG_HW_BPS, .ret = 1, .how = AT_LEAST, IF(KVM_CAP_SET_GUEST_DEBUG) },
	{ DEV, CAP, KVM_CAP_IRQCHIP, .ret = 1 },
	{ DEV, CAP, KVM_CAP_DEVICE_CTRL, .ret = 1 },
	{ DEV, CAP, KVM_CAP_IRQ_ROUTING, .ret = 4096 },
	/* is there ioeventfd on a bus of ports? */
	{ VM, IOEVENT, KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO, 0, .times = 7, .step = 1 },
	{ VM, IOEVENT, KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DEASSIGN,
	  0, .times = 7, .step = 1 },
	{ VM, CAP, KVM_CAP_SYNC_MMU, .ret = 1 },
	{ DEV, CAP, KVM_CAP_BINARY_STATS_FD, .ret = 1 },
	/* machine: which GIC; flash */
	{ DEV, CAP, KVM_CAP_DEVICE_CTRL, .ret = 1 },
	{ VM, DEVICE, KVM_DEV_TYPE_ARM_VGIC_V3, KVM_CREATE_DEVICE_TEST },
	{ DEV, CAP, KVM_CAP_DEVICE_CTRL, .ret = 1 },
	/* there is none on a GICv3 without the older interface; then -ENODEV */
	{ VM, DEVICE, KVM_DEV_TYPE_ARM_VGIC_V2, KVM_CREATE_DEVICE_TEST, .ret = -ENODEV, .how = OR_NONE },
	{ VM, SLOT, KVM_MEM_READONLY << 16, 0, 0x4000000 },
	{ VM, SLOT, KVM_MEM_READONLY << 16 | 1, 0x4000000, 0x4000000 },
	/* kvm_arm_get_host_cpu_features() */
	{ DEV, CAP, KVM_CAP_ARM_SVE, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_ARM_PTRAUTH_ADDRESS, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_ARM_PMU_V3, .ret = 1, .how = OR_NONE },
	{ SCRATCH_DEV, CAP, KVM_CAP_ARM_VM_IPA_SIZE, .ret = 40, .how = AT_LEAST },
	{ SCRATCH_DEV, MAKE_SCRATCH },
	{ SCRATCH_CPU, INIT },
	{ SCRATCH_CPU, GET_REG, .attr = ID(4, 0), .times = 2, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(4, 5), .times = 1, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(5, 0), .times = 2, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(6, 0), .times = 2, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(7, 0), .times = 3, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(1, 0), .times = 3, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(1, 4), .times = 15, .step = 1 },
	{ SCRATCH_CPU, GET_REG, .attr = ID(3, 4), .times = 3, .step = 1 },
	{ DEV, CAP, KVM_CAP_ARM_SVE, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_STEAL_TIME, .ret = 1, .how = OR_NONE },
	/* kvm_init_vcpu() */
	CREATE_CPU(0),
	{ DEV, CAP, KVM_CAP_ARM_SVE, .ret = 1, .how = OR_NONE },
	{ DEV, CAP, KVM_CAP_STEAL_TIME, .ret = 1, .how = OR_NONE },
	CREATE_CPU(1),
	{ VM, SLOT, 2, RAM_BASE, RAM_SIZE },
	/* kvm_arm_gicv3_realize() */
	{ DEV, CAP, KVM_CAP_DEVICE_CTRL, .ret = 1 },
	{ VM, DEVICE, KVM_DEV_TYPE_ARM_VGIC_V3 },
	{ GIC, HAS, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION },
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, 288 },
	{ GIC, DO, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT },
	{ DEV, CAP, KVM_CAP_IRQ_ROUTING, .ret = 4096 },
	{ VM, ROUTES, 256 },
	{ GIC, HAS, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_CTLR },
	{ GIC, HAS, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES },
};

/* What its=on, the default, adds here; without KVM_CAP_SIGNAL_MSI QEMU 7.2 dies instead. */
static const struct call makes_an_its[] = {
	{ DEV, CAP, KVM_CAP_DEVICE_CTRL, .ret = 1 },
	{ VM, DEVICE, KVM_DEV_TYPE_ARM_VGIC_ITS },
	{ ITS, DO, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT },
	{ ITS, HAS, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, 0 },
};

static const struct call runs_and_stops[] = {
	/* virt_cpu_post_init(): PMU and steal time */
	{ VM, SLOT, 3, 0x90a0000, 0x1000, IF(KVM_CAP_STEAL_TIME) },
	CPU_DEVICES(0),
	CPU_DEVICES(1),
	/* kvm_cpu_synchronize_post_init() */
	WRITE_ALL(0, 0, KVM_MP_STATE_RUNNABLE),
	WRITE_ALL(1, 0, KVM_MP_STATE_RUNNABLE),
	/* machine done: where the GIC is */
	{ ITS, SET, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, 0x8080000, IF(WITH_ITS) },
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, 2ULL << 52 | GICR_BASE },
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, GICD_BASE },
	/* reset */
	READ_ALL(0),
	READ_ALL(1),
	RESET_CPU(0),
	RESET_CPU(1),
	{ ITS, HAS, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_ITS_CTRL_RESET, IF(WITH_ITS) },
	{ ITS, DO, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_ITS_CTRL_RESET, IF(WITH_ITS) },
	/* kvm_arm_gicv3_put(); the ID bits are those of LPIs if there are any */
	{ GIC, GET, DIST, GICD_TYPER, 0x480008, IF(NO_ITS) },
	{ GIC, GET, DIST, GICD_TYPER, 0x7a0008, IF(WITH_ITS) },
	{ GIC, GET, REDIST, GICR_TYPER, .val = KEPT },
	{ GIC, GET, REDIST, GICR_TYPER + 4, .val = KEPT },
	{ GIC, SET, DIST, GICD_CTLR, 0x50 },
	{ GIC, SET, REDIST, 0x70, .times = 4, .step = 4, IF(WITH_ITS) },
	{ GIC, SET, REDIST, 1ULL << 32 | 0x70, .times = 4, .step = 4, IF(WITH_ITS) },
	PUT_REDIST(0),
	PUT_REDIST(1),
	{ GIC, SET, DIST, 0x10 },
	{ GIC, CLEAR_SET, DIST, GICD_ISENABLER + 4, .times = 8, .step = 4 },
	{ GIC, SET, DIST, GICD_IGROUPR + 4, .times = 8, .step = 4 },
	/* 4 bytes for each interrupt, where a router has 8: so it was recorded */
	{ GIC, SET_BOTH, DIST, GICD_IROUTER + 4 * 32, .times = 256, .step = 4 },
	{ GIC, SET, DIST, GICD_ICFGR + 8, .times = 16, .step = 4 },
	{ GIC, SET, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32, .times = 8, .step = 32 },
	{ GIC, CLEAR_SET, DIST, GICD_ISPENDR + 4, .times = 8, .step = 4 },
	{ GIC, CLEAR_SET, DIST, GICD_ISACTIVER + 4, .times = 8, .step = 4 },
	{ GIC, SET, DIST, GICD_IPRIORITYR + 32, .times = 64, .step = 4 },
	PUT_ICC(0),
	PUT_ICC(1),
	/* kvm_cpu_synchronize_post_reset() */
	WRITE_ALL(0, 1, KVM_MP_STATE_RUNNABLE),
	WRITE_ALL(1, 1, KVM_MP_STATE_STOPPED),
	{ CPU1, KICKED_RUN, .ret = -EINTR },
	{ CPU0, KICKED_RUN, .ret = -EINTR },
	{ CPU0, GUEST },
	/* the guest has powered off: vm_state_notify of the ITS, the GIC and the vCPUs' time */
	{ ITS, DO, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_ITS_SAVE_TABLES, IF(WITH_ITS) },
	{ GIC, DO, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES },
	{ CPU1, GET_REG, .attr = KVM_REG_ARM_TIMER_CNT },
	{ CPU0, GET_REG, .attr = KVM_REG_ARM_TIMER_CNT },
};

#endif
