use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Digest::MD5 ();
use ZosCluster;
use ZosNodes;

# Statistics: as the node has them, and what it is asked for.

# A body filter: how often a pattern matches.
sub count {
    my ($pattern) = @_;

    return sub { my $n = () = $_[0] =~ /$pattern/g; return "$n\n" };
}


our $Large = '{' . join(',', map { qq("k$_":"v$_") } 1 .. 40000) . '}';

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getStats: nodes that have statistics
--- request eval
["GET /nodes/b/stats", "GET /nodes/c/stats"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 2]
--- response_body_like eval
[(qr/\A\{.*"machine\.memory\.ram\.available":\{"op":"A","last_value":[\d.e+]+,
    "last_time":\d+,"tags":\[.*\],"current":\{"300":\{"avg":.*\}\}.*\}\n\z/x)
 x 2]



=== TEST 2: getStats: a node that is too old
--- request
GET /nodes/a/stats
--- error_code: 501
--- response_headers
Content-Type: application/json
--- response_body
{"error":"core0 of node \"a\" is too old for this operation"}



=== TEST 3: getStats: a metric
--- request
GET /nodes/c/stats?key=machine.memory.ram.available
--- response_body_filters eval
::count(qr/"op":/)
--- response_body
1



=== TEST 4: getStats: a metric with a tag
--- request eval
["GET /nodes/c/stats?key=network.packets.rx&tag.id=lo",
 "GET /nodes/c/stats?tag.id=lo&tag.type=phys",
 "GET /nodes/c/stats?tag.id=lo&tag.type=none"]
--- response_body_like eval
['\A\{"network\.packets\.rx/lo":\{[^/]*\}\n\z',
 '\A\{"network\.\w+\.\w+/lo":.*,"network\.\w+\.\w+/lo":', '\A\{\}\n\z']



=== TEST 5: getStats: what the node is asked for
--- request eval
[map { "GET /nodes/c/stats$_" }
 "", "?", "?key=a.b", "?tag.id=vda&tag.type=phys", "?tag.a=1&key=k&tag.b=2",
 "?key=a%20b%22%5C%0A%C3%A9", "?tag.a%26b=c%3Dd", "?tag.id=", "?tag.=x",
 "?tag=x&tags.a=b&other=1", "?x&key=k&&", "?tag.a=b=c"]
--- response_body_filters eval
[([\&::arguments]) x 12]
--- response_body eval
["{}\n", "{}\n", '{"key":"a.b"}' . "\n",
 '{"tags":{"id":"vda","type":"phys"}}' . "\n",
 '{"key":"k","tags":{"a":"1","b":"2"}}' . "\n",
 '{"key":"a b\"\\\\\n' . "\xc3\xa9" . '"}' . "\n",
 '{"tags":{"a&b":"c=d"}}' . "\n", '{"tags":{"id":""}}' . "\n", "{}\n", "{}\n",
 '{"key":"k"}' . "\n", '{"tags":{"a":"b=c"}}' . "\n"]



=== TEST 6: getStats: a query behind a rewritten path
--- config
    location /api/ { rewrite ^/api(/.*)$ $1 break; zos on; }
--- request
GET /api/nodes/c/stats?key=a&tag.b=c
--- response_body_filters eval
\&::arguments
--- response_body
{"key":"a","tags":{"b":"c"}}



=== TEST 7: getStats: a query that is no UTF-8
--- config
    location / { zos on; zos_core0_accept_timeout 300ms; }
--- request eval
["GET /nodes/c/stats?key=%FF", "GET /nodes/c/stats?tag.a=%C3",
 "GET /nodes/c/stats?tag.%80=b"]
--- error_code eval
[(400) x 3]
--- response_headers eval
[("Content-Type: application/json") x 3]
--- response_body eval
[(qq({"error":"the query must be UTF-8"}\n)) x 3]



=== TEST 8: getStats: a query with a NUL
--- request
GET /nodes/c/stats?key=a%00b
--- response_body
{}



=== TEST 9: getStats: an object unchanged, whatever is in it
--- zos_data: {"b/c":{"op":"D","v":[1.50,-0,1E5,18446744073709551616]}, "a" : null,"b/c":2}
--- request
GET /nodes/bad/stats
--- response_body
{"b/c":{"op":"D","v":[1.50,-0,1E5,18446744073709551616]}, "a" : null,"b/c":2}



=== TEST 10: getStats: a large object unchanged
--- init
core0_fault('C', "data:$main::Large");
--- request eval
["GET /nodes/bad/stats", "HEAD /nodes/bad/stats"]
--- response_headers eval
[("Content-Length: " . (1 + length $::Large)) x 2]
--- response_body_filters eval
[["md5_hex"], []]
--- response_body eval
[Digest::MD5::md5_hex("$::Large\n"), ""]



=== TEST 11: getStats: no statistics
--- zos_data: {}
--- request
GET /nodes/bad/stats
--- response_body
{}
