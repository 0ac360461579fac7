package Ays::Change;

# The templates' processChange. Lists are the complete wanted state. What is
# not known here is ignored, as the templates do.

use strict;
use warnings;

use Ays::Actions;

my %Change = (
    container   => \&container,
    gateway     => \&gateway,
    storagepool => \&storagepool,
    vm          => \&vm,
    vdisk       => \&vdisk,
    node        => sub { store(@_[ 1, 2 ], 'forceReboot') },
    grafana     => sub { store(@_[ 1, 2 ], 'url') },
    webhook     => sub { store(@_[ 1, 2 ], qw( url eventtypes )) },
);


# The arguments are as sent, not merged. Dies, or calls done with an error,
# or with nothing.
sub perform {
    my ($repo, $service, $args, $done) = @_;

    my $change = $Change{ $service->{role} };

    $change->($repo, $service, $args) if $change;
    $done->();
}


sub store {
    my ($service, $args, @names) = @_;

    for my $name (grep { exists $args->{$_} } @names) {
        $service->{data}{$name} = $args->{$name};
    }
}


# Nics are told apart by type and id; a changed config is not seen.
sub container {
    my ($repo, $service, $args) = @_;

    my $nics = $args->{nics} // return;
    my $data = $service->{data};
    my %stored = map { ("$_->{type}:" . ($_->{id} // '') => $_) }
                     @{ $data->{nics} // [] };
    my %seen;

    for my $nic (@$nics) {
        my $id = $nic->{id} // '';

        die "nic $nic->{type}:$id twice\n" if $seen{"$nic->{type}:$id"}++;
        die { message => "bridge $id not found", code => 400 }
            if $nic->{type} eq 'bridge' && !$repo->service('bridge', $id);
    }

    $data->{nics} = [ map { $stored{ "$_->{type}:" . ($_->{id} // '') } // $_ }
                          @$nics ];
    $data->{bridges} = [ map { $_->{id} } grep { $_->{type} eq 'bridge' }
                         @$nics ];
}


sub gateway {
    my ($repo, $service, $args) = @_;

    my $data = $service->{data};
    my $modern = $repo->{server}{templates} == 2018;

    if ($modern && ($args->{node} // '') ne $data->{node}) {
        my $node = $args->{node} // 'None';
        my $target = $repo->service('node', $node)
            // die "cannot migrate to node $node\n";

        for my $moved ($service, $repo->service('container',
                                                $service->{name}) // ())
        {
            $moved->{data}{node} = $node;
            $moved->{parent} = $target;
        }
    }

    my %args = %$args;
    delete $args{httpproxies}
        if !$modern && !@{ $args{httpproxies} // [] };
    delete $args{advanced} unless $args{advanced};

    store($service, \%args, qw( domain nics portforwards httpproxies advanced
                                certificates ));
}


# /dev/sda is /dev/sda1, once it is in the pool.
sub storagepool {
    my ($repo, $service, $args) = @_;

    my $wanted = $args->{devices} // return;
    my $stored = $service->{data}{devices} // [];

    $service->{data}{devices} = [ map {
        my $device = $_->{device};
        my ($known) = grep { index($_->{device}, $device) == 0 } @$stored;
        $known // Ays::Actions::new_device($device);
    } @$wanted ];
}


sub vm {
    my ($repo, $service, $args) = @_;

    my $data = $service->{data};
    my $modern = $repo->{server}{templates} == 2018;

    if (defined $args->{node} && $args->{node} ne $data->{node}) {
        die "vm is $data->{status}, cannot migrate\n"
            unless !$modern || $data->{status} =~ /^(?:running|halted)$/;
        return $data->{node} = $args->{node} unless $modern;
        Ays::Actions::move_vm($repo, $service, $args->{node});
    }

    die "no running domain\n"
        if !$modern && $data->{status} eq 'halted';

    store($service, $args, qw( memory cpu nics disks backupUrl cryptoKey
                               exportPath ));
    $data->{vdisks} = [ map { $_->{vdiskid} } @{ $data->{disks} } ]
        if $args->{disks};
}


sub vdisk {
    my ($repo, $service, $args) = @_;

    my $data = $service->{data};

    die "vdisk is $data->{status}, cannot roll back\n"
        if $args->{timestamp} && $data->{status} ne 'halted';
    store($service, $args, qw( size timestamp ));
}

1;
