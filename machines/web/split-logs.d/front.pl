# What nginx answered without Apache. Its lines begin with the name that was asked for, a visitor's word: whose name that is, the release's lists of names say,
# those that were the newest when the line was written. Part of split-logs; apply.d/log.pl reads the same lines for one account.
use strict;
use warnings;

our (%conf);
my $NAME = qr/[a-z0-9_][a-z0-9._-]{0,249}/;
my %FORM = (
    access => qr/[0-9a-f.:]+ - \[[0-9A-Za-z\/:+ -]{26}\] "[^"\n]*" \d{3} \d+ "[^"\n]*" "[^"\n]*" \d+/,
    error => qr/\[[0-9T:+-]{25}\] \[nginx:error\] \[client [0-9a-f.:]+\] MUTU\d\d: [^"\n]*"[^"\n]*"/,
);

sub front_lines {   # <text> <kind> <list>: adds [name, seconds, kind, line]; what has another form than ours (cut by a full disk) is nobody's
    my ($text, $kind, $found) = @_;
    push @$found, [$1, $2, $kind, $3] while $text =~ /^($NAME) (\d{1,12})\.\d{3} ($FORM{$kind}\n)/mg;
}

sub give_front {    # <list> <lines by account>
    my ($found, $lines) = @_;
    my %owner = owners(map { $_->[0] } @$found) if @$found;
    for (@$found) {
        my ($name, $at, $kind, $line) = @$_;
        next if $line =~ m{ "GET /\.well-known/mutu-probe(?:/php)? HTTP/[0-9.]+" 200 };
        my ($listed) = grep { $owner{$_} } listed_as($name);
        next unless defined $listed && listed_at($owner{$listed}, $listed, $at);
        $lines->{$owner{$listed}{account}}{$kind} .= "$listed $line";
    }
}

# As the web server chooses: the whole name, then the nearest star.
sub listed_as { my ($name) = @_; return ($name, map { "_wildcard.$_" } grep { length } map { substr $name, $_ } grep { substr($name, $_ - 1, 1) eq '.' } 1 .. length($name) - 1) }

sub owners {        # <name>...: of each that the live release lists, or of a star above it, account, place and list
    my %wanted = map { $_ => 1 } map { listed_as($_) } keys %{{ map { $_ => 1 } @_ }};
    my ($live, %owner) = ("$conf{MUTU_ROOT}/live/release");
    for my $shard (entries($live)) {
        for my $entry (entries("$live/$shard/nginx/names")) {
            my ($account) = $entry =~ /\A([1-9]\d{3,9})\.list\z/ or next;
            next if $account < 2000;
            open my $file, '<', "$live/$shard/nginx/names/$entry" or next;
            my %list = (account => $account, path => "$shard/nginx/names/$entry", at => (stat $file)[9]);
            while (<$file>) { chomp; $owner{$_} = \%list if $wanted{$_} }
        }
    }
    return %owner;
}

# A name may have changed hands since: a list that is younger than the line says nothing about it, one of an older release that is kept does.
sub listed_at {     # <list> <name> <seconds>
    my ($list, $name, $at) = @_;
    return 1 if $list->{at} <= $at;
    $list->{before} //= [older_lists($list->{path})];
    for my $one (@{$list->{before}}) { return $one->{names}{$name} if $one->{at} <= $at }
    return 0;
}

sub older_lists {   # <path in a release>: the newest first
    my ($path) = @_;
    my %seen;
    for my $release (entries("$conf{MUTU_ROOT}/releases")) {
        open my $file, '<', "$conf{MUTU_ROOT}/releases/$release/$path" or next;
        my @stat = stat $file;
        $seen{$stat[1]} //= { at => $stat[9], names => { map { chomp; $_ => 1 } <$file> } };
    }
    return sort { $b->{at} <=> $a->{at} } values %seen;
}

1;
