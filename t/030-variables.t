use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );

# The variables, as they stand in the access log, and where they are empty.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', nodes() . ($block->zos_http // ''));
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
});


sub nodes {
    return <<'NODES';
        log_format zos 'op=$zos_operation node=$zos_node '
                       'container=$zos_container job=$zos_job '
                       'calls=$zos_calls time=$zos_backend_time '
                       'cache=$zos_cache error=$zos_error '
                       'status=$status end';
        access_log logs/access.log zos;

        zos_zone zos:1m;
        zos_node n1 127.0.0.1:$TEST_NGINX_CORE0_C;
        zos_node auth 127.0.0.1:$TEST_NGINX_CORE0_C_AUTH password=wrong;
        zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
        zos_node dead 127.0.0.1:$TEST_NGINX_DEAD_PORT;
        zos_node tls 127.0.0.1:$TEST_NGINX_CORE0_C ssl=on;
NODES
}


# A line of the log; "time" is seconds and milliseconds if not told.
sub line {
    my (%value) = @_;

    %value = (
        op => '-', node => '-', container => '-', job => '-', calls => 0,
        time => '0\.\d{3}', cache => '-', error => '-', status => 200, %value,
    );

    my $line = join ' ', map { "$_=$value{$_}" }
               qw( op node container job calls time cache error status );

    return qr/^$line end$/m;
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodes: without a call
--- request
GET /nodes
--- access_log eval
::line(op => "listNodes", time => '0\.000', cache => "STATIC")



=== TEST 2: getNode: without a call
--- request
GET /nodes/n1
--- access_log eval
::line(op => "getNode", node => "n1", time => '0\.000', cache => "STATIC")



=== TEST 3: getMemInfo: one call
--- request
GET /nodes/n1/mem
--- access_log eval
::line(op => "getMemInfo", node => "n1", calls => 1, cache => "STATIC")



=== TEST 4: getMemInfo: HEAD
--- request
HEAD /nodes/n1/mem
--- access_log eval
::line(op => "getMemInfo", node => "n1", calls => 1, cache => "STATIC")



=== TEST 5: getMemInfo: names are decoded
--- request
GET /nodes/%6e1/mem
--- access_log eval
::line(op => "getMemInfo", node => "n1", calls => 1, cache => "STATIC")



=== TEST 6: getNodeJob: a job, and the calls that look for it
--- request
GET /nodes/n1/jobs/a-job
--- error_code: 404
--- access_log eval
::line(op => "getNodeJob", node => "n1", job => "a-job", calls => 2,
       cache => "STATIC", error => "absent", status => 404)



=== TEST 7: getNodeJob: a job that runs
--- request
GET /nodes/n1/jobs/monitor.cpu
--- access_log eval
::line(op => "getNodeJob", node => "n1", job => "monitor.cpu", calls => 1,
       cache => "STATIC")



=== TEST 8: getNodeJob: a job without its result is looked for twice
--- init
core0_redis('C', 'RPUSH', 'result:lost:flag', '');
--- request
GET /nodes/n1/jobs/lost
--- error_code: 404
--- access_log eval
::line(op => "getNodeJob", node => "n1", job => "lost", calls => 4,
       cache => "STATIC", error => "absent", status => 404)



=== TEST 9: killNodeJob: a job
--- request
DELETE /nodes/n1/jobs/a-job
--- error_code: 204
--- access_log eval
::line(op => "killNodeJob", node => "n1", job => "a-job", calls => 1,
       cache => "STATIC", status => 204)



=== TEST 10: killNodeProcess: a process that is gone
--- request
DELETE /nodes/n1/processes/2147483647
--- error_code: 204
--- access_log eval
::line(op => "killNodeProcess", node => "n1", calls => 1, cache => "STATIC",
       status => 204)



=== TEST 11: getMemInfo: the time that a node takes
--- init
core0_fault('C', 'late:300');
--- request
GET /nodes/bad/mem
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1,
       time => '0\.(?:29|3\d|4\d)\d', cache => "STATIC")



