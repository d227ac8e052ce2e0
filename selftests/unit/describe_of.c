// SPDX-License-Identifier: GPL-2.0
/*
 * What the module takes out of a device tree, by its own code (describe_of.c) on trees made here, and on any blob.
 *
 * A failure means that insmod refuses a board wrongly, or takes another interrupt than the board's. Reference:
 * Devicetree specification 0.4, 2.4; the kernel's bindings arm,gic, arm,gic-v3, arm,arch_timer.
 *
 * Usage: describe_of                    the cases of this file; exit status is the verdict
 *        describe_of --print FILE...    what armvcpu-check has to say of each blob, up to "found:"
 *        describe_of --shape FILE...    a number for each, the same for blobs in which armvcpu-check reads the same
 *        describe_of --unpack DIR FILE  what armvcpu-check reads, as files, as /proc/device-tree has them
 *
 * Runs at: build host. Owns: nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "shim/of_libfdt.h"
#include "host/describe_of.c"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BLOB_MAX	(1 << 20)

static struct av_host_desc describe(const void *fdt)
{
	struct av_host_desc desc = { 0 };

	shim_fdt = fdt;
	av_describe_of.read(&desc);
	return desc;
}

/* ---- cases ---------------------------------------------------------------------------------------- */

static int failed;

#define EXPECT(what, want) do {							\
	unsigned long long is_ = (what), want_ = (want);			\
	if (is_ != want_) {							\
		printf("%s:%d: %s is %#llx, not %#llx\n", __FILE__, __LINE__, #what, is_, want_);	\
		failed = 1;							\
	}									\
} while (0)

static char blob[BLOB_MAX];

#define CELLS(fdt, name, ...) do {						\
	fdt32_t cells_[] = { __VA_ARGS__ };					\
	size_t i_;								\
	for (i_ = 0; i_ < sizeof(cells_) / 4; i_++)				\
		cells_[i_] = cpu_to_fdt32(cells_[i_]);				\
	fdt_property(fdt, name, cells_, sizeof(cells_));			\
} while (0)

enum { PHANDLE_GIC = 1, PHANDLE_OTHER };

/* A board's beginning: its root, whose interrupts go to the GIC. */
static void *begin(void)
{
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	CELLS(blob, "#address-cells", 2);
	CELLS(blob, "#size-cells", 2);
	CELLS(blob, "interrupt-parent", PHANDLE_GIC);
	return blob;
}

static struct av_host_desc end(void *fdt)
{
	fdt_end_node(fdt);
	fdt_finish(fdt);
	return describe(fdt);
}

static void begin_gic(void *fdt, const char *name, const char *compatible, size_t len, u32 cells, u32 phandle)
{
	fdt_begin_node(fdt, name);
	fdt_property(fdt, "compatible", compatible, len);
	CELLS(fdt, "#interrupt-cells", cells);
	CELLS(fdt, "phandle", phandle);
}

static void add_gic3(void *fdt, u32 cells)
{
	begin_gic(fdt, "gic@1000", "arm,gic-v3", sizeof("arm,gic-v3"), cells, PHANDLE_GIC);
	if (cells == 4)
		CELLS(fdt, "interrupts", 1, 9, 4, 0);
	else
		CELLS(fdt, "interrupts", 1, 9, 4);
	fdt_end_node(fdt);
}

static void begin_timer(void *fdt, const char *name, const char *compatible)
{
	fdt_begin_node(fdt, name);
	fdt_property_string(fdt, "compatible", compatible);
}

