/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The basic types and attributes that host, EL2 image and build-host tests share.
 *
 * Runs at: everywhere (no code). Owns: nothing.
 */
#ifndef AV_TYPES_H
#define AV_TYPES_H

#ifdef __ASSEMBLY__
#define AV_UL(x)		x
#else
#define AV_UL(x)		x##UL

#if defined(__KERNEL__) && !defined(AV_EL2)
#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/build_bug.h>
#else
/* The EL2 image and the unit tests see no kernel header. */
#include <stddef.h>
#include <stdbool.h>
typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef unsigned long long u64;
typedef __INT8_TYPE__ s8;
typedef __INT16_TYPE__ s16;
typedef __INT32_TYPE__ s32;
typedef long long s64;
#ifndef static_assert
#define static_assert		_Static_assert
#endif
#endif

#endif /* __ASSEMBLY__ */

#define AV_BIT(n)		(AV_UL(1) << (n))
/* A mask of the bits lo..hi, both included. */
#define AV_MASK(hi, lo)		((~AV_UL(0) >> (63 - (hi))) & (~AV_UL(0) << (lo)))
/* Read a field out of a register value, or place a value in one. */
#define AV_GET(val, hi, lo)	(((val) & AV_MASK(hi, lo)) >> (lo))
#define AV_PUT(val, hi, lo)	(((val) << (lo)) & AV_MASK(hi, lo))

#endif
