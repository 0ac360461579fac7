use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosGateways;
use ZosCluster qw( C );
use ZosContainer;
use ZosFiles;
use ZosNginx;

# The files of a gateway's firewall and proxies, in its container.

my $ays = ZosGateways->start;

our $Url = '/nodes/n1/gws/gw1/advanced';

# gw1 with its container, and one that is no gateway
sub files {
    my (%more) = @_;

    for my $name (qw( gw1 web1 )) {
        container_create('C', $name);
        file_put('C', $name, '/etc/nftables.conf', "old rules of $name\n");
        file_put('C', $name, '/etc/caddy.conf', "caddy of $name\n");
        file_put('C', $name, '/etc/caddy-http.conf', "http of $name\n");
    }

    gateway(core0 => $ENV{TEST_NGINX_CORE0_C_BAD}, %more);
}

# what there is in /etc of gw1 is all as it was
sub untouched {
    my ($name) = @_;

    for my $container (qw( gw1 web1 )) {
        is(file_get('C', $container, '/etc/nftables.conf'),
           "old rules of $container\n", "$name - the rules of $container");
        is(file_get('C', $container, '/etc/caddy-http.conf'),
           "http of $container\n", "$name - the proxies of $container");
    }

    ok(nothing_left('C', 'gw1', '/etc'), "$name - nothing else");
    unchanged($name);
}

no_root_location();
no_long_string();
run_tests();


# ---- a caller who takes his time does not keep others waiting ----

$ays->reset;
files();

my $nginx = ZosNginx->start(
    http => 'zos_zone zos:1m; zos_ays_run_interval 5ms 20ms; '
            . $ays->http_config,
    config => $ays->config);
my $mark = commands_mark('C');
my $client = post_begin($nginx, "$Url/firewall", 'Connection: close',
                        'Content-Type: text/plain', 'Content-Length: 9');

ok(begun($mark, 'open'), 'setGWFWConfig: the text is wanted');
is_answer($nginx->request("POST /nodes/n1/gws/gw1/dhcp/priv/hosts\n\n"
                          . to_json({ hostname => 'h2',
                                      ipaddress => '192.168.1.3',
                                      macaddress => '52:54:00:00:00:0b' })),
          'addGWDHCPHost: meanwhile', status => 204);
ok(!stored()->{advanced}, 'it is not in advanced mode yet');

write_to($client, 'new rules');
is_answer($client->answer, 'setGWFWConfig: in the end', status => 201);
is(file_get('C', 'gw1', '/etc/nftables.conf'), 'new rules', 'the file');
ok(stored()->{advanced}, 'it is in advanced mode');
is(@{ stored('nics')->[1]{dhcpserver}{hosts} }, 2,
   'what was changed meanwhile is there');

# one who leaves in the middle
$mark = commands_mark('C');
$client = post_begin($nginx, "$Url/firewall", 'Connection: close',
                     'Content-Type: text/plain', 'Content-Length: 9');
ok(begun($mark, 'open'), 'setGWFWConfig: the text is wanted again');
write_to($client, 'half');
undef $client;
ok(nothing_left('C', 'gw1', '/etc'), 'setGWFWConfig: the half of it is gone');
is(file_get('C', 'gw1', '/etc/nftables.conf'), 'new rules',
   'the file is as before');

$nginx->stop;

__DATA__

=== TEST 1: getGWFWConfig: a text, as it is
--- zos_ays
files();
--- request eval
"GET $::Url/firewall"
--- response_headers
Content-Type: text/plain
X-Content-Type-Options: nosniff
Cache-Control: no-store
!Content-Disposition
--- response_body
old rules of gw1



=== TEST 2: getGWHTTPConfig: the file that is in force
--- zos_ays
files();
--- request eval
"GET $::Url/http"
--- response_headers
Content-Type: text/plain
--- response_body
http of gw1



=== TEST 3: getGWHTTPConfig: the templates of 2017 have another one
--- zos_templates: 2017
--- zos_ays
files();
--- request eval
"GET $::Url/http"
--- response_body
caddy of gw1



=== TEST 4: getGWFWConfig: a large one, in several blocks; an empty one
--- zos_ays
files();
file_put('C', 'gw1', '/etc/nftables.conf', 'rule ' x 250000);
file_put('C', 'gw1', '/etc/caddy-http.conf', '');
--- request eval
["GET $::Url/firewall", "GET $::Url/http", "HEAD $::Url/firewall"]
--- response_body eval
['rule ' x 250000, '', '']



