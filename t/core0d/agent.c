/*
 * The agent: takes commands from core:default in order, sets their flags,
 * hands them to jobs.c, and pushes the envelopes.  It has two connections,
 * one that waits in BLPOP and one for everything else; both are opened again
 * with a short back-off when redis goes away.
 */

#include "core0d.h"

#define QUEUE  "core:default"
#define NOTES  200
#define NOTE_TEXT  4096     /* longer texts are cut */
#define BACKOFF_MAX  1000


typedef struct formatted_s {
    STAILQ_ENTRY(formatted_s)  link;
    char                      *text;
    size_t                     len;
} formatted_t;

typedef struct delay_s {
    SLIST_ENTRY(delay_s)  link;
    char                 *id;
    int64_t               ms;
} delay_t;

typedef struct {
    timer_node_t  timer;
    char         *id;
    char         *text;
    size_t        len;
} late_t;


/* C drops an id whose flag still exists; the others do not look. */
static const char  take_script[] =
    "if redis.call('exists',KEYS[1])==1 then return 0 end "
    "redis.call('rpush',KEYS[1],'') return 1";

static redisAsyncContext          *pop, *put;
static timer_node_t                retry;
static int64_t                     backoff = 50;
static STAILQ_HEAD(, formatted_s)  unsent = STAILQ_HEAD_INITIALIZER(unsent);
static SLIST_HEAD(, delay_s)       delays;
static json_t                     *notes;



static void
agent_retry(void)
{
    timer_set(&retry, backoff);
    backoff = backoff * 2 > BACKOFF_MAX ? BACKOFF_MAX : backoff * 2;
}


static void
agent_down(const redisAsyncContext *ac, int status)
{
    (void) status;

    if (ac == pop) {
        pop = NULL;
    }

    if (ac == put) {
        put = NULL;
    }

    if (retry.handler) {
        agent_retry();
    }
}


/* Go's decoder refuses a whole command for one member of the wrong type. */

int
agent_command_ok(const json_t *cmd)
{
    static const char  *texts[] = { "id", "command", "queue", NULL };
    static const char  *ints[] = { "stats_interval", "max_time",
                                   "max_restart", "recurring_period", NULL };
    size_t              i;
    const json_t       *v, *item;

    for (i = 0; texts[i]; i++) {
        v = json_object_get(cmd, texts[i]);
        if (v && !json_is_string(v) && !json_is_null(v)) {
            return 0;
        }
    }

    for (i = 0; ints[i]; i++) {
        v = json_object_get(cmd, ints[i]);
        if (v && !json_is_integer(v) && !json_is_null(v)) {
            return 0;
        }
    }

    v = json_object_get(cmd, "stream");
    if (v && opt.gen != GEN_A && !json_is_boolean(v) && !json_is_null(v)) {
        return 0;
    }

    v = json_object_get(cmd, "tags");
    if (v == NULL || json_is_null(v)) {
        return 1;
    }

    if (opt.gen != GEN_C) {
        return json_is_string(v);
    }

    json_array_foreach(v, i, item) {
        if (!json_is_string(item)) {
            return 0;
        }
    }

    return json_is_array(v);
}


static void
agent_taken(redisAsyncContext *ac, void *r, void *data)
{
    json_t      *cmd = data;
    redisReply  *reply = r;

    (void) ac;

    if (reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0) {
        agent_note(cmd, 0);
        job_submit(cmd, NULL);
    }

    json_decref(cmd);
}


static void
agent_take(const char *text, size_t len)
{
    char        *key;
    json_t      *cmd = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    const char  *id;

    id = json_string_at(cmd, "id", "");

    if (!json_is_object(cmd) || *id == '\0' || !agent_command_ok(cmd)) {
        log_line("dropped: %.200s", text);
        json_decref(cmd);
        return;
    }

    if (put == NULL) {
        log_line("lost with the connection to redis: %s", id);
        json_decref(cmd);
        return;
    }

    key = xprintf("result:%s:flag", id);

    if (opt.gen == GEN_C) {
        redisAsyncCommand(put, agent_taken, cmd, "EVAL %s 1 %s", take_script,
                          key);
    } else {
        redisAsyncCommand(put, agent_taken, cmd, "RPUSH %s %s", key, "");
    }

    free(key);
}


