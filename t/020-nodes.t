use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosOperations qw( operations );

# Nodes as the configuration names them, and all that needs AYS where there
# is none.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', 'zos_zone zos:1m; ' . nodes())
        if !defined $block->http_config;
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
});


# Not in the order of their ids, and one of each kind of address.
sub nodes {
    return <<'NODES';
        zos_node 525400123456 127.0.0.1:6379 hostname=core0node;
        zos_node b [::1]:6380;
        zos_node a unix:/nonexistent/core0.sock;
        zos_node B 127.0.0.2;
        zos_node a-1 localhost 'hostname=a "host" & <co>' password=hush;
        zos_node a.b [::1] ssl=on;
        zos_node 52540012345 127.0.0.3:1 password= ssl=off;
NODES
}


# A path of an operation with a valid value for each parameter.
my %Value = (
    processid => 1, macaddress => '52:54:00:12:34:56',
    forwardid => '192.0.2.1:80',
);

sub path {
    my ($operation) = @_;

    my $path = $operation->{path};

    $path =~ s/\{(\w+)\}/$Value{$1} \/\/ "x-$1"/ge;
    return $path;
}


our @Ays = grep { $_->{ays} } operations();

sub requests { return [ map { "$_->{method} " . path($_) } @Ays ] }


sub needs_ays {
    return [ map {
        qq({"error":"$_->{name} needs AYS, which this location does not )
        . qq(have"}\n)
    } @Ays ];
}


sub all_of {
    my ($between, $format, @numbers) = @_;

    return join $between, map { sprintf $format, $_ } @numbers;
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodes: the document's node
--- http_config
    zos_zone zos:1m;
    zos_node 525400123456 127.0.0.1 hostname=core0node;
--- request
GET /nodes
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body
[{"hostname":"core0node","id":"525400123456","status":"running"}]



=== TEST 2: listNodes: in the order of the ids
--- request
GET /nodes
--- response_body eval
'[{"hostname":"52540012345","id":"52540012345","status":"running"},'
. '{"hostname":"core0node","id":"525400123456","status":"running"},'
. '{"hostname":"B","id":"B","status":"running"},'
. '{"hostname":"a","id":"a","status":"running"},'
. '{"hostname":"a \"host\" & <co>","id":"a-1","status":"running"},'
. '{"hostname":"a.b","id":"a.b","status":"running"},'
. '{"hostname":"b","id":"b","status":"running"}]' . "\n"



=== TEST 3: listNodes: a thousand nodes
--- http_config eval
"zos_zone zos:1m; "
. ::all_of("", 'zos_node n%04d 127.0.0.1; ', map { $_ * 7 % 1000 } 0 .. 999)
--- request
GET /nodes
--- response_body eval
"[" . ::all_of(",", '{"hostname":"n%1$04d","id":"n%1$04d","status":"running"}',
               0 .. 999) . "]\n"



=== TEST 4: listNodes: no nodes
--- http_config
    zos_zone zos:1m;
--- request
GET /nodes
--- response_body
[]



=== TEST 5: listNodes: no connection is needed, no secret is told
--- request
GET /nodes
--- error_code: 200
--- response_body_unlike: hush|password
--- no_error_log
[error]
hush



=== TEST 6: getNode: each kind of address
--- request eval
[map { "GET /nodes/$_" } qw( 525400123456 b a B a-1 a.b 52540012345 )]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 7]
--- error_code eval
[(200) x 7]
--- response_body eval
[map { my ($id, $name, $ip) = @$_;
       qq({"hostname":"$name","id":"$id","ipaddress":"$ip",)
       . qq("status":"running"}\n) }
 ["525400123456", "core0node", "127.0.0.1"], ["b", "b", "::1"],
 ["a", "a", "unix:/nonexistent/core0.sock"], ["B", "B", "127.0.0.2"],
 ["a-1", 'a \"host\" & <co>', "localhost"], ["a.b", "a.b", "::1"],
 ["52540012345", "52540012345", "127.0.0.3"]]



=== TEST 7: getNode: nodes that are not there
--- request eval
[map { "GET /nodes/$_" } qw( 5254001234 5254001234567 A c a- zz )]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 6]
--- error_code eval
[(404) x 6]
--- response_body eval
[map { qq({"error":"node \\"$_\\" is not known"}\n) }
 qw( 5254001234 5254001234567 A c a- zz )]



=== TEST 8: getMemInfo: an unknown node is 404 for every operation on it
--- request eval
[map({ "GET /nodes/zz/$_" }
     qw( state cpus disks mounts mem nics info stats jobs jobs/j processes
         processes/1 )),
 "POST /nodes/zz/ping",
 map({ "DELETE /nodes/zz/$_" } qw( jobs jobs/j processes/2 ))]
--- error_code eval
[(404) x 16]
--- response_body eval
[("{\"error\":\"node \\\"zz\\\" is not known\"}\n") x 16]



=== TEST 9: deleteNode: what needs AYS says so where there is none
--- request eval
::requests()
--- error_code eval
[map { 501 } @::Ays]
--- response_headers eval
[map { "Content-Type: application/json\nCache-Control: no-store\n! Allow" }
 @::Ays]
--- response_body eval
::needs_ays()



=== TEST 10: createBridge: a body that nobody reads
--- pipelined_requests eval
["POST /nodes/n/bridges\n" . "x" x 100000, "GET /nodes/b"]
--- error_code eval
[501, 200]



=== TEST 11: createBridge: bad parameters and methods come first
--- request eval
["POST /nodes/%20/bridges", "PATCH /nodes/n/bridges", "POST /nodes/n/bridge"]
--- error_code eval
[400, 405, 404]



=== TEST 12: listBridges: HEAD of what needs AYS
--- request
HEAD /nodes/n/bridges
--- error_code: 501
--- response_headers
Content-Type: application/json
Content-Length: 69
--- response_body
