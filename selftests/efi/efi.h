/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of UEFI's interface as boot.c needs (UEFI specification 2.10: 4.3 system table, 4.4 boot services, 4.5
 * runtime services, 9.1 loaded image, 12.4 text output, 13.4 and 13.5 files). What is not used has its place only. A
 * status of 0 is success. On arm64 UEFI calls functions as C does.
 */
#ifndef SELFTESTS_EFI_H
#define SELFTESTS_EFI_H

#include <stdint.h>

struct efi_guid {
	uint32_t	a;
	uint16_t	b, c;
	uint8_t		d[8];
};

struct efi_text_output {
	void		*reset;
	uint64_t	(*output_string)(struct efi_text_output *this, const uint16_t *text);
};

struct efi_runtime {
	uint8_t		header[24];
	void		*time[4];
	void		*virtual_memory[2];
	uint64_t	(*get_variable)(const uint16_t *name, const struct efi_guid *vendor, uint32_t *attributes,
					uint64_t *size, void *data);
	void		*get_next_variable_name;
	uint64_t	(*set_variable)(const uint16_t *name, const struct efi_guid *vendor, uint32_t attributes,
					uint64_t size, const void *data);
	void		*get_next_high_monotonic_count;
	void		(*reset_system)(uint32_t type, uint64_t status, uint64_t size, void *data);
};

#define EFI_VARIABLE_KEPT	7	/* non-volatile, for boot time and run time */
#define EFI_RESET_COLD		0
#define EFI_RESET_SHUTDOWN	2

struct efi_boot {
	uint8_t		header[24];
	void		*priorities[2];
	uint64_t	(*allocate_pages)(uint32_t type, uint32_t memory_type, uint64_t pages, uint64_t *memory);
	void		*more_memory[4];
	void		*events[6];
	void		*protocols[3];
	uint64_t	(*handle_protocol)(void *handle, const struct efi_guid *protocol, void *interface);
	void		*more_protocols[5];
	uint64_t	(*load_image)(uint8_t boot_policy, void *parent, void *path, void *from, uint64_t size,
				      void **image);
	uint64_t	(*start_image)(void *image, uint64_t *exit_size, uint16_t **exit_data);
};

#define EFI_ALLOCATE_ANY	0
#define EFI_LOADER_DATA		2
#define EFI_PAGE		4096

struct efi_system {
	uint8_t			header[24];
	uint16_t		*vendor;
	uint32_t		revision;
	void			*input[2];
	void			*output_handle;
	struct efi_text_output	*output;
	void			*error_output[2];
	struct efi_runtime	*runtime;
	struct efi_boot		*boot;
};

struct efi_loaded_image {
	uint32_t	revision;
	void		*parent;
	struct efi_system *system;
	void		*device;
	void		*path, *reserved;
	uint32_t	options_size;
	void		*options;
};

struct efi_file {
	uint64_t	revision;
	uint64_t	(*open)(struct efi_file *this, struct efi_file **new, const uint16_t *name, uint64_t mode,
				uint64_t attributes);
	void		*close, *delete;
	uint64_t	(*read)(struct efi_file *this, uint64_t *size, void *to);
	void		*write;
	uint64_t	(*get_position)(struct efi_file *this, uint64_t *position);
	uint64_t	(*set_position)(struct efi_file *this, uint64_t position);
};

#define EFI_FILE_READ	1
#define EFI_FILE_END	(~0ULL)

struct efi_file_system {
	uint64_t	revision;
	uint64_t	(*open_volume)(struct efi_file_system *this, struct efi_file **root);
};

#endif
