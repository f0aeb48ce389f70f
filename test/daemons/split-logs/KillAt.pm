# perl -MKillAt=parent,3: kills its whole process group before the third call that changes a file, of the first process or of a child.
package KillAt;
use strict;
use warnings;
my ($who, $at, $first, $counted, $calls) = ('', 0, $$, $$, 0);
sub hit {
    return if ($who eq 'parent') != ($$ == $first);
    ($counted, $calls) = ($$, 0) if $counted != $$;
    kill 'KILL', -getpgrp if ++$calls == $at;
}
sub import { (undef, $who, $at) = @_ }
BEGIN {
    no warnings 'once';
    *CORE::GLOBAL::rename = sub ($$) { hit(); CORE::rename($_[0], $_[1]) };
    *CORE::GLOBAL::mkdir = sub (_;$) { hit(); @_ > 1 ? CORE::mkdir($_[0], $_[1]) : CORE::mkdir($_[0]) };
    *CORE::GLOBAL::unlink = sub (@) { for my $file (@_) { hit(); CORE::unlink($file) } };
    *CORE::GLOBAL::truncate = sub (*$) { hit(); CORE::truncate($_[0], $_[1]) };
    *CORE::GLOBAL::syswrite = sub (*$;$$) { hit(); my ($file, $text, $length, $from) = @_; CORE::syswrite($file, $text, $length, $from) };
}
1;
