package Ays::Template;

# The templates: which roles there are, their fields, parents and actions.
# A set of templates is that of 2017 or of 2018.

use strict;
use warnings;

use Ays::Fields;
use JSON::XS ();

# actor:role, when it is in one set only; the parent's role=its field;
# consumed roles=where their names are (?member=value: only of such elements);
# the actions besides install; then the fields, see Ays::Fields.
# A + before a name: 2018 only. A -: 2017 only. A #: not to be sent.
# An actor or role with - is that of 2017 and with + that of 2018.

my $Text = <<'END';
%% -node.g8os:node
! reboot uninstall monitor
id text; status E:running,halted; hostname text; networks [text]
redisAddr text; redisPort u32=6379; redisPassword text

%% +node.zero-os:node
! reboot uninstall monitor watchdog
id text; status E:running,halted,rebooting; hostname text; networks [text]
redisAddr text; redisPort u32=6379; redisPassword text
forceReboot bool; version text

%% container:container < node=node
& filesystem=mounts.filesystem bridge=nics.id?type=bridge
! start stop monitor watchdog
node text; status E:halted,running,+networkKilled; hostname text; flist text
initProcesses [initprocess]; #filesystems [text]; bridges [text]
nics [containernic]; hostNetworking bool; ports [text]; storage text
mounts [mount]; +zerotiernodeid text; privileged bool; identity text

%% bridge:bridge < node=node
! delete
hwaddr text; networkMode E:none,static,dnsmasq; nat bool; setting setting
status E:up,down,error; node text

%% storagepool:storagepool < node=node
! delete monitor
status E:healthy,degraded,error,unknown; totalCapacity u64; freeCapacity u64
metadataProfile E:raid0,raid1,raid5,raid6,raid10,dup,single
dataProfile E:raid0,raid1,raid5,raid6,raid10,dup,single
mountpoint text; devices [device]; node text

%% filesystem:filesystem < storagepool=storagePool
! delete
storagePool text; name text!; sizeOnDisk u32; readOnly bool; quota u32
mountpoint text; +status E:error,warning,running

%% fssnapshot:fssnapshot < filesystem=filesystem
! delete rollback
filesystem text; name text; path text; sizeOnDisk u32; timestamp u32

%% zerotier:zerotier < node=node
! delete monitor
nwid text; node text; allowDefault bool; allowGlobal bool; allowManaged bool
assignedAddresses [text]; bridge bool; broadcastEnabled bool; mac text
mtu u64; name text; netconfRevision u64; portDeviceName text; portError u64
routes [route]; status text; type E:private,public; dhcp bool; +token text

%% gateway:gateway < node=node
& container=container
! start stop uninstall
node text; status E:halted,running; hostname text; domain text!
nics [gatewaynic]; portforwards [portforward]; httpproxies [httpproxy]
container text; advanced bool; +zerotiernodeid text
+certificates [certificate]

%% firewall:firewall < container=container
! start stop
container text

%% dhcp:dhcp < container=container
! start stop
container text; +status text

%% cloudinit:cloudinit < container=container
! start stop
container text

%% http:http < container=container
! start stop
container text; type E:http,https

%% vm:vm < node=node
& vdisk=disks.vdiskid
! start stop pause resume shutdown +destroy migrate +export monitor
node text; status E:deploying,error,halted,running,paused,halting,
    migrating,starting,+networkKilled
id text; memory u16; cpu u16; nics [vmnic]; disks [disk]; #vdisks [text]
vnc i32=-1; -userCloudInit text; -systemCloudInit text
+backupUrl text; +cryptoKey text; +exportPath text

%% -vdisk:vdisk
& storage_cluster=storageCluster
! start pause rollback resize delete
size u64; blocksize u32; type E:boot,db,cache,tmp; templateVdisk text
readOnly bool; status E:halted,running,rollingback; storageCluster text
tlogStoragecluster text

%% +vdisk:vdisk < vdiskstorage=vdiskstorage
! start pause rollback resize delete import_vdisk export
size u64; blocksize u32; type E:boot,db,cache,tmp; imageId text
readOnly bool; status E:halted,running,rollingback,orphan; vdiskstorage text
timestamp i64; backupUrl text; cryptoKey text; snapshotID text

%% +vdiskstorage:vdiskstorage
& storagecluster=blockCluster storagecluster=objectCluster
& storagecluster=slaveCluster
! delete
blockCluster text!; objectCluster text; slaveCluster text

%% +vdisk_image:vdisk_image < vdiskstorage=vdiskstorage
! delete
ftpURL text; size u64; exportBlockSize u32=131072; diskBlockSize u32=4096
vdiskstorage text; exportName text; exportSnapshot text; encryptionKey text
overwrite bool

