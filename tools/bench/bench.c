// SPDX-License-Identifier: GPL-2.0
/*
 * bench - what one operation costs, the same program on /dev/kvm and /dev/armvcpu
 *
 * Runs in the emulated host under QEMU's -icount shift=0, where one instruction is one nanosecond of every
 * clock; bench.py starts it, reads its lines and does the arithmetic. For each operation:
 *
 *   @@op|NAME|BOUND|TITLE|BEGIN|END|OVERHEAD	labels for the trace, the loop's own instructions
 *   @@clock|NAME|COUNT|TICKS TICKS ...		batches of COUNT operations each
 *   @@trace|NAME, @@traced|NAME		a line is awaited after each: instructions are logged
 *						in between
 *   @@fail|NAME				what went wrong was printed before
 *
 * Usage: ARMVCPU_DEVICE=/dev/kvm bench [NAME...]
 *
 * Both halves are in this file: guest_* runs at EL1 of the guest, the rest in user space. The vCPU that
 * measures, and user space that does, are on CPU 0, the other vCPU is on CPU 1.
 */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "bench.h"
#include "gic.h"
#include "its.h"
#include "process.h"
#include "timer.h"

#define BATCHES		9
#define TRACED		12
#define SGI		5
#define WFI_TICKS	(40000 / 16)	/* long enough to be asleep before */
#define FAULT_SLOT	1
#define PAGES		512
#define PAGES_APART	128
#define BLOCKS		16

enum stage { ST_RESET, ST_TRACE, ST_TRACED };


#define LOOP(name, ...) \
	extern char at_##name[]; void loop_##name(u64 n, ##__VA_ARGS__)
LOOP(hypercall);
LOOP(psci);
LOOP(idreg);
LOOP(gicd, u64 addr);
LOOP(gicr, u64 addr);
LOOP(mmio_read, u64 addr);
LOOP(mmio_write, u64 addr);
LOOP(ioeventfd, u64 addr);
extern char at_switch[];
LOOP(sgi_self, u64 *irqs, u64 sgi);
LOOP(ipi, u64 *irqs, u64 sgi);
LOOP(timer, u64 *irqs);
LOOP(ptimer, u64 *irqs);
LOOP(timer_wfi, u64 *irqs, u64 ticks);
LOOP(eoi, u64 sgi, u64 intid);
LOOP(wfi);
LOOP(fault_4k, u64 addr, u64 stride);
LOOP(fault_64k, u64 addr, u64 stride);
LOOP(fault_fresh, u64 addr, u64 stride);
LOOP(fault_2m, u64 addr, u64 stride);
extern char at_timer_wfi_end[], at_eoi_end[], at_create_end[], bench_vectors[];
void loop_spin(u64 *stop);
void loop_sleep(u64 *stop);
void at_its_cmd(void);
long raw_write(int fd, const void *buf, size_t len);

_Static_assert(offsetof(struct guest_cpu, irqs) == 104, "GC_IRQS in loops.S");

/* ---- guest --------------------------------------------------------------------- */

static u64 ticks[BATCHES];
static u64 stop, ready;

#define SGI_TO(cpu)	((u64)SGI << 24 | 1u << (cpu))

static void guest_setup(void)
{
	u64 me = this_cpu()->index;

	if (me == 0)
		gic_dist_init();
	gic_cpu_init();
	gic_enable(SGI);
	gic_enable(INTID_VTIMER);
	gic_enable(INTID_PTIMER);
	write_sysreg(bench_vectors, vbar_el1);
	isb();
}

static u64 *guest_irqs(unsigned int cpu)
{
	return &((struct guest_cpu *)guest_cpu_gpa(cpu))->irqs;
}

