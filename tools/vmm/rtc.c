// SPDX-License-Identifier: GPL-2.0
/*
 * The clock that tells the day: a PL031 (Arm DDI 0224), which counts seconds. It begins with the host's time; what a
 * guest sets is kept as the difference. UEFI asks it for the time of day.
 *
 * Owns: struct rtc. Locks: rtc.lock, taken inside.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

/* Registers, by offset */
#define RTCDR		0x000		/* seconds */
#define RTCMR		0x004		/* when the alarm is */
#define RTCLR		0x008		/* sets the seconds */
#define RTCCR		0x00c
#define RTCIMSC		0x010
#define RTCRIS		0x014
#define RTCMIS		0x018
#define RTCICR		0x01c
#define RTCID		0xfe0		/* eight bytes, one per word */

/* PrimeCell identification: part 0x031, designer Arm */
static const __u8 rtc_id[8] = {
	0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1
};

/* What --save writes of it: the clock goes on with the host's. */
struct rtc_saved {
	__u32	difference;		/* guest's seconds less the host's */
	__u32	alarm, set;		/* RTCMR, RTCLR */
	__u32	mask, raised;		/* bit 0 */
};

static struct {
	pthread_mutex_t		lock;
	struct rtc_saved	regs;
	int			timer_fd;	/* readable when it is time for the alarm */
} rtc = { .lock = PTHREAD_MUTEX_INITIALIZER };

static __u32 seconds(void)
{
	return (__u32)time(NULL) + rtc.regs.difference;
}

static void update_line(struct vm *vm)
{
	vm_set_spi(vm, RTC_SPI, rtc.regs.raised & rtc.regs.mask);
}

/*
 * The alarm is when the count is the alarm's: in the host's seconds, all of 32 bits ahead of now. A clock of the host
 * that is set is noticed (CLOCK_REALTIME).
 */
static void arm(void)
{
	struct itimerspec when = {
		.it_value.tv_sec = time(NULL) + (__u32)(rtc.regs.alarm - seconds()),
	};

	if (timerfd_settime(rtc.timer_fd, TFD_TIMER_ABSTIME, &when, NULL))
		warn("the clock's alarm: %m");
}

void rtc_create(void)
{
	rtc.timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (rtc.timer_fd < 0)
		die_errno("timerfd_create");
}

/* The time that the guest has set stays: a clock with a battery. */
void rtc_reset(struct vm *vm)
{
	pthread_mutex_lock(&rtc.lock);
	rtc.regs.alarm = 0;
	rtc.regs.mask = 0;
	rtc.regs.raised = 0;
	timerfd_settime(rtc.timer_fd, 0, &(struct itimerspec){ 0 }, NULL);
	update_line(vm);
	pthread_mutex_unlock(&rtc.lock);
}

/* For the main thread's poll(). */
int rtc_fd(void)
{
	return rtc.timer_fd;
}

void rtc_alarm(struct vm *vm)
{
	__u64 times;

	if (read(rtc.timer_fd, &times, sizeof(times)) != sizeof(times))
		return;
	pthread_mutex_lock(&rtc.lock);
	rtc.regs.raised = 1;
	update_line(vm);
	pthread_mutex_unlock(&rtc.lock);
}

static __u32 read_reg(__u64 offset)
{
	switch (offset) {
	case RTCDR:
		return seconds();
	case RTCMR:
		return rtc.regs.alarm;
	case RTCLR:
		return rtc.regs.set;
	case RTCCR:
		return 1;		/* counts always */
	case RTCIMSC:
		return rtc.regs.mask;
	case RTCRIS:
		return rtc.regs.raised;
	case RTCMIS:
		return rtc.regs.raised & rtc.regs.mask;
	}
	if (offset >= RTCID && offset % 4 == 0)
		return rtc_id[(offset - RTCID) / 4];
	return 0;
}

__u64 rtc_read(struct vm *vm, __u64 offset, unsigned int len)
{
	__u32 value;

	(void)vm;
	(void)len;
	pthread_mutex_lock(&rtc.lock);
	value = read_reg(offset);
	pthread_mutex_unlock(&rtc.lock);
	return value;
}

void rtc_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	(void)len;
	pthread_mutex_lock(&rtc.lock);
	switch (offset) {
	case RTCMR:
		rtc.regs.alarm = value;
		arm();
		break;
	case RTCLR:
		rtc.regs.set = value;
		rtc.regs.difference = (__u32)value - (__u32)time(NULL);
		arm();
		break;
	case RTCIMSC:
		rtc.regs.mask = value & 1;
		break;
	case RTCICR:
		rtc.regs.raised &= ~value;
		break;
	}
	update_line(vm);
	pthread_mutex_unlock(&rtc.lock);
}

size_t rtc_save(void *to)
{
	pthread_mutex_lock(&rtc.lock);
	memcpy(to, &rtc.regs, sizeof(rtc.regs));
	pthread_mutex_unlock(&rtc.lock);
	return sizeof(rtc.regs);
}

bool rtc_restore(struct vm *vm, const void *from, size_t size)
{
	if (size != sizeof(rtc.regs))
		return false;
	pthread_mutex_lock(&rtc.lock);
	memcpy(&rtc.regs, from, size);
	rtc.regs.mask &= 1;
	rtc.regs.raised &= 1;
	arm();
	update_line(vm);
	pthread_mutex_unlock(&rtc.lock);
	return true;
}
