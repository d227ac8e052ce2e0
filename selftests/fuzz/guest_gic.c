// SPDX-License-Identifier: GPL-2.0
/*
 * A GICv3 with an ITS under random accesses: of all widths, aligned or not, by four vCPUs to all frames, by user
 * space through the device's attributes, while commands go through the queue, the tables are written at random, and
 * MSIs come by ioctl and by irqfds that come and go. Every round ends with a calm: the guest sets its GIC and its ITS
 * up anew, and then SPIs and LPIs arrive, each exactly once; beside it, all the time, those of a VM that behaves.
 *
 * A failure: an interrupt that is lost or doubled, by either VM; RUN gives what it never should, or does not come
 * back; all else is on the host's console.
 *
 * FUZZ_ACCESSES: the end, when there were so many accesses by guest and user space, if the time is not over before.
 */
#include <pthread.h>
#include <stdarg.h>

#include "fuzz.h"
#include "dev_attr.h"
#include "eventfd.h"
#include "gic_guest.h"
#include "stats.h"

#define BUNCH		3000		/* of accesses by user space */

static struct fuzz_counter counters[] = {
	{ "accesses", true },
	{ "attributes", true },
	{ "commands", true },
	{ "cpuif", true },
	{ "irqs", true },
	{ "msis", true },
	{ "signals", true },
	{ "bindings", true },
	{ "rounds", true },
	{ "witness", true },
	{ "faults" },
	{ }
};
enum { ACCESSES, ATTRIBUTES, COMMANDS, CPUIF, IRQS, MSIS, SIGNALS, BINDINGS, ROUNDS, WITNESS, FAULTS };

static struct vm *vm, *sound;
static int its, sound_its, eventfds[EVENTFDS];
static u64 goal;
static bool hold, calm, stop;
static u32 inside;			/* vCPUs in RUN */
static pthread_mutex_t turn[3];		/* of each mischief that must pause when there is a calm */

static bool over(void)
{
	return fuzz_over() || (goal && READ_ONCE(counters[ACCESSES].n) + READ_ONCE(counters[ATTRIBUTES].n) >= goal);
}

static u64 sum(const u64 *n)
{
	return READ_ONCE(n[0]) + READ_ONCE(n[1]) + READ_ONCE(n[2]) + READ_ONCE(n[3]);
}

/* Of the guest's copy */
#define SUM(var)	sum(vm_hva(vm, (u64)(var)))

static void refresh(void)
{
	if (!vm)
		return;
	WRITE_ONCE(counters[ACCESSES].n, SUM(nr_accesses));
	WRITE_ONCE(counters[COMMANDS].n, SUM(nr_commands));
	WRITE_ONCE(counters[CPUIF].n, SUM(nr_cpuif));
	WRITE_ONCE(counters[IRQS].n, SUM(nr_irqs));
	WRITE_ONCE(counters[FAULTS].n, SUM(nr_faults));
	/* A round may take minutes where the kernel checks each step of its own: the guest's last calm comes now. */
	if (over())
		gv(vm, quit) = 1;
}

static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fuzz_fail("%s", text);
	fflush(stdout);
	if (system("cat " ARMVCPU_DEBUGFS "/vms " ARMVCPU_DEBUGFS "/gic"))
		printf("no debugfs\n");
	_exit(1);
}

/*
 * Each interrupt that is sent takes a vCPU out of its guest. Where that is slow (a debug kernel) senders could keep the
 * guest from doing anything else, and nothing would be fuzzed: they wait until it has got on, though not for ever.
 */
static void let_guest_get_on(void)
{
	u64 seen = SUM(nr_accesses);
	u32 tries;

	usleep(2000);
	for (tries = 0; SUM(nr_accesses) - seen < 20 && tries < 100 && !READ_ONCE(calm) && !READ_ONCE(stop); tries++)
		usleep(2000);
}

static void begin(u32 nr)
{
	while (READ_ONCE(calm) && !READ_ONCE(stop))
		usleep(1000);
	pthread_mutex_lock(&turn[nr]);
}

static void end(u32 nr)
{
	pthread_mutex_unlock(&turn[nr]);
}

static int msi(struct vm *to, u32 device, u32 event, u64 addr, u32 flags)
{
	struct kvm_msi msi = { .address_lo = addr, .address_hi = addr >> 32, .data = event, .devid = device,
			       .flags = flags };

	return kioctlp(to->fd, KVM_SIGNAL_MSI, &msi);
}

