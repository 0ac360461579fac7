use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAnswers;

# Configurations that nginx must not take, and some that it must.

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getNode: zos_operations, a name that no operation has
--- config
    location / { zos on; zos_operations listNodes getNodes; }
--- must_die
--- error_log
no operation is called "getNodes"



=== TEST 2: getNode: zos_operations, a pattern that no operation matches
--- config
    location / { zos on; zos_operations nothing*; }
--- must_die
--- error_log
no operation is called "nothing*"



=== TEST 3: getNode: zos_operations, names differ by case
--- config
    location / { zos on; zos_operations getnode; }
--- must_die
--- error_log
no operation is called "getnode"



=== TEST 4: getNode: zos_operations, an empty name
--- config
    location / { zos on; zos_operations ""; }
--- must_die
--- error_log
no operation is called ""



=== TEST 5: getNode: zos_operations without names
--- config
    location / { zos on; zos_operations; }
--- must_die
--- error_log
invalid number of arguments in "zos_operations" directive



=== TEST 6: listNodes: zos without a zone
--- http_config
    zos_node n1 127.0.0.1:1;
--- must_die
--- error_log
"zos on" needs "zos_zone"



=== TEST 7: listNodes: zos off needs no zone
--- http_config
--- config
    location / { zos off; return 200 "ok\n"; }
--- request
GET /
--- response_body
ok



=== TEST 8: listNodes: no nodes; the zone stands behind the server
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



=== TEST 9: listNodes: two zones
--- http_config
    zos_zone zos:1m;
    zos_zone zos:1m;
--- must_die
--- error_log
"zos_zone" directive is duplicate



=== TEST 10: listNodes: a zone without a size
--- http_config
    zos_zone zos;
--- must_die
--- error_log
invalid zone "zos", not "name:size"



=== TEST 11: listNodes: a zone without a name
--- http_config
    zos_zone :1m;
--- must_die
--- error_log
invalid zone ":1m", not "name:size"



=== TEST 12: listNodes: a zone of a size that is none
--- http_config
    zos_zone zos:much;
--- must_die
--- error_log
invalid zone size "zos:much"



=== TEST 13: listNodes: a zone that is too small
--- http_config
    zos_zone zos:16k;
--- must_die
--- error_log
zone "zos:16k" is too small



=== TEST 14: listNodes: a zone of another module
--- http_config
    zos_zone zos:1m;
    limit_req_zone $uri zone=zos:1m rate=1r/s;
--- must_die
--- error_log
the shared memory zone "zos" is already declared for a different use



=== TEST 15: getNode: the same node twice
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:1;
    zos_node n2 127.0.0.1:1;
    zos_node n1 127.0.0.1:2;
--- must_die
--- error_log
duplicate node "n1"



=== TEST 16: getNode: an id that is no name
--- http_config
    zos_zone zos:1m;
    zos_node "a b" 127.0.0.1:1;
--- must_die
--- error_log
invalid node id "a b"



=== TEST 17: getNode: an id of dots
--- http_config
    zos_zone zos:1m;
    zos_node .. 127.0.0.1:1;
--- must_die
--- error_log
invalid node id ".."



=== TEST 18: getNode: a node without an address
--- http_config
    zos_zone zos:1m;
    zos_node n1;
--- must_die
--- error_log
invalid number of arguments in "zos_node" directive



=== TEST 19: getNode: an empty address
--- http_config
    zos_zone zos:1m;
    zos_node n1 "";
--- must_die
--- error_log
in address ""



=== TEST 20: getNode: a port that is none
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:65536;
--- must_die
--- error_log
invalid port in address "127.0.0.1:65536"



=== TEST 21: getNode: a range of ports
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:6379-6380;
--- must_die
--- error_log
address "127.0.0.1:6379-6380"



=== TEST 22: getNode: an address with a path
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:6379/0;
--- must_die
--- error_log
address "127.0.0.1:6379/0"



=== TEST 23: getNode: an address that is a URL
--- http_config
    zos_zone zos:1m;
    zos_node n1 redis://127.0.0.1:6379;
--- must_die
--- error_log
address "redis://127.0.0.1:6379"



=== TEST 24: getNode: a name that does not exist
--- http_config
    zos_zone zos:1m;
    zos_node n1 "no_such_host.";
--- must_die
--- error_log
host not found in address "no_such_host."



=== TEST 25: getNode: an IPv6 address that is none
--- http_config
    zos_zone zos:1m;
    zos_node n1 [::1::2]:6379;
--- must_die
--- error_log
invalid IPv6 address in address "[::1::2]:6379"



=== TEST 26: getNode: a socket without a path
--- http_config
    zos_zone zos:1m;
    zos_node n1 unix:;
--- must_die
--- error_log
no path in the unix domain socket in address "unix:"



=== TEST 27: getNode: an option that no node has
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 port=1;
--- must_die
--- error_log
invalid parameter "port"



=== TEST 28: getNode: ssl is on or off
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 ssl=yes;
--- must_die
--- error_log
invalid parameter "ssl"



=== TEST 29: getNode: an option without a value
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 password;
--- must_die
--- error_log
invalid parameter "password"



