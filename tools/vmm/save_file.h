/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file that --save writes and --restore reads. Knows nothing of VMs, so that a unit test can use it as it is.
 *
 * It begins with struct save_header. Records follow, each with a header and its bytes, filled up to 8; the last is
 * SAVE_END, whose bytes are the CRC-32 of all before it. Numbers are little-endian.
 */
#ifndef VMM_SAVE_FILE_H
#define VMM_SAVE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAVE_MAGIC	"armvcpu!"
#define SAVE_VERSION	3
#define SAVE_RECORD_MAX	(4UL << 20)	/* bytes of one record */

struct save_header {
	char		magic[8];
	uint32_t	version;	/* one that differs is refused: nothing is guessed */
	uint32_t	reserved;	/* 0 */
};

/* In this order, so that who restores needs no second look. */
enum save_kind {
	SAVE_MACHINE	= 1,	/* struct save_machine: once */
	SAVE_REGS	= 2,	/* of vCPU number index: id of KVM_GET_REG_LIST, its bytes, and so on */
	SAVE_VCPU	= 3,	/* of each vCPU, behind its SAVE_REGS: struct save_vcpu */
	SAVE_GIC	= 4,	/* 64 bits a register, see save_gic.c; index 0: the distributor's, 1 + n: vCPU n's */
	SAVE_CLOCK	= 5,	/* struct save_clock: once */
	SAVE_MEMORY	= 6,	/* guest physical address, then what is there; what is in none is zeroes */
	SAVE_DEVICE	= 7,	/* each device, as itself says: save.c has their numbers */
	SAVE_END	= 8,
	SAVE_TAGS	= 9,	/* among SAVE_MEMORY: guest physical address, then a byte for each 16 bytes; else 0 */
	SAVE_ITS	= 10,	/* of a VM with PCI, behind all memory: 64 bits a register, see save_its.c */
	SAVE_PCI	= 11,	/* of such, behind SAVE_DEVICE: virtio device number index on the bus, see pci_save.c */
};

struct save_record {
	uint32_t	kind;
	uint32_t	index;
	uint64_t	size;		/* without what it is filled up with */
};

#define SAVE_WITH_TAGS	(1U << 31)	/* the guest's memory has tags (KVM_CAP_ARM_MTE) */
#define SAVE_WITH_PCI	(1U << 30)	/* its devices are on PCI */

/* What has to be the same before there is anything to restore to. */
struct save_machine {
	uint64_t	mem_size;
	uint32_t	nr_cpus;
	uint32_t	gic;		/* 2 or 3 */
	uint32_t	features;	/* KVM_ARM_VCPU_*, a bit each, and SAVE_WITH_* */
	uint32_t	counter_hz;	/* CNTFRQ_EL0 */
	uint64_t	vls[8];		/* KVM_REG_ARM64_SVE_VLS, if features has SVE */
};

struct save_vcpu {
	uint32_t	mp_state;	/* KVM_MP_STATE_* */
	uint8_t		serror_pending, serror_has_esr;
	uint8_t		reserved[2];	/* 0 */
	uint64_t	serror_esr;
};

/* The counts are the VM's, and go on from here: no vCPU has seen later ones. */
struct save_clock {
	uint64_t	virtual_count, physical_count;
	uint64_t	has_physical;
};

/* Where the bytes go to or come from; false: they can't. */
struct save_stream {
	bool		(*transfer)(struct save_stream *stream, void *bytes, size_t len);
	uint32_t	crc;
};

/**
 * save_begin() - write the beginning of a file
 * @stream: where to
 *
 * Return: could it be written? So do save_put() and save_finish().
 */
bool save_begin(struct save_stream *stream);
bool save_put(struct save_stream *stream, enum save_kind kind, uint32_t index, const void *bytes, size_t len);
bool save_finish(struct save_stream *stream);

/**
 * save_open() - read the beginning of a file
 * @stream: where from
 *
 * Return: NULL, or why it is none, for people.
 */
const char *save_open(struct save_stream *stream);

/**
 * save_get() - read the next record
 * @stream: where from
 * @record: its header
 * @bytes: room for SAVE_RECORD_MAX
 *
 * At SAVE_END the sum has been compared: before, nothing of it may have had an effect that can't be taken back.
 *
 * Return: NULL, or what is wrong.
 */
const char *save_get(struct save_stream *stream, struct save_record *record, void *bytes);

/**
 * save_next_reg() - the next register of a SAVE_REGS record
 * @bytes: where it begins; moved on
 * @end: where the record ends
 * @id: its id of KVM_GET_REG_LIST
 * @size: in bytes, 1 to 256
 *
 * Return: its bytes; NULL at the end, or when what is left is no register: then @bytes is not @end.
 */
const void *save_next_reg(const uint8_t **bytes, const uint8_t *end, uint64_t *id, size_t *size);

/** save_reg_size() - of a register, from its id (KVM_REG_SIZE_MASK); 0: no such size is known */
size_t save_reg_size(uint64_t id);

#endif
