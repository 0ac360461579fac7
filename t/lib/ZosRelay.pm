package ZosRelay;

# Passes bytes between nginx and a node, and goes wrong at a chosen moment.
#
#     my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C});
#     $relay->port;
#
# Options: listen is another address to listen on, "[::1]" or the path of a
# unix socket, and port another port. For connections by their number, from 1:
#     cut => { 1 => 2 }       closes it at the second write of nginx, instead
#     lose => { 1 => 2 }      ... behind it: the node runs it, nobody learns
#     inject => { 1 => "x" }  these bytes too, behind a result
# A connection is closed with FIN, or with reset => 1 with RST. With delay
# an injection comes that many seconds after the result.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw( SOL_SOCKET SO_LINGER SOCK_STREAM );
use Time::HiRes qw( sleep );
use ZosProcess qw( fork_child reserve_port );


sub start {
    my ($class, %option) = @_;

    my $self = bless { %option }, $class;
    $self->{port} //= reserve_port();

    my $listener = $self->listener // die "relay: cannot listen: $!\n";

    $self->{process} = fork_child(sub { $self->serve($listener) });
    return $self;
}


sub port { $_[0]{port} }

sub stop { $_[0]{process}->stop('KILL') }


sub listener {
    my ($self) = @_;

    my $address = $self->{listen} // '127.0.0.1';

    return IO::Socket::UNIX->new(Local => $address, Listen => 64,
                                 Type => SOCK_STREAM) if $address =~ m{^/};
    return IO::Socket::IP->new(LocalHost => $address =~ tr/[]//dr,
                               LocalPort => $self->{port}, Listen => 64,
                               ReuseAddr => 1);
}


sub serve {
    my ($self, $listener) = @_;

    my $set = IO::Select->new($listener);
    my ($number, %pair) = (0);          # socket => its connection

    while (1) {
        for my $socket ($set->can_read) {
            if ($socket == $listener) {
                my $client = $listener->accept;
                my $pair = $self->open_pair($client, ++$number) or next;
                $pair{$_} = $pair for @{$pair}{qw( client server )};
                $set->add(@{$pair}{qw( client server )});
                next;
            }

            my $pair = $pair{$socket} or next;
            next if $self->pass($pair, $socket);

            $set->remove(@{$pair}{qw( client server )});
            delete @pair{ @{$pair}{qw( client server )} };
            $self->close_pair($pair);
        }
    }
}


sub open_pair {
    my ($self, $client, $number) = @_;

    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $self->{to}) or return;
    return { client => $client, server => $server, number => $number,
             writes => 0 };
}


# False when the connection is over.
sub pass {
    my ($self, $pair, $from) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $size = sysread $from, my $bytes, 65536;
    return 0 unless $size;

    my $number = $pair->{number};

    if ($from == $pair->{client}) {
        my $write = ++$pair->{writes};

        return 0 if $write == ($self->{cut}{$number} // 0);
        syswrite $pair->{server}, $bytes;
        $pair->{lost} = $write == ($self->{lose}{$number} // 0);
        return 1;
    }

    return 0 if $pair->{lost};

    my $inject = $self->{inject}{$number};
    my $result = defined $inject && $bytes =~ /"container":\d+\}\r\n\z/;

    $bytes .= $inject if $result && !$self->{delay};
    syswrite $pair->{client}, $bytes;

    if ($result && $self->{delay}) {
        sleep $self->{delay};
        syswrite $pair->{client}, $inject;
    }

    return 1;
}


sub close_pair {
    my ($self, $pair) = @_;

    setsockopt $pair->{client}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
        if $self->{reset};
    close $pair->{client};
    close $pair->{server};
}

1;
