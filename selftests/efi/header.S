/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of a PE32+ file for AArch64 ("PE Format", Microsoft), with one section of code and constants. Its addresses
 * are those of the file, so that a linked binary is the file. Nothing is relocated: the code finds all by its PC.
 */
	.section .head, "a"
	.ascii	"MZ"
	.org	0x3c
	.long	0x40				/* where the rest is: here */
	.ascii	"PE\0\0"
	.short	0xaa64				/* AArch64 */
	.short	1				/* sections */
	.long	0, 0, 0
	.short	section_table - optional
	.short	0x0202				/* executable, no symbols */

optional:
	.short	0x20b				/* PE32+ */
	.byte	0, 0
	.long	efi_size_of_code
	.long	0, 0
	.long	efi_start_offset
	.long	0x1000				/* code */
	.quad	0
	.long	0x1000, 0x200			/* alignment in memory, in the file */
	.short	0, 0, 0, 0, 0, 0
	.long	0
	.long	efi_size_of_image
	.long	0x1000				/* this head */
	.long	0
	.short	10				/* an application of UEFI */
	.short	0
	.quad	0, 0, 0, 0
	.long	0
	.long	6				/* directories, which are empty */
	.quad	0, 0, 0, 0, 0, 0

section_table:
	.ascii	".text\0\0\0"
	.long	efi_size_of_code, 0x1000
	.long	efi_size_of_code, 0x1000
	.long	0, 0
	.short	0, 0
	.long	0x60000020			/* code: read and execute */
	.org	0x1000
