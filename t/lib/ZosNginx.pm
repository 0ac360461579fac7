package ZosNginx;

# An nginx of a test's own, for what blocks cannot say: many requests at a
# time, signals, workers that die, clients that leave, reloads in the middle.
#
#     my $nginx = ZosNginx->start(http => 'zos_zone zos:1m; ...');
#     my $answer = $nginx->request('GET /nodes/n/mem');
#     is_answer($answer, 'a name', status => 504, reason => 'timeout',
#               within => 1.5);
#     $nginx->stop;
#
# Options of start and reload: http and main are configuration, config is
# that of the server (default: all of it is the API), workers a number, 0
# without a master, listen are options of the listening socket, user is that
# of the workers, where the test is root.
#
# Works under both libraries, and with both of the nginx that t/tools/run
# names. What the logs of an nginx must never contain is a failed test when
# it stops.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Test::More ();
use Time::HiRes qw( time );
use ZosNginx::Client;
use ZosProcess qw( spawn wait_for reserve_port temp_dir );

our @EXPORT = qw( is_answer );

# sanitizers take their time
my $Slow = $ENV{ASAN_OPTIONS} ? 3 : 1;


sub start {
    my ($class, %option) = @_;

    my $self = bless {
        dir => temp_dir('zos-nginx'), port => reserve_port(), judged => 0,
    }, $class;

    mkdir "$self->{dir}/$_" for qw( logs conf );
    $self->write_config(%option);
    $self->launch;
    return $self;
}


sub launch {
    my ($self) = @_;

    my $dir = $self->{dir};
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';

    $self->{master} = spawn(
        [ $binary, '-p', "$dir/", '-e', "$dir/logs/error.log",
          '-c', "$dir/conf/nginx.conf" ], stdout => "$dir/logs/stderr.log");

    # the file is written once the listening sockets are open
    my $ready = wait_for {
        !$self->{master}->running
            || -s "$dir/logs/nginx.pid"
               && $self->worker_pids == $self->{workers}
    } 10 * $Slow;

    die "nginx does not start:\n" . $self->tail
        unless $ready && $self->{master}->running;
}


