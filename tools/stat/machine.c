// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for programs: JSON, and Prometheus' text (https://prometheus.io/docs/instrumenting/exposition_formats/, 0.0.4).
 * Every statistic under its name in vcpu/stats.def, as it is.
 *
 * Owns: nothing. Locks: none.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "stat.h"

/* Printable ASCII; both formats escape these two alike. */
static void quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

static void json_counters(FILE *out, const struct counters *c)
{
	unsigned int i;

	fputs("\"statistics\":{", out);
	for (i = 0; i < c->nr; i++)
		fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "", c->at[i].name, c->at[i].value);
	fputc('}', out);
}

/* As the counters: since the beginning, of the process or the thread. */
static void json_times(FILE *out, const struct times *t)
{
	if (t->known)
		fprintf(out, "\"guest_ns\":%" PRIu64 ",\"host_ns\":%" PRIu64 ",", t->guest_ns, t->host_ns);
}

/* One line; time is CLOCK_MONOTONIC in seconds. */
void json_object(FILE *out, const struct sample *now)
{
	unsigned int i, n;

	fprintf(out, "{\"time\":%.6f,\"vms\":[", now->ns / (double)NSEC_PER_SEC);
	for (i = 0; i < now->nr_vms; i++) {
		const struct vm *vm = &now->vms[i];

		fprintf(out, "%s{\"name\":\"%s\",\"pid\":%u,\"command\":", i ? "," : "", vm->name, vm->pid);
		quoted(out, vm->command);
		fprintf(out, ",\"memory_kb\":%" PRIu64 ",", vm->memory_kb);
		json_times(out, &vm->times);
		json_counters(out, &vm->c);
		fputs(",\"vcpus\":[", out);
		for (n = 0; n < vm->nr_vcpus; n++) {
			fprintf(out, "%s{\"id\":%u,", n ? "," : "", vm->vcpus[n].id);
			json_times(out, &vm->vcpus[n].times);
			json_counters(out, &vm->vcpus[n].c);
			fputc('}', out);
		}
		fputs("]}", out);
	}
	fputs("]}\n", out);
}

/* What a sample says of a moment, and is no count of what was. */
static bool is_gauge(const char *name)
{
	return !strcmp(name, "blocking") || !strcmp(name, "fast_path");
}

static void labels(FILE *out, const struct vm *vm, const struct vcpu *vcpu)
{
	fprintf(out, "{vm=\"%s\",pid=\"%u\",command=", vm->name, vm->pid);
	quoted(out, vm->command);
	if (vcpu)
		fprintf(out, ",vcpu=\"%u\"", vcpu->id);
	fputs("} ", out);
}

/* One sample of a metric; the first of them comes behind the metric's TYPE. */
static void value(FILE *out, const char *name, const struct vm *vm, const struct vcpu *vcpu, bool *first)
{
	const struct counter *c = counter_find(vcpu ? &vcpu->c : &vm->c, name);
	const char *kind = vcpu ? "vcpu" : "vm", *suffix = is_gauge(name) ? "" : "_total";

	if (!c)
		return;
	if (*first)
		fprintf(out, "# TYPE armvcpu_%s_%s%s %s\n", kind, name, suffix, *suffix ? "counter" : "gauge");
	*first = false;
	fprintf(out, "armvcpu_%s_%s%s", kind, name, suffix);
	labels(out, vm, vcpu);
	fprintf(out, "%" PRIu64 "\n", c->value);
}

static void vm_metrics(FILE *out, const struct sample *now)
{
	unsigned int i, n;

	for (n = 0; now->nr_vms && n < now->vms[0].c.nr; n++) {
		bool first = true;

		for (i = 0; i < now->nr_vms; i++)
			value(out, now->vms[0].c.at[n].name, &now->vms[i], NULL, &first);
	}
}

/* A vCPU that is as good as any other: all have the same statistics. NULL: there is none. */
static const struct vcpu *some_vcpu(const struct sample *now)
{
	unsigned int i;

	for (i = 0; i < now->nr_vms; i++) {
		if (now->vms[i].nr_vcpus)
			return now->vms[i].vcpus;
	}
	return NULL;
}

static void vcpu_metrics(FILE *out, const struct sample *now)
{
	const struct vcpu *model = some_vcpu(now);
	unsigned int i, v, n;

	for (n = 0; model && n < model->c.nr; n++) {
		bool first = true;

		for (i = 0; i < now->nr_vms; i++)
			for (v = 0; v < now->vms[i].nr_vcpus; v++)
				value(out, model->c.at[n].name, &now->vms[i], &now->vms[i].vcpus[v], &first);
	}
}

/* Of VMs only: a vCPU's is that of the thread that it has just now. */
static void time_metric(FILE *out, const struct sample *now, const char *name, size_t offset)
{
	unsigned int i;

	fprintf(out, "# TYPE armvcpu_vm_%s_seconds_total counter\n", name);
	for (i = 0; i < now->nr_vms; i++) {
		const struct times *t = &now->vms[i].times;

		if (!t->known)
			continue;
		fprintf(out, "armvcpu_vm_%s_seconds_total", name);
		labels(out, &now->vms[i], NULL);
		fprintf(out, "%.2f\n", *(const uint64_t *)((const char *)t + offset) / (double)NSEC_PER_SEC);
	}
}

void prometheus_page(FILE *out, const struct sample *now)
{
	unsigned int i;

	fprintf(out, "# TYPE armvcpu_vms gauge\narmvcpu_vms %u\n", now->nr_vms);
	if (now->nr_vms)
		fputs("# TYPE armvcpu_vm_memory_bytes gauge\n", out);
	for (i = 0; i < now->nr_vms; i++) {
		fputs("armvcpu_vm_memory_bytes", out);
		labels(out, &now->vms[i], NULL);
		fprintf(out, "%" PRIu64 "\n", now->vms[i].memory_kb * 1024);
	}
	if (now->nr_vms) {
		time_metric(out, now, "guest", offsetof(struct times, guest_ns));
		time_metric(out, now, "host", offsetof(struct times, host_ns));
	}
	vm_metrics(out, now);
	vcpu_metrics(out, now);
}
