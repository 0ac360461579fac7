package Ays::Run;

# Runs and jobs. The runs of a repository are executed one at a time, the
# jobs of a step together.

use strict;
use warnings;

use Ays::Actions;
use Ays::Change;
use Ays::Faults;
use Ays::Loop qw( after );
use JSON::XS ();
use Time::HiRes qw( time );

use constant KEPT => 2000;      # runs
use constant JOBS => 20000;

my $Json = JSON::XS->new->canonical->allow_nonref;

my @Default = (10, 30, 60, 300, 600, 1800);


# Takes every scheduled action of the repository.
sub create {
    my ($repo, $delays) = @_;

    my %steps;

    for my $service ($repo->services) {
        for my $name (sort keys %{ $service->{actions} }) {
            my $action = $service->{actions}{$name};
            next if $action->{state} ne 'scheduled' || $action->{run};

            my $job = new_job($repo, $service, $name);
            push @{ $steps{ order($service, $name) } }, $job;
            $action->{run} = $job->{key};
        }
    }

    my $number = 0;
    my $run = {
        key => $repo->new_key, state => 'new', epoch => time, failures => 0,
        delays => $delays // \@Default,
        steps => [ map { { number => ++$number, state => 'new',
                           jobs => $steps{$_} } }
                   sort { $a <=> $b } keys %steps ],
    };

    $repo->{runs}{ $run->{key} } = $run;
    push @{ $repo->{run_keys} }, $run->{key};
    delete $repo->{runs}{ shift @{ $repo->{run_keys} } }
        if @{ $repo->{run_keys} } > KEPT;

    enqueue($repo, $run);
    return $run;
}


# Parents before children; when things go, children before parents.
sub order {
    my ($service, $action) = @_;

    my $depth = 0;

    for (my $up = $service->{parent}; $up; $up = $up->{parent}) {
        $depth++;
    }

    $depth += 0.5 if @{ $service->{template}{consume} };
    return $action =~ /^(?:delete|uninstall|stop|destroy)$/ ? -$depth
                                                            : $depth;
}


sub new_job {
    my ($repo, $service, $action) = @_;

    my $job = {
        key => $repo->new_key, action => $action, service => $service,
        state => 'new', logs => [], result => '', epoch => time,
    };

    push @{ $repo->{job_keys} }, $job->{key};
    delete $repo->{jobs}{ shift @{ $repo->{job_keys} } }
        if @{ $repo->{job_keys} } > JOBS;

    return $repo->{jobs}{ $job->{key} } = $job;
}


sub enqueue {
    my ($repo, $run) = @_;

    push @{ $repo->{queue} }, $run;

    # never at once: its state is "new" when it is answered
    after(0, sub { next_run($repo) });
}


sub next_run {
    my ($repo) = @_;

    return if $repo->{running};
    my $run = $repo->{running} = shift @{ $repo->{queue} } // return;

    $run->{state} = 'running';
    next_step($repo, $run);
}


sub next_step {
    my ($repo, $run) = @_;

    my ($step) = grep { $_->{state} ne 'ok' } @{ $run->{steps} };
    return ended($repo, $run, 'ok') unless $step;

    my @jobs = grep { $_->{state} ne 'ok' } @{ $step->{jobs} };
    my $left = @jobs;

    $step->{state} = 'running';

    for my $job (@jobs) {
        start($repo, $job, sub {
            return if --$left;

            my $failed = grep { $_->{state} eq 'error' } @jobs;
            $step->{state} = $failed ? 'error' : 'ok';
            $failed ? ended($repo, $run, 'error')
                    : next_step($repo, $run);
        });
    }
}


sub ended {
    my ($repo, $run, $state) = @_;

    $run->{state} = $state;
    delete $repo->{running};
    after(0, sub { next_run($repo) });
    return if $state eq 'ok';

    my $delay = $run->{delays}[ $run->{failures}++ ] // return;

    after($delay, sub {
        return if $repo->{gone};
        $run->{state} = 'running';
        enqueue($repo, $run);
    });
}


