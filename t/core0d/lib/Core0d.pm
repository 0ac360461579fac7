package Core0d;

# Starts a redis-server and a core0d in a private directory, talks to them,
# and leaves nothing behind.

use strict;
use warnings;

use Exporter qw(import);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(CLOCK_MONOTONIC clock_gettime sleep);

our @EXPORT = qw(now);
our $json = JSON::PP->new->utf8->allow_nonref;

my $seq = 0;


# The wall clock of a virtual machine may jump; waiting must not.

sub now { return clock_gettime(CLOCK_MONOTONIC) }


# new(bin => FILE, generation => 'A', listen => [options...], args => [...])

sub new {
    my ($class, %o) = @_;
    my $self = bless { %o, ports => [] }, $class;

    $self->{dir} = tempdir('core0d-XXXXXX', TMPDIR => 1);
    $self->{owner} = $$;
    $self->start_redis;
    $self->start_core0d;

    return $self;
}


sub free_port {
    for (1 .. 200) {
        my $port = 20000 + int rand 10000;
        my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $port, Listen => 1, ReuseAddr => 1) or next;
        return $port;
    }

    die "no free port\n";
}


sub spawn {
    my ($self, $log, @cmd) = @_;
    my $pid = fork // die "fork: $!\n";

    return $pid if $pid;

    open STDOUT, '>>', $log or POSIX::_exit(126);
    open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
    exec @cmd or POSIX::_exit(127);
}


sub start_redis {
    my $self = shift;
    my $d = $self->{dir};

    $self->{redis} = $self->spawn("$d/redis.log", 'redis-server', '--port', 0,
        '--unixsocket', "$d/redis.sock", '--save', '', '--dir', $d);
}


sub start_core0d {
    my $self = shift;
    my $d = $self->{dir};
    my @listen;

    for my $o (@{ $self->{listen} || [''] }) {
        push @{ $self->{ports} }, free_port();
        push @listen, '--listen',
            "127.0.0.1:$self->{ports}[-1]" . ($o eq '' ? '' : ",$o");
    }

    $self->{core0d} = $self->spawn("$d/core0d.log", @{ $self->{wrap} || [] },
        $self->{bin}, '--redis', "unix:$d/redis.sock", '--generation',
        $self->{generation}, '--hostname', "node-$self->{generation}",
        '--state', "$d/state", '--control', "unix:$d/control", @listen,
        @{ $self->{args} || [] });

    wait_for(30, sub { -s "$d/core0d.log" && slurp("$d/core0d.log")
        =~ /^core0d ready$/m }) or die "core0d does not start:\n"
        . slurp("$d/core0d.log");
}


sub slurp {
    my $file = shift;

    open my $f, '<', $file or return '';
    local $/;

    return scalar <$f> // '';
}


sub wait_for {
    my ($seconds, $true) = @_;
    my $end = now() + $seconds;

    while (now() < $end) {
        my $v = $true->();
        return $v if $v;
        sleep 0.02;
    }

    return;
}


# Ends core0d as an operator would; returns its exit status.

sub stop {
    my $self = shift;
    my $status;

    return unless $self->{core0d} && $$ == $self->{owner};

    kill 'TERM', $self->{core0d};
    wait_for(15, sub { waitpid($self->{core0d}, POSIX::WNOHANG()) > 0
        && do { $status = $?; 1 } }) or kill 'KILL', $self->{core0d};
    delete $self->{core0d};

    return $status;
}


sub stop_redis {
    my $self = shift;

    return unless $self->{redis} && $$ == $self->{owner};
    kill 'TERM', $self->{redis};
    waitpid $self->{redis}, 0;
    delete $self->{redis};
}


sub DESTROY {
    my $self = shift;

    return unless $$ == $self->{owner};
    local $?;

    if ($self->{core0d}) {      # a case died: say what core0d had to say
        my $status = $self->stop // 'killed';
        print "core0d, when it was stopped: $status\n",
            slurp("$self->{dir}/core0d.log");
    }

    $self->stop_redis;
    remove_tree($self->{dir});
}


