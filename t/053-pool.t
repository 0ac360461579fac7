use lib 't/lib';
use IO::Select;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw( time );
use ZosCluster qw( A C );
use ZosNginx;
use ZosNginx::Client;
use ZosProcess qw( wait_for );
use ZosRelay;

# Connections to nodes: kept, shared, counted, limited, and not to be trusted
# when they have been kept for long.

no_root_location();
no_long_string();
run_tests();

my $mem = 'GET /nodes/n/mem';
my $kill = 'DELETE /nodes/n/processes/999999';


# An nginx for a node; the rest is configuration.
sub gateway {
    my ($listener, $more, %option) = @_;

    core0_control($_, 'resetstats') for qw( A C );
    return ZosNginx->start(http => <<"EOC", %option);
    zos_zone zos:1m;
    zos_node n 127.0.0.1:\$TEST_NGINX_CORE0_$listener;
    $more
EOC
}


sub stats {
    my ($listener, $what) = @_;

    my ($generation) = $listener =~ /^(.)/;
    my $stats = core0_control($generation,
                              'stats ' . $ENV{"TEST_NGINX_CORE0_$listener"});
    return $what ? $stats->{$what} : $stats;
}


# How often the node has run a command.
sub count {
    my ($command) = @_;

    return scalar grep { $_->{command} eq $command }
                  @{ core0_control('C', 'commands') };
}


# ---- one after another, one connection ----

my $nginx = gateway('C', '');

is_answer($nginx->request($mem), "request $_") for 1 .. 10;
is(stats('C', 'accepted'), 1, 'all of them over one connection');
is(stats('C', 'open'), 1, 'which is kept');
$nginx->stop;
ok(wait_for(sub { stats('C', 'open') == 0 }, 2), 'as long as nginx is there');


# ---- no more are kept than configured, and not for longer ----

$nginx = gateway('C_BAD', <<'EOC');
    zos_core0_max_conns 6;
    zos_core0_keepalive 2;
    zos_core0_keepalive_timeout 400ms;
EOC

core0_fault('C', 'late:150');
is_answer($_, 'six at a time') for $nginx->parallel(($mem) x 6);
is(stats('C_BAD', 'accepted'), 6, 'six connections');
ok(wait_for(sub { stats('C_BAD', 'open') <= 2 }, 0.35), 'two are kept');
is(stats('C_BAD', 'open'), 2, 'for some time');
ok(wait_for(sub { stats('C_BAD', 'open') == 0 }, 2), 'and then they go');
is_answer($nginx->request($mem), 'one more');
$nginx->stop;

$nginx = gateway('C', 'zos_core0_keepalive 0;');
is_answer($nginx->request($mem), 'none is kept') for 1 .. 3;
is(stats('C', 'accepted'), 3, 'one for each request');
ok(wait_for(sub { stats('C', 'open') == 0 }, 1), 'none is open');
$nginx->stop;


# ---- never more than allowed ----

for my $workers (1, 2) {
    for my $case ([ 'C_BAD', 4 ], [ 'A_BAD', 3 ], [ 'C_BAD', 1 ]) {
        my ($listener, $max) = @$case;
        my $name = "$max connections, $workers workers";

        $nginx = gateway($listener, "zos_core0_max_conns $max;",
                         workers => $workers);
        core0_fault(substr($listener, 0, 1), $max > 1 ? 'late:50' : 'none');

        my @wrong = grep { $_->{status} != 200 }
                    $nginx->parallel(($mem) x 50);

        is(scalar @wrong, 0, "$name: 50 requests are answered");
        # the node may see a connection of one worker before the end of
        # another's that made room for it
        cmp_ok(stats($listener, 'peak'), '<=', $max + $workers - 1,
               "$name: no more");
        cmp_ok(stats($listener, 'peak_blocked'), '<=', $max,
               "$name: nor of blocked pops");
        cmp_ok(stats($listener, 'peak'), '>=', $max, "$name: all of them")
            if $max > 1;
        $nginx->stop;
    }
}

ZosCluster::restore();


# ---- who waits, and for how long ----

$nginx = gateway('C_BAD', <<'EOC');
    zos_core0_max_conns 1;
    zos_core0_queue 2;
EOC

core0_fault('C', 'late:300');

