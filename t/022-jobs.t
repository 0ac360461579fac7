use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;

# Jobs of nodes of every generation: listed, looked at while they run and
# after their end, and killed.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', nodes()) if !defined $block->http_config;
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
});


sub nodes {
    return <<'NODES';
        zos_zone zos:1m;
        zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
        zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
        zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
        zos_node bad-a 127.0.0.1:$TEST_NGINX_CORE0_A_BAD;
        zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
NODES
}


# Gives a node a command, a script as a rule.
sub submit {
    my ($generation, $id, $script, %more) = @_;

    my $command = {
        id => $id, command => 'bash', arguments => { script => $script },
        queue => '', %more,
    };

    core0_redis($generation, 'RPUSH', 'core:default',
                JSON::PP::encode_json($command));
}


sub running {
    my ($generation, $id) = @_;

    return grep { $_->{id} eq $id && $_->{pid} > 0 }
           @{ core0_control($generation, 'jobs') };
}


# A program that runs until it is killed, and does not mind SIGTERM.
sub start {
    my ($generation, $id, %more) = @_;

    submit($generation, $id, q(trap '' TERM; while :; do sleep 60; done),
           %more);
    wait_for { running($generation, $id) } 5
        or die "job $id of node $generation does not start\n";
}


# A program that has ended.
sub ended {
    my ($generation, $id, $script, %more) = @_;

    submit($generation, $id, $script, %more);
    wait_for { core0_redis($generation, 'LLEN', "result:$id") > 0 } 5
        or die "job $id of node $generation does not end\n";
}


# A result as a node would have put it.
sub result {
    my ($generation, $id, $envelope) = @_;

    core0_redis($generation, 'RPUSH', "result:$id:flag", '');
    core0_redis($generation, 'RPUSH', "result:$id", $envelope);
}


sub envelope {
    my ($generation, $id, %member) = @_;

    my %envelope = (
        id => $id, command => 'bash', data => '', streams => [ 'out', 'err' ],
        level => 0, state => 'SUCCESS', starttime => 1491984742526,
        time => 41, container => 0, %member,
    );

    delete $envelope{$_} for grep { !defined $envelope{$_} } keys %envelope;
    result($generation, $id, JSON::PP->new->canonical->encode(\%envelope));
}


# A body filter: the rest of the block happens after the program is gone.
sub gone {
    my ($generation, $id) = @_;

    return sub {
        my ($body) = @_;

        wait_for { !running($generation, $id) } 5
            or return "job $id of node $generation still runs\n";
        return $body;
    };
}


# A body filter: the ids of a list, in alphabetical order.
sub ids { return join ' ', (sort $_[0] =~ /"id":"([^"]*)"/g), "\n" }


# A body filter: what differs from run to run.
sub timeless {
    my ($body) = @_;

    $body =~ s/"startTime":\d{13}/"startTime":N/g;
    return $body;
}


# A body filter: how long a node will keep a result.
sub ttl {
    my ($generation, $id) = @_;

    return sub {
        my @left = map { core0_redis($generation, 'TTL', $_) }
                   "result:$id", "result:$id:flag";
        my $kept = grep { $_ > 0 && $_ <= 300 } @left;

        return $kept == 2 ? "kept\n" : "TTL @left\n";
    };
}


sub job {
    my ($id, %member) = @_;

    my %job = (
        data => '""', id => qq("$id"), level => 0, name => '"bash"',
        startTime => 'N', state => '"running"', stderr => '""',
        stdout => '""', %member,
    );

    return '{' . join(',', map { qq("$_":$job{$_}) } sort keys %job) . "}\n";
}


sub absent { return qq({"error":"there is no job \\"$_[0]\\""}\n) }

our $Made = '1491984742526';

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodeJobs: a node after its boot, without the call itself
--- init
core0_start('C');
--- request
GET /nodes/c/jobs
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_filters eval
\&::ids
--- response_body eval
"kvm.events kvm.monitor monitor.cpu monitor.disk monitor.memory "
. "monitor.network redis \n"



=== TEST 2: listNodeJobs: old nodes after their boot
--- init
core0_start('A');
core0_start('B');
--- request eval
["GET /nodes/a/jobs", "GET /nodes/b/jobs"]
--- response_body_filters eval
[([\&::ids]) x 2]
--- response_body eval
[("monitor.cpu monitor.disk monitor.memory monitor.network \n") x 2]



