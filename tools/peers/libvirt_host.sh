#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# libvirt_host.sh - Debian's libvirtd and virsh: what they find, and a guest's life by them (tools/check-peers).
#
# Where: busybox sh, inside the emulated host, /dev/kvm there, a root with Debian's programs.
# Usage: libvirt_host.sh GIC     version of the guest's
# Its last line says what came of it. The guest says a number each second, so that one that stands still is told from one
# that runs, and one that went on from one that began anew.
# shellcheck disable=SC2317 # must() calls it
gic=$1
cd /root || exit 2
mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt
[ -e /var/run ] || ln -s /run /var/run
# The second has to be there, though nothing runs as he.
printf 'root:x:0:0:root:/root:/bin/sh\nlibvirt-qemu:x:100:100::/:/bin/false\n' >/etc/passwd
printf 'root:x:0:\nlibvirt-qemu:x:100:\n' >/etc/group
# Nothing of systemd, dbus, polkit, other users or other daemons here.
printf 'auth_unix_rw = "none"\nlog_outputs = "2:file:/tmp/libvirtd.log"\n' >/etc/libvirt/libvirtd.conf
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = [ ]
namespaces = [ ]
CONF
cat >guest.xml <<XML
<domain type='kvm'>
  <name>guest</name>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='aarch64' machine='virt'>hvm</type>
    <kernel>/root/Image</kernel>
    <initrd>/root/guest-initrd</initrd>
    <cmdline>console=ttyAMA0 quiet</cmdline>
  </os>
  <features><gic version='$gic'/></features>
  <cpu mode='host-passthrough'/>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/bin/qemu-system-aarch64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <serial type='file'><source path='/tmp/guest.log' append='on'/></serial>
  </devices>
</domain>
XML

end() {
	echo "$1"
	[ "$1" = 'done' ] && exit 0
	tail -n 20 /var/log/libvirt/qemu/guest.log /tmp/libvirtd.log /tmp/guest.log 2>/dev/null
	echo "$1"
	exit 1
}
must() {
	what=$1
	shift
	"$@" || end "$what"
}

# The last number that the guest has said.
second() { sed -n 's/.*guest: second \([0-9]*\).*/\1/p' /tmp/guest.log | tail -n 1 | grep . || echo 0; }
# until SECONDS COMMAND...
until_true() {
	left=$1
	shift
	while ! "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 1
	done
}
beyond() { [ "$(second)" -gt "$1" ]; }
still() {
	at=$(second)
	sleep 6
	[ "$(second)" = "$at" ]
}
virsh() { command virsh --quiet --connect qemu:///system "$@"; }

libvirtd --daemon >/tmp/libvirtd.log 2>&1 || end 'libvirtd does not start'
must 'libvirtd does not answer' until_true 60 virsh version
virsh domcapabilities --virttype kvm --arch aarch64 --machine virt >caps.xml 2>caps.err ||
	{ cat caps.err; end 'libvirt finds no KVM'; }
must "its KVM has no GICv$gic" grep -q "<value>$gic</value>" caps.xml
must 'no host-passthrough' grep -q "<mode name='host-passthrough' supported='yes'" caps.xml
must 'not created' virsh create guest.xml
must 'the guest does not run' until_true 200 beyond 2
must 'not listed' test "$(virsh domstate guest)" = running
virsh vcpuinfo guest | grep -c '^State: *running'
must 'not suspended' virsh suspend guest
must 'runs on while suspended' still
must 'not resumed' virsh resume guest
must 'stands still when resumed' until_true 60 beyond "$(second)"
must 'not saved' virsh save guest /tmp/saved
at=$(second)
must 'there though it was saved' test -z "$(virsh list --name | grep .)"
must 'not restored' virsh restore /tmp/saved
must 'does not go on where it was' until_true 120 beyond "$at"
must 'began anew' test "$(grep -c 'guest: second 1[^0-9]*$' /tmp/guest.log)" = 1
must 'no memory dump' virsh dump guest --memory-only /tmp/core
must 'the dump is none' grep -aq '^.ELF' /tmp/core
rm -f /tmp/core
must 'not ended' virsh destroy guest
must 'there though it was ended' test -z "$(virsh list --name | grep .)"
end 'done'
