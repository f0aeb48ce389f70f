#!/usr/bin/perl
# listen <port>…: takes connections and answers datagrams on each, on every address of both families; what somebody has already is left to them.
use strict;
use warnings;
use IO::Select;
use Socket qw(:DEFAULT IN6ADDR_ANY pack_sockaddr_in6 IPPROTO_IPV6 IPV6_V6ONLY SOL_SOCKET SO_REUSEADDR);

my $all = IO::Select->new;
my %stream;
for my $port (@ARGV) {
  for my $type (SOCK_STREAM, SOCK_DGRAM) {
    for my $family (AF_INET6, AF_INET) {
      socket(my $socket, $family, $type, 0) or next;
      setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) if $type == SOCK_STREAM;
      setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) if $family == AF_INET6;
      my $any = $family == AF_INET ? pack_sockaddr_in($port, INADDR_ANY) : pack_sockaddr_in6($port, IN6ADDR_ANY);
      bind($socket, $any) or next;
      next if $type == SOCK_STREAM && !listen($socket, 64);
      $stream{$socket} = 1 if $type == SOCK_STREAM;
      $all->add($socket);
    }
  }
}
$| = 1;
print "ready\n";
while (my @ready = $all->can_read) {
  for my $socket (@ready) {
    if ($stream{$socket}) {
      my $client;
      close $client if accept($client, $socket);
      next;
    }
    my $from = recv($socket, my $word, 64, 0);
    send($socket, 'here', 0, $from) if defined $from;
  }
}
