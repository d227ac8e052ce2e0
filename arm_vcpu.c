// SPDX-License-Identifier: GPL-2.0
/*
 * The door from user space: /dev/armvcpu, the VM, vCPU and device file descriptors, and what each of
 * their ioctls is, as tables.
 *
 * Runs at: host kernel. Owns: the file descriptors, module load and unload.
 * Locks: a vCPU's ioctls run one at a time under vcpu->mutex; the rest takes what it needs (docs/locking.md).
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "answer/answer.h"
#include "compat.h"
#include "dev/dev.h"
#include "dev/routing_rules.h"
#include "host/pmu.h"
#include "mm/mm.h"
#include "percpu.h"
#include "sysreg.h"
#include "vcpu/vcpu.h"
#include "vgic/vgic.h"

static bool kvm_alias;
module_param(kvm_alias, bool, 0444);
MODULE_PARM_DESC(kvm_alias, "Serve /dev/kvm too, for clients with a fixed path");

/* ---- ioctl tables ------------------------------------------------------------------------------- */

/* One call in progress: on what, and with which argument. */
struct call {
	struct av_vm *vm;
	struct av_vcpu *vcpu;
	unsigned long raw;		/* the ioctl's third argument as it came */
	void *arg;			/* its copy, _IOC_SIZE bytes, copied back if the command reads */
};

enum call_state {
	ANY_TIME,
	AFTER_INIT,			/* -ENOEXEC before KVM_ARM_VCPU_INIT */
	NO_ARGUMENT,			/* -EINVAL unless the argument is 0 */
};

enum call_copy {
	COPY,				/* by direction and size of the command */
	AS_IS,				/* a number, or a pointer to something of variable size */
};

struct ioctl_row {
	unsigned int cmd;
	enum call_copy copy;
	enum call_state state;
	long (*handler)(struct call *c);
};

#define ROW(cmd, copy, state, handler)	{ cmd, copy, state, handler }

/* Largest argument that is copied to the stack's memory; a row with a larger one doesn't build. */
#define MAX_ARG		256

static noinline long call_with_copy(const struct ioctl_row *row, struct call *c)
{
	unsigned int size = _IOC_SIZE(row->cmd), dir = _IOC_DIR(row->cmd);
	u8 copy[MAX_ARG] __aligned(8) av_uninitialized;
	long ret;

	if (WARN_ON_ONCE(size > MAX_ARG))
		return -EINVAL;
	if (!(dir & _IOC_WRITE))
		memset(copy, 0, size);
	c->arg = copy;
	if (dir & _IOC_WRITE && copy_from_user(copy, (void __user *)c->raw, size))
		return -EFAULT;
	ret = row->handler(c);
	if (ret >= 0 && dir & _IOC_READ && copy_to_user((void __user *)c->raw, copy, size))
		return -EFAULT;
	return ret;
}

static __always_inline long call_row(const struct ioctl_row *row, struct call *c)
{
	if (row->state == NO_ARGUMENT && c->raw)
		return -EINVAL;
	if (row->state == AFTER_INIT && !c->vcpu->initialized)
		return -ENOEXEC;
	return row->copy == AS_IS ? row->handler(c) : call_with_copy(row, c);
}

static const struct ioctl_row *find_row(const struct ioctl_row *rows, size_t nr, unsigned int cmd)
{
	const struct ioctl_row *row;

	for (row = rows; row < rows + nr; row++) {
		if (row->cmd == cmd)
			return row;
	}
	return NULL;
}

/* ---- vCPU fd ------------------------------------------------------------------------------------ */

static long vcpu_run(struct call *c)
{
	return av_vcpu_run(c->vcpu);
}

static long vcpu_init(struct call *c)
{
	return av_vcpu_init(c->vcpu, c->arg);
}

/* SVE alone is something to be made final. */
static long vcpu_finalise(struct call *c)
{
	return *(int *)c->arg == KVM_ARM_VCPU_SVE ? av_sve_finalise(c->vcpu) : -EINVAL;
}

