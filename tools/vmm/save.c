// SPDX-License-Identifier: GPL-2.0
/*
 * A VM becomes a file, and goes on from there: --save and --restore.
 *
 * Saving ends the VM: if it went on, its disks would not be those of the file any more. What can't be saved goes on as
 * if nothing had been. The file is written under another name first, so that an older one stays until this one is
 * whole.
 *
 * Who restores may have the file from anybody. Nothing in it is believed: the kernel checks registers, each part of
 * this program what is its own; and until the last record has been read, no vCPU runs and no device serves.
 *
 * Owns: the file. Locks: none; main thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "save.h"

#define PAUSE_SECONDS	10	/* a vCPU stands after this, unless nobody takes its output */

struct save_file {
	struct save_stream	stream;		/* first */
	FILE			*file;
};

static struct save_file from;
static __u64 from_size;
static struct save_record record;	/* the last that was read, and its bytes */
static __u8 *bytes;

/* The program's own devices; their numbers in the file. Virtio devices follow. */
static const struct {
	const char	*name;
	size_t		(*save)(void *to);
	bool		(*restore)(struct vm *vm, const void *state, size_t size);
} own_devices[] = {
	{ "UART",		uart_save,	uart_restore },
	{ "test device",	testdev_save,	testdev_restore },
	{ "clock",		rtc_save,	rtc_restore },
	{ "firmware",		firmware_save,	firmware_restore },
};

static bool write_bytes(struct save_stream *stream, void *data, size_t len)
{
	struct save_file *to = (struct save_file *)stream;

	return fwrite(data, 1, len, to->file) == len;
}

static bool read_bytes(struct save_stream *stream, void *data, size_t len)
{
	struct save_file *f = (struct save_file *)stream;

	errno = 0;
	return fread(data, 1, len, f->file) == len;
}

static __u32 counter_hz(void)
{
	__u64 hz;

	__asm__("mrs %0, cntfrq_el0" : "=r" (hz));
	return hz;
}

/* --- saving --- */

static const char *save_machine(struct vm *vm, struct save_stream *to)
{
	struct save_machine machine = {
		.mem_size = opt.mem_size,
		.nr_cpus = opt.nr_cpus,
		.gic = vm->gic_is_v2 ? 2 : 3,
		.features = vm->features | (opt.mte ? SAVE_WITH_TAGS : 0) | (opt.pci ? SAVE_WITH_PCI : 0),
		.counter_hz = counter_hz(),
	};

	memcpy(machine.vls, vm->vls, sizeof(machine.vls));
	return save_put(to, SAVE_MACHINE, 0, &machine, sizeof(machine)) ? NULL : SAVE_CANT_WRITE;
}

static const char *save_devices(struct save_stream *to)
{
	static __u8 state[DEVICE_STATE_MAX] __attribute__((aligned(8)));
	unsigned int i, nr = 0;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(own_devices); i++) {
		size = own_devices[i].save(state);
		if (!save_put(to, SAVE_DEVICE, nr++, state, size))
			return SAVE_CANT_WRITE;
	}
	for (i = 0; i < virtio_count(); i++) {
		size = virtio_save(i, state);
		if (!save_put(to, SAVE_DEVICE, nr++, state, size))
			return SAVE_CANT_WRITE;
	}
	for (i = 0; opt.pci && i < virtio_count(); i++) {
		size = pci_save(i, state);
		if (!save_put(to, SAVE_PCI, i, state, size))
			return SAVE_CANT_WRITE;
	}
	return NULL;
}

static const char *save_all(struct vm *vm, struct save_stream *to)
{
	const char *wrong;
	unsigned int i;

	if (!save_begin(to))
		return SAVE_CANT_WRITE;
	wrong = save_machine(vm, to);
	for (i = 0; i < opt.nr_cpus && !wrong; i++)
		wrong = save_vcpu(&vm->vcpus[i], to);
	if (!wrong)
		wrong = save_gic(vm, to);
	if (!wrong)
		wrong = save_clock(vm, to);
	if (!wrong)
		wrong = save_its_tables(vm);
	if (!wrong)
		wrong = save_memory(vm, to);
	if (!wrong)
		wrong = save_tags(vm, to);
	if (!wrong)
		wrong = save_its(vm, to);
	if (!wrong)
		wrong = save_devices(to);
	if (!wrong && !save_finish(to))
		wrong = SAVE_CANT_WRITE;
	return wrong;
}