my @answers = $nginx->parallel(($mem) x 10);

is(scalar(grep { $_->{status} == 200 } @answers), 3, 'one and two who wait');
is_answer($_, 'too many wait', status => 503, reason => 'busy', within => 0.25,
          body => qr/try again later/)
    for grep { $_->{status} != 200 } @answers;
is_answer($_, 'later') for $nginx->parallel(($mem) x 3);
is_answer($nginx->request('POST /nodes/n/ping'), 'a ping in peace',
          body => qr/^true$/);

my @three = map { $nginx->send($mem) } 1 .. 3;

ok(wait_for(sub { stats('C_BAD', 'blocked') == 1 }, 1), 'one is running');
is_answer($nginx->request('POST /nodes/n/ping'),
          'whether it answers is not known', status => 503, reason => 'busy');
is_answer($_->answer, 'one of three') for @three;
$nginx->stop;

$nginx = gateway('C_BAD', <<'EOC');
    zos_core0_max_conns 1;
    zos_core0_accept_timeout 400ms;
EOC

core0_fault('C', 'late:900');

my $first = $nginx->send($mem);

ok(wait_for(sub { stats('C_BAD', 'blocked') == 1 }, 1), 'the only connection');
is_answer($nginx->request($mem), 'is in use for too long', status => 503,
          reason => 'busy', after => 0.35, within => 0.8);
is_answer($first->answer, 'but not for ever');
ok($nginx->logs(qr/no connection to core0 at \S+ became free in time/),
   'which is logged');

# the one who waits leaves; nobody else is hurt
$first = $nginx->send($mem);
ok(wait_for(sub { stats('C_BAD', 'blocked') == 1 }, 1), 'in use again');
my @leaving = map { $nginx->send($mem) } 1 .. 3;
$_->leave for @leaving;
is_answer($first->answer, 'the first one');
core0_fault('C', 'none');
is_answer($nginx->request($mem), 'the next one', within => 1);
is(stats('C_BAD', 'accepted'), 1, 'over the same connection');
$nginx->stop;


# ---- a node that cannot be reached is so for all who wait ----

$nginx = ZosNginx->start(http => <<'EOC');
    zos_zone zos:1m;
    zos_node n 127.0.0.1:$TEST_NGINX_CORE0_C_BAD password=x;
    zos_core0_max_conns 1;
    zos_core0_connect_timeout 400ms;
EOC

core0_fault('C', 'authhang');
is_answer($_, 'nobody waits for more than one attempt', status => 504,
          reason => 'connect timeout', within => 0.9)
    for $nginx->parallel(($mem) x 5);
ZosCluster::restore();
$nginx->stop;


# ---- what one worker keeps, another one may need ----

$nginx = gateway('C', 'zos_core0_max_conns 1;', workers => 2,
                 listen => 'reuseport');

my @pinned = map { $_->{client} } $nginx->pinned;

for my $n (1 .. 6) {
    my $client = $pinned[$n % 2];

    $client->send($mem);
    is_answer($client->answer, "given up for the other worker, $n",
              within => 1);
}

ok(wait_for(sub { stats('C', 'open') <= 1 }, 1), 'there is only one');
cmp_ok(stats('C', 'accepted'), '>=', 6, 'each worker has its own');
$nginx->stop;

# also by one that always has somebody waiting
$nginx = gateway('C_BAD', 'zos_core0_max_conns 1; '
                          . 'zos_core0_accept_timeout 20s;',
                 workers => 2, listen => 'reuseport');
core0_fault('C', 'late:100');

my ($pid) = $nginx->worker_pids;
my (@busy, $other);

while (@busy < 50 || !$other) {
    my $client = ZosNginx::Client->connect($nginx->port);

    $client->send('GET /nodes');

    if ($client->answer->{header}{'x-pid'} == $pid) {
        push @busy, $client if @busy < 50;
    } else {
        $other = $client;
    }
}

$_->send($mem) for @busy;
ok(wait_for(sub { stats('C_BAD', 'blocked') == 1 }, 3), 'fifty are waiting');
$other->send($mem);
is_answer($other->answer, 'one at the other worker', within => 20);


my $answered = () = IO::Select->new(map { $_->{socket} } @busy)->can_read(0);

