# nix run .#attest -- [INSTALLABLE] ARGUMENT...: `sarsen attest` of INSTALLABLE, or of the arm64 file of the checkout that
# the command is run in. nix/outputs.nix sets $sarsen, the program, and $flake, the folder of the kit's flake. `.` cannot
# stand for the checkout: whoever calls ./nixw may be elsewhere, and the Debian kit's flake is not at the root.
set -eu
case ${1-} in
  -h | --help) ;;
  '' | -*)
    checkout=${NIXW_CHECKOUT:-$(git rev-parse --show-toplevel)} || {
      echo "attest: error: $PWD is in no git checkout, so there is nothing to build: go to one, or say which flake output is meant, as in: nix run FLAKE#attest -- FLAKE#arm64 ..." >&2
      exit 2
    }
    set -- "$checkout$flake#arm64" "$@"
    ;;
esac
exec "$sarsen" attest "$@"
