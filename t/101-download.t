use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Digest::MD5 qw( md5_hex );
use ZosCluster;
use ZosContainer;
use ZosFiles;
use ZosNginx;
use ZosProcess qw( reserve_port temp_dir wait_for );

# Files out of containers. In blocks the container web1 is on the node c.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes);
    $block->set_value('config', 'location / { zos on; }');
    $block->set_value('init', 'container_create("C", "web1");'
                              . ($block->init // ''));
});

add_response_body_check(sub {
    my ($block, undef, undef, undef, $dry_run) = @_;

    return if $dry_run;
    ok(nothing_left('C', 'web1'), $block->name . ' - nothing is left open');
});

our $F = '/nodes/c/containers/web1/filesystem';

no_root_location();
no_long_string();
run_tests();

my $block = 524288;             # what is read at a time
my ($nginx, $client, $mark, $answer);


sub gateway {
    my ($more, %option) = @_;

    undef $client;              # nginx would wait for it
    $nginx->stop if $nginx;
    $nginx = ZosNginx->start(%option,
        http => "error_log logs/error.log info; $nodes" . ($more // ''));
}


sub url { return file_url($_[0], $_[1] // '/tmp/f') }
sub put { file_put('C', 'web1', '/tmp/f', $_[0]) }


# A fault of the node "bad" in one command on files, as NAME:ARG.
sub fault {
    my ($command, $fault) = @_;

    core0_fault('C', $fault =~ s/^\w+/$&\@filesystem.$command/r);
}


sub no_fault { core0_fault('C', 'none') }


# All of a file has come, or as much as the connection lived; never more.
sub is_file {
    my ($got, $content, $name, %option) = @_;

    my $whole = $option{whole} // 1;
    my $part = substr $content, 0, length $got->{body};

    is($got->{status}, 200, "$name: status");
    is($got->{whole} ? 1 : 0, $whole, "$name: " . ($whole ? 'whole' : 'broken'));
    ok($got->{body} eq ($whole ? $content : $part), "$name: the same");
}

container_create($_, 'web1') for qw( A B C );
gateway();


# ---- all sizes ----

for my $size (0, 1, $block - 1, $block, $block + 1, 3 * $block + 7) {
    my $content = pattern($size, $size);
    my $name = "fileDownload: $size bytes";

    put($content);
    $answer = fetch($nginx, url('c'));
    is_file($answer, $content, $name);
    is($answer->{header}{'content-length'}, $size, "$name: its length");

    $answer = fetch($nginx, url('c'), method => 'HEAD');
    is($answer->{status}, 200, "$name: HEAD");
    is($answer->{header}{'content-length'}, $size, "$name: HEAD: its length");
    is($answer->{body}, '', "$name: HEAD: nothing else");
}

is_clean('fileDownload: all sizes');

for my $generation (qw( A B )) {
    my $content = pattern($block + 5);

    file_put($generation, 'web1', '/tmp/f', $content);
    is_file(fetch($nginx, url(lc $generation)), $content,
            "fileDownload: generation $generation");
    is_clean("fileDownload: generation $generation", $generation);
}


# ---- memory ----

my ($worker) = $nginx->worker_pids;
my $size = memory_mark($worker);
my $large = pattern(64 << 20);

put($large);
is_file(fetch($nginx, url('c')), $large, 'fileDownload: 64 MiB');
cmp_ok(memory_growth($size), '<=', 4096, 'fileDownload: 64 MiB: little memory');
undef $large;


# ---- curl is a client, too; and nginx has more between it and us ----

my $bytes = pattern(5 * $block + 7, 5);
my $dir = temp_dir('zos-download');
my ($plain, $h2, $tls, $slow, $gzip) = map { reserve_port() } 1 .. 5;

put($bytes);
gateway(<<"EOC");
    ssl_certificate \$TEST_NGINX_CERT_DIR/server.pem;
    ssl_certificate_key \$TEST_NGINX_CERT_DIR/server.key;
    server { listen 127.0.0.1:$h2 http2; location / { zos on; } }
    server { listen 127.0.0.1:$tls ssl http2; location / { zos on; } }
    server {
        listen 127.0.0.1:$slow sndbuf=32k;
        location / { zos on; limit_rate 4m; }
    }
    server {
        listen 127.0.0.1:$gzip;
        location / { zos on; gzip on; gzip_types *; gzip_proxied any; }
    }
EOC


sub curl {
    my ($name, $port, @options) = @_;

    my $scheme = $port == $tls ? 'https' : 'http';
    my $out = "$dir/out";

    unlink $out;
    my $said = `curl -skS -m 8 @options -o $out -w '%{http_version} %{http_code}' '$scheme://127.0.0.1:$port@{[ url('c') ]}'`;
    my $status = $? >> 8;

    is(-e $out ? `md5sum < $out` : '', md5_hex($bytes) . "  -\n",
       "$name: the same");
    return "$status $said";
}

is(curl('fileDownload: curl', $nginx->port), '0 1.1 200',
   'fileDownload: curl');
is(curl('fileDownload: HTTP/1.0', $nginx->port, '-0'), '0 1.1 200',
   'fileDownload: HTTP/1.0');
is(curl('fileDownload: HTTP/2', $h2, '--http2-prior-knowledge'), '0 2 200',
   'fileDownload: HTTP/2');
is(curl('fileDownload: TLS', $tls, '--http1.1'), '0 1.1 200',
   'fileDownload: TLS');
is(curl('fileDownload: HTTP/2 over TLS', $tls), '0 2 200',
   'fileDownload: HTTP/2 over TLS');
is(curl('fileDownload: compressed', $gzip, '--compressed'), '0 1.1 200',
   'fileDownload: compressed');
is(curl('fileDownload: a limited rate', $slow), '0 1.1 200',
   'fileDownload: a limited rate');
is_clean('fileDownload: curl');

# one connection for several
$answer = `curl -sS -m 20 -o /dev/null -o /dev/null -o /dev/null -w '%{http_code} %{num_connects};' 127.0.0.1:@{[ $nginx->port . url('c') ]} 127.0.0.1:@{[ $nginx->port . url('c', '/proc/cpuinfo') ]} 127.0.0.1:@{[ $nginx->port . url('c') ]}`;
is($answer, '200 1;200 0;200 0;', 'fileDownload: one after another');


# ---- files that change ----

# Something happens when the first block is sent, as the third one has been
# begun, and two are there or on their way.
sub interrupted {
    my ($what) = @_;

    put($bytes);
    fault('read', 'late:150');
    $mark = commands_mark('C');
    my $one = fetch_begin($nginx, url('bad'));
    begun($mark, 'read', 3) || fail('no third block is read');
    $what->();
    return receive($one);
}

gateway('zos_core0_timeout 1s;');

$answer = interrupted(sub {
    open my $out, '>>', file_path('C', 'web1', '/tmp/f');
    print $out 'more';
});
is_file($answer, $bytes, 'fileDownload: a file that grows');

$answer = interrupted(sub {
    truncate file_path('C', 'web1', '/tmp/f'), 2 * $block + 1;
});
is_file($answer, $bytes, 'fileDownload: a file that shrinks', whole => 0);
is($answer->{header}{'content-length'}, length $bytes,
   'fileDownload: a file that shrinks: what was announced');

$answer = interrupted(sub { unlink file_path('C', 'web1', '/tmp/f') });
is_file($answer, $bytes, 'fileDownload: a file that is removed');

$answer = interrupted(sub {
    unlink file_path('C', 'web1', '/tmp/f');
    put('another');
});
is_file($answer, $bytes, 'fileDownload: a file that is replaced');
is_clean('fileDownload: files that change');

# the size that was listed is wrong already
put($bytes);

for my $case ([ 'larger', length($bytes) + 1, 0 ],
              [ 'smaller', length($bytes) - 1, 1 ], [ 'none', 0, 1 ],
              [ 'negative', -1, 1 ], [ 'huge', '9' x 18, 0 ])
{
    my ($name, $listed, $whole) = @$case;
    my $content = $name eq 'smaller' ? substr $bytes, 0, -1 : $bytes;

    fault('list', qq(data:[{"name":"f","size":$listed,"is_dir":false}]));
    is_file(fetch($nginx, url('bad')), $content,
            "fileDownload: the listed size is $name", whole => $whole);
}

# nor is there any
for my $case ('state:ERROR:500:no luck', 'data:null', 'data:[]', 'data:{}',
              'data:[{}]', 'data:[7,{"name":7},{"name":"f"}]', 'stuck',
              'data:[{"name":"f","size":"many"}]', 'envelope:notjson',
              'envelope:level0', 'state:UNKNOWN_CMD:0:')
{
    fault('list', $case);
    $answer = fetch($nginx, url('bad'));
    is_file($answer, $bytes, "fileDownload: list: $case");
    is($answer->{header}{'content-length'}, '',
       "fileDownload: list: $case: no length");
}

no_fault();
is_clean('fileDownload: list');

# a size is of the file, not of the link to it
for my $content ('x', 'long ' x 100, $bytes) {
    my $name = 'fileDownload: a link to ' . length($content) . ' bytes';

    put($content);
    unlink file_path('C', 'web1', '/tmp/link');
    symlink '/tmp/../tmp/f', file_path('C', 'web1', '/tmp/link');
    is_file(fetch($nginx, url('c', '/tmp/link')), $content, $name);
}


# ---- errors ----

put($bytes);

for my $case ([ 'data:"****"', 502 ], [ 'data:"A"', 502 ],
              [ 'data:"QUJD*"', 502 ], [ 'oversize:699056', 502 ],
              [ 'oversize:3000000', 502 ], [ 'data:7', 502 ],
              [ 'data:null', 502 ], [ 'data:["QUJD"]', 502 ],
              [ 'envelope:level0', 502 ], [ 'envelope:notjson', 502 ],
              [ 'stuck', 504 ], [ 'state:ERROR:500:no luck', 500 ],
              [ 'state:ERROR:416:no luck', 416 ],
              [ 'state:ERROR:500:read /tmp/f: is a directory', 409 ],
              [ 'state:ERROR:500:read /tmp/f: permission denied', 403 ],
              [ 'state:ERROR:500:read /tmp/f: operation not permitted', 403 ],
              [ 'state:UNKNOWN_CMD:0:', 501 ])
{
    my ($fault, $status) = @$case;
    my $name = "fileDownload: $fault";

    fault('read', $fault);
    is_answer($nginx->request('GET ' . url('bad')), "$name at first",
              status => $status);
    is_clean("$name at first");

    $answer = interrupted(sub { fault('read', $fault) });
    is_file($answer, $bytes, $name, whole => 0);
    is(length($answer->{body}) % $block, 0, "$name: what came before");
    cmp_ok(length $answer->{body}, '>=', 2 * $block, "$name: all of it");
    is_clean($name);
}

for my $case ([ 'data:7', 502 ], [ 'data:null', 502 ], [ 'stuck', 504 ],
              [ 'state:ERROR:500:no luck', 500 ],
              [ 'state:ERROR:500:open /f: no such file or directory', 404 ],
              [ 'state:ERROR:500:open /f: permission denied', 403 ])
{
    my ($fault, $status) = @$case;

    fault('open', $fault);
    is_answer($nginx->request('GET ' . url('bad')),
              "fileDownload: open: $fault", status => $status);
}

# of a length that nobody knows
fault('list', 'data:[]');
$mark = commands_mark('C');
$client = fetch_begin($nginx, url('bad', '/dev/zero'));
ok(begun($mark, 'read', 4), 'fileDownload: a file without an end');
fault('read', 'state:ERROR:500:no luck');
$answer = receive($client);
is($answer->{status}, 200, 'fileDownload: without an end: begun');
ok(!$answer->{whole}, 'fileDownload: without an end: broken');
like($answer->{body}, qr/\A\0+\z/, 'fileDownload: without an end: its content');
no_fault();

# the close is nobody's concern any more
fault('close', 'state:ERROR:500:no luck');
is_file(fetch($nginx, url('bad')), $bytes, 'fileDownload: the close fails');
ok($nginx->logs(qr/clearing up on node "bad" failed: .*: no luck/),
   'fileDownload: the close fails: which is logged');
no_fault();
container_terminate('C', 'web1');
container_create('C', 'web1');

for my $case ([ 'the container goes', sub { container_terminate('C', 'web1') } ],
              [ 'the node goes', sub { core0_stop('C') } ])
{
    my ($name, $what) = @$case;

    $answer = interrupted($what);
    is_file($answer, $bytes, "fileDownload: $name", whole => 0);
    ZosCluster::restore();
    container_create('C', 'web1');
}

# curl can tell
put($bytes);
fault('read', 'late:150');
$mark = commands_mark('C');
my $curl = ZosProcess::spawn([ 'curl', '-sS', '-m', 10, '-o', "$dir/out",
                               '127.0.0.1:' . $nginx->port . url('bad') ]);
ok(begun($mark, 'read', 2), 'fileDownload: curl reads');
fault('read', 'state:ERROR:500:no luck');
ok($curl->ended(5), 'fileDownload: curl ends');
is($curl->status >> 8, 18, 'fileDownload: and knows that it is a part only');
no_fault();


# ---- the client ----

my $port = reserve_port();

gateway(<<"EOC");
    send_timeout 300ms;
    server {
        listen 127.0.0.1:$port sndbuf=32k;
        location / { zos on; send_timeout 10s; }
    }
EOC

# A client whose server has little room for what it does not take.
sub slow {
    my ($url) = @_;

    local $nginx->{port} = $port;
    return fetch_begin($nginx, $url, buffer => 16384);
}


sub read_count { return scalar commands_since($mark, 'filesystem.read') }

$bytes = pattern(16 * $block);
put($bytes);
($worker) = $nginx->worker_pids;
fetch($nginx, url('c'));
$size = memory_mark($worker);
$mark = commands_mark('C');
$client = slow(url('c'));

ok(begun($mark, 'read', 2), 'fileDownload: a slow client');
ok(!wait_for(sub { read_count() > 2 }, 0.3),
   'fileDownload: a slow client: the node is not read ahead');

while (length $client->{received} < 3 * $block) {
    $client->read_some or last;
}

ok(begun($mark, 'read', 4), 'fileDownload: a slow client: it goes on');
ok(!wait_for(sub { read_count() > 5 }, 0.3),
   'fileDownload: a slow client: no further');
cmp_ok(memory_growth($size), '<=', 4096,
       'fileDownload: a slow client: little memory');
is_file(receive($client), $bytes, 'fileDownload: a slow client');

# they leave: before anything has come, with a block in hand, while one is read
for my $blocks (0, 1, 2) {
    my $name = "fileDownload: the client leaves after $blocks blocks";

    $mark = commands_mark('C');
    $client = slow(url('c'));
    ok(begun($mark, 'read', 2), "$name: it is served");

    while (length $client->{received} < $blocks * $block) {
        $client->read_some or last;
    }

    $client->leave;
    is_clean($name);
}

for my $command (qw( open list read )) {
    my $name = "fileDownload: the client leaves during $command";

    fault($command, 'late:200');
    $mark = commands_mark('C');
    $client = fetch_begin($nginx, url('bad'));
    ok(begun($mark, $command), "$name: it has begun");
    $client->leave;
    is_clean($name);
}

no_fault();

# one who does not take anything for too long
$mark = commands_mark('C');
$client = fetch_begin($nginx, url('c'), buffer => 4096);
is_clean('fileDownload: a client that is too slow');
ok($nginx->logs(qr/client timed out/), 'fileDownload: which is logged');
$answer = receive($client);
ok(!$answer->{whole}, 'fileDownload: a client that is too slow: broken');

# the node's slowness is not the client's
put(substr $bytes, 0, $block + 1);
fault('read', 'late:700');
is_file(fetch($nginx, url('bad')), substr($bytes, 0, $block + 1),
        'fileDownload: the node is slow');
no_fault();


# ---- nginx ----

put($bytes);
$mark = commands_mark('C');
$client = slow(url('c'));
ok(begun($mark, 'read', 2), 'fileDownload: one is under way');
$nginx->reload(http => "error_log logs/error.log info; $nodes");
is_file(receive($client), $bytes, 'fileDownload: and ends after a reload');
is_clean('fileDownload: after a reload');
$nginx->stop;

__DATA__

=== TEST 1: fileDownload: the answer
--- init
file_put("C", "web1", "/tmp/f", "hello\n");
--- request eval
"GET $::F?path=/tmp/f"
--- response_headers
Content-Type: application/octet-stream
Content-Length: 6
Content-Disposition: attachment; filename*=UTF-8''f
X-Content-Type-Options: nosniff
Cache-Control: no-store
! Transfer-Encoding
! Accept-Ranges
--- response_body
hello



=== TEST 2: fileDownload: HEAD
--- init
file_put("C", "web1", "/tmp/f", "hello\n");
--- request eval
"HEAD $::F?path=/tmp/f"
--- response_headers
Content-Type: application/octet-stream
Content-Length: 6
Content-Disposition: attachment; filename*=UTF-8''f
--- response_body



=== TEST 3: fileDownload: an empty file
--- init
file_put("C", "web1", "/tmp/f", "");
--- request eval
"GET $::F?path=/tmp/f"
--- response_headers
Content-Length: 0
--- response_body



=== TEST 4: fileDownload: a file of the kernel
--- request eval
"GET $::F?path=/proc/sys/kernel/ostype"
--- response_headers
! Content-Length
Transfer-Encoding: chunked
Content-Disposition: attachment; filename*=UTF-8''ostype
--- response_body
Linux



=== TEST 5: fileDownload: HEAD of a file of the kernel
--- request eval
"HEAD $::F?path=/proc/sys/kernel/ostype"
--- response_headers
! Content-Length
--- response_body



=== TEST 6: fileDownload: a device without an end, and without a beginning
--- request eval
"GET $::F?path=/dev/null"
--- response_headers
Content-Length: 0
--- response_body



=== TEST 7: fileDownload: a file of the image
--- request eval
"GET $::F?path=/etc/hostname"
--- response_body eval
`cat /etc/hostname`



=== TEST 8: fileDownload: a range is not known of
--- init
file_put("C", "web1", "/tmp/f", "hello\n");
--- request eval
"GET $::F?path=/tmp/f"
--- more_headers
Range: bytes=1-2
--- response_headers
Content-Length: 6
! Content-Range
--- response_body
hello



=== TEST 9: fileDownload: spaces and quotes in the name
--- init
file_put("C", "web1", q{/tmp/a "b" 'c';d.txt}, "hello\n");
--- request eval
"GET $::F?path=/tmp/a%20%22b%22%20%27c%27;d.txt"
--- response_headers
Content-Disposition: attachment; filename*=UTF-8''a%20%22b%22%20%27c%27%3Bd.txt
--- response_body
hello



=== TEST 10: fileDownload: a name in UTF-8, and of signs
--- init
file_put("C", "web1", "/tmp/\xc3\xa4\\%41=&?#*()", "hello\n");
--- request eval
"GET $::F?path=/tmp/%c3%a4%5C%2541=%26?%23*()"
--- response_headers_like
Content-Disposition: attachment; filename\*=UTF-8''%C3%A4%5C%2541%3D%26%3F%23%2A%28%29
--- response_body
hello



=== TEST 11: fileDownload: from the root
--- init
file_put("C", "web1", "/tmp/f", "hello\n");
--- request eval
"GET $::F?path=tmp/f"
--- response_body
hello



=== TEST 12: fileDownload: a file in the root
--- init
file_put("C", "web1", "/f", "hello\n");
--- request eval
"GET $::F?path=/f"
--- response_headers
Content-Length: 6
Content-Disposition: attachment; filename*=UTF-8''f
--- response_body
hello



=== TEST 13: fileDownload: the first path
--- init
file_put("C", "web1", "/tmp/f", "hello\n");
--- request eval
"GET $::F?path=//tmp/./f&path=/tmp/g"
--- response_body
hello



=== TEST 14: fileDownload: a link that leads out of the container
--- init
symlink "../../../../../../../../../../etc/hostname", file_path("C", "web1", "/tmp/f");
--- request eval
"GET $::F?path=/tmp/f"
--- response_body eval
`cat /etc/hostname`



=== TEST 15: fileDownload: a link that leads nowhere
--- init
symlink "/none", file_path("C", "web1", "/tmp/f");
--- request eval
"GET $::F?path=/tmp/f"
--- error_code: 404
--- response_body_like: no such file or directory



=== TEST 16: fileDownload: missing
--- request eval
"GET $::F?path=/tmp/f"
--- error_code: 404
--- response_headers
Content-Type: application/json
! Content-Disposition
--- response_body
{"error":"open /tmp/f: no such file or directory"}



=== TEST 17: fileDownload: HEAD of what is missing
--- request eval
"HEAD $::F?path=/tmp/f"
--- error_code: 404
--- response_headers
Content-Type: application/json
--- response_body



=== TEST 18: fileDownload: a directory
--- request eval
"GET $::F?path=/tmp"
--- error_code: 409
--- response_body_like: is a directory



=== TEST 19: fileDownload: a directory by another name
--- request eval
"GET $::F?path=/tmp/."
--- error_code: 400
--- response_body_like: path must name a file



=== TEST 20: fileDownload: a link to a directory
--- init
symlink "/home", file_path("C", "web1", "/tmp/d");
--- request eval
"GET $::F?path=/tmp/d"
--- error_code: 409
--- response_body_like: is a directory



=== TEST 21: fileDownload: below a file
--- init
file_put("C", "web1", "/tmp/f", "hello\n");
--- request eval
"GET $::F?path=/tmp/f/g"
--- error_code: 409
--- response_body_like: not a directory



=== TEST 22: fileDownload: not allowed
--- request eval
"GET $::F?path=/proc/sys/vm/compact_memory"
--- error_code: 403
--- response_body_like: permission denied



=== TEST 23: fileDownload: no path
--- request eval
"GET $::F"
--- error_code: 400
--- response_body_like: path is required



=== TEST 24: fileDownload: an empty path
--- request eval
"GET $::F?path="
--- error_code: 400
--- response_body_like: path is required



=== TEST 25: fileDownload: up
--- request eval
"GET $::F?path=/tmp/../etc/hostname"
--- error_code: 400
--- response_body_like: path must not have



=== TEST 26: fileDownload: up, in other words
--- request eval
"GET $::F?path=%2e%2E%2fetc/hostname"
--- error_code: 400
--- response_body_like: path must not have



=== TEST 27: fileDownload: a NUL
--- request eval
"GET $::F?path=/etc/hostname%00"
--- error_code: 400
--- response_body_like: path must not have control characters



=== TEST 28: fileDownload: line ends
--- request eval
"GET $::F?path=/tmp/f%0d%0aX-Header:%20x"
--- error_code: 400
--- response_headers
! X-Header
--- response_body_like: path must not have control characters



=== TEST 29: fileDownload: a slash at the end
--- request eval
"GET $::F?path=/etc/hostname/"
--- error_code: 400
--- response_body_like: path must name a file



=== TEST 30: fileDownload: the root
--- request eval
"GET $::F?path=/"
--- error_code: 400



=== TEST 31: fileDownload: no UTF-8
--- request eval
"GET $::F?path=/tmp/%80"
--- error_code: 400
--- response_body_like: UTF-8



=== TEST 32: fileDownload: unknown node
--- request
GET /nodes/x/containers/web1/filesystem?path=/tmp/f
--- error_code: 404
--- response_body_like: node \\"x\\" is not known



=== TEST 33: fileDownload: unknown container
--- request
GET /nodes/c/containers/web2/filesystem?path=/tmp/f
--- error_code: 404
--- response_body_like: no container \\"web2\\" on node \\"c\\"
