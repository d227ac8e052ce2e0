// SPDX-License-Identifier: GPL-2.0
/*
 * save_forge - the guest that is saved, and files of armvcpu-run --save that somebody has changed, with the right sum.
 *
 * Usage: save_forge guest FILE                            write the guest, a flat binary
 *        save_forge set IN OUT KIND NR OFFSET NUMBER      the NR-th record of a kind, 8 bytes of it changed
 *        save_forge size IN OUT KIND NR NUMBER            made that long
 *        save_forge random IN SEED ROUNDS ARMVCPU-RUN [ARGUMENT]    restore files that were changed at random
 *
 * The guest fills 1 MiB with numbers and says "!". From then on it computes their checksum over and over, and ends with
 * 9 when it changes, 8 when a floating-point register does, 7 when its count went back or jumped by 4 seconds, which it
 * would do if it went on while the guest is a file. A byte that it is sent ends it with that minus 55: "a" with 42.
 *
 * Runs at: host EL0. Owns: the file /tmp/forged.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const unsigned int guest[] = {
	0xd2a1201d,	/* 00		mov x29, #0x9000000 */
	0xd2a1211c,	/* 04		mov x28, #0x9080000 */
	0xd2a8041b,	/* 08		mov x27, #0x40200000 */
	0xd2a0021a,	/* 0c		mov x26, #0x100000 */
	0xd2a00600,	/* 10		mov x0, #0x300000 */
	0xd5181040,	/* 14		msr cpacr_el1, x0 */
	0xd5033fdf,	/* 18		isb */
	0xd2800000,	/* 1c		mov x0, #0x0 */
	0xd2824681,	/* 20		mov x1, #0x1234 */
	0xca013421,	/* 24 fill:	eor x1, x1, x1, lsl #13 */
	0xca411c21,	/* 28		eor x1, x1, x1, lsr #7 */
	0xca014421,	/* 2c		eor x1, x1, x1, lsl #17 */
	0xf8206b61,	/* 30		str x1, [x27, x0] */
	0x91002000,	/* 34		add x0, x0, #0x8 */
	0xeb1a001f,	/* 38		cmp x0, x26 */
	0x54ffff41,	/* 3c		b.ne fill */
	0x9e670028,	/* 40		fmov d8, x1 */
	0x9400001d,	/* 44		bl sum */
	0xaa0203f4,	/* 48		mov x20, x2 */
	0xd53be055,	/* 4c		mrs x21, cntvct_el0 */
	0xd53be016,	/* 50		mrs x22, cntfrq_el0 */
	0xd37ef6d6,	/* 54		lsl x22, x22, #2 */
	0x52800420,	/* 58		mov w0, #0x21 */
	0xb90003a0,	/* 5c		str w0, [x29] */
	0x52800140,	/* 60		mov w0, #0xa */
	0xb90003a0,	/* 64		str w0, [x29] */
	0x94000014,	/* 68 loop:	bl sum */
	0x52800133,	/* 6c		mov w19, #0x9 */
	0xeb14005f,	/* 70		cmp x2, x20 */
	0x540001e1,	/* 74		b.ne out */
	0x9e660100,	/* 78		fmov x0, d8 */
	0x52800113,	/* 7c		mov w19, #0x8 */
	0xeb01001f,	/* 80		cmp x0, x1 */
	0x54000161,	/* 84		b.ne out */
	0xd53be040,	/* 88		mrs x0, cntvct_el0 */
	0xcb150003,	/* 8c		sub x3, x0, x21 */
	0xaa0003f5,	/* 90		mov x21, x0 */
	0x528000f3,	/* 94		mov w19, #0x7 */
	0xeb16007f,	/* 98		cmp x3, x22 */
	0x540000a8,	/* 9c		b.hi out */
	0xb9401ba0,	/* a0		ldr w0, [x29, #24] */
	0x3727fe20,	/* a4		tbnz w0, #4, loop */
	0xb94003b3,	/* a8		ldr w19, [x29] */
	0x5100de73,	/* ac		sub w19, w19, #0x37 */
	0xb9000393,	/* b0 out:	str w19, [x28] */
	0x14000000,	/* b4		b . */
	0xd2800000,	/* b8 sum:	mov x0, #0x0 */
	0xd2800002,	/* bc		mov x2, #0x0 */
	0xf8606b63,	/* c0		ldr x3, [x27, x0] */
	0xcac2f462,	/* c4		eor x2, x3, x2, ror #61 */
	0x91002000,	/* c8		add x0, x0, #0x8 */
	0xeb1a001f,	/* cc		cmp x0, x26 */
	0x54ffff81,	/* d0		b.ne c0 */
	0xd65f03c0,	/* d4		ret */
};

struct record {
	uint32_t	kind, index;
	uint64_t	size;
};

#define HEADER		16
#define KIND_MEMORY	6
#define KIND_END	8
#define NR_ODD		11
#define FORGED		"/tmp/forged"

static unsigned char *file;
static size_t len;

static void fail(const char *what)
{
	fprintf(stderr, "save_forge: %s\n", what);
	exit(99);
}

