use lib 't/lib';
use Test::Nginx::Socket 'no_plan';

# The HTTP side: which path and method is which operation, what is refused
# before any node is asked, and configurations that nginx must not take.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', nodes()) if !defined $block->http_config;
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
});


# Nodes that no test of this file talks to.
sub nodes {
    return 'zos_zone zos:1m; zos_node n1 127.0.0.1:1; '
         . 'zos_node host.example_2-B 127.0.0.1:1;';
}


sub refusal {
    my ($sentence) = @_;

    $sentence =~ s/"/\\"/g;
    return qq({"error":"$sentence"}\n);
}


sub name_refusal {
    my ($param) = @_;

    return refusal("$param in the path must be a name of letters, digits, "
                   . '".", "_" and "-", 128 at most, with a letter or digit');
}


sub no_path { return refusal('there is no such path in this API') }


sub node {
    my ($id) = @_;

    return qq({"hostname":"$id","id":"$id","ipaddress":"127.0.0.1",)
         . qq("status":"running"}\n);
}


our $Listed = '[{"hostname":"host.example_2-B","id":"host.example_2-B",'
            . '"status":"running"},'
            . qq({"hostname":"n1","id":"n1","status":"running"}]\n);

our $Pid = refusal('processid in the path must be a process id from 1 to '
                   . '2147483647');

our $JobId = refusal('jobid in the path must be a job id of letters, digits, '
                     . '".", "_", ":" and "-", 128 at most');

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
$::Listed



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



=== TEST 9: getNode: what a name must not contain
--- request eval
[map { "GET /nodes/n$_" }
 "%20", "%01", "%0A", "%0D%0A", "%7F", "%22", "%27", "%25", "%23", "%3F",
 "%2A", "%5C", "%60", "%7B", "%3A", "%40", "%80", "%C3%A9", "%FF", "+", "*",
 ":", "~", "\@", "\$", ";", ","]
--- error_code eval
[(400) x 27]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 27]
--- response_body eval
[(::name_refusal("nodeid")) x 27]



=== TEST 10: getNode: bytes beyond ASCII as they are
--- raw_request eval
"GET /nodes/n\xC3\xA9\xFF HTTP/1.0\r\n\r\n"
--- error_code: 400
--- response_body eval
::name_refusal("nodeid")



=== TEST 11: getNode: a NUL and encodings that are none stop at nginx
--- request eval
["GET /nodes/n1%00", "GET /nodes/%zz", "GET /nodes/%", "GET /nodes/%4",
 "GET /nodes/..%2F..%2F..%2Fetc/passwd/../../../../.."]
--- error_code eval
[(400) x 5]



=== TEST 12: getNode: what follows the path is no part of it
--- raw_request eval
"GET /nodes/n1#nodes HTTP/1.0\r\n\r\n"
--- response_body eval
::node("n1")



=== TEST 13: getNode: a query is no part of the path
--- request eval
["GET /nodes/n1?", "GET /nodes/n1?x=/mem", "GET /nodes?/n1", "GET /nodes/n1?%"]
--- error_code eval
[(200) x 4]
--- response_body eval
[::node("n1"), ::node("n1"), $::Listed, ::node("n1")]



=== TEST 14: getNode: a URL with a host, as proxies get it
--- raw_request eval
"GET http://localhost/nodes/n1 HTTP/1.1\r\nHost: localhost\r\n"
. "Connection: close\r\n\r\n"
--- response_body eval
::node("n1")



=== TEST 15: getNode: a URL with a host and without a path
--- raw_request eval
"GET http://localhost?/nodes HTTP/1.1\r\nHost: localhost\r\n"
. "Connection: close\r\n\r\n"
--- error_code: 404
--- response_body eval
::no_path()



=== TEST 16: getNode: names have at most 128 characters
--- request eval
["GET /nodes/" . "a" x 128, "GET /nodes/" . "a" x 129,
 "GET /nodes/" . "%61" x 128, "GET /nodes/" . "%61" x 129]
--- error_code eval
[404, 400, 404, 400]
--- response_body_like eval
['^\{"error":"node \\\\"a{128}\\\\" is not known"\}\n$', '^\{"error":"nodeid ',
 '^\{"error":"node \\\\"a{128}\\\\" is not known"\}\n$', '^\{"error":"nodeid ']



