use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster;
use ZosContainer;
use ZosFiles;
use ZosNginx;
use ZosProcess qw( wait_for );

# Files of containers removed. In blocks zos_body is the body of the request
# for the container web1 of the node c, or else zos_query its query; zos_gone
# must be gone afterwards, and zos_kept be there: lists of paths. There are
#
#     /tmp/f  /tmp/d/a  /tmp/d/e/b  /tmp/link -> /home  /home/kept

our $F = '/nodes/c/containers/web1/filesystem';
my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
EOC


sub make_files {
    my ($generation) = @_;

    container_create($generation, 'web1');
    file_put($generation, 'web1', $_, 'content')
        for qw( /tmp/f /tmp/d/a /tmp/d/e/b /home/kept );
    symlink '/home', file_path($generation, 'web1', '/tmp/link');
}


sub is_there {
    my ($generation, $path) = @_;

    return -l file_path($generation, 'web1', $path)
           || -e _ || 0;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my ($body, $query) = ($block->zos_body // '', $block->zos_query // '');

    chomp($body, $query);

    if (!defined $block->request) {
        $block->set_value('request', "DELETE $F$query\n$body");
    }

    $block->set_value('http_config', $nodes);
    $block->set_value('config', 'location / { zos on; }');
    $block->set_value('init', 'main::make_files("C");'
                              . ($block->init // ''));
});

add_response_body_check(sub {
    my ($block, undef, $index, undef, $dry_run) = @_;

    # after the last request
    my $request = $block->request;
    return if $dry_run || ref $request && $index < $#$request;

    my $name = $block->name;

    ok(!is_there('C', $_), "$name - $_ is gone")
        for split ' ', $block->zos_gone // '';
    ok(is_there('C', $_), "$name - $_ is there")
        for split ' ', $block->zos_kept // '/tmp/f /tmp/d/e/b /home/kept';
});

no_root_location();
no_long_string();
run_tests();

my $nginx = ZosNginx->start(http => "$nodes zos_core0_timeout 1s;");
my $f = '/containers/web1/filesystem';


sub remove {
    my ($node, $path) = @_;

    return $nginx->request("DELETE /nodes/$node$f\n\n{\"path\":\"$path\"}");
}

for my $generation (qw( A B C )) {
    my $node = lc $generation;

    make_files($generation);
    is_answer(remove($node, '/tmp/d'), "fileDelete: generation $generation",
              status => 204, body => qr/^$/);
    ok(!is_there($generation, '/tmp/d'),
       "fileDelete: generation $generation: gone");
    ok(is_there($generation, '/tmp/f'),
       "fileDelete: generation $generation: the others are there");
    is_answer(remove($node, '/tmp/d'),
              "fileDelete: generation $generation: again", status => 204);
}

# many, and deep
file_put('C', 'web1', "/tmp/many/$_/$_", $_) for 1 .. 300;
file_put('C', 'web1', '/tmp/deep' . '/d' x 100 . '/f', 'content');
is_answer(remove('c', "/tmp/$_"), "fileDelete: $_", status => 204)
    for qw( many deep );
is(join(' ', file_names('C', 'web1', '/tmp')), 'd f link' =~ s/^d //r,
   'fileDelete: many and deep: gone');

# one that is open can still be read
file_put('C', 'web1', '/tmp/open', pattern(2_000_000));
core0_fault('C', 'late@filesystem.read:100');
my $mark = commands_mark('C');
my $client = fetch_begin($nginx, file_url('bad', '/tmp/open'));
ok(begun($mark, 'read'), 'fileDelete: a file is read');
is_answer(remove('c', '/tmp/open'), 'fileDelete: and removed', status => 204);
ok(receive($client)->{body} eq pattern(2_000_000),
   'fileDelete: and read to its end');

# what the node says
for my $case ([ 'state:ERROR:500:unlinkat /tmp/f: permission denied', 403 ],
              [ 'state:ERROR:500:unlinkat /tmp/f: operation not permitted',
                403 ],
              [ 'state:ERROR:500:unlinkat /tmp/f: read-only file system', 403 ],
              [ 'state:ERROR:500:unlinkat /tmp/f: input/output error', 500 ],
              [ 'state:ERROR:423:in use', 423 ],
              [ 'state:UNKNOWN_CMD:0:', 501 ], [ 'stuck', 504 ],
              [ 'envelope:notjson', 502 ], [ 'envelope:wrongid', 502 ],
              [ 'data:null', 204 ])
{
    my ($fault, $status) = @$case;

    core0_fault('C', $fault =~ s/^\w+/$&\@filesystem.remove/r);
    is_answer(remove('bad', '/tmp/f'), "fileDelete: $fault",
              status => $status, within => 2);
    ok(is_there('C', '/tmp/f'), "fileDelete: $fault: the file is there");
}

# a caller who leaves does not undo it
core0_fault('C', 'late@filesystem.remove:200');
$mark = commands_mark('C');
$client = $nginx->send("DELETE /nodes/bad$f\n\n{\"path\":\"/tmp/f\"}");
ok(begun($mark, 'remove'), 'fileDelete: it has begun');
$client->leave;
ok(wait_for(sub { !is_there('C', '/tmp/f') }, 2),
   'fileDelete: and is done without its caller');

# the connection breaks: it may be done again
core0_fault('C', 'none');
core0_stop('C');
is_answer(remove('c', '/tmp/d'), 'fileDelete: no node', status => 502);
ZosCluster::restore();
$nginx->stop;

__DATA__

=== TEST 1: fileDelete: a file
--- zos_body
{"path": "/tmp/f"}
--- error_code: 204
--- response_body
--- zos_gone: /tmp/f
--- zos_kept: /tmp/d/a /home/kept



=== TEST 2: fileDelete: by the query
--- zos_query: ?path=/tmp/f
--- error_code: 204
--- response_body
--- zos_gone: /tmp/f
--- zos_kept: /tmp/d/a /home/kept



=== TEST 3: fileDelete: the body is what counts
--- zos_query: ?path=/tmp/d
--- zos_body
{"path": "/tmp/f"}
--- error_code: 204
--- zos_gone: /tmp/f
--- zos_kept: /tmp/d/a /home/kept



=== TEST 4: fileDelete: a body without a path, and a query
--- zos_query: ?path=/tmp/f
--- zos_body
{}
--- error_code: 204
--- zos_gone: /tmp/f
--- zos_kept: /tmp/d/a /home/kept



=== TEST 5: fileDelete: a directory and what is in it
--- zos_body
{"path": "/tmp/d"}
--- error_code: 204
--- zos_gone: /tmp/d
--- zos_kept: /tmp /tmp/f /home/kept



=== TEST 6: fileDelete: a directory with a slash
--- zos_query: ?path=/tmp/d/
--- error_code: 204
--- zos_gone: /tmp/d
--- zos_kept: /tmp /tmp/f /home/kept



=== TEST 7: fileDelete: absent
--- zos_body
{"path": "/tmp/none"}
--- error_code: 204



=== TEST 8: fileDelete: absent, as its directory is
--- zos_body
{"path": "/tmp/none/f"}
--- error_code: 204



=== TEST 9: fileDelete: a link, and not what it leads to
--- zos_body
{"path": "/tmp/link"}
--- error_code: 204
--- zos_gone: /tmp/link
--- zos_kept: /home/kept /tmp/f



=== TEST 10: fileDelete: a directory with a link in it
--- init
symlink "/home", file_path("C", "web1", "/tmp/d/home");
symlink "../../../../../../../../../../../../..", file_path("C", "web1", "/tmp/d/up");
--- zos_body
{"path": "/tmp/d"}
--- error_code: 204
--- zos_gone: /tmp/d
--- zos_kept: /home/kept /tmp/f



=== TEST 11: fileDelete: a link does not lead out of the container
--- init
my $outside = file_path("C", "web1", "") . "/../outside";
mkdir $outside;
symlink "../../outside", file_path("C", "web1", "/tmp/out");
symlink file_path("C", "web1", "") . "/../outside", file_path("C", "web1", "/tmp/abs");
--- request eval
["DELETE $::F?path=/tmp/out/", "DELETE $::F?path=/tmp/abs/"]
--- error_code eval
[204, 204]
--- zos_gone: /tmp/out /tmp/abs
--- zos_kept: /../outside /home/kept



=== TEST 12: fileDelete: odd names
--- init
file_put("C", "web1", "/tmp/a \"b\" \\c\xc3\xa4*", "content");
file_put("C", "web1", "/tmp/a \"b\" \\c\xc3\xa4x", "content");
--- zos_body
{"path": "/tmp/a \"b\" \\c\u00e4*"}
--- error_code: 204
--- response_body_filters eval
sub { CORE::join "\n", ZosFiles::file_names('C', 'web1', '/tmp') }
--- response_body eval
qq{a "b" \\c\xc3\xa4x\nd\nf\nlink}



=== TEST 13: fileDelete: names that are options elsewhere
--- zos_body
{"path": "/-rf"}
--- error_code: 204



=== TEST 14: fileDelete: other members
--- zos_body
{"path": "/tmp/f", "recursive": false, "paths": ["/tmp/d"]}
--- error_code: 204
--- zos_gone: /tmp/f
--- zos_kept: /tmp/d/a



=== TEST 15: fileDelete: the root
--- zos_body
{"path": "/"}
--- error_code: 400
--- response_body
{"error":"path must not be the root"}



=== TEST 16: fileDelete: the root, by all its names
--- request eval
[map({ "DELETE $::F?path=$_" } qw( / // /. /./ /././. //./// %2F %2f%2e )),
 map { "DELETE $::F\n{\"path\":\"$_\"}" } '//', '/.', '/./', '\u002f', '/\u002e', '\/' ]
--- error_code eval
[(400) x 14]
--- response_body eval
[("{\"error\":\"path must not be the root\"}\n") x 14]



=== TEST 17: fileDelete: up
--- request eval
[map({ "DELETE $::F?path=$_" } qw( /.. /../ /tmp/.. /tmp/../home .. ../tmp /tmp/%2e%2e /tmp/f/.%2E/f )),
 map { "DELETE $::F\n{\"path\":\"$_\"}" } '/tmp/..', '/tmp/\u002e./home', '/tmp\/..\/home', '/..' ]
--- error_code eval
[(400) x 12]
--- response_body_like eval
[('^\{"error":"path must (?:not have|be absolute)') x 12]



=== TEST 18: fileDelete: dots in names are fine
--- init
file_put("C", "web1", "/tmp/$_", "content") for qw( ..a b.. ... );
--- request eval
[map { "DELETE $::F?path=/tmp/$_" } qw( ..a b.. ... )]
--- error_code eval
[(204) x 3]
--- zos_gone: /tmp/..a /tmp/b.. /tmp/...



=== TEST 19: fileDelete: relative
--- request eval
["DELETE $::F?path=tmp/f", "DELETE $::F?path=.", "DELETE $::F\n{\"path\":\"tmp/f\"}"]
--- error_code eval
[(400) x 3]
--- response_body_like eval
[('path must be absolute') x 3]



=== TEST 20: fileDelete: no path
--- request eval
["DELETE $::F", "DELETE $::F?path=", "DELETE $::F\n{}", "DELETE $::F\n{\"path\":\"\"}", "DELETE $::F\n{\"Path\":\"/tmp/f\"}"]
--- error_code eval
[(400) x 5]
--- response_body_like eval
[('path (?:is required|must be absolute)') x 5]



=== TEST 21: fileDelete: an empty path in the body hides no query
--- zos_query: ?path=/tmp/f
--- zos_body
{"path": ""}
--- error_code: 400



=== TEST 22: fileDelete: no string
--- request eval
[map { "DELETE $::F?path=/tmp/f\n{\"path\":$_}" } '7', 'true', '["/tmp/f"]', '{}']
--- error_code eval
[(400) x 4]
--- response_body_like eval
[('path') x 4]



=== TEST 23: fileDelete: no JSON
--- request eval
[map { "DELETE $::F\n$_" } '/tmp/f', '{"path":"/tmp/f"', '{"path":"/tmp/f"} x', '["/tmp/f"]', '"/tmp/f"', '{"path":"/tmp/f","path":"/tmp/d"}']
--- error_code eval
[(400) x 6]
--- response_body_like eval
[('"error":') x 6]



=== TEST 24: fileDelete: control characters
--- request eval
[map({ "DELETE $::F?path=/tmp/f$_" } qw( %00 %0a %7F )), "DELETE $::F\n{\"path\":\"/tmp/f\\u0000\"}", "DELETE $::F\n{\"path\":\"/tmp/f\\n\"}"]
--- error_code eval
[(400) x 5]
--- response_body_like eval
[('"error":') x 5]



=== TEST 25: fileDelete: no UTF-8
--- zos_query: ?path=/tmp/%ff
--- error_code: 400
--- response_body_like: UTF-8



=== TEST 26: fileDelete: a path that is too long
--- zos_query eval
'?path=/tmp/' . 'a/' x 2048 . 'f'
--- error_code: 400
--- response_body_like: path is too long



=== TEST 27: fileDelete: for reading only
--- zos_body
{"path": "/usr/bin/env"}
--- error_code: 403
--- response_body_like: read-only file system



=== TEST 28: fileDelete: unknown node
--- request eval
["DELETE /nodes/x/containers/web1/filesystem?path=/tmp/f", "DELETE /nodes/x/containers/web1/filesystem?path=/"]
--- error_code eval
[404, 400]
--- response_body_like eval
['node \\\\"x\\\\" is not known', 'path must not be the root']



=== TEST 29: fileDelete: unknown container
--- request
DELETE /nodes/c/containers/web2/filesystem?path=/tmp/f
--- error_code: 404
--- response_body_like: no container \\"web2\\" on node \\"c\\"