/* Memory is nobody else's business. */
static const char *write_file(struct vm *vm, const char *name)
{
	struct save_file to = { .stream.transfer = write_bytes };
	const char *wrong;
	int fd;

	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	to.file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to.file)
		return SAVE_CANT_WRITE;
	wrong = save_all(vm, &to.stream);
	if (!wrong && (fflush(to.file) || fsync(fd)))
		wrong = SAVE_CANT_WRITE;
	if (wrong) {
		fd = errno;
		fclose(to.file);
		errno = fd;
		return wrong;
	}
	return fclose(to.file) ? SAVE_CANT_WRITE : NULL;
}

/*
 * A new name is on the disk when its directory is. One that can't be asked for that (no right to read it, or a file
 * system that knows no such thing) is believed; where it fails there is no file, since the VM goes on, and its disks.
 */
static int put_in_place(const char *part, const char *name)
{
	char dir[PATH_MAX];
	int fd, ret, err;

	snprintf(dir, sizeof(dir), "%s", name);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = rename(part, name);
	if (!ret && fd >= 0 && fsync(fd) && errno != EINVAL) {
		err = errno;
		unlink(name);
		errno = err;
		ret = -1;
	}
	if (fd >= 0) {
		err = errno;
		close(fd);
		errno = err;
	}
	return ret;
}

static const char *save_as(struct vm *vm, const char *name)
{
	char part[PATH_MAX];
	const char *wrong;
	int err;

	if (snprintf(part, sizeof(part), "%s.part", name) >= (int)sizeof(part))
		return "its name is too long";
	errno = 0;
	wrong = write_file(vm, part);
	if (!wrong && put_in_place(part, name))
		wrong = SAVE_CANT_WRITE;
	err = errno;
	if (wrong)
		unlink(part);
	errno = err;
	return wrong;
}

/*
 * Somebody asked for it. The VM ends if it is saved, and goes on if not; unless the user ends it meanwhile: then there
 * is no new file.
 */
void vm_save(struct vm *vm)
{
	const char *wrong = "a vCPU does not come to rest: does nobody take its output?";

	errno = 0;
	if (vm_pause(vm, PAUSE_SECONDS)) {
		errno = virtio_freeze();
		console_busy(vm, true);
		wrong = errno ? "a disk can't be written" : save_as(vm, opt.save);
		console_busy(vm, false);
		if (!wrong) {
			/* Devices stay frozen: the disks are the file's now. */
			warn("saved to %s", opt.save);
			vm_stop(vm, STOP_EXIT, EXIT_SAVED);
			return;
		}
		virtio_thaw();
	}
	if (vm_is_stopping(vm))
		return;
	if (errno)
		warn("--save %s: %s: %s; the guest goes on", opt.save, wrong, errno_text(errno));
	else
		warn("--save %s: %s; the guest goes on", opt.save, wrong);
	vm_resume();
}

/* --- restoring --- */

static void check(const char *wrong)
{
	if (!wrong)
		return;
	if (errno)
		die_errno("--restore %s: %s", opt.restore, wrong);
	die("--restore %s: %s", opt.restore, wrong);
}

static void next_record(void)
{
	check(save_get(&from.stream, &record, bytes));
	errno = 0;
}

/* The one that was read must be of this kind, and the right number of it. */
static void expect_record(enum save_kind kind, unsigned int index)
{
	if (record.kind != kind || record.index != index)
		check("damaged: another record was to come");
}

static void read_record(enum save_kind kind, unsigned int index)
{
	next_record();
	expect_record(kind, index);
}

static void take_machine(struct vm *vm, const struct save_machine *machine)
{
	if (record.size != sizeof(*machine) || machine->mem_size % SZ_2M || machine->mem_size < 2 * SZ_2M ||
	    machine->mem_size > 1ULL << 48 || machine->nr_cpus < 1 || machine->nr_cpus > CPUS_MAX ||
	    (machine->gic != 2 && machine->gic != 3) || (machine->gic == 2 && machine->features & SAVE_WITH_PCI))
		check("damaged: no such machine");
	if (machine->counter_hz != counter_hz())
		check("this host's counter runs at another rate");
	opt.mem_size = machine->mem_size;
	opt.nr_cpus = machine->nr_cpus;
	opt.gic = machine->gic;
	opt.mte = machine->features & SAVE_WITH_TAGS;
	opt.pci = machine->features & SAVE_WITH_PCI;
	vm->features = machine->features & ~(SAVE_WITH_TAGS | SAVE_WITH_PCI);
	memcpy(vm->vls, machine->vls, sizeof(vm->vls));
}

