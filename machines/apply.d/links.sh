# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# A new shard begins as links to the files of the one before, so that a change of one file among many costs one file: nothing else is written, nor waited
# for until it is on the disk. Once nobody waits, the shard that serves keeps them and the other gets files of its own, so that a hand in one reaches no
# other. Until then both are proven before they are used, as ever. `linked` names them.

link_shard() { # <old> <new> <folder to make>. A line that was cut off glues nothing to it
  cp -RPl "shards/$1" "$3" && printf '\n%s\n%s\n' "$1" "$2" >>linked
}
part_shards() { # after the last step; where there is no room for them now, later is soon enough
  [ -s linked ] || return 0
  awk 'side == "live" { live[$2] = 1; next } !($1 in live) && !seen[$1]++' side=live "releases/$live_root/index" side=linked linked >incoming/linked || broken "linked"
  set --
  while read -r shard; do
    ! is_hash "$shard" || [ ! -d "shards/$shard" ] || set -- "$@" "shards/$shard"
  done <incoming/linked
  [ $# -eq 0 ] || { mkdir incoming/apart && part "$@"; } || return 0
  : >linked
}
part() { # <shard>...: a nightly run may touch them all
  cp -RPp "$@" incoming/apart/ 2>/dev/null || return 1
  if [ $# -le 3 ]; then find incoming/apart -exec sync {} + 2>/dev/null || :; else sync -f . || :; fi
  # a crash between the two gives them back (give_back)
  mv "$@" incoming/spoilt/ || broken "shard"
  set +f
  mv incoming/apart/* shards/ || broken "shard"
  set -f
}
