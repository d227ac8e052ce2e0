// SPDX-License-Identifier: GPL-2.0
/*
 * The ITS, whole: decoder of commands, walks of tables of one and two levels, save and restore, registers, LPIs, with
 * a guest memory of random content, against a model that does the same in another way (its_model.h). Two ITSes share
 * the LPIs; vCPUs of the unit tests' world take them. After each step all that is mapped, each LPI's state, the
 * registers and what was written to memory are compared. Some runs go without the model: there, allocations fail, and
 * the counts must be right all the same.
 */
#include "pure.h"

#include "unit/shim/vgic_vm.h"
#undef lockdep_assert_held
#define lockdep_assert_held(l)	((void)(l))

#include "its_kernel.h"

static bool av_vgic_host_is_v2(void)
{
	return false;
}

static int av_vcpus_trylock_all(struct av_vm *v)
{
	(void)v;
	return 0;
}

static void av_vcpus_unlock_all(struct av_vm *v)
{
	(void)v;
}

int av_vgic_set_addr_once(struct av_vm *v, u64 *base, u64 addr, u64 size)
{
	(void)v;
	(void)size;
	*base = addr;
	return 0;
}

void *av_vgic_alloc_words(size_t size)
{
	void *words = shim_no_memory() ? NULL : aligned_alloc(4096, size);

	return words ? memset(words, 0, size) : NULL;
}

void av_vgic_free_words(void *words, size_t size)
{
	(void)size;
	free(words);
}

#undef lockdep_assert_held
#define lockdep_assert_held(l)	SHIM_REQUIRE((l)->held)
#include "vgic/lpi_tables.c"
#include "vgic/its_map.c"
#include "vgic/its_cmd.c"
#include "vgic/its_tables.c"
#define find find_its_row
#include "vgic/its_regs.c"
#undef find
#include "vgic/its.c"

#include "its_model.h"
#include "its_model_tables.h"

#define ITS_ADDR(n)	(0x08080000UL + (n) * AV_ITS_SIZE)

static struct input in;
static struct memory memory;
static struct av_its *itses[NR_ITS];
static bool with_model;
static u32 fail_in, signal_in;		/* the n-th allocation fails, the n-th look finds a signal; 0: none */

void shim_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

bool shim_no_memory(void)
{
	return fail_in && !--fail_in;
}

bool shim_signal(void)
{
	return signal_in && !--signal_in;
}

int av_mm_read_guest(struct av_vm *v, u64 ipa, void *to, u64 len)
{
	u8 *p = mem_at(&memory, ipa, len, false);

	(void)v;
	if (!p)
		return -EFAULT;
	memcpy(to, p, len);
	return 0;
}

int av_mm_write_guest(struct av_vm *v, u64 ipa, const void *from, u64 len)
{
	u8 *p = mem_at(&memory, ipa, len, true);

	(void)v;
	/* Nothing is written with the lock of events held. */
	SHIM_REQUIRE(!itses[0]->events.xa_lock.held && !itses[1]->events.xa_lock.held);
	if (!p)
		return -EFAULT;
	memcpy(p, from, len);
	return 0;
}

/* Written by the guest. */
static void poke(u64 addr, u64 v)
{
	u8 *p = mem_at(&memory, addr, 8, true);

	if (p)
		memcpy(p, &v, 8);
	m_write(addr, &v, 8);
}

/* ---- a VM -------------------------------------------------------------------------------------------------- */

