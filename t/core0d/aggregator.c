/*
 * The aggregator: metrics of this machine, sampled now and then, in windows
 * of five minutes and one hour, as aggregator.query shows them.
 */

#include "core0d.h"

#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#define PERIOD_MS  10000
#define FIRST_MS  1000          /* the first difference soon after the start */
#define WINDOWS  5
#define MIB  1048576.0


typedef struct {
    double     total;
    double     max;
    int64_t    count;
    int64_t    start;           /* epoch seconds, a multiple of the period */
} window_t;

typedef struct {
    int        seconds;
    window_t   now;
    window_t   old[WINDOWS];    /* newest first */
    int        old_n;
} period_t;

typedef struct metric_s {
    TAILQ_ENTRY(metric_s)   link;
    char                   *name;
    char                   *id;
    char                   *type;
    char                    op;         /* 'A' value, 'D' change per second */
    int                     known;      /* last_value is one */
    double                  last_value;
    int64_t                 last_time;  /* ms */
    period_t                period[2];
} metric_t;


static TAILQ_HEAD(, metric_s)  metrics = TAILQ_HEAD_INITIALIZER(metrics);
static timer_node_t            timer;


static metric_t *
metric_get(const char *name, const char *id, const char *type, char op)
{
    metric_t  *m;

    TAILQ_FOREACH(m, &metrics, link) {
        if (strcmp(m->name, name) == 0 && strcmp(m->id, id) == 0) {
            return m;
        }
    }

    m = xalloc(sizeof(metric_t));
    m->name = xstrdup(name);
    m->id = xstrdup(id);
    m->type = xstrdup(type);
    m->op = op;
    m->period[0].seconds = 300;
    m->period[1].seconds = 3600;
    TAILQ_INSERT_TAIL(&metrics, m, link);

    return m;
}


static void
window_turn(period_t *p, int64_t start)
{
    if (p->now.count) {
        memmove(p->old + 1, p->old, sizeof(window_t) * (WINDOWS - 1));
        p->old[0] = p->now;
        p->old_n += p->old_n < WINDOWS;
    }

    memset(&p->now, 0, sizeof(window_t));
    p->now.start = start;
}


static void
window_add(period_t *p, int64_t seconds, double value)
{
    int64_t  start = seconds - seconds % p->seconds;

    if (p->now.start != start) {
        window_turn(p, start);
    }

    p->now.max = p->now.count == 0 || value > p->now.max ? value : p->now.max;
    p->now.total += value;
    p->now.count++;
}


void
aggregator_feed(const char *name, const char *id, const char *type, char op,
    double value)
{
    int        i, known;
    double     v = value;
    int64_t    now = now_ms();
    metric_t  *m = metric_get(name, id, type, op);

    known = m->known && now > m->last_time;

    if (op == 'D' && known) {
        v = (value - m->last_value) * 1000 / (now - m->last_time);
    }

    m->known = 1;
    m->last_value = value;
    m->last_time = now;

    for (i = 0; i < 2 && (op == 'A' || known); i++) {
        window_add(&m->period[i], now / 1000, v < 0 ? 0 : v);
    }
}


static void
sample_memory(void)
{
    json_t          *mem = info_mem_cmd(NULL, NULL);
    struct sysinfo   si;

    aggregator_feed("machine.memory.ram.available", "", "phys", 'A',
                    json_int_at(mem, "available", 0) / MIB);
    json_decref(mem);

    if (sysinfo(&si) == 0) {
        aggregator_feed("machine.memory.swap.left", "", "phys", 'A',
                        (double) si.freeswap * si.mem_unit / MIB);
        aggregator_feed("machine.memory.swap.used", "", "phys", 'A',
                        (double) (si.totalswap - si.freeswap) * si.mem_unit
                        / MIB);
    }
}


static void
sample_cpus(void)
{
    char                *text = read_text("/proc/stat", NULL), *p, id[16];
    double               busy, tick = sysconf(_SC_CLK_TCK);
    unsigned long long   n, user, nice, system;

    for (p = text; p && *p; p = strchr(p, '\n') + 1) {
        if (sscanf(p, "cpu%15[0-9] %llu %llu %llu", id, &user, &nice, &system)
            == 4)
        {
            busy = (user + nice + system) / tick;
            aggregator_feed("machine.CPU.utilisation", id, "phys", 'D', busy);
            aggregator_feed("machine.CPU.percent", id, "phys", 'D',
                            busy * 100);

        } else if (sscanf(p, "ctxt %llu", &n) == 1) {
            aggregator_feed("machine.CPU.contextswitch", "", "phys", 'D', n);

        } else if (sscanf(p, "intr %llu", &n) == 1) {
            aggregator_feed("machine.CPU.interrupts", "", "phys", 'D', n);

        } else if (sscanf(p, "procs_running %llu", &n) == 1) {
            aggregator_feed("machine.process.threads", "", "phys", 'A', n);
        }

        if (strchr(p, '\n') == NULL) {
            break;
        }
    }

    free(text);
}


