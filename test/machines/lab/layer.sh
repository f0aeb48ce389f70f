#!/bin/sh
# layer.sh: makes one cached layer of a node's root, once, and prints its directory.
#   layer.sh base <target> <release> [package…]                debootstrap
#   layer.sh over <target> <lower[:lower]> <bind> -- argv…     what argv (run in a chroot, <bind> at /mnt/mutu) adds to the layers below
# The target appears whole, by one rename: an interrupted run leaves nothing that a later one would take for a layer.
set -eu
kind=$1 target=$2
shift 2
mkdir -p "$(dirname "$target")"
# Two runs that need the same layer: one makes it, the other waits.
exec 8>"$target.lock"
flock 8
[ ! -d "$target" ] || exit 0
work=$(mktemp -d "$target.XXXXXX")
log=$target.log
fail() {
  tail -n 30 "$log" >&2
  echo "layer $target failed" >&2
  rm -rf --one-file-system "$work"
  exit 1
}

# The mirror is the host's own: the lab names none.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' | awk -v codename="$1" '$2 == codename && $3 == "Debian" { print $1; exit }'
}

if [ "$kind" = base ]; then
  release=$1
  shift
  from=$(mirror "$release")
  # Another release than the host's: the same mirror has it.
  [ -n "$from" ] || from=$(mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
  include=$(echo "$*" | tr ' ' ',')
  debootstrap --variant=minbase --include="$include" "$release" "$work/root" "$from" >"$log" 2>&1 || fail
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$release" '$3 == "Debian" { sub(/^[a-z]+/, release, $2); print "deb " $1 " " $2 " " $4 }' | sort -u >"$work/root/etc/apt/sources.list"
  # No manuals, no translations, no syncing: a layer is thrown away.
  printf 'path-exclude=/usr/share/man/*\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/locale/*\nforce-unsafe-io\n' >"$work/root/etc/dpkg/dpkg.cfg.d/lab"
  cp /etc/apt/apt.conf.d/*proxy* "$work/root/etc/apt/apt.conf.d/" 2>/dev/null || :
  chroot "$work/root" apt-get -q update >>"$log" 2>&1 || fail
  rm -rf "$work/root/var/cache/apt/archives"/*.deb "$work/root/etc/machine-id"
  mv -T "$work/root" "$target"
  rmdir "$work"
  exit 0
fi

lower=$1 bind=$2
shift 3
mkdir "$work/root" "$work/upper" "$work/work"
# In a mount namespace of its own: whatever happens, nothing stays mounted.
unshare --mount --propagation private --pid --fork --kill-child=KILL \
  sh "$(dirname "$0")/layer-chroot.sh" "$work" "$lower" "$bind" "$@" </dev/null >"$log" 2>&1 || fail
rm -rf "$work/upper/tmp" "$work/upper/dev" "$work/upper/proc" "$work/upper/mnt" "$work/upper/etc/resolv.conf" "$work/upper/var/cache/apt/archives"/*.deb "$work/upper/var/lib/apt/lists"
rm -f "$work/upper/etc/ssh"/ssh_host_* "$work/upper/etc/machine-id"
mv -T "$work/upper" "$target"
rm -rf --one-file-system "$work"
