// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The calls that QEMU makes from its start to a running guest, and at its end, are answered as KVM answers
 *            them, or as QEMU 7.2 needs it where a capability that is asked for first says that there is less.
 * Reference: the recording of Debian 12's QEMU 7.2 with -machine virt,gic-version=3,its=off -accel kvm -cpu host
 *            -smp 2 by tools/record_ioctls.c, on armvcpu and on the KVM of Debian's 6.1. startup_qemu_calls.h
 *            is that recording.
 * A failure: the row's number and call are named; it is the step that would stop QEMU.
 */
#include <sys/eventfd.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"
#include "startup_qemu_calls.h"

struct player {
	struct vm *vm;
	int file[NR_FILES];
	struct vcpu *cpu[2];
	u32 features;			/* by the capabilities */
	bool has[256];			/* capabilities, as they were answered */
	bool with_its;
	u64 kept;
	struct {
		u64 n;
		u64 id[1200];
		u64 value[1200];
	} saved[2];			/* QEMU's cpreg list */
};

/* What QEMU keeps in its list: U32 and U64, neither core nor SVE, sorted. */
static bool is_listed(u64 id)
{
	u64 size = id & KVM_REG_SIZE_MASK, class = id & KVM_REG_ARM_COPROC_MASK;

	return class != KVM_REG_ARM_CORE && class != KVM_REG_ARM64_SVE &&
	       (size == KVM_REG_SIZE_U32 || size == KVM_REG_SIZE_U64);
}

static int by_id(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static int get_list(struct player *p, const struct call *c)
{
	unsigned int cpu = c->file - CPU0;
	struct kvm_reg_list n = {}, *list;
	u64 i;

	if (kioctlp(p->file[c->file], KVM_GET_REG_LIST, &n) != -E2BIG || n.n > ARRAY_SIZE(p->saved[0].id))
		return -EIO;
	list = calloc(1, sizeof(*list) + n.n * sizeof(u64));
	list->n = n.n;
	if (kioctlp(p->file[c->file], KVM_GET_REG_LIST, list))
		return -EIO;
	qsort(list->reg, list->n, sizeof(u64), by_id);
	p->saved[cpu].n = 0;
	for (i = 0; i < list->n; i++)
		if (is_listed(list->reg[i]))
			p->saved[cpu].id[p->saved[cpu].n++] = list->reg[i];
	free(list);
	return p->saved[cpu].n > 64 ? 0 : -EIO;
}

static int one_reg(int fd, unsigned long cmd, u64 id, void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)value };
	int ret = kioctlp(fd, cmd, &reg);

	if (ret)
		fprintf(stderr, "# %s 0x%lx: %d\n", cmd == KVM_SET_ONE_REG ? "SET" : "GET", id, ret);
	return ret;
}

static int sync_list(struct player *p, const struct call *c, unsigned long cmd)
{
	unsigned int cpu = c->file - CPU0;
	int ret = 0;
	u64 i, id;

	for (i = 0; i < p->saved[cpu].n; i++) {
		id = p->saved[cpu].id[i];
		if (cmd == KVM_SET_ONE_REG && c->nr && (id == KVM_REG_ARM_TIMER_CNT || id == KVM_REG_ARM_PTIMER_CNT))
			continue;
		ret = one_reg(p->file[c->file], cmd, id, &p->saved[cpu].value[i]) ?: ret;
	}
	return ret;
}

