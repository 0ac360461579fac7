use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( A C );
use ZosNginx;
use ZosProcess qw( spawn temp_dir wait_for );

# Reloads, and workers that end in any way: what was begun is finished or cut
# when nginx says so, idle connections hold nothing up, and no place among a
# node's connections is ever lost.

no_root_location();
no_long_string();
run_tests();

my $mem = 'GET /nodes/n/mem';
my $nginx;


sub config {
    my ($more) = @_;

    return <<"EOC" . ($more // '');
    zos_zone zos:1m;
    zos_node n 127.0.0.1:\$TEST_NGINX_CORE0_A_BAD;
    zos_core0_accept_timeout 15s;
    zos_core0_timeout 15s;
EOC
}


sub stats {
    my ($what, $listener) = @_;

    $listener //= 'A_BAD';
    my ($generation) = $listener =~ /^(.)/;
    my $port = $ENV{"TEST_NGINX_CORE0_$listener"};
    return core0_control($generation, "stats $port")->{$what};
}


sub waiting {
    my ($n) = @_;

    ok(wait_for(sub { stats('blocked') == $n }, 3), "$n calls are waiting");
}


sub gone {
    my ($seconds, @pids) = @_;

    return wait_for { !grep { kill 0, $_ } @pids } $seconds;
}


# ---- HUP: old requests are finished by the old worker ----

$nginx = ZosNginx->start(http => config());
core0_fault('A', 'late:900');

my $client = $nginx->send($mem);

waiting(1);

my @old = $nginx->reload(http => config());

core0_fault('A', 'none');
my $answer = $nginx->request($mem);
is_answer($answer, 'a new request, while the old one waits', within => 0.8);
isnt($answer->{header}{'x-pid'}, $old[0], 'has a new worker');
is_deeply([ $nginx->worker_pids(1) ], \@old, 'the old one is still there');

$answer = $client->answer;
is_answer($answer, 'the old request', after => 0.5);
is($answer->{header}{'x-pid'}, $old[0], 'has the old worker');
ok(gone(1, @old), 'which ends then');
is_answer($nginx->request($mem), 'as if nothing had happened');


# ---- idle connections go at once ----

is(stats('open'), 1, 'an idle connection');
@old = $nginx->reload(http => config());
ok(gone(1, @old), 'does not keep its worker');
ok(wait_for(sub { stats('open') == 0 }, 0.5), 'and is closed');

is_answer($nginx->request($mem), 'another one');
$nginx->signal('QUIT');
ok($nginx->ended(1), 'QUIT does not wait for it either');
$nginx->stop;
is(stats('open'), 0, 'it is closed');


# ---- QUIT: what was begun is finished ----

$nginx = ZosNginx->start(http => config());
core0_fault('A', 'late:400');
my @clients = map { $nginx->send($mem) } 1 .. 3;
waiting(3);
$nginx->signal('QUIT');
is_answer($_->answer, 'answered by a worker that quits') for @clients;
ok($nginx->ended(1), 'and then it ends');
$nginx->stop;


# ---- a change goes on when its caller has left, also in a worker that quits

my $dir = temp_dir('zos-program');
my $program = spawn([ $^X, '-e', '$SIG{TERM} = "IGNORE"; $| = 1;'
                                 . 'print "ready\n"; sleep 600' ],
                    stdout => "$dir/out");

wait_for { -s "$dir/out" } 5;
ZosCluster::restore();
$nginx = ZosNginx->start(http => config('zos_core0_kill_grace 500ms;'));
$client = $nginx->send('DELETE /nodes/n/processes/' . $program->pid);
ok(wait_for(sub {
    grep { $_->{command} eq 'process.kill' }
        @{ core0_control('A', 'commands') };
}, 3), 'a process that does not mind SIGTERM');
$client->leave;
$nginx->signal('QUIT');
ok($program->ended(3), 'SIGKILL follows');
ok($nginx->ended(2), 'and then the worker ends');
$nginx->stop;


# ---- TERM: nothing is waited for ----

for my $signal (qw( TERM INT )) {
    $nginx = ZosNginx->start(http => config());
    core0_fault('A', 'stuck');
    $client = $nginx->send($mem);
    waiting(1);
    $nginx->signal($signal);
    ok($nginx->ended(1), "$signal");
    is($client->answer->{status}, 0, 'no answer');
    ok(wait_for(sub { stats('open') == 0 }, 0.5), 'no connection');
    $nginx->stop;
}


# ---- worker_shutdown_timeout cuts what takes too long ----

# in each of the states that a call may be in
my %stage = (
    'a call'           => [ 'stuck', 'n' ],
    'authentication'   => [ 'authhang', 'locked' ],
    'a TLS handshake'  => [ 'silent', 'tls', 'BAD_TLS' ],
    'a connection'     => [ 'stuck', 'n' ],
);

my $stages = config(<<'EOC');
    zos_node locked 127.0.0.1:$TEST_NGINX_CORE0_A_BAD password=x;
    zos_node tls 127.0.0.1:$TEST_NGINX_CORE0_C_BAD_TLS password=x ssl=on;
    zos_core0_connect_timeout 15s;
    zos_core0_max_conns 1;
EOC

for my $stage (sort keys %stage) {
    my ($fault, $node, $listener) = @{ $stage{$stage} };

    $nginx = ZosNginx->start(http => $stages,
                             main => 'worker_shutdown_timeout 200ms;');
    core0_fault($listener ? 'C' : 'A', $fault, $listener);

    # the second and third wait for the connection of the first
    my $n = $stage eq 'a connection' ? 3 : 1;
    @clients = map { $nginx->send("GET /nodes/$node/mem") } 1 .. $n;
    ok(wait_for(sub {
        stats('open', $listener ? 'C_BAD_TLS' : 'A_BAD') == 1
    }, 2), "$stage is waited for");

    my @pids = $nginx->reload(http => $stages,
                              main => 'worker_shutdown_timeout 200ms;');
    ok(gone(1.5, @pids), "$stage does not keep the worker");
    isnt($_->answer->{status}, 200, 'no answer') for @clients;
    ZosCluster::restore();
    is_answer($nginx->request("GET /nodes/n/mem"), 'the next worker has it',
              within => 1);
    $nginx->stop;
}


# ---- a worker that is killed ----

sub killed {
    my ($nginx, $pid) = @_;

    my $n = $nginx->worker_pids;

    kill 'KILL', $pid;
    ok(wait_for(sub {
        my @now = $nginx->worker_pids;
        @now == $n && !grep { $_ == $pid } @now;
    }, 3), "worker $pid is killed, another one is there");
}


$nginx = ZosNginx->start(http => config('zos_core0_max_conns 3;'));
$nginx->expect(qr/exited on signal 9/);

for my $round (1 .. 3) {
    core0_fault('A', 'stuck');
    @clients = map { $nginx->send($mem) } 1 .. 5;
    waiting(3);
    killed($nginx, $nginx->worker_pids);
    core0_fault('A', 'late:200');
    is_answer($_, 'it has all the places again', within => 1)
        for $nginx->parallel(($mem) x 3);
}

$nginx->stop;

# what another worker holds stays its own
$nginx = ZosNginx->start(http => config('zos_core0_max_conns 2;'),
                         workers => 2, listen => 'reuseport');
$nginx->expect(qr/exited on signal 9/);

my ($one, $two) = $nginx->pinned;

core0_fault('A', 'late:1200');
$_->{client}->send($mem) for $one, $two;
waiting(2);
killed($nginx, $one->{pid});
waiting(1);
core0_control('A', 'resetstats');
core0_fault('A', 'late:100');
is_answer($_, 'one place for the new worker') for $nginx->parallel(($mem) x 4);
is(stats('peak_blocked'), 2, 'not two');
is_answer($two->{client}->answer, 'the other worker was not disturbed');
core0_fault('A', 'late:300');
core0_control('A', 'resetstats');
is_answer($_, 'four more') for $nginx->parallel(($mem) x 4);
is(stats('peak_blocked'), 2, 'two at a time');
$nginx->stop;


# ---- an old worker that is killed has no successor ----

$nginx = ZosNginx->start(http => config('zos_core0_max_conns 2;'));
$nginx->expect(qr/exited on signal 9/);
core0_fault('A', 'stuck');
@clients = map { $nginx->send($mem) } 1 .. 2;
waiting(2);
@old = $nginx->reload(http => config('zos_core0_max_conns 2;'));
kill 'KILL', @old;
ok(gone(3, @old), 'an old worker is killed with all the places');
core0_fault('A', 'none');
is_answer($_, 'the new one has them', within => 2)
    for $nginx->parallel(($mem) x 2);
$nginx->stop;


# ---- many reloads ----

$nginx = ZosNginx->start(http => config('zos_core0_max_conns 2;'),
                         workers => 2);

my @all;

for my $round (1 .. 6) {
    core0_fault('A', 'late:100');
    @clients = map { $nginx->send($mem) } 1 .. 4;
    push @all, $nginx->reload(http => config('zos_core0_max_conns 2;'),
                              workers => 1 + $round % 2);
    is_answer($_, "reload $round") for ZosNginx::Client::answers(@clients);
}

ok(gone(3, @all), 'all the old workers have ended');
core0_control('A', 'resetstats');
core0_fault('A', 'late:300');
is_answer($_, 'no place was lost', within => 1)
    for $nginx->parallel(($mem) x 2);
is(stats('peak'), 2, 'two at a time');
$nginx->stop;


# ---- another configuration ----

ZosCluster::restore();
$nginx = ZosNginx->start(http => <<'EOC');
    zos_zone zos:1m;
    zos_node moved 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node removed 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node locked 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=x;
    zos_node wrapped 127.0.0.1:$TEST_NGINX_CORE0_C_TLS;
EOC

sub nodes {
    is_answer($nginx->request("GET /nodes/$_->[0]/info"), "$_->[0], $_->[2]",
              status => $_->[1],
              $_->[3] ? (body => qr/"hostname":"$_->[3]"/) : ())
        for @_;
}

nodes([ moved => 200, 'before', 'node-a' ], [ removed => 200, 'before' ],
      [ locked => 502, 'before' ], [ wrapped => 502, 'before' ],
      [ added => 404, 'before' ]);

@old = $nginx->reload(http => <<'EOC');
    zos_zone zos:2m;
    zos_node added 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node moved 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node locked 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=secret;
    zos_node wrapped 127.0.0.1:$TEST_NGINX_CORE0_C_TLS ssl=on;
EOC

nodes([ moved => 200, 'after', 'node-c' ], [ removed => 404, 'after' ],
      [ locked => 200, 'after', 'node-a' ], [ wrapped => 200, 'after' ],
      [ added => 200, 'after' ]);
ok(gone(1, @old), 'the old worker is gone');
$nginx->stop;


# ---- without a master ----

$nginx = ZosNginx->start(http => config(), main => 'master_process off;',
                         workers => 0);
is_answer($nginx->request($mem), 'a single process') for 1 .. 2;
is(stats('open'), 1, 'has an idle connection');
$nginx->signal('QUIT');
ok($nginx->ended(1), 'which does not hold it up');
$nginx->stop;

__DATA__

=== TEST 1: an idle connection does not keep nginx
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
--- config
    location / { zos on; }
--- request
GET /nodes/c/mem
--- timeout: 2
--- response_body_like: "total"
--- shutdown_error_log
exited with code 0
--- no_shutdown_error_log
[alert]