static int route(struct vm *to, struct fuzz_rng *r)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[EVENTFDS];
	} routes = { .head.nr = EVENTFDS };
	u32 i;

	for (i = 0; i < EVENTFDS; i++) {
		struct kvm_irq_routing_entry *e = &routes.entries[i];

		e->gsi = i;
		e->type = KVM_IRQ_ROUTING_MSI;
		e->flags = KVM_MSI_VALID_DEVID;
		e->u.msi.address_lo = ITS_BASE + GITS_TRANSLATER + (r && fuzz_one_in(r, 16) ? 0x20000 : 0);
		e->u.msi.data = r ? fuzz_below(r, WILD_EVENTS) : i;
		e->u.msi.devid = r ? fuzz_below(r, WILD_DEVICES) : CALM_DEVICE;
	}
	return fuzz_errno(kioctlp(to->fd, KVM_SET_GSI_ROUTING, &routes));
}

static int bind_irqfd(struct vm *to, int fd, u32 gsi, u32 flags)
{
	struct kvm_irqfd irqfd = { .fd = fd, .gsi = gsi, .flags = flags };

	return fuzz_errno(kioctlp(to->fd, KVM_IRQFD, &irqfd));
}

static void *send_msis(void *unused)
{
	struct fuzz_rng r = fuzz_stream(100);
	u64 addr = ITS_BASE + GITS_TRANSLATER;
	int i;

	while (!READ_ONCE(stop)) {
		begin(0);
		for (i = 0; i < 100; i++) {
			u32 device = fuzz_one_in(&r, 16) ? fuzz_rand(&r) : fuzz_below(&r, WILD_DEVICES);
			u32 event = fuzz_one_in(&r, 16) ? fuzz_rand(&r) : fuzz_below(&r, WILD_EVENTS);

			fuzz_errno(msi(vm, device, event, fuzz_one_in(&r, 16) ? fuzz_rand(&r) : addr,
				       fuzz_one_in(&r, 16) ? fuzz_rand(&r) : KVM_MSI_VALID_DEVID));
		}
		end(0);
		fuzz_count(&counters[MSIS], 100);
		let_guest_get_on();
	}
	return NULL;
}

static void *signal_irqfds(void *unused)
{
	struct fuzz_rng r = fuzz_stream(101);
	u32 nr;
	int i;

	while (!READ_ONCE(stop)) {
		begin(1);
		nr = fuzz_below(&r, EVENTFDS);
		bind_irqfd(vm, eventfds[nr], nr, KVM_IRQFD_FLAG_DEASSIGN);
		if (fuzz_one_in(&r, 4))
			route(vm, &r);
		if (!bind_irqfd(vm, eventfds[nr], nr, 0))
			fuzz_count(&counters[BINDINGS], 1);
		for (i = 0; i < 50; i++)
			eventfd_write(eventfds[fuzz_below(&r, EVENTFDS)], 1);
		end(1);
		fuzz_count(&counters[SIGNALS], 50);
		let_guest_get_on();
	}
	return NULL;
}

/* ---- user space's accesses ---------------------------------------------------------------------------- */

static int attr64(struct fuzz_rng *r, int fd, u32 group, u64 attr, u64 v)
{
	return fuzz_one_in(r, 2) ? get64(fd, group, attr, &v) : set64(fd, group, attr, v);
}

static int attr32(struct fuzz_rng *r, int fd, u32 group, u64 attr, u32 v)
{
	return fuzz_one_in(r, 2) ? get32(fd, group, attr, &v) : set32(fd, group, attr, v);
}

static u64 vcpu_attr(struct fuzz_rng *r)
{
	return (fuzz_one_in(r, 32) ? fuzz_below(r, 64) : fuzz_below(r, CPUS)) << 32;
}

static int control(struct fuzz_rng *r)
{
	static const u64 what[] = {
		KVM_DEV_ARM_ITS_SAVE_TABLES, KVM_DEV_ARM_ITS_RESTORE_TABLES, KVM_DEV_ARM_ITS_CTRL_RESET,
	};

	if (fuzz_one_in(r, 4))
		return dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
				KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, NULL);
	return dev_attr(its, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, what[fuzz_below(r, 3)], NULL);
}

/* Encodings of ICC_*_EL1 as CPU_SYSREGS has them */
static const u16 sysregs[] = {
	0xc230, 0xc643, 0xc644, 0xc648, 0xc663, 0xc664, 0xc665, 0xc666, 0xc667,
};

