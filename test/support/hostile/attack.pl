# attack.pl tcp HOST PORT...: prints the hosts that answer. attack.pl udp TEXT HOST PORT...: sends each a text.
use strict;
use warnings;
use IO::Socket::IP;
my $mode = shift @ARGV;
my $text = $mode eq "udp" ? shift @ARGV : "GET /passwd HTTP/1.0\r\n\r\n";
$SIG{PIPE} = "IGNORE";
while (my ($host, $port) = splice @ARGV, 0, 2) {
  next if fork;
  my $socket = IO::Socket::IP->new(
    PeerHost => $host, PeerPort => $port, Timeout => 3,
    $mode eq "udp" ? (Type => SOCK_DGRAM, Broadcast => 1) : (Type => SOCK_STREAM),
  ) or exit;
  syswrite $socket, $mode eq "udp" ? "$text $host" : $text;
  if ($mode eq "tcp") {
    alarm 3;
    print "$host\n" if sysread $socket, my $answer, 1;
  }
  exit;
}
1 while wait != -1;
