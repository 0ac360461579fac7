use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster;

# What a node tells of itself, on nodes of every generation, and what becomes
# of answers that a node should not give.
#
# zos_data is what the node "bad" answers to each command, on one line or on
# several; zos_fault is any other fault of it.

our $Fault;

add_block_preprocessor(sub {
    my ($block) = @_;

    my $data = $block->zos_data;
    my $fault = $block->zos_fault;

    if (defined $data) {
        $data =~ s/\n\s*//g;
        $fault = "data:$data";
    }

    if (defined $fault) {
        $fault =~ s/\s+\z//;
        $Fault = $fault;
        $block->set_value('init', 'core0_fault("C", $main::Fault)');
    }

    $block->set_value('http_config', nodes()) if !defined $block->http_config;
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
});


sub nodes {
    return <<'NODES';
        zos_zone zos:1m;
        zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
        zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
        zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
        zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
        zos_node dead 127.0.0.1:$TEST_NGINX_DEAD_PORT;
NODES
}


# A body filter: "same" when the bodies of a block's requests are equal.
my $First;

sub first { return $First = shift }
sub same { return $_[0] eq $First ? "same\n" : $_[0] }


# A body filter: the arguments of the newest command on node C.
sub arguments {
    my $commands = core0_control('C', 'commands');

    return JSON::PP->new->canonical->utf8->encode($commands->[-1]{arguments}) . "\n";
}


# A body filter: how often a pattern matches.
sub count {
    my ($pattern) = @_;

    return sub { my $n = () = $_[0] =~ /$pattern/g; return "$n\n" };
}


sub cpus {
    my $n = `nproc --all`;
    return $n;
}


# The elements of a list, as a pattern for all of it.
sub list_of {
    my ($element) = @_;

    return qr/\A\[(?:$element(?:,(?!\])|(?=\])))+\]\n\z/;
}


my $number = qr/-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/;
my $string = qr/"(?:[^"\\]|\\.)*"/;
my $strings = qr/\[(?:$string(?:,$string)*)?\]/;

our $State = qr/\A\{"cpu":$number,"rss":\d{6,},"swap":\d+,"vms":\d{6,}\}\n\z/;

our $Cpus = list_of(qr/\{"cacheSize":\d+,"cores":1,"family":$string,
                        "flags":$strings,"mhz":$number\}/x);

our $Disks = list_of(
    qr/\{"device":"\/dev\/\w+","size":\d+,"type":"(?:nvme|ssd|hdd|archive)",
        "partitions":\[(?:\{"name":"\/dev\/\w+","size":\d+,"partuuid":$string,
        "label":$string,"fstype":$string\},?)*\]\}/x);

our $Mounts = list_of(qr/\{"mountpoint":"\/[^"]*","device":$string,
                         "opts":$string,"fstype":$string\}/x);

our $Mem = qr/\A\[\{"active":\d+,"available":\d+,"buffers":\d+,"cached":\d+,
               "free":\d+,"inactive":\d+,"total":[1-9]\d+,"used":\d+,
               "usedPercent":$number,"wired":\d+\}\]\n\z/x;

our $Nics = list_of(qr/\{"addrs":$strings,"flags":$strings,
                       "hardwareaddr":"[0-9a-f:]*","mtu":\d+,
                       "name":$string\}/x);

sub os {
    my ($hostname) = @_;

    return qr/\A\{"bootTime":\d{10},"hostname":"$hostname","os":"linux",
              "platform":$string,"platformFamily":$string,
              "platformVersion":$string,"procs":[1-9]\d*,"uptime":\d+,
              "virtualizationRole":$string,
              "virtualizationSystem":$string\}\n\z/x;
}


our $Large = '{' . join(',', map { qq("k$_":"v$_") } 1 .. 40000) . '}';


our $UnknownShape =
    qr/\A\{"error":"node \\"bad\\" [^"]+ unknown shape"\}\n\z/;

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: pingNode: nodes of every generation
--- request eval
["POST /nodes/a/ping", "POST /nodes/b/ping", "POST /nodes/c/ping"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\n"
  . "Content-Length: 5") x 3]
--- response_body eval
[("true\n") x 3]



=== TEST 2: pingNode: a body is not needed and not minded
--- pipelined_requests eval
["POST /nodes/c/ping\n{}", "POST /nodes/c/ping\nnonsense",
 "POST /nodes/c/ping\n" . "x" x 300000, "POST /nodes/c/ping"]
--- response_body eval
[("true\n") x 4]



=== TEST 3: pingNode: a node that refuses connections
--- request
POST /nodes/dead/ping
--- response_body
false



=== TEST 4: pingNode: a node that does not answer in time
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- zos_fault: stuck
--- request
POST /nodes/bad/ping
--- response_body
false



