# shellcheck shell=sh disable=SC2154
# Sourced by nginx's driver, never run by itself.
# Names and their certificates: forward only.

fallback() { # a machine always has one: install made it, or it is made here
  [ ! -e "$tls/fallback.pem" ] || return 0
  mkdir -p "$tls"
  made=$(umask 077 && mktemp -d "$tls/.fallback.XXXXXX")
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=mutu.invalid \
    -addext subjectAltName=DNS:mutu.invalid -keyout "$made/key" -out "$made/chain" >/dev/null 2>"$made/words" </dev/null || cat "$made/words"
  (umask 077 && cat "$made/chain" "$made/key" >"$made/pem")
  if privileged; then chown "0:$(id -g "$user")" "$made/pem" "$tls"; fi
  chmod 0640 "$made/pem"
  chmod 0750 "$tls"
  mv "$made/pem" "$tls/fallback.pem"
  rm -rf "$made"
}
well_formed() { grep -E '^[a-z0-9_][a-z0-9._-]{0,248}[a-z0-9]$' | grep -vF .. || :; } # the guard of nginx.conf, and never an option
names_in() { # <release folder> <lines of names lists below it, on standard input>
  while read -r path; do [ ! -e "$1/$path" ] || cat "$1/$path"; done | grep -v '^#' | well_formed | sort -u
}
changed_lists() { # <letters>
  sed -n "s|^[$1] \([0-9a-f][0-9a-f]/nginx/names/[0-9]*\.list\)\$|\1|p" "$MUTU_CHANGED"
}
all_lists() { (cd "$1" && set -- */nginx/names/*.list && [ ! -e "$1" ] || printf '%s\n' "$@"); }
# Who makes, takes off or replaces a file of a name holds this lock for that moment: links are made by publications, certificates come beside them.
names_locked() { # <program> [<argument>...]: its lines on standard input, in the folder of certificates
  # shellcheck disable=SC2016 # perl's own
  perl -e 'use Fcntl qw(:DEFAULT :flock);
    my $what = shift; chdir shift or die "$!\n";
    sysopen(my $lock, "links.lock", O_RDWR | O_CREAT, 0600) or die "links.lock: $!\n";
    flock($lock, LOCK_EX) or die "links.lock: $!\n";
    eval "$what; 1" or die $@' "$1" "$tls" "$2"
}
link_names() { # names on standard input: those without a file get the fallback's
  # shellcheck disable=SC2016 # perl's own
  names_locked 'while (<STDIN>) { chomp; symlink("fallback.pem", "$_.pem") or $!{EEXIST} or die "$_.pem: $!\n" }' ''
}
unlink_names() { # [<file that must not be there>], names on standard input: a link to the fallback goes, a certificate stays
  # shellcheck disable=SC2016
  names_locked 'exit if -e shift; while (<STDIN>) { chomp; my $to = readlink("$_.pem"); unlink("$_.pem") if defined $to and $to eq "fallback.pem" }' "${1-}"
}
place_names() { # <folder>: lines `put <name>` (its file lies in the folder) and `remove <name>` on standard input, each by one rename
  # shellcheck disable=SC2016
  names_locked 'my $from = shift; while (<STDIN>) {
    my ($act, $name) = /^(put|remove) (\S+)$/ or next;
    if ($act eq "remove") { unlink("$from/link"); symlink("fallback.pem", "$from/link") or die "link: $!\n" }
    rename($act eq "put" ? "$from/$name.pem" : "$from/link", "$name.pem") or die "$name.pem: $!\n"
  }' "$1"
}
