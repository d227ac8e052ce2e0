// SPDX-License-Identifier: GPL-2.0
/* What the fuzzers of selftests/fuzz share. Runs in user space. */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>
#include <ucontext.h>

#include "fuzz.h"

#define INTERVAL_NS	10000000000ULL
#define NR_ERRNOS	140

u64 fuzz_seed;
unsigned int fuzz_patience = 60;
void (*fuzz_refresh)(void);
__thread const char *fuzz_doing;

static const char *name;
static u64 start_ns, end_ns;
static u64 by_errno[NR_ERRNOS];
static struct fuzz_counter *counters;
static int failures;
static bool finished;

static u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

bool fuzz_over(void)
{
	return clock_ns() >= end_ns || READ_ONCE(failures);
}

struct fuzz_rng fuzz_stream(u64 stream)
{
	struct fuzz_rng r = { fuzz_seed * 0xd1342543de82ef95ULL + stream };

	r.s = fuzz_rand(&r);
	return r;
}

int fuzz_errno(int ret)
{
	int e = ret < 0 ? -ret : 0;

	__atomic_fetch_add(&by_errno[e < NR_ERRNOS ? e : NR_ERRNOS - 1], 1, __ATOMIC_RELAXED);
	return ret;
}

void fuzz_fail(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("fuzz %s seed=%lu FOUND: %s\n", name, fuzz_seed, text);
	fflush(stdout);
	__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
}

void fuzz_skip(const char *why)
{
	printf("fuzz %s SKIP: %s\n", name, why);
	fflush(stdout);
	_exit(4);
}

static void print_counts(const char *what)
{
	char line[1024];
	size_t len = 0;
	int i;

	if (fuzz_refresh)
		fuzz_refresh();
	for (i = 0; counters[i].name && len < sizeof(line); i++)
		len += snprintf(line + len, sizeof(line) - len, " %s=%lu", counters[i].name,
				READ_ONCE(counters[i].n));
	for (i = 0; i < NR_ERRNOS && len < sizeof(line); i++)
		if (by_errno[i])
			len += snprintf(line + len, sizeof(line) - len, " %s=%lu",
					i ? strerrorname_np(i) ?: "E?" : "ok", READ_ONCE(by_errno[i]));
	printf("fuzz %s %s seed=%lu t=%lu%s\n", name, what, fuzz_seed,
	       (clock_ns() - start_ns) / 1000000000, line);
	fflush(stdout);
}

/* Whoever must move and did not for so long: the fuzzer is stuck, its threads perhaps for good. */
static void check_progress(void)
{
	u64 now = clock_ns();
	int i;

	for (i = 0; counters[i].name; i++) {
		struct fuzz_counter *c = &counters[i];
		u64 n = READ_ONCE(c->n);

		if (n != c->seen || !c->seen_ns) {
			c->seen = n;
			c->seen_ns = now;
		} else if (c->must_move && now - c->seen_ns > fuzz_patience * 1000000000ULL) {
			fuzz_fail("%s stands still at %lu for %u s", c->name, n, fuzz_patience);
			print_counts("total");
			_exit(1);
		}
	}
}

static void *reporter(void *unused)
{
	u64 next = start_ns + INTERVAL_NS;

	while (!READ_ONCE(finished)) {
		usleep(200000);
		if (clock_ns() < next)
			continue;
		print_counts("progress");
		check_progress();
		next += INTERVAL_NS;
	}
	return NULL;
}

static void wrong_usage(const char *program)
{
	fprintf(stderr, "usage: %s --seed N --time SECONDS\n", program);
	exit(2);
}

static unsigned int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "time", required_argument, NULL, 't' },
		{ }
	};
	unsigned int seconds = 20;
	int c;

	fuzz_seed = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			fuzz_seed = strtoull(optarg, NULL, 0);
		else if (c == 't')
			seconds = strtoul(optarg, NULL, 0);
		else
			wrong_usage(argv[0]);
	}
	return seconds;
}

/* A fault of the fuzzer's own, or memory of its that somebody else changed: where, before it dies of it. */
static void on_crash(int sig, siginfo_t *info, void *context)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "fuzz %s seed=%lu FOUND: signal %d in %s: address %p pc %llx\n", name,
			   fuzz_seed, sig, fuzz_doing ?: "?", info->si_addr, ((ucontext_t *)context)->uc_mcontext.pc);

	if (write(STDOUT_FILENO, line, len) != len)
		_exit(1);
	raise(sig);			/* SA_RESETHAND */
}

static void tell_crashes(void)
{
	struct sigaction sa = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_RESETHAND };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

int fuzz_main(int argc, char **argv, struct fuzz_counter *table, void (*run)(void))
{
	unsigned int seconds = parse(argc, argv);
	pthread_t thread;
	int i, fd;

	name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	counters = table;
	start_ns = clock_ns();
	end_ns = start_ns + seconds * 1000000000ULL;
	tell_crashes();
	fd = dev_try_open();
	if (fd == -ENOENT)
		fuzz_skip("no device");
	if (fd >= 0)
		close(fd);
	if (pthread_create(&thread, NULL, reporter, NULL))
		die("no thread for the lines of progress");
	run();
	WRITE_ONCE(finished, true);
	pthread_join(thread, NULL);
	print_counts("total");
	for (i = 0; counters[i].name; i++)
		if (counters[i].must_move && !counters[i].n)
			fuzz_fail("%s never moved", counters[i].name);
	return failures ? 1 : 0;
}
