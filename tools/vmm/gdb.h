/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the debugger's stub (gdb*.c) share. All of it runs in the stub's own thread while the vCPUs stand,
 * but for gdb_report().
 */
#ifndef VMM_GDB_H
#define VMM_GDB_H

#include "vmm.h"

#define GDB_PACKET	0x4000		/* bytes between '$' and '#' */

struct gdb_packet {
	char	text[GDB_PACKET + 1];	/* ends with a zero */
	size_t	len;
};

/* gdb_packet.c: the framing */
enum gdb_input {
	GDB_CLOSED,
	GDB_NOTHING,		/* no whole packet yet */
	GDB_PACKET_IN,
	GDB_INTERRUPT,		/* Ctrl-C */
};

struct gdb_line {
	int			fd;
	bool			no_ack;
	char			in[2 * GDB_PACKET];
	size_t			len;
};

enum gdb_input gdb_receive(struct gdb_line *line, struct gdb_packet *packet);
enum gdb_input gdb_next(struct gdb_line *line, struct gdb_packet *packet);
bool gdb_send(struct gdb_line *line, const struct gdb_packet *packet);

/* What is said and read in hexadecimal; the readers move their text on. */
void gdb_say(struct gdb_packet *packet, const char *text);
void gdb_say_hex(struct gdb_packet *packet, const void *bytes, size_t len);
bool gdb_read_number(const char **text, __u64 *value);
bool gdb_read_hex(const char **text, void *bytes, size_t len);
bool gdb_read_char(const char **text, char c);

/* gdb_regs.c: registers as GDB numbers them */
extern const char gdb_target_xml[];
bool gdb_get_regs(struct vcpu *vcpu, struct gdb_packet *reply);
bool gdb_set_regs(struct vcpu *vcpu, const char *text);
bool gdb_get_reg(struct vcpu *vcpu, unsigned int nr, struct gdb_packet *reply);
bool gdb_set_reg(struct vcpu *vcpu, unsigned int nr, const char *text);

/* gdb_memory.c: the guest's memory at its virtual addresses */
bool gdb_memory_read(struct vcpu *vcpu, __u64 va, void *to, size_t len);
bool gdb_memory_write(struct vcpu *vcpu, __u64 va, const void *from, size_t len);
__u8 *gdb_memory_at(struct vcpu *vcpu, __u64 va);
void gdb_memory_sync(void *from, size_t len);

/* gdb_points.c: breakpoints and watchpoints */
bool gdb_point_insert(struct vcpu *vcpu, unsigned int type, __u64 addr, __u64 len);
bool gdb_point_remove(unsigned int type, __u64 addr, __u64 len);
void gdb_points_clear(void);
bool gdb_points_apply(struct vcpu *vcpu, bool step);
bool gdb_is_ours(struct vcpu *vcpu, __u64 *watched);
const char *gdb_watch_name(__u64 addr);

/* gdb_command.c: what a packet asks for */
enum gdb_next {
	GDB_STAY,		/* the vCPUs stand on */
	GDB_GO,			/* they run */
	GDB_DETACH,		/* they run, and nobody looks any more */
	GDB_KILL,
};

/* Which vCPUs GDB means, and what each does when they go on; numbers are indices. */
struct gdb_focus {
	struct vm	*vm;
	unsigned int	stopped;	/* the one that stopped */
	unsigned int	general;	/* of m, g and the like */
	unsigned int	listed;		/* how many of them a list has told */
	bool		steps[4096];	/* single step, each */
	char		stop[64];	/* the packet that told why they stand */
};

enum gdb_next gdb_command(struct gdb_focus *focus, struct gdb_line *line, const struct gdb_packet *packet,
			  struct gdb_packet *reply);

#endif
