// SPDX-License-Identifier: GPL-2.0
/*
 * A tap interface of the host (Linux: Documentation/networking/tuntap.rst): what the guest sends arrives there, and
 * what is sent there arrives at the guest. Addresses, bridges and routes are the host's business.
 *
 * The kernel takes and gives the virtio header with each packet, and checks it. So a checksum that the guest left to
 * its device is computed by the host, if at all, and a large segment is cut there.
 *
 * Owns: the interface's queue. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "vmm.h"

static void tap_send(struct net *net, const struct iovec *iov, unsigned int nr)
{
	while (writev(net->fd, iov, nr) < 0 && errno == EINTR)
		;
}

static size_t tap_receive(struct net *net, __u8 *to, size_t room)
{
	ssize_t n = read(net->fd, to, room);

	return n < (ssize_t)NET_HEADER ? 0 : n;
}

/* Without GUEST_CSUM the guest wants each packet's checksum. Segments longer than a packet it never takes. */
static void tap_agreed(struct net *net, __u64 features)
{
	unsigned int offload = features & 1ULL << VIRTIO_NET_F_GUEST_CSUM ? TUN_F_CSUM : 0;

	if (ioctl(net->fd, TUNSETOFFLOAD, offload))
		verbose("TUNSETOFFLOAD: %s", errno_text(errno));
}

static const struct net_ops tap_ops = {
	.send		= tap_send,
	.receive	= tap_receive,
	.agreed		= tap_agreed,
};

/* The interface may be there, made by root for this user; who may make one (CAP_NET_ADMIN) gets it made. */
void net_open_tap(struct net *net, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int header = NET_HEADER;

	if (!*name || strlen(name) >= IFNAMSIZ)
		die("--net tap=%s: no name of an interface", name);
	net->ops = &tap_ops;
	net->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (net->fd < 0)
		die_errno("--net tap=%s: /dev/net/tun", name);
	strcpy(ifr.ifr_name, name);
	if (ioctl(net->fd, TUNSETIFF, &ifr))
		die_errno("--net tap=%s: TUNSETIFF", name);
	if (ioctl(net->fd, TUNSETVNETHDRSZ, &header))
		die_errno("--net tap=%s: TUNSETVNETHDRSZ", name);
	net->features = 1ULL << VIRTIO_NET_F_CSUM | 1ULL << VIRTIO_NET_F_GUEST_CSUM |
			1ULL << VIRTIO_NET_F_HOST_TSO4 | 1ULL << VIRTIO_NET_F_HOST_TSO6;
}
