package Test::Nginx::Util;

# What a test file can set, and the helpers that need nothing but these
# settings. Names and defaults are those of the CPAN library.

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename ();
use POSIX qw( SIGQUIT SIGKILL SIGTERM SIGHUP );
use Test::More ();
use Time::HiRes qw( sleep time );
use ZosProcess qw( reserve_port );

our @EXPORT = qw(
    repeat_each no_shuffle no_long_string no_root_location log_level
    worker_connections master_on master_off master_process_enabled workers
    add_block_preprocessor add_cleanup_handler add_test_cleanup_handler
    add_response_body_check server_port server_port_for_client server_name
    server_addr html_dir server_root env_to_nginx timeout use_hup
    config_preamble bail_out
);

our $UseHup      = $ENV{TEST_NGINX_USE_HUP};
our $UseValgrind = $ENV{TEST_NGINX_USE_VALGRIND};
our $NginxBinary = $ENV{TEST_NGINX_BINARY} || 'nginx';
our $LoadModules = $ENV{TEST_NGINX_LOAD_MODULES};
our $LogLevel    = $ENV{TEST_NGINX_LOG_LEVEL} || 'debug';
our $Timeout     = $ENV{TEST_NGINX_TIMEOUT} || 3;
our $Sleep       = $ENV{TEST_NGINX_SLEEP} || 0.015;
our $NoShuffle   = $ENV{TEST_NGINX_NO_SHUFFLE};
our $NoClean     = $ENV{TEST_NGINX_NO_CLEAN};
our $RepeatEach  = 1;

# On, unlike the CPAN library: only a worker that quits waits for its requests
# and reports the connections that were left open.
our $MasterProcessEnabled = $ENV{TEST_NGINX_MASTER_PROCESS} || 'on';
our $Workers              = 1;
our $WorkerConnections    = 64;
our $ConfigPreamble       = '';
our $NoLongString;
our $NoRootLocation;

our (@BlockPreprocessors, @CleanupHandlers, @TestCleanupHandlers);
our (@ResponseBodyChecks, @EnvToNginx);

our $ServerAddr = '127.0.0.1';
our $ServerName = 'localhost';
our $ServerPort = $ENV{TEST_NGINX_SERVER_PORT} || $ENV{TEST_NGINX_PORT};
$ServerPort = reserve_port() if !$ServerPort || $ENV{TEST_NGINX_RANDOMIZE};
our $ServerPortForClient = $ENV{TEST_NGINX_CLIENT_PORT} || $ServerPort;

our $ServRoot = $ENV{TEST_NGINX_SERVROOT} || default_root();
our $HtmlDir  = "$ServRoot/html";
our $LogDir   = "$ServRoot/logs";
our $ErrLogFile = "$LogDir/error.log";
our $PidFile  = "$LogDir/nginx.pid";
our $ConfFile = "$ServRoot/conf/nginx.conf";

$ENV{TEST_NGINX_SERVER_ROOT} = $ServRoot;

our $RandPorts = {};            # TEST_NGINX_RAND_PORT_n of this block


# One directory for each test file and run, by the port that it owns.
sub default_root {
    my $base = $ENV{ZOS_TEST_DIR} || 'build/t';
    my $file = File::Basename::basename($0, '.t');

    return Cwd::getcwd() . "/$base/$file-$ServerPort" if $base !~ m{^/};
    return "$base/$file-$ServerPort";
}


sub no_shuffle ()       { $NoShuffle = 1 }
sub no_long_string ()   { $NoLongString = 1 }
sub no_root_location () { $NoRootLocation = 1 }
sub master_on ()        { $MasterProcessEnabled = 'on' }
sub master_off ()       { $MasterProcessEnabled = 'off' }
sub use_hup ()          { $UseHup = 1 }
sub html_dir ()         { $HtmlDir }
sub server_root ()      { $ServRoot }
sub config_preamble ($) { $ConfigPreamble = shift }

sub repeat_each (@) {
    $RepeatEach = shift if @_;
    return $RepeatEach * ($ENV{ZOS_REPEAT} || 1);
}

sub log_level (@)          { @_ ? $LogLevel = shift : $LogLevel }
sub worker_connections (@) { @_ ? $WorkerConnections = shift
                                : $WorkerConnections }
sub workers (@)            { @_ ? $Workers = shift : $Workers }
sub timeout (@)            { @_ ? $Timeout = shift : $Timeout }
sub server_name (@)        { @_ ? $ServerName = shift : $ServerName }
sub server_addr (@)        { @_ ? $ServerAddr = shift : $ServerAddr }
sub server_port (@)        { @_ ? $ServerPort = shift : $ServerPort }

sub server_port_for_client (@) {
    @_ ? $ServerPortForClient = shift : $ServerPortForClient;
}

sub master_process_enabled (@) {
    $MasterProcessEnabled = shift() ? 'on' : 'off' if @_;
    $MasterProcessEnabled;
}

sub add_block_preprocessor (&)   { unshift @BlockPreprocessors, shift }
sub add_cleanup_handler ($)      { unshift @CleanupHandlers, shift }
sub add_test_cleanup_handler ($) { unshift @TestCleanupHandlers, shift }
sub add_response_body_check ($)  { push @ResponseBodyChecks, shift }
sub env_to_nginx (@)             { push @EnvToNginx, @_ }

sub bail_out (@) { Test::More::BAIL_OUT(join '', @_) }


# $TEST_NGINX_X in a text is the environment's value: a name that is not set
# is a mistake in the test, never an empty string.
sub expand_env ($$) {
    my ($text, $name) = @_;

    return $text if !defined $text || ref $text;

    $text =~ s{\$(TEST_NGINX_[_A-Z0-9]+)}{
        my $variable = $1;
        if ($variable =~ /^TEST_NGINX_RAND_PORT_\d+$/) {
            $RandPorts->{$variable} //= reserve_port();
        } else {
            $ENV{$variable}
                // bail_out("$name - no environment variable $variable");
        }
    }eg;

    return $text;
}


sub expand_port ($) {
    my ($text) = @_;

    return $text if ref $text;
    $text =~ s/\$ServerPort\b/$ServerPort/g;
    $text =~ s/\$ServerPortForClient\b/$ServerPortForClient/g;
    return $text;
}


sub parse_time ($) {
    my ($time) = @_;

    return $time unless defined $time;
    return $1 / 1000 if $time =~ /^\s*([\d.]+)ms\s*$/;
    return $1 if $time =~ /^\s*([\d.]+)s?\s*$/;
    bail_out("bad time \"$time\"");
}


# "Name: value" lines as pairs in order; "! Name" has no value: must be absent.
sub parse_headers ($) {
    my ($text) = @_;

    my (@order, %value);

    for my $line (split /\n/, $text) {
        $line =~ s/^\s+|\s+$//g;
        next if $line eq '';
        my ($name, $value) = $line =~ s/^!\s*// ? ($line, undef)
                                                : split /\s*:\s*/, $line, 2;
        push @order, $name unless exists $value{$name};
        $value{$name} = $value;
    }

    return map { [ $_, $value{$_} ] } @order;
}


# The code of an init section runs in this package, as in the CPAN library.
sub eval_init {
    my ($block) = @_;

    no strict;
    no warnings;
    eval $block->init;
    bail_out($block->name . " - init failed: $@") if $@;
}

1;