static void start(void)
{
	u32 i, n;
	u64 v;

	new_vm(4);
	kick_exits = true;
	vm.vgic.lpis[0] = NULL;
	vm.vgic.its = NULL;
	memset(memory.there, 0, sizeof(memory.there));
	memset(memory.written, 0, sizeof(memory.written));
	memset(model_memory.there, 0, sizeof(model_memory.there));
	memset(model_memory.written, 0, sizeof(model_memory.written));
	fail_in = 0;
	signal_in = 0;
	m_reset();
	for (n = 0; n < NR_ITS; n++) {
		struct kvm_device_attr addr = { .group = KVM_DEV_ARM_VGIC_GRP_ADDR, .attr = KVM_VGIC_ITS_ADDR_TYPE };

		v = ITS_ADDR(n);
		addr.addr = (uintptr_t)&v;
		REQUIRE(!av_vgic_create_its(&vm, false, &itses[n]));
		REQUIRE(!av_vgic_its_set_attr(itses[n], &addr));
		m_reset_its(n);
	}
	vm.vgic.propbaser = BLOCK(PROP) | 15;
	m_propbaser = vm.vgic.propbaser;
	for (i = 0; i < NR_VCPUS; i++) {
		cpus[i].vgic.pendbaser = BLOCK(PEND + i);
		m_pendbaser[i] = BLOCK(PEND + i);
	}
}

/* Both see the same access; a store that a signal interrupted is made again. */
static void mmio(u32 its, u32 offset, u32 len, u64 v)
{
	u32 tries = 0;
	u64 data = v;

	while (av_vgic_its_mmio(&cpus[0], ITS_ADDR(its) + offset, len, true, &data) == AV_GIC_AGAIN) {
		REQUIRE(tries++ < 2);
		data = v;
	}
	if (with_model)
		m_write_reg(its, offset, len, v);
}

static u64 mmio_read(u32 its, u32 offset)
{
	u64 data = 0;

	REQUIRE(av_vgic_its_mmio(&cpus[0], ITS_ADDR(its) + offset, 8, false, &data) == AV_GIC_DONE);
	return data;
}

static int attribute(u32 its, u32 group, u64 what, u64 *v)
{
	struct kvm_device_attr attr = { .group = group, .attr = what, .addr = (uintptr_t)v };

	return av_vgic_its_set_attr(itses[its], &attr);
}

static void control_its(u32 its, u64 what)
{
	int ret = attribute(its, KVM_DEV_ARM_VGIC_GRP_CTRL, what, NULL);

	if (!with_model)
		return;
	if (what == KVM_DEV_ARM_ITS_CTRL_RESET)
		m_reset_its(its);
	else if (what == KVM_DEV_ARM_ITS_SAVE_TABLES)
		REQUIRE(m_save(its) == !ret);
	else if (what == KVM_DEV_ARM_ITS_RESTORE_TABLES)
		REQUIRE(m_restore(its) == !ret);
}

static void user_reg(u32 its, u64 offset, u64 v)
{
	struct m_its *m = &m_itses[its];
	int ret = attribute(its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, offset, &v);

	if (!with_model)
		return;
	switch (offset) {
	case GITS_CTLR:
		m_write_reg(its, offset, 4, v);
		break;
	case GITS_CREADR:
		if (m->enabled) {
			REQUIRE(ret == -EBUSY);
		} else if ((v & 0xfffe0) >= ((m->cbaser & 255) + 1) * 4096) {
			REQUIRE(ret == -EINVAL);
		} else {
			REQUIRE(!ret);
			m->creadr = v & 0xfffe0;
		}
		break;
	case GITS_IIDR:
		REQUIRE(ret == (v >> 12 & 15 ? -EINVAL : 0));
		break;
	default:
		if (offset % 8 == 0)
			m_write_reg(its, offset, 8, v);
	}
}

/* ---- what must be so --------------------------------------------------------------------------------------- */

static bool is_pending(const struct av_vgic_lpis *part, u32 lpi)
{
	const struct av_vgic_block *b = &part->block[lpi % AV_LPI_PART / 32];
	u32 i, k;

	if (b->latch & BIT(lpi % 32))
		return true;
	for (i = 0; i < NR_VCPUS; i++)
		for (k = 0; cpus[i].in_guest && k < cpus[i].ctx->gic.used_lrs; k++)
			if (cpus[i].ctx->gic.lr_intid[k] == lpi && (cpus[i].ctx->gic.lr[k] & ICH_LR_PENDING))
				return true;
	return false;
}

