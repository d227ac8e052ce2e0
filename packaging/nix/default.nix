# armvcpu for Nix: the module for a kernel, and the tools.
#
#   boot.extraModulePackages = [ (pkgs.callPackage .../packaging/nix { inherit (config.boot.kernelPackages) kernel; }).module ];
#   environment.systemPackages = [ ... .tools ];
#   services.udev.packages = [ ... .tools ];    systemd.packages = [ ... .tools ];
#
# Not built by Nix: what was tried instead, docs/caveats.md says (C14).
{ lib, stdenv, kernel, dtc, kmod, ncurses, systemd, zlib, zstd }:

let
  src = lib.cleanSource ../..;
  # The version's one place is dkms.conf.
  version = builtins.head (builtins.match ".*\nPACKAGE_VERSION=\"([^\"]*)\"\n.*" (builtins.readFile ../../dkms.conf));
  meta = {
    description = "Hypervisor for arm64 that is loaded as a module, with KVM's ABI";
    license = lib.licenses.gpl2Only;
    platforms = [ "aarch64-linux" ];
  };
in
{
  module = stdenv.mkDerivation {
    pname = "armvcpu-module";
    version = "${version}-${kernel.version}";
    inherit src meta;
    nativeBuildInputs = kernel.moduleBuildDependencies;
    hardeningDisable = [ "pic" "format" ];
    buildPhase = ''
      make -C ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build M=$PWD ARCH=arm64 modules
    '';
    installPhase = ''
      install -D -m 644 armvcpu.ko $out/lib/modules/${kernel.modDirVersion}/updates/armvcpu.ko
    '';
  };

  tools = stdenv.mkDerivation {
    pname = "armvcpu-tools";
    inherit version src meta;
    nativeBuildInputs = [ ncurses ];	# tic, infocmp
    buildInputs = [ dtc ncurses zlib zstd ];
    # Dynamically linked: the libraries come along.
    buildPhase = ''
      make -C tools OUT=$PWD/build/tools CC=$CC LINK= SYSROOT=/nowhere CURSES_LIBS=-lncurses
    '';
    installPhase = ''
      install -D -m 755 build/tools/armvcpu-run $out/bin/armvcpu-run
      install -D -m 755 build/tools/armvcpu-stat $out/bin/armvcpu-stat
      install -D -m 755 tools/armvcpu-check $out/bin/armvcpu-check
      install -D -m 644 include/refusals.def $out/share/armvcpu/refusals.def
      install -D -m 644 packaging/files/armvcpu.conf $out/etc/modprobe.d/armvcpu.conf
      install -D -m 644 packaging/files/90-armvcpu.rules $out/lib/udev/rules.d/90-armvcpu.rules
      install -D -m 644 packaging/files/armvcpu.service $out/lib/systemd/system/armvcpu.service
      substituteInPlace $out/lib/systemd/system/armvcpu.service --replace /usr/bin/ $out/bin/ \
        --replace /sbin/modprobe ${kmod}/bin/modprobe --replace /sbin/rmmod ${kmod}/bin/rmmod \
        --replace /bin/udevadm ${systemd}/bin/udevadm
      install -D -m 644 packaging/files/completion.bash $out/share/bash-completion/completions/armvcpu-run
      ln -s armvcpu-run $out/share/bash-completion/completions/armvcpu-check
      ln -s armvcpu-run $out/share/bash-completion/completions/armvcpu-stat
      for page in docs/man/*; do install -D -m 644 $page $out/share/man/man''${page##*.}/''${page##*/}; done
    '';
  };
}