sub client {
    my ($self, $i) = @_;

    return Core0d::Client->new($self->{ports}[$i // 0]);
}


sub control {
    my ($self, $line) = @_;
    my $s = IO::Socket::UNIX->new("$self->{dir}/control")
        or die "control: $!\n";

    print $s "$line\n";
    $s->flush;
    my $answer = <$s> // die "control: no answer\n";
    chomp $answer;

    return $answer;
}


sub fault {
    my ($self, $fault, $i) = @_;
    my $answer = $self->control("fault $self->{ports}[$i // 0] $fault");

    die "fault $fault: $answer\n" unless $answer eq 'ok';
}


sub command {
    my ($self, $name, $args, %more) = @_;
    my $id = $more{id} // sprintf '%08x-0000-4000-8000-%012x', $$, ++$seq;

    return { command => $name, arguments => $args // {}, queue => '', %more,
        id => $id };
}


# Pushes a command; returns its id.

sub push_command {
    my ($self, $c, $cmd) = @_;

    $c->call('RPUSH', 'core:default', $json->encode($cmd));

    return $cmd->{id};
}


# The envelope as text; undef: none came.

sub result_text {
    my ($self, $c, $id, $seconds) = @_;
    my $r = $c->call('BLPOP', "result:$id", $seconds // 10);

    return ref $r ? $r->[1] : undef;
}


sub run {
    my ($self, $name, $args, %more) = @_;
    my $c = $self->{plain} ||= $self->client;
    my $id = $self->push_command($c, $self->command($name, $args, %more));
    my $text = $self->result_text($c, $id);

    return $text && $json->decode($text);
}


sub data {
    my ($self, @args) = @_;
    my $r = $self->run(@args);

    return $r && $r->{level} == 20 ? $json->decode($r->{data}) : undef;
}


package Core0d::Client;

# A small Redis client; replies are undef, scalars, arrays, or Core0d::Error.

use strict;
use warnings;

use IO::Select;

BEGIN { *now = \&Core0d::now }


sub new {
    my ($class, $port) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
        Proto => 'tcp') or die "port $port: $!\n";

    return bless { s => $s, in => '', wait => 20 }, $class;
}


sub send {
    my ($self, @args) = @_;
    my $text = '*' . @args . "\r\n"
        . join '', map { '$' . length($_) . "\r\n$_\r\n" } @args;

    local $SIG{PIPE} = 'IGNORE';

    while (length $text) {
        my $n = syswrite $self->{s}, $text;
        return unless defined $n;
        substr $text, 0, $n, '';
    }

    return 1;
}


# 0 at the end of the connection, undef at the end of the time.

sub fill {
    my ($self, $end) = @_;
    my $left = $end - now();

    return unless $left > 0
        && IO::Select->new($self->{s})->can_read($left);

    return sysread $self->{s}, $self->{in}, 65536, length $self->{in};
}


sub more {
    my ($self, $end) = @_;
    my $n = $self->fill($end);

    die defined $n ? "connection closed\n" : "no reply in time: $!\n"
        unless $n;
}


sub line {
    my ($self, $end) = @_;
    my $at;

    until (($at = index $self->{in}, "\r\n") >= 0) {
        $self->more($end);
    }

    my $line = substr $self->{in}, 0, $at + 2, '';

    return substr $line, 0, $at;
}


sub bytes {
    my ($self, $n, $end) = @_;

    until (length $self->{in} >= $n) {
        $self->more($end);
    }

    return substr $self->{in}, 0, $n, '';
}


sub reply {
    my ($self, $end) = @_;
    my ($type, $rest) = $self->line($end //= now() + $self->{wait})
        =~ /^(.)(.*)/s;

    $self->{null} = "$type$rest" if $rest eq '-1';
    return $rest if $type eq '+' || $type eq ':';
    return bless \$rest, 'Core0d::Error' if $type eq '-';
    return undef if $rest eq '-1';
    return substr $self->bytes($rest + 2, $end), 0, $rest if $type eq '$';
    return [map { $self->reply($end) } 1 .. $rest] if $type eq '*';
    die "no RESP: $type$rest\n";
}


sub call {
    my ($self, @args) = @_;

    $self->send(@args);

    return $self->reply;
}

1;