static int random_attr(struct fuzz_rng *r)
{
	u64 seed = fuzz_rand(r) | 1, v = some_value(&seed), offset;
	const struct frame *f;

	switch (fuzz_below(r, 32)) {
	case 0 ... 7:
		offset = some_offset(&seed, &frames[0]);
		return attr32(r, vm->gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, fuzz_one_in(r, 16) ? offset : offset & ~3UL,
			      v);
	case 8 ... 17:
		f = &frames[1 + fuzz_below(r, 2)];
		offset = some_offset(&seed, f);
		return attr32(r, vm->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
			      vcpu_attr(r) | (fuzz_one_in(r, 16) ? offset : offset & ~3UL), harmless(&frames[1], v));
	case 18 ... 21:
		offset = fuzz_one_in(r, 8) ? 0xc000 | fuzz_below(r, 0x4000) :
			 sysregs[fuzz_below(r, ARRAY_SIZE(sysregs))];
		return attr64(r, vm->gic, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, vcpu_attr(r) | offset, v);
	case 22 ... 24:
		offset = fuzz_one_in(r, 16) ? fuzz_below(r, 0x1000) : fuzz_below(r, 4) * 32;
		return attr32(r, vm->gic, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, vcpu_attr(r) | offset, v);
	case 25:
		return fuzz_one_in(r, 20) ? control(r) : get64(its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, GITS_CREADR, &v);
	default:
		offset = some_offset(&seed, &frames[3]);
		return attr64(r, its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, fuzz_one_in(r, 16) ? offset : offset & ~7UL,
			      harmless(&frames[3], v));
	}
}

/* A bunch at once when all vCPUs are outside; with one inside it is -EBUSY, which some try, too. */
static void *set_attrs(void *unused)
{
	struct fuzz_rng r = fuzz_stream(102);
	int i, tries;

	while (!READ_ONCE(stop)) {
		begin(2);
		WRITE_ONCE(hold, true);
		for (tries = 0; READ_ONCE(inside) && tries < 1000; tries++)
			usleep(100);
		for (i = 0; i < BUNCH; i++)
			if (fuzz_errno(random_attr(&r)) != -EBUSY)
				fuzz_count(&counters[ATTRIBUTES], 1);
		WRITE_ONCE(hold, false);
		end(2);
		usleep(100000);
	}
	return NULL;
}

/* ---- vCPUs ---------------------------------------------------------------------------------------------- */

static void lower_lines(void)
{
	u32 i;

	for (i = 0; i < NR_SPIS; i++)
		irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST_SPI + i, 0);
}

static void send_all(void)
{
	int ret;
	u32 i;

	for (i = 0; i < NR_SPIS; i++) {
		irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST_SPI + i, 1);
		irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST_SPI + i, 0);
	}
	for (i = 0; i < NR_LPIS; i++) {
		ret = msi(vm, CALM_DEVICE, i, ITS_BASE + GITS_TRANSLATER, KVM_MSI_VALID_DEVID);
		if (ret != 1)
			give_up("an MSI of a mapped event gave %d", ret);
	}
}

static void on_sync(const struct ucall *uc)
{
	u32 i;

	switch (uc->a[0]) {
	case CALM:
		WRITE_ONCE(calm, true);
		for (i = 0; i < ARRAY_SIZE(turn); i++)
			pthread_mutex_lock(&turn[i]);
		lower_lines();
		break;
	case SEND:
		send_all();
		break;
	case WILD:
		for (i = 0; i < ARRAY_SIZE(turn); i++)
			pthread_mutex_unlock(&turn[i]);
		WRITE_ONCE(calm, false);
		fuzz_count(&counters[ROUNDS], 1);
		refresh();
		gv(vm, quit) = over();
		break;
	default:
		give_up("interrupt %lu came %lu times, and not %lu", uc->a[1], uc->a[3], uc->a[2]);
	}
}

static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	int ret;

	run_timeout(1 << 30);
	for (;;) {
		__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST);
		while (READ_ONCE(hold)) {
			__atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
			usleep(200);
			__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST);
		}
		ret = vcpu_run(vcpu, &uc);
		__atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
		if (ret == UCALL_DONE)
			return NULL;
		if (ret == UCALL_SYNC)
			on_sync(&uc);
		else if (ret != UCALL_NONE || vcpu->run->exit_reason != KVM_EXIT_MMIO)
			give_up("vCPU %u: RUN gave %d, exit reason %u", vcpu->id, ret, vcpu->run->exit_reason);
	}
}

static void *run_sound(void *arg)
{
	run_timeout(1 << 30);
	vcpu_run_done(arg);
	return NULL;
}

/* ---- the VM that behaves ------------------------------------------------------------------------------- */

struct expected {
	u32 sent;
	u64 since;
};

static struct expected expected[NR_SPIS + NR_LPIS];
static int sound_fds[EVENTFDS];

