// SPDX-License-Identifier: GPL-2.0
/*
 * GSI routing: which interrupt an irqfd raises.
 *
 * Runs at: host kernel. Owns: vm->eventfds.routes, .route_walks, the table of VMs that have named none.
 * Locks: eventfds.lock to replace the table, a walk of this CPU's with interrupts off to use it (dev/walk.h).
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "dev.h"
#include "eventfd.h"
#include "routing_rules.h"
#include "walk.h"
#include "vgic/vgic.h"

/* Interrupts off: no interrupt that comes in meanwhile can walk with the same word. */
static __always_inline u32 *begin_walk(struct av_eventfd_vm *ev)
{
	u32 *word = this_cpu_ptr(ev->route_walks);

	lockdep_assert_irqs_disabled();
	av_walk_begin(word);
	return word;
}

/* In a walk, as is the use of what is returned: all zero for a GSI without a route. */
static __always_inline const struct av_route *look_up(struct av_eventfd_vm *ev, unsigned long gsi)
{
	static const struct av_route nowhere;
	const struct av_routes *routes = rcu_dereference_check(ev->routes, irqs_disabled());

	if (unlikely(!routes) || unlikely(gsi >= routes->nr))
		return &nowhere;
	return &routes->route[array_index_nospec(gsi, (unsigned long)routes->nr)];
}

u32 av_route_spi(struct av_vm *vm, u32 gsi)
{
	unsigned long flags;
	u32 intid, *word;

	local_irq_save(flags);
	word = begin_walk(&vm->eventfds);
	intid = av_route_intid(look_up(&vm->eventfds, gsi));
	av_walk_end(word);
	local_irq_restore(flags);
	return intid;
}

/* A message comes when the line goes up, and has no line. That it has no receiver nobody needs to know. */
static __always_inline void send_msi(struct av_vm *vm, const struct av_route *route, bool level)
{
	if (level)
		av_vgic_msi(vm, &route->msi);
}

/*
 * Set the line that a GSI leads to; all of it within the walk, so that after a change of the table nothing goes the old
 * way. GSIs without a route are silently accepted. A message is sent, or put into *later if there is that.
 */
static __always_inline void set_line(struct av_vm *vm, u32 gsi, bool level, struct av_route *later)
{
	u32 *word = begin_walk(&vm->eventfds);
	const struct av_route *route = look_up(&vm->eventfds, gsi);
	u32 intid = av_route_intid(route);

	if (likely(intid)) {
		av_stats_irq(vm, level);
		av_vgic_inject_spi(vm, intid, level);
	} else if (route->type) {
		av_stats_irq(vm, level);
		if (later)
			*later = *route;
		else
			send_msi(vm, route, level);
	}
	av_walk_end(word);
}

/* Not on PREEMPT_RT, where the locks of an ITS may sleep. */
void av_route_set_irqoff(struct av_vm *vm, u32 gsi, bool level)
{
	set_line(vm, gsi, level, NULL);
}

void av_route_set(struct av_vm *vm, u32 gsi, bool level)
{
	struct av_route message = {};
	unsigned long flags;

	local_irq_save(flags);
	set_line(vm, gsi, level, &message);
	local_irq_restore(flags);
	if (message.type)
		send_msi(vm, &message, level);
}

/*
 * What holds until user space has a table of its own, of all VMs: GSI n -> SPI 32 + n, one for each pin there can be;
 * av_vgic_inject() refuses those that a VM has not got. Filled at the module's load, never changed, outlives the VMs.
 */
static struct av_routes *pins;

static struct av_routes *alloc_routes(u32 nr, gfp_t gfp)
{
	struct av_routes *routes;

	routes = kvzalloc(struct_size(routes, route, nr), gfp);
	if (routes)
		routes->nr = nr;
	return routes;
}

static void free_routes(struct av_routes *routes)
{
	if (routes != pins)
		kvfree(routes);
}

/* The new table holds for every event from now on. */
static void install(struct av_vm *vm, struct av_routes *routes)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct av_routes *old;
	unsigned int cpu;

	mutex_lock(&ev->lock);
	old = rcu_replace_pointer(ev->routes, routes, lockdep_is_held(&ev->lock));
	av_irqfd_update_acks(vm);
	mutex_unlock(&ev->lock);
	/* The table was replaced before the words are read; pairs with av_walk_begin(). */
	smp_mb();
	for_each_possible_cpu(cpu)
		av_walk_await(per_cpu_ptr(ev->route_walks, cpu));
	free_routes(old);
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
	routes = alloc_routes(needed, GFP_KERNEL_ACCOUNT);
	if (!routes)
		return -ENOMEM;
	if (!av_routes_fill(routes, entries, nr)) {
		kvfree(routes);
		return -EINVAL;
	}
	install(vm, routes);
	return 0;
}

static void set_default(struct av_vm *vm)
{
	install(vm, pins);
}

/* Module load and unload. */
int av_routing_host_init(void)
{
	u32 i;

	pins = alloc_routes(AV_IRQCHIP_PINS, GFP_KERNEL);
	if (!pins)
		return -ENOMEM;
	for (i = 0; i < AV_IRQCHIP_PINS; i++)
		pins->route[i] = (struct av_route){ .type = KVM_IRQ_ROUTING_IRQCHIP, .pin = i };
	return 0;
}

void av_routing_host_exit(void)
{
	kvfree(pins);
}

static const struct av_vgic_listener listener = {
	.init = set_default,
	.ack = av_irqfd_ack,
};

/* After av_vgic_vm_init(). */
int av_eventfd_vm_init(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	int ret;

	mutex_init(&ev->lock);
	RCU_INIT_POINTER(ev->routes, NULL);
	av_irqfd_vm_init(vm);
	av_ioeventfd_vm_init(vm);
	av_vgic_listen(vm, &listener);
	ev->route_walks = alloc_percpu_gfp(u32, GFP_KERNEL_ACCOUNT);
	if (!ev->route_walks)
		return -ENOMEM;
	ret = av_coalesced_vm_init(vm);
	if (ret)
		goto no_ring;
	ret = init_srcu_struct(&ev->srcu);
	if (ret)
		goto no_srcu;
	return 0;
no_srcu:
	av_coalesced_vm_destroy(vm);
no_ring:
	free_percpu(ev->route_walks);
	return ret;
}

/* Nobody runs in this VM any more, and av_eventfd_vm_release() has been called. */
void av_eventfd_vm_destroy(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;

	av_irqfd_vm_destroy(vm);
	av_ioeventfd_vm_destroy(vm);
	av_coalesced_vm_destroy(vm);
	free_routes(rcu_dereference_protected(ev->routes, true));
	free_percpu(ev->route_walks);
	cleanup_srcu_struct(&ev->srcu);
}
