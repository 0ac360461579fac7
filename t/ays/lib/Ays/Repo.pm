package Ays::Repo;

# A repository: its services, blueprints, runs and jobs.

use strict;
use warnings;

use Ays::Fields;
use Ays::Template;

my $Keys = 0;


sub new {
    my ($class, $name, $server) = @_;

    return bless {
        name => $name, server => $server, services => {}, blueprints => {},
        runs => {}, queue => [], jobs => {},
    }, $class;
}


# Looks like those of AYS, and is unique.
sub new_key {
    return sprintf '%032x', ++$Keys * 2654435761;
}


sub service {
    my ($repo, $role, $name) = @_;

    return $repo->{services}{"$role!$name"};
}


sub services {
    my ($repo) = @_;

    return map { $repo->{services}{$_} } sort keys %{ $repo->{services} };
}


# A new service from values that were sent; dies with a sentence.
sub create {
    my ($repo, $actor, $name, $values) = @_;

    my $template = Ays::Template::actor($actor)
        // die "No template $actor\n";

    die "Service name $name is not legal\n"
        unless $name =~ /^[\w.-]*[A-Za-z0-9][\w.-]*\z/;

    my $data = Ays::Fields::normalize($template->{fields}, $values,
                                      "$actor!$name");
    my $parent = $repo->parent($template, $data, $name);

    unless ($Ays::Fields::Seeding) {
        for my $field (values %{ $template->{fields} }) {
            die "$actor!$name: argument $field->{name} is missing\n"
                if $field->{required}
                   && !length($data->{ $field->{name} } // '');
        }

        for my $consumed (Ays::Template::consumed($template, $data)) {
            die "$actor!$name: no service $consumed->[0]!$consumed->[1]\n"
                unless $repo->service(@$consumed);
        }
    }

    return $repo->{services}{"$template->{role}!$name"} = {
        key => new_key(), name => $name, actor => $actor,
        role => $template->{role}, template => $template, data => $data,
        state => 'new', parent => $parent,
        actions => { init => { state => 'ok' },
                     map { $_ => { state => 'new' } }
                         @{ $template->{actions} } },
    };
}


sub parent {
    my ($repo, $template, $data, $name) = @_;

    my $role = $template->{parent} // return;
    my $field = $template->{parent_field};
    my $parent = $data->{$field} // '';

    return $repo->service($role, $parent)
        // die "$template->{actor}!$name: no parent $role!$parent\n";
}


# As AYS looks for them: all of it is one regular expression.
sub find {
    my ($repo, $name, $role, $parent) = @_;

    my $pattern = "$name:$role(\\.[^:]+)?:[^:]*:" . ($parent // '');
    $pattern .= '$' if defined $parent;
    my $match = qr/^$pattern/;

    return grep { entry($_) =~ $match } $repo->services;
}


sub entry {
    my ($service) = @_;

    my $parent = $service->{parent};

    return join ':', @{$service}{qw( name actor state )},
                     $parent ? "$parent->{actor}!$parent->{name}" : '';
}


sub producers {
    my ($repo, $service) = @_;

    my %seen;

    return grep { $_ && !$seen{ $_->{key} }++ }
        $service->{parent},
        map { $repo->service(@$_) }
            Ays::Template::consumed($service->{template}, $service->{data});
}


# By the roles and names of what they need: "role!name" => [services].
sub needs {
    my ($repo) = @_;

    my %needs;

    for my $service (grep { @{ $_->{template}{consume} } }
                          values %{ $repo->{services} })
    {
        my %names = map { join('!', @$_) => 1 }
            Ays::Template::consumed($service->{template}, $service->{data});
        push @{ $needs{$_} }, $service for keys %names;
    }

    return \%needs;
}


sub consumers {
    my ($repo, $service, $needs) = @_;

    $needs //= $repo->needs;
    return sort { $a->{name} cmp $b->{name} }
           @{ $needs->{"$service->{role}!$service->{name}"} // [] };
}


sub children {
    my ($repo, $service) = @_;

    return grep { $_->{parent} && $_->{parent} == $service } $repo->services;
}


sub subtree {
    my ($repo, $service) = @_;

    return $service, map { $repo->subtree($_) } $repo->children($service);
}


# Who would lack something without this service and what is below it.
sub needed_by {
    my ($repo, $service) = @_;

    my @subtree = $repo->subtree($service);
    my %inside = map { $_->{key} => 1 } @subtree;
    my $needs = $repo->needs;

    return grep { !$inside{ $_->{key} } }
           map { $repo->consumers($_, $needs) } @subtree;
}


sub remove {
    my ($repo, $service) = @_;

    for my $one ($repo->subtree($service)) {
        $one->{gone} = 1;
        delete $repo->{services}{"$one->{role}!$one->{name}"};
    }
}


sub path_of {
    my ($repo, $service) = @_;

    my $path = $service->{parent} ? $repo->path_of($service->{parent})
        : "/opt/var/ays_repos/$repo->{name}/services";

    return "$path/$service->{actor}!$service->{name}";
}

1;