=== TEST 5: pingNode: a node that does not take the command
--- config
    location / { zos on; zos_core0_accept_timeout 200ms; }
--- zos_fault: noagent
--- request
POST /nodes/bad/ping
--- response_body
false



=== TEST 6: pingNode: within five seconds, whatever the limits are
--- http_config
    zos_zone zos:1m;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    log_format time "took=$request_time";
    access_log logs/access.log time;
--- zos_fault: noagent
--- timeout: 10
--- request
POST /nodes/bad/ping
--- response_body
false
--- access_log eval
qr/took=(?:4\.9|5\.[01])\d\d$/m
--- zos_once



=== TEST 7: pingNode: a ping that fails
--- zos_fault: state:ERROR:500:no pong
--- request
POST /nodes/bad/ping
--- response_body
false



=== TEST 8: pingNode: a node without the command
--- zos_fault: state:UNKNOWN_CMD:0:
--- request
POST /nodes/bad/ping
--- response_body
false



=== TEST 9: pingNode: replies that are none
--- zos_fault: garbage
--- request
POST /nodes/bad/ping
--- response_body
false



=== TEST 10: pingNode: refused credentials
--- http_config
    zos_zone zos:1m;
    zos_node n 127.0.0.1:$TEST_NGINX_CORE0_C_AUTH password=wrong;
--- request
POST /nodes/n/ping
--- response_body
false



=== TEST 11: getNodeState: nodes of every generation
--- request eval
["GET /nodes/a/state", "GET /nodes/b/state", "GET /nodes/c/state"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
[($::State) x 3]



=== TEST 12: getNodeState: numbers as they are spelled
--- zos_data
{"cpu":3.4700000000000002,"rss":18446744073709551615,
"vms":9007199254740993,"swap":0,"debug":"0"}
--- request
GET /nodes/bad/state
--- response_body
{"cpu":3.4700000000000002,"rss":18446744073709551615,"swap":0,"vms":9007199254740993}



=== TEST 13: getNodeState: HEAD
--- zos_data: {"cpu":0,"rss":1,"vms":2,"swap":3}
--- request eval
["GET /nodes/bad/state", "HEAD /nodes/bad/state"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\n"
  . "Content-Length: 35") x 2]
--- response_body eval
["{\"cpu\":0,\"rss\":1,\"swap\":3,\"vms\":2}\n", ""]



=== TEST 14: getCPUInfo: nodes of every generation
--- request eval
["GET /nodes/a/cpus", "GET /nodes/b/cpus", "GET /nodes/c/cpus"]
--- response_body_like eval
[($::Cpus) x 3]



=== TEST 15: getCPUInfo: an entry for each CPU
--- request
GET /nodes/c/cpus
--- response_body_filters eval
::count(qr/"mhz":/)
--- response_body eval
::cpus()



=== TEST 16: getCPUInfo: in the order of their numbers
--- zos_data
[{"cpu":10,"cacheSize":10,"cores":1,"family":"6","mhz":2600.123,
"flags":["fpu","vme"],"vendorId":"GenuineIntel","modelName":"x"},
{"cpu":2,"cacheSize":2,"cores":1,"family":"6","mhz":2.6e3,"flags":null},
{"cpu":1,"cacheSize":-1,"cores":1,"family":"\u00e9\"\\\/","mhz":0,"flags":[]}]
--- request
GET /nodes/bad/cpus
--- response_body eval
'[{"cacheSize":-1,"cores":1,"family":"\u00e9\"\\\\\/","flags":[],"mhz":0},'
. '{"cacheSize":2,"cores":1,"family":"6","flags":[],"mhz":2.6e3},'
. '{"cacheSize":10,"cores":1,"family":"6","flags":["fpu","vme"],'
. '"mhz":2600.123}]' . "\n"



=== TEST 17: getCPUInfo: members that are absent or null
--- zos_data
[{},{"cpu":null,"cacheSize":null,"cores":null,"family":null,"mhz":null,
"flags":null}]
--- request
GET /nodes/bad/cpus
--- response_body
[{"cacheSize":0,"cores":0,"family":"","flags":[],"mhz":0},{"cacheSize":0,"cores":0,"family":"","flags":[],"mhz":0}]



=== TEST 18: getCPUInfo: empty lists of every operation
--- zos_data: []
--- request eval
[map { "GET /nodes/bad/$_" } qw( cpus disks mounts nics jobs processes )]
--- response_headers eval
[("Content-Type: application/json\nContent-Length: 3") x 6]
--- response_body eval
[("[]\n") x 6]



=== TEST 19: getCPUInfo: null is an empty list
--- zos_data: null
--- request eval
[map { "GET /nodes/bad/$_" } qw( cpus disks mounts nics jobs processes )]
--- response_body eval
[("[]\n") x 6]



