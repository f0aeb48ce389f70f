#!/bin/sh
# node-boot.sh: what `unshare` runs as pid 1 of a node; ends by becoming the node's systemd (or its tiny init).
#   node-boot.sh <conf>     conf: KEY='value' lines written by node.ts (paths of this run)
# First pass: move into the node's own cgroup and take a cgroup namespace. Second pass: build the root, step into it.
set -eu
. "$1"

if [ "${2:-}" != second ]; then
  echo 0 > "$CGROUP/cgroup.procs"
  exec unshare --cgroup -- sh "$0" "$1" second
fi

mount -t overlay "lab-$NODE" -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" "$ROOT"
cd "$ROOT"
mkdir -p proc sys dev run tmp .old
mount -t proc proc proc
# Read-only /sys is how systemd knows that devices are not its affair (udevd's condition).
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup 2>/dev/null || { mount -t tmpfs -o mode=755 cg sys/fs; mkdir sys/fs/cgroup; mount -t cgroup2 cgroup2 sys/fs/cgroup; }
mount -t tmpfs -o mode=755,size=1m dev dev
for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
  set -- $device
  mknod -m 666 "dev/$1" c "$2" "$3"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
echo "$BINDS" | while IFS='	' read -r mode source target; do
  [ -n "$source" ] || continue
  if [ -d "$source" ]; then mkdir -p ".$target"; else mkdir -p ".${target%/*}"; [ -e ".$target" ] || : > ".$target"; fi
  mount --bind "$source" ".$target"
  [ "$mode" = rw ] || mount -o remount,bind,ro ".$target"
done
echo "$NODE" > etc/hostname
hostname "$NODE"
printf '%s\n' "$HOSTS" > etc/hosts
: > etc/resolv.conf
# Without it systemd takes this for a first boot and enables every unit it finds.
[ -s etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > etc/machine-id
# Host keys belong to a machine, not to the layer that machines share.
if [ -d etc/ssh ] && [ -e usr/sbin/sshd ] && [ ! -e etc/ssh/ssh_host_ed25519_key ]; then
  ssh-keygen -q -t ed25519 -N '' -C "$NODE" -f etc/ssh/ssh_host_ed25519_key
fi
# Modules are the kernel's, and the kernel is the host's (Debian 13 would call its own unit failed).
mkdir -p etc/systemd/system
ln -sfn /dev/null etc/systemd/system/systemd-modules-load.service
[ -e etc/mtab ] || ln -s /proc/self/mounts etc/mtab
pivot_root . .old
cd /
umount -l /.old
rmdir /.old 2>/dev/null || :
ip link set lo up
: > /run/lab-ready

exec 0</dev/null
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ "$INIT" = systemd ]; then
  exec env -i PATH="$PATH" container=mutu-lab /lib/systemd/systemd --system --show-status=0 --log-target=journal
fi
exec env -i PATH="$PATH" container=mutu-lab $INIT
