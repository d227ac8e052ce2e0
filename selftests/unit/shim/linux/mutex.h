/* SPDX-License-Identifier: GPL-2.0 */
#include "its_kernel.h"
