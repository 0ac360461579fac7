/* corex.create, list, find, dispatch and terminate. */

#include "container.h"

#include <signal.h>

#define DISPATCH_MS  5000


static int  created;            /* A and B never use a number again */


int
next_seq(void)
{
    static int  seq;

    return ++seq;
}


/* A and B count on; C takes the lowest free number. */

static int
next_number(void)
{
    int           id = 1;
    container_t  *ct;

    if (opt.gen != GEN_C) {
        return ++created;
    }

again:

    TAILQ_FOREACH(ct, &containers, link) {
        if (ct->id == id) {
            id++;
            goto again;
        }
    }

    return id;
}


void
containers_reset(void)
{
    containers_drop();
    created = 0;
}


static void
put_default(json_t *to, const json_t *from, const char *name, json_t *def)
{
    json_t  *v = json_object_get(from, name);

    if (v && !json_is_null(v)) {
        json_incref(v);
        json_decref(def);
        def = v;
    }

    json_put(to, name, def);
}


/* In C the tags are those of the command. */

static json_t *
tags_of(const job_t *job, const json_t *args)
{
    json_t  *tags = json_object_get(args, "tags");

    if (opt.gen == GEN_C && json_is_array(json_object_get(job->cmd, "tags"))) {
        tags = json_object_get(job->cmd, "tags");
    }

    return json_is_array(tags) ? json_incref(tags)
           : opt.gen == GEN_C ? json_null() : json_array();
}


static json_t *
arguments_of(const job_t *job, const json_t *args)
{
    json_t  *o = json_object();

    put_default(o, args, "root", json_str(""));
    put_default(o, args, "mount", json_object());
    put_default(o, args, "host_network", json_false());

    if (opt.gen == GEN_C) {
        put_default(o, args, "identity", json_str(""));
    }

    put_default(o, args, "nics", json_array());
    put_default(o, args, "port", json_object());
    put_default(o, args, "privileged", json_false());
    put_default(o, args, "hostname", json_str(""));
    put_default(o, args, "storage", json_str(""));

    if (opt.gen == GEN_C) {
        put_default(o, args, "name", json_str(""));
        put_default(o, args, "env", json_object());
        put_default(o, args, "cgroups", json_array());
    }

    json_put(o, "tags", tags_of(job, args));

    return o;
}


json_t *
container_create_cmd(job_t *job, json_t *args)
{
    int           id;
    char         *hostname;
    json_t       *arguments;
    container_t  *ct;

    if (*json_string_at(args, "root", "") == '\0') {
        return job_fail(job, 500, "root plist is required");
    }

    id = next_number();
    arguments = arguments_of(job, args);

    if (*json_string_at(arguments, "hostname", "") == '\0') {
        hostname = xprintf("core-%d", id);
        json_put(arguments, "hostname", json_str(hostname));
        free(hostname);
    }

    ct = container_start(id, arguments, json_object_get(args, "env"));
    if (ct == NULL) {
        return job_fail(job, 500, "failed to start container");
    }

    ct->creating = job;

    return job_async;
}


static json_t *
container_json(container_t *ct)
{
    double    cpu = 0;
    char      debug[16];
    json_t   *o, *c = json_object();
    usage_t   u = { 0 };

    if (process_usage(ct->pid, &u) == 0) {
        cpu = cpu_percent(&ct->cpu_ticks, &ct->cpu_at, u.ticks);
    }

    snprintf(debug, sizeof(debug), "%d", (int) ct->pid);
    o = usage_json(cpu, &u);
    json_put(o, "debug", json_str(debug));
    json_put(c, "arguments", json_incref(ct->arguments));
    json_put(c, "root", json_str(ct->root));
    json_put(c, "pid", json_integer(ct->pid));
    json_put(o, "container", c);

    return o;
}


static int
has_tag(const container_t *ct, const json_t *tag)
{
    size_t   i;
    json_t  *v;

    json_array_foreach(json_object_get(ct->arguments, "tags"), i, v) {
        if (json_equal(v, tag)) {
            return 1;
        }
    }

    return 0;
}


