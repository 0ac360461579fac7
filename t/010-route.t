use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAnswers;
use ZosOperations qw( operations );

# Which path and method is which operation, and what is said where there is
# none.

# Every path of the tables, with the methods that it has.
my %methods;
$methods{ $_->{path} }{ $_->{method} } = 1 for operations();

our @Paths = sort keys %methods;


# What a path that is asked for may be: a name may be any word of the API.
sub methods_of {
    my ($path) = @_;

    my %has;

    for my $known (@Paths) {
        (my $pattern = $known) =~ s/\{\w+\}/[^\/]+/g;
        %has = (%has, %{ $methods{$known} }) if $path =~ /^$pattern$/;
    }

    return $has{GET} ? qw( GET HEAD ) : (),
           grep { $has{$_} } qw( POST PUT DELETE );
}


sub example { return $_[0] =~ s/\{\w+\}/x/gr }

sub requests { return [ map { "$_[0] " . example($_) } @Paths ] }


sub allowed {
    return [ map {
        'Allow: ' . join(', ', methods_of(example($_)))
        . "\nContent-Type: application/json"
    } @Paths ];
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodes: a known path
--- request
GET /nodes
--- response_headers
Content-Type: application/json
Cache-Control: no-store
Content-Length: 124
! Allow
! Transfer-Encoding
--- response_body eval
::listed()



=== TEST 2: listNodes: paths that do not exist
--- request eval
["GET /", "GET /node", "GET /nodes2", "GET /Nodes", "GET /nodes/n1/nodes",
 "GET /nodes/n1/mem/x", "GET /nodes/n1/jobs/1/2",
 "GET /nodes/n1/gws/g/firewall", "DELETE /nodes/n1/reboot/now"]
--- error_code eval
[(404) x 9]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\n! Allow") x 9]
--- response_body eval
[(::no_path()) x 9]



=== TEST 3: getNode: slashes are part of the raw path
--- request eval
["GET /nodes/", "GET //nodes", "GET /nodes//n1", "GET /nodes/n1//mem",
 "GET /nodes/n1/", "GET /nodes/n1/mem/", "GET /nodes/n1/mem//"]
--- error_code eval
[(404) x 7]
--- response_body eval
[(::no_path()) x 7]



=== TEST 4: getNode: slashes are part of the raw path, whatever nginx merges
--- config
    merge_slashes off;
    location / { zos on; }
--- request eval
["GET /nodes/", "GET //nodes", "GET /nodes//n1", "GET /nodes/n1"]
--- error_code eval
[404, 404, 404, 200]
--- response_body eval
[(::no_path()) x 3, ::node("n1")]



=== TEST 5: getNode: dots are no names, and lead nowhere
--- request eval
["GET /nodes/.", "GET /nodes/..", "GET /nodes/./mem", "GET /nodes/../mem",
 "GET /nodes/%2e%2E", "GET /nodes/n1/../n1", "GET /nodes/../nodes",
 "GET /./nodes", "GET /x/../nodes"]
--- error_code eval
[(400) x 5, (404) x 4]
--- response_body eval
[(::name_refusal("nodeid")) x 5, (::no_path()) x 4]



=== TEST 6: getNode: percent-decoding
--- request eval
["GET /nodes/%6e1", "GET /%6eodes/n%31", "GET /nodes/host%2Eexample_2%2db",
 "GET /nodes/host%2Eexample_2%2DB", "GET /%4Eodes"]
--- error_code eval
[200, 200, 404, 200, 404]
--- response_body eval
[::node("n1"), ::node("n1"), ::refusal('node "host.example_2-b" is not known'),
 ::node("host.example_2-B"), ::no_path()]



=== TEST 7: getNode: decoded once
--- request eval
["GET /nodes/%256e1", "GET /nodes/n1%252f", "GET /nodes%252fn1"]
--- error_code eval
[400, 400, 404]
--- response_body eval
[(::name_refusal("nodeid")) x 2, ::no_path()]



=== TEST 8: getNode: an escaped slash belongs to the name
--- request eval
["GET /nodes/n1%2F", "GET /nodes/%2Fn1", "GET /nodes/n1%2fmem",
 "GET /nodes%2Fn1", "GET /nodes/..%2Fn1"]
--- error_code eval
[400, 400, 400, 404, 400]
--- response_body eval
[(::name_refusal("nodeid")) x 3, ::no_path(), ::name_refusal("nodeid")]



=== TEST 9: getNode: a NUL and encodings that are none stop at nginx
--- request eval
["GET /nodes/n1%00", "GET /nodes/%zz", "GET /nodes/%", "GET /nodes/%4",
 "GET /nodes/..%2F..%2F..%2Fetc/passwd/../../../../.."]
--- error_code eval
[(400) x 5]



=== TEST 10: getNode: what follows the path is no part of it
--- raw_request eval
"GET /nodes/n1#nodes HTTP/1.0\r\n\r\n"
--- response_body eval
::node("n1")



=== TEST 11: getNode: a query is no part of the path
--- request eval
["GET /nodes/n1?", "GET /nodes/n1?x=/mem", "GET /nodes?/n1", "GET /nodes/n1?%"]
--- error_code eval
[(200) x 4]
--- response_body eval
[::node("n1"), ::node("n1"), ::listed(), ::node("n1")]



=== TEST 12: getNode: a URL with a host, as proxies get it
--- raw_request eval
"GET http://localhost/nodes/n1 HTTP/1.1\r\nHost: localhost\r\n"
. "Connection: close\r\n\r\n"
--- response_body eval
::node("n1")



=== TEST 13: getNode: a URL with a host and without a path
--- raw_request eval
"GET http://localhost?/nodes HTTP/1.1\r\nHost: localhost\r\n"
. "Connection: close\r\n\r\n"
--- error_code: 404
--- response_body eval
::no_path()



=== TEST 14: getNode: thousands of segments
--- config
    large_client_header_buffers 4 32k;
    location / { zos on; }
--- request eval
["GET " . "/nodes" x 2000, "GET " . "/n" x 10000, "GET /nodes" . "/" x 10000]
--- error_code eval
[(404) x 3]
--- response_body eval
[(::no_path()) x 3]



=== TEST 15: getNode: the segments of other operations are names of nodes
--- request eval
["GET /nodes/nodes", "GET /nodes/mem", "GET /nodes/jobs"]
--- error_code eval
[(404) x 3]
--- response_body eval
[map { ::refusal(qq(node "$_" is not known)) } qw( nodes mem jobs )]



=== TEST 16: getNode: names differ by case
--- request
GET /nodes/N1
--- error_code: 404
--- response_body eval
::refusal('node "N1" is not known')



=== TEST 17: listNodes: HEAD, the headers of GET without the body
--- request eval
["GET /nodes", "HEAD /nodes"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\n"
  . "Content-Length: 124\n! Allow") x 2]
