use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosContainer;
use ZosNginx;
use ZosProcess qw( wait_for );

# What goes on inside of containers: every operation on each generation.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node s $TEST_NGINX_SCRIPT;
    zos_core0_kill_grace 300ms;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes . ($block->http_config // ''));
    $block->set_value('config', <<'EOC');
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
});


# A container of this name on the nodes of all generations.
sub everywhere {
    my ($name) = @_;

    container_create($_, $name) for qw( A B C );
}


# One request for each generation; the path begins inside of web1.
sub each_node {
    my ($method, $path, $body) = @_;

    return [ map { "$method /nodes/$_/containers/web1$path"
                   . (defined $body ? "\n$body" : '') } qw( a b c ) ];
}


# All operations on a container, "METHOD path" and maybe a body.
our @Operations = (
    'POST /ping', map({ "GET /$_" } qw( state cpus mem nics info disks
        processes processes/7 jobs jobs/7 jobs/7/output )),
    map({ "DELETE /$_" } qw( processes/7 jobs jobs/7 )),
    "POST /processes\n{\"name\":\"true\"}", "POST /jobs\n{\"name\":\"true\"}",
    "POST /processes/7\n{}", "POST /jobs/7\n{}",
);


sub operations_on {
    my ($container, @nodes) = @_;

    return [ map { my $operation = $_;
                   map { $operation =~ s{ }{ /nodes/$_/containers/$container}r }
                       @nodes } @Operations ];
}


# What the scripted node answers for the disks of its container.
sub disks {
    my ($mounts, $list) = @_;

    script_node('corex.list' => { 5 => container('web1') },
                '5 info.disk' => ref $mounts eq 'ARRAY'
                    ? [ map { mount($_) } @$mounts ] : $mounts,
                'disk.list' => $list);
}


sub mount {
    my ($device) = @_;

    return { device => $device, mountpoint => "/mnt$device",
             fstype => 'btrfs', opts => 'rw' };
}

no_root_location();
no_long_string();
run_tests();

my $json = JSON::PP->new->utf8;
my $nginx = ZosNginx->start(http => $nodes);


sub get {
    my ($path) = @_;

    my $answer = $nginx->request("GET $path");
    return $answer->{status} == 200 ? $json->decode($answer->{body})
                                    : $answer->{status};
}


sub state_of {
    my ($path) = @_;

    my $job = get($path);
    return ref $job ? $job->{state} : $job;
}


sub ends {
    my ($path, $state, $name) = @_;

    wait_for { state_of($path) ne 'running' } 3;
    is(state_of($path), $state, $name);
}


# ---- programs, as jobs and as processes ----

for my $generation (qw( A B C )) {
    my $node = lc $generation;
    my $web1 = "/nodes/$node/containers/web1";
    my $signalled = $generation eq 'C' ? 'error' : 'killed';

    container_create($generation, 'web1');

    my ($one, $pid) = container_start($generation, 'web1', 'sleep 7; true');
    my $two = container_start($generation, 'web1', 'sleep 8; true');
    my $jobs = get("$web1/jobs");

    is(join(' ', map { $_->{id} } @$jobs), "$one $two", "$node: list of jobs");
    is_deeply(get("$web1/jobs/$one"), { id => $one, name => 'core.system',
              state => 'running', startTime => $jobs->[0]{startTime},
              level => 0, data => '', stdout => '', stderr => '' },
              "$node: a job that runs");

    my ($init, @processes) = @{ get("$web1/processes") };
    is($init->{pid}, 1, "$node: the first process");
    is($init->{cmdline}, '/coreX -hostname web1', "$node: is coreX");
    my ($process) = grep { $_->{pid} == $pid } @processes;
    is($process->{cmdline}, 'sh -c sleep 7; true', "$node: its process");
    is_deeply([ sort keys %$process ],
              [ qw( cmdline cpu pid rss swap vms ) ], "$node: members");
    is_deeply([ map { $_->{pid} } @processes ],
              [ sort { $a <=> $b } map { $_->{pid} } @processes ],
              "$node: processes are in order");
    is(get("$web1/processes/$pid")->{cmdline}, $process->{cmdline},
       "$node: one process");

    is_answer($nginx->request("DELETE $web1/processes/$pid"),
              "$node: kill a process", status => 204, body => qr/^$/);
    is(get("$web1/processes/$pid"), 404, "$node: it is gone");
    ends("$web1/jobs/$one", 'error', "$node: and its job has ended");
    is_answer($nginx->request("DELETE $web1/processes/$pid"),
              "$node: kill it again", status => 204);
    is_answer($nginx->request("POST $web1/processes/$pid\n\n{}"),
              "$node: signal it", status => 404, reason => 'absent');

    is_answer($nginx->request("DELETE $web1/jobs/$two"), "$node: kill a job",
              status => 204, body => qr/^$/);
    ends("$web1/jobs/$two", $signalled, "$node: it is killed");
    is_answer($nginx->request("DELETE $web1/jobs/$two"),
              "$node: kill it again", status => 204);
    is_answer($nginx->request("POST $web1/jobs/$two\n\n{}"),
              "$node: signal it", status => 404, reason => 'absent');
    is_deeply(get("$web1/jobs"), [], "$node: no jobs are left");
}


