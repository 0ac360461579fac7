use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosContainer;
use ZosNginx;

# What virtual machines use, in the three shapes in which nodes tell it.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node s $TEST_NGINX_SCRIPT;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes);
    $block->set_value('config', <<'EOC');
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
    $block->set_value('request', 'GET /nodes/s/vms/vm1/info')
        unless defined $block->request;
});

our $Uuid = '0f6d2a60-8c8e-4f0b-a9fb-3f4ed17f5a2e';


# The scripted node: what kvm.infops and aggregator.query answer, and the
# names of its machines.
sub machine {
    my ($infops, $metrics, @names) = @_;

    my $number = 0;

    script_node('kvm.list' => [ map { vm($_, $number++) } @names ? @names : "vm1" ],
                'kvm.infops' => $infops,
                'aggregator.query' => $metrics // '{}');
}


sub vm {
    my ($name, $number) = @_;

    return { id => 4294967295, name => $name, state => 'running', vnc => -1,
             uuid => $number ? sprintf '%08x-0000-4000-8000-%012x', 1, $number
                             : $Uuid };
}


# Metrics of the aggregator, from name => average.
sub metrics {
    my (%average) = @_;

    return { map { $_ => state($average{$_}) } keys %average };
}


# The open window, and those that are closed, oldest first.
sub state {
    my ($current, @closed) = @_;

    my $start = 1499929800;
    my @windows = map { { avg => $_, total => 9, max => 9, count => 10,
                          start => $start += 300 } } @closed, $current;
    my $now = pop @windows;

    return { op => 'D', last_value => 20871, last_time => 1499930398,
             tags => [ { key => 'id', value => 'x' } ],
             current => { 300 => $now, 3600 => { avg => 77 } },
             history => @windows ? { 300 => \@windows,
                                     3600 => [ { avg => 78 } ] } : {} };
}


sub info { return sprintf '{"cpu":[%s],"disks":[%s],"nics":[%s]}' . "\n", @_ }

# Figures in the order of the document, as text.
sub disk {
    return sprintf '{"readIops":%s,"readThroughput":%s,"writeIops":%s,'
                   . '"writeThroughput":%s}', @_;
}


sub nic {
    return sprintf '{"receivedPackets":%s,"receivedThroughput":%s,'
                   . '"transmittedPackets":%s,"transmittedThroughput":%s}', @_;
}

our $Empty = info('', '', '');

no_root_location();
no_long_string();
run_tests();

# No more calls than are needed.
{
    my $nginx = ZosNginx->start(http => $nodes);

    for my $case ([ '{"vcpu":{"0":{"time":1}}}', 'kvm.list kvm.infops' ],
                  [ metrics("kvm.vcpu.time/$Uuid" => 1),
                    'kvm.list kvm.infops' ],
                  [ '{}', 'kvm.list kvm.infops aggregator.query' ])
    {
        my ($infops, $calls) = @$case;

        machine($infops);
        is_answer($nginx->request('GET /nodes/s/vms/vm1/info'), $calls);
        is(join(' ', script_log()), $calls, 'the calls');
    }

    machine('{}');
    is($nginx->request('GET /nodes/s/vms/vm2/info')->{status}, 404, 'absent');
    is(join(' ', script_log()), 'kvm.list', 'one call');
    $nginx->stop;
}

__DATA__

=== TEST 1: getVMInfo: on each generation
--- request eval
[map { ("GET /nodes/$_/vms/vm1/info", "GET /nodes/$_/vms/vm2/info") }
 qw( a b c )]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 6]
--- response_body_like eval
my $number = '\d+(?:\.\d+)?(?:e-\d+)?';
[("^\\{\"cpu\":\\[$number\\],\"disks\":\\[\\{\"readIops\":\\d+,"
  . "\"readThroughput\":$number,\"writeIops\":\\d+,\"writeThroughput\":$number"
  . "\\}\\],\"nics\":\\[\\{\"receivedPackets\":\\d+,\"receivedThroughput\":"
  . "$number,\"transmittedPackets\":\\d+,\"transmittedThroughput\":$number"
  . "\\}\\]\\}\n\\z") x 6]



=== TEST 2: getVMInfo: machines that are not there
--- request eval
[map({ "GET /nodes/$_/vms/vm3/info" } qw( a b c )),
 map({ "GET /nodes/c/vms/$_/info" } qw( vm vm11 VM1 m1 1 vm1. ))]