static long vcpu_get_one_reg(struct call *c)
{
	av_vcpu_apply_reset(c->vcpu);
	return av_one_reg_get(c->vcpu, c->arg);
}

static long vcpu_set_one_reg(struct call *c)
{
	av_vcpu_apply_reset(c->vcpu);
	return av_one_reg_set(c->vcpu, c->arg);
}

static long vcpu_get_reg_list(struct call *c)
{
	return av_reg_list(c->vcpu, (struct kvm_reg_list __user *)c->raw);
}

static long vcpu_get_mp_state(struct call *c)
{
	return av_vcpu_get_mp_state(c->vcpu, c->arg);
}

static long vcpu_set_mp_state(struct call *c)
{
	return av_vcpu_set_mp_state(c->vcpu, c->arg);
}

static long vcpu_get_events(struct call *c)
{
	av_vcpu_apply_reset(c->vcpu);
	return av_vcpu_get_events(c->vcpu, c->arg);
}

static long vcpu_set_events(struct call *c)
{
	av_vcpu_apply_reset(c->vcpu);
	return av_vcpu_set_events(c->vcpu, c->arg);
}

static long vcpu_set_signal_mask(struct call *c)
{
	struct kvm_signal_mask __user *user = (void __user *)c->raw;
	struct kvm_signal_mask mask;
	sigset_t set;

	if (!user) {
		c->vcpu->sigset_active = false;
		return 0;
	}
	if (copy_from_user(&mask, user, sizeof(mask)))
		return -EFAULT;
	if (mask.len != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, user->sigset, sizeof(set)))
		return -EFAULT;
	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	c->vcpu->sigset = set;
	c->vcpu->sigset_active = true;
	return 0;
}

static long vcpu_set_guest_debug(struct call *c)
{
	return av_debug_set(c->vcpu, (const void __user *)c->raw);
}

static long vcpu_get_stats_fd(struct call *c)
{
	return av_stats_fd(c->vm, c->vcpu);
}

