#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# host_life.sh - the host's life beside fuzzing VMMs and guests: CPUs go and come, lose EL2 in deep idle, VMMs are killed,
# the module is to be unloaded while it is in use and then is, memory is short, moved about, merged, or not to be had.
#
# Where: busybox sh, in the emulated host, with armvcpu.ko (loaded) and, for deep idle, powerdown.ko in the working
# directory, and the other fuzzers beside this script. By tools/fuzz.
# Usage: host_life.sh --seed N --time SECONDS
#
# Deeds are drawn from the seed. A line of progress every ten seconds says how often each was done; those that must be
# possible on any host fail the script if they never were, of sixty. What VMMs do under failing allocations is not judged, only what
# the kernel says to it.

dir=$(dirname "$0")
seed=1 seconds=20
while [ $# -gt 1 ]; do
	case $1 in
	--seed) seed=$2 ;;
	--time) seconds=$2 ;;
	esac
	shift 2
done
[ -d /sys/module/armvcpu ] || { echo "fuzz host_life.sh SKIP: the module is not loaded"; exit 4; }
[ ! -e powerdown.ko ] || [ -d /sys/module/powerdown ] || insmod powerdown.ko
grep -q ' /sys/kernel/debug ' /proc/mounts || mount -t debugfs none /sys/kernel/debug

state=$((seed * 2654435761 % 4294967296))
# draw N: sets drawn to 0 .. N - 1
draw() {
	state=$(((state * 1103515245 + 12345) % 4294967296))
	drawn=$(((state >> 12) % $1))
}

start=$(date +%s) last=$start
failed='' deeds=0
hotplugs=0 idles=0 refusals=0 reloads=0 kills=0 ends=0 squeezes=0 moves=0 settings=0 failings=0 losses=0 lost=''

fail() {
	echo "fuzz host_life.sh seed=$seed FOUND: $1"
	failed=1
}

report() {
	echo "fuzz host_life.sh $1 seed=$seed t=$(($(date +%s) - start)) deeds=$deeds hotplugs=$hotplugs idles=$idles" \
		"refusals=$refusals reloads=$reloads kills=$kills ends=$ends squeezes=$squeezes moves=$moves" \
		"settings=$settings failings=$failings losses=$losses"
}

# --- VMMs beside ---------------------------------------------------------------------

# shellcheck disable=SC2034 # by eval
vmm_a='' vmm_b=''

# start_one LETTER: some fuzzer, for some seconds, perhaps with failing allocations
start_one() {
	set -- "$1" "$dir"/vmm_* "$dir"/guest_*
	draw $(($# - 1))
	letter=$1
	shift $((drawn + 1))
	program=$1 allocs=''
	[ -x "$program" ] || return
	draw 3
	if [ "$drawn" -eq 0 ] && [ "${program##*/}" = vmm_ioctls ] && [ -d /sys/kernel/debug/failslab ]; then
		allocs=1
		failings=$((failings + 1))
	fi
	draw 1000000
	FUZZ_FAIL_ALLOCS=$allocs "$program" --seed $((drawn + 1)) --time $((5 + drawn % 10)) >"/tmp/vmm_$letter.log" 2>&1 &
	eval "vmm_$letter=$! vmm_${letter}_allocs=$allocs"
}

# end_one LETTER: it has ended; was it by itself, and well?
end_one() {
	eval "pid=\$vmm_$1 allocs=\$vmm_$1_allocs vmm_$1=''"
	wait "$pid"
	rc=$?
	case $rc in
	0) ends=$((ends + 1)) ;;
	137) ;;
	*)
		# One that was squeezed or whose time is short may miss that all kinds succeed.
		if grep -q FOUND "/tmp/vmm_$1.log" && ! grep -q 'never moved' "/tmp/vmm_$1.log" && [ -z "$allocs$lost" ]; then
			sed 's/^/# /' "/tmp/vmm_$1.log" | tail -n 50
			fail "a VMM beside ended with $rc"
		fi ;;
	esac
}

look_after() {
	eval "pid=\$vmm_$1"
	if [ -z "$pid" ]; then
		start_one "$1"
	elif ! kill -0 "$pid" 2>/dev/null; then
		end_one "$1"
		start_one "$1"
	fi
}

kill_one() {
	eval "pid=\$vmm_$1"
	[ -n "$pid" ] || return
	kill -KILL "$pid" 2>/dev/null && kills=$((kills + 1))
	end_one "$1"
}

# --- deeds ---------------------------------------------------------------------------

hotplug() {
	cpus=$(ls -d /sys/devices/system/cpu/cpu[0-9]*)
	# shellcheck disable=SC2086 # words
	set -- $cpus
	draw $#
	shift "$drawn"
	echo 0 2>/dev/null >"$1/online" && hotplugs=$((hotplugs + 1))
	draw 3
	[ "$drawn" -eq 0 ] || usleep $((drawn * 100000))
	echo 1 2>/dev/null >"$1/online" || [ "$(cat "$1/online")" = 1 ] || fail "$1 does not come back"
}

