use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use IO::Socket::INET;
use ZosAys;
use ZosDns;
use ZosFtp;

# Virtual machines from an ftp server: what is read there, what is refused,
# and what AYS gets.

our $Open = ZosFtp->start;
our $Login = ZosFtp->start(user => 'me', password => 'planted-pw');
our $Odd = ZosFtp->script;
our $Dns = ZosDns->start;
our $Key = '0planted9abcdef0123456789abcdef1';

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $zones = 0;

$ENV{TEST_NGINX_DNS_PORT} = $Dns->port;

add_block_preprocessor(sub {
    my ($block) = @_;

    my $ftp = $block->zos_ftp // 'zos_ftp_allow 127.0.0.0/8;';
    my $config = $ays->config('zos_ays_run_interval 10ms 50ms; '
                              . "zos_ays_retries off; zos_ftp_timeout 10s; "
                              . $ftp);

    $config =~ s/zos_ftp_timeout 10s; // if $ftp =~ /zos_ftp_timeout/;

    $block->set_value('http_config', 'zos_zone zos' . ++$zones . ':1m; '
                                     . $ays->http_config);
    $block->set_value('config', 'add_header X-Reason $zos_error always; '
                                . $config);
    $block->set_value(no_error_log => "planted\n[alert]\n[crit]\n");
    $block->set_value(log_level => 'info');
});


sub nodes {
    ays->node('n1')->node('n2');
    ays->service('storagecluster.block' => 'c1', data => { label => 'c1' });
    ays->service(vdiskstorage => 'vs', data => { blockCluster => 'c1' });
    ays->service(bridge => 'br1', parent => 'node!n1', data => { node => 'n1' });
    $Odd->set({ content => description() });
    $Dns->set(A => '127.0.0.1');
}


# As the templates write it, with other values for some members; undef leaves
# one out.
sub description {
    my %member = (
        cpu => 2, memory => 1024, nics => '[]', node => "'525400123456'",
        cryptoKey => $Key,
        disks => "\n- maxIOps: 2000\n  vdiskid: old_1\n"
                 . "- maxIOps: 0\n  vdiskid: old_2",
        snapshotIDs => "\n- '1505658476515867'\n- '1505658476515868'",
        vdisks => "\n- blockSize: 4096\n  readOnly: false\n  size: 4\n"
                  . "  type: boot\n- blockSize: 512\n  readOnly: true\n"
                  . "  size: 1\n  type: db",
        @_);

    return join '', map { "$_: $member{$_}\n" }
                    grep { defined $member{$_} } sort keys %member;
}


# Without disks.
sub diskless {
    return description(disks => '[]', snapshotIDs => '[]', vdisks => '[]', @_);
}


sub import_vm { return [ map { "POST /nodes/n1/vms/import\n$_" } @_ ] }


sub import_from {
    return import_vm(map { qq({"id":"vm2","url":"$_","vdiskstorage":"vs"}) }
                     @_);
}


sub odd { return 'ftp://u:planted-pw@127.0.0.1:' . $Odd->port . '/dir/vm1_1' }


# A port where nobody listens.
sub nobody {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);

    return $socket->sockport;
}


sub of_odd {
    return sentences(map { 'the ftp server at 127.0.0.1:' . $Odd->port
                           . " $_" } @_);
}


sub sentences { return [ map { qq({"error":"$_"}\n) } @_ ] }


# The names of the new vdisks, and that all is as described.
sub imported {
    my @contents = ays->contents;
    my @names = map { map { /^vdisk__(.*)/ } keys %$_ } @contents;

    return (\@contents, @names);
}


sub nothing_is_left {
    is_deeply([ ays->names('vdisk') ], [], 'no vdisk is left');
    is_deeply([ ays->names('vm') ], [], 'no virtual machine is left');
}

our $Url = 'url must be like ftp://user:password@host:port/path';

our @Refusals = (
    { greeting => '421 planted' }, { user => '530 planted' },
    { user => '332 planted' }, { pass => '530 planted' },
    { pass => '331 again' }, { pass => '332 account' },
    { type => '504 planted' }, { epsv => '421 planted' },
    { epsv => '500 no', pasv => '500 no' }, { retr => '550 planted' },
    { retr => '425 planted' }, { end => '426 planted' },
    { end => '451 planted' },
);

