/*
 * The life of a job: named queues, runs, restarts, time limits, the state it
 * ends in, and the result.
 */

#include "core0d.h"

#include <signal.h>
#include <sys/wait.h>

#define NEVER  -6795364578871LL     /* start time of what never started */


job_list_t  jobs = TAILQ_HEAD_INITIALIZER(jobs);

static void job_start(job_t *job);
static void job_run(void *data);
static void job_finish(job_t *job);


job_t *
job_find(const char *id, const container_t *ct)
{
    job_t  *job;

    TAILQ_FOREACH(job, &jobs, link) {
        if (job->ct == ct && strcmp(job->id, id) == 0) {
            return job;
        }
    }

    return NULL;
}


static void
job_free(job_t *job)
{
    size_t  i;

    timer_del(&job->limit);
    timer_del(&job->again);
    timer_del(&job->wait);
    channel_close(&job->out);
    channel_close(&job->err);
    json_decref(job->cmd);
    json_decref(job->inner);
    buf_free(&job->payload);
    free(job->id);
    free(job->command);
    free(job->queue);
    free(job->critical);
    free(job->error);
    free(job->watch);

    for (i = 0; i < BACKLOG; i++) {
        buf_free(&job->backlog[i]);
    }

    loop_free_later(job);
}


static int
queue_busy(const job_t *job)
{
    job_t  *j;

    TAILQ_FOREACH(j, &jobs, link) {
        if (j != job && j->ct == job->ct && j->phase != JOB_QUEUED
            && strcmp(j->queue, job->queue) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Forgets the job and starts the next one of its queue. */

static void
job_unlink(job_t *job)
{
    job_t  *j;

    TAILQ_REMOVE(&jobs, job, link);

    if (*job->queue && !queue_busy(job)) {
        TAILQ_FOREACH(j, &jobs, link) {
            if (j->ct == job->ct && j->phase == JOB_QUEUED
                && strcmp(j->queue, job->queue) == 0)
            {
                job_start(j);
                break;
            }
        }
    }

    job_free(job);
}


/* C signals the process alone inside containers, elsewhere its group. */

static void
job_kill(const job_t *job, int sig)
{
    if (job->pid > 0) {
        kill(job->ct && opt.gen == GEN_C ? job->pid : -job->pid, sig);
    }
}


/* Ends a job that is gone without a result: a reboot, a dead container. */

void
job_drop(job_t *job)
{
    job_kill(job, SIGKILL);
    TAILQ_REMOVE(&jobs, job, link);
    job_free(job);
}


void
jobs_drop(const container_t *ct)
{
    job_t  *job, *next;

    for (job = TAILQ_FIRST(&jobs); job; job = next) {
        next = TAILQ_NEXT(job, link);

        if (ct == NULL || job->ct == ct) {
            job_drop(job);
        }
    }
}


/* A command that never becomes a job: unknown, or its id is in use. */

static void
refuse(json_t *cmd, int core, const char *state, const char *text)
{
    result_t     res = { .state = state, .data = text, .len = strlen(text) };
    char        *flag;

    agent_push(cmd, core, &res);

    if (opt.gen == GEN_B && *text) {        /* the job's flag stays as it is */
        flag = xprintf("result:%s:flag", json_string_at(cmd, "id", ""));
        agent_redis("PERSIST", flag, NULL);
        free(flag);
    }
}


static job_t *
job_new(json_t *cmd, container_t *ct, int core, const builtin_t *builtin)
{
    job_t  *job = xalloc(sizeof(job_t));

    job->cmd = json_incref(cmd);
    job->id = xstrdup(json_string_at(cmd, "id", ""));
    job->command = xstrdup(json_string_at(cmd, "command", ""));
    job->queue = xstrdup(json_string_at(cmd, "queue", ""));
    job->args = json_object_get(cmd, "arguments");
    job->ct = ct;
    job->core = core;
    job->builtin = builtin;
    job->stream = json_is_true(json_object_get(cmd, "stream"));
    job->max_time = json_int_at(cmd, "max_time", 0);
    job->max_restart = json_int_at(cmd, "max_restart", 0);
    job->recurring = json_int_at(cmd, "recurring_period", 0);
    job->start = NEVER;
    job->out.io.fd = job->err.io.fd = -1;
    TAILQ_INSERT_TAIL(&jobs, job, link);

    return job;
}


void
job_submit(json_t *cmd, container_t *ct)
{
    int               core = container_number(ct);
    job_t            *job;
    const char       *id = json_string_at(cmd, "id", "");
    const builtin_t  *builtin;

    if (job_find(id, ct)) {
        refuse(cmd, core, "DUPILICATE_ID", "duplicate job id");
        return;
    }

    builtin = builtin_find(json_string_at(cmd, "command", ""), ct != NULL);
    if (builtin == NULL) {
        refuse(cmd, core, "UNKNOWN_CMD", "");
        return;
    }

    job = job_new(cmd, ct, core, builtin);

    if (*job->queue && queue_busy(job)) {
        job->phase = JOB_QUEUED;
        return;
    }

    job_start(job);
}


static void
limit_reached(void *data)
{
    job_t  *job = data;

    if (job->builtin->flags & PROCESS) {
        job->timed_out = 1;
        job_signal(job, SIGKILL);
    }
}


static void
job_reset(job_t *job)
{
    free(job->error);
    free(job->critical);
    job->error = job->critical = NULL;
    job->code = 0;
    job->status = 0;
    job->exited = job->timed_out = 0;
    job->payload_level = 0;
    buf_free(&job->payload);
    channel_close(&job->out);
    channel_close(&job->err);
}


static void
job_start(job_t *job)
{
    char     *key = xprintf("%s/run", job->id);
    int64_t   ms = agent_delay_of(key);

    free(key);
    job_reset(job);
    job->phase = JOB_RUNNING;
    job->runs++;

    if (job->start == NEVER) {
        job->start = now_ms();
    }

    if (job->max_time > 0) {
        job->limit.handler = limit_reached;
        job->limit.data = job;
        timer_set(&job->limit, job->max_time * 1000);
    }

    if (ms == 0) {
        job_run(job);
        return;
    }

    job->wait.handler = job_run;
    job->wait.data = job;
    timer_set(&job->wait, ms);
}


static void
job_run(void *data)
{
    job_t   *job = data;
    json_t  *value;

    if ((job->builtin->flags & NEEDS_ARGS) && !json_is_object(job->args)) {
        value = job_fail(job, 500, "runtime error: invalid memory address or"
                         " nil pointer dereference");

    } else if (job->builtin->flags & PROCESS) {
        spawn_job(job);
        return;

    } else {
        value = job->builtin->run(job, job->args);
    }

    if (value != job_async) {
        job_end(job, value);
    }
}


/* End of a builtin: its value, or NULL when job_fail() has set the error. */

void
job_end(job_t *job, json_t *value)
{
    json_t  *error;

    buf_free(&job->payload);
    job->payload_level = 20;

    if (value) {
        json_write(&job->payload, value);
        json_decref(value);

    } else {
        error = json_str(job->error ? job->error : "");
        json_write(&job->payload, error);
        json_decref(error);
        job->exited = 1;
        job->status = 1 << 8;
    }

    job_finish(job);
}


void
job_exited(job_t *job, int status)
{
    job->exited = 1;
    job->status = status;

    if (WIFSIGNALED(status)) {
        channel_drain(&job->out);
        channel_drain(&job->err);
    }

    job_channel_done(job);
}


/* A program has ended when it is reaped and both of its streams are read. */

void
job_channel_done(job_t *job)
{
    if (job->exited && job->out.io.fd == -1 && job->err.io.fd == -1) {
        job->pid = 0;
        job_finish(job);
    }
}


/* The text replaces everything else of the result. */

void
job_unstartable(job_t *job, const char *text)
{
    job->error = xstrdup(text);
    job->code = 404;
    job->exited = 1;
    job->status = 1 << 8;
    job_finish(job);
}


static const char *
job_state(job_t *job)
{
    if (job->timed_out) {
        return "TIMEOUT";
    }

    if (job->killed && (opt.gen != GEN_C || job->phase == JOB_SLEEPING)) {
        return "KILLED";
    }

    return job->exited && job->status != 0 ? "ERROR" : "SUCCESS";
}


static unsigned
job_code(const job_t *job, const char *state)
{
    if (strcmp(state, "SUCCESS") == 0) {
        return 0;
    }

    if (job->code) {
        return job->code;
    }

    if (!(job->builtin->flags & PROCESS)) {
        return 500;
    }

    return WIFEXITED(job->status) && job->phase != JOB_SLEEPING
           && !job->timed_out ? 1000 + WEXITSTATUS(job->status) : 999;
}


static void
job_report(job_t *job, const char *state)
{
    int        ok = strcmp(state, "SUCCESS") == 0;
    buf_t      out = { 0 }, err = { 0 };
    result_t   res = { .state = state, .start = job->start };

    res.time = now_ms() - job->start;
    res.code = job_code(job, state);
    res.critical = job->critical;

    if (job->error && job->payload_level == 0) {
        res.data = job->error;
        res.len = strlen(job->error);
        agent_push(job->cmd, job->core, &res);
        return;
    }

    if (job->builtin->flags & PROCESS) {
        channel_join(&job->out, &out, ok);
        channel_join(&job->err, &err, !ok);
    }

    res.out = out.data ? out.data : "";
    res.out_len = out.len;
    res.err = err.data ? err.data : "";
    res.err_len = err.len;

    if (strcmp(state, "KILLED") != 0) {
        res.level = job->payload_level;
        res.data = job->payload.data;
        res.len = job->payload.len;
    }

    agent_push(job->cmd, job->core, &res);
    buf_free(&out);
    buf_free(&err);
}


static void
job_again(void *data)
{
    job_start(data);
}


static void
job_finish(job_t *job)
{
    const char  *state = job_state(job);
    int          ok = strcmp(state, "SUCCESS") == 0;

    timer_del(&job->limit);

    if (!job->killed
        && (job->recurring > 0 || (!ok && job->runs < job->max_restart)))
    {
        job->phase = JOB_SLEEPING;
        job->again.handler = job_again;
        job->again.data = job;
        timer_set(&job->again, job->recurring > 0 ? job->recurring * 1000
                               : 1000);
        return;
    }

    if (!job->boot) {
        job_report(job, state);
    }

    stream_job_ended(job, ok);
    job_unlink(job);
}


void
job_signal(job_t *job, int sig)
{
    if (job->phase != JOB_RUNNING) {
        if (job->killed) {
            timer_del(&job->again);
            job->phase = JOB_SLEEPING;
            job->start = job->start == NEVER ? now_ms() : job->start;
            job_finish(job);
        }

        return;
    }

    job_kill(job, sig);
}


static void
boot_entry(const char *id, const char *command, json_t *args, int recurring,
    int guarded)
{
    job_t             *job;
    json_t            *cmd = json_object();
    static builtin_t   none = { "", GEN_ALL, ON_HOST, NULL };

    json_put(cmd, "id", json_str(id));
    json_put(cmd, "command", json_str(command));
    json_put(cmd, "arguments", args);

    if (recurring) {
        json_put(cmd, "recurring_period", json_integer(recurring));
    }

    job = job_new(cmd, NULL, 0, &none);
    json_decref(cmd);
    job->boot = 1;
    job->guarded = guarded;
    job->phase = recurring ? JOB_SLEEPING : JOB_RUNNING;
    job->start = now_ms();
}


/* The job of a container's coreX: it can be killed, and has no result. */

void
job_entry(const char *id, pid_t pid)
{
    job_t                   *job;
    json_t                  *cmd = json_pack("{ss}", "id", id);
    static const builtin_t   corex = { "", GEN_ALL, ON_HOST|PROCESS, NULL };

    job = job_new(cmd, NULL, 0, &corex);
    json_decref(cmd);
    job->boot = 1;
    job->phase = JOB_RUNNING;
    job->start = now_ms();
    job->pid = pid;
}


/* What a real node lists after its boot; the figures come from elsewhere. */

void
jobs_init(void)
{
    int          i;
    char         id[32];
    const char  *domains[] = { "cpu", "memory", "disk", "network" };

    if (opt.gen == GEN_C) {
        boot_entry("redis", "core.system",
                   json_pack("{s[ss]ss}", "args", "--unixsocket", opt.redis,
                             "name", "redis-server"), 0, 1);
        boot_entry("kvm.monitor", "kvm.monitor", json_null(), 30, 0);
        boot_entry("kvm.events", "kvm.events", json_null(), 0, 0);
    }

    for (i = 0; i < 4; i++) {
        snprintf(id, sizeof(id), "monitor.%s", domains[i]);
        boot_entry(id, "monitor", json_pack("{ss}", "domain", domains[i]), 30,
                   0);
    }
}


/* The end of this process: nothing is left behind. */

void
jobs_stop(void)
{
    containers_drop();
    jobs_drop(NULL);
    spawn_kill_all();
}