/* Counts and bounds: of each LPI so many events as it says, all devices known, nothing left of what is not mapped. */
static void counts(void)
{
	static u32 maps[MODEL_LPIS];
	u32 n, lpi;

	memset(maps, 0, sizeof(maps));
	for (n = 0; n < NR_ITS; n++) {
		struct av_its *its = itses[n];
		unsigned long event;
		void *entry;

		REQUIRE(its->nr_events == its->events.nr && its->nr_events <= AV_ITS_MAX_EVENTS);
		REQUIRE(its->devices.nr <= AV_ITS_IDS);
		REQUIRE(its->creadr < AV_ITS_QUEUE_SIZE(its->cbaser) && its->cwriter < AV_ITS_QUEUE_SIZE(its->cbaser));
		xa_for_each(&its->events, event, entry) {
			void *dte = xa_load(&its->devices, event >> AV_ITS_ID_BITS);

			REQUIRE(dte && event % AV_ITS_IDS < BIT((xa_to_value(dte) & DTE_SIZE) + 1));
			lpi = av_ite_lpi(xa_to_value(entry));
			REQUIRE(lpi >= AV_VGIC_LPI_FIRST && lpi < AV_VGIC_LPI_END && av_lpi_part(&vm, lpi));
			maps[lpi - AV_VGIC_LPI_FIRST]++;
		}
	}
	for (n = 0; n < AV_LPI_PARTS; n++) {
		const struct av_vgic_lpis *part = vm.vgic.lpis[n];

		for (lpi = 0; part && lpi < AV_LPI_PART; lpi++) {
			bool mapped = part->block[lpi / 32].mapped & BIT(lpi % 32);

			REQUIRE(part->maps[lpi] == maps[n * AV_LPI_PART + lpi] && mapped == !!part->maps[lpi]);
			if (lpi % 32 == 0)
				REQUIRE(!((part->block[lpi / 32].enabled | part->block[lpi / 32].latch) &
					  ~part->block[lpi / 32].mapped));
		}
	}
}

static u32 nr_collections(const struct av_its *its)
{
	u32 icid, i, nr = 0;
	u64 four;

	for (icid = 0; icid < AV_ITS_IDS; icid += 4) {
		memcpy(&four, its->collections + icid, sizeof(four));
		for (i = 0; four && i < 4; i++)
			nr += av_its_has_collection(its, icid + i);
	}
	return nr;
}

static void same_mappings(u32 n)
{
	struct av_its *its = itses[n];
	u32 i, devices = 0, collections = 0, events = 0;

	for (i = 0; i < m_nr_devices; i++) {
		const struct m_device *d = &m_devices[i];
		u64 v;

		if (d->its != n)
			continue;
		REQUIRE(av_its_get(&its->devices, d->dev, &v) == d->there);
		REQUIRE(!d->there || v == (d->itt >> 8 << 5 | (d->bits - 1)));
		devices += d->there;
	}
	for (i = 0; i < m_nr_collections; i++) {
		const struct m_collection *c = &m_collections[i];

		if (c->its != n)
			continue;
		REQUIRE(av_its_has_collection(its, c->icid) == c->there);
		REQUIRE(!c->there || its->collections[c->icid] - AV_ITS_COLLECTION == c->vcpu);
		collections += c->there;
	}
	for (i = 0; i < m_nr_events; i++) {
		const struct m_event *e = &m_events[i];
		u64 v;

		if (e->its != n)
			continue;
		REQUIRE(av_its_get(&its->events, AV_ITS_EVENT(e->dev, e->ev), &v) == e->there);
		REQUIRE(!e->there || v == ((u64)e->lpi << 16 | e->icid));
		events += e->there;
	}
	REQUIRE(its->devices.nr == devices && nr_collections(its) == collections && its->events.nr == events);
}

static void same_registers(u32 n)
{
	const struct m_its *m = &m_itses[n];

	REQUIRE(itses[n]->enabled == m->enabled);
	REQUIRE(mmio_read(n, GITS_CBASER) == m->cbaser);
	REQUIRE(mmio_read(n, GITS_CWRITER) == m->cwriter);
	REQUIRE(mmio_read(n, GITS_CREADR) == m->creadr);
	REQUIRE(mmio_read(n, GITS_BASER) == m->baser[0]);
	REQUIRE(mmio_read(n, GITS_BASER + 8) == m->baser[1]);
}

