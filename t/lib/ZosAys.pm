package ZosAys;

# AYS for a test file: starts t/ays/aysd, seeds it, and looks into it.
#
#     use lib 't/lib';
#     use Test::Nginx::Socket 'no_plan';
#     use ZosAys;
#
#     my $ays = ZosAys->start(mode => '9', templates => 2018);
#
#     no_root_location();
#     add_block_preprocessor(sub {
#         $_[0]->set_value('http_config', 'zos_zone zos:1m; '
#                                         . $ays->http_config);
#         $_[0]->set_value('config', $ays->config);
#     });
#
# Options of start: mode 9 or 8.2; templates 2018 or 2017, which is what goes
# with the mode; production => token; repository => name or [names];
# job_delay => seconds that a job takes; chunked => 1; name => of the
# upstream, "ays".
#
# Sections of blocks, Perl in the package of the test file:
#     zos_ays        runs before the requests, after a reset; such a block is
#                    not repeated
#     zos_ays_after  runs when the answers are there: is(), is_deeply()...
# In them and everywhere ays() is the server that was started last. After a
# block faults are gone and a server that has ended is started anew.

use strict;
use warnings;

use Exporter 'import';
use HTTP::Tiny;
use JSON::PP ();
use Test::More ();
use Test::Nginx::Util ();
use ZosProcess qw( spawn wait_for reserve_port temp_dir );

our @EXPORT = qw( ays );

my $Json = JSON::PP->new->utf8->canonical->allow_nonref;
my $Owner = $$;
my @Servers;

{
    no warnings 'once';
    *Test::Nginx::Util::ays = \&ays;
}


