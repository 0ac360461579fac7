use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosJobs;
use ZosNodes;

# Jobs of nodes of every generation: listed, and looked at while they run and
# after their end.

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
