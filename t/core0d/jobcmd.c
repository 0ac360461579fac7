/* The commands about jobs: job.list, job.kill, job.killall, core.state. */

#include "core0d.h"

#include <signal.h>


long
cpu_count(void)
{
    long  n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? n : 1;
}


/* Percent of all cpus since the last look; the first look gives 0. */

double
cpu_percent(int64_t *ticks, int64_t *at, int64_t now_ticks)
{
    double   used = 0;
    int64_t  now = mono_ms();

    if (*at && now > *at) {
        used = (now_ticks - *ticks) * 1000.0 / sysconf(_SC_CLK_TCK)
               / (now - *at) * 100 / cpu_count();
    }

    *ticks = now_ticks;
    *at = now;

    return used < 0 ? 0 : used;
}


json_t *
usage_json(double cpu, const usage_t *u)
{
    json_t  *o = json_object();

    json_put(o, "cpu", json_real(cpu));
    json_put(o, "rss", json_integer(u->rss));
    json_put(o, "vms", json_integer(u->vms));
    json_put(o, "swap", json_integer(u->swap));
    json_put(o, "debug", json_str(""));

    return o;
}


static double
job_usage(job_t *job, usage_t *u)
{
    memset(u, 0, sizeof(usage_t));

    if (job->pid <= 0 || process_usage(job->pid, u) == -1) {
        return 0;
    }

    return cpu_percent(&job->cpu_ticks, &job->cpu_at, u->ticks);
}


static void
copy_number(json_t *to, const json_t *from, const char *name)
{
    int64_t  n = json_int_at(from, name, 0);

    if (n) {
        json_put(to, name, json_integer(n));
    }
}


/* The command as the agent would encode it again. */

static json_t *
command_json(const job_t *job)
{
    json_t  *o = json_object(), *levels, *tags;

    tags = json_object_get(job->cmd, "tags");
    levels = json_object_get(job->cmd, "log_levels");

    json_put(o, "id", json_str(job->id));
    json_put(o, "command", json_str(job->command));
    json_put(o, "arguments", job->args ? json_incref(job->args) : json_null());
    json_put(o, "queue", json_str(job->queue));
    copy_number(o, job->cmd, "stats_interval");
    copy_number(o, job->cmd, "max_time");
    copy_number(o, job->cmd, "max_restart");
    copy_number(o, job->cmd, "recurring_period");

    if (opt.gen != GEN_A) {
        json_put(o, "stream", json_flag(job->stream));
    }

    if (json_array_size(levels)) {
        json_put(o, "log_levels", json_incref(levels));
    }

    json_put(o, "tags", tags && !json_is_null(tags) ? json_incref(tags)
             : opt.gen == GEN_C ? json_null() : json_str(""));

    return o;
}


static json_t *
job_json(job_t *job)
{
    double    cpu;
    json_t   *o;
    usage_t   u;

    cpu = job_usage(job, &u);
    o = usage_json(cpu, &u);
    json_put(o, "starttime", json_integer(job->start));
    json_put(o, "cmd", command_json(job));

    return o;
}


json_t *
job_list_cmd(job_t *job, json_t *args)
{
    job_t       *j;
    json_t      *list;
    const char  *id = json_string_at(args, "id", "");

    if (*id && job_find(id, job->ct) == NULL) {
        return job_fail(job, 500, "Process with id '%s' doesn't exist", id);
    }

    list = json_array();

    TAILQ_FOREACH(j, &jobs, link) {
        if (j->ct == job->ct && (*id == '\0' || strcmp(j->id, id) == 0)) {
            json_array_append_new(list, job_json(j));
        }
    }

    return list;
}


/* C says so when a job cannot take a signal. */

static const char *
kill_refused(const job_t *job)
{
    if (opt.gen != GEN_C || job->phase == JOB_SLEEPING) {
        return NULL;
    }

    if (job->phase == JOB_QUEUED) {
        return "job is not running";
    }

    return job->builtin->flags & PROCESS ? NULL : "job not receiving singnals";
}


json_t *
job_kill_cmd(job_t *job, json_t *args)
{
    int          sig = (int) json_int_at(args, "signal", 0);
    job_t       *to;
    const char  *text;

    to = job_find(json_string_at(args, "id", ""), job->ct);
    if (to == NULL) {
        return json_false();
    }

    text = kill_refused(to);
    if (text) {
        return job_fail(job, 500, "%s", text);
    }

    sig = sig ? sig : SIGTERM;

    if (sig < 0 || sig >= NSIG) {
        return job_fail(job, 500, "invalid argument");
    }

    if (sig == SIGTERM || sig == SIGKILL || to->phase == JOB_SLEEPING) {
        to->killed = 1;
    }

    job_signal(to, sig);

    return json_true();
}


static job_t *
next_victim(const job_t *caller)
{
    job_t  *job;

    TAILQ_FOREACH(job, &jobs, link) {
        if (job->ct == caller->ct && job != caller && !job->guarded
            && !job->killed)
        {
            return job;
        }
    }

    return NULL;
}


/*
 * A and B count the caller among the victims: its own result is KILLED.
 * Ending one job may end others, hence a fresh look each time.
 */

json_t *
job_killall_cmd(job_t *job, json_t *args)
{
    job_t  *victim;

    (void) args;

    while ((victim = next_victim(job)) != NULL) {
        victim->killed = 1;

        if (victim->boot) {
            job_drop(victim);
        } else {
            job_signal(victim, SIGTERM);
        }
    }

    job->killed = opt.gen != GEN_C;

    return json_true();
}


json_t *
core_state_cmd(job_t *job, json_t *args)
{
    double           cpu;
    job_t           *j;
    usage_t          u, sum;
    static int64_t   ticks, at;

    (void) args;

    memset(&sum, 0, sizeof(usage_t));
    process_usage(job->ct ? container_pid(job->ct) : getpid(), &sum);
    cpu = job->ct ? 0 : cpu_percent(&ticks, &at, sum.ticks);

    TAILQ_FOREACH(j, &jobs, link) {
        if (j->ct == job->ct) {
            cpu += job_usage(j, &u);
            sum.rss += u.rss;
            sum.vms += u.vms;
            sum.swap += u.swap;
        }
    }

    return usage_json(cpu, &sum);
}


/* For the control socket: jobs of programs, those of containers too. */

json_t *
jobs_summary(void)
{
    job_t   *job;
    json_t  *list = json_array();

    TAILQ_FOREACH(job, &jobs, link) {
        if (!job->boot) {
            json_array_append_new(list, json_pack("{sssssisisi}",
                "id", job->id, "command", job->command,
                "container", job->core, "pid", (int) job->pid,
                "phase", (int) job->phase));
        }
    }

    return list;
}
