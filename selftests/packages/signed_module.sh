#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 700
# Claim: on a kernel that takes signed modules only (module.sig_enforce=1, as with Secure Boot) armvcpu.ko is refused and
# armvcpu-check says why; signed by a key of this test's own it is refused as well, until the key is in the firmware's db,
# and loads from the next boot on. One that another key signed is refused still. (Keys enrolled as MOK come to the same
# keyring, but Linux reads them only while Secure Boot is on.)
# Reference: Documentation/admin-guide/module-signing.rst; UEFI 2.10, 8.2.1 (SetupMode), 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2),
# 32.4.1 (EFI_SIGNATURE_LIST).
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

# variable CERTIFICATE: what efivarfs wants for db: attributes (non-volatile, for boot and runtime, authenticated by time),
# the time and a signature, which firmware in setup mode doesn't look at and which is empty, and a list of one certificate.
variable() {
	python3 - "$1" <<-'PYTHON'
	import struct, sys, uuid
	cert = open(sys.argv[1], "rb").read()
	def guid(text): return uuid.UUID(text).bytes_le
	time = struct.pack("<H5BBIhBB", 2026, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
	pkcs7 = struct.pack("<IHH", 24, 0x200, 0xef1) + guid("4aafd29d-68df-49ee-8aa9-347d375665a7")
	x509 = guid("a5c059a1-94e4-4aa7-87b5-ab155c2bf072") + struct.pack("<III", 28 + 16 + len(cert), 0, 16 + len(cert))
	sys.stdout.buffer.write(struct.pack("<I", 0x27) + time + pkcs7 + x509 + uuid.UUID(int=1).bytes_le + cert)
	PYTHON
}
variable "$work/own.der" >"$work/db"
efivarfs=$(find "$CACHE/kernels/$KTAG/root/lib/modules" -name 'efivarfs.ko*')
case $efivarfs in
*.xz) xz -dc "$efivarfs" ;;
*) cat "$efivarfs" ;;
esac >"$work/efivarfs.ko"

cat >"$work/host.sh" <<'HOST'
. ./tap.inc
db=/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f
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
if [ ! -e $db ]; then
	echo "TAP version 13"
	echo "1..9"
	refused armvcpu.ko "without a signature: refused"
	checked 16 "the kernel takes signed modules only: sign armvcpu.ko" "armvcpu-check says so"
	refused armvcpu-own.ko "signed with a key that the kernel does not know: refused"
	mkdir -p "/lib/modules/$(uname -r)/updates"
	cp armvcpu-own.ko "/lib/modules/$(uname -r)/updates/armvcpu.ko"
	checked 0 "a signed armvcpu.ko is installed: if it is refused all the same" "armvcpu-check on an installed one"
	dd if=db of=$db bs=64k 2>/dev/null
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
tools/hostrun --quiet --kernel "$KTAG" --acpi --reboot --append module.sig_enforce=1 --timeout 600 --log "$work/log" \
	--file "$work/armvcpu.ko" --file "$work/armvcpu-own.ko" --file "$work/armvcpu-other.ko" --file "$work/efivarfs.ko" \
	--file "$work/db" --file "$work/host.sh" --file tools/armvcpu-check --file include/refusals.def \
	--file selftests/host/tap.inc -- 'sh ./host.sh'
status=$?
cat "$work/log"
exit $status