=== TEST 20: getDiskInfo: nodes of every generation
--- request eval
["GET /nodes/a/disks", "GET /nodes/b/disks", "GET /nodes/c/disks"]
--- response_body_like eval
[($::Disks) x 3]



=== TEST 21: getDiskInfo: the same in both shapes
--- request eval
["GET /nodes/a/disks", "GET /nodes/b/disks", "GET /nodes/c/disks"]
--- response_body_filters eval
[[\&::first], [\&::same], [\&::same]]
--- response_body_like eval
['^\[\{"device":', '^same$', '^same$']



=== TEST 22: getDiskInfo: an object with disks that hold their partitions
--- zos_data
{"blockdevices":[{"name":"sda","kname":"sda","maj:min":"8:0","fstype":null,
"mountpoint":null,"label":null,"uuid":null,"parttype":null,"partuuid":null,
"ra":"128","ro":"0","size":"107374182400","rota":"1","type":"disk",
"pkname":null,"children":[{"name":"sda1","kname":"sda1","fstype":"btrfs",
"mountpoint":"/mnt/storagepools/zos-cache","label":"zos-cache",
"partuuid":"2c9bd2d4-9f7a-4c4e-9d3b-57c1b7d2a111","size":"107372085248",
"rota":"1","type":"part","pkname":"sda"}]}]}
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/sda","size":100,"type":"hdd","partitions":[{"name":"/dev/sda1","size":99,"partuuid":"2c9bd2d4-9f7a-4c4e-9d3b-57c1b7d2a111","label":"zos-cache","fstype":"btrfs"}]}]



=== TEST 23: getDiskInfo: a flat list of disks and partitions
--- zos_data
[{"name":"sda","type":"disk","rota":"1","pkname":null,"start":0,
"end":107374182399,"size":107374182400,"blocksize":512,"table":"gpt",
"free":[{"start":17408,"end":1048575,"size":1031168}]},
{"name":"sda1","type":"part","rota":"1","pkname":"sda","label":"zos-cache",
"fstype":"btrfs","partuuid":"2c9bd2d4-9f7a-4c4e-9d3b-57c1b7d2a111",
"start":1048576,"end":107373133823,"size":107372085248,"blocksize":512,
"table":"","free":[]}]
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/sda","size":100,"type":"hdd","partitions":[{"name":"/dev/sda1","size":99,"partuuid":"2c9bd2d4-9f7a-4c4e-9d3b-57c1b7d2a111","label":"zos-cache","fstype":"btrfs"}]}]



=== TEST 24: getDiskInfo: partitions belong to their own disk, in order
--- zos_data
[{"name":"sdb1","type":"part","pkname":"sdb","size":1073741824},
{"name":"sdb","type":"disk","rota":"0","size":0},
{"name":"sda2","type":"part","pkname":"sda","size":1073741823},
{"name":"sda1","type":"part","pkname":"sda","size":2147483648},
{"name":"sda","type":"disk","rota":"0","size":0},
{"name":"s","type":"disk","rota":"0","size":0},
{"name":"md0","type":"raid1","pkname":"sda","size":0},
{"name":"sdx1","type":"part","pkname":null,"size":0}]
--- request
GET /nodes/bad/disks
--- response_body_like eval
my $part = sub { qq(\\{"name":"/dev/$_[0]","size":$_[1],"partuuid":"",)
                 . '"label":"","fstype":""\}' };
my $disk = sub { qq(\\{"device":"/dev/$_[0]","size":0,"type":"ssd",)
                 . qq("partitions":\\[$_[1]\\]\\}) };
my ($one, $two) = ($part->("sda1", 2), $part->("sda2", 0));
'^\[' . $disk->("s", "") . "," . $disk->("sda", "(?:$one,$two|$two,$one)")
. "," . $disk->("sdb", $part->("sdb1", 1)) . '\]$'



=== TEST 25: getDiskInfo: partitions are in the order of their names
--- zos_data
[{"name":"sda","type":"disk","rota":"0","size":0},
{"name":"sda2","type":"part","pkname":"sda","size":0},
{"name":"sda1","type":"part","pkname":"sda","size":0}]
--- request
GET /nodes/bad/disks
--- response_body_like: "name":"/dev/sda1".*"name":"/dev/sda2"



=== TEST 26: getDiskInfo: types, by rotation, size and name
--- zos_data
[{"name":"d01","type":"disk","rota":"1","size":"7696581394432"},
{"name":"d02","type":"disk","rota":"1","size":"7697655136256"},
{"name":"d03","type":"disk","rota":1,"size":7697655136256},
{"name":"d04","type":"disk","rota":true,"size":7697655136256},
{"name":"d05","type":"disk","rota":"0","size":"7697655136256"},
{"name":"d06","type":"disk","rota":0,"size":1073741824},
{"name":"d07","type":"disk","rota":false,"size":1073741824},
{"name":"d08","type":"disk","rota":null,"size":1073741824},
{"name":"d09","type":"disk","size":1073741824},
{"name":"nvme0n1","type":"disk","rota":"0","size":"1073741824"},
{"name":"nvme1n1","type":"disk","rota":false,"size":1073741824},
{"name":"nvme2n1","type":"disk","rota":"1","size":"1073741824"},
{"name":"x-nvme","type":"disk","rota":"0","size":"1073741824"}]
--- request
GET /nodes/bad/disks
--- response_body_filters eval
sub { my @found = $_[0] =~ m{"/dev/([^"]*)","size":(\d+),"type":"(\w+)"}g;
      my $text = "";
      while (my ($name, $size, $type) = splice @found, 0, 3) {
          $text .= "$name $size $type\n";
      }
      return $text }
