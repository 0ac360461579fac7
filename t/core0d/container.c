/*
 * The life of a container: its directory, its coreX, the messages between
 * core0d and coreX, and its end.
 */

#include "container.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define MESSAGE_MAX  4096


containers_t  containers = TAILQ_HEAD_INITIALIZER(containers);

static void container_event(void *data, uint32_t events);


int
container_number(const container_t *ct)
{
    return ct ? ct->id : 0;
}


pid_t
container_pid(const container_t *ct)
{
    return ct->pid;
}


const char *
container_hostname(const container_t *ct)
{
    return ct->hostname;
}


int
container_root(const container_t *ct)
{
    static int  host = -1;

    if (ct) {
        return ct->root_fd;
    }

    if (host == -1) {
        host = open(opt.root, O_PATH|O_DIRECTORY|O_CLOEXEC);
    }

    return host;
}


static void
ns_of(pid_t pid, char *ns, size_t size)
{
    char     *path = xprintf("/proc/%d/ns/pid", (int) pid);
    ssize_t   n = readlink(path, ns, size - 1);

    ns[n > 0 ? n : 0] = '\0';
    free(path);
}


/* Number of a process of the host inside the container; 0: not in there. */

pid_t
container_inside(const container_t *ct, pid_t host)
{
    char   *path, *status, *p, ns[64];
    pid_t   pid = 0;

    if (host <= 0) {
        return 0;
    }

    if (!ct->isolated) {
        for (pid = host; pid > 1 && pid != ct->pid; pid = parent_pid(pid)) {
            /* void */
        }

        return pid == ct->pid ? host : 0;
    }

    ns_of(host, ns, sizeof(ns));

    if (strcmp(ns, ct->ns) != 0) {
        return 0;
    }

    path = xprintf("/proc/%d/status", (int) host);
    status = read_text(path, NULL);
    p = status ? strstr(status, "\nNSpid:") : NULL;

    if (p) {
        p[1 + strcspn(p + 1, "\n")] = '\0';
        p = strrchr(p, '\t');
        pid = p ? atoi(p + 1) : 0;
    }

    free(path);
    free(status);

    return pid;
}


container_t *
container_get(int64_t id)
{
    container_t  *ct;

    TAILQ_FOREACH(ct, &containers, link) {
        if (ct->id == id && ct->root_fd != -1) {
            return ct;
        }
    }

    return NULL;
}


static int
remove_entry(const char *path, const struct stat *st, int flag,
    struct FTW *ftw)
{
    (void) st;
    (void) flag;
    (void) ftw;

    return remove(path);
}


/* Never follows a symlink, never enters another filesystem. */

void
directory_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH|FTW_PHYS|FTW_MOUNT);
}


static char **
corex_argv(const container_t *ct)
{
    char  **argv = xalloc(4 * sizeof(char *));

    argv[0] = xstrdup("/coreX");
    argv[1] = xstrdup("-hostname");
    argv[2] = xstrdup(ct->hostname);

    return argv;
}


/* In the child: becomes coreX.  See corex_main() for what it expects. */

static void
become_corex(const container_t *ct, int sock, const json_t *env)
{
    int            null = open("/dev/null", O_RDWR);
    char         **argv = corex_argv(ct), number[16];
    json_t        *v;
    sigset_t       none;
    const char    *name;

    snprintf(number, sizeof(number), "%d", opt.gen);

    json_object_foreach((json_t *) env, name, v) {
        if (json_is_string(v)) {
            setenv(name, json_string_value(v), 1);
        }
    }

    setenv("COREX_GEN", number, 1);
    setenv("COREX_ROOT", ct->root, 1);
    setenv("COREX_VIEW", ct->isolated ? "1" : "0", 1);
    sock = fcntl(sock, F_DUPFD, 10);
    dup2(null, 0);
    dup2(null, 1);
    dup2(sock, 3);
    close_range(4, ~0U, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(opt.exe, argv);
    _exit(127);
}


/* Own namespaces where that is allowed, a plain process elsewhere. */

static int
start_corex(container_t *ct, const json_t *env)
{
    int   sock[2];
    long  flags = CLONE_NEWPID|CLONE_NEWNS|CLONE_NEWUTS;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0, sock) == -1) {
        return -1;
    }

    ct->isolated = 1;
    ct->pid = syscall(SYS_clone, flags|SIGCHLD, 0, 0, 0, 0);

    if (ct->pid == -1) {
        ct->isolated = 0;
        ct->pid = fork();
    }

    if (ct->pid == 0) {
        become_corex(ct, sock[1], env);
    }

    close(sock[1]);
    ct->io.fd = sock[0];
    ct->io.handler = container_event;
    ct->io.data = ct;
    io_set(&ct->io, EPOLLIN);

    return ct->pid == -1 ? -1 : 0;
}


