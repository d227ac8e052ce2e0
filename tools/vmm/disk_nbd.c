// SPDX-License-Identifier: GPL-2.0
/*
 * A disk in a format that another program knows: qemu-nbd, which QEMU's utilities have, reads and writes the qcow2 file
 * and serves its content here as a network block device over a socket of the two.
 *
 * That keeps the format, whose parser has a history, in a process of its own, and out of this one. The protocol: NBD's
 * doc/proto.md, fixed newstyle handshake, simple replies. How the socket is handed over: sd_listen_fds(3).
 *
 * Owns: the socket, the child. Locks: none; one thread per disk.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "virtq.h"
#include "vmm.h"

#define MAGIC_SERVER	0x4e42444d41474943ULL	/* "NBDMAGIC" */
#define MAGIC_OPTION	0x49484156454f5054ULL	/* "IHAVEOPT" */
#define MAGIC_ANSWER	0x0003e889045565a9ULL
#define MAGIC_REQUEST	0x25609513U
#define MAGIC_REPLY	0x67446698U

#define FIXED_NEWSTYLE	1
#define OPT_GO		7
#define REP_ACK		1
#define REP_INFO	3
#define INFO_EXPORT	0

#define CAN_FLUSH	(1 << 2)
#define CAN_TRIM	(1 << 5)
#define CAN_ZERO	(1 << 6)

#define CMD_READ	0
#define CMD_WRITE	1
#define CMD_FLUSH	3
#define CMD_TRIM	4
#define CMD_ZERO	6
#define FLAG_NO_HOLE	2

/* qemu-nbd takes 32 MiB at a time. */
#define PIECE		(4U << 20)

struct nbd_request {
	__u32	magic;
	__u16	flags, type;
	__u64	cookie, offset;
	__u32	len;
} __attribute__((packed));

struct nbd_reply {
	__u32	magic, error;
	__u64	cookie;
} __attribute__((packed));

struct nbd_answer {
	__u64	magic;
	__u32	option, type, len;
} __attribute__((packed));

struct nbd_export {
	__u16	type;
	__u64	size;
	__u16	flags;
} __attribute__((packed));

static struct {
	int	fd;
	pid_t	pid;
} children[VIRTIO_MAX];
static unsigned int nr_children;

