// SPDX-License-Identifier: GPL-2.0
/*
 * What GDB asks for, packet by packet (GDB's manual, "Remote Protocol"). A vCPU is a thread; its number is its index
 * plus one, since 0 means any. What is not known is answered by an empty packet, as the protocol wants it.
 *
 * Owns: nothing; the focus is its caller's. Locks: none; the stub's thread, while the vCPUs stand.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "gdb.h"

/* One reply's data, in bytes; two digits each. */
#define DATA_MAX	(GDB_PACKET / 2)

static enum gdb_next answer(struct gdb_packet *reply, bool good)
{
	if (!good)
		reply->len = 0;
	gdb_say(reply, good ? "OK" : "E14");
	return GDB_STAY;
}

/* A thread's number; 0 and -1 are any and all. */
static bool read_thread(const char **text, struct gdb_focus *focus, int *index)
{
	__u64 nr;

	if (gdb_read_char(text, '-'))
		return *index = -1, gdb_read_char(text, '1');
	if (!gdb_read_number(text, &nr) || nr > opt.nr_cpus)
		return false;
	*index = nr ? (int)nr - 1 : (int)focus->stopped;
	return true;
}

static struct vcpu *general(struct gdb_focus *focus)
{
	return &focus->vm->vcpus[focus->general];
}

static enum gdb_next do_why(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	(void)text;
	gdb_say(reply, focus->stop);
	return GDB_STAY;
}

static enum gdb_next do_focus(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	bool is_general = gdb_read_char(&text, 'g');
	int index;

	if (!is_general && !gdb_read_char(&text, 'c'))
		return answer(reply, false);
	if (!read_thread(&text, focus, &index))
		return answer(reply, false);
	if (is_general && index >= 0)
		focus->general = index;
	return answer(reply, true);
}

static enum gdb_next do_alive(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	int index;

	return answer(reply, read_thread(&text, focus, &index));
}

static enum gdb_next do_get_regs(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	(void)text;
	return gdb_get_regs(general(focus), reply) ? GDB_STAY : answer(reply, false);
}

static enum gdb_next do_set_regs(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	return answer(reply, gdb_set_regs(general(focus), text));
}

static enum gdb_next do_get_reg(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	__u64 nr;

	if (gdb_read_number(&text, &nr) && nr < 1000 && gdb_get_reg(general(focus), nr, reply))
		return GDB_STAY;
	return answer(reply, false);
}

static enum gdb_next do_set_reg(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	__u64 nr;

	return answer(reply, gdb_read_number(&text, &nr) && nr < 1000 && gdb_read_char(&text, '=') &&
			     gdb_set_reg(general(focus), nr, text));
}

static bool read_range(const char **text, __u64 *addr, __u64 *len)
{
	return gdb_read_number(text, addr) && gdb_read_char(text, ',') && gdb_read_number(text, len);
}

static enum gdb_next do_read(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	__u8 data[DATA_MAX];
	__u64 addr, len;

	if (!read_range(&text, &addr, &len) || len > sizeof(data) ||
	    !gdb_memory_read(general(focus), addr, data, len))
		return answer(reply, false);
	gdb_say_hex(reply, data, len);
	return GDB_STAY;
}

static enum gdb_next do_write(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	__u8 data[DATA_MAX];
	__u64 addr, len;

	return answer(reply, read_range(&text, &addr, &len) && len <= sizeof(data) && gdb_read_char(&text, ':') &&
			     gdb_read_hex(&text, data, len) && gdb_memory_write(general(focus), addr, data, len));
}

/* type,address,kind: a breakpoint's kind is its size */
static enum gdb_next do_insert(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	__u64 type, addr, len;

	return answer(reply, gdb_read_number(&text, &type) && gdb_read_char(&text, ',') &&
			     read_range(&text, &addr, &len) && type <= 4 &&
			     gdb_point_insert(general(focus), type, addr, len));
}

static enum gdb_next do_remove(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	__u64 type, addr, len;

	(void)focus;
	return answer(reply, gdb_read_number(&text, &type) && gdb_read_char(&text, ',') &&
			     read_range(&text, &addr, &len) && type <= 4 && gdb_point_remove(type, addr, len));
}

/* Before vCont: c and s, of all; an address to go on at is not asked for by anybody. */
static enum gdb_next do_continue(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	(void)text;
	(void)reply;
	memset(focus->steps, 0, sizeof(focus->steps));
	return GDB_GO;
}

static enum gdb_next do_step(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	do_continue(focus, text, reply);
	focus->steps[focus->general] = true;
	return GDB_GO;
}

/* ;action:thread ... - the first that fits a thread is its. A vCPU without any goes on: they are one machine. */
static enum gdb_next do_vcont(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	int index;
	char action;
	bool decided[ARRAY_SIZE(focus->steps)] = { false };
	unsigned int i;

	memset(focus->steps, 0, sizeof(focus->steps));
	while (gdb_read_char(&text, ';')) {
		action = *text ? *text++ : 0;
		/* C and S pass a signal, of which the guest knows nothing. */
		if (action == 'C' || action == 'S')
			text += *text ? 1 + !!text[1] : 0;
		index = -1;
		if (!action || !strchr("cCsS", action) ||
		    (gdb_read_char(&text, ':') && !read_thread(&text, focus, &index)))
			return answer(reply, false);
		for (i = 0; i < opt.nr_cpus; i++) {
			if (decided[i] || (index >= 0 && i != (unsigned int)index))
				continue;
			decided[i] = true;
			focus->steps[i] = action == 's' || action == 'S';
		}
	}
	return *text ? answer(reply, false) : GDB_GO;
}

