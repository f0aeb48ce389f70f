# Days that are over, in a member's logs. Part of split-logs.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);
use POSIX ();
use IO::Handle;

our (%most, $YEAR_DAYS, $STILL_DAYS, $NAMES, $NOBODY, $machine);

sub tidy_home { # as the account, in its logs: days that are over become small, old ones go
    my ($day) = @_;
    my $oldest = POSIX::strftime('%Y-%m-%d', gmtime(time - $YEAR_DAYS * 86_400));
    opendir my $folder, '.' or return;
    my ($begun, $seen, %kept) = (time, 0);
    while (defined(my $name = readdir $folder)) {
        last if ++$seen > $NAMES || time - $begun > $most{seconds} / 2;
        my ($of, $whose, $packed) = $name =~ /\A(?:access|error|php)-(\d{4}-\d\d-\d\d)(?:\.([A-Za-z0-9][A-Za-z0-9-]{0,62}))?\.log(\.gz)?\z/ or next;
        my @stat = lstat $name;
        # One that is larger than any of ours is the member's own.
        next unless @stat && S_ISREG($stat[2]) && $of ne $day && $stat[7] <= $most{day};
        if ($of lt $oldest) { unlink $name; next }
        # Of another machine, or of before they had their names: whoever writes there still may be late by a day.
        my $over = defined $whose && $whose eq $machine || $stat[9] < time - $STILL_DAYS * 86_400;
        pack_day($name) if !$packed && $over;
        for my $file ($name, $packed ? () : "$name.gz") { $kept{$file} = [$of, $stat[7]] if (@stat = lstat $file) && S_ISREG($stat[2]) }
    }
    my $all = 0;
    for my $file (sort { $kept{$b}[0] cmp $kept{$a}[0] } keys %kept) { unlink $file if ($all += $kept{$file}[1]) > $most{all} }
}

# Packed aside, then named, then the source goes: whenever this ends, each line is in one or the other. Two machines may come to the same old file; both make the same
# of it. An archive bears the time of what it was made of, so that one left between the last two steps is known; another one is continued.
sub pack_day {  # <file>
    my ($name) = @_;
    my ($archive, $new) = ("$name.gz", ".$name.gz.$machine");
    my ($from, @of) = plain($name, O_RDONLY) or return;
    my ($old, @old) = plain($archive, O_RDONLY);
    return unless $old || $! == POSIX::ENOENT;
    if (!$old || $old[9] != $of[9]) {
        return if $old && $old[7] > $most{day};
        unlink $new;
        sysopen my $to, $new, O_WRONLY | O_CREAT | O_EXCL, 0600 or return;
        # One in which somebody was cut off is no archive: its source is whole.
        my $whole = $old && gzip($old, undef, '-t') && sysseek $old, 0, SEEK_SET;
        my $made = (!$whole || copied($old, $to)) && gzip($from, $to, '-n', '-c') && $to->sync && utime $of[8], $of[9], $to;
        unless ($made && close $to && rename $new, $archive) { unlink $new; return }
    }
    my @now = lstat $name;
    unlink $name if @now && $now[1] == $of[1] && $now[7] == $of[7];
}

sub copied {    # <from> <to>
    my ($from, $to) = @_;
    while (my $got = sysread $from, my $text, 1 << 20) { return 0 unless (syswrite($to, $text, $got, 0) // 0) == $got }
    return 1;
}

sub gzip {      # <from> <to> <option>...: as nobody on two open files, for a program's saved number is its owner's, whose processes could stop it
    my ($from, $to, @how) = @_;
    my $pid = fork // return 0;
    if (!$pid) {
        become($NOBODY);
        open STDIN, '<&', $from or POSIX::_exit(71);
        ($to ? open STDOUT, '>&', $to : open STDERR, '>', '/dev/null') && exec 'gzip', @how;
        POSIX::_exit(71);
    }
    waitpid $pid, 0;
    return !$?;
}

1;
