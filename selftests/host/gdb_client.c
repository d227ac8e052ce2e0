// SPDX-License-Identifier: GPL-2.0
/*
 * gdb_client - what armvcpu-run --gdb does, packet by packet: registers, memory, breakpoints of both kinds, a
 * watchpoint, steps, two vCPUs as threads, Ctrl-C, packets that nobody should send, leaving and coming again, killing.
 *
 * Usage: gdb_client ARMVCPU-RUN; the module is loaded. Prints TAP. For selftests/host/run_gdb.sh.
 *
 * Runs at: host EL0. Owns: the guest's file /tmp/gdb_guest.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT	1234
#define GUEST	"/tmp/gdb_guest"
#define LOOP	0x4008001c
#define FUNC	0x4008002c
#define SECOND	0x40080034

static const unsigned int guest[] = {
	0xd2800013,	/* 00		mov x19, #0 */
	0x10000274,	/* 04		adr x20, data */
	0x580001c0,	/* 08		ldr x0, =PSCI CPU_ON */
	0xd2800021,	/* 0c		mov x1, #1 */
	0x10000122,	/* 10		adr x2, second */
	0xd28000e3,	/* 14		mov x3, #7 */
	0xd4000002,	/* 18		hvc #0 */
	0x91000673,	/* 1c loop:	add x19, x19, #1 */
	0xf9000293,	/* 20		str x19, [x20] */
	0x94000002,	/* 24		bl func */
	0x17fffffd,	/* 28		b loop */
	0x91019275,	/* 2c func:	add x21, x19, #100 */
	0xd65f03c0,	/* 30		ret */
	0x910006d6,	/* 34 second:	add x22, x22, #1 */
	0x17ffffff,	/* 38		b second */
	0, 0xc4000003, 0, 0, 0,
	0, 0, 0x55667788, 0x11223344,	/* 50 data */
};

static int nr, fd;
static char reply[1 << 16];

static void result(int good, const char *what)
{
	printf("%sok %d %s: %.60s\n", good ? "" : "not ", ++nr, what, reply);
}

static int connect_to(unsigned int address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(address) };
	struct timeval patience = { .tv_sec = 20 };
	int tries;

	for (tries = 0; tries < 100; tries++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return 1;
		close(fd);
		usleep(100000);
	}
	return 0;
}

/* The next packet, without its frame; an empty text when there is none. */
static const char *hear(void)
{
	size_t len = 0;
	char c = 0;

	while (c != '$' && recv(fd, &c, 1, 0) == 1)
		;
	while (c && recv(fd, &c, 1, 0) == 1 && c != '#' && len < sizeof(reply) - 1)
		reply[len++] = c;
	reply[len] = 0;
	if (recv(fd, &c, 1, 0) == 1 && recv(fd, &c, 1, 0) == 1)
		send(fd, "+", 1, MSG_NOSIGNAL);
	return reply;
}

static void say(const char *text)
{
	unsigned char sum = 0;
	char packet[8192];
	const char *c;

	for (c = text; *c; c++)
		sum += *c;
	snprintf(packet, sizeof(packet), "$%s#%02x", text, sum);
	send(fd, packet, strlen(packet), MSG_NOSIGNAL);
}

static const char *ask(const char *text)
{
	say(text);
	return hear();
}

static int is(const char *text, const char *want)
{
	return !strcmp(ask(text), want);
}

/* A register of 64 bits, by its number in hexadecimal */
static unsigned long long reg(const char *number)
{
	unsigned long long value;

	value = strtoull(ask(number), NULL, 16);
	return __builtin_bswap64(value);
}

#define PC	reg("p20")
#define X(n)	reg("p" #n)

static pid_t start(const char *program)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	execl(program, program, "--flat", "--kernel", GUEST, "--cpus", "2", "--mem", "16M", "--gdb", "1234", NULL);
	_exit(127);
}

static void begins(void)
{
	result(!strncmp(ask("qSupported:swbreak+"), "PacketSize=", 11), "qSupported");
	result(is("?", "T05thread:1;"), "the guest waits");
	result(PC == 0x40080000 && X(13) == 0, "at its first instruction");
	result(is("qfThreadInfo", "m1,2") && is("qsThreadInfo", "l"), "two threads");
	result(is("qXfer:features:read:target.xml:0,9", "m<?xml ver"), "a description");
	result(strlen(ask("g")) == 2 * (33 * 8 + 4 + 32 * 16 + 8), "all registers");
}

