# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# What is kept after a release has been settled, and what goes.

# A shard whose files were changed by hand, and which was sent in full for that reason, lies in releases of before. They go: what may come back is sent again.
doubt() { # incoming/doubted: the suspects that do not serve
  [ -s suspects ] || return 0
  awk 'FNR == NR { live[$2] = 1; next } !($1 in live)' "releases/$live_root/index" suspects >incoming/doubted
  awk 'FNR == NR { live[$2] = 1; next } $1 in live' "releases/$live_root/index" suspects | sort -u >incoming/suspects
  mv -f incoming/suspects suspects
}
doubtful() { # <release>
  [ -s incoming/doubted ] && [ "$1" != "releases/$live_root" ] && [ "$1" != "releases/$previous_root" ] && grep -qF -f incoming/doubted "$1/index"
}
prune() { # keeps the last activations, what they refer to, and what is staged on the live release
  read_previous
  doubt
  kept=' ' count=0 newest=yes
  for number in $(find activations -mindepth 1 -maxdepth 1 | sed 's:.*/::' | sort -rn); do
    if [ "$number" != "$live_n" ] && [ "$number" != "$previous_n" ] && [ $newest = no ]; then
      if [ -e "activations/$number/failed" ] || [ $count -ge "$KEEP" ]; then
        mv "activations/$number" incoming/trash/
        continue
      fi
    fi
    # a number is never used twice: the newest directory stays, even that of an activation that failed
    newest=no
    [ -e "activations/$number/failed" ] || count=$((count + 1))
    read -r root <"activations/$number/root" && kept="$kept$root "
  done
  set +f
  set -- releases/*
  for release; do
    [ -e "$release/index" ] || continue
    base=none
    [ ! -e "$release/base" ] || read -r base <"$release/base" || :
    case $kept in *" ${release#*/} "*) ! doubtful "$release" || mv "$release" incoming/trash/ && continue ;; esac
    [ "$base" = "$live_root" ] || mv "$release" incoming/trash/
  done
  # what no release refers to any more; moved by one rename each, so that no half shard ever keeps its name
  find shards -mindepth 1 -maxdepth 1 | sed 's:.*/::' |
    awk -v empty="$EMPTY" 'NF == 2 { used[$2] = 1; next } !($1 in used) && $1 != empty' releases/*/index - >incoming/unused
  set -f
  [ ! -s incoming/unused ] || {
    sed 's:^:shards/:' incoming/unused | xargs sh -c 'mv -- "$@" incoming/trash/' mv
    sed 's:^:lists/:' incoming/unused | xargs rm -f
  }
  part_shards
  ready
}
