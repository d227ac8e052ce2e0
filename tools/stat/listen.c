// SPDX-License-Identifier: GPL-2.0
/*
 * A page for Prometheus by HTTP: GET of /metrics, one client at a time, each answered and done with.
 *
 * Owns: the socket. Locks: none. Who may connect is not asked: it listens on the loopback unless told otherwise.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "stat.h"

#define LOOPBACK	"127.0.0.1"
#define PATIENCE	2		/* seconds for a client to say what it wants, and for each part that it takes */

/* "PORT", "HOST:PORT", "[IPv6]:PORT" */
static bool split(char *where, const char **host, const char **port)
{
	char *colon = strrchr(where, ':'), *end;

	*host = LOOPBACK;
	*port = where;
	if (!colon)
		return *where;
	*colon = '\0';
	*port = colon + 1;
	*host = where;
	if (*where == '[') {
		end = strchr(where, ']');
		if (!end || end[1])
			return false;
		*end = '\0';
		*host = where + 1;
	}
	return **host && **port;
}

/* Numbers only: a static program has no name service. */
static socklen_t make_address(struct sockaddr_storage *to, const char *host, const char *port)
{
	struct sockaddr_in *in = (void *)to;
	struct sockaddr_in6 *in6 = (void *)to;
	char *end;
	unsigned long nr = strtoul(port, &end, 10);

	memset(to, 0, sizeof(*to));
	if (*end || nr < 1 || nr > 65535)
		return 0;
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(nr);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(nr);
		return sizeof(*in6);
	}
	return 0;
}

static int open_socket(const char *host, const char *port)
{
	struct sockaddr_storage addr;
	socklen_t len = make_address(&addr, host, port);
	int fd, on = 1;

	if (!len) {
		fprintf(stderr, "armvcpu-stat: %s:%s: no address and port in numbers\n", host, port);
		return -1;
	}
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 8)) {
		fprintf(stderr, "armvcpu-stat: %s:%s: %s\n", host, port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/*
 * The request up to its empty line; what comes behind is not looked at. One who
 * sends it byte by byte, each in time, must not keep the others waiting.
 */
static bool read_request(int fd, char *text, size_t size)
{
	struct timespec begin, now;
	size_t have = 0;
	ssize_t n;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (have < size - 1) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - begin.tv_sec > PATIENCE)
			return false;
		n = recv(fd, text + have, size - 1 - have, 0);
		if (n <= 0)
			return false;
		have += n;
		text[have] = '\0';
		if (strstr(text, "\r\n\r\n") || strstr(text, "\n\n"))
			return true;
	}
	return false;
}

static bool wants(const char *request, const char *path)
{
	size_t len = strlen(path);

	return !strncmp(request, "GET ", 4) && !strncmp(request + 4, path, len) &&
	       strchr(" ?\r\n", request[4 + len]);
}

static void reply(FILE *out, const char *status, const char *body, size_t size)
{
	fprintf(out, "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n", status, size);
	fwrite(body, 1, size, out);
}

static void answer(FILE *out, const char *request, const char *root)
{
	char error[256], *body = NULL;
	struct sample now;
	size_t size = 0;
	FILE *page;

	if (!wants(request, "/metrics")) {
		reply(out, "404 Not Found", "see /metrics\n", 13);
		return;
	}
	if (!sample_take(&now, root, error, sizeof(error))) {
		reply(out, "503 Service Unavailable", error, strlen(error));
		return;
	}
	page = open_memstream(&body, &size);
	if (page) {
		prometheus_page(page, &now);
		fclose(page);
		reply(out, "200 OK", body, size);
	}
	free(body);
	sample_free(&now);
}

static void serve_one(int fd, const char *root)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	char request[4096];
	FILE *out;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!read_request(fd, request, sizeof(request))) {
		close(fd);
		return;
	}
	out = fdopen(fd, "w");
	if (!out) {
		close(fd);
		return;
	}
	answer(out, request, root);
	fclose(out);
}

/**
 * serve() - answer who asks for the statistics
 * @where: "PORT", "HOST:PORT" or "[IPv6]:PORT"; without a host on the loopback
 * @root: as sample_take()
 *
 * Returns only if it can't listen, after a message.
 */
void serve(const char *where, const char *root)
{
	char *copy = strdup(where);
	const char *host, *port;
	int fd, client;

	if (!copy || !split(copy, &host, &port)) {
		fprintf(stderr, "armvcpu-stat: --listen %s: no [HOST:]PORT\n", where);
		free(copy);
		return;
	}
	fd = open_socket(host, port);
	free(copy);
	while (fd >= 0) {
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0)
			serve_one(client, root);
		else if (errno != EINTR && errno != ECONNABORTED)
			usleep(100000);	/* out of descriptors, say */
	}
}
