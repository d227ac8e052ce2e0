// SPDX-License-Identifier: GPL-2.0
/*
 * GSI routing tables: which entries KVM_SET_GSI_ROUTING takes, and where they lead.
 *
 * A failure means that a VMM's table is refused, or a hostile one writes out of bounds.
 * Implementation: dev/routing_rules.h. Rules: KVM's for arm64 (kvm-abi 7.2).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/kvm.h>

#include "dev/routing_rules.h"
#include "tap.h"

static struct kvm_irq_routing_entry pin(u32 gsi, u32 number)
{
	return (struct kvm_irq_routing_entry) {
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = 0, .pin = number },
	};
}

static struct kvm_irq_routing_entry msi(u32 gsi, u32 flags)
{
	return (struct kvm_irq_routing_entry) {
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_MSI,
		.flags = flags,
		.u.msi = { .address_lo = 0x8090040, .address_hi = 1, .data = 7, .devid = 9 },
	};
}

static bool parses(struct kvm_irq_routing_entry entry)
{
	struct av_route route;

	return av_route_parse(&entry, &route);
}

static void test_entries(void)
{
	struct kvm_irq_routing_entry entry;
	struct av_route route;

	entry = pin(0, 987);
	check(av_route_parse(&entry, &route) && av_route_intid(&route) == 1019,
	      "the last pin is SPI 1019");
	check(!parses(pin(0, 988)), "there is no pin 988");
	check(!parses(pin(0, ~0u)), "nor pin 0xffffffff");
	check(parses(pin(4095, 0)), "GSI 4095 is valid");
	check(!parses(pin(4096, 0)), "GSI 4096 is not");

	entry = pin(0, 0);
	entry.u.irqchip.irqchip = 1;
	check(!parses(entry), "there is one irqchip");
	entry = pin(0, 0);
	entry.flags = 1;
	check(!parses(entry), "a pin entry has no flags");
	entry = pin(0, 0);
	entry.type = 0;
	check(!parses(entry), "type 0 is not valid");
	entry.type = KVM_IRQ_ROUTING_S390_ADAPTER;
	check(!parses(entry), "nor is another architecture's");

	entry = msi(3, KVM_MSI_VALID_DEVID);
	check(av_route_parse(&entry, &route) && route.msi.addr == 0x108090040ULL &&
	      route.msi.data == 7 && route.msi.devid == 9 && route.msi.has_devid, "an MSI entry is kept");
	check(av_route_intid(&route) == 0, "an MSI entry leads to no SPI");
	check(parses(msi(3, 0)), "an MSI entry without device id is taken");
	check(!parses(msi(3, 2)), "an MSI entry with other flags is not");
}

/* One table, of the very size that av_routes_needed() says: the sanitizer sees what is beyond. */
static bool fills(const struct kvm_irq_routing_entry *entries, u32 nr, u32 gsi, u32 intid)
{
	u32 needed = av_routes_needed(entries, nr);
	struct av_routes *routes;
	bool ok;

	if (!needed)
		return false;
	routes = calloc(1, sizeof(*routes) + needed * sizeof(routes->route[0]));
	routes->nr = needed;
	ok = av_routes_fill(routes, entries, nr) && gsi < needed &&
	     av_route_intid(&routes->route[gsi]) == intid;
	free(routes);
	return ok;
}

static void test_tables(void)
{
	const struct kvm_irq_routing_entry two[] = { pin(5, 1), pin(4095, 2) };
	const struct kvm_irq_routing_entry shared[] = { pin(1, 8), pin(2, 8) };
	const struct kvm_irq_routing_entry twice[] = { pin(5, 1), pin(5, 2) };
	const struct kvm_irq_routing_entry mixed[] = { pin(5, 1), msi(5, 0) };
	const struct kvm_irq_routing_entry high[] = { pin(0, 1), pin(~0u, 2) };

	check(av_routes_needed(NULL, 0) == 1, "an empty table has room for one");
	check(fills(NULL, 0, 0, 0), "in an empty table GSI 0 leads nowhere");
	check(fills(two, 2, 5, 33) && fills(two, 2, 4095, 34), "GSIs lead to their pins");
	check(fills(two, 2, 6, 0), "a GSI in between leads nowhere");
	check(fills(shared, 2, 1, 40) && fills(shared, 2, 2, 40), "two GSIs may share a pin");
	check(!fills(twice, 2, 5, 33), "one GSI has no two pins");
	check(!fills(mixed, 2, 5, 33), "nor a pin and an MSI");
	check(!av_routes_needed(high, 2), "a GSI that is too high makes no huge table");
}

int main(void)
{
	printf("TAP version 13\n");
	test_entries();
	test_tables();
	return tap_end();
}
