# shellcheck shell=sh disable=SC2154
# Sourced by apply, never run by itself.
# What install laid here, as it wrote it down (`installed`, beside apply): which scripts it is made of, and what is no longer as they left it. A machine that
# was not installed (a trial) has nothing to tell.

SHOWN_FILES=40

base() {
  [ -r "$here/installed" ] || return 0
  while read -r key value; do
    case $key in kind | start | made-from) echo "base $key $value" ;; *) break ;; esac
  done <"$here/installed"
  # their order decides who is prepared first
  echo "base daemons $MUTU_DAEMONS"
  grep -E '^[0-9a-f]{64}  /' "$here/installed" | sha256sum -c --quiet 2>/dev/null | sed -n 's/: FAILED.*//p' | head -n $SHOWN_FILES | while IFS= read -r path; do
    case $path in *[!A-Za-z0-9._/@-]*) continue ;; esac
    if [ -e "$path" ]; then echo "base changed $path"; else echo "base removed $path"; fi
  done
  # written by package-hook: programs that ran on although a newer one was installed, as long as the same process runs
  [ ! -r /run/mutu-older ] || while read -r name pid; do
    case $name in *[!a-z]*) continue ;; esac
    case $pid in "" | *[!0-9]*) continue ;; esac
    [ "$("$here/unit" pid "mutu-$name" 2>/dev/null)" != "$pid" ] || echo "base older $name"
  done </run/mutu-older
}
