// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-stat's time per exit: what it takes from a stat file of /proc, and what it makes of two samples; another
 * thread than before is not compared.
 *
 * A failure means that somebody looks for a slow VMM where there is none. Reference: proc(5), /proc/PID/stat.
 *
 * Runs at: build host. Owns: a file in /tmp.
 */
#define _GNU_SOURCE
#include <string.h>

#include "tools/stat/machine.c"
#include "tools/stat/read.c"
#include "tools/stat/text.c"
#include "tap.h"

static struct times times_of(const char *text)
{
	char path[] = "/tmp/stat_times.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct times t = {};

	fputs(text, file);
	fclose(file);
	read_times(&t, path);
	remove(path);
	return t;
}

#define BEHIND	" 9 9 20 0 3 0 8000 1000 900 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 "
#define FRONT	"77 (a) R 1 (b) S 1 77 1 34816 77 4194304 100 0 0 0 "

static void files(void)
{
	uint64_t tick = NSEC_PER_SEC / sysconf(_SC_CLK_TCK);
	struct times t = times_of(FRONT "500 30" BEHIND "480 0 1 2\n");

	check(t.known && t.guest_ns == 480 * tick && t.host_ns == 50 * tick, "guest time is a part of user time");
	t = times_of(FRONT "500 30" BEHIND "540 0 1 2\n");
	check(t.known && t.guest_ns == 540 * tick && !t.host_ns, "a guest's time that is more than all");
	check(!times_of(FRONT "500 30\n").known, "a file that ends early is not known");
	check(!times_of("").known, "nor is an empty one");
	memset(&t, 0, sizeof(t));
	read_times(&t, "/proc/self/task/0/stat");
	check(!t.known, "nor one that is not there");
}

static struct counter was_c[] = { { "exits", 1000 }, { "slow", 100 } };
static struct counter now_c[] = { { "exits", 3000 }, { "slow", 300 } };

static struct vcpu was_vcpu = { .thread = 8, .times = { true, 1000000, 500000 }, .c = { 2, was_c } };
static struct vcpu now_vcpu = { .thread = 8, .times = { true, 5000000, 1500000 }, .c = { 2, now_c } };
static struct vm was_vm = {
	.name = "7-1", .pid = 7, .times = { true, 10000000, 0 }, .nr_vcpus = 1, .vcpus = &was_vcpu
};
static struct vm now_vm = {
	.name = "7-1", .pid = 7, .times = { true, 20000000, 5000000 }, .nr_vcpus = 1, .vcpus = &now_vcpu
};
static const struct sample was = { .nr_vms = 1, .vms = &was_vm }, now = { NSEC_PER_SEC, 1, &now_vm };

/* A page, or the other ones, has these words. */
static bool says(const struct sample *before, const char *words)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool found;

	text_page(out, before, &now, true);
	json_object(out, &now);
	prometheus_page(out, &now);
	fclose(out);
	found = strstr(text, words);
	if (!found)
		printf("# no \"%s\" in:\n%s", words, text);
	free(text);
	return found;
}

static void pages(void)
{
	check(says(&was, "%      5.0     25.0     2000 "), "a VM: guest time by exits, host time by slow ones");
	check(says(&was, "%      2.0      5.0     2000 "), "a vCPU");
	check(says(NULL, "-      6.7     16.7     3000 "), "a VM since it was made");
	check(says(NULL, "-      1.7      5.0     3000 "), "a vCPU likewise");
	now_vcpu.thread = 9;
	check(says(&was, "%        -        -     2000 "), "another thread has the vCPU");
	check(says(&was, "%      5.0     25.0     2000 "), "and the VM's is not less");
	now_vcpu.thread = 8;
	was_vcpu.times.known = false;
	check(says(&was, "%        -        -     2000 "), "it was not known before");
	check(says(NULL, "\"memory_kb\":0,\"guest_ns\":20000000,\"host_ns\":5000000,"), "JSON, of a VM");
	check(says(NULL, "{\"id\":0,\"guest_ns\":5000000,\"host_ns\":1500000,"), "JSON, of a vCPU");
	check(says(NULL, "armvcpu_vm_guest_seconds_total{vm=\"7-1\",pid=\"7\",command=\"\"} 0.02\n"), "Prometheus");
	check(says(NULL, "armvcpu_vm_host_seconds_total{vm=\"7-1\",pid=\"7\",command=\"\"} 0.0"), "of the host, too");
	now_c[0].value = was_c[0].value;
	check(says(&was, "%        -     25.0        0 "), "no exit, no time of one");
}

int main(void)
{
	files();
	pages();
	return tap_end();
}
