use lib 't/lib';
use Test::Nginx::Socket 'no_plan';

# The test runner, tried on what stock nginx does.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', 'location /pre { return 200 "pre\n"; }')
        if !defined $block->config;
});

env_to_nginx('ZOS_RUNNER_TEST=1');
$ENV{TEST_NGINX_RUNNER_WORD} = 'expanded';
$ENV{TEST_NGINX_HTML} ||= html_dir();

no_long_string();
run_tests();

__DATA__

=== TEST 1: a body and a status
--- config
    location /t { return 200 "hello\n"; }
--- request
GET /t
--- response_body
hello



=== TEST 2: comments before the request line, status other than 200
--- config
    location /t { return 404 "no $arg_a\n"; }
--- request
    # a comment
    GET /t?a=b
--- error_code: 404
--- response_body
no b
--- error_code: 404



=== TEST 3: error_code_like, body patterns
--- config
    location /t { return 503 "one two three"; }
--- request
GET /t
--- error_code_like: ^5\d\d$
--- response_body_like: two\s+three$



=== TEST 4: body must not match
--- config
    location /t { return 200 "one two three"; }
--- request
GET /t
--- response_body_unlike: four



=== TEST 5: chop, eval and a regular expression as body
--- config
    location /t { return 200 "abc"; }
--- request eval
"GET /t"
--- response_body chop
abc



=== TEST 6: a regular expression as body
--- config
    location /t { return 200 "abc"; }
--- request
GET /t
--- response_body eval
qr/^a.c$/



=== TEST 7: headers: present, absent, pattern
--- config
    location /t {
        add_header X-One one;
        add_header X-Two "two: 2";
        return 200 "ok";
    }
--- request
GET /t
--- response_headers
X-One: one
X-Two: two: 2
Content-Type: text/plain
! X-Three
--- raw_response_headers_like: X-One: one\r\nX-Two: two: 2
--- raw_response_headers_unlike: X-Four
--- response_body chomp
ok



=== TEST 8: header patterns
--- config
    location /t { add_header X-Date "12:34"; return 200 "ok"; }
--- request
GET /t
--- response_headers_like
X-Date: \d\d:\d\d
Content-Length: \d
--- response_body chomp
ok



=== TEST 9: more_headers
--- config
    location /t { return 200 "$http_x_a|$http_host|$http_connection|\n"; }
--- request
GET /t
--- more_headers
X-A: 1
# X-A: 2
Host: other
--- response_body
1|other|close|



=== TEST 10: POST body with its length
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
    }
    location /echo { return 200 "$request_method $http_content_length\n"; }
--- request
POST /t
{"name": "x"}
--- more_headers
Content-Type: application/json
--- response_body
POST 13



=== TEST 11: a chunked request keeps its body as it is
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
    }
    location /echo { return 200 "$http_content_length\n"; }
--- request eval
"POST /t
3\r
abc\r
0\r
\r
"
--- more_headers
Transfer-Encoding: chunked
--- response_body
3



=== TEST 12: PUT, PATCH and DELETE as a list of requests
--- config
    location /t { return 200 "$request_method $uri $http_x_n\n"; }
--- request eval
["PUT /t/1\nab", "PATCH /t/2\ncd", "DELETE /t/3"]
--- more_headers eval
["X-N: one", "X-N: two", "X-N: three"]
--- response_body eval
["PUT /t/1 one\n", "PATCH /t/2 two\n", "DELETE /t/3 three\n"]
--- error_code eval
[200, 200, 200]
--- response_headers eval
["Content-Type: text/plain", "! X-Foo", "Connection: close"]



=== TEST 13: HEAD has no body
--- config
    location /t { return 200 "hello\n"; }
--- request
HEAD /t
--- response_body
--- response_headers
Content-Length: 6



=== TEST 14: a chunked answer
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        root $TEST_NGINX_HTML;
        ssi on;
        default_type text/html;
        ssi_types *;
    }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/page.txt;
    }
--- user_files
>>> page.txt
one <!--# echo var="request_method" --> two $TEST_NGINX_RUNNER_WORD
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
--- response_body
one GET two expanded



=== TEST 15: user files with a date
--- config
--- user_files eval
[["a/b.txt", "content\n", "202001020304.05"]]
--- request
GET /a/b.txt
--- response_headers
Last-Modified: Thu, 02 Jan 2020 03:04:05 GMT
--- response_body
content



=== TEST 16: the root location
--- config
--- request
GET /
--- response_body_like: It works!



=== TEST 17: a block preprocessor gave the configuration
--- request
GET /pre
--- response_body
pre



=== TEST 18: a raw request in pieces
--- config
    location /t { return 200 "$http_x_y\n"; }
--- raw_request eval
["GET /t HT", "TP/1.1\r\nHost: a\r\nX-Y: z\r\n", "Connection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.02
--- response_body
z



=== TEST 19: a request in packets with a delay
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
    }
    location /echo { return 200 "$http_content_length\n"; }
--- request eval
[["POST ", "/t\nabc", {value => "def", delay_before => 0.05}]]
--- response_body
6



=== TEST 20: pipelined requests
--- config
    location /t { return 200 "$uri $connection_requests $http_connection\n"; }
--- pipelined_requests eval
["GET /t/1", "GET /t/2", "GET /t/3"]
--- response_body eval
["/t/1 1 keep-alive\n", "/t/2 2 keep-alive\n", "/t/3 3 close\n"]



=== TEST 21: HTTP/1.0
--- config
    location /t { return 200 "$server_protocol\n"; }
--- request
GET /t HTTP/1.0
--- response_body
HTTP/1.0



=== TEST 22: the client leaves
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 5s
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n"
--- request
GET /t
--- timeout: 0.3
--- abort
--- ignore_response
--- wait: 0.1
--- error_log
client prematurely closed connection
--- no_error_log
[error]