/* The groups of vCPU attributes. */
static const struct attr_group {
	u32 group;
	int (*set)(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
	int (*get)(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
	int (*has)(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
} attr_groups[] = {
	{ KVM_ARM_VCPU_PMU_V3_CTRL, av_pmu_set_attr, av_pmu_get_attr, av_pmu_has_attr },
	{ KVM_ARM_VCPU_TIMER_CTRL, av_timer_set_attr, av_timer_get_attr, av_timer_has_attr },
	{ KVM_ARM_VCPU_PVTIME_CTRL, av_pvtime_set_attr, av_pvtime_get_attr, av_pvtime_has_attr },
};

static const struct attr_group *attr_group(const struct kvm_device_attr *attr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attr_groups); i++) {
		if (attr_groups[i].group == attr->group)
			return &attr_groups[i];
	}
	return NULL;
}

static long vcpu_set_attr(struct call *c)
{
	const struct attr_group *g = attr_group(c->arg);

	return g ? g->set(c->vcpu, c->arg) : -ENXIO;
}

static long vcpu_get_attr(struct call *c)
{
	const struct attr_group *g = attr_group(c->arg);

	return g ? g->get(c->vcpu, c->arg) : -ENXIO;
}

static long vcpu_has_attr(struct call *c)
{
	const struct attr_group *g = attr_group(c->arg);

	return g ? g->has(c->vcpu, c->arg) : -ENXIO;
}

/*	 command		argument  state		handler */
static const struct ioctl_row vcpu_rows[] = {
	ROW(KVM_RUN,			AS_IS, NO_ARGUMENT,	vcpu_run),
	ROW(KVM_ARM_VCPU_INIT,		COPY,  ANY_TIME,	vcpu_init),
	ROW(KVM_ARM_VCPU_FINALIZE,	COPY,  AFTER_INIT,	vcpu_finalise),
	ROW(KVM_GET_ONE_REG,		COPY,  AFTER_INIT,	vcpu_get_one_reg),
	ROW(KVM_SET_ONE_REG,		COPY,  AFTER_INIT,	vcpu_set_one_reg),
	ROW(KVM_GET_REG_LIST,		AS_IS, AFTER_INIT,	vcpu_get_reg_list),
	ROW(KVM_GET_MP_STATE,		COPY,  ANY_TIME,	vcpu_get_mp_state),
	ROW(KVM_SET_MP_STATE,		COPY,  ANY_TIME,	vcpu_set_mp_state),
	ROW(KVM_GET_VCPU_EVENTS,	COPY,  AFTER_INIT,	vcpu_get_events),
	ROW(KVM_SET_VCPU_EVENTS,	COPY,  AFTER_INIT,	vcpu_set_events),
	ROW(KVM_SET_SIGNAL_MASK,	AS_IS, ANY_TIME,	vcpu_set_signal_mask),
	ROW(KVM_SET_GUEST_DEBUG,	AS_IS, ANY_TIME,	vcpu_set_guest_debug),
	ROW(KVM_SET_DEVICE_ATTR,	COPY,  ANY_TIME,	vcpu_set_attr),
	ROW(KVM_GET_DEVICE_ATTR,	COPY,  ANY_TIME,	vcpu_get_attr),
	ROW(KVM_HAS_DEVICE_ATTR,	COPY,  ANY_TIME,	vcpu_has_attr),
	ROW(KVM_GET_STATS_FD,		AS_IS, ANY_TIME,	vcpu_get_stats_fd),
};

static noinline long vcpu_table_ioctl(struct av_vcpu *vcpu, unsigned int cmd, unsigned long raw)
{
	const struct ioctl_row *row = find_row(vcpu_rows, ARRAY_SIZE(vcpu_rows), cmd);
	struct call c = { .vm = vcpu->vm, .vcpu = vcpu, .raw = raw };
	long ret;

	if (!row)
		return -EINVAL;
	if (mutex_lock_killable(&vcpu->mutex))
		return -EINTR;
	ret = call_row(row, &c);
	mutex_unlock(&vcpu->mutex);
	return ret;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long raw)
{
	struct av_vcpu *vcpu = file->private_data;
	long ret;

	if (av_vm_is_foreign_or_dead(vcpu->vm))
		return -EIO;
	/* The one that counts: past the table, and past mutex_lock_killable()'s turn with the scheduler. */
	if (cmd != KVM_RUN || raw)
		return vcpu_table_ioctl(vcpu, cmd, raw);
	if (!mutex_trylock(&vcpu->mutex))
		return vcpu_table_ioctl(vcpu, KVM_RUN, 0);
	ret = av_vcpu_run(vcpu);
	mutex_unlock(&vcpu->mutex);
	return ret;
}

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct av_vcpu *vcpu = vmf->vma->vm_file->private_data;
	struct page *page;

	switch (vmf->pgoff) {
	case 0:
		page = virt_to_page(vcpu->run);
		break;
	case KVM_COALESCED_MMIO_PAGE_OFFSET:
		page = virt_to_page(vcpu->vm->eventfds.ring);
		break;
	default:
		page = NULL;
		if (vmf->pgoff >= ARMVCPU_DIRTY_RING_OFFSET)
			page = av_ring_page(vcpu, vmf->pgoff - ARMVCPU_DIRTY_RING_OFFSET);
		if (!page)
			return VM_FAULT_SIGBUS;
		break;
	}
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_fault,
};

static bool is_in_ring(const struct av_vcpu *vcpu, unsigned long pgoff)
{
	return pgoff >= ARMVCPU_DIRTY_RING_OFFSET &&
	       pgoff - ARMVCPU_DIRTY_RING_OFFSET < READ_ONCE(vcpu->vm->mmu.ring_size) / PAGE_SIZE;
}

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct av_vcpu *vcpu = file->private_data;

	/* Both sides write the ring, and nobody executes it. */
	if ((is_in_ring(vcpu, vma->vm_pgoff) || is_in_ring(vcpu, vma->vm_pgoff + vma_pages(vma) - 1)) &&
	    (vma->vm_flags & VM_EXEC || !(vma->vm_flags & VM_SHARED)))
		return -EINVAL;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct av_vcpu *vcpu = file->private_data;

	if (vcpu)
		av_vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vcpu_ioctl,
	.compat_ioctl = av_fd_refuse_compat,
	.mmap = vcpu_mmap,
	.release = vcpu_release,
	.llseek = noop_llseek,
};

