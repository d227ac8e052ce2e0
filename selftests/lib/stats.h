/* SPDX-License-Identifier: GPL-2.0 */
/* Statistics descriptors (KVM_GET_STATS_FD), and armvcpu's switch of the fast path; host half only. */
#ifndef SELFTESTS_STATS_H
#define SELFTESTS_STATS_H

#include "vm.h"

#define STAT_NAME_SIZE	48

struct stat_desc {
	u32 flags;
	s16 exponent;
	u16 size;
	u32 offset;
	u32 bucket_size;
	char name[STAT_NAME_SIZE];
};

/* Everything that a descriptor's file says about itself. */
struct stats {
	int fd;
	struct kvm_stats_header header;
	char id[STAT_NAME_SIZE];
	struct stat_desc *desc;
	size_t data_size;
};

/* Of a VM's or a vCPU's descriptor; ends the test if there are none. */
struct stats *stats_open(int fd);
void stats_close(struct stats *s);
int stats_find(const struct stats *s, const char *name);	/* index, or -1 */
u64 stats_value(const struct stats *s, const char *name);	/* the first number; the name must exist */

/* The newest VM of this process: 1 and 0 as armvcpu's debugfs has it; -1 without it, as on KVM. */
int fast_path_get(void);
int fast_path_set(int on);		/* 0 or -errno */
int fast_path_open(const char *file, int flags);	/* a file of the VM's directory; fd or -errno */

#endif
