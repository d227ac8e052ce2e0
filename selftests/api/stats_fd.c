// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     KVM_GET_STATS_FD gives a descriptor for a VM and for a vCPU, at any time; its file is header, id,
 *            descriptors and data as Linux's own kvm_binary_stats_test asks; any part of it can be read at any
 *            offset, also when all other descriptors are closed; KVM's names come first, in KVM's order.
 * Reference: Documentation/virt/kvm/api.rst 4.133; kvm_binary_stats_test of 6.12; kvm-abi.md part 8.1.
 * A failure: shows the name of the statistic, or the offset.
 */
#include "harness.h"
#include "stats.h"

static void *volatile nowhere = (void *)8;

static const char * const vm_names[] = { "remote_tlb_flush", "remote_tlb_flush_requests" };
static const char * const vcpu_names[] = {
	"halt_successful_poll", "halt_attempted_poll", "halt_poll_invalid", "halt_wakeup",
	"halt_poll_success_ns", "halt_poll_fail_ns", "halt_wait_ns", "halt_poll_success_hist",
	"halt_poll_fail_hist", "halt_wait_hist", "blocking", "hvc_exit_stat", "wfe_exit_stat",
	"wfi_exit_stat", "mmio_exit_user", "mmio_exit_kernel", "signal_exits", "exits",
};

/* What the flags may say, and that the rest fits to it. */
static const char *bad_desc(const struct stat_desc *d)
{
	u32 type = d->flags & KVM_STATS_TYPE_MASK, unit = d->flags & KVM_STATS_UNIT_MASK;

	if (!memchr(d->name, 0, sizeof(d->name)) || !d->name[0])
		return "name";
	if (type > KVM_STATS_TYPE_MAX || unit > KVM_STATS_UNIT_MAX ||
	    (d->flags & KVM_STATS_BASE_MASK) > KVM_STATS_BASE_MAX)
		return "flags";
	if (unit == KVM_STATS_UNIT_SECONDS ? d->exponent > 0 : d->exponent < 0)
		return "exponent";
	if (unit == KVM_STATS_UNIT_BOOLEAN && d->exponent)
		return "exponent of a boolean";
	if (!d->size || (type < KVM_STATS_TYPE_LINEAR_HIST && d->size != 1))
		return "size";
	if (type == KVM_STATS_TYPE_LINEAR_HIST ? !d->bucket_size : d->bucket_size)
		return "bucket size";
	return d->offset % 8 ? "offset" : NULL;
}

/* 0, or the number of what is wrong. */
static int check_shape(const struct stats *s)
{
	const struct kvm_stats_header *h = &s->header;
	size_t descs = h->num_desc * sizeof(struct stat_desc);
	u64 *data = calloc(1, s->data_size), one[64];
	u32 i, j;

	if (h->flags || h->num_desc == 0 || strncmp(s->id, "kvm-", 4) || !memchr(s->id, 0, sizeof(s->id)))
		return 1;
	if (h->id_offset < sizeof(*h) || h->desc_offset < h->id_offset + h->name_size ||
	    h->data_offset < h->desc_offset + descs)
		return 2;
	for (i = 0; i < h->num_desc; i++) {
		const char *bad = bad_desc(&s->desc[i]);

		if (bad) {
			printf("# %.48s: %s\n", s->desc[i].name, bad);
			return 3;
		}
		if (s->desc[i].offset + s->desc[i].size * sizeof(u64) > s->data_size)
			return 4;
		for (j = 0; j < i; j++)
			if (!strcmp(s->desc[i].name, s->desc[j].name) ||
			    s->desc[i].offset == s->desc[j].offset)
				return 5;
	}
	if (pread(s->fd, data, s->data_size, h->data_offset) != s->data_size)
		return 6;
	for (i = 0; i < h->num_desc; i++) {
		size_t size = s->desc[i].size * sizeof(u64);

		if (pread(s->fd, one, size, h->data_offset + s->desc[i].offset) != size ||
		    memcmp(one, (char *)data + s->desc[i].offset, size))
			return 7;
	}
	free(data);
	return 0;
}

TEST(the_file_has_the_form_that_linux_tests)
{
	struct vm *vms[4];
	struct stats *s;
	char id[64];
	int i, j;

	for (i = 0; i < 4; i++) {
		vms[i] = vm_create();
		for (j = 0; j < 4; j++)
			vcpu_create(vms[i], j);
	}
	for (i = 0; i < 4; i++) {
		s = stats_open(vms[i]->fd);
		EXPECT_EQ(0, check_shape(s));
		snprintf(id, sizeof(id), "kvm-%d", getpid());
		EXPECT_STREQ(id, s->id);
		stats_close(s);
		for (j = 0; j < 4; j++) {
			s = stats_open(vms[i]->vcpus[j]->fd);
			EXPECT_EQ(0, check_shape(s));
			snprintf(id, sizeof(id), "kvm-%d/vcpu-%d", getpid(), j);
			EXPECT_STREQ(id, s->id);
			stats_close(s);
		}
	}
	for (i = 0; i < 4; i++)
		vm_free(vms[i]);
}