=== TEST 12: getNodeJob: the time of all calls together
--- init
core0_fault('C', 'late:200');
core0_redis('C', 'RPUSH', 'result:late:flag', '');
--- request
GET /nodes/bad/jobs/late
--- error_code: 404
--- access_log eval
::line(op => "getNodeJob", node => "bad", job => "late", calls => 4,
       time => '0\.(?:39|4\d|5\d)\d', cache => "STATIC", error => "absent",
       status => 404)



=== TEST 13: getMemInfo: more than a second
--- init
core0_fault('C', 'late:1100');
--- request
GET /nodes/bad/mem
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1,
       time => '1\.(?:0[89]|[1-4]\d)\d', cache => "STATIC")



=== TEST 14: pingNode: a node that does not answer is no error
--- request
POST /nodes/dead/ping
--- response_body
false
--- access_log eval
::line(op => "pingNode", node => "dead", calls => 1, cache => "STATIC")



=== TEST 15: getNode: an unknown path
--- request
GET /x
--- error_code: 404
--- access_log eval
::line(time => '0\.000', error => "unknown path", status => 404)



=== TEST 16: getNode: an unknown method
--- request
PUT /nodes/n1
--- error_code: 405
--- access_log eval
::line(time => '0\.000', error => "method", status => 405)



=== TEST 17: getNode: what is no name is not repeated
--- request
GET /nodes/%0Afaked%20line/mem
--- error_code: 400
--- access_log eval
::line(op => "getMemInfo", time => '0\.000', error => "bad parameter",
       status => 400)



=== TEST 18: getNodeJob: what is no id is not repeated
--- request
GET /nodes/n1/jobs/%22
--- error_code: 400
--- access_log eval
::line(op => "getNodeJob", node => "n1", time => '0\.000',
       error => "bad parameter", status => 400)



=== TEST 19: getNodeJob: nor is what follows it
--- request
GET /nodes/%22/jobs/%22
--- error_code: 400
--- access_log eval
::line(op => "getNodeJob", time => '0\.000', error => "bad parameter",
       status => 400)



=== TEST 20: getNode: an unknown node
--- request
GET /nodes/n2/mem
--- error_code: 404
--- access_log eval
::line(op => "getMemInfo", node => "n2", time => '0\.000',
       error => "unknown node", status => 404)



=== TEST 21: getContainer: what needs AYS
--- request
GET /nodes/n1/containers/web
--- error_code: 501
--- access_log eval
::line(op => "getContainer", node => "n1", container => "web",
       time => '0\.000', error => "no ays", status => 501)



=== TEST 22: getMemInfo: a node that can't be reached
--- request
GET /nodes/dead/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "dead", calls => 1, cache => "STATIC",
       error => "connect", status => 502)



=== TEST 23: getMemInfo: a node that refuses the credentials
--- request
GET /nodes/auth/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "auth", calls => 1, cache => "STATIC",
       error => "auth", status => 502)



=== TEST 24: getMemInfo: a node without TLS
--- request
GET /nodes/tls/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "tls", calls => 1, cache => "STATIC",
       error => "tls", status => 502)



=== TEST 25: getMemInfo: a node that closes the connection
--- init
core0_fault('C', 'break:0');
--- request
GET /nodes/bad/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
       error => "closed", status => 502)



=== TEST 26: getMemInfo: a node that speaks another language
--- init
core0_fault('C', 'garbage');
--- request
GET /nodes/bad/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
       error => "protocol", status => 502)



=== TEST 27: getMemInfo: an answer in an unknown shape
--- init
core0_fault('C', 'data:[]');
--- request
GET /nodes/bad/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
       error => "protocol", status => 502)



=== TEST 28: getMemInfo: an answer that is too large
--- config
    location / { zos on; zos_core0_max_reply 64k; }
--- init
core0_fault('C', 'oversize:1000000');
--- request
GET /nodes/bad/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
       error => "too large", status => 502)



=== TEST 29: getMemInfo: a command that is not taken
--- config
    location / { zos on; zos_core0_accept_timeout 200ms; }
--- init
core0_fault('C', 'noagent');
--- request
GET /nodes/bad/mem
--- error_code: 504
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, time => '[01]\.\d{3}',
       cache => "STATIC", error => "not accepted", status => 504)



=== TEST 30: getMemInfo: a command without a result
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
core0_fault('C', 'stuck');
--- request
GET /nodes/bad/mem
--- error_code: 504
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, time => '[01]\.\d{3}',
       cache => "STATIC", error => "timeout", status => 504)



