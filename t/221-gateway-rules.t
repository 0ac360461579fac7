use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosGateways;

# What a gateway in a request must be. zos_bad is a list of what is changed in
# a good one, and the sentence; "2017" and "2018" as third say whose rule it
# is. Nothing of all that is sent to AYS.

ZosGateways->start;

sub nic { return { name => 'n', type => 'vxlan', id => '1', @_ } }

sub dhcp {
    my (%more) = @_;

    return nic(config => { cidr => '10.0.0.1/24' },
               dhcpserver => { nameservers => ['8.8.8.8'], %more });
}

sub host {
    return { hostname => 'h', ipaddress => '10.0.0.2',
             macaddress => '52:54:00:00:00:01', @_ };
}

sub forward {
    return { srcip => '10.0.0.1', srcport => 80, dstip => '10.0.0.2',
             dstport => 80, protocols => ['tcp'], @_ };
}

sub proxy {
    return { host => 'a.com', destinations => ['http://10.0.0.2'],
             types => ['http'], @_ };
}

our @Bad = (
    [ { name => undef }, 'name is required' ],
    [ { name => '' }, 'name must not be empty' ],
    [ { name => 'a/b' }, 'name must be a name of ' ],
    [ { name => '..' }, 'name must be a name of ' ],
    [ { domain => undef }, 'domain is required' ],
    [ { domain => 7 }, 'domain must be a string' ],
    [ { domain => "a\nb" }, 'domain must be a name of ' ],
    [ { nics => undef }, 'nics is required' ],
    [ { nics => [] }, 'nics must not be empty' ],
    [ { nics => {} }, 'nics must be an array' ],
    [ { nics => ['x'] }, 'nics[0] must be an object' ],

    # nics
    [ { nics => [ nic(), nic(name => 'm', type => 'wifi') ] },
      'nics[1].type must be one of ' ],
    [ { nics => [ nic(type => undef) ] }, 'nics[0].type is required' ],
    [ { nics => [ nic(name => undef) ] }, 'nics[0].name is required' ],
    [ { nics => [ nic(name => '0eth') ] },
      'nics[0].name must be a name that does not begin with a digit' ],
    [ { nics => [ nic(name => 'a b') ] }, 'nics[0].name must be a name ' ],
    [ { nics => [ nic(), nic() ] }, 'has two nics of the same name' ],
    [ { nics => [ nic(id => undef) ] },
      'nics[0] needs an id, as its type is not default' ],
    [ { nics => [ nic(id => '') ] },
      'nics[0] needs an id, as its type is not default' ],
    [ { nics => [ nic(type => 'vlan', id => '4096') ] },
      'nics[0] needs the tag of a VLAN as its id, from 0 to 4095' ],
    [ { nics => [ nic(type => 'vlan', id => 'x') ] },
      'nics[0] needs the tag of a VLAN as its id, from 0 to 4095' ],
    [ { nics => [ nic(id => '16777216') ] },
      'nics[0] needs the number of a VXLAN as its id, from 0 to 16777215' ],
    [ { nics => [ nic(type => 'zerotier', id => '0123456789abcdeg') ] },
      'nics[0] needs the id of a ZeroTier network, 16 hexadecimal digits' ],
    [ { nics => [ nic(type => 'zerotier', id => '0123456789abcde') ] },
      'nics[0] needs the id of a ZeroTier network, 16 hexadecimal digits' ],
    [ { nics => [ nic(type => 'bridge', id => '../node/n1') ] },
      'nics[0].id must be a name of ' ],
    [ { nics => [ nic(token => 'hush') ] },
      'nics[0] has a token, but only one of the type zerotier may', 2018 ],
    [ { nics => [ nic(zerotierbridge => {}) ] },
      'nics[0].zerotierbridge.id is required', 2018 ],
    [ { nics => [ nic(zerotierbridge => { id => 'x', token => [] }) ] },
      'nics[0].zerotierbridge.token must be a string', 2018 ],
    [ { nics => [ nic(config => {}) ] }, 'nics[0].config.cidr is required' ],
    [ { nics => [ nic(config => { cidr => '10.0.0.1' }) ] },
      'nics[0].config.cidr must be an address with a prefix' ],
    [ { nics => [ nic(config => { cidr => '10.0.0.1/33' }) ] },
      'nics[0].config.cidr must be an address with a prefix' ],
    [ { nics => [ nic(config => { cidr => '10.0.0.1/8',
                                  gateway => 'x' }) ] },
      'nics[0].config.gateway must be an IP address' ],
    [ { nics => [ nic(config => { cidr => '10.0.0.1/8',
                                  gateway => '10.0.0.2' }) ] },
      'needs a nic with config.gateway and one without', 2017 ],
    [ { nics => [ nic(config => { cidr => '10.0.0.1/8' }) ] },
      'needs a nic with config.gateway and one without', 2017 ],

    # DHCP
    [ { nics => [ nic(dhcpserver => { nameservers => ['8.8.8.8'] }) ] },
      'nics[0] needs config.cidr for its dhcpserver' ],
    [ { nics => [ { %{ dhcp() }, config => { cidr => '10.0.0.1/24',
                                             gateway => '10.0.0.9' } } ] },
      'nics[0] must not have a dhcpserver, as it has a gateway' ],
    [ { nics => [ dhcp(nameservers => undef) ] },
      'nics[0].dhcpserver.nameservers is required' ],
    [ { nics => [ dhcp(nameservers => []) ] },
      'nics[0].dhcpserver.nameservers must not be empty' ],
    [ { nics => [ dhcp(nameservers => ['8.8.8.8', 'dns']) ] },
      'nics[0].dhcpserver.nameservers[1] must be an IP address' ],
    [ { nics => [ dhcp(hosts => [ host(hostname => undef) ]) ] },
      'nics[0].dhcpserver.hosts[0].hostname is required' ],
    [ { nics => [ dhcp(hosts => [ host(hostname => "a,b") ]) ] },
      'nics[0].dhcpserver.hosts[0].hostname must be a name of ' ],
    [ { nics => [ dhcp(hosts => [ host(ipaddress => 'fd00::1') ]) ] },
      'nics[0].dhcpserver.hosts[0].ipaddress must be an IPv4 address' ],
    [ { nics => [ dhcp(hosts => [ host(ipaddress => '10.0.1.2') ]) ] },
      'nics[0] has a host whose ipaddress is not in config.cidr' ],
    [ { nics => [ dhcp(hosts => [ host(ip6address => '10.0.0.2') ]) ] },
      'nics[0].dhcpserver.hosts[0].ip6address must be an IPv6 address' ],
    [ { nics => [ dhcp(hosts => [ host(macaddress => '5254.0000.0001') ]) ] },
      'nics[0].dhcpserver.hosts[0].macaddress must be a MAC address' ],
    [ { nics => [ dhcp(hosts => [ host(macaddress => '52:54:00:00:00:AB'),
          host(macaddress => '52:54:00:00:00:ab', ipaddress => '10.0.0.3',
               hostname => 'i') ]) ] },
      'nics[0] has two hosts with the same macaddress, ipaddress or hostname' ],
    [ { nics => [ dhcp(hosts => [ host(),
          host(macaddress => '52:54:00:00:00:ab', ipaddress => '10.0.0.02',
               hostname => 'i') ]) ] },
      'nics[0] has two hosts with the same macaddress, ipaddress or hostname' ],
    [ { nics => [ dhcp(hosts => [ host(),
          host(macaddress => '52:54:00:00:00:ab', ipaddress => '10.0.0.3',
               hostname => 'H') ]) ] },
      'nics[0] has two hosts with the same macaddress, ipaddress or hostname' ],
    [ { nics => [ dhcp(hosts => [ host(cloudinit =>
          { userdata => 'a: hush' }) ]) ] },
      'nics[0].dhcpserver.hosts[0].cloudinit.metadata is required' ],
    [ { nics => [ dhcp(hosts => [ host(cloudinit =>
          { metadata => 'a: hush', userdata => "# hush: a\n- hush" }) ]) ] },
      'nics[0].dhcpserver.hosts[0].cloudinit.userdata must be a YAML mapping' ],
    [ { nics => [ dhcp(hosts => [ host(cloudinit =>
          { metadata => 'hush', userdata => "hush: b" }) ]) ] },
      'nics[0].dhcpserver.hosts[0].cloudinit.metadata must be a YAML mapping' ],

    # forwards
    [ { portforwards => [ forward(srcip => undef) ] },
      'portforwards[0].srcip is required' ],
    [ { portforwards => [ forward(srcip => '1.2.3') ] },
      'portforwards[0].srcip must be an IPv4 address' ],
    [ { portforwards => [ forward(dstip => '; flush ruleset') ] },
      'portforwards[0].dstip must be an IPv4 address' ],
    [ { portforwards => [ forward(srcport => 0) ] },
      'portforwards[0].srcport must be from 1 to 65535' ],
    [ { portforwards => [ forward(dstport => 65536) ] },
      'portforwards[0].dstport must be from 1 to 65535' ],
    [ { portforwards => [ forward(dstport => '80') ] },
      'portforwards[0].dstport must be an integer' ],
    [ { portforwards => [ forward(protocols => []) ] },
      'portforwards[0].protocols must not be empty' ],
    [ { portforwards => [ forward(protocols => ['icmp']) ] },
      'portforwards[0].protocols[0] must be one of ' ],
    [ { portforwards => [ forward(protocols => ['udp', 'udp']) ] },
      'portforwards[0] has a protocol twice' ],
    [ { portforwards => [ forward(), forward(srcip => '10.0.0.01',
                                             protocols => ['udp']) ] },
      'has two portforwards with the same srcip and srcport' ],

    # proxies
    [ { httpproxies => [ proxy(host => undef) ] },
      'httpproxies[0].host is required' ],
    [ { httpproxies => [ proxy(host => "a {\n") ] },
      'httpproxies[0].host must be a host, ' ],
    [ { httpproxies => [ proxy(host => 'a' x 256) ] },
      'httpproxies[0].host must be a host, ' ],
    [ { httpproxies => [ proxy(destinations => []) ] },
      'httpproxies[0].destinations must not be empty' ],
    [ { httpproxies => [ proxy(destinations => ['10.0.0.2']) ] },
      'httpproxies[0].destinations[0] must be an absolute URL' ],
    [ { httpproxies => [ proxy(types => ['ftp']) ] },
      'httpproxies[0].types[0] must be one of ' ],
    [ { httpproxies => [ proxy(types => undef) ] },
      'httpproxies[0].types is required' ],
    [ { httpproxies => [ proxy(), proxy(host => 'A.com') ] },
      'has two httpproxies for the same host' ],
);