static void guest_hypercall(u64 n) { loop_hypercall(n); }
static void guest_psci(u64 n) { loop_psci(n); }
static void guest_idreg(u64 n) { loop_idreg(n); }
static void guest_gicd(u64 n) { loop_gicd(n, GICD_BASE + GICD_TYPER); }
static void guest_gicr(u64 n) { loop_gicr(n, GICR_BASE + GICR_TYPER); }
static void guest_mmio_read(u64 n) { loop_mmio_read(n, MMIO_IPA); }
static void guest_mmio_write(u64 n) { loop_mmio_write(n, MMIO_IPA); }
static void guest_ioeventfd(u64 n) { loop_ioeventfd(n, MMIO_IPA + 0x1000); }
static void guest_ipi(u64 n) { loop_ipi(n, guest_irqs(1), SGI_TO(1)); }
static void guest_timer_wfi(u64 n) { loop_timer_wfi(n, guest_irqs(0), WFI_TICKS); }
static void guest_eoi(u64 n) { loop_eoi(n, SGI_TO(0), SGI); }
static void guest_fault_4k(u64 n) { loop_fault_4k(n, EXTRA_BASE - SZ_4K, SZ_4K); }
static void guest_fault_64k(u64 n) { loop_fault_64k(n, EXTRA_BASE - SZ_64K, SZ_64K); }
static void guest_fault_fresh(u64 n) { loop_fault_fresh(n, EXTRA_BASE - SZ_4K, SZ_4K); }
static void guest_fault_2m(u64 n) { loop_fault_2m(n, EXTRA_BASE - SZ_2M, SZ_2M); }

static void guest_sgi_self(u64 n)
{
	irq_enable();
	loop_sgi_self(n, guest_irqs(0), SGI_TO(0));
	irq_disable();
}

static void guest_timer(u64 n)
{
	irq_enable();
	loop_timer(n, guest_irqs(0));
	irq_disable();
}

static void guest_ptimer(u64 n)
{
	irq_enable();
	loop_ptimer(n, guest_irqs(0));
	irq_disable();
}

static void guest_wfi(u64 n)
{
	gic_sgi(SGI, 1);
	loop_wfi(n);
	gic_eoi(gic_ack());
}

static void guest_spins(u64 arg)
{
	guest_setup();
	irq_enable();
	WRITE_ONCE(ready, 1);
	loop_spin(&stop);
	GUEST_DONE();
}

static void guest_sleeps(u64 arg)
{
	guest_setup();
	irq_enable();
	WRITE_ONCE(ready, 1);
	loop_sleep(&stop);
	GUEST_DONE();
}

#define MSI_DEVICE	1
#define MSI_EVENT	0

static void set_up_lpi(void)
{
	its_init(1, false);
	its_cpu_init(true);
	lpi_set_prop(LPI, LPI_PRIO | LPI_ON);
	its_mapc(0, 0, true);
	its_mapd(MSI_DEVICE, 4, ITS_ITT(0));
	its_mapti(MSI_DEVICE, MSI_EVENT, LPI, 0);
}

static void guest_its_cmd(u64 n)
{
	static bool done;

	if (!done)
		set_up_lpi();
	done = true;
	while (n--) {
		at_its_cmd();
		its_event_cmd(ITS_INV, MSI_DEVICE, MSI_EVENT);
	}
}

static void guest_takes_lpi(u64 arg)
{
	guest_setup();
	set_up_lpi();
	irq_enable();
	WRITE_ONCE(ready, 1);
	loop_spin(&stop);
	GUEST_DONE();
}

static void guest_takes_spi(u64 arg)
{
	guest_setup();
	gic_set_edge(32, true);
	gic_set_route(32, 0);
	gic_enable(32);
	irq_enable();
	WRITE_ONCE(ready, 1);
	loop_spin(&stop);
	GUEST_DONE();
}

/* Stores to user space for ever. */
static void guest_switch(u64 arg)
{
	for (;;)
		loop_switch(1 << 30, MMIO_IPA);
}

