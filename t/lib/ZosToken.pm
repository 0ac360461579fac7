package ZosToken;

# A service that renews tokens, over http and, behind an nginx, over https;
# and tokens to be renewed.
#
#     my $service = ZosToken->start;
#     my $file = $service->file(life => 60);      # a file with a token
#     $service->set(life => 3600, delay => 1, status => 200, body => '...',
#                   header => "Location: /x\r\n");
#     $service->http, $service->https('localhost');   # URLs
#     $service->ca('ca.pem');                         # and certificates
#     $service->requests;
#
# The certificate of https is for 127.0.0.1, that of the second port, which
# https('localhost') has, for localhost. Answers are a new token of "life"
# seconds, or the body. It also serves one test: that no token is in a log.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw( encode_base64url );
use Test::More ();
use Time::HiRes qw( sleep );
use ZosCerts;
use ZosNginx;
use ZosProcess qw( fork_child reserve_port temp_dir );

my $Number = 0;


sub start {
    my ($class) = @_;

    my $self = bless {
        dir => temp_dir('zos-token'), port => reserve_port(),
        tls => reserve_port(), named => reserve_port(),
    }, $class;
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Listen => 16,
        ReuseAddr => 1, Proto => 'tcp') // die "no token service: $!\n";

    $self->set;
    $self->{process} = fork_child(sub { $self->serve($socket) });
    close $socket;

    ZosCerts::make($self->{dir});
    ZosCerts::issue($self->{dir}, 'localhost', 2, 'DNS:localhost');
    $self->{front} = ZosNginx->start(config => 'location / { return 404; }',
                                     http => $self->front);
    return $self;
}


sub front {
    my ($self) = @_;

    my %cert = (tls => 'server', named => 'localhost');

    return join '', map { <<"CONF" } sort keys %cert;
    server {
        listen 127.0.0.1:$self->{$_} ssl;
        ssl_certificate $self->{dir}/$cert{$_}.pem;
        ssl_certificate_key $self->{dir}/$cert{$_}.key;
        location / { proxy_pass http://127.0.0.1:$self->{port}; }
    }
CONF
}


sub stop {
    my ($self) = @_;

    $self->{front}->stop;
    $self->{process}->stop('KILL');
}


sub http { "http://127.0.0.1:$_[0]{port}/refresh?validity=3500" }


sub https {
    my ($self, $host) = @_;

    my $port = ($host // '') eq 'localhost' ? $self->{named} : $self->{tls};
    return 'https://' . ($host // '127.0.0.1') . ":$port/refresh?validity=1";
}


# There is something without TLS.
sub plain { 'https://127.0.0.1:' . $_[0]{front}->port . '/' }


sub ca { "$_[0]{dir}/$_[1]" }


# A JWT whose signature nobody checks; extra claims.
sub jwt {
    my (%claim) = @_;

    my $life = delete $claim{life};

    $Number++;
    $claim{exp} = time + $life if defined $life;
    return join '.', map { encode_base64url($_) }
                     '{"alg":"ES384","typ":"JWT"}',
                     JSON::PP::encode_json({ azp => 'org', %claim,
                                             n => "$$-$Number" }),
                     "no signature $$ $Number";
}


# Its content is kept in mind for no_leaks().
sub file {
    my ($self, %claim) = @_;

    my $name = "$self->{dir}/token-" . ++$self->{files};

    $self->write($name, jwt(%claim));
    return $name;
}


sub write {
    my ($self, $name, $text) = @_;

    push @{ $self->{known} }, $text;
    open my $out, '>', $name or die "$name: $!\n";
    print $out "$text\n";
    close $out;
}


# What was written last.
sub written { $_[0]{known}[-1] }


sub read {
    my ($self, $name) = @_;

    open my $in, '<', $name or return '';
    my $text = join '', <$in>;
    $text =~ s/\s+\z//;
    return $text;
}


# The server reads it for each request.
sub set {
    my ($self, %answer) = @_;

    open my $out, '>', "$self->{dir}/answer.new" or die "answer: $!\n";
    print $out JSON::PP::encode_json(\%answer);
    close $out;
    rename "$self->{dir}/answer.new", "$self->{dir}/answer";
}


# All so far, or since forget: line, header, body, token (the answer).
sub requests {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/requests";
    my @requests = map { JSON::PP::decode_json($_) } fileno $in ? <$in> : ();
    return @requests;
}


sub forget {
    my ($self) = @_;

    push @{ $self->{known} }, map { $_->{token} || () } $self->requests;
    unlink "$self->{dir}/requests";
}


# One test: nothing above the level debug, at which nginx's proxy logs what it
# sends, in several lines.
sub no_leaks {
    my ($self, $nginx) = @_;

    my $log = join '', grep { !/\A\S+ \S+ \[debug\]/ }
                       split m{^(?=\d{4}/\d\d/\d\d )}m, $nginx->log;
    my @known = (@{ $self->{known} // [] },
                 map { $_->{token} || () } $self->requests);
    my @parts = grep { defined } map { (split /\./)[1, 2] } @known;

    Test::More::ok(@parts && !grep({ index($log, $_) >= 0 } @parts),
                   'no token in the log');
}


sub serve {
    my ($self, $socket) = @_;

    $SIG{CHLD} = 'IGNORE';

    while (1) {
        my $client = $socket->accept or next;
        my $pid = fork // die "fork: $!\n";

        if ($pid == 0) {
            $self->answer($client);
            POSIX::_exit(0);
        }

        $Number++;
    }
}


sub answer {
    my ($self, $client) = @_;

    my $text = '';

    while ($text !~ /\r\n\r\n/) {
        sysread $client, $text, 65536, length $text or return;
    }

    my ($line, $head, $body) = $text =~ /\A(.*?)\r\n(.*?\r\n)\r\n(.*)\z/s;
    my %header = map { /^(.*?): *(.*)$/ ? (lc $1 => $2) : () }
                 split /\r\n/, $head;

    open my $in, '<', "$self->{dir}/answer" or return;
    my $answer = JSON::PP::decode_json(join '', <$in>);
    my $token = $answer->{body} // jwt(life => $answer->{life} // 3600);

    open my $log, '>>', "$self->{dir}/requests" or return;
    syswrite $log, JSON::PP::encode_json({
        line => $line, header => \%header, body => $body, token => $token,
    }) . "\n";
    close $log;

    sleep $answer->{delay} if $answer->{delay};
    my $status = $answer->{status} // 200;
    print $client "HTTP/1.1 $status X\r\nConnection: close\r\n"
                  . ($answer->{header} // '')
                  . 'Content-Length: ' . length($token) . "\r\n\r\n$token";
    close $client;
}

1;
