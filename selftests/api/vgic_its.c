// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The ITS's attributes: addresses, registers and their errors; what is mapped is saved into the guest's
 *            tables in KVM's format and restored from there, pending states included; wrong tables are refused.
 * Reference: kvm-abi.md part 5; Documentation/virt/kvm/devices/arm-vgic-its.rst (format of revision 0).
 * A failure: shows the errno or the entry; see vgic/its.c, vgic/its_regs.c, vgic/its_tables.c.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "harness.h"
#include "dev_attr.h"
#include "its.h"

#define ADDR	KVM_DEV_ARM_VGIC_GRP_ADDR
#define CONTROL	KVM_DEV_ARM_VGIC_GRP_CTRL
#define REGS	KVM_DEV_ARM_VGIC_GRP_ITS_REGS
#define DEV	5

#define NEEDS_ITS()	do {							\
	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_ITS))				\
		SKIP(return, "the host has no GICv3");				\
} while (0)

static int new_its(struct vm *vm)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };
	int ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd);

	return ret ?: (int)cd.fd;
}

static int ctrl(int fd, u64 what)
{
	return dev_attr(fd, KVM_SET_DEVICE_ATTR, CONTROL, what, NULL);
}

TEST(capabilities_tell_of_msis)
{
	struct vm *vm = vm_create();
	int sys = dev_open();

	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_SIGNAL_MSI));
	EXPECT_EQ(-EINVAL, check_cap(sys, KVM_CAP_MSI_DEVID));
	EXPECT_EQ(0, check_cap(vm->fd, KVM_CAP_MSI_DEVID));
	NEEDS_ITS();
	ASSERT_LT(0, new_its(vm));
	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_MSI_DEVID));
	vm_free(vm);
}

TEST(addresses)
{
	struct vm *vm;
	u64 addr = 0;
	int fd, other;

	NEEDS_ITS();
	vm = vm_create();
	fd = new_its(vm);
	ASSERT_LT(0, fd);
	EXPECT_EQ(0, has(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE));
	EXPECT_EQ(-ENXIO, has(fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST));
	EXPECT_EQ(-ENODEV, set64(fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, ITS_BASE));
	EXPECT_EQ(-ENODEV, get64(fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &addr));
	EXPECT_EQ(0, get64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, &addr));
	EXPECT_EQ(~0ULL, addr);
	EXPECT_EQ(-EINVAL, set64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, ITS_BASE + 0x1000));
	EXPECT_EQ(-E2BIG, set64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, 1ULL << 40));
	EXPECT_EQ(-E2BIG, set64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, (1ULL << 40) - 0x10000));
	EXPECT_EQ(-EFAULT, dev_attr(fd, KVM_SET_DEVICE_ATTR, ADDR, KVM_VGIC_ITS_ADDR_TYPE, NULL));
	EXPECT_EQ(0, set64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, ITS_BASE));
	EXPECT_EQ(-EEXIST, set64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, ITS_BASE));
	EXPECT_EQ(0, get64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, &addr));
	EXPECT_EQ(ITS_BASE, addr);
	/* one more, with an address of its own; closing the descriptor takes none away */
	other = new_its(vm);
	ASSERT_LT(0, other);
	EXPECT_EQ(0, set64(other, ADDR, KVM_VGIC_ITS_ADDR_TYPE, ITS_BASE + 0x100000));
	close(fd);
	gic_create(vm, 0);
	EXPECT_EQ(-EBUSY, its_msi(vm, 0, 0));		/* it is there, and off */
	vm_free(vm);
}

