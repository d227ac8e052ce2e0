/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which GSI routing entries are valid, and what a GSI leads to.
 *
 * Pure functions, so that selftests/unit/routing_rules.c tests them on the build host. The rules
 * are KVM's for arm64: one irqchip, so that a GSI has one entry at most.
 *
 * Runs at: anywhere. Owns: nothing. Locks: none.
 */
#ifndef AV_ROUTING_RULES_H
#define AV_ROUTING_RULES_H

#include "include/av_types.h"
#include "vgic/msi.h"

#define AV_MAX_ROUTES		4096	/* KVM_CAP_IRQ_ROUTING; entries, and GSIs */
#define AV_IRQCHIP_PINS		988	/* SPIs 32 to 1019 */
#define AV_FIRST_SPI		32

/* One GSI. All zero: leads nowhere. */
struct av_route {
	u32 type;			/* 0 or KVM_IRQ_ROUTING_* */
	u32 pin;			/* IRQCHIP: SPI 32 + pin */
	struct av_vgic_msi msi;		/* MSI */
};

struct av_routes {
	u32 nr;				/* GSIs 0 .. nr - 1 have a place in the table */
	struct av_route route[];
};

/* Read an entry of user space's into *route; false when KVM refuses it with -EINVAL. */
static inline bool av_route_parse(const struct kvm_irq_routing_entry *entry,
				  struct av_route *route)
{
	*route = (struct av_route){ .type = entry->type };

	if (entry->gsi >= AV_MAX_ROUTES)
		return false;
	switch (entry->type) {
	case KVM_IRQ_ROUTING_IRQCHIP:
		if (entry->flags || entry->u.irqchip.irqchip ||
		    entry->u.irqchip.pin >= AV_IRQCHIP_PINS)
			return false;
		route->pin = entry->u.irqchip.pin;
		return true;
	case KVM_IRQ_ROUTING_MSI:
		if (entry->flags & ~KVM_MSI_VALID_DEVID)
			return false;
		route->msi.addr = (u64)entry->u.msi.address_hi << 32 | entry->u.msi.address_lo;
		route->msi.data = entry->u.msi.data;
		route->msi.devid = entry->u.msi.devid;
		route->msi.has_devid = entry->flags & KVM_MSI_VALID_DEVID;
		return true;
	default:
		return false;
	}
}

/* Length of the table that these entries need, at least 1; 0 if a GSI is too high. */
static inline u32 av_routes_needed(const struct kvm_irq_routing_entry *entries, u32 nr)
{
	u32 i, max = 0;

	for (i = 0; i < nr; i++) {
		if (entries[i].gsi >= AV_MAX_ROUTES)
			return 0;
		if (entries[i].gsi > max)
			max = entries[i].gsi;
	}
	return max + 1;
}

/* Fill a zeroed table; false for an entry that is not valid or a GSI that comes twice. */
static inline bool av_routes_fill(struct av_routes *routes,
				  const struct kvm_irq_routing_entry *entries, u32 nr)
{
	struct av_route route;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!av_route_parse(&entries[i], &route) || entries[i].gsi >= routes->nr ||
		    routes->route[entries[i].gsi].type)
			return false;
		routes->route[entries[i].gsi] = route;
	}
	return true;
}

/* The INTID of a pin route; 0, which is no SPI, for all others. */
static inline u32 av_route_intid(const struct av_route *route)
{
	return route->type == KVM_IRQ_ROUTING_IRQCHIP ? AV_FIRST_SPI + route->pin : 0;
}

#endif