--- response_body
d01 7168 hdd
d02 7169 archive
d03 7169 archive
d04 7169 archive
d05 7169 ssd
d06 1 ssd
d07 1 ssd
d08 1 ssd
d09 1 ssd
nvme0n1 1 nvme
nvme1n1 1 nvme
nvme2n1 1 hdd
x-nvme 1 nvme



=== TEST 27: getDiskInfo: one odd disk does not spoil the list
--- zos_data
{"blockdevices":[{"name":"a","type":"disk","rota":"0"},
{"name":"b","type":"disk","rota":"0","size":null},
{"name":"c","type":"disk","rota":"0","size":""},
{"name":"d","type":"disk","rota":"0","size":"big"},
{"name":"e","type":"disk","rota":"0","size":"-5368709120"},
{"name":"f","type":"disk","rota":"0","size":-5368709120},
{"name":"g","type":"disk","rota":"0","size":5368709120.5},
{"name":"h","type":"disk","rota":"0","size":[1]},
{"name":"i","type":"disk","rota":"0","size":"36893488147419103232"},
{"name":"j","type":"disk","rota":"0","size":"5368709120"}]}
--- request
GET /nodes/bad/disks
--- response_body eval
'[' . CORE::join(',', map { my $size = $_ eq 'j' ? 5 : 0;
    qq({"device":"/dev/$_","size":$size,"type":"ssd","partitions":[]}) }
    'a' .. 'j') . "]\n"



=== TEST 28: getDiskInfo: a disk without a name does not spoil the list
--- zos_data
[{"type":"disk","rota":"0","size":0},
{"name":null,"type":"disk","rota":"0","size":0},
{"name":"sda","type":"disk","rota":"0","size":0}]
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/sda","size":0,"type":"ssd","partitions":[]}]



=== TEST 29: getDiskInfo: devices that are no disks, disks without children
--- zos_data
{"blockdevices":[{"name":"loop0","type":"loop","rota":"1","size":"1"},
{"name":"sr0","type":"rom","rota":"1","size":"1073741312"},
{"name":"md0","type":"raid1","size":"1"},
{"name":"vda","rota":"0","size":"1","children":[]},
{"name":"vdb","type":"disk","rota":"0","size":"1","children":[
{"name":"vdb1","type":"part","size":null,"label":null,"children":[
{"name":"lv","type":"lvm","size":"1"}]}]}]}
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/vda","size":0,"type":"ssd","partitions":[]},{"device":"/dev/vdb","size":0,"type":"ssd","partitions":[{"name":"/dev/vdb1","size":0,"partuuid":"","label":"","fstype":""}]}]



=== TEST 30: getDiskInfo: null for children
--- zos_data
{"blockdevices":[{"name":"vda","type":"disk","rota":"0","size":"1",
"children":null}]}
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/vda","size":0,"type":"ssd","partitions":[]}]



=== TEST 31: getDiskInfo: no devices
--- zos_data: {"blockdevices":null}
--- request
GET /nodes/bad/disks
--- response_body
[]



=== TEST 32: getDiskInfo: what is no list of devices
--- zos_data: {"blockdevices":{"name":"sda"}}
--- request
GET /nodes/bad/disks
--- error_code: 502
--- response_body_like eval
$::UnknownShape



=== TEST 33: getNodeMounts: nodes of every generation
--- request eval
["GET /nodes/a/mounts", "GET /nodes/b/mounts", "GET /nodes/c/mounts"]
--- response_body_like eval
[($::Mounts) x 3]



