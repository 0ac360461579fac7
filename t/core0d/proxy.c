/*
 * The commands of a client: AUTH, what a generation does not know, faults.
 * The rest goes to redis (upstream.c).  Each client is served strictly in
 * order.
 */

#include "front.h"

#include <strings.h>

#define TEXT_MAX  2048      /* of a command in the statistics */


int
command_is(const redisReply *cmd, const char *name)
{
    return strcasecmp(cmd->element[0]->str, name) == 0;
}


const char *
command_arg(const redisReply *cmd, size_t i)
{
    return i < cmd->elements ? cmd->element[i]->str : "";
}


void
send_text(client_t *c, const char *text)
{
    conn_send(c, text, strlen(text));
}


void
send_error(client_t *c, const char *text)
{
    char  *s = xprintf("-%s\r\n", text);

    send_text(c, s);
    free(s);
}


/* @FILE: any line of it, as it is now. */

static int
auth_matches(const listener_t *ls, const char *given)
{
    int   found = 0;
    char  line[8192];
    FILE *f;

    if (ls->auth == NULL || ls->auth[0] != '@') {
        return ls->auth ? strcmp(ls->auth, given) == 0 : opt.gen == GEN_C;
    }

    f = fopen(ls->auth + 1, "r");

    while (f && !found && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        found = line[0] && strcmp(line, given) == 0;
    }

    if (f) {
        fclose(f);
    }

    return found;
}


static void
auth(client_t *c)
{
    int          one = c->cmd->elements == 2;
    listener_t  *ls = c->ls;

    if (ls->fault.kind == FAULT_AUTHHANG) {
        c->hung = 1;
        return;
    }

    if (opt.gen == GEN_C && !one) {
        send_error(c, "invalid number of arguments");

    } else if (!one) {
        send_error(c, "invalid command param");

    } else if (ls->fault.kind != FAULT_NOAUTH
               && auth_matches(ls, command_arg(c->cmd, 1)))
    {
        c->authed = 1;
        send_text(c, "+OK\r\n");

    } else {
        send_error(c, opt.gen == GEN_C ? "invalid jwt"
                   : "authentication failure");
    }
}


/* ledis keeps lists in a name space of their own; core0 has lists only. */

static const char *
string_key_answer(const redisReply *cmd)
{
    if (opt.gen == GEN_C) {
        return NULL;
    }

    if (command_is(cmd, "EXISTS") || command_is(cmd, "EXPIRE")
        || command_is(cmd, "DEL"))
    {
        return ":0\r\n";
    }

    return command_is(cmd, "TTL") ? ":-1\r\n" : NULL;
}


/* What must not reach a shared connection; ledis is content with SELECT 0. */

static int
refused(client_t *c)
{
    size_t  i;

    static const char  *never[] = { "MULTI", "EXEC", "WATCH", "SUBSCRIBE",
        "PSUBSCRIBE", "MONITOR", "SYNC", "CLIENT", "QUIT", "SHUTDOWN",
        "HELLO", "SELECT" };

    if (command_is(c->cmd, "SELECT") && opt.gen != GEN_C
        && strcmp(command_arg(c->cmd, 1), "0") == 0)
    {
        send_text(c, "+OK\r\n");
        return 1;
    }

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (command_is(c->cmd, never[i])) {
            send_error(c, opt.gen == GEN_C ? "ERR unknown command"
                       : "command not found");
            return 1;
        }
    }

    return 0;
}


static int
reads_result(const redisReply *cmd)
{
    size_t       i, n;
    const char  *key = command_arg(cmd, 1);

    static const char  *names[] = { "BLPOP", "BRPOP", "BRPOPLPUSH",
        "RPOPLPUSH", "LINDEX", "LPOP", "RPOP", "LRANGE" };

    n = strlen(key);

    if (strncmp(key, "result:", 7) != 0
        || (n > 5 && strcmp(key + n - 5, ":flag") == 0))
    {
        return 0;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (command_is(cmd, names[i])) {
            return 1;
        }
    }

    return 0;
}


static void
flood(client_t *c)
{
    char  *head;

    head = command_is(c->cmd, "BLPOP") || command_is(c->cmd, "BRPOP")
           ? xprintf("*2\r\n$%zu\r\n%s\r\n$4294967296\r\n",
                     strlen(command_arg(c->cmd, 1)), command_arg(c->cmd, 1))
           : xstrdup("$4294967296\r\n");

    send_text(c, head);
    free(head);

    if (!c->closed) {
        conn_flood(c, c->ls->fault.kind == FAULT_SLOWFLOOD);
    }
}


