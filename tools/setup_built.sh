# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# setup_built.sh - kernels that tools/setup builds from Debian's source packages, and a second emulator; sourced, never
# run.
#
# Where: bash, on the build machine. Uses setup's apt (APT, fetch, own_apt_update) and stamps.
# A build is an allnoconfig plus the fragments in tools/kernels, 2 to 6 minutes on two cores. What is kept in
# $CACHE/kernels/TAG: Image, and kdir with what building a module needs.

# Change this number when get_built_kernel() makes something else out of the same fragments.
BUILT_RECIPE=1

# tag | source package | suite, if not this machine's | fragments | compiler: gcc unless a clang is named
BUILT='
debug | linux-source-6.1 | | base 4k notifier debug |
5.10-vendor | linux-source-5.10 | bullseye | base vendor |
newest | linux-source | sid | base 4k notifier |
6.1-64k | linux-source-6.1 | | base 64k notifier |
6.1-clang | linux-source-6.1 | | base 4k notifier lto | clang-14
6.12-clang | linux-source-6.12 | | base 4k notifier lto cfi | clang-newest
trimmed | linux-source-6.1 | | base 4k notifier trimmed |
'

# Left out when the source is unpacked: sources of drivers that no fragment turns on, half of the tree.
UNPACK_WITHOUT=('*/drivers/gpu/drm/*/*.[ch]' '*/drivers/net/*/*.[ch]' '*/sound/*/*.[ch]' '*/drivers/media/*/*.[ch]'
	'*/drivers/staging/*/*.[ch]' '*/Documentation/*/*' '*/tools/perf/*' '*/tools/testing/*')

# use_suite SUITE [BASE]: from here on the own apt reads that suite of Debian's archive, from the place where this
# machine's sources have their own, and the suite BASE that it adds to. The lists are kept apart.
use_suite() {
	local suite=$1 base=${2-} own archive security keys=/usr/share/keyrings/debian-archive-keyring.gpg state=$CACHE/apt/$1
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # apt's own variables
	archive=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		sed -n "s/^Debian $own //p" | head -n 1)
	# shellcheck disable=SC2016
	security=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		sed -n "s/^Debian $own-security //p" | head -n 1)
	[[ -n $archive ]] || die "apt's sources don't have Debian $own, so $suite can't be found"
	mkdir -p "$state"/state/lists/partial "$state"/cache/archives/partial
	: >"$state/state/status"
	[[ ! -r $keys ]] || keys="[signed-by=$keys] "
	[[ $keys == '['* ]] || keys=
	echo "deb $keys$archive $suite main" >"$state/sources.list"
	[[ -z $base ]] || echo "deb $keys$archive $base main" >>"$state/sources.list"
	[[ $suite != *-* ]] || suite=$base
	[[ $suite == sid || -z $suite || -z $security ]] ||
		echo "deb $keys$security $suite-security main" >>"$state/sources.list"
	APT+=(-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=-
		-o Dir::State="$state/state" -o Dir::State::status="$state/state/status" -o Dir::Cache="$state/cache"
		-o APT::Architecture="$NATIVE")
	# shellcheck disable=SC2034 # own_apt_update() reads it
	apt_updated=
}

# unpack_source DEB DIR
unpack_source() {
	local deb=$1 dir=$2 tarball
	tarball=$(dpkg-deb --fsys-tarfile "$deb" | tar --list | grep -E '\.tar\.xz$')
	rm -rf "$dir"
	mkdir -p "$dir"
	dpkg-deb --fsys-tarfile "$deb" | tar --extract --to-stdout "$tarball" | xz -dc -T0 |
		tar --extract --directory "$dir" --strip-components=1 "${UNPACK_WITHOUT[@]/#/--exclude=}"
}

