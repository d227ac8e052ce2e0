#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# cpu_guest.sh - /init of the guest of qemu/cpu (tools/check-peers): does it have the machine's CPU?
# shellcheck source=/dev/null
. /etc/setup
export PATH="$PATH:/usr/bin"
mkdir -p /tmp
features=" $(sed -n 's/^Features.*: //p' /proc/cpuinfo | head -n 1) "
for f in sve paca pacg; do
	case $features in
	*" $f "*) echo "guest: has $f" ;;
	*) echo "guest: no $f" ;;
	esac
done
/cpu_guest
# Counted by the CPU: not one "<not supported>" or "<not counted>", nor a 0.
perf stat -x , -e cycles,cycles:u,cycles:k -o /tmp/stat /cpu_guest >/dev/null
sed 's/^/guest: perf /' /tmp/stat
awk -F, '/cycles/ && $1 + 0 > 1000 { n++ } END { exit n != 3 }' /tmp/stat && echo "guest: perf stat ok"
# By its overflow interrupt.
perf record -q -e cycles -c 1000000 -o /tmp/data /cpu_guest >/dev/null
n=$(perf script -i /tmp/data 2>/dev/null | grep -c cycles)
echo "guest: perf record has $n samples"
[ "$n" -lt 10 ] || echo "guest: perf record ok"
echo "guest: done"
poweroff -f
