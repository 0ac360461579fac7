/* The jobs that a node for measurements has taken, and their results. */

#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>

#include "jobs.h"

#define JOBS  1024              /* far more than there are waits in flight */


/* Envelopes of a generation C node. */

#define ENVELOPE  "{\"id\":\"%.*s\",\"command\":\"%s\",\"data\":\"%s\"," \
                  "\"streams\":[\"\",\"\"],\"level\":%d,\"state\":\"%s\"," \
                  "\"code\":0,\"starttime\":1795447146367,\"time\":0," \
                  "\"tags\":null,\"container\":%d}"

static const char  memory[] =
    "{\\\"total\\\":25276514304,\\\"available\\\":24573353984,"
    "\\\"used\\\":703160320,\\\"usedPercent\\\":2.7818721819911896,"
    "\\\"free\\\":24137736192,\\\"active\\\":268754944,"
    "\\\"inactive\\\":467927040,\\\"wired\\\":0,\\\"buffers\\\":3301376,"
    "\\\"cached\\\":574345216,\\\"writeback\\\":0,\\\"dirty\\\":581632,"
    "\\\"writebacktmp\\\":0,\\\"shared\\\":97456128,"
    "\\\"slab\\\":305995776,\\\"pagetables\\\":4620288,"
    "\\\"swapcached\\\":0}";

static const char  containers[] =
    "{\\\"1\\\":{\\\"cpu\\\":0,\\\"rss\\\":3989504,\\\"vms\\\":9687040,"
    "\\\"swap\\\":0,"
    "\\\"container\\\":{\\\"arguments\\\":{"
    "\\\"root\\\":\\\"http://hub/x.flist\\\","
    "\\\"name\\\":\\\"bench\\\",\\\"tags\\\":null},"
    "\\\"root\\\":\\\"/mnt/containers/1\\\",\\\"pid\\\":417}}}";


static job_t     jobs[JOBS];
static unsigned  newest;


/* What is asked for was pushed a moment ago: look from the newest down. */

job_t *
find_job(const str_t *id)
{
    job_t     *job;
    unsigned   n;

    for (n = 0; n < JOBS; n++) {
        job = &jobs[(newest - n) % JOBS];

        if (job->len != 0 && job->len == id->len
            && memcmp(job->id, id->data, id->len) == 0)
        {
            return job;
        }
    }

    return NULL;
}


int
print_envelope(char *text, const job_t *job)
{
    char         data[ID_MAX + 8];
    const char  *command, *result;

    static const char *const  names[] = { "", "info.mem", "corex.list",
                                          "corex.dispatch" };

    command = names[job->kind];

    if (job->kind == DISPATCH) {
        snprintf(data, sizeof(data), "\\\"%s\\\"", job->inner);
        result = data;

    } else {
        result = job->kind == MEM ? memory
                                  : job->kind == LIST ? containers : "";
    }

    return snprintf(text, REPLY_MAX, ENVELOPE, (int) job->len, job->id,
                    command, result, job->kind == UNKNOWN ? 0 : 20,
                    job->kind == UNKNOWN ? "UNKNOWN_CMD" : "SUCCESS",
                    job->container);
}


/* The id behind *p, which goes behind it; empty when there is none. */

static str_t
next_id(const char **p, const char *last)
{
    str_t        id = { "", 0 };
    const char  *start, *end;

    start = memmem(*p, last - *p, "\"id\":\"", 6);
    end = start ? memchr(start + 6, '"', last - start - 6) : NULL;

    if (end && end - start - 6 <= ID_MAX) {
        id.data = start + 6;
        id.len = end - id.data;
        *p = end;
    }

    return id;
}


static job_t *
add_job(const str_t *id, kind_t kind, int container)
{
    job_t  *job = &jobs[++newest % JOBS];

    job->len = id->len;
    job->kind = kind;
    job->container = container;
    memcpy(job->id, id->data, id->len);

    return job;
}


static int
has(const str_t *json, const char *text)
{
    return memmem(json->data, json->len, text, strlen(text)) != NULL;
}


void
add_jobs(const str_t *json)
{
    str_t        id, inner;
    job_t       *job;
    const char  *p, *last;

    p = json->data;
    last = json->data + json->len;
    id = next_id(&p, last);

    if (id.len == 0) {
        return;                 /* as core0: lost without a word */
    }

    if (!has(json, "\"corex.dispatch\"")) {
        add_job(&id, has(json, "\"info.mem\"") ? MEM
                     : has(json, "\"corex.list\"") ? LIST : UNKNOWN, 0);
        return;
    }

    inner = next_id(&p, last);
    job = add_job(&id, DISPATCH, 0);
    snprintf(job->inner, sizeof(job->inner), "%.*s", (int) inner.len,
             inner.data);
    add_job(&inner, has(json, "\"info.mem\"") ? MEM : UNKNOWN, 1);
}
