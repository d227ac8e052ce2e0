// SPDX-License-Identifier: GPL-2.0
/*
 * Saving a VM: its memory, without the pages that are zeroes, as those are that the guest never touched.
 *
 * Owns: nothing. Locks: none; main thread, while no vCPU runs and no device serves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "save.h"

#define PAGE	SZ_4K
#define RUN_MAX	(1UL << 20)	/* bytes of one record, about */

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
	__u64 offset, len, ipa;
	const char *wrong = NULL;

	if (!record)
		return "memory to write it";
	progress_begin("saving memory");
	for (offset = 0; offset < opt.mem_size && !wrong; offset += len ? len : PAGE) {
		len = run_length(vm, offset);
		if (!len)
			continue;
		ipa = RAM_BASE + offset;
		memcpy(record, &ipa, sizeof(ipa));
		memcpy(record + sizeof(ipa), vm->ram + offset, len);
		if (!save_put(to, SAVE_MEMORY, 0, record, sizeof(ipa) + len))
			wrong = SAVE_CANT_WRITE;
		progress(offset, opt.mem_size);
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
