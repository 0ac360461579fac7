use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( A C );
use ZosNginx;
use ZosNginx::Client;
use ZosProcess qw( spawn wait_for reserve_port );

# Clients that leave: what was done for them ends at once, and the connection
# to the node with it, as nobody will read what comes.
#
# Nodes of generation A notice it; those of C when their pop ends.

no_root_location();
no_long_string();
run_tests();

$ENV{TEST_NGINX_H2_PORT} = reserve_port();

my $mem = 'GET /nodes/a/mem';
my $nginx = ZosNginx->start(http => <<'EOC');
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A_BAD;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node locked 127.0.0.1:$TEST_NGINX_CORE0_A_BAD password=x;
    zos_node tls 127.0.0.1:$TEST_NGINX_CORE0_C_BAD_TLS password=x ssl=on;
    zos_node good 127.0.0.1:$TEST_NGINX_CORE0_A;

    server {
        listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
        location / { zos on; }
    }
EOC


sub stats {
    my ($listener, $what) = @_;

    my ($generation) = $listener =~ /^(.)/;
    my $port = $ENV{"TEST_NGINX_CORE0_$listener"};
    return core0_control($generation, "stats $port")->{$what};
}


sub waiting {
    my ($listener, $n) = @_;

    ok(wait_for(sub { stats($listener, 'blocked') == ($n // 1) }, 2),
       "the call is waiting at $listener");
}


sub given_up {
    my ($listener, $name, $seconds) = @_;

    ok(wait_for(sub { stats($listener, 'open') == 0 }, $seconds // 0.5),
       "$name: the connection to the node is closed");
}


# ---- HTTP/1.1 ----

core0_fault('A', 'stuck');

my $client = $nginx->send($mem);
waiting('A_BAD');
$client->leave;
given_up('A_BAD', 'FIN');

$client = $nginx->send($mem);
waiting('A_BAD');
$client->reset;
given_up('A_BAD', 'RST');

$client = $nginx->send($mem);
waiting('A_BAD');
$client->shutdown;
given_up('A_BAD', 'half-closed');

$client = $nginx->send('HEAD /nodes/a/mem');
waiting('A_BAD');
$client->leave;
given_up('A_BAD', 'HEAD');

# the next request is in the way of the end of the connection
$client = ZosNginx::Client->connect($nginx->port);
$client->send($_) for $mem, 'GET /nodes/good/mem', 'GET /nodes';
waiting('A_BAD');
$client->leave;
given_up('A_BAD', 'pipelined');

# so is a body that nobody reads
$client = $nginx->send("$mem\n\n" . 'x' x 20000);
waiting('A_BAD');
$client->leave;
given_up('A_BAD', 'with a body');

core0_fault('C', 'stuck');
$client = $nginx->send('GET /nodes/c/mem');
waiting('C_BAD');
$client->leave;
given_up('C_BAD', 'generation C', 1.8);

ok($nginx->accesses(qr/"GET \/nodes\/c\/mem HTTP\/1.1" 499 /),
   'it is logged as 499');


# ---- before there is a connection ----

core0_fault('A', 'authhang');
$client = $nginx->send('GET /nodes/locked/mem');
ok(wait_for(sub { stats('A_BAD', 'auths') > 0 }, 2), 'authenticating');
$client->leave;
given_up('A_BAD', 'while authenticating');

core0_fault('C', 'silent', 'BAD_TLS');
$client = $nginx->send('GET /nodes/tls/mem');
ok(wait_for(sub { stats('C_BAD_TLS', 'open') == 1 }, 2), 'shaking hands');
$client->leave;
given_up('C_BAD_TLS', 'while shaking hands');


# ---- HTTP/2 ----

core0_fault('A', 'stuck');

my $url = "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/nodes";
my @curl = qw( curl --silent --fail --http2-prior-knowledge --output );
my $curl = spawn([ @curl, '/dev/null', "$url/a/mem" ]);

waiting('A_BAD');
$curl->stop('KILL');
given_up('A_BAD', 'HTTP/2');


# A frame: type, flags, stream, payload.
sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


# HEADERS of a GET, without compression; it ends the stream.
sub headers {
    my ($stream, $path) = @_;

    return frame(1, 5, $stream, "\x82\x86" . "\x04" . chr(length $path)
                                . $path . "\x01\x09localhost");
}


my $h2 = IO::Socket::INET->new("127.0.0.1:$ENV{TEST_NGINX_H2_PORT}")
    // die "no HTTP/2: $!\n";

syswrite $h2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '')
              . headers(1, '/nodes/a/mem') . headers(3, '/nodes/a/cpus');
waiting('A_BAD', 2);
syswrite $h2, frame(3, 0, 1, pack 'N', 8);              # RST_STREAM
ok(wait_for(sub { stats('A_BAD', 'open') == 1 }, 0.5),
   'HTTP/2: a stream that is cancelled');
is(stats('A_BAD', 'blocked'), 1, 'the other one waits');
syswrite $h2, headers(5, '/nodes/good/mem');

like(read_until($h2, qr/"total"/), qr/"total"/, 'and a third is answered');
close $h2;
given_up('A_BAD', 'HTTP/2, all of it');


sub read_until {
    my ($socket, $pattern) = @_;

    my $bytes = '';

    until ($bytes =~ $pattern) {
        IO::Select->new($socket)->can_read(3)
            && sysread $socket, $bytes, 65536, length $bytes or last;
    }

    return $bytes;
}


# ---- those who stay ----

ZosCluster::restore();

$client = ZosNginx::Client->connect($nginx->port);
$client->send($_) for $mem, 'HEAD /nodes/a/cpus', 'HEAD /nodes/none/mem',
                      'GET /nodes/a/nics', 'DELETE /nodes/a/jobs/none',
                      'GET /nodes/a/state';
is_answer($client->answer, 'pipelined 1', body => qr/^\[\{"active"/);

my $head = $client->answer;

is_answer($head, 'pipelined 2');
is($head->{body}, '', 'HEAD has no body');
cmp_ok($head->{header}{'content-length'}, '>', 10, 'but the length of one');
is($client->answer->{status}, 404, 'pipelined 3');
is_answer($client->answer, 'pipelined 4', body => qr/^\[\{"addrs"/);
is_answer($client->answer, 'pipelined 5', status => 204);
is_answer($client->answer, 'pipelined 6', body => qr/^\{"cpu"/);
ok(!$client->closed(0), 'the connection is kept');

is_answer($nginx->request("GET /nodes/a/mem HTTP/1.0"), 'still there')
    for 1 .. 2;
$curl = spawn([ @curl, '/dev/null', "$url/a/mem" ]);
ok($curl->ended(5), 'curl ends');
is($curl->status, 0, 'HTTP/2 is answered');


# ---- a client that leaves in the middle of an answer ----

my $data = '{"k":"' . 'x' x 900000 . '"}';

core0_fault('A', "data:$data");

for (1 .. 5) {
    $client = $nginx->send('GET /nodes/a/stats');
    $client->read_some;
    $client->reset;
}

is_answer($nginx->request('GET /nodes/a/stats'), 'the next one has it all',
          body => qr/x"\}\n\z/);


# ---- many of them ----

core0_fault('A', 'late:30');

for my $round (1 .. 8) {
    my @clients = map { $nginx->send($mem) } 1 .. 25;
    select undef, undef, undef, $round * 0.01;
    $_ % 2 ? $clients[$_]->leave : $clients[$_]->reset for 0 .. $#clients;
}

core0_fault('A', 'none');

my @wrong = grep { $_->{status} != 200 } $nginx->parallel(($mem) x 20);

is(scalar @wrong, 0, 'after 200 clients that left, 20 are answered');
cmp_ok(stats('A_BAD', 'open'), '<=', 8, 'the limit was kept');
ZosCluster::restore();
$nginx->stop;

__DATA__

=== TEST 1: a client that leaves
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
--- config
    location / { zos on; }
--- init
core0_fault('C', 'stuck');
--- request
GET /nodes/c/mem
--- timeout: 0.3
--- abort
--- ignore_response
--- wait: 0.1
--- error_log
client prematurely closed connection
--- no_error_log
[error]
