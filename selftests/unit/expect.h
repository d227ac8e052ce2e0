/* SPDX-License-Identifier: GPL-2.0 */
/*
 * expect.h - how a unit test of armvcpu-run's parts says what does not hold: a line for each, and its exit status.
 *
 * Where: on the build machine.
 */
#ifndef AV_UNIT_EXPECT_H
#define AV_UNIT_EXPECT_H

#include <stdio.h>

static int failed;		/* main()'s */

#define EXPECT(cond) do {							\
	if (!(cond)) {								\
		printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);	\
		failed = 1;							\
	}									\
} while (0)

#endif /* AV_UNIT_EXPECT_H */
