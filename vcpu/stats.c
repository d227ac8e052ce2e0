// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of a VM and of a vCPU: as a file descriptor (KVM_GET_STATS_FD) and as text for debugfs.
 *
 * Runs at: host kernel. Owns: nothing; the counters belong to who counts, and are read without a lock.
 *
 * The descriptor's file is header, id, descriptors, data (Documentation/virt/kvm/api.rst, 4.133). It is composed
 * anew for each read: the data is computed from counters of the host's and of EL2's.
 */
#include <linux/anon_inodes.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <clocksource/arm_arch_timer.h>

#include "host/timer.h"
#include "dev/timer_math.h"
#include "vcpu.h"

#define NAME_SIZE		48

static const u64 no_polls[AV_HALT_BUCKETS];

/* ---- the values ------------------------------------------------------------------------------------ */

static u64 fast(const struct av_vcpu *vcpu, unsigned int class)
{
	return READ_ONCE(vcpu->ctx->fast_exits[class]);
}

static u64 trapped(const struct av_vcpu *vcpu, unsigned int class)
{
	return READ_ONCE(vcpu->stats.exit[class]) + fast(vcpu, class);
}

static u64 traps(const struct av_stats *s)
{
	unsigned int class;
	u64 sum = 0;

	for (class = 0; class < ARRAY_SIZE(s->exit); class++)
		sum += READ_ONCE(s->exit[class]);
	return sum;
}

static u64 fast_exits(const struct av_vcpu *vcpu)
{
	unsigned int class;
	u64 sum = 0;

	for (class = 0; class < ARRAY_SIZE(vcpu->ctx->fast_exits); class++)
		sum += fast(vcpu, class);
	return sum;
}

/* So often EL2 came back to the host. */
static u64 slow_exits(const struct av_vcpu *vcpu)
{
	const struct av_stats *s = &vcpu->stats;

	return traps(s) + s->irq + s->serror + s->sgi;
}

static u64 debug_exits(const struct av_stats *s)
{
	return s->exit[EC_BREAKPT_LOW] + s->exit[EC_STEP_LOW] + s->exit[EC_WATCHPT_LOW] +
	       s->exit[EC_BKPT32] + s->exit[EC_VECTOR32] + s->exit[EC_BRK64];
}

static u64 other_exits(const struct av_stats *s)
{
	return traps(s) - debug_exits(s) - s->exit[EC_WFX] - s->exit[EC_HVC64] - s->exit[EC_SMC64] -
	       s->exit[EC_HVC32] - s->exit[EC_SMC32] -
	       s->exit[EC_SYS64] - s->exit[EC_FPSIMD] - s->exit[EC_IABT_LOWER] - s->exit[EC_DABT_LOWER];
}

/* ---- the tables, of vcpu/stats.def ------------------------------------------------------------------ */

/* struct kvm_stats_desc with room for the name */
struct desc {
	u32 flags;
	s16 exponent;
	u16 size;
	u32 offset;
	u32 bucket_size;
	char name[NAME_SIZE];
};

static_assert(offsetof(struct desc, name) == offsetof(struct kvm_stats_desc, name));

struct vcpu_data {
#define COUNTER(name, value)	u64 name;
#define TIME(name, value)	u64 name;
#define INSTANT(name, value)	u64 name;
#define HIST(name, from)	u64 name[AV_HALT_BUCKETS];
#define STATS_OF_VCPU
#include "stats.def"
#undef STATS_OF_VCPU
};

struct vm_data {
#define COUNTER(name, value)	u64 name;
#define INSTANT(name, value)	u64 name;
#define STATS_OF_VM
#include "stats.def"
#undef STATS_OF_VM
};

#define DESC(data, name, flags, exponent) {						\
	(flags), (exponent), sizeof(((struct data *)0)->name) / sizeof(u64),		\
	offsetof(struct data, name), 0, #name }

static const struct desc vcpu_descs[] = {
#define COUNTER(name, value)	DESC(vcpu_data, name, KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE, 0),
#define TIME(name, value)	DESC(vcpu_data, name, KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_SECONDS, -9),
#define INSTANT(name, value)	DESC(vcpu_data, name, KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_BOOLEAN, 0),
#define HIST(name, from)	DESC(vcpu_data, name, KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS, -9),
#define STATS_OF_VCPU
#include "stats.def"
#undef STATS_OF_VCPU
};

static const struct desc vm_descs[] = {
#define COUNTER(name, value)	DESC(vm_data, name, KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE, 0),
#define INSTANT(name, value)	DESC(vm_data, name, KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_BOOLEAN, 0),
#define STATS_OF_VM
#include "stats.def"
#undef STATS_OF_VM
};

