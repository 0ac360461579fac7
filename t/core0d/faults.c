/*
 * Faults: their texts, and those that are played on a command that a client
 * pushes.  Results that are made up are put into redis like real ones, so
 * that every way of reading them works.
 */

#include "core0d.h"

#define DEEP  1000


static const struct {
    const char    *name;
    fault_kind_e   kind;
    char           arg;         /* 'n' number, 't' text, 0 none */
} names[] = {
    { "none", FAULT_NONE, 0 }, { "silent", FAULT_SILENT, 0 },
    { "noagent", FAULT_NOAGENT, 0 }, { "stuck", FAULT_STUCK, 0 },
    { "late", FAULT_LATE, 'n' }, { "slow", FAULT_SLOW, 'n' },
    { "turns", FAULT_TURNS, 'n' }, { "drip", FAULT_DRIP, 0 },
    { "break", FAULT_BREAK, 'n' }, { "reset", FAULT_RESET, 0 },
    { "garbage", FAULT_GARBAGE, 0 }, { "error", FAULT_ERROR, 't' },
    { "oversize", FAULT_OVERSIZE, 'n' }, { "flood", FAULT_FLOOD, 0 },
    { "slowflood", FAULT_SLOWFLOOD, 0 }, { "envelope", FAULT_ENVELOPE, 't' },
    { "noauth", FAULT_NOAUTH, 0 }, { "authhang", FAULT_AUTHHANG, 0 },
    { "nulls", FAULT_NULLS, 0 }, { "data", FAULT_DATA, 't' },
    { "state", FAULT_STATE, 't' }
};


/* "NAME[@COMMAND][:ARG]" */

int
fault_parse(fault_t *f, const char *spec)
{
    size_t       i, len = strcspn(spec, ":"), name = strcspn(spec, "@:");
    const char  *text = spec[len] ? spec + len + 1 : NULL;

    memset(f, 0, sizeof(fault_t));

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) != name
            || strncmp(names[i].name, spec, name) != 0)
        {
            continue;
        }

        if ((names[i].arg != 0) != (text != NULL)) {
            return -1;
        }

        f->kind = names[i].kind;
        f->number = names[i].arg == 'n' ? atoll(text) : 0;
        f->text = text ? xstrdup(text) : NULL;
        f->only = name < len ? xprintf("%.*s", (int) (len - name - 1),
                                       spec + name + 1) : NULL;
        return 0;
    }

    return -1;
}


void
fault_free(fault_t *f)
{
    free(f->text);
    free(f->only);
    memset(f, 0, sizeof(fault_t));
}


static void
push(const char *id, const buf_t *b)
{
    agent_flag(id);
    agent_push_text(id, b->data ? b->data : "", b->len);
}


static int  core;       /* 0, or the container of the command played on */


static void
push_result(json_t *cmd, const char *state, unsigned code, int level,
    const char *data, size_t len)
{
    result_t  res = { .state = state, .code = code, .level = level,
                      .data = data, .len = len, .out = "", .err = "" };

    res.start = now_ms();
    agent_flag(json_string_at(cmd, "id", ""));
    agent_push(cmd, core, &res);
}


static void
oversize(json_t *cmd, size_t size)
{
    char  *data = xalloc(size + 1);

    memset(data, 'x', size);

    if (size >= 2) {
        data[0] = data[size - 1] = '"';
    }

    push_result(cmd, "SUCCESS", 0, 20, data, size);
    free(data);
}


/* STATE:CODE:TEXT */

static void
chosen_state(json_t *cmd, const char *spec)
{
    char    *copy = xstrdup(spec), *rest = copy, *state, *code, *text;
    json_t  *v;

    state = strsep(&rest, ":");
    code = rest ? strsep(&rest, ":") : "0";
    v = json_str(rest ? rest : "");
    text = json_text(v);
    push_result(cmd, state, atoi(code), 20, text, strlen(text));
    json_decref(v);
    free(text);
    free(copy);
}


static void
put_deep(buf_t *b)
{
    int  i;

    for (i = 0; i < DEEP; i++) {
        buf_puts(b, "[");
    }

    for (i = 0; i < DEEP; i++) {
        buf_puts(b, "]");
    }
}


/* Envelopes that differ in text only; %s is the id. */

static const struct {
    const char  *kind;
    const char  *text;
} envelopes[] = {
    { "notjson", "this is not JSON" },
    { "array", "[1,2,3]" },
    { "empty", "" },
    { "wrongid", "{\"id\":\"another\",\"command\":\"x\",\"data\":\"{}\","
      "\"streams\":[\"\",\"\"],\"level\":20,\"state\":\"SUCCESS\",\"code\":0,"
      "\"starttime\":1,\"time\":1,\"tags\":null,\"container\":0}" },
    { "nostate", "{\"id\":\"%s\",\"command\":\"x\",\"data\":\"{}\","
      "\"level\":20,\"starttime\":1,\"time\":1,\"tags\":null,"
      "\"container\":0}" },
    { "badtypes", "{\"id\":\"%s\",\"command\":7,\"data\":{\"a\":1},"
      "\"streams\":\"none\",\"level\":\"20\",\"state\":5,\"code\":\"x\","
      "\"starttime\":\"now\",\"time\":null,\"tags\":{},\"container\":\"0\"}" },
    { "dupkeys", "{\"id\":\"%s\",\"command\":\"x\",\"data\":\"{}\","
      "\"streams\":[\"\",\"\"],\"level\":20,\"state\":\"SUCCESS\","
      "\"state\":\"ERROR\",\"data\":\"\\\"again\\\"\",\"starttime\":1,"
      "\"time\":1,\"tags\":null,\"container\":0}" }
};