static void same_lpis(void)
{
	u32 i;

	m_for_each_lpi(i, 1) {
		const struct m_lpi *l = &m_lpis[i];
		const struct av_vgic_lpis *part = vm.vgic.lpis[i / AV_LPI_PART];
		const struct av_vgic_block *b;
		u32 n = i % AV_LPI_PART;

		if (!m_is_mapped(i))
			continue;
		REQUIRE(part);
		b = &part->block[n / 32];
		REQUIRE(part->maps[n] == l->maps);
		REQUIRE(part->target[n] == (l->target == NOBODY ? AV_VGIC_NOBODY : l->target));
		REQUIRE(!!(b->enabled & BIT(n % 32)) == l->enabled);
		REQUIRE(b->prio[n % 32] == l->prio);
		REQUIRE(is_pending(part, i + AV_VGIC_LPI_FIRST) == l->pending);
	}
}

/* What one of them wrote and the other one did not. */
static void same_memory(void)
{
	u32 page;

	for (page = 0; page < MEM_PAGES; page++) {
		if (!memory.written[page] && !model_memory.written[page])
			continue;
		mem_at(&memory, MEM_BASE + page * 4096UL, 1, false);
		mem_at(&model_memory, MEM_BASE + page * 4096UL, 1, false);
		REQUIRE(!memcmp(memory.bytes + page * 4096, model_memory.bytes + page * 4096, 4096));
	}
}

static void compare(void)
{
	u32 n;

	counts();
	for (n = 0; with_model && n < NR_ITS; n++) {
		same_mappings(n);
		same_registers(n);
	}
	if (!with_model)
		return;
	same_lpis();
	same_memory();
}

/* ---- vCPUs --------------------------------------------------------------------------------------------------- */

static bool deliverable(const struct av_vcpu *vcpu, u32 lpi)
{
	const struct m_lpi *l = &m_lpis[lpi - AV_VGIC_LPI_FIRST];

	return m_is_mapped(lpi - AV_VGIC_LPI_FIRST) && l->pending && l->enabled && l->target == (int)vcpu->idx &&
	       m_lpis_on[vcpu->idx];
}

/* The vCPU takes all that there is for it: what the model says, each once. */
static void take_lpis(struct av_vcpu *vcpu)
{
	u32 id, i, rounds = 0;
	bool any;

	do {
		any = false;
		if (!vcpu->in_guest)
			enter_guest(vcpu);
		while ((id = hw_ack(vcpu)) != 1023) {
			any = true;
			if (with_model) {
				REQUIRE(id >= AV_VGIC_LPI_FIRST && deliverable(vcpu, id));
				m_lpi(id)->pending = false;
			}
			hw_eoi(vcpu, id);
		}
		if (vcpu->in_guest)
			exit_guest(vcpu);
		REQUIRE(rounds++ < 20000);
	} while (any);
	if (with_model)
		m_for_each_lpi(i, 1)
			REQUIRE(!deliverable(vcpu, i + AV_VGIC_LPI_FIRST));
}

static void lpis_on(u32 cpu, u32 kind)
{
	struct av_vcpu *vcpu = &cpus[cpu];

	if (kind & 1 && !m_lpis_on[cpu] && !av_lpi_enabled(vcpu)) {
		u64 v = BLOCK(kind & 2 ? PEND + cpu : kind >> 4) | (u64)(kind >> 2 & 1) << 62;

		vcpu->vgic.pendbaser = v;
		m_pendbaser[cpu] = v;
	}
	av_lpi_write_ctlr(vcpu, kind & 1);
	if (with_model)
		m_enable_lpis(cpu, kind & 1);
}

/* ---- steps --------------------------------------------------------------------------------------------------- */

static u32 some_id(u32 few)
{
	u32 kind = bytes(&in, 1);

	return kind < 240 ? kind % few : kind < 248 ? bytes(&in, 2) : bytes(&in, 4);
}

static u64 some_lpi(void)
{
	u32 kind = bytes(&in, 1);

	return kind < 240 ? 8192 + kind % 80 : kind < 250 ? 8192 + bytes(&in, 2) % MODEL_LPIS : bytes(&in, 4);
}

