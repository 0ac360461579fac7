use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster;
use ZosNodes;

# What a node tells of itself, on nodes of every generation: whether it
# answers, its state, CPUs, mounts, network interfaces and system.

# A body filter: how often a pattern matches.
sub count {
    my ($pattern) = @_;

    return sub { my $n = () = $_[0] =~ /$pattern/g; return "$n\n" };
}


sub cpus { return scalar `nproc --all` }


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



=== TEST 18: getNodeMounts: nodes of every generation
--- request eval
["GET /nodes/a/mounts", "GET /nodes/b/mounts", "GET /nodes/c/mounts"]
--- response_body_like eval
[($::Mounts) x 3]



=== TEST 19: getNodeMounts: every mount of the oldest, devices of the others
--- request eval
["GET /nodes/a/mounts", "GET /nodes/c/mounts"]
--- response_body_filters eval
[[::count(qr/\{"mountpoint":"\/proc","device":"proc"/)],
 [::count(qr/\{"mountpoint":"\/proc","device":"proc"/)]]
--- response_body_like eval
['^[1-9]\d*$', '^0$']



=== TEST 20: getNodeMounts: in the order of mount points, then devices
--- zos_data
[{"device":"/dev/b","mountpoint":"/mnt/b","fstype":"ext4","opts":"rw"},
{"device":"/dev/2","mountpoint":"/mnt","fstype":"btrfs","opts":"ro"},
{"device":"/dev/10","mountpoint":"/mnt","fstype":"btrfs","opts":"rw,a=\"b\""},
{"device":"/dev/a","mountpoint":"/","fstype":null,"extra":1}]
--- request
GET /nodes/bad/mounts
--- response_body
[{"mountpoint":"/","device":"/dev/a","opts":"","fstype":""},{"mountpoint":"/mnt","device":"/dev/10","opts":"rw,a=\"b\"","fstype":"btrfs"},{"mountpoint":"/mnt","device":"/dev/2","opts":"ro","fstype":"btrfs"},{"mountpoint":"/mnt/b","device":"/dev/b","opts":"rw","fstype":"ext4"}]



=== TEST 21: getMemInfo: nodes of every generation
--- request eval
["GET /nodes/a/mem", "GET /nodes/b/mem", "GET /nodes/c/mem"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
[($::Mem) x 3]



=== TEST 22: getNicInfo: nodes of every generation
--- request eval
["GET /nodes/a/nics", "GET /nodes/b/nics", "GET /nodes/c/nics"]
--- response_body_like eval
[($::Nics) x 3]



=== TEST 23: getNicInfo: the loopback of this machine
--- request
GET /nodes/c/nics
--- response_body_like eval
qr/\{"addrs":\["127\.0\.0\.1\/8"[^]]*\],"flags":\["up","loopback"[^]]*\],
   "hardwareaddr":"","mtu":65536,"name":"lo"\}/x



=== TEST 24: getNicInfo: addresses as texts, in the order of the names
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



=== TEST 25: getNicInfo: addresses that are no objects
--- zos_data: [{"name":"lo","addrs":["127.0.0.1/8"]}]
--- request
GET /nodes/bad/nics
--- error_code: 502
--- response_body_like eval
::unknown_shape()



=== TEST 26: getNicInfo: addresses that are no texts
--- zos_data: [{"name":"lo","addrs":[{"addr":1}]}]
--- request
GET /nodes/bad/nics
--- error_code: 502



=== TEST 27: getNicInfo: flags that are no list
--- zos_data: [{"name":"lo","flags":"up"}]
--- request
GET /nodes/bad/nics
--- error_code: 502



=== TEST 28: getNicInfo: flags that are no texts
--- zos_data: [{"name":"lo","flags":["up",null]}]
--- request
GET /nodes/bad/nics
--- error_code: 502



=== TEST 29: getNodeOSInfo: nodes of every generation
--- request eval
["GET /nodes/a/info", "GET /nodes/b/info", "GET /nodes/c/info"]
--- response_body_like eval
[::os("node-a"), ::os("node-b"), ::os("node-c")]



=== TEST 30: getNodeOSInfo: members of the answer, and others
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



=== TEST 31: getNodeOSInfo: no members at all
--- zos_data: {}
--- request
GET /nodes/bad/info
--- response_body
{"bootTime":0,"hostname":"","os":"","platform":"","platformFamily":"","platformVersion":"","procs":0,"uptime":0,"virtualizationRole":"","virtualizationSystem":""}



=== TEST 32: getMemInfo: HEAD, and a connection that stays open
--- pipelined_requests eval
["GET /nodes/c/mem", "GET /nodes/c/nodes", "GET /nodes/a/mem",
 "POST /nodes/b/ping", "HEAD /nodes/c/mem"]
--- error_code eval
[200, 404, 200, 200, 200]
--- response_body_like eval
[$::Mem, '^\{"error"', $::Mem, '^true$', '^$']



=== TEST 33: getMemInfo: HTTP/1.0
--- request
GET /nodes/c/mem HTTP/1.0
--- response_body_like eval
$::Mem