=== TEST 30: getNode: a secret is not repeated in an error
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1 Password=hush;
--- must_die
--- error_log
invalid parameter "Password"
--- no_error_log
hush



=== TEST 31: listNodes: zos is for locations
--- config
    zos on;
--- must_die
--- error_log
"zos" directive is not allowed here



=== TEST 32: listNodes: zos is on or off
--- config
    location / { zos yes; }
--- must_die
--- error_log
invalid value "yes" in "zos" directive, it must be "on" or "off"



=== TEST 33: listNodes: zos twice
--- config
    location / { zos on; zos on; }
--- must_die
--- error_log
"zos" directive is duplicate



=== TEST 34: getNode: nodes are for http
--- config
    zos_node n3 127.0.0.1;
--- must_die
--- error_log
"zos_node" directive is not allowed here



=== TEST 35: listNodes: the zone is for http
--- config
    zos_zone zos2:1m;
--- must_die
--- error_log
"zos_zone" directive is not allowed here



=== TEST 36: listNodes: no connection at all is no limit
--- config
    zos_core0_max_conns 0;
    location / { zos on; }
--- must_die
--- error_log
value must be between 1 and



=== TEST 37: listNodes: more connections than can be counted
--- config
    zos_core0_max_conns 1000000;
    location / { zos on; }
--- must_die
--- error_log
value must be between 1 and



=== TEST 38: listNodes: connections are not limited by location
--- config
    location / { zos on; zos_core0_max_conns 4; }
--- must_die
--- error_log
"zos_core0_max_conns" directive is not allowed here



=== TEST 39: listNodes: a time that is none
--- config
    location / { zos on; zos_core0_timeout soon; }
--- must_die
--- error_log
"zos_core0_timeout" directive invalid value



=== TEST 40: listNodes: a size that is none
--- config
    location / { zos on; zos_body_max -1; }
--- must_die
--- error_log
"zos_body_max" directive invalid value



=== TEST 41: listNodes: credentials of a kind that is none
--- config
    location / { zos on; zos_core0_auth secret; }
--- must_die
--- error_log
invalid value "secret"



=== TEST 42: listNodes: AYS behind what is no location
--- config
    location / { zos on; zos_ays http://127.0.0.1:5000; }
--- must_die
--- error_log
"zos_ays" directive must be the URI of a location



=== TEST 43: listNodes: verification without a certificate to trust
--- config
    location / { zos on; zos_core0_ssl on; zos_core0_ssl_verify on; }
--- must_die
--- error_log
no zos_core0_ssl_trusted_certificate for zos_core0_ssl_verify



=== TEST 44: listNodes: a certificate to trust that is not there
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



=== TEST 45: listNodes: ciphers that are none
--- config
    location / { zos on; zos_core0_ssl on; zos_core0_ssl_ciphers NONE-SUCH; }
--- must_die
--- error_log
NONE-SUCH



=== TEST 46: listNodes: protocols that are none
--- config
    location / { zos on; zos_core0_ssl_protocols TLSv9; }
--- must_die
--- error_log
invalid value "TLSv9"



=== TEST 47: getNode: all that a location can say
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
        zos_ays_repository grid;
        zos_ays_templates 2018;
        zos_ays_max_reply 1m;
        zos_ays_timeout 1m;
        zos_ays_run_timeout 1m;
        zos_ays_run_interval 100ms 1s;
        zos_ays_retries 2,4,6;
        zos_ftp_allow 192.0.2.1 198.51.100.0/24 2001:db8::/32;
        zos_ftp_timeout 5s;
        zos_node_valid 1m;
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
GET /nodes/n1
--- response_body
{"hostname":"h","id":"n1","ipaddress":"127.0.0.1","status":"running"}



=== TEST 48: importVM: zos_ftp_allow, what is no address
--- config
    location / { zos on; zos_ftp_allow 192.0.2.1 ftp.example; }
--- must_die
--- error_log
invalid address "ftp.example"



=== TEST 49: importVM: zos_ftp_allow, any and more
--- config
    location / { zos on; zos_ftp_allow any 192.0.2.1; }
--- must_die
--- error_log
invalid address "any"



=== TEST 50: importVM: zos_ftp_allow twice
--- config
    location / { zos on; zos_ftp_allow any; zos_ftp_allow off; }
--- must_die
--- error_log
"zos_ftp_allow" directive is duplicate



=== TEST 51: listNodes: zos beside another handler
--- http_config
    zos_zone zos:1m;
--- config
    location /api/ { proxy_pass http://127.0.0.1:1; zos on; }
--- must_die
--- error_log
"zos on" in location "/api/", which has another handler



=== TEST 52: listNodes: zos beside zos_openapi
--- http_config
    zos_zone zos:1m;
--- config
    location /api/ { zos on; zos_openapi; }
--- must_die
--- error_log
"zos on" in location "/api/", which has another handler



=== TEST 53: getNode: zos_operations without what is not there
--- config
    location / { zos on; zos_operations !getNodes; }
--- must_die
--- error_log
no operation is called "!getNodes"



=== TEST 54: createBridge: no body at all
--- config
    location / { zos on; zos_body_max 0; }
--- must_die
--- error_log
"zos_body_max" directive must not be 0