=== TEST 3: listNodeJobs: programs, in the order of their start
--- init
for my $generation (qw( A B C )) {
    main::start($generation, $_) for qw( list-z list-a );
}
--- request eval
["GET /nodes/a/jobs", "GET /nodes/b/jobs", "GET /nodes/c/jobs"]
--- response_body_like eval
[('\A\[(?:\{"id":"[^"]+","startTime":\d{13}\},?)*'
  . '\{"id":"list-z","startTime":\d+\},(?:\{[^}]*\},)*'
  . '\{"id":"list-a","startTime":\d+\}(?:,\{[^}]*\})*\]\n\z') x 3]



=== TEST 4: listNodeJobs: sorted by start, then by id
--- init
core0_fault('C', 'data:['
. '{"cpu":0,"starttime":1491984742526,"cmd":{"id":"b","command":"x"}},'
. '{"cpu":0,"starttime":10,"cmd":{"id":"f","command":"x"}},'
. '{"cpu":0,"starttime":1491984742526,"cmd":{"id":"a","command":"x"}},'
. '{"cpu":0,"starttime":9007199254740993,"cmd":{"id":"h","command":"x"}},'
. '{"cpu":0,"starttime":9007199254740992,"cmd":{"id":"i","command":"x"}},'
. '{"cpu":0,"starttime":9,"cmd":{"id":"g","tags":["t"],"command":""}},'
. '{"cpu":0,"starttime":-6795364578871,"cmd":{"id":"queued"}}]');
--- request
GET /nodes/bad/jobs
--- response_body eval
'[' . CORE::join(',', map { qq({"id":"$_->[0]","startTime":$_->[1]}) }
    ['queued', -6795364578871], ['g', 9], ['f', 10], ['a', 1491984742526],
    ['b', 1491984742526], ['i', '9007199254740992'],
    ['h', '9007199254740993']) . "]\n"



=== TEST 5: listNodeJobs: members that are absent or null
--- init
core0_fault('C', 'data:[{},{"starttime":null,"cmd":null},'
                 . '{"starttime":1,"cmd":{"id":null}}]');
--- request
GET /nodes/bad/jobs
--- response_body
[{"id":"","startTime":0},{"id":"","startTime":0},{"id":"","startTime":1}]



=== TEST 6: listNodeJobs: an id that is no text
--- init
core0_fault('C', 'data:[{"starttime":1,"cmd":{"id":7}}]');
--- request
GET /nodes/bad/jobs
--- error_code: 502



=== TEST 7: getNodeJob: a job that runs, on nodes of every generation
--- init
main::start($_, 'running-1') for qw( A B C );
--- request eval
["GET /nodes/a/jobs/running-1", "GET /nodes/b/jobs/running-1",
 "GET /nodes/c/jobs/running-1", "GET /nodes/c/jobs/running%2D1"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 4]
--- response_body_filters eval
[([\&::timeless]) x 4]
--- response_body eval
[(::job("running-1")) x 4]



=== TEST 8: getNodeJob: a job that runs has the start time of the list
--- init
main::start('C', 'running-2');
--- request eval
["GET /nodes/c/jobs", "GET /nodes/c/jobs/running-2"]
--- response_body_filters eval
[[sub { $::Start = $_[0] =~ /\{"id":"running-2","startTime":(\d+)\}/ ? $1
                                                                  : "none" }],
 [sub { $_[0] =~ /"startTime":(\d+)/ && $1 eq $::Start ? "same" : $_[0] }]]
--- response_body_like eval
['^\d{13}$', '^same$']



=== TEST 9: getNodeJob: a job that every node runs
--- request eval
["GET /nodes/a/jobs/monitor.cpu", "GET /nodes/b/jobs/monitor.cpu",
 "GET /nodes/c/jobs/monitor.cpu"]
--- response_body_filters eval
[([\&::timeless]) x 3]
--- response_body eval
[(::job("monitor.cpu", name => '"monitor"')) x 3]