static void stops(void)
{
	result(is("Z1,4008002c,4", "OK") && is("vCont;c", "T05thread:1;") && PC == FUNC && X(13) == 1,
	       "a hardware breakpoint");
	/* As GDB does: a breakpoint that is there hits before its instruction, and stepping gets nowhere. */
	result(is("z1,4008002c,4", "OK") && is("vCont;s:1;c", "T05thread:1;") && PC == FUNC + 4 && X(15) == 101,
	       "a step");
	result(is("Z0,4008001c,4", "OK") && is("m4008001c,4", "000020d4") &&
	       is("c", "T05thread:1;") && PC == LOOP && X(13) == 1, "a software breakpoint");
	result(is("z0,4008001c,4", "OK") && is("m4008001c,4", "73060091"), "which leaves nothing");
	result(is("Z2,40080050,8", "OK") && !strncmp(ask("vCont;c"), "T05watch:40080050;thread:1;", 26),
	       "a watchpoint");
	result(is("z2,40080050,8", "OK"), "which goes");
	result(is("Hg2", "OK") && (PC == SECOND || PC == SECOND + 4) && X(0) == 7, "the second vCPU");
	result(is("vCont;s:2;c", "T05thread:2;") && (PC == SECOND || PC == SECOND + 4), "and its step");
}

static void changes(void)
{
	result(is("P16=0500000000000000", "OK") && X(16) == 5, "a register is set");
	result(is("P22=00112233445566778899aabbccddeeff", "OK") && is("p22", "00112233445566778899aabbccddeeff"),
	       "v0 is set");
	result(is("m40080058,8", "8877665544332211") && is("M40080058,2:0102", "OK") &&
	       is("m40080058,8", "0102665544332211"), "memory");
	result(is("m9000000,4", "E14") && is("m41000000,4", "E14") && is("m40fffffe,4", "E14"), "no RAM");
	result(is("Z0,9000000,4", "E14") && is("Z2,40080053,40", "E14") && is("Z9,0,4", "E14"), "no such points");
}

static void hostile(void)
{
	char big[6000];

	memset(big, 'z', sizeof(big));
	memcpy(big, "vCont", 5);
	big[sizeof(big) - 1] = 0;
	result(is(big, "E14") && is("vCont;x:1", "E14") && is("vCont;s:9", "E14") && is("m", "E14") &&
	       is("mffffffffffffffff,ffffffffffffffff", "E14") && is("m40080000,11111111111111111", "E14") &&
	       is("G00", "E14") && is("pffff", "E14") && is("Mzz,1:", "E14") && is("Hz", "E14") && is("Hg3", "E14"),
	       "arguments that are none");
	result(is("vMustReplyEmpty", "") && is("bc", "") && is("", ""), "what is not known");
	send(fd, "$g#00", 5, MSG_NOSIGNAL);
	send(fd, "$#zz$\3\3$", 8, MSG_NOSIGNAL);
	send(fd, "#00", 3, MSG_NOSIGNAL);
	result(is("?", "T05thread:2;"), "wrong checksums");
}

int main(int argc, char **argv)
{
	int status, out = open(GUEST, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	pid_t pid;

	setbuf(stdout, NULL);
	printf("TAP version 13\n1..29\n");
	if (argc != 2 || write(out, guest, sizeof(guest)) != sizeof(guest) || close(out))
		return 1;
	pid = start(argv[1]);
	result(connect_to(INADDR_LOOPBACK), "connected");
	begins();
	stops();
	changes();
	hostile();
	say("vCont;c");
	usleep(200000);
	send(fd, "\3", 1, MSG_NOSIGNAL);
	result(!strncmp(hear(), "T02thread:", 10), "Ctrl-C");
	/* Gone without a word, with a breakpoint left behind: the guest runs on as if nobody had been there. */
	result(is("Z0,4008001c,4", "OK"), "a breakpoint, left behind");
	close(fd);
	usleep(500000);
	result(waitpid(pid, &status, WNOHANG) == 0 && connect_to(INADDR_LOOPBACK) && is("m4008001c,4", "73060091"),
	       "the guest runs on, unchanged");
	result(is("D", "OK") && (close(fd), connect_to(INADDR_LOOPBACK)), "detached, and here again");
	say("vKill;1");
	hear();
	hear();
	result(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 137, "killed");
	pid = start(argv[1]);
	connect_to(INADDR_LOOPBACK);
	/* It listens before all else is there, and is no debugger's host yet; an answer says that it is. */
	ask("?");
	kill(pid, SIGTERM);
	result(!strcmp(hear(), "W8f") && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 143,
	       "the end is told");
	return 0;
}