/* x0 to x30, SP_EL0, SP_EL1, PSTATE, PC, ELR_EL1, five SPSRs, V0 to V31, FPSR, FPCR. */
static int sync_core(struct player *p, const struct call *c, unsigned long cmd)
{
	static const u64 after_x[] = {
		CORE_REG(regs.sp), SP_EL1_REG, PSTATE_REG, PC_REG, ELR_EL1_REG,
		CORE_REG(spsr[0]), CORE_REG(spsr[1]), CORE_REG(spsr[2]), CORE_REG(spsr[3]), CORE_REG(spsr[4]),
	};
	static const u64 after_v[] = {
		CORE_REG_SIZED(fp_regs.fpsr, KVM_REG_SIZE_U32), CORE_REG_SIZED(fp_regs.fpcr, KVM_REG_SIZE_U32),
	};
	int fd = p->file[c->file], ret = 0;
	unsigned int i;

	for (i = 0; i < 31 + ARRAY_SIZE(after_x) + 32 + ARRAY_SIZE(after_v); i++) {
		u64 value[2] = {}, id;

		if (i < 31)
			id = X_REG(i);
		else if (i < 31 + ARRAY_SIZE(after_x))
			id = after_x[i - 31];
		else if (i < 31 + ARRAY_SIZE(after_x) + 32)
			id = CORE_REG_SIZED(fp_regs.vregs[0], KVM_REG_SIZE_U128) + 4 * (i - 31 - ARRAY_SIZE(after_x));
		else
			id = after_v[i - 31 - ARRAY_SIZE(after_x) - 32];
		if (cmd == KVM_SET_ONE_REG && id == PSTATE_REG)
			value[0] = 0x3c5;
		ret = one_reg(fd, cmd, id, value) ?: ret;
	}
	return ret;
}

static int init_vcpu(struct player *p, const struct call *c)
{
	struct kvm_vcpu_init init;

	if (kioctlp(p->file[VM], KVM_ARM_PREFERRED_TARGET, &init))
		return -EIO;
	memset(init.features, 0, sizeof(init.features));
	init.features[0] = p->features & (c->file == SCRATCH_CPU ? ~(1u << KVM_ARM_VCPU_PSCI_0_2) : ~0u);
	return kioctlp(p->file[c->file], KVM_ARM_VCPU_INIT, &init);
}

static int create_device(struct player *p, const struct call *c)
{
	struct kvm_create_device device = { .type = c->nr, .fd = -1, .flags = c->attr };
	int ret = kioctlp(p->file[c->file], KVM_CREATE_DEVICE, &device);

	if (ret || c->attr)
		return ret;
	p->file[c->nr == KVM_DEV_TYPE_ARM_VGIC_ITS ? ITS : GIC] = device.fd;
	if (c->nr != KVM_DEV_TYPE_ARM_VGIC_ITS)
		p->vm->gic = device.fd;
	return ret;
}

static int add_slot(struct player *p, const struct call *c)
{
	mem_add(p->vm, c->nr & 0xffff, c->nr >> 16, c->attr, c->val);
	if (c->attr == RAM_BASE)
		vm_load_image(p->vm);
	return 0;
}

static int ioevent(struct player *p, const struct call *c)
{
	static int events[8];
	struct kvm_ioeventfd io = { .datamatch = c->attr, .len = 2, .flags = c->nr };

	if (!(c->nr & KVM_IOEVENTFD_FLAG_DEASSIGN))
		events[c->attr] = eventfd(0, EFD_CLOEXEC);
	io.fd = events[c->attr];
	return kioctlp(p->file[c->file], KVM_IOEVENTFD, &io);
}

