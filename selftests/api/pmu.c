// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The PMU by KVM's rules: the feature needs the machine's, and brings registers, ID fields and attributes,
 *            which a VM without has not; the attributes are refused in KVM's order with KVM's errors; the first run
 *            needs a complete PMU; PMCR_EL0.N is the VM's; what was read of the registers can be written.
 * Reference: Documentation/virt/kvm/devices/vcpu.rst, 1; kvm-abi.md parts 1.3, 4.2; DDI 0487, D24.5.
 * A failure: shows the call and its errno; see dev/pmu_attr.c, dev/pmu_regs.c. Most of it is skipped where the host's
 *            perf has no PMU (the debug kernel).
 */
#include <dirent.h>
#include <linux/perf_event.h>

#include "harness.h"
#include "pmu.h"

#define IRQ	KVM_ARM_VCPU_PMU_V3_IRQ
#define INIT	KVM_ARM_VCPU_PMU_V3_INIT
#define FILTER	KVM_ARM_VCPU_PMU_V3_FILTER
#define SET_PMU	KVM_ARM_VCPU_PMU_V3_SET_PMU
#define SET_NR	KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS
#define NR_ATTRS 5

static int set(struct vcpu *vcpu, u64 attr, void *value)
{
	return dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, PMU_CTRL, attr, value);
}

static int set_int(struct vcpu *vcpu, u64 attr, int value)
{
	return set(vcpu, attr, &value);
}

static int filter(struct vcpu *vcpu, u16 base, u16 nr, u8 action)
{
	struct kvm_pmu_event_filter f = { .base_event = base, .nevents = nr, .action = action };

	return set(vcpu, FILTER, &f);
}

TEST(without_the_feature_there_is_nothing)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	u64 value = 0;
	int attr, irq;

	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	for (attr = 0; attr < NR_ATTRS + 2; attr++) {
		EXPECT_EQ(-ENXIO, has(vcpu->fd, PMU_CTRL, attr));
		EXPECT_EQ(-ENODEV, set_int(vcpu, attr, INTID_PMU));
	}
	EXPECT_EQ(-EINVAL, dev_attr(vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, IRQ, &irq));
	gic_create(vm, 64);
	EXPECT_EQ(-ENODEV, dev_attr(vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, IRQ, &irq));
	EXPECT_EQ(-ENXIO, dev_attr(vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, INIT, &irq));
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, SYS_ID(R_PMCR), &value));
	EXPECT_EQ(-ENOENT, reg_try_set(vcpu, SYS_ID(R_PMCR), &value));
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, SYS_ID(R_PMEVTYPER(30)), &value));
	EXPECT_EQ(0, reg_get(vcpu, SR_AA64DFR0) >> 8 & 0xf);
	/* nor can it be said that there is one */
	value = reg_get(vcpu, SR_AA64DFR0) | 1 << 8;
	EXPECT_EQ(-EINVAL, reg_try_set(vcpu, SR_AA64DFR0, &value));
	vm_free(vm);
}

TEST(a_machine_without_it_refuses_the_feature)
{
	struct vm *vm = vm_create();

	if (pmu_offered())
		SKIP(return, "this one has a PMU");
	EXPECT_EQ(0, check_cap(vm->fd, KVM_CAP_ARM_PMU_V3));
	EXPECT_EQ(-EINVAL, vcpu_init(vcpu_create(vm, 0), PMU_FEATURE));
	vm_free(vm);
}

static void guest_done(u64 arg)
{
	for (;;)
		GUEST_DONE();
}

FIXTURE(pmu) {
	struct vm *vm;
	struct vcpu *vcpu, *second;
};

FIXTURE_SETUP(pmu)
{
	self->vm = NULL;
	if (!pmu_offered())
		return;
	self->vm = pmu_vm();
	self->vcpu = guest_vcpu(self->vm, 0, guest_done, 0);
	self->second = guest_vcpu(self->vm, 1, guest_done, 0);
}

