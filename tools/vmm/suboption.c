// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments of options that describe devices: words with commas between them. A comma that belongs to a word is
 * written twice.
 *
 * Owns: nothing. Locks: none; main thread.
 */
#define _GNU_SOURCE
#include <string.h>

#include "virtio.h"

/* The next word, cut off in place; NULL behind the last. */
char *suboption_next(char **rest)
{
	char *word = *rest, *from, *to;

	if (!word)
		return NULL;
	for (from = word, to = word; *from; *to++ = *from++) {
		if (*from != ',')
			continue;
		if (from[1] != ',')
			break;
		from++;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	return word;
}

/* "key=value": the value, if it is that key. */
const char *suboption_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(text, key, len) && text[len] == '=' ? text + len + 1 : NULL;
}
