package Ays::Init;

# What the templates make when a service is created: in the blueprint call.

use strict;
use warnings;

my %Init = (
    container       => \&container,
    vm              => \&vm,
    gateway         => \&gateway,
    storage_cluster => \&cluster,
    storagecluster  => \&cluster,
);


sub created {
    my ($repo, $service) = @_;

    my $init = $Init{ $service->{role} } // return;
    $init->($repo, $service, $service->{data});
}


sub container {
    my ($repo, $service, $data) = @_;

    my @mounts = @{ $data->{mounts} // [] };
    my @bridges = grep { $_->{type} eq 'bridge' } @{ $data->{nics} // [] };

    $data->{filesystems} = [ map { $_->{filesystem} } @mounts ] if @mounts;
    $data->{bridges} = [ map { $_->{id} } @bridges ] if @bridges;
}


sub vm {
    my ($repo, $service, $data) = @_;

    $data->{vdisks} = [ map { $_->{vdiskid} } @{ $data->{disks} // [] } ];
}


# A service that another one makes for itself.
sub make {
    my ($repo, $actor, $name, $values) = @_;

    my $template = Ays::Template::actor($actor) // return;
    my $old = $repo->service($template->{role}, $name);
    return $old if $old;

    my $service = $repo->create($actor, $name, $values);
    created($repo, $service);
    return $service;
}


# Its container, and helpers in that.
sub gateway {
    my ($repo, $service, $data) = @_;

    my $name = $service->{name};
    my @nics = map {
        my %nic = %$_;
        delete @nic{qw( dhcpserver zerotierbridge )};
        $nic{config} = { %{ $nic{config} // {} } };
        \%nic;
    } @{ $data->{nics} // [] };

    make($repo, 'container', $name, {
        node => $data->{node}, hostname => $name, nics => \@nics,
        flist => 'https://hub.gig.tech/gig-official-apps/zero-os-gw.flist',
    });
    $data->{container} = $name;

    make($repo, $_, $name, { container => $name })
        for qw( firewall dhcp cloudinit );

    return make($repo, 'http', $name, { container => $name })
        if $repo->{server}{templates} == 2017;
    make($repo, 'http', "$name-$_", { container => $name, type => $_ })
        for qw( http https );
}


# A pool, filesystems, containers and servers on each node.
sub cluster {
    my ($repo, $service, $data) = @_;

    my $actor = $service->{actor};
    my ($server, $list, $kind)
        = $actor eq 'storage_cluster' ? ('ardb', 'ardbs', 'data')
        : $actor =~ /block/ ? ('storage_engine', 'storageServers', 'data')
        :                     ('zerostor', 'storageServers', 'data');
    my @nodes = @{ $data->{nodes} // [] };
    my @names = map { "${kind}_$_" } 1 .. $data->{nrServer};

    push @names, 'metadata_1' if $server eq 'ardb';
    $data->{status} = 'deploying';
    $data->{$_} = [] for 'filesystems', $list;

    for my $n (0 .. $#names) {
        my $node = $nodes[$n % @nodes];
        my $pool = "$service->{name}_$node";
        my $name = "$service->{name}_$names[$n]";

        make($repo, 'storagepool', $pool, {
            node => $node, dataProfile => 'single',
            metadataProfile => 'single' })->{data}{status} = 'healthy';
        make($repo, 'filesystem', $name,
             { name => $name, storagePool => $pool });
        make_server($repo, $server, $name, $node, 2000 + $n);

        push @{ $data->{filesystems} }, $name;
        push @{ $data->{$list} }, $name;
    }
}


sub make_server {
    my ($repo, $actor, $name, $node, $port) = @_;

    my $address = $repo->service('node', $node)->{data}{redisAddr}
                  || '127.0.0.1';
    my $helper = make($repo, 'container', $name, {
        node => $node, hostname => $name,
        flist => 'https://hub.gig.tech/gig-official-apps/ardb-rocksdb.flist',
        mounts => [ { filesystem => $name, target => '/mnt/data' } ] });
    my $server = make($repo, $actor, $name, {
        container => $name, bind => "$address:$port",
        $actor eq 'zerostor' ? (dataDir => '/mnt/data')
                             : (homeDir => '/mnt/data') });

    # its containers are not run: there may be hundreds of them
    $_->{data}{status} = 'running'
        for $helper, $actor eq 'ardb' ? () : $server;
    $_->{state} = 'ok', $_->{actions}{install}{state} = 'ok'
        for $helper, $server, $repo->service('filesystem', $name);
}

1;
