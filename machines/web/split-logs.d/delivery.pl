# The delivery of a batch: each account's lines appended to its files, once. Part of split-logs.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);
use POSIX ();

our (%conf, %most, $AWAY, $notes, $accounts, $homes, $machine);

sub deliver {   # true when everybody has theirs
    my $away = 0;
    my %waiting = map { /\A(\d+)\.(?:access|error|php)\z/ ? ($1 => 1) : () } entries("$notes/spool");
    # Whoever was waited for in vain comes last: everybody else's lines do not lie behind.
    my %late = map { /\A(\d+)\.late\z/ ? ($1 => 1) : () } entries("$notes/spool");
    for my $account (sort { ($late{$a} // 0) <=> ($late{$b} // 0) || $a <=> $b } keys %waiting) {
        my $how = deliver_to($account);
        # Once may have been the machine's doing (no memory).
        $how = deliver_to($account) if $how eq 'ended';
        note("$account: what writes its logs is ended each time, these lines are left out") if $how eq 'ended';
        if ($how ne 'away') { unlink map { "$notes/spool/$account.$_" } qw(access error php at late); next }
        put("$notes/spool/$account.late", '');
        note("$account: its home does not answer");
        last if ++$away >= $AWAY;
    }
    return 0 if $away;
    rename "$notes/spool/state", "$notes/state" if -e "$notes/spool/state";
    system 'rm', '-rf', '--', "$notes/spool";
    return 1;
}

sub deliver_to {    # <account>: done, away (its home), or ended (by its own processes)
    my ($account) = @_;
    my %text = map { $_ => content("$notes/spool/$account.$_") } qw(access error php);
    my %at = map { /\A(\S+) (\d+ \d+) (\d+)\z/ ? ($1 => [$2, $3]) : () } split /\n/, content("$notes/spool/$account.at");
    my $day = content("$notes/spool/day");
    # A home that should be there and is not, is away; that of an account that has left takes its lines with it.
    my @live = glob("$conf{MUTU_ROOT}/live/release/*/apache/accounts/$account.conf") if defined $conf{MUTU_ROOT};
    my ($pid, $out, $in) = child(sub {
        my ($say, $hear) = @_;
        acts_as($account);
        my @open = (recent($account, $say, \%text, !%at), in_home($account, $say, \%text, $day, scalar @live));
        for my $one (@open) {
            my ($file, @stat) = @{$one->{file}};
            my ($which, $size) = ("$stat[0] $stat[1]", $stat[7]);
            my $before = $at{$one->{name}};
            if ($before && $before->[0] eq $which && $before->[1] <= $size) { $size = $before->[1]; truncate $file, $size }
            $one->{size} = $size;
            print {$say} "at $one->{name} $which $size\n";
        }
        print {$say} "ready\n";
        <$hear>;
        append($_, $say) for @open;
        print {$say} "done\n";
        if (my ($own) = grep { $_->{fresh} } @open) { tidy_home($day) if chdir $own->{folder} }
    });
    my ($notes_of, $done, $gone) = ('', 0, 0);
    my $ended = attend($pid, $out, sub {
        while (my $said = <$out>) {
            if ($said =~ /\Aat (.*)$/) { $notes_of .= "$1\n" }
            elsif ($said eq "ready\n") { put("$notes/spool/$account.at", $notes_of); print {$in} "go\n" }
            elsif ($said eq "done\n") { $done = 1 }
            elsif ($said eq "away\n") { $gone = 1 }
            else { chomp $said; note("$account: $said") }
        }
    });
    close $in;
    return $done && !$gone ? 'done' : $ended ? 'ended' : 'away';
}

sub refused { my ($say, $what) = @_; my $why = $!; print {$say} "$what not written: $why\n"; return }

sub recent {    # as the account: its newest lines on this machine's disk
    my ($account, $say, $text, $first) = @_;
    return unless -d "$accounts/$account" && !-l "$accounts/$account";
    chdir "$accounts/$account" && enter('logs', 0700) or return refused($say, 'newest lines');
    my @open;
    for my $kind (grep { $text->{$_} ne '' } qw(access error)) {
        my @seen = lstat "$kind.log";
        rename "$kind.log", "$kind.log.1" if $first && @seen && $seen[7] > $most{recent};
        my @file = plain("$kind.log", O_WRONLY | O_APPEND | O_CREAT);
        if (@file) { push @open, { name => "recent-$kind", file => \@file, text => $text->{$kind} } }
        else { refused($say, "$kind.log") }
    }
    return @open;
}

sub in_home {   # as the account: the day's files beside its document folders, of this machine alone
    my ($account, $say, $text, $day, $live) = @_;
    $! = 0;
    if (!chdir "$homes/$account") {
        my $away = $! == POSIX::ENOENT ? $live : $! == POSIX::EIO || $! == POSIX::ESTALE || $! == POSIX::ETIMEDOUT || $! == POSIX::EHOSTDOWN || $! == POSIX::ENOTCONN;
        if ($away) { print {$say} "away\n"; POSIX::_exit(0) }
        return refused($say, 'home');
    }
    enter('logs', 0700) or return refused($say, 'logs');
    my @open;
    for my $kind (grep { $text->{$_} ne '' } qw(access error php)) {
        my $name = "$kind-$day.$machine.log";
        my @file = plain($name, O_WRONLY | O_APPEND | O_CREAT);
        if (!@file) { refused($say, "logs/$name"); next }
        push @open, { name => "home-$kind", file => \@file, text => $text->{$kind}, most => $most{day}, fresh => !$file[8], folder => "$homes/$account/logs" };
    }
    return @open;
}

sub append {    # whole, or what was there before: a full quota cuts no line in two
    my ($one, $say) = @_;
    my $file = $one->{file}[0];
    if ($one->{most} && $one->{size} + length $one->{text} > $one->{most}) { print {$say} "$one->{name}: the day's file is as large as may be\n"; return }
    my $done = 0;
    while ($done < length $one->{text}) {
        my $wrote = syswrite $file, $one->{text}, length($one->{text}) - $done, $done;
        if (!$wrote) { refused($say, $one->{name}); truncate $file, $one->{size}; return }
        $done += $wrote;
    }
}

1;