static void guest_main(u64 arg)
{
	const struct op *op = (const struct op *)arg;
	unsigned int i;
	u64 t;

	guest_setup();
	while (op->peer && !READ_ONCE(ready))
		cpu_relax();
	if (op->reset)
		GUEST_SYNC(ST_RESET);
	op->guest(4);
	for (i = 0; op->n && i < BATCHES; i++) {
		if (op->reset)
			GUEST_SYNC(ST_RESET);
		t = vcount();
		op->guest(op->n);
		ticks[i] = vcount() - t;
	}
	if (op->reset)
		GUEST_SYNC(ST_RESET);
	GUEST_SYNC(ST_TRACE);
	op->guest(op->traced ?: TRACED);
	GUEST_SYNC(ST_TRACED);
	WRITE_ONCE(stop, 1);
	if (op->peer)
		gic_sgi(SGI, 2);
	GUEST_DONE();
}

/* ---- user space ---------------------------------------------------------------- */

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(1, line, n) != n)
		_exit(1);
}

static void say_ticks(const struct op *op, volatile u64 *t)
{
	char text[BATCHES * 12], *p = text;
	unsigned int i;

	for (i = 0; i < BATCHES; i++)
		p += sprintf(p, " %lu", t[i]);
	say("@@clock|%s|%u|%s\n", op->name, op->n, text);
}

/* Tell bench.py and wait for its answer. */
static void handshake(const char *what, const struct op *op)
{
	char c;

	say("@@%s|%s\n", what, op->name);
	do {
		if (read(0, &c, 1) != 1)
			die("no answer from bench.py");
	} while (c != '\n');
}

static void ucall(struct bench *b, struct vcpu *vcpu, const struct ucall *uc)
{
	switch (uc->cmd) {
	case UCALL_SYNC:
		if (uc->a[0] == ST_RESET)
			b->op->reset(b);
		else
			handshake(uc->a[0] == ST_TRACE ? "trace" : "traced", b->op);
		break;
	default:
		vcpu_dump(vcpu);
		die("%s: unexpected call %lu: %lx %lx %lx %lx %lx", b->op->name, uc->cmd, uc->a[0], uc->a[1],
		    uc->a[2], uc->a[3], uc->a[4]);
	}
}

/* The hot loop: run, serve the device at MMIO_IPA; everything else is rare. */
static void run(struct bench *b, struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct ucall *uc;
	long ret;

	for (;;) {
		ret = raw_ioctl(vcpu->fd, KVM_RUN, 0);
		if (ret == -EINTR)
			continue;
		if (ret || run->exit_reason != KVM_EXIT_MMIO) {
			vcpu_dump(vcpu);
			die("%s: KVM_RUN: %ld, reason %u", b->op->name, ret, run->exit_reason);
		}
		if (run->mmio.phys_addr == MMIO_IPA) {
			if (!run->mmio.is_write)
				*(u32 *)run->mmio.data = 42;
			continue;
		}
		if (run->mmio.phys_addr != UCALL_IPA)
			die("%s: MMIO at 0x%llx", b->op->name, run->mmio.phys_addr);
		uc = vm_hva(vcpu->vm, *(u64 *)run->mmio.data);
		if (uc->cmd == UCALL_DONE)
			return;
		ucall(b, vcpu, uc);
	}
}

static void *peer_thread(void *arg)
{
	struct bench *b = arg;

	pin_to_cpu(1);
	run(b, b->vcpu2);
	return NULL;
}

static void measure_in_guest(struct bench *b)
{
	const struct op *op = b->op;
	pthread_t peer;

	b->vm = vm_create_guest();
	b->vcpu = guest_vcpu(b->vm, 0, guest_main, (u64)op);
	if (op->peer)
		b->vcpu2 = guest_vcpu(b->vm, 1, op->peer, 0);
	gic_create(b->vm, 0);
	if (op->prepare)
		op->prepare(b);
	if (op->peer && pthread_create(&peer, NULL, peer_thread, b))
		die("pthread_create");
	run(b, b->vcpu);
	if (op->peer)
		pthread_join(peer, NULL);
	if (op->n)
		say_ticks(op, &gv(b->vm, ticks[0]));
}

