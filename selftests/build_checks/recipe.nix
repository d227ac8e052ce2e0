# SPDX-License-Identifier: GPL-2.0
# packaging/nix as an expression of its own: nothing of nixpkgs, but names that stand for its functions, and a path for each
# library that the recipe asks for.
let
  recipe = import ../../packaging/nix;
  kernel = { version = "1"; dev = "/"; modDirVersion = "1"; moduleBuildDependencies = [ ]; };
  lib = { cleanSource = x: x; licenses.gpl2Only = "GPL"; };
in
recipe (builtins.mapAttrs (name: _: "/store/${name}") (builtins.functionArgs recipe) //
  { inherit lib kernel; stdenv.mkDerivation = x: x; })