=== TEST 34: getNodeMounts: every mount of the oldest, devices of the others
--- request eval
["GET /nodes/a/mounts", "GET /nodes/c/mounts"]
--- response_body_filters eval
[[::count(qr/\{"mountpoint":"\/proc","device":"proc"/)],
 [::count(qr/\{"mountpoint":"\/proc","device":"proc"/)]]
--- response_body_like eval
['^[1-9]\d*$', '^0$']



=== TEST 35: getNodeMounts: in the order of mount points, then devices
--- zos_data
[{"device":"/dev/b","mountpoint":"/mnt/b","fstype":"ext4","opts":"rw"},
{"device":"/dev/2","mountpoint":"/mnt","fstype":"btrfs","opts":"ro"},
{"device":"/dev/10","mountpoint":"/mnt","fstype":"btrfs","opts":"rw,a=\"b\""},
{"device":"/dev/a","mountpoint":"/","fstype":null,"extra":1}]
--- request
GET /nodes/bad/mounts
--- response_body
[{"mountpoint":"/","device":"/dev/a","opts":"","fstype":""},{"mountpoint":"/mnt","device":"/dev/10","opts":"rw,a=\"b\"","fstype":"btrfs"},{"mountpoint":"/mnt","device":"/dev/2","opts":"ro","fstype":"btrfs"},{"mountpoint":"/mnt/b","device":"/dev/b","opts":"rw","fstype":"ext4"}]



=== TEST 36: getMemInfo: nodes of every generation
--- request eval
["GET /nodes/a/mem", "GET /nodes/b/mem", "GET /nodes/c/mem"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
[($::Mem) x 3]



=== TEST 37: getMemInfo: the example of the document, digit by digit
--- zos_data
{"total":2102710272,"available":1454743552,"used":647966720,
"usedPercent":30.815787064362617,"free":1521983488,"active":197136384,
"inactive":323203072,"wired":0,"buffers":0,"cached":372428800,"writeback":0,
"dirty":8192,"writebacktmp":0,"shared":311296000,"slab":51277824,
"pagetables":2641920,"swapcached":0}
--- request
GET /nodes/bad/mem
--- response_body
[{"active":197136384,"available":1454743552,"buffers":0,"cached":372428800,"free":1521983488,"inactive":323203072,"total":2102710272,"used":647966720,"usedPercent":30.815787064362617,"wired":0}]



=== TEST 38: getMemInfo: integers beyond what a double holds
--- zos_data
{"total":9007199254740993,"available":9223372036854775807,
"used":9223372036854775808,"free":18446744073709551615,"active":-1,
"inactive":-9223372036854775808,"cached":1}
--- request
GET /nodes/bad/mem
--- response_body
[{"active":-1,"available":9223372036854775807,"buffers":0,"cached":1,"free":18446744073709551615,"inactive":-9223372036854775808,"total":9007199254740993,"used":9223372036854775808,"usedPercent":0,"wired":0}]



=== TEST 39: getMemInfo: an exponent, and more digits than a double has
--- zos_data: {"usedPercent":3.08157870643626170000001e+01}
--- request
GET /nodes/bad/mem
--- response_body_like: "usedPercent":3\.08157870643626170000001e\+01,



=== TEST 40: getMemInfo: a small exponent
--- zos_data: {"usedPercent":1E-7}
--- request
GET /nodes/bad/mem
--- response_body_like: "usedPercent":1E-7,



=== TEST 41: getMemInfo: a percentage without a fraction
--- zos_data: {"usedPercent":100}
--- request
GET /nodes/bad/mem
--- response_body_like: "usedPercent":100,



=== TEST 42: getMemInfo: a minus zero
--- zos_data: {"usedPercent":-0.0,"total":-0}
--- request
GET /nodes/bad/mem
--- response_body_like: "total":-0,"used":0,"usedPercent":-0\.0,



=== TEST 43: getMemInfo: members that are absent or null
--- zos_data: {"total":null,"usedPercent":null,"others":{"total":[1]}}
--- request
GET /nodes/bad/mem
--- response_body
[{"active":0,"available":0,"buffers":0,"cached":0,"free":0,"inactive":0,"total":0,"used":0,"usedPercent":0,"wired":0}]



=== TEST 44: getMemInfo: white space between the members
--- zos_data: { "total" : 1 , "nested" : { "total" : 2 } , "used" : 3 }
--- request
GET /nodes/bad/mem
--- response_body_like: "total":1,"used":3,"usedPercent"



=== TEST 45: getMemInfo: a string where an integer should be
--- zos_data: {"total":"2102710272"}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_like eval
$::UnknownShape



=== TEST 46: getMemInfo: a fraction where an integer should be
--- zos_data: {"total":1.5}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
$::UnknownShape



=== TEST 47: getMemInfo: an exponent where an integer should be
--- zos_data: {"total":2e9}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
$::UnknownShape



=== TEST 48: getMemInfo: a boolean where an integer should be
--- zos_data: {"wired":true}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
$::UnknownShape



=== TEST 49: getMemInfo: an object where a number should be
--- zos_data: {"usedPercent":{}}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
$::UnknownShape



=== TEST 50: getMemInfo: a list where an object should be
--- zos_data: [{"total":1}]
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/state", "GET /nodes/bad/info",
 "GET /nodes/bad/stats"]
--- error_code eval
[(502) x 4]
--- response_body_like eval
[($::UnknownShape) x 4]



=== TEST 51: getMemInfo: null where an object should be
--- zos_data: null
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/state", "GET /nodes/bad/info",
 "GET /nodes/bad/stats"]
--- error_code eval
[(502) x 4]



=== TEST 52: getMemInfo: an object where a list should be
--- zos_data: {"total":1}
--- request eval
["GET /nodes/bad/cpus", "GET /nodes/bad/mounts", "GET /nodes/bad/nics",
 "GET /nodes/bad/jobs", "GET /nodes/bad/processes"]
--- error_code eval
[(502) x 5]
--- response_body_like eval
[($::UnknownShape) x 5]



=== TEST 53: getMemInfo: a text where anything else should be
--- zos_data: "total"
--- request eval
[map { "GET /nodes/bad/$_" }
 qw( state cpus disks mounts mem nics info stats jobs processes )]
--- error_code eval
[(502) x 10]



=== TEST 54: getMemInfo: elements that are no objects
--- zos_data: [[]]
--- request eval
[map { "GET /nodes/bad/$_" } qw( cpus disks mounts nics jobs processes )]
--- error_code eval
[(502) x 6]



=== TEST 55: getMemInfo: a result that is not JSON
--- zos_fault: envelope:level0
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/cpus"]
--- error_code eval
[(502) x 2]
--- response_body_like eval
[($::UnknownShape) x 2]



=== TEST 56: getMemInfo: a result that claims to be JSON
--- zos_fault: envelope:datanotjson
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/cpus", "GET /nodes/bad/stats"]
--- error_code eval
[(502) x 3]



=== TEST 57: getNicInfo: nodes of every generation
--- request eval
["GET /nodes/a/nics", "GET /nodes/b/nics", "GET /nodes/c/nics"]
--- response_body_like eval
[($::Nics) x 3]



=== TEST 58: getNicInfo: the loopback of this machine
--- request
GET /nodes/c/nics
--- response_body_like eval
qr/\{"addrs":\["127\.0\.0\.1\/8"[^]]*\],"flags":\["up","loopback"[^]]*\],
   "hardwareaddr":"","mtu":65536,"name":"lo"\}/x