static u32 some_device(void)
{
	u32 kind = bytes(&in, 1);

	return kind < 128 ? kind % 8 : kind < 240 ? 8190 + kind % 6 : some_id(8);
}

/* Mostly of those that there are, with fields that could be. */
static void make_command(u64 addr)
{
	static const u8 codes[] = { 8, 8, 9, 10, 10, 10, 10, 11, 1, 3, 3, 4, 5, 12, 13, 14, 15, 8, 9, 10 };
	u32 kind = bytes(&in, 1), flags = bytes(&in, 1), code = codes[kind % sizeof(codes)], i;
	u64 w[4] = { 0 };

	if (kind > 250) {
		for (i = 0; i < 4; i++)
			w[i] = bytes(&in, 8);
	} else {
		w[0] = code | (u64)some_device() << 32;
		w[2] = (u64)!!(flags & 7) << 63 | (u64)some_id(4) << 16 | (some_id(8) & 0xffff);
		w[3] = (u64)some_id(4) << 16;
		if (code == 8) {
			w[1] = flags >> 3 ? bytes(&in, 1) % 8 : bytes(&in, 1);
			w[2] = (w[2] & 1UL << 63) | (BLOCK(ITTS) + bytes(&in, 1) * 0x200);
		} else if (code == 11) {
			w[1] = some_lpi();
		} else {
			w[1] = some_lpi() << 32 | some_id(12);
		}
	}
	for (i = 0; i < 4; i++)
		poke(addr + i * 8, w[i]);
}

static void commands(u32 its)
{
	u64 size = AV_ITS_QUEUE_SIZE(itses[its]->cbaser), at = itses[its]->cwriter;
	u32 nr = 1 + bytes(&in, 1) % 8;

	for (; nr; nr--) {
		make_command(GITS_CBASER_ADDRESS(itses[its]->cbaser) + at);
		at = (at + 32) % size;
	}
	mmio(its, GITS_CWRITER, 8, at);
}

/* So that there is an ITS to speak of. */
static void set_up(u32 its, u32 kind)
{
	u32 cpu;

	mmio(its, GITS_CTLR, 4, 0);
	mmio(its, GITS_BASER, 8, 1UL << 63 | (u64)(kind & 1) << 62 | BLOCK(DEVICES) | (kind >> 3 & 1));
	mmio(its, GITS_BASER + 8, 8, 1UL << 63 | BLOCK(COLLECTIONS));
	mmio(its, GITS_CBASER, 8, 1UL << 63 | (BLOCK(QUEUE) + its * 0x8000) | (kind & 6) / 2 % 2);
	if (kind & 1) {
		poke(BLOCK(DEVICES), 1UL << 63 | BLOCK(LEVEL2));
		poke(BLOCK(DEVICES) + 8, 1UL << 63 | BLOCK(LEVEL2 + 1));
	}
	for (cpu = 0; cpu < NR_VCPUS; cpu++)
		lpis_on(cpu, kind & 16 ? 3 : 7);
	mmio(its, GITS_CTLR, 4, 1);
}

static void any_register(u32 its)
{
	static const u32 offsets[] = { GITS_CTLR, GITS_CBASER, GITS_CWRITER, GITS_CREADR, GITS_BASER, GITS_BASER + 8,
				       GITS_BASER + 16, GITS_IIDR, GITS_TYPER };
	u32 kind = bytes(&in, 1), len = 4 << (kind & 1), offset = offsets[bytes(&in, 1) % 9] + (kind & 2) * 2;
	u64 v = take_number(&in);

	if (kind & 4)
		v = 1UL << 63 | BLOCK(bytes(&in, 1) % BLOCKS) | bytes(&in, 1);
	if (kind > 248)
		offset = bytes(&in, 3) % AV_ITS_SIZE;
	if (kind > 252)
		len = 1 << bytes(&in, 1) % 4;
	if (kind & 8)
		user_reg(its, offset & ~(kind & 16 ? 7U : 3U), v);
	else
		mmio(its, offset, len, v);
}