=== TEST 10: getNodeJob: a job that runs, with tags as its generation has them
--- init
main::start('A', 'running-3', tags => 'one,two');
main::start('B', 'running-3', tags => 'one,two');
main::start('C', 'running-3', tags => [ 'one', 'two' ]);
--- request eval
["GET /nodes/a/jobs/running-3", "GET /nodes/b/jobs/running-3",
 "GET /nodes/c/jobs/running-3"]
--- response_body_filters eval
[([\&::timeless]) x 3]
--- response_body eval
[(::job("running-3")) x 3]



=== TEST 11: getNodeJob: a program that ended well
--- init
main::ended($_, 'success-1', 'echo one; echo two; echo three >&2')
    for qw( A B C );
--- request eval
["GET /nodes/a/jobs/success-1", "GET /nodes/b/jobs/success-1",
 "GET /nodes/c/jobs/success-1"]
--- response_body_filters eval
[([\&::timeless]) x 3]
--- response_body eval
[(::job("success-1", state => '"success"', stdout => '"one\ntwo\n"',
        stderr => '"three\n"')) x 2,
 ::job("success-1", state => '"success"', stdout => '"one\ntwo\n"',
       stderr => '"three"')]



=== TEST 12: getNodeJob: a look does not take the result away
--- init
main::ended($_, 'success-2', 'echo one') for qw( A B C );
--- request eval
[map { ("GET /nodes/$_/jobs/success-2") x 3 } qw( a b c )]
--- response_body_filters eval
[([\&::timeless], [\&::timeless], [::ttl("A", "success-2")],
  [\&::timeless], [\&::timeless], [::ttl("B", "success-2")],
  [\&::timeless], [\&::timeless], [::ttl("C", "success-2")])]
--- response_body_like eval
[('"state":"success"', '"stdout":"one\\\\n"', '^kept$') x 3]



=== TEST 13: getNodeJob: characters of all kinds in the output
--- init
main::ended('C', 'success-3', q(printf 'a\tb"c"\\\\ \303\251 \001 <&>/'));
--- request
GET /nodes/c/jobs/success-3
--- response_body_filters eval
sub { JSON::PP::decode_json($_[0])->{stdout} }
--- response_body eval
"a\tb\"c\"\\ \xe9 \x01 <&>/\n"



=== TEST 14: getNodeJob: a command with a result
--- init
main::ended($_, 'success-4', '', command => 'core.ping', arguments => {})
    for qw( A B C );
--- request eval
["GET /nodes/a/jobs/success-4", "GET /nodes/b/jobs/success-4",
 "GET /nodes/c/jobs/success-4"]
--- response_body_like eval
[('\A\{"data":"\\\\"PONG Version: [^"]+\\\\"","id":"success-4","level":20,'
  . '"name":"core\.ping","startTime":\d{13},"state":"success","stderr":"",'
  . '"stdout":""\}\n\z') x 3]



=== TEST 15: getNodeJob: a program with a result of its own
--- init
main::ended($_, 'success-5', q(echo '20::{"a": [1.50, "\"b\""]}'))
    for qw( A B C );
--- request eval
["GET /nodes/a/jobs/success-5", "GET /nodes/b/jobs/success-5",
 "GET /nodes/c/jobs/success-5"]
--- response_body_filters eval
[([sub { my $job = JSON::PP::decode_json($_[0]);
         "$job->{level} $job->{data}\n" }]) x 3]
--- response_body_like eval
[('\A20 \{"a": \[1\.50, "\\\\"b\\\\""\]\}\s*\z') x 3]



=== TEST 16: getNodeJob: tags of a job that ended, by generation
--- init
main::ended('A', 'success-6', 'true', tags => 'one,two');
main::ended('B', 'success-6', 'true', tags => 'one,two');
main::ended('C', 'success-6', 'true', tags => [ 'one', 'two' ]);
--- request eval
["GET /nodes/a/jobs/success-6", "GET /nodes/b/jobs/success-6",
 "GET /nodes/c/jobs/success-6"]
--- response_body_filters eval
[([\&::timeless]) x 3]
--- response_body eval
[(::job("success-6", state => '"success"')) x 3]



=== TEST 17: getNodeJob: a program that failed
--- init
main::ended($_, 'error-1', 'echo out; echo no >&2; exit 3') for qw( A B C );
--- request eval
["GET /nodes/a/jobs/error-1", "GET /nodes/b/jobs/error-1",
 "GET /nodes/c/jobs/error-1"]