static void
agent_popped(redisAsyncContext *ac, void *r, void *data)
{
    redisReply  *reply = r;

    (void) data;

    if (reply == NULL) {
        return;
    }

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        agent_take(reply->element[1]->str, reply->element[1]->len);

    } else if (reply->type == REDIS_REPLY_ERROR) {
        log_line("BLPOP: %s", reply->str);      /* still loading, say */
        redisAsyncDisconnect(ac);
        return;
    }

    redisAsyncCommand(ac, agent_popped, NULL, "BLPOP " QUEUE " 0");
}


static void
agent_flush(void)
{
    formatted_t  *f;

    while (put && (f = STAILQ_FIRST(&unsent)) != NULL) {
        STAILQ_REMOVE_HEAD(&unsent, link);
        redisAsyncFormattedCommand(put, NULL, NULL, f->text, f->len);
        redisFreeCommand(f->text);
        free(f);
    }
}


static void
agent_alive(redisAsyncContext *ac, void *r, void *data)
{
    redisReply  *reply = r;

    (void) data;

    if (reply && reply->type == REDIS_REPLY_ERROR) {
        redisAsyncDisconnect(ac);       /* still loading, say */

    } else if (reply) {
        backoff = 50;
        agent_flush();
        front_ready();
    }
}


static void
agent_connect(void *data)
{
    (void) data;

    if (put == NULL) {
        put = redis_open(NULL, agent_down);
        if (put) {
            redisAsyncCommand(put, agent_alive, NULL, "LLEN " QUEUE);
        }
    }

    if (put && pop == NULL) {
        pop = redis_open(NULL, agent_down);
        if (pop) {
            redisAsyncCommand(pop, agent_popped, NULL, "BLPOP " QUEUE " 0");
        }
    }

    if (pop == NULL || put == NULL) {
        agent_retry();
    }
}


void
agent_start(void)
{
    notes = json_array();
    retry.handler = agent_connect;
    agent_connect(NULL);
}


void
agent_stop(void)
{
    delay_t      *d;
    formatted_t  *f;

    timer_del(&retry);
    retry.handler = NULL;

    if (pop) {
        redisAsyncFree(pop);
    }

    if (put) {
        redisAsyncFree(put);
    }

    while ((f = STAILQ_FIRST(&unsent)) != NULL) {
        STAILQ_REMOVE_HEAD(&unsent, link);
        redisFreeCommand(f->text);
        free(f);
    }

    while ((d = SLIST_FIRST(&delays)) != NULL) {
        SLIST_REMOVE_HEAD(&delays, link);
        free(d->id);
        free(d);
    }

    json_decref(notes);
}


/* What redis cannot take now is kept until it is back. */

void
agent_redisn(int argc, const char **argv, const size_t *len)
{
    formatted_t  *f;

    if (put) {
        redisAsyncCommandArgv(put, NULL, NULL, argc, argv, len);
        return;
    }

    f = xalloc(sizeof(formatted_t));
    f->len = redisFormatCommandArgv(&f->text, argc, argv, len);
    STAILQ_INSERT_TAIL(&unsent, f, link);
}


/* Text arguments, ended by NULL. */

void
agent_redis(const char *verb, ...)
{
    int          n;
    va_list      args;
    const char  *argv[8] = { verb };

    va_start(args, verb);

    for (n = 1; n < 8 && (argv[n] = va_arg(args, const char *)); n++) {
        /* void */
    }

    va_end(args);
    agent_redisn(n, argv, NULL);
}


void
agent_flag(const char *id)
{
    char  *key = xprintf("result:%s:flag", id);

    agent_redis("RPUSH", key, "", NULL);
    free(key);
}


/* Both the result and its flag live for 300 s from now. */

void
agent_push_text(const char *id, const char *text, size_t len)
{
    char         *key = xprintf("result:%s", id);
    char         *flag = xprintf("result:%s:flag", id);
    size_t        size[3] = { 5, strlen(key), len };
    const char   *argv[3] = { "RPUSH", key, text };

    agent_redisn(3, argv, size);
    agent_redis("EXPIRE", key, RESULT_TTL, NULL);
    agent_redis("EXPIRE", flag, RESULT_TTL, NULL);
    free(key);
    free(flag);
}


static void
put_streams(buf_t *b, const result_t *res)
{
    if (res->out == NULL) {
        return;
    }

    buf_puts(b, ",\"streams\":[");
    json_quote(b, res->out, res->out_len);
    buf_puts(b, ",");
    json_quote(b, res->err, res->err_len);
    buf_puts(b, "]");
}