static enum gdb_next do_vcont_which(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	(void)focus;
	(void)text;
	gdb_say(reply, "vCont;c;C;s;S");
	return GDB_STAY;
}

static enum gdb_next do_supported(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	char said[128];

	(void)focus;
	(void)text;
	snprintf(said, sizeof(said), "PacketSize=%x;qXfer:features:read+;vContSupported+;QStartNoAckMode+",
		 GDB_PACKET);
	gdb_say(reply, said);
	return GDB_STAY;
}

static enum gdb_next do_features(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	const size_t size = strlen(gdb_target_xml);
	__u64 offset, len;
	char part[1025];

	(void)focus;
	if (!read_range(&text, &offset, &len) || offset > size)
		return answer(reply, false);
	if (len > sizeof(part) - 1)
		len = sizeof(part) - 1;
	if (len > size - offset)
		len = size - offset;
	memcpy(part, gdb_target_xml + offset, len);
	part[len] = 0;
	gdb_say(reply, offset + len < size ? "m" : "l");
	gdb_say(reply, part);
	return GDB_STAY;
}

/* Some at a time: a packet has its end. */
static enum gdb_next do_threads(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	unsigned int i, end;
	char nr[16];

	if (*text == 'f')
		focus->listed = 0;
	if (focus->listed >= opt.nr_cpus) {
		gdb_say(reply, "l");
		return GDB_STAY;
	}
	end = focus->listed + 256 < opt.nr_cpus ? focus->listed + 256 : opt.nr_cpus;
	gdb_say(reply, "m");
	for (i = focus->listed; i < end; i++) {
		snprintf(nr, sizeof(nr), "%s%x", i == focus->listed ? "" : ",", i + 1);
		gdb_say(reply, nr);
	}
	focus->listed = end;
	return GDB_STAY;
}

static enum gdb_next do_thread_name(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	char name[32];
	int index;

	if (!read_thread(&text, focus, &index) || index < 0)
		return answer(reply, false);
	snprintf(name, sizeof(name), "vCPU %d", index);
	gdb_say_hex(reply, name, strlen(name));
	return GDB_STAY;
}

static enum gdb_next do_current(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	char said[16];

	(void)text;
	snprintf(said, sizeof(said), "QC%x", focus->stopped + 1);
	gdb_say(reply, said);
	return GDB_STAY;
}

/* It was there before GDB was: leaving detaches, and does not kill. */
static enum gdb_next do_attached(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	(void)focus;
	(void)text;
	gdb_say(reply, "1");
	return GDB_STAY;
}

static enum gdb_next do_detach(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	do_continue(focus, text, reply);
	answer(reply, true);
	return GDB_DETACH;
}

static enum gdb_next do_kill(struct gdb_focus *focus, const char *text, struct gdb_packet *reply)
{
	(void)focus;
	(void)text;
	answer(reply, true);
	return GDB_KILL;
}

/* The first that fits; so a longer name stands before a shorter one that it begins with. */
static const struct {
	const char	*name;
	enum gdb_next	(*run)(struct gdb_focus *focus, const char *text, struct gdb_packet *reply);
} commands[] = {
	{ "?",				do_why },
	{ "H",				do_focus },
	{ "T",				do_alive },
	{ "g",				do_get_regs },
	{ "G",				do_set_regs },
	{ "p",				do_get_reg },
	{ "P",				do_set_reg },
	{ "m",				do_read },
	{ "M",				do_write },
	{ "Z",				do_insert },
	{ "z",				do_remove },
	{ "c",				do_continue },
	{ "s",				do_step },
	{ "vCont?",			do_vcont_which },
	{ "vCont",			do_vcont },
	{ "vKill",			do_kill },
	{ "k",				do_kill },
	{ "D",				do_detach },
	{ "qSupported",			do_supported },
	{ "qXfer:features:read:target.xml:", do_features },
	{ "qfThreadInfo",		do_threads },
	{ "qsThreadInfo",		do_threads },
	{ "qThreadExtraInfo,",		do_thread_name },
	{ "qC",				do_current },
	{ "qAttached",			do_attached },
};

enum gdb_next gdb_command(struct gdb_focus *focus, struct gdb_line *line, const struct gdb_packet *packet,
			  struct gdb_packet *reply)
{
	size_t i, len;

	reply->len = 0;
	reply->text[0] = 0;
	if (!strcmp(packet->text, "QStartNoAckMode")) {
		line->no_ack = true;
		return answer(reply, true);
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		len = strlen(commands[i].name);
		if (strncmp(packet->text, commands[i].name, len))
			continue;
		/* "qfThreadInfo" and "qsThreadInfo" are told apart by what they begin with. */
		if (commands[i].run == do_threads)
			len = 1;
		return commands[i].run(focus, packet->text + len, reply);
	}
	return GDB_STAY;
}