=== TEST 17: getNode: the sentence about a name that is too long says so
--- request eval
"GET /nodes/" . "a" x 129
--- error_code: 400
--- response_body_like: 128



=== TEST 18: getNode: a name of 10 KB
--- config
    large_client_header_buffers 4 32k;
    location / { zos on; }
--- request eval
["GET /nodes/" . "a" x 10240, "GET /nodes/" . "%61" x 10240,
 "GET /" . "a" x 10240, "GET /nodes/n1/jobs/" . "a" x 10240,
 "GET /nodes/n1/processes/" . "1" x 10240]
--- error_code eval
[400, 400, 404, 400, 400]
--- response_body_like eval
['^\{"error":"nodeid ', '^\{"error":"nodeid ', '^\{"error":"there is no such',
 '^\{"error":"jobid ', '^\{"error":"processid ']



=== TEST 19: getNode: thousands of segments
--- config
    large_client_header_buffers 4 32k;
    location / { zos on; }
--- request eval
["GET " . "/nodes" x 2000, "GET " . "/n" x 10000, "GET /nodes" . "/" x 10000]
--- error_code eval
[(404) x 3]
--- response_body eval
[(::no_path()) x 3]



=== TEST 20: getNode: the segments of other operations are names of nodes
--- request eval
["GET /nodes/nodes", "GET /nodes/mem", "GET /nodes/jobs"]
--- error_code eval
[(404) x 3]
--- response_body eval
[map { ::refusal(qq(node "$_" is not known)) } qw( nodes mem jobs )]



=== TEST 21: getNode: names differ by case
--- request
GET /nodes/N1
--- error_code: 404
--- response_body eval
::refusal('node "N1" is not known')



=== TEST 22: listNodes: HEAD, the headers of GET without the body
--- request eval
["GET /nodes", "HEAD /nodes"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\n"
  . "Content-Length: 124\n! Allow") x 2]
--- response_body eval
[$::Listed, ""]



=== TEST 23: getNode: HEAD of a node, of no node, of no name, of no path
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



=== TEST 24: listNodes: HEAD on a connection that stays open
--- pipelined_requests eval
["GET /nodes/n1", "GET /x", "HEAD /nodes"]
--- error_code eval
[200, 404, 200]
--- response_body eval
[::node("n1"), ::no_path(), ""]



=== TEST 25: listNodes: 405 says which methods there are
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



=== TEST 26: pingNode: the sentence of 405
--- request eval
["GET /nodes/n1/ping", "POST /nodes", "PATCH /nodes/n1/gws/g"]
--- error_code eval
[(405) x 3]
--- response_body eval
[map { ::refusal("this path does not know the method, but $_") }
 "POST", "GET, HEAD", "GET, HEAD, PUT, DELETE"]



=== TEST 27: listNodes: methods that no path has
--- request eval
[map { "$_ /nodes" } qw( PATCH OPTIONS PROPFIND MKCOL COPY MOVE LOCK UNLOCK
                         FOO )]
--- error_code eval
[(405) x 9]
--- response_headers eval
[("Allow: GET, HEAD\nContent-Type: application/json") x 9]



=== TEST 28: listNodes: any method on a path that does not exist
--- request eval
[map { "$_ /nodes/n1/x" } qw( POST PUT DELETE PATCH OPTIONS FOO )]
--- error_code eval
[(404) x 6]
--- response_headers eval
[("! Allow") x 6]
--- response_body eval
[(::no_path()) x 6]



=== TEST 29: listNodes: a body that nobody asked for
--- pipelined_requests eval
["GET /nodes\n{\"a\": 1}", "DELETE /nodes\nnonsense", "POST /x\nnonsense",
 "GET /nodes/n%20\nnonsense", "GET /nodes/n1"]
--- error_code eval
[200, 405, 404, 400, 200]
--- response_body_like eval
['^\[', '^\{"error":', '^\{"error":', '^\{"error":', '^\{"hostname":"n1"']



=== TEST 30: getNode: a chunked body that nobody asked for
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



=== TEST 31: listNodes: nobody is asked to send a body that is refused
--- raw_request eval
["POST /nodes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
 . "Expect: 100-continue\r\nConnection: close\r\n\r\n", "abc"]
--- raw_request_middle_delay: 0.1
--- error_code: 405
--- response_headers
Allow: GET, HEAD



=== TEST 32: listNodes: HTTP/1.0
--- request
GET /nodes HTTP/1.0
--- response_headers
Content-Type: application/json
Content-Length: 124
Connection: close
--- response_body eval
$::Listed