FIXTURE_TEARDOWN(pmu)
{
	if (self->vm)
		vm_free(self->vm);
}

/* A SKIP in FIXTURE_SETUP() would not keep the test from running. */
#define PMU_TEST(name)									\
	static void body_##name(struct __test_metadata *_metadata, struct _test_data_pmu *self);	\
	TEST_F(pmu, name)								\
	{										\
		if (!self->vm)								\
			SKIP(return, "no PMU");						\
		body_##name(_metadata, self);						\
	}										\
	static void body_##name(struct __test_metadata *_metadata, struct _test_data_pmu *self)

PMU_TEST(all_vcpus_have_it_or_none)
{
	EXPECT_EQ(1, check_cap(self->vm->fd, KVM_CAP_ARM_PMU_V3));
	EXPECT_EQ(1, check_cap(self->vm->dev, KVM_CAP_ARM_PMU_V3));
	EXPECT_EQ(-EINVAL, vcpu_init(vcpu_create(self->vm, 2), 1 << KVM_ARM_VCPU_PSCI_0_2));
	EXPECT_LE(1, reg_get(self->vcpu, SR_AA64DFR0) >> 8 & 0xf);
	EXPECT_GE(6, reg_get(self->vcpu, SR_AA64DFR0) >> 8 & 0xf);
}

PMU_TEST(attributes_are_there)
{
	int attr;

	for (attr = 0; attr < NR_ATTRS; attr++)
		EXPECT_EQ(0, has(self->vcpu->fd, PMU_CTRL, attr));
	EXPECT_EQ(-ENXIO, has(self->vcpu->fd, PMU_CTRL, NR_ATTRS));
	EXPECT_EQ(-ENXIO, has(self->vcpu->fd, PMU_CTRL, ~0UL));
	EXPECT_EQ(-ENXIO, set_int(self->vcpu, NR_ATTRS, 0));
	EXPECT_EQ(-ENXIO, set_int(self->vcpu, ~0UL, 0));
	EXPECT_EQ(-ENXIO, set_int(self->vcpu, 1UL << 32, 0));
}

PMU_TEST(without_a_gic_there_is_no_interrupt_to_choose)
{
	int irq = 0;

	EXPECT_EQ(-EINVAL, pmu_irq(self->vcpu, INTID_PMU));
	EXPECT_EQ(-EINVAL, dev_attr(self->vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, IRQ, &irq));
	EXPECT_EQ(-EINVAL, vcpu_run_once(self->vcpu));
	EXPECT_EQ(0, pmu_init(self->vcpu));
	EXPECT_EQ(-EBUSY, pmu_init(self->vcpu));
	EXPECT_EQ(-EBUSY, set_int(self->vcpu, NR_ATTRS, 0));
	vcpu_run_done(self->vcpu);
	/* the other one has to be complete, too */
	EXPECT_EQ(-EINVAL, vcpu_run_once(self->second));
	EXPECT_EQ(0, pmu_init(self->second));
	vcpu_run_done(self->second);
}

/* INIT before there is a GIC, and then there is one. */
PMU_TEST(a_gic_needs_the_interrupt)
{
	EXPECT_EQ(0, pmu_init(self->vcpu));
	gic_create(self->vm, 64);
	EXPECT_EQ(-EINVAL, vcpu_run_once(self->vcpu));
}

PMU_TEST(the_gic_comes_before_the_pmu)
{
	struct kvm_create_device cd = { .type = gic_type(self->vm) };

	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_CREATE_DEVICE, &cd));
	self->vm->gic = cd.fd;
	EXPECT_EQ(0, pmu_irq(self->vcpu, INTID_PMU));
	EXPECT_EQ(-ENODEV, pmu_init(self->vcpu));
}