our @Nonsense = (
    map({ { greeting => $_ } } 'HTTP/1.1 200 OK', '22', '999 x', '099 x', '220x',
        "\0\0\0\n"),
    { flood => '220-' . 'x' x 100 }, { flood => 'x' x 100 },
    { greeting => '220-' . 'x' x 17000 },
    map({ { epsv => "229 $_" } } '', '(|||)', '(|||0|)', '(|||65536|)', '(|||99',
        '(||1|5|)', '(|||x1|)', '(|||-1|)', '('),
    map({ { epsv => '502 no', pasv => "227 $_" } } '', '(1,2,3,4,5)',
        '(1,2,3,4,0,0)', '(1,2,3,4,256,1)', '(1,2,3,4,,1)', '1,2,3,4;5,6'),
    { epsv => "229 (|||PORT|)\r\n226 done\r\n" },
    { retr => '331 and?' }, { end => '150 here once more' }, { end => '331 x' },
);

our @Breaks = (
    map({ { $_ => 'close' } } qw( greeting user pass type epsv retr end )),
    { deaf => 1 },
);

our @Slow = (
    map({ { $_ => 'silent' } } qw( greeting user pass type epsv end )),
    { open => 1 }, { flood => '120 soon', slow => 1 },
);

our @Files = (
    [ '', '1: is empty' ], [ "# nothing\n", '2: is empty' ],
    [ "cpu: 1\n---\ncpu: 2\n", '2: has more than one document' ],
    [ "cpu: [1\n", '2: did not find expected \',\' or \']\'' ],
    [ "a\n b: c\n", '2: mapping values are not allowed in this context' ],
    [ "\tcpu: 1\n", '1: found character that cannot start any token' ],
    [ "\xff\xfe", '1: invalid leading UTF-8 octet' ],
    [ "cpu: 1\n\0", '1: control characters are not allowed' ],
    [ qq(cpu: "a\\0b"\n), '1: has a text with a zero in it' ],
    [ qq("a\\0": 1\n), '1: has a text with a zero in it' ],
    [ "a: &x 1\nb: *x\n", '2: has an alias' ],
    [ "a: &x [*x]\n", '1: has an alias' ], [ "*x : 1\n", '1: has a key that is no text' ],
    [ "[a]: 1\n", '1: has a key that is no text' ],
    [ "a: 1\nb: 2\na: 3\n", '3: has a key twice' ],
    [ "!!python/object:os.system {}\n", '1: has a tag' ],
    [ "a: !!python/object/apply:os.system [x]\n", '1: has a tag' ],
    [ "a: !!binary eA==\n", '1: has a tag' ], [ "!x a: 1\n", '1: has a tag' ],
    [ '[' x 17 . ']' x 17, '1: is too deep' ], [ '[' x 60000, '1: is too deep' ],
    [ '{a: ' x 15000, '1: is too deep' ],
    [ join('', map { ' ' x $_ . "a:\n" } 0 .. 300), '17: is too deep' ],
);