--- error_code eval
[(404) x 9]
--- response_headers eval
[("X-Reason: absent") x 9]
--- response_body_like eval
['^\{"error":"there is no virtual machine \\\\"vm3\\\\" on node \\\\"a\\\\""\}\n$',
 ('^\{"error":"there is no virtual machine [^}]*\}\n$') x 8]



=== TEST 3: getVMInfo: no such node, and what is no name
--- request eval
["GET /nodes/zz/vms/vm1/info", "GET /nodes/c/vms/../info",
 "GET /nodes/c/vms/a%2Fb/info", "GET /nodes/c/vms/%22/info"]
--- error_code eval
[404, 400, 400, 400]



=== TEST 4: getVMInfo: three groups
--- init
::machine('{"vcpu":{"0":{"state":1,"time":0.02},"1":{"state":1,"time":0.5}},'
          . '"net":{"tap0":{"rxbytes":1048576,"rxpkts":0.5,"txbytes":524288,'
          . '"txpkts":1.4}},"block":{"vda":{"rdbytes":1572864,'
          . '"rdtimes":5000000000,"wrbytes":1,"wrtimes":7.5}}}');
--- response_body eval
::info('0.02,0.5', ::disk(0, 1.5, 0, '9.5367431640625e-07'),
       ::nic(1, 1, 1, 0.5))



=== TEST 5: getVMInfo: all in one group
--- init
::machine('{"vcpu":{"0":{"state":1,"time":0.02},"tap0":{"rxbytes":12.5,'
          . '"rxpkts":0.1,"txbytes":3145728,"txpkts":2.5},"vda":{"rdbytes":0,'
          . '"rdtimes":0,"wrbytes":419430.4,"wrtimes":0.5}}}');
--- response_body eval
::info('0.02', ::disk(0, 0, 0, 0.4), ::nic(0, '1.1920928955078125e-05', 3, 3))



=== TEST 6: getVMInfo: metrics that are labelled by the machine's name
--- init
::machine('{}', ::metrics(
    'kvm.vcpu.time/vm1' => 0.25, 'kvm.vcpu.state/vm1' => 1,
    'kvm.cpu.time/vm1' => 9, 'kvm.memory.max/vm1' => 2048,
    'kvm.disk.iops.read/vm1.vda' => 20.5, 'kvm.disk.rdbytes/vm1.vda' => 2097152,
    'kvm.disk.iops.write/vm1.vda' => 3.49, 'kvm.disk.wrbytes/vm1.vda' => 262144,
    'kvm.net.rxpackets/vm1.52:54:00:12:34:56' => 100.5,
    'kvm.net.rxbytes/vm1.52:54:00:12:34:56' => 10485760,
    'kvm.net.txpackets/vm1.52:54:00:12:34:56' => 99.4,
    'kvm.net.txbytes/vm1.52:54:00:12:34:56' => 0,
    'machine.CPU.percent/0' => 50, 'disk.iops.read/vda' => 7,
    'network.packets.rx/vm1' => 7));
--- response_body eval
::info('0.25', ::disk(21, 2, 3, 0.25), ::nic(101, 10, 99, 0))



=== TEST 7: getVMInfo: metrics that are labelled by its UUID
--- init
::machine(::metrics("kvm.vcpu.time/$::Uuid" => 0.125,
                    "kvm.disk.iops.read/$::Uuid.vda" => 4,
                    "kvm.net.rxpackets/$::Uuid.tap0" => 6),
          ::metrics('kvm.vcpu.time/vm1' => 9));
--- response_body eval
::info('0.125', ::disk(4, 0, 0, 0), ::nic(6, 0, 0, 0))



=== TEST 8: getVMInfo: nothing is known of it
--- init
::machine('{}');
--- response_body eval
$::Empty



=== TEST 9: getVMInfo: empty groups
--- init
::machine('{"vcpu":{},"net":null,"block":{"vda":{}}}');
--- response_body_like eval
'^\{"cpu":\[\],"disks":\[.*\],"nics":\[\]\}'



=== TEST 10: getVMInfo: no aggregator
--- init
::machine('{}', failure('', state => 'UNKNOWN_CMD', code => 0));
--- response_body eval
$::Empty



=== TEST 11: getVMInfo: the last whole window counts
--- init
::machine('{}', { 'kvm.vcpu.time/vm1' => ::state(7, 1, 2, 0.5),
                  'kvm.disk.wrbytes/vm1.vda' => ::state(1048576, 0),
                  'kvm.disk.rdbytes/vm1.vda' => ::state(2097152) });
