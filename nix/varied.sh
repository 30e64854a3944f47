# Shell code that is evaluated in a build's folder before it compiles: varies what the result must not depend on.
export TZ=Pacific/Chatham LC_ALL=de_CH.UTF-8 LANG=de_CH.UTF-8 USER=somebody LOGNAME=somebody CARGO_BUILD_JOBS=1
umask 077
# A sandbox may own its host name, or not.
hostname elsewhere 2>/dev/null || echo "varied: the host name stays $(hostname)"

# Another folder, deeper, its files created in the opposite order.
varied=$PWD.varied/by/some/levels/more
mkdir -p "$varied"
find . -type f | LC_ALL=C sort -r | tar -cf - -T - | tar -xf - -C "$varied"
cd "$varied"

# No address space randomisation: the tables of a compiler that hashes addresses fall differently.
cargo() { setarch "$(uname -m)" --addr-no-randomize cargo "$@"; }
echo "varied: $PWD, $CARGO_BUILD_JOBS job, $TZ, $LC_ALL, umask $(umask), host $(hostname)"
