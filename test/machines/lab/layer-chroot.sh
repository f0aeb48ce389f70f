#!/bin/sh
# layer-chroot.sh <work> <lower> <bind|none> argv…: runs argv in an overlay of <lower> and <work>/upper. Started by layer.sh in namespaces of its own.
set -eu
work=$1 lower=$2 bind=$3
shift 3
root=$work/root
mount -t overlay layer -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -t tmpfs -o mode=755 dev "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root/mnt/mutu"
[ "$bind" = none ] || mount --rbind "$bind" "$root/mnt/mutu"
cp /etc/resolv.conf "$root/etc/resolv.conf"
exec chroot "$root" /usr/bin/env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
