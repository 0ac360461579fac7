package ZosFtp;

# Ftp servers for tests of imports: a real one, and one that does what it is
# told.
#
#     my $ftp = ZosFtp->start(user => 'me', password => 'x');   # pyftpdlib
#     $ftp->file('a/vm1_1' => $text);
#     $ftp->port;
#
# Without a user the login is anonymous.
#
#     my $odd = ZosFtp->script;
#     $odd->set({ pass => '530 no' }, { content => 'x' });
#     $odd->commands;                    # "USER me"... since the last set
#     $odd->set({ hold => 'RETR' });     # no answer to that before
#     $odd->release;
#
# The first connection from then on is told the first, and so on; the last is
# for all that come after it. Replies are greeting, user, pass, type, epsv, pasv, retr and end; "silent"
# is none and "close" ends the connection instead; PORT is that of the data. A
# reply that ends with a line feed is sent as it is. Of the data: content,
# bytes => their number, endless => 1, open => 1 (no end of it), deaf => 1
# (nobody accepts it), flood => a reply sent again and again instead of the
# greeting, with slow => 1 20 times in a second. host is what PASV says, a wrong one.

use strict;
use warnings;

use File::Path qw( make_path );
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw( sleep );
use ZosProcess qw( fork_child reserve_port spawn temp_dir wait_for );

my %Default = (
    greeting => '220 ready', user => '331 and the password',
    pass => '230 welcome', type => '200 binary',
    epsv => '229 Entering Extended Passive Mode (|||PORT|)',
    pasv => '227 Entering Passive Mode (HOST,PORTS)',
    retr => '150 here it comes', end => '226 done', content => '',
    host => '10,255,255,1',
);


sub start {
    my ($class, %option) = @_;

    my $dir = temp_dir('zos-ftp');
    my $self = bless { port => reserve_port(), dir => "$dir/files" }, $class;
    my @login = $option{user} ? ('-u', $option{user}, '-P',
                                 $option{password}) : ();

    make_path($self->{dir});

    # the one that Debian's package is for, whatever else is in the path
    $self->{process} = spawn([ '/usr/bin/python3', '-m', 'pyftpdlib', '-i',
                               '127.0.0.1', '-p', $self->{port}, '-d',
                               $self->{dir}, @login ],
                             stdout => "$dir/log");

    wait_for { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $self->{port}) } 20
        or die "pyftpdlib does not start\n";
    return $self;
}


sub port { $_[0]{port} }

sub stop { $_[0]{process}->stop('KILL') }


sub file {
    my ($self, $name, $content) = @_;

    my $path = "$self->{dir}/$name";

    make_path($path =~ s{/[^/]*\z}{}r);
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $content;
    close $out or die "$path: $!\n";
    return $self;
}


# ---- the one that is told ----

sub script {
    my ($class) = @_;

    my $self = bless { port => reserve_port(), dir => temp_dir('zos-ftp') },
               $class;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Listen => 64,
        ReuseAddr => 1) // die "no ftp server: $!\n";

    $self->set;
    $self->{process} = fork_child(sub {
        $SIG{CHLD} = $SIG{PIPE} = 'IGNORE';
        my ($set, $n) = (0, 0);

        while (1) {
            my $client = $listener->accept or next;
            my $all = $self->told;

            ($set, $n) = ($all->{set}, 0) if $set != $all->{set};
            my $told = $all->{told}[$n++] // $all->{told}[-1];

            next if fork;
            close $listener;
            $self->serve($client, { %Default, %$told });
            POSIX::_exit(0);
        }
    });

    return $self;
}


sub set {
    my ($self, @told) = @_;

    my $file = "$self->{dir}/told";

    open my $out, '>', "$file.new" or die "$file.new: $!\n";
    print $out JSON::PP::encode_json({ set => ++$self->{set},
                                       told => @told ? \@told : [ {} ] });
    close $out;
    rename "$file.new", $file;
    unlink map { "$self->{dir}/$_" } qw( commands go );
    return $self;
}


sub release {
    my ($self) = @_;

    open my $out, '>', "$self->{dir}/go" or die "go: $!\n";
}


sub told {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/told" or die "told: $!\n";
    local $/;
    return JSON::PP::decode_json(<$in>);
}


sub commands {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/commands" or return;
    return map { s/\r?\n\z//r } <$in>;
}


sub note_command {
    my ($self, $line) = @_;

    open my $out, '>>', "$self->{dir}/commands" or die "commands: $!\n";
    print $out $line;
    close $out;
}


sub serve {
    my ($self, $client, $told) = @_;

    my ($data, %of) = (undef, USER => 'user', PASS => 'pass', TYPE => 'type');

    while (defined $told->{flood}) {
        syswrite $client, "$told->{flood}\r\n" or return;
        sleep 0.05 if $told->{slow};
    }

    answer($client, $told->{greeting}) or return;

    while (my $line = <$client>) {
        $self->note_command($line);
        my ($command) = $line =~ /^(\w+)/ or next;

        wait_for { -e "$self->{dir}/go" } 20
            if $command eq ($told->{hold} // '');

        if ($command =~ /^(?:EPSV|PASV)$/) {
            $data = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                          Listen => 1) // die "data: $!\n";
            my $port = $data->sockport;
            my $ports = join ',', $port >> 8, $port & 255;
            my $text = $told->{lc $command} =~ s/PORTS/$ports/r
                                            =~ s/PORT/$port/r
                                            =~ s/HOST/$told->{host}/r;
            close $data if $told->{deaf};
            answer($client, $text) or return;

        } elsif ($command eq 'RETR') {
            answer($client, $told->{retr}) or return;
            next if $told->{retr} =~ /^[45]/;
            transfer($data, $told) or return;
            answer($client, $told->{end}) or return;

        } elsif ($of{$command}) {
            answer($client, $told->{ $of{$command} }) or return;
        }
    }
}


sub answer {
    my ($client, $text) = @_;

    return 0 if $text eq 'close';
    return 1 if $text eq 'silent';
    return syswrite $client, $text =~ /\n\z/ ? $text : "$text\r\n";
}


# False when the other one has left.
sub transfer {
    my ($data, $told) = @_;

    my $out = $data->accept or return 0;
    my $content = defined $told->{bytes} ? '#' x $told->{bytes}
                                         : $told->{content};

    while ($told->{endless}) {
        syswrite $out, "# more of it\n" x 100 or return 0;
    }

    syswrite $out, $content;
    <$out> if $told->{open};
    close $out;
    return 1;
}

1;