=== TEST 33: getNodeProcess: what is no process id
--- request eval
[map { "GET /nodes/n1/processes/$_" }
 qw( 0 00 01 -1 +1 1.0 1e3 0x1 abc 1a %20 1%20 2147483648 4294967297
     9999999999 99999999999 18446744073709551617 %00%31 ١ )]
--- error_code eval
[(400) x 19]
--- response_body_like eval
[('^\{"error":"processid in the path must be a process id from 1 to '
  . '2147483647"\}\n$') x 17, '400 Bad Request',
 '^\{"error":"processid in the path ']



=== TEST 34: killNodeProcess: what is no process id
--- request eval
[map { "DELETE /nodes/n1/processes/$_" } qw( 0 -1 2147483648 x )]
--- error_code eval
[(400) x 4]
--- response_body eval
[($::Pid) x 4]



=== TEST 35: getNodeProcess: the largest id, of a node that is not there
--- request eval
["GET /nodes/n2/processes/1", "GET /nodes/n2/processes/2147483647",
 "GET /nodes/n2/processes/%31"]
--- error_code eval
[(404) x 3]
--- response_body eval
[(::refusal('node "n2" is not known')) x 3]



=== TEST 36: getNodeJob: what is no job id
--- request eval
[map { "GET /nodes/n1/jobs/$_" }
 "a%20b", "a%2Fb", "a*", "%22", "a%0A", "%C3%A9", "a\@b", "{}", "a" x 129]
--- error_code eval
[(400) x 9]
--- response_body eval
[($::JobId) x 9]



=== TEST 37: killNodeJob: what is no job id
--- request eval
["DELETE /nodes/n1/jobs/a%20b", "DELETE /nodes/n1/jobs/" . "a" x 129]
--- error_code eval
[(400) x 2]
--- response_body eval
[($::JobId) x 2]



=== TEST 38: getNodeJob: what is a job id, of a node that is not there
--- request eval
[map { "GET /nodes/n2/jobs/$_" }
 "f3976780-f369-45df-ab54-206149dc000e", "monitor.cpu", "core-1", "a:b_C.9",
 "a%3Ab", "a" x 128]
--- error_code eval
[(404) x 6]
--- response_body eval
[(::refusal('node "n2" is not known')) x 6]



=== TEST 39: getNode: the first bad parameter is named
--- request eval
["GET /nodes/n%20/jobs/j%20", "GET /nodes/n1/jobs/j%20",
 "GET /nodes/n%20/processes/0", "GET /nodes/n2/processes/0",
 "DELETE /nodes/n1/gws/g/dhcp/eth0/hosts/no-mac",
 "DELETE /nodes/n1/gws/g/firewall/forwards/1.2.3:80"]
--- error_code eval
[(400) x 6]
--- response_body eval
[::name_refusal("nodeid"), $::JobId, ::name_refusal("nodeid"), $::Pid,
 ::refusal('macaddress in the path must be a MAC address, "52:54:00:12:34:56"'),
 ::refusal('forwardid in the path must be an address and a port, '
         . '"192.0.2.1:80"')]



=== TEST 40: deleteDHCPHost: MAC addresses; deleteGWForward: forwards
--- request eval
[map({ "DELETE /nodes/n1/gws/g/dhcp/eth0/hosts/$_" }
     qw( 52:54:00:12:34:56 AA:bb:CC:dd:EE:ff 52%3A54:00:12:34:56
         52:54:00:12:34 52:54:00:12:34:5g 52-54-00-12-34-56
         52:54:00:12:34:56:78 )),
 map({ "DELETE /nodes/n1/gws/g/firewall/forwards/$_" }
     qw( 192.0.2.1:80 0.0.0.0:65535 1.2.3.4:0 1.2.3.4:65536 1.2.3.4
         1.2.3.4: :80 1.2.3.256:80 1.2.3.4:80:80 )) ]
--- error_code eval
[501, 501, 501, (400) x 4, 501, 501, (400) x 7]
--- response_body_like eval
[('"deleteDHCPHost needs AYS') x 3, ('"macaddress in the path ') x 4,
 ('"deleteGWForward needs AYS') x 2, ('"forwardid in the path ') x 7]



=== TEST 41: getNode: a rewritten path
--- config
    location /api/ {
        rewrite ^/api(/.*)$ $1 break;
        zos on;
    }
