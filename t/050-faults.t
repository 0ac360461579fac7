use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use IO::Socket::INET;
use JSON::PP ();
use ZosCluster qw( A C );
use ZosNginx;
use ZosProcess qw( fork_child spawn wait_for temp_dir reserve_port );

# Nodes that misbehave, in each way that core0d knows: one status, one clean
# sentence, one reason in $zos_error, and never later than configured.
#
# A pop of a result blocks for a second, so short limits end with it.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node good 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node old 127.0.0.1:$TEST_NGINX_CORE0_A_BAD;
    zos_node dead 127.0.0.1:$TEST_NGINX_DEAD_PORT;
    zos_core0_connect_timeout 300ms;
EOC

my $limits = <<'EOC';
    zos_core0_accept_timeout 300ms;
    zos_core0_timeout 300ms;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes . ($block->http_config // $limits));
    $block->set_value('config', <<'EOC' . ($block->config // ''));
    add_header X-Reason $zos_error always;
    add_header X-Time $request_time always;
    location / { zos on; }
EOC
    $block->set_value('request', 'GET /nodes/bad/mem')
        unless defined($block->request // $block->pipelined_requests);
});

no_root_location();
no_long_string();
run_tests();

my $json = JSON::PP->new->utf8;
my $nginx = ZosNginx->start(http => $nodes . $limits);
my $patient = ZosNginx->start(http => <<"EOC");
$nodes
    zos_core0_accept_timeout 5s;
    zos_core0_timeout 5s;
EOC
my $mem = 'GET /nodes/bad/mem';


sub fault {
    my ($fault, $generation) = @_;

    core0_fault($generation // 'C', $fault);
}


sub heal { ZosCluster::restore() }


# What core0d answered to the last command, as far as it was read: bytes.
sub reply_length {
    fault('none');

    my $port = $ENV{TEST_NGINX_CORE0_C_BAD};
    my $socket = IO::Socket::INET->new("127.0.0.1:$port") // die "$port: $!\n";
    my $id = '00000000-0000-4000-8000-' . sprintf '%012d', int rand 1e12;
    my $command = qq({"id":"$id","command":"info.mem","arguments":{},)
                . '"queue":""}';

    print $socket resp('RPUSH', 'core:default', $command),
                  resp('BLPOP', "result:$id", 5);

    my $bytes = '';

    until ($bytes =~ /\A:\d+\r\n\*2\r\n\$\d+\r\n\S+\r\n\$(\d+)\r\n/
           && length $bytes == $+[0] + $1 + 2)
    {
        sysread $socket, $bytes, 65536, length $bytes or die "no reply\n";
    }

    return length $bytes;
}


sub resp {
    return '*' . @_ . "\r\n"
           . join '', map { '$' . length($_) . "\r\n$_\r\n" } @_;
}


# ---- the connection is closed after each byte of a reply ----

my $length = reply_length();
my @early;

for my $n (0 .. $length - 40) {
    fault("break:$n");
    my $answer = $nginx->request($mem);
    my $reason = $answer->{header}{'x-reason'};

    push @early, "$n: $answer->{status} $reason $answer->{seconds}"
        unless $answer->{status} == 502 && $reason =~ /^(?:closed|protocol)$/
               && $answer->{seconds} < 2;
}

is(join("\n", @early), '', "broken after 0 to @{[ $length - 40 ]} bytes");

# the figures in the reply may have more or less digits than before
fault('break:' . ($length + 40));
is_answer($nginx->request($mem), 'not broken before the end');


# ---- results that are none ----

for my $kind (qw( notjson array empty wrongid nostate badtypes level0
                  datanotjson datanull deep ))
{
    fault("envelope:$kind");
    is_answer($nginx->request($mem), "envelope $kind", status => 502,
              reason => 'protocol', within => 1,
              body => qr/^\{"error":"node\ \\"bad\\"\ sent\ an[ ]
                         (?:invalid\ answer
                          |answer\ of\ an\ unknown\ shape)"\}$/x);
}

fault('envelope:dupkeys');
is_answer($nginx->request($mem), 'envelope dupkeys: the last one counts',
          status => 500, reason => 'failed', body => qr/"again"/);

for my $data ('[]', '[{}]', '"text"', '1', 'true', '{"total":"x"}',
              '{"total":{}}', '{"usedPercent":[]}')
{
    fault("data:$data");
    is_answer($nginx->request($mem), "memory that is $data", status => 502,
              reason => 'protocol',
              body => qr/sent an answer of an unknown shape/);
}


# ---- states and codes ----

my %passed = map { $_ => 1 } grep { !/^40[137]$|^407$/ } 400 .. 499;
my @wrong;

for my $code (0, 1, 100, 200, 204, 301, 399 .. 500, 503, 504, 599, 600, 999,
              1000, 1404, 65936, 4294967295)
{
    my $status = $passed{$code} ? $code : 500;

    fault("state:ERROR:$code:no such thing");
    my $answer = $nginx->request($mem);

    push @wrong, "$code: $answer->{status} $answer->{body}"
        unless $answer->{status} == $status
               && $answer->{header}{'x-reason'} eq 'failed'
               && $answer->{body} eq qq({"error":"no such thing"}\n);
}

is(join("\n", @wrong), '', 'codes of the node');

for my $state (qw( ERROR TIMEOUT KILLED DUPILICATE_ID SOMETHING )) {
    fault("state:$state:0:why it $state");
    is_answer($nginx->request($mem), "state $state", status => 500,
              reason => 'failed', body => qr/^\{"error":"why it $state"\}$/);

    fault("state:$state:0:");
    is_answer($nginx->request($mem), "state $state without a text",
              status => 500, reason => 'failed', body => qr/\b$state\b/);
}

fault('state:UNKNOWN_CMD:0:');
is_answer($nginx->request($mem), 'an unknown command', status => 501,
          reason => 'unknown command', body => qr/too old/);

fault('state:UNKNOWN_CMD:404:of no interest');
is_answer($nginx->request($mem), 'an unknown command whatever its code',
          status => 501, reason => 'unknown command');

fault('state:success:0:x');
is_answer($nginx->request($mem), 'states are in upper case', status => 500);

fault('state:ERROR:404:no such thing', 'A');
is_answer($nginx->request('GET /nodes/old/mem'), 'no code in generation A',
          status => 500, body => qr/"no such thing"/);


# ---- the node's own words ----

sub sentence {
    my ($text) = @_;

    fault("state:ERROR:500:$text");
    my $answer = $nginx->request($mem);
    is_answer($answer, 'one clean sentence of ' . length($text) . ' bytes',
              status => 500, reason => 'failed');
    return eval { $json->decode($answer->{body})->{error} };
}

is(sentence("a\tb\x01c\rd\x1b[31me\x7ff"), 'a b c d [31me f',
   'control characters');
is(sentence('<script>alert("x")</script> & \' \\ / %s %n %V'),
   '<script>alert("x")</script> & \' \\ / %s %n %V', 'markup and formats');
is(sentence("\xc3\xa9t\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x92\xa9"),
   "\x{e9}t\x{e9} \x{65e5} \x{1f4a9}", 'other alphabets');
is(sentence('{"error":"no"}'), '{"error":"no"}', 'JSON');

for my $n (500 .. 516) {
    my $text = 'x' x $n . "\xf0\x9f\x92\xa9" x 8;
    my $said = sentence($text);
    like($said, qr/^x{480,}\x{1f4a9}*$/, "cut behind a character, $n");
}

like(sentence('long ' x 10000), qr/^(?:long ){80}/, 'a long story');

# Go's encoder spells these with escapes
fault('state:ERROR:500:a <&> b');
is_answer($nginx->request($mem), 'escapes', status => 500,
          body => qr/^\{"error":"a <&> b"\}$/);


# ---- how large a reply may be ----

# The bytes of a reply whose result is the data.
sub reply_size {
    my ($data) = @_;

    my $envelope = length($json->encode([ $data ])) - 2
        + length '{"id":"00000000-0000-0000-0000-000000000000","command":'
                 . '"aggregator.query","data":,"streams":["",""],"level":20,'
                 . '"state":"SUCCESS","code":0,"starttime":1491984742526,'
                 . '"time":0,"tags":null,"container":0}';
    return length("*2\r\n\$43\r\n") + 45 + 1 + length($envelope) + 2
           + $envelope + 2;
}


my $limited = ZosNginx->start(http => <<"EOC");
$nodes $limits
    zos_core0_max_reply 64k;
EOC

for my $over (-65000, -40000, -1000, -100, 100, 1000, 17000, 40000) {
    my $pad = 65536 + $over - reply_size('{"k":""}');
    my $data = '{"k":"' . 'x' x $pad . '"}';

    fault("data:$data");
    my $answer = $limited->request('GET /nodes/bad/stats');

    if ($over < 0) {
        is_answer($answer, "a reply of 64k$over bytes", reason => '');
        is($answer->{body}, "$data\n", 'all of it');
    } else {
        is_answer($answer, "a reply of 64k+$over bytes", status => 502,
                  reason => 'too large', body => qr/too large/);
    }
}

fault('oversize:60000');
is_answer($limited->request('POST /nodes/bad/ping'), 'oversize, just under',
          body => qr/^true$/);
fault('oversize:67000');
is_answer($limited->request('POST /nodes/bad/ping'), 'oversize, just over',
          body => qr/^false$/);
fault('oversize:20000000');
is_answer($patient->request($mem), 'oversize, with the default of 16m',
          status => 502, reason => 'too large', within => 5);
$limited->stop;


# ---- nulls, in either spelling, of pops that end and of results ----

# Keeps the next command from the agent for some time.
sub take_late {
    my ($seconds) = @_;

    my $thief = fork_child(sub {
        my $taken = core0_redis('C', 'BLPOP', 'core:default', 10);
        select undef, undef, undef, $seconds;
        core0_redis('C', 'RPUSH', 'core:default', $taken->[1]);
    });

    my $blocked = sub {
        grep { / flags=\w*b\w* .* cmd=blpop / }
            split /\n/, core0_redis('C', 'CLIENT', 'LIST');
    };

    wait_for { $blocked->() == 2 } 5;
    my ($oldest) = sort { $a <=> $b } map { /^id=(\d+)/ } $blocked->();
    core0_redis('C', 'CLIENT', 'KILL', 'ID', $oldest);
    wait_for { $blocked->() == 2 } 5;
    return $thief;
}

for my $fault (qw( none nulls )) {
    my $thief = take_late(1.2);

    fault($fault);
    is_answer($patient->request($mem), "taken late, $fault", after => 1,
              within => 4);
    ok($thief->ended(5), 'by the agent');

    for my $generation (qw( A C )) {
        my $node = $generation eq 'A' ? 'old' : 'bad';
        fault($fault, $generation);
        is_answer($patient->request("GET /nodes/$node/jobs/none"),
                  "no such job, $fault, $generation", status => 404,
                  reason => 'absent');
    }
}

heal();


# ---- a node whose agent is gone: the command leaves the queue ----

{
    my $dir = temp_dir('zos-redis');
    my $redis = spawn([ 'redis-server', '--port', 0, '--unixsocket',
                        "$dir/redis.sock", '--save', '', '--dir', $dir ]);
    my $call = sub {
        my $socket = ZosCluster::connect_unix("$dir/redis.sock");
        print $socket resp(@_);
        return ZosCluster::read_reply($socket);
    };

    wait_for { eval { $call->('PING') eq 'PONG' } } 5;

    my $lonely = ZosNginx->start(http => <<"EOC");
$nodes $limits
    zos_node lonely unix:$dir/redis.sock;
EOC
    my $client = $lonely->send('GET /nodes/lonely/mem');

    # in the meantime, as each of these takes a second
    fault('noagent', 'A');
    fault('stuck', 'C');
    my $old = $nginx->send('GET /nodes/old/mem');
    my $stuck = $nginx->send('POST /nodes/bad/ping');

    ok(wait_for(sub { $call->('LLEN', 'core:default') == 1 }, 2),
       'the command is queued');
    is_answer($client->answer, 'nobody takes it', status => 504,
              reason => 'not accepted', after => 0.3, within => 2.5);
    is($call->('LLEN', 'core:default'), 0, 'and it is withdrawn');
    is_answer($old->answer, 'nobody takes it, A', status => 504,
              reason => 'not accepted', after => 0.3, within => 2.5);
    is_answer($stuck->answer, 'a ping that is stuck', body => qr/^false$/,
              within => 4.9);
    is_answer($lonely->request('DELETE /nodes/lonely/processes/999999'),
              'a change that nobody takes', status => 504,
              reason => 'not accepted', within => 2.5);
    is($call->('LLEN', 'core:default'), 0, 'is withdrawn too');
    unlike($lonely->log, qr/may still run/, 'as the log knows');
    $lonely->stop;
    $redis->stop('TERM');
    heal();
}


# ---- a node that goes, and comes back ----

for my $generation (qw( A C )) {
    my $node = $generation eq 'A' ? 'old' : 'bad';
    my $request = "GET /nodes/$node/mem";

    is_answer($nginx->request($request), "$generation is there");
    core0_stop($generation);
    is_answer($nginx->request($request), "$generation without core0",
              status => 502, reason => 'connect', within => 1);
    core0_start($generation);
    is_answer($nginx->request($request), "$generation with core0 again");

    redis_stop($generation);
    is_answer($nginx->request($request), "$generation without redis",
              status => 502, within => 1);
    redis_start($generation);
    core0_start($generation);
    is_answer($nginx->request($request), "$generation with redis again");

    core0_signal($generation, 'STOP');
    is_answer($nginx->request($request), "$generation frozen", status => 504,
              reason => 'timeout', after => 0.25, within => 1.5);
    core0_signal($generation, 'CONT');
    is_answer($nginx->request($request), "$generation thawed");
}

heal();


# ---- a node that does not even take the connection ----

{
    my $port = reserve_port();
    my $deaf = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1,
                                     LocalPort => $port, ReuseAddr => 1)
        // die "port $port: $!\n";

    # its backlog is full: the kernel drops every further SYN
    my @queued = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                             PeerPort => $port,
                                             Blocking => 0) } 1 .. 4;

    my $blind = ZosNginx->start(http => <<"EOC");
$nodes $limits
    zos_node deaf 127.0.0.1:$port;
EOC
    is_answer($blind->request('GET /nodes/deaf/mem'), 'a deaf node',
              status => 504, reason => 'connect timeout', after => 0.25,
              within => 1.2);
    is_answer($blind->request('POST /nodes/deaf/ping'), 'it is not there',
              body => qr/^false$/, after => 0.25, within => 1.2);
    is_answer($blind->request('GET /nodes/good/mem'), 'others are');
    $blind->stop;
}

$_->stop for $nginx, $patient;

__DATA__

=== TEST 1: a node without a fault
--- response_headers_like
X-Reason:
X-Time: 0\.\d+
--- response_body_like: ^\[\{"active":\d+,.*"wired":0\}\]\n$



=== TEST 2: nobody listens
--- request
GET /nodes/dead/mem
--- error_code: 502
--- response_headers_like
X-Reason: connect
X-Time: 0\.[0-4]\d+
Content-Type: application/json
Cache-Control: no-store
--- response_body
{"error":"node \"dead\" can't be reached"}
--- error_log eval
qr/connect\(\) to core0 at \S+ failed \(111: Connection refused\)/



=== TEST 3: silent
--- init
core0_fault('C', 'silent');
--- error_code: 504
--- response_headers_like
X-Reason: timeout
X-Time: (?:0\.[3-9]|1\.[0-2])\d+
--- response_body
{"error":"node \"bad\" gave no result in time"}



=== TEST 4: noagent
--- init
core0_fault('C', 'noagent');
--- error_code: 504
--- response_headers_like
X-Reason: not accepted
X-Time: (?:0\.[3-9]|[12]\.)\d+
--- response_body
{"error":"core0 of node \"bad\" did not take the command in time"}



=== TEST 5: stuck
--- init
core0_fault('C', 'stuck');
--- error_code: 504
--- response_headers_like
X-Reason: timeout
X-Time: (?:0\.[3-9]|[12]\.)\d+
--- response_body
{"error":"node \"bad\" gave no result in time"}



=== TEST 6: stuck, a limit beyond the first pop
--- http_config
    zos_core0_accept_timeout 5s;
--- config
    zos_core0_timeout 1500ms;
--- init
core0_fault('C', 'stuck');
--- error_code: 504
--- response_headers_like
X-Reason: timeout
X-Time: (?:1\.[4-9]|2\.)\d+



=== TEST 7: late, within the limit
--- config
    zos_core0_timeout 5s;
--- init
core0_fault('C', 'late:1200');
--- timeout: 5
--- response_headers_like
X-Reason:
X-Time: (?:1\.[2-9]|[23]\.)\d+
--- response_body_like: "total"



=== TEST 8: late, beyond the limit
--- config
    zos_core0_timeout 1200ms;
--- init
core0_fault('C', 'late:6000');
--- error_code: 504
--- response_headers_like
X-Reason: timeout
X-Time: (?:1\.[1-9]|2\.)\d+



=== TEST 9: drip
--- config
    zos_core0_timeout 3s;
--- init
core0_fault('C', 'drip');
--- response_headers_like
X-Reason:
--- response_body_like: ^\[\{"active":\d+,.*"wired":0\}\]\n$



=== TEST 10: reset
--- init
core0_fault('C', 'reset');
--- error_code: 502
--- response_headers_like
X-Reason: closed
X-Time: 0\.\d+
--- response_body
{"error":"node \"bad\" closed the connection without an answer"}



=== TEST 11: garbage
--- init
core0_fault('C', 'garbage');
--- error_code: 502
--- response_headers_like
X-Reason: protocol
X-Time: 0\.\d+
--- response_body
{"error":"node \"bad\" sent an invalid answer"}
--- error_log
sent an invalid reply



=== TEST 12: an error
--- init
core0_fault('C', 'error:ERR out of order');
--- error_code: 502
--- response_headers_like
X-Reason: protocol
X-Time: 0\.\d+
--- response_body
{"error":"node \"bad\" sent an invalid answer"}



=== TEST 13: an error that asks for credentials
--- init
core0_fault('C', 'error:permission denied, please call AUTH first');
--- error_code: 502
--- response_headers_like
X-Reason: auth
X-Time: 0\.\d+
--- response_body
{"error":"node \"bad\" refuses the gateway's credentials"}



=== TEST 14: flood
--- config
    zos_core0_max_reply 256k;
--- init
core0_fault('C', 'flood');
--- error_code: 502
--- response_headers_like
X-Reason: too large
X-Time: 0\.\d+
--- response_body
{"error":"the answer of node \"bad\" is too large"}



=== TEST 15: slowflood
--- init
core0_fault('C', 'slowflood');
--- timeout: 5
--- error_code: 504
--- response_headers_like
X-Reason: timeout
X-Time: (?:0\.[3-9]|[12]\.)\d+



=== TEST 16: none of it hurts the other nodes
--- init
core0_fault('C', 'stuck');
--- pipelined_requests eval
["GET /nodes/good/mem", "GET /nodes/bad/mem", "GET /nodes/good/mem"]
--- timeout: 5
--- error_code eval
[200, 504, 200]
--- response_body_like eval
['"total"', '"error"', '"total"']



=== TEST 17: a ping is answered, whatever is wrong
--- request eval
["POST /nodes/good/ping", "POST /nodes/dead/ping"]
--- response_body eval
["true\n", "false\n"]

