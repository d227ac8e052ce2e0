// SPDX-License-Identifier: GPL-2.0
/*
 * --firmware: two banks of flash memory, with a program in the first, from which the guest starts, and its variables
 * in the second (--firmware-vars). Made for UEFI of QEMU's machine "virt" (edk2's ArmVirtQemu).
 *
 * While a bank shows its bytes it is a read-only memory slot: the guest reads and executes there, and a write leaves
 * KVM_RUN as MMIO. That may be a command, after which the bank answers with something else: the slot is taken away, and
 * reads come here too, until the guest asks for the bytes again. No vCPU has to stand still for it: who does not see
 * the slot any more, or not yet, comes here, and finds what the bank shows by then.
 *
 * Bytes change only while the slot is not there. So the guest's pages are made anew after each change: one that it
 * had without right to write need not be the one that this program has written to since, and the kernel cleans a page
 * that is made out of the data cache, past which UEFI reads.
 *
 * Owns: both banks, their slots and files. Locks: lock, taken inside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "flash.h"
#include "vmm.h"

#define BANKS		2
#define BANK_CODE	0
#define BANK_VARS	1
#define FIRST_SLOT	1		/* 0 is RAM */

_Static_assert(BANKS * FLASH_BANK == FLASH_SIZE, "the map");

static struct {
	pthread_mutex_t	lock;
	struct file	code;
	struct file	vars;		/* name NULL: forgotten at the end */
	__u32		crc;		/* of the code */
	struct flash	banks[BANKS];
	bool		has_slot[BANKS];
} firmware = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* What --save writes of it; without firmware it is empty. The variables are in their file, as a disk's bytes are. */
struct firmware_saved {
	__u32			crc;
	__u32			reserved;	/* 0 */
	struct flash_state	states[BANKS];
};

_Static_assert(sizeof(struct firmware_saved) <= DEVICE_STATE_MAX, "the file's record");

static void check_size(const struct file *file)
{
	if (file->size > FLASH_BANK)
		die("%s: %llu KiB are too much, its flash memory has %llu", file->name, file->size >> 10,
		    FLASH_BANK >> 10);
}

/* A new file is as long as a bank, and a hole: UEFI finds no variables in it, and makes their store. */
static void open_vars(const char *name)
{
	struct file *file = &firmware.vars;
	struct stat st;

	file->name = name;
	file->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (file->fd < 0 || fstat(file->fd, &st))
		die_errno("--firmware-vars %s", name);
	if (!S_ISREG(st.st_mode))
		die("--firmware-vars %s: not a regular file", name);
	if (flock(file->fd, LOCK_EX | LOCK_NB))
		die("--firmware-vars %s: in use by another program", name);
	if (!st.st_size && ftruncate(file->fd, FLASH_BANK))
		die_errno("--firmware-vars %s", name);
	file->size = st.st_size ? (__u64)st.st_size : FLASH_BANK;
	check_size(file);
}

/* Early, as all that the user can have got wrong. */
void firmware_open(void)
{
	if (!opt.firmware)
		return;
	file_open(&firmware.code, opt.firmware);
	check_size(&firmware.code);
	if (opt.firmware_vars)
		open_vars(opt.firmware_vars);
}

/* Debian's files are as long as a bank, and mostly zeroes: what is zero here already is not touched. */
static void read_bank(const struct file *file, __u8 *to)
{
	static const __u8 zeroes[SZ_64K];
	static __u8 part[SZ_64K];
	__u64 at, len;

	for (at = 0; at < file->size; at += len) {
		len = file->size - at < sizeof(part) ? file->size - at : sizeof(part);
		file_read_at(file, part, len, at);
		if (memcmp(part, zeroes, len))
			memcpy(to + at, part, len);
	}
}

/* The variables' bytes have changed. What is beyond the file's end makes it longer. */
static bool keep_vars(struct flash *bank, uint64_t offset, uint64_t len)
{
	const struct file *file = &firmware.vars;
	ssize_t n;

	while (len > 0) {
		n = pwrite(file->fd, bank->memory + offset, len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			warn("--firmware-vars %s: %s", file->name, errno_text(errno));
			return false;
		}
		offset += n;
		len -= n;
	}
	return true;
}

