/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a store has to be like for an ioeventfd, and the order in which a VM keeps its ioeventfds.
 *
 * Pure functions, so that selftests/unit/ioeventfd_rules.c tests them on the build host.
 *
 * Runs at: anywhere. Owns: nothing. Locks: none.
 */
#ifndef AV_IOEVENTFD_RULES_H
#define AV_IOEVENTFD_RULES_H

#include "../include/av_types.h"

/* Address spaces; on arm64 no guest access arrives in the last two, KVM takes them all the same. */
enum av_bus {
	AV_BUS_MMIO,
	AV_BUS_PIO,
	AV_BUS_CCW,
};

/* The stores that an ioeventfd takes. A store itself is one, too: with a length and a value. */
struct av_pattern {
	enum av_bus bus;
	u32 len;		/* 0: any length */
	u64 addr;
	u64 datamatch;		/* 0 with is_wildcard */
	bool is_wildcard;	/* any value */
};

static inline struct av_pattern av_pattern_of(const struct kvm_ioeventfd *args)
{
	struct av_pattern pattern = {
		.len = args->len,
		.addr = args->addr,
		.is_wildcard = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH),
	};

	if (args->flags & KVM_IOEVENTFD_FLAG_PIO)
		pattern.bus = AV_BUS_PIO;
	else if (args->flags & KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)
		pattern.bus = AV_BUS_CCW;
	if (!pattern.is_wildcard)
		pattern.datamatch = args->datamatch;
	return pattern;
}

static inline bool av_pattern_is_same(const struct av_pattern *a, const struct av_pattern *b)
{
	return a->bus == b->bus && a->addr == b->addr && a->len == b->len &&
	       a->is_wildcard == b->is_wildcard && a->datamatch == b->datamatch;
}

/* Is a store of that one's? */
static inline bool av_pattern_takes(const struct av_pattern *pattern, u64 addr, u32 len, u64 data)
{
	return pattern->addr == addr && pattern->bus == AV_BUS_MMIO &&
	       (!pattern->len || (pattern->len == len && (pattern->is_wildcard || pattern->datamatch == data)));
}

static inline int av_order(u64 a, u64 b)
{
	return a < b ? -1 : a > b;
}

/*
 * 0: there is a store that fits both; else which comes first. Any length, any value fit all of them. Among patterns of
 * which no two have a store in common, as a VM's ioeventfds are, this is an order; and those that have one in common
 * with another pattern stand side by side. So a search tree finds it, like overlapping ranges.
 */
static inline int av_pattern_compare(const struct av_pattern *a, const struct av_pattern *b)
{
	int order = av_order(a->bus, b->bus) ?: av_order(a->addr, b->addr);

	if (order || !a->len || !b->len)
		return order;
	order = av_order(a->len, b->len);
	if (order || a->is_wildcard || b->is_wildcard)
		return order;
	return av_order(a->datamatch, b->datamatch);
}

#endif