static int set_routes(struct player *p, const struct call *c)
{
	struct kvm_irq_routing *routes = calloc(1, sizeof(*routes) + c->nr * sizeof(routes->entries[0]));
	int ret;
	u32 i;

	routes->nr = c->nr;
	for (i = 0; i < c->nr; i++) {
		routes->entries[i].gsi = i;
		routes->entries[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		routes->entries[i].u.irqchip.pin = i;
	}
	ret = kioctlp(p->file[c->file], KVM_SET_GSI_ROUTING, routes);
	free(routes);
	return ret;
}

static int attr_call(struct player *p, const struct call *c, u64 attr)
{
	u64 value = c->val == KEPT && c->what != GET ? p->kept : c->val, ones = ~0ULL;
	int fd = p->file[c->file], ret = 0;

	switch (c->what) {
	case HAS:
		return dev_attr(fd, KVM_HAS_DEVICE_ATTR, c->nr, attr, NULL);
	case DO:
		return dev_attr(fd, KVM_SET_DEVICE_ATTR, c->nr, attr, NULL);
	case GET:
		value = 0;
		ret = dev_attr(fd, KVM_GET_DEVICE_ATTR, c->nr, attr, &value);
		if (c->nr == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
			p->kept = value;
		return ret ?: (c->val != KEPT && value != c->val ? -ERANGE : 0);
	case CLEAR_SET:
		ret = dev_attr(fd, KVM_SET_DEVICE_ATTR, c->nr, attr + 0x80, &ones);
		break;
	default:
		break;
	}
	ret = ret ?: dev_attr(fd, KVM_SET_DEVICE_ATTR, c->nr, attr, &value);
	if (!ret && c->what == SET_BOTH)
		ret = dev_attr(fd, KVM_SET_DEVICE_ATTR, c->nr, attr + 4, &value);
	return ret;
}

/* The vCPUs' features follow from what is answered, and so do rows. */
static int check(struct player *p, const struct call *c)
{
	int ret = check_cap(p->file[c->file], c->nr);

	p->has[c->nr] = ret > 0;
	if (ret > 0 && c->nr == KVM_CAP_ARM_PSCI_0_2)
		p->features |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (ret > 0 && c->nr == KVM_CAP_ARM_PMU_V3)
		p->features |= 1 << KVM_ARM_VCPU_PMU_V3;
	return ret;
}

static int make_vm(struct player *p, const struct call *c)
{
	p->vm = vm_create_type(c->nr);
	p->file[VM] = p->vm->fd;
	return 0;
}

static int make_scratch(struct player *p)
{
	int vm = kioctl(p->file[SCRATCH_DEV], KVM_CREATE_VM, check_cap(p->file[SCRATCH_DEV], KVM_CAP_ARM_VM_IPA_SIZE));

	if (vm < 0)
		return vm;
	p->file[SCRATCH_VM] = vm;
	p->file[SCRATCH_CPU] = kioctl(vm, KVM_CREATE_VCPU, 0);
	return p->file[SCRATCH_CPU] < 0 ? p->file[SCRATCH_CPU] : 0;
}

static int make_cpu(struct player *p, const struct call *c)
{
	p->cpu[c->nr] = vcpu_create(p->vm, c->nr);
	p->file[CPU0 + c->nr] = p->cpu[c->nr]->fd;
	return 0;
}

static int get_reg(struct player *p, const struct call *c, u64 id)
{
	u64 value = 0;
	int ret = one_reg(p->file[c->file], KVM_GET_ONE_REG, id, &value);

	return ret ?: (c->val && value != c->val ? -ERANGE : 0);
}

static int vcpu_state(struct player *p, const struct call *c)
{
	struct kvm_vcpu_events events = {};
	struct kvm_mp_state mp = { .mp_state = c->nr };
	int fd = p->file[c->file], ret;

	switch (c->what) {
	case SET_EVENTS:
		return kioctlp(fd, KVM_SET_VCPU_EVENTS, &events);
	case GET_EVENTS:
		return kioctlp(fd, KVM_GET_VCPU_EVENTS, &events);
	case SET_MP:
		return kioctlp(fd, KVM_SET_MP_STATE, &mp);
	default:
		ret = kioctlp(fd, KVM_GET_MP_STATE, &mp);
		return ret ?: (mp.mp_state == c->nr ? 0 : -ERANGE);
	}
}

static int run_kicked(struct player *p, const struct call *c)
{
	struct kvm_run *run = p->cpu[c->file - CPU0]->run;
	int ret;

	run->immediate_exit = 1;
	ret = kioctl(p->file[c->file], KVM_RUN, 0);
	run->immediate_exit = 0;
	return ret;
}

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

/* QEMU's last WRITE_CORE has PC and x0 of the kernel that it loaded; here that is a function of this file. */
static int run_guest(struct player *p)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		guest_set_entry(p->cpu[i], guest_boot, 0);
	reg_set(p->cpu[0], PC_REG, (u64)guest_entry);
	reg_set(p->cpu[0], X_REG(0), guest_cpu_gpa(0));
	vcpus_run_done(p->vm);
	return 0;
}

static int enable(struct player *p, const struct call *c)
{
	struct kvm_enable_cap cap = { .cap = c->nr, .args = { c->attr } };

	return kioctlp(p->file[c->file], KVM_ENABLE_CAP, &cap);
}

static int play_one(struct player *p, const struct call *c, u64 attr)
{
	struct call at = *c;

	at.attr = attr;
	switch (c->what) {
	case CAP:		return check(p, c);
	case CALL:		return kioctl(p->file[c->file], c->nr, 0);
	case MAKE_VM:		return make_vm(p, c);
	case MAKE_SCRATCH:	return make_scratch(p);
	case MAKE_CPU:		return make_cpu(p, c);
	case ENABLE:		return enable(p, c);
	case IOEVENT:		return ioevent(p, &at);
	case DEVICE:		return create_device(p, c);
	case SLOT:		return add_slot(p, c);
	case INIT:		return init_vcpu(p, c);
	case GET_REG:		return get_reg(p, c, attr);
	case ROUTES:		return set_routes(p, c);
	case LIST:		return get_list(p, c);
	case READ_LIST:		return sync_list(p, c, KVM_GET_ONE_REG);
	case WRITE_LIST:	return sync_list(p, c, KVM_SET_ONE_REG);
	case READ_CORE:		return sync_core(p, c, KVM_GET_ONE_REG);
	case WRITE_CORE:	return sync_core(p, c, KVM_SET_ONE_REG);
	case SET_EVENTS:
	case GET_EVENTS:
	case SET_MP:
	case GET_MP:		return vcpu_state(p, c);
	case KICKED_RUN:	return run_kicked(p, c);
	case GUEST:		return run_guest(p);
	default:		return attr_call(p, c, attr);
	}
}

static bool is_here(const struct player *p, const struct call *c)
{
	switch (c->needs) {
	case 0:		return true;
	case WITH_ITS:	return p->with_its;
	case NO_ITS:	return !p->with_its;
	default:	return p->has[c->needs];
	}
}

static bool is_right(const struct call *c, int ret)
{
	if (c->how == AT_LEAST)
		return ret >= c->ret;
	return ret == c->ret || (c->how == OR_NONE && ret == 0);
}

/* Returns how many rows were answered otherwise. */
static unsigned int play(struct player *p, const char *table, const struct call *calls, unsigned int n)
{
	unsigned int i, j, bad = 0;

	for (i = 0; i < n; i++) {
		const struct call *c = &calls[i];

		for (j = 0; is_here(p, c) && j < (c->times ?: 1); j++) {
			u64 attr = c->attr + j * c->step;
			int ret = play_one(p, c, attr);

			if (is_right(c, ret))
				continue;
			fprintf(stderr, "# %s[%u] on %s, what %u nr 0x%x attr 0x%lx: %d, KVM %d\n", table, i,
				file_name[c->file], c->what, c->nr, attr, ret, c->ret);
			bad++;
		}
	}
	return bad;
}

#define PLAY(p, table)	play(p, #table, table, ARRAY_SIZE(table))

FIXTURE(qemu) {
	struct player *p;
};

FIXTURE_VARIANT(qemu) {
	bool its;
};

FIXTURE_VARIANT_ADD(qemu, its_off) { .its = false };
FIXTURE_VARIANT_ADD(qemu, default) { .its = true };

FIXTURE_SETUP(qemu)
{
	self->p = calloc(1, sizeof(*self->p));
	self->p->file[DEV] = dev_open();
	self->p->file[SCRATCH_DEV] = dev_open();
	self->p->with_its = variant->its;
}

FIXTURE_TEARDOWN(qemu)
{
	if (self->p->vm)
		vm_free(self->p->vm);
}

TEST_F(qemu, starts_a_guest_and_stops_it)
{
	static const struct call refused[] = {
		{ VM, DEVICE, KVM_DEV_TYPE_ARM_VGIC_ITS, KVM_CREATE_DEVICE_TEST, .ret = -ENODEV },
	};

	ASSERT_EQ(0, PLAY(self->p, starts_up));
	if (variant->its && !self->p->has[KVM_CAP_SIGNAL_MSI]) {
		/* What QEMU 7.2 takes for a name; later ones ask for the device. */
		ASSERT_EQ(0, PLAY(self->p, refused));
		SKIP(return, "no ITS: QEMU wants its=off");
	}
	if (variant->its)
		ASSERT_EQ(0, PLAY(self->p, makes_an_its));
	ASSERT_EQ(0, PLAY(self->p, runs_and_stops));
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "the host has no GICv3")
