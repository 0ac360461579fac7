use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use Sys::Hostname qw( hostname );
use Time::HiRes qw( sleep time );
use ZosCluster qw( C );
use ZosContainer;
use ZosEvents;
use ZosNginx;
use ZosProcess qw( temp_dir wait_for );

# Many who watch the same job: what each of them sees, and what it costs.

no_root_location();
no_long_string();
run_tests();

my $json = JSON::PP->new->canonical;
my $dir = temp_dir('zos-watchers');
my $port = $ENV{TEST_NGINX_CORE0_C_BAD};     # which no block uses
my $watchers = 50;


sub gateway {
    my ($more, %option) = @_;

    return ZosNginx->start(http => <<"EOC", %option);
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$port;
    $more
EOC
}


# A script that waits for the directory $dir/$id before it goes on.
sub start_job {
    my ($id, $first, $then, %more) = @_;

    core0_redis('C', 'RPUSH', 'core:default', $json->encode({
        id => $id, command => 'bash', queue => '', arguments => {
            script => "$first; until [ -d $dir/$id ]; do sleep 0.01; done; "
                      . $then }, %more }));

    wait_for {
        grep { $_->{id} eq $id && $_->{pid} > 0 }
             @{ core0_control('C', 'jobs') }
    } 5 or die "job $id does not start\n";
    return "/nodes/c/jobs/$id/output";
}


sub stats { return core0_control('C', "stats $port") }


# The commands by which somebody has subscribed.
sub subscriptions {
    return grep { $_->{command} eq 'core.subscribe' }
                @{ core0_control('C', 'commands') };
}


