package Ays::Api;

# The REST API of AYS: requests become calls, see Ays::Calls, and faults are
# put in.

use strict;
use warnings;

use Ays::Calls;
use Ays::Control;
use Ays::Faults;
use Ays::Loop qw( after );
use Encode ();
use JSON::XS ();
use Time::HiRes ();

use constant LOG_MAX => 20000;  # requests kept

my $Json = JSON::XS->new->utf8->canonical->allow_nonref;

my @Routes = (
    [ 'GET',    '',                                   'root' ],
    [ 'GET',    'ays/repository',                     'repos_list' ],
    [ 'POST',   'ays/repository',                     'repo_create' ],
    [ 'GET',    'ays/repository/*',                   'repo_get' ],
    [ 'GET',    'ays/repository/*/service',           'service_all' ],
    [ 'GET',    'ays/repository/*/service/*',         'service_list' ],
    [ 'GET',    'ays/repository/*/service/*/*',       'service_get' ],
    [ 'DELETE', 'ays/repository/*/service/*/*',       'service_delete' ],
    [ 'GET',    'ays/repository/*/blueprint',         'blueprint_list' ],
    [ 'POST',   'ays/repository/*/blueprint',         'blueprint_create' ],
    [ 'GET',    'ays/repository/*/blueprint/*',       'blueprint_get' ],
    [ 'POST',   'ays/repository/*/blueprint/*',       'blueprint_execute' ],
    [ 'DELETE', 'ays/repository/*/blueprint/*',       'blueprint_delete' ],
    [ 'PUT',    'ays/repository/*/blueprint/*/archive', 'archive' ],
    [ 'GET',    'ays/repository/*/aysrun',            'run_list' ],
    [ 'POST',   'ays/repository/*/aysrun',            'run_create' ],
    [ 'GET',    'ays/repository/*/aysrun/*',          'run_get' ],
    [ 'GET',    'ays/repository/*/job/*',             'job_get' ],
);


# Of the server (see aysd); its requests come to the handler.
sub handler {
    my ($server) = @_;

    return sub {
        my ($request, $reply) = @_;

        return Ays::Control::request($server, $request, $reply)
            if $request->{path} =~ m{^/_ctl(?:/|$)};

        note($server, $request);
        my $fault = Ays::Faults::of_route(
            "$request->{method} $request->{path}"
            . (length $request->{query} ? "?$request->{query}" : ''));

        after($fault->{delay} // 0, sub { serve($server, $request, $fault,
                                                 $reply) }), return
            if $fault->{delay};
        serve($server, $request, $fault, $reply);
    };
}


sub note {
    my ($server, $request) = @_;

    my $log = $server->{requests};

    push @$log, { %{$request}{qw( method path query headers )},
                  body => Encode::decode('UTF-8',
                                         substr $request->{body}, 0, 1 << 20),
                  time => Time::HiRes::time() };
    shift @$log if @$log > LOG_MAX;
}


sub serve {
    my ($server, $request, $fault, $reply) = @_;

    exit 0 if $fault->{exit};

    my $instead = grep { exists $fault->{$_} }
                       qw( status body size type drop drip );
    my $answer = $instead && !$fault->{perform} ? {}
                                                : perform($server, $request);

    $answer->{$_} = $fault->{$_} for grep { exists $fault->{$_} }
        qw( status type body headers drop drip cut chunked close );
    $answer->{body} = 'x' x $fault->{size} if $fault->{size};
    $answer->{chunked} //= $server->{chunked};

    return $reply->($answer) unless $fault->{late};
    after($fault->{late}, sub { $reply->($answer) });
}


sub perform {
    my ($server, $request) = @_;

    my ($status, $value) = eval { route($server, $request) };

    ($status, $value) = (500, "Error: $@") unless defined $status;

    return ref $value || $status == 204
        ? { status => $status, body => ref $value eq 'SCALAR'
                ? $Json->encode($$value) : ref $value
                ? $Json->encode($value) : '' }
        : { status => $status, body => $value, type => 'text/plain' };
}


# (status, value): a string is text, a reference to one a JSON string.
sub route {
    my ($server, $request) = @_;

    return (401, 'Unauthorized') unless allowed($server, $request);

    my @path = map { decode($_) } split m{/}, substr($request->{path}, 1), -1;
    @path = ('') unless @path;
    my $known;

    for my $route (@Routes) {
        my ($method, $pattern, $name) = @$route;
        my $values = match($pattern, \@path) // next;

        $known = 1;
        next if $method ne $request->{method};
        next if $name eq 'job_get' && !$server->{modern};

        my $code = Ays::Calls->can($name);
        my $query = query($request->{query});
        return $code->($server, $request, $query, @$values)
            if $pattern !~ m{\*/};

        my $repo = $server->{repos}{ shift @$values }
            // return (404, { error => 'repository not found' });
        return $code->($repo, $request, $query, @$values);
    }

    return (404, 'Error: Requested URL ' . $request->{path} . ' not found')
        unless $known && !($path[3] // '' eq 'job' && !$server->{modern});
    return (405, "Error: Method $request->{method} not allowed for URL "
                 . $request->{path});
}


sub allowed {
    my ($server, $request) = @_;

    my $token = $server->{production} // return 1;
    my $headers = $request->{headers};

    return $1 eq $token if ($headers->{cookie} // '') =~ /\bjwt=([^;\s]*)/;
    return ($headers->{authorization} // '') =~ /^bearer (\S+)$/i
           && $1 eq $token;
}


# No segment is empty, but the only one of "/".
sub match {
    my ($pattern, $path) = @_;

    my @pattern = length $pattern ? split m{/}, $pattern : '';
    my @values;

    return unless @pattern == @$path;

    for my $n (0 .. $#pattern) {
        if ($pattern[$n] eq '*') {
            return unless length $path->[$n];
            push @values, $path->[$n];
        } elsif ($pattern[$n] ne $path->[$n]) {
            return;
        }
    }

    return \@values;
}


sub decode {
    my ($text) = @_;

    $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return Encode::decode('UTF-8', $text);
}


sub query {
    my ($text) = @_;

    return { map {
        my ($name, $value) = split /=/, $_, 2;
        tr/+/ / for $name, $value //= '';
        (decode($name) => decode($value));
    } split /&/, $text };
}

1;