deep_idle() {
	[ -w /sys/module/powerdown/parameters/idle ] || return
	draw 4
	echo $((1 + drawn)) >/sys/module/powerdown/parameters/idle && idles=$((idles + 1))
}

# While a VMM has it open it can't be unloaded; when all are gone it can, and back it comes.
module() {
	users=$(cat /sys/module/armvcpu/refcnt)
	draw 4
	if [ "$drawn" -gt 0 ]; then
		[ "$users" -gt 0 ] || return
		# It may lose its last user just now: then it goes, and that is right, too.
		if rmmod armvcpu 2>/dev/null; then
			insmod armvcpu.ko || fail "insmod fails after a round"
		else
			refusals=$((refusals + 1))
		fi
		return
	fi
	reload
}

reload() {
	for one in a b; do
		kill_one $one
	done
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ "$(cat /sys/module/armvcpu/refcnt)" -gt 0 ] || break
		usleep 500000
	done
	rmmod armvcpu || { fail "rmmod fails with $(cat /sys/module/armvcpu/refcnt) users"; return; }
	draw 3
	if insmod armvcpu.ko fast=$((drawn > 0)); then reloads=$((reloads + 1)); else fail "insmod fails"; fi
}

# Somebody takes EL2 away on one CPU, and nobody is told. VMs there end, which is no finding; a new load puts it right.
lose_unheard() {
	[ -w /sys/module/powerdown/parameters/unheard ] || return
	lost=1
	draw 2
	echo "$drawn" >/sys/module/powerdown/parameters/unheard && losses=$((losses + 1))
	sleep 2
	reload
	lost=''
}

# A piece of memory more is taken, until little is left or chance gives all of it back.
squeeze() {
	free=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
	draw 6
	if [ "$drawn" -eq 0 ] || [ "$free" -lt 500000 ]; then
		rm -f /tmp/hog.*
	else
		dd if=/dev/zero of=/tmp/hog.$squeezes bs=64k count=1600 2>/dev/null && squeezes=$((squeezes + 1))
	fi
}

move_pages() {
	echo 1 2>/dev/null >/proc/sys/vm/compact_memory && moves=$((moves + 1))
	draw 4
	[ "$drawn" -ne 0 ] || echo 3 >/proc/sys/vm/drop_caches
}

set_memory() {
	draw 4
	set -- always madvise never always
	shift "$drawn"
	echo "$1" 2>/dev/null >/sys/kernel/mm/transparent_hugepage/enabled && settings=$((settings + 1))
	draw 3
	echo "$drawn" 2>/dev/null >/sys/kernel/mm/ksm/run && settings=$((settings + 1))
	echo 1000 2>/dev/null >/sys/kernel/mm/ksm/pages_to_scan
	echo 20 2>/dev/null >/sys/kernel/mm/ksm/sleep_millisecs
}

# Only tasks that ask for it (make-it-fail), allocations that may sleep included.
set_failures() {
	for kind in failslab fail_page_alloc; do
		[ -d "/sys/kernel/debug/$kind" ] || continue
		draw 3
		(
			cd "/sys/kernel/debug/$kind" || exit
			echo Y >task-filter
			echo N >ignore-gfp-wait
			[ ! -e min-order ] || echo 0 >min-order
			echo 0 >verbose
			# shellcheck disable=SC2238 # a file
			echo '-1' >times
			echo 0 >space
			echo $((1 + drawn * 20)) >interval
			echo $((1 + drawn * 20)) >probability
		) 2>/dev/null
	done
}

set_failures
while now=$(date +%s) && [ $((now - start)) -lt "$seconds" ] && [ -z "$failed" ]; do
	look_after a
	look_after b
	deeds=$((deeds + 1))
	draw 20
	case $drawn in
	0 | 1 | 2 | 3 | 4) hotplug ;;
	5 | 6 | 7 | 8) deep_idle ;;
	9 | 10) kill_one a ;;
	11 | 12 | 13) module ;;
	14) squeeze ;;
	15) lose_unheard ;;
	16) move_pages ;;
	17 | 18) set_memory ;;
	19) set_failures ;;
	esac
	if [ $((now - last)) -ge 10 ]; then
		report progress
		last=$now
	fi
	draw 3
	usleep $((drawn * 100000))
done
for one in a b; do kill_one $one; done
rm -f /tmp/hog.*
echo 2 2>/dev/null >/sys/kernel/mm/ksm/run
for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
	[ "$(cat "$cpu/online" 2>/dev/null || echo 1)" = 1 ] || echo 1 >"$cpu/online"
done
report total
[ "$deeds" -gt 0 ] || fail "nothing was done"
# On a slow machine a short time is over before each kind had its turn.
if [ "$deeds" -ge 60 ]; then
	[ "$hotplugs" -gt 0 ] || fail "no CPU ever went off"
	[ $((refusals + reloads)) -gt 0 ] || fail "nobody tried to unload the module"
	[ "$kills" -gt 0 ] || fail "no VMM was killed"
fi
[ -z "$failed" ]
