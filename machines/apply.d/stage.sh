# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# A release is built beside the live one from one tar: verified before anything is unpacked, hashed before it gets its name.

# Reads the listing, the base's index and the manifest. Answers "refused …", or the number of files that were sent and the words "<xx> <old> <new>" of each touched shard;
# writes the new index, the files to delete and nothing else.
read_announcement() { # <base> <root> <base index>
  awk -v base="$1" -v root="$2" -v daemons="$MUTU_DAEMONS" -v max="$MUTU_MAX_BYTES" -v empty="$EMPTY" '
    function refuse(why) { if (!bad) print "refused " why; bad = 1; exit 1 }
    function hash(word) { return length(word) == 64 && word !~ /[^0-9a-f]/ }
    function path(word,   n, i, part) {
      n = split(word, part, "/")
      if (length(word) > 300 || n < 3 || part[1] !~ /^[0-9a-f][0-9a-f]$/ || !(part[2] in known)) return 0
      for (i = 3; i <= n; i++) if (part[i] !~ /^[a-z0-9][A-Za-z0-9._-]*$/) return 0
      return 1
    }
    BEGIN { n = split(daemons, list, " "); for (i = 1; i <= n; i++) known[list[i]] = 1 }
    side == "list" {
      if (NF != 6 || $1 != "-rw-r--r--") refuse("member " FNR " of the tar is not a plain file of mode 0644")
      if ((total += $3) > max) refuse("more than " max " bytes")
      if (FNR == 1) { if ($6 != "manifest") refuse("the first member is not the manifest"); next }
      name = substr($6, 7)
      if (substr($6, 1, 6) != "files/" || !path(name)) refuse("member " FNR " of the tar has an unexpected path")
      if (name in member) refuse("member " FNR " of the tar comes twice")
      member[name] = 1
      next
    }
    side == "base" { old[$1] = $2; next }
    { lines = FNR }
    FNR == 1 { if ($0 != "base " base) refuse("the manifest names another base"); next }
    FNR == 2 { if ($0 != "root " root) refuse("the manifest names another root"); next }
    $1 == "shard" && NF == 4 && $0 == "shard " $2 " " $3 " " $4 {
      if ($2 !~ /^[0-9a-f][0-9a-f]$/ || !hash($3) || !hash($4) || ($2 in fresh)) refuse("manifest line " FNR)
      was = ($2 in old) ? old[$2] : empty
      # of the empty shard: it is sent in full, and what lies there is not read
      if ($3 != was && $3 != empty) refuse("shard " $2 " of the base is another")
      if ($3 != was && $4 != was) print was > "incoming/suspects"
      fresh[$2] = $4; from[$2] = $3; touched[++shards] = $2
      next
    }
    ($1 == "put" && NF == 3 && $0 == "put " $2 " " $3 && hash($3)) || ($1 == "delete" && NF == 2 && $0 == "delete " $2) {
      if (!path($2) || ($2 in said)) refuse("manifest line " FNR)
      if (!(substr($2, 1, 2) in fresh)) refuse("manifest line " FNR " is of a shard that is not announced")
      said[$2] = 1
      if ($1 == "delete") { print "files/" $2 > "incoming/delete"; next }
      if (!($2 in member)) refuse("manifest line " FNR " puts a file that is not sent")
      puts++; announced[$2] = 1
      next
    }
    { refuse("manifest line " FNR) }
    END {
      if (bad) exit 1
      for (name in member) if (!(name in announced)) refuse("a file is sent that is not announced")
      for (i = 0; i < 256; i++) {
        xx = sprintf("%02x", i)
        print xx " " ((xx in fresh) ? fresh[xx] : (xx in old) ? old[xx] : empty) > "incoming/index"
      }
      if (lines < 2) refuse("the manifest is cut off")
      print puts + 0
      for (i = 1; i <= shards; i++) print touched[i], from[touched[i]], fresh[touched[i]]
    }' side=list incoming/list side=base "$3" side=manifest incoming/manifest
}

# Splits the sums of all files read into one list per shard: check/o.<hash> of shards that exist, check/n.<xx> and lists/<hash> of new ones.
split_sums() {
  awk '
    $1 == "shard" && NF == 4 { fresh[$2] = $4; printf "" > ("incoming/check/n." $2); close("incoming/check/n." $2); printf "" > ("incoming/lists/" $4); close("incoming/lists/" $4); next }
    side == "" { next }
    {
      sum = substr($0, 1, 64); name = substr($0, 67); n = index(name, "/"); top = substr(name, 1, n - 1); name = substr(name, n + 1)
      if (top == "incoming") name = substr(name, 7) # files/
      n = index(name, "/"); shard = substr(name, 1, n - 1); name = substr(name, n + 1)
      if (shard != last) { close(file); close(file2); last = shard }
      file = (top == "shards") ? "incoming/check/o." shard : "incoming/check/n." shard
      print sum "  " name > file
      if (top == "incoming") { file2 = "incoming/lists/" fresh[shard]; print sum "  " name > file2 }
    }' incoming/manifest side=sums incoming/sums
}