static void
envelope(json_t *cmd, const char *kind)
{
    char        *text;
    buf_t        b = { 0 };
    size_t       i;
    const char  *id = json_string_at(cmd, "id", "");

    for (i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++) {
        if (strcmp(envelopes[i].kind, kind) == 0) {
            text = strstr(envelopes[i].text, "%s");
            buf_printf(&b, "%.*s%s%s",
                       (int) (text ? text - envelopes[i].text
                              : (ptrdiff_t) strlen(envelopes[i].text)),
                       envelopes[i].text, text ? id : "",
                       text ? text + 2 : "");
            push(id, &b);
            buf_free(&b);
            return;
        }
    }

    if (strcmp(kind, "level0") == 0) {
        push_result(cmd, "SUCCESS", 0, 0, "plain text", 10);

    } else if (strcmp(kind, "datanotjson") == 0) {
        push_result(cmd, "SUCCESS", 0, 20, "{not json", 9);

    } else if (strcmp(kind, "datanull") == 0) {
        push_result(cmd, "SUCCESS", 0, 20, "null", 4);

    } else if (strcmp(kind, "deep") == 0) {
        put_deep(&b);
        push_result(cmd, "SUCCESS", 0, 20, b.data, b.len);
        buf_free(&b);

    } else {
        log_line("unknown envelope kind %s", kind);
    }
}


/* Of turns one starts late, the next one at once, and so on. */

static void
hold(fault_t *f, const char *key, const char *id)
{
    char  *text;

    if (f->kind == FAULT_SLOW || f->played++ % 2 == 0) {
        text = xprintf(key, id);
        agent_delay(text, f->number);
        free(text);
    }
}


static int
play(fault_t *f, json_t *cmd)
{
    const char  *id = json_string_at(cmd, "id", "");

    switch (f->kind) {
    case FAULT_NOAGENT:
        break;

    case FAULT_STUCK:
        agent_flag(id);
        break;

    case FAULT_LATE:
        agent_delay(id, f->number);
        return 0;

    case FAULT_SLOW:
    case FAULT_TURNS:
        hold(f, "%s/run", id);
        return 0;

    case FAULT_OVERSIZE:
        oversize(cmd, f->number);
        break;

    case FAULT_ENVELOPE:
        envelope(cmd, f->text);
        break;

    case FAULT_DATA:
        push_result(cmd, "SUCCESS", 0, 20, f->text, strlen(f->text));
        break;

    case FAULT_STATE:
        chosen_state(cmd, f->text);
        break;

    default:
        return 0;
    }

    agent_note(cmd, core);

    return 1;
}


static int
is_chosen(const fault_t *f, const json_t *cmd)
{
    return f->only == NULL
           || strcmp(f->only, json_string_at(cmd, "command", "")) == 0;
}


/*
 * The fault is for a command that a dispatch carries: the dispatch succeeds,
 * and the fault is played on what is inside.
 */

static int
play_inside(fault_t *f, json_t *cmd)
{
    char        *text, id[37];
    int          played;
    json_t      *args = json_object_get(cmd, "arguments");
    json_t      *inner = json_object_get(args, "command");

    if (f->only == NULL || !json_is_object(inner) || !is_chosen(f, inner)
        || strcmp(json_string_at(cmd, "command", ""), "corex.dispatch") != 0)
    {
        return 0;
    }

    if (f->kind == FAULT_LATE) {
        text = xprintf("%s/inner", json_string_at(cmd, "id", ""));
        agent_delay(text, f->number);
        free(text);
        return 0;
    }

    if (f->kind == FAULT_SLOW || f->kind == FAULT_TURNS) {
        hold(f, "%s/inner/run", json_string_at(cmd, "id", ""));
        return 0;
    }

    if (opt.gen != GEN_C || *json_string_at(inner, "id", "") == '\0') {
        uuid_make(id);
        json_put(inner, "id", json_str(id));
    }

    core = (int) json_int_at(args, "container", 0);
    played = play(f, inner);
    core = 0;

    if (played) {
        text = json_text(json_object_get(inner, "id"));
        push_result(cmd, "SUCCESS", 0, 20, text, strlen(text));
        free(text);
    }

    return played;
}


/* 1: the command is taken care of; 0: it goes its normal way. */

int
fault_play(fault_t *f, const char *text, size_t len)
{
    int      played = 0;
    json_t  *cmd;

    if (f->kind == FAULT_NONE) {
        return 0;
    }

    cmd = json_loadb(text, len, JSON_ALLOW_NUL, NULL);

    if (json_is_object(cmd)) {
        played = is_chosen(f, cmd) ? play(f, cmd) : play_inside(f, cmd);
    }

    json_decref(cmd);

    return played;
}