# ---- signals ----

# A program that says which signal it got; it has set its traps.
sub trapper {
    my ($generation) = @_;

    my ($id, $pid) = container_start($generation, 'web1',
        'trap "echo usr1; exit" USR1; trap "echo term; exit" TERM;'
        . 'touch /tmp/$$; while :; do sleep 0.02; done');

    wait_for { container_run($generation, 'web1', 'filesystem.exists',
                             { path => "/tmp/$pid" }) } 3;
    return ($id, $pid);
}

for my $generation (qw( A B C )) {
    my $node = lc $generation;
    my $web1 = "/nodes/$node/containers/web1";

    for my $case ([ '{"signal":10}', 'usr1' ], [ '{"signal":15}', 'term' ],
                  [ '{}', 'term' ], [ '{"signal":null}', 'term' ])
    {
        my ($body, $said) = @$case;

        for my $what (qw( jobs processes )) {
            my ($id, $pid) = trapper($generation);
            my $path = "$web1/$what/" . ($what eq 'jobs' ? $id : $pid);

            is_answer($nginx->request("POST $path\n\n$body"),
                      "$node: $body to one of $what", status => 204,
                      body => qr/^$/);
            wait_for { state_of("$web1/jobs/$id") ne 'running' } 3;
            is(get("$web1/jobs/$id")->{stdout}, "$said\n",
               "$node: it got $said");
        }
    }
}


# ---- processes that don't want to end, and those that have ended ----

for my $generation (qw( A B C )) {
    my $node = lc $generation;
    my $web1 = "/nodes/$node/containers/web1";
    my ($id, $pid) = container_start($generation, 'web1',
        'trap "" TERM; touch /tmp/deaf; while :; do sleep 0.02; done');

    wait_for { container_run($generation, 'web1', 'filesystem.exists',
                             { path => '/tmp/deaf' }) } 3;
    is_answer($nginx->request("DELETE $web1/processes/$pid"),
              "$node: after a grace", status => 204, after => 0.3);
    is(join(' ', map { $_->{signal} }
                 (core0_log($generation, 'process.kill'))[-2, -1]), '15 9',
       "$node: SIGTERM, then SIGKILL");
    is(get("$web1/processes/$pid"), 404, "$node: even this one ends");

    # nobody waits for the child of a program that is another one by now
    ($id, $pid) = container_start($generation, 'web1',
                                  'sleep 10 & exec sleep 11');
    my $child;

    wait_for {
        ($child) = map { $_->{pid} } grep { $_->{cmdline} eq 'sleep 10' }
                   @{ get("$web1/processes") };
    } 3;
    is_answer($nginx->request("DELETE $web1/processes/$child"),
              "$node: a zombie is gone", status => 204);
    is((core0_log($generation, 'process.kill'))[-1]{signal}, 15,
       "$node: and needs no SIGKILL");

    # all jobs of the container
    my @ids = map { scalar container_start($generation, 'web1', 'sleep 20') }
              1 .. 3;
    is_answer($nginx->request("DELETE $web1/jobs"), "$node: kill all jobs",
              status => 204, body => qr/^$/);
    ends("$web1/jobs/$_", $generation eq 'C' ? 'error' : 'killed',
         "$node: a job ends") for $id, @ids;
    is_deeply(get("$web1/jobs"), [], "$node: none is left");
    is(get("$web1/processes/1")->{pid}, 1, "$node: the container is");
    is_answer($nginx->request("DELETE $web1/jobs"), "$node: kill none",
              status => 204);
}