# Watchers that have all been told the first line already.
sub watch {
    my ($nginx, $path, $count) = @_;

    my @watchers = map { ZosEvents->open($nginx, $path) } 1 .. $count;
    my $end = time + 10;
    my @first = grep {
        ($_->next($end - time) // { data => '' })->{data} eq 'first'
    } @watchers;

    is(scalar @first, $count, "$path: $count see the first line");
    return @watchers;
}


# One test: each of them saw all of these lines, and the same end.
sub all_saw {
    my ($name, $expected, @watchers) = @_;

    my (%lines, %end, @wrong);

    for my $watcher (@watchers) {
        my @events = $watcher->rest(0.1);
        my @out = map { $_->{data} } grep { $_->{name} eq 'stdout' } @events;

        $lines{"@out"}++;
        $end{ $events[-1]{name} . $events[-1]{data} }++ if @events;
        push @wrong, 'ended: ' . ($watcher->ended // 'no')
            if ($watcher->ended // '') ne 'whole';
        push @wrong, $watcher->faults;
    }

    push @wrong, scalar(keys %lines) . ' versions of the lines'
        if keys %lines != 1;
    push @wrong, "lines: " . substr((%lines)[0] // '', 0, 60)
        if !$lines{"@$expected"};
    push @wrong, 'ends: ' . substr CORE::join(' | ', keys %end), 0, 200
        if keys %end != 1 || (keys %end)[0] !~ /^end\{/;

    return ok(!@wrong, $name) || diag(CORE::join "\n", splice @wrong, 0, 5);
}


# The longest of some requests one after another, while others watch.
sub slowest {
    my ($nginx, $count) = @_;

    my $slowest = 0;

    for (1 .. $count) {
        my $answer = $nginx->request('GET /nodes/c/mem');

        is_answer($answer, 'GET mem beside them', within => 2);
        $slowest = $answer->{seconds} if $answer->{seconds} > $slowest;
    }

    return $slowest;
}


# ---- fifty of each kind of job ----

for my $case ([ 'kept', 8, 1, stream => JSON::PP::true ], [ 'subscribed', 8, 1 ],
              [ 'kept-few', 2, 2, stream => JSON::PP::true ],
              [ 'subscribed-few', 2, 2 ])
{
    my ($what, $max, $workers, @more) = @$case;

    my $nginx = gateway("zos_core0_max_conns $max;",
                        workers => $workers);
    my $path = start_job($what, 'echo first',
        'for i in 1 2 3 4 5 6; do seq $((i * 50 - 49)) $((i * 50));'
        . ' sleep 0.2; done', @more);

    core0_control('C', 'resetstats');

    my @watching = watch($nginx, $path, $watchers);

    # nothing comes, and they all look for it
    cmp_ok(slowest($nginx, 5), '<', 1, "$what: the node answers others");

    mkdir "$dir/$what";
    slowest($nginx, 3);
    ok(ZosEvents::gather(15, @watching), "$what: all come to the end");
    all_saw("$what: all see all of it", [ 1 .. 300 ], @watching);

    my $stats = stats();

    # one that moves to another worker: its end may be noticed behind the next
    cmp_ok($stats->{peak}, '<=', $max + $workers - 1,
           "$what: no more connections");
    cmp_ok($stats->{peak_blocked}, '<=', $max, "$what: nor blocked pops");

    my $open = $stats->{open};
    ok(wait_for(sub { stats()->{blocked} == 0 }, 3), "$what: none blocks");
    cmp_ok($open, '<=', $max, "$what: none is left over");
    $nginx->stop;
    ok(wait_for(sub { stats()->{open} == 0 }, 3), "$what: and then none");
}


# ---- who subscribes ----

{
    my $nginx = gateway('', workers => 2);
    my %before = map { $_->{id} => 1 } subscriptions();
    my $path = start_job('who', 'echo first', 'echo last');
    my @watching = watch($nginx, $path, 20);

    # who comes again is another subscriber
    my @gone = splice @watching, 0, 10;
    $_->leave for @gone;
    push @watching, watch($nginx, $path, 5);

    my @new = grep { !$before{ $_->{id} } } subscriptions();
    my %seen;
    $seen{ $_->{id} }++ for @new;

    cmp_ok(scalar @new, '==', 25, 'a subscription for each');
    is(scalar(grep { $_ > 1 } values %seen), 0, 'no id comes twice');

    my %worker = map { $_ => 1 } $nginx->worker_pids;
    my (%job, %gateway, @odd);

    for my $id (keys %seen) {
        my ($job, $gateway, $pid) = $id =~ /^zos \.([0-9a-f]{32}) \.([0-9a-f]{8})
                                              \.(\d+) \.[0-9a-f-]{36}$/x;

        push @odd, $id unless $pid && $worker{$pid};
        $gateway{ $gateway // '' } = $job{ $job // '' } = 1;
    }

    is("@odd", '', 'the ids name workers');
    is(scalar keys %gateway, 1, 'and one gateway');
    is(scalar keys %job, 1, 'and one job');
    is(scalar(grep { $_->{arguments}{id} ne 'who' } @new), 0, 'which they watch');

    # each of the lists ends with the job, nobody has to clean up
    mkdir "$dir/who";
    ok(ZosEvents::gather(10, @watching), 'all come to the end');
    all_saw('all see it', [ 'last' ], @watching);

    my @kept = map { core0_redis('C', 'TTL', "stream:$_->{id}") } @new;
    is(scalar(grep { $_ == -1 || $_ > 60 } @kept), 0, 'no list stays for ever');
    $nginx->stop;
}


# ---- they come and go ----

{
    my $nginx = gateway('zos_core0_max_conns 4;');
    my $path = start_job('busy', 'echo first',
                         'i=0; while [ $i -lt 100 ]; do echo $i; sleep 0.02;'
                         . ' i=$((i + 1)); done', stream => JSON::PP::true);
    my @stay = watch($nginx, $path, 5);

    mkdir "$dir/busy";

    for my $round (1 .. 10) {
        my @passing = map { ZosEvents->open($nginx, $path) } 1 .. 10;

        # some before they have been answered, some in the middle
        $_->leave for splice @passing, 0, 5;
        $_->next for @passing;
        $_->leave for @passing;
    }

    ok(ZosEvents::gather(15, @stay), 'those who stay come to the end');
    all_saw('those who stay see all of it', [ 0 .. 99 ], @stay);
    is($nginx->request('GET /nodes/c/mem')->{status}, 200, 'nothing is lost');
    $nginx->stop;
}


# ---- more than the node has places for, on a node that is gone ----

{
    my $nginx = gateway('');
    my $path = start_job('broken', 'echo first', 'echo last',
                         stream => JSON::PP::true);
    my @watching = watch($nginx, $path, $watchers);

    core0_stop('C');
    ok(ZosEvents::gather(10, @watching), 'the node ends: all are told');

    my @ends = grep { $_->{name} eq 'end' } map { $_->rest(0.1) } @watching;

    is(scalar @ends, 0, 'the node ends: not that the job has');
    is(scalar(grep { $_->ended ne 'cut' } @watching), 0,
       'the node ends: but that something broke');
    is_answer($nginx->request('GET /nodes/c/mem'), 'the node ends: 502',
              status => 502);
    $nginx->stop;
    ZosCluster::restore();
}

__DATA__

=== TEST 1: getNodeJobOutput: operations may be left out
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
--- config
    location / { zos on; zos_operations getNodeJob; }
--- request
GET /nodes/c/jobs/x/output
--- error_code: 404
--- response_body_like: ^\{"error":".*"\}$



=== TEST 2: getContainerJobOutput: or be the only ones
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
--- config
    location / { zos on; zos_operations getNodeJobOutput getContainerJobOutput; }
--- request eval
["GET /nodes/c/jobs/x/output", "GET /nodes/c/jobs/x",
 "GET /nodes/c/containers/x/jobs/x/output"]
--- error_code eval
[404, 404, 404]
--- response_body_like eval
['there is no job', '"error"', 'there is no container']
