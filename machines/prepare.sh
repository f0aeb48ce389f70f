# prepare.sh: what web/install and control/install share. Sourced, POSIX sh. Every function changes only what differs and says what it changed.
# PLAN=yes: says what it would do and does nothing.
# shellcheck source=laid.sh
. "$HERE/../laid.sh"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
umask 022
# A file, because half of the changes happen behind a pipe, so in a subshell.
TALLY=$(mktemp)
# What was laid, with its sums: apply's `status` compares.
LAID=$(mktemp)
trap 'rm -f "$TALLY" "$LAID"' EXIT
changes() { wc -l <"$TALLY"; }
PLAN=${PLAN:-no}

die() {
  echo "install: $*" >&2
  exit 1
}

# says <sentence>: announces one change; false (so: do nothing) when only planning
says() {
  echo "$1" >>"$TALLY"
  if [ "$PLAN" = yes ]; then
    echo "would $1"
    return 1
  fi
  echo "$1"
}

word() { # word <option> <value>: no value of an option may hold anything but these
  case $2 in '' | -* | *[!A-Za-z0-9._:/\ -]*) die "$1: refused: $2" ;; esac
}

# homes_word: where members' files lie. Units that do something with them see neither /home nor our /tmp (ProtectHome, PrivateTmp), whatever else they are told
homes_word() {
  word --homes "$HOMES"
  roots=~root
  case $HOMES in
  *\ * | *:*) die "--homes: refused: $HOMES" ;;
  /home | /home/* | "$roots" | "$roots"/* | /run/user | /run/user/* | /tmp | /tmp/* | /var/tmp | /var/tmp/*) die "--homes: no unit of ours sees what lies in $HOMES" ;;
  /*) ;;
  *) die "--homes: refused: $HOMES" ;;
  esac
}

# lay_units <folder>: its units; where members' files lie elsewhere than they expect, what they say of /srv/mutu/homes holds for that place too
lay_units() {
  for unit in "$1"/*.service "$1"/*.timer; do
    [ -e "$unit" ] || continue
    name=${unit##*/}
    file "/etc/systemd/system/$name" 644 <"$unit"
    told=/etc/systemd/system/$name.d/homes.conf
    lines=
    [ "$HOMES" = /srv/mutu/homes ] || lines=$(sed -n "s|^\([A-Za-z]*Paths\)=\(.* \)\{0,1\}-/srv/mutu/homes\( .*\)\{0,1\}\$|\1=-$HOMES|p" "$unit")
    if [ -n "$lines" ]; then
      folder "${told%/*}" root:root 755
      printf '# Written by Mutu.\n[Service]\n%s\n' "$lines" | file "$told" 644
    elif [ -e "$told" ] && says "remove $told"; then
      rm -f "$told"
    fi
  done
}

check_machine() {
  [ "$(id -u)" = 0 ] || die "must run as root"
  [ -r /etc/os-release ] || die "no /etc/os-release"
  # shellcheck disable=SC1091
  release=$(. /etc/os-release && echo "$ID:${VERSION_ID:-}")
  case $release in debian:12 | debian:13) ;; *) die "Debian 12 or 13 is needed, this is $release" ;; esac
}

# missing_packages <name>...: those that are not installed
missing_packages() {
  for package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)" = installed ] || printf ' %s' "$package"
  done
}

# add_packages <name>...: nothing that apt installs is started by it (policy-rc.d)
add_packages() {
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  says "install packages:$missing" || return 0
  kept=
  if [ -e /usr/sbin/policy-rc.d ]; then
    kept=$(mktemp /usr/sbin/policy-rc.d.XXXXXX)
    cp -p /usr/sbin/policy-rc.d "$kept"
  fi
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  status=0
  # shellcheck disable=SC2086
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends install $missing >/var/log/mutu-install.log 2>&1 || status=$?
  if [ -n "$kept" ]; then mv "$kept" /usr/sbin/policy-rc.d; else rm -f /usr/sbin/policy-rc.d; fi
  [ $status = 0 ] || { tail -n 20 /var/log/mutu-install.log >&2 && die "apt-get failed ($status)"; }
}

# package_list <file>...: their words, comments left out
package_list() { sed 's/#.*//' "$@" | tr -s ' \n' ' '; }

# add_group <name> [gid]
add_group() {
  entry=$(getent group "$1" || :)
  if [ -n "$entry" ]; then
    [ -z "${2:-}" ] || [ "$(echo "$entry" | cut -d: -f3)" = "$2" ] || die "group $1 exists with another number than $2"
    return 0
  fi
  [ -z "${2:-}" ] || ! getent group "$2" >/dev/null || die "group number $2 is taken"
  says "make group $1" || return 0
  # shellcheck disable=SC2086
  groupadd --system ${2:+--gid $2} "$1"
}

# add_user <name>[:<number>] <home> <shell> [group]...: a system user with a group of its own and these besides; no password ever fits
add_user() {
  user=${1%:*} home=$2 shell=$3 number=
  case $1 in *:*) number=${1#*:} ;; esac
  shift 3
  entry=$(getent passwd "$user" || :)
  if [ -z "$entry" ]; then
    [ -z "$number" ] || ! getent passwd "$number" >/dev/null || die "user number $number is taken"
    says "make user $user" || return 0
    useradd --system ${number:+--uid "$number"} --user-group --no-create-home --home-dir "$home" --shell "$shell" --password '*' "$user"
  elif [ -n "$number" ] && [ "$(echo "$entry" | cut -d: -f3)" != "$number" ]; then
    die "user $user exists with another number than $number: end what runs as it, usermod --uid $number $user, give it its logs again, run this again"
  fi
  for group; do
    id -nG "$user" | tr ' ' '\n' | grep -qxF "$group" && continue
    says "add $user to group $group" || continue
    usermod -aG "$group" "$user"
  done
}

# folder <path> <owner:group> <mode>
folder() {
  [ "$(stat -c '%U:%G %a' "$1" 2>/dev/null || :)" = "$2 $3" ] && return 0
  says "make folder $1 ($2 $3)" || return 0
  mkdir -p "$1"
  chown "$2" "$1"
  chmod "$3" "$1"
}

# wall_releases <daemon:group>...: what was published before is read by its own daemon alone, as apply lays it down since
wall_releases() {
  [ -d /var/lib/mutu/shards ] || return 0
  for daemon in $DAEMONS; do
    group=root
    for pair; do [ "${pair%%:*}" != "$daemon" ] || group=${pair#*:}; done
    [ -z "$(find /var/lib/mutu/shards -mindepth 2 -maxdepth 2 -type d -name "$daemon" \( ! -group "$group" -o ! -perm 750 \) -print -quit)" ] ||
      ! says "let only $group read what is published for $daemon" ||
      find /var/lib/mutu/shards -mindepth 2 -maxdepth 2 -type d -name "$daemon" -exec chgrp "$group" {} + -exec chmod 750 {} +
  done
}

# file <target> <mode> [owner:group]: contents from stdin, written aside and renamed, only when it differs
file() {
  owner=${3:-root:root}
  fresh=$(mktemp)
  cat >"$fresh"
  laid "$1" <"$fresh"
  if cmp -s "$fresh" "$1" && [ "$(stat -c '%U:%G %a' "$1")" = "$owner $2" ]; then
    rm -f "$fresh"
    return 0
  fi
  if says "write $1"; then
    cp "$fresh" "$1.mutu-new"
    chown "$owner" "$1.mutu-new"
    chmod "$2" "$1.mutu-new"
    mv "$1.mutu-new" "$1"
  fi
  rm -f "$fresh"
}

# tree <source folder> <target folder>: root-owned copy, executables stay so; what the source has no more goes
tree() {
  (cd "$1" && find . -type f -exec sha256sum {} +) | sed "s|  \./|  $2/|" >>"$LAID"
  differs=$(cd "$1" && find . -type f | LC_ALL=C sort | while read -r path; do
    mode=644
    [ -x "$path" ] && mode=755
    if ! cmp -s "$path" "$2/$path" || [ "$(stat -c '%u:%g %a' "$2/$path")" != "0:0 $mode" ]; then echo "$path"; fi
  done)
  [ -n "$differs" ] || return 0
  says "write $2: $(echo "$differs" | wc -l) files" || return 0
  (cd "$1" && find . -type d) | while read -r path; do mkdir -p "$2/$path" && chmod 755 "$2/$path"; done
  echo "$differs" | while read -r path; do
    mode=644
    [ -x "$1/$path" ] && mode=755
    install -o root -g root -m $mode "$1/$path" "$2/$path.mutu-new"
    mv "$2/$path.mutu-new" "$2/$path"
  done
}

running_systemd() { [ -d /run/systemd/system ]; }

# silence_unit <unit>: Debian's own daemon neither runs nor comes back with an upgrade
silence_unit() {
  [ -e "/lib/systemd/system/$1" ] || return 0
  [ "$(readlink "/etc/systemd/system/$1" || :)" = /dev/null ] && return 0
  says "disable and mask Debian's $1" || return 0
  if running_systemd; then systemctl stop "$1" || :; fi
  systemctl -q disable "$1" 2>/dev/null || :
  systemctl -q mask "$1"
}

# enable_unit <unit>
enable_unit() {
  [ "$START" = systemd ] || return 0
  [ "$(systemctl is-enabled "$1" 2>/dev/null || :)" = enabled ] && return 0
  says "enable $1" || return 0
  # a clock runs from now on; services wait for who starts them
  now=
  case $1 in *.timer) if running_systemd; then systemctl daemon-reload && now=--now; fi ;; esac
  systemctl -q enable $now "$1"
}

# divert <file>: a packaged file put aside so that it no longer acts and no upgrade brings it back
divert() {
  [ -z "$(dpkg-divert --list "$1")" ] || return 0
  says "put $1 aside" || return 0
  dpkg-divert --quiet --local --rename --divert "$2" --add "$1"
}

# daemon_source <daemon>: its machine/ folder in a bundle or in a checkout
daemon_source() {
  for candidate in "$BUNDLE/daemons/$1" "$BUNDLE/src/daemons/$1/machine"; do
    [ -e "$candidate/driver" ] && echo "$candidate" && return 0
  done
  die "daemon $1: no driver in $BUNDLE"
}

# door_rule <user>: the only command this user may run as root; words only, and the verb first, so that -c can never be among them
door_rule() {
  file "/etc/sudoers.d/mutu-door" 440 <<EOF
# Written by Mutu's install. sudo checks the words before apply does.
Defaults:$1 !use_pty, !pam_session, !pam_setcred, !syslog
$1 ALL=(root) NOPASSWD: /usr/local/lib/mutu/apply ^(stage|activate|publish|settle|rollback|certificates|status|log|examine)( [A-Za-z0-9._-]{1,80}){0,5}\$
EOF
}

# install_door: apply, unit and the drivers of DAEMONS, root-owned
install_door() {
  folder /usr/local/lib/mutu root:root 755
  folder /usr/local/lib/mutu/daemons root:root 755
  folder /etc/mutu root:root 755
  tree "$BUNDLE/machines/apply.d" /usr/local/lib/mutu/apply.d
  file /usr/local/lib/mutu/apply 755 <"$BUNDLE/machines/apply"
  file /usr/local/lib/mutu/unit 755 <"$BUNDLE/machines/unit"
  file /usr/local/lib/mutu/package-hook 755 <"$BUNDLE/machines/package-hook"
  file /etc/dpkg/dpkg.cfg.d/mutu 644 <<EOF
# Written by Mutu's install: nothing is published while packages change, and what runs is started anew afterwards.
pre-invoke=[ ! -x /usr/local/lib/mutu/package-hook ] || /usr/local/lib/mutu/package-hook before || :
post-invoke=[ ! -x /usr/local/lib/mutu/package-hook ] || /usr/local/lib/mutu/package-hook after || :
EOF
  if [ "$START" = systemd ]; then
    for unit in mutu-renew.service mutu-renew.timer; do file "/etc/systemd/system/$unit" 644 <"$BUNDLE/machines/units/$unit"; done
    enable_unit mutu-renew.timer
  fi
  [ "$START" != supervisor ] || file /usr/local/lib/mutu/supervisor 755 <"$BUNDLE/machines/supervisor"
  for daemon in $DAEMONS; do
    source=$(daemon_source "$daemon")
    tree "$source" "/usr/local/lib/mutu/daemons/$daemon"
  done
}

# What a daemon's own folder says of a machine on which it is chosen: `prepare`, sourced here.
daemon_files() {
  for daemon in $DAEMONS; do
    source=$(daemon_source "$daemon")
    # shellcheck disable=SC1091
    [ ! -e "$source/prepare" ] || . "$source/prepare"
  done
}

# daemon_settings: the keys of machine.conf that belong to drivers and that an administrator set, by --set or by hand; they stay
daemon_settings() {
  {
    printf '%s\n' "$SET"
    sed -n '/^MUTU_/p' /etc/mutu/machine.conf 2>/dev/null
  } | awk -F= -v daemons="$DAEMONS" '
    BEGIN { count = split(toupper(daemons), names, " "); for (i = 1; i <= count; i++) gsub("-", "_", names[i]) }
    NF > 1 && !seen[$1]++ { for (i = 1; i <= count; i++) if (index($1, "MUTU_" names[i] "_") == 1) { print; break } }' | LC_ALL=C sort
}

# setting <KEY=value>: one of --set
setting() {
  case $1 in MUTU_[A-Z]*=*) ;; *) die "--set: KEY=value is needed, as in machines/README.md: $1" ;; esac
  case ${1%%=*} in *[!A-Z0-9_]*) die "--set: refused: $1" ;; esac
  word --set "${1#*=}"
}

# end_of_install: what changed must be known to systemd; the count is what tests read
end_of_install() {
  record
  if [ "$(changes)" -gt 0 ] && [ "$PLAN" = no ] && running_systemd; then
    systemctl daemon-reload
    systemd-tmpfiles --create mutu.conf
  fi
  echo "changes $(changes)"
}
