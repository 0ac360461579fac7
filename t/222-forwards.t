use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosGateways;
use ZosNginx;
use ZosProcess qw( wait_for );

# Forwards of ports, one by one; and many at once, of which none is lost.

my $ays = ZosGateways->start;

our $Url = '/nodes/n1/gws/gw1/firewall/forwards';

sub forward {
    return { srcip => '10.1.0.2', srcport => 443, dstip => '192.168.1.2',
             dstport => 8443, protocols => ['tcp'], @_ };
}

sub post { return "POST $::Url\n" . to_json(forward(@_)) }

no_root_location();
no_long_string();
run_tests();


# ---- many at once, in all workers ----

$ays->reset;
gateway();

my $nginx = ZosNginx->start(
    workers => 2, listen => 'reuseport',
    http => 'zos_zone zos:1m; zos_ays_run_interval 5ms 20ms; '
            . $ays->http_config,
    config => $ays->config);

my @answers = $nginx->parallel(map { post(srcport => $_) =~ s/\n/\n\n/r }
                                   1001 .. 1012);

is(join(' ', map { $_->{status} } @answers), join(' ', (201) x 12),
   'createGWForwards: twelve at once');
is(join(' ', sort map { $_->{srcport} } @{ stored('portforwards') }),
   join(' ', 1001 .. 1012, 80), 'createGWForwards: all of them are there');

@answers = $nginx->parallel(
    (map { "DELETE $Url/10.1.0.2:$_" } 1001 .. 1006),
    (map { post(srcport => $_, protocols => ['udp']) =~ s/\n/\n\n/r }
         1007 .. 1009),
    (map { post(srcport => 2000, protocols => [$_]) =~ s/\n/\n\n/r }
         qw( tcp tcp udp )));

is(join(' ', map { $_->{status} } @answers[0 .. 8]),
   join(' ', (204) x 6, (201) x 3), 'removed and merged at once');
is(join(' ', sort map { $_->{status} } @answers[9 .. 11]), '201 201 409',
   'the same one at once: no protocol twice');
is(join(' ', map { "$_->{srcport}:" . join '+', sort @{ $_->{protocols} } }
             sort { $a->{srcport} <=> $b->{srcport} }
             @{ stored('portforwards') }),
   join(' ', '80:tcp', (map { "$_:tcp+udp" } 1007 .. 1009),
        (map { "$_:tcp" } 1010 .. 1012), '2000:tcp+udp'),
   'removed, merged and added: all of it is there');

$nginx->stop;

__DATA__

=== TEST 1: getGWForwards: by address and port
--- zos_ays
gateway(portforwards => [ main::forward(), main::forward(srcport => 99),
    main::forward(srcip => '10.0.0.1', protocols => ['udp', 'tcp']) ]);
--- request eval
"GET $::Url"
--- response_body
[{"dstip":"192.168.1.2","dstport":8443,"protocols":["udp","tcp"],"srcip":"10.0.0.1","srcport":443},{"dstip":"192.168.1.2","dstport":8443,"protocols":["tcp"],"srcip":"10.1.0.2","srcport":99},{"dstip":"192.168.1.2","dstport":8443,"protocols":["tcp"],"srcip":"10.1.0.2","srcport":443}]



=== TEST 2: getGWForwards: none
--- zos_ays
gateway(portforwards => []);
--- request eval
"GET $::Url"
--- response_body
[]



=== TEST 3: createGWForwards: what is stored and not shown stays
--- zos_ays
gateway();
--- request eval
main::post()
--- error_code: 201
--- response_headers
Location: /nodes/n1/gws/gw1/firewall/forwards/10.1.0.2:443
--- response_body
--- zos_ays_after
my $old = default_gateway;
is_deeply(scalar ays->contents, { gateway__gw1 => {
    node => 'n1', domain => 'lan', advanced => JSON::PP::false,
    nics => $old->{nics}, httpproxies => $old->{httpproxies},
    portforwards => [ @{ $old->{portforwards} }, main::forward() ] } },
    'the blueprint');
is(@{ stored('portforwards') }, 2, 'it is there');
is(stored('certificates')->[0]{key}, 'hush-key', 'the rest is as before');



=== TEST 4: createGWForwards: the templates of 2017
--- zos_templates: 2017
--- zos_ays
gateway();
--- request eval
main::post(srcip => '010.1.0.02')
--- error_code: 201
--- response_headers
Location: /nodes/n1/gws/gw1/firewall/forwards/10.1.0.2:443
--- zos_ays_after
is(stored('portforwards')->[1]{srcip}, '10.1.0.2', 'in its usual spelling');



=== TEST 5: createGWForwards: another protocol is merged
--- zos_ays
gateway();
--- request eval
[main::post(srcport => 80, dstport => 8080, protocols => ['udp']),
 main::post(srcport => 80, dstport => 8080, protocols => ['udp']),
 main::post(srcport => 80, dstport => 8080, protocols => ['udp', 'tcp'])]
--- error_code eval
[201, 409, 409]
--- response_headers eval
['Location: /nodes/n1/gws/gw1/firewall/forwards/10.1.0.2:80',
 '!Location', '!Location']