TEST(control_attributes)
{
	struct vm *vm;
	u64 val;
	int fd;

	NEEDS_ITS();
	vm = vm_create();
	fd = new_its(vm);
	ASSERT_LT(0, fd);
	EXPECT_EQ(0, has(fd, CONTROL, KVM_DEV_ARM_VGIC_CTRL_INIT));
	EXPECT_EQ(0, has(fd, CONTROL, KVM_DEV_ARM_ITS_SAVE_TABLES));
	EXPECT_EQ(0, has(fd, CONTROL, KVM_DEV_ARM_ITS_RESTORE_TABLES));
	EXPECT_EQ(0, has(fd, CONTROL, KVM_DEV_ARM_ITS_CTRL_RESET));
	EXPECT_EQ(-ENXIO, has(fd, CONTROL, 3));
	EXPECT_EQ(-ENXIO, has(fd, CONTROL, 5));
	EXPECT_EQ(0, ctrl(fd, KVM_DEV_ARM_VGIC_CTRL_INIT));
	EXPECT_EQ(0, ctrl(fd, KVM_DEV_ARM_VGIC_CTRL_INIT));
	/* nothing is mapped, no table is there */
	EXPECT_EQ(0, ctrl(fd, KVM_DEV_ARM_ITS_SAVE_TABLES));
	EXPECT_EQ(0, ctrl(fd, KVM_DEV_ARM_ITS_RESTORE_TABLES));
	EXPECT_EQ(0, ctrl(fd, KVM_DEV_ARM_ITS_CTRL_RESET));
	EXPECT_EQ(-ENXIO, has(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0));
	EXPECT_EQ(-ENXIO, get64(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, &val));
	EXPECT_EQ(-ENXIO, set64(fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, 64));
	EXPECT_EQ(-ENXIO, get64(fd, CONTROL, 0, &val));
	vm_free(vm);
}

TEST(registers)
{
	static const u64 there[] = { GITS_CTLR, GITS_IIDR, GITS_TYPER, GITS_CBASER, GITS_CWRITER, GITS_CREADR,
				     GITS_BASER(0), GITS_BASER(7), 0xffd0, GITS_PIDR2, 0xfffc };
	u32 i;
	struct vm *vm;
	u64 val = 0;
	int fd;

	NEEDS_ITS();
	vm = vm_create();
	fd = new_its(vm);
	ASSERT_LT(0, fd);
	for (i = 0; i < ARRAY_SIZE(there); i++) {
		EXPECT_EQ(0, has(fd, REGS, there[i])) TH_LOG("offset 0x%lx", there[i]);
		EXPECT_EQ(-ENXIO, get64(fd, REGS, there[i], &val));	/* it has no address yet */
	}
	EXPECT_EQ(-EINVAL, has(fd, REGS, GITS_CTLR + 2));
	EXPECT_EQ(-EINVAL, has(fd, REGS, GITS_TYPER + 4));
	EXPECT_EQ(-EINVAL, has(fd, REGS, GITS_CBASER + 4));
	EXPECT_EQ(-ENXIO, has(fd, REGS, 0x40));
	EXPECT_EQ(-ENXIO, has(fd, REGS, GITS_TRANSLATER));
	ASSERT_EQ(0, set64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, ITS_BASE));
	for (i = 0; i < ARRAY_SIZE(there); i++)
		EXPECT_EQ(0, get64(fd, REGS, there[i], &val));
	EXPECT_EQ(-EINVAL, get64(fd, REGS, GITS_BASER(0) + 4, &val));
	EXPECT_EQ(-EINVAL, set64(fd, REGS, GITS_BASER(0) + 4, 0));
	EXPECT_EQ(-ENXIO, get64(fd, REGS, 0x40, &val));
	EXPECT_EQ(-ENXIO, set64(fd, REGS, 0x40, 0));
	EXPECT_EQ(-EFAULT, dev_attr(fd, KVM_SET_DEVICE_ATTR, REGS, GITS_CBASER, NULL));
	EXPECT_EQ(-EFAULT, dev_attr(fd, KVM_GET_DEVICE_ATTR, REGS, GITS_CBASER, NULL));
	EXPECT_EQ(0, get64(fd, REGS, GITS_CTLR, &val));
	EXPECT_EQ(GITS_CTLR_QUIESCENT, val);
	/* Commands that nobody carries out, since it is off, are not under way (IHI 0069, GITS_CTLR.Quiescent). */
	EXPECT_EQ(0, set64(fd, REGS, GITS_CBASER, ITS_QUEUE | GITS_VALID));
	EXPECT_EQ(0, set64(fd, REGS, GITS_CWRITER, 64));
	EXPECT_EQ(0, get64(fd, REGS, GITS_CWRITER, &val));
	EXPECT_EQ(64, val);
	EXPECT_EQ(0, get64(fd, REGS, GITS_CTLR, &val));
	EXPECT_EQ(GITS_CTLR_QUIESCENT, val);
	EXPECT_EQ(0, set64(fd, REGS, GITS_CWRITER, 0));
	EXPECT_EQ(0, set64(fd, REGS, GITS_CBASER, 0));
	EXPECT_EQ(0, get64(fd, REGS, GITS_IIDR, &val));
	EXPECT_EQ(0x4b00043b, val);
	EXPECT_EQ(0, set64(fd, REGS, GITS_IIDR, 0x4b00043b));
	EXPECT_EQ(-EINVAL, set64(fd, REGS, GITS_IIDR, 0x4b00143b));	/* a format that there is not */
	EXPECT_EQ(0, set64(fd, REGS, GITS_CBASER, ITS_QUEUE | GITS_VALID));
	EXPECT_EQ(0, set64(fd, REGS, GITS_CREADR, 0x20));
	EXPECT_EQ(0, set64(fd, REGS, GITS_CWRITER, 0x40));
	EXPECT_EQ(-EINVAL, set64(fd, REGS, GITS_CREADR, 0x1000));
	EXPECT_EQ(0, get64(fd, REGS, GITS_CREADR, &val));
	EXPECT_EQ(0x20, val);
	EXPECT_EQ(0, get64(fd, REGS, GITS_CWRITER, &val));
	EXPECT_EQ(0x40, val);
	/* reset */
	EXPECT_EQ(0, set64(fd, REGS, GITS_BASER(0), ITS_DEVICES | GITS_VALID | 3));
	EXPECT_EQ(0, ctrl(fd, KVM_DEV_ARM_ITS_CTRL_RESET));
	EXPECT_EQ(0, get64(fd, REGS, GITS_CBASER, &val));
	EXPECT_EQ(0, val);
	EXPECT_EQ(0, get64(fd, REGS, GITS_CWRITER, &val));
	EXPECT_EQ(0, val);
	EXPECT_EQ(0, get64(fd, REGS, GITS_BASER(0), &val));
	EXPECT_EQ(0, val >> 63);
	EXPECT_EQ(1, val >> 56 & 7);
	EXPECT_EQ(7, val >> 48 & 31);
	vm_free(vm);
}

