// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-run's disks in qcow2 format, by qemu-nbd: what is written in pieces of all sizes is read again, by another
 * process that opens the file later as well; zeroes and discards; what is no qcow2 file is refused, and so is a missing
 * program.
 *
 * A failure means data lost or in the wrong place. Skipped without qemu-nbd and qemu-img (Debian: qemu-utils).
 * Reference: NBD's doc/proto.md.
 *
 * Runs at: build host. Owns: nothing.
 */
#include "vmm_virtio.h"
#include "expect.h"

#define DISK_SIZE	(64U << 20)
#define BIG		(9U << 20)	/* more than one piece */

static __u8 wrote[BIG], got[BIG];

static unsigned int cut(struct iovec *iov, __u8 *data, size_t len)
{
	unsigned int nr = 0;
	size_t n;

	for (; len > 0; len -= n, data += n) {
		n = nr < 100 ? 1 + nr * 37 : len;
		if (n > len)
			n = len;
		iov[nr++] = (struct iovec) { data, n };
	}
	return nr;
}

static struct disk opened(const char *name, bool read_only)
{
	struct disk disk = { .name = name, .read_only = read_only };

	disk_open_qcow2(&disk);
	EXPECT(disk.size == DISK_SIZE && disk.can_discard == !read_only);
	return disk;
}

static void write_and_read(const char *name)
{
	struct disk disk = opened(name, false);
	struct iovec iov[VIRTQ_MAX];
	size_t i;

	for (i = 0; i < BIG; i++)
		wrote[i] = i * 13 + (i >> 9);
	EXPECT(!disk.ops->write(&disk, iov, cut(iov, wrote, BIG), 512 * 7));
	EXPECT(!disk.ops->read(&disk, iov, cut(iov, got, BIG), 512 * 7) && !memcmp(wrote, got, BIG));
	EXPECT(!disk.ops->write_zeroes(&disk, 512 * 7 + 4096, 8192, false));
	EXPECT(!disk.ops->write_zeroes(&disk, 512 * 7 + 65536, 4096, true));
	memset(wrote + 4096, 0, 8192);
	memset(wrote + 65536, 0, 4096);
	EXPECT(!disk.ops->discard(&disk, 32 << 20, 1 << 20));
	EXPECT(!disk.ops->flush(&disk));
	/* Outside of the disk: refused, and the connection lives. */
	EXPECT(disk.ops->read(&disk, iov, cut(iov, got, 512), DISK_SIZE));
	EXPECT(!disk.ops->read(&disk, iov, cut(iov, got, BIG), 512 * 7) && !memcmp(wrote, got, BIG));
}

static void read_only(const char *name)
{
	struct disk disk = opened(name, true);
	struct iovec iov[VIRTQ_MAX];

	memset(got, 0, BIG);
	EXPECT(!disk.ops->read(&disk, iov, cut(iov, got, BIG), 512 * 7) && !memcmp(wrote, got, BIG));
	EXPECT(disk.ops->write(&disk, iov, cut(iov, wrote, 512), 0));
	/* The other side goes: errors from then on, and no signal. */
	kill(children[nr_children - 1].pid, SIGKILL);
	EXPECT(disk.ops->read(&disk, iov, cut(iov, got, 512), 0));
	EXPECT(disk.ops->read(&disk, iov, cut(iov, got, 512), 0));
}

/* In a process of its own: is the program ended with this message? */
static bool ends_with(const char *name, const char *path, const char *message)
{
	char said[4096] = "";
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds))
		return false;
	pid = fork();
	if (pid == 0) {
		struct disk disk = { .name = name };

		setenv("PATH", path, 1);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		setvbuf(stdout, NULL, _IONBF, 0);
		disk_open_qcow2(&disk);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += n;
	close(fds[0]);
	waitpid(pid, &status, 0);
	if (!strstr(said, message))
		printf("%s: \"%s\" was expected, said was: %s\n", name, message, said);
	return strstr(said, message) && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	char dir[] = "/tmp/vmm_nbd.XXXXXX", name[64], raw[64], make[256];

	if (system("command -v qemu-nbd qemu-img >/dev/null")) {
		puts("1..0 # SKIP no qemu-nbd");
		return 4;
	}
	if (!mkdtemp(dir))
		return 1;
	snprintf(name, sizeof(name), "%s/a,b.qcow2", dir);
	snprintf(raw, sizeof(raw), "%s/raw", dir);
	snprintf(make, sizeof(make), "qemu-img create -q -f qcow2 '%s' %u && truncate -s 1M %s", name, DISK_SIZE, raw);
	if (system(make))
		return 1;
	write_and_read(name);
	end_children();
	nr_children = 0;
	read_only(name);
	EXPECT(ends_with(raw, getenv("PATH"), "does not serve it"));
	EXPECT(ends_with(name, "/nowhere", "needs the program qemu-nbd"));
	EXPECT(ends_with("/nowhere/disk", getenv("PATH"), "the program would end"));
	end_children();
	nr_children = 0;
	unlink(name);
	unlink(raw);
	rmdir(dir);
	return failed;
}
