use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosContainer;
use ZosFiles;
use ZosNginx;
use ZosRelay;

# Blocks in flight: two of them, in their order, whatever the node's order
# would be; and what goes wrong with two of them on their way.

my $nodes = <<'EOC';
    error_log logs/error.log info;
    client_max_body_size 0;
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC

my $block = 524288;
my $bytes = pattern(5 * $block + 7, 3);
my $old = 'old ' x 1000;
my ($nginx, $client, $mark, $answer);


sub gateway {
    my ($more) = @_;

    undef $client;              # nginx would wait for it
    $nginx->stop if $nginx;
    $nginx = ZosNginx->start(http => $nodes . ($more // ''));
}


sub url { return file_url($_[0], $_[1] // '/tmp/f') }
sub put { file_put('C', 'web1', '/tmp/f', $_[0]) }
sub content { return file_get('C', 'web1', '/tmp/f') }
sub since { return scalar commands_since($mark, "filesystem.$_[0]") }


# An upload of which the first bytes are sent.
sub begin {
    my ($sent) = @_;

    my $one = post_begin($nginx, url('bad'), 'Connection: close',
                         'Content-Type: application/octet-stream',
                         'Content-Length: ' . length $bytes);

    write_to($one, substr $bytes, 0, $sent // length $bytes);
    return $one;
}


# The first one of two is held for a while, and the second one is there.
sub two_in_flight {
    my ($name, $command, $start) = @_;

    put($command eq 'write' ? $old : $bytes);
    core0_fault('C', "turns\@filesystem.$command:700");
    $mark = commands_mark('C');

    my $one = $start->();

    ok(begun($mark, $command, 2), "$name: two are in flight");
    return $one;
}


sub close_now {
    my ($command) = @_;

    my ($args) = commands_since($mark, "filesystem.$command");

    container_run('C', 'web1', 'filesystem.close', { fd => $args->{fd} });
}


# The node keeps the old file, and nothing is done twice.
sub is_left_alone {
    my ($name) = @_;

    is_clean($name);
    ok(content() eq $old, "$name: the old file is there");
    is(since('remove'), 1, "$name: removed once");
    is(since('move'), 0, "$name: not moved");
}

no_root_location();
run_tests();
container_create('C', 'web1');
gateway('zos_core0_timeout 3s;');


# ---- the order ----

for my $command (qw( filesystem.write corex.dispatch )) {
    my $name = "fileUpload: every other $command is slow";

    put($old);
    core0_fault('C', "turns\@$command:150");
    is_answer(post($nginx, url('bad'), $bytes), $name, status => 204);
    ok(content() eq $bytes, "$name: the order");
}

for my $command (qw( filesystem.read corex.dispatch )) {
    my $name = "fileDownload: every other $command is slow";

    put($bytes);
    core0_fault('C', "turns\@$command:150");
    ok(fetch($nginx, url('bad'))->{body} eq $bytes, "$name: the order");
}

is_clean('fileUpload, fileDownload: the order');


# ---- two, and no third; where there is one connection, one ----

for my $case ([ 2, '' ], [ 1, 'zos_core0_max_conns 1;' ]) {
    my ($count, $limit) = @$case;

    core0_fault('C', 'none');
    gateway("zos_core0_timeout 1s; $limit");
    put($old);
    core0_fault('C', 'stuck@filesystem.write');
    $mark = commands_mark('C');
    is_answer(post($nginx, url('bad'), $bytes), "fileUpload: in flight: $count",
              status => 504);
    is(since('write'), $count, "fileUpload: in flight: $count: so many");
    is_clean("fileUpload: in flight: $count");

    put($bytes);
    core0_fault('C', 'stuck@filesystem.read');
    $mark = commands_mark('C');
    is_answer($nginx->request('GET ' . url('bad')),
              "fileDownload: in flight: $count", status => 504);
    is(since('read'), $count, "fileDownload: in flight: $count: so many");
    is_clean("fileDownload: in flight: $count");
}

core0_fault('C', 'none');
gateway('zos_core0_timeout 1s;');

# no more than the file has
for my $size (1, $block, $block + 1, 2 * $block) {
    put(substr $bytes, 0, $size);
    $mark = commands_mark('C');
    ok(fetch($nginx, url('c'))->{body} eq substr($bytes, 0, $size),
       "fileDownload: $size bytes");
    is(since('read'), $size > $block ? 2 : 1,
       "fileDownload: $size bytes: the reads");
}

# who waits for the one before has its own time afterwards
put($old);
core0_fault('C', 'slow@filesystem.write:700');
is_answer(post($nginx, url('bad'), substr $bytes, 0, 2 * $block + 7),
          'fileUpload: two together may take longer than one',
          status => 204);
ok(content() eq substr($bytes, 0, 2 * $block + 7),
   'fileUpload: two together: the same');


# ---- memory, all of it: of a worker that has moved a byte so far ----

my $large = pattern(64 << 20);

for my $way (qw( fileUpload fileDownload )) {
    gateway();
    core0_fault('C', 'none');
    post($nginx, url('c'), 'a');
    fetch($nginx, url('c'));
    put($large) if $way eq 'fileDownload';

    my ($worker) = $nginx->worker_pids;
    my $size = memory_mark($worker);

    $way eq 'fileUpload' ? post($nginx, url('c'), $large)
                         : is(fetch($nginx, url('c'))->{body} eq $large, 1,
                              "$way: 64 MiB: the same");

    my $growth = memory_growth($size);

    # sanitizers keep what has been freed
    cmp_ok($growth, '<=', 4096, "$way: 64 MiB: in 4 MiB of memory")
        unless $ENV{ASAN_OPTIONS};
    diag("$way: $growth KiB") if $ENV{ZOS_FIGURES};
    ok(content() eq $large, "$way: 64 MiB: is there");
}

undef $large;
put($old);
gateway('zos_core0_timeout 1s;');


# ---- the first one of two fails ----

my $name = 'fileUpload: the first one of two fails';

$client = two_in_flight($name, 'write', \&begin);
close_now('write');
is_answer($client->answer, $name, status => 500,
          body => qr/unknown file description/);
$client->leave;
is_left_alone($name);
is(since('write'), 2, "$name: no third block");
is(since('close'), 2, "$name: closed once, besides by us");

$name = 'fileDownload: the first one of two fails';
$client = two_in_flight($name, 'read', sub { fetch_begin($nginx, url('bad')) });
close_now('read');
$answer = receive($client);
is($answer->{status}, 500, $name);
like($answer->{body}, qr/unknown file description/, "$name: says why");
is_clean($name);
is(since('read'), 2, "$name: no third block");
ok(begun($mark, 'close', 2), "$name: closed, besides by us");


# ---- the client leaves, with two on their way ----

# behind them, within a third block, and with more than is read ahead
for my $more (0, 100, 2 * $block) {
    my $name = "fileUpload: the client leaves two and $more bytes";

    $client = two_in_flight($name, 'write', sub { begin(2 * $block + $more) });
    $client->leave;
    is_left_alone($name);
    is(since('write'), 2, "$name: no third block") if $more < $block;
    is(since('close'), 1, "$name: closed once");
}

$name = 'fileDownload: the client leaves two';
$client = two_in_flight($name, 'read', sub { fetch_begin($nginx, url('bad')) });
$client->leave;
is_clean($name);
is(since('read'), 2, "$name: no third block");
is(since('close'), 1, "$name: closed once");


# ---- the container goes, with two on their way ----

for my $command (qw( write read )) {
    my $name = "container: it goes with two in flight: $command";

    $client = two_in_flight($name, $command, $command eq 'write' ? \&begin
                            : sub { fetch_begin($nginx, url('bad')) });
    container_terminate('C', 'web1');
    is(receive($client)->{status}, 504, $name);
    is(since($command), 2, "$name: no third block");
    container_create('C', 'web1');
    is_clean($name);
}


# ---- the connection breaks: a read is not repeated ----

put($bytes);
symlink '/tmp/f', file_path('C', 'web1', '/tmp/link');
core0_fault('C', 'none');

# of a link the length is not known
for my $how (qw( cut lose )) {
    my (%status, @wrong);

    for my $at (5 .. 14) {
        my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C},
                                    $how => { 1 => $at });

        gateway('zos_node r 127.0.0.1:' . $relay->port . ';');
        $answer = fetch($nginx, url('r', '/tmp/link'));
        $status{$answer->{status}}++;

        push @wrong, "$at: $answer->{status} " . length $answer->{body}
            if $answer->{status} == 200
               && ($answer->{whole} ? $answer->{body} ne $bytes
                   : $answer->{body} ne substr $bytes, 0,
                                               length $answer->{body});
        $relay->stop;
    }

    is("@wrong", '', "fileDownload: $how: nothing is left out");
    cmp_ok($status{200} // 0, '>=', 3, "fileDownload: $how: of several");
}

$nginx->stop;

__DATA__

=== TEST 1: fileUpload: one block
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
--- config
    location / { zos on; }
--- init
container_create('C', 'web1');
--- request
POST /nodes/c/containers/web1/filesystem?path=/tmp/f
hello
--- more_headers
Content-Type: application/octet-stream
--- error_code: 204