/* ---- save and restore -------------------------------------------------------------------- */

static u64 seen[8];

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id >= LPI && id < LPI + 8)
		WRITE_ONCE(seen[id - LPI], seen[id - LPI] + 1);
	if (id != INTID_SPURIOUS)
		gic_eoi(id);
}

/* The queue's next entry is INT of event 2 when it goes on after the restore. */
static void guest_maps(u64 indirect)
{
	u32 first = indirect ? 8192 : 0;

	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_init(1, indirect);
	its_cpu_init(true);
	its_mapc(0, 0, true);
	its_mapc(7, 0, true);
	its_mapd(first + DEV, 4, ITS_ITT(0));
	its_mapd(first + DEV + 300, 2, ITS_ITT(1));
	its_mapti(first + DEV, 1, LPI + 1, 0);
	its_mapti(first + DEV, 2, LPI + 2, 7);
	its_mapti(first + DEV, 9, LPI + 3, 7);
	its_mapti(first + DEV + 300, 3, LPI + 4, 0);
	its_mapti(first + DEV + 300, 0, LPI + 5, 9);	/* a collection without a vCPU */
	its_event_cmd(ITS_INT, first + DEV, 9);		/* pending, and saved so */
	GUEST_SYNC(1);
	its_event_cmd(ITS_INT, first + DEV, 2);
	its_mapc(9, 0, true);
	its_event_cmd(ITS_INT, first + DEV + 300, 0);
	irq_enable();
	SLEEP_UNTIL(READ_ONCE(seen[3]) && READ_ONCE(seen[2]) && READ_ONCE(seen[5]));
	GUEST_SYNC(2);
	GUEST_SYNC(3);
	GUEST_DONE();
}

#define GUEST64(vm, addr)	(*(volatile u64 *)vm_hva(vm, addr))

static const u64 its_regs[] = { GITS_BASER(0), GITS_BASER(1), GITS_CBASER, GITS_CREADR, GITS_CWRITER, GITS_CTLR };

/* As QEMU does it: reset, the registers but GITS_CTLR, the tables, GITS_CTLR. */
static int restore(int fd, const u64 *vals)
{
	u32 i;
	int ret = ctrl(fd, KVM_DEV_ARM_ITS_CTRL_RESET);

	for (i = 0; !ret && i + 1 < ARRAY_SIZE(its_regs); i++)
		ret = set64(fd, REGS, its_regs[i], vals[i]);
	ret = ret ?: ctrl(fd, KVM_DEV_ARM_ITS_RESTORE_TABLES);
	return ret ?: set64(fd, REGS, GITS_CTLR, vals[ARRAY_SIZE(its_regs) - 1]);
}

