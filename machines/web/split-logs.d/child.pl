# One process for each account: what is done in its folders, and how long it is waited for. Part of split-logs.
use strict;
use warnings;
use POSIX ();
use IO::Handle;

our %most;

sub child {     # <what it does, with its way out and its way in>: the process and both ends
    my ($act) = @_;
    pipe my $out, my $say or die "pipe: $!\n";
    pipe my $hear, my $in or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $_ for $out, $in;
        $SIG{ALRM} = $SIG{PIPE} = 'DEFAULT';
        alarm $most{seconds};
        $say->autoflush(1);
        umask 077;
        eval { $act->($say, $hear); 1 } or POSIX::_exit(71);
        close $say;
        POSIX::_exit(0);
    }
    close $_ for $say, $hear;
    $in->autoflush(1);
    return ($pid, $out, $in);
}

# Nobody but root can stop or end a child, but where all is one user's (a trial): nobody else's lines wait for that.
sub attend {    # <child> <its way out> <what reads it>: true when somebody did; not where it hung until its time was over
    my ($pid, $out, $read) = @_;
    my $begun = time;
    my $late = !eval { local $SIG{ALRM} = sub { die "late\n" }; alarm $most{seconds} + 2; $read->(); alarm 0; 1 };
    alarm 0;
    die $@ if $late && $@ ne "late\n";
    my $held = $late && content("/proc/$pid/stat") =~ /\) [Tt] /;
    kill 'KILL', $pid if $late;
    close $out;
    my $signal = waitpid($pid, $late ? POSIX::WNOHANG : 0) == $pid ? $? & 127 : 0;
    return $held || !$late && $signal && !($signal == POSIX::SIGALRM && time - $begun >= $most{seconds} - 1);
}

1;
