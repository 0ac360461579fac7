use lib 't/lib';
use Test::Nginx::Socket 'no_plan';

# Nodes that AYS knows, and what AYS can do wrong.  The AYS of these tests is
# a location that has its answers ready; %AYS% is where it begins.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', 'zos_zone zos:1m;')
        if !defined $block->http_config;

    my $config = $block->config;

    $config =~ s/%AYS%/\/_ays\/ays\/repository\/objstor/g;
    $config .= 'location = /_ays/ays/repository/objstor {'
               . " internal; return 200 '{}'; }\n"
        if $config !~ m{location = /_ays/ays/repository/objstor };

    $block->set_value('config', <<"EOC" . $config);
    add_header X-Reason \$zos_error always;
    add_header X-Cache \$zos_cache always;
    location / { zos on; zos_ays /_ays; }
EOC
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodes: those of AYS and of the configuration, by id
--- http_config
    zos_zone zos:1m;
    zos_node n2 127.0.0.1:1 hostname=two;
--- config
    location = %AYS%/service/node {
        internal;
        return 200 '[{"role":"node","name":"n3","data":{"hostname":"three","status":"halted","id":"x","redisAddr":"10.0.0.3"}},{"role":"node","name":"n2","data":{"hostname":"other"}},{"role":"node","name":"n1","data":{"status":"running"}}]';
    }
--- request
GET /nodes
--- response_body
[{"hostname":"","id":"n1","status":"running"},{"hostname":"two","id":"n2","status":"running"},{"hostname":"three","id":"n3","status":"halted"}]



=== TEST 2: listNodes: none
--- config
    location = %AYS%/service/node { internal; return 200 '[]'; }
--- request
GET /nodes
--- response_body
[]



=== TEST 3: getNode: as AYS has it
--- config
    location = %AYS%/service/node/n1 {
        internal;
        return 200 '{"name":"n1","role":"node","data":{"hostname":"h","status":"running","redisAddr":"10.1.2.3","redisPassword":"planted-secret"},"actions":[]}';
    }
--- request
GET /nodes/n1
--- response_body
{"hostname":"h","id":"n1","ipaddress":"10.1.2.3","status":"running"}



=== TEST 4: getNode: one that AYS does not know
--- config
    location = %AYS%/service/node/n1 {
        internal;
        return 404 '{"error":"Service not found"}';
    }
--- request
GET /nodes/n1
--- error_code: 404
--- response_body
{"error":"node \"n1\" is not known"}
--- response_headers
X-Reason: unknown node



=== TEST 5: getNode: one that only looks like it
--- config
    location = %AYS%/service/node/a.b {
        internal;
        return 200 '{"name":"axb","data":{"hostname":"h"}}';
    }
--- request
GET /nodes/a.b
--- error_code: 404
--- response_body
{"error":"node \"a.b\" is not known"}



=== TEST 6: getMemInfo: a name as address, and no resolver
--- config
    location = %AYS%/service/node/n6 {
        internal;
        return 200 '{"name":"n6","data":{"redisAddr":"192.0.2.1x","redisPort":6379}}';
    }
--- pipelined_requests eval
["GET /nodes/n6/mem", "GET /nodes/n6/mem"]
--- error_code eval
[502, 502]
--- response_body eval
[qq({"error":"the address of node \\"n6\\" can't be resolved"}\n),
 qq({"error":"the address of node \\"n6\\" can't be resolved"}\n)]



=== TEST 7: getMemInfo: an unknown node
--- config
    location = %AYS%/service/node/n7 { internal; return 404 '{}'; }
--- request
GET /nodes/n7/mem
--- error_code: 404
--- response_body
{"error":"node \"n7\" is not known"}



=== TEST 8: getMemInfo: a node without an address
--- config
    location = %AYS%/service/node/n8 {
        internal;
        return 200 '{"name":"n8","data":{"redisPort":6379}}';
    }
--- request
GET /nodes/n8/mem
--- error_code: 502
--- response_body
{"error":"AYS has no address of node \"n8\""}



=== TEST 9: getMemInfo: its address does not answer, and is looked up again
--- config
    location = %AYS%/service/node/n9 {
        internal;
        return 200 '{"name":"n9","data":{"redisAddr":"127.0.0.1","redisPort":1}}';
    }
