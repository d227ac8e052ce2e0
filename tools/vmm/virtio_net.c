// SPDX-License-Identifier: GPL-2.0
/*
 * Network: virtio network devices (virtio 1.2, section 5.1), from --net.
 *
 * Queue 0 receives, queue 1 transmits. A packet that is received waits here until the driver has a buffer for it, and
 * those behind it wait at the other side.
 *
 * Owns: struct net_dev. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net.h"
#include "virtio.h"

#define RECEIVE		0

struct net_dev {
	struct virtio_dev	dev;
	struct net		net;
	size_t			waiting;	/* bytes of packet[]: received, and not yet the guest's */
	__u8			packet[NET_FRAME_MAX] __attribute__((aligned(8)));
};

/* A buffer that is too small for the packet is given back empty, and the packet lost, as on any wire. */
static bool receive(struct net_dev *net)
{
	struct virtio_dev *dev = &net->dev;
	struct virtio_net_hdr_v1 *header = (struct virtio_net_hdr_v1 *)net->packet;

	if (!net->waiting)
		net->waiting = net->net.ops->receive(&net->net, net->packet, sizeof(net->packet));
	if (net->net.gone)
		dev->wait_fd = -1;
	if (!net->waiting)
		return false;
	if (!virtio_pop(dev, RECEIVE)) {
		dev->no_room = true;
		return false;
	}
	if (dev->chain.nr_out > 0) {
		virtio_broken(dev, "a buffer that can't be written");
		return false;
	}
	header->num_buffers = 1;	/* 5.1.6.4.1; the kernel leaves it out */
	if (dev->chain.in_len < net->waiting) {
		verbose("virtio device %u: a packet of %zu bytes is lost: the guest's buffer has %zu", dev->index,
			net->waiting, (size_t)dev->chain.in_len);
		net->waiting = 0;
	}
	virtio_push(dev, RECEIVE, iov_put(dev->chain.iov + dev->chain.nr_out, dev->chain.nr_in, 0, net->packet,
					  net->waiting));
	net->waiting = 0;
	return true;
}

static bool transmit(struct net_dev *net, unsigned int queue)
{
	struct virtio_dev *dev = &net->dev;

	if (!virtio_pop(dev, queue))
		return false;
	if (dev->chain.nr_in > 0 || dev->chain.out_len < NET_HEADER) {
		virtio_broken(dev, "no packet");
		return false;
	}
	if (dev->chain.out_len <= NET_FRAME_MAX)
		net->net.ops->send(&net->net, dev->chain.iov, dev->chain.nr_out);
	virtio_push(dev, queue, 0);
	return true;
}

static bool net_serve(struct virtio_dev *dev, unsigned int queue)
{
	struct net_dev *net = dev->own;

	return queue == RECEIVE ? receive(net) : transmit(net, queue);
}

static void net_start(struct virtio_dev *dev)
{
	struct net_dev *net = dev->own;

	if (net->net.ops->agreed)
		net->net.ops->agreed(&net->net, dev->driver_features);
}

/* What came for the guest before is not for the next. */
static void net_reset(struct virtio_dev *dev)
{
	struct net_dev *net = dev->own;

	net->waiting = 0;
}

/* The guest keeps its address. */
static const char *net_restore_config(struct virtio_dev *dev, const __u8 *config)
{
	memcpy(dev->config, config, 6);
	return NULL;
}

static const struct virtio_ops net_ops = {
	.name		= "network",
	.id		= VIRTIO_ID_NET,
	.nr_queues	= 2,
	.queue_max	= VIRTQ_MAX,
	.config_len	= offsetof(struct virtio_net_config, status),
	.serve		= net_serve,
	.start		= net_start,
	.reset		= net_reset,
	.restore_config	= net_restore_config,
};

/* Six pairs of hexadecimal digits; no group address, and not all zeroes. */
static void parse_mac(__u8 *mac, const char *text)
{
	static const __u8 none[6];
	char rest;

	if (strlen(text) != 17 ||
	    sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
		   &rest) != 6 || mac[0] & 1 || !memcmp(mac, none, 6))
		die("--net mac=%s: no address of an interface", text);
}

/* What --net says. One of the first three; the ports are user's. */
struct net_words {
	const char	*tap, *path;
	bool		is_user;
	struct net_user	user;
};

static void parse_word(struct net_dev *net, struct net_words *words, const char *word)
{
	const struct {
		const char	*key;
		const char	**value;
	} keys[] = {
		{ "tap", &words->tap }, { "unix", &words->path },
		{ "tcp", &words->user.tcp }, { "udp", &words->user.udp },
	};
	const char *value = suboption_value(word, "mac");
	size_t i;

	if (value) {
		parse_mac(net->dev.config, value);
		return;
	}
	if (!strcmp(word, "user")) {
		words->is_user = true;
		return;
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		value = suboption_value(word, keys[i].key);
		if (value) {
			*keys[i].value = value;
			return;
		}
	}
	die("--net: \"%s\" is none of user, tap=NAME, unix=PATH, mac=ADDRESS, tcp=PORTS and udp=PORTS", word);
}

static void open_net(struct net *net, const struct net_words *words)
{
	if (!!words->tap + !!words->path + words->is_user != 1)
		die("--net: one of user, tap=NAME and unix=PATH has to be given");
	if ((words->user.tcp || words->user.udp) && !words->is_user)
		die("--net: tcp=PORTS and udp=PORTS belong to user");
	if (words->tap)
		net_open_tap(net, words->tap);
	else if (words->path)
		net_open_unix(net, words->path);
	else
		net_open_user(net, &words->user);
}

/* --net user|tap=NAME|unix=PATH[,mac=XX:XX:XX:XX:XX:XX][,tcp=PORTS][,udp=PORTS] */
void net_add(char *arg)
{
	struct net_dev *net = calloc(1, sizeof(*net));
	struct net_words words = { 0 };
	char *word;

	if (!net)
		die_errno("memory for --net");
	/* One that nobody else has: of those that anybody may give (locally administered). */
	if (getrandom(net->dev.config, 6, 0) != 6)
		die_errno("--net: getrandom");
	net->dev.config[0] = (net->dev.config[0] & ~1) | 2;
	while ((word = suboption_next(&arg)))
		parse_word(net, &words, word);
	open_net(&net->net, &words);
	net->dev.ops = &net_ops;
	net->dev.own = net;
	net->dev.features = net->net.features | 1ULL << VIRTIO_NET_F_MAC;
	virtio_add(&net->dev);
	net->dev.wait_fd = net->net.fd;
}
