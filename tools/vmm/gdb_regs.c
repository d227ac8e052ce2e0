// SPDX-License-Identifier: GPL-2.0
/*
 * Registers as GDB numbers them: x0 to x30, sp, pc, cpsr, v0 to v31, fpsr, fpcr (GDB's manual, "AArch64 Features"). All
 * are little-endian, as the guest's memory is to the debugger.
 *
 * Owns: nothing. Locks: none; the stub's thread, while the vCPUs stand.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/ioctl.h>

#include "gdb.h"

#define NR_SP		31
#define NR_PC		32
#define NR_CPSR		33
#define NR_V		34
#define NR_FPSR		66
#define NR_FPCR		67
#define NR_ALL		68

#define PSTATE_SP	1		/* SPSel */
#define PSTATE_EL	0xc
#define Z_BYTES		256		/* of a Z register in the ABI */

#define X(n)	"<reg name=\"x" #n "\" bitsize=\"64\"/>"
#define V(n)	"<reg name=\"v" #n "\" bitsize=\"128\" type=\"aarch64v\"/>"
#define FIELD(name, type) "<field name=\"" name "\" type=\"" type "\"/>"
#define VECTOR(id, type, count) "<vector id=\"" id "\" type=\"" type "\" count=\"" count "\"/>"

const char gdb_target_xml[] =
"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
"<architecture>aarch64</architecture><feature name=\"org.gnu.gdb.aarch64.core\">"
X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30)
"<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/><reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>"
"<reg name=\"cpsr\" bitsize=\"32\"/></feature><feature name=\"org.gnu.gdb.aarch64.fpu\">"
VECTOR("v2d", "ieee_double", "2") VECTOR("v4f", "ieee_single", "4") VECTOR("v2u", "uint64", "2")
VECTOR("v4u", "uint32", "4") VECTOR("v8u", "uint16", "8") VECTOR("v16u", "uint8", "16")
"<union id=\"aarch64v\">" FIELD("d", "v2d") FIELD("s", "v4f") FIELD("du", "v2u") FIELD("su", "v4u")
FIELD("hu", "v8u") FIELD("bu", "v16u") "</union>"
V(0) V(1) V(2) V(3) V(4) V(5) V(6) V(7) V(8) V(9) V(10) V(11) V(12) V(13) V(14) V(15)
V(16) V(17) V(18) V(19) V(20) V(21) V(22) V(23) V(24) V(25) V(26) V(27) V(28) V(29) V(30) V(31)
"<reg name=\"fpsr\" bitsize=\"32\"/><reg name=\"fpcr\" bitsize=\"32\"/></feature></target>";

static unsigned int size_of(unsigned int nr)
{
	if (nr == NR_CPSR || nr == NR_FPSR || nr == NR_FPCR)
		return 4;
	return nr >= NR_V && nr < NR_FPSR ? 16 : 8;
}

static bool transfer(struct vcpu *vcpu, unsigned long request, __u64 id, void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (unsigned long)value };

	return !ioctl(vcpu->fd, request, &reg);
}

/* V registers: of a vCPU with SVE they are the low bytes of others. */
static bool transfer_v(struct vcpu *vcpu, unsigned long request, unsigned int n, void *value)
{
	__u8 wide[Z_BYTES] = { 0 };

	if (!vcpu->sve_final)
		return transfer(vcpu, request, REG_V(n), value);
	if (request == KVM_GET_ONE_REG) {
		if (!transfer(vcpu, request, KVM_REG_ARM64_SVE_ZREG(n, 0), wide))
			return false;
		memcpy(value, wide, 16);
		return true;
	}
	/* What is above stays. */
	if (!transfer(vcpu, KVM_GET_ONE_REG, KVM_REG_ARM64_SVE_ZREG(n, 0), wide))
		return false;
	memcpy(wide, value, 16);
	return transfer(vcpu, request, KVM_REG_ARM64_SVE_ZREG(n, 0), wide);
}

/* The stack pointer in use: EL0 has one, and EL1 may use that too. */
static __u64 sp_id(struct vcpu *vcpu)
{
	__u64 pstate = 0;

	vcpu_get_reg(vcpu, REG_PSTATE, &pstate);
	return pstate & PSTATE_EL && pstate & PSTATE_SP ? REG_SP_EL1 : REG_SP_EL0;
}

static bool transfer_nr(struct vcpu *vcpu, unsigned long request, unsigned int nr, void *value)
{
	if (nr >= NR_V && nr < NR_FPSR)
		return transfer_v(vcpu, request, nr - NR_V, value);
	switch (nr) {
	case NR_SP:
		return transfer(vcpu, request, sp_id(vcpu), value);
	case NR_PC:
		return transfer(vcpu, request, REG_PC, value);
	case NR_CPSR:
		return transfer(vcpu, request, REG_PSTATE, value);
	case NR_FPSR:
		return transfer(vcpu, request, REG_FPSR, value);
	case NR_FPCR:
		return transfer(vcpu, request, REG_FPCR, value);
	}
	return transfer(vcpu, request, REG_X(nr), value);
}

bool gdb_get_reg(struct vcpu *vcpu, unsigned int nr, struct gdb_packet *reply)
{
	__u8 value[16] = { 0 };

	if (nr >= NR_ALL || !transfer_nr(vcpu, KVM_GET_ONE_REG, nr, value))
		return false;
	gdb_say_hex(reply, value, size_of(nr));
	return true;
}

static bool set_one(struct vcpu *vcpu, unsigned int nr, const char **text)
{
	__u8 value[16] = { 0 };

	return nr < NR_ALL && gdb_read_hex(text, value, size_of(nr)) &&
	       transfer_nr(vcpu, KVM_SET_ONE_REG, nr, value);
}

bool gdb_set_reg(struct vcpu *vcpu, unsigned int nr, const char *text)
{
	return set_one(vcpu, nr, &text);
}

bool gdb_get_regs(struct vcpu *vcpu, struct gdb_packet *reply)
{
	unsigned int nr;

	for (nr = 0; nr < NR_ALL; nr++) {
		if (!gdb_get_reg(vcpu, nr, reply))
			return false;
	}
	return true;
}

/* PSTATE before SP, which depends on it. */
bool gdb_set_regs(struct vcpu *vcpu, const char *text)
{
	const char *cpsr = text + 33 * 16;
	unsigned int nr;

	if (strlen(text) < 33 * 16 + 8 || !set_one(vcpu, NR_CPSR, &cpsr))
		return false;
	for (nr = 0; nr < NR_ALL; nr++) {
		if (!set_one(vcpu, nr, &text))
			return false;
	}
	return true;
}