our @Shapes = map { [ $_->[0], "the description: $_->[1]" ] } (
    map({ [ $_, 'it must be an object' ] } 'x', '[]', '7', '~', '[{cpu: 1}]'),
    [ description(cpu => undef), 'cpu is required' ],
    [ description(cpu => "'2'"), 'cpu must be an integer' ],
    map({ [ description(cpu => $_), 'cpu must be an integer' ] }
        '2.0', '0x2', '02', '1_0', '1:30', '12345678901234567890', '-x', 'yes', '[]'),
    map({ [ description(cpu => $_), 'cpu must be from 1 to 65535' ] }
        0, 65536, -1, '999999999999999999'),
    [ description(memory => 0), 'memory must be from 1 to 65535' ],
    [ description(nics => '{}'), 'nics must be an array' ],
    [ description(nics => '[x]'), 'nics[0] must be an object' ],
    [ description(nics => '[{type: wifi}]'),
      'nics[0].type must be one of vlan, vxlan, default, bridge' ],
    [ description(nics => '[{type: vlan}]'), 'nics[0] needs an id, its type is not default' ],
    [ description(nics => '[{type: vlan, id: 7}]'), 'nics[0].id must be a string' ],
    [ description(disks => '[{vdiskid: a/b}, {vdiskid: b}]'),
      'disks[0].vdiskid must be a name of letters, digits, \"-\", \"_\" and \".\"' ],
    map({ [ description($_ => '[]'),
            'it must have as many disks and snapshotIDs as vdisks' ] }
        qw( disks snapshotIDs vdisks )),
    [ diskless(nics => '[' . '{type: default},' x 101 . ']'),
      'it must not have more than 100 vdisks or nics' ],
    [ description(vdisks => '[{size: 1, type: db, blockSize: 4095}]'),
      'vdisks[0] needs a blockSize that is a power of two' ],
    [ description(vdisks => '[{size: 2049, type: db, blockSize: 4096}]'),
      'vdisks[0].size must be from 1 to 2048' ],
    [ description(vdisks => '[{size: 1, type: x, blockSize: 4096}]'),
      'vdisks[0].type must be one of boot, db, cache, tmp' ],
    [ description(vdisks => '[{size: 1, type: db, blockSize: 4096, readOnly: 1}]'),
      'vdisks[0].readOnly must be true or false' ],
    [ description(snapshotIDs => '[1, 2]'), 'snapshotIDs[0] must be a string' ],
    [ description(snapshotIDs => "['\$(id)', a]"),
      'snapshotIDs[0] must be a name of letters, digits, \"-\", \"_\" and \".\"' ],
    map({ [ description(cryptoKey => $_),
      'cryptoKey must have 32 characters, and none that a shell takes for another' ] }
        'x' x 31, 'x' x 33, map { "'" . 'x' x 31 . "$_'" } ' ', '$', '"', '`', ';', '|'),
);

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: what AYS gets
--- zos_ays
    main::nodes();
    $main::Login->file('dir/vm1_1' => main::description(
        nics => "\n- id: br1\n  macaddress: ''\n  type: bridge\n"
                . "- id: '200'\n  type: vlan"));
--- request eval
main::import_from('ftp://me:planted-pw@127.0.0.1:' . $main::Login->port . '//dir/vm1_1/')->[0]
--- error_code: 201
--- response_headers
Location: /nodes/n1/vms/vm2
--- response_body
--- zos_ays_after
    my ($contents, @names) = main::imported();
    my $url = 'ftp://me:planted-pw@127.0.0.1:' . $main::Login->port . '//dir/vm1_1';
    my %common = (vdiskstorage => 'vs', backupUrl => $url, cryptoKey => $main::Key);

    is(scalar(@names), 2, 'two vdisks');
    ok($names[0] =~ /^vm2_(\d+)_00$/ && abs($1 - time) < 60
       && $names[1] eq "vm2_${1}_01", 'their names');
    is_deeply($contents, [
        { "vdisk__$names[0]" => { size => 4, blocksize => 4096, type => 'boot',
              readOnly => JSON::PP::false(), snapshotID => '1505658476515867', %common },
          actions => [ { action => 'import_vdisk', actor => 'vdisk', service => $names[0],
                         force => JSON::PP::false() } ] },
        { "vdisk__$names[1]" => { size => 1, blocksize => 512, type => 'db',
              readOnly => JSON::PP::true(), snapshotID => '1505658476515868', %common },
          actions => [ { action => 'import_vdisk', actor => 'vdisk', service => $names[1],
                         force => JSON::PP::false() } ] },
        { vm__vm2 => { node => 'n1', memory => 1024, cpu => 2, backupUrl => '',
              nics => [ { type => 'bridge', id => 'br1' },
                        { type => 'vlan', id => '200' } ],
              disks => [ { vdiskid => $names[0], maxIOps => 2000 },
                         { vdiskid => $names[1], maxIOps => 0 } ] },
          actions => [ { action => 'install', actor => 'vm', service => 'vm2',
                         force => JSON::PP::false() } ] } ], 'the blueprints');
    is(scalar(ays->runs), 3, 'a run for each');
    is(ays->data(vm => 'vm2')->{status}, 'running', 'it runs');
    is(ays->data(vdisk => $names[1])->{status}, 'running', 'and its vdisks are there');



=== TEST 2: anonymous, and without disks
--- zos_ays
    main::nodes();
    $main::Open->file('vm 1' => 'x');
    $main::Open->file(vm1_1 => main::diskless(nics => undef, cryptoKey => "''", node => '~'));
