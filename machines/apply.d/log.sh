# shellcheck shell=sh disable=SC2154
# Sourced by apply, never run by itself.
# The last lines of one account's logs, from where they are freshest: its own files on this machine, read as its number, then what Apache, and nginx without it,
# have written since they were split last. No lock, no word that is not a number or one of three, never members' storage.

LOG_LINES=1000
LOG_SECONDS=5 # of each of the two

log() { # <account> <kind> <n>: lines `line <ServerName> <text>`
  account=$1 kind=$2 count=$3
  case " $MUTU_DAEMONS " in *' apache '*) ;; *) refuse "log is not offered by any daemon of this machine" ;; esac
  case $account in [!1-9]* | *[!0-9]* | ???????????*) refuse "account" ;; esac
  [ "$account" -ge 2000 ] || refuse "account"
  case $kind in php | error | access) ;; *) refuse "kind of log" ;; esac
  case $count in [!1-9]* | *[!0-9]* | ?????*) refuse "number of lines" ;; esac
  [ "$count" -le $LOG_LINES ] || refuse "number of lines"
  if [ "${MUTU_START:-systemd}" = direct ]; then
    accounts=${MUTU_ACCOUNTS:-$MUTU_ROOT/run/accounts} logs=${MUTU_APACHE_LOGS:-$MUTU_ROOT/log/apache} front=${MUTU_NGINX_LOGS:-$MUTU_ROOT/log/nginx}
  else
    accounts=${MUTU_ACCOUNTS:-/var/lib/mutu-accounts} logs=${MUTU_APACHE_LOGS:-/var/log/mutu/apache} front=${MUTU_NGINX_LOGS:-/var/log/mutu/nginx}
  fi
  set -- perl - own "$accounts/$account" "$kind" "$count"
  if [ "$MUTU_PRIVILEGED" = yes ]; then
    set -- setpriv --reuid "$account" --regid "$account" --clear-groups --no-new-privs --inh-caps=-all -- env -i PATH=/usr/bin:/bin "$@"
  fi
  # Its time is kept by us: what bears the account's number can be stopped by the account's own processes.
  set -- timeout -k 1 $LOG_SECONDS "$@"
  # By standard input: the account's number need not be able to read where the program lies.
  "$@" <"$here/apply.d/log.pl" || broken "the account's own log could not be read in time"
  [ "$kind" != php ] || return 0
  timeout -k 1 $LOG_SECONDS perl - new "$logs" "$kind" "$count" "$account" "${MUTU_LOGS:-/var/lib/mutu-logs}" "$front" "$MUTU_ROOT" <"$here/apply.d/log.pl" ||
    broken "the log could not be read in time"
}
