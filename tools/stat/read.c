// SPDX-License-Identifier: GPL-2.0
/*
 * A sample: the module's statistics as debugfs has them (vcpu/stats.c), and what /proc knows of the VMs' makers.
 *
 * Owns: the samples' memory. Locks: none. A VM that ends while it is read is left out.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stat.h"

static void *grow(void *at, unsigned int nr, size_t size)
{
	/* A power of two is where the next one begins. */
	if (nr & (nr - 1))
		return at;
	at = realloc(at, (nr ? 2 * nr : 1) * size);
	if (!at) {
		fputs("armvcpu-stat: out of memory\n", stderr);
		exit(1);
	}
	return at;
}

static void add_counter(struct counters *c, const char *name, uint64_t value)
{
	c->at = grow(c->at, c->nr, sizeof(*c->at));
	snprintf(c->at[c->nr].name, sizeof(c->at[0].name), "%s", name);
	c->at[c->nr++].value = value;
}

static struct vcpu *add_vcpu(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu;

	vm->vcpus = grow(vm->vcpus, vm->nr_vcpus, sizeof(*vm->vcpus));
	vcpu = &vm->vcpus[vm->nr_vcpus++];
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->id = id;
	return vcpu;
}

/* "vm", "vcpu N" begin a set; its lines are "  name value", of a histogram "  name" and more values. */
static bool read_stats(struct vm *vm, const char *path)
{
	FILE *file = fopen(path, "re");
	struct counters *c = NULL;
	char *line = NULL;
	size_t size = 0;
	bool any = false;

	if (!file)
		return false;
	while (getline(&line, &size, file) > 0) {
		char name[40];
		uint64_t value;
		unsigned int id;
		int end = 0;

		if (!strcmp(line, "vm\n")) {
			c = &vm->c;
			any = true;
		} else if (sscanf(line, "vcpu %u", &id) == 1) {
			c = &add_vcpu(vm, id)->c;
		} else if (c && sscanf(line, " %39s %" SCNu64 "%n", name, &value, &end) == 2 && line[end] == '\n') {
			if (c != &vm->c && !strcmp(name, "thread"))
				vm->vcpus[vm->nr_vcpus - 1].thread = value;
			else
				add_counter(c, name, value);
		}
	}
	free(line);
	fclose(file);
	return any;
}

/* A process may call itself anything, a terminal's sequences too: what is no printable ASCII is a '?'. */
static void read_command(struct vm *vm)
{
	char path[64];
	size_t i, len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", vm->pid);
	file = fopen(path, "re");
	if (!file)
		return;
	len = fread(vm->command, 1, sizeof(vm->command) - 1, file);
	fclose(file);
	/* The last newline is the kernel's. */
	if (len && vm->command[len - 1] == '\n')
		len--;
	vm->command[len] = '\0';
	for (i = 0; i < len; i++) {
		if (vm->command[i] < ' ' || vm->command[i] > '~')
			vm->command[i] = '?';
	}
}

static void read_memory(struct vm *vm)
{
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", vm->pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "VmRSS: %" SCNu64 " kB", &vm->memory_kb) == 1)
			break;
	}
	fclose(file);
}

/* proc(5): a process's stat, or a thread's. Fields are counted behind the name, which may have anything in it. */
static void read_times(struct times *t, const char *path)
{
	enum { STATE = 3, UTIME = 14, STIME = 15, GUEST_TIME = 43 };
	uint64_t tick = NSEC_PER_SEC / sysconf(_SC_CLK_TCK), user = 0, system = 0, guest;
	char text[1024], *at, *save;
	FILE *file = fopen(path, "re");
	unsigned int field;

	if (!file)
		return;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	at = strrchr(text, ')');
	if (!at)
		return;
	at = strtok_r(at + 1, " ", &save);
	for (field = STATE; at && field < GUEST_TIME; field++, at = strtok_r(NULL, " ", &save)) {
		if (field == UTIME)
			user = strtoull(at, NULL, 10);
		else if (field == STIME)
			system = strtoull(at, NULL, 10);
	}
	if (!at)
		return;
	/* A part of user, but that is made to fit the exact sum, and it is not. */
	guest = strtoull(at, NULL, 10);
	t->known = true;
	t->guest_ns = guest * tick;
	t->host_ns = (user + system > guest ? user + system - guest : 0) * tick;
}

