// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The sequence of calls that QEMU 10 makes for -M virt,gic-version=3
 *            -cpu host (scratch VM included) is answered as QEMU needs it, and the
 *            guest runs; so is its reset.
 * Reference: kvm-abi.md part 0.3 (QEMU), 4.3.
 * A failure: the line is the step that would stop QEMU.
 */
#include <sys/eventfd.h>

#include "harness.h"
#include "gic.h"

#define ID(crm, op2)	ARM64_SYS_REG(3, 0, 0, crm, op2)

static void guest_boot(u64 arg)
{
	struct smccc_res res;

	if (this_cpu()->index == 0) {
		gic_dist_init();
		gic_cpu_init();
		guest_hvc(0xc4000003, 1, (u64)guest_entry, guest_cpu_gpa(1), &res);
		GUEST_ASSERT_EQ(0, res.a0);
	}
	GUEST_DONE();
}

/* kvm_arm_create_scratch_host_vcpu() and kvm_arm_get_host_cpu_features() */
TEST(the_scratch_vm_tells_the_cpus_features)
{
	int dev = dev_open(), vm, vcpu, i;
	struct kvm_vcpu_init init;
	static const u64 must[] = {
		ID(4, 1), ID(4, 5), ID(5, 0), ID(5, 1), ID(6, 0), ID(6, 1), ID(6, 2),
		ID(7, 0), ID(7, 1), ID(7, 2), ID(7, 3), ID(1, 0), ID(1, 1), ID(1, 2),
		ID(1, 4), ID(1, 5), ID(1, 6), ID(1, 7), ID(2, 0), ID(2, 1), ID(2, 2),
		ID(2, 3), ID(2, 4), ID(2, 5), ID(2, 6), ID(2, 7), ID(3, 0), ID(3, 1),
		ID(3, 2), ID(3, 4), ID(3, 5), ID(3, 6),
	};

	vm = kioctl(dev, KVM_CREATE_VM, check_cap(dev, KVM_CAP_ARM_VM_IPA_SIZE));
	ASSERT_LE(0, vm);
	vcpu = kioctl(vm, KVM_CREATE_VCPU, 0);
	ASSERT_LE(0, vcpu);
	ASSERT_EQ(0, kioctlp(vm, KVM_ARM_PREFERRED_TARGET, &init));
	if (check_cap(vm, KVM_CAP_ARM_SVE) > 0)
		init.features[0] |= 1 << KVM_ARM_VCPU_SVE;
	if (check_cap(vm, KVM_CAP_ARM_PTRAUTH_ADDRESS) > 0 &&
	    check_cap(vm, KVM_CAP_ARM_PTRAUTH_GENERIC) > 0)
		init.features[0] |= 1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				    1 << KVM_ARM_VCPU_PTRAUTH_GENERIC;
	if (check_cap(vm, KVM_CAP_ARM_PMU_V3) > 0)
		init.features[0] |= 1 << KVM_ARM_VCPU_PMU_V3;
	ASSERT_EQ(0, kioctlp(vcpu, KVM_ARM_VCPU_INIT, &init));
	for (i = 0; i < ARRAY_SIZE(must); i++) {
		u64 v;
		struct kvm_one_reg reg = { .id = must[i], .addr = (u64)&v };

		EXPECT_EQ(0, kioctlp(vcpu, KVM_GET_ONE_REG, &reg))
			TH_LOG("id 0x%lx", must[i]);
	}
	close(vcpu);
	close(vm);
	close(dev);
}

struct saved {
	u64 n;
	u64 id[1200];
	u64 value[1200];
};

/* What QEMU keeps in its cpreg list: U32/U64, neither core nor SVE. */
static bool in_cpreg_list(u64 id)
{
	u64 size = id & KVM_REG_SIZE_MASK, class = id & KVM_REG_ARM_COPROC_MASK;

	return class != KVM_REG_ARM_CORE && class != KVM_REG_ARM64_SVE &&
	       (size == KVM_REG_SIZE_U32 || size == KVM_REG_SIZE_U64);
}

static void read_list(struct vcpu *vcpu, struct saved *s)
{
	struct kvm_reg_list *list = reg_list(vcpu);
	unsigned int i;

	s->n = 0;
	for (i = 0; i < list->n; i++) {
		if (!in_cpreg_list(list->reg[i]))
			continue;
		s->id[s->n] = list->reg[i];
		s->value[s->n] = 0;
		if (reg_try_get(vcpu, list->reg[i], &s->value[s->n]))
			die("GET of 0x%llx, which is in the list", list->reg[i]);
		s->n++;
	}
	free(list);
}

/* Level 0 of QEMU's sync: everything except the counters. */
static int write_list(struct vcpu *vcpu, const struct saved *s, bool full)
{
	unsigned int i;
	int bad = 0;

	for (i = 0; i < s->n; i++) {
		if (!full && (s->id[i] == KVM_REG_ARM_TIMER_CNT ||
			      s->id[i] == KVM_REG_ARM_PTIMER_CNT))
			continue;
		if (reg_try_set(vcpu, s->id[i], &s->value[i])) {
			fprintf(stderr, "# SET of 0x%lx = 0x%lx\n", s->id[i], s->value[i]);
			bad++;
		}
	}
	return bad;
}