static void measure_in_user_space(struct bench *b)
{
	const struct op *op = b->op;
	u64 t[BATCHES], start;
	unsigned int i;

	if (op->prepare)
		op->prepare(b);
	op->host(b, 3);
	for (i = 0; op->n && i < BATCHES; i++) {
		start = vcount();
		op->host(b, op->n);
		t[i] = vcount() - start;
	}
	if (op->n)
		say_ticks(op, t);
	handshake("trace", op);
	op->host(b, op->traced ?: TRACED);
	handshake("traced", op);
}

/* ---- ioeventfd, irqfd ---------------------------------------------------------- */

static void make_eventfd(struct bench *b)
{
	b->eventfd = eventfd(0, EFD_NONBLOCK);
	if (b->eventfd < 0)
		die("eventfd: %s", strerror(errno));
}

static void prepare_ioeventfd(struct bench *b)
{
	struct kvm_ioeventfd io = { .addr = MMIO_IPA + 0x1000, .len = 4 };
	int ret;

	make_eventfd(b);
	io.fd = b->eventfd;
	ret = kioctlp(b->vm->fd, KVM_IOEVENTFD, &io);
	if (ret)
		die("KVM_IOEVENTFD: %s", strerror(-ret));
}

static void *target_thread(void *arg)
{
	struct bench *b = arg;

	pin_to_cpu(1);
	run(b, b->vcpu);
	return NULL;
}

/* A guest that takes interrupts on the other CPU. */
static void start_target(struct bench *b)
{
	pthread_t thread;

	b->irqs = &guest_cpu_area(b->vm, 0)->irqs;
	if (pthread_create(&thread, NULL, target_thread, b))
		die("pthread_create");
	while (!gv(b->vm, ready))
		sched_yield();
}

static void make_irqfd(struct bench *b)
{
	struct kvm_irqfd irqfd = { .gsi = 0 };
	int ret;

	make_eventfd(b);
	irqfd.fd = b->eventfd;
	ret = kioctlp(b->vm->fd, KVM_IRQFD, &irqfd);
	if (ret)
		die("KVM_IRQFD: %s", strerror(-ret));
}

static void prepare_irqfd(struct bench *b)
{
	b->vm = vm_create_guest();
	b->vcpu = guest_vcpu(b->vm, 0, guest_takes_spi, 0);
	gic_create(b->vm, 0);
	make_irqfd(b);
	start_target(b);
}

static void prepare_its(struct bench *b)
{
	its_create(b->vm);
}

static void prepare_msi(struct bench *b)
{
	b->vm = vm_create_guest();
	b->vcpu = guest_vcpu(b->vm, 0, guest_takes_lpi, 0);
	gic_create(b->vm, 0);
	prepare_its(b);
	start_target(b);
}

static void prepare_msi_irqfd(struct bench *b)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} r = {
		.head.nr = 1,
		.entry = {
			.type = KVM_IRQ_ROUTING_MSI, .flags = KVM_MSI_VALID_DEVID,
			.u.msi = { .address_lo = ITS_BASE + GITS_TRANSLATER, .data = MSI_EVENT, .devid = MSI_DEVICE },
		},
	};
	int ret;

	prepare_msi(b);
	ret = kioctlp(b->vm->fd, KVM_SET_GSI_ROUTING, &r);
	if (ret)
		die("KVM_SET_GSI_ROUTING: %s", strerror(-ret));
	make_irqfd(b);
}

/* The injection may be a kernel worker's, which has to be let onto this CPU. */
static void until_handled(struct bench *b, u64 seen)
{
	unsigned int turns;

	for (turns = 1; *b->irqs == seen; turns++) {
		cpu_relax();
		if (turns % 4 == 0)
			sched_yield();
	}
}

static void host_irqfd(struct bench *b, u64 n)
{
	u64 one = 1, seen;

	while (n--) {
		seen = *b->irqs;
		at_user();
		raw_write(b->eventfd, &one, sizeof(one));
		until_handled(b, seen);
		at_user_end();
	}
}

