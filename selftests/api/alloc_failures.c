// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Whatever allocation fails in whatever ioctl: the call gives -ENOMEM and has changed nothing, so that the
 *            same call succeeds when there is memory again; nothing crashes, nothing leaks.
 * Reference: Linux Documentation/fault-injection/fault-injection.rst (failslab, fail_page_alloc, fail-nth).
 * A failure: names the step of the scenario below; a leak shows as the module's use count or kmemleak's report.
 *
 * Skipped where the host kernel has no fault injection: tools/setup --kernel debug has one that does.
 */
#include <signal.h>
#include <sys/eventfd.h>

#include "harness.h"
#include "process.h"
#include "gic.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define NR_IOCTLS	10000
#define NR_GSIS		64
#define EXTRA_SIZE	(32 * SZ_64K)

/* What one round of the scenario works on. The memory stays from round to round. */
static struct scenario {
	struct vm vm;
	struct vcpu vcpu[2];
	void *ram, *extra;
	int event, level, resample, reg;
	u64 *regs;
} s;

static long ioctls;		/* made so far */

static int call(int fd, unsigned long cmd, void *arg)
{
	ioctls++;
	return kioctlp(fd, cmd, arg);
}

/* ---- the guest --------------------------------------------------------------------------------- */

static void guest_touches(u64 arg)
{
	u64 p;

	for (;;) {
		for (p = EXTRA_BASE; p < EXTRA_BASE + EXTRA_SIZE; p += SZ_64K)
			writeq(p, p);
		GUEST_SYNC(0);
	}
}

/* ---- the steps: each gives 0 (or a descriptor) or -errno --------------------------------------- */

static int create_vm(void)
{
	int ret = call(s.vm.dev, KVM_CREATE_VM, NULL);

	/* mm_take_all_locks() gives up on a signal, not on memory: not the case here */
	if (ret >= 0)
		s.vm.fd = ret;
	return ret;
}

static int region(u32 slot, u32 flags, u64 gpa, u64 size, void *hva)
{
	ioctls++;
	return mem_set(&s.vm, slot, flags, gpa, size, hva);
}

static int ram(void) { return region(0, 0, RAM_BASE, RAM_SIZE, s.ram); }
static int extra(void) { return region(1, 0, EXTRA_BASE, EXTRA_SIZE, s.extra); }
static int extra_logged(void)
{
	return region(1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, EXTRA_SIZE, s.extra);
}

static int extra_moved(void) { return region(1, 0, EXTRA_BASE + SZ_1G, EXTRA_SIZE, s.extra); }
static int extra_back(void) { return region(1, 0, EXTRA_BASE, EXTRA_SIZE, s.extra); }
static int extra_deleted(void) { return region(1, 0, EXTRA_BASE, 0, s.extra); }

static int create_vcpu(unsigned int id)
{
	int ret = call(s.vm.fd, KVM_CREATE_VCPU, (void *)(u64)id);

	if (ret >= 0)
		s.vcpu[id] = (struct vcpu){ .vm = &s.vm, .fd = ret, .id = id };
	return ret;
}

static int create_vcpu_0(void) { return create_vcpu(0); }
static int create_vcpu_1(void) { return create_vcpu(1); }

static int map_run(void)
{
	struct vcpu *v = &s.vcpu[0];
	void *p;

	v->run_size = kioctl(s.vm.dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	p = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	v->run = p;
	return 0;
}

static int create_gic(void)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	int ret = call(s.vm.fd, KVM_CREATE_DEVICE, &cd);

	if (!ret)
		s.vm.gic = cd.fd;
	return ret;
}

static int gic_attr(unsigned long cmd, u32 group, u64 attr, void *value)
{
	ioctls++;
	return dev_attr(s.vm.gic, cmd, group, attr, value);
}

static int gic_dist(void)
{
	u64 base = GICD_BASE;

	return gic_attr(KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &base);
}

static int gic_region(void)
{
	u64 region0 = 2ULL << 52 | GICR_BASE;

	return gic_attr(KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &region0);
}

static int gic_irqs(void)
{
	u32 n = 128;

	return gic_attr(KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &n);
}

