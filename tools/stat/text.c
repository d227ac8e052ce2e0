// SPDX-License-Identifier: GPL-2.0
/*
 * The page for people: a line for each VM, and for each vCPU if wanted; exits by kind, per second.
 *
 * Owns: nothing. Locks: none.
 */
#include <inttypes.h>
#include <string.h>

#include "stat.h"

#define MAX_PARTS	5

/*
 * Columns: what is counted is the sum of these statistics of the vCPUs, or of the VM where vm says so. A name behind
 * "-" is taken away.
 */
static const struct column {
	const char	*head;
	bool		vm;
	const char	*parts[MAX_PARTS];
} columns[] = {
	{ "exits",	false,	{ "exits" } },
	{ "fast",	false,	{ "fast" } },
	{ "hvc",	false,	{ "hvc_exit_stat", "fast_smc", "exit_smc" } },
	{ "sysreg",	false,	{ "fast_sysreg", "exit_sysreg" } },
	{ "mmio",	false,	{ "mmio_exit_kernel" } },
	{ "mmio-vmm",	false,	{ "mmio_exit_user" } },
	{ "faults",	false,	{ "exit_fetch", "exit_data", "fast_mmio", "-mmio_exit_kernel", "-mmio_exit_user" } },
	{ "wfi",	false,	{ "wfi_exit_stat" } },
	{ "host-irq",	false,	{ "exit_irq" } },
	{ "kicks",	false,	{ "kicks" } },
	{ "irqs",	true,	{ "irqs_injected" } },
};

static int64_t value_of(const struct column *column, const struct counters *c)
{
	int64_t sum = 0;
	unsigned int i;

	for (i = 0; i < MAX_PARTS && column->parts[i]; i++) {
		const char *name = column->parts[i];

		if (*name == '-')
			sum -= counter_of(c, name + 1);
		else
			sum += counter_of(c, name);
	}
	/* Counters are read one after another while they count. */
	return sum < 0 ? 0 : sum;
}

static int64_t vm_value(const struct column *column, const struct vm *vm)
{
	int64_t sum = 0;
	unsigned int i;

	if (column->vm)
		return value_of(column, &vm->c);
	for (i = 0; i < vm->nr_vcpus; i++)
		sum += value_of(column, &vm->vcpus[i].c);
	return sum;
}

static const struct vcpu *find_vcpu(const struct vm *vm, unsigned int id)
{
	unsigned int i;

	for (i = 0; vm && i < vm->nr_vcpus; i++) {
		if (vm->vcpus[i].id == id)
			return &vm->vcpus[i];
	}
	return NULL;
}

/* In nine places: 123456, 1234567 as 1235k. */
static void number(FILE *out, double value)
{
	if (value < 1e6)
		fprintf(out, " %8.0f", value);
	else if (value < 1e9)
		fprintf(out, " %7.0fk", value / 1e3);
	else
		fprintf(out, " %7.0fM", value / 1e6);
}

/* What it grew by, per second; without a sample of before the value. */
static double rate(int64_t was, int64_t now, double seconds)
{
	return seconds ? (now > was ? (now - was) / seconds : 0) : now;
}

/* Of the time that there was, how much the vCPUs slept in WFI, in percent of all of them. */
static void idle(FILE *out, uint64_t was, uint64_t now, double seconds, unsigned int nr_vcpus)
{
	double share = seconds && nr_vcpus ? rate(was, now, seconds) / NSEC_PER_SEC / nr_vcpus * 100 : 0;

	if (seconds)
		fprintf(out, " %4.0f%%", share > 100 ? 100 : share);
	else
		fprintf(out, " %5s", "-");
}

static void microseconds(FILE *out, bool known, uint64_t ns, uint64_t exits)
{
	double us = exits ? ns / 1e3 / exits : 0;

	if (!known || !exits)
		fprintf(out, " %8s", "-");
	else if (us < 1e5)
		fprintf(out, " %8.1f", us);
	else
		number(out, us);
}

static uint64_t more(uint64_t was, uint64_t now)
{
	return now > was ? now - was : 0;
}