%% -storage_cluster:storage_cluster
& node=nodes ardb=ardbs filesystem=filesystems
! delete monitor
label text; status E:empty,deploying,ready,error; nrServer u32=256
diskType E:nvme,ssd,hdd,archive=ssd; filesystems [text]; ardbs [text]
nodes [text]

%% -ardb:ardb < container=container
! start stop
homeDir text; bind text; master text; container text

%% +storagecluster.block:storagecluster
& node=nodes storage_engine=storageServers filesystem=filesystems
! delete monitor
label text; status E:empty,deploying,ready,error; nrServer u32=256
diskType E:nvme,ssd,hdd,archive=ssd; filesystems [text]
storageServers [text]; nodes [text]

%% +storage_engine:storage_engine < container=container
! start stop
homeDir text; bind text; master text; container text
status E:halted,running,broken; enabled bool

%% +storagecluster.object:storagecluster
& node=nodes zerostor=storageServers filesystem=filesystems
! delete monitor
label text; status E:empty,deploying,ready,error,halting; nrServer u32=256
dataDiskType E:nvme,ssd,hdd,archive=hdd
metaDiskType E:nvme,ssd,hdd,archive=ssd; serversPerMetaDrive u32
filesystems [text]; storageServers [text]; nodes [text]; dataShards u32
parityShards u32; zerostorOrganization text; zerostorNamespace text
zerostorClientID text; zerostorSecret text

%% +zerostor:zerostor < container=container
! start stop
dataDir text; metaDir text; maxSizeMsg u8; bind text; container text
status E:halted,running

%% +etcd_cluster:etcd_cluster
! delete
status E:ok,error; nodes [text]

%% +grafana:grafana < node=node
& container=container
! start stop uninstall
node text; influxdb [text]; port u32=3000; url text; container text
status E:halted,running

%% +dashboard:dashboard < grafana=grafana
! uninstall
grafana text; dashboard text; slug text; status E:halted,running

%% +backup.container:backup
! delete
container text!; snapshot text; url text!; type text; meta text
timestamp i64

%% +healthcheck:healthcheck
healthchecks [healthcheck]

%% +webhook:webhook
! delete
url text; eventtypes [E:ork]
END

my $False = JSON::XS::false;
my %Set;                        # actor => template


# Of 2017 or 2018; before anything else here.
sub use_set {
    my ($year) = @_;

    Ays::Fields::use_set($year);
    %Set = ();

    for my $part (grep { /\S/ } split /^%% /m, $Text) {
        my ($head, @lines) = split /\n(?! )/, $part;
        my ($only, $actor, $role, $parent, $field) = $head
            =~ /^([+-]?)([\w.-]+):(\w+)(?: < (\w+)=(\w+))?$/
            or die "not a template: $head\n";

        next unless Ays::Fields::has($only);

        my %template = (actor => $actor, role => $role, consume => [],
                        parent => $parent, parent_field => $field,
                        actions => [ 'install' ], fields => {});

        read_line(\%template, s/\n +//gr) for @lines;
        $Set{$actor} = \%template;
    }
}


sub read_line {
    my ($template, $line) = @_;

    if ($line =~ s/^& //) {
        push @{ $template->{consume} }, map {
            my ($role, $list, $member, $name, $value)
                = /^(\w+)=(\w+)(?:\.(\w+))?(?:\?(\w+)=(\w+))?$/;
            { role => $role, list => $list, member => $member,
              only => defined $name ? [ $name, $value ] : undef }
        } split ' ', $line;

    } elsif ($line =~ s/^! //) {
        push @{ $template->{actions} },
             map { /^([+-]?)(\w+)/ && Ays::Fields::has($1) ? $2 : () }
                 split ' ', $line;

    } else {
        Ays::Fields::read_fields($template->{fields}, $line);
    }
}


sub actor {
    return $Set{ $_[0] };
}


# The only or the first actor of a role; an actor's name is taken, too.
sub of_role {
    my ($role) = @_;

    return $Set{$role} if $Set{$role};
    my ($actor) = grep { $Set{$_}{role} eq $role } sort keys %Set;
    return defined $actor ? $Set{$actor} : undef;
}


# Names of services that a service with such data consumes: [role, name].
sub consumed {
    my ($template, $data) = @_;

    my @found;

    for my $consume (@{ $template->{consume} }) {
        my $value = $data->{ $consume->{list} } // next;

        for my $item (ref $value eq 'ARRAY' ? @$value : $value) {
            my $only = $consume->{only};
            next if $only && ($item->{ $only->[0] } // '') ne $only->[1];

            my $name = $consume->{member} ? $item->{ $consume->{member} }
                                          : $item;
            push @found, [ $consume->{role}, $name ]
                if defined $name && length $name;
        }
    }

    return @found;
}

1;
