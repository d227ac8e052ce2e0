#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 400
# Claim: on a kernel that takes signed modules only (module.sig_enforce=1, as with Secure Boot) armvcpu.ko is refused and
# armvcpu-check says why; signed by a key of this test's own it is refused as well, until the key is where shim leaves the
# keys of a machine's owner for the kernel (the UEFI variable MokListRT), and loads from the next boot on. One that another
# key signed is refused still.
# Reference: Documentation/admin-guide/module-signing.rst; shim's MokVars.txt; UEFI 2.10, 32.4.1 (EFI_SIGNATURE_LIST).
# A failure prints the host's console. Runs on the build machine and in the emulated host, booted by UEFI; skipped with
# kernels that don't check signatures.
. tools/lib.sh
module=${ARMVCPU_KO:-build/check/armvcpu.ko}
config=$STOCK_KDIR/.config
sign=$STOCK_KDIR/scripts/sign-file
grep -qs '^CONFIG_MODULE_SIG=y' "$config" && grep -q '^CONFIG_LOAD_UEFI_KEYS=y' "$config" && [[ -x $sign && -e $FIRMWARE ]] ||
	exit 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
hash=$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' "$config")

# key NAME: NAME.pem and NAME.der, and armvcpu-NAME.ko, signed with it
key() {
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=armvcpu test key $1/" -outform DER \
		-keyout "$work/$1.pem" -out "$work/$1.der" 2>/dev/null &&
		"$sign" "$hash" "$work/$1.pem" "$work/$1.der" "$module" "$work/armvcpu-$1.ko"
}
key own && key other || exit

# variable CERTIFICATE: what efivarfs wants for a variable that stays (attributes 7: non-volatile, for boot and runtime)
# with a list of one certificate: EFI_CERT_X509_GUID, sizes, an owner.
variable() {
	python3 - "$1" <<-'PYTHON'
	import struct, sys, uuid
	cert = open(sys.argv[1], "rb").read()
	x509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
	head = struct.pack("<III", 28 + 16 + len(cert), 0, 16 + len(cert))
	sys.stdout.buffer.write(struct.pack("<I", 7) + x509 + head + uuid.UUID(int=1).bytes_le + cert)
	PYTHON
}
variable "$work/own.der" >"$work/MokListRT"
efivarfs=$(find "$CACHE/kernels/$KTAG/root/lib/modules" -name 'efivarfs.ko*')
case $efivarfs in
*.xz) xz -dc "$efivarfs" ;;
*) cat "$efivarfs" ;;
esac >"$work/efivarfs.ko"

cat >"$work/host.sh" <<'HOST'
. ./tap.inc
mok=/sys/firmware/efi/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23
# refused MODULE WHAT: by the kernel, for its signature
refused() {
	insmod "$1" >/tmp/said 2>&1
	rc=$?
	sed 's/^/# /' /tmp/said
	[ $rc -ne 0 ] && grep -qi 'key was rejected\|required key not' /tmp/said && ! grep -q '^armvcpu ' /proc/modules
	result $? "$2"
}
# checked STATUS WORDS WHAT: by armvcpu-check
checked() {
	sh armvcpu-check >/tmp/said
	rc=$?
	sed 's/^/# /' /tmp/said
	[ $rc -eq "$1" ] && grep -q "$2" /tmp/said
	result $? "$3"
}
insmod efivarfs.ko && mount -t efivarfs efivarfs /sys/firmware/efi/efivars || { echo "not ok 1 efivarfs"; exit 1; }
if [ ! -e $mok ]; then
	echo "TAP version 13"
	echo "1..9"
	refused armvcpu.ko "without a signature: refused"
	checked 16 "the kernel takes signed modules only: sign armvcpu.ko" "armvcpu-check says so"
	refused armvcpu-own.ko "signed with a key that the kernel does not know: refused"
	mkdir -p "/lib/modules/$(uname -r)/updates"
	cp armvcpu-own.ko "/lib/modules/$(uname -r)/updates/armvcpu.ko"
	checked 0 "a signed armvcpu.ko is installed: if it is refused all the same" "armvcpu-check on an installed one"
	dd if=MokListRT of=$mok bs=64k 2>/dev/null
	result $? "the key is enrolled"
	reboot -f
	sleep 60
fi
n=5
grep 'armvcpu test key own' /proc/keys | sed 's/^/# /'
refused armvcpu.ko "after a boot: without a signature: refused"
refused armvcpu-other.ko "signed with another key: refused"
insmod armvcpu-own.ko
result $? "signed with the key that the kernel trusts now: loaded"
[ -c /dev/armvcpu ] && rmmod armvcpu
result $? "and it works"
HOST

cp "$module" "$work/armvcpu.ko"
tools/hostrun --quiet --kernel "$KTAG" --acpi --reboot --append module.sig_enforce=1 --timeout 300 --log "$work/log" \
	--file "$work/armvcpu.ko" --file "$work/armvcpu-own.ko" --file "$work/armvcpu-other.ko" --file "$work/efivarfs.ko" \
	--file "$work/MokListRT" --file "$work/host.sh" --file tools/armvcpu-check --file include/refusals.def \
	--file selftests/host/tap.inc -- 'sh ./host.sh'
status=$?
cat "$work/log"
exit $status