--- response_body_like eval
[('\A\{"data":"","id":"error-1","level":0,"name":"bash","startTime":\d{13},'
  . '"state":"error","stderr":"no\\\\n","stdout":"out(?:\\\\n)?"\}\n\z') x 3]



=== TEST 18: getNodeJob: a program that is not there
--- init
main::ended($_, 'error-2', '', command => 'core.system',
            arguments => { name => 'no-such-program', args => [] })
    for qw( A B C );
--- request eval
["GET /nodes/a/jobs/error-2", "GET /nodes/b/jobs/error-2",
 "GET /nodes/c/jobs/error-2"]
--- response_body_like eval
[('\A\{"data":"exec: \\\\"no-such-program\\\\": executable file not found in '
  . '\$PATH","id":"error-2","level":0,"name":"core\.system",'
  . '"startTime":\d+,"state":"error","stderr":"","stdout":""\}\n\z') x 3]



=== TEST 19: getNodeJob: a command that failed
--- init
main::ended('C', 'error-3', '', command => 'process.kill',
            arguments => { pid => 1, signal => 9 });
--- request
GET /nodes/c/jobs/error-3
--- response_body_filters eval
\&::timeless
--- response_body eval
::job("error-3", data => '"\"invalid PID\""', level => 20,
      name => '"process.kill"', state => '"error"')



=== TEST 20: getNodeJob: a command that the node does not know
--- init
main::ended($_, 'unknown-1', '', command => 'no.such', arguments => {})
    for qw( A B C );
--- request eval
["GET /nodes/a/jobs/unknown-1", "GET /nodes/b/jobs/unknown-1",
 "GET /nodes/c/jobs/unknown-1"]
--- response_body_filters eval
[([\&::timeless]) x 3]
--- response_body_like eval
[('"name":"no\.such","startTime":\w+,"state":"unknown_cmd","stderr":"",'
  . '"stdout":""\}\n\z') x 3]



=== TEST 21: getNodeJob: a program that took too long
--- init
main::ended('C', 'timeout-1', 'sleep 60', max_time => 1);
--- request
GET /nodes/c/jobs/timeout-1
--- response_body_filters eval
\&::timeless
--- response_body eval
::job("timeout-1", state => '"timeout"')



=== TEST 22: getNodeJob: every state in its documented spelling
--- init
for my $state (qw( SUCCESS ERROR TIMEOUT KILLED UNKNOWN_CMD DUPILICATE_ID
                   DUPLICATE_ID NEW_STATE )) {
    main::envelope('C', 'state-' . $state, state => $state);
}
--- request eval
[map { "GET /nodes/c/jobs/state-$_" }
 qw( SUCCESS ERROR TIMEOUT KILLED UNKNOWN_CMD DUPILICATE_ID DUPLICATE_ID
     NEW_STATE )]
--- response_body eval
[map { my ($name, $state) = @$_;
       ::job("state-$name", state => qq("$state"), stdout => '"out"',
             stderr => '"err"', startTime => $::Made) }
 [qw( SUCCESS success )], [qw( ERROR error )], [qw( TIMEOUT timeout )],
 [qw( KILLED killed )], [qw( UNKNOWN_CMD unknown_cmd )],
 [qw( DUPILICATE_ID duplicate_id )], [qw( DUPLICATE_ID duplicate_id )],
 [qw( NEW_STATE new_state )]]



=== TEST 23: getNodeJob: an id that old nodes were given twice
--- init
for my $generation (qw( A B )) {
    main::start($generation, 'twice-1');
    main::ended($generation, 'twice-1', 'echo never');
}
--- request eval
["GET /nodes/a/jobs/twice-1", "GET /nodes/b/jobs/twice-1"]
--- response_body_filters eval
[([\&::timeless]) x 2]
--- response_body eval
[(::job("twice-1")) x 2]



=== TEST 24: getNodeJob: the last of two results
--- init
main::envelope('A', 'twice-2', state => 'DUPILICATE_ID',
               data => 'duplicate job id');
