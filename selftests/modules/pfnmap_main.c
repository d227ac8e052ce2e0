// SPDX-License-Identifier: GPL-2.0
/*
 * Memory without struct page's help, as drivers that pass a device on map it (VM_PFNMAP): /dev/pfnmap, of which can be
 * mapped, shared, at these offsets:
 *   0	four pages of the host's memory
 *   1M	the registers of the machine's real-time clock (arm,pl031), if the device tree has one: device memory
 * Pages are given out at the first access. What is written to /dev/pfnmap: "0" takes all of them from everybody, and an
 * access is a SIGBUS then; "1" lets them come back.
 *
 * Runs at: host kernel, in tests. Owns: the four pages.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of_address.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#define ORDER		2
#define NR_OF_MEMORY	4UL		/* 1 << ORDER */
#define DEVICE_AT	(SZ_1M >> PAGE_SHIFT)

static struct page *pages;
static unsigned long device_pfn;
static bool taken;

static vm_fault_t give(struct vm_fault *vmf)
{
	unsigned long offset = vmf->pgoff;

	if (READ_ONCE(taken))
		return VM_FAULT_SIGBUS;
	if (offset < NR_OF_MEMORY)
		return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(pages) + offset);
	if (offset == DEVICE_AT && device_pfn)
		return vmf_insert_pfn(vmf->vma, vmf->address, device_pfn);
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct vm_ops = {
	.fault = give,
};

static int pfnmap_mmap(struct file *file, struct vm_area_struct *vma)
{
	const unsigned long flags = VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
#if KERNEL_VERSION(6, 3, 0) > LINUX_VERSION_CODE
	vma->vm_flags |= flags;
#else
	vm_flags_set(vma, flags);
#endif
	if (vma->vm_pgoff >= DEVICE_AT)
		vma->vm_page_prot = pgprot_device(vma->vm_page_prot);
	vma->vm_ops = &vm_ops;
	return 0;
}

static ssize_t pfnmap_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char what;

	if (!size || get_user(what, buf))
		return -EFAULT;
	WRITE_ONCE(taken, what == '0');
	if (what == '0')
		unmap_mapping_range(file->f_mapping, 0, 0, 1);
	return size;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.mmap = pfnmap_mmap,
	.write = pfnmap_write,
};

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnmap",
	.fops = &fops,
};

static int __init pfnmap_load(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "arm,pl031");
	struct resource res;
	int ret;

	if (node && !of_address_to_resource(node, 0, &res))
		device_pfn = PHYS_PFN(res.start);
	of_node_put(node);
	pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, ORDER);
	if (!pages)
		return -ENOMEM;
	ret = misc_register(&misc);
	if (ret)
		__free_pages(pages, ORDER);
	return ret;
}

static void __exit pfnmap_unload(void)
{
	misc_deregister(&misc);
	__free_pages(pages, ORDER);
}

module_init(pfnmap_load);
module_exit(pfnmap_unload);
MODULE_DESCRIPTION("armvcpu test: memory of VM_PFNMAP");
MODULE_LICENSE("GPL");
