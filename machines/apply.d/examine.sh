# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# Reads everything that lies here and tells what is no longer as it was left. Changes nothing and holds no lock: shards are whole from their first name to
# their last, and what vanished meanwhile is not told. No name is printed that a release could not have, and no link is followed.

SHOWN=200                # lines of one answer; the rest is counted
HASHED_BYTES=67108864    # nothing that is sent is nearly as large: a larger file is told, not read
CONTENT_BYTES=1048576    # of a file that is asked for
ODD='*[!A-Za-z0-9._/-]*' # a path that no release has

expected_shards() { # <live|kept>: lines "i <xx of the live release, or the root of a kept one> <hash>", each hash once, the live release's first
  set +f
  set -- "$1" releases/*/index
  set -f
  what=$1
  shift
  [ "$what" = kept ] || set --
  awk 'FNR == 1 { label = FILENAME; sub(/^releases\//, "", label); sub(/\/index$/, "", label) }
    NF == 2 && length($2) == 64 && $2 !~ /[^0-9a-f]/ && !($2 in seen) { seen[$2] = 1; print "i", (NR == FNR ? $1 : label), $2 }' "releases/$live_root/index" "$@"
}

compare_shards() { # the lines of examine_shards: what differs
  awk -v daemons="$MUTU_DAEMONS" '
    BEGIN { n = split(daemons, list, " "); for (i = 1; i <= n; i++) known[list[i]] = 1 }
    function fits(path,   n, i, part) {
      n = split(path, part, "/")
      if (length(path) > 297 || n < 2 || !(part[1] in known)) return 0
      for (i = 2; i <= n; i++) if (part[i] !~ /^[a-z0-9][A-Za-z0-9._-]*$/) return 0
      return 1
    }
    function tell(hash, path, kind, sum) { out[hash] = out[hash] "drift " label[hash] "/" path " " kind " " sum "\n" }
    function strange(path) { gsub(/[^A-Za-z0-9._\/-]/, "?", path); return substr(path, 1, 297) }
    function load(hash,   file, line) {
      if (hash in loaded) return
      loaded[hash] = 1
      if (!(hash in sound)) return
      file = "lists/" hash
      while ((getline line < file) > 0) want[hash, substr(line, 67)] = substr(line, 1, 64)
      close(file)
    }
    $1 == "i" { label[$3] = $2; hashes[++count] = $3; next }
    $1 == "l" { if ($2 == $3) sound[$2] = 1; next }
    { rest = substr($0, ($1 == "f") ? 69 : 3); sub(/^shards\//, "", rest); hash = substr(rest, 1, 64); path = substr(rest, 66) }
    $1 == "d" { there[hash] = 1; next }
    !(hash in label) || path == "" { next }
    { load(hash) }
    $1 == "s" || !fits(path) { there_is[hash, path] = 1; tell(hash, strange(path), "strange", "-"); next }
    { there_is[hash, path] = 1; sum = $2 }
    want[hash, path] == sum { next }
    want[hash, path] == "" { tell(hash, path, "added", sum); next }
    { tell(hash, path, "changed", sum) }
    END {
      for (i = 1; i <= count; i++) load(hashes[i])
      for (each in want) {
        hash = substr(each, 1, 64); path = substr(each, 66)
        if (want[each] != "" && !(each in there_is)) tell(hash, path, "removed", "-")
      }
      for (i = 1; i <= count; i++) {
        hash = hashes[i]
        # a kept release that was cleared away while it was read
        if (!(hash in there) && length(label[hash]) > 2) continue
        if (!(hash in sound)) print "drift list " label[hash]
        printf "%s", out[hash]
      }
    }' | sort
}

examine_shards() { # <live|kept>
  expected=$(expected_shards "$1") || broken "index"
  # shellcheck disable=SC2046 # hashes
  set -- $(printf '%s\n' "$expected" | cut -d ' ' -f 3)
  lists=$*
  for hash; do set -- "$@" "shards/$hash" && shift; done
  {
    printf '%s\n' "$expected"
    # shellcheck disable=SC2086 # hashes
    (cd lists && sha256sum -- $lists 2>/dev/null) | sed 's/^/l /'
    find "$@" -mindepth 1 \( ! -type d ! -type f -o -path "$ODD" -o -type f -size "+${HASHED_BYTES}c" \) -print0 2>/dev/null | tr '\n\000' '?\n' | sed 's/^/s /'
    find "$@" -type f ! -path "$ODD" ! -size "+${HASHED_BYTES}c" -exec sha256sum {} + 2>/dev/null | sed 's/^/f /'
    find "$@" -maxdepth 0 -type d 2>/dev/null | sed 's/^/d /'
  } | compare_shards
}

look() { # <live|kept>
  tries=0
  while :; do
    read_live
    [ "$live_root" != none ] || die 0 "root none" "drifted 0"
    said=$(examine_shards "$1") || broken "shards"
    index=$(sha256sum <"releases/$live_root/index") && whole_release "releases/$live_root" || said="${said:+$said
}drift links"
    [ "${index%% *}" = "$live_root" ] || said="${said:+$said
}drift index"
    looked_root=$live_root
    read_live
    [ "$looked_root" != "$live_root" ] || break
    # another release came to serve meanwhile
    tries=$((tries + 1))
    [ $tries -lt 3 ] || die 10 busy
  done
  echo "root $live_root"
  [ -n "$said" ] || die 0 "drifted 0"
  printf '%s\n' "$said" | awk -v shown=$SHOWN 'NR <= shown { print } END { print "drifted " NR }'
}

content() { # <xx> <sha256>: of a file of the live release that is not as it was left
  read_live
  [ "$live_root" != none ] || refuse "nothing is live"
  hash=$(awk -v xx="$1" '$1 == xx && NF == 2 { print $2 }' "releases/$live_root/index")
  is_hash "$hash" || refuse "shard"
  list=lists/$hash
  [ "$(sha256sum <"$list")" = "$hash  -" ] || list=/dev/null
  file=$(find "shards/$hash" -type f ! -path "$ODD" ! -size "+${CONTENT_BYTES}c" -exec sha256sum {} + 2>/dev/null | awk -v sum="$2" -v list="$list" '
    BEGIN { while ((getline line < list) > 0) left[line] = 1 }
    substr($0, 1, 64) == sum && !((sum "  " substr($0, 139)) in left) { print substr($0, 67); exit }')
  [ -n "$file" ] || refuse "no drifted file of that shard has this content, or it is larger than $CONTENT_BYTES bytes"
  aside=$(mktemp -d) || broken "no room"
  # copied before it is looked at again: whatever was put in its place meanwhile is another, and a link stays a link
  cp -P -- "$file" "$aside/file" 2>/dev/null && [ ! -L "$aside/file" ] && [ -f "$aside/file" ] && sum=$(sha256sum <"$aside/file") || sum=
  if [ "${sum%% *}" = "$2" ]; then
    base64 <"$aside/file" | sed 's/^/content /'
    rm -rf "$aside"
    exit 0
  fi
  rm -rf "$aside"
  refuse "the file has just changed"
}
