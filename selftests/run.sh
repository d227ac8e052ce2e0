#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - run the api and guest selftests one after another.
#
# Where: busybox sh, inside the (emulated) arm64 host, next to api/ and guest/.
# Usage: run.sh [PROGRAM...]     e.g. run.sh api/vcpu_init guest/gic_sgi
#   ARMVCPU_DEVICE   device under test (/dev/armvcpu)
#   TEST_TIMEOUT     seconds per program (180)
#   SHARD            i/n: every n-th program from the i-th on, 1-based
#
# Each program's TAP goes through unchanged between two lines of ours:
#   # run api/vcpu_init
#   @@ api/vcpu_init rc=0 pass=5 fail=0 skip=0 seconds=2
# and the last line is the sum:
#   @@ total programs=40 pass=210 fail=0 skip=3 seconds=200
# A program that hangs, crashes, prints no plan or breaks off before the end of
# its plan counts as one failure more. Exit status: 0 only without failures.

cd "$(dirname "$0")" || exit 2
: "${ARMVCPU_DEVICE:=/dev/armvcpu}" "${TEST_TIMEOUT:=180}" "${SHARD:=1/1}"
export ARMVCPU_DEVICE

if ! [ -c "$ARMVCPU_DEVICE" ]; then
	echo "Bail out! no device $ARMVCPU_DEVICE"
	exit 2
fi

[ $# -gt 0 ] || set -- api/* guest/*

out=${TMPDIR:-/tmp}/run.$$
trap 'rm -f "$out" "$out.fifo"' EXIT
mkfifo "$out.fifo" || exit 2
programs=0 pass=0 fail=0 skip=0 nr=0
begin=$(date +%s)

for t; do
	[ -f "$t" ] && [ -x "$t" ] || continue
	nr=$((nr + 1))
	[ $(((nr - 1) % ${SHARD#*/} + 1)) -eq "${SHARD%/*}" ] || continue
	echo "# run $t"
	t0=$(date +%s)
	tee "$out" <"$out.fifo" &
	tee=$!
	timeout -s KILL "$TEST_TIMEOUT" "./$t" >"$out.fifo" 2>&1
	rc=$?
	# a child that can't be killed would hold the pipe for ever
	if [ "$rc" -eq 137 ]; then
		for _ in 1 2 3 4 5; do
			kill -0 "$tee" 2>/dev/null || break
			sleep 1
		done
		kill "$tee" 2>/dev/null
	fi
	wait "$tee" 2>/dev/null
	p=$(grep -c '^ok [0-9]' "$out")
	s=$(grep -c '^ok [0-9].*# SKIP' "$out")
	f=$(grep -c '^not ok [0-9]' "$out")
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$out" | head -n 1)
	p=$((p - s))
	case $rc in
	4)	[ $((p + s + f)) -gt 0 ] || s=1 ;;
	*)	# also what the TAP lines don't tell: broken off, or wrong exit status
		if [ -z "$plan" ] || [ $((p + s + f)) -ne "$plan" ] ||
		   { [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; }; then
			echo "not ok $t: rc=$rc, plan ${plan:-none}, results $((p + s + f))"
			f=$((f + 1))
		fi ;;
	esac
	echo "@@ $t rc=$rc pass=$p fail=$f skip=$s seconds=$(($(date +%s) - t0))"
	programs=$((programs + 1))
	pass=$((pass + p)) fail=$((fail + f)) skip=$((skip + s))
done

echo "@@ total programs=$programs pass=$pass fail=$fail skip=$skip seconds=$(($(date +%s) - begin))"
[ "$fail" -eq 0 ] && [ "$programs" -gt 0 ]
