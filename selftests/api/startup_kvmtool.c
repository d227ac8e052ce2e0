// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The sequence of calls that kvmtool makes to start a two-vCPU guest
 *            with the host's kind of GIC and without PCI is answered as kvmtool needs it, and the
 *            guest runs.
 * Reference: kvm-abi.md part 0.3 (kvmtool).
 * A failure: the line is the step that would stop kvmtool.
 */
#include "harness.h"
#include "gic.h"

static void guest_boot(u64 arg)
{
	struct smccc_res res;

	/* the other CPU comes up through PSCI, as Linux would do it */
	if (this_cpu()->index == 0) {
		struct guest_cpu *other = (void *)guest_cpu_gpa(1);

		gic_dist_init();
		gic_cpu_init();
		guest_hvc(0xc4000003, 1, (u64)guest_entry, (u64)other, &res);
		GUEST_ASSERT_EQ(0, res.a0);
	}
	GUEST_DONE();
}

TEST(kvmtool_starts_a_guest)
{
	int dev = dev_open(), fd, ret, i, mmap_size;
	u64 dist, other, v;
	bool is_v2;
	u32 nr_irqs = 64 + 32;
	struct kvm_create_device gic;
	struct kvm_vcpu_init init;
	struct vm *vm;

	ASSERT_EQ(12, kioctl(dev, KVM_GET_API_VERSION, 0));
	ret = check_cap(dev, KVM_CAP_ARM_VM_IPA_SIZE);
	ASSERT_LE(0, ret);
	/* RAM up to 2 GiB: a 32-bit IPA space */
	close(dev);
	vm = vm_create_type(ret ? 32 : 0);
	ASSERT_EQ(1, check_cap(vm->dev, KVM_CAP_IRQCHIP));
	ASSERT_EQ(1, check_cap(vm->dev, KVM_CAP_ONE_REG));
	ASSERT_EQ(1, check_cap(vm->dev, KVM_CAP_ARM_PSCI));

	/* the interrupt controller: probe for an ITS, then create */
	gic = (struct kvm_create_device){ .type = KVM_DEV_TYPE_ARM_VGIC_ITS,
					  .flags = KVM_CREATE_DEVICE_TEST };
	ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &gic);
	EXPECT_TRUE(ret == 0 || ret == -ENODEV);
	gic = (struct kvm_create_device){ .type = KVM_DEV_TYPE_ARM_VGIC_V3,
					  .flags = KVM_CREATE_DEVICE_TEST };
	ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &gic);
	is_v2 = ret == -ENODEV;
	if (is_v2)
		gic.type = KVM_DEV_TYPE_ARM_VGIC_V2;
	gic.flags = 0;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_CREATE_DEVICE, &gic));
	vm->gic = gic.fd;
	/* kvmtool: distributor below 1 GiB, redistributors or CPU interface below it */
	dist = GICD_BASE;
	other = is_v2 ? GICC_BASE : GICR_BASE;
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      is_v2 ? KVM_VGIC_V2_ADDR_TYPE_DIST : KVM_VGIC_V3_ADDR_TYPE_DIST,
			      &dist));
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      is_v2 ? KVM_VGIC_V2_ADDR_TYPE_CPU : KVM_VGIC_V3_ADDR_TYPE_REDIST,
			      &other));

	/* memory, also a read-only flash */
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	mem_add(vm, 1, KVM_MEM_READONLY, 0x02000000, SZ_1M);
	vm_load_image(vm);
	gv(vm, gic_version) = is_v2 ? 2 : 3;

	mmap_size = kioctl(vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	ASSERT_LT(0, mmap_size);
	for (i = 0; i < 2; i++) {
		struct vcpu *vcpu = vcpu_create(vm, i);

		ASSERT_EQ(0, kioctlp(vm->fd, KVM_ARM_PREFERRED_TARGET, &init));
		if (check_cap(vm->dev, KVM_CAP_ARM_PSCI_0_2))
			init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
		if (i)
			init.features[0] |= 1 << KVM_ARM_VCPU_POWER_OFF;
		if (check_cap(vm->dev, KVM_CAP_ARM_PTRAUTH_ADDRESS) > 0 &&
		    check_cap(vm->dev, KVM_CAP_ARM_PTRAUTH_GENERIC) > 0)
			init.features[0] |= 1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
					    1 << KVM_ARM_VCPU_PTRAUTH_GENERIC;
		if (check_cap(vm->dev, KVM_CAP_ARM_SVE) > 0)
			init.features[0] |= 1 << KVM_ARM_VCPU_SVE;
		ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_ARM_VCPU_INIT, &init));
		if (init.features[0] & 1 << KVM_ARM_VCPU_SVE) {
			int feature = KVM_ARM_VCPU_SVE;

			ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &feature));
		}
		EXPECT_EQ(1u << 31 | i, reg_get(vcpu, SR_MPIDR_EL1));
		guest_set_entry(vcpu, guest_boot, 0);
	}
	/* after the vCPUs */
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0,
			      &nr_irqs));
	ASSERT_EQ(0, dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			      KVM_DEV_ARM_VGIC_CTRL_INIT, NULL));

	/* boot registers; kvmtool calls SET for x1..x3 of the first vCPU as well */
	v = 0x3c5;
	ASSERT_EQ(0, reg_try_set(vm->vcpus[0], PSTATE_REG, &v));
	for (i = 1; i < 4; i++)
		reg_set(vm->vcpus[0], X_REG(i), 0);
	reg_set(vm->vcpus[0], X_REG(0), guest_cpu_gpa(0));
	reg_set(vm->vcpus[0], PC_REG, (u64)guest_entry);
	/* endianness of the guest, asked at virtio's first access */
	EXPECT_EQ(0, reg_get(vm->vcpus[0], SR_SCTLR_EL1) >> 25 & 1);
	/* a write that kvmtool's devices may make at once */
	ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, 32, 0));
	vcpus_run_done(vm);

	/* terminating: pause by signal and close */
	fd = vm->fd;
	EXPECT_EQ(1, check_cap(fd, KVM_CAP_IRQCHIP));
	vm_free(vm);
}

SELFTEST_MAIN