PMU_TEST(interrupts_are_the_same_ppi_or_different_spis)
{
	static const int bad[] = { 0, 1, 15, 1020, 1023, 8192, -1, 0x7fffffff, -1023 };
	unsigned int i;
	int irq = 0;

	gic_create(self->vm, 64);
	EXPECT_EQ(-ENXIO, dev_attr(self->vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, IRQ, &irq));
	EXPECT_EQ(-ENXIO, pmu_init(self->vcpu));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, pmu_irq(self->vcpu, bad[i]))
			TH_LOG("%d", bad[i]);
	EXPECT_EQ(-EFAULT, set(self->vcpu, IRQ, (void *)8));
	EXPECT_EQ(0, pmu_irq(self->vcpu, INTID_PMU));
	EXPECT_EQ(0, dev_attr(self->vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, IRQ, &irq));
	EXPECT_EQ(INTID_PMU, irq);
	EXPECT_EQ(-EFAULT, dev_attr(self->vcpu->fd, KVM_GET_DEVICE_ATTR, PMU_CTRL, IRQ, (void *)8));
	EXPECT_EQ(-EBUSY, pmu_irq(self->vcpu, INTID_PMU));
	EXPECT_EQ(-EINVAL, pmu_irq(self->vcpu, INTID_PMU + 1));
	EXPECT_EQ(-EINVAL, pmu_irq(self->second, INTID_PMU + 1));
	EXPECT_EQ(0, pmu_irq(self->second, INTID_PMU));
	EXPECT_EQ(0, pmu_init(self->vcpu));
	EXPECT_EQ(0, pmu_init(self->second));
	/* the line is ours */
	EXPECT_EQ(0, irq_line(self->vm, KVM_ARM_IRQ_TYPE_PPI, 0, INTID_PMU, 1));
	vcpu_run_done(self->vcpu);
	vcpu_run_done(self->second);
	EXPECT_EQ(-EBUSY, pmu_init(self->vcpu));
}

PMU_TEST(spis)
{
	gic_create(self->vm, 64);
	EXPECT_EQ(0, pmu_irq(self->vcpu, 40));
	EXPECT_EQ(-EINVAL, pmu_irq(self->second, 40));
	EXPECT_EQ(-EINVAL, pmu_irq(self->second, INTID_PMU));
	/* one that this GIC has not */
	EXPECT_EQ(0, pmu_irq(self->second, 64));
	EXPECT_EQ(-EINVAL, pmu_init(self->second));
	EXPECT_EQ(0, pmu_init(self->vcpu));
	vcpu_run_done(self->vcpu);
}

PMU_TEST(a_timer_wants_its_interrupt)
{
	gic_create(self->vm, 64);
	EXPECT_EQ(0, pmu_irq(self->vcpu, INTID_VTIMER));
	EXPECT_EQ(0, pmu_init(self->vcpu));
	EXPECT_EQ(-EINVAL, vcpu_run_once(self->vcpu));
}

