/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest runtime: what the guest half of a test may call. Runs at EL1 of the
 * guest. No C library, no FP registers, no thread-local storage in guest code.
 */
#ifndef SELFTESTS_GUEST_H
#define SELFTESTS_GUEST_H

#include "types.h"
#include "layout.h"

enum ucall_cmd {
	UCALL_NONE,		/* the exit was not a ucall */
	UCALL_SYNC,		/* a[0]: stage, a[1..3]: values */
	UCALL_DONE,
	UCALL_ABORT,		/* a[0]: file, a[1]: line, a[2]: text, a[3..4]: values */
	UCALL_FAULT,		/* a[0]: vector, a[1]: esr, a[2]: elr, a[3]: far */
};

struct ucall {
	u64 cmd;
	u64 a[7];
};

struct guest_frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 pad;
};

/* One per vCPU, at the bottom of its area; TPIDR_EL1 points at it. */
struct guest_cpu {
	u64 stack;
	u64 fn;
	u64 arg;
	u64 flags;
	u64 index;
	/* fault expectation: the next faults are recorded instead of fatal */
	/* 0: fatal; 1: recorded; 2: recorded, interrupts as well, back to EL1h */
	u64 expect_fault;
	u64 resume_pc;		/* 0: after the instruction; else here */
	u64 faults;		/* number recorded */
	u64 vector, esr, elr, far, spsr;
	u64 irqs;		/* interrupts taken */
};

static inline u64 guest_cpu_gpa(unsigned int id)
{
	return RAM_BASE + RAM_SIZE - (id + 1) * CPU_AREA_SIZE;
}

typedef void (*guest_irq_fn)(struct guest_frame *frame);
extern guest_irq_fn guest_irq_handler;

extern char guest_entry[], guest_vectors[];
extern u64 guest_pgd[512];

/* x0..x3 in and out; conduit in the name. */
struct smccc_res {
	u64 a0, a1, a2, a3;
};

void guest_hvc(u64 fn, u64 a1, u64 a2, u64 a3, struct smccc_res *res);
void guest_smc(u64 fn, u64 a1, u64 a2, u64 a3, struct smccc_res *res);

void guest_ucall(u64 cmd, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4);
void guest_abort(const char *file, u64 line, const char *text, u64 a, u64 b);

#define GUEST_DONE()		guest_ucall(UCALL_DONE, 0, 0, 0, 0, 0)
#define GUEST_SYNC(stage)	guest_ucall(UCALL_SYNC, (stage), 0, 0, 0, 0)
#define GUEST_SYNC_ARGS(stage, a, b, c) \
	guest_ucall(UCALL_SYNC, (stage), (u64)(a), (u64)(b), (u64)(c), 0)
#define GUEST_ASSERT(cond) do {						\
	if (!(cond))							\
		guest_abort(__FILE__, __LINE__, #cond, 0, 0);		\
} while (0)
#define GUEST_ASSERT_EQ(want, got) do {					\
	u64 want__ = (u64)(want), got__ = (u64)(got);			\
									\
	if (want__ != got__)						\
		guest_abort(__FILE__, __LINE__, #want " == " #got,	\
			    want__, got__);				\
} while (0)

#define read_sysreg(name) ({						\
	u64 v__;							\
									\
	asm volatile("mrs %0, " #name : "=r"(v__) :: "memory");		\
	v__;								\
})
#define write_sysreg(v, name) \
	asm volatile("msr " #name ", %0" :: "r"((u64)(v)) : "memory")

#define isb()		asm volatile("isb" ::: "memory")
#define dsb_sy()	asm volatile("dsb sy" ::: "memory")
#define wfi()		asm volatile("wfi" ::: "memory")
#define cpu_relax()	asm volatile("yield" ::: "memory")
#define irq_enable()	asm volatile("msr daifclr, #2" ::: "memory")
#define irq_disable()	asm volatile("msr daifset, #2" ::: "memory")

/*
 * Sleep until an interrupt has made cond true. Interrupts are masked between test and WFI, which wakes all the same:
 * one that came there would be taken first, and slept over. They are enabled afterwards.
 */
#define SLEEP_UNTIL(cond) do {						\
	irq_disable();							\
	while (!(cond)) {						\
		wfi();							\
		irq_enable();						\
		isb();							\
		irq_disable();						\
	}								\
	irq_enable();							\
} while (0)

static inline struct guest_cpu *this_cpu(void)
{
	return (struct guest_cpu *)read_sysreg(tpidr_el1);
}

/* Faults from here on are recorded; execution continues after the instruction. */
static inline void fault_expect(void)
{
	struct guest_cpu *cpu = this_cpu();

	WRITE_ONCE(cpu->faults, 0);
	WRITE_ONCE(cpu->resume_pc, 0);
	WRITE_ONCE(cpu->expect_fault, 1);
}

/* Ends the expectation; the number of faults since fault_expect(). */
static inline u64 fault_taken(void)
{
	struct guest_cpu *cpu = this_cpu();

	WRITE_ONCE(cpu->expect_fault, 0);
	return READ_ONCE(cpu->faults);
}

#define ESR_EC(esr)		(((esr) >> 26) & 0x3f)
#define EC_UNKNOWN		0x00
#define EC_SYSREG		0x18
#define EC_SVE			0x19
#define EC_SME			0x1d
#define EC_IABT_CUR		0x21
#define EC_DABT_CUR		0x25
#define FSC_EXTERNAL		0x10

/* Accessors whose instruction always has a valid syndrome. */
static inline u8 readb(u64 addr)
{
	u32 v;

	asm volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return v;
}

static inline u16 readh(u64 addr)
{
	u32 v;

	asm volatile("ldrh %w0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return v;
}

static inline u32 readl(u64 addr)
{
	u32 v;

	asm volatile("ldr %w0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return v;
}

static inline u64 readq(u64 addr)
{
	u64 v;

	asm volatile("ldr %0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return v;
}

static inline void writeb(u8 v, u64 addr)
{
	asm volatile("strb %w0, [%1]" :: "r"(v), "r"(addr) : "memory");
}

static inline void writeh(u16 v, u64 addr)
{
	asm volatile("strh %w0, [%1]" :: "r"(v), "r"(addr) : "memory");
}

static inline void writel(u32 v, u64 addr)
{
	asm volatile("str %w0, [%1]" :: "r"(v), "r"(addr) : "memory");
}

static inline void writeq(u64 v, u64 addr)
{
	asm volatile("str %0, [%1]" :: "r"(v), "r"(addr) : "memory");
}

#endif
