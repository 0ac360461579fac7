package Ays::Loop;

# One event loop for all: descriptors and timers.

use strict;
use warnings;

use Exporter 'import';
use Time::HiRes qw( time );

our @EXPORT_OK = qw( on_read on_write forget after run_loop );

my %Read;                       # fd => [handle, code]
my %Write;
my @Timers;                     # [time, code], in the order of time
my ($Readers, $Writers) = ('', '');


sub on_read {
    my ($handle, $code) = @_;

    my $fd = fileno $handle;
    vec($Readers, $fd, 1) = $code ? 1 : 0;
    $code ? ($Read{$fd} = $code) : delete $Read{$fd};
}


sub on_write {
    my ($handle, $code) = @_;

    my $fd = fileno $handle;
    vec($Writers, $fd, 1) = $code ? 1 : 0;
    $code ? ($Write{$fd} = $code) : delete $Write{$fd};
}


# Before it is closed.
sub forget {
    my ($handle) = @_;

    on_read($handle, undef);
    on_write($handle, undef);
}


sub after {
    my ($seconds, $code) = @_;

    my $timer = [ time + $seconds, $code ];
    my $n = @Timers;

    $n-- while $n > 0 && $Timers[$n - 1][0] > $timer->[0];
    splice @Timers, $n, 0, $timer;
}


sub run_timers {
    my $now = time;

    while (@Timers && $Timers[0][0] <= $now) {
        (shift @Timers)->[1]->();
    }
}


sub run_loop {
    while (1) {
        my ($r, $w) = ($Readers, $Writers);
        my $wait = @Timers ? $Timers[0][0] - time : undef;
        $wait = 0 if defined $wait && $wait < 0;

        my $n = select $r, $w, undef, $wait;

        if ($n > 0) {
            for my $fd (keys %Read) {
                my $code = vec($r, $fd, 1) && $Read{$fd};
                $code->() if $code;
            }

            for my $fd (keys %Write) {
                my $code = vec($w, $fd, 1) && $Write{$fd};
                $code->() if $code;
            }
        }

        run_timers();
    }
}

1;
