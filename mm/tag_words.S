/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tags of memory, by its address in the linear map, whose type is tagged where the kernel knows of tags.
 *
 * Runs at: host kernel, which has its SCTLR's ATA set. Owns: nothing.
 *
 * In: x0 = address, 16-byte aligned; x1 or x2 as mm/mm.h has the functions; a size is a multiple of 32. Clobbers x0 to
 * x4, flags. None of these accesses is checked itself. The tag of a pointer, and of LDG's answer, is in bits 59:56.
 */
#ifdef CONFIG_ARM64_MTE
	.arch	armv8.5-a+memtag

	.text
	.balign	4
	.global	av_tags_clear
	.type	av_tags_clear, %function
av_tags_clear:
	hint	#34
	mov	x2, xzr
1:	st2g	x2, [x0], #32
	subs	x1, x1, #32
	b.ne	1b
	ret
	.size	av_tags_clear, . - av_tags_clear

	.global	av_tags_read
	.type	av_tags_read, %function
av_tags_read:
	hint	#34
1:	mov	x3, xzr
	ldg	x3, [x0]
	ubfx	x3, x3, #56, #4
	strb	w3, [x1], #1
	add	x0, x0, #16
	subs	x2, x2, #16
	b.ne	1b
	ret
	.size	av_tags_read, . - av_tags_read

	.global	av_tags_write
	.type	av_tags_write, %function
av_tags_write:
	hint	#34
1:	ldrb	w3, [x1], #1
	lsl	x3, x3, #56
	stg	x3, [x0], #16
	subs	x2, x2, #16
	b.ne	1b
	ret
	.size	av_tags_write, . - av_tags_write
#endif

	.section .note.GNU-stack, "", %progbits