=== TEST 59: getNicInfo: addresses as texts, in the order of the names
--- zos_data
[{"mtu":65536,"name":"lo","hardwareaddr":"","flags":["up","loopback"],
"addrs":[{"addr":"127.0.0.1/8"},{"addr":"::1/128"}],"speed":0},
{"mtu":1500,"name":"eth0","hardwareaddr":"52:54:00:12:34:56",
"flags":["up","broadcast","multicast"],
"addrs":[{"addr":"192.168.57.10/24"}],"speed":4294967295},
{"mtu":1400,"name":"zt0","hardwareaddr":"","flags":null,"addrs":null},
{"mtu":1400,"name":"zt1","hardwareaddr":"","flags":[],"addrs":[]},
{"name":"zt2"}]
--- request
GET /nodes/bad/nics
--- response_body eval
'[{"addrs":["192.168.57.10/24"],"flags":["up","broadcast","multicast"],'
. '"hardwareaddr":"52:54:00:12:34:56","mtu":1500,"name":"eth0"},'
. '{"addrs":["127.0.0.1/8","::1/128"],"flags":["up","loopback"],'
. '"hardwareaddr":"","mtu":65536,"name":"lo"},'
. '{"addrs":[],"flags":[],"hardwareaddr":"","mtu":1400,"name":"zt0"},'
. '{"addrs":[],"flags":[],"hardwareaddr":"","mtu":1400,"name":"zt1"},'
. '{"addrs":[],"flags":[],"hardwareaddr":"","mtu":0,"name":"zt2"}]' . "\n"



=== TEST 60: getNicInfo: addresses that are no objects
--- zos_data: [{"name":"lo","addrs":["127.0.0.1/8"]}]
--- request
GET /nodes/bad/nics
--- error_code: 502
--- response_body_like eval
$::UnknownShape



=== TEST 61: getNicInfo: addresses that are no texts
--- zos_data: [{"name":"lo","addrs":[{"addr":1}]}]
--- request
GET /nodes/bad/nics
--- error_code: 502



=== TEST 62: getNicInfo: flags that are no list
--- zos_data: [{"name":"lo","flags":"up"}]
--- request
GET /nodes/bad/nics
--- error_code: 502



