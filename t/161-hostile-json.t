use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosAys;
use ZosCluster qw( C );
use ZosNginx;
use ZosNginx::Client;
use ZosPeer qw( memory );

# JSON as nobody would write it: in bodies of operations that core0 answers
# and of those that AYS does, and in what the two answer.  It is refused, and
# takes neither memory nor time to speak of.

no_root_location();
no_long_string();
run_tests();

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $http = <<'EOC' . $ays->http_config;
    client_max_body_size 0;
    zos_zone zos:1m;
    zos_node n 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC
my $nginx = ZosNginx->start(http => $http, config => $ays->config);
my ($worker) = $nginx->worker_pids;


# ---- bodies ----

my $many = join ',', map { qq("$_":1) } 1 .. 100_000;

my %bodies = (
    '1000 arrays' => '{%,"x":' . '[' x 1000 . ']' x 1000 . '}',
    '3000 arrays' => '{%,"x":' . '[' x 3000 . ']' x 3000 . '}',
    '100000 arrays' => '{%,"x":' . '[' x 100_000 . '}',
    '100000 objects' => '{%,"x":' . '{"x":' x 100_000 . '}',
    '100000 members' => "{%,$many}",
    '100000 elements' => '{%,"x":[' . '0,' x 100_000 . '0]}',
    'an integer without an end' => '{%,"x":' . '9' x 1000 . '}',
    'an integer of 65 bits' => '{%,"x":18446744073709551616}',
    'an integer of 64 bits' => '{%,"x":9223372036854775808}',
    'a number without an end' => '{%,"x":1e999999999}',
    'no number' => '{%,"x":NaN}', 'no end' => '{%,"x":Infinity}',
    'hexadecimal' => '{%,"x":0x10}', 'octal' => '{%,"x":010}',
    'a high surrogate' => '{%,"x":"\\ud800"}',
    'a low surrogate' => '{%,"x":"\\udc00"}',
    'surrogates the other way round' => '{%,"x":"\\udc00\\ud800"}',
    'a surrogate and a letter' => '{%,"x":"\\ud800a"}',
    'a surrogate in a name' => '{%,"\\ud800":1}',
    'a NUL' => '{%,"x":"a\\u0000b"}', 'a NUL in a name' => '{%,"\\u0000":1}',
    'a NUL as it is' => "{%,\"x\":\"a\0b\"}",
    'a NUL behind a number' => "{%,\"x\":1\0}",
    'a control character' => "{%,\"x\":\"a\nb\"}",
    'a member twice' => '{%,"x":1,"x":1}',
    'a member twice, in an object' => '{%,"x":{"y":1,"y":2}}',
    'a member twice, spelled otherwise' => '{%,"x":1,"\\u0078":2}',
    'one of ours twice' => '{%,%}',
    'UTF-8 of a surrogate' => "{%,\"x\":\"\xed\xa0\x80\"}",
    'UTF-8 too long' => "{%,\"x\":\"\xc0\xaf\"}",
    'half of UTF-8' => "{%,\"x\":\"\xe2\x82\"}", 'Latin-1' => "{%,\"x\":\"\xe9\"}",
    'UTF-16' => join('', map { "$_\0" } split //, '{"x":1}'),
    'a mark of order' => "\xef\xbb\xbf{%}", 'text behind it' => '{%}x',
    'another object' => '{%}{%}', 'a comment' => '{%/* */}',
    'a comma too many' => '{%,}', 'no quotes' => '{%,x:1}',
    'single quotes' => "{%,'x':1}",
);

# two that are good but for what is added
my %operations = (
    'POST /nodes/n/containers/c/jobs' => '"name":"true"',
    'POST /nodes/n1/bridges' => '"name":"b1","networkMode":"none"',
);

$ays->reset->node('n1');
$ays->clear_requests;

for my $line (sort keys %operations) {
    my @wrong;

    for my $name (sort keys %bodies) {
        my $answer = $nginx->request(
            "$line\n\n" . $bodies{$name} =~ s/%/$operations{$line}/gr);
        # what is not read may be as deep as jansson takes it
        my $good = $name eq '1000 arrays' ? $line =~ /bridges/ ? 201 : 404
                                          : 400;

        push @wrong, "$name: $answer->{status} $answer->{body}"
            if $answer->{status} != $good
               || $good == 400 && $answer->{header}{'x-reason'} ne 'bad body';
    }

    is(join('', @wrong), '', $line);
}

is(scalar(grep { $_->{method} ne 'GET' && $_->{path} =~ m{/blueprint$} }
          $ays->requests), 1, 'but for the one that is good, AYS heard nothing');


# ---- numbers and texts where there are bounds ----

for my $value ('-1', '0.5', '1e3', '99999999999', '9223372036854775807',
               '-9223372036854775808', '1e308', '"1"', '[1]', '{"a":1}',
               'true')
{
    is_answer($nginx->request('POST /nodes/n/containers/c/jobs' . "\n\n"
                              . qq({"name":"true","max_time":$value})),
              "max_time, $value", status => 400, reason => 'bad body');
    is_answer($nginx->request("POST /nodes/n1/vms\n\n"
                              . qq({"id":"v","cpu":$value,"memory":$value})),
              "cpu and memory, $value", status => 400, reason => 'bad body');
}


# ---- memory ----

sub fill { return substr $_[0] x (1 << 20), 0, (1 << 20) - 200 }

my @large = map { "POST /nodes/n1/bridges\n\n" . $_ }
    '{"name":"b2","x":[' . fill('[],') . '[]]}',
    '{"name":"b2","x":[' . fill('{},') . '{}]}',
    '{"name":"b2","x":[' . fill('0,') . '0]}',
    '{"name":"b2","x":' . fill('['),
    '{"name":"b2","x":"' . fill('a') . '"}';

$nginx->request($_) for @large;             # what stays with the allocator
my $before = memory($worker);
my @answers = $nginx->parallel((@large) x 3);

is(scalar(grep { $_->{status} != 400 } @answers), 0, 'full of small values');
cmp_ok(memory($worker, 'HWM') - $before, '<', 48,
       'MiB, of the worker, with 15 of them at a time');


# ---- a body without an end ----

{
    my $client = ZosNginx::Client->connect($nginx->port);
    my $socket = $client->{socket};
    my $chunk = sprintf "%x\r\n%s\r\n", 65536, 'a' x 65536;
    my $sent = 0;

    local $SIG{PIPE} = 'IGNORE';
    $client->send("POST /nodes/n1/bridges", header => [
        'Transfer-Encoding: chunked' ]);
    $socket->blocking(1);

    # it is answered as soon as there is too much of it
    while ($sent < 256 && !IO::Select->new($socket)->can_read(0)) {
        last unless syswrite $socket, $chunk;
        $sent++;
    }

    is_answer($client->answer, 'chunks without an end', status => 413,
              reason => 'body size');
    cmp_ok($sent, '<', 200, '... and not only when all of them are there');
    is_deeply([ glob "$nginx->{dir}/client_body/*/*/*" ], [],
              '... nor are they written anywhere');
}


# ---- answers of AYS, and of a node ----

my %answers = (
    '1000 arrays' => '[' x 1000 . ']' x 1000,
    '1000 arrays in a member' => '[{"name":"n1","data":{"hostname":'
        . '[' x 1000 . ']' x 1000 . '}}]',
    '40000 arrays' => '[' x 40_000,
    'a surrogate' => '[{"name":"n1","data":{"hostname":"\\ud800"}}]',
    'UTF-8 of a surrogate' => '[{"name":"' . "\xed\xa0\x80" . '"}]',
    'UTF-8 too long' => '[{"name":"' . "\xc0\xaf" . '"}]',
    'an integer without an end' => '[{"name":"n1","data":{"size":'
        . '9' x 1000 . '}}]',
    'a number without an end' => '[{"name":"n1","data":{"size":1e999}}]',
    'no number' => '[{"name":"n1","data":{"size":NaN}}]',
    'a NUL' => '[{"name":"n1","data":{"hostname":"\\u0000"}}]',
    'a member twice' => '[{"name":"n1","name":"n2","data":{}}]',
    '100000 members' => "[{\"name\":\"n1\",\"data\":{$many}}]",
    '10000 services' => '[' . join(',', ('{"name":"x","data":{}}') x 10_000)
        . ']',
    'nulls' => '[' . 'null,' x 1000 . 'null]',
    'text behind it' => '[]x', 'nothing' => '', 'a space' => ' ',
    'null' => 'null', 'a text' => '"x"', 'a number' => '1',
    'markup' => '[{"name":"n1","data":{"hostname":"<script>x</script>"}}]',
);

my @lists = map { "GET $_" } '/nodes', '/nodes/n1/containers', '/nodes/n1/vms',
    '/nodes/n1/gws', '/nodes/n1/bridges', '/nodes/n1/zerotiers',
    '/nodes/n1/storagepools', '/vdiskstorage', '/storageclusters', '/backup',
    '/graphs', '/webhooks', '/health/nodes', '/health/storageclusters';

my ($pid, @odd) = $worker;

# what is known of the node from before is not asked for
is_answer($nginx->request('GET /nodes/n1/bridges'), 'a list');

for my $name (sort keys %answers) {
    $ays->clear_faults->fault(route => 'GET .*/service/\w+(?:\?.*)?$',
                              status => 200, type => 'text/html',
                              body => $answers{$name});

    for my $request (@lists) {
        my $answer = $nginx->request($request);

        push @odd, "$name, $request: $answer->{status} "
                   . substr $answer->{body}, 0, 200
            if $answer->{status} !~ /^(?:200|502)$/
               || $answer->{header}{'content-type'} ne 'application/json'
               || !eval { JSON::PP->new->utf8->decode($answer->{body}); 1 };
    }
}

is(join("\n", @odd), '', 'lists of AYS');
$ays->clear_faults;

@odd = ();

for my $name (sort keys %answers) {
    # a fault is one line, and not a long one
    next if $answers{$name} !~ /\S/ || length $answers{$name} > 50_000;
    core0_fault('C', "data:$answers{$name}");

    for my $what (qw( mem cpus disks nics mounts jobs processes stats state )) {
        my $answer = $nginx->request("GET /nodes/bad/$what");

        push @odd, "$name, $what: $answer->{status} $answer->{body}"
            if $answer->{status} !~ /^(?:200|502)$/
               || $answer->{header}{'content-type'} ne 'application/json'
               || !eval { JSON::PP->new->utf8->decode($answer->{body}); 1 };
    }
}

is(join("\n", @odd), '', 'results of a node');
is_deeply([ $nginx->worker_pids ], [ $pid ], 'it is the same worker');

# two bytes may be a value that takes a hundred
my $base = memory($pid);

for my $body ('[' . '[],' x 5_000_000 . '[]]', '[' . '{},' x 5_000_000 . '{}]') {
    $ays->clear_faults->fault(route => 'GET .*/service/\w+(?:\?.*)?$',
                              status => 200, body => $body);
    is_answer($nginx->request('GET /health/nodes'), 'an answer of 15 MB',
              status => 502, reason => 'ays protocol');
}

cmp_ok(memory($pid, 'HWM') - $base, '<', 128, 'MiB, of the worker');
$nginx->stop;

__DATA__

=== TEST 1: createBridge: a body of too many values
--- http_config
    zos_zone zos:1m;
--- config
    location / { zos on; zos_ays /_ays; }
--- request eval
["POST /nodes/n1/bridges\n{\"x\":[" . "0," x 16381 . "0]}",
 "POST /nodes/n1/bridges\n{\"x\":[" . "0," x 16382 . "0]}",
 "POST /nodes/n1/bridges\n{\"x\":\"" . "0," x 20000 . "\\\"," . "\"}"]
--- error_code eval
[(400) x 3]
--- response_body_like eval
["name is required", "must not have more than 16384 values",
 "name is required"]



=== TEST 2: createBridge: in pieces, and none of it is JSON
--- http_config
    zos_zone zos:1m;
--- config
    location / { zos on; zos_ays /_ays; }
--- request eval
[map { "POST /nodes/n1/bridges\n$_" } "{\"x\":\"\\ud800\"}", "{\"x\":\"\0\"}",
 "{\"x\":1,\"x\":1}", "{\"x\":1e9999}", "[" x 3000, "{" x 10, "\xff",
 "{\"x\":\"" . "a" x 200000]
--- error_code eval
[(400) x 8]
--- response_body_like eval
[("not valid JSON") x 8]



=== TEST 3: listNodes: halves of surrogates in what AYS says
--- http_config
    zos_zone zos:1m;
--- config
    location / { zos on; zos_ays /_ays; }
    location /_ays/ { internal; return 200 '[{"name":"n","data":{"hostname":"\\ud800\\udc00\\ud800\\udbffx\\udc00"}}]'; }
--- request
GET /nodes
--- response_body
[{"hostname":"\ud800\udc00\ufffd\ufffdx\ufffd","id":"n","status":""}]
