// SPDX-License-Identifier: GPL-2.0
/*
 * Saving a VM: its memory, without the pages that are zeroes, as those are that the guest never touched; and its tags,
 * if it has some, which a page of zeroes may have, too.
 *
 * Owns: nothing. Locks: none; main thread, while no vCPU runs and no device serves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "save.h"

#define PAGE	SZ_4K
#define RUN_MAX	(1UL << 20)	/* bytes of one record, about */
#define GRANULE	16		/* bytes that have a tag */

static bool is_zero(const __u8 *page)
{
	static const __u8 zeroes[PAGE];

	return !memcmp(page, zeroes, PAGE);
}

/* The pages from offset on that are not zeroes, as far as they lie together. */
static __u64 run_length(struct vm *vm, __u64 offset)
{
	__u64 len = 0;

	while (len < RUN_MAX && offset + len < opt.mem_size && !is_zero(vm->ram + offset + len))
		len += PAGE;
	return len;
}

const char *save_memory(struct vm *vm, struct save_stream *to)
{
	__u8 *record = malloc(sizeof(__u64) + RUN_MAX);
	__u64 offset, ipa, len = 0;
	const char *wrong = NULL;

	if (!record)
		return "memory to write it";
	progress_begin("saving memory");
	for (offset = 0; offset < opt.mem_size && !wrong; offset += len ? len : PAGE) {
		if (len || !(offset % RUN_MAX)) {
			progress(offset, opt.mem_size);
			if (console_is_to_end(vm)) {
				wrong = SAVE_ENDED;
				break;
			}
		}
		len = run_length(vm, offset);
		if (!len)
			continue;
		ipa = RAM_BASE + offset;
		memcpy(record, &ipa, sizeof(ipa));
		memcpy(record + sizeof(ipa), vm->ram + offset, len);
		if (!save_put(to, SAVE_MEMORY, 0, record, sizeof(ipa) + len))
			wrong = SAVE_CANT_WRITE;
	}
	progress_end();
	free(record);
	return wrong;
}

const char *restore_memory(struct vm *vm, const void *bytes, size_t size)
{
	__u64 ipa, len = size - sizeof(ipa);
	void *at;

	errno = 0;
	if (size < sizeof(ipa))
		return SAVE_DAMAGED;
	memcpy(&ipa, bytes, sizeof(ipa));
	at = vm_ram(vm, ipa, len);
	if (!at)
		return "damaged: memory outside of the guest's";
	memcpy(at, (const __u8 *)bytes + sizeof(ipa), len);
	return NULL;
}

static bool copy_tags(struct vm *vm, __u64 ipa, __u64 len, void *tags, __u64 how)
{
	struct kvm_arm_copy_mte_tags copy = { .guest_ipa = ipa, .length = len, .addr = tags, .flags = how };
	int ret = ioctl(vm->fd, KVM_ARM_MTE_COPY_TAGS, &copy);

	if (ret >= 0)
		errno = 0;
	return ret >= 0 && (__u64)ret == len;
}

static bool are_zero(const __u8 *tags, __u64 nr)
{
	while (nr--) {
		if (*tags++)
			return false;
	}
	return true;
}

const char *save_tags(struct vm *vm, struct save_stream *to)
{
	__u8 *record = malloc(sizeof(__u64) + RUN_MAX / GRANULE);
	const char *wrong = record ? NULL : "memory to write it";
	__u64 offset, len, ipa;

	for (offset = 0; opt.mte && offset < opt.mem_size && !wrong; offset += len) {
		len = opt.mem_size - offset < RUN_MAX ? opt.mem_size - offset : RUN_MAX;
		ipa = RAM_BASE + offset;
		memcpy(record, &ipa, sizeof(ipa));
		if (!copy_tags(vm, ipa, len, record + sizeof(ipa), KVM_ARM_TAGS_FROM_GUEST))
			wrong = "memory's tags can't be read";
		else if (!are_zero(record + sizeof(ipa), len / GRANULE) &&
			 !save_put(to, SAVE_TAGS, 0, record, sizeof(ipa) + len / GRANULE))
			wrong = SAVE_CANT_WRITE;
	}
	free(record);
	return wrong;
}

const char *restore_tags(struct vm *vm, void *bytes, size_t size)
{
	__u64 ipa, len = (size - sizeof(ipa)) * GRANULE;

	errno = 0;
	if (size < sizeof(ipa))
		return SAVE_DAMAGED;
	memcpy(&ipa, bytes, sizeof(ipa));
	if (!vm_ram(vm, ipa, len))
		return "damaged: tags of memory outside of the guest's";
	if (!copy_tags(vm, ipa, len, (__u8 *)bytes + sizeof(ipa), KVM_ARM_TAGS_TO_GUEST))
		return "memory's tags can't be written";
	return NULL;
}
