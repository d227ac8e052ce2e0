# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Claim: armvcpu-run's virtio devices work with Linux's drivers: a disk that the guest reads has the file's bytes, one that it
# writes has the guest's on the file, one that is read-only stays as it is; packets and whole files pass through a tap
# interface in both directions, data through sockets; random numbers come; all that after a reset by the guest, too.
# Wrong arguments are refused by name.
# A failure prints the guest's console, or what was said instead.
# hostrun: --smp 2
# timeout: 400
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"

sum() { sha256sum <"$1" | cut -c 1-64; }

# says PATTERN ARGUMENT...: armvcpu-run ends with 1 and this message
says() {
	pattern=$1
	shift
	./armvcpu-run --kernel Image --device /nowhere "$@" >/tmp/said 2>&1
	[ $? -eq 1 ] && grep -q "$pattern" /tmp/said
	rc=$?
	[ $rc -eq 0 ] || sed 's/^/# /' /tmp/said
	result $rc "refused: $*"
}

# guest_says PATTERN TEXT
guest_says() {
	grep -q "guest: $1" /tmp/guest
	result $? "$2"
}

mkdir /tmp/d
head -c 8388608 /dev/urandom >/tmp/d/a
head -c 16777216 /dev/urandom >/tmp/d/b
head -c 1048576 /dev/urandom >"/tmp/d/c,c"
echo first >/tmp/d/mark
truncate -s 4096 /tmp/d/mark
before=$(du -k /tmp/d/b | cut -f 1)
head -c 511 /dev/zero >/tmp/d/small
says "less than a sector" --disk /tmp/d/small
says "No such file" --disk /tmp/d/nothere
says "neither a file nor a block device" --disk /dev/null
says "no file named" --disk ,ro
says '"format=vmdk" is neither' --disk /tmp/d/a,format=vmdk
says '"rw" is neither' --disk /tmp/d/a,rw
says "in use by another" --disk /tmp/d/a --disk /tmp/d/a
says "no name of an interface" --net tap=
says "no name of an interface" --net tap=abcdefghijklmnopqrstuvwxyz
says "no address of an interface" --net tap=t,mac=01:00:00:00:00:01
says "no address of an interface" --net tap=t,mac=00:00:00:00:00
says '"bridge" is none of' --net bridge
says "one of user, tap=NAME and unix=PATH" --net mac=52:54:00:00:00:01
says "one of user, tap=NAME and unix=PATH" --net user,tap=t
says "belong to user" --net tap=t,tcp=22
says "needs the program passt" --net user
says "No such file" --net unix=/nowhere
says "/nowhere" --disk /tmp/d/a,ro --disk /tmp/d/a,ro

dmesg -n 1
insmod armvcpu.ko
net='' talks=''
for module in modules/*.ko; do [ ! -e "$module" ] || insmod "$module"; done
if [ -e /sys/module/tun ]; then
	mkdir -p /dev/net
	[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
	tunctl -t tap0 >/dev/null
	ip addr add 10.9.0.1/24 dev tap0
	ip link set tap0 up
	httpd -h /tmp/d
	net="--net tap=tap0,mac=52:54:00:00:09:02 --net tap=tap1"
	# A passt that only answers; and another program, which listens.
	mkdir /tmp/bin
	cp selftests/host/net_peer /tmp/bin/passt
	PATH=/tmp/bin:$PATH
	./selftests/host/net_peer listen /tmp/peer &
	while [ ! -S /tmp/peer ]; do sleep 0.1; done
	net="$net --net user --net unix=/tmp/peer"
fi
if [ -e /sys/module/vhost_vsock ]; then
	[ -e /dev/vhost-vsock ] || mknod /dev/vhost-vsock c 10 241
	net="$net --vsock 42"
	./selftests/host/vsock_talk listen 4321 &
	./selftests/host/vsock_talk 1234 42 200000 &
	talks=$!
	says "CID\|a number from 3" --vsock 2
fi
mkfifo /tmp/in
# shellcheck disable=SC2086 # several words
./armvcpu-run --kernel Image --initrd virtio-initrd --cpus 2 --mem 256M --append "console=ttyAMA0 quiet panic=-1" \
	--disk /tmp/d/a --disk /tmp/d/b,format=raw --disk /tmp/d/c,,c,ro --disk /tmp/d/mark --reboot --rng --rng $net </tmp/in >/tmp/guest 2>&1 &
pid=$!
exec 9>/tmp/in
if [ -e /sys/module/tun ]; then
	while kill -0 $pid && ! grep -q "guest: fetched" /tmp/guest; do sleep 1; done
	ping -c 3 -w 20 10.9.0.2 >/tmp/ping 2>&1
	ping=$?
	wget -q -O /tmp/fetched http://10.9.0.2/numbers
	echo end >&9
fi
wait $pid
result $? "the guest comes to its end"
exec 9>&-
sed 's/\r//; s/^/# /' /tmp/guest
guest_says "resets itself" "the guest resets itself"
guest_says "disks vda vdb vdc vdd" "four disks, in the second life"
guest_says "vda is armvcpu-disk0, 16384 sectors, write back" "its name, size and cache"
guest_says "vda has $(sum /tmp/d/a)" "the guest reads what the file has"
guest_says "vdb gives back what was written" "what the guest wrote it reads again"
guest_says "vdb is now write through" "the cache can be turned off"
seq 1 500000 | head -c 3145728 >/tmp/numbers
dd if=/tmp/d/b bs=64k skip=8 count=48 2>/dev/null | cmp - /tmp/numbers
result $? "what the guest wrote is in the file"
dd if=/tmp/d/b bs=512 count=99 2>/dev/null >/tmp/back
head -c 50688 /tmp/numbers | cmp - /tmp/back
result $? "what it wrote around its cache is, too"
guest_says "vdb discards" "a part is discarded"
after=$(du -k /tmp/d/b | cut -f 1)
echo "# $before KiB on the file system before, $after after"
[ "$after" -le $((before - 4096)) ] && [ "$(stat -c %s /tmp/d/b)" = 16777216 ]
result $? "and is a hole in the file, which is as long as before"
guest_says "vdc read-only 1" "a disk is read-only"
guest_says "refused: dd" "and not written to"
guest_says "vdc has $(sum "/tmp/d/c,c")" "but read"
guest_says "random numbers from virtio_rng.0 virtio_rng.1" "two sources of random numbers"
guest_says "random numbers come" "random numbers come"
if [ -n "$talks" ]; then
	guest_says "talked over vsock" "a program in the guest talks to one in the host"
	wait "$talks"
	result $? "and one in the host to one in the guest"
fi
if [ -e /sys/module/tun ]; then
	guest_says "eth0 is 52:54:00:00:09:02" "a network with the address that was given"
	guest_says "eth1 is there" "and a second one"
	guest_says "eth2 is answered" "a network by the program passt"
	guest_says "eth3 is answered" "and by one that listens at a socket"
	guest_says "the host answers" "the guest's pings are answered"
	guest_says "fetched $(sum /tmp/d/a)" "the guest fetches a file"
	sed 's/^/# /' /tmp/ping
	result "$ping" "the guest answers pings"
	seq 1 400000 | cmp - /tmp/fetched
	result $? "the host fetches a file from the guest"
fi
rmmod armvcpu
result $? "the module is unloaded"
echo "1..$n"