=== TEST 31: getMemInfo: a command that the node does not know
--- init
core0_fault('C', 'state:UNKNOWN_CMD:0:');
--- request
GET /nodes/bad/mem
--- error_code: 501
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
       error => "unknown command", status => 501)



=== TEST 32: getMemInfo: a command that fails
--- init
core0_fault('C', 'state:ERROR:404:gone');
--- request
GET /nodes/bad/mem
--- error_code: 404
--- access_log eval
::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
       error => "failed", status => 404)



=== TEST 33: getMemInfo: too many requests at once
--- zos_http
    zos_core0_max_conns 1;
    zos_core0_queue 0;
--- config
    location / { zos on; }

    location = /two {
        mirror /one;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/nodes/bad/mem;
    }

    location = /one {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/nodes/bad/mem;
    }
--- init
core0_fault('C', 'late:300');
--- request
GET /two
--- error_code_like: ^(?:200|503)$
--- access_log eval
[::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC"),
 ::line(op => "getMemInfo", node => "bad", calls => 1, cache => "STATIC",
        error => "busy", status => 503)]



=== TEST 34: getMemInfo: outside of the API there are no values
--- config
    location / { zos on; }
    location = /other { return 200 "[$zos_operation$zos_node$zos_calls]\n"; }
--- request
GET /other
--- response_body
[]
--- access_log eval
::line(calls => "-", time => "-")



=== TEST 35: getMemInfo: in a header of the answer
--- config
    location / {
        zos on;
        add_header X-Zos
            "$zos_operation|$zos_node|$zos_job|$zos_cache|$zos_error" always;
        add_header X-Calls $zos_calls always;
    }
--- request eval
["GET /nodes/n1/mem", "GET /nodes/n2/mem", "GET /nodes/n1/jobs/monitor.cpu",
 "GET /x"]
--- error_code eval
[200, 404, 200, 404]
--- response_headers eval
["X-Zos: getMemInfo|n1||STATIC|\nX-Calls: 1",
 "X-Zos: getMemInfo|n2|||unknown node\nX-Calls: 0",
 "X-Zos: getNodeJob|n1|monitor.cpu|STATIC|\nX-Calls: 1",
 "X-Zos: ||||unknown path\nX-Calls: 0"]



=== TEST 36: getMemInfo: before the operation is known
--- config
    location / {
        set $early "$zos_operation$zos_node";
        add_header X-Early "[$early]";
        zos on;
    }
--- request
GET /nodes/n1/mem
--- response_headers
X-Early: []
--- access_log eval
::line(op => "getMemInfo", node => "n1", calls => 1, cache => "STATIC")



=== TEST 37: getMemInfo: requests on one connection have their own values
--- pipelined_requests eval
["GET /nodes/n1/mem", "GET /nodes/n1", "GET /x"]
--- error_code eval
[200, 200, 404]
--- access_log eval
[::line(op => "getMemInfo", node => "n1", calls => 1, cache => "STATIC"),
 ::line(op => "getNode", node => "n1", time => '0\.000', cache => "STATIC"),
 ::line(time => '0\.000', error => "unknown path", status => 404)]



=== TEST 38: getMemInfo: credentials that are never answered
--- zos_http
    zos_node slow 127.0.0.1:$TEST_NGINX_CORE0_C_BAD_TLS ssl=on password=secret;
    zos_core0_connect_timeout 200ms;
--- init
core0_fault('C', 'authhang', 'BAD_TLS');
--- request
GET /nodes/slow/mem
--- error_code: 504
--- access_log eval
::line(op => "getMemInfo", node => "slow", calls => 1, cache => "STATIC",
       error => "connect timeout", status => 504)



=== TEST 39: getMemInfo: a name that is not resolved
--- zos_http
    zos_node named localhost:$TEST_NGINX_CORE0_C;
    resolver 127.0.0.1:$TEST_NGINX_DEAD_PORT;
    resolver_timeout 200ms;
--- request
GET /nodes/named/mem
--- error_code: 502
--- access_log eval
::line(op => "getMemInfo", node => "named", cache => "STATIC",
       error => "resolve", status => 502)
