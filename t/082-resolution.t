use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosContainer;
use ZosNginx;
use ZosProcess qw( wait_for );

# From the name of a container to the container: numbers come and go with it,
# and all of them start again when the node does.

my $nodes = <<'EOC';
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node s $TEST_NGINX_SCRIPT;
    zos_node s2 $TEST_NGINX_SCRIPT;
    zos_core0_kill_grace 600ms;
EOC

my $json = JSON::PP->new->utf8;
my $zones = 0;

add_block_preprocessor(sub {
    my ($block) = @_;

    # the zone outlives a reload, but what a node says changes with the block
    $block->set_value('http_config',
                      'zos_zone zos' . $zones++ . ":1m;\n$nodes");
    $block->set_value('config', <<'EOC');
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
    $block->set_value('request', 'GET /nodes/s/containers/web1/mem')
        unless defined $block->request;
});


# The scripted node with these containers, each of which tells its number.
sub containers {
    my ($list) = @_;

    script_node('corex.list' => $list, map {
        ("$_ info.mem" => { total => $_ }, "$_ job.killall" => 'true',
         "$_ job.list" => failure("Process with id 'x' doesn't exist"))
    } 1 .. 20, 40000, 65534, 65535);
}


our $Memory = '{"active":0,"available":0,"buffers":0,"cached":0,"free":0,'
            . '"inactive":0,"total":%d,"used":0,"usedPercent":0,"wired":0}'
            . "\n";

sub memory { return sprintf $Memory, shift }

our $Gone = qq({"error":"there is no container \\"web1\\" on node \\"s\\""}\n);

no_root_location();
no_long_string();
run_tests();

my $nginx = ZosNginx->start(http => "zos_zone zos:1m; $nodes");