--- response_body eval
[::listed(), ""]



=== TEST 18: getNode: HEAD of a node, of no node, of no name, of no path
--- request eval
["HEAD /nodes/n1", "HEAD /nodes/n2", "HEAD /nodes/n%20", "HEAD /x"]
--- error_code eval
[200, 404, 400, 404]
--- response_headers eval
[map { "Content-Type: application/json\nCache-Control: no-store\n"
       . "Content-Length: $_" }
 length ::node("n1"), length ::refusal('node "n2" is not known'),
 length ::name_refusal("nodeid"), length ::no_path()]
--- response_body eval
[("") x 4]



=== TEST 19: listNodes: HEAD on a connection that stays open
--- pipelined_requests eval
["GET /nodes/n1", "GET /x", "HEAD /nodes"]
--- error_code eval
[200, 404, 200]
--- response_body eval
[::node("n1"), ::no_path(), ""]



=== TEST 20: listNodes: 405 says which methods there are
--- request eval
["POST /nodes", "PUT /nodes/n1", "POST /nodes/n1/jobs", "PUT /nodes/n1/jobs/j",
 "GET /nodes/n1/ping", "HEAD /nodes/n1/ping", "DELETE /nodes/n1/mem",
 "POST /nodes/n1/processes/1", "POST /nodes/n1/bridges/b",
 "DELETE /nodes/n1/bridges", "PATCH /nodes/n1/gws/g"]
--- error_code eval
[(405) x 11]
--- response_headers eval
[map { "Allow: $_\nContent-Type: application/json\nCache-Control: no-store" }
 "GET, HEAD", "GET, HEAD, DELETE", "GET, HEAD, DELETE", "GET, HEAD, DELETE",
 "POST", "POST", "GET, HEAD", "GET, HEAD, DELETE", "GET, HEAD, DELETE",
 "GET, HEAD, POST", "GET, HEAD, PUT, DELETE"]



=== TEST 21: pingNode: the sentence of 405
--- request eval
["GET /nodes/n1/ping", "POST /nodes", "PATCH /nodes/n1/gws/g"]
--- error_code eval
[(405) x 3]
--- response_body eval
[map { ::refusal("this path does not know the method, but $_") }
 "POST", "GET, HEAD", "GET, HEAD, PUT, DELETE"]



=== TEST 22: listNodes: methods that no path has
--- request eval
[map { "$_ /nodes" } qw( PATCH OPTIONS PROPFIND MKCOL COPY MOVE LOCK UNLOCK
                         FOO )]
--- error_code eval
[(405) x 9]
--- response_headers eval
[("Allow: GET, HEAD\nContent-Type: application/json") x 9]



=== TEST 23: listNodes: 405 on every path of the API
--- request eval
::requests("PATCH")
--- error_code eval
[map { 405 } @::Paths]
--- response_headers eval
::allowed()



=== TEST 24: listNodes: any method on a path that does not exist
--- request eval
[map { "$_ /nodes/n1/x" } qw( POST PUT DELETE PATCH OPTIONS FOO )]
--- error_code eval
[(404) x 6]
--- response_headers eval
[("! Allow") x 6]
--- response_body eval
[(::no_path()) x 6]



=== TEST 25: listNodes: a body that nobody asked for
--- pipelined_requests eval
["GET /nodes\n{\"a\": 1}", "DELETE /nodes\nnonsense", "POST /x\nnonsense",
 "GET /nodes/n%20\nnonsense", "GET /nodes/n1"]
--- error_code eval
[200, 405, 404, 400, 200]
--- response_body_like eval
['^\[', '^\{"error":', '^\{"error":', '^\{"error":', '^\{"hostname":"n1"']



=== TEST 26: getNode: a chunked body that nobody asked for
--- raw_request eval
"GET /nodes/n1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
. "3\r\nabc\r\n0\r\n\r\n"
. "GET /nodes/n1?next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body eval
::node("n1")
--- access_log
GET /nodes/n1 HTTP/1.1" 200
GET /nodes/n1?next HTTP/1.1" 200
--- no_access_log
" 400



=== TEST 27: listNodes: nobody is asked to send a body that is refused
--- raw_request eval
["POST /nodes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
 . "Expect: 100-continue\r\nConnection: close\r\n\r\n", "abc"]
--- raw_request_middle_delay: 0.1
--- error_code: 405
--- response_headers
Allow: GET, HEAD



=== TEST 28: listNodes: HTTP/1.0
--- request
GET /nodes HTTP/1.0
--- response_headers
Content-Type: application/json
Content-Length: 124
Connection: close
--- response_body eval
::listed()