--- request eval
["GET /api/nodes", "GET /api/nodes/n1", "GET /api/nodes/%6e1",
 "GET /api/nodes/n1%20", "GET /api/nodes/n1%2525", "GET /api/nodes/n1?a=b",
 "GET /api/nodes/n2", "GET /api/x", "PUT /api/nodes/n1", "GET /api/nodes/"]
--- error_code eval
[200, 200, 200, 400, 400, 200, 404, 404, 405, 404]
--- response_body eval
[$::Listed, ::node("n1"), ::node("n1"), ::name_refusal("nodeid"),
 ::name_refusal("nodeid"), ::node("n1"), ::refusal('node "n2" is not known'),
 ::no_path(),
 ::refusal('this path does not know the method, but GET, HEAD, DELETE'),
 ::no_path()]



=== TEST 42: getNode: in a rewritten path an escaped slash is a slash
--- config
    location /api/ {
        rewrite ^/api(/.*)$ $1 break;
        zos on;
    }
--- request eval
["GET /api/nodes%2Fn1", "GET /api/nodes/n1%2Fx"]
--- error_code eval
[200, 404]
--- response_body eval
[::node("n1"), ::no_path()]



=== TEST 43: getNode: rewritten from one location to another
--- config
    location /api/ { rewrite ^/api(/.*)$ $1 last; }
    location / { zos on; }
--- request eval
["GET /api/nodes/n1", "GET /api/nodes/n1?a=b", "GET /api/nodes/%3F"]
--- error_code eval
[200, 200, 400]
--- response_body eval
[::node("n1"), ::node("n1"), ::name_refusal("nodeid")]



=== TEST 44: getNode: a path that a rewrite makes up
--- config
    location = /me { rewrite ^ /nodes/n1? break; zos on; }
    location = /bad { rewrite ^ "/nodes/a b" break; zos on; }
--- request eval
["GET /me", "GET /bad"]
--- error_code eval
[200, 400]
--- response_body eval
[::node("n1"), ::name_refusal("nodeid")]



=== TEST 45: listNodes: a location has the paths of the API, not its own
--- config
    location /api/ { zos on; }
--- request eval
["GET /api/nodes", "GET /api/"]
--- error_code eval
[404, 404]
--- response_body eval
[::no_path(), ::no_path()]



=== TEST 46: listNodes: what is served when a page is missing
--- config
    location / { root $TEST_NGINX_SERVER_ROOT/html; try_files $uri @zos; }
    location @zos { zos on; }
--- user_files
>>> page
a page
--- request eval
["GET /page", "GET /nodes/n1", "GET /nodes/%6e1", "GET /nodes/n1%2F"]
--- error_code eval
[200, 200, 200, 400]
--- response_body eval
["a page\n", ::node("n1"), ::node("n1"), ::name_refusal("nodeid")]



=== TEST 47: getNode: nested locations with and without a handler
--- config
    location / {
        zos on;

        location /nodes/n1 { }

        location /nodes/n2 {
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/proxied;
        }

        location = /proxied { return 200 "proxied\n"; }
        location = /empty { empty_gif; }
        location = /pages { zos off; root $TEST_NGINX_SERVER_ROOT/html; }
    }
--- user_files
>>> pages
a page
--- request eval
["GET /nodes", "GET /nodes/n1", "GET /nodes/n2", "GET /empty", "GET /pages"]
--- response_headers eval
["Content-Type: application/json", "Content-Type: application/json",
 "Content-Type: text/plain", "Content-Type: image/gif",
 "Content-Type: text/plain"]
--- error_code eval
[(200) x 5]
--- response_body_like eval
['^\[\{"hostname"', '^\{"hostname":"n1"', '^proxied\n$', '^GIF89a',
 '^a page\n$']



=== TEST 48: getNode: conditions and limits of methods in the location
--- config
    location / {
        zos on;

        if ($arg_a) { set $dummy 1; }

        limit_except GET { deny all; }
    }
--- request eval
["GET /nodes/n1", "GET /nodes/n1?a=1", "HEAD /nodes/n1", "GET /x?a=1",
 "DELETE /nodes/n1"]
--- error_code eval
[200, 200, 200, 404, 403]
--- response_body_like eval
['^\{"hostname":"n1"', '^\{"hostname":"n1"', '^$', '^\{"error":"there is',
 '403 Forbidden']



