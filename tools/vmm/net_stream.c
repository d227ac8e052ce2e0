// SPDX-License-Identifier: GPL-2.0
/*
 * Networks over a socket to another program: each frame behind its length, four bytes, big-endian, as QEMU's "-netdev
 * stream" has it, and passt, and others. The other side is of the user's choice; what it sends is checked all the same.
 *
 * Frames have no virtio header: nobody leaves checksums or large segments to anybody.
 *
 * Owns: struct stream. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"
#include "virtq.h"
#include "vmm.h"

#define LENGTH		sizeof(__u32)
#define FRAME_MAX	(NET_FRAME_MAX - NET_HEADER)

struct stream {
	const char	*peer;			/* for messages */
	size_t		in_start, in_end;	/* what of in[] is not the guest's yet */
	__u8		in[LENGTH + FRAME_MAX];
	size_t		out_start, out_end;	/* of the last frame, what the socket had no room for */
	__u8		out[LENGTH + FRAME_MAX];
};

static void gone(struct net *net, const char *why)
{
	struct stream *s = net->own;

	if (!net->gone)
		warn("%s: %s; the guest's network stays silent", s->peer, why);
	net->gone = true;
}

/* True when all that was to be sent has been. */
static bool flush(struct net *net)
{
	struct stream *s = net->own;
	ssize_t n;

	while (!net->gone && s->out_start < s->out_end) {
		n = send(net->fd, s->out + s->out_start, s->out_end - s->out_start, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			s->out_start += n;
		else if (errno == EAGAIN)
			return false;
		else if (errno != EINTR)
			gone(net, errno_text(errno));
	}
	return !net->gone;
}

/* A frame that has begun must come to its end, or nobody understands the rest. The next is lost then. */
static void stream_send(struct net *net, const struct iovec *iov, unsigned int nr)
{
	struct stream *s = net->own;
	__u32 length;
	size_t len;

	if (!flush(net))
		return;
	len = iov_get(iov, nr, NET_HEADER, s->out + LENGTH, FRAME_MAX);
	if (!len)
		return;
	length = htobe32(len);
	memcpy(s->out, &length, LENGTH);
	s->out_start = 0;
	s->out_end = LENGTH + len;
	flush(net);
}

/* The length of the next frame if all of it has come; 0: not yet, or never. */
static size_t next_frame(struct net *net)
{
	struct stream *s = net->own;
	size_t have = s->in_end - s->in_start;
	__u32 length;

	if (have < LENGTH)
		return 0;
	memcpy(&length, s->in + s->in_start, LENGTH);
	length = be32toh(length);
	if (length == 0 || length > FRAME_MAX) {
		gone(net, "sends what are no frames");
		return 0;
	}
	return have - LENGTH >= length ? length : 0;
}

/* More from the socket. False: there is none. */
static bool fill(struct net *net)
{
	struct stream *s = net->own;
	ssize_t n;

	/* There is room: less than a whole frame is in, and one fits. */
	memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
	s->in_end -= s->in_start;
	s->in_start = 0;
	do {
		n = recv(net->fd, s->in + s->in_end, sizeof(s->in) - s->in_end, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		s->in_end += n;
	else if (n == 0)
		gone(net, "has ended");
	else if (errno != EAGAIN)
		gone(net, errno_text(errno));
	return n > 0;
}

static size_t stream_receive(struct net *net, __u8 *to, size_t room)
{
	struct stream *s = net->own;
	size_t len = 0;

	flush(net);
	while (!net->gone && !len) {
		len = next_frame(net);
		if (!len && (net->gone || !fill(net)))
			return 0;
	}
	if (!len || room < NET_HEADER + len)
		return 0;
	memset(to, 0, NET_HEADER);
	memcpy(to + NET_HEADER, s->in + s->in_start + LENGTH, len);
	s->in_start += LENGTH + len;
	return NET_HEADER + len;
}

static const struct net_ops stream_ops = {
	.send		= stream_send,
	.receive	= stream_receive,
};

/* A connected socket. The name is for messages. */
void net_use_stream(struct net *net, int fd, const char *peer)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		die_errno("memory for --net");
	s->peer = peer;
	net->ops = &stream_ops;
	net->own = s;
	net->fd = fd;
}

/* Another program listens there already. */
void net_open_unix(struct net *net, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!*path || strlen(path) >= sizeof(addr.sun_path))
		die("--net unix=%s: no name of a socket", path);
	strcpy(addr.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die_errno("--net unix=%s", path);
	net_use_stream(net, fd, path);
}
