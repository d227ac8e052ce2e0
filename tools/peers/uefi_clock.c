// SPDX-License-Identifier: GPL-2.0
/*
 * uefi_clock.c - in the guest of uefi_host.sh: a thread on each CPU reads the clock and the counter, and none may read
 * less than any of them has read before.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint64_t newest_time, newest_count;

static uint64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t counter_now(void)
{
	uint64_t count;

	/* Not before the read of the newest is done. */
	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
	return count;
}

static void look(const char *what, _Atomic uint64_t *newest, uint64_t (*now)(void))
{
	uint64_t before = atomic_load(newest), value = now();

	if (value < before)
		printf("\nguest: time ran back: %s from %llu to %llu\n", what, (unsigned long long)before,
		       (unsigned long long)value);
	while (before < value && !atomic_compare_exchange_weak(newest, &before, value))
		;
}

static void *watch(void *arg)
{
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	CPU_SET((long)arg, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (;;) {
		for (i = 0; i < 200; i++) {
			look("the clock", &newest_time, clock_now);
			look("the counter", &newest_count, counter_now);
		}
		usleep(5000);
	}
	return NULL;
}

int main(void)
{
	long cpu, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (cpu = 1; cpu < cpus; cpu++)
		pthread_create(&thread, NULL, watch, (void *)cpu);
	watch(0);
	return 0;
}