# ---- containers that do not answer: each of these takes its time ----

{
    container_create('C', 'web2');
    my @frozen = map { container_pid($_, 'web1') } qw( A B C );

    kill 'STOP', @frozen;
    my @asked = (map({ "POST /nodes/$_/containers/web1/ping" } qw( a b c )),
                 'GET /nodes/c/containers/web1/mem');
    core0_fault('C', 'stuck@corex.list');
    my @answers = $nginx->parallel(@asked,
                                   'POST /nodes/bad/containers/web2/ping');
    kill 'CONT', @frozen;

    is_answer($_, 'a frozen container does not answer the ping',
              body => qr/^false$/, reason => '', within => 6)
        for @answers[0 .. 2];
    is_answer($answers[3], 'a frozen container takes no command',
              status => 504, reason => 'not accepted', within => 6,
              body => qr/^\{"error":"container \\"web1\\" did not take the command"\}$/);
    # its number could not be had, so there is nothing else to say
    ok($answers[4]{seconds} < 6, 'a ping is bounded before that, too')
        || diag("$answers[4]{seconds} s, status $answers[4]{status}");
    is_answer($nginx->request('POST /nodes/c/containers/web1/ping'),
              'it is thawed', body => qr/^true$/);
    ZosCluster::restore();
}

container_drop();
$nginx->stop;

__DATA__

=== TEST 1: pingContainer: on each generation
--- init
::everywhere('web1');
--- request eval
::each_node('POST', '/ping')
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\nX-Reason:") x 3]
--- response_body eval
[("true\n") x 3]



=== TEST 2: pingContainer: a body is ignored
--- init
::everywhere('web1');
--- request eval
::each_node('POST', '/ping', '{"not JSON')
--- response_body eval
[("true\n") x 3]



=== TEST 3: pingContainer: a container that has ended
--- init
::everywhere('web1');
container_terminate($_, 'web1') for qw( A B C );
--- request eval
::each_node('POST', '/ping')
--- error_code eval
[404, 404, 404]



=== TEST 4: pingContainer: the command fails inside
--- init
container_create('C', 'web1');
core0_fault('C', 'state@core.ping:ERROR:500:no');
--- request
POST /nodes/bad/containers/web1/ping
--- response_headers
X-Reason:
--- response_body
false



=== TEST 5: getContainerState: every operation on a container that is not there
--- request eval
::operations_on('nope', 'a', 'b', 'c')
--- error_code eval
[(404) x (3 * @::Operations)]
--- response_headers eval
[("Content-Type: application/json\nX-Reason: absent") x (3 * @::Operations)]
--- response_body eval
[(map { qq({"error":"there is no container \\"nope\\" on node \\"$_\\""}\n) }
  qw( a b c )) x @::Operations]



=== TEST 6: getContainerState: every operation on a node that is not there
--- request eval
::operations_on('web1', 'zz')
--- error_code eval
[(404) x @::Operations]
--- response_body eval
[("{\"error\":\"node \\\"zz\\\" is not known\"}\n") x @::Operations]



=== TEST 7: getContainerState: every operation on what is no name
--- request eval
[map { @{ ::operations_on($_, 'c') } } '..', '%2e', 'a%2Fb', '-', 'a%20b']
--- error_code eval
[(400) x (5 * @::Operations)]
--- response_headers eval
[("X-Reason: bad parameter") x (5 * @::Operations)]



=== TEST 8: getContainerState: four numbers
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/state')
--- response_body_like eval
[('^\{"cpu":[\d.]+,"rss":[1-9]\d+,"swap":\d+,"vms":[1-9]\d+\}\n$') x 3]



=== TEST 9: getContainerCPUInfo: one entry for each CPU
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/cpus')
--- response_body_like eval
[('^\[(?:\{"cacheSize":\d+,"cores":\d+,"family":"[^"]*","flags":\['
  . '(?:"[^"]+",?)*\],"mhz":[\d.]+\},?)+\]\n$') x 3]