static void check_tables(struct __test_metadata *_metadata, struct vm *vm, bool indirect)
{
	u64 devices = indirect ? ITS_LEVEL2 : ITS_DEVICES;

	EXPECT_EQ(1ULL << 63 | 300ULL << 49 | ITS_ITT(0) >> 8 << 5 | 3, GUEST64(vm, devices + DEV * 8));
	EXPECT_EQ(1ULL << 63 | ITS_ITT(1) >> 8 << 5 | 1, GUEST64(vm, devices + (DEV + 300) * 8));
	EXPECT_EQ(1ULL << 48 | (LPI + 1ULL) << 16, GUEST64(vm, ITS_ITT(0) + 8));
	EXPECT_EQ(7ULL << 48 | (LPI + 2ULL) << 16 | 7, GUEST64(vm, ITS_ITT(0) + 16));
	EXPECT_EQ((LPI + 3ULL) << 16 | 7, GUEST64(vm, ITS_ITT(0) + 72));
	EXPECT_EQ(3ULL << 48 | (LPI + 5ULL) << 16 | 9, GUEST64(vm, ITS_ITT(1)));
	EXPECT_EQ((LPI + 4ULL) << 16, GUEST64(vm, ITS_ITT(1) + 24));
	/* in any order; here in theirs */
	EXPECT_EQ(1ULL << 63, GUEST64(vm, ITS_COLLECTIONS));
	EXPECT_EQ(1ULL << 63 | 7, GUEST64(vm, ITS_COLLECTIONS + 8));
	EXPECT_EQ(1ULL << 63 | 0xffffffffULL << 16 | 9, GUEST64(vm, ITS_COLLECTIONS + 16));
	EXPECT_EQ(0, GUEST64(vm, ITS_COLLECTIONS + 24));
	/* LPI + 3, by bit of its INTID */
	EXPECT_EQ(8, GUEST64(vm, ITS_PEND(0) + LPI / 8) & 0xff);
}

static void save_and_restore(struct __test_metadata *_metadata, bool indirect)
{
	u64 vals[ARRAY_SIZE(its_regs)];
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_maps, indirect);
	int fd;
	u32 i;

	gic_create_v3_at(vm, GICR_BASE);
	fd = its_create(vm);
	GUEST64(vm, ITS_COLLECTIONS + 24) = ~0ULL;
	vcpu_run_sync(vcpu, 1);
	for (i = 0; i < ARRAY_SIZE(its_regs); i++)
		ASSERT_EQ(0, get64(fd, REGS, its_regs[i], &vals[i]));
	EXPECT_EQ(-EBUSY, set64(fd, REGS, GITS_CREADR, 0));		/* it is on */
	ASSERT_EQ(0, ctrl(fd, KVM_DEV_ARM_ITS_SAVE_TABLES));
	ASSERT_EQ(0, dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, CONTROL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, NULL));
	check_tables(_metadata, vm, indirect);
	ASSERT_EQ(0, restore(fd, vals));
	/* taken over */
	EXPECT_EQ(0, GUEST64(vm, ITS_PEND(0) + LPI / 8) & 0xff);
	vcpu_run_sync(vcpu, 2);
	EXPECT_EQ(1, gv(vm, seen[3]));
	EXPECT_EQ(1, gv(vm, seen[2]));
	EXPECT_EQ(1, gv(vm, seen[5]));
	EXPECT_EQ(0, gv(vm, seen[1]));
	EXPECT_EQ(1, its_msi(vm, (indirect ? 8192 : 0) + DEV + 300, 3));
	EXPECT_EQ(0, its_msi(vm, (indirect ? 8192 : 0) + DEV + 300, 2));
	vcpu_run_sync(vcpu, 3);
	EXPECT_EQ(1, gv(vm, seen[4]));
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(tables_are_saved_and_restored)
{
	NEEDS_ITS();
	save_and_restore(_metadata, false);
}

TEST(tables_of_two_levels_are_saved_and_restored)
{
	NEEDS_ITS();
	save_and_restore(_metadata, true);
}