--- response_body eval
['', map { qq({"error":"this address and port are forwarded for $_ already"}\n) }
         qw( udp udp )]
--- zos_ays_after
is_deeply(stored('portforwards'), [ main::forward(srcport => 80,
    dstport => 8080, protocols => ['tcp', 'udp']) ], 'one forward');



=== TEST 6: createGWForwards: there is one to somewhere else
--- zos_ays
gateway();
--- request eval
[main::post(srcport => 80, dstport => 8081, protocols => ['udp']),
 main::post(srcport => 80, dstport => 8080, dstip => '192.168.1.3',
            protocols => ['udp'])]
--- error_code eval
[409, 409]
--- response_body eval
[(qq({"error":"this address and port are forwarded to 192.168.1.2:8080 already"}\n)) x 2]
--- zos_ays_after
unchanged('createGWForwards');



=== TEST 7: createGWForwards: what a forward must be
--- zos_ays
gateway();
--- request eval
[main::post(srcip => undef), main::post(srcip => 'fd00::1'),
 main::post(srcport => 0), main::post(dstip => ''),
 main::post(dstport => 65536), main::post(protocols => []),
 main::post(protocols => ['tcp', 'tcp']), "POST $::Url\n[]"]
--- error_code eval
[(400) x 8]
--- response_body_like eval
['"srcip is required"', '"srcip must be an IPv4 address"',
 '"srcport must be from 1 to 65535"', '"dstip must not be empty"',
 '"dstport must be from 1 to 65535"', '"protocols must not be empty"',
 'has a protocol twice', 'must be a JSON object']
--- zos_ays_after
is(scalar(ays->calls), 0, 'AYS is not asked');



=== TEST 8: deleteGWForward
--- zos_ays
gateway(portforwards => [ main::forward(), main::forward(srcport => 80) ]);
--- request eval
["DELETE $::Url/10.1.0.2:443", "DELETE $::Url/10.1.0.2:443",
 "DELETE $::Url/10.1.0.002:0080"]
--- error_code eval
[204, 404, 204]
--- response_body eval
['', qq({"error":"the gateway has no forward \\"10.1.0.2:443\\""}\n), '']
--- zos_ays_after
is_deeply([map { scalar @{ $_->{gateway__gw1}{portforwards} } }
               ays->contents], [1, 0], 'the blueprints');
is_deeply(stored('portforwards'), [], 'none is left');
is(@{ stored('httpproxies') }, 1, 'the rest is as before');



=== TEST 9: deleteGWForward: what is no forward
--- zos_ays
gateway();
--- request eval
["DELETE $::Url/10.1.0.2", "DELETE $::Url/10.1.0.2:0",
 "DELETE $::Url/10.1.0:80", "DELETE $::Url/10.1.0.3:80",
 "DELETE $::Url/10.1.0.2:81", "DELETE $::Url/0000000000010.1.0.20:80"]
--- error_code eval
[400, 400, 400, 404, 404, 404]
--- zos_ays_after
unchanged('deleteGWForward');



=== TEST 10: in advanced mode the firewall is a file
--- zos_ays
gateway(advanced => 1);
--- request eval
["GET $::Url", main::post(), "DELETE $::Url/10.1.0.2:80"]
--- error_code eval
[200, 409, 409]
--- response_body_like eval
['^\[\{', ('the gateway is in advanced mode') x 2]
--- zos_ays_after
unchanged('advanced mode');



=== TEST 11: not there; on another node
--- zos_ays
gateway();
--- request eval
[map { my $to = $_; ("GET $to", "POST $to\n" . to_json(main::forward()),
       "DELETE $to/10.1.0.2:80") }
     '/nodes/n1/gws/gw2/firewall/forwards',
     '/nodes/n2/gws/gw1/firewall/forwards']
--- error_code eval
[(404) x 6]
--- response_body_like eval
[('gateway \\\\"gw2\\\\" is not known on node \\\\"n1') x 3,
 ('gateway \\\\"gw1\\\\" is not known on node \\\\"n2') x 3]
--- zos_ays_after
unchanged('forwards');



=== TEST 12: createGWForwards: AYS loses it
--- zos_ays
gateway();
ays->fault(route => 'POST .*/blueprint/gateway', status => 200,
           body => '{"msg":"done"}');
--- request eval
main::post()
--- error_code: 409
--- response_headers
!Location
--- response_body_like: has undone this one



=== TEST 13: createGWForwards: AYS refuses it
--- zos_ays
gateway();
ays->fault(route => 'POST .*/blueprint/gateway', status => 400,
           body => '{"error":"no good: hush-token, hush-key"}');
--- request eval
main::post()
--- error_code: 400
--- response_body
{"error":"AYS refuses the change: no good: **********, ********"}



=== TEST 14: createGWForwards: a caller who does not wait
--- zos_ays
gateway();
--- request eval
main::post()
--- more_headers
Prefer: respond-async
--- error_code: 202
--- response_headers_like
Preference-Applied: respond-async
Location: /runs/.+
--- response_body_like: ^\{"runid":
--- zos_ays_after
wait_for { @{ stored('portforwards') } == 2 } 5;
is(@{ stored('portforwards') }, 2, 'it is there in the end');