=== TEST 10: getContainerCPUInfo: exactly these members, in the order of the CPUs
--- init
container_create('C', 'web1');
core0_fault('C', 'data@info.cpu:[{"cpu":10,"mhz":2600.5,"flags":null},{"cpu":9,"vendorId":"x","family":"6","cores":1,"flags":["fpu","vme"],"cacheSize":15360,"mhz":2600}]');
--- request
GET /nodes/bad/containers/web1/cpus
--- response_body eval
'[{"cacheSize":15360,"cores":1,"family":"6","flags":["fpu","vme"],'
. '"mhz":2600},{"cacheSize":0,"cores":0,"family":"","flags":[],'
. '"mhz":2600.5}]' . "\n"



=== TEST 11: getContainerMemInfo: one object, not a list
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/mem')
--- response_body_like eval
[('^\{"active":\d+,"available":\d+,"buffers":\d+,"cached":\d+,"free":\d+,'
  . '"inactive":\d+,"total":[1-9]\d+,"used":\d+,"usedPercent":[\d.]+,'
  . '"wired":0\}\n$') x 3]



=== TEST 12: getContainerMemInfo: digits as the node spells them
--- init
container_create('C', 'web1');
core0_fault('C', 'data@info.mem:{"total":18446744073709551615,"usedPercent":30.815787064362617,"free":9007199254740993,"wired":null}');
--- request
GET /nodes/bad/containers/web1/mem
--- response_body eval
'{"active":0,"available":0,"buffers":0,"cached":0,"free":9007199254740993,'
. '"inactive":0,"total":18446744073709551615,"used":0,'
. '"usedPercent":30.815787064362617,"wired":0}' . "\n"



=== TEST 13: getContainerMemInfo: a failure inside has its own code
--- init
container_create('C', 'web1');
core0_fault('C', 'state@info.mem:ERROR:409:not now');
--- request
GET /nodes/bad/containers/web1/mem
--- error_code: 409
--- response_headers
X-Reason: failed
--- response_body
{"error":"not now"}



=== TEST 14: getContainerMemInfo: a container that is too old
--- init
container_create('C', 'web1');
core0_fault('C', 'state@info.mem:UNKNOWN_CMD:0:');
--- request
GET /nodes/bad/containers/web1/mem
--- error_code: 501
--- response_headers
X-Reason: unknown command



=== TEST 15: getContainerMemInfo: an answer that is none
--- init
container_create('C', 'web1');
core0_fault('C', 'envelope@info.mem:level0');
--- request
GET /nodes/bad/containers/web1/mem
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 16: getContainerNicInfo: each has a name
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/nics')
--- response_body_like eval
[('^\[(?:\{"addrs":\[[^]]*\],"flags":\[[^]]*\],"hardwareaddr":"[^"]*",'
  . '"mtu":\d+,"name":"[^"]+"\},?)+\]\n$') x 3]



=== TEST 17: getContainerNicInfo: in order; lists that are null
--- init
container_create('C', 'web1');
core0_fault('C', 'data@info.nic:[{"name":"lo","mtu":65536,"hardwareaddr":"","flags":null,"addrs":null,"speed":0},{"name":"eth0","mtu":1500,"hardwareaddr":"52:54:00:12:34:56","flags":["up"],"addrs":[{"addr":"192.0.2.1/24"},{"addr":"::1/128"}],"speed":4294967295}]');
--- request
GET /nodes/bad/containers/web1/nics
--- response_body eval
'[{"addrs":["192.0.2.1/24","::1/128"],"flags":["up"],"hardwareaddr":'
. '"52:54:00:12:34:56","mtu":1500,"name":"eth0"},{"addrs":[],"flags":[],'
. '"hardwareaddr":"","mtu":65536,"name":"lo"}]' . "\n"



=== TEST 18: getContainerNicInfo: no interfaces
--- init
container_create('C', 'web1');
core0_fault('C', 'data@info.nic:null');
--- request
GET /nodes/bad/containers/web1/nics
--- response_body
[]



