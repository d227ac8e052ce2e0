// SPDX-License-Identifier: GPL-2.0
/*
 * \EFI\BOOT\BOOTAA64.EFI of selftests/host/run_firmware.sh: counts its starts in a variable of UEFI's, which is kept,
 * then starts the kernel \IMAGE with what \CMDLINE says, on the disk that it came from itself. Without a kernel it
 * resets the machine, or switches it off when it has been started an even number of times.
 *
 * Has no data that it writes to, so that its only section can be code that is read-only.
 *
 * Runs at: EL1 of a guest, as an application of UEFI.
 */
#include "efi.h"

static const struct efi_guid loaded_image_guid = {
	0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid file_system_guid = {
	0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid our_guid = {
	0x61726d76, 0x6370, 0x7500, { 0x80, 0x66, 0x69, 0x72, 0x6d, 0x77, 0x61, 0x72 }
};

#define COMMAND_LINE_MAX	1024

uint64_t efi_start(void *image, struct efi_system *system);

static void say(struct efi_system *system, const uint16_t *text)
{
	system->output->output_string(system->output, text);
}

static void say_number(struct efi_system *system, uint64_t n)
{
	uint16_t text[21];
	unsigned int at = 20;

	text[at] = 0;
	do {
		text[--at] = '0' + n % 10;
		n /= 10;
	} while (n);
	say(system, text + at);
}

static uint64_t failure(struct efi_system *system, const uint16_t *what, uint64_t status)
{
	say(system, u"efi: failed: ");
	say(system, what);
	say(system, u", ");
	say_number(system, status & ~(1ULL << 63));
	say(system, u"\r\n");
	return status;
}

static uint64_t count_starts(struct efi_system *system, uint32_t *starts)
{
	uint64_t size = sizeof(*starts);
	uint32_t attributes;
	uint64_t status;

	status = system->runtime->get_variable(u"Starts", &our_guid, &attributes, &size, starts);
	if (status)
		*starts = 0;
	++*starts;
	status = system->runtime->set_variable(u"Starts", &our_guid, EFI_VARIABLE_KEPT, sizeof(*starts), starts);
	if (status)
		return failure(system, u"SetVariable", status);
	say(system, u"efi: start ");
	say_number(system, *starts);
	say(system, u"\r\n");
	return 0;
}

/* A whole file, in memory of its own. */
static uint64_t read_file(struct efi_system *system, struct efi_file *root, const uint16_t *name,
			  void **data, uint64_t *size)
{
	struct efi_file *file;
	uint64_t status;
	uint64_t memory;

	status = root->open(root, &file, name, EFI_FILE_READ, 0);
	if (status)
		return status;
	status = file->set_position(file, EFI_FILE_END);
	if (!status)
		status = file->get_position(file, size);
	if (!status)
		status = file->set_position(file, 0);
	if (!status)
		status = system->boot->allocate_pages(EFI_ALLOCATE_ANY, EFI_LOADER_DATA,
						      (*size + EFI_PAGE - 1) / EFI_PAGE, &memory);
	if (status)
		return status;
	*data = (void *)memory;
	return file->read(file, size, *data);
}

/* The kernel's EFI stub takes initrd= from the disk that it came from. */
static uint64_t start(struct efi_system *system, void *image, void *device, struct efi_file *root)
{
	uint16_t options[COMMAND_LINE_MAX];
	struct efi_loaded_image *loaded;
	uint64_t status;
	uint64_t size, i;
	void *text;

	status = read_file(system, root, u"\\CMDLINE", &text, &size);
	if (status || size >= COMMAND_LINE_MAX)
		return failure(system, u"the command line", status);
	for (i = 0; i < size && ((char *)text)[i] != '\n'; i++)
		options[i] = ((char *)text)[i];
	options[i] = 0;
	status = system->boot->handle_protocol(image, &loaded_image_guid, &loaded);
	if (status)
		return failure(system, u"the kernel's image", status);
	loaded->device = device;
	loaded->options = options;
	loaded->options_size = (i + 1) * sizeof(options[0]);
	say(system, u"efi: starts the kernel\r\n");
	status = system->boot->start_image(image, 0, 0);
	return failure(system, u"StartImage", status);
}

/* Where the firmware enters. */
uint64_t efi_start(void *image, struct efi_system *system)
{
	struct efi_loaded_image *self;
	struct efi_file_system *files;
	struct efi_file *root;
	uint64_t status;
	uint32_t starts;
	uint64_t size;
	void *kernel;

	status = count_starts(system, &starts);
	if (!status)
		status = system->boot->handle_protocol(image, &loaded_image_guid, &self);
	if (!status)
		status = system->boot->handle_protocol(self->device, &file_system_guid, &files);
	if (!status)
		status = files->open_volume(files, &root);
	if (status)
		return failure(system, u"the disk", status);
	if (read_file(system, root, u"\\IMAGE", &kernel, &size)) {
		say(system, u"efi: no kernel\r\n");
		system->runtime->reset_system(starts % 2 ? EFI_RESET_COLD : EFI_RESET_SHUTDOWN, 0, 0, 0);
	}
	status = system->boot->load_image(0, image, 0, kernel, size, &image);
	if (status)
		return failure(system, u"LoadImage", status);
	return start(system, image, self->device, root);
}
