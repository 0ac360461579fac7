package Ays::Faults;

# Scripts of tests. A fault is one of:
#
#   actor, action, service   patterns, of a job: delay, fail => text of the
#                            log, trace, result => {message, code}
#   route                    pattern of "METHOD /path?query": delay, late,
#                            drop, cut, chunked, drip => seconds, exit, or
#                            an answer: status, type, body or size
#   steal                    creates a run at once, as a foreign client would
#
# skip => N leaves the first N matches alone; times => N ends it after N.
# Of routes: with an answer, drop, drip or exit the request is not performed
# unless perform is true; with the others it is.

use strict;
use warnings;

my @Faults;


sub add {
    push @Faults, { %{ $_[0] } };
}


sub clear {
    @Faults = ();
}


sub taken {
    my ($fault) = @_;

    return if ($fault->{skip} // 0) > 0 && $fault->{skip}--;
    return if defined $fault->{times} && $fault->{times}-- <= 0;
    return 1;
}


# All that match, together; the last one wins.
sub of_action {
    my ($service, $action) = @_;

    my %all;

    for my $fault (@Faults) {
        next if defined $fault->{route} || $fault->{steal};
        next unless matches($fault->{actor}, $service->{actor})
                    && matches($fault->{action}, $action)
                    && matches($fault->{service}, $service->{name});
        %all = (%all, %$fault) if taken($fault);
    }

    return \%all;
}


sub matches {
    my ($pattern, $text) = @_;

    return !defined $pattern || $text =~ /^(?:$pattern)$/;
}


sub of_route {
    my ($line) = @_;

    for my $fault (@Faults) {
        next unless defined $fault->{route} && $line =~ /$fault->{route}/;
        return { %$fault } if taken($fault);
    }

    return {};
}


sub steals {
    my ($fault) = grep { $_->{steal} && taken($_) } @Faults;

    return $fault;
}

1;
