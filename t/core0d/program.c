/*
 * Executing a program: shared by core0d (jobs of the host) and by coreX
 * (jobs inside a container), which run this in the forked child.
 */

#include "core0d.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>


static char **
text_list(const json_t *list)
{
    char     **texts = xalloc((json_array_size(list) + 1) * sizeof(char *));
    size_t     i;
    json_t    *v;

    json_array_foreach(list, i, v) {
        texts[i] = xstrdup(json_is_string(v) ? json_string_value(v) : "");
    }

    return texts;
}


program_t *
program_make(const json_t *o)
{
    program_t  *p = xalloc(sizeof(program_t));

    p->argv = text_list(json_object_get(o, "argv"));
    p->env = text_list(json_object_get(o, "env"));
    p->dir = xstrdup(json_string_at(o, "dir", ""));

    return p;
}


static void
list_free(char **texts)
{
    size_t  i;

    for (i = 0; texts[i]; i++) {
        free(texts[i]);
    }

    free(texts);
}


void
program_free(program_t *p)
{
    list_free(p->argv);
    list_free(p->env);
    free(p->dir);
    free(p);
}


static int
executable(const char *path)
{
    struct stat  st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode)
           && access(path, X_OK) == 0;
}


/* As Go's exec.LookPath: to be freed, NULL when PATH has no such program. */

static char *
look_up(const char *name)
{
    char        *path;
    size_t       n;
    const char  *p = getenv("PATH");

    for (p = p ? p : "/usr/bin:/bin"; *name; p += n + 1) {
        n = strcspn(p, ":");
        path = xprintf("%.*s/%s", (int) n, p, name);

        if (n && executable(path)) {
            return path;
        }

        free(path);

        if (p[n] == '\0') {
            break;
        }
    }

    return NULL;
}


static void
report_failure(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) == -1) {
        _exit(126);
    }

    _exit(127);
}


static void
take_descriptors(const int fd[3], int report)
{
    int  i, high[3];

    for (i = 0; i < 3; i++) {       /* out of the way of 0, 1, 2 and 3 */
        high[i] = fcntl(fd[i], F_DUPFD, 10);
    }

    report = fcntl(report, F_DUPFD, 10);

    for (i = 0; i < 3; i++) {
        dup2(high[i], i);
    }

    dup3(report, 3, O_CLOEXEC);
    close_range(4, ~0U, 0);
}


/*
 * Never returns.  What prevents the start is written to "report", which an
 * executed program has closed.
 */

void
program_run(program_t *p, const int fd[3], int report)
{
    char      *path;
    size_t     i;
    sigset_t   none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    take_descriptors(fd, report);

    path = strchr(p->argv[0], '/') ? p->argv[0] : look_up(p->argv[0]);
    if (path == NULL) {
        report_failure(3, xprintf("exec: \"%s\": executable file not found in"
                                  " $PATH", p->argv[0]));
    }

    if (*p->dir && chdir(p->dir) == -1) {
        report_failure(3, xprintf("chdir %s: %s", p->dir, errno_text(errno)));
    }

    for (i = 0; p->env[i]; i++) {
        putenv(p->env[i]);
    }

    execv(path, p->argv);
    report_failure(3, xprintf("fork/exec %s: %s", path, errno_text(errno)));
}
