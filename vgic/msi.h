/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A message-signalled interrupt, as a device writes it to a doorbell.
 *
 * Runs at: anywhere. Owns: the layout.
 */
#ifndef AV_VGIC_MSI_H
#define AV_VGIC_MSI_H

#include "include/av_types.h"

struct av_vgic_msi {
	u64 addr;
	u32 data;
	u32 devid;
	bool has_devid;		/* an ITS does not work without */
};

#endif
