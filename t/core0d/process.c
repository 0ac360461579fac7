/*
 * process.list and process.kill.  Inside a container only its processes are
 * shown, with the numbers that they have there (the last word of NSpid).
 */

#include "core0d.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>


typedef struct {
    pid_t      pid;         /* as the caller sees it */
    pid_t      ppid;
    char      *name;
    char      *cmdline;
    int64_t    created;     /* ms since epoch */
    double     user;
    double     system;
    usage_t    usage;
} process_t;


static char *
proc_text(pid_t pid, const char *file, size_t *len)
{
    char  *path = xprintf("/proc/%d/%s", (int) pid, file);
    char  *text = read_text(path, len);

    free(path);

    return text;
}


static int64_t
boot_time(void)
{
    char            *text, *p;
    static int64_t   at;

    if (at == 0) {
        text = read_text("/proc/stat", NULL);
        p = text ? strstr(text, "\nbtime ") : NULL;
        at = p ? atoll(p + 7) : 0;
        free(text);
    }

    return at;
}


static int64_t
status_kb(const char *status, const char *name)
{
    const char  *p = strstr(status, name);

    return p ? atoll(p + strlen(name)) * 1024 : 0;
}


static void
memory_of(const char *status, usage_t *u)
{
    u->rss = status_kb(status, "\nVmRSS:");
    u->vms = status_kb(status, "\nVmSize:");
    u->swap = status_kb(status, "\nVmSwap:");
}


int
process_usage(pid_t pid, usage_t *u)
{
    char                *status = proc_text(pid, "status", NULL);
    char                *stat = proc_text(pid, "stat", NULL), *p;
    unsigned long long   user = 0, system = 0;

    p = stat ? strrchr(stat, ')') : NULL;

    if (p == NULL || status == NULL) {
        free(stat);
        free(status);
        return -1;
    }

    memory_of(status, u);
    sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
           &user, &system);
    u->ticks = user + system;
    free(stat);
    free(status);

    return 0;
}


static char *
cmdline_of(pid_t pid)
{
    char    *text;
    size_t   i, len = 0;

    text = proc_text(pid, "cmdline", &len);
    if (text == NULL) {
        return xstrdup("");
    }

    while (len && text[len - 1] == '\0') {
        len--;
    }

    for (i = 0; i < len; i++) {
        if (text[i] == '\0') {
            text[i] = ' ';
        }
    }

    return text;
}


static int
process_read(pid_t pid, process_t *ps)
{
    char                *stat, *status, *open, *close;
    long                 tick = sysconf(_SC_CLK_TCK);
    unsigned long long   user = 0, system = 0, start = 0;

    memset(ps, 0, sizeof(process_t));
    stat = proc_text(pid, "stat", NULL);
    status = proc_text(pid, "status", NULL);
    open = stat ? strchr(stat, '(') : NULL;
    close = stat ? strrchr(stat, ')') : NULL;

    if (open == NULL || close == NULL || status == NULL) {
        free(stat);
        free(status);
        return -1;
    }

    sscanf(close, ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu"
           " %*d %*d %*d %*d %*d %*d %llu", &ps->ppid, &user, &system, &start);

    ps->pid = pid;
    ps->name = xprintf("%.*s", (int) (close - open - 1), open + 1);
    ps->cmdline = cmdline_of(pid);
    ps->created = (boot_time() + (int64_t) (start / tick)) * 1000;
    ps->user = (double) user / tick;
    ps->system = (double) system / tick;
    memory_of(status, &ps->usage);
    free(stat);
    free(status);

    return 0;
}


static json_t *
cpu_times(const process_t *ps)
{
    size_t   i;
    json_t  *o = json_object();

    static const char  *zero[] = { "guestnice", "idle", "iowait", "irq",
                                   "nice", "softirq", "steal", "stolen" };

    for (i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
        json_put(o, zero[i], json_integer(0));
    }

    json_put(o, "system", json_real(ps->system));
    json_put(o, "user", json_real(ps->user));

    return o;
}


static int64_t
clip(rlim_t n)
{
    return n > INT32_MAX ? INT32_MAX : (int64_t) n;
}


static json_t *
limits_of(pid_t pid)
{
    int             i;
    json_t         *list = json_array(), *o;
    struct rlimit   r;

    for (i = 0; i < 16; i++) {
        if (prlimit(pid, i, NULL, &r) == -1) {
            continue;
        }

        o = json_object();
        json_put(o, "resource", json_integer(i));
        json_put(o, "soft", json_integer(clip(r.rlim_cur)));
        json_put(o, "hard", json_integer(clip(r.rlim_max)));
        json_array_append_new(list, o);
    }

    return list;
}


