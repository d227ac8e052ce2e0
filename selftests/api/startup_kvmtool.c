// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The calls that kvmtool makes to start a two-vCPU guest with --irqchip gicv3 (gicv2 on a host with no
 *            other) and without PCI are answered as kvmtool needs it, and the guest runs. So are its trials of one
 *            kind of interrupt controller after the other, which it makes without that option.
 * Reference: kvmtool's source, as of 2018 and later: kvm__init() and kvm__check_extensions() in kvm.c, gic__create()
 *            and gic__init_gic() in arm/gic.c, kvm_cpu__arch_init() in arm/kvm-cpu.c, kvm_cpu__reset_vcpu() in
 *            arm/aarch64/kvm-cpu.c. No suite of Debian has the program, so this order was read and not recorded, as
 *            that of startup_qemu.c was.
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

/*
 * One kind of interrupt controller, as kvmtool tries it: for a GICv3 the redistributors right below the distributor;
 * the device's other half is placed first. No flag says that it is a trial; what fails is closed.
 */
static int try_gic(struct vm *vm, u32 type, bool its)
{
	bool is_v2 = type == KVM_DEV_TYPE_ARM_VGIC_V2;
	u64 dist = GICD_BASE, other = is_v2 ? GICC_BASE : GICR_BASE;
	struct kvm_create_device gic = { .type = type };
	struct kvm_create_device frame = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };
	int ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &gic);

	if (ret)
		return ret;
	ret = dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
		       is_v2 ? KVM_VGIC_V2_ADDR_TYPE_CPU : KVM_VGIC_V3_ADDR_TYPE_REDIST, &other);
	if (!ret)
		ret = dev_attr(gic.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			       is_v2 ? KVM_VGIC_V2_ADDR_TYPE_DIST : KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	if (!ret && its)
		ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &frame);
	if (ret) {
		close(gic.fd);
		return ret;
	}
	vm->gic = gic.fd;
	vm->gic_is_v2 = is_v2;
	return 0;
}

/* kvm__init() up to the interrupt controller: what comes before it, and in this order. */
static struct vm *new_vm(void)
{
	static const long required[] = { KVM_CAP_IRQCHIP, KVM_CAP_ONE_REG, KVM_CAP_ARM_PSCI };
	int dev = dev_open(), i, ipa;
	struct vm *vm;

	if (kioctl(dev, KVM_GET_API_VERSION, 0) != 12)
		die("KVM_GET_API_VERSION");
	ipa = check_cap(dev, KVM_CAP_ARM_VM_IPA_SIZE);
	close(dev);
	/* RAM up to 2 GiB: a 32-bit IPA space */
	vm = vm_create_type(ipa > 0 ? 32 : 0);
	for (i = 0; i < ARRAY_SIZE(required); i++)
		if (check_cap(vm->dev, required[i]) != 1)
			die("capability %ld", required[i]);
	return vm;
}

/* kvm_cpu__arch_init() */
static struct vcpu *new_vcpu(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu = vcpu_create(vm, id);
	struct kvm_vcpu_init init = {}, preferred;
	int sve = KVM_ARM_VCPU_SVE;

	if (id)
		init.features[0] |= 1 << KVM_ARM_VCPU_POWER_OFF;
	if (check_cap(vm->dev, KVM_CAP_ARM_PSCI_0_2) > 0)
		init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (check_cap(vm->dev, KVM_CAP_ARM_PTRAUTH_ADDRESS) > 0 &&
	    check_cap(vm->dev, KVM_CAP_ARM_PTRAUTH_GENERIC) > 0)
		init.features[0] |= 1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS | 1 << KVM_ARM_VCPU_PTRAUTH_GENERIC;
	if (check_cap(vm->dev, KVM_CAP_ARM_SVE) > 0)
		init.features[0] |= 1 << KVM_ARM_VCPU_SVE;
	if (kioctlp(vm->fd, KVM_ARM_PREFERRED_TARGET, &preferred))
		die("KVM_ARM_PREFERRED_TARGET");
	init.target = preferred.target;
	if (kioctlp(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
		die("KVM_ARM_VCPU_INIT of vCPU %u", id);
	if (init.features[0] & 1 << KVM_ARM_VCPU_SVE && kioctlp(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &sve))
		die("KVM_ARM_VCPU_FINALIZE of vCPU %u", id);
	/* A page number into the vCPU's mapping, or none; an error would be taken for one. */
	if (check_cap(vm->dev, KVM_CAP_COALESCED_MMIO) < 0)
		die("KVM_CAP_COALESCED_MMIO");
	return vcpu;
}

/* kvm_cpu__reset_vcpu(), in the vCPU's own thread. Those that are off get all but PC and x0. */
static void reset_vcpu(struct vcpu *vcpu)
{
	unsigned int i;

	reg_set(vcpu, PSTATE_REG, 0x3c5);
	for (i = 1; i < 4; i++)
		reg_set(vcpu, X_REG(i), 0);
	if (vcpu->id)
		return;
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	reg_set(vcpu, PC_REG, (u64)guest_entry);
}

/* gic__init_gic() */
static void init_gic(struct vm *vm)
{
	u32 nr_irqs = 64 + 32;

	if (dev_attr(vm->gic, KVM_HAS_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs) ||
	    dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs))
		die("NR_IRQS");
	if (dev_attr(vm->gic, KVM_HAS_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL) ||
	    dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL))
		die("INIT of the GIC");
	if (check_cap(vm->fd, KVM_CAP_MSI_DEVID) < 0)
		die("KVM_CAP_MSI_DEVID");
}

