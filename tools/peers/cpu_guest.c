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
#define MODIFIERS	64

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

/*
 * Signed pointers are themselves again, and one that was signed with another modifier is found out, by a pointer that
 * leads nowhere or by a signal. A signature has as many bits as addresses leave, three of a kernel with 52-bit ones, so
 * that one out of eight is no other than none, and as many go by another modifier: many are tried.
 */
static int pauth(void)
{
	void *p = (void *)sign, *s;
	int status, differ = 0;
	uint64_t modifier;
	pid_t child;

	for (modifier = 1; modifier <= MODIFIERS; modifier++) {
		s = sign(p, modifier);
		differ += s != p;
		if (check(s, modifier) != p)
			return 0;
	}
	child = fork();
	if (!child) {
		for (modifier = 1; modifier <= MODIFIERS; modifier++)
			if (check(sign(p, modifier), modifier + 1) != p)
				_exit(1);
		_exit(0);
	}
	return differ && child > 0 && waitpid(child, &status, 0) == child && status;
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