/* Faults that answer a command in place of redis.  1: it is answered. */

static int
faulty(client_t *c)
{
    fault_t           *f = &c->ls->fault;
    const redisReply  *cmd = c->cmd;

    switch (f->kind) {
    case FAULT_RESET:
        conn_reset(c);
        return 1;

    case FAULT_GARBAGE:
        conn_send(c, "\0\377garbage\1\r\n", 12);
        return 1;

    case FAULT_ERROR:
        if (command_is(cmd, "AUTH")) {
            return 0;
        }

        send_error(c, f->text);
        return 1;

    case FAULT_FLOOD:
    case FAULT_SLOWFLOOD:
        if (!reads_result(cmd)) {
            return 0;
        }

        flood(c);
        return 1;

    default:
        break;
    }

    if (command_is(cmd, "RPUSH") && c->authed && cmd->elements == 3
        && strcmp(command_arg(cmd, 1), "core:default") == 0
        && fault_play(f, command_arg(cmd, 2), cmd->element[2]->len))
    {
        send_text(c, ":1\r\n");
        return 1;
    }

    return 0;
}


/* Executes c->cmd; when it is answered at once, c->cmd is freed again. */

static void
proxy_command(client_t *c)
{
    const char  *answer;

    if (faulty(c)) {
        goto done;
    }

    if (command_is(c->cmd, "AUTH")) {
        c->ls->stats.auths++;
        auth(c);

        if (c->hung) {
            return;
        }

        goto done;
    }

    if (!c->authed) {
        send_error(c, opt.gen == GEN_C ? "permission denied, please call AUTH"
                   " first with a valid JWT" : "not authenticated");
        goto done;
    }

    answer = string_key_answer(c->cmd);

    if (answer) {
        send_text(c, answer);
        goto done;
    }

    if (refused(c)) {
        goto done;
    }

    c->blocking = command_is(c->cmd, "BLPOP") || command_is(c->cmd, "BRPOP")
                  || command_is(c->cmd, "BRPOPLPUSH");

    if (c->blocking && ++c->ls->stats.blocked > c->ls->stats.peak_blocked) {
        c->ls->stats.peak_blocked = c->ls->stats.blocked;
    }

    upstream_command(c);
    return;

done:

    command_done(c);
}


static void
remember(client_t *c)
{
    int                n;
    buf_t              b = { 0 };
    size_t             i;
    json_t            *last = c->ls->stats.last;
    const redisReply  *cmd = c->cmd;

    c->ls->stats.commands++;

    for (i = 0; i < cmd->elements && b.len < TEXT_MAX; i++) {
        if (i) {
            buf_puts(&b, " ");
        }

        if (i && command_is(cmd, "AUTH")) {
            buf_puts(&b, "***");
            continue;
        }

        n = (int) cmd->element[i]->len;
        buf_add(&b, cmd->element[i]->str, n > TEXT_MAX ? TEXT_MAX : n);
    }

    json_array_append_new(last, json_strn(b.data, b.len));
    buf_free(&b);

    if (json_array_size(last) > LAST_MAX) {
        json_array_remove(last, 0);
    }
}


static int
is_command(const redisReply *r)
{
    size_t  i;

    if (r->type != REDIS_REPLY_ARRAY || r->elements == 0
        || r->elements > ARGS_MAX)
    {
        return 0;
    }

    for (i = 0; i < r->elements; i++) {
        if (r->element[i]->type != REDIS_REPLY_STRING) {
            return 0;
        }
    }

    return 1;
}


/* Takes commands out of what was read, until one of them has to wait. */

void
proxy_next(client_t *c)
{
    void  *r;

    while (!c->closed && c->cmd == NULL && !c->flooding && !c->last) {
        r = NULL;

        if (redisReaderGetReply(c->reader, &r) != REDIS_OK
            || (r && !is_command(r)))
        {
            if (r) {
                freeReplyObject(r);
            }

            c->last = 1;
            send_error(c, "ERR Protocol error");
            return;
        }

        if (r == NULL) {
            return;
        }

        c->cmd = r;
        remember(c);
        proxy_command(c);
    }
}