# those of one of the presets, as bodies of both operations, and the sentences
sub bodies {
    my ($preset, $name) = @_;

    my @bodies;

    for my $bad (@Bad) {
        my ($change, undef, $only) = @$bad;
        next if $only && $only != $preset || exists $change->{name} && !$name;

        my %body = (domain => 'lan', name => 'gw1', nics => [
                        nic(), nic(name => 'm', config => {
                            cidr => '10.9.0.1/24', gateway => '10.9.0.2' }) ],
                    %$change);
        delete $body{name} unless $name;
        push @bodies, [ to_json(\%body), $bad->[1] ];
    }

    return @bodies;
}

sub sentences {
    my $rest = qr/(?:[^"\\]|\\")*/;

    return map { qr/\A\{"error":"(?:the body )?\Q$_->[1]\E$rest"\}\n\z/ }
               bodies(@_);
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: createGW
--- zos_ays
ays->node('n1');
--- request eval
[map { "POST /nodes/n1/gws\n$_->[0]" } main::bodies(2018, 1)]
--- error_code eval
[(400) x main::bodies(2018, 1)]
--- response_body_like eval
[main::sentences(2018, 1)]
--- zos_ays_after
is(scalar(ays->calls), 0, 'AYS is not asked');



=== TEST 2: createGW, the templates of 2017
--- zos_templates: 2017
--- zos_ays
ays->node('n1');
--- request eval
[map { "POST /nodes/n1/gws\n$_->[0]" } main::bodies(2017, 1)]
--- error_code eval
[(400) x main::bodies(2017, 1)]
--- response_body_like eval
[main::sentences(2017, 1)]
--- zos_ays_after
is(scalar(ays->calls), 0, 'AYS is not asked');



=== TEST 3: updateGateway
--- zos_ays
gateway();
--- request eval
[map { "PUT /nodes/n1/gws/gw1\n$_->[0]" } main::bodies(2018)]
--- error_code eval
[(400) x main::bodies(2018)]
--- response_body_like eval
[main::sentences(2018)]
--- zos_ays_after
is(scalar(ays->calls), 0, 'AYS is not asked');



=== TEST 4: bodies that are no gateway at all; names in paths
--- zos_ays
gateway();
--- request eval
["POST /nodes/n1/gws\n", "POST /nodes/n1/gws\n[]",
 "POST /nodes/n1/gws\n{\"name\":", "PUT /nodes/n1/gws/gw1\n",
 'GET /nodes/n1/gws/a%2fb', 'GET /nodes/n1/gws/..%2f',
 'DELETE /nodes/n1/gws/%3f', 'GET /nodes/n1/gws/gw1/dhcp/a%20b/hosts']
--- error_code eval
[(400) x 8]
--- response_body_like eval
['needs a JSON body', 'must be', 'not valid JSON', 'needs a JSON body',
 ('gwname in the path must be a name') x 3, 'interface in the path must be a name']
--- zos_ays_after
is(scalar(ays->calls), 0, 'AYS is not asked');