static int gic_init(void)
{
	return gic_attr(KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static int gic_get(void)
{
	u32 v;

	return gic_attr(KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_CTLR, &v);
}

static int gic_has(void)
{
	return gic_attr(KVM_HAS_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_CTLR, NULL);
}

static int init(struct vcpu *v)
{
	struct kvm_vcpu_init i;
	int ret = call(s.vm.fd, KVM_ARM_PREFERRED_TARGET, &i);

	if (ret)
		return ret;
	i.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	return call(v->fd, KVM_ARM_VCPU_INIT, &i);
}

static int init_0(void) { return init(&s.vcpu[0]); }
static int init_1(void) { return init(&s.vcpu[1]); }

static int get_list(void)
{
	struct kvm_reg_list *list = (void *)s.regs;

	list->n = 4095;
	return call(s.vcpu[0].fd, KVM_GET_REG_LIST, list);
}

/* Every register of the list, one by one. */
static int get_and_set_reg(void)
{
	struct kvm_reg_list *list = (void *)s.regs;
	u64 value[256];
	struct kvm_one_reg r = { .id = list->reg[s.reg++ % list->n], .addr = (u64)value };
	int ret = call(s.vcpu[0].fd, KVM_GET_ONE_REG, &r);

	if (ret) {
		s.reg--;
		return ret;
	}
	ret = call(s.vcpu[0].fd, KVM_SET_ONE_REG, &r);
	if (ret == -ENOMEM)
		s.reg--;
	return ret == -ENOMEM ? ret : 0;
}

static int set_entry(u64 id, u64 value)
{
	struct kvm_one_reg r = { .id = id, .addr = (u64)&value };

	return call(s.vcpu[0].fd, KVM_SET_ONE_REG, &r);
}

static int set_pc(void) { return set_entry(PC_REG, (u64)guest_entry); }
static int set_x0(void) { return set_entry(X_REG(0), guest_cpu_gpa(0)); }
static int set_pstate(void) { return set_entry(PSTATE_REG, 0x3c5); }

static int mp_state(void)
{
	struct kvm_mp_state mp;
	int ret = call(s.vcpu[1].fd, KVM_GET_MP_STATE, &mp);

	return ret ?: call(s.vcpu[1].fd, KVM_SET_MP_STATE, &mp);
}

static int events(void)
{
	struct kvm_vcpu_events e;
	int ret = call(s.vcpu[1].fd, KVM_GET_VCPU_EVENTS, &e);

	return ret ?: call(s.vcpu[1].fd, KVM_SET_VCPU_EVENTS, &e);
}

static int signal_mask(void)
{
	struct {
		struct kvm_signal_mask head;
		u64 set;
	} m = { .head.len = 8 };

	return call(s.vcpu[1].fd, KVM_SET_SIGNAL_MASK, &m);
}

static int timer_attr(void)
{
	int intid = 0;
	struct kvm_device_attr a = {
		.group = KVM_ARM_VCPU_TIMER_CTRL, .attr = KVM_ARM_VCPU_TIMER_IRQ_VTIMER, .addr = (u64)&intid,
	};
	int ret = call(s.vcpu[0].fd, KVM_HAS_DEVICE_ATTR, &a);

	ret = ret ?: call(s.vcpu[0].fd, KVM_GET_DEVICE_ATTR, &a);
	return ret ?: call(s.vcpu[0].fd, KVM_SET_DEVICE_ATTR, &a);
}

static int routes(void)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[NR_GSIS];
	} r = { .head.nr = NR_GSIS };
	int i;

	for (i = 0; i < NR_GSIS; i++) {
		r.entry[i].gsi = i;
		r.entry[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		r.entry[i].u.irqchip.pin = i;
	}
	return call(s.vm.fd, KVM_SET_GSI_ROUTING, &r);
}

static int irqfd(u32 flags)
{
	struct kvm_irqfd i = { .fd = s.event, .gsi = 3, .flags = flags };

	return call(s.vm.fd, KVM_IRQFD, &i);
}

static int irqfd_on(void) { return irqfd(0); }
static int irqfd_off(void) { return irqfd(KVM_IRQFD_FLAG_DEASSIGN); }

static int irqfd_resample(void)
{
	struct kvm_irqfd i = {
		.fd = s.level, .gsi = 4, .flags = KVM_IRQFD_FLAG_RESAMPLE, .resamplefd = s.resample,
	};

	return call(s.vm.fd, KVM_IRQFD, &i);
}

static int ioeventfd(u32 flags)
{
	struct kvm_ioeventfd i = { .fd = s.event, .addr = MMIO_IPA, .len = 4, .flags = flags };

	return call(s.vm.fd, KVM_IOEVENTFD, &i);
}

static int ioeventfd_on(void) { return ioeventfd(0); }
static int ioeventfd_off(void) { return ioeventfd(KVM_IOEVENTFD_FLAG_DEASSIGN); }

static int line(void)
{
	ioctls++;
	return irq_line(&s.vm, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 1) ?:
	       irq_line(&s.vm, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 0);
}

static int capability(void)
{
	return call(s.vm.fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_NR_VCPUS);
}

static int enable_cap(void)
{
	struct kvm_enable_cap c = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	return call(s.vm.fd, KVM_ENABLE_CAP, &c);
}

static int stats(void)
{
	int fd = call(s.vm.fd, KVM_GET_STATS_FD, NULL);

	if (fd >= 0)
		close(fd);
	return fd;
}

static int run(void)
{
	return call(s.vcpu[0].fd, KVM_RUN, NULL);
}

static int dirty_log(void)
{
	u64 bitmap[EXTRA_SIZE / SZ_4K / 64];
	struct kvm_dirty_log d = { .slot = 1, .dirty_bitmap = bitmap };

	return call(s.vm.fd, KVM_GET_DIRTY_LOG, &d);
}

#define STEP(fn)	{ fn, #fn }

static const struct step {
	int (*fn)(void);
	const char *name;
} steps[] = {
	STEP(create_vm), STEP(capability), STEP(enable_cap), STEP(ram), STEP(extra),
	STEP(create_vcpu_0), STEP(create_vcpu_1), STEP(map_run), STEP(create_gic), STEP(gic_dist), STEP(gic_region),
	STEP(gic_irqs), STEP(init_0), STEP(init_1), STEP(gic_init), STEP(gic_get), STEP(gic_has),
	STEP(get_list), STEP(get_and_set_reg), STEP(get_and_set_reg), STEP(get_and_set_reg), STEP(get_and_set_reg),
	STEP(get_and_set_reg), STEP(get_and_set_reg), STEP(get_and_set_reg), STEP(get_and_set_reg),
	STEP(mp_state), STEP(events), STEP(signal_mask), STEP(timer_attr),
	STEP(routes), STEP(irqfd_on), STEP(irqfd_resample), STEP(ioeventfd_on), STEP(line), STEP(stats),
	STEP(init_0), STEP(set_pstate), STEP(set_x0), STEP(set_pc),
	STEP(run), STEP(run), STEP(extra_logged), STEP(run), STEP(dirty_log), STEP(run), STEP(dirty_log),
	STEP(extra), STEP(extra_moved), STEP(extra_back), STEP(run), STEP(irqfd_off), STEP(ioeventfd_off),
	STEP(routes), STEP(line), STEP(extra_deleted),
};

/* ---- failing allocations ------------------------------------------------------------------------ */

static bool put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool set_up_injection(void)
{
	static const struct {
		const char *file, *value;
	} attr[] = {
		{ "probability", "1" }, { "interval", "1" }, { "times", "-1" }, { "space", "0" }, { "verbose", "0" },
		{ "task-filter", "Y" }, { "ignore-gfp-wait", "N" },
	};
	static const char *const kinds[] = { "failslab", "fail_page_alloc" };
	char path[128];
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (i = 0; i < ARRAY_SIZE(attr); i++) {
			snprintf(path, sizeof(path), DEBUGFS "%s/%s", kinds[k], attr[i].file);
			if (!put(path, attr[i].value))
				return false;
		}
	}
	return put(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") &&
	       put(DEBUGFS "fail_page_alloc/min-order", "0");
}

static int make_it_fail, fail_nth;

/* Writes to these files allocate nothing. */
static void number_to(int fd, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fd, text, len, 0) != len)
		die("fault injection: %s", strerror(errno));
}