static void expect_names(struct __test_metadata *_metadata, const struct stats *s,
			 const char * const *names, size_t nr)
{
	size_t i;

	ASSERT_LE(nr, s->header.num_desc);
	for (i = 0; i < nr; i++)
		EXPECT_STREQ(names[i], s->desc[i].name);
}

TEST(kvm_s_names_come_first)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 5);
	struct stats *s = stats_open(vm->fd), *v = stats_open(vcpu->fd);
	const struct stat_desc *d;

	expect_names(_metadata, s, vm_names, ARRAY_SIZE(vm_names));
	expect_names(_metadata, v, vcpu_names, ARRAY_SIZE(vcpu_names));
	d = &v->desc[stats_find(v, "halt_wait_ns")];
	EXPECT_EQ(KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_SECONDS, d->flags);
	EXPECT_EQ(-9, d->exponent);
	d = &v->desc[stats_find(v, "halt_wait_hist")];
	EXPECT_EQ(KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS, d->flags);
	EXPECT_EQ(32, d->size);
	d = &v->desc[stats_find(v, "blocking")];
	EXPECT_EQ(KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_BOOLEAN, d->flags);
	d = &v->desc[stats_find(v, "exits")];
	EXPECT_EQ(KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE, d->flags);
	EXPECT_EQ(0, stats_value(v, "exits"));
	EXPECT_EQ(1, check_cap(vm->dev, KVM_CAP_BINARY_STATS_FD));
	stats_close(s);
	stats_close(v);
	vm_free(vm);
}

TEST(any_part_can_be_read_at_any_offset)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	struct stats *s = stats_open(vcpu->fd);
	size_t end = s->header.data_offset + s->data_size, o, n;
	char *all = malloc(end + 16), part[100];
	int fd;

	ASSERT_EQ(end, pread(s->fd, all, end + 16, 0));
	for (o = 0; o < end; o += 7) {
		n = end - o < sizeof(part) ? end - o : sizeof(part);
		ASSERT_EQ(n, pread(s->fd, part, sizeof(part), o))
			TH_LOG("at %zu of %zu", o, end);
		ASSERT_EQ(0, memcmp(all + o, part, n))
			TH_LOG("at %zu", o);
	}
	EXPECT_EQ(0, pread(s->fd, part, sizeof(part), end));
	EXPECT_EQ(0, pread(s->fd, part, sizeof(part), 1UL << 40));
	EXPECT_EQ(-1, pread(s->fd, part, sizeof(part), -1));
	EXPECT_EQ(EINVAL, errno);
	/* one after the other as well */
	EXPECT_EQ(24, read(s->fd, part, 24));
	EXPECT_EQ(0, memcmp(all, part, 24));
	EXPECT_EQ(48, read(s->fd, part, 48));
	EXPECT_STREQ(s->id, part);
	EXPECT_EQ(-1, pread(s->fd, nowhere, 8, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, write(s->fd, part, 1));
	EXPECT_EQ(EBADF, errno);
	fd = dup(s->fd);
	EXPECT_EQ(24, pread(fd, part, 24, 0));
	close(fd);
	free(all);
	stats_close(s);
	vm_free(vm);
}

TEST(they_outlive_the_other_descriptors)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 3);
	struct stats *s = stats_open(vm->fd), *v = stats_open(vcpu->fd);
	char link[64], name[64] = "";
	int fd = v->fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", v->fd);
	EXPECT_LT(0, readlink(link, name, sizeof(name) - 1));
	EXPECT_STREQ("anon_inode:kvm-vcpu-stats:3", name);
	vm_free(vm);
	EXPECT_EQ(0, check_shape(s));
	EXPECT_EQ(0, check_shape(v));
	EXPECT_EQ(-ENOTTY, kioctl(fd, KVM_GET_STATS_FD, 0));
	stats_close(s);
	EXPECT_EQ(0, check_shape(v));
	stats_close(v);
	EXPECT_EQ(-1, fcntl(fd, F_GETFD));
}

static void guest_stores(u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		writel(i, MMIO_IPA);
	GUEST_DONE();
}

/* An access that is user space's is an exit as any other. */
TEST(exits_have_those_to_user_space_in_them)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_stores, 50);
	struct stats *v = stats_open(vcpu->fd);
	int i;

	for (i = 0; i < 50; i++) {
		struct ucall uc;

		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	}
	vcpu_run_done(vcpu);
	EXPECT_LE(50, stats_value(v, "mmio_exit_user"));
	EXPECT_LE(stats_value(v, "mmio_exit_user"), stats_value(v, "exits"));
	stats_close(v);
	vm_free(vm);
}

SELFTEST_MAIN
