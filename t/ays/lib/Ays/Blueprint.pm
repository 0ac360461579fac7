package Ays::Blueprint;

# Blueprints: creating and executing them.

use strict;
use warnings;

use Ays::Check;
use Ays::Fields;
use Ays::Init;
use Ays::Run;
use Ays::Template;
use Digest::MD5 qw( md5_hex );
use Encode ();
use JSON::XS ();

# content is JSON in a string of characters
my $Json = JSON::XS->new->canonical->allow_nonref;


# Its content; dies where it is not JSON.
sub parse {
    my ($content) = @_;

    my $value = $Json->decode($content);

    die "not a mapping\n" unless ref $value eq 'HASH';
    return $value;
}


sub create {
    my ($repo, $name, $content) = @_;

    return $repo->{blueprints}{$name} = {
        name => $name, content => $content, archived => JSON::XS::false,
        path => "/opt/var/ays_repos/$repo->{name}/blueprints/$name",
        hash => md5_hex(Encode::encode_utf8($content)),
    };
}


# What the client gets: (status, value).
sub execute {
    my ($repo, $blueprint) = @_;

    my $content = eval { parse($blueprint->{content}) }
        // return (400, { error => 'blueprint is not valid' });
    my $second = int time;
    my $modern = $repo->{server}{modern};
    my @remarks;

    my $done = eval {
        apply_service($repo, $_, $content->{$_})
            for in_order($blueprint->{content}, $content);
        @remarks = map { schedule($repo, $_) }
                       @{ $content->{actions} // [] };
        1;
    };

    if (!$done) {
        chomp(my $error = $@);
        my $input = $error !~ s/ at \S+ line \d+\.?$//;
        return ($modern && $input ? 400 : 500, { error => $error });
    }

    my $msg = "Blueprint '$blueprint->{name}' executed";
    $msg .= "\n" . join "\n", @remarks if @remarks;

    return (200, { msg => $msg }) unless $modern;

    # foreign ones, too
    my @jobs = map { $_->{key} }
        grep { $_->{change} && int($_->{epoch}) >= $second }
        sort { $a->{epoch} <=> $b->{epoch} } values %{ $repo->{jobs} };

    return (200, { msg => $msg, processChangeJobs => \@jobs });
}


# The keys as they are in the text.
sub in_order {
    my ($text, $content) = @_;

    return sort { index($text, "\"$a\"") <=> index($text, "\"$b\"") }
           grep { $_ ne 'actions' } keys %$content;
}


sub apply_service {
    my ($repo, $key, $values) = @_;

    my ($actor, $name) = $key =~ /^([^:]+?)__([^:]+)$/
        or die "Blueprint key $key is not actor__name\n";
    my $template = Ays::Template::actor($actor)
        // die "Template $actor not found\n";
    my $service = $repo->service($template->{role}, $name);

    $values //= {};
    die "$key: a mapping is wanted\n" unless ref $values eq 'HASH';
    Ays::Check::input($repo, $template, $name, $values);

    if (!$service) {
        $service = $repo->create($actor, $name, $values);
        Ays::Init::created($repo, $service);
        return;
    }

    my $fields = $template->{fields};
    my $wanted = Ays::Fields::normalize($fields, $values, "$actor!$name");
    my @differ = grep {
        differs($repo, $service->{data}, $wanted, $_)
    } grep { defined $values->{$_} } keys %$values;

    Ays::Run::change($repo, $service,
                     { map { $_ => $wanted->{$_} } keys %$values })
        if @differ;
}


# An 8.2 server looks only at what the service already has.
sub differs {
    my ($repo, $data, $wanted, $name) = @_;

    return $repo->{server}{modern} unless exists $data->{$name};
    return $Json->encode($data->{$name}) ne $Json->encode($wanted->{$name});
}


# One element of "actions"; returns remarks.
sub schedule {
    my ($repo, $action) = @_;

    die "an action is a mapping\n" unless ref $action eq 'HASH';

    my @remarks;
    my ($actor, $name) = map { length($_ // '') ? qr/^$_$/ : qr/^/ }
                             @{$action}{qw( actor service )};

    for my $service ($repo->services) {
        next unless $service->{actor} =~ $actor && $service->{name} =~ $name;

        push @remarks, map { schedule_one($repo, $service, $_,
                                          $action->{force}) }
                           split /\s*,\s*/, $action->{action} // '';
    }

    return @remarks;
}


sub schedule_one {
    my ($repo, $service, $name, $force) = @_;

    my $action = $service->{actions}{$name}
        // die "No action $name in $service->{actor}\n";

    return if !$force && $action->{state} eq 'ok';

    if ($name eq 'delete' && $repo->{server}{modern}
        && $repo->needed_by($service))
    {
        return "Can not delete service $service->{role}!$service->{name}: "
            . 'it has consumers that need it';
    }

    $action->{state} = 'scheduled';
    $service->{state} = 'installing' if $name eq 'install';

    # the delete actions of what is below go with it
    return unless $name eq 'delete';
    return map { schedule_one($repo, $_, 'delete', 1) }
           grep { $_->{actions}{delete} } $repo->children($service);
}

1;
