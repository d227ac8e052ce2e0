#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the same Linux guest boots to its user space and powers off with 1, 2, 4 and 8 vCPUs and with 64 MiB to
# 2 GiB of memory, each combination BOOT_ROUNDS times in a row.
# A failure shows the combination and the end of the guest's console.
# Runs in the emulated host. The environment may come from its kernel command line (hostrun --append BOOT_ROUNDS=1).
#   BOOT_ROUNDS   boots of each combination (1; the full claim is made with 10: make check BOOT_ROUNDS=10)
#   BOOT_CPUS     numbers of vCPUs ("1 2 4 8")
#   BOOT_MEM      sizes of memory ("64M 512M 2G")
# timeout: 3000
# beside: others
: "${BOOT_ROUNDS:=1}" "${BOOT_CPUS:=1 2 4 8}" "${BOOT_MEM:=64M 512M 2G}"

plan=1
for _ in $BOOT_CPUS; do for _ in $BOOT_MEM; do plan=$((plan + 1)); done; done
echo "TAP version 13"
echo "1..$plan"

insmod armvcpu.ko
n=0
for cpus in $BOOT_CPUS; do
	for mem in $BOOT_MEM; do
		n=$((n + 1)) i=0 good=0
		begin=$(date +%s)
		while [ "$i" -lt "$BOOT_ROUNDS" ]; do
			./armvcpu-run --kernel Image --initrd guest-initrd --cpus "$cpus" --mem "$mem" \
				--append "console=ttyAMA0 quiet panic=-1" </dev/null >/tmp/guest 2>&1
			rc=$?
			i=$((i + 1))
			if [ $rc -eq 0 ] && grep -q "guest: $cpus CPUs online" /tmp/guest &&
			   grep -q 'guest: sum of squares up to 20000 is 2666866670000' /tmp/guest; then
				good=$((good + 1))
			else
				echo "# boot $i: armvcpu-run exited with $rc; the guest's last words:"
				tail -n 20 /tmp/guest | sed 's/^/#   /'
			fi
		done
		[ "$good" -eq "$BOOT_ROUNDS" ] || printf 'not '
		echo "ok $n $cpus vCPUs, $mem: $good of $BOOT_ROUNDS boots, $(($(date +%s) - begin)) s"
	done
done
rmmod armvcpu || printf 'not '
echo "ok $plan the module goes"