static void host_msi(struct bench *b, u64 n)
{
	struct kvm_msi msi = {
		.address_lo = ITS_BASE + GITS_TRANSLATER, .data = MSI_EVENT, .devid = MSI_DEVICE,
		.flags = KVM_MSI_VALID_DEVID,
	};
	u64 seen;

	while (n--) {
		seen = *b->irqs;
		at_user();
		raw_ioctl(b->vm->fd, KVM_SIGNAL_MSI, (unsigned long)&msi);
		until_handled(b, seen);
		at_user_end();
	}
}

static void host_msi_irqfd(struct bench *b, u64 n) { host_irqfd(b, n); }

/* The sender's system calls with nothing behind them: nobody waits for the write(), the VM's ioctl only answers. */
static void prepare_write(struct bench *b)
{
	make_eventfd(b);
}

static void host_write(struct bench *b, u64 n)
{
	u64 one = 1;

	while (n--) {
		at_user();
		raw_write(b->eventfd, &one, sizeof(one));
		at_user_end();
	}
}

static void prepare_ioctl(struct bench *b)
{
	b->vm = vm_create_guest();
}

static void host_ioctl(struct bench *b, u64 n)
{
	while (n--) {
		at_user();
		raw_ioctl(b->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY);
		at_user_end();
	}
}

/* ---- memory -------------------------------------------------------------------- */

static void *mem_aligned(size_t size, int advice)
{
	u64 p = (u64)mem_anon(size + SZ_2M);

	p = (p + SZ_2M - 1) & ~(SZ_2M - 1);
	if (madvise((void *)p, size, advice))
		die("madvise(%d): %s", advice, strerror(errno));
	return (void *)p;
}

static void set_slot(struct bench *b, size_t size)
{
	int ret = mem_set(b->vm, FAULT_SLOT, 0, EXTRA_BASE, size, b->mem);

	if (ret)
		die("memslot of %zu bytes: %s", size, strerror(-ret));
}

static void prepare_pages(struct bench *b)
{
	b->size = PAGES * SZ_4K;
	b->mem = mem_aligned(b->size, MADV_NOHUGEPAGE);
	memset(b->mem, 1, b->size);
	set_slot(b, b->size);
}

static void prepare_apart(struct bench *b)
{
	b->size = PAGES_APART * SZ_64K;
	b->mem = mem_aligned(b->size, MADV_NOHUGEPAGE);
	memset(b->mem, 1, b->size);
	set_slot(b, b->size);
}

static void prepare_blocks(struct bench *b)
{
	char line[128];
	long huge = 0, kb;
	FILE *f;

	b->size = BLOCKS * SZ_2M;
	b->mem = mem_aligned(b->size, MADV_HUGEPAGE);
	memset(b->mem, 1, b->size);
	f = fopen("/proc/self/smaps", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "AnonHugePages: %ld", &kb) == 1)
			huge += kb;
	if (huge < b->size / 1024)
		die("the host has no huge pages: %ld kB", huge);
	fclose(f);
	set_slot(b, b->size);
}

/* Unknown to stage 2 again; the host's pages stay. */
static void reset_slot(struct bench *b)
{
	set_slot(b, 0);
	set_slot(b, b->size);
}

/* And the host's pages go. */
static void reset_pages(struct bench *b)
{
	set_slot(b, 0);
	if (madvise(b->mem, b->size, MADV_DONTNEED))
		die("madvise: %s", strerror(errno));
	set_slot(b, b->size);
}

/* ---- entry and exit of user space ------------------------------------------------ */

static struct vcpu *storing_vm(struct vm **vm)
{
	struct vcpu *vcpu;

	*vm = vm_create_guest();
	vcpu = guest_vcpu(*vm, 0, guest_switch, 0);
	gic_create(*vm, 0);
	if (raw_ioctl(vcpu->fd, KVM_RUN, 0) || vcpu->run->exit_reason != KVM_EXIT_MMIO)
		die("first KVM_RUN: reason %u", vcpu->run->exit_reason);
	return vcpu;
}