sub ays { return $Servers[-1] // die "no AYS has been started\n" }


sub start {
    my ($class, %option) = @_;

    my $self = bless { name => 'ays', %option, port => reserve_port(),
                       log => temp_dir('zos-ays') . '/aysd.log' }, $class;

    Test::Nginx::Util::add_block_preprocessor(\&prepare_block) if !@Servers;
    Test::Nginx::Util::add_test_cleanup_handler(\&after_block) if !@Servers;
    $ENV{TEST_NGINX_AYS_PORT} //= $self->{port};
    push @Servers, $self;

    $self->launch;
    return $self;
}


sub launch {
    my ($self) = @_;

    my @option = ('--listen', "127.0.0.1:$self->{port}");
    my $repositories = $self->{repository} // [];

    for my $name (qw( mode templates production job_delay )) {
        push @option, '--' . $name =~ tr/_/-/r, $self->{$name}
            if defined $self->{$name};
    }

    push @option, '--chunked' if $self->{chunked};
    push @option, '--repository', $_
        for ref $repositories ? @$repositories : $repositories;

    unlink $self->{log};
    $self->{process} = spawn([ 't/ays/aysd', @option ],
                             stdout => $self->{log});

    my $ready = wait_for {
        $self->log =~ /^aysd ready$/m || !$self->{process}->running
    } 10;

    die "aysd does not start:\n" . $self->log
        unless $ready && $self->{process}->running;
}


sub log {
    my ($self) = @_;

    open my $in, '<', $self->{log} or return '';
    local $/;
    return <$in> // '';
}


sub stop {
    my ($self) = @_;

    my $process = delete $self->{process} // return;

    $process->signal('CONT') if $process->running;
    $process->stop('TERM', 3)
        or Test::More::fail('aysd did not end when asked to');
}


sub signal { $_[0]{process}->signal($_[1]) }

sub port { $_[0]{port} }


# ---- nginx ----

sub http_config {
    my ($self) = @_;

    return "upstream $self->{name} { server 127.0.0.1:$self->{port}; "
           . "keepalive 8; }\n";
}


# The shipped snippet, for "zos_ays /_$self->{name};".
sub location {
    my ($self) = @_;

    open my $in, '<', 'conf/zos_ays.conf' or die "conf/zos_ays.conf: $!\n";
    my $text = join '', grep { !/^#/ } <$in>;

    $text =~ s{/_ays/}{/_$self->{name}/}g;
    $text =~ s{http://ays/}{http://$self->{name}/}g;
    return $text;
}


# All of a server: the API on it, with more directives in its location.
sub config {
    my ($self, $more) = @_;

    my $preset = $self->templates;

    $more //= '';
    return $self->location
           . "location / { zos on; zos_ays /_$self->{name}; "
           . "zos_ays_templates $preset; $more }\n";
}


sub templates {
    my ($self) = @_;

    return $self->{templates}
        // (($self->{mode} // '9') eq '8.2' ? 2017 : 2018);
}


# ---- control ----

sub control {
    my ($self, $method, $what, $value) = @_;

    my $url = "http://127.0.0.1:$self->{port}/_ctl/$what";
    my $answer = HTTP::Tiny->new(keep_alive => 0, timeout => 10)->request(
        $method, $url,
        defined $value ? { content => $Json->encode($value) } : ());

    die "aysd, $method $what: $answer->{status} $answer->{content}\n"
        unless $answer->{success};
    return $Json->decode($answer->{content});
}


sub reset { $_[0]->control(POST => 'reset'); return $_[0] }

# mode, templates, production, job_delay until the next reset
sub settings {
    my ($self, %settings) = @_;

    return $self->control(POST => 'settings', \%settings);
}


# service(container => 'c1', parent => 'node!n1', data => { flist => 'x' },
#         state => { install => 'error', '' => 'error' })
#
# A role or an actor. States are those of actions, '' is the service's own;
# by default install is ok and so is the service. Booleans are 1 and 0.
sub service {
    my ($self, $role, $name, %more) = @_;

    $self->control(POST => 'services',
                   { actor => $role, name => $name, %more });
    return $self;
}


# Several at once: [role, name, options...]...
sub seed {
    my ($self, @services) = @_;

    $self->control(POST => 'services', [ map {
        my ($role, $name, %more) = @$_;
        { actor => $role, name => $name, %more }
    } @services ]);
    return $self;
}


# Data only, unless redisAddr or a core0 => port of ZosCluster is given.
sub node {
    my ($self, $name, %data) = @_;

    my $port = delete $data{core0};

    @data{qw( redisAddr redisPort )} = ('127.0.0.1', $port) if $port;
    return $self->service(node => $name, data => {
        id => $name, hostname => "host-$name", %data });
}


# New values in what there is.
sub change {
    my ($self, $role, $name, %data) = @_;

    $self->control(PATCH => 'services',
                   { role => $role, name => $name, data => \%data });
    return $self;
}


sub delete {
    my ($self, $role, $name) = @_;

    $self->control(DELETE => "services/$role/$name");
    return $self;
}


# See t/ays/lib/Ays/Faults.pm, for example
#     fault(action => 'install', service => 'c1', fail => 'no disk', times => 1)
#     fault(route => 'POST .*/aysrun', status => 500, body => 'oh')
#     fault(steal => 1)
sub fault {
    my ($self, %fault) = @_;

    $self->control(POST => 'faults', \%fault);
    return $self;
}


# Creates a run of all that is scheduled, as another client.
sub run { $_[0]->control(POST => 'run'); return $_[0] }


sub clear_faults { $_[0]->control(DELETE => 'faults'); return $_[0] }


sub clear_requests { $_[0]->control(DELETE => 'requests'); return $_[0] }


# ---- what is there ----

# services, blueprints, runs, jobs: as the API has them
sub state { return $_[0]->control(GET => 'state') }


sub services {
    my ($self, $role) = @_;

    return grep { !defined $role || $_->{role} eq $role }
           @{ $self->state->{services} };
}


# One of them; undef if there is none.
sub get {
    my ($self, $role, $name) = @_;

    my ($service) = grep { $_->{name} eq $name } $self->services($role);
    return $service;
}


sub data {
    my ($self, $role, $name) = @_;

    my $service = $self->get($role, $name);
    return $service && $service->{data};
}


# action => state
sub actions {
    my ($self, $role, $name) = @_;

    my $service = $self->get($role, $name) // return;
    return { map { $_->{name} => $_->{state} } @{ $service->{actions} } };
}


sub names {
    my ($self, $role) = @_;

    return map { $_->{name} } $self->services($role);
}


# Those that are there, archived ones, too.
sub blueprints { return @{ $_[0]->state->{blueprints} } }

sub runs { return @{ $_[0]->state->{runs} } }

sub jobs { return @{ $_[0]->state->{jobs} } }


# Of the API: method, path, query, headers (names in lower case), body, time.
sub requests { return @{ $_[0]->control(GET => 'requests') } }


# "METHOD path?query" below the repository, without the looks at runs and
# jobs. Names of blueprints end before the time in them.
sub calls {
    my ($self) = @_;

    my @calls;

    for my $request ($self->requests) {
        my ($method, $path, $query) = @{$request}{qw( method path query )};

        next if $method eq 'GET' && $path =~ m{/(?:aysrun|job)/};
        $path =~ s{^/ays/repository/[^/]+/}{};
        $path =~ s{^(blueprint/.+?)_\d{10}(?:_\w+)?(?=/|$)}{$1};
        push @calls, "$method $path" . (length $query ? "?$query" : '');
    }

    return @calls;
}


# The decoded contents of the blueprints that were sent; the last in scalar
# context.
sub contents {
    my ($self) = @_;

    my @contents = map {
        JSON::PP->new->decode(JSON::PP->new->decode($_->{body})->{content})
    } grep { $_->{method} eq 'POST' && $_->{path} =~ m{/blueprint$} }
           $self->requests;

    return wantarray ? @contents : $contents[-1];
}


# Until no run and no job is left that has something to do.
sub idle {
    my ($self, $seconds) = @_;

    return wait_for {
        my $state = $self->state;
        !grep { $_->{state} =~ /^(?:new|running)$/ } @{ $state->{runs} },
                                                     @{ $state->{jobs} };
    } $seconds // 10;
}


# ---- blocks ----

sub prepare_block {
    my ($block) = @_;

    my $code = $block->zos_ays // return;

    $block->set_value(zos_once => '') unless defined $block->zos_once;
    $block->set_value(init => "ZosAys::section(<<'AYS_CODE');\n$code\n"
                              . "AYS_CODE\n" . ($block->init // ''));
}


sub section {
    my ($code) = @_;

    $_->reset for @Servers;
    evaluate($code);
}


sub evaluate {
    my ($code) = @_;

    eval "package main; no strict; no warnings; $code; 1" or die $@;
}


sub after_block {
    my ($block) = @_;

    if (defined $block->zos_ays_after && !defined $block->SKIP) {
        eval { evaluate($block->zos_ays_after); 1 }
            or Test::More::fail($block->name . " - zos_ays_after: $@");
    }

    for my $server (@Servers) {
        next unless $server->{process};
        $server->launch unless $server->{process}->running;
        $server->clear_faults;
        $server->clear_requests;
    }
}


END {
    # forked children of the test must not end it
    if ($$ == $Owner) {
        local $?;
        $_->stop for @Servers;
    }
}

1;
