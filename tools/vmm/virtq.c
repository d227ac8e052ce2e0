// SPDX-License-Identifier: GPL-2.0
/*
 * Split virtqueues (virtio 1.2, section 2.7) in the memory of a guest that is not trusted.
 *
 * The guest may write to its memory at any time. So each word is read once, into a local copy, and what is checked is
 * the copy; every address is looked up in RAM before it is used; and a chain has an end, whatever its links say.
 *
 * Owns: struct virtq. Locks: none; the caller has the device's.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>

#include "virtq.h"

/* Nothing that was read before is read again behind this. */
#define once()	__asm__ __volatile__("" : : : "memory")

#define load(ptr)		__atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define store(ptr, value)	__atomic_store_n(ptr, value, __ATOMIC_RELEASE)

/* Guest physical to process address; NULL when a byte of it is not RAM. */
void *ram_at(const struct guest_ram *ram, __u64 addr, __u64 size)
{
	__u64 offset = addr - ram->base;

	if (addr < ram->base || offset > ram->size || size > ram->size - offset)
		return NULL;
	return ram->host + offset;
}

void virtq_reset(struct virtq *q)
{
	const struct guest_ram *ram = q->ram;
	__u16 max = q->max;

	memset(q, 0, sizeof(*q));
	q->ram = ram;
	q->max = max;
	q->num = max;
}

static void *part(struct virtq *q, __u64 addr, __u64 size, unsigned int align)
{
	return addr % align ? NULL : ram_at(q->ram, addr, size);
}

/* The driver says that the queue is set up. Returns what is wrong with it, or NULL. Sizes and alignments: 2.7. */
const char *virtq_enable(struct virtq *q)
{
	if (q->num == 0 || q->num > q->max || q->num & (q->num - 1))
		return "queue size";
	/* The two event words are there whether they are used or not. */
	q->desc = part(q, q->desc_addr, 16ULL * q->num, 16);
	q->avail = part(q, q->avail_addr, 6 + 2ULL * q->num, 2);
	q->used = part(q, q->used_addr, 6 + 8ULL * q->num, 4);
	if (!q->desc || !q->avail || !q->used)
		return "queue address";
	q->next_avail = 0;
	q->next_used = 0;
	q->signalled = 0;
	q->ready = true;
	return NULL;
}

static const char *add_segment(struct virtq *q, struct virtq_chain *chain, const struct vring_desc *desc)
{
	unsigned int nr = chain->nr_out + chain->nr_in;
	void *at;

	if (!(desc->flags & VRING_DESC_F_WRITE) && chain->nr_in)
		return "a part to be read behind one to be written";
	if (desc->len == 0)
		return NULL;
	if (nr == VIRTQ_MAX)
		return "too many segments";
	at = ram_at(q->ram, desc->addr, desc->len);
	if (!at)
		return "address outside of RAM";
	chain->iov[nr] = (struct iovec) { .iov_base = at, .iov_len = desc->len };
	if (desc->flags & VRING_DESC_F_WRITE) {
		chain->nr_in++;
		chain->in_len += desc->len;
	} else {
		chain->nr_out++;
		chain->out_len += desc->len;
	}
	return NULL;
}

/*
 * Follow a chain. It may end in one descriptor that names a table with the rest (2.7.5.3); that one has no next, and
 * the table none such. A chain can't have more links than the table that they are in has room for.
 */
static const char *walk(struct virtq *q, struct virtq_chain *chain)
{
	const __u8 *table = (const __u8 *)q->desc;
	unsigned int size = q->num, index = chain->head, links = 0;
	bool inside = false;
	struct vring_desc desc;
	const char *wrong;

	for (;;) {
		if (index >= size)
			return "descriptor's number";
		if (links++ == size)
			return "chain without an end";
		memcpy(&desc, table + sizeof(desc) * index, sizeof(desc));
		once();
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			if (inside || !q->indirect || desc.flags & VRING_DESC_F_NEXT)
				return "indirect descriptor where none is allowed";
			if (desc.len == 0 || desc.len % sizeof(desc))
				return "indirect table's size";
			table = ram_at(q->ram, desc.addr, desc.len);
			if (!table)
				return "indirect table outside of RAM";
			size = desc.len / sizeof(desc);
			/* Parts without any bytes are no segments, but are links. */
			if (size > 2 * VIRTQ_MAX)
				size = 2 * VIRTQ_MAX;
			inside = true;
			index = 0;
			links = 0;
			continue;
		}
		wrong = add_segment(q, chain, &desc);
		if (wrong)
			return wrong;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return NULL;
		index = desc.next;
	}
}

