// SPDX-License-Identifier: GPL-2.0
/*
 * A program that uses memory tags: it tags a mapping, waits for a line, and says whether all tags are as they were and
 * a wrong one is found. For the guest of mte.inc, which is saved meanwhile.
 *
 * Exit status: 0, 1 with a line that says what is wrong.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define SIZE		(4UL << 20)
#define GRANULE		16UL
#define PROT_TAGS	0x20		/* PROT_MTE */
#define SET_TAGGED_ADDR	55		/* PR_SET_TAGGED_ADDR_CTRL */
#define SYNC_ALL	(1UL | 1UL << 1 | 0xfffeUL << 3)	/* on, faults at once, any tag but 0 may be drawn */

#ifndef SEGV_MTESERR
#define SEGV_MTESERR	9
#endif

static sigjmp_buf back;
static volatile int code;

static unsigned long tag_of(const char *at)
{
	unsigned long tag = 0;

	__asm__ volatile(".arch armv8.5-a+memtag\n\tldg %0, [%1]" : "+r" (tag) : "r" (at));
	return tag >> 56 & 0xf;
}

static void set_tag(char *at, unsigned long tag)
{
	__asm__ volatile(".arch armv8.5-a+memtag\n\tstg %0, [%1]" : : "r" (tag << 56), "r" (at) : "memory");
}

static unsigned long pattern(unsigned long at)
{
	return (at / GRANULE * 3 + (at >> 12)) & 0xf;
}

static void die(const char *what)
{
	printf("tag_keeper: %s\n", what);
	exit(1);
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	code = info->si_code;
	siglongjmp(back, 1);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	unsigned long at;
	char line[80], *mem;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (prctl(SET_TAGGED_ADDR, SYNC_ALL, 0, 0, 0))
		die("no tags for addresses");
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE | PROT_TAGS, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		die("no memory with tags");
	for (at = 0; at < SIZE; at += GRANULE) {
		if (tag_of(mem + at))
			die("new memory has tags");
		set_tag(mem + at, pattern(at));
	}
	printf("tag_keeper: waits\n");
	if (!fgets(line, sizeof(line), stdin))
		die("nobody said anything");
	for (at = 0; at < SIZE; at += GRANULE) {
		if (tag_of(mem + at) != pattern(at))
			die("a tag has changed");
	}
	sigaction(SIGSEGV, &action, NULL);
	set_tag(mem, 5);
	*(volatile char *)((unsigned long)mem | 5UL << 56) = 1;
	if (!sigsetjmp(back, 1)) {
		*(volatile char *)((unsigned long)mem | 6UL << 56) = 1;
		die("a wrong tag was not found");
	}
	if (code != SEGV_MTESERR)
		die("another fault");
	printf("tag_keeper: all tags are there\n");
	return 0;
}
