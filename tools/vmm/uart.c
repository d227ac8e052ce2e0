// SPDX-License-Identifier: GPL-2.0
/*
 * The console's UART: a PL011 (Arm DDI 0183), which every arm64 kernel knows.
 *
 * A transmitted byte leaves at once, so the transmit FIFO is always empty. The
 * receive FIFO is as deep as the queue. Baud rate and line format are stored
 * and mean nothing; modem lines and DMA are not there.
 *
 * Owns: struct uart. Locks: uart.lock, taken inside; not held during output,
 * which may block.
 */
#define _GNU_SOURCE
#include <string.h>

#include "vmm.h"

/* Registers, by offset */
#define UARTDR		0x000
#define UARTFR		0x018
#define UARTILPR	0x020
#define UARTIBRD	0x024
#define UARTFBRD	0x028
#define UARTLCR_H	0x02c
#define UARTCR		0x030
#define UARTIFLS	0x034
#define UARTIMSC	0x038
#define UARTRIS		0x03c
#define UARTMIS		0x040
#define UARTICR		0x044
#define UARTDMACR	0x048
#define UARTID		0xfe0		/* eight bytes, one per word */

#define FR_CTS_DSR_DCD	0x07		/* the other side is there and ready */
#define FR_RXFE		0x10		/* receive FIFO empty */
#define FR_TXFE		0x80		/* transmit FIFO empty */

#define INT_RX		0x10
#define INT_TX		0x20
#define INT_RT		0x40		/* received, but less than a FIFO level */

/* PrimeCell identification: part 0x011, designer Arm, revision 1 */
static const __u8 uart_id[8] = {
	0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1
};

/* Polls in a row after which a guest is taken to receive by polling. */
#define POLLS		16

#define QUEUE_SIZE	4096

static struct {
	pthread_mutex_t	lock;

	__u32		ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, dmacr;
	__u32		tx_int;		/* INT_TX or 0 */
	unsigned int	polls;		/* reads of UARTFR since the last output */
	bool		line;		/* what the interrupt line was set to */

	__u8		queue[QUEUE_SIZE];
	size_t		head, count;
} uart = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Registers that keep what is written, in the bits that exist. */
static const struct {
	__u64	offset;
	__u32	mask;
	__u32	*value;
} plain_regs[] = {
	{ UARTILPR,	0x00ff, &uart.ilpr },
	{ UARTIBRD,	0xffff, &uart.ibrd },
	{ UARTFBRD,	0x003f, &uart.fbrd },
	{ UARTLCR_H,	0x00ff, &uart.lcr_h },
	{ UARTCR,	0xffff, &uart.cr },
	{ UARTIFLS,	0x003f, &uart.ifls },
	{ UARTIMSC,	0x07ff, &uart.imsc },
	{ UARTDMACR,	0x0007, &uart.dmacr },
};

/*
 * Is there a byte for the guest to see?
 *
 * When Linux opens the port it throws away what came in before, which would
 * lose the start of piped input. So input waits in the queue until the guest
 * listens: until it unmasks a receive interrupt, or polls and polls.
 */
static bool rx_ready(void)
{
	bool listens = uart.imsc & (INT_RX | INT_RT) || uart.polls >= POLLS;

	return uart.count > 0 && listens;
}

static __u32 raw_interrupts(void)
{
	return uart.tx_int | (rx_ready() ? INT_RX | INT_RT : 0);
}

static void update_line(struct vm *vm)
{
	bool line = raw_interrupts() & uart.imsc;

	if (line != uart.line) {
		uart.line = line;
		vm_set_spi(vm, UART_SPI, line);
	}
}

/* Input that the guest has not read stays: it comes from outside. */
void uart_reset(struct vm *vm)
{
	pthread_mutex_lock(&uart.lock);
	uart.ilpr = 0;
	uart.ibrd = 0;
	uart.fbrd = 0;
	uart.lcr_h = 0;
	uart.cr = 0x300;		/* both directions on, UART off */
	uart.ifls = 0x12;		/* both FIFOs at half */
	uart.imsc = 0;
	uart.dmacr = 0;
	uart.tx_int = 0;
	uart.polls = 0;
	uart.line = false;
	vm_set_spi(vm, UART_SPI, false);
	pthread_mutex_unlock(&uart.lock);
}

static __u8 take_byte(struct vm *vm)
{
	__u8 byte;

	if (!rx_ready())
		return 0;
	byte = uart.queue[uart.head];
	uart.head = (uart.head + 1) % QUEUE_SIZE;
	uart.count--;

	/* The main thread stopped fetching input when there was no room. */
	if (QUEUE_SIZE - uart.count == UART_CHUNK)
		vm_wake_main(vm);
	return byte;
}

static __u32 read_flags(void)
{
	if (uart.polls < POLLS)
		uart.polls++;
	return FR_CTS_DSR_DCD | FR_TXFE | (rx_ready() ? 0 : FR_RXFE);
}

