# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# The changed files alone, by the programs that will read them. In publish a driver may leave to its prepare whatever the start of the whole proves as well
# (MUTU_START_FOLLOWS): most changes are good, and the start is the same one that will serve. When anything fails, what was left out is asked after all.

rehearse() { # <base> <root>
  # the announcement has told what changes
  changes_file=incoming/next/changed passed=''
  compared="$1 $2" suspects=$changed
  follows=''
  [ "$verb" != publish ] || follows=yes
  rehearse_each "$2" $follows
  [ -n "$report" ] || return 0
  [ -z "$follows" ] || rehearse_passed "$2"
  die 14 "$report"
}
rehearse_each() { # <root> [yes]: every daemon that changed; $passed are those that had nothing against it
  aim none "$live_n"
  MUTU_NEXT=$MUTU_ROOT/incoming/rehearsal MUTU_RELEASE=$MUTU_ROOT/releases/$1 MUTU_CHANGED=$MUTU_ROOT/$changes_file
  [ -z "${2-}" ] || export "MUTU_START_FOLLOWS=$2"
  for daemon in $MUTU_DAEMONS; do
    case "
$suspects
" in *"
$daemon
"*) drive "$daemon" rehearse && passed="$passed$daemon
" || failed "$daemon" rehearse ;; esac
  done
  unset MUTU_START_FOLLOWS
}
rehearse_passed() { # <root>: what they may have left out
  suspects=$passed passed=''
  rm -rf incoming/rehearsal && mkdir incoming/rehearsal || broken "incoming"
  rehearse_each "$1"
}
start_refused() { # <root>: a start failed that stood for rehearsals too. They tell more: whose file it is, alone on the real base
  by_start=$report
  report='' changes_file=incoming/changed
  changes "$live_root" "$1" $changes_file >/dev/null || broken "what changed"
  rehearse_passed "$1"
  [ -n "$report" ] || report=$by_start
}