/* All of it, or an error. Segments of no length are not sent: the other side's end looks like them. */
static int move(int fd, const struct iovec *iov, unsigned int nr, bool out)
{
	struct iovec rest[VIRTQ_MAX + 1];
	struct msghdr msg = { .msg_iov = rest };
	ssize_t n;

	nr = iov_slice(rest, iov, nr, 0, ~0UL);
	while (nr > 0) {
		msg.msg_iovlen = nr;
		n = out ? sendmsg(fd, &msg, MSG_NOSIGNAL) : recvmsg(fd, &msg, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		nr = iov_slice(rest, rest, nr, n, ~0UL);
	}
	return 0;
}

static int put(int fd, const void *data, size_t len)
{
	return move(fd, &(struct iovec) { .iov_base = (void *)data, .iov_len = len }, 1, true);
}

static int get(int fd, void *data, size_t len)
{
	return move(fd, &(struct iovec) { .iov_base = data, .iov_len = len }, 1, false);
}

/* One command and its reply. After a disorder nothing is believed any more: the socket is shut. */
static int command(struct disk *disk, const struct nbd_request *what, const struct iovec *iov, unsigned int nr)
{
	static __thread __u64 cookie;
	struct iovec parts[VIRTQ_MAX + 1];
	struct nbd_request req = {
		.magic = htobe32(MAGIC_REQUEST), .flags = htobe16(what->flags), .type = htobe16(what->type),
		.cookie = ++cookie, .offset = htobe64(what->offset), .len = htobe32(what->len),
	};
	struct nbd_reply reply;
	unsigned int sent = what->type == CMD_WRITE ? nr : 0;
	int err;

	parts[0] = (struct iovec) { .iov_base = &req, .iov_len = sizeof(req) };
	if (sent)
		memcpy(parts + 1, iov, sent * sizeof(*iov));
	err = move(disk->fd, parts, sent + 1, true);
	if (!err)
		err = get(disk->fd, &reply, sizeof(reply));
	if (!err && (be32toh(reply.magic) != MAGIC_REPLY || reply.cookie != req.cookie))
		err = -EPROTO;
	if (!err && reply.error)
		return -EIO;
	if (!err && what->type == CMD_READ)
		err = move(disk->fd, iov, nr, false);
	if (err)
		shutdown(disk->fd, SHUT_RDWR);
	return err;
}

static int transfer_pieces(struct disk *disk, __u16 type, const struct iovec *iov, unsigned int nr, __u64 offset)
{
	struct nbd_request req = { .type = type };
	struct iovec piece[VIRTQ_MAX];
	size_t done = 0, all = 0;
	unsigned int i, n;
	int err = 0;

	for (i = 0; i < nr; i++)
		all += iov[i].iov_len;
	for (; done < all && !err; done += req.len) {
		req.offset = offset + done;
		req.len = all - done < PIECE ? all - done : PIECE;
		n = iov_slice(piece, iov, nr, done, req.len);
		err = command(disk, &req, piece, n);
	}
	return err;
}

static int nbd_read(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset)
{
	return transfer_pieces(disk, CMD_READ, iov, nr, offset);
}

static int nbd_write(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset)
{
	return transfer_pieces(disk, CMD_WRITE, iov, nr, offset);
}

static int nbd_flush(struct disk *disk)
{
	return command(disk, &(struct nbd_request) { .type = CMD_FLUSH }, NULL, 0);
}

/* No more than 2 GiB at a time: blk_request.h. */
static int nbd_discard(struct disk *disk, __u64 offset, __u64 len)
{
	return command(disk, &(struct nbd_request) { .type = CMD_TRIM, .offset = offset, .len = len }, NULL, 0);
}

static int nbd_write_zeroes(struct disk *disk, __u64 offset, __u64 len, bool unmap)
{
	return command(disk, &(struct nbd_request) { .type = CMD_ZERO, .flags = unmap ? 0 : FLAG_NO_HOLE,
						     .offset = offset, .len = len }, NULL, 0);
}

static const struct disk_ops nbd_ops = {
	.read		= nbd_read,
	.write		= nbd_write,
	.flush		= nbd_flush,
	.discard	= nbd_discard,
	.write_zeroes	= nbd_write_zeroes,
};

/* For qemu-nbd's --image-opts, where a comma is written twice. What kind of file it is, is said and not guessed. */
static char *image_opts(const struct disk *disk)
{
	static const char start[] = "driver=qcow2,discard=unmap,file.driver=file,file.filename=";
	char *text = malloc(sizeof(start) + 2 * strlen(disk->name)), *to;
	const char *from;

	if (!text)
		die_errno("memory for --disk");
	to = stpcpy(text, start);
	for (from = disk->name; *from; *to++ = *from++)
		if (*from == ',')
			*to++ = ',';
	*to = '\0';
	return text;
}

/* In the child: the listening socket becomes descriptor 3. Signals from the terminal are not for it. */
static void become_qemu_nbd(struct disk *disk, int listener)
{
	const char *opts = image_opts(disk);
	char pid[16];

	setpgid(0, 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (listener == 3)
		fcntl(3, F_SETFD, 0);
	else if (dup2(listener, 3) < 0)
		_exit(126);
	execlp("qemu-nbd", "qemu-nbd", "--image-opts", opts, disk->read_only ? "--read-only" : NULL, NULL);
	_exit(127);
}

/* Both ends of a connection: a listening socket, and ours, which waits there already when nobody else can come. */
static int make_socket(int *listener)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/armvcpu-run.XXXXXX";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || *listener < 0 || !mkdtemp(dir))
		die_errno("a socket for qemu-nbd");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/nbd", dir);
	if (bind(*listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(*listener, 1) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die_errno("%s", addr.sun_path);
	unlink(addr.sun_path);
	rmdir(dir);
	return fd;
}

/* Choose the only export there is. Returns -errno; size and what can be done come from the other side. */
static int handshake(struct disk *disk)
{
	struct { __u64 magic, option; __u16 flags; } __attribute__((packed)) hello;
	struct { __u32 flags; __u64 magic; __u32 option, len, name_len; __u16 infos; } __attribute__((packed)) go = {
		.flags = htobe32(FIXED_NEWSTYLE), .magic = htobe64(MAGIC_OPTION), .option = htobe32(OPT_GO),
		.len = htobe32(6),
	};
	struct nbd_answer answer;
	struct nbd_export info;
	__u8 data[4096];

	if (get(disk->fd, &hello, sizeof(hello)) || be64toh(hello.magic) != MAGIC_SERVER ||
	    be64toh(hello.option) != MAGIC_OPTION || !(be16toh(hello.flags) & FIXED_NEWSTYLE) ||
	    put(disk->fd, &go, sizeof(go)))
		return -EPROTO;
	for (;;) {
		if (get(disk->fd, &answer, sizeof(answer)) || be64toh(answer.magic) != MAGIC_ANSWER ||
		    be32toh(answer.len) > sizeof(data) || get(disk->fd, data, be32toh(answer.len)))
			return -EPROTO;
		if (be32toh(answer.type) == REP_ACK)
			return disk->size ? 0 : -EPROTO;
		if (be32toh(answer.type) != REP_INFO || be32toh(answer.len) < 2)
			return -EPROTO;
		memcpy(&info, data, sizeof(info));
		if (be16toh(info.type) != INFO_EXPORT || be32toh(answer.len) != sizeof(info))
			continue;
		disk->size = be64toh(info.size);
		disk->can_discard = !disk->read_only &&
				    (be16toh(info.flags) & (CAN_TRIM | CAN_ZERO)) == (CAN_TRIM | CAN_ZERO);
		if (!disk->read_only && !(be16toh(info.flags) & CAN_FLUSH))
			return -EPROTO;
	}
}

/* At the program's end: wait until each has written out what it has. A thread that is still at it gets an error. */
static void end_children(void)
{
	unsigned int i;

	for (i = 0; i < nr_children; i++)
		shutdown(children[i].fd, SHUT_RDWR);
	for (i = 0; i < nr_children; i++)
		waitpid(children[i].pid, NULL, 0);
}

void disk_open_qcow2(struct disk *disk)
{
	int listener, status;
	pid_t pid;

	if (access(disk->name, disk->read_only ? R_OK : R_OK | W_OK))
		die_errno("--disk %s", disk->name);
	disk->ops = &nbd_ops;
	disk->fd = make_socket(&listener);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0)
		become_qemu_nbd(disk, listener);
	close(listener);
	if (handshake(disk)) {
		close(disk->fd);
		if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 127)
			die("--disk %s: format=qcow2 needs the program qemu-nbd (Debian: qemu-utils)", disk->name);
		die("--disk %s: qemu-nbd does not serve it", disk->name);
	}
	if (!nr_children)
		atexit(end_children);
	if (nr_children == VIRTIO_MAX)
		die("more than %d virtio devices", VIRTIO_MAX);
	children[nr_children].fd = disk->fd;
	children[nr_children++].pid = pid;
}