static void send_one(u32 i)
{
	if (i < NR_SPIS) {
		irq_line(sound, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST_SPI + i, 1);
		irq_line(sound, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST_SPI + i, 0);
	} else if (i < NR_SPIS + EVENTFDS) {
		eventfd_write(sound_fds[i - NR_SPIS], 1);
	} else {
		msi(sound, CALM_DEVICE, i - NR_SPIS, ITS_BASE + GITS_TRANSLATER, KVM_MSI_VALID_DEVID);
	}
}

/* Returns how many are on their way. */
static u32 look_after(bool send)
{
	u32 i, seen, open = 0;

	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		struct expected *e = &expected[i];

		seen = i < NR_SPIS ? gv(sound, seen_spi[i]) : gv(sound, seen_lpi[i - NR_SPIS]);
		if (seen == e->sent && !send)
			continue;
		open++;
		if (seen == e->sent) {
			e->sent++;
			e->since = now_ns();
			send_one(i);
			fuzz_count(&counters[WITNESS], 1);
		} else if (seen != e->sent - 1) {
			give_up("the VM beside it: interrupt %u came %u times, and not %u", i, seen, e->sent);
		} else if (now_ns() - e->since > PATIENCE * 1000000000UL) {
			give_up("the VM beside it: interrupt %u, number %u, is lost", i, e->sent);
		}
	}
	return open;
}

static void *witness(void *unused)
{
	while (!READ_ONCE(stop)) {
		look_after(true);
		usleep(500);
	}
	while (look_after(false))
		usleep(500);
	gv(sound, quit) = 1;
	send_one(0);
	send_one(1);
	return NULL;
}

/* ---- all ---------------------------------------------------------------------------------------------------- */

static void create_sound(void)
{
	u32 i;

	sound = vm_create_guest();
	for (i = 0; i < 2; i++)
		guest_vcpu(sound, i, guest_behaves, i);
	gic_create_v3_at(sound, GICR_BASE);
	sound_its = its_create(sound);
	route(sound, NULL);
	for (i = 0; i < EVENTFDS; i++) {
		sound_fds[i] = new_eventfd();
		if (bind_irqfd(sound, sound_fds[i], i, 0))
			die("irqfd");
	}
	/* It has two vCPUs: SPIs of the others stay with those. */
	for (i = 0; i < 2; i++)
		vcpu_run_sync(sound->vcpus[i], CALM);
	for (i = 0; i < 2; i++)
		vcpu_run_sync(sound->vcpus[i], SEND);
	for (i = 0; i < NR_SPIS; i++)
		if (set64(sound->gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IROUTER + (FIRST_SPI + i) * 8, i % 2))
			die("a route");
}

static void create_wild(void)
{
	u32 i;

	vm = vm_create_guest();
	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, guest_wild, i);
	gic_create_v3_at(vm, GICR_BASE);
	its = its_create(vm);
	gv(vm, guest_pgd[NORMAL_ALIAS >> 30]) = NORMAL_ENTRY;
	gv(vm, base_seed) = fuzz_seed;
	for (i = 0; i < EVENTFDS; i++)
		eventfds[i] = new_eventfd();
	if (fuzz_seed % 4 == 3)
		fast_path_set(0);
}

static void start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	if (pthread_create(thread, NULL, fn, arg))
		die("pthread_create");
}

static void run(void)
{
	static void *(*const mischief[])(void *) = { send_msis, signal_irqfds, set_attrs, witness };
	pthread_t vcpus[CPUS], sound_vcpus[2], threads[ARRAY_SIZE(mischief)];
	u32 i;

	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_ITS))
		fuzz_skip("the host has no GICv3");
	goal = getenv("FUZZ_ACCESSES") ? strtoull(getenv("FUZZ_ACCESSES"), NULL, 0) : 0;
	create_sound();
	create_wild();
	for (i = 0; i < ARRAY_SIZE(turn); i++)
		pthread_mutex_init(&turn[i], NULL);
	for (i = 0; i < 2; i++)
		start(&sound_vcpus[i], run_sound, sound->vcpus[i]);
	for (i = 0; i < CPUS; i++)
		start(&vcpus[i], run_vcpu, vm->vcpus[i]);
	for (i = 0; i < ARRAY_SIZE(mischief); i++)
		start(&threads[i], mischief[i], NULL);
	for (i = 0; i < CPUS; i++)
		pthread_join(vcpus[i], NULL);
	WRITE_ONCE(stop, true);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 2; i++)
		pthread_join(sound_vcpus[i], NULL);
	refresh();
	vm_free(sound);
}

int main(int argc, char **argv)
{
	fuzz_patience = 2 * PATIENCE;
	fuzz_refresh = refresh;
	return fuzz_main(argc, argv, counters, run);
}
