// SPDX-License-Identifier: GPL-2.0
/*
 * VMIDs: handed out in order, never given back; when they are used up, a new generation begins.
 *
 * Runs at: host kernel. Owns: the counter and the generation, and av_mm_vm.vmid of every VM.
 * Locks: vmid_lock, innermost of those that sleep; readers take none.
 *
 * A VM's vmid is the generation in the upper bits and VTTBR_EL2.VMID in the lower VMID_BITS. VMID
 * 0 is the host's and never given out. A new generation makes all VMIDs of the old one invalid at
 * once, so before one of them is given out again no CPU may run a guest with it and no TLB may
 * hold it.
 */
#include <linux/bits.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "mm.h"
#include "guest/trace.h"
#include "rules.h"

/* VTTBR_EL2: VMID in 63:48, table in 47:1, CnP in bit 0 (not used) */
#define VTTBR_VMID(v)		AV_PUT((u64)(v), 63, 48)
#define VTTBR_BADDR(pa)		((pa) & AV_MASK(47, 1))

static DEFINE_MUTEX(vmid_lock);
u64 av_vmid_generation;		/* written under vmid_lock */
static u32 next_vmid;		/* under vmid_lock */
static u32 nr_vmids;

static void do_nothing(void *unused)
{
}

/*
 * From the new value on av_vmid_is_current() fails, so no guest of the old generation is entered
 * any more; the IPI takes out those that were entered or were past the check, with interrupts
 * off, and returns when their CPUs have them on again. Then nobody fills TLBs with old VMIDs.
 */
static void new_generation(void)
{
	WRITE_ONCE(av_vmid_generation, av_vmid_generation + 1);
	/*
	 * Before: the store above. Not after: the IPI's handler, and thereby the end of a burst
	 * whose successor reads the old generation. on_each_cpu() orders it (a full barrier on
	 * the sending side and in the handler's list), said here because all rests on it.
	 */
	smp_mb();
	on_each_cpu(do_nothing, NULL, 1);
	av_tlb_flush_all();
	next_vmid = 1;
	trace_armvcpu_vmids(av_vmid_generation);
}

void av_vmid_update(struct av_vm *vm)
{
	if (av_vmid_is_current(READ_ONCE(vm->mmu.vmid)))
		return;
	mutex_lock(&vmid_lock);
	if (!av_vmid_is_current(vm->mmu.vmid)) {
		if (next_vmid >= nr_vmids)
			new_generation();
		WRITE_ONCE(vm->mmu.vmid, av_vmid_generation << AV_VMID_SHIFT | next_vmid++);
		/*
		 * Before: the VM's new VMID. Not after: a walk with it, as seen by a CPU that
		 * changes the VM's tables, and then reads the VMID to invalidate it: either it
		 * reads the new one or the walk sees the changed table. Pairs with the dsb() in
		 * stage2.c. A DMB is not enough: a walk is no explicit access, which is all that it
		 * orders (DDI 0487, B2.3.12 and D8.2.6).
		 */
		dsb(ish);
	}
	mutex_unlock(&vmid_lock);
}

u64 av_vmid_vttbr(struct av_vm *vm)
{
	u64 vmid = READ_ONCE(vm->mmu.vmid) & (BIT_ULL(AV_VMID_SHIFT) - 1);

	/*
	 * Before: walks of the guest's on this CPU. Not after: the write of the new VTTBR_EL2 (DDI 0487, D8.2,
	 * R_LFHQG). In the middle of a VHE host's burst its EL1 registers stay where they are, and nothing else
	 * between an exit and the next entry waits for walks on a CPU with RAS (docs/silicon.md, rule 10).
	 */
	dsb(nsh);
	return VTTBR_VMID(vmid) | VTTBR_BADDR(vm->mmu.s2.ops->to_pa(vm->mmu.s2.root));
}

int av_vmid_init(void)
{
	u64 mmfr1 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);

	nr_vmids = MMFR1_VMIDBITS(mmfr1) == MMFR1_VMIDBITS_16 ? BIT(16) : BIT(8);
	/*
	 * The first VM begins a generation: what an earlier owner of EL2 left in TLBs is flushed.
	 */
	av_vmid_generation = 1;
	next_vmid = nr_vmids;
	return 0;
}
