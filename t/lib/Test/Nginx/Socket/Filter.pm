package Test::Nginx::Socket::Filter;

# The filters of Test::Base. Its package has filters that are named as
# functions of Perl, and the code of an eval section is compiled there: "join"
# would be ambiguous in it. Here it is not.

use strict;
use warnings;

our @ISA = qw( Test::Base::Filter );

require Test::Base::Filter;


# As there; the code is as little restricted as it is there.
sub eval {
    my $self = shift;

    $self->assert_scalar(@_);

    my @return = evaluated(@_);
    return $@ ? $@ : @return;
}


sub evaluated {
    no strict;
    return CORE::eval($_[0]);
}

1;