/* Takes the arguments over; NULL: it cannot be started at all. */

container_t *
container_start(int id, json_t *arguments, const json_t *env)
{
    char         *all = xprintf("%s/containers", opt.state);
    container_t  *ct = xalloc(sizeof(container_t));

    ct->id = id;
    ct->arguments = arguments;
    ct->hostname = json_string_at(arguments, "hostname", "");
    ct->dir = xprintf("%s/%d", all, id);
    ct->root = xprintf("%s/root", ct->dir);
    ct->root_fd = -1;
    TAILQ_INSERT_TAIL(&containers, ct, link);

    mkdir(all, 0755);
    directory_remove(ct->dir);
    mkdir(ct->dir, 0755);
    mkdir(ct->root, 0755);
    free(all);

    if (start_corex(ct, env) == -1) {
        container_free(ct);
        return NULL;
    }

    return ct;
}


/* Kills and waits: the directory must not be in use when it goes. */

void
container_free(container_t *ct)
{
    TAILQ_REMOVE(&containers, ct, link);

    if (ct->pid > 0) {
        kill(ct->pid, SIGKILL);
        waitpid(ct->pid, NULL, 0);
    }

    if (ct->root_fd != -1) {
        close(ct->root_fd);
    }

    jobs_drop(ct);
    files_drop(ct);
    io_del(&ct->io);
    close(ct->io.fd);
    directory_remove(ct->dir);
    json_decref(ct->arguments);
    free(ct->dir);
    free(ct->root);
    loop_free_later(ct);
}


/* Sends {"seq":N}, with the descriptors of a program or without. */

static int
container_send(container_t *ct, int seq, const int *fd, int n)
{
    char             text[64], control[CMSG_SPACE(4 * sizeof(int))];
    struct iovec     iov = { text, 0 };
    struct msghdr    msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct cmsghdr  *cmsg;

    iov.iov_len = snprintf(text, sizeof(text), "{\"seq\":%d}", seq);

    if (n) {
        memset(control, 0, sizeof(control));
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fd, n * sizeof(int));
    }

    return sendmsg(ct->io.fd, &msg, MSG_NOSIGNAL|MSG_DONTWAIT) == -1 ? -1 : 0;
}


/* Asks whether coreX takes commands; the answer ends the dispatch. */

void
container_accept(container_t *ct, int seq)
{
    container_send(ct, seq, NULL, 0);
}


void
container_spawn(job_t *job, const json_t *program, const int fd[3])
{
    int    all[4] = { memfd_create("program", MFD_CLOEXEC), fd[0], fd[1],
                      fd[2] };
    char  *text = json_text(program);

    job->seq = next_seq();

    if (write(all[0], text, strlen(text)) != (ssize_t) strlen(text)
        || lseek(all[0], 0, SEEK_SET) == -1
        || container_send(job->ct, job->seq, all, 4) == -1)
    {
        log_line("container %d: %s", job->core, strerror(errno));
    }

    free(text);
    close(all[0]);
}


