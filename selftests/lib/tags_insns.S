/* SPDX-License-Identifier: GPL-2.0 */
/* Memory tags in host and guest, see tags.h. */
	.arch	armv8.5-a+memtag
	.text

	.globl	tag_load
	.type	tag_load, %function
tag_load:
	mov	x1, xzr
	ldg	x1, [x0]
	ubfx	x0, x1, #56, #4
	ret
	.size	tag_load, . - tag_load

	.globl	tag_store
	.type	tag_store, %function
tag_store:
	lsl	x1, x1, #56
	stg	x1, [x0]
	ret
	.size	tag_store, . - tag_store

	.globl	tag_draw
	.type	tag_draw, %function
tag_draw:
	irg	x0, x0, x1
	ubfx	x0, x0, #56, #4
	ret
	.size	tag_draw, . - tag_draw

	.section .note.GNU-stack, "", %progbits