static __u32 read_reg(struct vm *vm, __u64 offset)
{
	size_t i;

	switch (offset) {
	case UARTDR:
		return take_byte(vm);
	case UARTFR:
		return read_flags();
	case UARTRIS:
		return raw_interrupts();
	case UARTMIS:
		return raw_interrupts() & uart.imsc;
	}
	for (i = 0; i < ARRAY_SIZE(plain_regs); i++)
		if (plain_regs[i].offset == offset)
			return *plain_regs[i].value;
	if (offset >= UARTID && offset % 4 == 0)
		return uart_id[(offset - UARTID) / 4];
	return 0;		/* no receive errors, and what does not exist */
}

static void write_reg(__u64 offset, __u32 value)
{
	size_t i;

	switch (offset) {
	case UARTDR:
		uart.tx_int = INT_TX;
		uart.polls = 0;
		break;
	case UARTICR:
		/* The receive bits follow the queue and cannot be cleared. */
		uart.tx_int &= ~value;
		break;
	}
	for (i = 0; i < ARRAY_SIZE(plain_regs); i++)
		if (plain_regs[i].offset == offset)
			*plain_regs[i].value = value & plain_regs[i].mask;
}

__u64 uart_read(struct vm *vm, __u64 offset, unsigned int len)
{
	__u32 value;

	(void)len;
	pthread_mutex_lock(&uart.lock);
	value = read_reg(vm, offset);
	update_line(vm);
	pthread_mutex_unlock(&uart.lock);
	return value;
}

void uart_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	(void)len;
	if (offset == UARTDR)
		console_put(vm, value);

	pthread_mutex_lock(&uart.lock);
	write_reg(offset, value);
	update_line(vm);
	pthread_mutex_unlock(&uart.lock);
}

/* How many bytes of input can be queued. */
size_t uart_room(void)
{
	size_t room;

	pthread_mutex_lock(&uart.lock);
	room = QUEUE_SIZE - uart.count;
	pthread_mutex_unlock(&uart.lock);
	return room;
}

/* Bytes from outside. What finds no room is lost, as on a real line. */
void uart_input(struct vm *vm, const __u8 *data, size_t len)
{
	pthread_mutex_lock(&uart.lock);
	while (len > 0 && uart.count < QUEUE_SIZE) {
		uart.queue[(uart.head + uart.count) % QUEUE_SIZE] = *data;
		uart.count++;
		data++;
		len--;
	}
	update_line(vm);
	pthread_mutex_unlock(&uart.lock);
}

/* What --save writes of it: the registers, then the input that the guest has not read yet. */
struct uart_saved {
	__u32	ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, dmacr;
	__u32	tx_int, polls, line;
	__u32	count;
	__u8	queue[QUEUE_SIZE];
};

_Static_assert(sizeof(struct uart_saved) <= DEVICE_STATE_MAX, "the file's record");

size_t uart_save(void *to)
{
	struct uart_saved *saved = to;
	size_t i;

	pthread_mutex_lock(&uart.lock);
	*saved = (struct uart_saved) {
		.ilpr = uart.ilpr, .ibrd = uart.ibrd, .fbrd = uart.fbrd, .lcr_h = uart.lcr_h,
		.cr = uart.cr, .ifls = uart.ifls, .imsc = uart.imsc, .dmacr = uart.dmacr,
		.tx_int = uart.tx_int, .polls = uart.polls, .line = uart.line, .count = uart.count,
	};
	for (i = 0; i < uart.count; i++)
		saved->queue[i] = uart.queue[(uart.head + i) % QUEUE_SIZE];
	pthread_mutex_unlock(&uart.lock);
	return offsetof(struct uart_saved, queue) + saved->count;
}

/* The GIC has the line's level already; one that has no register for it is told again. */
bool uart_restore(struct vm *vm, const void *from, size_t size)
{
	struct uart_saved saved = { 0 };

	if (size < offsetof(struct uart_saved, queue) || size > sizeof(saved))
		return false;
	memcpy(&saved, from, size);
	if (saved.count != size - offsetof(struct uart_saved, queue))
		return false;
	pthread_mutex_lock(&uart.lock);
	uart.ilpr = saved.ilpr;
	uart.ibrd = saved.ibrd;
	uart.fbrd = saved.fbrd;
	uart.lcr_h = saved.lcr_h;
	uart.cr = saved.cr;
	uart.ifls = saved.ifls;
	uart.imsc = saved.imsc;
	uart.dmacr = saved.dmacr;
	uart.tx_int = saved.tx_int & INT_TX;
	uart.polls = saved.polls;
	memcpy(uart.queue, saved.queue, saved.count);
	uart.head = 0;
	uart.count = saved.count;
	uart.line = saved.line;
	vm_set_spi(vm, UART_SPI, uart.line);
	update_line(vm);
	pthread_mutex_unlock(&uart.lock);
	return true;
}