--- request eval
main::import_from('127.0.0.1:' . $main::Open->port . '/vm1_1')->[0]
--- error_code: 201
--- zos_ays_after
    is_deeply([ map { $_->{vm__vm2} } ays->contents ],
              [ { node => 'n1', memory => 1024, cpu => 2, nics => [], disks => [],
                  backupUrl => '' } ], 'one blueprint');



=== TEST 3: the real server refuses
--- zos_ays
    main::nodes();
    $main::Login->file('dir/vm1_1' => 'x');
--- pipelined_requests eval
main::import_from(map { 'ftp://' . $_->[0] . '127.0.0.1:' . $main::Login->port . "/$_->[1]" }
    [ 'me:planted-no@', 'dir/vm1_1' ],
    [ 'me:planted-pw@', 'dir/vm1_2' ], [ 'me:planted-pw@', 'dir' ])
--- error_code eval
[(400) x 3]
--- timeout: 10
--- response_body_like eval
['refuses the login, reply 530"', ('does not give the file, reply 550"') x 2]
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 4: without zos_ftp_allow
--- zos_ftp
--- zos_ays
    main::nodes();
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 501
--- response_headers
X-Reason: no ftp
--- response_body
{"error":"importVM has to read from an ftp server, and zos_ftp_allow is off here"}
--- zos_ays_after
    is(scalar($main::Odd->commands), undef, 'nobody was asked');



=== TEST 5: an address that is not allowed
--- zos_ftp: zos_ftp_allow 192.0.2.0/24 127.0.0.2 2001:db8::/32;
--- zos_ays
    main::nodes();
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 403
--- response_headers
X-Reason: ftp denied
--- response_body eval
qq({"error":"zos_ftp_allow does not allow the ftp server \\"127.0.0.1\\""}\n)
--- zos_ays_after
    is(scalar($main::Odd->commands), undef, 'it was not asked');



=== TEST 6: any address
--- zos_ftp: zos_ftp_allow any;
--- zos_ays
    main::nodes();
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 201



=== TEST 7: a name
--- zos_ftp: zos_ftp_allow 127.0.0.1; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- zos_ays
    main::nodes();
--- request eval
main::import_from('ftp.example:' . $main::Odd->port . '/dir/vm1_1')->[0]
--- error_code: 201
--- zos_ays_after
    is(($main::Odd->commands)[0], 'USER anonymous', 'it was asked');



=== TEST 8: a name of an address that is not allowed
--- zos_ftp: zos_ftp_allow 127.0.0.1; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- zos_ays
    main::nodes();
    $main::Dns->set(A => '127.0.0.2');
--- request eval
main::import_from('ftp.example:21/dir/vm1_1')->[0]
--- error_code: 403
--- response_body
{"error":"zos_ftp_allow does not allow the ftp server \"ftp.example\""}



=== TEST 9: a name without an address
--- zos_ftp: zos_ftp_allow any; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- zos_ays
    main::nodes();
    $main::Dns->set(code => 'NXDOMAIN');
--- request eval
main::import_from('ftp://u:planted@ftp.example:21/dir/vm1_1')->[0]
--- error_code: 400
--- response_headers
X-Reason: resolve
--- response_body
{"error":"the address of \"ftp.example\" can't be resolved (Host not found)"}



=== TEST 10: a name without a resolver
--- zos_ays
    main::nodes();
--- request eval
main::import_from('ftp://u:planted@ftp.example:21/dir/vm1_1')->[0]
--- error_code: 400
--- response_body
{"error":"url must have an IPv4 address for its host, as the gateway has no resolver"}



=== TEST 11: bodies that are refused, and the path is not for a virtual machine of that name
--- zos_ays
    main::nodes();
    ays->service(vm => 'import', parent => 'node!n1', data => { node => 'n1' });
    ays->service(vm => 'vm3', parent => 'node!n2', data => { node => 'n2' });
--- pipelined_requests eval
[@{ main::import_vm('{}', '{"id":"a/b"}', '{"id":"v"}', '{"id":"v","url":"host"}',
    '{"id":"v","url":"host:21"}', '{"id":"v","url":"host:21/x","vdiskstorage":"a b"}',
    '{"id":"v","url":"ftp://u:planted@host:21//","vdiskstorage":"vs"}',
    '{"id":"vm3","url":"host:21/x","vdiskstorage":"vs"}') },
 qq(POST /nodes/n9/vms/import\n{"id":"v","url":"host:21/x","vdiskstorage":"vs"})]
