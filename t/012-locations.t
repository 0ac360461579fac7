use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAnswers;

# Locations: rewritten paths, nested locations, and which operations exist in
# them.

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getNode: a rewritten path
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
[::listed(), ::node("n1"), ::node("n1"), ::name_refusal("nodeid"),
 ::name_refusal("nodeid"), ::node("n1"), ::refusal('node "n2" is not known'),
 ::no_path(),
 ::refusal('this path does not know the method, but GET, HEAD, DELETE'),
 ::no_path()]



=== TEST 2: getNode: in a rewritten path an escaped slash is a slash
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



=== TEST 3: getNode: rewritten from one location to another
--- config
    location /api/ { rewrite ^/api(/.*)$ $1 last; }
    location / { zos on; }
--- request eval
["GET /api/nodes/n1", "GET /api/nodes/n1?a=b", "GET /api/nodes/%3F"]
--- error_code eval
[200, 200, 400]
--- response_body eval
[::node("n1"), ::node("n1"), ::name_refusal("nodeid")]



=== TEST 4: getNode: a path that a rewrite makes up
--- config
    location = /me { rewrite ^ /nodes/n1? break; zos on; }
    location = /bad { rewrite ^ "/nodes/a b" break; zos on; }
--- request eval
["GET /me", "GET /bad"]
--- error_code eval
[200, 400]
--- response_body eval
[::node("n1"), ::name_refusal("nodeid")]



=== TEST 5: listNodes: a location has the paths of the API, not its own
--- config
    location /api/ { zos on; }
--- request eval
["GET /api/nodes", "GET /api/"]
--- error_code eval
[404, 404]
--- response_body eval
[::no_path(), ::no_path()]



=== TEST 6: listNodes: what is served when a page is missing
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



=== TEST 7: getNode: nested locations with and without a handler
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



=== TEST 8: getNode: conditions and limits of methods in the location
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



=== TEST 9: getNode: behind two servers and a proxy
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



=== TEST 10: listNodes: zos_operations, names
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
[::listed(), "", ::no_path(), ::no_path(), ::no_path(),
 ::refusal('node "n2" is not known'),
 ::refusal('this path does not know the method, but GET, HEAD'), ::no_path(),
 ::refusal('this path does not know the method, but GET, HEAD')]



=== TEST 11: getNode: zos_operations, a star stands at the end alone
--- config
    location / {
        zos on;
        zos_operations get*Info getNode* killNode* list*;
    }
--- must_die
--- error_log
no operation is called "get*Info"



=== TEST 12: getNode: zos_operations, patterns
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



=== TEST 13: getNode: zos_operations, everything
--- config
    location / { zos on; zos_operations *; }
--- request eval
["GET /nodes", "GET /nodes/n1", "PUT /nodes/n1"]
--- error_code eval
[200, 200, 405]



=== TEST 14: getNode: zos_operations of the outer and of the inner location
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



=== TEST 15: getNode: a name is not a prefix
--- config
    location / { zos on; zos_operations getNode; }
--- request eval
["GET /nodes/n1", "GET /nodes/n1/state", "GET /nodes/n2/info"]
--- error_code eval
[200, 404, 404]
--- response_body eval
[::node("n1"), ::no_path(), ::no_path()]



=== TEST 16: getNode: "expires" has the last word on how long an answer is good
--- config
    location / {
        zos on;
        expires 1h;
        location /nodes/n1 { expires off; }
    }
    location = /openapi.json { zos_openapi; expires -1; }
--- request eval
["GET /nodes", "GET /nodes/n1", "GET /openapi.json"]
--- raw_response_headers_like eval
[map { qr/\A(?!.*Cache-Control:.*Cache-Control:).*\nCache-Control: $_\r\n/s }
 qw( max-age=3600 no-store no-cache )]



=== TEST 17: zos_openapi: another method
--- config
    location = /openapi.json { zos_openapi; add_header X-Reason $zos_error always; }
--- request eval
["POST /openapi.json\n{}", "DELETE /openapi.json"]
--- error_code eval
[405, 405]
--- response_headers eval
[("Allow: GET, HEAD\nContent-Type: application/json\nX-Reason: method") x 2]
--- response_body eval
[(qq({"error":"this path does not know the method, but GET, HEAD"}\n)) x 2]



=== TEST 18: conf/zos_errors.conf: nginx's own errors
--- config eval
do { local (@ARGV, $/) = 'conf/zos_errors.conf'; <> } . <<'EOC'
    location / { zos on; }
    location /basic { zos on; auth_basic x; auth_basic_user_file /dev/null; }
    location /502 { return 502; }
    location /504 { return 504; }
EOC
--- request eval
["GET /basic", "TRACE /nodes", "GET /502", "GET /504"]
--- error_code eval
[401, 405, 502, 504]
--- response_headers eval
["WWW-Authenticate: Basic realm=\"x\"\nContent-Type: application/json",
 ("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
[(qr/^\{"error":"[a-z ]+"\}$/) x 4]



=== TEST 19: conf/zos_errors.conf: a header that is too long
--- config eval
do { local (@ARGV, $/) = 'conf/zos_errors.conf'; <> } . <<'EOC'
    location / { zos on; }
EOC
--- raw_request eval
"GET /nodes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: "
. 'x' x 40000 . "\r\n\r\n"
--- error_code: 400
--- response_headers
Content-Type: application/json
--- response_body
{"error":"the headers are larger than large_client_header_buffers"}



=== TEST 20: conf/zos_errors.conf: a transfer coding
--- config eval
do { local (@ARGV, $/) = 'conf/zos_errors.conf'; <> } . <<'EOC'
    location / { zos on; }
EOC
--- raw_request eval
"POST /nodes/n/bridges HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
. "Transfer-Encoding: gzip\r\n\r\n"
--- error_code: 501
--- response_headers
Content-Type: application/json
--- response_body
{"error":"this transfer coding is not supported"}



=== TEST 21: conf/zos_errors.conf: a version of HTTP
--- config eval
do { local (@ARGV, $/) = 'conf/zos_errors.conf'; <> } . <<'EOC'
    location / { zos on; }
EOC
--- raw_request eval
"GET /nodes HTTP/9.1\r\nHost: x\r\nConnection: close\r\n\r\n"
--- error_code: 505
--- response_headers
Content-Type: application/json
--- response_body
{"error":"this version of HTTP is not supported"}



=== TEST 22: getNode: zos_operations, all but some, and some of those
--- config
    location / { zos on; zos_operations !getNode* getNodeState; }
--- request eval
["GET /nodes", "GET /nodes/n1", "GET /nodes/n1/jobs/j",
 "GET /nodes/n1/jobs/j/output", "DELETE /nodes/n1/mem"]
--- error_code eval
[200, 405, 405, 404, 405]



=== TEST 23: getNode: zos_operations, but not what came before
--- config
    location / { zos on; zos_operations get* list* !getNode; }
--- request eval
["GET /nodes", "GET /nodes/n1", "PUT /nodes/n1/mem"]
--- error_code eval
[200, 404, 405]
