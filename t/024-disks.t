use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster;
use ZosNodes;

# Disks, in the shapes that the generations have, and odd ones.

# A body filter: "same" when the bodies of a block's requests are equal.
my $First;

sub first { return $First = shift }
sub same { return $_[0] eq $First ? "same\n" : $_[0] }


# The elements of a list, as a pattern for all of it.
sub list_of {
    my ($element) = @_;

    return qr/\A\[(?:$element(?:,(?!\])|(?=\])))+\]\n\z/;
}


my $string = qr/"(?:[^"\\]|\\.)*"/;

our $Disks = list_of(
    qr/\{"device":"\/dev\/\w+","size":\d+,"type":"(?:nvme|ssd|hdd|archive)",
        "partitions":\[(?:\{"name":"\/dev\/\w+","size":\d+,"partuuid":$string,
        "label":$string,"fstype":$string\},?)*\]\}/x);

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getDiskInfo: nodes of every generation
--- request eval
["GET /nodes/a/disks", "GET /nodes/b/disks", "GET /nodes/c/disks"]
--- response_body_like eval
[($::Disks) x 3]



=== TEST 2: getDiskInfo: the same in both shapes
--- request eval
["GET /nodes/a/disks", "GET /nodes/b/disks", "GET /nodes/c/disks"]
--- response_body_filters eval
[[\&::first], [\&::same], [\&::same]]
--- response_body_like eval
['^\[\{"device":', '^same$', '^same$']



=== TEST 3: getDiskInfo: an object with disks that hold their partitions
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



=== TEST 4: getDiskInfo: a flat list of disks and partitions
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



=== TEST 5: getDiskInfo: partitions belong to their own disk, in order
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



=== TEST 6: getDiskInfo: partitions are in the order of their names
--- zos_data
[{"name":"sda","type":"disk","rota":"0","size":0},
{"name":"sda2","type":"part","pkname":"sda","size":0},
{"name":"sda1","type":"part","pkname":"sda","size":0}]
--- request
GET /nodes/bad/disks
--- response_body_like: "name":"/dev/sda1".*"name":"/dev/sda2"



=== TEST 7: getDiskInfo: types, by rotation, size and name
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



=== TEST 8: getDiskInfo: one odd disk does not spoil the list
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



=== TEST 9: getDiskInfo: a disk without a name does not spoil the list
--- zos_data
[{"type":"disk","rota":"0","size":0},
{"name":null,"type":"disk","rota":"0","size":0},
{"name":"sda","type":"disk","rota":"0","size":0}]
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/sda","size":0,"type":"ssd","partitions":[]}]



=== TEST 10: getDiskInfo: devices that are no disks, disks without children
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



=== TEST 11: getDiskInfo: null for children
--- zos_data
{"blockdevices":[{"name":"vda","type":"disk","rota":"0","size":"1",
"children":null}]}
--- request
GET /nodes/bad/disks
--- response_body
[{"device":"/dev/vda","size":0,"type":"ssd","partitions":[]}]



=== TEST 12: getDiskInfo: no devices
--- zos_data: {"blockdevices":null}
--- request
GET /nodes/bad/disks
--- response_body
[]



=== TEST 13: getDiskInfo: what is no list of devices
--- zos_data: {"blockdevices":{"name":"sda"}}
--- request
GET /nodes/bad/disks
--- error_code: 502
--- response_body_like eval
::unknown_shape()
