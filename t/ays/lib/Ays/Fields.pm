package Ays::Fields;

# Field lists and the checks of values: text, bool, u8..u64, i32, i64, f32,
# E:a,b,c (=default), a struct's name, [list of one of these]. "name text!"
# must be given; a # is refused when it is sent.

use strict;
use warnings;

use JSON::XS ();

our $Seeding;                   # what is refused may be seeded

my ($Year, %Struct);

my %Bits = (u8 => [ 0, 255 ], u16 => [ 0, 65535 ], u32 => [ 0, 4294967295 ],
            u64 => [ 0, 18446744073709551615 ],
            i32 => [ -2147483648, 2147483647 ],
            i64 => [ -9.3e18, 9.3e18 ], f32 => [ -3.4e38, 3.4e38 ]);

my $Structs = <<'END';
initprocess name text; pwd text; args [text]; environment [text]; stdin text;
    +id text
nicconfig dhcp bool; cidr text; gateway text; dns [text]
containernic type E:default,zerotier,vlan,vxlan,bridge; id text;
    config nicconfig; name text; +token text; +hwaddr text
mount filesystem text; target text
setting cidr text; start text; end text
device device text; partUUID text; status E:healthy,degraded,removing,unknown
route flags u64; metric u64; target text; via text
gatewayconfig cidr text; gateway text
cloudinit userdata text; metadata text
host macaddress text; hostname text; ipaddress text; ip6address text;
    cloudinit cloudinit
dhcpserver nameservers [text]; hosts [host]
zerotierbridge id text; token text
gatewaynic type E:default,zerotier,vlan,vxlan,bridge; id text;
    config gatewayconfig; name text; dhcpserver dhcpserver;
    +zerotierbridge zerotierbridge; +token text
portforward protocols [E:tcp,udp]; srcport i32; srcip text; dstport i32;
    dstip text
httpproxy host text; destinations [text]; types [E:http,https]
certificate path text; key text; metadata text; cert text
vmnic id text; type E:default,vlan,vxlan,bridge; macaddress text
disk vdiskid text; maxIOps u32
message id text; status text; text text
healthcheck id text; name text; resource text; messages [message];
    category text; lasttime f32; interval f32; stacktrace text
END


sub use_set {
    ($Year) = @_;

    %Struct = ();

    # indented lines continue the one before
    for my $line (split /\n/, $Structs =~ s/\n +/ /gr) {
        my ($name, $fields) = split ' ', $line, 2;
        read_fields($Struct{$name} = {}, $fields);
    }
}


# Whether what bears this mark is in the set.
sub has {
    my ($mark) = @_;

    return !$mark || ($mark eq '+') == ($Year == 2018);
}


sub read_fields {
    my ($fields, $line) = @_;

    for my $field (split /;\s*/, $line) {
        my ($marks, $name, $list, $type, $values, $default, $required)
            = $field =~ /^([+#-]?)(\w+)\ (\[?)(\w+)(?::([\w,+]+))?\]?
                         (?:=([\w-]+))?(!?)$/x
            or die "not a field: $field\n";

        next unless has($marks =~ /([+-])/ ? $1 : '');

        $fields->{$name} = {
            name => $name, list => $list, type => $type,
            default => $default, required => $required,
            refused => $marks eq '#',
            values => [ map { /^(\+?)(\w+)/ && has($1) ? $2 : () }
                            split /,/, $values // '' ],
        };
    }
}


# What a field has that was never set; nothing for texts, lists and structs.
sub unset {
    my ($field) = @_;

    return if $field->{list};
    return $field->{default} // $field->{values}[0] if $field->{type} eq 'E';
    return JSON::XS::false if $field->{type} eq 'bool';
    return 0 + ($field->{default} // 0) if $field->{type} =~ /^[uif]\d+$/;
    return;
}


# What a listing has for it.
sub filled {
    my ($field) = @_;

    return [] if $field->{list};
    return unset($field) // ($field->{type} eq 'text' ? '' : {});
}


# A copy of the values as they are stored; dies with a sentence.
sub normalize {
    my ($fields, $values, $where) = @_;

    die "$where: a mapping is wanted\n" unless ref $values eq 'HASH';

    my %stored;

    for my $name (sort keys %$values) {
        my $field = $fields->{$name}
            // die "Unknown argument '$name' of $where\n";

        next unless defined $values->{$name};
        die "$where: $name must not be given\n"
            if $field->{refused} && !$Seeding;
        $stored{$name} = value($field, $values->{$name}, "$where.$name");
    }

    for my $field (values %$fields) {
        my $unset = unset($field);
        $stored{ $field->{name} } //= $unset if defined $unset;
    }

    return \%stored;
}


sub value {
    my ($field, $value, $where) = @_;

    return one($field, $value, $where) unless $field->{list};

    die "$where: a list is wanted\n" unless ref $value eq 'ARRAY';
    return [ map { one($field, $_, $where) } @$value ];
}


sub one {
    my ($field, $value, $where) = @_;

    my $type = $field->{type};

    $value = lenient($type, $value) if $Seeding && !ref $value;

    if ($type eq 'text') {
        die "$where: a text is wanted\n"
            if ref $value || !defined $value || is_number($value);
        return "$value";
    }

    if ($type eq 'bool') {
        die "$where: a boolean is wanted\n" unless JSON::XS::is_bool($value);
        return $value;
    }

    if ($type eq 'E') {
        my $known = defined $value && !ref $value
                    && grep { $_ eq $value } @{ $field->{values} };
        die "$where: not one of @{ $field->{values} }\n" unless $known;
        return "$value";
    }

    if (my $bounds = $Bits{$type}) {
        die "$where: a number is wanted\n"
            if ref $value || !defined $value || !is_number($value)
               || ($type ne 'f32' && $value != int $value);
        die "$where: out of range\n"
            if $value < $bounds->[0] || $value > $bounds->[1];
        return 0 + $value;
    }

    return normalize($Struct{$type}, $value, $where);
}


# Perl of tests does not tell texts from numbers, nor these from booleans.
sub lenient {
    my ($type, $value) = @_;

    return $value ? JSON::XS::true : JSON::XS::false if $type eq 'bool';
    return $value if !defined $value || !exists $Bits{$type}
                     && $type ne 'text';
    return $type eq 'text' ? "$value" : 0 + $value;
}


# Numbers and texts differ in JSON, and in a scalar as JSON::XS made it.
sub is_number {
    my ($value) = @_;

    return JSON::XS->new->allow_nonref->encode($value) !~ /^"/;
}

1;