/* The next request, if there is one. *why is set when the driver has broken the rules. */
enum virtq_next virtq_pop(struct virtq *q, struct virtq_chain *chain, const char **why)
{
	__u16 waiting = load(&q->avail->idx) - q->next_avail;

	if (waiting == 0)
		return VIRTQ_NONE;
	if (waiting > q->num) {
		*why = "more requests than the queue holds";
		return VIRTQ_BROKEN;
	}
	chain->head = load(&q->avail->ring[q->next_avail & (q->num - 1)]);
	chain->nr_out = 0;
	chain->nr_in = 0;
	chain->out_len = 0;
	chain->in_len = 0;
	*why = walk(q, chain);
	if (*why)
		return VIRTQ_BROKEN;
	q->next_avail++;
	return VIRTQ_CHAIN;
}

/* A request is done; the device wrote so many bytes of it. */
void virtq_push(struct virtq *q, __u16 head, __u32 written)
{
	struct vring_used_elem *elem = &q->used->ring[q->next_used & (q->num - 1)];

	elem->id = head;
	elem->len = written;
	q->next_used++;
	/* Release: who sees the index sees the element, and the data. */
	store(&q->used->idx, q->next_used);
}

/* Does the driver want to be interrupted for what was pushed since the last call? 2.7.7 and 2.7.10 */
bool virtq_wants_interrupt(struct virtq *q)
{
	__u16 before = q->signalled, event;

	q->signalled = q->next_used;
	/*
	 * The index must be visible before the event word is read: the driver writes the word, then looks at the
	 * index. One of the two sees the other's.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!q->event_idx)
		return !(load(&q->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	event = load(&q->avail->ring[q->num]);
	return vring_need_event(event, q->next_used, before);
}

/* All is taken: the driver shall ring for what comes next. True if something came meanwhile, which nobody rings for. */
bool virtq_ask_for_doorbell(struct virtq *q)
{
	/* The device's event word lies behind the used ring, 2.7.8. */
	if (q->event_idx)
		store((__u16 *)&q->used->ring[q->num], q->next_avail);
	/* As above, with the roles exchanged. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load(&q->avail->idx) != q->next_avail;
}

/* The first of the segments' bytes from offset on that lie together; no more than len. None: length 0. */
static struct iovec piece_at(const struct iovec *iov, unsigned int nr, size_t offset, size_t len)
{
	struct iovec piece = { 0 };

	for (; nr > 0; iov++, nr--) {
		if (offset < iov->iov_len) {
			piece.iov_base = (__u8 *)iov->iov_base + offset;
			piece.iov_len = iov->iov_len - offset;
			if (piece.iov_len > len)
				piece.iov_len = len;
			break;
		}
		offset -= iov->iov_len;
	}
	return piece;
}

/* Copy out of the segments, once. Returns how much there was. */
size_t iov_get(const struct iovec *iov, unsigned int nr, size_t offset, void *to, size_t len)
{
	struct iovec piece;
	size_t done;

	for (done = 0; done < len; done += piece.iov_len) {
		piece = piece_at(iov, nr, offset + done, len - done);
		if (!piece.iov_len)
			break;
		memcpy((__u8 *)to + done, piece.iov_base, piece.iov_len);
	}
	once();
	return done;
}

/* Copy into the segments. Returns how much found room. */
size_t iov_put(const struct iovec *iov, unsigned int nr, size_t offset, const void *from, size_t len)
{
	struct iovec piece;
	size_t done;

	for (done = 0; done < len; done += piece.iov_len) {
		piece = piece_at(iov, nr, offset + done, len - done);
		if (!piece.iov_len)
			break;
		memcpy(piece.iov_base, (const __u8 *)from + done, piece.iov_len);
	}
	return done;
}

/* The segments of bytes [offset, offset + len), as far as there are any. Returns how many; to may be iov itself. */
unsigned int iov_slice(struct iovec *to, const struct iovec *iov, unsigned int nr, size_t offset, size_t len)
{
	unsigned int n = 0;
	struct iovec piece;

	for (; nr > 0 && len > 0; iov++, nr--) {
		piece = piece_at(iov, 1, offset, len);
		offset -= piece.iov_len ? offset : iov->iov_len;
		len -= piece.iov_len;
		if (piece.iov_len)
			to[n++] = piece;
	}
	return n;
}
