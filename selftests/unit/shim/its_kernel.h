/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's view of what vgic/its*.c and lpi_tables.c ask for: arrays of values with their lock, mutexes, guest
 * memory, the numbers of the ITS's registers (IHI 0069, 12.18). So that the module's own code runs on the build
 * machine (fuzz/pure_its.c); it comes after the unit test's small world (unit/shim/vgic_vm.h).
 *
 * Locks are flags, and whoever needs one is asked for it; allocations, and accesses to guest memory, fail when the
 * fuzzer says so.
 *
 * Runs at: build host. Owns: nothing. Locks: none, there is one thread.
 */
#ifndef SHIM_ITS_KERNEL_H
#define SHIM_ITS_KERNEL_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHIM_REQUIRE(cond)	do { if (!(cond)) shim_fail(__FILE__, __LINE__, #cond); } while (0)

void __attribute__((noreturn)) shim_fail(const char *file, int line, const char *what);
bool shim_no_memory(void);		/* this allocation fails */
bool shim_signal(void);			/* a signal is pending */

/* ---- numbers ------------------------------------------------------------------------------------------- */

#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK_ULL(hi, lo)	((~0ULL >> (63 - (hi))) & (~0ULL << (lo)))
#define SZ_64K			0x10000
#define SZ_128K			0x20000
#define IS_ENABLED(CONFIG_option)	0
#define U32_MAX			0xffffffffU
#define IS_ALIGNED(x, n)	(!((x) & ((n) - 1)))
#define FIELD_GET(mask, v)	(((v) & (mask)) / ((mask) & -(mask)))
#define FIELD_PREP(mask, v)	(((v) * ((mask) & -(mask))) & (mask))
#define FIELD_MAX(mask)		((mask) / ((mask) & -(mask)))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define PAGE_ALIGN(n)		(((n) + 4095) & ~4095UL)
typedef u64 __le64;
typedef u32 __le32;
#define le64_to_cpu(v)		(v)
#define cpu_to_le64(v)		(v)
#define le32_to_cpu(v)		(v)
#define cpu_to_le32(v)		(v)
/* An index that is out of bounds here would be so for the CPU, too. */
#undef array_index_nospec
#define array_index_nospec(i, n)	({ SHIM_REQUIRE((i) < (n)); (i); })
#undef WARN_ON_ONCE
#define WARN_ON_ONCE(x)		({ SHIM_REQUIRE(!(x)); false; })

#define GITS_CTLR		0x0000
#define GITS_IIDR		0x0004
#define GITS_TYPER		0x0008
#define GITS_CBASER		0x0080
#define GITS_CWRITER		0x0088
#define GITS_CREADR		0x0090
#define GITS_BASER		0x0100
#define GITS_IDREGS_BASE	0xffd0
#define GITS_PIDR4		0xffd0
#define GITS_PIDR0		0xffe0
#define GITS_PIDR1		0xffe4
#define GITS_PIDR2		0xffe8
#define GITS_CIDR0		0xfff0
#define GITS_CIDR1		0xfff4
#define GITS_CIDR2		0xfff8
#define GITS_CIDR3		0xfffc
#define GITS_TRANSLATER		0x10040
#define GITS_CTLR_ENABLE	1U
#define GITS_CTLR_QUIESCENT	(1U << 31)
#define GITS_IIDR_REV(r)	((r) >> 12 & 0xf)
#define GITS_TYPER_PLPIS	1ULL
#define GITS_TYPER_ITT_ENTRY_SIZE	GENMASK_ULL(7, 4)
#define GITS_TYPER_IDBITS	GENMASK_ULL(12, 8)
#define GITS_TYPER_DEVBITS	GENMASK_ULL(17, 13)
#define GITS_CBASER_VALID	BIT_ULL(63)
#define GITS_CBASER_ADDRESS(r)	((r) & GENMASK_ULL(51, 12))
#define GITS_BASER_VALID	BIT_ULL(63)
#define GITS_BASER_INDIRECT	BIT_ULL(62)
#define GITS_BASER_TYPE_SHIFT	56
#define GITS_BASER_TYPE_DEVICE	1
#define GITS_BASER_TYPE_COLLECTION	4
#define GITS_BASER_ENTRY_SIZE_SHIFT	48
#define GITS_BASER_PAGE_SIZE_MASK	(3ULL << 8)
#define GITS_BASER_PAGE_SIZE_64K	(2ULL << 8)
#define GITS_BASER_InnerShareable	(1ULL << 10)
#define GITS_BASER_NR_PAGES(r)	(((r) & 0xff) + 1)
#define GITS_BASER_ADDR_48_to_52(r)	(((r) & GENMASK_ULL(47, 16)) | ((r) >> 12 & 0xf) << 48)
#define GITS_LVL1_ENTRY_SIZE	8
#define GIC_BASER_InnerShareable	1ULL
#define GIC_BASER_OuterShareable	2ULL
#define GIC_BASER_CACHE_nCnB	0ULL
#define GIC_BASER_CACHE_SameAsInner	0ULL
#define GIC_BASER_CACHE_nC	1ULL
#define GIC_BASER_CACHE_RaWb	3ULL
#define GICR_TYPER_PLPIS	1ULL
#define GICR_PROPBASER_ADDRESS(r)	((r) & GENMASK_ULL(51, 12))
#define GICR_PROPBASER_IDBITS_MASK	0x1f
#define GICR_PENDBASER_ADDRESS(r)	((r) & GENMASK_ULL(51, 16))
#define GICR_PENDBASER_PTZ	BIT_ULL(62)

