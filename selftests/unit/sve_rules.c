// SPDX-License-Identifier: GPL-2.0
/*
 * Which lengths of vectors a guest is offered on CPUs that differ, what user space may make of them, and which CPUs
 * fit.
 *
 * A failure would let a vCPU see other lengths after it moved to another CPU, or state that is longer than its memory.
 * Implementation: host/sve_rules.h. Source: DDI 0487, ZCR_EL1.LEN; api.rst, 4.68 (KVM_REG_ARM64_SVE_VLS).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "host/sve_rules.h"
#include "tap.h"

/* What a CPU with these lengths shows when ZCR_EL2 allows so much: the model. */
static u32 shown(u32 cpu, unsigned int limit)
{
	u32 set = 0;
	unsigned int vq;

	for (vq = 1; vq <= limit && vq <= AV_SVE_MAX_VQ; vq++)
		set |= cpu & 1U << (vq - 1);
	return set;
}

static void test_longest(void)
{
	unsigned int vq;
	bool ok = !av_sve_longest(0);

	for (vq = 1; vq <= 16; vq++)
		ok &= av_sve_longest(1U << (vq - 1)) == vq && av_sve_longest((1U << vq) - 1) == vq;
	check(ok, "the longest of a set");
}

/* Any two CPUs with vectors up to 6 * 128 bits: each vCPU sees one set on both, and nothing longer would do. */
static void test_offer(void)
{
	u32 a, b, offer, set;
	bool same = true, most = true, takes = true;
	unsigned int vq;

	for (a = 1; a < 64; a += 2)
		for (b = 1; b < 64; b += 2) {
			offer = av_sve_offer(a & b, a | b);
			same &= offer && shown(a, av_sve_longest(offer)) == offer &&
				shown(b, av_sve_longest(offer)) == offer;
			for (vq = av_sve_longest(offer) + 1; vq <= 6; vq++)
				most &= shown(a, vq) != shown(b, vq) || !((a & b) >> (vq - 1) & 1);
			for (set = 0; set < 128; set++) {
				unsigned int max = av_sve_take(offer, set);

				takes &= max ? set == shown(offer, max) && av_sve_longest(set) == max &&
					       av_sve_fits(a, set) && av_sve_fits(b, set) :
					       !set || set != shown(offer, av_sve_longest(set));
			}
		}
	check(same, "what is offered is the same on both");
	check(most, "nothing longer would be");
	check(takes, "user space may cut off from above, and no other way");
}

static void test_fits(void)
{
	u32 cpu, vcpu;
	bool ok = true;

	for (cpu = 0; cpu < 64; cpu++)
		for (vcpu = 0; vcpu < 64; vcpu++)
			ok &= av_sve_fits(cpu, vcpu) == (vcpu && shown(cpu, av_sve_longest(vcpu)) == vcpu);
	check(ok, "a CPU fits if it shows the vCPU's lengths and no others");
	check(!av_sve_offer(0, 0xff) && !av_sve_offer(0, 0) && av_sve_offer(~0U, ~0U) == 0xffff,
	      "a CPU without vectors, and more lengths than there are");
	check(!av_sve_take(0xf, 0x1000f) && !av_sve_take(0xf, 1U << 31), "lengths that do not exist");
}

int main(void)
{
	test_longest();
	test_offer();
	test_fits();
	return tap_end();
}