static void read_all_times(struct vm *vm)
{
	char path[64];
	unsigned int i;

	snprintf(path, sizeof(path), "/proc/%u/stat", vm->pid);
	read_times(&vm->times, path);
	for (i = 0; i < vm->nr_vcpus; i++) {
		snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", vm->pid, vm->vcpus[i].thread);
		read_times(&vm->vcpus[i].times, path);
	}
}

static void free_vm(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		free(vm->vcpus[i].c.at);
	free(vm->vcpus);
	free(vm->c.at);
}

static void add_vm(struct sample *s, const char *root, const char *name)
{
	struct vm vm = {};
	unsigned int number;
	char *path;

	if (sscanf(name, "%u-%u", &vm.pid, &number) != 2 || strlen(name) >= sizeof(vm.name))
		return;
	strcpy(vm.name, name);
	if (asprintf(&path, "%s/%s/stats", root, name) < 0)
		return;
	if (read_stats(&vm, path)) {
		read_command(&vm);
		read_memory(&vm);
		read_all_times(&vm);
		s->vms = grow(s->vms, s->nr_vms, sizeof(*s->vms));
		s->vms[s->nr_vms++] = vm;
	} else {
		free_vm(&vm);
	}
	free(path);
}

static unsigned int running_number(const struct vm *vm)
{
	return strtoul(strchr(vm->name, '-') + 1, NULL, 10);
}

static int by_number(const void *a, const void *b)
{
	unsigned int x = running_number(a), y = running_number(b);

	return (x > y) - (x < y);
}

/**
 * sample_take() - read what there is now
 * @s: filled; the caller's to free
 * @root: the module's directory in debugfs
 * @error: the reason, if there is none
 * @size: room there
 *
 * Return: false if the directory can't be read. No VM is no error.
 */
bool sample_take(struct sample *s, const char *root, char *error, size_t size)
{
	struct dirent *entry;
	struct timespec t;
	DIR *dir;

	memset(s, 0, sizeof(*s));
	dir = opendir(root);
	if (!dir) {
		snprintf(error, size, "%s: %s%s", root, strerror(errno),
			 errno == ENOENT ? " (is the module loaded, and debugfs mounted at /sys/kernel/debug?)" :
			 errno == EACCES ? " (debugfs is root's)" : "");
		return false;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	s->ns = t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
	while ((entry = readdir(dir)))
		add_vm(s, root, entry->d_name);
	closedir(dir);
	if (s->nr_vms)
		qsort(s->vms, s->nr_vms, sizeof(*s->vms), by_number);
	return true;
}

void sample_free(struct sample *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_vms; i++)
		free_vm(&s->vms[i]);
	free(s->vms);
	memset(s, 0, sizeof(*s));
}

const struct vm *sample_vm(const struct sample *s, const char *name)
{
	unsigned int i;

	for (i = 0; s && i < s->nr_vms; i++) {
		if (!strcmp(s->vms[i].name, name))
			return &s->vms[i];
	}
	return NULL;
}

const struct counter *counter_find(const struct counters *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		if (!strcmp(c->at[i].name, name))
			return &c->at[i];
	}
	return NULL;
}

uint64_t counter_of(const struct counters *c, const char *name)
{
	const struct counter *counter = counter_find(c, name);

	return counter ? counter->value : 0;
}

uint64_t counter_sum(const struct vm *vm, const char *name)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		sum += counter_of(&vm->vcpus[i].c, name);
	return sum;
}