/* ---- VM fd -------------------------------------------------------------------------------------- */

static long vm_create_vcpu(struct call *c)
{
	struct av_vcpu *vcpu;
	struct file *file;
	char name[32];
	int fd;

	if (c->raw > U32_MAX)
		return -EINVAL;
	snprintf(name, sizeof(name), "kvm-vcpu:%u", (u32)c->raw);
	fd = av_fd_reserve(name, &vcpu_fops, &file);
	if (fd < 0)
		return fd;
	if (!av_vm_get(c->vm))
		return av_fd_finish(fd, file, NULL, -EIO);
	vcpu = av_vcpu_create(c->vm, c->raw);
	if (IS_ERR(vcpu))
		av_vm_put(c->vm);
	return av_fd_finish(fd, file, vcpu, PTR_ERR_OR_ZERO(vcpu));
}

static long vm_create_device(struct call *c)
{
	return av_create_device(c->vm, c->arg);
}

static long vm_set_region(struct call *c)
{
	return av_mm_set_region(c->vm, c->arg);
}

/* The second form without guest_memfd is the first with more room. */
static long vm_set_region2(struct call *c)
{
	const struct kvm_userspace_memory_region2 *r = c->arg;
	const struct kvm_userspace_memory_region region = {
		.slot = r->slot,
		.flags = r->flags,
		.guest_phys_addr = r->guest_phys_addr,
		.memory_size = r->memory_size,
		.userspace_addr = r->userspace_addr,
	};

	return av_mm_set_region(c->vm, &region);
}

static long vm_get_dirty_log(struct call *c)
{
	return av_mm_get_dirty_log(c->vm, c->arg);
}

static long vm_clear_dirty_log(struct call *c)
{
	return av_mm_clear_dirty_log(c->vm, c->arg);
}

static long vm_reset_rings(struct call *c)
{
	return av_ring_reset_all(c->vm);
}

static long vm_preferred_target(struct call *c)
{
	av_vcpu_preferred_target(c->arg);
	return 0;
}

static long vm_set_counter_offset(struct call *c)
{
	return av_timer_set_counter_offset(c->vm, c->arg);
}

static long vm_get_stats_fd(struct call *c)
{
	return av_stats_fd(c->vm, NULL);
}

static long vm_check_extension(struct call *c)
{
	return av_check_extension(c->vm, c->raw);
}

static long vm_enable_cap(struct call *c)
{
	return av_enable_cap(c->vm, c->arg);
}

/* IRQ or FIQ straight to the core, for a VM whose GIC is in user space. */
static long irq_line_cpu(struct av_vm *vm, struct av_vcpu *vcpu, u32 number, bool level)
{
	unsigned long bit;

	if (av_vgic_present(vm))
		return -ENXIO;
	if (!vcpu || number > KVM_ARM_IRQ_CPU_FIQ)
		return -EINVAL;
	bit = number == KVM_ARM_IRQ_CPU_IRQ ? __ffs(HCR_VI) : __ffs(HCR_VF);
	if (level ? test_and_set_bit(bit, &vcpu->irq_lines) :
		    !test_and_clear_bit(bit, &vcpu->irq_lines))
		return 0;
	av_vcpu_request(vcpu, AV_REQ_KICK);
	return 0;
}

/* An interrupt of the VM's GIC, which the first one initialises if it may be; valid: there is such a one. */
static long irq_line_gic(struct av_vm *vm, struct av_vcpu *vcpu, u32 number, bool level, bool valid)
{
	int ret;

	if (!av_vgic_present(vm))
		return -ENXIO;
	ret = av_vgic_lazy_init(vm);
	if (!ret && !valid)
		ret = -EINVAL;
	if (ret)
		return ret;
	av_stats_irq(vm, level);
	return av_vgic_inject(vm, vcpu, number, level, NULL);
}