sub write_config {
    my ($self, %option) = @_;

    $option{$_} = $self->expand($option{$_} // '') for qw( main http );
    $option{config} = $self->expand($option{config}
                                    // 'location / { zos on; }');
    $option{workers} //= 1;
    $option{listen} //= '';
    $self->{workers} = $option{workers};

    my $load = join ' ', map { "load_module $_;" }
                         split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $user = $> == 0 ? 'user ' . ($option{user} // 'root') . ';' : '';
    my $dir = $self->{dir};
    my @temp = map { "${_}_temp_path $dir/$_;" }
               qw( client_body proxy fastcgi scgi uwsgi );

    open my $out, '>', "$dir/conf/nginx.conf" or die "nginx.conf: $!\n";
    print $out <<"CONF";
$load $user $option{main}
daemon off;
pid $dir/logs/nginx.pid;
error_log $dir/logs/error.log debug;
worker_processes @{[ $option{workers} || 1 ]};

events {
    accept_mutex off;
    worker_connections 1024;
}

http {
    access_log $dir/logs/access.log;
    @temp
$option{http}
    server {
        listen 127.0.0.1:$self->{port} $option{listen};
        add_header X-Reason \$zos_error always;
        add_header X-Pid \$pid always;
$option{config}
    }
}
CONF
    close $out;
}


sub expand {
    my ($self, $text) = @_;

    $text =~ s{\$(TEST_NGINX_[_A-Z0-9]+)}
              {$ENV{$1} // die "no environment variable $1\n"}ge;
    return $text;
}


sub port { $_[0]{port} }

sub pid { $_[0]{master}->pid }

sub signal { $_[0]{master}->signal($_[1]) }

sub running { $_[0]{master}->running }

# True once the master has gone by itself.
sub ended { $_[0]{master}->ended($_[1]) }


# The processes that take requests; with a true argument those that finish
# what an earlier configuration began.
sub worker_pids {
    my ($self, $leaving) = @_;

    my $pid = $self->pid;
    my @found;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;

    for my $child (split ' ', <$in> // '') {
        open my $file, '<', "/proc/$child/cmdline" or next;
        my $title = <$file> // '';
        next unless $title =~ /^nginx: worker process/;
        push @found, $child
            if !$leaving == ($title !~ /shutting down/);
    }

    return @found;
}


# A connection to each worker, as { pid, client }. The workers must have
# listening sockets of their own (listen => 'reuseport'), where the kernel
# chooses one by the client's port.
sub pinned {
    my ($self) = @_;

    my %client;

    for (1 .. 200) {
        my $client = ZosNginx::Client->connect($self->{port});

        $client->send('GET /nodes');
        $client{ $client->answer->{header}{'x-pid'} } //= $client;
        return map { { pid => $_, client => $client{$_} } } sort keys %client
            if keys %client == $self->{workers};
    }

    die "all connections go to the same worker\n";
}


# Returns the pids of the workers that the reload replaced; they may still
# have requests to finish.
sub reload {
    my ($self, %option) = @_;

    my %old = map { $_ => 1 } $self->worker_pids, $self->worker_pids(1);

    $self->write_config(%option);
    $self->signal('HUP');

    my $done = wait_for {
        my @now = $self->worker_pids;
        @now == $self->{workers} && !grep { $old{$_} } @now;
    } 10 * $Slow;

    die "nginx did not reload:\n" . $self->tail unless $done;
    return keys %old;
}


# Sends a request, "METHOD path" and maybe a body behind an empty line, on a
# connection of its own. See ZosNginx::Client for what can be done with it.
sub send {
    my ($self, $request, %option) = @_;

    my $client = ZosNginx::Client->connect($self->{port});

    $client->send($request, close => 1, %option);
    return $client;
}


sub request {
    my ($self, $request, %option) = @_;

    return $self->send($request, %option)->answer;
}


# All at the same time; the answers in the order of the requests.
sub parallel {
    my ($self, @requests) = @_;

    return ZosNginx::Client::answers(map { $self->send($_) } @requests);
}


sub log {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/logs/error.log" or return '';
    local $/;
    return <$in> // '';
}


sub tail {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/logs/stderr.log";
    my @lines = grep { !/\[debug\]/ }
                ($self->log =~ /^(.*\n)/mg), $in ? <$in> : ();

    splice @lines, 0, -20;
    return join '', @lines;
}


# True when a line of the log matches within a second or so.
sub logs {
    my ($self, $pattern) = @_;

    return wait_for { $self->log =~ $pattern } 1.5 * $Slow;
}


# The same for the access log.
sub accesses {
    my ($self, $pattern) = @_;

    return wait_for {
        open my $in, '<', "$self->{dir}/logs/access.log" or return 0;
        grep { $_ =~ $pattern } <$in>;
    } 1.5 * $Slow;
}


# Ends it, and judges its logs. Signals other than QUIT do not wait.
sub stop {
    my ($self, $signal) = @_;

    my $master = $self->{master};
    my $alive = $master->running;
    my $ended = $master->stop($signal // 'QUIT', 10 * $Slow);

    Test::More::fail('nginx did not end when asked to') unless $ended;
    Test::More::fail('nginx ended with status ' . $master->status)
        if $alive && $ended && $master->status != 0;
    $self->judge;
    return $ended;
}


# Alerts, and reports of sanitizers, which go to the log or to stderr.
sub judge {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/logs/stderr.log";
    my $text = join '', $self->log, $in ? <$in> : ();
    my @found = grep { !$self->{expected} || !/$self->{expected}/ }
                $text =~ /^(.*\[(?:alert|emerg)\].*
                            |.*runtime\ error:.*
                            |.*ERROR:\ \w+Sanitizer.*)$/mgx;

    Test::More::ok(!@found, 'the logs are clean')
        || Test::More::diag(join "\n", @found, $self->tail);
}


# A pattern for an alert that the test means to cause.
sub expect { $_[0]{expected} = $_[1] }


# One test: status; reason is $zos_error, "" if none; within are seconds;
# body and header are patterns. An error must be one clean JSON sentence.
sub is_answer {
    my ($answer, $name, %expected) = @_;

    my $status = $expected{status} // 200;
    my $reason = $expected{reason};
    my @wrong;

    push @wrong, "status $answer->{status}, not $status"
        if $answer->{status} != $status;
    push @wrong, "reason \"$answer->{header}{'x-reason'}\", not \"$reason\""
        if defined $reason && $answer->{header}{'x-reason'} ne $reason;
    push @wrong, sprintf '%.3f seconds', $answer->{seconds}
        if $answer->{seconds} > ($expected{within} // 3) * $Slow;
    push @wrong, sprintf 'after %.3f seconds already', $answer->{seconds}
        if $answer->{seconds} < ($expected{after} // 0);
    push @wrong, "body is not like $expected{body}"
        if $expected{body} && $answer->{body} !~ $expected{body};
    push @wrong, error_faults($answer) if $answer->{status} >= 400;

    return Test::More::ok(!@wrong, $name)
        || Test::More::diag(join "\n", @wrong, substr $answer->{text}, 0, 800);
}


sub error_faults {
    my ($answer) = @_;

    my $header = $answer->{header};
    my $value = eval { JSON::PP->new->utf8->decode($answer->{body}) };
    my @wrong;

    push @wrong, 'not application/json'
        if $header->{'content-type'} ne 'application/json';
    push @wrong, 'may be stored' if $header->{'cache-control'} ne 'no-store';
    push @wrong, 'no Retry-After'
        if $answer->{status} == 503 && $header->{'retry-after'} !~ /^[1-9]/;

    return (@wrong, 'the body is no object')
        unless ref $value eq 'HASH';
    return (@wrong, 'members: ' . join ' ', sort keys %$value)
        if join(' ', keys %$value) ne 'error';

    push @wrong, 'no sentence' if $value->{error} !~ /\w/;
    push @wrong, 'control characters'
        if $value->{error} =~ /[\x00-\x1f\x7f]/ || $answer->{body} =~ /\n./;
    push @wrong, 'too long' if length $value->{error} > 512;
    return @wrong;
}

1;