enum {
	GITS_CMD_MOVI = 0x01, GITS_CMD_INT = 0x03, GITS_CMD_CLEAR, GITS_CMD_SYNC, GITS_CMD_MAPD = 0x08, GITS_CMD_MAPC,
	GITS_CMD_MAPTI, GITS_CMD_MAPI, GITS_CMD_INV, GITS_CMD_INVALL, GITS_CMD_MOVALL, GITS_CMD_DISCARD,
};

#define KVM_DEV_ARM_VGIC_GRP_ADDR	0
#define KVM_DEV_ARM_VGIC_GRP_CTRL	4
#define KVM_DEV_ARM_VGIC_GRP_ITS_REGS	8
#define KVM_VGIC_ITS_ADDR_TYPE		4
#define KVM_DEV_ARM_VGIC_CTRL_INIT	0
#define KVM_DEV_ARM_ITS_SAVE_TABLES	1
#define KVM_DEV_ARM_ITS_RESTORE_TABLES	2
#define KVM_DEV_ARM_ITS_CTRL_RESET	4

struct kvm_device_attr {
	u32 flags, group;
	u64 attr, addr;
};

/* ---- locks, memory, threads ---------------------------------------------------------------------------- */

struct mutex {
	bool held;
};

static inline void shim_lock(bool *held)
{
	SHIM_REQUIRE(!*held);
	*held = true;
}

static inline void shim_unlock(bool *held)
{
	SHIM_REQUIRE(*held);
	*held = false;
}

#define mutex_init(l)		((l)->held = false)
#define mutex_lock(l)		shim_lock(&(l)->held)
#define mutex_unlock(l)		shim_unlock(&(l)->held)

static inline int mutex_lock_interruptible(struct mutex *l)
{
	if (shim_signal())
		return -EINTR;
	mutex_lock(l);
	return 0;
}

/* No signal is fatal here. */
static inline int mutex_lock_killable(struct mutex *l)
{
	mutex_lock(l);
	return 0;
}

#define cond_resched()			((void)0)
#define current				NULL
#define signal_pending(task)		shim_signal()
#define fatal_signal_pending(task)	false

#define GFP_KERNEL_ACCOUNT	0
#define kzalloc(size, flags)	(shim_no_memory() ? NULL : calloc(1, size))
#define kvfree(p)		free(p)
#define kvcalloc(nr, size, flags)	(shim_no_memory() ? NULL : calloc(nr, size))
#define kfree(p)		free(p)

#define __user
#define u64_to_user_ptr(v)	((void *)(uintptr_t)(v))
#define get_user(v, p)		((v) = *(p), 0)
#define put_user(v, p)		(*(p) = (v), 0)

struct seq_file {
	u64 len;
};

static inline bool seq_has_overflowed(struct seq_file *seq)
{
	return false;
}

static inline void __attribute__((format(printf, 2, 3))) seq_printf(struct seq_file *seq, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	seq->len += vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
}

static inline u64 av_el2_addr(const void *p)
{
	return (uintptr_t)p;
}

int av_mm_read_guest(struct av_vm *vm, u64 ipa, void *to, u64 len);
int av_mm_write_guest(struct av_vm *vm, u64 ipa, const void *from, u64 len);
static inline void av_mm_forget_holes(struct av_vm *vm) {}	/* the VM here has no vCPUs that remember any */

/* ---- xarrays: values in order of their index, 63 bits each ------------------------------------------------ */

