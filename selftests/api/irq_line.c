// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     IRQ_LINE takes SPIs and PPIs that exist once the GIC is ready, and
 *            refuses all others with the errno of the ABI.
 * Reference: kvm-abi.md part 7.1.
 * A failure: shows type, vCPU, number and errno; see arm_vcpu.c, vgic/.
 */
#include "harness.h"
#include "gic.h"

#define CPU	KVM_ARM_IRQ_TYPE_CPU
#define SPI	KVM_ARM_IRQ_TYPE_SPI
#define PPI	KVM_ARM_IRQ_TYPE_PPI

FIXTURE(line) {
	struct vm *vm;
};

FIXTURE_SETUP(line)
{
	self->vm = vm_create();
	ASSERT_EQ(0, vcpu_init(vcpu_create(self->vm, 0), 0));
	ASSERT_EQ(0, vcpu_init(vcpu_create(self->vm, 1), 0));
}

FIXTURE_TEARDOWN(line)
{
	vm_free(self->vm);
}

TEST_F(line, without_a_gic_it_is_enxio)
{
	EXPECT_EQ(-ENXIO, irq_line(self->vm, SPI, 0, 32, 1));
	EXPECT_EQ(-ENXIO, irq_line(self->vm, PPI, 0, 16, 1));
}

TEST_F(line, without_a_gic_the_cpu_lines_work)
{
	int ret = irq_line(self->vm, CPU, 0, KVM_ARM_IRQ_CPU_IRQ, 1);

	if (ret && !check_cap(self->vm->fd, KVM_CAP_ARM_USER_IRQ))
		SKIP(return, "no interrupt controller in user space (yet)");
	EXPECT_EQ(0, ret);
	EXPECT_EQ(0, irq_line(self->vm, CPU, 0, KVM_ARM_IRQ_CPU_IRQ, 0));
	EXPECT_EQ(0, irq_line(self->vm, CPU, 1, KVM_ARM_IRQ_CPU_FIQ, 1));
	EXPECT_EQ(-EINVAL, irq_line(self->vm, CPU, 1, 2, 1));
	EXPECT_EQ(-EINVAL, irq_line(self->vm, CPU, 2, 0, 1));
}

/* A GICv2 initialises itself. */
TEST_F(line, a_gicv3_without_init_is_ebusy)
{
	struct kvm_create_device cd = { .type = gic_type(self->vm) };
	int ret = cd.type == KVM_DEV_TYPE_ARM_VGIC_V3 ? -EBUSY : 0;

	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_CREATE_DEVICE, &cd));
	/* It does so before anything is asked of the interrupt. */
	EXPECT_EQ(ret ? ret : -EINVAL, irq_line(self->vm, PPI, 99, 20, 1));
	EXPECT_EQ(ret ? ret : -EINVAL, irq_line(self->vm, SPI, 0, 5, 1));
	EXPECT_EQ(ret, irq_line(self->vm, SPI, 0, 32, 1));
	EXPECT_EQ(ret, irq_line(self->vm, PPI, 0, 16, 1));
}

TEST_F(line, with_a_gic)
{
	static const u32 bad_spi[] = { 0, 15, 16, 31, 96, 97, 1019, 1020, 1023, 1024,
				       5120, 0xffff };
	static const u32 bad_ppi[] = { 0, 15, 32, 100, 1023, 0xffff };
	unsigned int i;

	gic_create(self->vm, 96);
	EXPECT_EQ(-ENXIO, irq_line(self->vm, CPU, 0, 0, 1));
	for (i = 32; i < 96; i++) {
		EXPECT_EQ(0, irq_line(self->vm, SPI, 0, i, 1));
		EXPECT_EQ(0, irq_line(self->vm, SPI, 0, i, 1));
		EXPECT_EQ(0, irq_line(self->vm, SPI, 0, i, 0));
		EXPECT_EQ(0, irq_line(self->vm, SPI, 0, i, 0));
	}
	for (i = 16; i < 32; i++) {
		/* also the ones that the kernel drives itself: ignored */
		EXPECT_EQ(0, irq_line(self->vm, PPI, 0, i, 1));
		EXPECT_EQ(0, irq_line(self->vm, PPI, 1, i, 0));
		EXPECT_EQ(0, irq_line(self->vm, PPI, 0, i, 0));
	}
	for (i = 0; i < ARRAY_SIZE(bad_spi); i++) {
		EXPECT_EQ(-EINVAL, irq_line(self->vm, SPI, 0, bad_spi[i], 1))
			TH_LOG("SPI %u", bad_spi[i]);
	}
	for (i = 0; i < ARRAY_SIZE(bad_ppi); i++) {
		EXPECT_EQ(-EINVAL, irq_line(self->vm, PPI, 0, bad_ppi[i], 1))
			TH_LOG("PPI %u", bad_ppi[i]);
	}
	EXPECT_EQ(-EINVAL, irq_line(self->vm, PPI, 2, 20, 1));
	EXPECT_EQ(-EINVAL, irq_line(self->vm, PPI, 255, 20, 1));
	EXPECT_EQ(-EINVAL, irq_line(self->vm, PPI, 511, 20, 1));
	for (i = 3; i < 16; i++) {
		EXPECT_EQ(-EINVAL, irq_line(self->vm, i, 0, 32, 1));
	}
}

SELFTEST_MAIN
