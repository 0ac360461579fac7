use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosGateways;

# Hosts that get their addresses from a gateway.

ZosGateways->start;

our $Url = '/nodes/n1/gws/gw1/dhcp/priv/hosts';

sub host {
    return { hostname => 'h2', ipaddress => '192.168.1.3',
             macaddress => '52:54:00:00:00:0B', @_ };
}

sub post { return "POST $::Url\n" . to_json(host(@_)) }

sub hosts { return stored('nics')->[1]{dhcpserver}{hosts} }

sub hosts_of { return default_gateway->{nics}[1]{dhcpserver}{hosts} }

sub with {
    my (%dhcp) = @_;

    my $nics = default_gateway->{nics};
    $nics->[1]{dhcpserver} = { %{ $nics->[1]{dhcpserver} }, %dhcp };
    return (nics => $nics);
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listGWDHCPHosts: by MAC address, without what cloud-init has
--- zos_ays
gateway(main::with(hosts => [ main::host(ip6address => 'fd00::1',
                                         macaddress => '52:54:00:00:00:0b'),
                              @{ main::hosts_of() } ]));
--- request eval
"GET $::Url"
--- response_body
[{"hostname":"h1","ip6address":"","ipaddress":"192.168.1.2","macaddress":"52:54:00:00:00:0a"},{"hostname":"h2","ip6address":"fd00::1","ipaddress":"192.168.1.3","macaddress":"52:54:00:00:00:0b"}]



=== TEST 2: listGWDHCPHosts: none
--- zos_ays
gateway(main::with(hosts => []));
--- request eval
"GET $::Url"
--- response_body
[]



=== TEST 3: no such interface, no server on it, no gateway, another node
--- zos_ays
gateway();
--- request eval
[map { my $to = $_; ("GET $to", "POST $to\n" . to_json(main::host()),
       "DELETE $to/52:54:00:00:00:0a") }
     map { "/nodes/$_/hosts" } 'n1/gws/gw1/dhcp/eth7', 'n1/gws/gw1/dhcp/pub',
     'n1/gws/gw2/dhcp/priv', 'n2/gws/gw1/dhcp/priv']
--- error_code eval
[(404) x 12]
--- response_body_like eval
[('the gateway has no interface \\\\"eth7\\\\" with a DHCP server') x 3,
 ('the gateway has no interface \\\\"pub\\\\" with a DHCP server') x 3,
 ('gateway \\\\"gw2\\\\" is not known on node \\\\"n1') x 3,
 ('gateway \\\\"gw1\\\\" is not known on node \\\\"n2') x 3]
--- zos_ays_after
unchanged('hosts');



=== TEST 4: addGWDHCPHost: in lower case, and the rest as it is
--- zos_ays
gateway();
--- request eval
main::post(ip6address => 'fd00::1', other => 1, cloudinit => {
    userdata => 'password: hush', metadata => 'a: hush' })
--- error_code: 204
--- response_body
--- zos_ays_after
my $old = default_gateway;
push @{ $old->{nics}[1]{dhcpserver}{hosts} },
    main::host(macaddress => '52:54:00:00:00:0b', ip6address => 'fd00::1',
               cloudinit => { userdata => 'password: hush',
                              metadata => 'a: hush' });
is_deeply(scalar ays->contents, { gateway__gw1 => {
    node => 'n1', domain => 'lan', advanced => JSON::PP::false,
    map { $_ => $old->{$_} } qw( nics httpproxies portforwards ) } },
    'the blueprint');
is(@{ main::hosts() }, 2, 'it is there');



=== TEST 5: addGWDHCPHost: the first one; the templates of 2017; advanced mode
--- zos_templates: 2017
--- zos_ays
gateway(advanced => 1, main::with(hosts => []));
--- request eval
main::post()
--- error_code: 204
--- zos_ays_after
is(main::hosts()->[0]{macaddress}, '52:54:00:00:00:0b', 'it is there');
is(scalar(ays->contents)->{gateway__gw1}{advanced}, JSON::PP::true,
   'advanced as before');



=== TEST 6: addGWDHCPHost: what is there already, however it is spelled
--- zos_ays
gateway();
--- request eval
[main::post(macaddress => '52:54:00:00:00:0A'),
 main::post(ipaddress => '192.168.1.2'),
 main::post(ipaddress => '192.168.001.002'),
 main::post(hostname => 'H1'),
 main::post(ipaddress => '192.168.1.1')]
--- error_code eval
[(409) x 5]
--- response_body eval
[(map { qq({"error":"the interface has a host with this $_ already"}\n) }
      qw( macaddress ipaddress ipaddress hostname )),
 qq({"error":"ipaddress is the interface's own"}\n)]
--- zos_ays_after
unchanged('addGWDHCPHost');



=== TEST 7: addGWDHCPHost: a MAC address that is stored in upper case
--- zos_ays
gateway(main::with(hosts => [ main::host() ]));
--- request eval
[main::post(macaddress => '52:54:00:00:00:0b', ipaddress => '192.168.1.9',
            hostname => 'h9'),
 "DELETE $::Url/52:54:00:00:00:0b"]
--- error_code eval
[409, 204]
--- zos_ays_after
is_deeply(main::hosts(), [], 'it is gone');



=== TEST 8: addGWDHCPHost: what a host must be
--- zos_ays
gateway();
--- request eval
[main::post(ipaddress => '192.168.2.3'), main::post(ipaddress => 'fd00::1'),
 main::post(hostname => undef), main::post(hostname => 'a b'),
 main::post(macaddress => '52-54-00-00-00-0B'),
 main::post(ip6address => '1.2.3.4'),
 main::post(cloudinit => { userdata => 'a: hush' }),
 main::post(cloudinit => { userdata => 'hush', metadata => 'a: b' })]
--- error_code eval
[(400) x 8]
--- response_body_like eval
['"ipaddress must be in the network of the interface, 192\.168\.1\.1/24"',
 '"ipaddress must be an IPv4 address"', '"hostname is required"',
 '"hostname must be a name ', '"macaddress must be a MAC address',
 '"ip6address must be an IPv6 address"', '"cloudinit\.metadata is required"',
 '"cloudinit\.userdata must be a YAML mapping"']
--- zos_ays_after
unchanged('addGWDHCPHost');



=== TEST 9: deleteDHCPHost: in any case, also the last one, also advanced
--- zos_ays
gateway(advanced => 1);
--- request eval
["DELETE $::Url/52:54:00:00:00:0b", "DELETE $::Url/52:54:00:00:00:0A",
 "DELETE $::Url/52:54:00:00:00:0A", "DELETE $::Url/52:54:00:00:00",
 "GET $::Url"]
--- error_code eval
[404, 204, 404, 400, 200]
--- response_body_like eval
['"the interface has no host \\\\"52:54:00:00:00:0b\\\\""', '^$',
 '"the interface has no host', 'macaddress in the path must be a MAC address', '^\[\]$']
--- zos_ays_after
my $old = default_gateway;
$old->{nics}[1]{dhcpserver}{hosts} = [];
is_deeply(scalar(ays->contents)->{gateway__gw1}{nics}, $old->{nics},
          'the blueprint');
