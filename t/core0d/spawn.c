/* Programs of jobs: starting them, reaping them, and killing what is left. */

#include "core0d.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define REPORT_MAX  1024


static json_t *
env_list(const json_t *env)
{
    json_t      *list = json_array(), *v;
    const char  *key;
    char        *text;

    json_object_foreach((json_t *) env, key, v) {
        text = xprintf("%s=%s", key, json_is_string(v) ? json_string_value(v)
                       : "");
        json_array_append_new(list, json_str(text));
        free(text);
    }

    return list;
}


/* The program that core.system and bash describe. */

static json_t *
program_of(const job_t *job)
{
    json_t  *o = json_object(), *argv = json_array(), *args;

    if (strcmp(job->command, "bash") == 0) {
        json_array_append_new(argv, json_str("sh"));
        json_array_append_new(argv, json_str("-c"));
        json_array_append_new(argv,
            json_str(json_string_at(job->args, "script", "")));

    } else {
        json_array_append_new(argv,
            json_str(json_string_at(job->args, "name", "")));
        args = json_object_get(job->args, "args");

        if (json_is_array(args)) {
            json_array_extend(argv, args);
        }
    }

    json_put(o, "argv", argv);
    json_put(o, "env", env_list(json_object_get(job->args, "env")));
    json_put(o, "dir", json_str(json_string_at(job->args, "dir", "")));

    return o;
}


/* The input is a file: no pipe that a program might not empty. */

static int
open_input(const job_t *job)
{
    int            fd;
    const json_t  *v = json_object_get(job->args, "stdin");

    if (!json_is_string(v) || json_string_length(v) == 0) {
        return open("/dev/null", O_RDONLY|O_CLOEXEC);
    }

    fd = memfd_create("stdin", MFD_CLOEXEC);

    if (write(fd, json_string_value(v), json_string_length(v))
        != (ssize_t) json_string_length(v))
    {
        log_line("stdin of %s: %s", job->id, strerror(errno));
    }

    lseek(fd, 0, SEEK_SET);

    return fd;
}


/* Runs in the host; returns the pid, or -1 with the reason in "text". */

static pid_t
start_here(const json_t *o, const int fd[3], char *text)
{
    int         report[2];
    pid_t       pid;
    ssize_t     n;
    program_t  *p;

    if (pipe2(report, O_CLOEXEC) == -1) {
        snprintf(text, REPORT_MAX, "pipe: %s", errno_text(errno));
        return -1;
    }

    p = program_make(o);
    pid = fork();

    if (pid == 0) {
        if (opt.gen == GEN_C) {
            setpgid(0, 0);
        } else {
            setsid();
        }

        program_run(p, fd, report[1]);
    }

    program_free(p);
    close(report[1]);
    n = pid == -1 ? 0 : read(report[0], text, REPORT_MAX - 1);
    close(report[0]);

    if (pid == -1) {
        snprintf(text, REPORT_MAX, "fork/exec: %s", errno_text(errno));
        return -1;
    }

    if (n > 0) {
        text[n] = '\0';
        waitpid(pid, NULL, 0);
        return -1;
    }

    return pid;
}


void
spawn_job(job_t *job)
{
    int      fd[3], out[2], err[2];
    char     text[REPORT_MAX] = "";
    json_t  *o;

    if (pipe2(out, O_CLOEXEC) == -1 || pipe2(err, O_CLOEXEC) == -1) {
        job_unstartable(job, errno_text(errno));
        return;
    }

    fd[0] = open_input(job);
    fd[1] = out[1];
    fd[2] = err[1];

    o = program_of(job);

    if (job->ct) {
        container_spawn(job, o, fd);
    } else {
        job->pid = start_here(o, fd, text);
    }

    json_decref(o);

    close(fd[0]);
    close(out[1]);
    close(err[1]);

    if (job->pid == -1) {
        job->pid = 0;
        close(out[0]);
        close(err[0]);
        job_unstartable(job, text);
        return;
    }

    channel_open(&job->out, job, 1, out[0]);
    channel_open(&job->err, job, 2, err[0]);
}


static void
reaped(pid_t pid, int status)
{
    job_t  *job;

    if (container_reaped(pid)) {
        return;
    }

    TAILQ_FOREACH(job, &jobs, link) {
        if (job->pid == pid && !job->ct && !job->exited) {
            job_exited(job, status);
            return;
        }
    }
}


void
spawn_reap(void)
{
    int    status;
    pid_t  pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        reaped(pid, status);
    }
}


pid_t
parent_pid(pid_t pid)
{
    int    ppid = 0;
    char  *path = xprintf("/proc/%d/stat", (int) pid);
    char  *text = read_text(path, NULL);
    char  *p = text ? strrchr(text, ')') : NULL;

    if (p) {
        sscanf(p, ") %*c %d", &ppid);
    }

    free(path);
    free(text);

    return ppid;
}


/* Orphans come to us too (subreaper), so children are all there is. */

void
spawn_kill_all(void)
{
    DIR            *dir;
    struct dirent  *e;

    do {
        dir = opendir("/proc");

        while (dir && (e = readdir(dir)) != NULL) {
            if (*e->d_name >= '1' && *e->d_name <= '9'
                && parent_pid(atoi(e->d_name)) == getpid())
            {
                kill(atoi(e->d_name), SIGKILL);
            }
        }

        if (dir) {
            closedir(dir);
        }

    } while (waitpid(-1, NULL, 0) > 0);
}
