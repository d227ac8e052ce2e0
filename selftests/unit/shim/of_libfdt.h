/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What linux/of.h beside this declares, by libfdt; included once, by the test.
 *
 * Runs at: build host. Owns: the blob and its nodes. Locks: none.
 */
#include "linux/of.h"

#define SHIM_NODES	16384

const void *shim_fdt;

struct device_node *shim_node(int offset)
{
	static struct device_node nodes[SHIM_NODES];
	static int used;

	if (offset < 0)
		return NULL;
	used = (used + 1) % SHIM_NODES;		/* nobody keeps one for so long */
	nodes[used].offset = offset;
	return &nodes[used];
}

const struct of_device_id *of_match_node(const struct of_device_id *ids, const struct device_node *node)
{
	for (; ids->compatible; ids++) {
		if (!fdt_node_check_compatible(shim_fdt, node->offset, ids->compatible))
			return ids;
	}
	return NULL;
}

struct device_node *of_find_matching_node_and_match(struct device_node *from, const struct of_device_id *ids,
						    const struct of_device_id **match)
{
	const struct of_device_id *found;
	struct device_node node;

	for (node.offset = fdt_next_node(shim_fdt, from ? from->offset : -1, NULL); node.offset >= 0;
	     node.offset = fdt_next_node(shim_fdt, node.offset, NULL)) {
		found = of_match_node(ids, &node);
		if (!found)
			continue;
		if (match)
			*match = found;
		return shim_node(node.offset);
	}
	return NULL;
}

bool of_device_is_available(const struct device_node *node)
{
	const char *status = fdt_getprop(shim_fdt, node->offset, "status", NULL);

	return !status || !strcmp(status, "okay") || !strcmp(status, "ok");
}

bool of_property_read_bool(const struct device_node *node, const char *name)
{
	return fdt_getprop(shim_fdt, node->offset, name, NULL);
}

/* Cell number index of a property. */
static int read_cell(int node, const char *name, int index, u32 *value)
{
	int len;
	const fdt32_t *cells = fdt_getprop(shim_fdt, node, name, &len);

	if (!cells || len < 4 * (index + 1))
		return -1;
	*value = fdt32_ld(&cells[index]);
	return 0;
}

int of_property_read_u32(const struct device_node *node, const char *name, u32 *value)
{
	return read_cell(node->offset, name, 0, value);
}

struct device_node *of_parse_phandle(const struct device_node *node, const char *name, int index)
{
	u32 phandle;

	if (read_cell(node->offset, name, index, &phandle))
		return NULL;
	return shim_node(fdt_node_offset_by_phandle(shim_fdt, phandle));
}

static int interrupt_parent(int node)
{
	u32 phandle, cells;

	do {
		if (!read_cell(node, "interrupt-parent", 0, &phandle))
			node = fdt_node_offset_by_phandle(shim_fdt, phandle);
		else
			node = fdt_parent_offset(shim_fdt, node);
	} while (node >= 0 && read_cell(node, "#interrupt-cells", 0, &cells));
	return node;
}

struct device_node *of_irq_find_parent(struct device_node *node)
{
	return shim_node(interrupt_parent(node->offset));
}

static bool is_extended(int node, int index)
{
	u32 phandle, cells;
	int at = 0;

	for (;; at += 1 + cells) {
		if (read_cell(node, "interrupts-extended", at, &phandle) ||
		    read_cell(fdt_node_offset_by_phandle(shim_fdt, phandle), "#interrupt-cells", 0, &cells))
			return false;
		if (!index--)
			return !cells || !read_cell(node, "interrupts-extended", at + cells, &phandle);
	}
}

unsigned int irq_of_parse_and_map(struct device_node *node, int index)
{
	int parent = interrupt_parent(node->offset);
	u32 cells, last;

	if (is_extended(node->offset, index))
		return index + 1;
	if (parent < 0 || read_cell(parent, "#interrupt-cells", 0, &cells) || !cells)
		return 0;
	return read_cell(node->offset, "interrupts", cells * (index + 1) - 1, &last) ? 0 : index + 1;
}

int of_irq_get_byname(struct device_node *node, const char *name)
{
	int index = fdt_stringlist_search(shim_fdt, node->offset, "interrupt-names", name);

	return index < 0 ? index : (int)irq_of_parse_and_map(node, index);
}

/* The number of cells that the node's children have in their addresses, inherited as the kernel does. */
static u32 bus_cells(int node, const char *name, u32 otherwise)
{
	u32 cells;

	for (; node >= 0; node = fdt_parent_offset(shim_fdt, node)) {
		if (!read_cell(node, name, 0, &cells))
			return cells;
	}
	return otherwise;
}

static u64 read_number(int node, const char *name, int at, u32 cells, bool *there)
{
	u64 value = 0;
	u32 cell;

	while (cells--) {
		if (read_cell(node, name, at++, &cell)) {
			*there = false;
			return 0;
		}
		value = value << 32 | cell;
	}
	return value;
}

/* One bus upwards; false if it has no way for the address. */
static bool translate(int bus, u64 *addr)
{
	u32 child = bus_cells(bus, "#address-cells", 2), size = bus_cells(bus, "#size-cells", 1);
	u32 parent = bus_cells(fdt_parent_offset(shim_fdt, bus), "#address-cells", 2);
	int len, at;

	if (!fdt_getprop(shim_fdt, bus, "ranges", &len))
		return false;
	for (at = 0; at < len / 4; at += child + parent + size) {
		bool there = true;
		u64 from = read_number(bus, "ranges", at, child, &there);
		u64 to = read_number(bus, "ranges", at + child, parent, &there);
		u64 length = read_number(bus, "ranges", at + child + parent, size, &there);

		if (!there)
			return false;
		if (*addr >= from && *addr - from < length) {
			*addr = *addr - from + to;
			return true;
		}
	}
	return !len;
}

int of_address_to_resource(struct device_node *node, int index, struct resource *res)
{
	int bus = fdt_parent_offset(shim_fdt, node->offset);
	u32 addr = bus_cells(bus, "#address-cells", 2), size = bus_cells(bus, "#size-cells", 1);
	int at = index * (addr + size);
	bool there = true;

	res->start = read_number(node->offset, "reg", at, addr, &there);
	res->size = read_number(node->offset, "reg", at + addr, size, &there);
	for (; there && bus > 0; bus = fdt_parent_offset(shim_fdt, bus))
		there = translate(bus, &res->start);
	return there ? 0 : -1;
}
