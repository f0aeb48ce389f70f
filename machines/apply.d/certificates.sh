# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# Certificates come beside publications: a folder and a lock of their own, one rename for each name, and only forward. Private keys pass here:
# nothing but their owner reads what is on its way (umask 077), and no answer holds a word of a file.

PEM_BYTES=65536 # of one file: a chain of ten and a key of 8 192 bits have room in it
TLS_SECONDS=240 # that one call waits for another: five hundred files are examined in some twenty seconds, on a busy machine in minutes

# Reads the listing and the manifest. Answers "refused …", or writes the plan: lines `put <name> <number>`, `remove <name> <number>`, `thumbprint <value>`.
read_certificates() {
  awk -v max="$MUTU_MAX_BYTES" '
    function refuse(why) { if (!bad) print "refused " why; bad = 1; exit 1 }
    # the guard of nginx.conf, and never the file of those that have none
    function name(word) { return length(word) <= 250 && word != "fallback" && word ~ /^[a-z0-9_][a-z0-9._-]*[a-z0-9]$/ && word !~ /\.\./ }
    function number(word) { return length(word) <= 15 && word ~ /^[1-9][0-9]*$/ }
    side == "list" {
      if (NF != 6 || $1 != "-rw-r--r--") refuse("member " FNR " of the tar is not a plain file of mode 0644")
      if ((total += $3) > max) refuse("more than " max " bytes")
      if (FNR == 1) { if ($6 != "manifest") refuse("the first member is not the manifest"); next }
      file = substr($6, 7, length($6) - 10)
      if ($6 != "files/" file ".pem" || !name(file)) refuse("member " FNR " of the tar has an unexpected path")
      if (file in member) refuse("member " FNR " of the tar comes twice")
      member[file] = $3
      next
    }
    { lines = FNR }
    $1 == "put" && NF == 4 && $0 == "put " $2 " " $3 " " $4 && name($2) && number($3) && length($4) == 64 && $4 !~ /[^0-9a-f]/ && !($2 in said) {
      if (!($2 in member)) refuse("manifest line " FNR " puts a file that is not sent")
      said[$2] = 1; announced[$2] = 1
      print $4 "  " $2 ".pem" > "tls/incoming/sums"
      print "put " $2 " " $3 " " member[$2] > "tls/incoming/plan"
      next
    }
    $1 == "remove" && NF == 3 && $0 == "remove " $2 " " $3 && name($2) && number($3) && !($2 in said) { said[$2] = 1; print > "tls/incoming/plan"; next }
    $1 == "thumbprint" && NF == 2 && $0 == "thumbprint " $2 && length($2) <= 100 && $2 !~ /[^A-Za-z0-9_-]/ && !print_said++ { print > "tls/incoming/plan"; next }
    { refuse("manifest line " FNR) }
    END {
      if (bad) exit 1
      for (file in member) if (!(file in announced)) refuse("a file is sent that is not announced")
      if (!lines) refuse("the manifest is empty")
    }' side=list tls/incoming/list side=manifest tls/incoming/manifest
}

# A file holds the chain, then one key, and nothing else: what two programs could read in two ways is read by none.
only_chain_and_key() { # <file>
  awk '
    function bad() { failed = 1; exit 1 }
    block == "" && $0 == "" { next }
    block == "" {
      if ($0 !~ /^-----BEGIN [A-Z ]+-----$/ || keys) bad()
      block = substr($0, 12, length($0) - 16)
      if (block == "CERTIFICATE") { if (parameters) bad(); chain++ }
      else if (block == "EC PARAMETERS") { if (!chain || parameters++) bad() }
      else if (block == "PRIVATE KEY" || block == "EC PRIVATE KEY" || block == "RSA PRIVATE KEY") { if (!chain) bad(); keys++ }
      else bad()
      next
    }
    $0 == "-----END " block "-----" { block = ""; next }
    $0 !~ /^[A-Za-z0-9+\/=]+$/ || length($0) > 76 { bad() }
    END { exit failed || block != "" || keys != 1 }' "$1"
}
sound_key() { # what `openssl pkey -text_pub` says of it: a kind and size that today's programs take
  case $1 in
  *Modulus:*)
    bits=${1#*Public-Key: (} bits=${bits%% bit)*}
    case $bits in '' | *[!0-9]*) return 1 ;; *) [ "$bits" -ge 2048 ] ;; esac
    ;;
  *'ASN1 OID: prime256v1'* | *'ASN1 OID: secp384r1'* | *'ASN1 OID: secp521r1'*) ;;
  *) return 1 ;;
  esac
}
examine() { # <file> <name>: prints why it is not placed, or nothing
  host=$2
  case $host in _wildcard.*) host="*.${host#_wildcard.}" ;; esac
  only_chain_and_key "$1" && openssl crl2pkcs7 -nocrl -certfile "$1" -out /dev/null && kind=$(openssl pkey -in "$1" -passin pass: -pubout -text_pub) ||
    { echo unreadable && return; }
  key=${kind%%-----END PUBLIC KEY-----*}
  # Nothing of the certificate's own text is among these words.
  said="
$(openssl x509 -in "$1" -noout -pubkey -checkhost "$host")
"
  case $said in *'-----END PUBLIC KEY-----'*) ;; *) echo unreadable && return ;; esac
  case $said in *"
