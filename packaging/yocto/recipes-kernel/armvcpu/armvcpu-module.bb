SUMMARY = "Hypervisor for arm64 that is loaded as a module, with KVM's ABI"
require armvcpu.inc
inherit module

# The kernel's build writes beside the sources.
EXTERNALSRC_BUILD = "${ARMVCPU_TREE}"
RPROVIDES:${PN} += "kernel-module-armvcpu"

# Kbuild, not our Makefile for people.
do_compile() {
    unset CFLAGS CPPFLAGS CXXFLAGS LDFLAGS
    oe_runmake -C "${STAGING_KERNEL_DIR}" O="${STAGING_KERNEL_BUILDDIR}" M="${S}" ARCH=arm64 \
        CC="${KERNEL_CC}" LD="${KERNEL_LD}" AR="${KERNEL_AR}" modules
}

do_install() {
    install -D -m 0644 "${S}/armvcpu.ko" \
        "${D}${nonarch_base_libdir}/modules/${KERNEL_VERSION}/updates/armvcpu.ko"
}