/* Early, as all that the user can have got wrong; the machine is made as the file says. */
void restore_open(struct vm *vm)
{
	struct file file;

	if (!opt.restore)
		return;
	file_open(&file, opt.restore);
	from_size = file.size;
	from.stream.transfer = read_bytes;
	from.file = fdopen(file.fd, "r");
	bytes = malloc(SAVE_RECORD_MAX);
	if (!from.file || !bytes)
		die_errno("--restore %s", opt.restore);
	check(save_open(&from.stream));
	read_record(SAVE_MACHINE, 0);
	take_machine(vm, (struct save_machine *)bytes);
}

static void restore_device(struct vm *vm, unsigned int nr)
{
	const unsigned int own = ARRAY_SIZE(own_devices);
	const char *wrong;

	if (nr >= own) {
		wrong = virtio_restore(nr - own, bytes, record.size);
		if (wrong)
			die("--restore %s: virtio device %u: %s", opt.restore, nr - own, wrong);
	} else if (!own_devices[nr].restore(vm, bytes, record.size)) {
		die("--restore %s: damaged: no state of the %s", opt.restore, own_devices[nr].name);
	}
}

/* As much as there is; the record behind it has been read then. */
static void restore_all_memory(struct vm *vm)
{
	for (;;) {
		next_record();
		progress(ftello(from.file), from_size);
		if (console_is_to_end(vm)) {
			progress_end();
			exit(vm->exit_status);
		}
		if (record.kind == SAVE_MEMORY)
			check(restore_memory(vm, bytes, record.size));
		else if (record.kind == SAVE_TAGS && opt.mte)
			check(restore_tags(vm, bytes, record.size));
		else
			return;
	}
}

/* As many as there are; their number is the command line's. Likewise. */
static void restore_devices(struct vm *vm)
{
	unsigned int nr, all = ARRAY_SIZE(own_devices) + virtio_count();

	for (nr = 0; record.kind == SAVE_DEVICE; nr++) {
		expect_record(SAVE_DEVICE, nr);
		if (nr == all)
			check("the guest has more devices than the command line names (--disk, --net, --rng)");
		restore_device(vm, nr);
		next_record();
	}
	if (record.kind != (opt.pci && nr > ARRAY_SIZE(own_devices) ? SAVE_PCI : SAVE_END))
		check("damaged: another record was to come");
	if (nr != all)
		check("the guest has fewer devices than the command line names (--disk, --net, --rng)");
}

static void restore_rest(struct vm *vm)
{
	const char *wrong;
	unsigned int i;

	restore_all_memory(vm);
	if (opt.pci) {
		expect_record(SAVE_ITS, 0);
		check(restore_its(vm, bytes, record.size));
		next_record();
	}
	restore_devices(vm);
	for (i = 0; opt.pci && i < virtio_count(); i++) {
		expect_record(SAVE_PCI, i);
		wrong = pci_restore(vm, i, bytes, record.size);
		if (wrong)
			die("--restore %s: PCI device %u: %s", opt.restore, i, wrong);
		next_record();
	}
	if (record.kind != SAVE_END)
		check("damaged: another record was to come");
}

/* In place of loading and booting. Ends the program with a message if it can't be done. */
void vm_restore(struct vm *vm)
{
	struct save_clock clock;
	unsigned int i;
	size_t size;

	virtio_freeze();
	for (i = 0; i < opt.nr_cpus; i++) {
		read_record(SAVE_REGS, i);
		check(restore_regs(&vm->vcpus[i], bytes, record.size));
		read_record(SAVE_VCPU, i);
		check(restore_vcpu(&vm->vcpus[i], bytes, record.size));
	}
	for (i = 0; i <= opt.nr_cpus; i++) {
		read_record(SAVE_GIC, i);
		check(restore_gic(vm, i, bytes, record.size));
	}
	read_record(SAVE_CLOCK, 0);
	size = record.size;
	memcpy(&clock, bytes, sizeof(clock));
	progress_begin("restoring memory");
	console_busy(vm, true);
	restore_rest(vm);
	console_busy(vm, false);
	progress_end();
	fclose(from.file);
	free(bytes);
	/* Last: reading the rest has taken a while, in which the guest's time stands still. */
	check(restore_clock(vm, &clock, size));
	virtio_restart();
	virtio_thaw();
	verbose("restored from %s: %u vCPUs, %llu MiB", opt.restore, opt.nr_cpus, opt.mem_size >> 20);
}
