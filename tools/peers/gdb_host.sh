#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# gdb_host.sh - QEMU that waits for gdb, and gdb (tools/check-peers). The guest's kernel is the host's, neither moved about,
# so that the host knows the addresses: breakpoints of both kinds, a watchpoint, steps; then the guest goes on alone.
#
# Where: busybox sh, inside the emulated host, /dev/kvm there.
# Usage: gdb_host.sh COMMAND...     QEMU's
# shellcheck disable=SC2016 # what begins with $ is gdb's
sym() { grep " [a-zA-Z] $1\$" /proc/kallsyms | head -n 1 | sed 's/ .*//; s/^/0x/'; }

# at ADDRESS WHAT: the PC is there, else gdb ends.
at() {
	printf 'if $pc != %s\n  printf "gdb: %s: at %%lx\\n", $pc\n  quit 1\nend\n' "$1" "$2"
	printf 'printf "gdb: %s\\n"\n' "$2"
}

start=$(sym start_kernel) init=$(sym kernel_init) reboot=$(sym kernel_power_off)
{
	printf 'set pagination off\nset confirm off\nset architecture aarch64\ntarget remote 127.0.0.1:1234\n'
	printf 'hbreak *%s\ncontinue\n' "$start"
	at "$start" 'hardware breakpoint'
	printf 'delete\nstepi\n'
	at "($start + 4)" 'first step'
	printf 'stepi\n'
	at "($start + 8)" 'second step'
	printf 'break *%s\ncontinue\n' "$init"
	at "$init" 'software breakpoint'
	# Its stack is read again, by whom ever.
	printf 'delete\nstepi 4\nset $at = $pc\nset $stack = $sp\nrwatch *(long *)$stack\ncontinue\n'
	printf 'if $pc == $at\n  quit 1\nend\nprintf "gdb: watchpoint\\n"\n'
	printf 'delete\nset $at = $pc\nstepi 50\nif $pc == $at\n  quit 1\nend\nprintf "gdb: fifty steps\\n"\n'
	printf 'hbreak *%s\ncontinue\n' "$reboot"
	at "$reboot" 'hardware breakpoint in another task'
	printf 'delete\ndetach\n'
} >commands
ip link set lo up
"$@" &
sleep 5
gdb -nx -batch -x commands || exit
wait $!