--- error_code eval
[(400) x 7, 409, 404]
--- response_body eval
main::sentences('id is required',
 'id must be a name of letters, digits, \"-\", \"_\" and \".\"',
 'url is required', $::Url, 'vdiskstorage is required',
 'vdiskstorage must be a name of letters, digits, \"-\", \"_\" and \".\"',
 'url must have the path of the description',
 'the cluster has a virtual machine \"vm3\" already', 'node \"n9\" is not known')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');
    is(scalar($main::Odd->commands), undef, 'nobody was asked');



=== TEST 12: an id that is too long for what is made of it
--- zos_ays
    main::nodes();
--- request eval
(main::import_vm('{"id":"' . 'v' x 120 . '","url":"' . main::odd() . '","vdiskstorage":"vs"}'))->[0]
--- error_code: 400
--- response_body
{"error":"id is too long for the names of its vdisks"}



=== TEST 13: what the server is told
--- zos_ays
    main::nodes();
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 201
--- zos_ays_after
    is_deeply([ $main::Odd->commands ], [ 'USER u', 'PASS planted-pw', 'TYPE I', 'EPSV',
                                          'RETR dir/vm1_1' ], 'commands');



=== TEST 14: a server without EPSV: PASV, but nowhere else
--- zos_ays
    main::nodes();
    $main::Odd->set({ epsv => '502 what?', content => main::description() });
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 201
--- zos_ays_after
    is(($main::Odd->commands)[4], 'PASV', 'it was asked for that');



=== TEST 15: replies of several lines, no password, no word before the file
--- zos_ays
    main::nodes();
    $main::Odd->set({ greeting => "120 soon\r\n220-Hello\r\n331 no\r\n 220 x\r\n\r\n220-\r\n220 \r\n",
        user => "230-In\n230 in\n", type => '200', epsv => '229 (!!!PORT!) ' . 'x' x 2000,
        retr => 'silent', end => "250-\r\nx\r\n250 done\r\n226 and so on\r\nx\r\n",
        content => main::description() });
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 201
--- zos_ays_after
    is(scalar(grep { /^PASS/ } $main::Odd->commands), 0, 'it was not asked for one');



=== TEST 16: servers that refuse
--- zos_ays
    main::nodes();
    $main::Odd->set(@main::Refusals);
--- pipelined_requests eval
main::import_from((main::odd()) x @main::Refusals)
--- error_code eval
[(400) x @main::Refusals]
--- response_body eval
main::of_odd('refuses to serve the gateway, reply 421', 'refuses the login, reply 530',
 'refuses the login, reply 332', 'refuses the login, reply 530', 'refuses the login, reply 331',
 'refuses the login, reply 332', 'refuses to serve the gateway, reply 504',
 'refuses to serve the gateway, reply 421', 'refuses to serve the gateway, reply 500',
 'does not give the file, reply 550', 'does not give the file, reply 425',
 'could not send all of the file, reply 426', 'could not send all of the file, reply 451')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');
--- timeout: 10



=== TEST 17: servers that say what they should not
--- zos_ays
    main::nodes();
    $main::Odd->set(@main::Nonsense);
--- pipelined_requests eval
main::import_from((main::odd()) x @main::Nonsense)
--- error_code eval
[(400) x @main::Nonsense]
--- response_body_like eval
[(qr/ sent an invalid reply/) x @main::Nonsense]
--- timeout: 10



=== TEST 18: servers that break it off
--- zos_ays
    main::nodes();
    $main::Odd->set(@main::Breaks);