static unsigned int nth_left(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth: %s", strerror(errno));
	return strtoul(text, NULL, 10);
}

/* ---- rounds ------------------------------------------------------------------------------------- */

static void begin(void)
{
	memset(&s.vm, 0, sizeof(s.vm));
	s.vm.dev = dev_open();
	s.vm.fd = -1;
	s.vm.gic = -1;
	s.vm.slots[0] = (struct memslot){ RAM_BASE, RAM_SIZE, s.ram };
	s.vcpu[0] = (struct vcpu){ .vm = &s.vm, .fd = -1 };
	s.vcpu[1] = s.vcpu[0];
	s.event = eventfd(0, EFD_CLOEXEC);
	s.level = eventfd(0, EFD_CLOEXEC);
	s.resample = eventfd(0, EFD_CLOEXEC);
	guest_set_entry(&s.vcpu[0], guest_touches, 0);
}

static void end(void)
{
	if (s.vcpu[0].run)
		munmap(s.vcpu[0].run, s.vcpu[0].run_size);
	close(s.vcpu[0].fd);
	close(s.vcpu[1].fd);
	close(s.vm.gic);
	close(s.vm.fd);
	close(s.vm.dev);
	close(s.event);
	close(s.level);
	close(s.resample);
}

/* What kmemleak found since it was cleared; its objects must be some seconds old. */
static long leaks(void)
{
	static char text[1 << 16];
	long found = 0, n;
	char *p;
	int fd;

	if (access(DEBUGFS "kmemleak", W_OK))
		return 0;
	sleep(6);
	put(DEBUGFS "kmemleak", "scan");
	put(DEBUGFS "kmemleak", "scan");
	fd = open(DEBUGFS "kmemleak", O_RDONLY);
	while ((n = read(fd, text, sizeof(text) - 1)) > 0) {
		text[n] = 0;
		fputs(text, stderr);
		for (p = text; (p = strstr(p, "unreferenced object")); p++)
			found++;
	}
	close(fd);
	return found;
}

