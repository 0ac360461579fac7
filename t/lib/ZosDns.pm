package ZosDns;

# A name server on UDP for nginx's resolver, with answers that a test may
# change at any time.
#
#     my $dns = ZosDns->start;
#     $dns->set(A => '127.0.0.1', AAAA => '::1', delay => 0.2);
#     $dns->set(code => 'NXDOMAIN');
#     $dns->port; $dns->queries;
#
# The answer is the same for all names; it must not be kept (TTL 0). code is
# NXDOMAIN or SERVFAIL, or "silent" for no answer at all.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use Socket qw( AF_INET6 inet_aton inet_pton );
use Time::HiRes qw( sleep );
use ZosProcess qw( fork_child reserve_port temp_dir );

my %Type = (A => 1, AAAA => 28);
my %Code = (NXDOMAIN => 3, SERVFAIL => 2);


sub start {
    my ($class) = @_;

    my $self = bless { dir => temp_dir('zos-dns'), port => reserve_port() },
               $class;
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Proto => 'udp')
        // die "no name server: $!\n";

    $self->set;
    $self->{process} = fork_child(sub { $self->serve($socket) });
    return $self;
}


sub port { $_[0]{port} }

sub stop { $_[0]{process}->stop('KILL') }


# The server reads it for each query.
sub set {
    my ($self, %answer) = @_;

    my $file = "$self->{dir}/answer";

    open my $out, '>', "$file.new" or die "$file.new: $!\n";
    print $out JSON::PP::encode_json(\%answer);
    close $out;
    rename "$file.new", $file;
}


# Their number so far.
sub queries { -s "$_[0]{dir}/queries" || 0 }


sub serve {
    my ($self, $socket) = @_;

    while (defined(my $from = $socket->recv(my $query, 512))) {
        open my $log, '>>', "$self->{dir}/queries" or die "queries: $!\n";
        print $log '.';
        close $log;

        open my $in, '<', "$self->{dir}/answer" or die "answer: $!\n";
        my $answer = JSON::PP::decode_json(join '', <$in>);

        next if ($answer->{code} // '') eq 'silent';
        sleep $answer->{delay} if $answer->{delay};
        $socket->send(reply($query, $answer), 0, $from);
    }
}


# The header, the question as it came, and one record at most.
sub reply {
    my ($query, $answer) = @_;

    my $id = unpack 'n', $query;
    my ($question) = $query =~ /\A.{12}((?:[^\0].*?)?\0.{4})/s;
    my $type = unpack 'n', substr $question, -4, 2;
    my $code = $Code{ $answer->{code} // '' } // 0;
    my $record = '';

    for my $name (grep { $Type{$_} == $type && $answer->{$_} } keys %Type) {
        my $data = $name eq 'A' ? inet_aton($answer->{A})
                                : inet_pton(AF_INET6, $answer->{AAAA});
        $record = pack 'n n n N n/a*', 0xc00c, $type, 1, 0, $data;
    }

    return pack('n n n n n n', $id, 0x8180 | $code, 1, $record ne '', 0, 0)
           . $question . $record;
}

1;
