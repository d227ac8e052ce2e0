// SPDX-License-Identifier: GPL-2.0
/*
 * net_peer - the other side of armvcpu-run --net user or --net unix=PATH: a machine that answers pings, and ARP for
 * each address. It stands in for passt(1), whose options it takes.
 *
 * Usage: net_peer --foreground --quiet --fd N --mtu 1500 | net_peer listen PATH
 *
 * Runs at: host EL0. Owns: nothing.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const unsigned char own_mac[6] = { 2, 0, 0, 0, 0, 0x99 };

static int get(int fd, void *to, size_t len)
{
	return recv(fd, to, len, MSG_WAITALL) == len;
}

static void turn(struct ether_header *eth)
{
	memcpy(eth->ether_dhost, eth->ether_shost, 6);
	memcpy(eth->ether_shost, own_mac, 6);
}

/* Answers in place; false: nothing to say. */
static int answer_arp(unsigned char *frame, size_t len)
{
	struct ether_arp *arp = (struct ether_arp *)(frame + sizeof(struct ether_header));
	unsigned char asked[4];

	if (len < sizeof(struct ether_header) + sizeof(*arp) || arp->ea_hdr.ar_op != htons(ARPOP_REQUEST) ||
	    !memcmp(arp->arp_spa, arp->arp_tpa, 4))
		return 0;
	memcpy(asked, arp->arp_tpa, 4);
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp->arp_tha, arp->arp_sha, 10);	/* both addresses */
	memcpy(arp->arp_sha, own_mac, 6);
	memcpy(arp->arp_spa, asked, 4);
	return 1;
}

/* The checksum stays right: the type's 8 goes from its sum. */
static int answer_ping(unsigned char *frame, size_t len)
{
	struct iphdr *ip = (struct iphdr *)(frame + sizeof(struct ether_header));
	struct icmphdr *icmp = (struct icmphdr *)(ip + 1);
	unsigned int from, sum;

	if (len < sizeof(struct ether_header) + sizeof(*ip) + sizeof(*icmp) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_ICMP || icmp->type != ICMP_ECHO)
		return 0;
	from = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = from;
	icmp->type = ICMP_ECHOREPLY;
	sum = ntohs(icmp->checksum) + (ICMP_ECHO << 8);
	icmp->checksum = htons((sum & 0xffff) + (sum >> 16));
	return 1;
}

static void serve(int fd)
{
	static unsigned char frame[65538];
	struct ether_header *eth = (struct ether_header *)frame;
	unsigned int length;
	size_t len;
	int answer;

	while (get(fd, &length, 4)) {
		len = ntohl(length);
		if (len < sizeof(*eth) || len > sizeof(frame) || !get(fd, frame, len))
			exit(3);
		answer = eth->ether_type == htons(ETHERTYPE_ARP) ? answer_arp(frame, len) :
			 eth->ether_type == htons(ETHERTYPE_IP) ? answer_ping(frame, len) : 0;
		if (!answer)
			continue;
		turn(eth);
		/* In two pieces, as a stream may be */
		if (send(fd, &length, 4, 0) != 4 || send(fd, frame, len, 0) != len)
			exit(4);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		exit(5);
	return accept(fd, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "--foreground") && !strcmp(argv[2], "--quiet") && !strcmp(argv[3], "--fd") &&
	    !strcmp(argv[5], "--mtu") && !strcmp(argv[6], "1500"))
		serve(atoi(argv[4]));
	else if (argc == 3 && !strcmp(argv[1], "listen"))
		serve(listen_at(argv[2]));
	else
		return 2;
	return 0;
}
