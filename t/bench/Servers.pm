package Servers;

# Starts the servers of the measurement, each on its processor and in one
# temporary directory, and ends them with the program.

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(fail wait_for within contents said scratch output_of
                 start_server start_nginx check_logs stop_all);

use constant WAIT => 10;        # seconds, for anything to come up or go away

my $owner = $$;
my $dir;                        # ours alone, see scratch()
my %pids;                       # of what is running, each with its name


sub fail {
    $! = 1;                     # what die makes the exit status
    die "bench: @_\n";
}


# Asks again and again until there is something true to return.

sub wait_for {
    my ($what, $seconds, $condition) = @_;

    my $end = time + $seconds;

    while (time < $end) {
        my $value = $condition->();
        return $value if $value;
        sleep 0.02;
    }

    fail("waited $seconds s for $what, in vain");
}


# For what blocks; interrupted by the alarm.

sub within {
    my ($what, $seconds, $code) = @_;

    local $SIG{ALRM} = sub { fail("waited $seconds s for $what, in vain") };
    alarm $seconds;
    my $value = $code->();
    alarm 0;

    return $value;
}


# Made at the first use, removed with the program.

sub scratch {
    return $dir //= tempdir('zos-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
}


# Starts a program on one processor; what it says goes into $name.out.

sub start {
    my ($name, $cpu, @command) = @_;

    my $dir = scratch();
    my $pid = fork // fail("fork: $!");

    if ($pid == 0) {
        open STDOUT, '>', "$dir/$name.out" or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        exec 'taskset', '-c', $cpu, @command or POSIX::_exit(127);
    }

    $pids{$pid} = $name;

    return $pid;
}


# Runs a program to its end: its status, and what it said.

sub output_of {
    my ($name, $cpu, $seconds, @command) = @_;

    my $pid = start($name, $cpu, @command);

    my $status = within("the end of $name", $seconds, sub {
        waitpid $pid, 0;
        return $?;
    });

    delete $pids{$pid};

    return ($status, contents(scratch() . "/$name.out"));
}


sub stop_all {
    kill TERM => keys %pids;

    my $end = time + WAIT;

    while (%pids) {
        delete $pids{$_} for grep { waitpid($_, WNOHANG) } keys %pids;
        last if !%pids;

        kill KILL => keys %pids if time > $end;
        sleep 0.02;
    }
}


sub contents {
    my ($file) = @_;

    open my $fh, '<', $file or return '';
    local $/;
    return <$fh> // '';
}


# For the message of a failure: the last that a server had to say.

sub said {
    my ($name) = @_;

    my @lines = split /^/, contents(scratch() . "/$name.out")
                           . contents(scratch() . "/$name/error.log");

    splice @lines, 0, @lines - 10 if @lines > 10;

    return @lines ? ", it says:\n" . join '', @lines : '';
}


sub free_port {
    for (1 .. 100) {
        my $port = 20000 + int rand 10000;

        return $port if IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1,
            ReuseAddr => 1);
    }

    fail('no free port between 20000 and 29999');
}


sub await_listening {
    my ($name, $pid, $port) = @_;

    wait_for("$name on port $port", WAIT, sub {
        if (waitpid($pid, WNOHANG)) {
            delete $pids{$pid};
            fail("$name did not start" . said($name));
        }

        return IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1);
    });
}


# A program whose last argument is its port.

sub start_server {
    my ($name, $cpu, @command) = @_;

    my $port = free_port();
    my $pid = start($name, $cpu, @command, $port);

    await_listening($name, $pid, $port);

    return { name => $name, port => $port, pid => $pid };
}


sub nginx_conf {
    my ($port, $main, $http, $location) = @_;

    my $user = $> == 0 ? 'user root root;' : '';

    return <<"END";
$user
$main
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log error;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    default_type application/json;
    keepalive_requests 1000000000;
    $http
    server {
        listen 127.0.0.1:$port;
        location / { $location }
    }
}
END
}


# An nginx with one worker; the pid that counts is the worker's.

sub start_nginx {
    my ($name, $cpu, $nginx, @conf) = @_;

    my $port = free_port();
    my $prefix = scratch() . "/$name";

    -d $prefix or mkdir $prefix or fail("$prefix: $!");
    open my $fh, '>', "$prefix/nginx.conf" or fail("$prefix: $!");
    print $fh nginx_conf($port, @conf);
    close $fh or fail("$prefix: $!");

    my $pid = start($name, $cpu, $nginx, '-p', "$prefix/", '-e', 'error.log',
                    '-c', 'nginx.conf');

    await_listening($name, $pid, $port);

    my $worker = wait_for("the worker of $name", WAIT, sub {
        return (split ' ', contents("/proc/$pid/task/$pid/children"))[0];
    });

    return { name => $name, port => $port, pid => $worker };
}


sub check_logs {
    for my $log (glob scratch() . '/*/error.log') {
        my $text = contents($log);

        fail("$log has:\n" . substr $text, 0, 2000) if length $text;
    }
}


END {
    if ($$ == $owner) {
        my $status = $?;
        stop_all();
        $? = $status;
    }
}


1;
