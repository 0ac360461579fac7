/*
 * Live output: stream:<id> records, and core.subscribe, which copies the
 * messages of a running job to the stream of another.
 */

#include "core0d.h"

#define KEEP  "-1000"
#define TTL  "60"

#define META_STREAM  1
#define META_OK  2
#define META_FAILED  4


static void
publish(job_t *job, int level, int flags, const char *text, size_t len)
{
    char         *key;
    buf_t         b = { 0 };
    size_t        size[3];
    const char   *argv[3];

    if (!job->stream || opt.gen == GEN_A
        || (opt.gen == GEN_B && level != 1 && level != 2))
    {
        return;
    }

    buf_printf(&b, "{\"core\":%d,\"command\":", job->core);
    json_quote(&b, job->id, strlen(job->id));
    buf_puts(&b, ",\"message\":{\"message\":");
    json_quote(&b, text, len);
    buf_printf(&b, ",\"epoch\":%lld,\"meta\":%u}}", (long long) now_ns(),
               (unsigned) level << 16 | META_STREAM | flags);

    key = xprintf("stream:%s", job->id);
    argv[0] = "RPUSH", argv[1] = key, argv[2] = b.data;
    size[0] = 5, size[1] = strlen(key), size[2] = b.len;
    agent_redisn(3, argv, size);
    agent_redis("LTRIM", key, KEEP, "-1", NULL);
    agent_redis("EXPIRE", key, TTL, NULL);
    free(key);
    buf_free(&b);
}


/* The newest messages, "level flags text", for those who subscribe later. */

static void
remember(job_t *job, int level, int flags, const char *text, size_t len)
{
    buf_t  *b;

    if (opt.gen != GEN_C || job->watch) {
        return;
    }

    b = &job->backlog[job->backlog_n++ % BACKLOG];
    buf_free(b);
    buf_printf(b, "%03d%d", level, flags);
    buf_add(b, text, len);
}


void
job_message(job_t *job, int level, int flags, const char *text, size_t len)
{
    job_t  *j;

    publish(job, level, flags, text, len);
    remember(job, level, flags, text, len);

    TAILQ_FOREACH(j, &jobs, link) {
        if (j->watch && j->ct == job->ct && j->phase == JOB_RUNNING
            && strcmp(j->watch, job->id) == 0)
        {
            publish(j, level, flags, text, len);
        }
    }
}


/* Subscribers end with the job they watch, and in the same state. */

void
stream_job_ended(job_t *job, int ok)
{
    int      flags = ok ? META_OK : META_FAILED;
    job_t   *j, *next;

    if (job->builtin->flags & PROCESS) {
        job_message(job, ok ? 1 : 2, flags, "", 0);

    } else if (!job->watch) {
        job_message(job, 20, flags, job->payload.data ? job->payload.data : "",
                    job->payload.len);
    }

    for (j = TAILQ_FIRST(&jobs); j; j = next) {
        next = TAILQ_NEXT(j, link);

        if (j->watch && j->ct == job->ct && strcmp(j->watch, job->id) == 0) {
            free(j->watch);
            j->watch = NULL;

            if (!ok) {
                j->code = job->code;
            }

            job_end(j, ok ? json_null() : NULL);
            next = TAILQ_FIRST(&jobs);      /* others may have gone too */
        }
    }
}


json_t *
core_subscribe_cmd(job_t *job, json_t *args)
{
    job_t       *to;
    buf_t       *b;
    size_t       i;
    const char  *id = json_string_at(args, "id", "");

    to = job_find(id, job->ct);
    if (to == NULL || to == job || to->phase == JOB_QUEUED) {
        return job_fail(job, 500, "job '%s' does not exist", id);
    }

    i = to->backlog_n > BACKLOG ? to->backlog_n - BACKLOG : 0;

    for ( ; i < to->backlog_n; i++) {
        b = &to->backlog[i % BACKLOG];
        publish(job, atoi((char[4]) { b->data[0], b->data[1], b->data[2], 0 }),
                b->data[3] - '0', b->data + 4, b->len - 4);
    }

    job->watch = xstrdup(id);

    return job_async;
}
