# Runs $script with bash inside the tree $root: programs of Debian find their loader, libraries and data where they
# expect them. The Nix sandbox stays around it; a user namespace of its own gives the right to mount.
set -e
busybox=$seed/bin/busybox
case $NIX_BUILD_TOP in
  /build) ;;
  *)
    echo "this build runs in $NIX_BUILD_TOP, outside Nix's sandbox: set sandbox = true in nix.conf (./nixw does)" >&2
    exit 1
    ;;
esac
if ! "$busybox" unshare -r -m -u "$busybox" true 2>/build/.why; then
  echo "no user namespace can be made here ($("$busybox" cat /build/.why)): the Debian kit needs them; allow them (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0) or use NIXW_KIT=github" >&2
  exit 1
fi
export busybox
exec "$busybox" unshare -r -m -u "$busybox" sh -ec '
  for dir in nix build proc dev tmp; do "$busybox" mount -o rbind "/$dir" "$root/$dir"; done
  export PATH=/usr/bin:/usr/sbin HOME=/build LC_ALL=C TZ=UTC
  # bash must stay the last process: it would replace itself by the script'"'"'s last command, and coreutils close their
  # output before they exit, on which Nix kills a builder that still lives.
  exec "$busybox" chroot "$root" /usr/bin/bash -euo pipefail -c "cd /build; $script
exit 0"
'
