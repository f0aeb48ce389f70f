# perl -MKillAt=parent,3: kills its whole process group before the third call that changes a file, of the first process or (one alone, which may not
# end the first) of a child. Says so on standard error.
# perl -MKillAt=20001,1,STOP: before the first such call of each process that acts as that number, another process of its owner sends it this signal, and says on
# standard error how that went.
package KillAt;
use strict;
use warnings;
my $once;
my $hostile = 0;
my ($who, $at, $signal, $first, $counted, $calls) = ('', 0, '', $$, $$, 0);
sub hit {
    return if $signal ? $> != $who || $hostile : ($who eq 'parent') != ($$ == $first);
    ($counted, $calls) = ($$, 0) if $counted != $$;
    return if ++$calls != $at;
    if ($signal) { attack(); return }
    return if !sysread $once, my $token, 1;
    print STDERR "killed\n";
    kill 'KILL', -getpgrp;
}
sub attack {
    my $victim = $$;
    my $pid = fork // die;
    if (!$pid) {
        $hostile = 1;
        $> = $<;
        ($), $() = ("$who $who", $who);
        ($<, $>) = ($who, $who);
        my $sent = $< == $who && $> == $who ? kill $signal, $victim : die;
        print STDERR $sent ? "$signal arrived\n" : "$signal refused: $!\n";
        require POSIX;
        POSIX::_exit(0);
    }
    waitpid $pid, 0;
}
sub import {
    (undef, $who, $at, $signal) = (@_, '');
    pipe $once, my $in or die;
    CORE::syswrite($in, '1');
}
BEGIN {
    no warnings 'once';
    *CORE::GLOBAL::rename = sub ($$) { hit(); CORE::rename($_[0], $_[1]) };
    *CORE::GLOBAL::mkdir = sub (_;$) { hit(); @_ > 1 ? CORE::mkdir($_[0], $_[1]) : CORE::mkdir($_[0]) };
    *CORE::GLOBAL::unlink = sub (@) { for my $file (@_) { hit(); CORE::unlink($file) } };
    *CORE::GLOBAL::truncate = sub (*$) { hit(); CORE::truncate($_[0], $_[1]) };
    *CORE::GLOBAL::syswrite = sub (*$;$$) { hit(); my ($file, $text, $length, $from) = @_; CORE::syswrite($file, $text, $length, $from) };
}
1;
