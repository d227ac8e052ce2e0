// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     CREATE_DEVICE makes one GIC per VM, probes with TEST, refuses
 *            unknown types; a VM whose GIC is incomplete doesn't run, and says why.
 * Reference: kvm-abi.md parts 1.4, 1.5, 5 (create rules).
 * A failure: shows the errno; see vgic/.
 */
#include "harness.h"
#include "gic.h"

static int create(struct vm *vm, u32 type, u32 flags, struct kvm_create_device *cd)
{
	*cd = (struct kvm_create_device){ .type = type, .flags = flags, .fd = ~0u };
	return kioctlp(vm->fd, KVM_CREATE_DEVICE, cd);
}

static void guest_done(u64 arg)
{
	GUEST_DONE();
}

TEST(a_probe_creates_nothing)
{
	struct vm *vm = vm_create();
	struct kvm_create_device cd;
	int fd;

	EXPECT_EQ(0, create(vm, gic_type(vm), KVM_CREATE_DEVICE_TEST, &cd));
	EXPECT_EQ(0, create(vm, gic_type(vm), KVM_CREATE_DEVICE_TEST, &cd));
	fd = open("/dev/null", O_RDONLY);
	EXPECT_EQ(0, create(vm, gic_type(vm), 0, &cd));
	EXPECT_EQ(fd + 1, (int)cd.fd);
	vm_free(vm);
}

TEST(types_that_do_not_exist_are_enodev)
{
	static const u32 types[] = { 0, 1, 2, 3, 6, 9, 100, ~0u };
	struct vm *vm = vm_create();
	struct kvm_create_device cd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(-ENODEV, create(vm, types[i], 0, &cd))
			TH_LOG("type %u", types[i]);
		EXPECT_EQ(-ENODEV, create(vm, types[i], KVM_CREATE_DEVICE_TEST, &cd));
	}
	vm_free(vm);
}

TEST(one_gic_per_vm)
{
	struct vm *vm = vm_create();
	struct kvm_create_device cd;
	int ret;

	ASSERT_EQ(0, create(vm, gic_type(vm), 0, &cd));
	EXPECT_EQ(-EEXIST, create(vm, gic_type(vm), 0, &cd));
	/* one of the other kind either can't be had here, or is one too many */
	ret = create(vm, gic_type(vm) == KVM_DEV_TYPE_ARM_VGIC_V3 ? KVM_DEV_TYPE_ARM_VGIC_V2 :
		     KVM_DEV_TYPE_ARM_VGIC_V3, 0, &cd);
	EXPECT_TRUE(ret == -EEXIST || ret == -ENODEV);
	/* closing the device doesn't take the GIC away */
	close(cd.fd);
	EXPECT_EQ(-EEXIST, create(vm, gic_type(vm), 0, &cd));
	vm_free(vm);
}

TEST(not_after_a_vcpu_has_run)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	struct kvm_create_device cd;

	vcpu_run_done(vcpu);
	EXPECT_EQ(-EBUSY, create(vm, gic_type(vm), 0, &cd));
	vm_free(vm);
}

TEST(not_run_before_ctrl_init)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	struct kvm_create_device cd;
	u64 dist = GICD_BASE, redist = GICR_BASE;

	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3))
		SKIP(return, "the host has no GICv3");
	ASSERT_EQ(0, create(vm, KVM_DEV_TYPE_ARM_VGIC_V3, 0, &cd));
	ASSERT_EQ(0, dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_DIST, &dist));
	ASSERT_EQ(0, dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist));
	EXPECT_EQ(-EBUSY, vcpu_run_once(vcpu));
}

static int run_with_addresses(u64 dist, u64 redist)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	struct kvm_create_device cd;

	if (create(vm, KVM_DEV_TYPE_ARM_VGIC_V3, 0, &cd))
		die("CREATE_DEVICE");
	/* the redistributor first: a DIST set over it is noticed at the run */
	if (redist != ~0ULL && dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
					KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist))
		die("REDIST");
	if (dist != ~0ULL && dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
				      KVM_VGIC_V3_ADDR_TYPE_DIST, &dist))
		die("DIST");
	if (dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
		     KVM_DEV_ARM_VGIC_CTRL_INIT, NULL))
		die("INIT");
	return vcpu_run_once(vcpu);
}

TEST(not_run_without_addresses)
{
	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3))
		SKIP(return, "the host has no GICv3");
	EXPECT_EQ(-ENXIO, run_with_addresses(~0ULL, ~0ULL));
	EXPECT_EQ(-ENXIO, run_with_addresses(GICD_BASE, ~0ULL));
	EXPECT_EQ(-ENXIO, run_with_addresses(~0ULL, GICR_BASE));
}

TEST(not_run_with_frames_that_overlap)
{
	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3))
		SKIP(return, "the host has no GICv3");
	EXPECT_EQ(-EINVAL, run_with_addresses(GICR_BASE, GICR_BASE));
	EXPECT_EQ(-EINVAL, run_with_addresses(GICR_BASE + SZ_64K, GICR_BASE));
	EXPECT_EQ(0, run_with_addresses(GICR_BASE + 2 * SZ_64K, GICR_BASE));
}

TEST(unknown_ioctls_of_the_device_are_enotty)
{
	struct vm *vm = vm_create();
	struct kvm_create_device cd;

	ASSERT_EQ(0, create(vm, gic_type(vm), 0, &cd));
	EXPECT_EQ(-ENOTTY, kioctl(cd.fd, KVM_RUN, 0));
	EXPECT_EQ(-ENOTTY, kioctl(cd.fd, KVM_CREATE_VCPU, 0));
	EXPECT_EQ(-ENOTTY, kioctl(cd.fd, _IO(KVMIO, 0xff), 0));
	EXPECT_EQ(-ENOTTY, kioctl(cd.fd, 0x5401, 0));
	vm_free(vm);
}

SELFTEST_MAIN
