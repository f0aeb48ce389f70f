# shellcheck shell=sh disable=SC2154
# Sourced by apply, never run by itself.
# What a tar says of itself: its listing and its manifest become the plan of a release, before anything of it is unpacked.

# Reads the listing, the base's index and the manifest. Answers "refused …", or the words of the plan: how many files are sent; the daemons of what changes;
# "<xx> <old> <new> <files before> <files after>" of each touched shard; "<xx> <hash>" of all shards; with a / between.
# Writes the new index, the list of each new shard, what changes, the files to delete and the sums of all that must be as it is told.
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
    function expect(sum, file) { print sum "  " file > "incoming/expected" }
    function say(letter, name,   part) { print letter " " name > "incoming/next/changed"; split(name, part, "/"); changed[part[2]] = 1 }
    function list(sum, name, xx) { # a file of the new shard, which lies where it is made
      after++
      if (whole[xx]) { if (!(name in has)) say("A", xx "/" name); else if (has[name] != sum) say("M", xx "/" name); delete has[name] }
      if (fresh[xx] != empty) print sum "  " name > ("incoming/lists/" fresh[xx])
      expect(sum, "incoming/files/" xx "/" name)
    }
    # the list before and what is put are in order: merged, they are the list after
    function merge(xx,   file, line, got, sum, name, k) {
      file = "lists/" from[xx]; k = 1; before = after = 0
      split("", has)
      # sent in full: what changes is what the list says, though nobody reads what lies there; nothing, where the same comes anew
      if (whole[xx]) {
        line = "lists/" ((fresh[xx] == old[xx]) ? empty : old[xx])
        while ((got = (getline name < line)) > 0) has[substr(name, 67)] = substr(name, 1, 64)
        if (got < 0) { bad = 1; exit 1 }
        close(line)
        if (fresh[xx] == old[xx]) for (k = 1; k <= count[xx]; k++) has[put[xx, k]] = said[xx "/" put[xx, k]]
        k = 1
      }
      if (fresh[xx] != empty) printf "" > ("incoming/lists/" fresh[xx])
      while ((got = (getline line < file)) > 0) {
        sum = substr(line, 1, 64); name = substr(line, 67); before++
        for (; k <= count[xx] && put[xx, k] "" < name ""; k++) { if (!whole[xx]) say("A", xx "/" put[xx, k]); list(said[xx "/" put[xx, k]], put[xx, k], xx) }
        if (k <= count[xx] && put[xx, k] == name) {
          if (said[xx "/" name] != sum) say("M", xx "/" name)
          list(said[xx "/" name], name, xx); k++
        } else if ((xx "/" name) in said) say("D", xx "/" name)
        else { list(sum, name, xx); continue }
        expect(sum, "shards/" from[xx] "/" name)
      }
      if (got < 0) { bad = 1; exit 1 }
      close(file)
      for (; k <= count[xx]; k++) { if (!whole[xx]) say("A", xx "/" put[xx, k]); list(said[xx "/" put[xx, k]], put[xx, k], xx) }
      for (name in has) say("D", xx "/" name)
      if (from[xx] != empty) expect(from[xx], file)
      if (fresh[xx] != empty) { close("incoming/lists/" fresh[xx]); expect(fresh[xx], "incoming/lists/" fresh[xx]) }
      else if (after > 0) refuse("shard " xx " would not be empty")
      return xx " " from[xx] " " fresh[xx] " " before " " after
    }
    BEGIN { n = split(daemons, known_list, " "); for (i = 1; i <= n; i++) known[known_list[i]] = 1 }
    side == "list" {
      if (NF != 6 || $1 != "-rw-r--r--") refuse("member " FNR " of the tar is not a plain file of mode 0644")
      if ((total += $3) > max) refuse("more than " max " bytes")
      if (FNR == 1) { if ($6 != "manifest") refuse("the first member is not the manifest"); size = $3; next }
      name = substr($6, 7)
      if (substr($6, 1, 6) != "files/" || !path(name)) refuse("member " FNR " of the tar has an unexpected path")
      if (name in member) refuse("member " FNR " of the tar comes twice")
      member[name] = 1
      next
    }
    side == "base" { old[$1] = $2; next }
    bytes >= size { next } # the files, where all was read at once
    { lines = FNR; bytes += length($0) + 1; print > "incoming/manifest" }
    FNR == 1 { if ($0 != "base " base) refuse("the manifest names another base"); next }
    FNR == 2 { if ($0 != "root " root) refuse("the manifest names another root"); next }
    $1 == "shard" && NF == 4 && $0 == "shard " $2 " " $3 " " $4 {
      if ($2 !~ /^[0-9a-f][0-9a-f]$/ || !hash($3) || !hash($4) || ($2 in fresh)) refuse("manifest line " FNR)
      was = ($2 in old) ? old[$2] : empty
      # of the empty shard: it is sent in full, and what lies there is not read
      if ($3 != was && $3 != empty) refuse("shard " $2 " of the base is another")
      if ($3 != was && $4 != was) print was > "incoming/suspects"
      fresh[$2] = $4; from[$2] = $3; whole[$2] = ($3 != was); touched[++shards] = $2
      next
    }
    ($1 == "put" && NF == 3 && $0 == "put " $2 " " $3 && hash($3)) || ($1 == "delete" && NF == 2 && $0 == "delete " $2) {
      if (!path($2) || ($2 in said)) refuse("manifest line " FNR)
      xx = substr($2, 1, 2)
      if (!(xx in fresh)) refuse("manifest line " FNR " is of a shard that is not announced")
      said[$2] = $3
      if ($1 == "delete") { print "files/" $2 > "incoming/delete"; next }
      if (!($2 in member)) refuse("manifest line " FNR " puts a file that is not sent")
      puts++; announced[$2] = 1
      if (count[xx] && put[xx, count[xx]] "" > substr($2, 4) "") refuse("manifest line " FNR " is out of order")
      put[xx, ++count[xx]] = substr($2, 4)
      next
    }
    { refuse("manifest line " FNR) }
    END {
      if (bad) exit 1
      for (name in member) if (!(name in announced)) refuse("a file is sent that is not announced")
      if (lines < 2 || bytes > size + 1) refuse("the manifest is cut off")
      printf "" > "incoming/next/changed"
      for (i = 1; i <= shards; i++) plan = plan " " merge(touched[i])
      for (i = 0; i < 256; i++) {
        xx = sprintf("%02x", i)
        line = xx " " ((xx in fresh) ? fresh[xx] : (xx in old) ? old[xx] : empty)
        print line > "incoming/release/index"
        index_words = index_words " " line
      }
      expect(root, "incoming/release/index")
      if (base != "none") expect(base, "releases/" base "/index")
      for (name in changed) changed_words = changed_words " " name
      print puts + 0 changed_words " /" plan " /" index_words
    }' side=list incoming/list side=base "$3" side=manifest incoming/sent
}
refuse_plan() { # <answer> <base>: where its index is another, no announcement is right
  [ "$2" = none ] || [ "$(sha256sum <"releases/$2/index")" = "$2  -" ] || die 15 "drift index"
  case $1 in 'refused '*) die 13 "${1%%
*}" ;; *) broken "the announcement cannot be read" ;; esac
}