/* Qualcomm's, MediaTek's: the timer with registers comes first in the tree. */
static void case_timer_of_memory_first(void)
{
	void *fdt = begin();
	struct av_host_desc desc;

	begin_timer(fdt, "timer@1", "arm,armv7-timer-mem");
	fdt_end_node(fdt);
	begin_timer(fdt, "timer", "arm,armv8-timer");
	CELLS(fdt, "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	fdt_end_node(fdt);
	add_gic3(fdt, 3);
	desc = end(fdt);
	EXPECT(desc.gic, 3);
	EXPECT(desc.maint_irq, 1);
	EXPECT(desc.vtimer_irq, 3);
	EXPECT(desc.ptimer_irq, 2);
}

/* The rk3399's interrupts have four cells; here there are two interrupts of them, and no third. */
static void case_four_cells(void)
{
	void *fdt = begin();
	struct av_host_desc desc;

	begin_timer(fdt, "timer", "arm,armv8-timer");
	CELLS(fdt, "interrupts", 1, 13, 4, 0, 1, 14, 4, 0, 1);
	fdt_end_node(fdt);
	add_gic3(fdt, 4);
	desc = end(fdt);
	EXPECT(desc.maint_irq, 1);
	EXPECT(desc.vtimer_irq, 0);
}

static void case_extended_and_disabled(void)
{
	void *fdt = begin();
	struct av_host_desc desc;

	begin_timer(fdt, "timer-a", "arm,armv8-timer");
	fdt_property_string(fdt, "status", "disabled");
	fdt_end_node(fdt);
	begin_timer(fdt, "timer-b", "arm,armv8-timer");
	CELLS(fdt, "interrupts-extended", PHANDLE_GIC, 1, 13, 4, PHANDLE_GIC, 1, 14, 4, PHANDLE_GIC, 1, 11, 4);
	fdt_end_node(fdt);
	begin_gic(fdt, "gic@0", "arm,gic-400", sizeof("arm,gic-400"), 3, 7);
	fdt_property_string(fdt, "status", "disabled");
	fdt_end_node(fdt);
	add_gic3(fdt, 3);
	desc = end(fdt);
	EXPECT(desc.gic, 3);
	EXPECT(desc.vtimer_irq, 3);
}

static void case_names(void)
{
	void *fdt = begin();
	struct av_host_desc desc;

	begin_timer(fdt, "timer", "arm,armv8-timer");
	CELLS(fdt, "interrupts", 1, 14, 4, 1, 11, 4);
	fdt_property(fdt, "interrupt-names", "phys\0virt", sizeof("phys\0virt"));
	fdt_end_node(fdt);
	add_gic3(fdt, 3);
	desc = end(fdt);
	EXPECT(desc.ptimer_irq, 1);
	EXPECT(desc.vtimer_irq, 2);
}

/* A GICv2 on a bus, whose third and fourth region are looked for; the ITS's name is not the GIC's. */
static void case_gicv2(void)
{
	void *fdt = begin();
	struct av_host_desc desc;

	begin_gic(fdt, "its@0", "arm,gic-v3-its", sizeof("arm,gic-v3-its"), 3, 8);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "soc");
	CELLS(fdt, "#address-cells", 1);
	CELLS(fdt, "#size-cells", 1);
	CELLS(fdt, "ranges", 0, 1, 0, 0x10000);
	begin_gic(fdt, "gic@1000", "vendor,gic\0arm,gic-400", sizeof("vendor,gic\0arm,gic-400"), 3, PHANDLE_GIC);
	CELLS(fdt, "reg", 0x1000, 0x1000, 0x2000, 0x2000, 0x4000, 0x2000, 0x6000, 0x2000);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	desc = end(fdt);
	EXPECT(desc.gic, 2);
	EXPECT(desc.maint_irq, 0);
	EXPECT(desc.gich, 0x100004000);
	EXPECT(desc.gicv, 0x100006000);
	EXPECT(desc.gicv_size, 0x2000);
}

/* The Raspberry Pi 3's. */
static void case_no_gic(void)
{
	void *fdt = begin();
	struct av_host_desc desc;

	begin_gic(fdt, "local_intc@0", "brcm,bcm2836-l1-intc", sizeof("brcm,bcm2836-l1-intc"), 2, PHANDLE_OTHER);
	fdt_end_node(fdt);
	begin_timer(fdt, "timer", "arm,armv7-timer");
	CELLS(fdt, "interrupt-parent", PHANDLE_OTHER);
	CELLS(fdt, "interrupts", 0, 4, 1, 4, 3, 4, 2, 4);
	fdt_end_node(fdt);
	desc = end(fdt);
	EXPECT(desc.gic, 0);
	EXPECT(desc.other_intc, 1);

	desc = end(begin());
	EXPECT(desc.gic, 0);
	EXPECT(desc.other_intc, 0);
}

/* ---- blobs ------------------------------------------------------------------------------------------ */

static void *read_blob(const char *name)
{
	FILE *file = fopen(name, "r");
	size_t len = file ? fread(blob, 1, sizeof(blob), file) : 0;

	if (file)
		fclose(file);
	if (len < sizeof(struct fdt_header) || fdt_check_full(blob, len)) {
		fprintf(stderr, "%s: no device tree\n", name);
		exit(2);
	}
	return blob;
}

static void print_row(const char *prefix, const char *name)
{
	static const struct {
		const char *name, *what, *todo;
	} rows[] = {
#define REFUSAL(name, err, status, what, todo)	{ #name, what, todo },
#define NOTE(name, what, todo)			{ #name, what, todo },
#define CHECK(name, status, what, todo)		{ #name, what, todo },
#include "include/refusals.def"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].name, name))
			printf("%s: %s: %s\n", prefix, rows[i].what, rows[i].todo);
	}
}

