package ZosPeer;

# A backend gone bad: a server that says what the test tells it to.
#
#     my $peer = ZosPeer->start(sub {
#         my ($socket) = @_;
#         print $socket "+OK\r\n" while defined ZosPeer::request($socket);
#     });
#
# The function is called with each connection, in a process of its own; the
# connection is closed behind it.  $peer->port is where it listens,
# $peer->received is all that ZosPeer::request() and ZosPeer::command() have
# read: a request and a NUL, or the words of a command in a line.

use strict;
use warnings;

use Exporter 'import';
use IO::Handle;
use IO::Socket::INET;
use JSON::PP ();
use ZosProcess qw( fork_child reserve_port temp_dir );

our @EXPORT_OK = qw( memory mutations );

my $Log;


sub start {
    my ($class, $function) = @_;

    my $port = reserve_port();
    my $self = bless { port => $port,
                       log => temp_dir('zos-peer') . '/received' }, $class;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 64,
        ReuseAddr => 1) // die "port $port: $!\n";

    $self->{process} = fork_child(sub {
        $SIG{CHLD} = 'IGNORE';

        while (my $socket = $listener->accept) {
            next if fork;
            alarm 60;
            open $Log, '>>', $self->{log} or die "$self->{log}: $!\n";
            $_->autoflush(1) for $socket, $Log;
            $function->($socket);
            last;
        }
    });

    close $listener;
    return $self;
}


sub port { $_[0]{port} }

sub stop { $_[0]{process}->stop('KILL', 3) }


sub received {
    my ($self) = @_;

    open my $in, '<', $self->{log} or return '';
    local $/;
    return <$in> // '';
}


sub forget { truncate $_[0]{log}, 0 if -e $_[0]{log} }


# The head and the body of the next HTTP request; undef at the end.
sub request {
    my ($socket) = @_;

    my $head = '';

    while ($head !~ /\r\n\r\n\z/) {
        my $line = <$socket> // return;
        $head .= $line;
    }

    my ($length) = $head =~ /^Content-Length: *(\d+)/mi;

    read $socket, my $body, $length // 0;
    print $Log $head . ($body // '') . "\0";
    return $head . ($body // '');
}


# The words of the next Redis command; an empty list at the end.
sub command {
    my ($socket) = @_;

    my $line = <$socket> // return;
    my ($count) = $line =~ /^\*(\d+)\r\n\z/ or die "no command: $line";
    my @words;

    for (1 .. $count) {
        my ($length) = (<$socket> // return) =~ /^\$(\d+)\r\n\z/
            or die "no bulk\n";
        read $socket, my $word, $length + 2;
        push @words, substr $word, 0, $length;
    }

    print $Log "@words\n";
    return @words;
}


# MiB that a process has in memory, or the most that it has had ("HWM").
sub memory {
    my ($pid, $which) = @_;

    my $name = 'Vm' . ($which // 'RSS');
    open my $in, '<', "/proc/$pid/status" or die "$pid: $!\n";
    my ($kib) = map { /^$name:\s+(\d+) kB/ } <$in>;
    return $kib / 1024;
}


# Copies of a value, each with something else in one place.
sub mutations {
    my ($value) = @_;

    my @all = (undef, 1, -1, 1.5, "<script>\x{2028}\"", '', [], {}, [ [] ],
               { a => {} }, JSON::PP::true, 9e300);

    if (ref $value eq 'HASH') {
        for my $key (sort keys %$value) {
            my %without = %$value;
            delete $without{$key};
            push @all, \%without,
                 map { { %$value, $key => $_ } } mutations($value->{$key});
        }

    } elsif (ref $value eq 'ARRAY' && @$value) {
        push @all, map { [ $_, @$value[1 .. $#$value] ] }
                   mutations($value->[0]);
    }

    return @all;
}


1;