--- pipelined_requests eval
["GET /nodes/n9/mem", "GET /nodes/n9/mem"]
--- error_code eval
[502, 502]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS"]



=== TEST 10: listNodes: the repository is created on first use
--- config
    zos_ays_repository r10;
    location = /_ays/ays/repository/r10 {
        internal;
        return 404 '{"error":"not found"}';
    }
    location = /_ays/ays/repository {
        internal;
        if ($request_method != GET) { return 201 '{}'; }
        return 201 '{}';
    }
    location = /_ays/ays/repository/r10/service/node { internal; return 200 '[]'; }
--- request
GET /nodes
--- response_body
[]



=== TEST 11: listNodes: the repository can't be created
--- config
    zos_ays_repository r11;
    location = /_ays/ays/repository/r11 { internal; return 404 '{}'; }
    location = /_ays/ays/repository {
        internal;
        return 400 'no';
    }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS failed with status 400"}



=== TEST 12: listNodes: AYS refuses the token of the gateway
--- config
    location = %AYS%/service/node { internal; return 401 'no'; }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS refuses the gateway's credentials"}
--- response_headers
X-Reason: ays auth



=== TEST 13: listNodes: a page instead of JSON
--- config
    location = %AYS%/service/node { internal; return 200 '<html>'; }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS sent an answer that is not JSON"}



=== TEST 14: listNodes: JSON of another shape
--- config
    location = %AYS%/service/node { internal; return 200 '{"a":1}'; }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS sent an answer of an unknown shape"}



=== TEST 15: listNodes: elements of another shape
--- config
    location = %AYS%/service/node { internal; return 200 '[1]'; }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS sent an answer of an unknown shape"}



=== TEST 16: listNodes: a failure with a traceback
--- config
    location = %AYS%/service/node {
        internal;
        return 500 '{"error":"Traceback (most recent call last):\\n File x\\nValueError: bad thing\\n"}';
    }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS failed with status 500: ValueError: bad thing"}



=== TEST 17: listNodes: a failure with a page
--- config
    location = %AYS%/service/node { internal; return 500 '<html>oops'; }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS failed with status 500"}



=== TEST 18: listNodes: an answer that is too large
--- config
    zos_ays_max_reply 64;
    location = %AYS%/service/node {
        internal;
        return 200 '[{"name":"n1","data":{"hostname":"0123456789012345678901234567890123456789"}}]';
    }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"the answer of AYS is too large"}
--- response_headers
X-Reason: ays too large