static void
ready(container_t *ct)
{
    char   *path = ct->isolated ? xprintf("/proc/%d/root", (int) ct->pid)
                   : xstrdup(ct->root);
    char   *name = xprintf("core-%d", ct->id);
    job_t  *job = ct->creating;

    ns_of(ct->pid, ct->ns, sizeof(ct->ns));
    ct->root_fd = open(path, O_PATH|O_DIRECTORY|O_CLOEXEC);
    job_entry(name, ct->pid);
    free(path);
    free(name);
    ct->creating = NULL;
    job_end(job, json_integer(ct->id));
}


/* A program runs, or could not be started. */

static void
started(job_t *job, const json_t *o)
{
    const char  *error = json_string_at(o, "error", NULL);

    if (error) {
        channel_close(&job->out);
        channel_close(&job->err);
        job_unstartable(job, error);
        return;
    }

    job->inside = (pid_t) json_int_at(o, "pid", 0);
    job->pid = process_host_pid(job->ct, job->inside);

    if (job->killed || job->timed_out) {
        job_signal(job, SIGKILL);
    }
}


static void
exited(container_t *ct, pid_t pid, int status)
{
    job_t  *job;

    TAILQ_FOREACH(job, &jobs, link) {
        if (job->ct == ct && job->inside == pid) {
            job->inside = 0;
            job_exited(job, status);
            return;
        }
    }
}


static void
take(container_t *ct, const json_t *o)
{
    int     seq = (int) json_int_at(o, "seq", 0);
    job_t  *job;

    if (json_object_get(o, "exited")) {
        exited(ct, (pid_t) json_int_at(o, "exited", 0),
               (int) json_int_at(o, "status", 0));
        return;
    }

    if (json_object_get(o, "ready") && ct->creating) {
        ready(ct);
        return;
    }

    if (json_object_get(o, "failed")) {
        log_line("container %d: %s", ct->id, json_string_at(o, "failed", ""));
        return;                 /* it ends, and container_reaped() says so */
    }

    TAILQ_FOREACH(job, &jobs, link) {
        if (seq && job->seq == seq) {
            job->seq = 0;

            if (json_object_get(o, "accepted")) {
                dispatch_accepted(job, ct);
            } else {
                started(job, o);
            }

            return;
        }
    }
}


static void
container_event(void *data, uint32_t events)
{
    char          text[MESSAGE_MAX];
    json_t       *o;
    ssize_t       n;
    container_t  *ct = data;

    (void) events;

    n = recv(ct->io.fd, text, sizeof(text), MSG_DONTWAIT);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        io_del(&ct->io);
        kill(ct->pid, SIGKILL);
        return;
    }

    o = json_loadb(text, n, 0, NULL);
    take(ct, o);
    json_decref(o);
}


/* Those who wait for the end of this container, one after another. */

static void
tell_end(int id)
{
    job_t  *job;

again:

    TAILQ_FOREACH(job, &jobs, link) {
        if (job->awaits == id) {
            job->awaits = 0;
            job_end(job, json_null());
            goto again;
        }
    }
}


/* 1: that was the coreX of a container, which is gone now. */

int
container_reaped(pid_t pid)
{
    int           id;
    char         *name;
    job_t        *job;
    container_t  *ct;

    TAILQ_FOREACH(ct, &containers, link) {
        if (ct->pid == pid) {
            break;
        }
    }

    if (ct == NULL) {
        return 0;
    }

    id = ct->id;
    job = ct->creating;
    ct->pid = 0;
    container_free(ct);

    if (job) {
        job_fail(job, 500, "failed to start container");
        job_end(job, NULL);
    }

    name = xprintf("core-%d", id);
    job = job_find(name, NULL);

    if (job && job->boot) {
        job->pid = 0;
        job_drop(job);
    }

    free(name);
    tell_end(id);

    return 1;
}


void
containers_drop(void)
{
    container_t  *ct;

    while ((ct = TAILQ_FIRST(&containers)) != NULL) {
        container_free(ct);
    }
}
