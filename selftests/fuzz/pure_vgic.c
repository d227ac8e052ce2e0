// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC's state machine with the unit test's model of hardware, guests and devices: the input is the order of what
 * they do, register writes included. In the end nothing may be lost, doubled or left behind.
 */
#include "pure.h"

static unsigned int next_word(unsigned int *seed);
#define rand_r next_word
#define main unit_main
#include "unit/vgic_random.c"
#undef main
#undef rand_r

static struct input in;

/* Two bytes, spread over all bits: users take remainders and masks. */
static unsigned int next_word(unsigned int *seed)
{
	unsigned int v = bytes(&in, 2) * 0x9e3779b1u;

	(void)seed;
	return v ^ v >> 15;
}

/* Registers that the model's guests never write, as a hostile one does: they must hold what they show. */
static void banks(void)
{
	struct av_vgic_access a = at(&cpus[bytes(&in, 1) % NR_VCPUS], bytes(&in, 1) % NR_IRQS & ~31U);
	u32 bits = bytes(&in, 4), before, after;

	switch (bytes(&in, 1) % 3) {
	case 0:
		before = av_vgic_read_group(&a);
		av_vgic_write_group(&a, bits);
		after = av_vgic_read_group(&a);
		REQUIRE(after == bits);
		av_vgic_write_group(&a, before);
		break;
	case 1:
		before = av_vgic_read_enable(&a);
		av_vgic_write_senable(&a, bits);
		after = av_vgic_read_enable(&a);
		REQUIRE(after == (before | bits));
		av_vgic_write_cenable(&a, bits);
		REQUIRE(av_vgic_read_enable(&a) == (before & ~bits));
		break;
	case 2:
		a.intid &= ~3U;
		av_vgic_write_prio(&a, bits & 0xf0f0f0f0);
		REQUIRE(av_vgic_read_prio(&a) == (bits & 0xf0f0f0f0));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int steps = 0;

	in = (struct input){ data, data + size };
	srand(bytes(&in, 2));
	drain_steps = 12000;
	start_random(1 + bytes(&in, 1) % 6);
	while (more(&in) && steps++ < 3000) {
		unsigned int what = bytes(&in, 1);

		if (what < 80)
			device_step(NULL);
		else if (what < 88)
			banks();
		else
			vcpu_step(&cpus[what % NR_VCPUS], true, NULL);
	}
	drain();
	REQUIRE(clean());
	return 0;
}