TEST(wrong_tables_are_refused)
{
	static const struct {
		u64 addr, entry;
		int ret;
	} wrong[] = {
		{ ITS_COLLECTIONS, 1ULL << 63 | 1 << 16, -EINVAL },			/* no such vCPU */
		{ ITS_COLLECTIONS + 8, 1ULL << 63, -EEXIST },				/* twice */
		{ ITS_COLLECTIONS + 8, 1ULL << 63 | 9000, -EINVAL },			/* there is no room for it */
		{ ITS_DEVICES + DEV * 8, 1ULL << 63 | ITS_ITT(0) >> 8 << 5 | 16, -EINVAL },	/* 17 bits of EventID */
		{ ITS_DEVICES + DEV * 8, 1ULL << 63 | 0x3000000000 >> 8 << 5 | 3, -EFAULT },	/* no memory */
		{ ITS_ITT(0) + 8, 1ULL << 48 | 100ULL << 16, -EINVAL },			/* no LPI */
		{ ITS_ITT(0) + 8, 1ULL << 48 | (LPI + 1ULL) << 16 | 50, -EINVAL },		/* no such collection */
		{ ITS_ITT(0) + 8, 15ULL << 48 | (LPI + 1ULL) << 16, -EINVAL },		/* beyond the last event */
	};
	u64 vals[ARRAY_SIZE(its_regs)], keep;
	struct vcpu *vcpu;
	struct vm *vm;
	int fd;
	u32 i;

	NEEDS_ITS();
	vm = vm_create_guest();
	vcpu = guest_vcpu(vm, 0, guest_maps, 0);
	gic_create_v3_at(vm, GICR_BASE);
	fd = its_create(vm);
	vcpu_run_sync(vcpu, 1);
	for (i = 0; i < ARRAY_SIZE(its_regs); i++)
		ASSERT_EQ(0, get64(fd, REGS, its_regs[i], &vals[i]));
	ASSERT_EQ(0, ctrl(fd, KVM_DEV_ARM_ITS_SAVE_TABLES));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		keep = GUEST64(vm, wrong[i].addr);
		GUEST64(vm, wrong[i].addr) = wrong[i].entry;
		EXPECT_EQ(wrong[i].ret, restore(fd, vals)) TH_LOG("case %u", i);
		GUEST64(vm, wrong[i].addr) = keep;
		/* all or nothing; and it is off */
		EXPECT_EQ(-EBUSY, its_msi(vm, DEV, 1));
	}
	EXPECT_EQ(0, restore(fd, vals));
	EXPECT_EQ(1, its_msi(vm, DEV, 1));
	vm_free(vm);
}

/* ---- while a vCPU runs ------------------------------------------------------------------- */

static void guest_stays(u64 arg)
{
	GUEST_SYNC(0);
	for (;;)
		cpu_relax();
}

static void *run(void *vcpu)
{
	for (;;)
		vcpu_run_once(vcpu);
	return NULL;
}

TEST(nothing_but_addresses_while_a_vcpu_runs)
{
	struct vcpu *vcpu;
	struct vm *vm;
	int fd, i, busy = 0;
	pthread_t thread;
	pid_t pid;
	u64 val;

	NEEDS_ITS();
	/* The vCPU's thread ends with its process. */
	pid = fork();
	if (pid) {
		ASSERT_EQ(pid, waitpid(pid, &i, 0));
		EXPECT_EQ(0, i);
		return;
	}
	vm = vm_create_guest();
	vcpu = guest_vcpu(vm, 0, guest_stays, 0);
	gic_create_v3_at(vm, GICR_BASE);
	fd = its_create(vm);
	vcpu_run_sync(vcpu, 0);
	if (pthread_create(&thread, NULL, run, vcpu))
		_exit(2);
	for (i = 0; i < 1000 && !busy; i++) {
		usleep(1000);
		busy = get64(fd, REGS, GITS_CTLR, &val) == -EBUSY;
	}
	if (!busy || set64(fd, REGS, GITS_CTLR, 0) != -EBUSY || ctrl(fd, KVM_DEV_ARM_ITS_SAVE_TABLES) != -EBUSY ||
	    ctrl(fd, KVM_DEV_ARM_ITS_RESTORE_TABLES) != -EBUSY || ctrl(fd, KVM_DEV_ARM_ITS_CTRL_RESET) != -EBUSY ||
	    ctrl(fd, KVM_DEV_ARM_VGIC_CTRL_INIT) || get64(fd, ADDR, KVM_VGIC_ITS_ADDR_TYPE, &val))
		_exit(1);
	_exit(0);
}

SELFTEST_MAIN