/* CRC-32 as zlib has it, a byte at a time by four bits */
static uint32_t sum(const unsigned char *bytes, size_t n)
{
	uint32_t table[16], crc = ~0U, i, j;

	for (i = 0; i < 16; i++)
		for (table[i] = i, j = 0; j < 4; j++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	for (; n; n--) {
		crc ^= *bytes++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static void load(const char *name)
{
	struct stat st;
	int fd = open(name, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		fail(name);
	len = st.st_size;
	file = malloc(len + 65536);
	if (!file || read(fd, file, len) != len)
		fail(name);
	close(fd);
}

static void store(const char *name, const void *from, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, from, n) != n || close(fd))
		fail(name);
}

static struct record *record_at(size_t at)
{
	return at + sizeof(struct record) <= len ? (struct record *)(file + at) : NULL;
}

static size_t next_of(size_t at)
{
	return at + sizeof(struct record) + ((record_at(at)->size + 7) & ~7UL);
}

/* Where the nr-th record of a kind begins */
static size_t find(uint32_t kind, unsigned int nr)
{
	size_t at;

	for (at = HEADER; record_at(at); at = next_of(at))
		if (record_at(at)->kind == kind && !nr--)
			return at;
	fail("no such record");
	return 0;
}

static void seal(void)
{
	size_t at = find(KIND_END, 0);
	uint32_t crc = sum(file, at);

	memcpy(file + at + sizeof(struct record), &crc, sizeof(crc));
}

static void resize(size_t at, size_t size)
{
	size_t end = next_of(at), new_end = at + sizeof(struct record) + ((size + 7) & ~7UL);

	if (new_end > end + 65536)
		fail("too long");
	memmove(file + new_end, file + end, len - end);
	if (new_end > end)
		memset(file + end, 0, new_end - end);
	len += new_end - end;
	record_at(at)->size = size;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

/* --- at random --- */

static uint64_t seed;

static uint64_t any(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* One of the records but memory's, which are the guest's business and so many, and the last. */
static size_t any_record(void)
{
	size_t at, found = HEADER;
	unsigned int seen = 0;

	for (at = HEADER; record_at(at)->kind != KIND_END; at = next_of(at))
		if (record_at(at)->kind != KIND_MEMORY && !any(++seen))
			found = at;
	return found;
}

static void change(void)
{
	static const uint64_t odd[NR_ODD] = { 0, 1, 2, 127, 255, 0xffff, 0x7fffffff, ~0U, 1UL << 40, 1UL << 63, ~0UL };
	size_t at = any_record(), size = record_at(at)->size;
	uint64_t value = any(2) ? odd[any(NR_ODD)] : any(~0UL);

	switch (any(8)) {
	case 0:
		resize(at, any(size + 64));
		break;
	case 1:
		record_at(at)->kind = any(12);
		break;
	case 2:
		record_at(at)->index = any(4);
		break;
	default:
		if (size >= 8)
			memcpy(file + at + sizeof(struct record) + any(size / 8) * 8, &value, 1 << any(4));
		break;
	}
}

/* -1: as no program may end. Its messages go to /tmp/forged.said. */
static int goes_on(const char *program, const char *argument)
{
	int status, ticks, fd;
	pid_t pid = fork();

	if (!pid) {
		fd = open(FORGED ".said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(open("/dev/null", O_RDWR), 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execl(program, program, "--restore", FORGED, argument, NULL);
		_exit(127);
	}
	for (ticks = 0; ticks < 200; ticks++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
				return 128 + SIGTERM;	/* ours came before it looks for signals */
			return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
		}
		if (ticks == 10)
			kill(pid, SIGTERM);	/* a guest that goes on */
		usleep(100000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

static int restore_random(const char *name, unsigned int rounds, const char *program, const char *argument)
{
	unsigned int i, n, refused = 0, ran = 0;
	int status;

	for (i = 0; i < rounds; i++) {
		load(name);
		for (n = 1 + any(3); n; n--)
			change();
		seal();
		store(FORGED, file, len);
		free(file);
		status = goes_on(program, argument);
		if (status < 0) {
			printf("round %u of seed: it did not end as it should; the file is %s\n", i, FORGED);
			return 1;
		}
		if (status == 1)
			refused++;
		else
			ran++;
	}
	printf("%u refused, %u went on\n", refused, ran);
	return !refused;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	size_t at;

	if (!strcmp(what, "guest")) {
		store(argv[2], guest, sizeof(guest));
	} else if (!strcmp(what, "random") && (argc == 6 || argc == 7)) {
		seed = number(argv[3]) | 1;
		return restore_random(argv[2], number(argv[4]), argv[5], argc == 7 ? argv[6] : NULL);
	} else if ((!strcmp(what, "set") && argc == 8) || (!strcmp(what, "size") && argc == 7)) {
		uint64_t value = number(argv[argc - 1]);

		load(argv[2]);
		at = find(number(argv[4]), number(argv[5]));
		if (*what == 's' && what[1] == 'i')
			resize(at, value);
		else
			memcpy(file + at + sizeof(struct record) + number(argv[6]), &value, sizeof(value));
		seal();
		store(argv[3], file, len);
	} else {
		fail("see its first lines");
	}
	return 0;
}