# Compares what was really read with what was announced: "drift …" lines when the base is not what its name says, "refused …" otherwise, or the names of shards
# that lie here already and are not what they say: what was just built takes their place.
compare_sums() { # <root> <base>
  awk -v root="$1" -v base="$2" -v empty="$EMPTY" '
    FNR == NR { if ($1 == "shard") { fresh[$2] = $4; if ($3 != empty) where[$3] = $2 }; next }
    { sum[$2] = $1 }
    END {
      for (file in sum) {
        n = split(file, part, "/"); name = part[n]
        hash = substr(name, 3)
        if (substr(name, 1, 2) == "o." && sum[file] != hash) { if (hash in where) drift = drift "drift " where[hash] "\n"; else spoilt = spoilt hash "\n" }
        if (part[1] == "releases" && sum[file] != base) drift = drift "drift index\n"
        if (substr(name, 1, 2) == "n." && sum[file] != fresh[substr(name, 3)]) wrong = "refused shard " substr(name, 3) " would be " sum[file]
        if (file == "incoming/index" && sum[file] != root) wrong = wrong == "" ? "refused root would be " sum[file] : wrong
      }
      if (drift != "") { printf "%s", drift; exit 15 }
      if (wrong != "") { print wrong; exit 13 }
      printf "%s", spoilt
    }' incoming/manifest incoming/compared
}

take() { # the tar, never more of it than MUTU_MAX_BYTES, and its listing
  head -c "$MUTU_MAX_BYTES" >incoming/tar || broken "no room for the tar"
  IFS= read -r first <incoming/tar || :
  # a compressed stream, which tar would unpack without being asked, does not start with a name
  case $first in manifest*) ;; *) refuse "not a tar that starts with the manifest" ;; esac
  tar --numeric-owner -tvf incoming/tar >incoming/list 2>incoming/words && tar -xOf incoming/tar manifest >incoming/manifest 2>incoming/words ||
    refuse "the tar cannot be read, or is larger than $MUTU_MAX_BYTES bytes"
}

