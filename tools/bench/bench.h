/* SPDX-License-Identifier: GPL-2.0 */
/* What bench's files share: an operation, and what it is measured with. */
#ifndef BENCH_H
#define BENCH_H

#include "vm.h"

struct op;

struct bench {
	const struct op *op;
	struct vm *vm, *vm2;
	struct vcpu *vcpu, *vcpu2;
	void *mem;			/* of FAULT_SLOT, or of the VM that is only created */
	size_t size;
	int eventfd;
	volatile u64 *irqs;		/* the vCPU's count of interrupts */
};

struct op {
	const char *name, *title;
	char bound;			/* e: EL2 finishes it, h: host or VMM needed, r: the rest */
	char *begin, *end;
	unsigned int overhead;		/* instructions of one turn that are only the loop's */
	unsigned int n;			/* operations per batch; 0: idle time is within, only the trace tells */
	unsigned int traced;		/* operations while instructions are logged; 0: TRACED */
	void (*guest)(u64 n);		/* guest: n operations */
	void (*peer)(u64 arg);		/* guest: the second vCPU */
	void (*prepare)(struct bench *b);
	void (*reset)(struct bench *b);	/* before each batch */
	void (*host)(struct bench *b, u64 n);	/* user space: n operations, instead of guest() */
};

#define HOST(nm, bnd, count, ttl, ...) {					\
	.name = #nm, .title = ttl, .bound = bnd, .begin = (char *)at_user,		\
	.n = count, .host = host_##nm, ##__VA_ARGS__ }

/* Ends with an empty row. */
extern const struct op ops[], ops_in_use[];

/* loops.S */
void at_user(void);
void at_user_end(void);
long raw_ioctl(int fd, unsigned long cmd, unsigned long arg);
void loop_switch(u64 n, u64 addr);

/* User space: KVM_RUN of vcpu and vcpu2 in turn, n times. */
void host_switch(struct bench *b, u64 n);

#endif
