package ZosCerts;

# Certificates for the nodes of a test, made by openssl.

use strict;
use warnings;

my @Key = qw( -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes );


sub make {
    my ($dir) = @_;

    authority($dir, 'ca');
    authority($dir, 'other-ca');

    my $names = 'IP:127.0.0.1,DNS:zero-os.gig.tech,DNS:node.test';
    issue($dir, 'server', 2, $names);
    issue($dir, 'expired', -1, $names);
    issue($dir, 'other-name', 2, 'DNS:elsewhere.test');

    # what a node makes for itself when it boots
    openssl('req', '-x509', @Key, '-days', 2, '-subj', '/CN=zero-os',
            '-keyout', "$dir/self-signed.key", '-out', "$dir/self-signed.pem");
}


sub authority {
    my ($dir, $name) = @_;

    openssl('req', '-x509', @Key, '-days', 2, '-subj', "/CN=test $name",
            '-keyout', "$dir/$name.key", '-out', "$dir/$name.pem");
}


# Signed by ca. A negative number of days has passed already.
sub issue {
    my ($dir, $name, $days, $subjects) = @_;

    my $path = "$dir/$name";

    open my $out, '>', "$path.ext" or die "$path.ext: $!\n";
    print $out "subjectAltName=$subjects\n";
    close $out;

    openssl('req', '-new', @Key, '-subj', "/CN=$name",
            '-keyout', "$path.key", '-out', "$path.csr");
    openssl('x509', '-req', '-in', "$path.csr", '-days', $days,
            '-CA', "$dir/ca.pem", '-CAkey', "$dir/ca.key", '-CAcreateserial',
            '-extfile', "$path.ext", '-out', "$path.pem");
}


sub openssl {
    my @arguments = @_;

    open my $pipe, '-|', 'sh', '-c', 'exec openssl "$@" 2>&1', 'sh', @arguments
        or die "openssl: $!\n";
    my $output = join '', <$pipe>;
    close $pipe or die "openssl @arguments failed:\n$output";
}

1;
