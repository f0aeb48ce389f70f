# A batch: what Apache, nginx and PHP wrote since the one before, sorted by account and laid aside with the offsets at which the next one begins. Part of split-logs.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);
use POSIX ();

our (%most, $NAMES, $raw, $front, $notes, $accounts);

sub state_of {  # <file>: offsets of Apache's and nginx's files by inode, those of PHP's by account and inode
    my (%of, %php);
    for (split /\n/, content($_[0])) {
        $of{$1}{$2} = $3 if /\A(raw|front) (\d+) (\d+)\z/;
        $php{$1}{$2} = $3 if /\Aphp (\d+) (\d+) (\d+)\z/;
    }
    return (\%of, \%php);
}

sub gather {    # lays aside what is new; false: nothing is
    my ($from, $php) = state_of("$notes/state");
    my (%lines, @found, $state, $taken);
    my $left = $most{batch};
    for my $one (map { my ($whose, $folder) = @$_; map { [$whose, $folder, $_] } grep { /\A(?:access|error)\.[a-z0-9-]+\.log\z/ } entries($folder) } ['raw', $raw], ['front', $front]) {
        my ($whose, $folder, $name) = @$one;
        my ($file, @stat) = plain("$folder/$name", O_RDONLY) or next;
        my ($kind) = $name =~ /\A(\w+)/;
        my $at = $from->{$whose}{$stat[1]} // 0;
        $at = 0 if $at > $stat[7];
        if ($stat[7] - $at > $most{backlog}) { $at = next_line($file, $stat[7] - $most{backlog}); note("$name: more than can be kept waits, its beginning is left out") }
        while ($at < $stat[7] && $left > 0) {
            sysseek $file, $at, SEEK_SET;
            my $got = sysread $file, my $text, $most{read} or last;
            my $end = rindex $text, "\n";
            # No line of theirs is that long: it goes.
            if ($end < 0) { last if $got < $most{read}; $at += $got; next }
            if ($whose eq 'front') { front_lines(substr($text, 0, $end + 1), $kind, \@found) }
            else { sort_lines(substr($text, 0, $end + 1), $kind, \%lines) }
            $at += $end + 1;
            $left -= $end + 1;
            $taken = 1;
        }
        $state .= "$whose $stat[1] $at\n";
    }
    return 0 unless $taken;
    give_front(\@found, \%lines);
    for my $account (keys %lines) { $php->{$account} = php_lines($account, $php->{$account} // {}, \%lines) }
    system 'rm', '-rf', '--', "$notes/next";
    mkdir "$notes/next", 0700 or die "next: $!\n";
    for my $account (keys %lines) { put("$notes/next/$account.$_", $lines{$account}{$_}) for keys %{$lines{$account}} }
    for my $account (sort keys %$php) { $state .= "php $account $_ $php->{$account}{$_}\n" for sort keys %{$php->{$account}} }
    put("$notes/next/state", $state);
    put("$notes/next/day", POSIX::strftime('%Y-%m-%d', gmtime));
    rename "$notes/next", "$notes/spool" or die "spool: $!\n";
    return 1;
}

sub next_line { my ($file, $at) = @_; sysseek $file, $at, SEEK_SET; sysread $file, my $text, $most{read}; return $at + index($text, "\n") + 1 }

sub sort_lines {
    my ($text, $kind, $lines) = @_;
    while ($text =~ /^([1-9]\d{3,9}) ([^\n]*\n)/mg) {
        my ($account, $line) = ($1, $2);
        next if $account < 2000 || $line =~ m{ "GET /\.well-known/mutu-probe(?:/php)? HTTP/1\.[01]" 200 };
        # Where pools are reached is one of their walls: no log shown to members tells it.
        $line =~ s{(?:unix:)?/\S*?\.sock(?:\|fcgi://\w*)?}{PHP}g if $kind eq 'error';
        $lines->{$account}{$kind} .= $line;
    }
}

sub php_lines { # <account> <offsets> <lines>: what PHP wrote since, read as the account; gives the new offsets
    my ($account, $known, $lines) = @_;
    return $known unless -d "$accounts/$account" && !-l "$accounts/$account";
    my ($pid, $out) = child(sub {
        my ($say) = @_;
        acts_as($account);
        chdir "$accounts/$account" && enter('logs', 0700) && enter('php', 0700) or return;
        opendir my $folder, '.' or return;
        my ($seen, $left) = (0, $most{php});
        while (defined(my $name = readdir $folder)) {
            last if ++$seen > $NAMES;
            my ($site) = $name =~ /\A([a-z0-9_][a-z0-9._-]*)\.log(?:\.1)?\z/ or next;
            my ($file, @stat) = plain($name, O_RDONLY) or next;
            my $at = $known->{$stat[1]} // 0;
            $at = 0 if $at > $stat[7];
            sysseek $file, $at, SEEK_SET;
            my $text = '';
            sysread $file, $text, $left if $left > 0;
            my $end = rindex($text, "\n") + 1;
            $left -= $end;
            (my $own = substr $text, 0, $end) =~ s/^/$site /mg;
            print {$say} "$stat[1] ", $at + $end, ' ', length $own, "\n", $own;
            # What a worker still writes there is found by its inode.
            rename $name, "$name.1" if $stat[7] > $most{recent} && $at + $end == $stat[7] && $name !~ /\.1\z/;
        }
        print {$say} "end\n";
    });
    my ($new, $text, $whole) = ({}, '', 0);
    attend($pid, $out, sub {
        while (defined(my $head = <$out>)) {
            if ($head eq "end\n") { $whole = 1; last }
            my ($inode, $at, $length) = $head =~ /\A(\d+) (\d+) (\d+)$/ or last;
            last if $length > 4 * $most{php} || $length && read($out, my $own, $length) != $length;
            $new->{$inode} = $at;
            $text .= $own if $length;
        }
    });
    return $known unless $whole;
    $lines->{$account}{php} = $text if $text ne '';
    return $new;
}

1;
