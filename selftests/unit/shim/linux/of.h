/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's view of a device tree, as far as describe_of.c asks for it, made by libfdt from a blob: so that the
 * module's own code can be run on any board's device tree on the build machine (unit/describe_of.c).
 *
 * Runs at: build host. Owns: the blob and its nodes. Locks: none.
 *
 * What an interrupt or an address is follows the Devicetree specification 0.4, 2.3.8 and 2.4, with the kernel's habits:
 * "interrupts-extended" wins, #address-cells are inherited, a bus without "ranges" ends the translation.
 */
#ifndef SHIM_OF_H
#define SHIM_OF_H

#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef uint64_t phys_addr_t;

#define MAX_PHANDLE_ARGS	16
#define IRQ_TYPE_LEVEL_HIGH	4
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))

struct device_node {
	int offset;
};

struct of_device_id {
	const char *compatible;
	const void *data;
};

struct of_phandle_args {
	struct device_node *np;
	int args_count;
	u32 args[MAX_PHANDLE_ARGS];
};

struct resource {
	u64 start, size;
};

struct irq_domain;

extern const void *shim_fdt;		/* the blob that is looked at */
struct device_node *shim_node(int offset);	/* NULL for a negative offset */

static inline void of_node_put(struct device_node *node)
{
}

static inline u64 resource_size(const struct resource *res)
{
	return res->size;
}

/* Nothing is mapped in here; map_ppi() is not called. */
static inline struct irq_domain *irq_find_host(struct device_node *node)
{
	return NULL;
}

static inline unsigned int irq_find_mapping(struct irq_domain *domain, u32 intid)
{
	return 0;
}

static inline unsigned int irq_create_of_mapping(struct of_phandle_args *args)
{
	return 0;
}

struct device_node *of_find_matching_node_and_match(struct device_node *from, const struct of_device_id *ids,
						    const struct of_device_id **match);

#define for_each_matching_node_and_match(node, ids, match)				\
	for ((node) = of_find_matching_node_and_match(NULL, ids, match); (node);	\
	     (node) = of_find_matching_node_and_match(node, ids, match))

#define for_each_matching_node(node, ids)						\
	for ((node) = of_find_matching_node_and_match(NULL, ids, NULL); (node);		\
	     (node) = of_find_matching_node_and_match(node, ids, NULL))

bool of_device_is_available(const struct device_node *node);
bool of_property_read_bool(const struct device_node *node, const char *name);
int of_property_read_u32(const struct device_node *node, const char *name, u32 *value);
struct device_node *of_parse_phandle(const struct device_node *node, const char *name, int index);
struct device_node *of_irq_find_parent(struct device_node *node);
const struct of_device_id *of_match_node(const struct of_device_id *ids, const struct device_node *node);
/* Of an interrupt that is described: 1 + its index; else 0. */
unsigned int irq_of_parse_and_map(struct device_node *node, int index);
int of_irq_get_byname(struct device_node *node, const char *name);
int of_address_to_resource(struct device_node *node, int index, struct resource *res);

#endif
