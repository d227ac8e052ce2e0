#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs at: build host, called by Kbuild. Prints the functions of the EL2 image as a C macro, by address,
# so that the module can name the place of a fault at EL2.
# usage: el2_functions.sh NM el2.elf
printf '#define EL2_FUNCTIONS'
"$1" -n "$2" | awk 'tolower($2) == "t" && $3 !~ /^\$/ && $3 !~ /_end$/ {
	printf " \\\n\tEL2_FUNCTION(0x%sUL, %s)", $1, $3
}'
echo
