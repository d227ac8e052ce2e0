# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031 # what a subshell does to APT shall end with it
#
# setup_peers.sh - other people's programs that use KVM, for the emulated host; sourced by tools/setup, never run.
#
# Where: bash, on the build machine. Uses setup's apt (APT, fetch, own_apt_update, use_suite).
# What is kept in $CACHE/peers: kvm-selftests, the newest kernel's own tests of KVM, and kvm-selftests-6.12, those of Linux
# 6.12, static; and SUITE, a root file system of Debian's arm64 packages and all that they depend on, unpacked, not
# configured, or, by the names in PEER_SETS, of others. tools/hostrun --peers puts what is asked for into its initramfs:
# whatever kernel the host has, that needs no module, driver or disk.

# Change this number when get_peers() makes something else.
PEERS_RECIPE=2

# Of each suite; what a suite does not have is left out (kvmtool: no suite that this was tried with).
PEERS=(qemu-system-arm strace gdb linux-perf kvmtool)

# Left out when packed: for other machines, for reading, for a display.
PEERS_WITHOUT=(usr/share/{doc,man,info,locale,icons,fonts,bash-completion,zoneinfo,i18n,mime,X11,perl,applications}
	usr/share/qemu/edk2-{i386,x86_64,arm}'*' usr/share/qemu/{hppa,opensbi,skiboot,s390,openbios,slof,palcode,u-boot}'*'
	usr/lib/aarch64-linux-gnu/{perl,gconv,dri} usr/lib/python3'*'/{test,idlelib,lib2to3,ensurepip,tkinter}
	usr/bin/qemu-system-{arm,armeb} usr/share/AAVMF etc/init.d etc/cron.d etc/cron.daily)