=== TEST 49: getNode: behind two servers and a proxy
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:1;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { zos on; }
    }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /nodes/%6e1", "GET /nodes/n1%2F", "HEAD /nodes/n1", "POST /nodes/n1"]
--- error_code eval
[200, 400, 200, 405]
--- response_body_like eval
['^\{"hostname":"n1"', '"nodeid in the path ', '^$', '"this path ']



=== TEST 50: listNodes: zos_operations, names
--- config
    location / { zos on; zos_operations listNodes getNodeJob; }
--- request eval
["GET /nodes", "HEAD /nodes", "GET /nodes/n1", "GET /nodes/n1/mem",
 "DELETE /nodes/n1", "GET /nodes/n2/jobs/j", "DELETE /nodes/n1/jobs/j",
 "GET /nodes/n1/jobs", "POST /nodes"]
--- error_code eval
[200, 200, 404, 404, 404, 404, 405, 404, 405]
--- response_headers eval
["! Allow", "! Allow", "! Allow", "! Allow", "! Allow", "! Allow",
 "Allow: GET, HEAD", "! Allow", "Allow: GET, HEAD"]
--- response_body eval
[$::Listed, "", ::no_path(), ::no_path(), ::no_path(),
 ::refusal('node "n2" is not known'),
 ::refusal('this path does not know the method, but GET, HEAD'), ::no_path(),
 ::refusal('this path does not know the method, but GET, HEAD')]



=== TEST 51: getNode: zos_operations, a star stands at the end alone
--- config
    location / {
        zos on;
        zos_operations get*Info getNode* killNode* list*;
    }
--- must_die
--- error_log
no operation is called "get*Info"



=== TEST 52: getNode: zos_operations, patterns
--- config
    location / {
        zos on;
        zos_operations get*;
        zos_operations killNodeJob list*;
    }
--- request eval
["GET /nodes", "GET /nodes/n1", "DELETE /nodes/n1", "PUT /nodes/n1/jobs/j",
 "PUT /nodes/n1/processes/1", "PUT /nodes/n1/jobs", "POST /nodes/n1/ping"]
--- error_code eval
[200, 200, 405, 405, 405, 405, 404]
--- response_headers eval
["! Allow", "! Allow", "Allow: GET, HEAD", "Allow: GET, HEAD, DELETE",
 "Allow: GET, HEAD", "Allow: GET, HEAD", "! Allow"]



=== TEST 53: getNode: zos_operations, everything
--- config
    location / { zos on; zos_operations *; }
--- request eval
["GET /nodes", "GET /nodes/n1", "PUT /nodes/n1"]
--- error_code eval
[200, 200, 405]



=== TEST 54: getNode: zos_operations of the outer and of the inner location
--- config
    location / {
        zos on;
        zos_operations listNodes;

        location /nodes/ { zos_operations getNode; }
        location /nodes/n1 { }
    }
--- request eval
["GET /nodes", "GET /nodes/host.example_2-B", "GET /nodes/n1"]
--- error_code eval
[200, 200, 404]



=== TEST 55: getNode: a name is not a prefix
--- config
    location / { zos on; zos_operations getNode; }
--- request eval
["GET /nodes/n1", "GET /nodes/n1/state", "GET /nodes/n2/info"]
--- error_code eval
[200, 404, 404]
--- response_body eval
[::node("n1"), ::no_path(), ::no_path()]



=== TEST 56: getNode: zos_operations, a name that no operation has
--- config
    location / { zos on; zos_operations listNodes getNodes; }
--- must_die
--- error_log
no operation is called "getNodes"



=== TEST 57: getNode: zos_operations, a pattern that no operation matches
--- config
    location / { zos on; zos_operations nothing*; }
--- must_die
--- error_log
no operation is called "nothing*"



=== TEST 58: getNode: zos_operations, names differ by case
--- config
    location / { zos on; zos_operations getnode; }
--- must_die
--- error_log
no operation is called "getnode"



=== TEST 59: getNode: zos_operations, an empty name
--- config
    location / { zos on; zos_operations ""; }
--- must_die
--- error_log
no operation is called ""



=== TEST 60: getNode: zos_operations without names
--- config
    location / { zos on; zos_operations; }
--- must_die
--- error_log
invalid number of arguments in "zos_operations" directive



=== TEST 61: listNodes: zos without a zone
--- http_config
    zos_node n1 127.0.0.1:1;