TEST(qemu_starts_a_guest)
{
	static const long required[] = {
		KVM_CAP_USER_MEMORY, KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
		KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, KVM_CAP_INTERNAL_ERROR_DATA,
		KVM_CAP_IOEVENTFD, KVM_CAP_IOEVENTFD_ANY_LENGTH, KVM_CAP_DEVICE_CTRL,
		KVM_CAP_IRQCHIP, KVM_CAP_IRQFD,
	};
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[256];
	} *routes = calloc(1, sizeof(*routes));
	static struct saved saved[2];
	struct kvm_create_device gic;
	struct kvm_vcpu_init init;
	struct kvm_mp_state mp;
	struct kvm_ioeventfd io = {};
	u64 dist = GICD_BASE, region = 2ULL << 52 | GICR_BASE;
	u32 nr_irqs = 288, v32;
	struct vm *vm;
	int i, fd;

	fd = dev_open();
	ASSERT_EQ(12, kioctl(fd, KVM_GET_API_VERSION, 0));
	for (i = 0; i < ARRAY_SIZE(required); i++) {
		ASSERT_LT(0, check_cap(fd, required[i]))
			TH_LOG("capability %ld", required[i]);
	}
	EXPECT_LT(0, check_cap(fd, KVM_CAP_NR_MEMSLOTS));
	close(fd);
	vm = vm_create_type(40);

	gic = (struct kvm_create_device){ .type = KVM_DEV_TYPE_ARM_VGIC_V3,
					  .flags = KVM_CREATE_DEVICE_TEST };
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_CREATE_DEVICE, &gic));

	for (i = 0; i < 2; i++) {
		struct vcpu *vcpu = vcpu_create(vm, i);

		ASSERT_EQ(0, kioctlp(vm->fd, KVM_ARM_PREFERRED_TARGET, &init));
		init.features[0] = 1 << KVM_ARM_VCPU_PSCI_0_2;
		if (i)
			init.features[0] |= 1 << KVM_ARM_VCPU_POWER_OFF;
		ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_ARM_VCPU_INIT, &init));
		EXPECT_EQ(0x10001, reg_get(vcpu, KVM_REG_ARM_PSCI_VERSION));
		EXPECT_EQ(1u << 31 | i, reg_get(vcpu, SR_MPIDR_EL1));
		read_list(vcpu, &saved[i]);
		ASSERT_LT(64, saved[i].n);
	}

	/* GIC: INIT before the addresses */
	gic.flags = 0;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_CREATE_DEVICE, &gic));
	vm->gic = gic.fd;
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0,
			      &nr_irqs));
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			      KVM_DEV_ARM_VGIC_CTRL_INIT, NULL));
	EXPECT_EQ(0, dev_attr(gic.fd, KVM_HAS_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_CTLR, NULL));
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_HAS_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, NULL));
	/* identity routes for all SPIs */
	routes->head.nr = 256;
	for (i = 0; i < 256; i++) {
		routes->entry[i].gsi = i;
		routes->entry[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		routes->entry[i].u.irqchip.pin = i;
	}
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_SET_GSI_ROUTING, routes));

	/* memory: flash is read-only, RAM above */
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	mem_add(vm, 1, KVM_MEM_READONLY, 0, 64 * SZ_1M);
	vm_load_image(vm);

	/* machine done */
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_DIST, &dist));
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &region));

	/* a virtio-mmio notify register */
	io.addr = MMIO_IPA + 0x50;
	io.len = 4;
	io.fd = eventfd(0, EFD_CLOEXEC);
	io.flags = KVM_IOEVENTFD_FLAG_DATAMATCH;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_IOEVENTFD, &io));

	/* system reset: init again, write everything, then the run state */
	for (i = 0; i < 2; i++) {
		struct vcpu *vcpu = vm->vcpus[i];

		init.features[0] = 1 << KVM_ARM_VCPU_PSCI_0_2;
		if (i)
			init.features[0] |= 1 << KVM_ARM_VCPU_POWER_OFF;
		ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_ARM_VCPU_INIT, &init));
		EXPECT_EQ(0, write_list(vcpu, &saved[i], true));
		if (check_cap(vm->fd, KVM_CAP_VCPU_EVENTS)) {
			struct kvm_vcpu_events ev = {};

			EXPECT_EQ(0, kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &ev));
		}
		guest_set_entry(vcpu, guest_boot, 0);
		if (!i) {
			reg_set(vcpu, PC_REG, (u64)guest_entry);
			reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
		}
		mp.mp_state = i ? KVM_MP_STATE_STOPPED : KVM_MP_STATE_RUNNABLE;
		ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_MP_STATE, &mp));
	}
	/* GIC reset: a few of the registers that QEMU writes */
	v32 = 0;
	EXPECT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_CTLR, &v32));
	EXPECT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
			      1ULL << 32 | GICR_CTLR, &v32));
	v32 = ~0u;
	EXPECT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_ICENABLER + 4, &v32));
	EXPECT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_ICPENDR + 4, &v32));
	/* lines at their reset level */
	for (i = 32; i < 48; i++) {
		ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, i, 0));
	}
	vcpus_run_done(vm);

	/* vmstop: everything is read again */
	for (i = 0; i < 2; i++) {
		read_list(vm->vcpus[i], &saved[i]);
		EXPECT_EQ(0, write_list(vm->vcpus[i], &saved[i], false));
		EXPECT_EQ(0, kioctlp(vm->vcpus[i]->fd, KVM_GET_MP_STATE, &mp));
	}
	vm_free(vm);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "the host has no GICv3")