# unpack_peers DEBS ROOT PACKAGE...: these, and all that they depend on, fetched to DEBS, where apt's archives are, and unpacked
# to ROOT: one /usr, as on Debian's own systems; packages of older suites have files at either place.
unpack_peers() {
	local debs=$1 root=$2 package
	shift 2
	mkdir -p "$debs/partial" "$root"/usr/{bin,sbin,lib}
	ln -s usr/bin usr/sbin usr/lib "$root/"
	apt-get "${APT[@]}" -qq --no-install-recommends --download-only -y install "$@" >/dev/null || die "download failed: $*"
	for package in "$debs"/*.deb; do
		dpkg-deb --fsys-tarfile "$package" |
			tar --extract --directory "$root" --keep-directory-symlink --no-same-owner
	done
}

get_peers() {
	local suite=$1 dir=$CACHE/peers stamp=$CACHE/peers/.$1.stamp root package wanted=()
	[[ ! -e $stamp || $(<"$stamp") != "$PEERS_RECIPE" ]] || return 0
	# In a shell of its own: use_suite changes apt's options.
	(
		case $suite in
		"$(. /etc/os-release && echo "$VERSION_CODENAME")") ;;
		*-backports) use_suite "$suite" "${suite%-backports}" ;;
		*) use_suite "$suite" ;;
		esac
		APT+=(-o APT::Architecture=arm64 -o Dir::Cache::archives="$dir/$suite.debs")
		own_apt_update
		for package in "${PEERS[@]}"; do
			[[ -z $(apt-cache "${APT[@]}" madison "$package") ]] || wanted+=("$package")
		done
		rm -rf "$dir/$suite".*
		say "downloading ${wanted[*]} of $suite and what they depend on"
		[[ $suite != *-backports ]] || APT+=(-t "$suite")
		root=$dir/$suite.root
		unpack_peers "$dir/$suite.debs" "$root" "${wanted[@]}"
		rm -rf "$dir/$suite.debs"
		(cd "$root" && rm -rf "${PEERS_WITHOUT[@]}" && shopt -s nullglob &&
			for package in "${PEERS_WITHOUT[@]}"; do
				# shellcheck disable=SC2086 # patterns
				rm -rf $package
			done)
		# These are hostrun's own.
		rm "$root"/{bin,sbin}
		rm -rf "${dir:?}/$suite"
		mv "$root" "$dir/$suite"
	)
	echo "$PEERS_RECIPE" >"$stamp"
}

# Programs of this machine's suite for one purpose, kept in a directory of their own: name | packages
PEER_SETS='
tracers | linux-perf trace-cmd bpftrace python3
libvirt | libvirt-daemon libvirt-clients qemu-system-arm
'

# get_peer_set NAME: a row of the table, with all that the packages depend on. To the tracers belongs kvm_stat, which no package
# of Debian's has, out of the kernel's source.
get_peer_set() {
	local name=$1 packages dir=$CACHE/peers/$1 stamp=$CACHE/peers/.$1.stamp recipe
	IFS='|' read -r _ packages <<<"$(row "$PEER_SETS" "$name")"
	recipe=$PEERS_RECIPE
	[[ $name == tracers ]] || recipe+=-$packages
	[[ ! -e $stamp || $(<"$stamp") != "$recipe" ]] || return 0
	(
		APT+=(-o APT::Architecture=arm64 -o Dir::Cache::archives="$dir.debs")
		own_apt_update
		rm -rf "$dir" "$dir.debs" "$dir.root"
		say "downloading $packages and what they depend on"
		# shellcheck disable=SC2086 # a list
		unpack_peers "$dir.debs" "$dir.root" $packages
		if [[ $name == tracers ]]; then
			fetch "$dir.debs" "$SOURCE"
			dpkg-deb --fsys-tarfile "$dir.debs"/*.deb |
				tar --extract --to-stdout "./usr/src/$SOURCE.tar.xz" | xz -dc -T0 |
				tar --extract --to-stdout "$SOURCE/tools/kvm/kvm_stat/kvm_stat" >"$dir.root/usr/bin/kvm_stat"
			chmod 755 "$dir.root/usr/bin/kvm_stat"
		fi
		rm -rf "$dir.debs" "$dir.root"/usr/share/{doc,man,info,locale,perl}
		mv "$dir.root" "$dir"
	)
	echo "$recipe" >"$stamp"
}

# The kernel's tests of KVM: name | suite, if not this machine's | source package | what they need besides
# KVM_SELFTESTS_PARTS
KVM_SELFTESTS='
kvm-selftests | sid | linux-source | cgroup vfio
kvm-selftests-6.12 | | linux-source-6.12 |
'

# What of the kernel's source the tests of KVM are built from.
KVM_SELFTESTS_PARTS=(Makefile Kbuild scripts include arch/arm64 tools/include tools/arch tools/scripts tools/build tools/lib
	'tools/testing/selftests/*.h' tools/testing/selftests/{lib.mk,kvm,rseq})

# get_kvm_selftests NAME: a row of the table.
get_kvm_selftests() {
	local name=$1 dir=$CACHE/peers/$1 stamp=$CACHE/peers/.$1.stamp suite package extra part parts
	[[ ! -e $stamp || $(<"$stamp") != "$PEERS_RECIPE" ]] || return 0
	IFS='|' read -r name suite package extra <<<"$(row "$KVM_SELFTESTS" "$name")"
	# In a shell of its own: use_suite changes apt's options.
	(
		[[ -z $suite ]] || use_suite "$suite"
		own_apt_update
		[[ $package != linux-source ]] || package=$(depends linux-source 'linux-source-[0-9].*')
		fetch "$CACHE/debs-$name" "$package"
		say "building the tests of KVM of $package (minutes; log: $dir.log)"
		parts=("${KVM_SELFTESTS_PARTS[@]}")
		for part in $extra; do parts+=("tools/testing/selftests/$part"); done
		rm -rf "$dir" "$dir.new"
		mkdir -p "$dir.new/src" "$dir.new/programs"
		dpkg-deb --fsys-tarfile "$CACHE/debs-$name"/*.deb |
			tar --extract --to-stdout "./usr/src/$package.tar.xz" | xz -dc -T0 |
			tar --extract --directory "$dir.new/src" --strip-components=1 --wildcards "${parts[@]/#/$package/}"
		rm -rf "$CACHE/debs-$name"
		make_kvm_selftests "$dir.new/src" >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2; die "they do not build"; }
		cd "$dir.new/src/tools/testing/selftests/kvm" || exit
		find . -type f -perm -100 -exec sh -c 'head -c 4 "$1" | grep -q ELF' sh {} ';' -print0 |
			xargs -0 cp --parents -t "$dir.new/programs"
		find "$dir.new/programs" -type f -exec "${CROSS}strip" {} +
		echo "$package" >"$dir.new/programs/source"
		mv "$dir.new/programs" "$dir"
		rm -rf "$dir.new"
	)
	echo "$PEERS_RECIPE" >"$stamp"
}

make_kvm_selftests() {
	local make=(nice -n 10 make -j"$(nproc)" ARCH=arm64 CROSS_COMPILE="$CROSS")

	"${make[@]}" -C "$1" headers || return
	# -k: one that does not build (for want of a newer libc, say) is no reason to go without the others.
	"${make[@]}" -k -C "$1/tools/testing/selftests/kvm" EXTRA_CFLAGS=-static ||
		[[ -x $1/tools/testing/selftests/kvm/get-reg-list ]]
}