--- must_die
--- error_log
"zos on" needs "zos_zone"



=== TEST 62: listNodes: zos off needs no zone
--- http_config
--- config
    location / { zos off; return 200 "ok\n"; }
--- request
GET /
--- response_body
ok



=== TEST 63: listNodes: no nodes; the zone stands behind the server
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { zos on; }
    }

    zos_zone zos:1m;
--- request eval
["GET /nodes", "GET /nodes/n1", "GET /nodes/n1/mem"]
--- error_code eval
[200, 404, 404]
--- response_body eval
["[]\n", (::refusal('node "n1" is not known')) x 2]



=== TEST 64: listNodes: two zones
--- http_config
    zos_zone zos:1m;
    zos_zone zos:1m;
--- must_die
--- error_log
"zos_zone" directive is duplicate



=== TEST 65: listNodes: a zone without a size
--- http_config
    zos_zone zos;
--- must_die
--- error_log
invalid zone "zos", not "name:size"



=== TEST 66: listNodes: a zone without a name
--- http_config
    zos_zone :1m;
--- must_die
--- error_log
invalid zone ":1m", not "name:size"



=== TEST 67: listNodes: a zone of a size that is none
--- http_config
    zos_zone zos:much;
--- must_die
--- error_log
invalid zone size "zos:much"



=== TEST 68: listNodes: a zone that is too small
--- http_config
    zos_zone zos:16k;
--- must_die
--- error_log
zone "zos:16k" is too small



=== TEST 69: listNodes: a zone of another module
--- http_config
    zos_zone zos:1m;
    limit_req_zone $uri zone=zos:1m rate=1r/s;
--- must_die
--- error_log
the shared memory zone "zos" is already declared for a different use



=== TEST 70: getNode: the same node twice
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:1;
    zos_node n2 127.0.0.1:1;
    zos_node n1 127.0.0.1:2;
--- must_die
--- error_log
duplicate node "n1"



=== TEST 71: getNode: an id that is no name
--- http_config
    zos_zone zos:1m;
    zos_node "a b" 127.0.0.1:1;
--- must_die
--- error_log
invalid node id "a b"



=== TEST 72: getNode: an id of dots
--- http_config
    zos_zone zos:1m;
    zos_node .. 127.0.0.1:1;
--- must_die
--- error_log
invalid node id ".."



=== TEST 73: getNode: a node without an address
--- http_config
    zos_zone zos:1m;
    zos_node n1;
--- must_die
--- error_log
invalid number of arguments in "zos_node" directive



=== TEST 74: getNode: an empty address
--- http_config
    zos_zone zos:1m;
    zos_node n1 "";
--- must_die
--- error_log
in address ""



=== TEST 75: getNode: a port that is none
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:65536;
--- must_die
--- error_log
invalid port in address "127.0.0.1:65536"



=== TEST 76: getNode: a range of ports
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:6379-6380;
--- must_die
--- error_log
address "127.0.0.1:6379-6380"



=== TEST 77: getNode: an address with a path
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:6379/0;
--- must_die
--- error_log
address "127.0.0.1:6379/0"



=== TEST 78: getNode: an address that is a URL
--- http_config
    zos_zone zos:1m;
    zos_node n1 redis://127.0.0.1:6379;
--- must_die
--- error_log
address "redis://127.0.0.1:6379"



=== TEST 79: getNode: a name that does not exist
--- http_config
    zos_zone zos:1m;
    zos_node n1 "no_such_host.";
--- must_die
--- error_log
host not found in address "no_such_host."



=== TEST 80: getNode: an IPv6 address that is none
--- http_config
    zos_zone zos:1m;
    zos_node n1 [::1::2]:6379;
--- must_die
--- error_log
invalid IPv6 address in address "[::1::2]:6379"



=== TEST 81: getNode: a socket without a path
--- http_config
    zos_zone zos:1m;
    zos_node n1 unix:;
--- must_die
--- error_log
no path in the unix domain socket in address "unix:"



=== TEST 82: getNode: an option that no node has
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 port=1;
--- must_die
--- error_log
invalid parameter "port"



=== TEST 83: getNode: ssl is on or off
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 ssl=yes;
--- must_die
--- error_log
invalid parameter "ssl"



=== TEST 84: getNode: an option without a value
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 password;
--- must_die
--- error_log
invalid parameter "password"