static void
put_tags(buf_t *b, const json_t *cmd)
{
    const json_t  *tags = json_object_get(cmd, "tags");

    buf_puts(b, ",\"tags\":");

    if (tags && !json_is_null(tags)) {
        json_write(b, tags);
    } else {
        buf_puts(b, opt.gen == GEN_C ? "null" : "\"\"");
    }
}


/* The envelope, member by member in the order of the real one. */

static void
put_envelope(buf_t *b, const json_t *cmd, int core, const result_t *res)
{
    const char  *id = json_string_at(cmd, "id", "");
    const char  *name = json_string_at(cmd, "command", "");

    buf_puts(b, "{\"id\":");
    json_quote(b, id, strlen(id));
    buf_puts(b, ",\"command\":");
    json_quote(b, name, strlen(name));
    buf_puts(b, ",\"data\":");
    json_quote(b, res->data ? res->data : "", res->data ? res->len : 0);
    put_streams(b, res);

    if (res->critical) {
        buf_puts(b, ",\"critical\":");
        json_quote(b, res->critical, strlen(res->critical));
    }

    buf_printf(b, ",\"level\":%d,\"state\":\"%s\"", res->level, res->state);

    if (opt.gen == GEN_C) {
        buf_printf(b, ",\"code\":%u", res->code);
    }

    buf_printf(b, ",\"starttime\":%lld,\"time\":%lld",
               (long long) res->start, (long long) res->time);
    put_tags(b, cmd);
    buf_printf(b, ",\"container\":%d}", core);
}


static void
push_late(void *data)
{
    late_t  *l = data;

    agent_push_text(l->id, l->text, l->len);
    free(l->id);
    free(l->text);
    free(l);
}


void
agent_push(json_t *cmd, int core, const result_t *res)
{
    buf_t        b = { 0 };
    late_t      *l;
    int64_t      ms;
    const char  *id = json_string_at(cmd, "id", "");

    put_envelope(&b, cmd, core, res);
    ms = agent_delay_of(id);

    if (ms <= 0) {
        agent_push_text(id, b.data, b.len);
        buf_free(&b);
        return;
    }

    l = xalloc(sizeof(late_t));
    l->id = xstrdup(id);
    l->text = b.data;
    l->len = b.len;
    l->timer.handler = push_late;
    l->timer.data = l;
    timer_set(&l->timer, ms);
}


/*
 * The fault "late": the result of this id is held back for ms; with "/run"
 * behind the id the job itself is.
 */

void
agent_delay(const char *id, int64_t ms)
{
    delay_t  *d = xalloc(sizeof(delay_t));

    d->id = xstrdup(id);
    d->ms = ms;
    SLIST_INSERT_HEAD(&delays, d, link);
}


int64_t
agent_delay_of(const char *id)
{
    delay_t  *d;
    int64_t   ms;

    SLIST_FOREACH(d, &delays, link) {
        if (strcmp(d->id, id) == 0) {
            ms = d->ms;
            SLIST_REMOVE(&delays, d, delay_s, link);
            free(d->id);
            free(d);
            return ms;
        }
    }

    return 0;
}


/* A copy without the bulk, say of files: notes are many and live long. */

static json_t *
shortened(const json_t *v)
{
    size_t       i;
    json_t      *copy, *item;
    const char  *name;

    if (json_is_string(v) && json_string_length(v) > NOTE_TEXT) {
        return json_sprintf("%.64s...", json_string_value(v));
    }

    if (json_is_object(v)) {
        copy = json_object();

        json_object_foreach((json_t *) v, name, item) {
            json_put(copy, name, shortened(item));
        }

        return copy;
    }

    if (json_is_array(v)) {
        copy = json_array();

        json_array_foreach(v, i, item) {
            json_array_append_new(copy, shortened(item));
        }

        return copy;
    }

    return json_copy((json_t *) v);
}


/* The newest commands, for the control socket. */

void
agent_note(json_t *cmd, int core)
{
    json_t  *n = json_object(), *args = json_object_get(cmd, "arguments");

    json_put(n, "id", json_str(json_string_at(cmd, "id", "")));
    json_put(n, "command", json_str(json_string_at(cmd, "command", "")));
    json_put(n, "arguments", args ? shortened(args) : json_null());
    json_put(n, "container", json_integer(core));
    json_array_append_new(notes, n);

    if (json_array_size(notes) > NOTES) {
        json_array_remove(notes, 0);
    }
}


json_t *
agent_notes(void)
{
    return json_incref(notes);
}
