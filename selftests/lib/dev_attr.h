/* SPDX-License-Identifier: GPL-2.0 */
/* Device attributes, briefly; each returns 0 or -errno. */
#ifndef SELFTESTS_DEV_ATTR_H
#define SELFTESTS_DEV_ATTR_H

#include "gic.h"

static inline int set64(int fd, u32 group, u64 attr, u64 v)
{
	return dev_attr(fd, KVM_SET_DEVICE_ATTR, group, attr, &v);
}

static inline int set32(int fd, u32 group, u64 attr, u32 v)
{
	return dev_attr(fd, KVM_SET_DEVICE_ATTR, group, attr, &v);
}

static inline int get64(int fd, u32 group, u64 attr, u64 *v)
{
	return dev_attr(fd, KVM_GET_DEVICE_ATTR, group, attr, v);
}

static inline int get32(int fd, u32 group, u64 attr, u32 *v)
{
	return dev_attr(fd, KVM_GET_DEVICE_ATTR, group, attr, v);
}

static inline int has(int fd, u32 group, u64 attr)
{
	return dev_attr(fd, KVM_HAS_DEVICE_ATTR, group, attr, NULL);
}

#endif