static void prepare_one(struct bench *b)
{
	b->vcpu = storing_vm(&b->vm);
}

static void prepare_two(struct bench *b)
{
	b->vcpu = storing_vm(&b->vm);
	b->vcpu2 = storing_vm(&b->vm2);
}

void host_switch(struct bench *b, u64 n)
{
	struct vcpu *vcpu = b->vcpu, *other = b->vcpu2, *next;

	while (n--) {
		at_user();
		if (raw_ioctl(vcpu->fd, KVM_RUN, 0))
			die("KVM_RUN");
		next = other;
		other = vcpu;
		vcpu = next;
	}
	at_user_end();
}

static void host_immediate(struct bench *b, u64 n)
{
	b->vcpu->run->immediate_exit = 1;
	while (n--) {
		at_user();
		if (raw_ioctl(b->vcpu->fd, KVM_RUN, 0) != -EINTR)
			die("KVM_RUN with immediate_exit did not give EINTR");
	}
	at_user_end();
}

/* ---- VM create and destroy ------------------------------------------------------- */

/* Memory with this program in it, for one VM after the other. */
static void prepare_create(struct bench *b)
{
	struct vm *vm = vm_create();

	b->size = SZ_2M;
	b->mem = mem_aligned(b->size, MADV_NOHUGEPAGE);
	memset(b->mem, 0, b->size);
	mem_add_at(vm, 0, 0, RAM_BASE, b->size, b->mem);
	vm_load_image(vm);
}

static void create(struct bench *b)
{
	b->vm = vm_create();
	if (mem_set(b->vm, 0, 0, RAM_BASE, b->size, b->mem))
		die("memslot");
	b->vcpu = vcpu_create(b->vm, 0);
	if (vcpu_init(b->vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2))
		die("VCPU_INIT");
	gic_create(b->vm, 0);
	reg_set(b->vcpu, PC_REG, (u64)at_create_end);
	if (raw_ioctl(b->vcpu->fd, KVM_RUN, 0) || b->vcpu->run->exit_reason != KVM_EXIT_MMIO)
		die("KVM_RUN: reason %u", b->vcpu->run->exit_reason);
}

static void host_create(struct bench *b, u64 n)
{
	while (n--) {
		at_user();
		create(b);
		vm_free(b->vm);
	}
}

static void host_destroy(struct bench *b, u64 n)
{
	while (n--) {
		create(b);
		at_user();
		vm_free(b->vm);
		at_user_end();
	}
}

/* ---- the table ----------------------------------------------------------------- */

#define GUEST(nm, bnd, ovh, count, ttl, ...) {					\
	.name = #nm, .title = ttl, .bound = bnd, .begin = (char *)at_##nm, .overhead = ovh,	\
	.n = count, .guest = guest_##nm, ##__VA_ARGS__ }
#define IPI(nm, count, ttl, ...) {						\
	.name = #nm, .title = ttl, .bound = 'h', .begin = at_ipi, .overhead = 3,	\
	.n = count, .guest = guest_ipi, ##__VA_ARGS__ }

