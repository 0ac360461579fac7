package ZosRunner::Backend;

# tcp_listen: a server that takes one connection and gives a canned reply.

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw( SOCK_STREAM );
use Test::More ();
use Test::Nginx::Util ();
use Time::HiRes qw( sleep );
use ZosProcess qw( fork_child wait_for );

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name


sub start {
    my ($block) = @_;

    my $target = U::expand_env($block->tcp_listen, $block->name) // return;
    my $name = $block->name;

    $target =~ s/^\s+|\s+$//g;
    U::bail_out("$name - tcp_listen without tcp_reply")
        unless defined $block->tcp_reply;

    my $listener = open_listener($target)
        or U::bail_out("$name - cannot listen on $target: $!");
    my $query_file = "$U::ServRoot/tcp_query";
    unlink $query_file;

    my $process = fork_child(sub {
        serve($block, $listener, $query_file);
    });

    return { process => $process, query_file => $query_file };
}


sub open_listener {
    my ($target) = @_;

    if ($target =~ /^\d+$/) {
        return IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $target,
            Proto => 'tcp', ReuseAddr => 1, Listen => 5);
    }

    unlink $target;
    return IO::Socket::UNIX->new(Local => $target, Type => SOCK_STREAM,
                                 Listen => 5);
}


sub serve {
    my ($block, $listener, $query_file) = @_;

    my $client = $listener->accept or return;
    my $query = read_query($client, expected_length($block), $query_file);
    my $reply = $block->tcp_reply;

    sleep U::parse_time($block->tcp_reply_delay) if $block->tcp_reply_delay;

    $reply = $reply->($query) if ref $reply eq 'CODE';

    for my $part (ref $reply eq 'ARRAY' ? @$reply : $reply) {
        print $client $part;
        $client->flush;
    }

    if (defined $block->tcp_no_close) {
        sleep 1 while 1;
    }
}


sub expected_length {
    my ($block) = @_;

    return $block->tcp_query_len if defined $block->tcp_query_len;
    return defined $block->tcp_query && !ref $block->tcp_query
         ? length $block->tcp_query : 0;
}


# Each read is written out under another name first, so that the test never
# sees half of a file.
sub read_query {
    my ($client, $length, $file) = @_;

    my $query = '';

    do {
        my $size = sysread $client, $query, 4096, length $query;
        return $query unless $size;

        open my $out, '>', "$file.tmp" or die "$file.tmp: $!\n";
        print $out $query;
        close $out;
        rename "$file.tmp", $file;
    } while (length $query < $length);

    return $query;
}


sub check {
    my ($block, $backend) = @_;

    my $query = '';
    my $name = $block->name;
    my $length = expected_length($block);

    wait_for {
        open my $in, '<', $backend->{query_file} or return 0;
        local $/;
        $query = <$in> // '';
        length $query >= $length;
    } 1 if defined $block->tcp_query || defined $block->tcp_query_len;

    ZosRunner::Check::same($query, $block->tcp_query, "$name - tcp_query")
        if defined $block->tcp_query;
    Test::More::is(length $query, $length, "$name - tcp_query_len")
        if defined $block->tcp_query_len;
}


sub stop { $_[0]{process}->stop('KILL', 2) if $_[0] }

1;
