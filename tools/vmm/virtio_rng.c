// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers: virtio entropy devices (virtio 1.2, section 5.4), from --rng. The host's getrandom() gives them.
 *
 * Owns: nothing. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <sys/random.h>

#include "virtio.h"

/* A request may be as long as the guest's RAM; the driver asks again for what is missing. */
#define RNG_MAX	4096

static bool rng_serve(struct virtio_dev *dev, unsigned int queue)
{
	__u8 random[RNG_MAX];
	ssize_t len;

	if (!virtio_pop(dev, queue))
		return false;
	if (dev->chain.nr_out > 0 || dev->chain.nr_in == 0) {
		virtio_broken(dev, "no request for random numbers");
		return false;
	}
	len = getrandom(random, dev->chain.in_len < RNG_MAX ? dev->chain.in_len : RNG_MAX, 0);
	if (len < 0)
		len = 0;
	virtio_push(dev, queue, iov_put(dev->chain.iov, dev->chain.nr_in, 0, random, len));
	return true;
}

static const struct virtio_ops rng_ops = {
	.name		= "random numbers",
	.id		= VIRTIO_ID_RNG,
	.nr_queues	= 1,
	.queue_max	= 8,
	.serve		= rng_serve,
};

void rng_add(void)
{
	struct virtio_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		die_errno("memory for --rng");
	dev->ops = &rng_ops;
	virtio_add(dev);
}
