package Ays::Node;

# The core0 of a node, over the Redis protocol, without waiting. A node
# service without redisAddr is data only: everything succeeds at once.

use strict;
use warnings;

use Ays::Loop qw( on_read on_write forget after );
use IO::Socket::INET;
use JSON::XS ();

use constant TIMEOUT => 15;

my $Json = JSON::XS->new->utf8->canonical->allow_nonref;
my $Sequence = 0;


# Calls done with an error, or with (undef, value of the result's data).
sub command {
    my ($node, $command, $arguments, $done) = @_;

    my $id = sprintf '%08x-0000-4000-a000-%012x', $$, ++$Sequence;
    my $text = $Json->encode({ id => $id, command => $command, queue => '',
                               arguments => $arguments });

    redis($node, [ [ 'RPUSH', 'core:default', $text ],
                   [ 'BLPOP', "result:$id", TIMEOUT ] ], sub {
        my ($error, $reply) = @_;

        return $done->("$command: $error") if defined $error;
        return $done->("$command: no result")
            unless ref $reply eq 'ARRAY' && @$reply == 2;

        my $result = eval { $Json->decode($reply->[1]) }
            // return $done->("$command: the result is not JSON");
        my $data = $result->{level} == 20
                   ? eval { $Json->decode($result->{data}) }
                   : $result->{data};

        return $done->(undef, $data) if $result->{state} eq 'SUCCESS';
        $done->("$command: " . ($data // $result->{state}));
    });
}


# Sends commands and calls done with (error) or (undef, last reply).
sub redis {
    my ($node, $commands, $done) = @_;

    my $data = $node->{data};
    my $socket = IO::Socket::INET->new(
        PeerAddr => $data->{redisAddr}, PeerPort => $data->{redisPort},
        Proto => 'tcp', Blocking => 0)
        // return $done->("cannot connect to $data->{redisAddr}: $!");

    my @commands = @$commands;
    unshift @commands, [ 'AUTH', $data->{redisPassword} ]
        if length($data->{redisPassword} // '');

    my $c = { socket => $socket, left => scalar @commands, in => '',
              out => join('', map { encode(@$_) } @commands) };

    $c->{done} = sub {
        delete $c->{done} // return;
        forget($socket);
        close $socket;
        $done->(@_);
    };

    after(TIMEOUT + 1, sub { $c->{done}->('time-out') if $c->{done} });
    on_write($socket, sub { write_out($c) });
    on_read($socket, sub { read_in($c) });
}


sub encode {
    return '*' . @_ . "\r\n"
           . join '', map { '$' . length($_) . "\r\n$_\r\n" } @_;
}


sub write_out {
    my ($c) = @_;

    my $n = syswrite $c->{socket}, $c->{out};

    return if !defined $n && ($!{EAGAIN} || $!{EINPROGRESS});
    return $c->{done}->("$!") unless defined $n;

    substr $c->{out}, 0, $n, '';
    on_write($c->{socket}, undef) unless length $c->{out};
}


sub read_in {
    my ($c) = @_;

    my $n = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};

    return if !defined $n && $!{EAGAIN};
    return $c->{done}->('connection closed') unless $n;

    while ($c->{left}) {
        my $at = 0;
        my @reply = reply(\$c->{in}, \$at) or return;

        substr $c->{in}, 0, $at, '';
        return $c->{done}->(${ $reply[0] }) if ref $reply[0] eq 'SCALAR';
        return $c->{done}->(undef, $reply[0]) unless --$c->{left};
    }
}


# (value), or nothing when it is not complete; an error is a reference.
sub reply {
    my ($in, $at) = @_;

    my $nl = index $$in, "\r\n", $$at;
    return if $nl < 0;

    my ($type, $rest) = substr($$in, $$at, $nl - $$at) =~ /^(.)(.*)$/;
    my $next = $nl + 2;

    if ($type eq '$' && $rest >= 0) {
        return if length $$in < $next + $rest + 2;
        $$at = $next + $rest + 2;
        return substr $$in, $next, $rest;
    }

    $$at = $next;

    if ($type eq '*' && $rest >= 0) {
        my @items;
        for (1 .. $rest) {
            my @item = reply($in, $at) or return;
            push @items, @item;
        }
        return \@items;
    }

    return \$rest if $type eq '-';
    return $type =~ /[\$*]/ ? undef : $rest;
}


sub is_real {
    my ($node) = @_;

    return length($node->{data}{redisAddr} // '');
}


# Its result is never seen: everything it could be read from is gone.
sub reboot {
    my ($node, $done) = @_;

    return $done->() unless is_real($node);

    my $text = $Json->encode({ id => sprintf('reboot-%d-%d', $$, ++$Sequence),
                               command => 'core.reboot', arguments => {} });

    redis($node, [ [ 'RPUSH', 'core:default', $text ] ], sub {
        my ($error) = @_;
        $done->(defined $error ? "core.reboot: $error" : ());
    });
}


# The numbers of the containers of a name: (error, [numbers]).
sub numbers {
    my ($node, $name, $done) = @_;

    command($node, 'corex.find', { tags => [ $name ] }, sub {
        my ($error, $found) = @_;

        return $done->($error) if defined $error;
        $done->(undef, [ grep {
            my $arguments = $found->{$_}{container}{arguments};
            ($arguments->{name} || $arguments->{tags}[0] || '') eq $name;
        } sort { $a <=> $b } keys %$found ]);
    });
}


# One that runs already is left as it is.
sub container_start {
    my ($node, $service, $done) = @_;

    return $done->() unless $node && is_real($node);

    numbers($node, $service->{name}, sub {
        my ($error, $numbers) = @_;

        return $done->($error) if defined $error;
        return $done->() if @$numbers;

        command($node, 'corex.create', arguments($service), sub {
            my ($error, $number) = @_;

            return $done->($error) if defined $error;
            start_processes($node, $number,
                            [ @{ $service->{data}{initProcesses} // [] } ],
                            $done);
        });
    });
}


sub arguments {
    my ($service) = @_;

    my $data = $service->{data};
    my $name = $service->{name};
    my $hostname = $data->{hostname} // '';
    my %port = map { /^(\d+):(\d+)$/ ? ($1 => 0 + $2) : () }
                   @{ $data->{ports} // [] };

    return {
        name => $name, hostname => $hostname || $name,
        root => $data->{flist} || 'none', mount => {}, port => \%port,
        host_network => $data->{hostNetworking} // JSON::XS::false,
        storage => $data->{storage} // '', nics => $data->{nics} // [],
        tags => [ $name, $hostname && $hostname ne $name ? $hostname : () ],
    };
}


sub start_processes {
    my ($node, $number, $processes, $done) = @_;

    my $process = shift @$processes // return $done->();
    my %env = map { /^([^=]+)=(.*)$/s ? ($1 => $2) : () }
                  @{ $process->{environment} // [] };
    my $inner = {
        id => sprintf('%08x-0000-4000-b000-%012x', $$, ++$Sequence),
        command => 'core.system', queue => '',
        arguments => { name => $process->{name}, env => \%env,
                       args => $process->{args} // [],
                       dir => $process->{pwd} // '',
                       stdin => $process->{stdin} // '' },
    };

    command($node, 'corex.dispatch',
            { container => 0 + $number, command => $inner }, sub {
        my ($error) = @_;

        return $done->($error) if defined $error;
        start_processes($node, $number, $processes, $done);
    });
}


sub container_stop {
    my ($node, $service, $done) = @_;

    return $done->() unless $node && is_real($node);

    numbers($node, $service->{name}, sub {
        my ($error, $numbers) = @_;

        return $done->($error) if defined $error;
        terminate($node, $numbers, $done);
    });
}


sub terminate {
    my ($node, $numbers, $done) = @_;

    my $number = shift @$numbers // return $done->();

    command($node, 'corex.terminate', { container => 0 + $number }, sub {
        my ($error) = @_;

        return $done->($error) if defined $error;
        terminate($node, $numbers, $done);
    });
}

1;
