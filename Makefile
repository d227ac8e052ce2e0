# SPDX-License-Identifier: GPL-2.0
#
# For people. The module's own build is in Kbuild, which the kernel's build
# reads instead of this file:
#   make -C $KDIR M=$PWD ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules

CACHE	?= $(or $(ARMVCPU_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/armvcpu)
KERNEL	?= 6.1

# On arm64 with the running kernel's headers: build for the running kernel.
# Otherwise for the cached Debian kernel, which tools/setup unpacks.
NATIVE	:= $(filter aarch64,$(shell uname -m))
RUNNING	:= $(and $(NATIVE),$(wildcard /lib/modules/$(shell uname -r)/build))
STOCK	:= $(CACHE)/kernels/$(KERNEL)/kdir
KDIR	?= $(or $(RUNNING),$(STOCK))
CROSS	?= $(if $(NATIVE),,aarch64-linux-gnu-)

# make splits at blanks, the kernel's build as well; and where its objects go it knows itself.
ifneq ($(words $(CURDIR)),1)
$(error armvcpu can't be built in "$(CURDIR)": make takes no path with blanks; move the tree)
endif
ifneq ($(words $(KDIR)),1)
$(error KDIR="$(KDIR)": make takes no path with blanks; a symbolic link without any will do)
endif
ifneq ($(O),)
$(error O= means nothing here: for a kernel built with O=DIR say KDIR=DIR; the module is built in its own tree)
endif

# Without the headers of the kernel that runs here a module for Debian's comes out, which insmod refuses as one of an
# "Invalid module format": that is said beforehand. Not when it was asked for (demo, shell), nor when KDIR was given.
STRANGE	:= $(if $(NATIVE),$(if $(filter file,$(origin KDIR)),$(if $(RUNNING),,1)))

# Modules are built by the compiler that the kernel was built by: LLVM= as the kernel's Makefile takes it (tools/lib.sh).
LLVM	?= $(shell bash -c '. tools/lib.sh && llvm_of "$(KDIR)"')

# Where the symbols that a kernel exports have no versions a module needs no list of them: without one modpost only warns.
NO_LIST	:= $(if $(wildcard $(KDIR)/Makefile),$(if $(wildcard $(KDIR)/Module.symvers),,1))
ifneq ($(and $(NO_LIST),$(shell grep -s '^CONFIG_MODVERSIONS=y' "$(KDIR)/include/config/auto.conf")),)
ifneq ($(filter modules symbols,$(or $(MAKECMDGOALS),modules)),)
$(error KDIR=$(KDIR) has no Module.symvers, which a kernel with CONFIG_MODVERSIONS wants its modules built by: take its own)
endif
endif

LINUX_SRC := $(CACHE)/linux-source-6.1
SYSROOT	:= $(CACHE)/sysroot
TOOLS	:= $(CURDIR)/build/tools
# All CPUs, unless make's caller said how many.
J	= $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(NPROC)) --no-print-directory
NPROC	:= $(shell nproc)
BINS	= CROSS_COMPILE=$(CROSS) SYSROOT=$(SYSROOT) LINUX_SRC=$(LINUX_SRC)
KBUILD	= $(MAKE) $(J) -C $(KDIR) M=$(CURDIR) ARCH=arm64 CROSS_COMPILE=$(CROSS) $(if $(LLVM),LLVM=$(LLVM))

export KDIR
export ARMVCPU_KERNEL := $(KERNEL)

.PHONY: modules symbols tools selftests demo check check-all check-peers fuzz bench shell lint deb docs setup help clean clean-module

modules: $(if $(filter $(STOCK),$(KDIR)),setup)
	$(if $(STRANGE),$(warning armvcpu.ko is built for Debian's $(KERNEL): the headers of the kernel that runs here, $(shell uname -r), are not installed (/lib/modules/$(shell uname -r)/build)))
	$(if $(shell [ ! -e $(KDIR)/Makefile ] || echo there),,$(error KDIR=$(KDIR) is no kernel's build tree: install the kernel's headers))
	+$(KBUILD) $(if $(NO_LIST),KBUILD_MODPOST_WARN=1) modules || { sh tools/missing_symbols.sh $(CROSS)nm $(KDIR) >&2; false; }

# What the module needs of the kernel, a name a line: for CONFIG_UNUSED_KSYMS_WHITELIST.
symbols:
	+@$(KBUILD) KBUILD_MODPOST_WARN=1 modules >&2
	@sh tools/missing_symbols.sh $(CROSS)nm

tools: setup
	$(MAKE) $(J) -C tools $(BINS) OUT=$(TOOLS)

selftests: setup
	$(MAKE) $(J) -C selftests $(BINS)

# The emulated host runs Debian's kernel, whatever this machine runs.
demo: setup
	$(MAKE) $(J) KDIR=$(STOCK) modules tools
	tools/demo

check:
	tools/check

# JOBS=2: two at a time; ONLY=REGEX: those combinations.
check-all:
	tools/check-all $(if $(JOBS),--jobs $(JOBS)) $(if $(ONLY),'$(ONLY)')

# ONLY=REGEX: those programs.
check-peers:
	tools/check-peers --all $(if $(ONLY),'$(ONLY)')

# TIME=3600: seconds; SEED=N: repeat; PARTS=guest,vmm,host,pure; ONLY=REGEX: those programs.
fuzz:
	tools/fuzz $(if $(TIME),--time $(TIME)) $(if $(SEED),--seed $(SEED)) $(if $(PARTS),--parts $(PARTS)) \
		$(if $(ONLY),--only '$(ONLY)')

# OP=hypercall,ipi: only these; DEVICE=kvm or armvcpu; HARDEN=loop: with that beside; TRACE=1: where the instructions go.
bench:
	tools/bench.sh --kernel $(KERNEL) $(if $(MODE),--mode $(MODE)) $(if $(OP),--op $(OP)) \
		$(if $(DEVICE),--device $(DEVICE)) $(if $(HARDEN),--harden $(HARDEN)) $(if $(TRACE),--trace)

shell: setup
	$(MAKE) $(J) KDIR=$(STOCK) modules tools
	tools/hostrun --interactive --file armvcpu.ko \
		--file $(TOOLS)/armvcpu-run:/bin/armvcpu-run \
		-- 'insmod armvcpu.ko && echo "armvcpu is loaded; exit or Ctrl-A x to leave"'

lint: setup
	tools/lint

# The packages armvcpu-dkms and armvcpu-tools, in build/deb.
deb:
	@tools/setup --deb
	tools/mkdeb

# README.md, docs/ and the functions' kernel-doc comments as a site, in build/docs/html.
docs:
	@tools/setup --docs
	tools/docs_site.py --kernel-doc $(STOCK)/scripts/kernel-doc

setup:
	@tools/setup --kernel $(KERNEL)

help:
	@echo 'make            build armvcpu.ko for $(KDIR)'
	@echo '                (KDIR=... chooses; the running kernel on arm64, else Debian'"'"'s)'
	@echo 'make demo       boot an emulated host, load the module, run a guest (1 minute)'
	@echo 'make check      every test, in the emulated host and on this machine'
	@echo 'make check-all  every kind of emulated host: kernels, CPUs, GICs (hours, also with JOBS=2)'
	@echo 'make check-peers  other people'"'"'s programs on armvcpu and on KVM, a table (hours; docs/peers.md)'
	@echo 'make fuzz       random guests, ioctls, hosts, and pure logic (TIME=600 seconds, SEED=, PARTS=)'
	@echo 'make bench      instructions per operation, KVM and armvcpu (2 minutes)'
	@echo 'make shell      a shell in the emulated host with the module loaded'
	@echo 'make lint       sparse, checkpatch and shellcheck'
	@echo 'make deb        Debian packages: armvcpu-dkms, armvcpu-tools (in build/deb)'
	@echo 'make symbols    what armvcpu.ko needs of the kernel, for CONFIG_UNUSED_KSYMS_WHITELIST'
	@echo 'make docs       a site of README.md, docs/ and the functions (in build/docs/html)'
	@echo 'make tools      build the small VMM, armvcpu-run (arm64, static)'
	@echo 'make selftests  build the selftests'
	@echo 'make setup      only install and unpack what the others need'
	@echo 'make clean      remove what was built; the cache stays: $(CACHE)'

clean-module:
	$(if $(wildcard $(KDIR)),+$(KBUILD) clean)

clean: clean-module
	-$(MAKE) -C tools clean OUT=$(TOOLS)
	-$(MAKE) -C selftests clean
	rm -rf build
