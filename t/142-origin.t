use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAnswers;
use ZosTokens;

# Pages of other origins must not change anything: what tells them, and who
# may all the same. The operation that "changes" is a ping of a dead node.

my $refused = "pages of other origins may not change anything";

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config => <<'EOC') if !defined $block->config;
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC

    # origin, and Host where it is not localhost
    if (defined $block->zos_origin) {
        my ($origin, $host) = split ' ', $block->zos_origin;

        $block->set_value(more_headers => "Origin: $origin\n"
                          . 'Host: ' . ($host // 'localhost') . "\n");
    }

    $block->set_value(request => 'POST /nodes/n1/ping')
        if !defined $block->request;

    if (defined $block->zos_refused) {
        $block->set_value(error_code => 403);
        $block->set_value(response_body => ::refusal($refused));
        $block->set_value(response_headers =>
                          "X-Reason: origin\n! WWW-Authenticate");
    } elsif (!defined $block->error_code) {
        $block->set_value(response_body => "false\n");
    }
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: no page at all



=== TEST 2: the same origin
--- zos_origin: http://localhost



=== TEST 3: the same origin, in other letters
--- zos_origin: HTTP://LocalHost



=== TEST 4: the same origin, with its port
--- zos_origin: http://gw.test:8080 gw.test:8080



=== TEST 5: the same origin, TLS before us
--- zos_origin: https://gw.test gw.test



=== TEST 6: the usual port, named in one of them
--- zos_origin: https://gw.test gw.test:443



=== TEST 7: ... and in the other one
--- zos_origin: http://gw.test:80 gw.test



=== TEST 8: an IPv6 address
--- zos_origin: http://[::1]:8080 [::1]:8080



=== TEST 9: another host
--- zos_origin: http://evil.test
--- zos_refused



=== TEST 10: another port
--- zos_origin: http://gw.test:8081 gw.test:8080
--- zos_refused



=== TEST 11: no port, where there is one
--- zos_origin: http://gw.test gw.test:8080
--- zos_refused



=== TEST 12: the usual port of another scheme
--- zos_origin: http://gw.test gw.test:443
--- zos_refused



=== TEST 13: a longer name
--- zos_origin: http://localhost.evil.test
--- zos_refused



=== TEST 14: a name that ends like ours
--- zos_origin: http://evil-gw.test gw.test
--- zos_refused



=== TEST 15: a name within ours
--- zos_origin: http://sub.gw.test gw.test
--- zos_refused



=== TEST 16: none that can be named
--- zos_origin: null
--- zos_refused



=== TEST 17: an empty one
--- more_headers
Origin:
--- zos_refused



=== TEST 18: only a host
--- zos_origin: localhost
--- zos_refused



=== TEST 19: another scheme of that name
--- zos_origin: file://localhost
--- zos_refused



=== TEST 20: with a user, a path, a query
--- request eval
[("POST /nodes/n1/ping") x 4]
--- more_headers eval
[map { "Origin: $_" } 'http://evil.test@localhost', 'http://localhost/',
 'http://localhost?x', 'http://localhost#x']
--- error_code eval
[(403) x 4]



=== TEST 21: ports that are none
--- request eval
[("POST /nodes/n1/ping") x 3]
--- more_headers eval
[map { "Origin: $_" } 'http://localhost:', 'http://localhost:80x',
 'http://localhost:-80']
--- error_code eval
[(403) x 3]



=== TEST 22: two origins
--- more_headers
Origin: http://localhost
Origin: http://localhost
--- error_code: 403
--- response_body eval
::refusal("there are two origins")



=== TEST 23: of all that changes
--- request eval
["POST /nodes/n1/jobs\n{}", "PUT /nodes/n1/x", "DELETE /nodes/n1/jobs",
 "OPTIONS /nodes", "PATCH /nodes", "FOO /nodes", "POST /nowhere"]
--- more_headers
Origin: http://evil.test
--- error_code eval
[(403) x 7]
--- response_body eval
[(::refusal("pages of other origins may not change anything")) x 7]



=== TEST 24: but not of what reads
--- request eval
["GET /nodes", "HEAD /nodes"]
--- more_headers
Origin: http://evil.test
Sec-Fetch-Site: cross-site
--- error_code eval
[200, 200]
--- response_headers eval
["! Access-Control-Allow-Origin", "! Access-Control-Allow-Origin"]



=== TEST 25: without an origin, but from another site
--- request eval
[("POST /nodes/n1/ping") x 6]
--- more_headers eval
[map { "Sec-Fetch-Site: $_" } qw( cross-site same-site Cross-Site other
                                  same-origin none )]
--- error_code eval
[403, 403, 403, 403, 200, 200]



=== TEST 26: before the body is read
--- request eval
"POST /nodes/n1/jobs\n" . "x" x 100000
--- more_headers
Origin: http://evil.test
--- zos_refused



=== TEST 27: before the token is looked at
--- http_config
    zos_zone zos:1m;
    zos_auth acme;
--- more_headers
Origin: http://evil.test
--- zos_refused



=== TEST 28: a token does not help
--- http_config
    zos_zone zos:1m;
    zos_auth acme;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
--- more_headers
Origin: http://evil.test
--- zos_token: good
--- zos_refused



=== TEST 29: zos_allow_origin: those that are named
--- config
    location / {
        zos on;
        zos_allow_origin https://ui.test http://dev.test:3000 http://[::1]:80
                         app://console;
    }
--- request eval
[("POST /nodes/n1/ping") x 10]
--- more_headers eval
[map { "Origin: $_" } 'https://ui.test', 'HTTPS://UI.test:443',
 'http://dev.test:3000', 'http://[::1]', 'app://console',
 'http://localhost', 'http://ui.test', 'https://ui.test:444',
 'http://dev.test', 'null']
--- error_code eval
[(200) x 6, (403) x 4]



=== TEST 30: zos_allow_origin: named, of another site
--- config
    location / {
        zos on;
        zos_allow_origin https://ui.test;
    }
--- more_headers
Origin: https://ui.test
Sec-Fetch-Site: cross-site



=== TEST 31: zos_allow_origin: any
--- config
    location / {
        zos on;
        zos_allow_origin any;
    }
--- request eval
[("POST /nodes/n1/ping") x 2]
--- more_headers eval
["Origin: null", "Sec-Fetch-Site: cross-site"]
--- error_code eval
[200, 200]



=== TEST 32: zos_allow_origin: inherited, and off again
--- config
    zos_allow_origin https://ui.test;
    location / { zos on; }
    location = /nodes/n1/ping { zos on; zos_allow_origin off; }
--- request eval
["POST /nodes/n1/ping", "POST /nodes/host.example_2-B/ping"]
--- more_headers
Origin: https://ui.test
--- error_code eval
[403, 200]



=== TEST 33: zos_allow_origin: what is none
--- http_config
    zos_zone zos:1m;
    zos_allow_origin ui.test;
--- must_die
--- error_log
invalid origin "ui.test", not "scheme://host[:port]"



=== TEST 34: zos_allow_origin: a path
--- http_config
    zos_zone zos:1m;
    zos_allow_origin https://ui.test/;
--- must_die
--- error_log
invalid origin "https://ui.test/"



=== TEST 35: zos_allow_origin: any and others
--- http_config
    zos_zone zos:1m;
    zos_allow_origin any https://ui.test;
--- must_die
--- error_log
invalid origin "any"



=== TEST 36: zos_allow_origin: twice
--- http_config
    zos_zone zos:1m;
    zos_allow_origin any;
    zos_allow_origin off;
--- must_die
--- error_log
"zos_allow_origin" directive is duplicate
