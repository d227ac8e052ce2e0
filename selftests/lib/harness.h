/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's kselftest harness (TAP output, one process per test), with the
 * patience that an emulated machine needs. Exit status: 0 passed, 1 failed,
 * 4 skipped (there is no device).
 */
#ifndef SELFTESTS_HARNESS_H
#define SELFTESTS_HARNESS_H

#include <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	90

#include "vm.h"

/* So long may each test of this program take; before they run, that is from SELFTEST_MAIN_IF's condition. */
static inline void harness_timeout(unsigned int seconds)
{
	struct __fixture_metadata *f;
	struct __test_metadata *t;

	for (f = __fixture_list; f; f = f->next)
		for (t = f->tests; t; t = t->next)
			t->timeout = seconds;
}

/* ok: true where the program's subject exists; otherwise all of it is skipped, for that reason. */
#define SELFTEST_MAIN_IF(ok, why)					\
static void __attribute__((constructor)) order_last(void)		\
{									\
	if (!__constructor_order)					\
		__constructor_order = _CONSTRUCTOR_ORDER_BACKWARD;	\
}									\
int main(int argc, char **argv)						\
{									\
	int fd = dev_try_open();					\
									\
	if (fd == -ENOENT)						\
		ksft_exit_skip("no %s\n", dev_path());			\
	if (fd >= 0)							\
		close(fd);						\
	if (!(ok))							\
		ksft_exit_skip(why "\n");				\
	return test_harness_run(argc, argv);				\
}

#define SELFTEST_MAIN	SELFTEST_MAIN_IF(true, "")

#endif