TEST(kvmtool_starts_a_guest)
{
	struct vm *vm = new_vm();
	int i;

	/* --irqchip gicv3, and gicv2 on hosts with nothing else */
	i = try_gic(vm, KVM_DEV_TYPE_ARM_VGIC_V3, false);
	if (i) {
		ASSERT_EQ(-ENODEV, i);
		ASSERT_EQ(0, try_gic(vm, KVM_DEV_TYPE_ARM_VGIC_V2, false));
	}
	/* memory, also a read-only flash */
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	mem_add(vm, 1, KVM_MEM_READONLY, 0x02000000, SZ_1M);
	vm_load_image(vm);
	gv(vm, gic_version) = vm->gic_is_v2 ? 2 : 3;
	EXPECT_LT(0, check_cap(vm->dev, KVM_CAP_NR_VCPUS));
	EXPECT_LT(0, check_cap(vm->dev, KVM_CAP_MAX_VCPUS));
	for (i = 0; i < 2; i++) {
		struct vcpu *vcpu = new_vcpu(vm, i);

		EXPECT_EQ(1u << 31 | i, reg_get(vcpu, SR_MPIDR_EL1));
		guest_set_entry(vcpu, guest_boot, 0);
	}
	init_gic(vm);
	for (i = 1; i >= 0; i--)
		reset_vcpu(vm->vcpus[i]);
	/* endianness of the guest, asked at virtio's first access */
	EXPECT_EQ(0, reg_get(vm->vcpus[0], SR_SCTLR_EL1) >> 25 & 1);
	/* a line that kvmtool's devices may move at once */
	ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, 32, 0));
	vcpus_run_done(vm);
	vm_free(vm);
}

/*
 * Without --irqchip kvmtool goes from the best to the plainest until one works. All are tried on one VM, so the first
 * GIC decides: where the ITS that comes with it can't be had, all that follow find a GIC there.
 */
TEST(the_kinds_of_gic_are_tried_on_one_vm)
{
	struct vm *vm = new_vm();
	struct kvm_create_device probe = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS, .flags = KVM_CREATE_DEVICE_TEST };
	int has_its = kioctlp(vm->fd, KVM_CREATE_DEVICE, &probe) == 0;
	int ret = try_gic(vm, KVM_DEV_TYPE_ARM_VGIC_V3, true);

	if (has_its) {
		EXPECT_EQ(0, ret);
	} else {
		/* from the ITS, or from a host without a GICv3: only then the VM is as it was */
		ASSERT_EQ(-ENODEV, ret);
		probe.type = KVM_DEV_TYPE_ARM_VGIC_V3;
		if (kioctlp(vm->fd, KVM_CREATE_DEVICE, &probe) == -ENODEV) {
			EXPECT_EQ(0, try_gic(vm, KVM_DEV_TYPE_ARM_VGIC_V2, false));
		} else {
			EXPECT_EQ(-EEXIST, try_gic(vm, KVM_DEV_TYPE_ARM_VGIC_V3, false));
			/* gicv2 is left, by the old way too; first of all, whether the host has one */
			probe.type = KVM_DEV_TYPE_ARM_VGIC_V2;
			ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &probe) ?: -EEXIST;
			EXPECT_EQ(ret, kioctl(vm->fd, KVM_CREATE_IRQCHIP, 0));
		}
	}
	vm_free(vm);
}

SELFTEST_MAIN
