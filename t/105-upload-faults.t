use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Digest::MD5 qw( md5_hex );
use ZosCluster qw( C );
use ZosContainer;
use ZosFiles;
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosRelay;

# What goes wrong in the middle of an upload: at the node, on the way to it,
# with the client. No half of a file may be left behind, and the old file must
# not be lost.

my $nodes = <<'EOC';
    error_log logs/error.log info;
    client_max_body_size 0;
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC

my $block = 524288;             # what is written at a time
my $bytes = pattern(4 * $block + 7, 5);
my $old = 'old ' x 1000;
my ($nginx, $client, $mark);


sub gateway {
    my ($more) = @_;

    undef $client;              # nginx would wait for it
    $nginx->stop if $nginx;
    $nginx = ZosNginx->start(http => $nodes . $more);
}


sub url { return file_url($_[0], '/tmp/f') }
sub content { return file_get('C', 'web1', '/tmp/f') }


# The head of an upload that sends its body in pieces.
sub begin {
    my ($node, $length, $type) = @_;

    return post_begin($nginx, url($node), 'Connection: close',
        'Content-Type: ' . ($type // 'application/octet-stream'),
        "Content-Length: $length");
}


sub no_parts {
    my ($name) = @_;

    ok(wait_for(sub { !grep { /\.part$/ } file_names('C', 'web1', '/tmp') }, 3),
       "$name: no part is left");
}


# A fault of the node "bad" in one command on files, as NAME:ARG.
sub fault {
    my ($command, $fault) = @_;

    core0_fault('C', $fault =~ s/^\w+/$&\@filesystem.$command/r);
}


sub no_fault { core0_fault('C', 'none') }


# A container as new.
sub renew {
    container_terminate('C', 'web1');
    container_create('C', 'web1');
}

no_root_location();
run_tests();
container_create('C', 'web1');
gateway('zos_core0_timeout 1s;');


# ---- blocks ----

# An upload in two halves; something happens between them.
sub interrupted {
    my ($name, $node, $what, %expected) = @_;

    file_put('C', 'web1', '/tmp/f', $old);

    my $half = 2 * $block + 100;
    my $since = commands_mark('C');
    my $one = begin($node, length $bytes);

    write_to($one, substr $bytes, 0, $half);
    ok(begun($since, 'write', 2), "fileUpload: $name: two blocks are written");
    $what->();
    write_to($one, substr $bytes, $half);
    is_answer($one->answer, "fileUpload: $name", %expected);
}

for my $case ([ 'the disk is full', '500:write /tmp/x: no space left on '
                . 'device', 500, qr/no space left on device/ ],
              [ 'the descriptor is lost', '500:unknown file description',
                500, qr/unknown file description/ ],
              [ 'a code of the node', '413:quota exceeded', 413,
                qr/quota exceeded/ ])
{
    my ($name, $state, $status, $body) = @$case;

    $mark = commands_mark('C');
    interrupted($name, 'bad', sub { fault('write', "state:ERROR:$state") },
                status => $status, body => $body, reason => 'failed');
    is_clean("fileUpload: $name");
    is(scalar commands_since($mark, 'filesystem.close'), 1,
       "fileUpload: $name: closed");
    is(scalar commands_since($mark, 'filesystem.remove'), 1,
       "fileUpload: $name: removed");
    ok(content() eq $old, "fileUpload: $name: the old file is there");
    no_fault();
}

for my $case ([ 'stuck', 504 ], [ 'envelope:notjson', 502 ],
              [ 'envelope:wrongid', 502 ])
{
    my ($fault, $status) = @$case;

    interrupted($fault, 'bad', sub { fault('write', $fault) },
                status => $status);
    is_clean("fileUpload: $fault");
    no_fault();
}

fault('write', 'state:ERROR:500:no luck');
is_answer(post($nginx, url('bad'), 'abc'), 'fileUpload: the first block fails',
          status => 500, body => qr/no luck/);
is_clean('fileUpload: the first block fails');
ok(content() eq $old,
   'fileUpload: the first block fails: the old file is there');


# ---- what comes before and after ----

for my $case ([ 'data:7', 502 ], [ 'data:null', 502 ],
              [ 'envelope:level0', 502 ], [ 'state:ERROR:500:no luck', 500 ],
              [ 'state:ERROR:500:open /tmp/f: permission denied', 403 ],
              [ 'state:ERROR:500:open /tmp/f: operation not permitted', 403 ],
              [ 'state:ERROR:500:open /tmp/f: is a directory', 409 ],
              [ 'state:UNKNOWN_CMD:0:', 501 ])
{
    my ($fault, $status) = @$case;

    fault('open', $fault);
    is_answer(post($nginx, url('bad'), 'abc'), "fileUpload: open: $fault",
              status => $status);
}

fault('move', 'state:ERROR:500:no luck');
is_answer(post($nginx, url('bad'), 'abc'), 'fileUpload: the move fails',
          status => 500, body => qr/no luck/);
is_clean('fileUpload: the move fails');
ok(content() eq $old, 'fileUpload: the move fails: the old file is there');

fault('close', 'state:ERROR:500:no luck');
$mark = commands_mark('C');
is_answer(post($nginx, url('bad'), 'abc'), 'fileUpload: the close fails',
          status => 500, body => qr/no luck/);
no_parts('fileUpload: the close fails');
ok(content() eq $old, 'fileUpload: the close fails: the old file is there');
ok(begun($mark, 'close', 2), 'fileUpload: the close fails: tried again');
no_fault();
renew();


# ---- the container, or the node, goes ----

interrupted('the container goes', 'c',
            sub { container_terminate('C', 'web1') },
            status => 404, reason => 'absent',
            body => qr/no container \\"web1\\" on node \\"c\\"/);
container_create('C', 'web1');

# it has the number of the old one
interrupted('another container comes', 'c', sub {
    renew();
    file_put('C', 'web1', '/tmp/f', 'its own');
}, status => 500, body => qr/unknown file description/);
is_clean('fileUpload: another container comes');
ok(content() eq 'its own', 'fileUpload: another container is left alone');

interrupted('the node goes', 'c', sub { core0_stop('C') }, status => 502);
ZosCluster::restore();
container_create('C', 'web1');
is_answer(post($nginx, url('c'), $bytes), 'fileUpload: the node is back',
          status => 204);
ok(content() eq $bytes, 'fileUpload: the node is back: the same');

# The connection breaks before or behind each thing that is sent over it.
sub broken {
    my ($how, $at, $size) = @_;

    my $name = "fileUpload: $how at $at of $size bytes";
    my $content = pattern($size);
    my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C},
                                $how => { 1 => $at });

    renew();
    file_put('C', 'web1', '/tmp/f', $old);
    gateway('zos_node r 127.0.0.1:' . $relay->port . ';');
    $mark = commands_mark('C');

    my $status = post($nginx, url('r'), $content)->{status};
    my $now = content();

    like($status, qr/^(?:204|502|504)$/, $name);
    ok($now eq $content || $now eq $old && $status != 204,
       "$name: all of it or the old file");

    # of a descriptor that it never learned it can close none
    commands_since($mark, 'filesystem.write') ? is_clean($name)
                                              : no_parts($name);
    $relay->stop;
    return $status;
}