=== TEST 85: getNode: a secret is not repeated in an error
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 Password=hush;
--- must_die
--- error_log
invalid parameter "Password"
--- no_error_log
hush



=== TEST 86: listNodes: zos is for locations
--- config
    zos on;
--- must_die
--- error_log
"zos" directive is not allowed here



=== TEST 87: listNodes: zos is on or off
--- config
    location / { zos yes; }
--- must_die
--- error_log
invalid value "yes" in "zos" directive, it must be "on" or "off"



=== TEST 88: listNodes: zos twice
--- config
    location / { zos on; zos on; }
--- must_die
--- error_log
"zos" directive is duplicate



=== TEST 89: getNode: nodes are for http
--- config
    zos_node n3 127.0.0.1;
--- must_die
--- error_log
"zos_node" directive is not allowed here



=== TEST 90: listNodes: the zone is for http
--- config
    zos_zone zos2:1m;
--- must_die
--- error_log
"zos_zone" directive is not allowed here



=== TEST 91: listNodes: no connection at all is no limit
--- config
    zos_core0_max_conns 0;
    location / { zos on; }
--- must_die
--- error_log
value must be between 1 and



=== TEST 92: listNodes: more connections than can be counted
--- config
    zos_core0_max_conns 1000000;
    location / { zos on; }
--- must_die
--- error_log
value must be between 1 and



=== TEST 93: listNodes: connections are not limited by location
--- config
    location / { zos on; zos_core0_max_conns 4; }
--- must_die
--- error_log
"zos_core0_max_conns" directive is not allowed here



=== TEST 94: listNodes: a time that is none
--- config
    location / { zos on; zos_core0_timeout soon; }
--- must_die
--- error_log
"zos_core0_timeout" directive invalid value



=== TEST 95: listNodes: a size that is none
--- config
    location / { zos on; zos_body_max -1; }
--- must_die
--- error_log
"zos_body_max" directive invalid value



=== TEST 96: listNodes: credentials of a kind that is none
--- config
    location / { zos on; zos_core0_auth secret; }
--- must_die
--- error_log
invalid value "secret"



=== TEST 97: listNodes: AYS behind what is no location
--- config
    location / { zos on; zos_ays http://127.0.0.1:5000; }
--- must_die
--- error_log
"zos_ays" directive must be the URI of a location



=== TEST 98: listNodes: verification without a certificate to trust
--- config
    location / { zos on; zos_core0_ssl on; zos_core0_ssl_verify on; }
--- must_die
--- error_log
no zos_core0_ssl_trusted_certificate for zos_core0_ssl_verify



=== TEST 99: listNodes: a certificate to trust that is not there
--- config
    location / {
        zos on;
        zos_core0_ssl on;
        zos_core0_ssl_verify on;
        zos_core0_ssl_trusted_certificate /nonexistent/ca.pem;
    }
--- must_die
--- error_log
/nonexistent/ca.pem



=== TEST 100: listNodes: ciphers that are none
--- config
    location / { zos on; zos_core0_ssl on; zos_core0_ssl_ciphers NONE-SUCH; }
--- must_die
--- error_log
NONE-SUCH



=== TEST 101: listNodes: protocols that are none
--- config
    location / { zos on; zos_core0_ssl_protocols TLSv9; }
--- must_die
--- error_log
invalid value "TLSv9"



=== TEST 102: listNodes: all that a location can say
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:1 password=a ssl=off hostname=h;
    zos_body_max 2m;
    zos_core0_connect_timeout 1s;
    zos_core0_max_conns 4;
    zos_core0_queue 0;
    zos_core0_keepalive 0;
    zos_core0_keepalive_timeout 1m;
--- config
    zos_core0_max_conns 2;
    zos_core0_auth off;

    location / {
        zos on;
        zos_body_max 64k;
        zos_ays /_ays/;
        zos_core0_connect_timeout 500ms;
        zos_core0_accept_timeout 1s;
        zos_core0_timeout 1m;
        zos_core0_kill_grace 0;
        zos_core0_max_reply 1m;
        zos_core0_auth password;
        zos_core0_ssl off;
        zos_core0_ssl_verify off;
        zos_core0_ssl_name node.example;
        zos_core0_ssl_protocols TLSv1.2 TLSv1.3;
        zos_core0_ssl_ciphers HIGH;
    }
--- request
GET /nodes
--- response_body
[{"hostname":"h","id":"n1","status":"running"}]
