// SPDX-License-Identifier: GPL-2.0
/*
 * What a debugger's connection can bring to armvcpu-run --gdb: whatever comes, nothing is read or written beyond what
 * is there, only vCPUs that exist are named, and a packet that is told whole has the sum that it says.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "pure.h"

#include "tools/vmm/gdb_packet.c"
#include "tools/vmm/gdb_command.c"

#define CPUS	3
#define RAM	4096

struct options opt = { .nr_cpus = CPUS };
const char gdb_target_xml[] =
"<a description of some length, which is told in parts>";

static struct vcpu vcpus[CPUS];
static struct vm vm = { .vcpus = vcpus };
static uint8_t ram[RAM];

static void is_vcpu(const struct vcpu *vcpu)
{
	REQUIRE(vcpu >= vcpus && vcpu < vcpus + CPUS);
}

bool gdb_get_reg(struct vcpu *vcpu, unsigned int nr, struct gdb_packet *reply)
{
	is_vcpu(vcpu);
	gdb_say_hex(reply, ram, 8);
	return nr < 68;
}

bool gdb_set_reg(struct vcpu *vcpu, unsigned int nr, const char *text)
{
	uint8_t value[16];

	is_vcpu(vcpu);
	return nr < 68 && gdb_read_hex(&text, value, sizeof(value));
}

bool gdb_get_regs(struct vcpu *vcpu, struct gdb_packet *reply)
{
	return gdb_get_reg(vcpu, 0, reply);
}

bool gdb_set_regs(struct vcpu *vcpu, const char *text)
{
	return gdb_set_reg(vcpu, 0, text);
}

bool gdb_memory_read(struct vcpu *vcpu, __u64 va, void *to, size_t len)
{
	is_vcpu(vcpu);
	if (va >= RAM || len > RAM - va)
		return false;
	memcpy(to, ram + va, len);
	return true;
}

bool gdb_memory_write(struct vcpu *vcpu, __u64 va, const void *from, size_t len)
{
	is_vcpu(vcpu);
	if (va >= RAM || len > RAM - va)
		return false;
	memcpy(ram + va, from, len);
	return true;
}

bool gdb_point_insert(struct vcpu *vcpu, unsigned int type, __u64 addr, __u64 len)
{
	is_vcpu(vcpu);
	return type <= 4 && addr + len;
}

bool gdb_point_remove(unsigned int type, __u64 addr, __u64 len)
{
	return type <= 4 && addr + len;
}

/* The input as it is, or (so that it comes through) as packets with the sums that they need, cut at zeroes. */
static size_t frame(const uint8_t *data, size_t size, char *to)
{
	size_t len = 0, i;
	uint8_t sum = 0;

	to[len++] = '$';
	for (i = 0; i < size; i++) {
		if (data[i] && data[i] != '#') {
			to[len++] = data[i];
			sum += data[i];
		}
		if (data[i] && i + 1 < size)
			continue;
		to[len++] = '#';
		to[len++] = digits[sum >> 4];
		to[len++] = digits[sum & 15];
		to[len++] = '$';
		sum = 0;
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gdb_packet packet, reply;
	static struct gdb_line line;
	static char wire[4 * 65536];
	struct gdb_focus focus = { .vm = &vm, .stop = "T05thread:1;" };
	enum gdb_input got;
	int pair[2];
	size_t len;

	if (!size || size > 1024 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 0;
	if (*data & 1) {
		len = frame(data + 1, size - 1, wire);
	} else {
		len = size - 1;
		memcpy(wire, data + 1, len);
	}
	REQUIRE(send(pair[0], wire, len, 0) == (ssize_t)len);
	shutdown(pair[0], SHUT_WR);
	line = (struct gdb_line) { .fd = pair[1] };
	do {
		got = gdb_receive(&line, &packet);
		while (got == GDB_PACKET_IN || got == GDB_INTERRUPT) {
			if (got == GDB_PACKET_IN) {
				REQUIRE(packet.len <= GDB_PACKET && !packet.text[packet.len]);
				gdb_command(&focus, &line, &packet, &reply);
				/* Acknowledgements */
				while (recv(pair[0], wire, sizeof(wire), MSG_DONTWAIT) > 0)
					;
				REQUIRE(reply.len <= GDB_PACKET && !reply.text[reply.len]);
				REQUIRE(focus.general < CPUS && focus.stopped < CPUS && focus.listed <= CPUS);
			}
			got = gdb_next(&line, &packet);
		}
	} while (got != GDB_CLOSED);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