/*
 * Guest time for each exit: so long it ran until the next one. Host time for each that came to the host: those that EL2
 * finishes are booked as the guest's. @is_new: there is no sample of before, so all of it counts.
 */
static void per_exit(FILE *out, const struct times *was, const struct times *now, bool is_new, uint64_t exits,
		     uint64_t slow)
{
	bool known = now->known && (was->known || is_new);

	microseconds(out, known, more(was->guest_ns, now->guest_ns), exits);
	microseconds(out, known, more(was->host_ns, now->host_ns), slow);
}

static void head(FILE *out, const struct sample *now, double seconds)
{
	unsigned int i;

	if (seconds)
		fprintf(out, "armvcpu: %u VM%s; per second, over %.1f s\n", now->nr_vms, now->nr_vms == 1 ? "" : "s",
			seconds);
	else
		fprintf(out, "armvcpu: %u VM%s; totals\n", now->nr_vms, now->nr_vms == 1 ? "" : "s");
	fprintf(out, "%-12s %-15s %5s %7s %5s %8s %8s", "VM", "command", "vCPUs", "MiB", "idle", "guest-us", "host-us");
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		fprintf(out, " %8s", columns[i].head);
	fputc('\n', out);
}

static void vcpu_line(FILE *out, const struct vcpu *was, const struct vcpu *vcpu, double seconds)
{
	static const struct vcpu none;
	struct times times = vcpu->times;	/* of another thread than before: not to be compared */
	bool is_new = !was;
	unsigned int i;

	if (is_new)
		was = &none;
	else if (was->thread != vcpu->thread)
		times = (struct times) {};
	fprintf(out, "  vcpu %-5u %-15s %5s %7s", vcpu->id, counter_of(&vcpu->c, "blocking") ? "(waits)" : "", "", "");
	idle(out, counter_of(&was->c, "halt_wait_ns"), counter_of(&vcpu->c, "halt_wait_ns"), seconds, 1);
	per_exit(out, &was->times, &times, is_new,
		 more(counter_of(&was->c, "exits"), counter_of(&vcpu->c, "exits")),
		 more(counter_of(&was->c, "slow"), counter_of(&vcpu->c, "slow")));
	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		if (columns[i].vm)
			fprintf(out, " %8s", "");
		else
			number(out, rate(value_of(&columns[i], &was->c), value_of(&columns[i], &vcpu->c), seconds));
	}
	fputc('\n', out);
}

static void vm_lines(FILE *out, const struct vm *was, const struct vm *vm, double seconds, bool vcpus)
{
	static const struct vm none;
	bool is_new = !was;
	unsigned int i;

	/* One that is new has begun with 0. */
	if (is_new)
		was = &none;
	fprintf(out, "%-12s %-15.15s %5u %7" PRIu64, vm->name, vm->command, vm->nr_vcpus, vm->memory_kb / 1024);
	idle(out, counter_sum(was, "halt_wait_ns"), counter_sum(vm, "halt_wait_ns"), seconds, vm->nr_vcpus);
	per_exit(out, &was->times, &vm->times, is_new, more(counter_sum(was, "exits"), counter_sum(vm, "exits")),
		 more(counter_sum(was, "slow"), counter_sum(vm, "slow")));
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		number(out, rate(vm_value(&columns[i], was), vm_value(&columns[i], vm), seconds));
	fputc('\n', out);
	for (i = 0; vcpus && i < vm->nr_vcpus; i++)
		vcpu_line(out, find_vcpu(was, vm->vcpus[i].id), &vm->vcpus[i], seconds);
}

void text_page(FILE *out, const struct sample *before, const struct sample *now, bool vcpus)
{
	double seconds = before ? (now->ns - before->ns) / (double)NSEC_PER_SEC : 0;
	unsigned int i;

	head(out, now, seconds);
	for (i = 0; i < now->nr_vms; i++)
		vm_lines(out, sample_vm(before, now->vms[i].name), &now->vms[i], seconds, vcpus);
}
