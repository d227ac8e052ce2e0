// SPDX-License-Identifier: GPL-2.0
/*
 * ioeventfd: a guest's store signals an eventfd instead of ending RUN (KVM_IOEVENTFD).
 *
 * Runs at: host kernel. Owns: vm->eventfds.ioeventfds.
 * Locks: eventfds.lock to change the table, RCU to look up, also from inside the burst.
 */
#include <linux/eventfd.h>
#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "guest/guest.h"
#include "compat.h"
#include "dev/eventfd.h"

/* Address spaces; on arm64 no guest access arrives in the last two, KVM takes them all the same. */
enum bus {
	BUS_MMIO,
	BUS_PIO,
	BUS_CCW,
};

#define VALID_FLAGS	(KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO |		\
			 KVM_IOEVENTFD_FLAG_DEASSIGN | KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)

/* What a store has to be like. */
struct pattern {
	enum bus bus;
	u64 addr;
	u32 len;		/* 0: any length */
	bool is_wildcard;	/* any value */
	u64 datamatch;
};

struct ioeventfd {
	struct hlist_node link;
	struct pattern pattern;
	struct eventfd_ctx *eventfd;
};

static struct pattern to_pattern(const struct kvm_ioeventfd *args)
{
	struct pattern pattern = {
		.addr = args->addr,
		.len = args->len,
		.is_wildcard = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH),
	};

	if (args->flags & KVM_IOEVENTFD_FLAG_PIO)
		pattern.bus = BUS_PIO;
	else if (args->flags & KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)
		pattern.bus = BUS_CCW;
	if (!pattern.is_wildcard)
		pattern.datamatch = args->datamatch;
	return pattern;
}

static bool is_same(const struct pattern *a, const struct pattern *b)
{
	return a->bus == b->bus && a->addr == b->addr && a->len == b->len &&
	       a->is_wildcard == b->is_wildcard && a->datamatch == b->datamatch;
}

/* Is there a store that fits both? */
static bool collides(const struct pattern *a, const struct pattern *b)
{
	if (a->bus != b->bus || a->addr != b->addr)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len &&
	       (a->is_wildcard || b->is_wildcard || a->datamatch == b->datamatch);
}

static struct hlist_head *bucket(struct av_vm *vm, u64 addr)
{
	return &vm->eventfds.ioeventfds[hash_64(addr, ilog2(AV_IOEVENTFD_BUCKETS))];
}

static int add(struct av_vm *vm, struct ioeventfd *new)
{
	struct hlist_head *head = bucket(vm, new->pattern.addr);
	struct ioeventfd *old;
	int ret = 0;

	mutex_lock(&vm->eventfds.lock);
	hlist_for_each_entry(old, head, link) {
		if (collides(&old->pattern, &new->pattern)) {
			ret = -EEXIST;
			break;
		}
	}
	if (!ret)
		hlist_add_head_rcu(&new->link, head);
	mutex_unlock(&vm->eventfds.lock);
	return ret;
}

static int assign(struct av_vm *vm, const struct kvm_ioeventfd *args, struct eventfd_ctx *eventfd)
{
	struct ioeventfd *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!new)
		return -ENOMEM;
	new->pattern = to_pattern(args);
	new->eventfd = eventfd;
	ret = add(vm, new);
	if (ret)
		kfree(new);
	return ret;
}

static struct ioeventfd *take(struct av_vm *vm, const struct pattern *pattern,
			      const struct eventfd_ctx *eventfd)
{
	struct ioeventfd *old, *found = NULL;

	mutex_lock(&vm->eventfds.lock);
	hlist_for_each_entry(old, bucket(vm, pattern->addr), link) {
		if (old->eventfd == eventfd && is_same(&old->pattern, pattern)) {
			hlist_del_rcu(&old->link);
			found = old;
			break;
		}
	}
	mutex_unlock(&vm->eventfds.lock);
	return found;
}

static int deassign(struct av_vm *vm, const struct kvm_ioeventfd *args,
		    const struct eventfd_ctx *eventfd)
{
	struct pattern pattern = to_pattern(args);
	struct ioeventfd *old = take(vm, &pattern, eventfd);

	if (!old)
		return -ENOENT;
	synchronize_rcu_expedited();
	eventfd_ctx_put(old->eventfd);
	kfree(old);
	return 0;
}

static bool args_are_valid(const struct kvm_ioeventfd *args)
{
	switch (args->len) {
	case 0:
		if (args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH)
			return false;
		break;
	case 1:
	case 2:
	case 4:
	case 8:
		break;
	default:
		return false;
	}
	return args->addr + args->len >= args->addr && !(args->flags & ~VALID_FLAGS);
}

/* KVM_IOEVENTFD. Like KVM, look at length and flags only when assigning. May sleep. */
int av_ioeventfd(struct av_vm *vm, const struct kvm_ioeventfd *args)
{
	bool is_deassign = args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
	struct eventfd_ctx *eventfd;
	int ret;

	if (!is_deassign && !args_are_valid(args))
		return -EINVAL;
	eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	ret = is_deassign ? deassign(vm, args, eventfd) : assign(vm, args, eventfd);
	/* The table keeps the reference of what was assigned. */
	if (is_deassign || ret)
		eventfd_ctx_put(eventfd);
	return ret;
}

static bool fits(const struct pattern *pattern, u64 ipa, unsigned int len, u64 data)
{
	if (pattern->bus != BUS_MMIO || pattern->addr != ipa)
		return false;
	if (!pattern->len)
		return true;
	return pattern->len == len && (pattern->is_wildcard || pattern->datamatch == data);
}

/* A guest's store of len (1, 2, 4, 8) bytes that no memslot took: is it a doorbell? */
bool av_ioeventfd_write(struct av_vm *vm, u64 ipa, unsigned int len, u64 data)
{
	struct ioeventfd *entry;
	bool found = false;

	if (len < sizeof(data))
		data &= (1ULL << (len * 8)) - 1;
	rcu_read_lock();
	hlist_for_each_entry_rcu(entry, bucket(vm, ipa), link) {
		if (fits(&entry->pattern, ipa, len, data)) {
			av_eventfd_signal(entry->eventfd);
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

void av_ioeventfd_vm_init(struct av_vm *vm)
{
	unsigned int i;

	for (i = 0; i < AV_IOEVENTFD_BUCKETS; i++)
		INIT_HLIST_HEAD(&vm->eventfds.ioeventfds[i]);
}

void av_ioeventfd_vm_destroy(struct av_vm *vm)
{
	struct ioeventfd *entry;
	struct hlist_node *next;
	unsigned int i;

	for (i = 0; i < AV_IOEVENTFD_BUCKETS; i++) {
		hlist_for_each_entry_safe(entry, next, &vm->eventfds.ioeventfds[i], link) {
			eventfd_ctx_put(entry->eventfd);
			kfree(entry);
		}
	}
}
