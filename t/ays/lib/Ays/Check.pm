package Ays::Check;

# What the templates' input refuses, beyond types and missing services.
# Everything here dies with a sentence.

use strict;
use warnings;

use Socket qw( inet_aton );

my %Check = (
    node        => \&node,
    container   => \&container,
    gateway     => \&gateway,
    vm          => \&vm,
    vdisk       => \&vdisk,
    vdisk_image => \&vdisk_image,
    storagecluster => \&cluster,
);


sub input {
    my ($repo, $template, $name, $values) = @_;

    my $check = $Check{ $template->{role} } // return;
    my $service = $repo->service($template->{role}, $name);

    $check->($repo, $name, $values, $service);
}


# Nodes come by themselves: the template would connect to nothing.
sub node {
    my ($repo, $name, $values, $service) = @_;

    die "node $name: can't connect to ''\n"
        unless $service || length($values->{redisAddr} // '');
}


sub container {
    my ($repo, $name, $values, $service) = @_;

    return if $service;

    for my $port (@{ $values->{ports} // [] }) {
        die "container $name: bad port $port\n" unless $port =~ /^\d+:\d+$/;
    }
}


sub gateway {
    my ($repo, $name, $values, $service) = @_;

    my $nics = $values->{nics};
    die "gateway $name: nics must be a list\n"
        if defined $nics && ref $nics ne 'ARRAY';
    return if $service && !defined $nics;

    gateway_nic($name, $_) for @{ $nics // [] };
    return if $repo->{server}{templates} == 2018;

    my @public = grep { length($_->{config}{gateway} // '') } @$nics;
    die "gateway $name: one nic with a gateway and one without are needed\n"
        unless @public && @public < @$nics;
}


sub gateway_nic {
    my ($gateway, $nic) = @_;

    my $name = $nic->{name} // '';
    my $where = "gateway $gateway, nic '$name'";
    my $config = $nic->{config} // {};

    die "$where: a name is needed, not starting with a digit\n"
        unless $name =~ /^[^\d]/;

    my $dhcp = $nic->{dhcpserver} // return;

    die "$where: dhcpserver without cidr\n"
        unless length($config->{cidr} // '');
    die "$where: dhcpserver without nameservers\n"
        unless @{ $dhcp->{nameservers} // [] };
    die "$where: dhcpserver on a public nic\n"
        if length($config->{gateway} // '');

    for my $host (@{ $dhcp->{hosts} // [] }) {
        die "$where: $host->{ipaddress} is not in $config->{cidr}\n"
            unless in_network($host->{ipaddress} // '', $config->{cidr});
    }
}


sub in_network {
    my ($address, $cidr) = @_;

    my ($network, $bits) = $cidr =~ m{^([\d.]+)/(\d+)$} or return 0;
    my ($a, $n) = map { /^[\d.]+$/ ? inet_aton($_) : undef }
                      $address, $network;
    return 0 unless defined $a && defined $n && $bits <= 32;

    my $mask = $bits ? ~0 << (32 - $bits) & 0xffffffff : 0;
    return (unpack('N', $a) & $mask) == (unpack('N', $n) & $mask);
}


sub vm {
    my ($repo, $name, $values, $service) = @_;

    return if $service;

    die "vm $name: memory is needed\n" unless $values->{memory};
    die "vm $name: cpu is needed\n" unless $values->{cpu};
    return if $repo->{server}{templates} == 2017;

    for my $disk (@{ $values->{disks} // [] }) {
        my $vdisk = $repo->service('vdisk', $disk->{vdiskid} // '') // next;
        my ($other) = grep { $_->{role} eq 'vm' } $repo->consumers($vdisk);

        die "vm $name: vdisk $vdisk->{name} is used by $other->{name}\n"
            if $other;
    }
}


sub vdisk {
    my ($repo, $name, $values, $service) = @_;

    my $size = $values->{size} // 0;

    if ($service) {
        die "vdisk $name: cannot shrink\n"
            if defined $values->{size} && $size < $service->{data}{size};
        return;
    }

    return if $repo->{server}{templates} == 2017;

    die "vdisk $name: size is more than 2048\n" if $size > 2048;
    return if length($values->{backupUrl} // '');

    my $image = $values->{imageId} // '';
    my $boot = ($values->{type} // 'boot') eq 'boot';

    die "vdisk $name: imageId is needed for boot disks, and only there\n"
        if $boot != (length $image > 0);
    return unless $boot;

    my $found = $repo->service('vdisk_image', $image);
    die "vdisk $name: no image $image in $values->{vdiskstorage}\n"
        unless $found && $found->{parent}
               && $found->{parent}{name} eq ($values->{vdiskstorage} // '');
}


sub vdisk_image {
    my ($repo, $name) = @_;

    die "vdisk_image $name: the name is longer than 16\n"
        if length $name > 16;
}


sub cluster {
    my ($repo, $name, $values, $service) = @_;

    return if $service;

    my $nodes = @{ $values->{nodes} // [] };
    my $servers = $values->{nrServer} // 256;

    die "storagecluster $name: no etcd_cluster\n"
        unless grep { $_->{role} eq 'etcd_cluster' } $repo->services;
    die "storagecluster $name: servers are no multiple of the nodes\n"
        if !$nodes || $servers <= 0 || $servers % $nodes;
    die "storagecluster $name: too many servers for a meta drive\n"
        if ($values->{serversPerMetaDrive} // 0) > $servers / $nodes;
}

1;