$key"*) ;; *) echo mismatch && return ;; esac
  sound_key "$kind" || { echo key && return; }
  names=$(openssl x509 -in "$1" -noout -ext subjectAltName -checkend 0) || { echo expired && return; }
  case $said in *"
Hostname $host does match certificate
"*) ;; *) echo name && return ;; esac
  # without alternative names OpenSSL has looked at the common name, which no browser does
  case $names in *DNS:*) ;; *) echo name ;; esac
}

take_certificates() { # the tar and its listing
  head -c "$MUTU_MAX_BYTES" >tls/incoming/tar || broken "no room for the tar"
  IFS= read -r first <tls/incoming/tar || :
  case $first in manifest*) ;; *) refuse "not a tar that starts with the manifest" ;; esac
  { tar --numeric-owner -tvf tls/incoming/tar >tls/incoming/list && tar -xOf tls/incoming/tar manifest >tls/incoming/manifest; } 2>/dev/null ||
    refuse "the tar cannot be read, or is larger than $MUTU_MAX_BYTES bytes"
  : >tls/incoming/plan
  : >tls/incoming/sums
  answer=$(read_certificates) || case $answer in 'refused '*) die 13 "${answer%%
*}" ;; *) broken "the announcement cannot be read" ;; esac
  [ -s tls/incoming/sums ] || return 0
  tar --no-same-owner --no-same-permissions -xmf tls/incoming/tar -C tls/incoming files 2>/dev/null || broken "the tar cannot be unpacked"
  (cd tls/incoming/files && sha256sum --quiet -c ../sums >/dev/null 2>&1) || refuse "a file is another than its sum says"
}

decide() { # of each name: refused with its reason, or ready with its number
  while read -r act name number bytes; do
    case $act in thumbprint) print=$name && continue ;; esac
    reason='' newest=0
    [ ! -e "tls/numbers/$name" ] || read -r newest <"tls/numbers/$name" || newest=0
    if [ "$number" -lt "$newest" ]; then reason=older
    elif [ "$act" = put ]; then
      if [ "$bytes" -gt $PEM_BYTES ]; then reason=unreadable; else reason=$(examine "tls/incoming/files/$name.pem" "$name" 2>/dev/null </dev/null); fi
    fi
    [ -z "$reason" ] || { refused="${refused}not $name $reason
" && continue; }
    [ "$act" = remove ] || mv -T "tls/incoming/files/$name.pem" "tls/incoming/ready/$name.pem" || broken "certificate"
    { echo "$number" >"tls/incoming/numbers/$name" && echo "$act $name" >>tls/incoming/ready/list; } || broken "number"
  done <tls/incoming/plan
}

tell() { # <daemon>: its driver takes what is ready. The subshell keeps the lock until it has ended, even when apply is killed
  read_live
  MUTU_CERTIFICATES=$MUTU_ROOT/tls/incoming/ready MUTU_CHANGED=/dev/null
  export MUTU_CERTIFICATES
  aim "$live_n" "$live_n"
  # shellcheck disable=SC2320
  (
    umask 022
    cd / && timeout -k 5 "$MUTU_DRIVER_SECONDS" "$MUTU_DRIVERS/$1/driver" certificates 8>&- 9>&-
    exit $?
  ) </dev/null >tls/incoming/words 2>&1 && return 0
  [ $? -ne 64 ] || refuse "daemon $1 takes no certificates"
  die 14 "$(printf 'failed %s certificates\n' "$1" && head -n 200 tls/incoming/words | cut -c 1-2000 | tr -d '\000-\010\013-\037' | sed 's/^/| /')"
}

certificates() { # <daemon>
  case " $MUTU_DAEMONS " in *" $1 "*) ;; *) refuse "no daemon $1" ;; esac
  umask 077
  mkdir -p tls/numbers || broken "tls"
  exec 8>>tls/lock
  flock -w $TLS_SECONDS 8 || die 10 busy
  { rm -rf tls/incoming && mkdir tls/incoming tls/incoming/ready tls/incoming/numbers && : >tls/incoming/ready/list; } || broken "tls"
  take_certificates
  print='' refused=''
  decide
  if [ -s tls/incoming/ready/list ]; then
    # Numbers first: whatever happens then, what is older than them comes no more, and the same call again is not older.
    find tls/incoming/ready tls/incoming/numbers -type f -exec sync {} + && find tls/incoming/numbers -type f -exec mv -f -t tls/numbers {} + && sync tls/numbers || broken "numbers"
    tell "$1"
    sync tls || broken "sync"
    sed 's/^[a-z]* /placed /' tls/incoming/ready/list
  fi
  printf '%s' "$refused"
  read_print=''
  [ ! -e tls/thumbprint ] || read -r read_print <tls/thumbprint || :
  if [ -n "$print" ] && [ "$print" != "$read_print" ]; then
    # A program reads its configuration anew: that is never done beside a publication.
    exec 9>>lock
    flock -w 120 9 || die 10 busy
    echo "thumbprint $print" >tls/incoming/ready/list || broken "thumbprint"
    tell "$1"
    { echo "$print" >tls/thumbprint.new && sync -d tls/thumbprint.new && mv -T tls/thumbprint.new tls/thumbprint; } || broken "thumbprint"
  fi
  rm -rf tls/incoming
}