/* KVM_IRQ_LINE: irq is type, vCPU number (in two parts) and interrupt number in one word. */
static long vm_irq_line(struct call *c)
{
	const struct kvm_irq_level *l = c->arg;
	u32 type = AV_GET((u64)l->irq, 27, 24);
	u32 id = AV_GET((u64)l->irq, 23, 16) + AV_GET((u64)l->irq, 31, 28) * 256;
	u32 number = AV_GET((u64)l->irq, 15, 0);
	struct av_vcpu *vcpu = av_vcpu_by_id(c->vm, id);

	switch (type) {
	case KVM_ARM_IRQ_TYPE_CPU:
		return irq_line_cpu(c->vm, vcpu, number, l->level);
	case KVM_ARM_IRQ_TYPE_PPI:
		return irq_line_gic(c->vm, vcpu, number, l->level, vcpu && number >= 16 && number <= 31);
	case KVM_ARM_IRQ_TYPE_SPI:
		return irq_line_gic(c->vm, NULL, number, l->level, number >= 32);
	default:
		return -EINVAL;
	}
}

static long vm_irqfd(struct call *c)
{
	return av_irqfd(c->vm, c->arg);
}

static long vm_signal_msi(struct call *c)
{
	const struct kvm_msi *m = c->arg;
	const struct av_vgic_msi msi = {
		.addr = (u64)m->address_hi << 32 | m->address_lo,
		.data = m->data,
		.devid = m->devid,
		.has_devid = m->flags & KVM_MSI_VALID_DEVID,
	};

	if (!av_vgic_present(c->vm) || m->flags & ~KVM_MSI_VALID_DEVID)
		return -EINVAL;
	av_stats_irq(c->vm, true);
	return av_vgic_msi(c->vm, &msi);
}

static long vm_register_coalesced(struct call *c)
{
	return av_coalesced_register(c->vm, c->arg);
}

static long vm_unregister_coalesced(struct call *c)
{
	return av_coalesced_unregister(c->vm, c->arg);
}

static long vm_ioeventfd(struct call *c)
{
	return av_ioeventfd(c->vm, c->arg);
}

static long vm_set_gsi_routing(struct call *c)
{
	struct kvm_irq_routing __user *user = (void __user *)c->raw;
	struct kvm_irq_routing_entry *entries = NULL;
	struct kvm_irq_routing head;
	long ret;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nr > AV_MAX_ROUTES || head.flags)
		return -EINVAL;
	if (head.nr) {
		entries = vmemdup_user(user->entries, array_size(head.nr, sizeof(*entries)));
		if (IS_ERR(entries))
			return PTR_ERR(entries);
	}
	ret = av_routing_set(c->vm, entries, head.nr, head.flags);
	kvfree(entries);
	return ret;
}

/* A GICv2 for clients older than KVM_CREATE_DEVICE; its addresses come by KVM_ARM_SET_DEVICE_ADDR. */
static long vm_create_irqchip(struct call *c)
{
	return av_vgic_create(c->vm, KVM_DEV_TYPE_ARM_VGIC_V2, false);
}

static long vm_set_device_addr(struct call *c)
{
	const struct kvm_arm_device_addr *dev = c->arg;

	if (AV_GET(dev->id, 31, 16) != KVM_ARM_DEVICE_VGIC_V2)
		return -ENODEV;
	return av_vgic_set_v2_addr(c->vm, AV_GET(dev->id, 15, 0), dev->addr);
}

/* Its number says that it only answers, but it asks, too. */
static long vm_reg_masks(struct call *c)
{
	struct reg_mask_range range;

	if (copy_from_user(&range, (void __user *)c->raw, sizeof(range)))
		return -EFAULT;
	return av_idregs_masks(&range);
}

/* So does this one's. */
static long vm_copy_tags(struct call *c)
{
	struct kvm_arm_copy_mte_tags copy;

	if (copy_from_user(&copy, (void __user *)c->raw, sizeof(copy)))
		return -EFAULT;
	return av_mm_copy_tags(c->vm, &copy);
}

static long vm_set_attr(struct call *c)
{
	return av_vm_set_attr(c->vm, c->arg);
}