static void vcpu_data(const struct av_vcpu *vcpu, struct vcpu_data *d)
{
	const struct av_stats *s = &vcpu->stats;

#define COUNTER(name, value)	d->name = (value);
#define TIME(name, value)	d->name = (value);
#define INSTANT(name, value)	d->name = (value);
#define HIST(name, from)	memcpy(d->name, from, sizeof(d->name));
#define STATS_OF_VCPU
#include "stats.def"
#undef STATS_OF_VCPU
}

static void vm_data(const struct av_vm *vm, struct vm_data *d)
{
#define COUNTER(name, value)	d->name = (value);
#define INSTANT(name, value)	d->name = (value);
#define STATS_OF_VM
#include "stats.def"
#undef STATS_OF_VM
}

/* ---- the file ----------------------------------------------------------------------------------------- */

struct image {
	struct kvm_stats_header header;
	char id[NAME_SIZE];
};

struct vcpu_image {
	struct image head;
	struct desc descs[ARRAY_SIZE(vcpu_descs)];
	struct vcpu_data data;
};

struct vm_image {
	struct image head;
	struct desc descs[ARRAY_SIZE(vm_descs)];
	struct vm_data data;
};

static void fill_header(struct image *head, u32 nr)
{
	head->header.name_size = NAME_SIZE;
	head->header.num_desc = nr;
	head->header.id_offset = offsetof(struct image, id);
	head->header.desc_offset = sizeof(struct image);
	head->header.data_offset = sizeof(struct image) + nr * sizeof(struct desc);
}

static ssize_t vcpu_read(struct file *file, char __user *user, size_t size, loff_t *pos)
{
	struct av_vcpu *vcpu = file->private_data;
	struct vcpu_image *image = kvzalloc(sizeof(*image), GFP_KERNEL_ACCOUNT);
	ssize_t ret;

	BUILD_BUG_ON(offsetof(struct vcpu_image, data) != sizeof(struct image) + sizeof(vcpu_descs));
	if (!image)
		return -ENOMEM;
	fill_header(&image->head, ARRAY_SIZE(vcpu_descs));
	snprintf(image->head.id, NAME_SIZE, "kvm-%d/vcpu-%u", vcpu->vm->pid, vcpu->id);
	memcpy(image->descs, vcpu_descs, sizeof(vcpu_descs));
	vcpu_data(vcpu, &image->data);
	ret = simple_read_from_buffer(user, size, pos, image, sizeof(*image));
	kvfree(image);
	return ret;
}

static ssize_t vm_read(struct file *file, char __user *user, size_t size, loff_t *pos)
{
	struct av_vm *vm = file->private_data;
	struct vm_image *image = kvzalloc(sizeof(*image), GFP_KERNEL_ACCOUNT);
	ssize_t ret;

	if (!image)
		return -ENOMEM;
	fill_header(&image->head, ARRAY_SIZE(vm_descs));
	snprintf(image->head.id, NAME_SIZE, "kvm-%d", vm->pid);
	memcpy(image->descs, vm_descs, sizeof(vm_descs));
	vm_data(vm, &image->data);
	ret = simple_read_from_buffer(user, size, pos, image, sizeof(*image));
	kvfree(image);
	return ret;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct av_vcpu *vcpu = file->private_data;

	av_vm_put(vcpu->vm);
	return 0;
}

static int vm_release(struct inode *inode, struct file *file)
{
	av_vm_put(file->private_data);
	return 0;
}

static const struct file_operations vcpu_stats_fops = {
	.owner = THIS_MODULE,
	.read = vcpu_read,
	.release = vcpu_release,
	.llseek = noop_llseek,
};

static const struct file_operations vm_stats_fops = {
	.owner = THIS_MODULE,
	.read = vm_read,
	.release = vm_release,
	.llseek = noop_llseek,
};

/* A descriptor that can be read at any offset; it takes over a reference to the VM if there is no error. */
static int make_fd(const char *name, const struct file_operations *fops, void *what)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, what, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_mode |= FMODE_PREAD;
	fd_install(fd, file);
	return fd;
}

/**
 * av_stats_fd() - KVM_GET_STATS_FD
 * @vm: the VM
 * @vcpu: of this vCPU; NULL: of the VM
 *
 * The descriptor holds the VM, whose other descriptors may be closed. Context: may sleep. Return: it, or -EMFILE,
 * -ENFILE, -ENOMEM, -EIO when the VM is going. Source: Documentation/virt/kvm/api.rst, 4.133.
 */
