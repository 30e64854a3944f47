# Shell code that is evaluated in a build's folder before it compiles: varies what the result must not depend on, and
# fails where something would stay as it is.
# A time zone by its rule: its name would need a database. The locale is one that the kit brings.
export TZ='<+1245>-12:45' LC_ALL=de_CH.UTF-8 LANG=de_CH.UTF-8 USER=other LOGNAME=other CARGO_BUILD_JOBS=1
umask 077
[ "$(date +%z)" = +1245 ] || {
  echo "varied: error: the time zone $TZ is not taken: it is $(date +%z) here" >&2
  exit 1
}
# In C, capitals come before all small letters; where a locale does not exist, C it is.
# shellcheck disable=SC2050 # the locale decides
[[ a < B ]] || {
  echo "varied: error: there is no locale $LC_ALL here, so nothing would be sorted otherwise: the kit must bring it (LOCALE_ARCHIVE, or the package locales-all)" >&2
  exit 1
}

# Another folder, deeper, its files created in the opposite order.
varied=$PWD.varied/by/some/levels/more
mkdir -p "$varied"
find . -type f | LC_ALL=C sort -r | tar -cf - -T - | tar -xf - -C "$varied"
cd "$varied" || exit

# Another host name, in a namespace of cargo's own (uts_namespaces(7)): that takes root, so who is not becomes it there.
elsewhere() { # elsewhere COMMAND...
  # shellcheck disable=SC2086 # words are the options
  unshare $namespaces sh -c 'hostname elsewhere && exec "$@"' elsewhere "$@"
}
namespaces=--uts
elsewhere true 2> /dev/null || namespaces="--uts --map-root-user"
[ "$(elsewhere uname -n)" = elsewhere ] || {
  echo "varied: error: the host name stays $(uname -n), since no user namespace with rights of its own can be made here: allow them (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces>0)" >&2
  exit 1
}

# No address space randomisation: the tables of a compiler that hashes addresses fall differently.
cargo() { elsewhere setarch "$(uname -m)" --addr-no-randomize cargo "$@"; }
echo "varied: $PWD, $CARGO_BUILD_JOBS job, $(date +%z), $LC_ALL, umask $(umask), host $(elsewhere uname -n), user $(elsewhere id -u)"
