#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host with memory tagging guests have it if the VMM asks for it, and everybody keeps his tags and registers;
# guests without it have none of it.
# A failure shows the program that failed.
# hostrun: --qemu 10 --cpu max,pauth-impdef=on --mte
# timeout: 600
# beside: others
. selftests/host/mte.inc
