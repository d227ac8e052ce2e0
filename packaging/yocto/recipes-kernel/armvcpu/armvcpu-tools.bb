SUMMARY = "armvcpu-check, armvcpu-run, armvcpu-stat: can armvcpu run here, a small VMM, what the guests do"
require armvcpu.inc
# ncurses-native: tic, infocmp
DEPENDS = "dtc ncurses ncurses-native zlib zstd"
inherit systemd

EXTERNALSRC_BUILD = "${WORKDIR}/build"
SYSTEMD_SERVICE:${PN} = "armvcpu.service"
RRECOMMENDS:${PN} = "armvcpu-module"
# The udev rule names this group.
inherit useradd
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system kvm"

# Dynamically linked: the libraries are in the image.
do_compile() {
    oe_runmake -C "${S}/tools" OUT="${B}" CC="${CC}" LINK= SYSROOT="${STAGING_DIR_HOST}"
}

do_install() {
    install -D -m 0755 "${B}/armvcpu-run" "${D}${bindir}/armvcpu-run"
    install -D -m 0755 "${B}/armvcpu-stat" "${D}${bindir}/armvcpu-stat"
    install -D -m 0755 "${S}/tools/armvcpu-check" "${D}${bindir}/armvcpu-check"
    install -D -m 0644 "${S}/include/refusals.def" "${D}${datadir}/armvcpu/refusals.def"
    install -D -m 0644 "${S}/packaging/files/armvcpu.conf" "${D}${sysconfdir}/modprobe.d/armvcpu.conf"
    install -D -m 0644 "${S}/packaging/files/90-armvcpu.rules" "${D}${nonarch_base_libdir}/udev/rules.d/90-armvcpu.rules"
    install -D -m 0644 "${S}/packaging/files/armvcpu.service" "${D}${systemd_system_unitdir}/armvcpu.service"
    install -D -m 0644 "${S}/packaging/files/completion.bash" "${D}${datadir}/bash-completion/completions/armvcpu-run"
    ln -sf armvcpu-run "${D}${datadir}/bash-completion/completions/armvcpu-check"
    ln -sf armvcpu-run "${D}${datadir}/bash-completion/completions/armvcpu-stat"
    for page in "${S}"/docs/man/*; do
        install -D -m 0644 "$page" "${D}${mandir}/man${page##*.}/${page##*/}"
    done
}

# bash completion's folder is in no package's list by itself.
FILES:${PN} += "${datadir}/bash-completion"
