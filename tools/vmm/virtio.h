/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all virtio devices have in common. A kind of device is a struct virtio_ops and a file.
 *
 *   virtio.c       the devices of this VM: their eventfds, and a thread for each
 *   virtio_mmio.c  the registers through which a driver finds and sets up a device
 *   virtio_pci.c   the same on PCI; see pci.h
 *   virtio_save.c  a device's state, to a file and back
 *   virtq.c        the queues
 *   virtio_blk.c   disks; blk_request.c, disk_*.c
 *   virtio_rng.c   random numbers
 *   virtio_net.c   network; net_*.c
 *   virtio_vsock.c sockets between guest and host, by the host's vhost_vsock
 *
 * How KVM's ABI is used here: the driver's write to the doorbell register does not come back to this program as an exit
 * of the vCPU. KVM_IOEVENTFD has the kernel signal an eventfd, for which the device's thread waits, and the guest goes
 * on. In the other direction KVM_IRQFD has the kernel raise an interrupt when the thread signals an eventfd.
 */
#ifndef VMM_VIRTIO_H
#define VMM_VIRTIO_H

#include <pthread.h>

#include "virtq.h"
#include "vmm.h"

#define VIRTIO_QUEUES		3	/* of a device, at most */
#define VIRTIO_CONFIG_MAX	128

struct virtio_dev;

struct virtio_ops {
	const char	*name;
	__u32		id;		/* VIRTIO_ID_* */
	unsigned int	nr_queues;
	__u16		queue_max;
	unsigned int	config_len;	/* bytes of virtio_dev.config */

	/*
	 * Take one request of a queue, or receive one packet into it. True if there may be more to do. Called by the
	 * device's thread when the driver rang, or when wait_fd is readable (queue 0); with the lock.
	 */
	bool		(*serve)(struct virtio_dev *dev, unsigned int queue);

	/* The driver is ready; a reset. With the lock. NULL: nothing to do. */
	void		(*start)(struct virtio_dev *dev);
	void		(*reset)(struct virtio_dev *dev);
	/* The driver wrote to dev->config. With the lock. NULL: it can't. */
	void		(*config_write)(struct virtio_dev *dev, unsigned int offset, unsigned int len, __u64 value);

	/* The host's kernel has state that is not told: no --save. */
	bool		kernel_state;
	/*
	 * A guest that goes on knew this config. Take over what may differ, or say what is wrong. NULL: nothing may.
	 * With the lock.
	 */
	const char	*(*restore_config)(struct virtio_dev *dev, const __u8 *config);
	/* What was written is to be on the disk. 0 or -errno; with the lock. NULL: nothing to do. */
	int		(*flush)(struct virtio_dev *dev);
};

struct virtio_dev {
	const struct virtio_ops *ops;
	struct vm	*vm;
	unsigned int	index;		/* place in memory and interrupt: layout.h */
	void		*own;		/* what the kind of device needs more */
	__u64		features;	/* offered, beside those of all devices */

	/*
	 * The thread holds it for one request, a vCPU for one register. All below is guarded by it, except where it
	 * says otherwise.
	 */
	pthread_mutex_t	lock;
	__u8		status;
	__u32		features_sel, driver_features_sel, queue_sel;
	__u64		driver_features;
	struct virtq	queue[VIRTIO_QUEUES];
	struct guest_ram ram;		/* constant */
	__u8		config[VIRTIO_CONFIG_MAX] __attribute__((aligned(8)));

	__u32		interrupt;	/* VIRTIO_MMIO_INT_*; atomic */
	int		irq_fd;			/* over MMIO */
	__u16		vector[VIRTIO_QUEUES], config_vector;	/* on PCI */
	int		doorbell[VIRTIO_QUEUES];
	bool		kernel_serves[VIRTIO_QUEUES];	/* vhost has the doorbell */

	/* The thread's own. */
	int		wait_fd;	/* where packets come from; -1: nowhere */
	bool		no_room;	/* a packet waits for a buffer: don't poll wait_fd */
	struct virtq_chain chain;
};

/* virtio.c; what the others call is in vmm.h */
void virtio_add(struct virtio_dev *dev);
void virtio_interrupt(struct virtio_dev *dev, __u32 why);
void virtio_broken(struct virtio_dev *dev, const char *why);
void virtio_ring(struct virtio_dev *dev, unsigned int queue);
void virtio_ring_all(struct virtio_dev *dev);
bool virtio_is_running(const struct virtio_dev *dev);
bool virtio_pop(struct virtio_dev *dev, unsigned int queue);
void virtio_push(struct virtio_dev *dev, unsigned int queue, __u32 written);

/* virtio_save.c; with the lock */
size_t virtio_dev_save(struct virtio_dev *dev, void *to);
const char *virtio_dev_restore(struct virtio_dev *dev, const void *from, size_t size);

/* virtio_mmio.c; with the lock */
bool virtio_features_fit(const struct virtio_dev *dev);
__u64 virtio_mmio_read(struct virtio_dev *dev, __u64 offset, unsigned int len);
void virtio_mmio_write(struct virtio_dev *dev, __u64 offset, unsigned int len, __u64 value);
void virtio_mmio_reset(struct virtio_dev *dev);

/* virtio_pci.c; with the lock */
void virtio_pci_reset(struct virtio_dev *dev);
void virtio_pci_interrupt(struct virtio_dev *dev, __u32 why);
void virtio_pci_interrupt_queue(struct virtio_dev *dev, unsigned int queue);

/* suboption.c: "NAME,word,key=value": what follows, or NULL; an unknown one ends the program */
char *suboption_next(char **rest);
const char *suboption_value(const char *text, const char *key);

#endif