=== TEST 19: getContainerOSInfo: the host name is the container's
--- init
container_create($_, 'web1', hostname => 'front') for qw( A B C );
--- request eval
::each_node('GET', '/info')
--- response_body_like eval
[('^\{"bootTime":[1-9]\d+,"hostname":"front","os":"linux","platform":"[^"]*",'
  . '"platformFamily":"[^"]*","platformVersion":"[^"]*","procs":\d+,'
  . '"uptime":\d+,"virtualizationRole":"[^"]*",'
  . '"virtualizationSystem":"[^"]*"\}\n$') x 3]



=== TEST 20: getContainerDiskInfo: on each generation
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/disks')
--- response_body_like eval
[('^\[(?:\{"device":"/dev/[^"]+","size":\d+,"type":"[a-z]+",'
  . '"partitions":\[.*?\]\},?)*\]\n$') x 3]



=== TEST 21: getContainerDiskInfo: disks with a mount, nested
--- init
::disks([qw( /dev/sdb /dev/sda2 /dev/sda1 /dev/sdaa1 tmpfs /dev/mapper/x )],
    { blockdevices => [
        { name => 'sdb', size => '8000000000000', rota => '1',
          type => 'disk' },
        { name => 'sdaa', size => '2147483648', rota => '0', type => 'disk',
          children => [ { name => 'sdaa1', size => '1073741824',
                          type => 'part' } ] },
        { name => 'sda', size => '107374182400', rota => '1', type => 'disk',
          children => [ { name => 'sda1', size => '5368709120',
                          fstype => 'btrfs', label => 'cache',
                          partuuid => '2c9b', type => 'part' },
                        { name => 'sda2', size => '1', type => 'part' } ] },
        { name => 'sd', size => '1', type => 'disk' },
        { name => 'sdb1x', size => '1', type => 'disk' },
        { name => 'sdc', size => '1', type => 'disk', children =>
          [ { name => 'sdc1', type => 'part' } ] } ] });
--- request
GET /nodes/s/containers/web1/disks
--- response_body eval
'[{"device":"/dev/sda","size":100,"type":"hdd","partitions":['
. '{"name":"/dev/sda1","size":5,"partuuid":"2c9b","label":"cache",'
. '"fstype":"btrfs"},{"name":"/dev/sda2","size":0,"partuuid":"","label":"",'
. '"fstype":""}]},{"device":"/dev/sdaa","size":2,"type":"ssd","partitions":['
. '{"name":"/dev/sdaa1","size":1,"partuuid":"","label":"","fstype":""}]},'
. '{"device":"/dev/sdb","size":7450,"type":"archive","partitions":[]}]' . "\n"



=== TEST 22: getContainerDiskInfo: disks with a mount, flat
--- init
::disks([qw( /dev/nvme0n1p2 /dev/sdb1 )],
    [ { name => 'sdb1', size => 1, type => 'part', pkname => 'sdb' },
      { name => 'sdb', size => 107374182400, rota => '1', type => 'disk' },
      { name => 'nvme0n1', size => 1073741824, rota => '0', type => 'disk',
        pkname => undef },
      { name => 'nvme0n1p1', size => 7, type => 'part',
        pkname => 'nvme0n1' },
      { name => 'nvme0n1p2', size => 1073741824, type => 'part',
        pkname => 'nvme0n1', fstype => 'ext4', label => undef },
      { name => 'nvme0n1p20', size => 7, type => 'part', pkname => 'nvme1n1' },
      { name => 'nvme1n1', size => 7, type => 'disk' },
      { name => 'sr0', size => 7, type => 'rom' } ]);
--- request
GET /nodes/s/containers/web1/disks
--- response_body eval
'[{"device":"/dev/nvme0n1","size":1,"type":"nvme","partitions":['
. '{"name":"/dev/nvme0n1p1","size":0,"partuuid":"","label":"","fstype":""},'
. '{"name":"/dev/nvme0n1p2","size":1,"partuuid":"","label":"",'
. '"fstype":"ext4"}]},{"device":"/dev/sdb","size":100,"type":"hdd",'
. '"partitions":[{"name":"/dev/sdb1","size":0,"partuuid":"","label":"",'
. '"fstype":""}]}]' . "\n"



=== TEST 23: getContainerDiskInfo: a container that has no disk at all
--- init
::disks('null', [ { name => 'sda', size => 1, type => 'disk' } ]);
--- request
GET /nodes/s/containers/web1/disks
--- response_body
[]