PMU_TEST(filters)
{
	u16 nr = reg_get(self->vcpu, SR_AA64DFR0) >> 8 & 0xe ? 0xffff : 0x400;

	EXPECT_EQ(-EFAULT, set(self->vcpu, FILTER, (void *)8));
	EXPECT_EQ(-EINVAL, filter(self->vcpu, 0xffff, 2, KVM_PMU_EVENT_ALLOW));
	EXPECT_EQ(-EINVAL, filter(self->vcpu, nr, nr, KVM_PMU_EVENT_ALLOW));
	EXPECT_EQ(-EINVAL, filter(self->vcpu, 0, 1, 2));
	EXPECT_EQ(0, filter(self->vcpu, 0, 0, KVM_PMU_EVENT_ALLOW));
	EXPECT_EQ(0, filter(self->vcpu, 0, nr, KVM_PMU_EVENT_ALLOW));
	EXPECT_EQ(0, filter(self->vcpu, nr, 0, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(0, filter(self->vcpu, nr - 1, 1, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(0, pmu_init(self->vcpu));
	EXPECT_EQ(-EBUSY, filter(self->vcpu, 0, 1, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(0, filter(self->second, 0, 1, KVM_PMU_EVENT_DENY));
	vcpu_run_done(self->vcpu);
	EXPECT_EQ(-EBUSY, filter(self->second, 0, 1, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(-EINVAL, filter(self->second, 0, 1, 2));
}

/* perf's number of the CPUs' PMU, as user space finds it. */
static int pmu_type(void)
{
	DIR *dir = opendir("/sys/bus/event_source/devices");
	struct dirent *d;
	char path[300];
	int type = -1;
	FILE *f;

	while (dir && type < 0 && (d = readdir(dir))) {
		if (strncmp(d->d_name, "armv8", 5))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", d->d_name);
		f = fopen(path, "r");
		if (f && fscanf(f, "%d", &type) != 1)
			type = -1;
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return type;
}

PMU_TEST(which_pmu)
{
	static const int bad[] = { -1, PERF_TYPE_HARDWARE, PERF_TYPE_SOFTWARE, PERF_TYPE_RAW, 12345 };
	unsigned int i;
	int type = pmu_type();

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-ENXIO, set_int(self->vcpu, SET_PMU, bad[i]));
	EXPECT_EQ(-EFAULT, set(self->vcpu, SET_PMU, (void *)8));
	if (type < 0)
		SKIP(return, "no sysfs");
	EXPECT_EQ(0, set_int(self->vcpu, SET_PMU, type));
	/* the counters are all of it again */
	EXPECT_EQ(0, set_int(self->vcpu, SET_NR, 0));
	EXPECT_EQ(0, set_int(self->vcpu, SET_PMU, type));
	EXPECT_NE(0, PMCR_N(reg_get(self->vcpu, SYS_ID(R_PMCR))));
	EXPECT_EQ(0, filter(self->vcpu, 0, 1, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(0, set_int(self->vcpu, SET_PMU, type));
	EXPECT_EQ(0, pmu_init(self->vcpu));
	EXPECT_EQ(-EBUSY, set_int(self->vcpu, SET_PMU, type));
	vcpu_run_done(self->vcpu);
	EXPECT_EQ(-EBUSY, set_int(self->second, SET_PMU, type));
	EXPECT_EQ(-ENXIO, set_int(self->second, SET_PMU, -1));
}

PMU_TEST(number_of_counters)
{
	u64 pmcr = reg_get(self->vcpu, SYS_ID(R_PMCR)), max = PMCR_N(pmcr);
	int n;

	ASSERT_NE(0, max);
	EXPECT_EQ(-EINVAL, set_int(self->vcpu, SET_NR, max + 1));
	EXPECT_EQ(-EINVAL, set_int(self->vcpu, SET_NR, -1));
	EXPECT_EQ(-EFAULT, set(self->vcpu, SET_NR, (void *)8));
	for (n = max; n >= 0; n--) {
		EXPECT_EQ(0, set_int(self->vcpu, SET_NR, n));
		EXPECT_EQ(n, PMCR_N(reg_get(self->vcpu, SYS_ID(R_PMCR))));
		EXPECT_EQ(n, PMCR_N(reg_get(self->second, SYS_ID(R_PMCR))));
	}
	/* by PMCR_EL0 likewise; too many are passed over */
	reg_set(self->vcpu, SYS_ID(R_PMCR), (max + 1) << 11);
	EXPECT_EQ(0, PMCR_N(reg_get(self->vcpu, SYS_ID(R_PMCR))));
	reg_set(self->vcpu, SYS_ID(R_PMCR), max << 11);
	EXPECT_EQ(max, PMCR_N(reg_get(self->second, SYS_ID(R_PMCR))));
	reg_set(self->vcpu, SYS_ID(R_PMCR), 2UL << 11);
	/* it is the VM's, and stays */
	ASSERT_EQ(0, vcpu_init(self->vcpu, self->vm->features));
	EXPECT_EQ(2, PMCR_N(reg_get(self->vcpu, SYS_ID(R_PMCR))));
	EXPECT_EQ(0, pmu_init(self->second));
	vcpu_run_done(self->second);
	reg_set(self->vcpu, SYS_ID(R_PMCR), max << 11);
	EXPECT_EQ(2, PMCR_N(reg_get(self->vcpu, SYS_ID(R_PMCR))));
	EXPECT_EQ(-EBUSY, set_int(self->vcpu, SET_NR, 1));
}

static bool listed(const struct kvm_reg_list *list, u64 id)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (list->reg[i] == id)
			return true;
	return false;
}

PMU_TEST(registers_are_listed)
{
	static const u16 single[] = {
		R_PMCR, R_PMCNTENSET, R_PMCNTENCLR, R_PMOVSCLR, R_PMSWINC, R_PMSELR, R_PMCCNTR, R_PMUSERENR, R_PMOVSSET,
		R_PMINTENSET, R_PMINTENCLR, R_PMCCFILTR,
	};
	static const u16 absent[] = { R_PMCEID0, R_PMCEID1, R_PMXEVTYPER, R_PMXEVCNTR, SYSREG(3, 0, 9, 14, 6) };
	struct kvm_reg_list *list = reg_list(self->vcpu);
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(single); i++)
		EXPECT_TRUE(listed(list, SYS_ID(single[i])))
			TH_LOG("0x%x", single[i]);
	for (i = 0; i < 31; i++) {
		EXPECT_TRUE(listed(list, SYS_ID(R_PMEVCNTR(i))));
		EXPECT_TRUE(listed(list, SYS_ID(R_PMEVTYPER(i))));
	}
	for (i = 0; i < ARRAY_SIZE(absent); i++)
		EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, SYS_ID(absent[i]), &value));
	free(list);
}

/* Writes of all ones leave what there is, in both registers of a pair; 0 can be written to both as well. */
PMU_TEST(sets_have_the_counters_that_there_are)
{
	static const u16 pairs[][2] = {
		{ R_PMCNTENSET, R_PMCNTENCLR }, { R_PMINTENSET, R_PMINTENCLR }, { R_PMOVSSET, R_PMOVSCLR },
	};
	u64 valid = ((1UL << PMCR_N(reg_get(self->vcpu, SYS_ID(R_PMCR)))) - 1) | CYCLES_BIT;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		for (n = 0; n < 2; n++) {
			EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(pairs[i][n])));
			reg_set(self->vcpu, SYS_ID(pairs[i][n]), ~0UL);
			EXPECT_EQ(valid, reg_get(self->vcpu, SYS_ID(pairs[i][0])));
			EXPECT_EQ(valid, reg_get(self->vcpu, SYS_ID(pairs[i][1])));
			reg_set(self->vcpu, SYS_ID(pairs[i][!n]), 0);
			EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(pairs[i][n])));
		}
	}
}

PMU_TEST(what_was_read_can_be_written)
{
	struct kvm_reg_list *list = reg_list(self->vcpu);
	u64 seed = 88172645463325252ULL, value, again;
	unsigned int i, round;

	for (round = 0; round < 8; round++) {
		for (i = 0; i < list->n; i++) {
			u32 r = list->reg[i] & 0xffff;

			if ((list->reg[i] & KVM_REG_ARM_COPROC_MASK) != KVM_REG_ARM64_SYSREG ||
			    (SYSREG_CRN(r) != 9 && (SYSREG_CRN(r) != 14 || SYSREG_CRM(r) < 8)))
				continue;
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			value = round ? seed : ~0UL;
			EXPECT_EQ(0, reg_try_set(self->vcpu, list->reg[i], &value));
			value = reg_get(self->vcpu, list->reg[i]);
			EXPECT_EQ(0, reg_try_set(self->vcpu, list->reg[i], &value));
			again = reg_get(self->vcpu, list->reg[i]);
			EXPECT_EQ(value, again)
				TH_LOG("0x%x", r);
		}
	}
	/* whatever that has switched on: it runs, and goes away */
	pmu_init_all(self->vm);
	vcpu_run_done(self->vcpu);
	vcpu_run_done(self->second);
	free(list);
}

PMU_TEST(the_version_may_be_lowered)
{
	u64 dfr0 = reg_get(self->vcpu, SR_AA64DFR0), value, version = dfr0 >> 8 & 0xf, v;

	for (v = 0; v < 16; v++) {
		value = (dfr0 & ~0xf00UL) | v << 8;
		EXPECT_EQ(v && v <= version ? 0 : -EINVAL, reg_try_set(self->vcpu, SR_AA64DFR0, &value))
			TH_LOG("version %lu of %lu", v, version);
	}
	/* of the first there are ten bits of events, and no 64-bit counters */
	value = (dfr0 & ~0xf00UL) | 1 << 8;
	ASSERT_EQ(0, reg_try_set(self->vcpu, SR_AA64DFR0, &value));
	reg_set(self->vcpu, SYS_ID(R_PMEVTYPER(0)), 0xffff);
	EXPECT_EQ(0x3ff, reg_get(self->vcpu, SYS_ID(R_PMEVTYPER(0))));
	reg_set(self->vcpu, SYS_ID(R_PMEVCNTR(0)), ~0UL);
	EXPECT_EQ(0xffffffff, reg_get(self->vcpu, SYS_ID(R_PMEVCNTR(0))));
	reg_set(self->vcpu, SYS_ID(R_PMCR), PMCR_LP);
	EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(R_PMCR)) & PMCR_LP);
}