=== TEST 63: getNicInfo: flags that are no texts
--- zos_data: [{"name":"lo","flags":["up",null]}]
--- request
GET /nodes/bad/nics
--- error_code: 502



=== TEST 64: getNodeOSInfo: nodes of every generation
--- request eval
["GET /nodes/a/info", "GET /nodes/b/info", "GET /nodes/c/info"]
--- response_body_like eval
[::os("node-a"), ::os("node-b"), ::os("node-c")]



=== TEST 65: getNodeOSInfo: members of the answer, and others
--- zos_data
{"hostname":"zero-os-9bee8941b5","uptime":86211,"bootTime":1491898531,
"procs":131,"os":"linux","platform":"busybox","platformFamily":"",
"platformVersion":"1.26.2","kernelVersion":"4.9.21",
"virtualizationSystem":"kvm","virtualizationRole":"guest",
"hostid":"4c4c4544-0042-3510-8054-b4c04f4d4e32"}
--- request
GET /nodes/bad/info
--- response_body
{"bootTime":1491898531,"hostname":"zero-os-9bee8941b5","os":"linux","platform":"busybox","platformFamily":"","platformVersion":"1.26.2","procs":131,"uptime":86211,"virtualizationRole":"guest","virtualizationSystem":"kvm"}



=== TEST 66: getNodeOSInfo: no members at all
--- zos_data: {}
--- request
GET /nodes/bad/info
--- response_body
{"bootTime":0,"hostname":"","os":"","platform":"","platformFamily":"","platformVersion":"","procs":0,"uptime":0,"virtualizationRole":"","virtualizationSystem":""}



=== TEST 67: getNodeOSInfo: a command that fails, in the node's own words
--- zos_fault: state:ERROR:500:open "/proc/x": no such file
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body
{"error":"open \"/proc/x\": no such file"}



=== TEST 68: getNodeOSInfo: a code of the node that is for callers
--- zos_fault: state:ERROR:404:no such thing
--- request
GET /nodes/bad/info
--- error_code: 404
--- response_body
{"error":"no such thing"}



=== TEST 69: getNodeOSInfo: the largest code that is for callers
--- zos_fault: state:ERROR:499:odd
--- request
GET /nodes/bad/info
--- error_code: 499
--- response_body
{"error":"odd"}



=== TEST 70: getNodeOSInfo: a code that would be about the caller's token
--- zos_fault: state:ERROR:401:who are you
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"who are you"}



=== TEST 71: getNodeOSInfo: a code that would be about the caller's rights
--- zos_fault: state:ERROR:403:not for you
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"not for you"}



=== TEST 72: getNodeOSInfo: a code that would be about proxies
--- zos_fault: state:ERROR:407:not for you
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 73: getNodeOSInfo: a code below those for callers
--- zos_fault: state:ERROR:399:odd
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 74: getNodeOSInfo: a code above those for callers
--- zos_fault: state:ERROR:503:busy
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"busy"}



=== TEST 75: getNodeOSInfo: a program's exit status
--- zos_fault: state:ERROR:1001:failed
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 76: getNodeOSInfo: a failure without words
--- zos_fault: state:ERROR:500:
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"the command ended with state ERROR on node \"bad\""}



=== TEST 77: getNodeOSInfo: a command that takes the node too long
--- zos_fault: state:TIMEOUT:999:
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"the command ended with state TIMEOUT on node \"bad\""}



=== TEST 78: getNodeOSInfo: a command that is killed
--- zos_fault: state:KILLED:0:
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 79: getNodeOSInfo: many words are cut between characters
--- init
my $words = "\xc3\xa9" x 400;
core0_fault('C', "state:ERROR:500:$words");
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body_like eval
qr/\A\{"error":"(?:\xc3\xa9){200,400}"\}\n\z/



=== TEST 80: getNodeOSInfo: a node without the command
--- zos_fault: state:UNKNOWN_CMD:0:
--- request eval
[map { "GET /nodes/bad/$_" }
 qw( state cpus disks mounts mem nics info stats jobs processes )]
--- error_code eval
[(501) x 10]
--- response_headers eval
[("Content-Type: application/json") x 10]
--- response_body eval
[('{"error":"core0 of node \"bad\" is too old for this operation"}' . "\n")
 x 10]