=== TEST 24: getContainerDiskInfo: mounts of no disk
--- init
::disks([qw( overlay tmpfs /dev/ sda /dev/sdb1 )],
        [ { name => 'sda', size => 1, type => 'disk' },
          { name => 'sdb', size => 1, type => 'disk' } ]);
--- request
GET /nodes/s/containers/web1/disks
--- response_body
[]



=== TEST 25: getContainerDiskInfo: the mounts are no list
--- init
::disks('{"device":"/dev/sda"}', []);
--- request
GET /nodes/s/containers/web1/disks
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 26: getContainerDiskInfo: the node does not know its disks
--- init
::disks(['/dev/sda'], failure('lsblk: not found'));
--- request
GET /nodes/s/containers/web1/disks
--- error_code: 500
--- response_headers
X-Reason: failed
--- response_body
{"error":"lsblk: not found"}



=== TEST 27: listContainerProcesses: coreX alone
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/processes')
--- response_body_like eval
[('^\[\{"cmdline":"/coreX -hostname web1","cpu":\{"guestnice":0,"idle":0,'
  . '"iowait":0,"irq":0,"nice":0,"softirq":0,"steal":0,"stolen":0,'
  . '"system":[\d.]+,"user":[\d.]+\},"pid":\d+,"rss":\d+,"swap":\d+,'
  . '"vms":\d+\}\]\n$') x 3]



=== TEST 28: getContainerProcess: numbers
--- init
container_create('C', 'web1');
--- request eval
[map { "GET /nodes/c/containers/web1/processes/$_" }
 qw( 0 00 01 -1 +1 1x x 0x1 1.0 1e3 %31%00 2147483648 9999999999
     18446744073709551617 2147483647 999999 )]
--- error_code eval
[(400) x 14, 404, 404]



=== TEST 29: killContainerProcess: the first process, and what is no number
--- init
container_create('C', 'web1');
--- request eval
[map({ "DELETE /nodes/c/containers/web1/processes/$_" } qw( 1 0 x 999999 )),
 "POST /nodes/c/containers/web1/ping"]
--- error_code eval
[400, 400, 400, 204, 200]



=== TEST 30: killContainerProcess: the node does not permit it
--- init
container_create('C', 'web1');
core0_fault('C', 'state@process.kill:ERROR:500:operation not permitted');
--- request
DELETE /nodes/bad/containers/web1/processes/7
--- error_code: 403



=== TEST 31: killContainerProcess: it survives
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 process.kill' => undef,
            '5 process.list' => [ { pid => 7, cmdline => 'x', rss => 9 } ]);
--- request
DELETE /nodes/s/containers/web1/processes/7
--- timeout: 5
--- error_code: 500
--- response_body
{"error":"process 7 survived SIGTERM and SIGKILL"}



=== TEST 32: sendSignalToProcess: the first process, and what is no number
--- init
container_create('C', 'web1');
--- request eval
[map { "POST /nodes/c/containers/web1/processes/$_\n{\"signal\":9}" }
 qw( 1 0 x 999999 )]
--- error_code eval
[400, 400, 400, 404]



=== TEST 33: sendSignalToProcess: signals that are none, here and for jobs
--- init
container_create('C', 'web1');
--- request eval
[map { my $body = $_; map { "POST /nodes/c/containers/web1/$_/7\n$body" }
                      qw( processes jobs ) }
 map { "{\"signal\":$_}" }
 qw( 0 -1 65 1.5 15.0 1e1 "9" true [9] {} 99999999999999999999 )]
--- error_code eval
[(400) x 22]
--- response_body_like eval
[('^\{"error":"signal must be (?:an integer|from 1 to 64)"\}\n$') x 20,
 ('^\{"error":"[^"]+"\}\n$') x 2]



=== TEST 34: sendSignalToProcess: what the node says to it
--- init
container_create('C', 'web1');
core0_fault('C', 'state@process.kill:ERROR:500:operation not permitted');
--- request
POST /nodes/bad/containers/web1/processes/7
{"signal":64}
--- error_code: 403



=== TEST 35: sendSignalToProcess: a signal that the node does not know
--- init
container_create('C', 'web1');
core0_fault('C', 'state@process.kill:ERROR:500:invalid argument');
--- request
POST /nodes/bad/containers/web1/processes/7
{"signal":64}
--- error_code: 400



