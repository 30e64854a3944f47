# Unpacks Debian packages ($debs) into one tree ($out), as a builder run by the seed's shell.
set -eo pipefail
applets() { mkdir -p "$1"; for a in ar chmod cp ln ls mkdir mv rm sed tar unxz; do ln -s "$seed/bin/busybox" "$1/$a"; done; PATH=$1; }
applets "$PWD/applets"

mkdir -p "$out" && cd "$out"
mkdir -p usr/bin usr/sbin usr/lib usr/lib64
for deb in $debs; do
  ar p "$deb" data.tar.xz | unxz | tar -xo
done
chmod -R u+w .
for dir in doc info lintian locale man; do rm -rf "usr/share/$dir"; done

# Debian's merged /usr, whichever package would have made the links.
for dir in bin sbin lib lib64; do [ -e "$dir" ] || ln -s "usr/$dir" "$dir"; done

# What maintainer scripts would link.
link() { if [ -e "usr/bin/$1" ] && [ ! -e "usr/bin/$2" ]; then ln -s "$1" "usr/bin/$2"; fi; }
link gcc cc
link gawk awk
link bash sh

# Mount points, and the little of /etc that programs ask for.
mkdir -p build dev etc nix proc root run tmp var/tmp sys
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' > etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' > etc/group
