/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tap.h - how a unit test of the module says what holds: a line of TAP for each claim, the plan at the end.
 *
 * Where: on the build machine. Included behind what it tests, which may bring a bool of its own.
 */
#ifndef AV_UNIT_TAP_H
#define AV_UNIT_TAP_H

#include <stdio.h>

/* What a test can show of itself when a claim does not hold, e.g. a trace; defined before this file is included. */
#ifndef TAP_ON_FAILURE
#define TAP_ON_FAILURE()
#endif

static int tests, failures;

/**
 * check() - one claim.
 * @ok: it holds
 * @claim: what is claimed, in words
 */
static void check(bool ok, const char *claim)
{
	tests++;
	if (!ok) {
		failures++;
		TAP_ON_FAILURE();
	}
	printf("%sok %d %s\n", ok ? "" : "not ", tests, claim);
}

/**
 * tap_end() - the plan, behind the last claim.
 *
 * Return: main()'s: 0 if all claims held, else 1.
 */
static int tap_end(void)
{
	printf("1..%d\n", tests);
	return failures != 0;
}

#endif /* AV_UNIT_TAP_H */
