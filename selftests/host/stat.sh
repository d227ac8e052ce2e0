#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu-stat says of a guest that runs what debugfs says: --json every statistic, --once rates that are not zero,
# --listen the same by HTTP, and of the VM and of each vCPU the time per exit; without the module it says what is missing.
# On a terminal of which no database says anything, Linux's own console, the page stands as it should, and the terminal's
# modes are back with the program's end.
# A failure prints what it said. Runs in the emulated host, which has no terminfo.
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..12"
./armvcpu-stat --once >/tmp/said 2>&1
[ $? -eq 1 ] && grep -q 'is the module loaded' /tmp/said
result $? "without the module: $(cat /tmp/said)"
insmod armvcpu.ko
./armvcpu-stat --once --totals >/tmp/said && grep -q '^armvcpu: 0 VMs' /tmp/said
result $? "without a VM"

endless_guest /tmp/guest 2
vm=''
for _ in $(seq 60); do
	vm=$(cd /sys/kernel/debug/armvcpu && echo $guest-*)
	grep -q '^vcpu 1' "/sys/kernel/debug/armvcpu/$vm/stats" 2>/dev/null && break
	sleep 1
done
# and that one does not wait for something at its start
for _ in $(seq 120); do
	! grep -q 'guest is up' /tmp/guest || break
	sleep 1
done

# stat FILE NAME: of vCPU 0, as debugfs prints it
stat() { sed -n '/^vcpu 0/,/^vcpu 1/p' "$1" | awk -v n="$2" '$1 == n { print $2 }'; }
# field FILE NAME: of the first vCPU, from --json
field() { sed 's/.*"vcpus":\[{"id":0,//' "$1" | grep -o "\"$2\":[0-9]*" | head -n 1 | cut -d: -f2; }

cat "/sys/kernel/debug/armvcpu/$vm/stats" >/tmp/before
./armvcpu-stat --json --once >/tmp/json
cat "/sys/kernel/debug/armvcpu/$vm/stats" >/tmp/after
grep -q "^{\"time\":[0-9.]*,\"vms\":\[{\"name\":\"$vm\",\"pid\":$guest,\"command\":\"armvcpu-run\",\"memory_kb\":[1-9]" /tmp/json
result $? "--json has the VM"
bad=''
for name in exits fast exit_irq fast_irq hvc_exit_stat exit_data halt_wait_ns; do
	a=$(stat /tmp/before $name) b=$(field /tmp/json $name) c=$(stat /tmp/after $name)
	[ "$a" -le "$b" ] && [ "$b" -le "$c" ] || bad="$bad $name: $a, $b, $c;"
done
[ -z "$bad" ]
result $? "and its statistics are debugfs'${bad:+:$bad}"
[ "$(field /tmp/json exits)" -gt 100 ]
result $? "of a vCPU that runs"

./armvcpu-stat --once --vcpus >/tmp/page
# VM, command, vCPUs, MiB, idle, guest-us, host-us, exits
awk -v vm="$vm" '$1 == vm && $2 == "armvcpu-run" && $3 == 2 && $4 > 0 && $8 > 0 { found = 1 } END { exit !found }' /tmp/page &&
	[ "$(grep -c '^  vcpu' /tmp/page)" -eq 2 ]
result $? "--once has rates"
sed 's/^/# /' /tmp/page
# It computes: nearly all of a CPU's time is the guest's. Fields: "vcpu", id, idle, guest-us, host-us, exits; a vCPU that
# is in its VMM just when it is looked at has no times.
./armvcpu-stat --once --vcpus --interval 5 >/tmp/page
sed 's/^/# /' /tmp/page
awk -v vm="$vm" '$1 == vm && $6 * $8 > 4e5 && $6 * $8 < 2.2e6 && $7 ~ /^[0-9.]+$/ { found = 1 } END { exit !found }' /tmp/page
result $? "the guest's time per exit makes up the time that it had"
for _ in 1 2 3; do
	awk -v vm="$vm" '{ sub(/[(]waits[)]/, "") }
		$1 == vm { all = $6 * $8 }
		$1 == "vcpu" && $5 ~ /^[0-9.]+$/ { found++; sum += $4 * $6 }
		END { exit !(found == 2 && sum > 0.8 * all && sum < 1.2 * all) }' /tmp/page && break
	./armvcpu-stat --once --vcpus --interval 5 >/tmp/page
	sed 's/^/# /' /tmp/page
	false
done
result $? "the vCPUs' make up the VM's"

# The console gives back what it shows, without line ends.
screen() { fold -w "$(stty -F /dev/tty1 size | cut -d' ' -f2)" </dev/vcs1; }
modes() { stty -F /dev/tty1 -a | sed 1d; }
if [ -e /dev/tty1 ] && [ -r /dev/vcs1 ]; then
	ls -d /etc/terminfo /lib/terminfo /usr/share/terminfo 2>/dev/null && echo "# there is a database of terminals"
	modes >/tmp/modes
	TERM=linux ./armvcpu-stat --vcpus </dev/tty1 >/dev/tty1 2>/tmp/said &
	stat=$!
	sleep 4
	screen >/tmp/page
	modes >/tmp/modes_taken
	sed 's/^/# /; s/ *$//' /tmp/page | grep -v '^#$'
	cat /tmp/said
	[ "$(grep -n '^VM  *command  *vCPUs .* exits' /tmp/page | cut -d: -f1)" = 2 ] &&
		awk -v vm="$vm" 'NR == 3 && $1 == vm && $3 == 2 && $8 > 0 { found = 1 } END { exit !found }' /tmp/page &&
		[ "$(sed -n 4,5p /tmp/page | grep -c '^  vcpu')" -eq 2 ] && ! cmp -s /tmp/modes /tmp/modes_taken
	result $? "a terminal that nothing is known of shows the page"
	kill $stat
	wait $stat
	status=$?
	modes >/tmp/modes_after
	diff /tmp/modes /tmp/modes_after && [ $status -eq 143 ]
	result $? "and has its modes back; the program ended by its signal: $status"
else
	result 0 "a terminal that nothing is known of # SKIP the kernel has none of its own"
	result 0 "and its modes # SKIP likewise"
fi

ip link set lo up
./armvcpu-stat --listen 9191 &
server=$!
for _ in $(seq 30); do
	! wget -q -O /tmp/metrics http://127.0.0.1:9191/metrics || break
	sleep 1
done
grep -q "^armvcpu_vcpu_exits_total{vm=\"$vm\",pid=\"$guest\",command=\"armvcpu-run\",vcpu=\"1\"} [1-9]" /tmp/metrics &&
	grep -q "^armvcpu_vm_guest_seconds_total{vm=\"$vm\",pid=\"$guest\",command=\"armvcpu-run\"} [1-9]" /tmp/metrics
result $? "--listen serves them"
kill $server
kill $guest
wait $guest
rmmod armvcpu
result $? "the module goes"