=== TEST 5: only gateways of this node have them, and what is there
--- zos_ays
files();
unlink file_path('C', 'gw1', '/etc/nftables.conf');
--- request eval
["GET /nodes/n1/gws/web1/advanced/firewall",
 "GET /nodes/n2/gws/gw1/advanced/firewall",
 "GET /nodes/n3/gws/gw1/advanced/firewall", "GET $::Url/firewall"]
--- error_code eval
[(404) x 4]
--- response_body_like eval
['gateway \\\\"web1\\\\" is not known on node \\\\"n1',
 'gateway \\\\"gw1\\\\" is not known on node \\\\"n2', 'node \\\\"n3\\\\" is',
 'no such file']



=== TEST 6: a gateway whose container does not run
--- zos_ays
files();
container_terminate('C', 'gw1');
--- request eval
["GET $::Url/firewall", "POST $::Url/firewall\nrules"]
--- error_code eval
[404, 404]
--- response_body eval
[(qq({"error":"there is no container \\"gw1\\" on node \\"n1\\""}\n)) x 2]
--- zos_ays_after
unchanged('no container');



=== TEST 7: setGWFWConfig: a new file, and advanced mode
--- zos_ays
files(httpproxies => []);
--- request eval
"POST $::Url/firewall\nnew rules"
--- more_headers
Content-Type: text/plain
--- error_code: 201
--- response_headers
Location: /nodes/n1/gws/gw1/advanced/firewall
--- response_body
--- zos_ays_after
my $old = default_gateway;
is(file_get('C', 'gw1', '/etc/nftables.conf'), "new rules", 'the file');
is(file_mode('C', 'gw1', '/etc/nftables.conf'), '644', 'its mode');
ok(nothing_left('C', 'gw1', '/etc'), 'nothing else');
is(file_get('C', 'gw1', '/etc/caddy-http.conf'), "http of gw1\n",
   'the proxies are as before');
is_deeply(scalar ays->contents, { gateway__gw1 => {
    node => 'n1', domain => 'lan', advanced => JSON::PP::true,
    httpproxies => [],
    map { $_ => $old->{$_} } qw( nics portforwards ) } }, 'the blueprint');
ok(stored()->{advanced}, 'it is in advanced mode');



=== TEST 8: setGWHTTPConfig: where there was none; twice
--- zos_ays
files();
unlink file_path('C', 'gw1', '/etc/caddy-http.conf');
--- request eval
["POST $::Url/http\none", "POST $::Url/http\ntwo", "GET $::Url/http"]
--- error_code eval
[201, 201, 200]
--- response_headers eval
['Location: /nodes/n1/gws/gw1/advanced/http',
 'Location: /nodes/n1/gws/gw1/advanced/http', '!Location']
--- response_body eval
['', '', 'two']
--- zos_ays_after
is(file_get('C', 'gw1', '/etc/caddy.conf'), "caddy of gw1\n",
   'that of the older templates is as before');
ok(nothing_left('C', 'gw1', '/etc'), 'nothing else');



=== TEST 9: setGWHTTPConfig: the templates of 2017
--- zos_templates: 2017
--- zos_ays
files();
--- request eval
"POST $::Url/http\nnew"
--- error_code: 201
--- zos_ays_after
is(file_get('C', 'gw1', '/etc/caddy.conf'), 'new', 'the file');
ok(stored()->{advanced}, 'it is in advanced mode');



=== TEST 10: what is no gateway of this node is not written to
--- zos_ays
files();
--- request eval
[map { ("POST /nodes/$_/advanced/firewall\nx",
        "POST /nodes/$_/advanced/http\nx") }
     'n1/gws/web1', 'n2/gws/gw1', 'n3/gws/gw1']
--- error_code eval
[(404) x 6]
--- zos_ays_after
untouched('no gateway');



=== TEST 11: nothing is no text
--- zos_ays
files();
--- raw_request eval
"POST $::Url/firewall HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Length: 0\r\n\r\n"
--- error_code: 400
--- response_body
{"error":"the request needs a body, the text"}
--- zos_ays_after
untouched('no text');



