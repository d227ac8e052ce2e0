#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: where the module loads, armvcpu-check says so before, to root and to others, and says afterwards that it runs.
echo "TAP version 13"
echo "1..4"

# checked N STATUS WORDS CLAIM: of /tmp/checked, whose status is in $rc
checked() {
	sed 's/^/# /' /tmp/checked
	if [ "$rc" -eq "$2" ] && grep -q "^armvcpu-check: $3: " /tmp/checked; then
		echo "ok $1 $4"
	else
		echo "not ok $1 $4: status $rc"
	fi
}

sh armvcpu-check >/tmp/checked
rc=$?
checked 1 0 "armvcpu can run here" "ready, says root"
# Debian's kernel shows its log to root only.
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>/etc/passwd
cp armvcpu-check refusals.def /tmp/
chmod 755 /tmp /tmp/armvcpu-check
chmod 644 /tmp/refusals.def
su nobody -c 'dmesg >/dev/null 2>&1 && echo "# the log can be read"; sh /tmp/armvcpu-check' >/tmp/checked
rc=$?
checked 2 0 "armvcpu can run here" "ready, says anybody"
if insmod armvcpu.ko; then echo "ok 3 and so it is"; else echo "not ok 3 and so it is"; fi
sh armvcpu-check >/tmp/checked
rc=$?
checked 4 0 "armvcpu runs here already" "it runs"
rmmod armvcpu