# the look-up and the opening; a block; closing and moving
for my $how (qw( cut lose )) {
    my $failed = grep { broken($how, $_, 3) != 204 } 1 .. 14;

    cmp_ok($failed, '>=', 6, "fileUpload: $how: at many points");

    # two blocks, each of many writes
    broken($how, $_, $block + 3) for 9, 14, 19, 24;
}

renew();


# ---- the client ----

gateway('');

for my $blocks (0 .. 3) {
    my $name = "fileUpload: the client leaves after $blocks blocks";

    file_put('C', 'web1', '/tmp/f', $old);
    $mark = commands_mark('C');
    $client = begin('c', length $bytes);
    write_to($client, substr $bytes, 0, $blocks * $block + 9);
    ok(begun($mark, $blocks ? 'write' : 'open', $blocks || 1),
       "$name: they are there");
    $client->leave;
    is_clean($name);
    ok(content() eq $old, "$name: the old file is there");
}

for my $command (qw( open write close move )) {
    my $name = "fileUpload: the client leaves during $command";

    fault($command, 'late:200');
    $mark = commands_mark('C');
    $client = begin('bad', 5);
    write_to($client, 'hello');
    ok(begun($mark, $command), "$name: it has begun");
    $client->leave;
    is_clean($name);
}

# the body ends, and not as it should, while a block is written
for my $tail ("\r\n-", "\r\n--A", "\r\n--B-x") {
    my $name = 'fileUpload: it ends with ' . $tail =~ s/\r\n/CR LF /r
             . ' while a block is written';
    my $body = "--B\r\nContent-Disposition: form-data; name=file\r\n\r\n"
             . 'x' x $block;

    fault('write', 'late:150');
    file_put('C', 'web1', '/tmp/f', $old);
    $mark = commands_mark('C');
    $client = begin('bad', length $body . $tail,
                    'multipart/form-data; boundary=B');
    write_to($client, $body);
    ok(begun($mark, 'write'), "$name: it is");
    write_to($client, $tail);
    is_answer($client->answer, $name, status => 400, reason => 'bad body');
    is_clean($name);
    ok(content() eq $old, "$name: the old file is there");
}

