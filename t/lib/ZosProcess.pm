package ZosProcess;

# Child processes that end with the test, whatever happens to the test.
#
# Every child leads its own process group and is reported to a guard process.
# The guard holds the read end of a pipe: when the test has gone, even by
# SIGKILL, it reads end of file, ends every group that is still listed and
# removes the temporary directories.

use strict;
use warnings;

use Exporter 'import';
use Fcntl qw( F_SETFD FD_CLOEXEC );
use File::Path qw( remove_tree );
use File::Temp ();
use IO::Socket::INET;
use POSIX qw( WNOHANG _exit setsid );
use Socket qw( SOL_SOCKET SO_REUSEADDR );
use Time::HiRes qw( sleep time );

our @EXPORT_OK = qw( spawn fork_child wait_for reserve_port temp_dir );

my $Owner = $$;
my $Guard;                      # write end of the guard's pipe
my %Live;                       # pid => ZosProcess, not yet reaped
my @Reserved;                   # sockets that keep a port ours

for my $signal (qw( INT TERM HUP )) {
    # exit() runs the END blocks, the default action would not
    $SIG{$signal} = sub { exit 130 } unless $SIG{$signal};
}


# Polls a condition; returns its true value, or nothing when time is up.
sub wait_for (&$) {
    my ($condition, $seconds) = @_;

    my $end = time + $seconds;
    my $pause = 0.002;

    while (1) {
        my $value = $condition->();
        return $value if $value;
        return if time >= $end;
        sleep $pause;
        $pause = $pause * 1.5 < 0.05 ? $pause * 1.5 : 0.05;
    }
}


# A free port below the ephemeral range. It stays bound (never listening)
# until the test ends, so that no other test file can pick it; SO_REUSEADDR
# afterwards lets our own servers bind it too.
sub reserve_port {
    for my $try (1 .. 2000) {
        my $port = 20000 + int rand 10000;
        my $socket = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp');
        next unless $socket;

        setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1;
        fcntl $socket, F_SETFD, FD_CLOEXEC;
        push @Reserved, $socket;
        return $port;
    }

    die "no free port between 20000 and 29999\n";
}


# A directory that goes when the test has gone.
sub temp_dir {
    my ($name) = @_;

    start_guard();

    my $dir = File::Temp::tempdir("$name-XXXXXX", TMPDIR => 1);
    print {$Guard} "=$dir\n";
    return $dir;
}


# Starts a program. Options: stdout and stderr name files to append to.
sub spawn {
    my ($command, %option) = @_;

    return fork_child(sub {
        my $out = $option{stdout} // '/dev/null';
        my $err = $option{stderr} // $out;

        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $out or _exit(126);
        open STDERR, '>>', $err or _exit(126);
        { no warnings 'exec'; exec { $command->[0] } @$command; }
        print STDERR "cannot run $command->[0]: $!\n";
        _exit(127);
    });
}


# Runs a function in a child, which ends without the parent's END blocks.
sub fork_child {
    my ($function) = @_;

    start_guard();

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw( INT TERM HUP PIPE );
        setpgrp;
        close $Guard;
        $function->();
        _exit(0);
    }

    eval { setpgrp $pid, $pid };
    print {$Guard} "+$pid\n";
    return $Live{$pid} = bless { pid => $pid }, __PACKAGE__;
}


sub pid { $_[0]{pid} }

sub signal { kill $_[1], $_[0]{pid} }

# The wait status ($?), defined once the process has ended.
sub status { $_[0]{status} }


sub running {
    my ($self) = @_;

    return 0 if defined $self->{status};
    return 1 if waitpid($self->{pid}, WNOHANG) != $self->{pid};

    $self->{status} = $?;
    delete $Live{$self->{pid}};
    return 0;
}


# True when the process ended by itself within the time given.
sub ended {
    my ($self, $seconds) = @_;

    return wait_for { !$self->running } $seconds;
}


# Asks a process to end; one that does not is killed, with all its group, and
# the return value is false.
sub stop {
    my ($self, $signal, $seconds) = @_;

    local $?;
    $self->signal($signal) if $self->running;
    my $ended = $self->ended($seconds // 3);

    kill 'KILL', -$self->{pid};
    $self->ended(5);
    print {$Guard} "-$self->{pid}\n" if $Guard;
    return $ended ? 1 : 0;
}


sub start_guard {
    return if $Guard;

    pipe my $read, $Guard or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $Guard;
        setsid();
        $SIG{$_} = 'IGNORE' for qw( INT TERM HUP );
        # the harness waits until nobody holds these
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        @Reserved = ();
        guard($read);
        _exit(0);
    }

    close $read;
    $Guard->autoflush(1);
}


sub guard {
    my ($read) = @_;

    my (%group, @dirs);

    while (my $line = <$read>) {
        chomp $line;
        my $sign = substr $line, 0, 1, '';

        if ($sign eq '+') { $group{$line} = 1 }
        elsif ($sign eq '-') { delete $group{$line} }
        else { push @dirs, $line }
    }

    my @left = map { -$_ } keys %group;
    kill 'TERM', @left;
    wait_for { !kill 0, @left } 2;
    kill 'KILL', @left;

    remove_tree(grep { !mounted_below($_) } @dirs);
}


# Never remove through a mount that a container left behind.
sub mounted_below {
    my ($dir) = @_;

    open my $in, '<', '/proc/self/mountinfo' or return 0;
    return scalar grep { index($_, " $dir/") >= 0 } <$in>;
}


END {
    if ($$ == $Owner) {
        local $?;
        $_->signal('TERM') for values %Live;
        $_->stop('TERM', 2) for values %Live;
        close $Guard if $Guard;
    }
}

1;
