use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Digest::MD5 qw( md5_hex );
use ZosCluster;
use ZosContainer;
use ZosFiles;
use ZosNginx;
use ZosProcess qw( reserve_port wait_for );
use ZosRelay;

# Files into containers.
#
# In blocks zos_body is the body, with zos_headers (default: a form with the
# boundary "B"), for zos_path (default: /tmp/f in the container web1 of the
# node c), and zos_content what the file must be afterwards. Without it there
# must be none. Whatever happens, nothing else may be left behind.

our $B = 'multipart/form-data; boundary=B';
my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    my $path = $block->zos_path // '?path=/tmp/f';
    my $headers = $block->zos_headers // "Content-Type: $B";
    my $body = $block->zos_body // '';

    $path = "/nodes/c/containers/web1/filesystem$path" if $path =~ /^(\?|$)/;
    chomp($path, $headers);
    $headers .= "\nContent-Length: " . length $body
        unless $headers =~ /^(?:Content-Length|Transfer-Encoding):/m;
    $headers =~ s/\n/\r\n/g;

    $block->set_value('raw_request',
        "POST $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "$headers\r\n\r\n$body");
    $block->set_value('http_config', $nodes);
    $block->set_value('config', $block->config // 'location / { zos on; }');
    $block->set_value('init', 'container_create("C", "web1");'
                              . ($block->init // ''));
});

add_response_body_check(sub {
    my ($block, undef, undef, undef, $dry_run) = @_;

    return if $dry_run;

    my $name = $block->name;
    my $file = $block->zos_file // '/tmp/f';

    chomp $file;
    is(file_get('C', 'web1', $file), $block->zos_content, "$name - the file");
    is(file_mode('C', 'web1', $file), $block->zos_mode, "$name - its mode")
        if defined $block->zos_mode;
    ok(nothing_left('C', 'web1'), "$name - nothing else")
        || diag(join ' ', file_names('C', 'web1', '/tmp'), descriptors('C'));
});


# The part that is wanted.
sub file { return [ 'name="file"; filename="a.txt"', @_ ] }

our $Field = [ 'name="comment"', 'a field' ];
our $Hello = form('B', file('hello'));

no_root_location();
no_long_string();
run_tests();

my $block = 524288;             # what is written at a time
my ($nginx, $client, $mark);


sub gateway {
    my ($more, %option) = @_;

    undef $client;              # nginx would wait for it
    $nginx->stop if $nginx;
    # the default is too much to write for many bytes
    $nginx = ZosNginx->start(%option,
        http => "error_log logs/error.log info; $nodes"
                . ($more // 'client_max_body_size 0;'));
}


sub url { return file_url($_[0], $_[1] // '/tmp/f') }
sub content { return file_get($_[0] // 'C', 'web1', '/tmp/f') }


# The head of an upload that sends its body in pieces.
sub begin {
    my ($node, $length, @lines) = @_;

    return post_begin($nginx, url($node), 'Connection: close',
                      'Content-Type: application/octet-stream',
                      "Content-Length: $length", @lines);
}


container_create($_, 'web1') for qw( A B C );
gateway();


# ---- all sizes ----

my %how = (
    'as it is'      => sub { $_[0] },
    'in chunks'     => sub { $_[0], chunk => 50000 },
    'in a form'     => sub { form('B', file($_[0])), type => $B },
    'in both'       => sub { form('B', file($_[0])), type => $B,
                             chunk => 4099 },
);

my @sizes = (map({ $_ - 1, $_, $_ + 1 } $block, 2 * $block),
             3 * $block + 7, 0, 1);

for my $how (sort keys %how) {
    for my $size (@sizes) {
        my $content = pattern($size, $size);
        my $name = "fileUpload: $size bytes $how";

        is_answer(post($nginx, url('c'), $how{$how}->($content)), $name,
                  status => 204, body => qr/^$/);
        is(md5_hex(content()), md5_hex($content), "$name: the same");
    }
}

for my $generation (qw( A B )) {
    my $content = pattern(2 * $block + 5);

    is_answer(post($nginx, url(lc $generation), $content),
              "fileUpload: generation $generation", status => 204);
    is(md5_hex(content($generation)), md5_hex($content),
       "fileUpload: generation $generation: the same");
    is_clean("fileUpload: generation $generation", $generation);
}

is_clean('fileUpload: all sizes');


# ---- what looks like the end of the content, at the end of a block ----

my $boundary = '--boundary';
my $like = "\r\n--" . substr($boundary, 0, -1) . '-';
my @wrong;

$SIG{ALRM} = sub { kill 'KILL', $nginx->worker_pids };
$nginx->expect(qr/exited on signal 9/);

for my $more (100, 2 * $block) {
    for my $before (0 .. length($like) + 1) {
        my $content = 'x' x ($block - $before) . $like . 'y' x $more;

        alarm 5;
        my $answer = post($nginx, url('c'), form($boundary, file($content)),
                          type => "multipart/form-data; boundary=$boundary");
        alarm 0;
        push @wrong, "$before before, $more behind: $answer->{status}"
            if $answer->{status} != 204 || content() ne $content;
        last if @wrong > 3;
    }
}

is("@wrong", '', 'fileUpload: CR LF at the end of a block');

alarm 20;
my $lines = join "\r\n", map { 'a' x ($_ % 61) } 1 .. 20000;
is_answer(post($nginx, url('c'), form('B', file($lines)), type => $B),
          'fileUpload: lines that end in CR LF', status => 204);
alarm 0;
is(md5_hex(content()), md5_hex($lines), 'fileUpload: the same lines');


# ---- curl is a client, too ----

gateway();

my $port = reserve_port();
my $source = ZosProcess::temp_dir('zos-upload') . '/source';
my $bytes = pattern(3 * 524288 + 7, 5);

sub curl {
    my ($name, @options) = @_;

    open my $out, '>', $source or die "$source: $!\n";
    print $out $bytes;
    close $out;
    file_put('C', 'web1', '/tmp/f', 'old');

    my $said = `curl -sS -m 20 -o /dev/null -w '%{http_version} %{http_code}' @options 2>&1`;

    is(md5_hex(content()), md5_hex($bytes), "$name: the same");
    return $said;
}

my $at = '127.0.0.1:' . $nginx->port . url('c');

is(curl('fileUpload: curl -F', '-F', "file=\@$source", "'$at'"), '1.1 204',
   'fileUpload: curl -F');
is(curl('fileUpload: curl --data-binary', '--data-binary', "\@$source", '-H',
        "'Content-Type: application/octet-stream'", "'$at'"), '1.1 204',
   'fileUpload: curl --data-binary');
is(curl('fileUpload: a stream of curl', '-F', "'file=<-' < $source", "'$at'"),
   '1.1 204', 'fileUpload: a stream of curl');

gateway(<<"EOC");
    client_max_body_size 0;
    server {
        listen 127.0.0.1:$port http2;
        location / { zos on; }
    }
EOC

$at = "127.0.0.1:$port" . url('c');

is(curl('fileUpload: HTTP/2', '--http2-prior-knowledge', '-F',
        "file=\@$source", "'$at'"), '2 204', 'fileUpload: HTTP/2');
is(curl('fileUpload: HTTP/2, as it is', '--http2-prior-knowledge', '-T',
        $source, '-X POST -H', "'Content-Type: application/octet-stream'",
        "'$at'"), '2 204', 'fileUpload: HTTP/2, as it is');
is_clean('fileUpload: curl');


# ---- the connection afterwards ----

for my $case ([ 204, url('c') ], [ 404, url('c', '/none/f') ],
              [ 400, url('c', '/tmp/../f') ], [ 404, url('unknown') ])
{
    my ($status, $url) = @$case;

    for my $content ('abc', pattern(3 * $block)) {
        my $client = post_begin($nginx, $url, 'Content-Length: '
                                . length $content,
                                'Content-Type: application/octet-stream');

        write_to($client, $content);
        is_answer($client->answer, "fileUpload: $status for many bytes",
                  status => $status);
        $client->send('GET /nodes/c/mem', close => 1);
        is_answer($client->answer, "fileUpload: after a $status");
    }
}


# ---- the old file is there until the new one is ----

my $old = 'old ' x 1000;

file_put('C', 'web1', '/tmp/f', $old);
($mark, $client) = (commands_mark('C'), begin('c', length $bytes));
write_to($client, substr $bytes, 0, 1500000);
ok(begun($mark, 'write', 2), 'fileUpload: two blocks have been written');
is(content(), $old, 'fileUpload: nobody sees them');
is(scalar(grep { /^\.f\.[0-9a-f]{8}\.part$/ } file_names('C', 'web1', '/tmp')),
   1, 'fileUpload: they are in a file beside');
write_to($client, substr $bytes, 1500000);
is_answer($client->answer, 'fileUpload: the rest', status => 204);
$client->leave;
is(md5_hex(content()), md5_hex($bytes), 'fileUpload: and it is complete');

# several at once: one of them is the last
my @all = map { pattern(2 * $block, $_) } 1 .. 5;
my @clients = map { my $one = begin('c', length $_); write_to($one, $_); $one }
              @all;
is_answer($_->answer, 'fileUpload: several at once', status => 204)
    for @clients;
@clients = ();
is(scalar(grep { $_ eq content() } @all), 1,
   'fileUpload: one of them is the file');
is_clean('fileUpload: several at once');


# ---- memory ----

my ($worker) = $nginx->worker_pids;
my $large = pattern(64 << 20);
my $sum = md5_hex($large);

my $size = memory_mark($worker);

is_answer(post($nginx, url('c'), form('B', file($large)), type => $B),
          'fileUpload: 64 MiB', status => 204, within => 20);
cmp_ok(memory_growth($size), '<=', 4096, 'fileUpload: 64 MiB: little memory');
is(md5_hex(content()), $sum, 'fileUpload: 64 MiB: the same');

undef $large;
file_put('C', 'web1', '/tmp/f', '');


# ---- nothing is asked for that cannot be stored ----

core0_fault('C', 'late@filesystem.open:300');
$client = begin('bad', 5, 'Expect: 100-continue');
ok(!continued($client, 0.25), 'fileUpload: no 100 before the file is open');
ok(continued($client, 2), 'fileUpload: a 100 when it is');
write_to($client, 'hello');
is_answer($client->answer, 'fileUpload: expected', status => 204);
$client->leave;
is(content(), 'hello', 'fileUpload: it has come');
core0_fault('C', 'none');

for my $case ([ 404, url('c', '/none/f') ], [ 403, url('c', '/usr/f') ],
              [ 404, url('unknown') ], [ 400, url('c', '/tmp/../f') ],
              [ 415, url('c'), 'text/plain' ], [ 400, url('c'),
                'multipart/form-data' ])
{
    my ($status, $url, $type) = @$case;

    $type //= 'application/octet-stream';
    my $one = post_begin($nginx, $url, 'Content-Length: 5', 'Connection: close',
                         "Content-Type: $type", 'Expect: 100-continue');

    is_answer($one->answer, "fileUpload: $status instead of a 100",
              status => $status);
    is($one->{received}, '', 'fileUpload: and nothing else');
}


# ---- too large ----

gateway('client_max_body_size 300k;');
file_put('C', 'web1', '/tmp/f', $old);

$mark = commands_mark('C');
is(post($nginx, url('c'), pattern(300 * 1024 + 1))->{status}, 413,
   'fileUpload: too large');
is(scalar commands_since($mark, 'filesystem.open'), 0,
   'fileUpload: which the node never learns');
is_answer(post($nginx, url('c'), pattern(300 * 1024 + 1), chunk => 8000),
          'fileUpload: too many chunks', status => 413);
is_clean('fileUpload: too many chunks');
is(content(), $old, 'fileUpload: the old file is there');
is_answer(post($nginx, url('c'), pattern(300 * 1024), chunk => 8000),
          'fileUpload: as large as allowed', status => 204);


$nginx->stop;

__DATA__

=== TEST 1: fileUpload: as curl -F sends it
--- zos_headers
Content-Type: multipart/form-data; boundary=------------------------d74496d66958873e
--- zos_body eval
"--------------------------d74496d66958873e\r
Content-Disposition: form-data; name=\"file\"; filename=\"hello.txt\"\r
Content-Type: text/plain\r
\r
hello
\r
--------------------------d74496d66958873e--\r
"
--- error_code: 204
--- response_body
--- zos_content
hello



=== TEST 2: fileUpload: as browsers send it, with fields before and after
--- zos_headers
Content-Type: multipart/form-data; boundary=---------------------------293582696224464
--- zos_body eval
"-----------------------------293582696224464\r
Content-Disposition: form-data; name=\"comment\"\r
\r
what this is\r
-----------------------------293582696224464\r
Content-Disposition: form-data; name=\"file\"; filename=\"\xc3\xa4 \%22 b.txt\"\r
Content-Type: application/octet-stream\r
\r
hello\r
-----------------------------293582696224464\r
Content-Disposition: form-data; name=\"submit\"; filename=\"file\"\r
\r
send it\r
-----------------------------293582696224464--\r
"
--- error_code: 204
--- zos_content chop
hello



=== TEST 3: fileUpload: a preamble and an epilogue
--- zos_body eval
"This is a multi-part message.\r\n\r\n--\n\r\n$::Hello.\r\n--B\r\nmore"
--- error_code: 204
--- zos_content chop
hello



=== TEST 4: fileUpload: a preamble that looks like the start
--- zos_body eval
"--C--B\n--B\r--B\r\n-\r\n--b\r\n--\r\n$::Hello"
--- error_code: 204
--- zos_content chop
hello



=== TEST 5: fileUpload: the body begins with an empty line
--- zos_body eval
"\r\n$::Hello"
--- error_code: 204
--- zos_content chop
hello



=== TEST 6: fileUpload: spaces behind the boundary
--- zos_body eval
$::Hello =~ s/--B/--B \t /r
--- error_code: 204
--- zos_content chop
hello



=== TEST 7: fileUpload: a quoted boundary
--- zos_headers
Content-Type: multipart/form-data; charset=utf-8; boundary="a b:'()+_,-./=?"; x=y
--- zos_body eval
::form("a b:'()+_,-./=?", ::file('hello'))
--- error_code: 204
--- zos_content chop
hello



=== TEST 8: fileUpload: names in any case
--- zos_headers
content-type: Multipart/Form-Data; BOUNDARY=B
--- zos_body eval
"--B\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: Form-Data; Name=\"file\"\r\n\r\nhello\r\n--B--"
--- error_code: 204
--- zos_content chop
hello



=== TEST 9: fileUpload: a boundary of 70 characters
--- zos_headers eval
'Content-Type: multipart/form-data; boundary=' . 'b' x 70
--- zos_body eval
::form('b' x 70, ::file('hello'))
--- error_code: 204
--- zos_content chop
hello



=== TEST 10: fileUpload: a boundary of one that is longer
--- zos_headers
Content-Type: multipart/form-data; xboundary=A; boundary=B
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 11: fileUpload: line ends of all kinds
--- zos_body eval
::form('B', ::file("\r\n\r\na\rb\nc\r\n\r\n\n\r\r\n"))
--- error_code: 204
--- zos_content eval
"\r\n\r\na\rb\nc\r\n\r\n\n\r\r\n"



=== TEST 12: fileUpload: what looks like the end of the file
--- zos_body eval
::form('B', ::file("--B\n--B--\r--B\r\n-\r\n--\r\n--b\r\n-B--\r\r\n--C"))
--- error_code: 204
--- zos_content eval
"--B\n--B--\r--B\r\n-\r\n--\r\n--b\r\n-B--\r\r\n--C"



=== TEST 13: fileUpload: all bytes
--- zos_body eval
::form('B', ::file(pack 'C*', 0 .. 255))
--- error_code: 204
--- zos_content eval
pack 'C*', 0 .. 255



=== TEST 14: fileUpload: no file name
--- zos_body eval
::form('B', [ 'name="file"', 'hello' ])
--- error_code: 204
--- zos_content chop
hello



=== TEST 15: fileUpload: a name without quotes, behind the file's
--- zos_body eval
::form('B', [ 'filename="name=other"; name=file', 'hello' ])
--- error_code: 204
--- zos_content chop
hello



=== TEST 16: fileUpload: other parts that look like it
--- zos_body eval
::form('B', [ 'name="files"', 1 ], [ 'filename="file"', 2 ],
       [ 'name=""; filename="file"', 3 ], [ 'name="other"', 4, 'X: name="file"' ],
       [ 'xname="file"', 5 ], [ 'name="a"; filename="b; name=file; c"', 6 ],
       ::file('hello'))
--- error_code: 204
--- zos_content chop
hello



=== TEST 17: fileUpload: the first one of that name
--- zos_body eval
::form('B', $::Field, ::file('hello'), ::file('other'), $::Field)
--- error_code: 204
--- zos_content chop
hello



=== TEST 18: fileUpload: an empty file
--- zos_body eval
::form('B', ::file(''))
--- error_code: 204
--- zos_content eval
''



=== TEST 19: fileUpload: part headers that are long
--- zos_body eval
::form('B', ::file('hello', 'X-Long: ' . 'x' x 8000))
--- error_code: 204
--- zos_content chop
hello



=== TEST 20: fileUpload: part headers that are too long
--- zos_body eval
::form('B', ::file('hello', 'X-Long: ' . 'x' x 8200))
--- error_code: 400
--- response_body_like: not valid multipart/form-data



=== TEST 21: fileUpload: part headers without an end
--- zos_body eval
"--B\r\nX-Long: " . 'x' x 1000000
--- error_code: 400
--- response_body_like: not valid multipart/form-data



=== TEST 22: fileUpload: no such part
--- zos_body eval
::form('B', $::Field, [ 'name="files"; filename="file"', 'hello' ])
--- error_code: 400
--- response_body_like: ^\{"error":"the body has no part named \\"file\\""\}$



=== TEST 23: fileUpload: no parts
--- zos_body eval
"--B--\r\n"
--- error_code: 400
--- response_body_like: no part named



=== TEST 24: fileUpload: an empty form
--- zos_body
--- error_code: 400
--- response_body_like: no part named



=== TEST 25: fileUpload: no form at all
--- zos_body
hello
--- error_code: 400
--- response_body_like: no part named



=== TEST 26: fileUpload: cut in the part's headers
--- zos_body eval
substr $::Hello, 0, 30
--- error_code: 400
--- response_body_like: no part named



=== TEST 27: fileUpload: cut in the content
--- zos_body eval
substr $::Hello, 0, -11
--- error_code: 400
--- response_body_like: no whole part named



=== TEST 28: fileUpload: cut in the boundary
--- zos_body eval
substr $::Hello, 0, -5
--- error_code: 400
--- response_body_like: no whole part named



=== TEST 29: fileUpload: another boundary than announced
--- zos_headers
Content-Type: multipart/form-data; boundary=C
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: no part named



=== TEST 30: fileUpload: a boundary that goes on
--- zos_body eval
::form('B', ::file("hello\r\n--Baa"))
--- error_code: 400
--- response_body_like: not valid multipart/form-data



=== TEST 31: fileUpload: lines that end in LF
--- zos_body eval
$::Hello =~ s/\r\n/\n/gr
--- error_code: 400
--- response_body_like: not valid multipart/form-data



=== TEST 32: fileUpload: no boundary
--- zos_headers
Content-Type: multipart/form-data
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: no valid boundary



=== TEST 33: fileUpload: an empty boundary
--- zos_headers
Content-Type: multipart/form-data; boundary=; charset=utf-8
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: no valid boundary



=== TEST 34: fileUpload: an empty boundary in quotes
--- zos_headers
Content-Type: multipart/form-data; boundary=""
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: no valid boundary



=== TEST 35: fileUpload: a boundary without the second quote
--- zos_headers
Content-Type: multipart/form-data; boundary="B
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: no valid boundary



=== TEST 36: fileUpload: a boundary of 71 characters
--- zos_headers eval
'Content-Type: multipart/form-data; boundary=' . 'b' x 71
--- zos_body eval
::form('b' x 71, ::file('hello'))
--- error_code: 400
--- response_body_like: no valid boundary



=== TEST 37: fileUpload: the body is the file
--- zos_headers
Content-Type: application/octet-stream
--- zos_body
hello
--- error_code: 204
--- zos_content
hello



=== TEST 38: fileUpload: with a parameter
--- zos_headers
Content-Type: Application/Octet-Stream; charset=binary
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content eval
$::Hello



=== TEST 39: fileUpload: no bytes
--- zos_headers
Content-Type: application/octet-stream
--- zos_body
--- error_code: 204
--- zos_content eval
''



=== TEST 40: fileUpload: no bytes in chunks
--- zos_headers
Content-Type: application/octet-stream
Transfer-Encoding: chunked
--- zos_body eval
"0\r\n\r\n"
--- error_code: 204
--- zos_content eval
''



=== TEST 41: fileUpload: a form in chunks
--- zos_headers eval
"Content-Type: $::B\nTransfer-Encoding: chunked"
--- zos_body eval
::chunks($::Hello, 1)
--- error_code: 204
--- zos_content chop
hello



=== TEST 42: fileUpload: chunks that are none
--- zos_headers
Content-Type: application/octet-stream
Transfer-Encoding: chunked
--- zos_body eval
"5\r\nhello\r\nxyz\r\n"
--- error_code: 400



=== TEST 43: fileUpload: no media type
--- zos_headers
X-Type: none
--- zos_body
hello
--- error_code: 415
--- response_body_like: must be multipart/form-data or application/octet-stream



=== TEST 44: fileUpload: text
--- zos_headers
Content-Type: text/plain
--- zos_body
hello
--- error_code: 415



=== TEST 45: fileUpload: a form that holds no files
--- zos_headers
Content-Type: application/x-www-form-urlencoded
--- zos_body
file=hello
--- error_code: 415



=== TEST 46: fileUpload: parts of another kind
--- zos_headers
Content-Type: multipart/mixed; boundary=B
--- zos_body eval
$::Hello
--- error_code: 415



=== TEST 47: fileUpload: a media type of a longer name
--- zos_headers
Content-Type: application/octet-streams
--- zos_body
hello
--- error_code: 415



=== TEST 48: fileUpload: a multipart type of a longer name
--- zos_headers
Content-Type: multipart/form-database; boundary=B
--- zos_body eval
$::Hello
--- error_code: 415



=== TEST 49: fileUpload: no path
--- zos_path chop
/nodes/c/containers/web1/filesystem
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: ^\{"error":"path is required"\}$



=== TEST 50: fileUpload: no such argument
--- zos_path: ?paths=/tmp/f&pat=/tmp/f
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path is required



=== TEST 51: fileUpload: an empty path
--- zos_path: ?path=
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path is required



=== TEST 52: fileUpload: up
--- zos_path: ?path=/tmp/../tmp/f
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must not have



=== TEST 53: fileUpload: up from where one is
--- zos_path: ?path=..%2Ftmp/f
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must not have



=== TEST 54: fileUpload: up at the end
--- zos_path: ?path=/tmp/f/%2e%2e
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must not have



=== TEST 55: fileUpload: two dots in a name are fine
--- zos_path: ?path=/tmp/..f
--- zos_file: /tmp/..f
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 56: fileUpload: a NUL
--- zos_path: ?path=/tmp/f%00.txt
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must not have control characters



=== TEST 57: fileUpload: a line feed
--- zos_path: ?path=/tmp/f%0a
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must not have control characters



=== TEST 58: fileUpload: DEL
--- zos_path: ?path=/tmp/%7Ff
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must not have control characters



=== TEST 59: fileUpload: a slash at the end
--- zos_path: ?path=/tmp/f/
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must name a file



=== TEST 60: fileUpload: the root
--- zos_path: ?path=/
--- zos_body eval
$::Hello
--- error_code: 400



=== TEST 61: fileUpload: the root by another name
--- zos_path: ?path=/./.
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must



=== TEST 62: fileUpload: a directory by another name
--- zos_path: ?path=/tmp/.
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path must name a file



=== TEST 63: fileUpload: no UTF-8
--- zos_path: ?path=/tmp/f%ff
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: UTF-8



=== TEST 64: fileUpload: a path that is too long
--- zos_path eval
'?path=/tmp/' . 'a/' x 2048 . 'f'
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: path is too long



=== TEST 65: fileUpload: odd names
--- zos_path: ?path=/tmp/%20a%20%22b%22%5C%27c%27%25%26%3D%3F%23%C3%A4
--- zos_file eval
qq{/tmp/ a "b"\\'c'%&=?#\xc3\xa4}
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 66: fileUpload: a space as forms have it
--- zos_path: ?path=/tmp/a+b%2Bc
--- zos_file: /tmp/a b+c
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 67: fileUpload: from the root
--- zos_path: ?perm=644&path=tmp/f
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 68: fileUpload: more slashes and dots
--- zos_path: ?path=//tmp/.///f
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 69: fileUpload: the longest name
--- zos_path eval
'?path=/tmp/' . 'n' x 255
--- zos_file eval
'/tmp/' . 'n' x 255
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 70: fileUpload: the longest name, in letters of three bytes
--- zos_path eval
'?path=/tmp/' . '%E2%82%AC' x 85
--- zos_file eval
'/tmp/' . "\xe2\x82\xac" x 85
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 71: fileUpload: readable for all
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello
--- zos_mode: 644



=== TEST 72: fileUpload: a program
--- zos_path: ?path=/tmp/f&perm=755
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello
--- zos_mode: 755



=== TEST 73: fileUpload: a secret
--- zos_path: ?path=/tmp/f&perm=0600
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello
--- zos_mode: 600



=== TEST 74: fileUpload: for nobody
--- zos_path: ?path=/tmp/f&perm=0
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello
--- zos_mode: 0



=== TEST 75: fileUpload: no octal number
--- zos_path: ?path=/tmp/f&perm=648
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: ^\{"error":"perm must be octal, from 0 to 777"\}$



=== TEST 76: fileUpload: more than permissions
--- zos_path: ?path=/tmp/f&perm=4755
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: perm must be octal



=== TEST 77: fileUpload: no permissions
--- zos_path: ?path=/tmp/f&perm=
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: perm must be octal



=== TEST 78: fileUpload: permissions in letters
--- zos_path: ?path=/tmp/f&perm=rw-
--- zos_body eval
$::Hello
--- error_code: 400
--- response_body_like: perm must be octal



=== TEST 79: fileUpload: over a file
--- init
file_put("C", "web1", "/tmp/f", "much longer than the new one");
chmod 0600, file_path("C", "web1", "/tmp/f");
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello
--- zos_mode: 644



=== TEST 80: fileUpload: over a link
--- init
file_put("C", "web1", "/tmp/target", "of the link");
symlink "target", file_path("C", "web1", "/tmp/f");
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 81: fileUpload: over a directory
--- init
mkdir file_path("C", "web1", "/tmp/f");
--- zos_body eval
$::Hello
--- error_code: 409
--- response_body_like: is a directory



=== TEST 82: fileUpload: over a directory that is a link
--- init
symlink "/home", file_path("C", "web1", "/tmp/d");
--- zos_path: ?path=/tmp/d/f
--- zos_file: /home/f
--- zos_body eval
$::Hello
--- error_code: 204
--- zos_content chop
hello



=== TEST 83: fileUpload: the directory is missing
--- zos_path: ?path=/tmp/none/f
--- zos_body eval
$::Hello
--- error_code: 404
--- response_body_like: /tmp/none/.*no such file or directory



=== TEST 84: fileUpload: the directory is a file
--- init
file_put("C", "web1", "/tmp/d", "a file");
--- zos_path: ?path=/tmp/d/f
--- zos_body eval
$::Hello
--- error_code: 409
--- response_body_like: not a directory



=== TEST 85: fileUpload: a place that is for reading only
--- zos_path: ?path=/usr/f
--- zos_body eval
$::Hello
--- error_code: 403
--- response_body_like: read-only file system



=== TEST 86: fileUpload: unknown node
--- zos_path: /nodes/x/containers/web1/filesystem?path=/tmp/f
--- zos_body eval
$::Hello
--- error_code: 404
--- response_body_like: node \\"x\\" is not known



=== TEST 87: fileUpload: unknown container
--- zos_path: /nodes/c/containers/web2/filesystem?path=/tmp/f
--- zos_body eval
$::Hello
--- error_code: 404
--- response_body_like: no container \\"web2\\" on node \\"c\\"



=== TEST 88: fileUpload: another module has read the body into a file
--- config
    client_body_buffer_size 1k;
    location / { zos on; mirror /mirror; }
    location = /mirror { internal; return 204; }
--- zos_headers
Content-Type: application/octet-stream
--- zos_body eval
'0123456789abcdef' x 100_000
--- error_code: 204
--- zos_content eval
'0123456789abcdef' x 100_000



=== TEST 89: fileUpload: the same in a form
--- config
    client_body_buffer_size 1k;
    location / { zos on; mirror /mirror; }
    location = /mirror { internal; return 204; }
--- zos_body eval
"--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"
. '0123456789abcdef' x 100_000 . "\r\n--B--\r\n"
--- error_code: 204
--- zos_content eval
'0123456789abcdef' x 100_000
