// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-run's networks over a socket: frames pass in both directions, however the stream is cut; one that the other
 * side does not take is lost as a whole; lengths that are none, and an end, silence the network and harm nothing. passt
 * is started with what the user said, and who hasn't got it is told so; the real one answers, if it is installed.
 *
 * A failure means that a guest's packets are garbled or lost, or that the VMM reads what is not there.
 * Reference: QEMU's documentation of -netdev stream; passt(1).
 *
 * Runs at: build host. Owns: a directory below /tmp.
 */
#define _GNU_SOURCE
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tools/vmm/virtq.c"
#include "tools/vmm/net_stream.c"
#include "tools/vmm/net_user.c"
#include "expect.h"

/* Of a packet without its virtio header (virtio 1.2, 5.1.6.3.1) */
#define LONGEST		65550

static unsigned int warnings;

void warn(const char *fmt, ...) { (void)fmt; warnings++; }

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts("");
	exit(1);
}

void die_errno(const char *fmt, ...)
{
	die("%s", fmt);
}

const char *errno_text(int err)
{
	return strerror(err);
}

static struct net net;
static int peer;
static __u8 packet[NET_HEADER + LONGEST];

static void wire(void)
{
	int fds[2];

	EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	memset(&net, 0, sizeof(net));
	net_use_stream(&net, fds[0], "the other side");
	peer = fds[1];
	warnings = 0;
}

static void unwire(void)
{
	close(net.fd);
	close(peer);
	free(net.own);
}

/* A frame of the peer's that has its length in each byte, to be cut anywhere */
static size_t peer_frame(__u8 *to, size_t len)
{
	__u32 length = htobe32(len);

	memcpy(to, &length, 4);
	memset(to + 4, (__u8)len, len);
	return 4 + len;
}

static bool got(size_t len)
{
	size_t n = net.ops->receive(&net, packet, sizeof(packet)), i;

	for (i = 0; i < NET_HEADER && n; i++)
		n = packet[i] ? 0 : n;
	return n == NET_HEADER + len && packet[NET_HEADER] == (__u8)len && packet[n - 1] == (__u8)len;
}

static bool nothing(void)
{
	return net.ops->receive(&net, packet, sizeof(packet)) == 0;
}

static void frames_come(void)
{
	static __u8 bytes[4 * (4 + LONGEST)];
	size_t len = peer_frame(bytes, 60), i;

	wire();
	EXPECT(nothing());
	for (i = 0; i < len; i++) {
		EXPECT(nothing());
		EXPECT(write(peer, bytes + i, 1) == 1);
	}
	EXPECT(got(60) && nothing());
	len = peer_frame(bytes, 1);
	len += peer_frame(bytes + len, 1514);
	len += peer_frame(bytes + len, 42);
	EXPECT(write(peer, bytes, len) == (ssize_t)len);
	EXPECT(got(1) && got(1514) && got(42) && nothing());
	len = peer_frame(bytes, LONGEST);
	len += peer_frame(bytes + len, 60);
	EXPECT(write(peer, bytes, len) == (ssize_t)len);
	EXPECT(got(LONGEST) && got(60) && nothing() && !net.gone && !warnings);
	unwire();
}

static void wrong_frames_come(void)
{
	static const __u32 lengths[] = { 0, LONGEST + 1, 0x7fffffff, 0x80000000, ~0U };
	__u32 length;
	size_t i;

	for (i = 0; i < sizeof(lengths) / 4; i++) {
		wire();
		length = htobe32(lengths[i]);
		EXPECT(write(peer, &length, 4) == 4 && nothing() && net.gone && warnings == 1);
		EXPECT(nothing() && warnings == 1);
		unwire();
	}
	wire();
	EXPECT(write(peer, "\0\0\1", 3) == 3 && !shutdown(peer, SHUT_WR));
	EXPECT(nothing() && net.gone && warnings == 1);
	unwire();
}

/* From the guest: a header, then the frame, in two segments. */
static void guest_sends(size_t len)
{
	static __u8 frame[NET_HEADER + LONGEST];
	struct iovec iov[2] = {
		{ .iov_base = frame, .iov_len = NET_HEADER + 1 },
		{ .iov_base = frame + NET_HEADER + 1, .iov_len = len - 1 },
	};

	memset(frame, 0xee, NET_HEADER);
	memset(frame + NET_HEADER, (__u8)len, len);
	net.ops->send(&net, iov, 2);
}

/* The next of the stream; 0: there is none. */
static size_t peer_gets(void)
{
	static __u8 bytes[LONGEST];
	struct pollfd in = { .fd = peer, .events = POLLIN };
	__u32 length;

	if (poll(&in, 1, 0) <= 0)
		return 0;
	EXPECT(recv(peer, &length, 4, MSG_WAITALL) == 4);
	length = be32toh(length);
	EXPECT(length && length <= LONGEST);
	if (length > LONGEST)
		return 0;
	/* The rest of one that was cut comes with the next chance. */
	net.ops->receive(&net, packet, sizeof(packet));
	EXPECT(recv(peer, bytes, length, MSG_WAITALL) == length);
	EXPECT(bytes[0] == (__u8)length && bytes[length - 1] == (__u8)length);
	return length;
}

