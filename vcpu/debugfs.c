// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/armvcpu: what EL2, the VMs and their vCPUs are doing.
 *
 * Runs at: host kernel. Owns: the debugfs files.
 *   el2			per CPU: who has EL2, the phase letter, features, the last fault
 *   vms			per VM and vCPU: state, PC; trap controls, if a test asked for them
 *   gic			the state of each VM's interrupt controller
 *   provoke		debug_faults=1 only: commit a fault at EL2, for the tests
 *   provoke_tlb	likewise, in the next TLB maintenance of the CPU whose number is written
 *   PID-N/		a VM, by the pid of its maker and a running number
 *     fast		0: every trap of this VM goes to the host; can be written
 *     stats		its statistics and its vCPUs', vcpu/stats.def
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "host/sve.h"
#include "percpu.h"
#include "vcpu.h"
#include "vgic/vgic.h"

static bool debug_faults;
module_param(debug_faults, bool, 0444);
MODULE_PARM_DESC(debug_faults, "For tests: let root provoke faults in EL2 code through debugfs");

static struct dentry *root;

static int el2_show(struct seq_file *seq, void *unused)
{
	av_el2_show(seq);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(el2);

/* What AV_PROVOKE_CONTROLS left: the trap controls that were in force at the last entry. */
static void show_controls(struct seq_file *seq, const struct av_vcpu_ctx *ctx)
{
	static const char * const names[AV_NR_SEEN] = {
#define CONTROL(name, ...)	#name,
#include "include/controls.def"
		[AV_SEEN_HCR] = "hcr", [AV_SEEN_CPTR] = "cptr", [AV_SEEN_MDCR] = "mdcr",
		[AV_SEEN_CNTHCTL] = "cnthctl",
	};
	int i;

	if (!READ_ONCE(ctx->seen[AV_SEEN_HCR]))
		return;
	seq_puts(seq, "    in force:");
	for (i = 0; i < AV_NR_SEEN; i++)
		seq_printf(seq, " %s=%llx", names[i], READ_ONCE(ctx->seen[i]));
	seq_putc(seq, '\n');
}

static void show_vcpu(struct seq_file *seq, struct av_vcpu *vcpu)
{
	seq_printf(seq, "  vcpu %u: %s mp_state %u cpu %d pc %llx pstate %llx esr %llx\n", vcpu->id,
		   vcpu->mode == AV_IN_GUEST ? "in guest" : "outside", vcpu->mp_state, vcpu->cpu,
		   vcpu->ctx->pc, vcpu->ctx->pstate, vcpu->ctx->trap.esr);
	show_controls(seq, vcpu->ctx);
}

static int vms_show(struct seq_file *seq, void *unused)
{
	struct av_vcpu *vcpu;
	struct av_vm *vm;
	int i;

	mutex_lock(&av_vms_lock);
	list_for_each_entry(vm, &av_vms, link) {
		seq_printf(seq, "vm of %d: %d vcpus, ipa %u bits%s\n", vm->pid, vm->online_vcpus,
			   vm->mmu.ipa_bits, vm->dead ? ", dead" : "");
		av_for_each_vcpu(i, vcpu, vm)
			show_vcpu(seq, vcpu);
	}
	mutex_unlock(&av_vms_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vms);

static int gic_show(struct seq_file *seq, void *unused)
{
	struct av_vm *vm;

	mutex_lock(&av_vms_lock);
	list_for_each_entry(vm, &av_vms, link) {
		seq_printf(seq, "vm of %d\n", vm->pid);
		if (av_vgic_present(vm))
			av_vgic_show(seq, vm);
	}
	mutex_unlock(&av_vms_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gic);

/* The words that a test writes: "<pid of the VMM> <fault>". */
static const char * const faults[] = {
	[AV_PROVOKE_READ] = "read",
	[AV_PROVOKE_UNDEF] = "undef",
	[AV_PROVOKE_STACK] = "stack",
	[AV_PROVOKE_WORLD] = "world",
	[AV_PROVOKE_CONTROLS] = "controls",	/* no fault: "vms" shows them as they were in force */
	[AV_PROVOKE_WALK] = "walk",		/* none either: the guest tries again */
	[AV_PROVOKE_SERROR] = "serror",
	[AV_PROVOKE_SERROR_CE] = "serror-corrected",
	[AV_PROVOKE_SERROR_UC] = "serror-uncontained",
	[AV_PROVOKE_SERROR_RUN] = "serror-run",
};

static void arm(struct av_vm *vm, u32 fault)
{
	struct av_vcpu *vcpu;
	int i;

	av_for_each_vcpu(i, vcpu, vm) {
		WRITE_ONCE(vcpu->ctx->provoke, fault);
		av_vcpu_kick(vcpu);
	}
}

static ssize_t provoke_write(struct file *file, const char __user *user, size_t len, loff_t *pos)
{
	char text[48] = "", word[24];
	struct av_vm *vm;
	bool found = false;
	int pid, fault;

	if (len >= sizeof(text) || copy_from_user(text, user, len))
		return -EINVAL;
	if (sscanf(text, "%d %23s", &pid, word) != 2)
		return -EINVAL;
	for (fault = AV_PROVOKE_READ; fault < (int)ARRAY_SIZE(faults); fault++) {
		if (!strcmp(faults[fault], word))
			break;
	}
	if (fault == ARRAY_SIZE(faults))
		return -EINVAL;
	mutex_lock(&av_vms_lock);
	list_for_each_entry(vm, &av_vms, link) {
		if (vm->pid != pid)
			continue;
		found = true;
		arm(vm, fault);
	}
	mutex_unlock(&av_vms_lock);
	return found ? len : -ESRCH;
}

static const struct file_operations provoke_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = provoke_write,
	.llseek = noop_llseek,
};

static int provoke_tlb_set(void *data, u64 cpu)
{
	return av_el2_provoke_tlb(cpu);
}
DEFINE_DEBUGFS_ATTRIBUTE(provoke_tlb_fops, NULL, provoke_tlb_set, "%llu\n");

static int sve_lengths_set(void *data, u64 what)
{
	return av_sve_pretend(what);
}
DEFINE_DEBUGFS_ATTRIBUTE(sve_lengths_fops, NULL, sve_lengths_set, "%llu\n");

static int stats_show(struct seq_file *seq, void *unused)
{
	return av_stats_show(seq, seq->private);
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int fast_get(void *data, u64 *value)
{
	*value = av_fast_is_on(data);
	return 0;
}

static int fast_set(void *data, u64 value)
{
	if (value > 1)
		return -EINVAL;
	av_fast_set(data, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fast_fops, fast_get, fast_set, "%llu\n");

void av_debugfs_add_vm(struct av_vm *vm)
{
	static atomic_t number;
	char name[32];

	snprintf(name, sizeof(name), "%d-%u", vm->pid, (u32)atomic_inc_return(&number));
	vm->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("stats", 0400, vm->debugfs, vm, &stats_fops);
	debugfs_create_file("fast", 0600, vm->debugfs, vm, &fast_fops);
	av_debugfs_kvm_add_vm(vm, name);
}

/* The VM goes: waits for those who read its files. */
void av_debugfs_remove_vm(struct av_vm *vm)
{
	av_debugfs_kvm_remove_vm(vm);
	debugfs_remove_recursive(vm->debugfs);
}

void av_debugfs_init(void)
{
	root = debugfs_create_dir("armvcpu", NULL);
	debugfs_create_file("el2", 0400, root, NULL, &el2_fops);
	debugfs_create_file("vms", 0400, root, NULL, &vms_fops);
	debugfs_create_file("gic", 0400, root, NULL, &gic_fops);
	if (!debug_faults)
		return;
	debugfs_create_file("provoke", 0200, root, NULL, &provoke_fops);
	debugfs_create_file("provoke_tlb", 0200, root, NULL, &provoke_tlb_fops);
	debugfs_create_file("sve_lengths", 0200, root, NULL, &sve_lengths_fops);
}

void av_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
