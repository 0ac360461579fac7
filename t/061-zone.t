use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosCluster;
use ZosContainer;
use ZosNginx;
use ZosProcess qw( wait_for );

# What the workers know together: a node of AYS is looked up again before it
# is forgotten, and in a zone that is full there is room for what is new.

no_root_location();
no_long_string();
run_tests();

my $ays = ZosAys->start(mode => '9', templates => 2018);


sub start {
    my ($zone, $more) = @_;

    my $config = $ays->config('zos_node_valid 1s; '
                              . 'add_header X-Cache $zos_cache always;');

    $ays->reset->node('n1', core0 => $ENV{TEST_NGINX_CORE0_C});
    $ays->clear_requests;
    return ZosNginx->start(config => $config,
        http => "zos_zone $zone; " . $ays->http_config . ($more // ''));
}


sub lookups { return scalar grep { $_ eq 'GET service/node/n1' } $ays->calls }


# ---- a look-up that nobody waits for ----

# its answer comes when the request that began it has been answered

my $nginx = start('zos:1m');
my @wrong;

$ays->fault(route => 'GET .*/service/node/n1', delay => 0.3);

ok(wait_for(sub {
    my $answer = $nginx->request('GET /nodes/n1/mem');

    push @wrong, $answer->{status} if $answer->{status} != 200;
    return lookups() > 4;
}, 20), 'it is done again and again');
is("@wrong", '', 'and no request fails meanwhile');

my $begun = lookups();

# also when the caller has left
ok(wait_for(sub {
    $nginx->send('GET /nodes/n1/mem')->leave;
    return lookups() > $begun;
}, 10), 'somebody leaves while it is done');
is_answer($nginx->request('GET /nodes/n1/mem'), 'and the next one is answered');

$nginx->stop;
$ays->clear_faults;


# ---- a zone full of containers ----

my @names = map { sprintf 'container-%03d-' . 'x' x 60, $_ } 1 .. 200;

script_node('corex.list' => { map { $_ => container($names[$_ - 1]) }
                              1 .. @names },
            map { ("$_ info.mem" => { total => $_ }) } 1 .. @names);

$nginx = start('zos:32k', 'zos_node n $TEST_NGINX_SCRIPT;');

my @failed = grep {
    $nginx->request("GET /nodes/n/containers/$_/mem")->{status} != 200
} @names;

is("@failed", '', 'more containers than it has room for');

is_answer($nginx->request('GET /nodes/n1/mem'), 'a node of AYS is looked up',
          status => 200);
is_answer($nginx->request('DELETE /nodes/n1/bridges/none'),
          'there is a place for a lock', status => 404);

my $answer = $nginx->request('GET /nodes/n1/mem');
like($answer->{text}, qr/^X-Cache: HIT/m, 'and one for what was looked up');

$nginx->stop;

__DATA__
