// SPDX-License-Identifier: GPL-2.0
/*
 * GSI routing: which interrupt an irqfd raises.
 *
 * Runs at: host kernel. Owns: vm->eventfds.routes.
 * Locks: eventfds.lock to replace the table, eventfds.srcu to read it.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "dev.h"
#include "eventfd.h"
#include "routing_rules.h"
#include "vgic/vgic.h"

u32 av_route_spi(struct av_vm *vm, u32 gsi)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	const struct av_routes *routes;
	u32 intid = 0;
	int idx;

	idx = srcu_read_lock(&ev->srcu);
	routes = srcu_dereference(ev->routes, &ev->srcu);
	if (routes && gsi < routes->nr)
		intid = av_route_intid(&routes->route[array_index_nospec(gsi, routes->nr)]);
	srcu_read_unlock(&ev->srcu, idx);
	return intid;
}

/* A message comes when the line goes up, and has no line. That it has no receiver nobody needs to know. */
static void send_msi(struct av_vm *vm, const struct av_route *route, bool level)
{
	const struct av_vgic_msi msi = {
		.addr = route->msi_address,
		.data = route->msi_data,
		.devid = route->msi_devid,
		.has_devid = route->msi_flags & KVM_MSI_VALID_DEVID,
	};

	if (level)
		av_vgic_msi(vm, &msi);
}

/* Set the line that a GSI leads to. GSIs without a route are silently accepted. */
void av_route_set(struct av_vm *vm, u32 gsi, bool level)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	const struct av_routes *routes;
	struct av_route route = {};
	u32 intid;
	int idx;

	idx = srcu_read_lock(&ev->srcu);
	routes = srcu_dereference(ev->routes, &ev->srcu);
	if (routes && gsi < routes->nr)
		route = routes->route[array_index_nospec(gsi, routes->nr)];
	srcu_read_unlock(&ev->srcu, idx);
	if (!route.type)
		return;
	av_stats_irq(vm, level);
	intid = av_route_intid(&route);
	if (intid)
		av_vgic_inject(vm, NULL, intid, level, NULL);
	else
		send_msi(vm, &route, level);
}

static struct av_routes *alloc_routes(u32 nr)
{
	struct av_routes *routes;

	routes = kvzalloc(struct_size(routes, route, nr), GFP_KERNEL_ACCOUNT);
	if (routes)
		routes->nr = nr;
	return routes;
}

/* The new table holds for every event from now on. */
static void install(struct av_vm *vm, struct av_routes *routes)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct av_routes *old;

	mutex_lock(&ev->lock);
	old = rcu_replace_pointer(ev->routes, routes, lockdep_is_held(&ev->lock));
	av_irqfd_update_acks(vm);
	mutex_unlock(&ev->lock);
	/* Readers of this VM only, at the caller's cost; what comes after ages without a change does not wait long. */
	synchronize_srcu(&ev->srcu);
	kvfree(old);
}

/* KVM_SET_GSI_ROUTING: all of it or nothing. May sleep. */
int av_routing_set(struct av_vm *vm, const struct kvm_irq_routing_entry *entries, u32 nr,
		   u32 flags)
{
	struct av_routes *routes;
	u32 needed;

	if (nr > AV_MAX_ROUTES || flags)
		return -EINVAL;
	needed = av_routes_needed(entries, nr);
	if (!needed)
		return -EINVAL;
	routes = alloc_routes(needed);
	if (!routes)
		return -ENOMEM;
	if (!av_routes_fill(routes, entries, nr)) {
		kvfree(routes);
		return -EINVAL;
	}
	install(vm, routes);
	return 0;
}

/* GSI n -> SPI 32 + n: one for each pin there can be; av_vgic_inject() refuses those that this VM has not got. */
static int set_default(struct av_vm *vm)
{
	struct av_routes *routes = alloc_routes(AV_IRQCHIP_PINS);
	u32 i;

	if (!routes)
		return -ENOMEM;
	for (i = 0; i < AV_IRQCHIP_PINS; i++)
		routes->route[i] = (struct av_route){ .type = KVM_IRQ_ROUTING_IRQCHIP, .pin = i };
	install(vm, routes);
	return 0;
}

static const struct av_vgic_listener listener = {
	.init = set_default,
	.ack = av_irqfd_ack,
};

/* After av_vgic_vm_init(). */
int av_eventfd_vm_init(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;

	mutex_init(&ev->lock);
	RCU_INIT_POINTER(ev->routes, NULL);
	av_irqfd_vm_init(vm);
	av_ioeventfd_vm_init(vm);
	av_vgic_listen(vm, &listener);
	return init_srcu_struct(&ev->srcu);
}

/* Nobody runs in this VM any more, and av_eventfd_vm_release() has been called. */
void av_eventfd_vm_destroy(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;

	av_irqfd_vm_destroy(vm);
	av_ioeventfd_vm_destroy(vm);
	kvfree(rcu_dereference_protected(ev->routes, true));
	cleanup_srcu_struct(&ev->srcu);
}