no_fault();


# ---- nginx ----

$mark = commands_mark('C');
$client = begin('c', length $bytes);
write_to($client, substr $bytes, 0, $block + 1);
ok(begun($mark, 'write'), 'fileUpload: one is under way');
$nginx->reload(http => $nodes);
write_to($client, substr $bytes, $block + 1);
is_answer($client->answer, 'fileUpload: and ends after a reload',
          status => 204);
ok(content() eq $bytes, 'fileUpload: after a reload: the same');
is_clean('fileUpload: after a reload');


# ---- time ----

gateway('client_body_timeout 500ms;');
file_put('C', 'web1', '/tmp/f', $old);

my @silent;

for my $blocks (0 .. 2) {
    my $one = begin('c', length $bytes);
    write_to($one, substr $bytes, 0, $blocks * $block + 9);
    push @silent, $one;
}

ok($_->closed(3), 'fileUpload: who falls silent is left') for @silent;
is_clean('fileUpload: who falls silent');
ok(content() eq $old, 'fileUpload: who falls silent: the old file is there');
@silent = ();

my $log = do {
    open my $in, '<', "$nginx->{dir}/logs/access.log";
    join '', <$in>;
};
is(scalar(() = $log =~ / 408 0 /g), 3, 'fileUpload: which is logged as 408');

# the node's slowness is not the client's
fault('write', 'late:700');
my $three = substr $bytes, 0, 3 * $block;
is_answer(post($nginx, url('bad'), $three), 'fileUpload: the node is slow',
          status => 204, after => 1.4, within => 4);
ok(content() eq $three, 'fileUpload: the node is slow: the same');

my $sent = 2 * $block + 5000;
$mark = commands_mark('C');
$client = begin('bad', length $three);
write_to($client, substr $three, 0, $sent);
ok(begun($mark, 'write'), 'fileUpload: a block is written');
ok(!$client->closed(0.1), 'fileUpload: another one has come by now');
write_to($client, substr $three, $sent);
is_answer($client->answer, 'fileUpload: who has to wait is not slow',
          status => 204, after => 1.4, within => 4);
ok(content() eq $three, 'fileUpload: who has to wait: the same');

$nginx->stop;

__DATA__

=== TEST 1: fileUpload: the node cannot be reached
--- http_config
    zos_zone zos:1m;
    zos_node dead 127.0.0.1:$TEST_NGINX_DEAD_PORT;
--- config
    location / { zos on; }
--- request
POST /nodes/dead/containers/web1/filesystem?path=/tmp/f
hello
--- more_headers
Content-Type: application/octet-stream
--- error_code: 502
--- response_body_like: node \\"dead\\" can't be reached