--- response_body eval
::info('0.5', ::disk(0, 2, 0, 0), '')



=== TEST 12: getVMInfo: names with dots, and beginnings of names
--- init
::machine('{}', ::metrics(
    'kvm.vcpu.time/a' => 1, 'kvm.vcpu.time/a.b' => 2, 'kvm.vcpu.time/ab' => 3,
    'kvm.vcpu.time/a.b.vda' => 4, 'kvm.disk.iops.read/a.vda' => 11,
    'kvm.disk.iops.read/a.b.vda' => 12, 'kvm.disk.iops.read/ab.vda' => 13,
    'kvm.disk.iops.read/a.b.vda.vda' => 14,
    'kvm.net.rxpackets/a.52:54:00:12:34:56' => 21,
    'kvm.net.rxpackets/a.b.52:54:00:12:34:56' => 22,
    'kvm.net.rxpackets/ab.52:54:00:12:34:56' => 23),
    'a.b', 'a', 'ab', 'a.b.vda', 'c');
--- request eval
[map { "GET /nodes/s/vms/$_/info" } qw( a a.b ab a.b.vda c )]
--- response_body eval
[(map { ::info($_, ::disk(10 + $_, 0, 0, 0), ::nic(20 + $_, 0, 0, 0)) }
  1 .. 3), ::info(4, ::disk(14, 0, 0, 0), ''), $::Empty]



=== TEST 13: getVMInfo: the right machine of the list
--- init
script_node('kvm.list' => [ ::vm('vm10', 1), ::vm('vm1.x', 2), ::vm('vm1', 3),
                            ::vm('m1', 4) ],
            'kvm.infops' => sub {
                return { vcpu => { 0 => { time => $_[0]{uuid} =~ /3$/
                                          ? 3 : 0 } } };
            });
--- response_body eval
::info(3, '', '')



=== TEST 14: getVMInfo: in the order of the names, CPUs by number
--- init
::machine({ vcpu => { map { $_ => { time => $_ + 0.5 } } 0 .. 11, 100 },
            net => { map { ("tap$_" => { rxpkts => $_ + 1 }) }
                     0, 1, 2, 10 },
            block => { map { ("vd$_" => { rdbytes => 1048576 * ord }) }
                       qw( b a c ) } });
--- response_body eval
::info(join(",", map { $_ + 0.5 } 0 .. 11, 100),
       join(",", map { ::disk(0, $_, 0, 0) } 97 .. 99),
       join(",", map { ::nic($_ + 1, 0, 0, 0) } 0, 1, 10, 2))



=== TEST 15: getVMInfo: in the order of the names, of metrics
--- init
::machine('{}', ::metrics(
    'kvm.vcpu.time/vm1' => 1,
    map({ ("kvm.disk.iops.write/vm1.$_->[0]" => $_->[1]) }
        ['vdb', 2], ['sda', 1], ['vdaa', 3], ['vda', 4], ['hd.x', 5]),
    map({ ("kvm.net.txpackets/vm1.52:54:00:12:34:$_" => $_) } 30, 10, 20)));
--- response_body eval
::info(1, join(",", map { ::disk(0, 0, $_, 0) } 1, 4, 3, 2),
       join(",", map { ::nic(0, 0, $_, 0) } 10, 20, 30))



=== TEST 16: getVMInfo: rounded half up
--- init
::machine({ vcpu => { 0 => { time => 0 } }, net => { map {
    ("n$_" => { rxpkts => $_ + 0.5, txpkts => $_ + 0.499 }) } 0 .. 3 } });
--- response_body eval
::info(0, '', join(",", map { ::nic($_ + 1, 0, $_, 0) } 0 .. 3))



=== TEST 17: getVMInfo: numbers as short as they can be
--- init
::machine('{"vcpu":{"0":{"time":0.1},"1":{"time":1e0},"2":{"time":30.815787064362617},"3":{"time":1.0},"4":{"time":1E-7},"5":{"time":123456789012}},'
          . '"block":{"vda":{"rdbytes":104857.6,"wrbytes":1099511627776}}}');
--- response_body_like eval
'^\{"cpu":\[0\.1,1,30\.815787064362617,1,1e-0?7,123456789012\],"disks":\['
. '\{"readIops":0,"readThroughput":0\.1,"writeIops":0,'
. '"writeThroughput":1048576\}\],"nics":\[\]\}\n\z'