# keep_for_modules DIR: of a built tree, what building modules outside of it needs.
keep_for_modules() {
	local dir=$1 entry
	for entry in "$dir"/* "$dir"/arch/*; do
		case ${entry#"$dir/"} in
		arch | arch/arm64 | arch/Kconfig | include | scripts | tools | Makefile | Kconfig | Kbuild) ;;
		Module.symvers | System.map | vmlinux) ;;
		*) rm -rf "$entry" ;;
		esac
	done
	find "$dir" '(' -name '*.o' -o -name '*.a' -o -name '.*.cmd' ')' -not -path "$dir/scripts/*" -delete
	rm -rf "$dir/arch/arm64/boot"
}

# get_clang clang-14|clang-newest: install that LLVM and say the suffix of its programs, "-14". The newest is that of this
# machine's apt.
get_clang() {
	local version=${1#clang-}
	if [[ $version == newest ]]; then
		version=$(apt-cache search --names-only '^clang-[0-9]+$' | sed -n 's/^clang-\([0-9]*\) .*/\1/p' | sort -n | tail -n 1)
		[[ -n $version ]] || die "apt knows no clang-N: do its lists have this machine's suite?"
	fi
	install_packages "clang-$version" "lld-$version" "llvm-$version" >&2
	echo "-$version"
}