cmp_ok($answered, '<', 50, 'has not waited for all of the fifty');
is_answer($_->answer, 'who are answered, too', within => 20) for @busy;
ZosCluster::restore();
$nginx->stop;


# ---- a connection that the node has closed meanwhile ----

$nginx = gateway('C_BAD', '');
core0_fault('C', 'late:100');
is_answer($_, 'four connections') for $nginx->parallel(($mem) x 4);
core0_start('C');
is_answer($nginx->request($mem), 'a read after a restart');
is_answer($_, 'several reads') for $nginx->parallel(($mem) x 4);
core0_start('C');
is_answer($nginx->request($kill), 'a change after a restart', status => 204);
is(count('process.kill'), 1, 'it ran once');
ZosCluster::restore();
$nginx->stop;


# ---- a connection that breaks at the very moment it is used again ----

# Two requests by way of a relay: one that opens the connection, one that
# uses it again.
sub reused {
    my ($request, %relay) = @_;

    my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C}, %relay);
    my $nginx = gateway('C', 'zos_node r 127.0.0.1:' . $relay->port . ';');

    is_answer($nginx->request('GET /nodes/r/cpus'), 'a connection');

    my %before = map { $_ => count($_) } qw( info.mem process.kill );
    $request =~ s{/n/}{/r/};
    my $answer = $nginx->request($request);

    $nginx->stop;
    $relay->stop;

    # the node may still be about to run what it was given
    my $ran = sub { map { $_ => count($_) - $before{$_} } keys %before };
    my %ran = $ran->();

    wait_for { %ran = $ran->(); grep { $_ } values %ran } 1 if $relay{lose};
    return ($answer, \%ran);
}


for my $reset (0, 1) {
    my $how = $reset ? 'RST' : 'FIN';
    my ($answer, $ran) = reused($mem, cut => { 1 => 2 }, reset => $reset);

    is_answer($answer, "a read, closed with $how, is sent again");
    is($ran->{'info.mem'}, 1, 'and runs once');

    ($answer, $ran) = reused($mem, lose => { 1 => 2 }, reset => $reset);
    is_answer($answer, "a read that was lost, with $how, is sent again");

    ($answer, $ran) = reused($mem, cut => { 1 => 2, 2 => 1 },
                             reset => $reset);
    is_answer($answer, "but not twice, $how", status => 502,
              reason => 'closed');
    is(stats('C', 'accepted'), 2, 'two connections');

    ($answer, $ran) = reused($kill, cut => { 1 => 2 }, reset => $reset);
    is_answer($answer, "a change, closed with $how before it was sent",
              status => 204);
    is($ran->{'process.kill'}, 1, 'runs once');

    ($answer, $ran) = reused($kill, cut => { 1 => 3 }, reset => $reset);
    is_answer($answer, "a change, closed with $how when it was sent",
              status => 502, reason => 'closed');
    is($ran->{'process.kill'}, 0, 'is not sent again');

    ($answer, $ran) = reused($kill, lose => { 1 => 3 }, reset => $reset);
    is_answer($answer, "a change that was lost, with $how", status => 502,
              reason => 'closed');
    is($ran->{'process.kill'}, 1, 'ran once');
}

# a fresh connection is not stale
{
    my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C},
                                cut => { 1 => 1 });
    my $nginx = gateway('C', 'zos_node r 127.0.0.1:' . $relay->port . ';');

    is_answer($nginx->request('GET /nodes/r/mem'), 'a new one that breaks',
              status => 502, reason => 'closed');
    is(stats('C', 'accepted'), 1, 'is not tried again');
    $nginx->stop;
    $relay->stop;
}


# ---- bytes that nobody asked for are nobody's answer ----

for my $case ([ ":1\r\n", 0 ], [ ':1', 0 ], [ ":1\r\n", 0.05 ], [ ':', 0.05 ]) {
    my ($bytes, $delay) = @$case;
    my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C},
                                inject => { 1 => $bytes }, delay => $delay);
    my $nginx = gateway('C', 'zos_node r 127.0.0.1:' . $relay->port . ';');

    is_answer($nginx->request('GET /nodes/r/mem'), "more than an answer");
    ok(wait_for(sub { stats('C', 'open') == 0 }, 2),
       "the connection is closed, $delay");
    is_answer($nginx->request('GET /nodes/r/mem'), 'another one is opened');
    is(stats('C', 'accepted'), 2, 'and is all right');
    $nginx->stop;
    $relay->stop;
}