=== TEST 18: getVMInfo: numbers that are odd
--- init
::machine('{"vcpu":{"0":{"time":-0.5},"1":{"time":"7"},"2":{"time":null},"3":{"time":1e308}},'
          . '"net":{"tap0":{"rxpkts":-3,"rxbytes":1e300,"txpkts":1e18,"txbytes":[]}}}');
--- response_body_like eval
'^\{"cpu":\[[-+.e\d]+(?:,[-+.e\d]+)*\],"disks":\[\],"nics":\[\{"receivedPackets"'
. ':0,"receivedThroughput":[.e+\d]+,"transmittedPackets":1000000000000000000,'
. '"transmittedThroughput":0\}\]\}\n\z'



=== TEST 19: getVMInfo: numbers that are too large
--- init
::machine('{"vcpu":{"0":{"time":1e999}}}');
--- error_code_like: ^(?:200|502)$
--- response_body_unlike: inf|nan|memory



=== TEST 20: getVMInfo: groups and entries that are none
--- init
::machine('{"vcpu":[1],"net":7,"block":"x","more":{"a":1,"b":[],"c":null,'
          . '"d":{"unknown":1}}}');
--- response_body eval
$::Empty



=== TEST 21: getVMInfo: metrics that are none
--- init
::machine('{}', { 'kvm.vcpu.time/vm1' => undef,
                  'kvm.disk.rdbytes/vm1.vda' => [],
                  'kvm.disk.rdbytes/vm1.vdb' => {},
                  'kvm.disk.rdbytes/vm1.' => ::state(1),
                  'kvm.disk.rdbytes/vm1' => ::state(1),
                  'kvm.disk.rdbytes/' => ::state(1),
                  'kvm.disk.rdbytes' => ::state(1), '' => ::state(1),
                  'kvm.net.rxbytes/vm1.x' =>
                      { current => { 300 => undef }, history => undef } });
--- response_body eval
::info('', ::disk(0, 0, 0, 0), ::nic(0, 0, 0, 0))



=== TEST 22: getVMInfo: a hundred disks
--- init
::machine({ vcpu => { 0 => { time => 1 } },
            block => { map { (sprintf('vd%03d', $_)
                              => { wrbytes => 1048576 * $_ }) } 1 .. 100 } });
--- response_body eval
::info(1, join(",", map { ::disk(0, 0, 0, $_) } 1 .. 100), '')



=== TEST 23: getVMInfo: the node has no machines
--- init
script_node('kvm.list' => '[]');
--- error_code: 404



=== TEST 24: getVMInfo: the node has no machines, as Go spells it
--- init
script_node('kvm.list' => 'null');
--- error_code: 404
--- response_body
{"error":"there is no virtual machine \"vm1\" on node \"s\""}



=== TEST 25: getVMInfo: entries of the list that are none
--- init
script_node('kvm.list' => [ undef, 7, 'vm1', [], {}, { name => undef },
                            { name => 'vm1' }, { name => ['vm1'] },
                            ::vm('vm1') ],
            'kvm.infops' => '{"vcpu":{"0":{"time":3}}}');
--- response_body_like eval
'^\{"cpu":\[3\],"disks":\[\],"nics":\[\]\}'



=== TEST 26: getVMInfo: a list that is none
--- init
script_node('kvm.list' => '{"vm1":{}}');
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 27: getVMInfo: figures that are none
--- init
::machine('[]');
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 28: getVMInfo: statistics that are none
--- init
::machine('{}', '"x"');
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 29: getVMInfo: each of the three commands may fail
--- init
script_node('kvm.list' => sub { failure('no libvirt') });
--- error_code: 500
--- response_body
{"error":"no libvirt"}



=== TEST 30: getVMInfo: no figures
--- init
::machine(failure('no such domain', code => 404));
--- error_code: 404
--- response_body
{"error":"no such domain"}



=== TEST 31: getVMInfo: no statistics
--- init
::machine('{}', failure('no'));
--- error_code: 500
--- response_body
{"error":"no"}



=== TEST 32: getVMInfo: a node without machines of any kind
--- init
core0_fault('C', 'state@kvm.list:UNKNOWN_CMD:0:');
--- request
GET /nodes/bad/vms/vm1/info
--- error_code: 501
--- response_headers
X-Reason: unknown command



=== TEST 33: getVMInfo: a machine that goes between the calls
--- init
core0_fault('C', 'data@kvm.infops:{}');
--- request
GET /nodes/bad/vms/vm2/info
--- response_body_like: ^\{"cpu":\[[.\de-]+\],"disks":\[\{
