// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of GDB's remote protocol (GDB's manual, "Remote Protocol", Overview): $text#checksum, each acknowledged by +
 * or - until both sides agree to leave that.
 *
 * Owns: nothing. Locks: none; the stub's thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gdb.h"

static const char digits[] = "0123456789abcdef";

static int digit(char c)
{
	const char *at;

	if (c >= 'A' && c <= 'F')
		c += 'a' - 'A';
	at = c ? strchr(digits, c) : NULL;
	return at ? at - digits : -1;
}

static bool put(struct gdb_line *line, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(line->fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

static __u8 checksum(const char *text, size_t len)
{
	__u8 sum = 0;

	while (len--)
		sum += *text++;
	return sum;
}

bool gdb_send(struct gdb_line *line, const struct gdb_packet *packet)
{
	__u8 sum = checksum(packet->text, packet->len);
	char end[3] = { '#', digits[sum >> 4], digits[sum & 15] };

	return put(line, "$", 1) && put(line, packet->text, packet->len) && put(line, end, sizeof(end));
}

static void drop(struct gdb_line *line, size_t len)
{
	line->len -= len;
	memmove(line->in, line->in + len, line->len);
}

/* A whole packet is at the beginning of the input, its '#' at end. */
static enum gdb_input take(struct gdb_line *line, size_t end, struct gdb_packet *packet)
{
	int high = digit(line->in[end + 1]), low = digit(line->in[end + 2]);
	bool good = high >= 0 && low >= 0 && end - 1 <= GDB_PACKET &&
		    checksum(line->in + 1, end - 1) == (high << 4 | low);

	if (good) {
		packet->len = end - 1;
		memcpy(packet->text, line->in + 1, packet->len);
		packet->text[packet->len] = 0;
	}
	drop(line, end + 3);
	if (!line->no_ack && !put(line, good ? "+" : "-", 1))
		return GDB_CLOSED;
	return good ? GDB_PACKET_IN : GDB_NOTHING;
}

/* What has been received already. */
enum gdb_input gdb_next(struct gdb_line *line, struct gdb_packet *packet)
{
	enum gdb_input got;
	const char *end;

	while (line->len) {
		if (line->in[0] == 3) {
			drop(line, 1);
			return GDB_INTERRUPT;
		}
		if (line->in[0] != '$') {
			/* Acknowledgements: TCP loses nothing. */
			drop(line, 1);
			continue;
		}
		end = memchr(line->in, '#', line->len);
		if (!end || end + 3 > line->in + line->len)
			/* A packet that can't become whole is nobody's we know. */
			return line->len == sizeof(line->in) ? GDB_CLOSED : GDB_NOTHING;
		got = take(line, end - line->in, packet);
		if (got != GDB_NOTHING)
			return got;
	}
	return GDB_NOTHING;
}

/* The socket has something. */
enum gdb_input gdb_receive(struct gdb_line *line, struct gdb_packet *packet)
{
	ssize_t n = recv(line->fd, line->in + line->len, sizeof(line->in) - line->len, 0);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return GDB_NOTHING;
	if (n <= 0)
		return GDB_CLOSED;
	line->len += n;
	return gdb_next(line, packet);
}

/* What does not fit is cut; the replies that can be long are bounded by who makes them. */
void gdb_say(struct gdb_packet *packet, const char *text)
{
	size_t len = strlen(text);

	if (len > GDB_PACKET - packet->len)
		len = GDB_PACKET - packet->len;
	memcpy(packet->text + packet->len, text, len);
	packet->len += len;
	packet->text[packet->len] = 0;
}

void gdb_say_hex(struct gdb_packet *packet, const void *bytes, size_t len)
{
	const __u8 *byte = bytes;
	char two[3] = "";

	for (; len; len--, byte++) {
		two[0] = digits[*byte >> 4];
		two[1] = digits[*byte & 15];
		gdb_say(packet, two);
	}
}

/* A number is big-endian and as long as it likes to be, up to 64 bits. */
bool gdb_read_number(const char **text, __u64 *value)
{
	const char *from = *text;

	for (*value = 0; digit(**text) >= 0; (*text)++) {
		if (*value >> 60)
			return false;
		*value = *value << 4 | digit(**text);
	}
	return *text > from;
}

/* Bytes are in memory's order. */
bool gdb_read_hex(const char **text, void *bytes, size_t len)
{
	__u8 *byte = bytes;

	for (; len; len--, *text += 2) {
		if (digit((*text)[0]) < 0 || digit((*text)[1]) < 0)
			return false;
		*byte++ = digit((*text)[0]) << 4 | digit((*text)[1]);
	}
	return true;
}

bool gdb_read_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}