# get_built_kernel TAG [headers]: "headers" stops where modules can be built (TAG.headers), which takes a minute; without
# Module.symvers nobody can say which symbols the kernel exports.
get_built_kernel() {
	local tag=$1 what=${2-} package suite fragments compiler name=$1${2:+.$2} list=
	local dir=$CACHE/kernels/$name stamp=$CACHE/kernels/.$name.stamp new recipe part
	IFS='|' read -r _ package suite fragments compiler <<<"$(row "$BUILT" "$tag")"
	local files=()
	for part in $fragments; do files+=("$TOP/tools/kernels/$part.config"); done
	# What it exports for modules outside of it is a part of its configuration.
	[[ " $fragments " != *' trimmed '* ]] || list=$TOP/packaging/files/symbols
	recipe=$BUILT_RECIPE-$(cat "${files[@]}" ${list:+"$list"} | sha256sum | cut -c1-12)${compiler:+-$compiler}
	if [[ -e $stamp && $(<"$stamp") == "$recipe" ]]; then
		# The kernel's modules want the compiler that the kernel had.
		[[ -z $compiler ]] || get_clang "clang$(suffix_of_clang "$dir/kdir")" >/dev/null
		return 0
	fi
	# In a shell of its own: use_suite changes apt's options.
	(
		new=$dir.new
		[[ -z $suite ]] || use_suite "$suite"
		own_apt_update
		[[ $package != linux-source ]] || package=$(depends linux-source 'linux-source-[0-9].*')
		fetch "$CACHE/debs-$name" "$package"
		say "unpacking $package"
		rm -rf "$new" "$dir"
		unpack_source "$CACHE/debs-$name"/*.deb "$new/kdir"
		rm -rf "$CACHE/debs-$name"
		cat "${files[@]}" >"$new/fragments"
		[[ -z $list ]] || cp "$list" "$new/kdir/armvcpu.symbols"
		say "building ${what:-kernel} $tag from $package (minutes; log: $new/log)"
		if [[ -n $compiler ]]; then
			LLVM=$(get_clang "$compiler")
			export LLVM
		fi
		make_kernel "$new" "$what" >"$new/log" 2>&1 ||
			{ tail -n 20 "$new/log" >&2; die "kernel $tag does not build"; }
		[[ -n $what ]] || mv "$new/kdir/arch/arm64/boot/Image" "$new/Image"
		keep_for_modules "$new/kdir"
		mv "$new" "$dir"
	)
	echo "$recipe" >"$stamp"
}

# make_kernel DIR [headers]: configure and build DIR/kdir; every line of the fragments must have come true. LLVM in the
# environment, as the kernel's Makefile takes it: by clang.
make_kernel() {
	local line make=(nice -n 10 make -C "$1/kdir" ARCH=arm64 CROSS_COMPILE="$CROSS" -j"$(nproc)")
	"${make[@]}" KCONFIG_ALLCONFIG="$1/fragments" allnoconfig || return
	while read -r line; do
		[[ $line != CONFIG_*=* || $line == *=n ]] || grep -qxF "$line" "$1/kdir/.config" ||
			echo "not in this kernel: $line"
	done <"$1/fragments"
	if [[ -n ${2-} ]]; then "${make[@]}" modules_prepare; else "${make[@]}" Image modules; fi
}

# The emulators that hostrun --qemu can name: version | suite | packages | libraries; unpacked into $CACHE/qemu/VERSION,
# beside the one that is installed, whose libraries they use, or with libraries of their own, the C library included.
QEMUS='
10 | bookworm-backports | qemu-system-arm qemu-system-common qemu-system-data |
newest | sid | qemu-system-arm | own
'

# Change this number when get_qemu() makes something else.
QEMU_RECIPE=1

get_qemu() {
	local version=$1 suite packages libraries deb dir=$CACHE/qemu/$1 stamp=$CACHE/qemu/.$1.stamp missing
	IFS='|' read -r _ suite packages libraries <<<"$(row "$QEMUS" "$version")"
	[[ ! -e $stamp || $(<"$stamp") != "$QEMU_RECIPE" ]] || return 0
	(
		use_suite "$suite"
		own_apt_update
		# shellcheck disable=SC2086 # a list
		if [[ -z $libraries ]]; then
			fetch "$CACHE/debs-qemu-$version" $packages
		else
			fetch_all "$CACHE/debs-qemu-$version" $packages
		fi
		say "unpacking QEMU $version"
		rm -rf "$dir" "$dir.new"
		# One /usr, as on Debian's own systems.
		mkdir -p "$dir.new"/usr/{bin,sbin,lib,lib64}
		ln -s usr/bin usr/sbin usr/lib usr/lib64 "$dir.new/"
		for deb in "$CACHE/debs-qemu-$version"/*.deb; do
			dpkg-deb --fsys-tarfile "$deb" |
				tar --extract --directory "$dir.new" --keep-directory-symlink --no-same-owner
		done
		rm -rf "$CACHE/debs-qemu-$version"
		[[ -z $libraries ]] || own_libraries "$dir.new"
		missing=$(qemu_libraries "$dir.new" "$libraries" | sed -n 's/ => not found//p')
		# shellcheck disable=SC2086 # on one line
		[[ -z $missing ]] || die "QEMU $version needs libraries that the installed one does not:" $missing
		mv "$dir.new" "$dir"
	)
	echo "$QEMU_RECIPE" >"$stamp"
}

# fetch_all DIR PACKAGE...: these and all that they depend on, into an empty DIR.
fetch_all() {
	local dir=$1
	shift
	say "downloading $* and what they depend on"
	rm -rf "$dir"
	mkdir -p "$dir/partial"
	apt-get "${APT[@]}" -o Dir::Cache::archives="$dir" -qq --no-install-recommends --download-only -y install "$@" \
		>/dev/null || die "download failed: $*"
}

# own_libraries DIR: the emulator in DIR becomes a script that starts it by the tree's own loader, wherever the tree is.
own_libraries() {
	local program=$1/usr/bin/qemu-system-aarch64
	mv "$program" "$program.real"
	cat >"$program" <<'SCRIPT'
#!/bin/sh
# Written by tools/setup_built.sh.
usr=$(dirname "$(dirname "$(readlink -f "$0")")")
for loader in "$usr"/lib*/ld-linux-*.so.*; do break; done
for libraries in "$usr"/lib/*-linux-gnu; do break; done
exec "$loader" ${QEMU_LIST_LIBRARIES:+--list} --library-path "$libraries" "$usr/bin/qemu-system-aarch64.real" "$@"
SCRIPT
	chmod 755 "$program"
}

# qemu_libraries DIR LIBRARIES: as ldd has them.
qemu_libraries() {
	local program=$1/usr/bin/qemu-system-aarch64
	if [[ -n $2 ]]; then QEMU_LIST_LIBRARIES=1 "$program"; else ldd "$program"; fi
}