sub start {
    my ($repo, $job, $done) = @_;

    my $service = $job->{service};
    my $action = $service->{actions}{ $job->{action} };
    my $fault = Ays::Faults::of_action($service, $job->{action});

    $_->{state} = 'running' for $job, $action // ();
    $action->{run} = undef if $action;

    after($fault->{delay} // $repo->{server}{job_delay}, sub {
        return if $repo->{gone};

        my $finished;
        my $finish = sub {
            return if $finished++;
            finish($job, $action, @_);
            $done->();
        };

        return $finish->('The service does not exist') if $service->{gone};
        return $finish->(@{$fault}{qw( fail trace result )})
            if defined $fault->{fail};

        my $ok = eval {
            $job->{change}
                ? Ays::Change::perform($repo, $service, $job->{change},
                                       $finish)
                : Ays::Actions::perform($repo, $service, $job->{action},
                                        $finish);
            1;
        };

        $finish->(sentence($@)) unless $ok;
    });
}


# What a template died with, without the end of the line.
sub sentence {
    my ($error) = @_;

    chomp $error unless ref $error;
    return $error;
}


# Without an error it went well. What a template dies with can be a hash
# {message, code}, which becomes the result.
sub finish {
    my ($job, $action, $error, $trace, $result) = @_;

    ($error, $trace, $result) = ($error->{message}, undef, $error)
        if ref $error;

    my $state = defined $error ? 'error' : 'ok';

    log_line($job, 'msg', 20, "$job->{action} of $job->{service}{name}");
    log_line($job, 'err', 1, $error) if defined $error;
    log_line($job, 'trace', 1, $trace // "Traceback (most recent call last):"
             . qq{\n  File "/opt/code/actions.py", line 10, in }
             . "$job->{action}\nRuntimeError: $error") if defined $error;

    $job->{result} = ref $result ? $Json->encode($result)
                                 : $result // '';
    $_->{state} = $state for $job, $action // ();

    my $service = $job->{service};
    return $service->{state} = 'error' if $state eq 'error';
    $service->{state} = 'ok'
        if $job->{action} eq 'install' || $service->{state} eq 'error';
}


sub log_line {
    my ($job, $category, $level, $text) = @_;

    push @{ $job->{logs} }, { epoch => int time, log => $text, tags => '',
                              level => $level, category => $category };
}


# The template's processChange: a job outside of runs.
sub change {
    my ($repo, $service, $args) = @_;

    my $job = new_job($repo, $service, 'processChange');

    $job->{change} = $args;
    start($repo, $job, sub { });
}


# As the client sees it.
sub show {
    my ($repo, $run) = @_;

    my $modern = $repo->{server}{modern};
    my @steps = map {
        { number => $_->{number}, state => $_->{state},
          jobs => [ map { show_job($repo, $_, 1) } @{ $_->{jobs} } ] }
    } @{ $run->{steps} };
    my %shown = (key => $run->{key}, state => $run->{state},
                 epoch => int $run->{epoch}, steps => \@steps);

    $shown{retries} = retries($run) if $modern;
    return \%shown;
}


sub retries {
    my ($run) = @_;

    my @delays = @{ $run->{delays} };
    my $n = $run->{failures};

    return {} if $n == 0 || $n > @delays;
    return { 'retry-number' => $n, duration => $delays[$n - 1],
             'remaining-retries' => [ @delays[ $n .. $#delays ] ] };
}


sub show_job {
    my ($repo, $job, $in_run) = @_;

    my $service = $job->{service};
    my %shown = (
        key => $job->{key}, action_name => $job->{action},
        ($in_run ? 'actor_name' : 'actor') => $service->{actor},
        service_key => $service->{key}, service_name => $service->{name},
        state => $job->{state}, logs => $job->{logs},
    );

    $shown{result} = $job->{result} if $repo->{server}{modern};
    return \%shown;
}

1;