static void msi_comes(u32 its)
{
	struct av_vgic_msi msi = { .addr = ITS_ADDR(its) + GITS_TRANSLATER, .devid = some_device(), .has_devid = true };
	int ret, want;
	u32 i;

	msi.data = some_id(12);
	/* A vCPU in its guest may get it from EL2, and stays there. */
	kick_exits = false;
	ret = av_vgic_msi(&vm, &msi);
	kick_exits = true;
	for (i = 0; i < NR_VCPUS; i++)
		if (cpus[i].in_guest && cpus[i].kicked && !el2_takes_lpis(&cpus[i]))
			exit_guest(&cpus[i]);
	if (!with_model)
		return;
	m_trigger(its, msi.devid, msi.data, &want);
	REQUIRE(ret == want);
}

static void table_entry(void)
{
	u32 kind = bytes(&in, 1), block = kind % BLOCKS;
	u64 v = kind & 128 ? shaped(block, mix(bytes(&in, 4))) : bytes(&in, 8);

	poke(BLOCK(block) + bytes(&in, 2) % (kind & 64 ? 32 : 8192) * 8, v);
}

static void invalidate(u32 kind)
{
	u32 lpi, cpu = kind % NR_VCPUS;

	if (kind & 4) {
		lpi = some_lpi();
		av_lpi_write_inv(&cpus[cpu], lpi);
		if (with_model && m_lpis_on[cpu] && lpi >= 8192 && lpi < 65536 && m_lpi(lpi)->maps)
			m_inv(lpi);
	} else {
		av_lpi_write_inv_all(&cpus[cpu]);
		if (with_model && m_lpis_on[cpu])
			m_inv_all(cpu);
	}
}

static void step(void)
{
	u32 what = bytes(&in, 1), its = what & 1;

	if (!with_model && bytes(&in, 1) < 64)
		fail_in = 1 + bytes(&in, 1) % 4;
	if (what % 16 == 7)
		signal_in = 1 + bytes(&in, 1) % 4;
	switch (what / 2 % 32) {
	case 0 ... 11:
		commands(its);
		break;
	case 12:
		set_up(its, bytes(&in, 1));
		break;
	case 13 ... 14:
		any_register(its);
		break;
	case 15 ... 18:
		msi_comes(its);
		break;
	case 19 ... 20:
		table_entry();
		break;
	case 21:
		control_its(its, KVM_DEV_ARM_ITS_SAVE_TABLES);
		break;
	case 22:
		control_its(its, KVM_DEV_ARM_ITS_RESTORE_TABLES);
		break;
	case 23:
		control_its(its, KVM_DEV_ARM_ITS_CTRL_RESET);
		break;
	case 24:
		lpis_on(bytes(&in, 1) % NR_VCPUS, bytes(&in, 1));
		break;
	case 25:
		invalidate(bytes(&in, 1));
		break;
	case 26 ... 27:
		/* Its list registers are full, and it stays there. */
		if (!cpus[what >> 6].in_guest)
			enter_guest(&cpus[what >> 6]);
		break;
	default:
		take_lpis(&cpus[what >> 6]);
	}
	signal_in = 0;
	fail_in = 0;
}

static void finish(void)
{
	struct seq_file seq = { 0 };
	u32 i;

	av_vgic_its_show(&seq, &vm);
	for (i = 0; i < NR_VCPUS; i++)
		take_lpis(&cpus[i]);
	compare();
	for (i = 0; i < NR_ITS; i++)
		control_its(i, KVM_DEV_ARM_ITS_CTRL_RESET);
	compare();
	for (i = 0; i < NR_ITS; i++)
		REQUIRE(!itses[i]->events.nr && !itses[i]->devices.nr && !nr_collections(itses[i]));
	av_vgic_its_destroy(&vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 steps = 0;

	in = (struct input){ data, data + size };
	with_model = bytes(&in, 1) % 8;
	content = bytes(&in, 8);
	start();
	set_up(0, bytes(&in, 1));
	while (more(&in) && steps++ < 200) {
		step();
		compare();
	}
	finish();
	return 0;
}