=== TEST 19: listNodes: AYS is not there
--- config
    location /_ays/ { internal; proxy_pass http://127.0.0.1:1/; }
    location = /_ays/ays/repository/objstor { internal; return 200 '{}'; }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS can't be reached"}
--- response_headers
X-Reason: ays connect



=== TEST 20: listNodes: AYS is not there, nor is the repository known
--- config
    zos_ays_repository r20;
    location = /_ays/ays/repository/r20 {
        internal;
        proxy_pass http://127.0.0.1:1/;
    }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS can't be reached"}



=== TEST 29: pingNode: AYS is not there, and nobody knows the node
--- config
    location /_ays/ { internal; proxy_pass http://127.0.0.1:1/; }
    location = /_ays/ays/repository/objstor { internal; return 200 '{}'; }
--- request
POST /nodes/n29/ping
--- error_code: 502
--- response_body
{"error":"AYS can't be reached"}



=== TEST 21: listNodes: an error page of the server is not for AYS
--- config
    error_page 502 /oops;
    location = /oops { return 200 'oops'; }
    location = %AYS%/service/node {
        internal;
        proxy_pass http://127.0.0.1:1/;
    }
--- request
GET /nodes
--- error_code: 502
--- response_body
{"error":"AYS can't be reached"}



=== TEST 22: listNodes: the location has no answer
--- config
    location = %AYS%/service/node { internal; deny all; }
--- request
GET /nodes
--- error_code: 502
--- response_headers
X-Reason: ays location



=== TEST 23: getNode: neither headers nor the method of the caller go to AYS
--- config
    location = %AYS%/service/node/n1 {
        internal;
        return 200 '{"name":"n1","data":{"hostname":"$http_x_secret$request_method$http_accept$http_authorization"}}';
    }
--- more_headers
X-Secret: planted
Authorization: Bearer planted
--- request
GET /nodes/n1
--- response_body
{"hostname":"GETapplication/json","id":"n1","ipaddress":"","status":""}



=== TEST 24: getNode: HEAD asks with GET
--- config
    location = %AYS%/service/node/n1 {
        internal;
        return 200 '{"name":"n1","data":{"hostname":"$request_method"}}';
    }
--- request
HEAD /nodes/n1
--- response_headers
Content-Length: 57



=== TEST 25: getRun: the state of a run
--- config
    location = %AYS%/aysrun/abc {
        internal;
        return 200 '{"key":"abc","state":"running","steps":[]}';
    }
--- request
GET /runs/abc
--- response_body
{"runid":"abc","state":"running"}



=== TEST 26: getRun: one that failed, and why
--- config
    location = %AYS%/aysrun/abc {
        internal;
        return 200 '{"key":"abc","state":"error","steps":[{"jobs":[{"state":"ok"}]},{"jobs":[{"state":"ok"},{"state":"error","result":"","logs":[{"log":"first"},{"log":"Traceback (most recent call last):\\n  x\\nRuntimeError: no disk"}]}]}]}';
    }
--- request
GET /runs/abc
--- response_body
{"runid":"abc","state":"error","error":"RuntimeError: no disk"}



=== TEST 27: getRun: one whose reason has passwords in it
--- config
    location = %AYS%/aysrun/abc {
        internal;
        return 200 '{"key":"abc","state":"error","steps":[{"jobs":[{"state":"error","result":"","logs":[{"log":"ftp://u:planted-pw@host/x, http://h:80/a@b, //x:y@z, http://me@h and a://u:planted@x://"}]}]}]}';
    }
--- request
GET /runs/abc
--- response_body
{"runid":"abc","state":"error","error":"ftp://u:**********@host/x, http://h:80/a@b, //x:y@z, http://me@h and a://u:*******@x://"}



=== TEST 28: getRun: one that is not there
--- config
    location = %AYS%/aysrun/abc { internal; return 404 '{}'; }
--- request
GET /runs/abc
--- error_code: 404
--- response_body
{"error":"run \"abc\" is not known"}



=== TEST 27: createBridge: no bridges at all, AYS says
--- config
    location = %AYS%/service/node/n1 {
        internal;
        return 200 '{"name":"n1","data":{}}';
    }
    location = %AYS%/service/bridge/b1 { internal; return 404 '{}'; }
    location = %AYS%/service/bridge { internal; return 404 '{}'; }
    location = %AYS%/blueprint { internal; return 500 '{"error":"reached"}'; }
--- request
POST /nodes/n1/bridges
{"name":"b1","networkMode":"static","nat":false,"setting":{"cidr":"10.1.1.1/24"}}
--- error_code: 502
--- response_body
{"error":"AYS failed with status 500: reached"}



=== TEST 30: listContainers: an answer of AYS without a text
--- config
    location = %AYS%/service/node/n1 {
        internal;
        return 200 '{"name":"n1","data":{}}';
    }
    location = %AYS%/service/container {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/empty;
    }
    location = /empty { return 200; }
--- request
GET /nodes/n1/containers
--- error_code: 502
--- response_body
{"error":"AYS sent an answer without content"}
--- response_headers
X-Reason: ays protocol



=== TEST 31: listNodes: a failure is not said to be one of waiting
--- config
    location = %AYS%/service/node { internal; return 500 '{}'; }
--- request
GET /nodes
--- error_code: 502
--- error_log
zos: AYS failed with status 500, client



=== TEST 32: getNode: zos_ays off in a location of one that has it
--- http_config
    zos_zone zos:1m;
    zos_node n 127.0.0.1:1;
--- config
    location = %AYS%/service/node/x { internal; return 500; }
    location = %AYS%/service/node { internal; return 500; }
    location /off/ {
        zos on; zos_ays /_ays;
        location /off/nodes {
            zos_ays off;
            rewrite ^/off(/.*)$ $1 break;
        }
    }
--- request eval
["GET /off/nodes", "GET /off/nodes/x", "POST /off/nodes/n/reboot"]
--- error_code eval
[200, 404, 501]
