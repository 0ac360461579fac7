use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosContainer;
use ZosNginx;
use ZosProcess qw( spawn wait_for );

# The same reads and changes on core0 of every generation, over what each of
# them speaks: 2017-06-04 plain with a password, the others TLS with one.
# Callers cannot tell them apart.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node A 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=secret;
    zos_node B 127.0.0.1:$TEST_NGINX_CORE0_B_TLS_AUTH password=secret ssl=on;
    zos_node C 127.0.0.1:$TEST_NGINX_CORE0_C_TLS_AUTH password=secret ssl=on;
EOC

# One request to each of the nodes: NODE stands for it.
add_block_preprocessor(sub {
    my ($block) = @_;

    my $request = $block->request;
    my $expected = $block->zos_each;

    chomp($request, $expected);
    $block->set_value('http_config', $nodes);
    $block->set_value('config', 'location / { zos on; }');
    $block->set_value('request',
                      [ map { $request =~ s/NODE/$_/r } qw( A B C ) ]);
    $block->set_value('response_body_like', [ ($expected) x 3 ]);
    $block->set_value('error_code', [ ($block->error_code // 200) x 3 ]);
    $block->set_value('no_error_log', [ '[error]', '[alert]' ]);
});

no_root_location();
no_long_string();
run_tests();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $nginx = ZosNginx->start(http => $nodes);


# The value of an answer that must be what is expected.
sub value {
    my ($request, %expected) = @_;

    my $answer = $nginx->request($request);

    is_answer($answer, $request, %expected);
    return $answer->{body} eq '' ? undef : $json->decode($answer->{body});
}


# ---- the same members ----

# Names and types of a value; lists by what is in them.
sub shape {
    my ($value) = @_;

    return ref $value ? 'boolean' : $value =~ /^-?[\d.]+(?:e[-+]?\d+)?$/i
                                    ? 'number' : 'string'
        if ref $value ne 'HASH' && ref $value ne 'ARRAY';

    return { map { $_ => shape($value->{$_}) } keys %$value }
        if ref $value eq 'HASH';

    my %kinds = map { $json->encode(shape($_)) => 1 } @$value;
    return [ sort keys %kinds ];
}


for my $path (qw( /mem /info /state )) {
    my ($first, @others) = map { shape(value("GET /nodes/$_$path")) }
                           qw( A B C );
    is_deeply($_, $first, "the same members in $path") for @others;
}

for my $path (qw( /cpus /disks /mounts /nics /processes )) {
    my ($first, @others) =
        map { $json->encode([ sort keys %{ value("GET /nodes/$_$path")->[0] }
                            ]) } qw( A B C );
    is($_, $first, "the same members in $path") for @others;
}

for my $node (qw( A B C )) {
    is(value("GET /nodes/$node/info")->{hostname}, 'node-' . lc $node,
       "node $node is itself");
}


# ---- programs on the node ----

for my $node (qw( A B C )) {
    my $program = spawn([ 'sleep', 600 ]);
    my $pid = $program->pid;
    my $url = "/nodes/$node/processes/$pid";

    # until then it is a copy of this one
    wait_for { value("GET $url")->{cmdline} =~ /^sleep/ } 3;
    is(value("GET $url")->{pid}, $pid, 'one process');
    value("DELETE $url", status => 204);
    ok($program->ended(2), 'which is ended');
    value("GET $url", status => 404);
    value("DELETE $url", status => 204);

    my $id = "the-job-of-$node";

    core0_redis($node, 'RPUSH', 'core:default',
        $json->encode({ id => $id, command => 'core.system', queue => '',
                        arguments => { name => 'sleep', args => [ '600' ] } }));
    ok(wait_for(sub {
        grep { $_->{id} eq $id } @{ value("GET /nodes/$node/jobs") };
    }, 3), 'a job in the list');
    is(value("GET /nodes/$node/jobs/$id")->{state}, 'running', 'it runs');
    value("DELETE /nodes/$node/jobs/$id", status => 204);
    ok(wait_for(sub {
        value("GET /nodes/$node/jobs/$id")->{state} =~ /^(?:killed|error)$/;
    }, 3), 'it is ended');
    value("DELETE /nodes/$node/jobs/$id", status => 204);
    value("GET /nodes/$node/jobs/none", status => 404);
    value("DELETE /nodes/$node/jobs/none", status => 204);
}


# ---- containers ----

for my $node (qw( A B C )) {
    container_create($node, 'web1', hostname => 'front');

    my $url = "/nodes/$node/containers/web1";

    is(value("GET $url/info")->{hostname}, 'front', 'it has its own name');
    is(value("POST $url/ping"), JSON::PP::true, 'and answers');
    value("GET $url/$_") for qw( cpus mem nics state );
    value("GET /nodes/$node/containers/none/mem", status => 404);

    # a program from its start to its end
    my $answer = $nginx->request(
        qq(POST $url/jobs\n\n{"name":"sleep","args":["600"]}));
    is_answer($answer, 'a program is started', status => 202);

    my $job = $answer->{header}{location};

    like($job, qr{^\Q$url\E/jobs/[-0-9a-f]{36}$}, 'and has a place');
    is(value("GET $job")->{state}, 'running', 'it runs');
    like($job, qr{/\Q$_->{id}\E$}, 'it is in the list')
        for @{ value("GET $url/jobs") };
    value(qq(POST $job\n\n{"signal":15}), status => 204);
    ok(wait_for(sub {
        value("GET $job")->{state} =~ /^(?:killed|error)$/;
    }, 3), 'it is ended');

    $answer = $nginx->request(
        qq(POST $url/jobs\n\n{"name":"echo","args":["hello"]}));
    $job = $answer->{header}{location};
    wait_for { value("GET $job")->{state} ne 'running' } 3;

    my $result = value("GET $job");

    is($result->{state}, 'success', 'a program that ends well');
    is($result->{stdout}, "hello\n", 'and what it said');

    # a file there and back
    my $file = "$url/filesystem?path=/tmp/f";
    my $content = join '', map { chr $_ % 256 } 1 .. 600000;

    is_answer($nginx->request("POST $file\n\n$content",
        header => [ 'Content-Type: application/octet-stream' ]),
        'a file is uploaded', status => 204, within => 9);
    $answer = $nginx->request("GET $file");
    ok($answer->{body} eq $content, 'and downloaded');
    is_answer($nginx->request("DELETE $file"), 'and deleted', status => 204);
    is_answer($nginx->request("GET $file"), 'and gone', status => 404);

    # a node takes its jobs, and its containers, for one thing
    value("DELETE /nodes/$node/jobs", status => 204);
    ok(wait_for(sub { !defined container_number($node, 'web1') }, 5),
       'all of it is ended');
    value("GET $url/mem", status => 404);
}

container_drop();
$nginx->stop;

__DATA__

=== TEST 1: pingNode
--- request
POST /nodes/NODE/ping
--- zos_each
^true$



=== TEST 2: getNodeState
--- request
GET /nodes/NODE/state
--- zos_each
^\{"cpu":[\d.e-]+,"rss":\d+,"swap":\d+,"vms":\d+\}$



=== TEST 3: getCPUInfo
--- request
GET /nodes/NODE/cpus
--- zos_each
^\[\{"cacheSize":\d+,"cores":1,.*"mhz":[\d.]+\}\]$



=== TEST 4: getMemInfo
--- request
GET /nodes/NODE/mem
--- zos_each
^\[\{"active":\d+,.*"usedPercent":[\d.]+,"wired":0\}\]$



=== TEST 5: getNicInfo
--- request
GET /nodes/NODE/nics
--- zos_each
\{"addrs":\["127\.0\.0\.1/8".*"name":"lo"\}



=== TEST 6: getNodeOSInfo
--- request
GET /nodes/NODE/info
--- zos_each
^\{"bootTime":\d+,"hostname":"node-[abc]","os":"linux",



=== TEST 7: getDiskInfo
--- request
GET /nodes/NODE/disks
--- zos_each
^\[.*\]$



=== TEST 8: getNodeMounts
--- request
GET /nodes/NODE/mounts
--- zos_each
^\[.*\]$



=== TEST 9: listNodeProcesses
--- request
GET /nodes/NODE/processes
--- zos_each
^\[\{"cmdline":.*"pid":1,



=== TEST 10: listNodeJobs
--- request
GET /nodes/NODE/jobs
--- zos_each
^\[.*\]$



=== TEST 11: getContainerMemInfo: none of that name
--- request
GET /nodes/NODE/containers/none/mem
--- error_code: 404
--- zos_each
^\{"error":".*none.*"\}$