main::envelope('A', 'twice-2', state => 'SUCCESS');
main::envelope('A', 'twice-3', state => 'SUCCESS');
main::envelope('A', 'twice-3', state => 'DUPILICATE_ID', streams => undef,
               data => 'duplicate job id');
--- request eval
["GET /nodes/a/jobs/twice-2", "GET /nodes/a/jobs/twice-3"]
--- response_body eval
[::job("twice-2", state => '"success"', stdout => '"out"',
       stderr => '"err"', startTime => $::Made),
 ::job("twice-3", state => '"duplicate_id"', data => '"duplicate job id"',
       startTime => $::Made)]



=== TEST 25: getNodeJob: what is copied from a result
--- init
main::result('C', 'copy-1', '{"id":"copy-1","command":"a \u00e9 \"b\"",'
             . '"data":"\"\\\\u00e9\" \/","streams":["\u0000\ud83d\ude00",'
             . '"\t"],"critical":"x","level":20,"state":"SUCCESS","code":0,'
             . '"starttime":9007199254740993,"time":2,"tags":{"any":[1]},'
             . '"container":0,"more":null}');
--- request
GET /nodes/c/jobs/copy-1
--- response_body_filters eval
sub { my $job = JSON::PP->new->utf8->decode($_[0]);
      CORE::join("|", map { defined $_ ? $_ : "undef" }
                 @$job{qw( data name startTime state )},
                 map { CORE::join " ", map { CORE::sprintf "%x", CORE::ord }
                       CORE::split //, $_ } @$job{qw( stdout stderr )}) . "\n" }
--- response_body eval
"\"\\u00e9\" /|a \xe9 \"b\"|9007199254740993|success|0 1f600|9\n"



=== TEST 26: getNodeJob: a result without streams, data and level
--- init
main::envelope('C', 'bare-1', data => undef, streams => undef,
               level => undef, starttime => undef, command => undef);
--- request
GET /nodes/c/jobs/bare-1
--- response_body eval
::job("bare-1", name => '""', state => '"success"', startTime => 0)



=== TEST 27: getNodeJob: jobs that are not there
--- request eval
["GET /nodes/a/jobs/absent", "GET /nodes/b/jobs/absent",
 "GET /nodes/c/jobs/absent", "GET /nodes/c/jobs/absent:1",
 "GET /nodes/c/jobs/f3976780-f369-45df-ab54-206149dc000e"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 5]
--- error_code eval
[(404) x 5]
--- response_body eval
[map { ::absent($_) } ("absent") x 3, "absent:1",
 "f3976780-f369-45df-ab54-206149dc000e"]



=== TEST 28: getNodeJob: the flag of another job is no job
--- init
main::ended('C', 'flag-1', 'true');
main::start('C', 'flag-2');
--- request eval
["GET /nodes/c/jobs/flag-1", "GET /nodes/c/jobs/flag-1:flag",
 "GET /nodes/c/jobs/flag-2:flag"]
--- error_code eval
[200, 404, 404]



=== TEST 29: getNodeJob: a job that was lost while it ran
--- init
core0_redis($_, 'RPUSH', 'result:lost-1:flag', '') for qw( A C );
--- request eval
["GET /nodes/a/jobs/lost-1", "GET /nodes/c/jobs/lost-1"]
--- error_code eval
[(404) x 2]
--- response_body eval
[(::absent("lost-1")) x 2]



=== TEST 30: getNodeJob: a result of a container's job
--- init
main::envelope($_, 'inside-1', container => 7) for qw( A C );
--- request eval
["GET /nodes/a/jobs/inside-1", "GET /nodes/c/jobs/inside-1"]
--- error_code eval
[(404) x 2]
--- response_body eval
[(::absent("inside-1")) x 2]



=== TEST 31: getNodeJob: a result of another job
--- init
main::envelope('C', 'other-1', id => 'other-2');
--- request
GET /nodes/c/jobs/other-1
--- error_code: 502
--- response_body
{"error":"node \"c\" sent an invalid answer"}



=== TEST 32: getNodeJob: results that are none
--- init
main::result('C', 'none-1', 'nonsense');
main::result('C', 'none-2', '');
main::result('C', 'none-3', '[]');
main::result('C', 'none-4', '{"id":"none-4"}');
main::envelope('C', 'none-5', data => { a => 1 });
main::envelope('C', 'none-6', state => 7);
main::envelope('C', 'none-7', level => '20');
--- request eval
[map { "GET /nodes/c/jobs/none-$_" } 1 .. 7]
--- error_code eval
[(502) x 7]



=== TEST 33: getNodeJob: only "does not exist" leads on to the results
--- init
main::envelope('C', 'fails-1');
core0_fault('C', 'state@job.list:ERROR:500:out of memory');
--- request
GET /nodes/bad/jobs/fails-1
--- error_code: 500
--- response_body
{"error":"out of memory"}



=== TEST 34: getNodeJob: a node without an answer is not one without the job
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
main::envelope('C', 'fails-2');
core0_fault('C', 'stuck@job.list');
--- request
GET /nodes/bad/jobs/fails-2
--- error_code: 504
--- response_body
{"error":"node \"bad\" gave no result in time"}



=== TEST 35: getNodeJob: a node that finds nothing leads on to the results
--- init
main::envelope('C', 'leads-1');
core0_fault('C', 'data@job.list:[]');
--- request eval
["GET /nodes/bad/jobs/leads-1", "GET /nodes/bad/jobs/leads-2"]
--- error_code eval
[200, 404]



=== TEST 36: getNodeJob: a node that finds null leads on to the results
--- init
main::envelope('C', 'leads-3');
core0_fault('C', 'data@job.list:null');
--- request eval
["GET /nodes/bad/jobs/leads-3", "GET /nodes/bad/jobs/leads-4"]
--- error_code eval
[200, 404]



=== TEST 37: getNodeJob: a job in an unknown shape
--- init
core0_fault('C', 'data@job.list:{"cmd":1}');
--- request
GET /nodes/bad/jobs/j
--- error_code: 502



=== TEST 38: getNodeJob: HEAD
--- init
main::ended('C', 'head-1', 'echo one');
--- request eval
["GET /nodes/c/jobs/head-1", "HEAD /nodes/c/jobs/head-1",
 "HEAD /nodes/c/jobs/head-2"]
--- error_code eval
[200, 200, 404]
--- response_headers eval
["Content-Type: application/json\nContent-Length: 123",
 "Content-Type: application/json\nContent-Length: 123",
 "Content-Type: application/json\nContent-Length: 39"]
--- response_body_like eval
['^\{.*\}$', '^$', '^$']



=== TEST 39: killNodeJob: a job that runs
--- init
main::start($_, 'kill-1') for qw( A B C );
--- request eval
["DELETE /nodes/a/jobs/kill-1", "GET /nodes/a/jobs/kill-1",
 "DELETE /nodes/b/jobs/kill-1", "GET /nodes/b/jobs/kill-1",
 "DELETE /nodes/c/jobs/kill-1", "GET /nodes/c/jobs/kill-1"]
--- error_code eval
[(204, 200) x 3]
--- response_headers eval
[("! Content-Type\n! Content-Length\n! Transfer-Encoding\n"
  . "Cache-Control: no-store", "Content-Type: application/json") x 3]
--- response_body_filters eval
[map { ([::gone($_, "kill-1")], [\&::timeless]) } qw( A B C )]
--- response_body eval
["", ::job("kill-1", state => '"killed"'),
 "", ::job("kill-1", state => '"killed"'),
 "", ::job("kill-1", state => '"error"')]



=== TEST 40: killNodeJob: SIGKILL at once
--- init
main::start('C', 'kill-2');
core0_fault('C', 'none');
--- request
DELETE /nodes/c/jobs/kill-2
--- error_code: 204
--- response_body_filters eval
sub { my ($kill) = CORE::grep { $_->{command} eq "job.kill"
                                && $_->{arguments}{id} eq "kill-2" }
                   @{ ::core0_control("C", "commands") };
      return "signal $kill->{arguments}{signal}\n" }
--- response_body
signal 9



=== TEST 41: killNodeJob: jobs that ended, jobs that never were
--- init
main::ended($_, 'kill-3', 'true') for qw( A B C );
--- request eval
[map { ("DELETE /nodes/$_/jobs/kill-3", "DELETE /nodes/$_/jobs/kill-4") }
 qw( a b c )]
--- error_code eval
[(204) x 6]
--- response_body eval
[("") x 6]



=== TEST 42: killNodeJob: the result of an ended job is kept
--- init
main::ended('C', 'kill-5', 'echo one');
--- request eval
["DELETE /nodes/c/jobs/kill-5", "GET /nodes/c/jobs/kill-5"]
--- error_code eval
[204, 200]
--- response_body_like eval
['^$', '"stdout":"one\\\\n"']



=== TEST 43: killNodeJob: a job that can't be killed
--- request
DELETE /nodes/c/jobs/redis
--- error_code: 500
--- response_headers
Content-Type: application/json
--- response_body
{"error":"job not receiving singnals"}



=== TEST 44: killNodeJob: the node says "false"
--- init
core0_fault('C', 'data@job.kill:false');
--- request
DELETE /nodes/bad/jobs/j
--- error_code: 204



=== TEST 45: killNodeJob: the node fails
--- init
core0_fault('C', 'state@job.kill:ERROR:500:invalid argument');
--- request
DELETE /nodes/bad/jobs/j
--- error_code: 500
--- response_body
{"error":"invalid argument"}



=== TEST 46: killNodeJob: the call hangs, and the job is gone
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
main::ended('A', 'hang-1', 'true');
core0_fault('A', 'stuck@job.kill');
--- request
DELETE /nodes/bad-a/jobs/hang-1
--- error_code: 204
--- response_body



=== TEST 47: killNodeJob: the call hangs, and the job runs on
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
main::start('A', 'hang-2');
core0_fault('A', 'stuck@job.kill');
--- request
DELETE /nodes/bad-a/jobs/hang-2
--- error_code: 504
--- response_body
{"error":"node \"bad-a\" gave no result in time"}



=== TEST 48: killNodeJob: the call is not taken, and the job is not looked for
--- config
    location / { zos on; zos_core0_accept_timeout 200ms; }
--- init
core0_fault('A', 'noagent@job.kill');
--- request
DELETE /nodes/bad-a/jobs/hang-3
--- error_code: 504
--- response_body
{"error":"core0 of node \"bad-a\" did not take the command in time"}



=== TEST 49: killAllNodeJobs: jobs end, the node stays
--- init
core0_start('C');
main::submit('C', 'all-1', 'sleep 60');
main::submit('C', 'all-2', 'sleep 60');
wait_for { main::running('C', 'all-1') && main::running('C', 'all-2') } 5
    or die;
--- request eval
["DELETE /nodes/c/jobs", "GET /nodes/c/jobs", "POST /nodes/c/ping"]
--- error_code eval
[204, 200, 200]
--- response_headers eval
["! Content-Type\n! Content-Length\nCache-Control: no-store",
 "Content-Type: application/json", "Content-Type: application/json"]
--- response_body_filters eval
[[::gone("C", "all-1"), ::gone("C", "all-2")], [\&::ids], []]
--- response_body eval
["", "redis \n", "true\n"]



=== TEST 50: killAllNodeJobs: old nodes end the very call
--- init
for my $generation (qw( A B )) {
    core0_start($generation);
    main::submit($generation, 'all-3', 'sleep 60');
    wait_for { main::running($generation, 'all-3') } 5 or die;
}
--- request eval
["DELETE /nodes/a/jobs", "GET /nodes/a/jobs", "DELETE /nodes/b/jobs",
 "GET /nodes/b/jobs"]
--- error_code eval
[204, 200, 204, 200]
--- response_body_filters eval
[[::gone("A", "all-3")], [], [::gone("B", "all-3")], []]
--- response_body eval
["", "[]\n", "", "[]\n"]



=== TEST 51: killAllNodeJobs: the node fails
--- init
core0_fault('C', 'state@job.killall:ERROR:500:no');
--- request
DELETE /nodes/bad/jobs
--- error_code: 500
--- response_body
{"error":"no"}



=== TEST 52: killAllNodeJobs: other ends than being killed
--- init
core0_fault('C', 'state@job.killall:TIMEOUT:999:');
--- request
DELETE /nodes/bad/jobs
--- error_code: 500



=== TEST 53: killAllNodeJobs: no result in time
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
core0_fault('C', 'stuck@job.killall');
--- request
DELETE /nodes/bad/jobs
--- error_code: 504