=== TEST 23: half-close
--- config
    location /t {
        proxy_ignore_client_abort on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
    }
    location /echo { return 200 "there\n"; }
--- request
GET /t
--- shutdown
--- response_body
there



=== TEST 24: a canned backend sees the request
--- config
    location /t {
        proxy_set_header Host node;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n", "X-A: b\r\n\r\n", "body\n"]
--- tcp_query eval
"GET /t HTTP/1.0\r\nHost: node\r\nConnection: close\r\n\r\n"
--- request
GET /t
--- response_headers
X-A: b
--- response_body
body



=== TEST 25: a canned backend computes its reply and stays
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
sub { my ($line) = split /\r\n/, shift;
      return "HTTP/1.0 200 OK\r\nContent-Length: 16\r\n\r\n$line\n" }
--- tcp_no_close
--- request
GET /t
--- response_body
GET /t HTTP/1.0



=== TEST 26: a backend on a unix socket
--- config
    location /t {
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock:/u;
    }
--- tcp_listen: $TEST_NGINX_HTML/backend.sock
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfrom unix\n"
--- request
GET /t
--- response_body
from unix



=== TEST 27: the error log
--- config
    location /t { root $TEST_NGINX_HTML; }
--- request
GET /t/none
--- error_code: 404
--- response_body_like: 404 Not Found
--- error_log
t/none" failed
No such file
--- no_error_log
[alert]
[crit]



=== TEST 28: patterns for the error log
--- config
    location /t { root $TEST_NGINX_HTML; }
--- request
GET /t/none
--- error_code: 404
--- error_log eval
[qr/open\(\) ".*none" failed/, "No such file"]
--- no_error_log eval
qr/\[(crit|alert)\]/



=== TEST 29: what is found in the error log
--- config
    location /t { root $TEST_NGINX_HTML; }
--- request eval
"GET /t/none"
--- error_code: 404
--- grep_error_log eval
qr/No such [a-z]+|failed \(\d\)/
--- grep_error_log_out
No such file
--- log_level: error



=== TEST 30: what is logged at the end
--- config
    location /t { return 200; }
--- request
GET /t
--- response_body
--- shutdown_error_log
http upstream never logged
--- SKIP



=== TEST 31: what is logged at the end
--- config
    location /t { return 200; }
--- request
GET /t
--- response_body
--- shutdown_error_log
signal 3 (SIGQUIT) received
--- no_shutdown_error_log
[error]



=== TEST 32: a configuration that nginx refuses
--- config
    nonsense on;
--- must_die
--- error_log
unknown directive "nonsense"



=== TEST 33: the exit code of a configuration that nginx refuses
--- http_config
    proxy_buffers 0 0;
--- config
--- must_die: 1
--- error_log
[emerg]
--- no_error_log
[crit]



=== TEST 34: main configuration and environment
--- main_config
    env TEST_NGINX_RUNNER_WORD;
    worker_shutdown_timeout 10s;
--- config
    location /t { return 200 "$TEST_NGINX_RUNNER_WORD\n"; }
--- request
GET /t
--- response_body
$TEST_NGINX_RUNNER_WORD



=== TEST 35: init runs before the request, in reach of the settings
--- config
    location /t { root $TEST_NGINX_HTML; }
--- init
open my $out, '>', "$Test::Nginx::Util::HtmlDir/t" or die;
print $out "made by init\n";
close $out;
--- request
GET /t
--- response_body
made by init



=== TEST 36: init runs once for repeated requests
--- config
    location /t { return 200 "$TEST_NGINX_SERVER_PORT\n"; }
--- init
$main::Ran++ and die "init ran twice";
--- request
GET /t
--- response_body
$ServerPort



=== TEST 37: skipped for a version
--- skip_nginx: 2: > 0.1.0: any version is newer
--- config
--- request
GET /t
--- response_body
never



=== TEST 38: not skipped for a version
--- skip_nginx: 2: < 0.1.0
--- config
    location /t { return 200 "run\n"; }
--- request
GET /t
--- response_body
run



=== TEST 39: skipped by a condition
--- skip_eval: 2: $^O ne 'nowhere'
--- config
--- request
GET /t
--- response_body
never



=== TEST 40: filters on the body
--- config
    location /t { return 200 "hello"; }
--- request
GET /t
--- response_body_filters eval
[\&CORE::uc, sub { "<$_[0]>" }]
--- response_body chomp
<HELLO>



=== TEST 41: named filters on the body
--- config
    location /t { return 200 "hello"; }
--- request
GET /t
--- response_body_filters
uc md5_hex
--- response_body chomp
eb61eead90e3b899c6bcbe27ac581660



=== TEST 42: an alert that the block expects
--- config
    location /t { return 200; }
--- init
open my $out, '>>', "$Test::Nginx::Util::ErrLogFile" or die;
print $out "2020/01/01 [alert] 1#0: made up\n";
close $out;
--- request
GET /t
--- response_body
--- error_log
[alert] 1#0: made up
--- zos_once



=== TEST 43: the access log
--- http_config
    log_format runner "uri=$uri status=$status";
    access_log logs/access.log runner;
--- config
    location /t { return 200 "ok"; }
--- request
GET /t/one
--- response_body chomp
ok
--- access_log eval
["uri=/t/one status=200", qr/"GET \/t\/one HTTP\/1.1" 200/]
--- no_access_log
status=500



=== TEST 44: patterns for pipelined answers
--- config
    location /t { return 200 "$pid\n"; }
--- pipelined_requests eval
["GET /t", "GET /t"]
--- response_body_like eval
['^\d+$', '^\d+$']
--- no_error_log eval
["[error]", qr/\[alert\]|\[crit\]/]
