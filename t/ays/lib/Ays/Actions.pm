package Ays::Actions;

# What actions do: to the data of services and, for nodes and containers, to
# a core0d. A function here gets (repo, service, data, done); it dies with a
# text or a {message, code}, calls done with an error later, or returns.

use strict;
use warnings;

use Ays::Node;
use JSON::XS ();

my $Partitions = 0;
my $Ports = 5900;

sub status {
    my ($status) = @_;

    return sub { $_[2]{status} = $status; return };
}

# of functions that call done themselves
my %Later = (
    'node.reboot'       => \&reboot,
    'container.install' => \&container_start,
    'container.start'   => \&container_start,
    'container.stop'    => \&container_stop,
    'gateway.install'   => \&gateway_start,
    'gateway.start'     => \&gateway_start,
    'gateway.stop'      => \&gateway_stop,
    'gateway.uninstall' => \&gateway_uninstall,
);

my %Now = (
    'bridge.install'       => status('up'),
    'bridge.delete'        => status('down'),
    'storagepool.install'  => \&pool_install,
    'filesystem.install'   => \&filesystem_install,
    'fssnapshot.install'   => \&snapshot_install,
    'zerotier.install'     => \&zerotier_install,
    'zerotier.delete'      => status(''),
    'vm.install'           => \&vm_start,
    'vm.start'             => \&vm_start,
    'vm.stop'              => \&vm_stop,
    'vm.destroy'           => \&vm_stop,
    'vm.shutdown'          => \&vm_stop,
    'vm.pause'             => \&vm_pause,
    'vm.resume'            => \&vm_resume,
    'vm.migrate'           => sub { move_vm(@_[ 0, 1 ], $_[2]{node}) },
    'vdisk.install'        => status('halted'),
    'vdisk.import_vdisk'   => status('halted'),
    'vdisk_image.install'  => sub { $_[2]{size} ||= 2 },
    'storage_cluster.install' => status('ready'),
    'storage_cluster.delete'  => \&cluster_delete,
    'storagecluster.install'  => status('ready'),
    'storagecluster.delete'   => \&cluster_delete,
    'grafana.install'      => status('running'),
    'grafana.start'        => status('running'),
    'grafana.stop'         => status('halted'),
    'dashboard.install'    => \&dashboard_install,
    'dashboard.uninstall'  => status('halted'),
    'backup.install'       => \&backup_install,
);


sub perform {
    my ($repo, $service, $action, $done) = @_;

    my $name = "$service->{role}.$action";

    if (my $later = $Later{$name}) {
        return $later->($repo, $service, $service->{data}, $done);
    }

    $Now{$name}->($repo, $service, $service->{data}) if $Now{$name};
    $done->();
}


# ---- nodes and containers ----

sub reboot {
    my ($repo, $service, $data, $done) = @_;

    my @running = grep { $_->{role} eq 'vm' && $_->{data}{status} ne 'halted' }
                       $repo->children($service);

    if ($repo->{server}{templates} == 2018) {
        die { message => "vm $running[0]{name} is not halted", code => 400 }
            if @running && !$data->{forceReboot};
        $_->{data}{status} = 'halted' for @running;
    }

    Ays::Node::reboot($service, sub {
        return $done->(@_) if @_;
        $_->{data}{status} = 'halted'
            for grep { $_->{role} eq 'container' } $repo->children($service);
        $data->{status} = 'running';
        $done->();
    });
}


