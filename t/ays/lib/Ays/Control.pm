package Ays::Control;

# What tests ask for, below /_ctl/:
#
#   GET    state, requests               all there is; what has been received
#   POST   services  [{actor, name, data, parent, state}...]
#                                        seeds; an equal name is replaced
#   PATCH  services  [{role, name, data}...]      new values in what is there
#   DELETE services/ROLE/NAME
#   POST   faults    one, or a list; see Ays::Faults
#   DELETE faults, requests
#   POST   settings  {mode, templates, production, job_delay, chunked}
#   POST   reset     as at the start: nothing but empty repositories
#   POST   run       creates a run, as a foreign client would
#   POST   exit

use strict;
use warnings;

use Ays::Faults;
use Ays::Fields;
use Ays::Init;
use Ays::Repo;
use Ays::Run;
use Ays::Template;
use JSON::XS ();

my $Json = JSON::XS->new->utf8->canonical->allow_nonref->convert_blessed;

my %Calls = (
    'GET state'       => \&state,
    'GET requests'    => sub { $_[0]{requests} },
    'DELETE requests' => sub { $_[0]{requests} = []; {} },
    'POST services'   => \&seed,
    'PATCH services'  => \&patch,
    'POST faults'     => \&faults,
    'DELETE faults'   => sub { Ays::Faults::clear(); {} },
    'POST settings'   => sub { set(@_); {} },
    'POST reset'      => sub { reset_all($_[0]); {} },
    'POST run'        => sub { Ays::Run::create(repo($_[0]), []); {} },
    'POST exit'       => sub { exit 0 },
);


sub request {
    my ($server, $request, $reply) = @_;

    my ($path) = $request->{path} =~ m{^/_ctl/([^?]*)};
    my ($what, @rest) = split m{/}, $path // '';
    my $answer = eval {
        my $body = length $request->{body} ? $Json->decode($request->{body})
                                           : undef;

        if ("$request->{method} " . ($what // '') eq 'DELETE services') {
            remove($server, map { Ays::Api::decode($_) } @rest);
        } else {
            my $call = $Calls{"$request->{method} " . ($what // '')}
                // die "no such control\n";
            $call->($server, $body);
        }
    };

    return $reply->({ status => 400, type => 'text/plain', body => $@ })
        unless defined $answer;
    $reply->({ body => $Json->encode($answer) });
}


sub set {
    my ($server, $settings) = @_;

    @{$server}{ keys %$settings } = values %$settings;
    $server->{modern} = $server->{mode} ne '8.2';
    Ays::Template::use_set($server->{templates});
}


sub reset_all {
    my ($server) = @_;

    $_->{gone} = 1 for values %{ $server->{repos} };
    $server->{repos} = {};
    $server->{requests} = [];
    Ays::Faults::clear();
    set($server, $server->{options});
    new_repo($server, $_) for @{ $server->{repositories} };
}


# Clusters of 2018 want an etcd cluster: each repository has one.
sub new_repo {
    my ($server, $name) = @_;

    my $repo = $server->{repos}{$name} = Ays::Repo->new($name, $server);

    seed_one($repo, { actor => 'etcd_cluster', name => 'etcd', data => {} })
        if Ays::Template::actor('etcd_cluster');
    return $repo;
}


sub repo {
    my ($server, $name) = @_;

    return $server->{repos}{ $name // $server->{repositories}[0] }
        // die "no such repository\n";
}


sub list {
    my ($value) = @_;

    return ref $value eq 'ARRAY' ? @$value : $value;
}


sub seed {
    my ($server, $services) = @_;

    seed_one(repo($server, $_->{repository}), $_) for list($services);
    return {};
}


# A parent is "role!name"; the template's field for it is filled in.
sub seed_one {
    my ($repo, $seed) = @_;

    my $template = Ays::Template::of_role($seed->{actor} // $seed->{role})
        // die 'no template ' . ($seed->{actor} // $seed->{role}) . "\n";
    my %data = %{ $seed->{data} // {} };
    my $field = $template->{parent_field};

    if ($field && $seed->{parent}) {
        $data{$field} = $seed->{parent} =~ s/^[^!]*!//r;
    }

    local $Ays::Fields::Seeding = 1;
    my $service = $repo->create($template->{actor}, $seed->{name}, \%data);
    my %given = map { $_ => $service->{data}{$_} } keys %data;

    # what a template makes is made for seeds, too, where it is possible
    if ($template->{role} !~ /cluster/
        || @{ $data{nodes} // [] } && !$data{storageServers} && !$data{ardbs})
    {
        Ays::Init::created($repo, $service);
        $given{status} //= 'ready' if $template->{role} =~ /^storage_?cluster/;
    }

    %{ $service->{data} } = (%{ $service->{data} }, %given);

    my $state = $seed->{state} // {};
    my %action = ref $state ? %$state : ();

    $service->{state} = ref $state ? $action{''} // 'ok' : $state;
    $action{install} //= 'ok';
    delete $action{''};
    $service->{actions}{$_}{state} = $action{$_} for keys %action;
}


sub patch {
    my ($server, $services) = @_;

    for my $patch (list($services)) {
        my $service = repo($server)->service(@{$patch}{qw( role name )})
            // die "no service $patch->{role}!$patch->{name}\n";
        local $Ays::Fields::Seeding = 1;
        my $data = Ays::Fields::normalize($service->{template}{fields},
            { %{ $service->{data} }, %{ $patch->{data} } }, 'patch');

        %{ $service->{data} } = %$data;
        $service->{state} = $patch->{state} if $patch->{state};
    }

    return {};
}


sub remove {
    my ($server, $role, $name) = @_;

    my $repo = repo($server);
    my $service = $repo->service($role, $name)
        // die "no service $role!$name\n";

    $repo->remove($service);
    return {};
}


sub faults {
    my ($server, $faults) = @_;

    Ays::Faults::add($_) for list($faults);
    return {};
}


sub state {
    my ($server) = @_;

    my $repo = repo($server);
    my $needs = $repo->needs;

    return {
        services => [ map { Ays::Calls::service_view($repo, $_, $needs) }
                          $repo->services ],
        blueprints => [ map { $repo->{blueprints}{$_} }
                            sort keys %{ $repo->{blueprints} } ],
        runs => [ map { Ays::Run::show($repo, $_) }
                      grep { $_ } map { $repo->{runs}{$_} }
                           @{ $repo->{run_keys} // [] } ],
        jobs => [ map { Ays::Run::show_job($repo, $_) }
                      map { $repo->{jobs}{$_} }
                          sort keys %{ $repo->{jobs} } ],
        repositories => [ sort keys %{ $server->{repos} } ],
        requests => scalar @{ $server->{requests} },
    };
}

1;