sub get {
    my ($path, $server) = @_;

    my $answer = ($server // $nginx)->request("GET $path");
    return $answer->{status} == 200 ? $json->decode($answer->{body})
                                    : $answer->{status};
}


# Who answers under the name web1: its host name, or the status.
sub who {
    my ($node, $server) = @_;

    my $info = get("/nodes/$node/containers/web1/info", $server);
    return ref $info ? $info->{hostname} : $info;
}


# The number of programs that run in a container.
sub running {
    my ($generation, $name) = @_;

    my $number = container_number($generation, $name);

    return scalar grep { $_->{container} == $number && $_->{pid} }
           @{ core0_control($generation, 'jobs') };
}


# ---- containers of one name on three nodes, with other numbers ----

{
    my %generation = (a => 'A', b => 'B', c => 'C');

    container_create('B', 'db');
    container_create($_, 'web1', hostname => 'web1-' . lc $_) for qw( A B C );
    container_create('A', 'db');
    container_create('C', 'db');

    for my $round (1, 2) {
        is(who($_), "web1-$_", "round $round: web1 of $_") for qw( a b c );
    }

    my %answer;
    for my $node (qw( a b c )) {
        $answer{$node} = $nginx->request(
            "POST /nodes/$node/containers/web1/jobs\n\n"
            . '{"name":"sleep","args":["50"]}');
        wait_for { running($generation{$node}, 'web1') == 1 } 3;
    }

    is(join(' ', map { running($_, 'web1') . running($_, 'db') }
                 qw( A B C )), '10 10 10', 'one is started in each web1');

    # the older generations choose the id, so these three are different
    is_answer($nginx->request("DELETE $answer{b}{header}{location}"),
              'kill that of b', status => 204);
    wait_for { running('B', 'web1') == 0 } 3;
    is(join(' ', map { running($_, 'web1') } qw( A B C )), '1 0 1',
       'the others go on');

    # with that of b the ones of a and c have nothing to do
    my ($job) = $answer{a}{header}{location} =~ m{([^/]+)\z};
    is_answer($nginx->request("POST /nodes/c/containers/web1/jobs/$job\n\n{}"),
              'a job of another node', status => 404);
    is_answer($nginx->request("DELETE /nodes/c/containers/db/jobs"),
              'kill all of another container', status => 204);
    is(join(' ', map { running($_, 'web1') } qw( A B C )), '1 0 1',
       'they still go on');
    is_answer($nginx->request("DELETE /nodes/c/containers/web1/jobs"),
              'kill all of c', status => 204);
    wait_for { running('C', 'web1') == 0 } 3;
    is(join(' ', map { running($_, 'web1') } qw( A B C )), '1 0 0',
       'that of a goes on');
    container_drop();
}


# ---- a container that is another one by now ----

for my $generation (qw( A B C )) {
    my $node = lc $generation;

    $nginx->reload(http => "zos_zone zos$generation:1m; $nodes");

    container_create($generation, 'first');
    container_create($generation, 'web1', hostname => 'old');
    is(who($node), 'old', "$node: before");

    container_terminate($generation, 'web1');
    container_terminate($generation, 'first');
    container_create($generation, 'web1', hostname => 'new');
    is(who($node), 'new', "$node: with another number");

    container_terminate($generation, 'web1');
    is(who($node), 404, "$node: gone");
    is_answer($nginx->request("DELETE /nodes/$node/containers/web1/jobs"),
              "$node: gone for what changes something, too", status => 404,
              reason => 'absent');

    # its number is another container's, and that has jobs
    container_create($generation, 'web1');
    is(who($node), 'web1', "$node: back");
    container_terminate($generation, 'web1');
    container_create($generation, 'db');
    container_start($generation, 'db', 'sleep 50; true');
    container_create($generation, 'web1');
    my ($id, $pid) = container_start($generation, 'web1', 'sleep 51; true');

    is_answer($nginx->request("DELETE /nodes/$node/containers/web1/jobs"),
              "$node: kill all", status => 204);
    wait_for { running($generation, 'web1') == 0 } 3;
    is(running($generation, 'db'), 1, "$node: not those of another one");
    container_drop();
}


# ---- a reboot between two requests ----

# Swaps the numbers of web1 and db, as a reboot may.
sub reboot {
    my ($generation, @names) = @_;

    core0_control($generation, 'reboot');
    container_create($generation, $_) for @names ? @names : qw( db web1 );
}

for my $config ('', 'zos_core0_keepalive 0;', 'zos_core0_max_conns 1;') {
    my $server = ZosNginx->start(http => "zos_zone zos:1m; $nodes $config");

    for my $generation (qw( A B C )) {
        my $node = lc $generation;

        reboot($generation, qw( web1 db ));
        is(who($node, $server), 'web1', "$node: before it, $config");
        is(join(' ', map { $_->{status} } $server->parallel((
               "POST /nodes/$node/containers/web1/jobs\n\n{\"name\":\"true\"}",
               "DELETE /nodes/$node/containers/web1/jobs") x 3)),
           '202 204 202 204 202 204', "$node: changes at a time, $config");
        reboot($generation);
        is(who($node, $server), 'web1', "$node: after it, $config");
        reboot($generation, 'db');
        is(who($node, $server), 404, "$node: nor is it another one, $config");
    }

    # these workers have not talked to the nodes yet
    reboot('C', qw( web1 db ));
    is(who('c', $server), 'web1', "before a reload, $config");
    $server->reload(http => "zos_zone zos:1m; $nodes $config");
    reboot('C');
    is(who('c', $server), 'web1', "after it and a reboot, $config");
    $server->stop;
}

# nginx learns of the reboot together with the request, but behind it
for my $generation (qw( A C )) {
    my $node = lc $generation;
    my ($worker) = $nginx->worker_pids;
    my $client = ZosNginx::Client->connect($nginx->port);

    reboot($generation, qw( web1 db ));
    $client->send("GET /nodes/$node/containers/web1/info");
    $client->answer;

    kill 'STOP', $worker;
    $client->send("GET /nodes/$node/containers/web1/info");
    reboot($generation);
    kill 'CONT', $worker;
    my $answer = $client->answer;
    unlike($answer->{body}, qr/"hostname":"db"/,
           "$node: a connection that was lost unnoticed");
    $client->leave;
    is(who($node), 'web1', "$node: and once more");
    container_drop();
}


# ---- a reboot between the look at the numbers and their use ----

{
    core0_control('C', 'reboot');
    container_create('C', $_) for qw( web1 db );
    my ($job, $pid) = container_start('C', 'web1', 'sleep 50; true');

    core0_fault('C', 'late@corex.list:500');
    my @clients = map { $nginx->send($_) } map { s{/}{/nodes/bad/containers/web1/}r }
        'DELETE /jobs', "DELETE /jobs/$job", "DELETE /processes/$pid",
        "POST /processes/$pid\n\n{\"signal\":9}",
        "POST /jobs/$job\n\n{\"signal\":9}",
        "POST /jobs\n\n{\"name\":\"touch\",\"args\":[\"/tmp/x\"]}";

    ok(wait_for(sub { 6 == grep { /^corex\.list/ } last_commands(6) }, 3),
       'all of them have looked');

    # db has the number of web1 now, and its process
    reboot('C');
    my ($db_job, $db_pid) = container_start('C', 'db', 'sleep 50; true');
    is($db_pid, $pid, 'processes of the same number');
    core0_run('C', 'core.ping');

    is_answer($_->answer, 'a change is not sent', status => 502,
              reason => 'closed') for @clients;
    is(running('C', 'db'), 1, 'nothing is killed');
    ok(!container_run('C', 'db', 'filesystem.exists', { path => '/tmp/x' }),
       'nothing is started');
    my @commands = last_commands(200);
    shift @commands until !@commands || $commands[0] eq 'core.ping 0';
    is(scalar(grep { /^(?:job|process)\.kill/ } @commands), 0,
       'nothing is sent at all');
    ZosCluster::restore();
    container_drop();
}


# The newest commands that the node of generation C has taken.
sub last_commands {
    my ($number) = @_;

    my @all = core0_log('C');
    return @all > $number ? splice @all, -$number : @all;
}


# ---- a reboot while a process is given time to end ----

for my $round (1 .. 3) {
    my ($worker) = $nginx->worker_pids;
    my $deaf = 'trap "" TERM; touch /tmp/deaf; while :; do sleep 0.02; done';
    my $await = sub {
        my ($name) = @_;
        wait_for { container_run('C', $name, 'filesystem.exists',
                                 { path => '/tmp/deaf' }) } 3;
    };

    core0_control('C', 'reboot');
    container_create('C', 'web1');
    my ($job, $pid) = container_start('C', 'web1', $deaf);
    $await->('web1');

    my $client = $nginx->send("DELETE /nodes/c/containers/web1/processes/$pid");

    # right behind a look at the process there is a pause
    ok(wait_for(sub { (last_commands(1))[0] eq 'process.list 1' }, 2),
       'the node has been asked');
    kill 'STOP', $worker;
    core0_control('C', 'reboot');
    container_create('C', 'db');
    my ($db_job, $db_pid) = container_start('C', 'db', $deaf);
    $await->('db');
    is($db_pid, $pid, 'a process of the same number');
    kill 'CONT', $worker;

    $client->answer;
    ok(job_pid('C', $db_job), 'a process of another container is left alone');
    container_drop();
}


# ---- killing all jobs of a node ends its containers ----

for my $generation (qw( A B C )) {
    my $node = lc $generation;

    container_create($generation, 'web1', hostname => 'old');
    container_create($generation, 'db');
    is(who($node), 'old', "$node: before");
    is_answer($nginx->request("DELETE /nodes/$node/jobs"),
              "$node: kill all jobs", status => 204);
    wait_for { !defined container_number($generation, 'web1') } 3;
    container_create($generation, 'db');
    container_create($generation, 'web1', hostname => 'new');
    is(who($node), 'new', "$node: its number is not remembered");
    container_drop();
}


# ---- numbers are remembered ----

sub mem { return get("/nodes/$_[0]/containers/$_[1]/mem") }

{
    my $list = { 5 => container('web1'), 6 => container('db') };

    containers($list);
    mem('s', 'web1') for 1 .. 3;
    mem('s', 'db') for 1 .. 2;
    is(join(', ', script_log()), 'corex.list, 5 info.mem, 5 info.mem, '
       . '5 info.mem, corex.list, 6 info.mem, 6 info.mem',
       'one look for each container');

    containers($list);
    mem('s2', 'web1') for 1 .. 2;
    is(join(', ', script_log()), 'corex.list, 5 info.mem, 5 info.mem',
       'and for each node');

    containers($list);
    $nginx->request('DELETE /nodes/s2/containers/web1/jobs') for 1 .. 2;
    mem('s2', 'web1');
    is(join(', ', script_log()), 'corex.list, 5 job.killall, corex.list, '
       . '5 job.killall, 5 info.mem', 'a change always looks');

    script_node('corex.list' => $list, '5 info.mem' => { total => 5 },
                'job.killall' => 'true');
    mem('s2', 'web1');
    $nginx->request('DELETE /nodes/s2/jobs');
    mem('s2', 'web1') for 1 .. 2;
    is(join(', ', script_log()), '5 info.mem, job.killall, corex.list, '
       . '5 info.mem, 5 info.mem', 'it is forgotten with all jobs of a node');

    # number 5 is gone, as the node says, and web1 is number 7 now
    for my $text ('container does not exist', 'invalid container id') {
        containers($list);
        $nginx->request('DELETE /nodes/s/containers/web1/jobs');
        script_node('corex.list' => { 7 => container('web1') },
                    '7 info.mem' => { total => 7 },
                    'corex.dispatch' => sub { $_[0]{container} == 5
                                              ? failure($text) : undef });
        is(mem('s', 'web1')->{total}, 7, "another number: $text");
        mem('s', 'web1');
        is(join(', ', script_log()), '5 lost, corex.list, 7 info.mem, '
           . '7 info.mem', 'one retry');
    }

    for my $request ('GET mem', 'GET jobs/x', 'DELETE jobs', 'DELETE jobs/x',
                     'DELETE processes/7', "POST jobs\n\n{\"name\":\"x\"}",
                     "POST jobs/x\n\n{}", "POST processes/7\n\n{}",
                     'GET disks', 'GET processes/7')
    {
        my ($line) = split /\n/, $request;

        script_node('corex.list' => $list,
                    'corex.dispatch' => failure('container does not exist'));
        is_answer($nginx->request($request =~ s{ }{ /nodes/s/containers/web1/}r),
                  "$line: the node contradicts itself", status => 404,
                  reason => 'absent', body => qr/no container \\"web1\\"/);
        like(join(', ', script_log()),
             qr/^(?:corex\.list, )?[57] lost, corex\.list, 5 lost$/,
             "$line: it gives up after one retry");
    }
}

$nginx->stop;

__DATA__

=== TEST 1: getContainerMemInfo: a name counts more than the first tag
--- init
::containers({ 1 => container('web1', hostname => 'x'),
               2 => container('y', name => 'web1'),
               3 => container('web1', hostname => 'z') });
--- response_body eval
::memory(2)



=== TEST 2: getContainerMemInfo: the first tag counts more than others
--- init
::containers({ 1 => container('x', tags => ['x', 'web1']),
               2 => container('y', tags => ['web1', 'y']),
               3 => container('z', tags => ['z', 'web1']) });
--- response_body eval
::memory(2)



=== TEST 3: getContainerMemInfo: whatever comes first
--- init
::containers({ 2 => container('y', tags => ['web1', 'y']),
               10 => container('z', tags => ['z', 'web1']),
               11 => container('x', tags => ['x', 'web1', 'web1']) });
--- response_body eval
::memory(2)



=== TEST 4: getContainerMemInfo: any tag will do when there is nothing better
--- init
::containers({ 1 => container('x'), 2 => container('y', tags => ['y', 'web1']),
               3 => container('web10'), 4 => container('web') });
--- response_body eval
::memory(2)



=== TEST 5: getContainerMemInfo: a host name that is the name of another one
--- init
container_create($_, 'db', hostname => 'web1') for qw( A B C );
container_create($_, 'web1', hostname => 'front') for qw( A B C );
--- request eval
[map { ("GET /nodes/$_/containers/web1/info",
        "GET /nodes/$_/containers/db/info") } qw( a b c )]
--- response_body_like eval
[('"hostname":"front"', '"hostname":"web1"') x 3]



=== TEST 6: getContainerMemInfo: the same without names, and in the other order
--- init
container_create('C', 'web1', hostname => 'front', name => '');
container_create('C', 'db', hostname => 'web1', name => '');
--- request eval
["GET /nodes/c/containers/web1/info", "GET /nodes/c/containers/db/info",
 "GET /nodes/c/containers/front/info"]
--- response_body_like eval
['"hostname":"front"', '"hostname":"web1"', '"hostname":"front"']



=== TEST 7: getContainerMemInfo: a name is all of it, in its own case
--- init
::containers({ 1 => container('web1'), 2 => container('Web1'),
               3 => container('web10'), 4 => container('web'),
               5 => container('web1.a'), 6 => container('x', name => 'WEB') });
--- request eval
[map { "GET /nodes/s/containers/$_/mem" }
 qw( web1 Web1 web10 web web1.a WEB we web1. WEB1 eb1 X )]
--- error_code eval
[(200) x 6, (404) x 5]
--- response_body_like eval
[(map { "\"total\":$_," } 1 .. 6), ("there is no container") x 5]



=== TEST 8: getContainerMemInfo: names that look like numbers
--- init
::containers({ 1 => container('2'), 2 => container('3'), 7 => container('1'),
               8 => container('x', name => '007') });
--- request eval
[map { "GET /nodes/s/containers/$_/mem" } 1, 2, 3, 7, 8, '007']
--- error_code eval
[200, 200, 200, 404, 404, 200]
--- response_body_like eval
['"total":7,', '"total":1,', '"total":2,', "no container", "no container",
 '"total":8,']



=== TEST 9: getContainerMemInfo: numbers beyond 32767
--- init
::containers({ 40000 => container('web1'), 65534 => container('web2'),
               32767 => container('web3'), 65535 => container('web4') });
--- request eval
["GET /nodes/s/containers/web1/mem", "GET /nodes/s/containers/web2/mem"]
--- response_body eval
[::memory(40000), ::memory(65534)]



=== TEST 10: getContainerMemInfo: what is no number of a container
--- init
::containers({ map { $_ => container('web1') } 0, -1, 65536, 4294967297,
               '18446744073709551617', 'x', '1x', ' 1', '0x1', '1.0', '' });
--- error_code: 404
--- response_body eval
$::Gone



=== TEST 11: getContainerMemInfo: ports that are not numbers
--- init
::containers({
    1 => container('x', port => { 'eth0:8080' => 80 }),
    2 => container('web1', port => { '192.0.2.1:8080' => 80, '80' => 8080,
                                     'eth0:8080-8090' => 1 }) });
--- response_body eval
::memory(2)



=== TEST 12: getContainerMemInfo: tags and names that are none
--- init
::containers({
    1 => container('x', tags => undef), 2 => container('x', tags => []),
    3 => container('x', tags => 'web1'), 4 => container('x', tags => {}),
    5 => container('x', name => undef, tags => [undef, 1, ['web1'], {}]),
    6 => container('x', name => 7), 7 => container('x', name => ['web1']),
    8 => container('web1', name => undef) });
--- response_body eval
::memory(8)



=== TEST 13: getContainerMemInfo: an empty name is none
--- init
::containers({ 1 => container('x', name => ''),
               2 => container('web1', name => '') });
--- response_body eval
::memory(2)



=== TEST 14: getContainerMemInfo: entries that are none
--- init
::containers({ 1 => undef, 2 => [], 3 => 'web1', 4 => 7, 5 => {},
               6 => { container => undef }, 7 => { container => [] },
               8 => { container => { arguments => undef } },
               9 => { container => { arguments => 'web1' } },
               10 => { container => { arguments => {} } },
               11 => container('web1') });
--- response_body eval
::memory(11)



=== TEST 15: getContainerMemInfo: no containers
--- init
::containers({});
--- error_code: 404
--- response_headers
X-Reason: absent
--- response_body eval
$::Gone



=== TEST 16: getContainerMemInfo: no containers, as Go spells it
--- init
::containers('null');
--- error_code: 404
--- response_body eval
$::Gone



=== TEST 17: getContainerMemInfo: containers that are no object
--- init
::containers('[]');
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 18: getContainerMemInfo: the node does not tell
--- init
::containers(failure('out of memory'));
--- error_code: 500
--- response_headers
X-Reason: failed
--- response_body
{"error":"out of memory"}



=== TEST 19: getContainerMemInfo: five thousand containers
--- init
::containers({ map({ $_ => container("x$_", tags => ["x$_", "t$_"]) }
                   100 .. 5100), 7 => container('web1') });
--- response_body eval
::memory(7)



=== TEST 20: killAllContainerJobs: the right one, of two with the name as a tag
--- init
::containers({ 1 => container('x', tags => ['x', 'web1']),
               2 => container('web1'), 3 => container('y', hostname => 'web1',
                                                      tags => ['y', 'web1']) });
--- request
DELETE /nodes/s/containers/web1/jobs
--- error_code: 204