=== TEST 81: getStats: nodes that have statistics
--- request eval
["GET /nodes/b/stats", "GET /nodes/c/stats"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 2]
--- response_body_like eval
[(qr/\A\{.*"machine\.memory\.ram\.available":\{"op":"A","last_value":[\d.e+]+,
    "last_time":\d+,"tags":\[.*\],"current":\{"300":\{"avg":.*\}\}.*\}\n\z/x)
 x 2]



=== TEST 82: getStats: a node that is too old
--- request
GET /nodes/a/stats
--- error_code: 501
--- response_headers
Content-Type: application/json
--- response_body
{"error":"core0 of node \"a\" is too old for this operation"}



=== TEST 83: getStats: a metric
--- request
GET /nodes/c/stats?key=machine.memory.ram.available
--- response_body_filters eval
::count(qr/"op":/)
--- response_body
1



=== TEST 84: getStats: a metric with a tag
--- request eval
["GET /nodes/c/stats?key=network.packets.rx&tag.id=lo",
 "GET /nodes/c/stats?tag.id=lo&tag.type=phys",
 "GET /nodes/c/stats?tag.id=lo&tag.type=none"]
--- response_body_like eval
['\A\{"network\.packets\.rx/lo":\{[^/]*\}\n\z',
 '\A\{"network\.\w+\.\w+/lo":.*,"network\.\w+\.\w+/lo":', '\A\{\}\n\z']



=== TEST 85: getStats: what the node is asked for
--- request eval
[map { "GET /nodes/c/stats$_" }
 "", "?", "?key=a.b", "?tag.id=vda&tag.type=phys", "?tag.a=1&key=k&tag.b=2",
 "?key=a%20b%22%5C%0A%C3%A9", "?tag.a%26b=c%3Dd", "?tag.id=", "?tag.=x",
 "?tag=x&tags.a=b&other=1", "?x&key=k&&", "?tag.a=b=c"]
--- response_body_filters eval
[([\&::arguments]) x 12]
--- response_body eval
["{}\n", "{}\n", '{"key":"a.b"}' . "\n",
 '{"tags":{"id":"vda","type":"phys"}}' . "\n",
 '{"key":"k","tags":{"a":"1","b":"2"}}' . "\n",
 '{"key":"a b\"\\\\\n' . "\xc3\xa9" . '"}' . "\n",
 '{"tags":{"a&b":"c=d"}}' . "\n", '{"tags":{"id":""}}' . "\n", "{}\n", "{}\n",
 '{"key":"k"}' . "\n", '{"tags":{"a":"b=c"}}' . "\n"]



=== TEST 86: getStats: a query behind a rewritten path
--- config
    location /api/ { rewrite ^/api(/.*)$ $1 break; zos on; }
--- request
GET /api/nodes/c/stats?key=a&tag.b=c
--- response_body_filters eval
\&::arguments
--- response_body
{"key":"a","tags":{"b":"c"}}



=== TEST 87: getStats: a query that is no UTF-8
--- config
    location / { zos on; zos_core0_accept_timeout 300ms; }
--- request eval
["GET /nodes/c/stats?key=%FF", "GET /nodes/c/stats?tag.a=%C3",
 "GET /nodes/c/stats?tag.%80=b"]
--- error_code eval
[(400) x 3]
--- response_headers eval
[("Content-Type: application/json") x 3]
--- response_body eval
[(qq({"error":"the query must be UTF-8"}\n)) x 3]



=== TEST 88: getStats: a query with a NUL
--- request
GET /nodes/c/stats?key=a%00b
--- response_body
{}



=== TEST 89: getStats: an object unchanged, whatever is in it
--- zos_data: {"b/c":{"op":"D","v":[1.50,-0,1E5,18446744073709551616]}, "a" : null,"b/c":2}
--- request
GET /nodes/bad/stats
--- response_body
{"b/c":{"op":"D","v":[1.50,-0,1E5,18446744073709551616]}, "a" : null,"b/c":2}



=== TEST 90: getStats: a large object unchanged
--- init
core0_fault('C', "data:$main::Large");
--- request eval
["GET /nodes/bad/stats", "HEAD /nodes/bad/stats"]
--- response_headers eval
[("Content-Length: " . (1 + length $::Large)) x 2]
--- response_body_filters eval
[["md5_hex"], []]
--- response_body eval
[Digest::MD5::md5_hex("$::Large\n"), ""]



=== TEST 91: getStats: no statistics
--- zos_data: {}
--- request
GET /nodes/bad/stats
--- response_body
{}



=== TEST 92: getMemInfo: HEAD, and a connection that stays open
--- pipelined_requests eval
["GET /nodes/c/mem", "GET /nodes/c/nodes", "GET /nodes/a/mem",
 "POST /nodes/b/ping", "HEAD /nodes/c/mem"]
--- error_code eval
[200, 404, 200, 200, 200]
--- response_body_like eval
[$::Mem, '^\{"error"', $::Mem, '^true$', '^$']



=== TEST 93: getMemInfo: HTTP/1.0, and a client that closes its half
--- request
GET /nodes/c/mem HTTP/1.0
--- response_body_like eval
$::Mem
