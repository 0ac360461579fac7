package Core0d::Test;

# Counts what is not as it should be.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(is ok like);
our ($failed, $done, $where) = (0, 0, '');


sub ok($$) {
    my ($true, $name) = @_;

    $done++;
    return 1 if $true;
    $failed++;
    print "not ok: $where $name\n";

    return;
}


sub is($$$) {
    my ($got, $want, $name) = @_;
    my ($g, $w) = map { defined ? $_ : 'undef' } $got, $want;

    return ok($g eq $w, "$name: got $g, expected $w");
}


sub like($$$) {
    my ($got, $want, $name) = @_;
    my $g = defined $got ? $got : 'undef';

    return ok($g =~ $want, "$name: got $g, expected $want");
}

1;