static void frames_go(void)
{
	unsigned int i, n;

	wire();
	guest_sends(60);
	guest_sends(LONGEST);
	EXPECT(peer_gets() == 60 && peer_gets() == LONGEST && !peer_gets());
	/* More than it takes: whole frames are lost, and those that come are whole. */
	for (i = 0; i < 1000; i++)
		guest_sends(1514);
	for (n = 0; peer_gets(); n++)
		;
	EXPECT(n > 10 && n < 1000 && !net.gone);
	guest_sends(77);
	EXPECT(peer_gets() == 77 && !warnings);
	close(peer);
	guest_sends(60);
	guest_sends(60);
	EXPECT(net.gone && warnings == 1 && nothing());
	unwire();
}

/* --- passt --- */

/* In a child of its own: what die() says, or nothing. Then its exit status. */
static int start_user(const char *path, struct net_user user, int *fd)
{
	int status, out[2];
	pid_t pid;

	EXPECT(!pipe(out));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		setenv("PATH", path, 1);
		net_open_user(&net, &user);
		/* What the script said of itself */
		memset(packet, 0, sizeof(packet));
		EXPECT(read(net.fd, packet, 512) > 0 && printf("%s", packet));
		exit(0);
	}
	close(out[1]);
	waitpid(pid, &status, 0);
	*fd = out[0];
	return WEXITSTATUS(status);
}

static void passt_is_started(void)
{
	const struct net_user user = { .tcp = "2222:22,80", .udp = "53" };
	char dir[] = "/tmp/vmm_net.XXXXXX", name[64], said[512] = "";
	int fd;
	FILE *f;

	EXPECT(start_user("/nowhere", user, &fd) == 1);
	EXPECT(read(fd, said, sizeof(said) - 1) > 0 && strstr(said, "apt install passt"));
	close(fd);

	EXPECT(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/passt", dir);
	f = fopen(name, "w");
	EXPECT(f && fputs("#!/bin/sh\neval \"echo \\\"$*\\\" >&$4\"\n", f) > 0);
	fclose(f);
	chmod(name, 0755);
	memset(said, 0, sizeof(said));
	EXPECT(start_user(dir, user, &fd) == 0);
	EXPECT(read(fd, said, sizeof(said) - 1) > 0);
	EXPECT(!strncmp(said, "--foreground --quiet --fd ", 26) &&
	       strstr(said, " --mtu 1500 ") &&
	       strstr(said, "--tcp-ports 2222:22,80 --udp-ports 53"));
	close(fd);
	chmod(name, 0644);
	memset(said, 0, sizeof(said));
	EXPECT(start_user(dir, user, &fd) == 1);
	EXPECT(read(fd, said, sizeof(said) - 1) > 0 && strstr(said, "Permission denied"));
	close(fd);
	unlink(name);
	rmdir(dir);
}

/* It answers for every address but the guest's. */
static void real_passt(void)
{
	const struct net_user user = { 0 };
	struct {
		__u8		header[NET_HEADER];
		struct ethhdr	eth;
		struct arphdr	arp;
		__u8		from[6], from_ip[4], to[6], to_ip[4];
	} __attribute__((packed)) ask = {
		.eth = { { [0 ... 5] = 0xff }, { 2, 0, 0, 0, 0, 1 }, htobe16(ETH_P_ARP) },
		.arp = { htobe16(1), htobe16(ETH_P_IP), 6, 4, htobe16(ARPOP_REQUEST) },
		.from = { 2, 0, 0, 0, 0, 1 }, .from_ip = { 192, 0, 2, 9 }, .to_ip = { 192, 0, 2, 1 },
	};
	struct iovec iov = { .iov_base = &ask, .iov_len = sizeof(ask) };
	struct pollfd in = { .events = POLLIN };
	bool answered = false;

	memset(&net, 0, sizeof(net));
	net_open_user(&net, &user);
	net.ops->send(&net, &iov, 1);
	in.fd = net.fd;
	while (!answered && !net.gone && poll(&in, 1, 5000) > 0) {
		while (net.ops->receive(&net, packet, sizeof(packet)))
			answered |= !memcmp(packet + NET_HEADER + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
	}
	puts(answered ? "# passt answers" : "# passt is there, but does not answer: has this machine no network?");
	EXPECT(answered || net.gone);
	close(net.fd);
	free(net.own);
}

int main(void)
{
	frames_come();
	wrong_frames_come();
	frames_go();
	passt_is_started();
	if (!system("command -v passt >/dev/null"))
		real_passt();
	return failed;
}