static int
has_tags(const container_t *ct, const json_t *tags)
{
    size_t   i;
    json_t  *v;

    json_array_foreach(tags, i, v) {
        if (!has_tag(ct, v)) {
            return 0;
        }
    }

    return 1;
}


static json_t *
container_select(const json_t *tags)
{
    char          id[16];
    json_t       *o = json_object();
    container_t  *ct;

    TAILQ_FOREACH(ct, &containers, link) {
        if (ct->root_fd != -1 && has_tags(ct, tags)) {
            snprintf(id, sizeof(id), "%d", ct->id);
            json_put(o, id, container_json(ct));
        }
    }

    return o;
}


json_t *
container_list_cmd(job_t *job, json_t *args)
{
    (void) job;
    (void) args;

    return container_select(NULL);
}


json_t *
container_find_cmd(job_t *job, json_t *args)
{
    const json_t  *tags = json_object_get(args, "tags");

    if (json_array_size(tags) == 0) {
        return job_fail(job, 500, "at least one tag is required");
    }

    return container_select(tags);
}


json_t *
container_terminate_cmd(job_t *job, json_t *args)
{
    int64_t       id = json_int_at(args, "container", 0);
    container_t  *ct;

    ct = container_get(id);
    if (ct == NULL) {
        return job_fail(job, 500, "no container with id '%lld'",
                        (long long) id);
    }

    job->awaits = ct->id;
    kill(ct->pid, SIGKILL);

    return job_async;
}


static void
dispatch_late(void *data)
{
    job_t  *job = data;

    job->seq = 0;
    job_fail(job, 500, "failed to dispatch command to container, check system"
             " logs for errors");
    job_end(job, NULL);
}


/* C keeps an id that came with the command; A and B always make one. */

static void
choose_id(json_t *inner)
{
    char  id[37];

    if (opt.gen == GEN_C && *json_string_at(inner, "id", "")) {
        return;
    }

    uuid_make(id);
    json_put(inner, "id", json_str(id));
}


/* A delay of what is inside was noted down before that had its id. */

static void
pass_on(const job_t *job, const char *what)
{
    char     *from = xprintf("%s/inner%s", job->id, what);
    char     *to = xprintf("%s%s", json_string_at(job->inner, "id", ""), what);
    int64_t   ms = agent_delay_of(from);

    if (ms) {
        agent_delay(to, ms);
    }

    free(from);
    free(to);
}


/* The flag comes first, and stays behind when coreX does not answer. */

json_t *
container_dispatch_cmd(job_t *job, json_t *args)
{
    int64_t       id = json_int_at(args, "container", 0);
    json_t       *inner = json_object_get(args, "command");
    container_t  *ct = container_get(id);

    if (id <= 0 || id > 65535) {
        return job_fail(job, 500, "invalid container id");
    }

    if (ct == NULL) {
        return job_fail(job, 500, "container does not exist");
    }

    if (!json_is_object(inner) || !agent_command_ok(inner)) {
        return job_fail(job, 500, "json: cannot unmarshal value into Go"
                        " struct field of type pm.Command");
    }

    job->inner = json_copy(inner);
    choose_id(job->inner);
    agent_flag(json_string_at(job->inner, "id", ""));

    pass_on(job, "");
    pass_on(job, "/run");

    job->seq = next_seq();
    job->wait.handler = dispatch_late;
    job->wait.data = job;
    timer_set(&job->wait, DISPATCH_MS);
    container_accept(ct, job->seq);

    return job_async;
}


void
dispatch_accepted(job_t *job, container_t *ct)
{
    json_t  *inner = job->inner, *id;

    timer_del(&job->wait);
    id = json_incref(json_object_get(inner, "id"));
    job->inner = NULL;
    job_end(job, id);
    agent_note(inner, ct->id);
    job_submit(inner, ct);
    json_decref(inner);
}