# ---- connections are for one peer, one password, one kind of TLS ----

$nginx = gateway('C', <<'EOC', config => <<'EOC');
    zos_node same 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node other 127.0.0.1:$TEST_NGINX_CORE0_C password=x;
    zos_node third 127.0.0.1:$TEST_NGINX_CORE0_C password=y;
EOC
    location / { zos on; }
    location /nodes/third/cpus { zos on; zos_core0_auth off; }
EOC

for (1 .. 2) {
    is_answer($nginx->request("GET /nodes/$_"), $_)
        for qw( n/mem same/mem other/mem third/mem third/cpus );
}

is(stats('C', 'accepted'), 5, 'a connection of its own for each');
is(stats('C', 'auths'), 2, 'two of them with a password');
$nginx->stop;

$nginx = gateway('C_TLS', <<'EOC', config => <<'EOC');
    zos_core0_ssl on;
EOC
    location / { zos on; }
    location /nodes/n/nics { zos on; zos_core0_max_reply 1m; }
    location /nodes/n/cpus { zos on; zos_core0_ssl_ciphers HIGH; }
EOC

for (1 .. 2) {
    is_answer($nginx->request("GET /nodes/n/$_"), $_) for qw( mem nics cpus );
}

is(stats('C_TLS', 'accepted'), 2, 'one for each kind of TLS');
$nginx->stop;


# ---- a zone that is full ----

my @many = map { "n$_" } 1 .. 150;
my $many = join "\n",
           map { "zos_node $_ 127.0.0.1:\$TEST_NGINX_CORE0_C;" } @many;

$nginx = ZosNginx->start(http => "zos_zone zos:32k; $many");
my @failed = grep { $nginx->request("GET /nodes/$_/mem")->{status} != 200 }
             @many;
is("@failed", '', 'more nodes in use than the zone has room for');
ok($nginx->logs(qr/zos_zone is full, connections are not counted/),
   'which is logged');
@failed = grep { $nginx->request("GET /nodes/$_/mem")->{status} != 200 }
          reverse @many;
is("@failed", '', 'and once more');
$nginx->stop;

$nginx = ZosNginx->start(http => <<"EOC");
    zos_zone zos:32k;
    zos_core0_keepalive 0;
    $many
EOC
@failed = grep { $nginx->request("GET /nodes/$_/mem")->{status} != 200 }
          @many, @many;
is("@failed", '', 'more nodes than it has room for, one by one');
unlike($nginx->log, qr/zos_zone is full/, 'those not in use make room');
$nginx->stop;

# uncounted, a worker still keeps its own limit
$nginx = ZosNginx->start(http => <<"EOC");
    zos_zone zos:32k;
    $many
    zos_node last 127.0.0.1:\$TEST_NGINX_CORE0_C_BAD;
    zos_core0_max_conns 2;
EOC
$nginx->request("GET /nodes/$_/mem") for @many;
core0_control('C', 'resetstats');
core0_fault('C', 'late:50');
is_answer($_, 'not counted') for $nginx->parallel(('GET /nodes/last/mem') x 8);
cmp_ok(stats('C_BAD', 'peak'), '<=', 2, 'but limited');
ZosCluster::restore();
$nginx->stop;

__DATA__

=== TEST 1: a zone that is too small
--- http_config
    zos_zone zos:1k;
--- config
--- must_die
--- error_log
zone "zos:1k" is too small



=== TEST 2: no zone
--- http_config
--- config
    location / { zos on; }
--- must_die
--- error_log
"zos on" needs "zos_zone"



=== TEST 3: two zones
--- http_config
    zos_zone one:1m;
    zos_zone two:1m;
--- config
--- must_die
--- error_log
"zos_zone" directive is duplicate



=== TEST 4: no connections
--- http_config
    zos_core0_max_conns 0;
--- config
--- must_die
--- error_log
value must be between 1 and 128



=== TEST 5: more connections than can be counted
--- http_config
    zos_core0_max_conns 129;
--- config
--- must_die
--- error_log
value must be between 1 and 128
