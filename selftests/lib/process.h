/* SPDX-License-Identifier: GPL-2.0 */
/* What a test asks of the host about itself. */
#ifndef SELFTESTS_PROCESS_H
#define SELFTESTS_PROCESS_H

void pin_to_cpu(unsigned int cpu);	/* the calling thread */
int module_use_count(void);		/* armvcpu's; KVM is no module on Debian: always 0 */
int nr_open_fds(void);			/* of those below 200 */

#endif
