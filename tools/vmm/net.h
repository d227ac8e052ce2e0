/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a network device's packets go: a tap interface of the host (net_tap.c), or another program (net_stream.c,
 * net_user.c).
 */
#ifndef VMM_NET_H
#define VMM_NET_H

#include <linux/types.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <sys/uio.h>

#define NET_HEADER	sizeof(struct virtio_net_hdr_v1)
/* A whole TCP segment before it is cut, its headers, and virtio's (virtio 1.2, 5.1.6.3.1). */
#define NET_FRAME_MAX	(65550 + NET_HEADER)

struct net;

struct net_ops {
	/* A packet behind its virtio header. Losing one is no error, as on a wire. */
	void	(*send)(struct net *net, const struct iovec *iov, unsigned int nr);
	/* The next packet with its header; how long, or 0: none is there. */
	size_t	(*receive)(struct net *net, __u8 *to, size_t room);
	/* What the guest's side can take (VIRTIO_NET_F_*), so that the host need not do it. NULL: no such thing */
	void	(*agreed)(struct net *net, __u64 features);
};

struct net {
	const struct net_ops *ops;
	int		fd;
	void		*own;
	bool		gone;		/* fd says nothing any more */
	__u64		features;	/* that it can serve */
};

/* Ports of the host that are the guest's, as passt wants them; or NULL */
struct net_user {
	const char	*tcp, *udp;
};

/* Each ends the program with a message if it can't be had. */
void net_open_tap(struct net *net, const char *name);
void net_open_unix(struct net *net, const char *path);
void net_open_user(struct net *net, const struct net_user *user);
void net_use_stream(struct net *net, int fd, const char *peer);

#endif