PMU_TEST(a_reset_clears)
{
	reg_set(self->vcpu, SYS_ID(R_PMCR), PMCR_E | 2UL << 11);
	reg_set(self->vcpu, SYS_ID(R_PMCNTENSET), ~0UL);
	reg_set(self->vcpu, SYS_ID(R_PMCCNTR), 1234);
	reg_set(self->vcpu, SYS_ID(R_PMUSERENR), ~0UL);
	EXPECT_EQ(0xf, reg_get(self->vcpu, SYS_ID(R_PMUSERENR)));
	reg_set(self->vcpu, SYS_ID(R_PMSELR), ~0UL);
	EXPECT_EQ(0x1f, reg_get(self->vcpu, SYS_ID(R_PMSELR)));
	ASSERT_EQ(0, vcpu_init(self->vcpu, self->vm->features));
	EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(R_PMCR)) & (PMCR_E | PMCR_P | PMCR_C));
	EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(R_PMCNTENSET)));
	EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(R_PMCCNTR)));
	EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(R_PMUSERENR)));
	EXPECT_EQ(0, reg_get(self->vcpu, SYS_ID(R_PMSELR)));
}

/* Attributes at random, with pointers that lead somewhere, nowhere and into the kernel: errors of the ABI alone. */
PMU_TEST(attributes_at_random)
{
	static const unsigned long cmds[] = { KVM_SET_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR };
	u64 buffer[4], seed = 1;
	unsigned int i;
	int ret;

	for (i = 0; i < 20000; i++) {
		void *ptrs[] = { buffer, (char *)buffer + 3, (void *)8, NULL, (void *)0xffff800000000000, (void *)-1L };

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		buffer[0] = seed >> 33;
		buffer[1] = seed >> 17;
		if (i % 3 == 0)
			buffer[0] &= 0x3ff;
		ret = dev_attr(i & 1 ? self->vcpu->fd : self->second->fd, cmds[seed >> 60 & 3 ? (seed >> 60) % 3 : 0],
			       PMU_CTRL, (seed >> 40) % 7, ptrs[(seed >> 48) % 6]);
		EXPECT_TRUE(!ret || ret == -EINVAL || ret == -EFAULT || ret == -EBUSY || ret == -ENXIO ||
			    ret == -ENODEV)
			TH_LOG("%d", ret);
		if (i == 10000)
			gic_create(self->vm, 64);
	}
}

SELFTEST_MAIN
