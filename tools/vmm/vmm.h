/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types and functions shared by the files of armvcpu-run.
 *
 * Threads: the main thread builds the machine, then serves the terminal and
 * signals; one thread per vCPU sits in KVM_RUN and serves that vCPU's exits; one
 * per virtio device waits for the guest's doorbell.
 */
#ifndef VMM_H
#define VMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "abi.h"
#include "layout.h"

#define __printf(fmt, first) __attribute__((	\
	format(printf, fmt, first)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit status of the program; a flat guest may choose any other as well. */
enum exit_status {
	EXIT_POWEROFF	= 0,	/* the guest powered itself off */
	EXIT_SETUP	= 1,	/* bad option, unusable device, missing file */
	EXIT_CRASH	= 2,	/* the guest could not be run any further */
	EXIT_RESET	= 3,	/* the guest reset itself, and no --reboot */
	EXIT_SAVED	= 4,	/* the guest is in the file of --save */
	EXIT_SIGNAL	= 128,	/* + number of the signal that ended it */
};

struct options {
	const char	*kernel;
	const char	*initrd;	/* or NULL */
	const char	*append;	/* the kernel's command line */
	const char	*dtb;		/* the user's device tree, or NULL */
	const char	*dump_dtb;	/* where to write our own, or NULL */
	const char	*firmware;	/* in place of kernel, or NULL */
	const char	*firmware_vars;	/* the file of its variables, or NULL: they are not kept */
	const char	*save;		/* where a guest is saved to when somebody asks for it, or NULL */
	const char	*restore;	/* the saved guest that goes on, or NULL */
	const char	*device;
	unsigned int	gdb_port;	/* 0: no debugger */
	unsigned int	gic;		/* 2, 3, or 0: as the host can */
	unsigned int	nr_cpus;
	__u64		mem_size;	/* bytes, a multiple of 2 MiB */
	bool		aarch32;	/* kernel is one of 32-bit Arm */
	bool		mte;		/* memory has tags */
	bool		flat;		/* kernel is no Image, whatever it looks like */
	bool		pci;		/* virtio devices are on PCI */
	bool		reboot;		/* a guest that resets starts again */
	bool		verbose;
};

extern struct options opt;

#define CPUS_MAX	4096U	/* that --cpus takes; the device says how many it has */

/* Why the vCPUs were stopped. */
enum stop_reason {
	STOP_NONE,		/* they are running */
	STOP_RESET,		/* the guest asked for a reset */
	STOP_EXIT,		/* leave with vm->exit_status */
};

struct vm;

struct vcpu {
	struct vm	*vm;
	unsigned int	index;
	int		fd;
	struct kvm_run	*run;	/* shared with the kernel, vm->run_size bytes */
	bool		sve_final;
	pthread_t	thread;
};

struct vm {
	int		sys_fd;		/* the device itself */
	int		fd;
	int		gic_fd;
	int		its_fd;		/* with --pci */
	bool		gic_is_v2;
	__u32		features;	/* KVM_ARM_VCPU_* of each vCPU, a bit each */
	__u64		vls[8];		/* lengths of vectors (KVM_REG_ARM64_SVE_VLS), if they have SVE */
	size_t		run_size;
	__u8		*ram;		/* where guest RAM starts in this process */
	struct vcpu	*vcpus;		/* opt.nr_cpus of them */

	int		event_fd;	/* wakes the main thread */
	pthread_mutex_t	stop_lock;	/* guards the next two */
	enum stop_reason stop_reason;
	int		exit_status;
};

/* Where the loader put things; all are guest physical addresses. */
struct boot_info {
	__u64	entry;
	__u64	dtb;
	__u64	dtb_room;		/* bytes */
	__u64	initrd;
	__u64	initrd_size;		/* 0: there is none */
};

/* util.c: messages, files, ioctls that must not fail */
__printf(1, 2) void warn(const char *fmt, ...);
__printf(1, 2) void verbose(const char *fmt, ...);
__printf(1, 2) noreturn void die(const char *fmt, ...);
__printf(1, 2) noreturn void die_errno(const char *fmt, ...);
const char *errno_text(int err);
int ioctl_or_die(int fd, unsigned long request, const char *name, void *arg);