static void
sample_nics(void)
{
    char    *text = read_text("/proc/net/dev", NULL), *p, *line, *save;
    char     id[32];
    double   in, in_pkts, out, out_pkts;

    for (line = strtok_r(text ? text : "", "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
    {
        p = strchr(line, ':');

        if (p == NULL || sscanf(line, " %31[^:]", id) != 1
            || sscanf(p + 1, "%lf %lf %*f %*f %*f %*f %*f %*f %lf %lf", &in,
                      &in_pkts, &out, &out_pkts) != 4)
        {
            continue;
        }

        aggregator_feed("network.throughput.incoming", id, "phys", 'D',
                        in / MIB);
        aggregator_feed("network.throughput.outgoing", id, "phys", 'D',
                        out / MIB);
        aggregator_feed("network.packets.rx", id, "phys", 'D', in_pkts);
        aggregator_feed("network.packets.tx", id, "phys", 'D', out_pkts);
    }

    free(text);
}


static void
sample_disks(void)
{
    char                *text = read_text("/proc/diskstats", NULL), *line;
    char                *save, id[64];
    unsigned long long   r, rs, w, ws;

    for (line = strtok_r(text ? text : "", "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
    {
        if (sscanf(line, "%*u %*u %63s %llu %*u %llu %*u %llu %*u %llu", id,
                   &r, &rs, &w, &ws) != 5
            || strncmp(id, "loop", 4) == 0 || strncmp(id, "ram", 3) == 0)
        {
            continue;
        }

        aggregator_feed("disk.iops.read", id, "phys", 'D', r);
        aggregator_feed("disk.iops.write", id, "phys", 'D', w);
        aggregator_feed("disk.throughput.read", id, "phys", 'D', rs / 2.0);
        aggregator_feed("disk.throughput.write", id, "phys", 'D', ws / 2.0);
    }

    free(text);
}


/* Sizes are known for the filesystem that holds our own files. */

static void
sample_sizes(void)
{
    struct statvfs  st;

    if (statvfs(opt.state, &st) == -1) {
        return;
    }

    aggregator_feed("disk.size.total", "state", "phys", 'A',
                    (double) st.f_blocks * st.f_frsize);
    aggregator_feed("disk.size.free", "state", "phys", 'A',
                    (double) st.f_bavail * st.f_frsize);
}


static void
sample(void *data)
{
    sample_memory();
    sample_cpus();
    sample_nics();
    sample_disks();
    sample_sizes();
    kvm_sample();

    timer_set(&timer, data == NULL ? FIRST_MS : PERIOD_MS);
    timer.data = &timer;
}


void
aggregator_init(void)
{
    timer.handler = sample;
    sample(NULL);
}


static json_t *
window_json(const window_t *w)
{
    json_t  *o = json_object();

    json_put(o, "avg", json_real(w->count ? w->total / w->count : 0));
    json_put(o, "total", json_real(w->total));
    json_put(o, "max", json_real(w->max));
    json_put(o, "count", json_integer(w->count));
    json_put(o, "start", json_integer(w->start));

    return o;
}


static void
put_periods(json_t *o, const metric_t *m)
{
    int              i, k;
    char             key[16];
    json_t          *current = json_object(), *history = json_object(), *list;
    const period_t  *p;

    for (i = 0; i < 2; i++) {
        p = &m->period[i];
        snprintf(key, sizeof(key), "%d", p->seconds);
        json_put(current, key, window_json(&p->now));

        if (p->old_n) {
            list = json_array();

            for (k = p->old_n - 1; k >= 0; k--) {
                json_array_append_new(list, window_json(&p->old[k]));
            }

            json_put(history, key, list);
        }
    }

    json_put(o, "current", current);
    json_put(o, "history", history);
}


static json_t *
metric_json(const metric_t *m)
{
    char     op[2] = { m->op, '\0' };
    json_t  *o = json_object(), *tags = json_array();

    if (*m->id) {
        json_array_append_new(tags, json_pack("{ssss}", "key", "id",
                                              "value", m->id));
    }

    json_array_append_new(tags, json_pack("{ssss}", "key", "type", "value",
                                          m->type));

    json_put(o, "op", json_str(op));
    json_put(o, "last_value", json_real(m->last_value));
    json_put(o, "last_time", json_integer(m->last_time / 1000));
    json_put(o, "tags", tags);
    put_periods(o, m);

    return o;
}


static int
metric_matches(const metric_t *m, const json_t *tags)
{
    json_t      *v;
    const char  *name, *mine;

    json_object_foreach((json_t *) tags, name, v) {
        mine = strcmp(name, "id") == 0 ? m->id
               : strcmp(name, "type") == 0 ? m->type : NULL;

        if (mine == NULL || !json_is_string(v)
            || strcmp(json_string_value(v), mine) != 0)
        {
            return 0;
        }
    }

    return 1;
}


json_t *
aggregator_select(const char *key, const json_t *tags)
{
    char      *name;
    json_t    *o = json_object();
    metric_t  *m;

    TAILQ_FOREACH(m, &metrics, link) {
        if ((*key && strcmp(m->name, key) != 0) || !metric_matches(m, tags)) {
            continue;
        }

        name = *m->id ? xprintf("%s/%s", m->name, m->id) : xstrdup(m->name);
        json_put(o, name, metric_json(m));
        free(name);
    }

    return o;
}


json_t *
aggregator_query_cmd(job_t *job, json_t *args)
{
    (void) job;

    return aggregator_select(json_string_at(args, "key", ""),
                             json_object_get(args, "tags"));
}
