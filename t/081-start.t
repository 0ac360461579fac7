use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Digest::MD5 qw( md5_hex );
use Encode ();
use IO::Socket::INET;
use JSON::PP ();
use ZosCluster;
use ZosContainer;
use ZosNginx;
use ZosProcess qw( wait_for );

# Programs that are started in containers, and the JSON bodies that say which.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC

my $json = JSON::PP->new->utf8->canonical;

our $Start = 'POST /nodes/c/containers/web1/jobs';

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes);
    $block->set_value('config', <<'EOC' . ($block->config // ''));
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
    $block->set_value('init', "container_create('C', 'web1');\n"
                              . ($block->init // ''));
});

# Whatever the body was, the error is a sentence of its own.
add_response_body_check(sub {
    my ($block, $body) = @_;

    return if $body eq '' || $body =~ /^<html>/;
    my $value = eval { $json->decode($body) };
    fail($block->name . " - no sentence: $body")
        unless $value && join(' ', keys %$value) eq 'error'
               && $body =~ /^\{.*\}\n\z/ && $value->{error} !~ /[\x00-\x1f]/;
});


# One request with each of the bodies.
sub bodies { return [ map { "$Start\n$_" } @_ ] }

# The same in one chunk.
sub chunked {
    return [ map { sprintf "%s\n%x\r\n%s\r\n0\r\n\r\n", $Start, length $_, $_ }
                 @_ ];
}

# A body of so many bytes.
sub sized {
    my ($size) = @_;

    my $body = '{"name":"true","x":""}';
    return '{"name":"true","x":"' . 'x' x ($size - length $body) . '"}';
}

# [what it is, body, sentence]
our @Broken = (
    [ 'no JSON', 'name=true', qr/not valid JSON/ ],
    [ 'half of it', '{"name":"true"', qr/not valid JSON/ ],
    [ 'text behind it', '{"name":"true"} x', qr/not valid JSON/ ],
    [ 'two of it', '{"name":"true"}{"name":"true"}', qr/not valid JSON/ ],
    [ 'a comma behind it', '{"name":"true"},', qr/not valid JSON/ ],
    [ 'a comma in the end', '{"name":"true",}', qr/not valid JSON/ ],
    [ 'zero behind it', "{\"name\":\"true\"}\0", qr/not valid JSON/ ],
    [ 'a member twice', '{"name":"true","name":"true"}', qr/not valid JSON/ ],
    [ 'twice inside', '{"name":"true","x":[{"y":1,"y":1}]}',
      qr/not valid JSON/ ],
    [ 'single quotes', "{'name':'true'}", qr/not valid JSON/ ],
    [ 'a comment', '{"name":"true"/* x */}', qr/not valid JSON/ ],
    [ 'a byte order mark', "\xef\xbb\xbf{\"name\":\"true\"}",
      qr/not valid JSON/ ],
    [ 'NaN', '{"name":"true","x":NaN}', qr/not valid JSON/ ],
    [ 'hexadecimal', '{"name":"true","x":0x10}', qr/not valid JSON/ ],
    [ 'a leading zero', '{"name":"true","x":01}', qr/not valid JSON/ ],
    [ 'a plus', '{"name":"true","x":+1}', qr/not valid JSON/ ],
    [ 'a line end in a string', "{\"name\":\"tr\nue\"}", qr/not valid JSON/ ],
    [ 'an unknown escape', '{"name":"tr\ue"}', qr/not valid JSON/ ],
    [ 'a high surrogate', '{"name":"\ud800"}', qr/not valid JSON/ ],
    [ 'a low surrogate', '{"name":"\udc00x"}', qr/not valid JSON/ ],
    [ 'surrogates the wrong way', '{"name":"\udc00\ud800"}',
      qr/not valid JSON/ ],
    [ 'no UTF-8', "{\"name\":\"\xff\"}", qr/not valid JSON/ ],
    [ 'Latin-1', "{\"name\":\"t\xe9\"}", qr/not valid JSON/ ],
    [ 'overlong UTF-8', "{\"name\":\"\xc0\xaf\"}", qr/not valid JSON/ ],
    [ 'a surrogate in UTF-8', "{\"name\":\"\xed\xa0\x80\"}",
      qr/not valid JSON/ ],
    [ 'beyond Unicode', "{\"name\":\"\xf4\x90\x80\x80\"}",
      qr/not valid JSON/ ],
    [ 'half a character', "{\"name\":\"\xe2\x82\"}", qr/not valid JSON/ ],
    [ 'no UTF-8 outside', "{\"name\":\"true\",\xff}", qr/not valid JSON/ ],
    [ 'zero in a string', "{\"name\":\"true\0x\"}", qr/not valid JSON/ ],
    [ 'zero in an escape', '{"name":"true\u0000x"}', qr/not valid JSON/ ],
    [ 'zero in a name', '{"name":"true","a\u0000b":1}', qr/not valid JSON/ ],
    [ 'an array', '[{"name":"true"}]', qr/must be a JSON object/ ],
    [ 'an empty array', '[]', qr/must be a JSON object/ ],
    [ 'null', 'null', qr/must be a JSON object|not valid JSON/ ],
    [ 'a string', '"true"', qr/must be a JSON object|not valid JSON/ ],
    [ 'a number', '17', qr/must be a JSON object|not valid JSON/ ],
    [ '100000 arrays', '[' x 100000 . ']' x 100000, qr/more than 16384 values/ ],
    [ '100000 objects', '{"a":' x 100000 . '1' . '}' x 100000,
      qr/more than 16384 values/ ],
    [ '100000 arrays that do not end', '{"name":"true","x":' . '[' x 100000,
      qr/more than 16384 values/ ],
    [ 'a number without a value', '{"name":"true","max_time":1e999}',
      qr/not valid JSON/ ],
    [ 'an integer too large for any', '{"name":"true","max_time":'
      . '9' x 400 . '}', qr/not valid JSON|max_time must be/ ],
);

our @Invalid = (
    [ '{}', 'name is required' ],
    [ '{"Name":"true","NAME":"true"}', 'name is required' ],
    [ '{"name":null}', 'name is required' ],
    [ '{"name":""}', 'name must not be empty' ],
    [ map({ [ "{\"name\":$_}", 'name must be a string' ] }
          '1', 'true', '["true"]', '{"x":"true"}') ]->@*,
    [ '{"name":"true","pwd":1}', 'pwd must be a string' ],
    [ '{"name":"true","stdin":["x"]}', 'stdin must be a string' ],
    [ map({ [ "{\"name\":\"true\",\"args\":$_}", 'args must be an array' ] }
          '"x"', '{"0":"x"}', '1', 'false') ]->@*,
    [ '{"name":"true","args":["a",null]}', 'args[1] must be a string' ],
    [ '{"name":"true","args":["a","b",3]}', 'args[2] must be a string' ],
    [ '{"name":"true","args":[["a"]]}', 'args[0] must be a string' ],
    [ '{"name":"true","environment":{"A":"1"}}',
      'environment must be an array' ],
    [ '{"name":"true","environment":"A=1"}', 'environment must be an array' ],
    [ '{"name":"true","environment":["A=1",2]}',
      'environment[1] must be a string' ],
    [ '{"name":"true","environment":["A=1","B"]}',
      'environment[1] must be NAME=value' ],
    [ '{"name":"true","environment":["=x"]}',
      'environment[0] must be NAME=value' ],
    [ '{"name":"true","environment":["="]}',
      'environment[0] must be NAME=value' ],
    [ '{"name":"true","environment":[""]}',
      'environment[0] must be NAME=value' ],
    [ '{"name":"true","stream":1}', 'stream must be true or false' ],
    [ '{"name":"true","stream":"true"}', 'stream must be true or false' ],
    [ map({ [ "{\"name\":\"true\",\"max_time\":$_}",
              'max_time must be an integer' ] } '1.5', '1.0', '1e1', '"1"',
          'true', '[1]') ]->@*,
    [ map({ [ "{\"name\":\"true\",\"max_time\":$_}",
              'max_time must be from 0 to 2147483647' ] } '-1', '2147483648',
          '9223372036854775807', '-9223372036854775808') ]->@*,
);


sub sentences { return map { "{\"error\":\"$_->[1]\"}\n" } @_ }

no_root_location();
no_long_string();
run_tests();

my $nginx = ZosNginx->start(http => $nodes);

container_create($_, 'web1') for qw( A B C );


# Starts a program on a node, and waits for its end: the job as it is then.
sub run_job {
    my ($node, $body, %option) = @_;

    my $server = $option{nginx} // $nginx;
    my $what = $option{what} // 'jobs';
    my $web1 = "/nodes/$node/containers/web1";
    my $answer = $server->request(
        "POST $web1/$what\n\n" . (ref $body ? $json->encode($body) : $body));
    my $location = $answer->{header}{location};

    return { state => "status $answer->{status}" }
        unless $answer->{status} == 202;
    like($answer->{text},
         qr{^Location: \Q$web1\E/jobs/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\r$}m,
         "$node: where the job is");
    is($answer->{body}, '', "$node: nothing else is said");

    return follow($server, $location);
}


sub follow {
    my ($server, $location) = @_;

    my $job;

    wait_for {
        my $answer = $server->request("GET $location");
        $job = $answer->{status} == 200 ? $json->decode($answer->{body})
                                        : { state => $answer->{status} };
        $job->{state} ne 'running';
    } 5;

    return { %$job, location => $location };
}


# ---- what a program gets ----

for my $node (qw( a b c )) {
    for my $what (qw( jobs processes )) {
        my $job = run_job($node, {
            name => 'sh', pwd => '/tmp', stdin => "in\n\x{e9}put",
            args => [ '-c', 'echo "$A|$B|$C|$D|"; pwd; printf "<%s>" "$@";'
                      . ' cat', 'sh', 'a b', '', "\"\\\x{e9}", '$A' ],
            environment => [ 'A=1', 'B=b=c==', 'C=', "D=x \"\x{1f4a9}" ],
        }, what => $what);

        is($job->{state}, 'success', "$node: $what: success");
        is($job->{stdout} =~ s/\n\z//r,
           "1|b=c==||x \"\x{1f4a9}|\n/tmp\n<a b><><\"\\\x{e9}><\$A>in\n\x{e9}put",
           "$node: $what: what it was given");
    }

    my $job = run_job($node, { name => 'true' });
    is_deeply([ @{$job}{qw( state name level data stdout stderr )} ],
              [ 'success', 'core.system', 0, '', '', '' ],
              "$node: a program that says nothing");
    is($job->{location}, "/nodes/$node/containers/web1/jobs/$job->{id}",
       "$node: its id");

    $job = run_job($node, { name => 'sh', args => [ '-c', 'echo no >&2; exit 3' ],
                        unknown => { a => 1 } });
    is("$job->{state} $job->{stderr}", "error no\n", "$node: it fails");

    $job = run_job($node, { name => 'no-such-program' });
    is($job->{state}, 'error', "$node: there is no such program");
    like($job->{data}, qr/executable file not found/, "$node: so it is said");

    $job = run_job($node, { name => 'true', pwd => '/nonexistent' });
    is($job->{state}, 'error', "$node: nor such a directory");

    # the command as the node gets it: generations lose other ones
    run_job($node, '{"name":"true"}');
    my ($sent) = grep { $_->{command}{command} eq 'core.system' }
                 reverse core0_log(uc $node, 'corex.dispatch');
    is_deeply([ sort keys %{ $sent->{command} } ],
              [ qw( arguments command id queue ) ], "$node: the command");
    is_deeply($sent->{command}{arguments}, { name => 'true', args => [],
              env => {}, dir => '', stdin => '' }, "$node: its arguments");
}


# ---- both spellings of the environment ----

my $print = '"name":"sh","args":["-c","echo $A$B"]';

for my $case (
    [ '"env":["A=1"]', '1' ],
    [ '"environment":["A=2","B=3"],"env":["A=2","B=3"]', '23' ],
    [ '"environment":null,"env":["A=4"]', '4' ],
    [ '"environment":["A=5"],"env":null', '5' ],
    [ '"environment":[],"env":[]', '' ],
    [ '"environment":["A=6","A=7"]', '7' ],
    [ '"environment":["A=1"],"env":["A=2"]', undef ],
    [ '"environment":["A=1","B=2"],"env":["B=2","A=1"]', undef ],
    [ '"environment":["A=1"],"env":[]', undef ],
    [ '"environment":["A=1"],"env":"A=1"', undef ],
) {
    my ($members, $printed) = @$case;
    my $job = run_job('c', "{$print,$members}");

    if (defined $printed) {
        is($job->{stdout}, "$printed\n", $members);
    } else {
        is($job->{state}, 'status 400', $members);
    }
}

is(run_job('c', "{$print,\"env\":[\"\"]}")->{state}, 'status 400',
   'an item that is empty');


# ---- how long, and whether it can be watched ----

{
    my @answers = $nginx->parallel(map {
        "POST /nodes/$_/containers/web1/jobs\n\n"
        . '{"name":"sleep","args":["30"],"max_time":1}' } qw( a b c ));

    for my $answer (@answers) {
        my $job = follow($nginx, $answer->{header}{location});
        is($job->{state}, 'timeout', 'a job with a limit');
    }

    my $job = run_job('c', '{"name":"sleep","args":["1.2"],"max_time":0}');
    is($job->{state}, 'success', 'one without');
}

for my $generation (qw( B C )) {
    my $node = lc $generation;

    for my $case ([ '', 'true', 1 ], [ '', 'false', 0 ], [ '', 'null', 0 ],
                  [ '?stream=1', 'null', 1 ], [ '?stream=true', 'null', 1 ],
                  [ '?stream=0', 'null', 0 ], [ '?stream=false', 'null', 0 ],
                  [ '?stream=', 'null', 0 ], [ '?x=1', 'null', 0 ])
    {
        my ($query, $member, $streams) = @$case;
        my $job = run_job($node, "{\"name\":\"true\",\"stream\":$member}",
                      what => "jobs$query");
        my $length = core0_redis($generation, 'LLEN', "stream:$job->{id}");

        is($length > 0 ? 1 : 0, $streams,
           "$node: stream, query \"$query\", member $member");
    }
}

is($nginx->request("$Start?stream=maybe\n\n{\"name\":\"true\"}")->{status},
   400, 'a query that is neither true nor false');


# ---- bodies of some size, wherever nginx keeps them ----

my $large = join '', map { "$_\n" } 1 .. 60000;

for my $config ('', 'client_body_buffer_size 16;',
                'client_body_buffer_size 1k; client_body_in_single_buffer on;',
                'client_body_buffer_size 600k;',
                'client_body_in_file_only on;',
                'client_body_in_file_only clean; client_body_buffer_size 1k;',
                'mirror /mirror; client_body_buffer_size 1k;')
{
    my $server = ZosNginx->start(http => $nodes,
        config => "$config location / { zos on; } "
                  . 'location = /mirror { internal; return 204; }');
    my $job = run_job('c', { name => 'md5sum', stdin => $large },
                  nginx => $server);

    is($job->{stdout}, md5_hex($large) . "  -\n", "all of it: $config");

    # in memory first, and then to a file
    my $body = $json->encode({ name => 'md5sum', stdin => $large });
    my $text = talk($server->port, "$Start HTTP/1.1\r\nHost: x\r\n"
        . 'Content-Length: ' . length($body) . "\r\n"
        . "Connection: close\r\n\r\n" . substr($body, 0, 700),
        substr($body, 700, 1), substr($body, 701));
    my ($location) = $text =~ /^Location: (\S+)\r$/m;
    is(follow($server, $location // '/none')->{stdout},
       md5_hex($large) . "  -\n", "in pieces: $config");
    $server->stop;
}


# Sends the pieces, each when nginx has taken the one before it; all that is
# answered.
sub talk {
    my ($port, @pieces) = @_;

    my $socket = IO::Socket::INET->new("127.0.0.1:$port")
        // die "cannot connect to nginx: $!\n";

    for my $piece (@pieces) {
        print $socket $piece;
        $socket->flush;
        wait_for { unread($port, $socket->sockport) == 0 } 3;
    }

    local $/;
    return <$socket>;
}


# Bytes that nginx has not read from the connection with this client.
sub unread {
    my ($port, $client) = @_;

    open my $in, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!\n";

    my ($line) = grep { /^\s*\d+: \w+:@{[ sprintf '%04X', $port ]} \w+:@{[
                        sprintf '%04X', $client ]} / } <$in>;
    return $line && $line =~ / \w{8}:(\w{8}) / ? hex $1 : 0;
}


# ---- a client that asks first ----

{
    my $body = '{"name":"true"}';
    my $head = "$Start HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
             . "Expect: 100-continue\r\n";
    my $socket = IO::Socket::INET->new('127.0.0.1:' . $nginx->port);

    print $socket "${head}Content-Length: " . length($body) . "\r\n\r\n";
    $socket->flush;
    is(scalar <$socket>, "HTTP/1.1 100 Continue\r\n", 'it may go on');
    print $socket $body;
    $socket->flush;
    my $text = do { local $/; <$socket> };
    like($text, qr{^\r\nHTTP/1\.1 202 .*^Location: /nodes/c/}ms, 'and does');

    $socket = IO::Socket::INET->new('127.0.0.1:' . $nginx->port);
    print $socket "${head}Content-Length: 2000000\r\n\r\n";
    $socket->flush;
    shutdown $socket, 1;
    $text = do { local $/; <$socket> };
    like($text, qr{^HTTP/1\.1 413 }m, 'too much of it');
}


# ---- a client that leaves while the body arrives ----

{
    my $body = '{"name":"left-early"}';

    for my $header ('Content-Length: 2000', 'Transfer-Encoding: chunked') {
        my $socket = IO::Socket::INET->new('127.0.0.1:' . $nginx->port);

        # what has arrived would do
        print $socket "$Start HTTP/1.1\r\nHost: x\r\n$header\r\n\r\n",
            $header =~ /chunked/ ? sprintf("%x\r\n$body\r\n", length $body)
                                 : $body;
        $socket->flush;
        my $port = $socket->sockport;
        wait_for { unread($nginx->port, $port) == 0 } 3;
        close $socket;
    }

    ok($nginx->logs(qr/(?:client prematurely closed connection.*){2}/s),
       'nginx notices');
    is_answer($nginx->request('GET /nodes/c/containers/web1/jobs'),
              'others go on');
    is(scalar(grep { $_->{name} eq 'left-early' }
              core0_log('C', 'core.system')), 0, 'nothing was started');
}

container_drop();
$nginx->stop;

__DATA__

=== TEST 1: startContainerJob: where the job is, whatever its container is spelled
--- request eval
["POST /nodes/%63/containers/%77eb1/jobs\n{\"name\":\"true\"}",
 "POST //nodes/c/containers/web1/jobs\n{\"name\":\"true\"}"]
--- error_code eval
[202, 404]
--- raw_response_headers_like eval
['Location: /nodes/c/containers/web1/jobs/[0-9a-f-]{36}\r\n', '404']



=== TEST 2: startContainerJob: no body
--- request eval
[$::Start, "$::Start\n", $::Start =~ s/jobs/processes/r]
--- more_headers eval
['', 'Content-Length: 0', '']
--- error_code eval
[400, 400, 400]
--- response_headers eval
[("X-Reason: bad body\nContent-Type: application/json") x 3]
--- response_body eval
[("{\"error\":\"the request needs a JSON body\"}\n") x 3]



=== TEST 3: startContainerJob: nothing but space
--- raw_request eval
"$::Start HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\n \n\t "
--- error_code: 400



=== TEST 4: startContainerJob: space around it
--- raw_request eval
"$::Start HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\nConnection: close\r\n\r\n"
. " \n{\"name\":\"true\"}\n\t"
--- error_code: 202



=== TEST 5: startContainerJob: bodies that are no JSON
--- request eval
::bodies(map { $_->[1] } @::Broken)
--- error_code eval
[map { 400 } @::Broken]
--- response_headers eval
[map { "X-Reason: bad body" } @::Broken]
--- response_body_like eval
[map { $_->[2] } @::Broken]



=== TEST 6: startContainerJob: members that are not valid
--- request eval
::bodies(map { $_->[0] } @::Invalid)
--- error_code eval
[map { 400 } @::Invalid]
--- response_headers eval
[map { "X-Reason: bad body" } @::Invalid]
--- response_body eval
[::sentences(@::Invalid)]



=== TEST 7: startContainerProcess: members that are not valid
--- request eval
[map { s/jobs/processes/r } @{ ::bodies(map { $_->[0] } @::Invalid) }]
--- error_code eval
[map { 400 } @::Invalid]
--- response_body eval
[::sentences(@::Invalid)]



=== TEST 8: startContainerProcess: null is as good as absent
--- request eval
::bodies('{"name":"true","args":null,"pwd":null,"environment":null,"env":null,'
         . '"stdin":null,"stream":null,"max_time":null,"x":null}')
--- error_code eval
[202]



=== TEST 9: startContainerJob: what is odd, but valid
--- request eval
::bodies('{"name":"\ud83d\udca9"}', '{"n\u0061me":"true"}',
         '{"name":"true","NAME":1,"":2,"x":{"name":[]}}',
         '{"name":"true","max_time":2147483647,"stream":false}',
         '{"name":"true","environment":["A=\u007f\n=","\u00e9=1"]}',
         '{"name":"true","x":' . '[' x 100 . ']' x 100 . '}',
         '{"name":"true","args":[' . join(',', ('"x"') x 10000) . ']}')
--- error_code eval
[(202) x 7]



=== TEST 10: startContainerJob: what may be refused, but breaks nothing
--- request eval
::bodies('{"name":"true","x":' . '[' x 1000 . ']' x 1000 . '}',
         '{"name":"true","x":' . '{"x":' x 1000 . '1' . '}' x 1000 . '}',
         '{"name":"true","x":99999999999999999999}',
         '{"name":"true","x":1e999}', '{"name":"true","x":-1e-999}')
--- error_code_like eval
[('^(?:202|400)$') x 5]



=== TEST 11: startContainerJob: as large as it may be
--- config
    zos_body_max 100;
--- request eval
::bodies(map { ::sized($_) } 99, 100, 101, 1000)
--- error_code eval
[202, 202, 413, 413]
--- response_headers eval
[("X-Reason:") x 2, ("X-Reason: body size") x 2]
--- response_body eval
["", "",
 ("{\"error\":\"the body must not be larger than 100 bytes\"}\n") x 2]



=== TEST 12: startContainerJob: as large as it may be, in chunks
--- config
    zos_body_max 100;
--- request eval
::chunked(map { ::sized($_) } 99, 100, 101, 1000)
--- more_headers eval
[("Transfer-Encoding: chunked") x 4]
--- error_code eval
[202, 202, 413, 413]
--- response_headers eval
[("X-Reason:") x 2, ("X-Reason: body size") x 2]



=== TEST 13: startContainerJob: as large as it may be without a directive
--- request eval
[@{ ::bodies(map { ::sized($_) } 1048576, 1048577) },
 @{ ::chunked(map { ::sized($_) } 1048576, 1048577) }]
--- more_headers eval
["", "", ("Transfer-Encoding: chunked") x 2]
--- error_code eval
[202, 413, 202, 413]



=== TEST 14: startContainerJob: as large as it may be, in a file
--- config
    zos_body_max 10000;
    client_body_buffer_size 16;
--- request eval
[@{ ::bodies(map { ::sized($_) } 10000, 10001) },
 @{ ::chunked(map { ::sized($_) } 10000, 10001) }]
--- more_headers eval
["", "", ("Transfer-Encoding: chunked") x 2]
--- error_code eval
[202, 413, 202, 413]



=== TEST 15: startContainerJob: an empty chunked body
--- request eval
["$::Start\n0\r\n\r\n"]
--- more_headers
Transfer-Encoding: chunked
--- error_code eval
[400]
--- response_body eval
["{\"error\":\"the request needs a JSON body\"}\n"]



=== TEST 16: startContainerJob: many small chunks
--- request eval
["$::Start\n" . join("", map { "1\r\n$_\r\n" } split //, ::sized(2000))
 . "0\r\n\r\n"]
--- more_headers
Transfer-Encoding: chunked
--- error_code eval
[202]



=== TEST 17: startContainerJob: a body that is refused does not disturb the next request
--- config
    zos_body_max 100;
--- pipelined_requests eval
["$::Start\n" . ::sized(200000), "$::Start\n" . ::sized(100),
 "$::Start\n{", "GET /nodes/c/containers/web1/jobs/x"]
--- error_code eval
[413, 202, 400, 404]



=== TEST 18: startContainerJob: types that are refused
--- request eval
[("$::Start\n{\"name\":\"true\"}") x 6]
--- more_headers eval
[map { "Content-Type: $_" } 'multipart/form-data; boundary=x',
 'Multipart/Mixed', 'multipart/form-data', 'application/octet-stream',
 'APPLICATION/Octet-Stream', 'application/octet-stream; x=y']
--- error_code eval
[(415) x 6]
--- response_headers eval
[("X-Reason: media type\nContent-Type: application/json") x 6]
--- response_body eval
[("{\"error\":\"the body must be JSON\"}\n") x 6]



=== TEST 19: startContainerJob: types that are taken for JSON
--- request eval
[("$::Start\n{\"name\":\"true\"}") x 7]
--- more_headers eval
[map { "Content-Type: $_" } 'application/json',
 'application/json; charset=utf-8', 'APPLICATION/JSON', 'text/plain',
 'application/x-www-form-urlencoded', 'x', '']
--- error_code eval
[(202) x 7]



=== TEST 20: startContainerJob: a type that is refused does not disturb the next request
--- pipelined_requests eval
["$::Start\n" . "x" x 200000, "GET /nodes/c/containers/web1/jobs/x"]
--- more_headers
Content-Type: application/octet-stream
--- error_code eval
[415, 404]



=== TEST 21: startContainerJob: what is wrong with the path comes first
--- request eval
["POST /nodes/c/containers/../jobs\n{", "POST /nodes/zz/containers/web1/jobs\n{",
 "POST /nodes/zz/containers/web1/jobs\n{\"name\":\"x\"}",
 "PUT /nodes/c/containers/web1/jobs\n{"]
--- error_code eval
[400, 400, 404, 405]



=== TEST 22: startContainerJob: the container does not take it
--- init
core0_fault('C', 'state@corex.dispatch:ERROR:500:failed to dispatch command to container, check system logs for errors');
--- request
POST /nodes/bad/containers/web1/jobs
{"name":"true"}
--- error_code: 504
--- response_headers
X-Reason: not accepted
! Location



=== TEST 23: startContainerJob: the dispatch fails
--- init
core0_fault('C', 'state@corex.dispatch:ERROR:500:no memory');
--- request
POST /nodes/bad/containers/web1/jobs
{"name":"true"}
--- error_code: 500
--- response_headers
! Location
--- response_body
{"error":"no memory"}



=== TEST 24: startContainerJob: the dispatch names no job
--- init
core0_fault('C', 'data@corex.dispatch:7');
--- request
POST /nodes/bad/containers/web1/jobs
{"name":"true"}
--- error_code: 502
--- response_headers
X-Reason: protocol
! Location



=== TEST 25: startContainerJob: the node goes away
--- init
core0_fault('C', 'reset');
--- request
POST /nodes/bad/containers/web1/jobs
{"name":"true"}
--- error_code: 502
--- response_headers
X-Reason: closed
! Location



=== TEST 26: startContainerJob: a job id that would spoil the header
--- init
core0_fault('C', 'data@corex.dispatch:"x\r\nSet-Cookie: y=z"');
--- request
POST /nodes/bad/containers/web1/jobs
{"name":"true"}
--- raw_response_headers_unlike: Set-Cookie
--- error_code: 502
--- response_headers
! Location



=== TEST 27: startContainerJob: what is no JSON is not repeated
--- request
POST /nodes/c/containers/web1/jobs
{"name":"true","environment":["PASSWORD=planted\q"]}
--- error_code: 400
--- response_body_like: ^\{"error":"the body is not valid JSON, line 1 column \d+: invalid escape"\}$
--- no_error_log
planted
