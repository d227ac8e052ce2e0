/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL2 image: linked completely, at a fixed address, against nothing. A name that is not defined in
 * it is an error of this link, so a kernel call at EL2 can't be spelled; a section that is not named here is
 * one too (--orphan-handling=error).
 *
 * PAGE is the host's page size: each part gets pages, and so permissions, of its own.
 */
#include "../include/el2_abi.h"

OUTPUT_FORMAT("elf64-littleaarch64")
OUTPUT_ARCH(aarch64)

/* Nobody enters by it: el2/init.S is called by its physical address. But ld.lld warns of an image without one. */
ENTRY(el2_take_idmap)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

SECTIONS
{
	. = EL2_IMAGE_BASE;

	.idmap : {
		*(.idmap.text)
		el2_idmap_end = .;
	} :text
	ASSERT(SIZEOF(.idmap) < 2048, "the idmap code outgrew its page")
	.text : ALIGN(2048) {
		*(.vectors)
		*(.text .text.*)
	} :text
	. = ALIGN(PAGE);
	el2_text_end = .;
	.rodata : {
		*(.rodata .rodata.*)
	} :rodata
	. = ALIGN(PAGE);
	el2_rodata_end = .;
	.data : {
		*(.data .data.*)
		*(.bss .bss.* COMMON)
		/* The binary that is embedded covers whole pages. */
		. = ALIGN(PAGE);
	} :data
	el2_end = .;

	/* What the kernel would patch or register at run time can't work in here. */
	.forbidden : {
		*(.altinstructions* .altinstr_replacement* __jump_table* __bug_table* __ex_table*)
		*(__mcount_loc* __patchable_function_entries* .data..percpu* .init* .exit* .discard*)
		*(.ctors .dtors .init_array .fini_array)
	}
	/* Types that differ don't go into one section of ld.lld's. */
	.forbidden_got : { *(.got .got.plt .igot*) }
	.forbidden_plt : { *(.plt .iplt) }
	.forbidden_rela : { *(.rela*) }
	ASSERT(SIZEOF(.forbidden) == 0, "kernel patching or tables in the EL2 image")
	ASSERT(SIZEOF(.forbidden_got) == 0 && SIZEOF(.forbidden_plt) == 0 && SIZEOF(.forbidden_rela) == 0,
	       "relocations in the EL2 image")

	/DISCARD/ : {
		*(.comment .note* .eh_frame* .modinfo)
	}
	/* For addr2line on a fault's pc; not part of what is embedded. */
	.debug_info 0 : { *(.debug_info) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_str 0 : { *(.debug_str) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_addr 0 : { *(.debug_addr) }
	.debug_loc 0 : { *(.debug_loc) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_frame 0 : { *(.debug_frame) }
	.symtab : { *(.symtab) }
	.strtab : { *(.strtab) }
	.shstrtab : { *(.shstrtab) }
}