static int
open_files(pid_t pid)
{
    int             n = 0;
    char           *path = xprintf("/proc/%d/fd", (int) pid);
    DIR            *dir = opendir(path);
    struct dirent  *e;

    while (dir && (e = readdir(dir)) != NULL) {
        n += *e->d_name != '.';
    }

    if (dir) {
        closedir(dir);
    }

    free(path);

    return n;
}


/* NULL when the process has gone meanwhile. */

static json_t *
process_json(pid_t host, const container_t *ct)
{
    json_t     *o;
    process_t   ps;

    if (process_read(host, &ps) == -1) {
        return NULL;
    }

    if (ct) {
        ps.pid = container_inside(ct, host);
        ps.ppid = container_inside(ct, ps.ppid);
    }

    o = json_object();
    json_put(o, "pid", json_integer(ps.pid));
    json_put(o, "ppid", json_integer(ps.ppid));
    json_put(o, "cmdline", json_str(ps.cmdline));
    json_put(o, "name", json_str(ps.name));
    json_put(o, "createtime", json_integer(ps.created));
    json_put(o, "cpu", cpu_times(&ps));
    json_put(o, "rss", json_integer(ps.usage.rss));
    json_put(o, "vms", json_integer(ps.usage.vms));
    json_put(o, "swap", json_integer(ps.usage.swap));

    if (opt.gen == GEN_C) {
        json_put(o, "rlimit", limits_of(host));
        json_put(o, "ofd", json_integer(open_files(host)));
    }

    free(ps.name);
    free(ps.cmdline);

    return o;
}


static int
by_number(const void *a, const void *b)
{
    return *(const pid_t *) a - *(const pid_t *) b;
}


/* Pids of the host; to be freed. */

static size_t
all_pids(pid_t **pids)
{
    DIR            *dir = opendir("/proc");
    size_t          n = 0, size = 0;
    struct dirent  *e;

    *pids = NULL;

    while (dir && (e = readdir(dir)) != NULL) {
        if (!isdigit((unsigned char) *e->d_name)) {
            continue;
        }

        if (n == size) {
            size = size ? size * 2 : 256;
            *pids = realloc(*pids, size * sizeof(pid_t));
        }

        (*pids)[n++] = atoi(e->d_name);
    }

    if (dir) {
        closedir(dir);
    }

    if (n) {
        qsort(*pids, n, sizeof(pid_t), by_number);
    }

    return n;
}


/* The host's number of a process that the caller names; 0: no such process. */

pid_t
process_host_pid(const container_t *ct, pid_t pid)
{
    pid_t   *pids, found = 0;
    size_t   i, n;

    if (ct == NULL) {
        return pid;
    }

    n = all_pids(&pids);

    for (i = 0; i < n && found == 0; i++) {
        if (container_inside(ct, pids[i]) == pid) {
            found = pids[i];
        }
    }

    free(pids);

    return found;
}


json_t *
process_list_cmd(job_t *job, json_t *args)
{
    pid_t    pid = (pid_t) json_int_at(args, "pid", 0), *pids;
    size_t   i, n;
    json_t  *list = json_array(), *o;

    n = all_pids(&pids);

    for (i = 0; i < n; i++) {
        if (pid > 0 && (job->ct ? container_inside(job->ct, pids[i])
                        : pids[i]) != pid)
        {
            continue;
        }

        if (job->ct && container_inside(job->ct, pids[i]) == 0) {
            continue;
        }

        o = process_json(pids[i], job->ct);

        if (o) {
            json_array_append_new(list, o);
        }
    }

    free(pids);

    return list;
}


json_t *
process_kill_cmd(job_t *job, json_t *args)
{
    pid_t  pid = (pid_t) json_int_at(args, "pid", 0);

    if (pid <= 1) {
        return job_fail(job, 500, "invalid PID");
    }

    pid = process_host_pid(job->ct, pid);

    if (pid == 0) {
        return job_fail(job, 500, "%s", errno_text(ESRCH));
    }

    if (kill(pid, (int) json_int_at(args, "signal", 0)) == -1) {
        return job_fail(job, 500, "%s", errno_text(errno));
    }

    return json_null();
}