struct xarray {
	struct { bool held; } xa_lock;
	u32 nr, room;
	struct shim_entry {
		unsigned long index;
		u64 value;
	} *entries;
};

#define XA_FLAGS_LOCK_IRQ	0
#define XA_FLAGS_ACCOUNT	0
#define XA_PRESENT		0
#define SHIM_NOMEM		((void *)2)
#define xa_init_flags(xa, flags)	memset(xa, 0, sizeof(*(xa)))
#define xa_lock_irq(xa)		shim_lock(&(xa)->xa_lock.held)
#define xa_unlock_irq(xa)	shim_unlock(&(xa)->xa_lock.held)
#define xa_lock_irqsave(xa, f)	((f) = 0, shim_lock(&(xa)->xa_lock.held))
#define xa_unlock_irqrestore(xa, f)	((void)(f), shim_unlock(&(xa)->xa_lock.held))
#define xa_err(entry)		((entry) == SHIM_NOMEM ? -ENOMEM : 0)

static inline void *xa_mk_value(u64 v)
{
	SHIM_REQUIRE(v <= LONG_MAX);
	return (void *)(uintptr_t)(v << 1 | 1);
}

static inline u64 xa_to_value(const void *entry)
{
	SHIM_REQUIRE((uintptr_t)entry & 1);
	return (uintptr_t)entry >> 1;
}

/* The first one from this index on. */
static inline u32 shim_place(const struct xarray *xa, unsigned long index)
{
	u32 low = 0, high = xa->nr;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (xa->entries[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static inline void *xa_load(struct xarray *xa, unsigned long index)
{
	u32 n = shim_place(xa, index);

	return n < xa->nr && xa->entries[n].index == index ? xa_mk_value(xa->entries[n].value) : NULL;
}

static inline void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, int filter)
{
	u32 n = shim_place(xa, *index);

	(void)filter;
	if (n >= xa->nr || xa->entries[n].index > max)
		return NULL;
	*index = xa->entries[n].index;
	return xa_mk_value(xa->entries[n].value);
}

static inline void *shim_find_after(struct xarray *xa, unsigned long *index, unsigned long max)
{
	if (*index >= max)
		return NULL;
	++*index;
	return xa_find(xa, index, max, XA_PRESENT);
}

#define xa_for_each_range(xa, i, entry, first, last)					\
	for ((i) = (first), (entry) = xa_find(xa, &(i), last, XA_PRESENT); (entry);	\
	     (entry) = shim_find_after(xa, &(i), last))
#define xa_for_each(xa, i, entry)	xa_for_each_range(xa, i, entry, 0, ULONG_MAX)

static inline void *__xa_store(struct xarray *xa, unsigned long index, void *entry, int flags)
{
	u32 n = shim_place(xa, index);

	(void)flags;
	SHIM_REQUIRE(xa->xa_lock.held);
	if (n == xa->nr || xa->entries[n].index != index) {
		if (shim_no_memory())
			return SHIM_NOMEM;
		if (xa->nr == xa->room) {
			xa->room = xa->room * 2 + 16;
			xa->entries = realloc(xa->entries, xa->room * sizeof(*xa->entries));
		}
		memmove(xa->entries + n + 1, xa->entries + n, (xa->nr - n) * sizeof(*xa->entries));
		xa->nr++;
		xa->entries[n].index = index;
	}
	xa->entries[n].value = xa_to_value(entry);
	return NULL;
}

static inline void *xa_store_irq(struct xarray *xa, unsigned long index, void *entry, int flags)
{
	void *old;

	xa_lock_irq(xa);
	old = __xa_store(xa, index, entry, flags);
	xa_unlock_irq(xa);
	return old;
}

static inline void *__xa_erase(struct xarray *xa, unsigned long index)
{
	void *entry = xa_load(xa, index);
	u32 n = shim_place(xa, index);

	SHIM_REQUIRE(xa->xa_lock.held);
	if (entry) {
		xa->nr--;
		memmove(xa->entries + n, xa->entries + n + 1, (xa->nr - n) * sizeof(*xa->entries));
	}
	return entry;
}

static inline void xa_erase_irq(struct xarray *xa, unsigned long index)
{
	xa_lock_irq(xa);
	__xa_erase(xa, index);
	xa_unlock_irq(xa);
}

static inline void xa_destroy(struct xarray *xa)
{
	free(xa->entries);
	xa->entries = NULL;
	xa->nr = 0;
	xa->room = 0;
}

#endif