static long vm_has_attr(struct call *c)
{
	return av_vm_has_attr(c->vm, c->arg);
}

/* What comes often stands first. */
static const struct ioctl_row vm_rows[] = {
	ROW(KVM_SIGNAL_MSI,		  COPY,  ANY_TIME, vm_signal_msi),
	ROW(KVM_IRQ_LINE,		  COPY,  ANY_TIME, vm_irq_line),
	ROW(KVM_CHECK_EXTENSION,	  AS_IS, ANY_TIME, vm_check_extension),
	ROW(KVM_CREATE_VCPU,		  AS_IS, ANY_TIME, vm_create_vcpu),
	ROW(KVM_SET_USER_MEMORY_REGION,	  COPY,  ANY_TIME, vm_set_region),
	ROW(KVM_SET_USER_MEMORY_REGION2,  COPY,  ANY_TIME, vm_set_region2),
	ROW(KVM_GET_DIRTY_LOG,		  COPY,  ANY_TIME, vm_get_dirty_log),
	ROW(KVM_CLEAR_DIRTY_LOG,	  COPY,  ANY_TIME, vm_clear_dirty_log),
	ROW(KVM_RESET_DIRTY_RINGS,	  AS_IS, ANY_TIME, vm_reset_rings),
	ROW(KVM_IRQ_LINE_STATUS,	  COPY,  ANY_TIME, vm_irq_line),
	ROW(KVM_IRQFD,			  COPY,  ANY_TIME, vm_irqfd),
	ROW(KVM_IOEVENTFD,		  COPY,  ANY_TIME, vm_ioeventfd),
	ROW(KVM_REGISTER_COALESCED_MMIO,  COPY,  ANY_TIME, vm_register_coalesced),
	ROW(KVM_UNREGISTER_COALESCED_MMIO, COPY, ANY_TIME, vm_unregister_coalesced),
	ROW(KVM_SET_GSI_ROUTING,	  AS_IS, ANY_TIME, vm_set_gsi_routing),
	ROW(KVM_CREATE_DEVICE,		  COPY,  ANY_TIME, vm_create_device),
	ROW(KVM_CREATE_IRQCHIP,		  AS_IS, ANY_TIME, vm_create_irqchip),
	ROW(KVM_SET_DEVICE_ATTR,	  COPY,  ANY_TIME, vm_set_attr),
	ROW(KVM_HAS_DEVICE_ATTR,	  COPY,  ANY_TIME, vm_has_attr),
	ROW(KVM_ARM_SET_DEVICE_ADDR,	  COPY,  ANY_TIME, vm_set_device_addr),
	ROW(KVM_ARM_PREFERRED_TARGET,	  COPY,  ANY_TIME, vm_preferred_target),
	ROW(KVM_ARM_SET_COUNTER_OFFSET,	  COPY,  ANY_TIME, vm_set_counter_offset),
	ROW(KVM_ARM_GET_REG_WRITABLE_MASKS, AS_IS, ANY_TIME, vm_reg_masks),
	ROW(KVM_ARM_MTE_COPY_TAGS,	  AS_IS, ANY_TIME, vm_copy_tags),
	ROW(KVM_ENABLE_CAP,		  COPY,  ANY_TIME, vm_enable_cap),
	ROW(KVM_GET_STATS_FD,		  AS_IS, ANY_TIME, vm_get_stats_fd),
};

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long raw)
{
	struct call c = { .vm = file->private_data, .raw = raw };
	const struct ioctl_row *row;

	if (av_vm_is_foreign_or_dead(c.vm))
		return -EIO;
	row = find_row(vm_rows, ARRAY_SIZE(vm_rows), cmd);
	return row ? call_row(row, &c) : -EINVAL;
}

