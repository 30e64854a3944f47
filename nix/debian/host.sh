#!/bin/sh
# enter COMMAND [ARGUMENT...]: runs a program of the unpacked Debian tree on this host. The program sees the tree's /usr
# and /etc, and this host's folders elsewhere, in a user namespace of its own.
exec @busybox@ unshare -r -m @busybox@ sh -ec '
  busybox=@busybox@ tree=@tree@ new=@tree@/run
  "$busybox" mount -t tmpfs none "$new"
  for path in /*; do
    name=${path##*/}
    case $name in
      bin | sbin | lib | lib64) "$busybox" ln -s "usr/$name" "$new/$name" ;;
      usr | etc) "$busybox" mkdir "$new/$name" && "$busybox" mount -o rbind "$tree/$name" "$new/$name" ;;
      *) if [ -d "$path" ] && [ ! -L "$path" ]; then
        "$busybox" mkdir "$new/$name" && "$busybox" mount -o rbind "$path" "$new/$name"
      fi ;;
    esac
  done
  export PATH=/usr/bin:/usr/sbin
  exec "$busybox" chroot "$new" /usr/bin/env -C "$PWD" "$@"
' enter "$@"
