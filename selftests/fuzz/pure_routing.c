// SPDX-License-Identifier: GPL-2.0
/* KVM_SET_GSI_ROUTING's tables, of the very size that is asked for, against a plain reading of the entries. */
#include "pure.h"

#define main unit_main
#include "unit/routing_rules.c"
#undef main

static void random_entry(struct input *in, struct kvm_irq_routing_entry *e)
{
	unsigned int kind = bytes(in, 1);

	memset(e, 0, sizeof(*e));
	e->gsi = kind & 1 ? bytes(in, 2) % 4100 : kind & 2 ? bytes(in, 1) % 8 : bytes(in, 4);
	e->type = kind & 4 ? 1 + (kind >> 3 & 1) : bytes(in, 1) % 6;
	e->flags = kind & 16 ? 0 : bytes(in, 1) % 3;
	if (e->type == KVM_IRQ_ROUTING_IRQCHIP) {
		e->u.irqchip.irqchip = kind & 32 ? 0 : bytes(in, 1);
		e->u.irqchip.pin = kind & 64 ? bytes(in, 2) % 1000 : bytes(in, 4);
	} else {
		e->u.msi.address_lo = bytes(in, 4);
		e->u.msi.address_hi = bytes(in, 4);
		e->u.msi.data = bytes(in, 4);
		e->u.msi.devid = bytes(in, 4);
	}
}

static bool entry_is_valid(const struct kvm_irq_routing_entry *e)
{
	if (e->gsi > 4095)
		return false;
	if (e->type == 1)
		return !e->flags && !e->u.irqchip.irqchip && e->u.irqchip.pin <= 987;
	return e->type == 2 && e->flags <= 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	static struct kvm_irq_routing_entry entries[64];
	u32 nr = 0, needed, i, k, highest = 0;
	bool valid = true, too_high = false;
	struct av_routes *routes;

	while (more(&in) && nr < 64)
		random_entry(&in, &entries[nr++]);
	for (i = 0; i < nr; i++) {
		valid &= entry_is_valid(&entries[i]);
		too_high |= entries[i].gsi > 4095;
		if (entries[i].gsi > highest)
			highest = entries[i].gsi;
		for (k = 0; k < i; k++)
			valid &= entries[k].gsi != entries[i].gsi;
	}
	needed = av_routes_needed(entries, nr);
	REQUIRE(needed == (too_high ? 0 : highest + 1));
	if (!needed)
		return 0;
	routes = calloc(1, sizeof(*routes) + needed * sizeof(routes->route[0]));
	routes->nr = needed;
	REQUIRE(av_routes_fill(routes, entries, nr) == valid);
	for (i = 0; valid && i < nr; i++) {
		const struct av_route *r = &routes->route[entries[i].gsi];

		REQUIRE(r->type == entries[i].type);
		REQUIRE(av_route_intid(r) == (r->type == 1 ? 32 + entries[i].u.irqchip.pin : 0));
		REQUIRE(r->type == 1 || (r->msi.data == entries[i].u.msi.data &&
					 (u32)r->msi.addr == entries[i].u.msi.address_lo));
	}
	free(routes);
	return 0;
}