--- pipelined_requests eval
main::import_from((main::odd()) x @main::Breaks)
--- error_code eval
[(400) x @main::Breaks]
--- response_body_like eval
[(qr/ broke off the connection/) x (@main::Breaks - 1), qr/ can't be reached, reply 229/]
--- timeout: 10



=== TEST 19: nobody is there
--- zos_ays
    main::nodes();
--- request eval
main::import_from('127.0.0.1:' . main::nobody() . '/x')->[0]
--- error_code: 400
--- response_headers
X-Reason: ftp
--- response_body_like
^\{"error":"the ftp server at 127.0.0.1:\d+ can't be reached"\}$



=== TEST 20: servers that take their time
--- zos_ftp: zos_ftp_allow any; zos_ftp_timeout 300ms;
--- zos_ays
    main::nodes();
    $main::Odd->set(@main::Slow);
--- pipelined_requests eval
main::import_from((main::odd()) x @main::Slow)
--- error_code eval
[(504) x @main::Slow]
--- response_body eval
main::of_odd(('gave no answer in time') x @main::Slow)
--- timeout: 20



=== TEST 21: files that are too large
--- zos_ays
    main::nodes();
    $main::Odd->set({ bytes => 65537 }, { endless => 1 },
        { content => main::diskless() . '#' x (65536 - length main::diskless()) });
--- pipelined_requests eval
main::import_from((main::odd()) x 3)
--- error_code eval
[400, 400, 201]
--- response_body eval
[@{ main::of_odd(('has a file that is larger than 65536 bytes, reply 150') x 2) }, '']



=== TEST 22: what is no description
--- zos_ays
    main::nodes();
    $main::Odd->set(map { { content => $_->[0] } } @main::Files);
--- pipelined_requests eval
main::import_from((main::odd()) x @main::Files)
--- error_code eval
[(400) x @main::Files]
--- response_body eval
main::sentences(map { 'the description is no YAML that can be used, line ' . $_->[1] } @main::Files)
--- timeout: 10



=== TEST 23: descriptions of other shapes
--- zos_ays
    main::nodes();
    $main::Odd->set(map { { content => $_->[0] } } @main::Shapes);
--- pipelined_requests eval
main::import_from((main::odd()) x @main::Shapes)
--- error_code eval
[(400) x @main::Shapes]
--- response_body eval
main::sentences(map { $_->[1] } @main::Shapes)
--- timeout: 10
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 24: values of YAML
--- zos_ays
    main::nodes();
    $main::Odd->set({ content => <<'YAML' });
%YAML 1.1
---
"cpu": 2            # two
memory: &m 512
nics: [{type: bridge, id: "\x62\u00721"}, {type: default, id: ~}]
disks: [{vdiskid: a, maxIOps: 7}, {vdiskid: 'b'}]
vdisks:
- {size: 3, blockSize: 4096, type: db, readOnly: Yes}
- {size: 3, blockSize: 4096, type: !x db}
...
YAML
    $main::Odd->set({ content => <<'YAML' }, { content => <<'YAML2' });
%YAML 1.1
---
"cpu": 2            # two
memory: &m 512
nics: [{type: bridge, id: "\x62\u00721"}, {type: default, id: ~}]
disks: [{vdiskid: a, maxIOps: 7}, {vdiskid: 'b'}]
vdisks:
- {size: 3, blockSize: 4096, type: db, readOnly: Yes}
- {size: 3, blockSize: 4096, type: db, more: 1.5}
snapshotIDs: [s-1, !!str 2]
...
YAML
%YAML 1.1
---
"cpu": 2            # two
memory: &m 512
nics: [{type: bridge, id: "\x62\u00721"}, {type: default, id: ~}]
disks: [{vdiskid: a, maxIOps: 7}, {vdiskid: 'b'}]
vdisks:
- {size: 3, blockSize: 4096, type: db, readOnly: Yes}
- {size: 3, blockSize: 4096, type: db, more: 1.5}
snapshotIDs: [s-1, "2"]
...
YAML2
--- pipelined_requests eval
main::import_from((main::odd()) x 2)
--- error_code eval
[400, 201]
--- response_body eval
[@{ main::sentences('the description is no YAML that can be used, line 10: has a tag') }, '']
--- zos_ays_after
    my @contents = ays->contents;
    my ($first) = values %{ { map { %$_ } grep { delete $_->{actions} } $contents[0] } };

    is_deeply($first->{readOnly}, JSON::PP::true(), 'a boolean');
    is($first->{cryptoKey}, '', 'no key');
    is_deeply($contents[2]{vm__vm2}{nics}, [ { type => 'bridge', id => 'br1' },
                                             { type => 'default' } ], 'texts');



=== TEST 25: what the description names is not there
--- zos_ays
    main::nodes();
    $main::Odd->set({ content => main::description(nics => '[{type: bridge, id: br9}]') });
--- pipelined_requests eval
[@{ main::import_from(main::odd()) },
 map { s/"vs"/"vs9"/r } @{ main::import_from(main::odd()) }]
--- error_code eval
[400, 400]
--- response_body eval
main::sentences('the bridge of a nic, \"br9\", is not there on \"n1\"',
                'vdiskstorage, \"vs9\", is not there')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 26: a vdisk can't be imported: those before it go, and nothing secret is told
--- zos_ays
    main::nodes();
    ays->fault(action => 'import_vdisk', service => '.*_01', fail =>
        "zeroctl --storage @{[ main::odd() ]} --key $main::Key: planted-pw no, and $main::Key");
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 500
--- response_body_like
^\{"error":"import_vdisk of \\"vm2_\d+_01\\" failed: RuntimeError: zeroctl --storage \*+ --key \*{32}: \*{10} no, and \*{32}"\}$
--- zos_ays_after
    main::nothing_is_left();
    is(scalar(grep { $_->{action_name} eq 'delete' } ays->jobs), 1,
       'the content of the first went');



=== TEST 27: the virtual machine can't be made: its vdisks go
--- zos_ays
    main::nodes();
    ays->fault(action => 'install', service => 'vm2', fail => 'no room', result =>
        { message => 'no room for planted-pw', code => 409 });
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 409
--- response_body
{"error":"install of \"vm2\" failed: no room for **********"}
--- zos_ays_after
    main::nothing_is_left();
    is(scalar(grep { $_->{action_name} eq 'delete' } ays->jobs), 2, 'and what is in them');



=== TEST 28: AYS refuses the virtual machine: its vdisks go
--- zos_ays
    main::nodes();
    ays->fault(route => 'POST .*/blueprint$', skip => 2, times => 1, status => 400,
               type => 'application/json', body => '{"error":"not planted-pw"}');
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 400
--- response_body
{"error":"AYS refuses the change: not **********"}
--- zos_ays_after
    main::nothing_is_left();



=== TEST 29: what was made can't be deleted
--- zos_ays
    main::nodes();
    ays->fault(action => 'install', service => 'vm2', fail => 'no room');
    ays->fault(action => 'delete', service => '.*_00', fail => 'busy');
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 500
--- response_body
{"error":"install of \"vm2\" failed: RuntimeError: no room"}
--- error_log eval
qr/vdisk "vm2_\d+_00" could not be deleted after the import has failed/
--- zos_ays_after
    my @left = ays->names('vdisk');
    is(scalar(@left), 1, 'one vdisk is left');
    is(scalar(ays->names('vm')), 0, 'the virtual machine is not');



=== TEST 30: the import of a vdisk takes too long: it goes on
--- zos_ftp: zos_ftp_allow any; zos_ays_run_timeout 1s;
--- zos_ays
    main::nodes();
    ays->fault(action => 'import_vdisk', service => '.*_01', delay => 4);
--- request eval
main::import_from(main::odd())->[0]
--- error_code: 504
--- response_body_like
^\{"error":"run \\"\w+\\" is not done yet and goes on, see /runs/\w+"\}$
--- zos_ays_after
    is(scalar(ays->names('vdisk')), 2, 'the vdisks stay');
    is(scalar(ays->names('vm')), 0, 'no virtual machine');



=== TEST 31: respond-async: when the vdisks are there
--- zos_ays
    main::nodes();
--- request eval
main::import_from(main::odd())->[0]
--- more_headers
Prefer: respond-async
--- error_code: 202
--- response_headers_like
Preference-Applied: respond-async
Location: /runs/\w+
--- response_body_like
^\{"runid":"\w+","state":"scheduled"\}$
--- zos_ays_after
    ays->idle;
    is((ays->runs)[-1]{key} // '', (ays->runs)[-1]{key}, 'a run');
    is(ays->data(vm => 'vm2')->{status}, 'running', 'it is done');



=== TEST 32: two of one name at the same time are tried one after the other
--- zos_ays
    main::nodes();
    $main::Odd->set({ content => main::diskless() });
--- pipelined_requests eval
main::import_from((main::odd()) x 2)
--- error_code eval
[201, 409]