=== TEST 12: a text that is too large
--- zos_ays
files();
--- zos_config
zos_body_max 1k;
--- raw_request eval
"POST $::Url/http HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Length: 1025\r\n\r\n" . 'x' x 1025
--- error_code: 413
--- response_body
{"error":"the body must not be larger than 1024 bytes"}
--- zos_ays_after
untouched('too large');



=== TEST 13: a text that is as large as can be, in blocks
--- zos_ays
files();
--- zos_config
zos_body_max 500000; client_body_buffer_size 8k;
--- raw_request eval
my $text = 'rule ' x 100000;
"POST $::Url/firewall HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. CORE::join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
               $text =~ /.{1,30000}/g) . "0\r\n\r\n"
--- error_code: 201
--- zos_ays_after
is(file_get('C', 'gw1', '/etc/nftables.conf'), 'rule ' x 100000, 'the file');



=== TEST 14: what can't be written is an error, and leaves no half
--- zos_ays
files();
core0_fault('C', 'state@filesystem.write:ERROR:500:no space left');
--- request eval
"POST $::Url/firewall\nnew rules"
--- error_code: 500
--- response_body_like: no space left
--- zos_ays_after
untouched('not written');



=== TEST 15: what can't be put into its place is an error, and leaves no half
--- zos_ays
files();
core0_fault('C', 'state@filesystem.move:ERROR:500:no luck');
--- request eval
"POST $::Url/firewall\nnew rules"
--- error_code: 500
--- response_headers
!Location
--- response_body_like: no luck
--- zos_ays_after
untouched('not moved');



=== TEST 16: a node that does not answer
--- zos_ays
files();
core0_fault('C', 'reset');
--- request eval
["GET $::Url/firewall", "POST $::Url/firewall\nnew rules"]
--- error_code eval
[502, 502]
--- zos_ays_after
untouched('no node');



=== TEST 17: AYS does not put it into advanced mode
--- zos_ays
files();
ays->fault(route => 'POST .*/blueprint/gateway', status => 500,
           body => '{"error":"no luck with hush-token"}');
--- request eval
"POST $::Url/firewall\nnew rules"
--- error_code: 500
--- response_headers
!Location
--- response_body
{"error":"AYS can't make the change: no luck with **********"}
--- zos_ays_after
is(file_get('C', 'gw1', '/etc/nftables.conf'), 'new rules', 'a whole file');



=== TEST 18: AYS forgets about the advanced mode
--- zos_ays
files();
ays->fault(route => 'POST .*/blueprint/gateway', status => 200,
           body => '{"msg":"done"}');
--- request eval
"POST $::Url/firewall\nnew rules"
--- error_code: 409
--- response_body_like: has undone this one



=== TEST 19: setGWFWConfig: a caller who does not wait
--- zos_ays
files();
--- request eval
"POST $::Url/firewall\nnew rules"
--- more_headers
Prefer: respond-async
--- error_code: 202
--- response_headers_like
Location: /runs/.+
--- response_body_like: ^\{"runid":
--- zos_ays_after
wait_for { stored()->{advanced} } 5;
is(file_get('C', 'gw1', '/etc/nftables.conf'), 'new rules', 'the file');
ok(stored()->{advanced}, 'it is in advanced mode');



=== TEST 20: no body is no text
--- zos_ays
files();
--- raw_request eval
"POST $::Url/firewall HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "\r\n"
--- error_code: 400
--- response_body
{"error":"the request needs a body, the text"}
--- zos_ays_after
untouched('no text');



=== TEST 21: chunks of nothing are no text
--- zos_ays
files();
--- raw_request eval
"POST $::Url/firewall HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code: 400
--- response_body
{"error":"the request needs a body, the text"}
--- zos_ays_after
untouched('no text');



=== TEST 22: a form is no text
--- zos_ays
files();
--- raw_request eval
"POST $::Url/firewall HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: multipart/form-data; boundary=B\r\n"
. "Content-Length: 3\r\n\r\nabc"
--- error_code: 415
--- response_body
{"error":"the body must be the text itself, text/plain"}
--- zos_ays_after
untouched('no text');



=== TEST 23: a text that turns out to be too large
--- zos_ays
files();
--- zos_config
zos_body_max 1k;
--- raw_request eval
"POST $::Url/http HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Transfer-Encoding: chunked\r\n\r\n401\r\n" . 'x' x 1025 . "\r\n0\r\n\r\n"
--- error_code: 413
--- response_body
{"error":"the body must not be larger than 1024 bytes"}
--- zos_ays_after
untouched('too large');
