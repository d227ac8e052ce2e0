/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types and functions shared by the files of armvcpu-stat.
 *
 * One thread. A sample is what debugfs said at one moment; what is shown is mostly the difference of two.
 */
#ifndef STAT_H
#define STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_SEC	1000000000ULL

struct counter {
	char		name[40];	/* vcpu/stats.def of the module */
	uint64_t	value;
};

/* Statistics that have one value; histograms are left out. */
struct counters {
	unsigned int	nr;
	struct counter	*at;
};

/* What the kernel booked, of a process or a thread. EL2's time is the guest's. */
struct times {
	bool		known;
	uint64_t	guest_ns;
	uint64_t	host_ns;	/* all else: the kernel for the guest, and the VMM */
};

struct vcpu {
	unsigned int	id;
	unsigned int	thread;		/* 0: it was in its VMM just then */
	struct times	times;
	struct counters	c;
};

struct vm {
	char		name[32];	/* PID-N, debugfs' directory */
	unsigned int	pid;
	char		command[32];	/* of that process, printable ASCII; "" if it can't be read */
	uint64_t	memory_kb;	/* resident; 0 likewise */
	struct times	times;		/* of all its threads */
	struct counters	c;
	unsigned int	nr_vcpus;
	struct vcpu	*vcpus;
};

struct sample {
	uint64_t	ns;		/* CLOCK_MONOTONIC */
	unsigned int	nr_vms;
	struct vm	*vms;		/* by running number: the oldest first */
};

/* read.c */
bool sample_take(struct sample *s, const char *root, char *error, size_t size);
void sample_free(struct sample *s);
const struct vm *sample_vm(const struct sample *s, const char *name);	/* or NULL */
const struct counter *counter_find(const struct counters *c, const char *name);	/* or NULL */
uint64_t counter_of(const struct counters *c, const char *name);	/* 0: none of that name */
uint64_t counter_sum(const struct vm *vm, const char *name);		/* over the vCPUs */

/* text.c: a page for people, from two samples; before may be NULL, then totals are shown */
void text_page(FILE *out, const struct sample *before, const struct sample *now, bool vcpus);

/* machine.c: for programs, of one sample */
void json_object(FILE *out, const struct sample *now);
void prometheus_page(FILE *out, const struct sample *now);

/* terminal.c */
bool terminal_take(void);
void terminal_give_back(void);		/* if it was taken */
int terminal_wait(double seconds);	/* only when it was taken, as terminal_page() */
void terminal_page(const char *page);

/* listen.c: serves prometheus_page() for ever; returns after a message if it can't */
void serve(const char *where, const char *root);

#endif
