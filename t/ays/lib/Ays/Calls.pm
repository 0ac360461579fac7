package Ays::Calls;

# The calls of the REST API. One gets the server or, below a repository, that;
# the request, the decoded query, and what stands in the path. It returns a
# status and a value: a reference becomes JSON, a text is plain text.

use strict;
use warnings;

use Ays::Blueprint;
use Ays::Faults;
use Ays::Fields;
use Ays::Run;
use JSON::XS ();

my $Json = JSON::XS->new->utf8->canonical->allow_nonref;


# ---- repositories ----

sub root {
    my ($server) = @_;

    return (200, { name => 'AYS', version => $server->{mode} });
}


sub repos_list {
    my ($server) = @_;

    return (200, [ map { repo_view($_) } map { $server->{repos}{$_} }
                       sort keys %{ $server->{repos} } ]);
}


sub repo_view {
    my ($repo) = @_;

    return { name => $repo->{name}, path => "/opt/var/ays_repos/$repo->{name}",
             git_url => $repo->{git_url} // 'http://github.com/fake/fake' };
}


sub repo_get {
    my ($server, $request, $query, $name) = @_;

    my $repo = $server->{repos}{$name}
        // return (404, { error => 'repository not found' });
    return (200, repo_view($repo));
}


# The members of a body that are there and are texts; nothing if not all.
sub texts {
    my ($request, @names) = @_;

    my $body = eval { $Json->decode($request->{body}) };

    return unless ref $body eq 'HASH';
    return if grep { !defined $body->{$_} || ref $body->{$_} } @names;
    return map { $body->{$_} } @names;
}


sub repo_create {
    my ($server, $request) = @_;

    my ($name, $url) = texts($request, qw( name git_url ))
        or return (400, 'Error: name and git_url are required');

    return (409, { error => "repository $name exists" })
        if $server->{repos}{$name};

    my $repo = Ays::Control::new_repo($server, $name);
    $repo->{git_url} = $url;
    return (201, repo_view($repo));
}


# ---- services ----

sub service_all {
    my ($repo) = @_;

    return (200, [ map { { role => $_->{role}, name => $_->{name},
                           data => {} } } $repo->services ]);
}


sub service_list {
    my ($repo, $request, $query, $role) = @_;

    my @fields = split /\s*,\s*/, $query->{fields} // '';
    my @services = $repo->find('[^:]*', $role, $query->{parent});

    die "parent must be actor!name\n"
        if defined $query->{parent} && $query->{parent} !~ /!/;

    @services = consumers_of($repo, $query->{consume}, @services)
        if length($query->{consume} // '') && $repo->{server}{modern};

    my @views;

    for my $service (@services) {
        my %data;

        for my $name (@fields) {
            my $field = $service->{template}{fields}{$name}
                // return (400, \"field $name not found");
            $data{$name} = $service->{data}{$name}
                           // Ays::Fields::filled($field);
        }

        push @views, { role => $service->{role}, name => $service->{name},
                       data => \%data };
    }

    # in no order at all, and always the same one
    return (200, [ sort { scalar reverse($a->{name})
                          cmp scalar reverse($b->{name}) } @views ]);
}


sub consumers_of {
    my ($repo, $consume, @services) = @_;

    my ($role, $name) = $consume =~ /^(.*?)!(.*)$/
        or die "consume must be role!name\n";
    my %found = map { $_->{key} => 1 } map { $repo->consumers($_) }
                    $repo->find($name, $role);

    return grep { $found{ $_->{key} } } @services;
}


# Two that match are as none.
sub only_one {
    my ($repo, $role, $name) = @_;

    my @found = $repo->find($name, $role);

    return @found == 1 ? $found[0] : undef;
}


sub service_get {
    my ($repo, $request, $query, $role, $name) = @_;

    my $service = only_one($repo, $role, $name)
        // return (404, { error => "Service $role!$name not found" });

    return (200, service_view($repo, $service));
}


# The consumers of all services can be given.
sub service_view {
    my ($repo, $service, $needs) = @_;

    my $short = sub { { role => $_[0]{role}, name => $_[0]{name} } };
    my %view = (
        %{$service}{qw( key name role state data )},
        repository => $repo->{name}, path => $repo->path_of($service),
        parent => $service->{parent} ? $short->($service->{parent}) : undef,
        producers => [ map { $short->($_) } $repo->producers($service) ],
        consumers => [ map { $short->($_) }
                       $repo->consumers($service, $needs) ],
        children => [ map { $short->($_) } $repo->children($service) ],
        events => [], actions => [ map {
            { name => $_, state => $service->{actions}{$_}{state},
              recurring => undef,
              code => "def $_(job):\n    # the code of it\n    pass\n" }
        } sort keys %{ $service->{actions} } ],
    );

    $view{actor} = $service->{actor} if $repo->{server}{modern};
    return \%view;
}


sub service_delete {
    my ($repo, $request, $query, $role, $name) = @_;

    my $service = only_one($repo, $role, $name)
        // return (404, { error => "Service $role!$name not found" });

    die "Internal Server Error: service $role!$name is needed by others\n"
        if $repo->{server}{modern} && $repo->needed_by($service);

    $repo->remove($service);
    return (204, undef);
}


# ---- blueprints ----

sub blueprint_list {
    my ($repo) = @_;

    return (200, [ map { $repo->{blueprints}{$_} }
                       sort keys %{ $repo->{blueprints} } ]);
}


sub blueprint_create {
    my ($repo, $request) = @_;

    my ($name, $content) = texts($request, qw( name content ))
        or return (400, 'Error: name and content are required');

    return (400, 'Error: not a name of a blueprint') if $name !~ /^[^_\/]/;

    my $old = $repo->{blueprints}{$name};
    return (409, { error => "Blueprint $name exists" })
        if $old && !$old->{archived};

    return (400, "Error: the content is not valid: $@")
        unless eval { Ays::Blueprint::parse($content); 1 };
    return (201, Ays::Blueprint::create($repo, $name, $content));
}


sub blueprint_get {
    my ($repo, $request, $query, $name) = @_;

    my $blueprint = $repo->{blueprints}{$name}
        // return (404, { error => "Blueprint $name not found" });
    return (200, $blueprint);
}


sub blueprint_execute {
    my ($repo, $request, $query, $name) = @_;

    my $blueprint = $repo->{blueprints}{$name};
    return (404, { error => "Blueprint $name not found" })
        unless $blueprint && !$blueprint->{archived};

    my @answer = Ays::Blueprint::execute($repo, $blueprint);
    my $scheduled = grep { $_->{state} eq 'scheduled' && !$_->{run} }
        map { values %{ $_->{actions} } } $repo->services;

    if ($scheduled) {
        my $steal = Ays::Faults::steals();
        Ays::Run::create($repo, $steal->{retries} // []) if $steal;
    }

    return @answer;
}


sub archive {
    my ($repo, $request, $query, $name) = @_;

    my $blueprint = $repo->{blueprints}{$name};
    return (404, { error => "Blueprint $name not found" })
        unless $blueprint && !$blueprint->{archived};

    $blueprint->{archived} = JSON::XS::true;
    return (200, { msg => "Blueprint $name archived" });
}


sub blueprint_delete {
    my ($repo, $request, $query, $name) = @_;

    delete $repo->{blueprints}{$name}
        // return (404, { error => "Blueprint $name not found" });
    return (204, undef);
}


# ---- runs and jobs ----

sub run_list {
    my ($repo) = @_;

    return (200, [ map { { key => $_, state => $repo->{runs}{$_}{state},
                           epoch => int $repo->{runs}{$_}{epoch} } }
                       sort keys %{ $repo->{runs} } ]);
}


sub run_create {
    my ($repo, $request, $query) = @_;

    my $retries = $repo->{server}{modern} ? $query->{retries} : undef;
    my $delays;

    if (length($retries // '')) {
        return (400, { error => 'retries must be numbers' })
            if $retries !~ /^\s*\d+\s*(?:,\s*\d+\s*)*$/;
        $delays = [ grep { $_ } map { 0 + $_ } split /\s*,\s*/, $retries ];
    }

    return (200, Ays::Run::show($repo, Ays::Run::create($repo, $delays)));
}


sub run_get {
    my ($repo, $request, $query, $key) = @_;

    my $run = $repo->{runs}{$key}
        // return (404, { error => "No run found with key $key" });
    return (200, Ays::Run::show($repo, $run));
}


sub job_get {
    my ($repo, $request, $query, $key) = @_;

    my $job = $repo->{jobs}{$key};
    return (404, { error => "No job found with key $key" })
        unless $job && !$job->{service}{gone};
    return (200, Ays::Run::show_job($repo, $job));
}

1;
