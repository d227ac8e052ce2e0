/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL2 image as data of the module; host/el2_map.c copies it into pages of its own.
 *
 * Runs at: nowhere (data). Owns: nothing.
 */
	.section .rodata, "a"
	.balign	8
	.global	av_el2_blob, av_el2_blob_end
av_el2_blob:
	.incbin	"el2/el2.bin"
av_el2_blob_end:
