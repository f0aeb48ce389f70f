# laid.sh: what install lays on a machine, written down so that a hand's change of it is seen (apply.d/base.sh), and of which scripts. Sourced by prepare.sh. POSIX sh.

# laid <target>: one file, its content on standard input. An administrator's own to edit, or with a private key: not compared
laid() {
  case $1 in /etc/mutu/panel.conf | /etc/mutu/machine.conf | /etc/wireguard/*) ;; *) sha256sum | sed "s|-\$|$1|" >>"$LAID" ;; esac
}

# made_from: the scripts of this machine as one sum: those of its kind and of its daemons. The panel makes the same of its own (scriptsHash)
made_from() {
  case $HERE in */web) other=control ;; *) other=web ;; esac
  {
    (cd "$BUNDLE" && find machines -type f ! -name README.md ! -name Dockerfile ! -path "machines/$other/*" -exec sha256sum {} +)
    for daemon in $DAEMONS; do (cd "$(daemon_source "$daemon")" && find . -type f -exec sha256sum {} +) | sed "s|  \./|  daemons/$daemon/|"; done
  } | LC_ALL=C sort | sha256sum | cut -c 1-64
}

# record: what this machine is made of, and every file that was laid
record() {
  [ "$PLAN" = no ] && [ "$STEP" != packages ] || return 0
  { printf '%s\n' "kind ${HERE##*/}" "start $START" "made-from $(made_from)" && LC_ALL=C sort -u -k 2 "$LAID"; } | file /usr/local/lib/mutu/installed 644
}