/* As the module decides, in its order: describe.c, then the GIC's part, then the timer's. */
static void print_verdict(const struct av_host_desc *desc)
{
	const char *verdict = "READY";

	if (!desc->gic)
		verdict = desc->other_intc ? "OTHER_INTC" : "GIC_UNKNOWN";
	else if (desc->gic == 2 && !(desc->gich && desc->gicv))
		verdict = "V2_REGIONS";
	else if (!desc->vtimer_irq)
		verdict = "NO_VTIMER";
	print_row("armvcpu-check", verdict);
	if (desc->gic && strcmp(verdict, "V2_REGIONS") && !desc->maint_irq)
		print_row("note", "POLLING");
}

/* Does armvcpu-check look at the node, or at one below it? Of the others only their number would count. */
static bool is_looked_at(const void *fdt, int node)
{
	const char *compatible;
	int kid, len, i;

	if (fdt_getprop(fdt, node, "#interrupt-cells", NULL) && !fdt_getprop(fdt, node, "gpio-controller", NULL))
		return true;
	for (i = 0; (compatible = fdt_stringlist_get(fdt, node, "compatible", i, &len)); i++) {
		if (!strncmp(compatible, "arm,", 4) && (strstr(compatible, "gic") || strstr(compatible, "timer")))
			return true;
	}
	fdt_for_each_subnode(kid, fdt, node) {
		if (is_looked_at(fdt, kid))
			return true;
	}
	return false;
}

typedef void (*property_fn)(const char *dir, const char *name, const void *value, int len);

/* Each property that armvcpu-check may read, in the order of the tree; dir is the node's, below the given one. */
static void visit_properties(const char *dir, const void *fdt, int node, property_fn visit)
{
	static const char * const wanted[] = {
		"compatible", "status", "phandle", "interrupt-parent", "#interrupt-cells", "#address-cells",
		"#size-cells", "interrupts", "interrupts-extended", "interrupt-names", "reg", "ranges", "method",
	};
	char path[4096];
	const void *value;
	int kid, len;
	size_t i;

	visit(dir, NULL, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		value = fdt_getprop(fdt, node, wanted[i], &len);
		if (value)
			visit(dir, wanted[i], value, len);
	}
	fdt_for_each_subnode(kid, fdt, node) {
		snprintf(path, sizeof(path), "%s/%s", dir, fdt_get_name(fdt, kid, NULL));
		if (is_looked_at(fdt, kid))
			visit_properties(path, fdt, kid, visit);
	}
}

static void write_property(const char *dir, const char *name, const void *value, int len)
{
	char path[4096 + 64];
	FILE *file;

	if (!name) {
		if (!mkdir(dir, 0755) || errno == EEXIST)
			return;
		perror(dir);
		exit(2);
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file || fwrite(value, 1, len, file) != (size_t)len || fclose(file)) {
		perror(path);
		exit(2);
	}
}

static u64 shape;

/* FNV-1a */
static void hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	while (len--)
		shape = (shape ^ *byte++) * 0x100000001b3;
}

static void hash_property(const char *dir, const char *name, const void *value, int len)
{
	const char *what = name ? name : dir;
	char path[4096];

	hash_bytes(what, strlen(what) + 1);
	/* The root's compatible is the board's name. */
	if (what == dir || !strcmp(what, "phandle") || (!*dir && !strcmp(what, "compatible")))
		return;
	/* The numbers differ from board to board; who is meant counts. */
	if (!strcmp(what, "interrupt-parent") && len == 4 &&
	    !fdt_get_path(shim_fdt, fdt_node_offset_by_phandle(shim_fdt, fdt32_ld(value)), path, sizeof(path)))
		hash_bytes(path, strlen(path) + 1);
	else
		hash_bytes(value, len);
}

int main(int argc, char **argv)
{
	struct av_host_desc desc;
	int i;

	if (argc > 2 && !strcmp(argv[1], "--print")) {
		for (i = 2; i < argc; i++) {
			desc = describe(read_blob(argv[i]));
			print_verdict(&desc);
		}
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "--shape")) {
		for (i = 2; i < argc; i++) {
			shape = 0xcbf29ce484222325;
			shim_fdt = read_blob(argv[i]);
			visit_properties("", shim_fdt, 0, hash_property);
			printf("%016llx %s\n", (unsigned long long)shape, argv[i]);
		}
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "--unpack")) {
		visit_properties(argv[2], read_blob(argv[3]), 0, write_property);
		return 0;
	}
	case_timer_of_memory_first();
	case_four_cells();
	case_extended_and_disabled();
	case_names();
	case_gicv2();
	case_no_gic();
	return failed;
}