FIXTURE(memory) {
	int before, fds;
};

FIXTURE_SETUP(memory)
{
	if (!set_up_injection())
		SKIP(_exit(255), "this kernel has no failslab and fail_page_alloc (CONFIG_FAULT_INJECTION_DEBUG_FS)");
	make_it_fail = open("/proc/thread-self/make-it-fail", O_RDWR | O_CLOEXEC);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, make_it_fail);
	ASSERT_LE(0, fail_nth);
	put(DEBUGFS "kmemleak", "scan=off");
	put(DEBUGFS "kmemleak", "clear");
	s.ram = mem_anon(RAM_SIZE);
	s.extra = mem_anon(EXTRA_SIZE);
	s.regs = calloc(4096, sizeof(u64));
	memset(s.ram, 0, RAM_SIZE);
	memset(s.extra, 0, EXTRA_SIZE);
	s.vm.slots[0] = (struct memslot){ RAM_BASE, RAM_SIZE, s.ram };
	vm_load_image(&s.vm);
	self->before = module_use_count();
	self->fds = nr_open_fds();
}

FIXTURE_TEARDOWN(memory)
{
	number_to(make_it_fail, 0);
	number_to(fail_nth, 0);
	EXPECT_EQ(self->before, module_use_count());
	EXPECT_EQ(self->fds, nr_open_fds());
	EXPECT_EQ(0, leaks());
}

TEST_F_TIMEOUT(memory, fails_once_in_a_hundred_times, 1500)
{
	unsigned int i, failed = 0;
	int ret;

	while (ioctls < NR_IOCTLS) {
		begin();
		for (i = 0; i < ARRAY_SIZE(steps); i++) {
			number_to(make_it_fail, 1);
			ret = steps[i].fn();
			number_to(make_it_fail, 0);
			if (ret >= 0)
				continue;
			failed++;
			EXPECT_EQ(-ENOMEM, ret)
				TH_LOG("in step %u, %s", i, steps[i].name);
			ret = steps[i].fn();
			ASSERT_LE(0, ret)
				TH_LOG("step %u, %s, again and with memory: %s", i, steps[i].name, strerror(-ret));
		}
		end();
	}
	TH_LOG("%ld ioctls, %u of them failed", ioctls, failed);
	EXPECT_LT(0, failed);
}

/* Every allocation of every step once: the first that a call makes, then its second, and so on. */
TEST_F_TIMEOUT(memory, fails_at_each_single_allocation, 1500)
{
	unsigned int nth[ARRAY_SIZE(steps)] = { 0 };
	unsigned int i, left, open_steps, failed = 0, survived = 0, rounds = 0;
	int ret;

	do {
		begin();
		open_steps = 0;
		for (i = 0; i < ARRAY_SIZE(steps); i++) {
			for (;;) {
				number_to(fail_nth, nth[i] + 1);
				ret = steps[i].fn();
				left = nth_left();
				number_to(fail_nth, 0);
				if (left)
					break;
				nth[i]++;
				if (ret >= 0) {		/* went on without; the rest in the next round */
					survived++;
					open_steps++;
					break;
				}
				failed++;
				EXPECT_EQ(-ENOMEM, ret)
					TH_LOG("in step %u, %s, allocation %u", i, steps[i].name, nth[i]);
			}
			ASSERT_LE(0, ret)
				TH_LOG("step %u, %s, with memory: %s", i, steps[i].name, strerror(-ret));
		}
		end();
	} while (open_steps && ++rounds < 200);
	TH_LOG("%u allocations failed, %u were done without", failed, survived);
	EXPECT_LT(0, failed);
}

SELFTEST_MAIN