sub container_start {
    my ($repo, $service, $data, $done) = @_;

    Ays::Node::container_start($service->{parent}, $service, sub {
        return $done->(@_) if @_;
        $data->{status} = 'running';
        $data->{zerotiernodeid} //= '9a8b7c6d5e'
            if $repo->{server}{templates} == 2018
               && grep { $_->{type} eq 'zerotier' } @{ $data->{nics} // [] };
        $done->();
    });
}


sub container_stop {
    my ($repo, $service, $data, $done) = @_;

    Ays::Node::container_stop($service->{parent}, $service, sub {
        return $done->(@_) if @_;
        $data->{status} = 'halted';
        $done->();
    });
}


sub gateway_container {
    my ($repo, $service) = @_;

    return $repo->service('container', $service->{name})
        // die "no container $service->{name}\n";
}


sub gateway_status {
    my ($repo, $service, $status) = @_;

    $service->{data}{status} = $status
        if $repo->{server}{templates} == 2018;
}


sub gateway_start {
    my ($repo, $service, $data, $done) = @_;

    my $container = gateway_container($repo, $service);

    container_start($repo, $container, $container->{data}, sub {
        return $done->(@_) if @_;
        $container->{state} = $container->{actions}{install}{state} = 'ok';
        $data->{zerotiernodeid} = $container->{data}{zerotiernodeid}
            if $container->{data}{zerotiernodeid};
        gateway_status($repo, $service, 'running');
        $done->();
    });
}


sub gateway_stop {
    my ($repo, $service, $data, $done) = @_;

    my $container = gateway_container($repo, $service);

    container_stop($repo, $container, $container->{data}, sub {
        return $done->(@_) if @_;
        gateway_status($repo, $service, 'halted');
        $done->();
    });
}


sub gateway_uninstall {
    my ($repo, $service, $data, $done) = @_;

    gateway_stop($repo, $service, $data, sub {
        return $done->(@_) if @_;
        $repo->remove(gateway_container($repo, $service));
        delete $data->{container};
        $done->();
    });
}


# ---- storage ----

# A disk as a pool has it: the first partition.
sub new_device {
    my ($device) = @_;

    my $partition = $device =~ /\d$/ && $device =~ /nvme|mmc|loop/
                    ? "${device}p1" : "${device}1";

    return {
        device => $device =~ /[a-z]\d+$/ && $device !~ /nvme|mmc|loop/
                  ? $device : $partition,
        partUUID => sprintf('%08x-7d1c-4f6e-9d3b-%012x', 0x2c9b0000,
                            ++$Partitions),
        status => 'healthy',
    };
}


sub pool_install {
    my ($repo, $service, $data) = @_;

    $data->{devices} = [ map { new_device($_->{device}) }
                             @{ $data->{devices} // [] } ];
    $data->{status} = 'healthy';
}


sub filesystem_install {
    my ($repo, $service, $data) = @_;

    $data->{mountpoint} = "/mnt/storagepools/$data->{storagePool}"
                          . "/filesystems/$data->{name}";
    $data->{status} = 'running' if $repo->{server}{templates} == 2018;
}


sub snapshot_install {
    my ($repo, $service, $data) = @_;

    my $pool = $service->{parent}{data}{storagePool};

    $data->{path} = "/mnt/storagepools/$pool/snapshots/"
                    . "$data->{filesystem}/$service->{name}";
}


sub zerotier_install {
    my ($repo, $service, $data) = @_;

    %$data = (%$data, status => 'OK', type => 'private', mtu => 2800,
              name => 'overlay', mac => 'ee:99:7c:f4:11:42',
              broadcastEnabled => JSON::XS::true,
              allowManaged => JSON::XS::true,
              netconfRevision => 17, portDeviceName => 'zt0',
              assignedAddresses => [ '10.147.17.' . (10 + $Partitions++ % 200)
                                     . '/24' ],
              routes => [ { flags => 0, metric => 0, via => '',
                            target => '10.147.17.0/24' } ]);
}


# What was made for it goes with it.
sub cluster_delete {
    my ($repo, $service, $data) = @_;

    my @containers = map { $repo->service('container', $_) // () }
        @{ $data->{ardbs} // $data->{storageServers} // [] };
    my %pools = map { $_->{parent}{name} => $_->{parent} }
        map { $repo->service('filesystem', $_) // () }
            @{ $data->{filesystems} // [] };

    $repo->remove($_) for @containers, values %pools;
    $data->{$_} = [] for grep { exists $data->{$_} }
                              qw( ardbs storageServers filesystems );
    $data->{status} = 'empty';
}


# ---- virtual machines ----

sub vm_start {
    my ($repo, $service, $data) = @_;

    $data->{vnc} = $Ports++ if $data->{vnc} < 0;
    vm_status($repo, $data, 'running');
}


sub vm_stop {
    my ($repo, $service, $data) = @_;

    $data->{vnc} = -1;
    vm_status($repo, $data, 'halted');
}


sub vm_status {
    my ($repo, $data, $status) = @_;

    $data->{status} = $status;
    $_->{data}{status} = $status
        for map { $repo->service('vdisk', $_) // () }
                @{ $data->{vdisks} // [] };
}


sub vm_pause {
    my ($repo, $service, $data) = @_;

    $data->{status} = 'paused' if $data->{status} eq 'running';
}


sub vm_resume {
    my ($repo, $service, $data) = @_;

    $data->{status} = 'running' if $data->{status} eq 'paused';
}


sub move_vm {
    my ($repo, $service, $node) = @_;

    $service->{parent} = $repo->service('node', $node)
        // die "cannot migrate to node $node\n";
    $service->{data}{node} = $node;
}


# ---- the rest ----

sub dashboard_install {
    my ($repo, $service, $data) = @_;

    my $board = eval { JSON::XS->new->decode($data->{dashboard} // '') };

    die "the dashboard is not JSON\n" unless ref $board eq 'HASH';

    my $slug = lc($board->{title} // $service->{name});
    $slug =~ s/[^a-z0-9]+/-/g;
    $data->{slug} = $slug;
    $data->{status} = 'running';
}


sub backup_install {
    my ($repo, $service, $data) = @_;

    my $container = $repo->service('container', $data->{container})
        // die "no container $data->{container}\n";
    my $of = $container->{data};

    $data->{snapshot} = substr $service->{key}, -8;
    $data->{type} = 'container';
    $data->{timestamp} = int time;
    $data->{meta} = JSON::XS->new->canonical->encode({
        name => $container->{name}, nics => $of->{nics} // [], ports => {},
        node => $container->{parent}{data}{redisAddr} // '',
        hostname => $of->{hostname} // '', flist => $of->{flist} // '',
        host_network => $of->{hostNetworking} // JSON::XS::false,
        storage => $of->{storage} // '',
        init_processes => $of->{initProcesses} // [],
        privileged => $of->{privileged} // JSON::XS::false });
}

1;
