# Days that are over, in a member's logs. Part of split-logs.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);
use POSIX ();

our (%most, $YEAR_DAYS, $NAMES, $NOBODY);

sub tidy_home { # as the account, in its logs: days that are over become small, old ones go
    my ($day) = @_;
    my $oldest = POSIX::strftime('%Y-%m-%d', gmtime(time - $YEAR_DAYS * 86_400));
    opendir my $folder, '.' or return;
    my ($begun, $seen, @kept) = (time, 0);
    while (defined(my $name = readdir $folder)) {
        last if ++$seen > $NAMES || time - $begun > $most{seconds} / 2;
        my ($of, $packed) = $name =~ /\A(?:access|error|php)-(\d{4}-\d\d-\d\d)\.log(\.gz)?\z/ or next;
        my @stat = lstat $name;
        # One that is larger than any of ours is the member's own.
        next unless @stat && S_ISREG($stat[2]) && $of ne $day && $stat[7] <= $most{day};
        if ($of lt $oldest) { unlink $name; next }
        pack_day($name) unless $packed;
        @stat = lstat($packed ? $name : "$name.gz") or next;
        push @kept, [$of, $packed ? $name : "$name.gz", $stat[7]];
    }
    my $all = 0;
    for my $one (sort { $b->[0] cmp $a->[0] } @kept) { unlink $one->[1] if ($all += $one->[2]) > $most{all} }
}

sub pack_day {  # <file>: as nobody on two open files, for a program's saved number is its owner's, whose processes could stop it
    my ($name) = @_;
    unlink "$name.gz";
    my ($from) = plain($name, O_RDONLY) or return;
    sysopen my $to, "$name.gz", O_WRONLY | O_CREAT | O_EXCL, 0600 or return;
    my $pid = fork // return;
    if (!$pid) {
        become($NOBODY);
        open(STDIN, '<&', $from) && open(STDOUT, '>&', $to) && exec 'gzip', '-n', '-c';
        POSIX::_exit(71);
    }
    waitpid $pid, 0;
    unlink $? ? "$name.gz" : $name;
}

1;