/* For an ioctl whose failure ends the program: the message names it. */
#define must_ioctl(fd, request, arg) \
	ioctl_or_die(fd, request, #request, (void *)(unsigned long)(arg))

/* progress.c: how far it is, on a terminal */
void progress_begin(const char *what);
void progress(uint64_t done, uint64_t total);
void progress_end(void);

/* vm.c: the VM, its memory, and how it is stopped */
void vm_create(struct vm *vm);
void vm_clear_ram(struct vm *vm);
void *vm_ram(struct vm *vm, __u64 ipa, __u64 size);
void vm_stop(struct vm *vm, enum stop_reason reason, int exit_status);
void vm_stop_by_user(struct vm *vm, int exit_status);
void vm_wake_main(struct vm *vm);
bool vm_is_stopping(struct vm *vm);
void vm_set_spi(struct vm *vm, unsigned int spi, bool level);

/* vcpu.c: a vCPU's life and its exits */
#define KICK_SIGNAL	SIGUSR1	/* ends a vCPU's KVM_RUN or write() */
void vcpus_choose(struct vm *vm);
void vcpu_create(struct vm *vm, unsigned int index);
void vcpu_init(struct vcpu *vcpu);
void vcpu_set_entry(struct vcpu *vcpu, const struct boot_info *boot);
__u64 vcpu_mpidr(struct vcpu *vcpu);
void vcpu_handle_exit(struct vcpu *vcpu);
void vcpus_start(struct vm *vm);
void vcpus_stop(struct vm *vm);

/* vcpu_regs.c: ONE_REG and the register dump */
int vcpu_get_reg(struct vcpu *vcpu, __u64 id, __u64 *value);
void vcpu_set_reg(struct vcpu *vcpu, __u64 id, __u64 value);
void vcpu_dump(struct vcpu *vcpu);

/* pause.c: all vCPUs stand still, and go on */
void vcpu_pause_point(struct vcpu *vcpu);
void vm_want_pause(void);
bool vm_pause(struct vm *vm, unsigned int seconds);
void vm_resume(void);
void vm_wake_paused(void);

/* save.c: to a file, and back */
#define DEVICE_STATE_MAX 8192	/* bytes that a device writes */
void vm_save(struct vm *vm);
void restore_open(struct vm *vm);
void vm_restore(struct vm *vm);

/* gdb.c: a debugger */
void gdb_open(void);
void gdb_start(struct vm *vm);
void gdb_report(struct vcpu *vcpu);
void gdb_end(struct vm *vm);

/* gic.c */
void gic_create(struct vm *vm);
void gic_init(struct vm *vm);
void gic_quiesce(struct vm *vm);
__u64 gic_affinity(struct vcpu *vcpu);

/* mmio.c: which device an address belongs to */
void mmio_handle(struct vcpu *vcpu);

/* uart.c: the PL011; any thread may call these */
void uart_reset(struct vm *vm);
__u64 uart_read(struct vm *vm, __u64 offset, unsigned int len);
void uart_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);
#define UART_CHUNK	256	/* input is fetched when this much fits in */
size_t uart_room(void);
void uart_input(struct vm *vm, const __u8 *data, size_t len);
size_t uart_save(void *to);
bool uart_restore(struct vm *vm, const void *from, size_t size);

/* rtc.c: the PL031; any thread may call these */
void rtc_create(void);
void rtc_reset(struct vm *vm);
int rtc_fd(void);
void rtc_alarm(struct vm *vm);
__u64 rtc_read(struct vm *vm, __u64 offset, unsigned int len);
void rtc_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);
size_t rtc_save(void *to);
bool rtc_restore(struct vm *vm, const void *from, size_t size);

/* testdev.c */
void testdev_reset(struct vm *vm);
__u64 testdev_read(struct vm *vm, __u64 offset, unsigned int len);
void testdev_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);
size_t testdev_save(void *to);
bool testdev_restore(struct vm *vm, const void *from, size_t size);

/* virtio.c: the virtio devices; disks and others are added while the options are read */
void virtio_create(struct vm *vm);
void virtio_start(struct vm *vm);
void virtio_reset(struct vm *vm);
unsigned int virtio_count(void);
const char *virtio_unsavable(void);
int virtio_freeze(void);
void virtio_thaw(void);
size_t virtio_save(unsigned int index, void *to);
const char *virtio_restore(unsigned int index, const void *from, size_t size);
void virtio_restart(void);
__u64 virtio_read(struct vm *vm, __u64 offset, unsigned int len);
void virtio_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);
bool virtio_mmio_is_there(void);
void disk_add(char *arg);
void net_add(char *arg);
void rng_add(void);
void vsock_add(const char *arg);

/* pci.c: the bus that they are on with --pci; any thread may call these */
void pci_reset(struct vm *vm);
size_t pci_save(unsigned int index, void *to);
const char *pci_restore(struct vm *vm, unsigned int index, const void *from, size_t size);
bool pci_is_there(void);
__u64 pci_read(struct vm *vm, __u64 offset, unsigned int len);
void pci_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);
__u64 pci_config_read(struct vm *vm, __u64 offset, unsigned int len);
void pci_config_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);

/* console.c: the terminal and the main thread's loop */
void console_setup(void);
void console_loop(struct vm *vm);
void console_busy(struct vm *vm, bool is_busy);
bool console_is_to_end(struct vm *vm);
void console_put(struct vm *vm, char byte);
void console_flush(struct vm *vm);

/* files.c: read whole, or die with a word that names them */
struct file {
	const char	*name;
	int		fd;
	__u64		size;
};

void file_open(struct file *file, const char *name);
void file_read(const struct file *file, void *to, __u64 size);
void file_read_at(const struct file *file, void *to, __u64 size, __u64 offset);
void file_write(const char *name, const void *from, size_t size);

/* firmware.c: flash memory that the guest starts from, and its variables; nothing happens without --firmware */
void firmware_open(void);
void firmware_create(struct vm *vm);
void firmware_reset(struct vm *vm);
void firmware_boot(struct boot_info *boot);
bool firmware_is_there(void);
__u64 firmware_read(struct vm *vm, __u64 offset, unsigned int len);
void firmware_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value);
size_t firmware_save(void *to);
bool firmware_restore(struct vm *vm, const void *from, size_t size);

/* loader.c; dtb.c: our own device tree; dtb_user.c: the user's */
void loader_open(void);
void loader_check_cpu(struct vcpu *vcpu);
void loader_load(struct vm *vm, struct boot_info *boot);
void dtb_build(struct vm *vm, const struct boot_info *boot);
void dtb_user_open(void);
void dtb_user_load(struct vm *vm, const struct boot_info *boot);

#endif