build() { # <base> <root> <number of files> <touched: xx old new>...
  base=$1 root=$2 files=$3
  shift 3
  touched=$*
  reading=incoming/files
  while [ $# -ge 3 ]; do
    if [ "$2" = "$EMPTY" ]; then mkdir "incoming/files/$1"; else
      [ -d "shards/$2" ] && [ ! -L "shards/$2" ] || die 15 "drift $1"
      reading="$reading shards/$2"
      : >"incoming/check/o.$2"
      cp -RP "shards/$2" "incoming/files/$1"
    fi || broken "copy of shard $2"
    [ ! -d "shards/$3" ] || { reading="$reading shards/$3" && : >"incoming/check/o.$3"; } || broken "check"
    shift 3
  done
  if [ -e incoming/delete ]; then
    (cd incoming && xargs rm -f <delete) || broken "delete"
    find incoming/files -mindepth 2 -depth -type d -exec rmdir {} + 2>/dev/null || :
  fi
  [ "$files" = 0 ] || tar --no-same-owner --no-same-permissions -xmf incoming/tar -C incoming files 2>incoming/words || broken "the tar cannot be unpacked"
  # shellcheck disable=SC2086 # our own paths
  find $reading -type f -exec sha256sum {} + | sort -uk 2 >incoming/sums && split_sums || broken "sums"
  # what is neither file nor folder has no sum, and no business in a shard
  # shellcheck disable=SC2086
  for strange in $(find $reading ! -type d ! -type f | sed -n 's:^shards/\([0-9a-f]*\)/.*:\1:p' | sort -u); do
    [ ! -e "incoming/check/o.$strange" ] || echo strange >>"incoming/check/o.$strange" || broken "check"
  done
  set +f
  set -- incoming/index incoming/check/*
  set -f
  [ "$1$2" != 'incoming/indexincoming/check/*' ] || set -- incoming/index
  [ "$base" = none ] || set -- "$@" "releases/$base/index"
  sha256sum -- "$@" >incoming/compared || broken "sums"
  answer=$(compare_sums "$root" "$base") || case $answer in
  drift*) die 15 "$answer" ;;
  *) die 13 "$answer" ;;
  esac
  spoilt=" $(echo $answer) "
  keep "$base" "$root"
}

wall_folders() { # what a daemon has in a shard is read by its own group and nobody else's: one must not read another's keys
  [ "$MUTU_PRIVILEGED" = yes ] && [ -n "${MUTU_GROUPS:-}" ] || return 0
  for daemon in $MUTU_DAEMONS; do
    group=root
    for pair in $MUTU_GROUPS; do [ "${pair%%:*}" != "$daemon" ] || group=${pair#*:}; done
    set +f
    set -- incoming/files/*/"$daemon"
    set -f
    [ ! -d "$1" ] || install -d -g "$group" -m 750 -- "$@" || return 1
  done
}

keep() { # what was verified gets its name: lists, then shards, then the release, each by one rename and never the other way round
  # shellcheck disable=SC2086 # words xx old new
  set -- "$1" "$2" $touched
  # few files are synced one by one, so that nobody's else writing is waited for; many at once
  if [ $# -lt 50 ]; then each_sync=sync; else each_sync=true && sync -f .; fi || broken "sync"
  wall_folders || broken "groups"
  find incoming/files incoming/lists \( -type d -o -exec chmod a-w {} + \) -exec $each_sync {} + || broken "sync"
  base=$1 root=$2
  shift 2
  set +f
  [ $# -eq 0 ] || mv -f incoming/lists/* lists/ || broken "lists"
  set -f
  if [ "$base" = none ]; then
    mkdir incoming/release
    # shellcheck disable=SC2046 # words xx hash of our own index
    link_all $(cat incoming/index)
  else
    # hard links of symbolic links: no new inode, and nobody can write into a symbolic link; the three files are renamed over, never written
    cp -RPl "releases/$base" incoming/release
  fi || broken "release"
  while [ $# -ge 3 ]; do
    case $spoilt in *" $3 "*)
      [ "$base" != "$root" ] || mended "$1" "$3"
      # a crash between the two renames gives it back (give_back)
      mv -T "shards/$3" "incoming/spoilt/$3" || broken "spoilt shard"
      echo "mended $1"
      ;;
    esac
    [ -d "shards/$3" ] || mv -T "incoming/files/$1" "shards/$3" || broken "shard"
    [ "$base" = none ] || ln -sfn "../../shards/$3" "incoming/release/$1" || broken "release"
    shift 3
  done
  { echo "$base" >incoming/base && : >incoming/unproven && mv -f incoming/index incoming/base incoming/unproven incoming/release/; } || broken "release"
  # links of the base that lead elsewhere are made anew, of the index whose sum was right
  whole_release incoming/release || {
    set +f
    rm -f incoming/release/[0-9a-f][0-9a-f]
    set -f
    # shellcheck disable=SC2046
    link_all $(cat incoming/release/index) && whole_release incoming/release || die 15 "drift release"
  }
  looked_at=$root
  if [ ! -d "releases/$root" ]; then
    # the rename itself is on the disk with the next sync: activate's, or none, and then it was never staged
    sync shards lists incoming/release incoming/release/index && mv -T incoming/release "releases/$root" || broken "release"
  else
    whole_release "releases/$root" || { mv -T "releases/$root" incoming/trash/links && mv -T incoming/release "releases/$root"; } || broken "release"
  fi
  [ ! -s incoming/suspects ] || cat incoming/suspects >>suspects || broken "suspects"
}

mended() { # <xx> <hash>: adds to what changed where the same release is mended in its place
  awk -v xx="$1" '
    { path = substr($0, 67) }
    side == "was" { was[path] = substr($0, 1, 64); next }
    { now[path] = 1; if (!(path in was)) print "A " xx "/" path; else if (was[path] != substr($0, 1, 64)) print "M " xx "/" path }
    END { for (path in was) if (path ~ /^[a-z][a-z0-9-]*\/[A-Za-z0-9._\/-]+$/ && !(path in now)) print "D " xx "/" path }' side=was "incoming/check/o.$2" side=now "lists/$2" >>incoming/mended || broken "what changed"
}

link_all() { # <xx> <hash>...
  while [ $# -ge 2 ]; do
    ln -s "../../shards/$2" "incoming/release/$1" || return 1
    shift 2
  done
}

stage() { # <base> <root>
  read_live
  [ "$live_root" = "$1" ] || die 12 "live $live_root"
  printf 'stage %s .\n' "$2" >>journal
  take
  index=/dev/null
  [ "$1" = none ] || index=releases/$1/index
  plan=$(read_announcement "$1" "$2" "$index") || refuse_plan "$plan"
  # shellcheck disable=SC2086 # words xx old new, checked above
  build "$1" "$2" $plan
  rm -f incoming/tar
  rehearse "$1" "$2"
  [ "$verb" = stage ] || return 0
  rm -f "releases/$2/unproven"
  rm -rf incoming
  idle
  printf 'staged %s\n' "$2"
}
refuse_plan() { case $1 in 'refused '*) die 13 "${1%%
*}" ;; *) broken "the announcement cannot be read" ;; esac; }
