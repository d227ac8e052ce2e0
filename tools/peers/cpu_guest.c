// SPDX-License-Identifier: GPL-2.0
/*
 * cpu_guest.c - what a guest's program gets of SVE and of pointer authentication (tools/check-peers, qemu/cpu).
 *
 * Where: in QEMU's guest, as its kernel's user. Built with -march=armv8.3-a+sve -static.
 * Prints a line for each, "guest: sve ..." and "guest: pauth ...", with "ok" in it or what is wrong.
 */
#include <arm_sve.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR	10007

/* Vectors of any length add up what a loop adds up, while other threads of the guest use theirs. */
static int sve(unsigned int seed)
{
	static uint64_t a[NR], b[NR];
	uint64_t want = 0, got = 0;
	int round, i;

	for (i = 0; i < NR; i++) {
		a[i] = (uint64_t)seed * i;
		b[i] = i ^ seed;
		want += a[i] * b[i];
	}
	for (round = 0; round < 200 && (!round || got == want); round++) {
		svuint64_t sum = svdup_u64(0);

		for (i = 0; i < NR; i += svcntd()) {
			svbool_t p = svwhilelt_b64(i, NR);

			sum = svmla_m(p, sum, svld1(p, a + i), svld1(p, b + i));
			if (i % 1000 < (int)svcntd())
				sched_yield();
		}
		got = svaddv(svptrue_b64(), sum);
	}
	return got == want;
}

static void *sign(void *p, uint64_t modifier)
{
	asm volatile("pacia %0, %1" : "+r"(p) : "r"(modifier));
	return p;
}

static void *check(void *p, uint64_t modifier)
{
	asm volatile("autia %0, %1" : "+r"(p) : "r"(modifier));
	return p;
}

/* One that was signed with another modifier is found out, by a pointer that leads nowhere or by a signal. */
static int pauth(void)
{
	void *p = (void *)sign, *s = sign(p, 42);
	int status;
	pid_t child;

	if (s == p || check(s, 42) != p)
		return 0;
	child = fork();
	if (!child)
		_exit(check(s, 43) == p ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status;
}

int main(void)
{
	int status, n, ok = 1;

	for (n = 1; n <= 4; n++)
		if (!fork())
			_exit(!sve(n));
	while (wait(&status) > 0)
		ok &= !status;
	printf("guest: sve of %u bits %s\n", (unsigned int)svcntb() * 8, ok ? "ok" : "adds up wrongly");
	printf("guest: pauth %s\n", pauth() ? "ok" : "does not keep pointers");
	return 0;
}