const struct op ops[] = {
	GUEST(hypercall, 'e', 3, 200, "hypercall that the kernel answers (unknown id)"),
	GUEST(psci, 'e', 3, 200, "PSCI_VERSION"),
	GUEST(idreg, 'e', 2, 200, "read of a trapped ID register"),
	GUEST(gicd, 'e', 2, 200, "read of a GIC distributor register"),
	GUEST(gicr, 'e', 2, 200, "read of a redistributor register"),
	GUEST(sgi_self, 'e', 3, 100, "SGI to self, sent to handled"),
	IPI(ipi, 50, "IPI to a running vCPU, sent to handled", .peer = guest_spins),
	IPI(ipi_wfi, 50, "IPI to a vCPU in WFI, sent to handled and asleep again", .peer = guest_sleeps),
	GUEST(timer, 'h', 3, 50, "virtual timer, programmed to handled"),
	GUEST(ptimer, 'h', 3, 50, "physical timer, programmed to handled"),
	GUEST(timer_wfi, 'h', 0, 0, "virtual timer, programmed, slept for in WFI, handled",
	      .end = at_timer_wfi_end),
	GUEST(eoi, 'r', 0, 0, "acknowledge and EOI of a virtual interrupt", .end = at_eoi_end),
	GUEST(wfi, 'r', 2, 0, "WFI with something pending"),
	GUEST(mmio_read, 'h', 2, 50, "MMIO read served by user space"),
	GUEST(mmio_write, 'h', 2, 50, "MMIO write served by user space"),
	GUEST(ioeventfd, 'h', 2, 50, "ioeventfd kick", .prepare = prepare_ioeventfd),
	HOST(irqfd, 'h', 20, "irqfd, written to handled", .prepare = prepare_irqfd,
	     .end = (char *)at_user_end),
	HOST(msi_irqfd, 'm', 20, "MSI by irqfd, written to handled", .prepare = prepare_msi_irqfd,
	     .end = (char *)at_user_end),
	HOST(msi, 'm', 20, "MSI by ioctl, sent to handled", .prepare = prepare_msi, .end = (char *)at_user_end),
	HOST(write, 'r', 20, "write() to an eventfd that nobody waits for", .prepare = prepare_write,
	     .end = (char *)at_user_end),
	HOST(ioctl, 'r', 20, "ioctl of a VM that only answers", .prepare = prepare_ioctl, .end = (char *)at_user_end),
	GUEST(its_cmd, 'r', 0, 20, "ITS command (INV), queued, carried out, seen", .prepare = prepare_its),
	GUEST(fault_4k, 'r', 3, 200, "stage-2 fault, 4K page that the host has",
	      .prepare = prepare_pages, .reset = reset_slot),
	GUEST(fault_64k, 'r', 3, 60, "stage-2 fault, 4K pages that the host has, 64K apart",
	      .prepare = prepare_apart, .reset = reset_slot),
	GUEST(fault_fresh, 'r', 3, 200, "stage-2 fault, 4K page that is new to the host",
	      .prepare = prepare_pages, .reset = reset_pages),
	GUEST(fault_2m, 'r', 3, BLOCKS, "stage-2 fault, 2M block that the host has",
	      .prepare = prepare_blocks, .reset = reset_slot),
	HOST(switch, 'r', 50, "KVM_RUN to an MMIO exit, two VMs in turn", .prepare = prepare_two),
	HOST(immediate, 'r', 50, "KVM_RUN with immediate_exit", .prepare = prepare_one),
	HOST(create, 'r', 0, "VM, vCPU and GIC created, to the first instruction",
	     .prepare = prepare_create, .end = at_create_end, .traced = 3),
	HOST(destroy, 'r', 0, "the same destroyed", .prepare = prepare_create,
	     .end = (char *)at_user_end, .traced = 3),
	{ }
};

/* In a process of its own: what goes wrong is this operation's alone. */
static void measure(const struct op *op)
{
	struct bench b = { .op = op };
	int status;
	pid_t pid;

	say("@@op|%s|%c|%s|%lx|%lx|%u\n", op->name, op->bound, op->title, (u64)op->begin, (u64)op->end,
	    op->overhead);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		pin_to_cpu(0);
		if (op->host)
			measure_in_user_space(&b);
		else
			measure_in_guest(&b);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		say("@@fail|%s\n", op->name);
}

static void measure_named(const struct op *op, int argc, char **argv)
{
	int i;

	for (; op->name; op++) {
		for (i = 1; i < argc && strcmp(argv[i], op->name); i++)
			;
		if (argc == 1 || i < argc)
			measure(op);
	}
}

int main(int argc, char **argv)
{
	measure_named(ops, argc, argv);
	measure_named(ops_in_use, argc, argv);
	say("@@finished\n");
	return 0;
}
