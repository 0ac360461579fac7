use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosGateways;

# Reverse proxies of a gateway.

ZosGateways->start;

our $Url = '/nodes/n1/gws/gw1/httpproxies';

sub proxy {
    return { host => 'a.com', destinations => ['http://192.168.1.3:80/x'],
             types => ['http', 'https'], @_ };
}

sub post { return "POST $::Url\n" . to_json(proxy(@_)) }

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listHTTPProxies: by host
--- zos_ays
gateway(httpproxies => [ main::proxy(host => 'b.com'), main::proxy() ]);
--- request eval
"GET $::Url"
--- response_body
[{"destinations":["http://192.168.1.3:80/x"],"host":"a.com","types":["http","https"]},{"destinations":["http://192.168.1.3:80/x"],"host":"b.com","types":["http","https"]}]



=== TEST 2: listHTTPProxies: none; the templates of 2017 have them, too
--- zos_templates: 2017
--- zos_ays
gateway(httpproxies => []);
--- request eval
["GET $::Url", main::post(), "GET $::Url"]
--- error_code eval
[200, 201, 200]
--- response_body_like eval
['^\[\]$', '^$', '^\[\{.*"host":"a.com"']



=== TEST 3: getHTTPProxy: in any case, with a port, with a path, absent
--- zos_ays
gateway(httpproxies => [ main::proxy(host => 'b.com:80/x'), main::proxy() ]);
--- request eval
["GET $::Url/a.com", "GET $::Url/A.Com", "GET $::Url/b.com:80%2Fx",
 "GET $::Url/b%2Ecom%3a80%2fx", "GET $::Url/b.com", "GET $::Url/b.com:80/x",
 "GET $::Url/a%20b", "GET $::Url/%2e%2e"]
--- error_code eval
[200, 200, 200, 200, 404, 404, 400, 400]
--- response_body_like eval
[('^\{"destinations":\["http://192.168.1.3:80/x"\],"host":"a.com","types":\["http","https"\]\}$') x 2,
 ('"host":"b.com:80/x"') x 2,
 '"the gateway has no proxy for this host"', 'no such path',
 ('proxyid in the path must be a host') x 2]



=== TEST 4: createHTTPProxies: what is stored and not shown stays
--- zos_ays
gateway();
--- request eval
main::post()
--- error_code: 201
--- response_headers
Location: /nodes/n1/gws/gw1/httpproxies/a.com
--- response_body
--- zos_ays_after
my $old = default_gateway;
is_deeply(scalar ays->contents, { gateway__gw1 => {
    node => 'n1', domain => 'lan', advanced => JSON::PP::false,
    nics => $old->{nics}, portforwards => $old->{portforwards},
    httpproxies => [ @{ $old->{httpproxies} }, main::proxy() ] } },
    'the blueprint');
is(@{ stored('httpproxies') }, 2, 'it is there');



=== TEST 5: createHTTPProxies: the Location leads to it
--- zos_ays
gateway();
--- request eval
[main::post(host => 'a.com:8080/x*'), "GET $::Url/a.com%3A8080%2Fx%2A",
 "DELETE $::Url/a.com%3A8080%2Fx%2A", "GET $::Url/a.com%3A8080%2Fx%2A"]
--- error_code eval
[201, 200, 204, 404]
--- response_headers eval
['Location: /nodes/n1/gws/gw1/httpproxies/a.com%3A8080%2Fx%2A',
 '!Location', '!Location', '!Location']
--- response_body_like eval
['^$', '"host":"a.com:8080/x\*"', '^$', 'has no proxy']



=== TEST 6: createHTTPProxies: there is one for this host
--- zos_ays
gateway();
--- request eval
[main::post(host => 'example.com'), main::post(host => 'Example.COM')]
--- error_code eval
[409, 409]
--- response_body eval
[map { qq({"error":"the gateway has a proxy for \\"$_\\" already"}\n) }
     qw( example.com Example.COM )]
--- zos_ays_after
unchanged('createHTTPProxies');



=== TEST 7: createHTTPProxies: what a proxy must be
--- zos_ays
gateway();
--- request eval
[main::post(host => undef), main::post(host => "a {\n}"),
 main::post(host => '...'), main::post(destinations => []),
 main::post(destinations => ['192.168.1.2']),
 main::post(destinations => ["http://a\n}"]),
 main::post(types => ['http', 'ws']), main::post(types => undef)]
--- error_code eval
[(400) x 8]
--- response_body_like eval
['"host is required"', '"host must be a host, ', '"host must be a host, ',
 '"destinations must not be empty"',
 '"destinations\[0\] must be an absolute URL"',
 '"destinations\[0\] must be an absolute URL"',
 '"types\[1\] must be one of ', '"types is required"']
--- zos_ays_after
is(scalar(ays->calls), 0, 'AYS is not asked');



=== TEST 8: deleteHTTPProxies: also the last one
--- zos_ays
gateway();
--- request eval
["DELETE $::Url/a.com", "DELETE $::Url/EXAMPLE.com",
 "DELETE $::Url/example.com"]
--- error_code eval
[404, 204, 404]
--- response_body_like eval
['"the gateway has no proxy for this host"', '^$', 'has no proxy']
--- zos_ays_after
is_deeply(scalar(ays->contents)->{gateway__gw1}{httpproxies}, [],
          'the blueprint');
is(@{ stored('portforwards') }, 1, 'the rest is as before');



=== TEST 9: deleteHTTPProxies: not the last one, with the templates of 2017
--- zos_templates: 2017
--- zos_ays
gateway(httpproxies => [ main::proxy(), main::proxy(host => 'b.com') ]);
--- request eval
["DELETE $::Url/a.com", "DELETE $::Url/b.com"]
--- error_code eval
[204, 409]
--- response_body eval
['', qq({"error":"the templates of 2017 can't take away the last proxy of a gateway"}\n)]
--- zos_ays_after
is(@{ stored('httpproxies') }, 1, 'it is there');



=== TEST 10: in advanced mode they are a file
--- zos_ays
gateway(advanced => 1);
--- request eval
["GET $::Url", "GET $::Url/example.com", main::post(),
 "DELETE $::Url/example.com"]
--- error_code eval
[200, 200, 409, 409]
--- response_body_like eval
['^\[\{', '^\{', ('the gateway is in advanced mode') x 2]
--- zos_ays_after
unchanged('advanced mode');



=== TEST 11: not there; on another node
--- zos_ays
gateway();
--- request eval
[map { my $to = $_; ("GET $to", "GET $to/example.com",
       "POST $to\n" . to_json(main::proxy()), "DELETE $to/example.com") }
     '/nodes/n1/gws/gw2/httpproxies', '/nodes/n2/gws/gw1/httpproxies']
--- error_code eval
[(404) x 8]
--- response_body_like eval
[('gateway \\\\"gw2\\\\" is not known on node \\\\"n1') x 4,
 ('gateway \\\\"gw1\\\\" is not known on node \\\\"n2') x 4]
--- zos_ays_after
unchanged('proxies');
