# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# The daemons' drivers: what they are told, how they are called, and the words of one that failed.

aim() { # <activation to go to|none> <activation to leave|none>: what the drivers are told
  MUTU_NEXT='' MUTU_LIVE='' MUTU_RELEASE='' MUTU_PREVIOUS=''
  [ "$2" = none ] || MUTU_LIVE=$MUTU_ROOT/activations/$2
  if [ "$1" != none ]; then
    MUTU_NEXT=$MUTU_ROOT/activations/$1
    read -r aimed <"activations/$1/root" || aimed=none
    MUTU_RELEASE=$MUTU_ROOT/releases/$aimed
  fi
  export MUTU_NEXT MUTU_LIVE MUTU_RELEASE MUTU_PREVIOUS MUTU_CHANGED
  [ -z "$touched" ] || export "MUTU_TOUCHED=$touched"
}
touched='' # daemons of $MUTU_CHANGED, a line each, where this verb has just compared
compared='' # the two releases that incoming/next/changed tells apart
drive() { # <daemon> <step>
  # a driver says beside itself for which of these it has nothing to do: no process for the answer
  case $2 in prepare | settle | abort)
    idle_steps=''
    [ ! -e "$MUTU_DRIVERS/$1/idle" ] || read -r idle_steps <"$MUTU_DRIVERS/$1/idle" || broken "idle steps of $1"
    case " $idle_steps " in *" $2 "*) return 0 ;; esac
    ;;
  esac
  # The subshell keeps the lock until the driver has ended, even when apply is killed; the driver, and what it starts, never holds it.
  # shellcheck disable=SC2320
  (
    cd / && timeout -k 5 "$MUTU_DRIVER_SECONDS" "$MUTU_DRIVERS/$1/driver" "$2" 9>&-
    exit $?
  ) </dev/null >incoming/words 2>&1
}
report=''
failed() { # <daemon> <step>: keeps the program's own words for the answer
  said=$(printf 'failed %s %s\n' "$1" "$2" && head -n 200 incoming/words | cut -c 1-2000 | tr -d '\000-\010\013-\037' | sed 's/^/| /')
  report=${report:+$report
}$said
}
each() { # <step> [<daemon>...]: every daemon in order, all of them even when one fails
  all=0 asked=$1
  shift
  # shellcheck disable=SC2086 # names of daemons
  [ $# -gt 0 ] || set -- $MUTU_DAEMONS
  for daemon; do drive "$daemon" "$asked" || { failed "$daemon" "$asked" && all=1; }; done
  return $all
}
last_first() {
  backwards=''
  for daemon in $MUTU_DAEMONS; do backwards="$daemon $backwards"; done
  echo "$backwards"
}