=== TEST 36: listContainerJobs: none but the call itself
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/jobs')
--- response_body eval
[("[]\n") x 3]



=== TEST 37: listContainerJobs: by start time, then by id
--- init
script_node('corex.list' => { 5 => container('web1') },
    '5 job.list' => [ map { { starttime => $_->[0], cmd => { id => $_->[1],
        command => 'core.system', tags => $_->[2] } } }
        [ 20, 'b', '' ], [ 3, 'z', undef ], [ 20, 'a', ['x'] ],
        [ -6795364578871, 'q' ], [ 1491984742526, '10' ] ]);
--- request
GET /nodes/s/containers/web1/jobs
--- response_body eval
'[{"id":"q","startTime":-6795364578871},{"id":"z","startTime":3},'
. '{"id":"a","startTime":20},{"id":"b","startTime":20},'
. '{"id":"10","startTime":1491984742526}]' . "\n"



=== TEST 38: startContainerJob: 202 and where it is
--- init
::everywhere('web1');
--- request eval
::each_node('POST', '/jobs', '{"name":"true"}')
--- error_code eval
[202, 202, 202]
--- response_headers_like eval
[map { "Location: /nodes/$_/containers/web1/jobs/[0-9a-f-]{36}" } qw( a b c )]
--- response_body eval
[("") x 3]



=== TEST 39: startContainerProcess: 202 and where its job is
--- init
::everywhere('web1');
--- request eval
::each_node('POST', '/processes', '{"name":"true"}')
--- error_code eval
[202, 202, 202]
--- response_headers_like eval
[map { "Location: /nodes/$_/containers/web1/jobs/[0-9a-f-]{36}" } qw( a b c )]
--- response_body eval
[("") x 3]



=== TEST 40: getContainerJob: one that is not there
--- init
::everywhere('web1');
--- request eval
::each_node('GET', '/jobs/none')
--- error_code eval
[404, 404, 404]
--- response_headers eval
[("X-Reason: absent") x 3]
--- response_body eval
[("{\"error\":\"there is no job \\\"none\\\"\"}\n") x 3]



=== TEST 41: sendSignalToJob: one that is not there
--- init
::everywhere('web1');
--- request eval
::each_node('POST', '/jobs/none', '{"signal":9}')
--- error_code eval
[404, 404, 404]
--- response_body eval
[("{\"error\":\"there is no job \\\"none\\\"\"}\n") x 3]



=== TEST 42: killContainerJob: one that is not there
--- init
::everywhere('web1');
--- request eval
::each_node('DELETE', '/jobs/none')
--- error_code eval
[204, 204, 204]
--- response_body eval
[("") x 3]



=== TEST 43: killContainerJob: it dies before the node has noted who killed it
--- init
container_create('C', 'web1');
core0_fault('C', 'stuck@job.kill');
--- http_config
    zos_core0_timeout 300ms;
--- request
DELETE /nodes/bad/containers/web1/jobs/none
--- error_code: 204



=== TEST 44: killAllContainerJobs: none are left
--- init
::everywhere('web1');
container_start($_, 'web1', 'sleep 9') for qw( A B C );
--- request eval
::each_node('DELETE', '/jobs')
--- error_code eval
[204, 204, 204]
--- response_body eval
[("") x 3]



=== TEST 45: getContainerOSInfo: the container takes its time
--- init
container_create('C', 'web1');
core0_fault('C', 'late@info.os:1200');
--- request
GET /nodes/bad/containers/web1/info
--- response_body_like: "hostname":"web1"



=== TEST 46: getContainerOSInfo: a result that never comes
--- init
container_create('C', 'web1');
core0_fault('C', 'stuck@info.os');
--- http_config
    zos_core0_timeout 300ms;
--- request
GET /nodes/bad/containers/web1/info
--- error_code: 504
--- response_headers
X-Reason: timeout
--- response_body
{"error":"node \"bad\" gave no result in time"}



=== TEST 47: getContainerState: the answer is too large
--- init
container_create('C', 'web1');
core0_fault('C', 'oversize@core.state:200000');
--- http_config
    zos_core0_max_reply 64k;
--- request
GET /nodes/bad/containers/web1/state
--- error_code: 502
--- response_headers
X-Reason: too large