int av_stats_fd(struct av_vm *vm, struct av_vcpu *vcpu)
{
	char name[32] = "kvm-vm-stats";
	int fd;

	if (!av_vm_get(vm))
		return -EIO;
	if (vcpu)
		snprintf(name, sizeof(name), "kvm-vcpu-stats:%u", vcpu->id);
	fd = vcpu ? make_fd(name, &vcpu_stats_fops, vcpu) : make_fd(name, &vm_stats_fops, vm);
	if (fd < 0)
		av_vm_put(vm);
	return fd;
}

/* ---- debugfs -------------------------------------------------------------------------------------------- */

static void show(struct seq_file *seq, const struct desc *descs, unsigned int nr, const void *data)
{
	const struct desc *desc;
	unsigned int i;

	for (desc = descs; desc < descs + nr; desc++) {
		const u64 *value = data + desc->offset;

		seq_printf(seq, "  %s", desc->name);
		for (i = 0; i < desc->size; i++)
			seq_printf(seq, " %llu", value[i]);
		seq_putc(seq, '\n');
	}
}

/* The thread that has the vCPU in RUN, or 0: whose time in /proc is the vCPU's. */
static pid_t thread_of(const struct av_vcpu *vcpu)
{
	struct task_struct *task;
	pid_t pid = 0;

	rcu_read_lock();
	task = rcu_dereference(vcpu->task);
	if (task)
		pid = task_pid_nr(task);
	rcu_read_unlock();
	return pid;
}

/* The VM's statistics and those of each vCPU, "name value" a line. May sleep; the VM stays. */
int av_stats_show(struct seq_file *seq, struct av_vm *vm)
{
	struct vcpu_data *d = kmalloc(sizeof(*d), GFP_KERNEL);
	struct vm_data v;
	struct av_vcpu *vcpu;
	int i;

	if (!d)
		return -ENOMEM;
	vm_data(vm, &v);
	seq_puts(seq, "vm\n");
	show(seq, vm_descs, ARRAY_SIZE(vm_descs), &v);
	av_for_each_vcpu(i, vcpu, vm) {
		vcpu_data(vcpu, d);
		seq_printf(seq, "vcpu %u\n  thread %d\n", vcpu->id, thread_of(vcpu));
		show(seq, vcpu_descs, ARRAY_SIZE(vcpu_descs), d);
	}
	kfree(d);
	return 0;
}

/* The nth of all, a vCPU's first and then a VM's; NULL behind the last. */
const char *av_stats_name(unsigned int nr)
{
	if (nr < ARRAY_SIZE(vcpu_descs))
		return vcpu_descs[nr].name;
	nr -= ARRAY_SIZE(vcpu_descs);
	return nr < ARRAY_SIZE(vm_descs) ? vm_descs[nr].name : NULL;
}

/**
 * av_stats_value() - one number
 * @vm: the VM
 * @nr: which, of those that av_stats_name() names
 * @value: where it goes; a vCPU's statistics are summed up; a histogram is its first number, as in KVM's debugfs
 *
 * Context: may sleep; the VM stays. Return: 0 or -ENOMEM.
 */
int av_stats_value(struct av_vm *vm, unsigned int nr, u64 *value)
{
	struct vcpu_data *d;
	struct vm_data v;
	struct av_vcpu *vcpu;
	int i;

	if (nr >= ARRAY_SIZE(vcpu_descs)) {
		vm_data(vm, &v);
		*value = *(u64 *)((void *)&v + vm_descs[nr - ARRAY_SIZE(vcpu_descs)].offset);
		return 0;
	}
	d = kmalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	*value = 0;
	av_for_each_vcpu(i, vcpu, vm) {
		vcpu_data(vcpu, d);
		*value += *(u64 *)((void *)d + vcpu_descs[nr].offset);
	}
	kfree(d);
	return 0;
}

/* ---- counting what is more than an increment ---------------------------------------------------------- */

/* The vCPU's thread is about to sleep in WFI; the result is for av_stats_halt_end(). */
u64 av_stats_halt_begin(struct av_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->stats.blocking, true);
	return arch_timer_read_counter();
}

/* It has slept; @woken: not by a signal. */
void av_stats_halt_end(struct av_vcpu *vcpu, u64 since, bool woken)
{
	struct av_stats *s = &vcpu->stats;
	u64 ns = av_timer_ticks_to_ns(arch_timer_read_counter() - since, av_timer_host_rate());

	WRITE_ONCE(s->blocking, false);
	s->halt_wakeup += woken;
	s->halt_wait_ns += ns;
	s->halt_wait_hist[min_t(int, fls64(ns), AV_HALT_BUCKETS - 1)]++;
}