/* Give the guest a bank's bytes as memory, or take them away. */
static int set_slot(struct vm *vm, unsigned int bank, bool there)
{
	struct kvm_userspace_memory_region region = {
		.slot		 = FIRST_SLOT + bank,
		.flags		 = KVM_MEM_READONLY,
		.guest_phys_addr = FLASH_BASE + bank * FLASH_BANK,
		.memory_size	 = there ? FLASH_BANK : 0,
		.userspace_addr	 = (unsigned long)firmware.banks[bank].memory,
	};

	if (firmware.has_slot[bank] == there)
		return 0;
	firmware.has_slot[bank] = there;
	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* The banks and their content: the VM's memory from address 0. */
void firmware_create(struct vm *vm)
{
	struct flash *bank;
	unsigned int i;

	if (!opt.firmware)
		return;
	if (ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) <= 0)
		die("--firmware: %s has no memory that is read-only for a guest (KVM_CAP_READONLY_MEM)", opt.device);
	for (i = 0; i < BANKS; i++) {
		bank = &firmware.banks[i];
		bank->memory = mmap(NULL, FLASH_BANK, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (bank->memory == MAP_FAILED)
			die_errno("mmap of flash memory");
	}
	firmware.banks[BANK_CODE].read_only = true;
	read_bank(&firmware.code, firmware.banks[BANK_CODE].memory);
	firmware.crc = crc32(0, firmware.banks[BANK_CODE].memory, firmware.code.size);
	if (firmware.vars.name) {
		read_bank(&firmware.vars, firmware.banks[BANK_VARS].memory);
		firmware.banks[BANK_VARS].keep = keep_vars;
	}
	firmware_reset(vm);
	verbose("%s: %llu KiB of firmware, variables %s", opt.firmware, firmware.code.size >> 10,
		opt.firmware_vars ? opt.firmware_vars : "are not kept");
}

/* Bytes stay. */
void firmware_reset(struct vm *vm)
{
	unsigned int i;

	if (!opt.firmware)
		return;
	pthread_mutex_lock(&firmware.lock);
	for (i = 0; i < BANKS; i++) {
		firmware.banks[i].state = (struct flash_state){ 0 };
		if (set_slot(vm, i, true))
			die_errno("KVM_SET_USER_MEMORY_REGION of flash memory");
	}
	pthread_mutex_unlock(&firmware.lock);
}

/* A CPU starts at the first byte; RAM begins with the device tree, which is how such firmware learns where it is. */
void firmware_boot(struct boot_info *boot)
{
	*boot = (struct boot_info) {
		.entry = FLASH_BASE,
		.dtb = RAM_BASE,
		.dtb_room = FIRMWARE_DTB_ROOM,
	};
}

bool firmware_is_there(void)
{
	return opt.firmware;
}

static struct flash *bank_at(__u64 *offset, unsigned int len)
{
	struct flash *bank = &firmware.banks[*offset / FLASH_BANK];

	*offset %= FLASH_BANK;
	return *offset + len <= FLASH_BANK ? bank : NULL;
}

/* Of a bank that shows something else than its bytes; or did when the guest came here. */
__u64 firmware_read(struct vm *vm, __u64 offset, unsigned int len)
{
	struct flash *bank = bank_at(&offset, len);
	__u64 value;

	(void)vm;
	if (!bank)
		return 0;
	pthread_mutex_lock(&firmware.lock);
	value = flash_read(bank, offset, len);
	pthread_mutex_unlock(&firmware.lock);
	return value;
}

void firmware_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	struct flash *bank = bank_at(&offset, len);
	int err;

	if (!bank)
		return;
	pthread_mutex_lock(&firmware.lock);
	flash_write(bank, offset, len, value);
	err = set_slot(vm, bank - firmware.banks, flash_is_memory(bank));
	pthread_mutex_unlock(&firmware.lock);
	if (err) {
		warn("KVM_SET_USER_MEMORY_REGION of flash memory: %s", errno_text(errno));
		vm_stop(vm, STOP_EXIT, EXIT_CRASH);
	}
}

size_t firmware_save(void *to)
{
	struct firmware_saved saved = { .crc = firmware.crc };
	unsigned int i;

	if (!opt.firmware)
		return 0;
	pthread_mutex_lock(&firmware.lock);
	for (i = 0; i < BANKS; i++)
		saved.states[i] = firmware.banks[i].state;
	pthread_mutex_unlock(&firmware.lock);
	memcpy(to, &saved, sizeof(saved));
	return sizeof(saved);
}

bool firmware_restore(struct vm *vm, const void *from, size_t size)
{
	struct firmware_saved saved;
	unsigned int i;

	if (size && !opt.firmware)
		die("--restore %s: the guest has firmware: --firmware and --firmware-vars are needed", opt.restore);
	if (!size && opt.firmware)
		die("--restore %s: the guest has no firmware", opt.restore);
	if (!size)
		return true;
	if (size != sizeof(saved))
		return false;
	memcpy(&saved, from, sizeof(saved));
	if (saved.crc != firmware.crc)
		die("--restore %s: the guest has another firmware than %s", opt.restore, opt.firmware);
	for (i = 0; i < BANKS; i++) {
		if (!flash_state_is_valid(&saved.states[i]))
			return false;
		firmware.banks[i].state = saved.states[i];
		if (set_slot(vm, i, flash_is_memory(&firmware.banks[i])))
			die_errno("KVM_SET_USER_MEMORY_REGION of flash memory");
	}
	return true;
}