static int vm_release(struct inode *inode, struct file *file)
{
	av_vm_release(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = av_fd_refuse_compat,
	.release = vm_release,
	.llseek = noop_llseek,
};

/* ---- system fd ---------------------------------------------------------------------------------- */

static long system_api_version(struct call *c)
{
	return KVM_API_VERSION;
}

static long system_create_vm(struct call *c)
{
	struct av_vm *vm = av_vm_create(c->raw);
	int fd;

	if (IS_ERR(vm))
		return PTR_ERR(vm);
	fd = anon_inode_getfd("kvm-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		av_vm_release(vm);
	return fd;
}

static long system_check_extension(struct call *c)
{
	return av_check_extension(NULL, c->raw);
}

/* struct kvm_run and the coalesced-MMIO page */
static long system_mmap_size(struct call *c)
{
	return 2 * PAGE_SIZE;
}

static const struct ioctl_row system_rows[] = {
	ROW(KVM_GET_API_VERSION,	AS_IS, NO_ARGUMENT, system_api_version),
	ROW(KVM_CREATE_VM,		AS_IS, ANY_TIME,    system_create_vm),
	ROW(KVM_CHECK_EXTENSION,	AS_IS, ANY_TIME,    system_check_extension),
	ROW(KVM_GET_VCPU_MMAP_SIZE,	AS_IS, NO_ARGUMENT, system_mmap_size),
};

static long system_ioctl(struct file *file, unsigned int cmd, unsigned long raw)
{
	const struct ioctl_row *row = find_row(system_rows, ARRAY_SIZE(system_rows), cmd);
	struct call c = { .raw = raw };

	return row ? call_row(row, &c) : -EINVAL;
}

/* The structures are those of a 64-bit user space. */
static int system_open(struct inode *inode, struct file *file)
{
	return in_compat_syscall() ? -ENODEV : 0;
}

static const struct file_operations system_fops = {
	.owner = THIS_MODULE,
	.open = system_open,
	.unlocked_ioctl = system_ioctl,
	.compat_ioctl = av_fd_refuse_compat,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR, .name = AV_NAME, .fops = &system_fops,
};

static struct miscdevice alias = {
	.minor = KVM_MINOR, .name = "kvm", .fops = &system_fops,
};

/* ---- module ------------------------------------------------------------------------------------- */

/* Nothing fails once the first can be opened: who has done that has a VM, and the module's text would go under it. */
static int register_devices(void)
{
	int ret = misc_register(&device);

	if (ret)
		return ret;
	av_uevent_device(&device.this_device->kobj);
	if (!kvm_alias)
		return 0;
	ret = misc_register(&alias);
	if (ret) {
		pr_warn("there is no /dev/kvm (error %d): tell the VMM /dev/" AV_NAME ", or load it again\n", ret);
		kvm_alias = false;	/* unload goes by it */
	} else {
		av_uevent_device(&alias.this_device->kobj);
	}
	return 0;
}

static int __init armvcpu_load(void)
{
	int ret;

	ret = av_sysreg_init() ?: av_coproc_init();
	if (!ret)
		ret = av_vmid_init();
	if (ret)
		return ret;
	av_tlb_init();
	ret = av_el2_init();
	if (ret)
		return ret;
	av_host_pmu_init();
	ret = av_eventfd_host_init();
	if (ret)
		goto el2;
	av_debugfs_init();
	if (kvm_alias)
		av_debugfs_kvm_init();
	ret = register_devices();
	if (ret)
		goto debugfs;
	pr_info("EL2 is ours on %u CPUs, IPA up to %u bits; /dev/%s is ready\n", num_online_cpus(),
		av_mm_ipa_limit(), AV_NAME);
	return 0;
debugfs:
	av_debugfs_kvm_exit();
	av_debugfs_exit();
	av_eventfd_host_exit();
el2:
	av_el2_exit();
	return ret;
}

static void __exit armvcpu_unload(void)
{
	if (kvm_alias)
		misc_deregister(&alias);
	misc_deregister(&device);
	av_debugfs_kvm_exit();
	av_debugfs_exit();
	av_eventfd_host_exit();
	av_el2_exit();
	pr_info("EL2 was given back\n");
}

module_init(armvcpu_load);
module_exit(armvcpu_unload);

MODULE_DESCRIPTION("A hypervisor to insmod: KVM's ABI on EL2 taken at run time");
MODULE_AUTHOR("The armvcpu authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(ARMVCPU_VERSION);
