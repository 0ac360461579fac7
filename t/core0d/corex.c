/*
 * coreX: the first process of a container.  core0d executes itself under the
 * name /coreX in new namespaces; coreX makes the container's view of the
 * files, starts programs on request, reports their ends, and reaps orphans.
 * Descriptor 3 is a sequenced-packet socket to core0d; messages are small
 * JSON objects, and what is large (a program) comes as a descriptor.
 */

#include "core0d.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SOCK  3
#define FDS  4              /* program, stdin, stdout, stderr */
#define TEXT_MAX  2048


static int  sigfd;


static void
say(json_t *o)
{
    char  *text = json_text(o);

    if (send(SOCK, text, strlen(text), MSG_NOSIGNAL) == -1) {
        _exit(1);           /* core0d is gone, and the container with it */
    }

    json_decref(o);
    free(text);
}


static void
fail(const char *what)
{
    char  *text = xprintf("%s: %s", what, errno_text(errno));

    say(json_pack("{ss}", "failed", text));
    _exit(1);
}


/* Debian's /bin is a symlink to usr/bin: it is one in the container too. */

static void
borrow(const char *root, const char *name)
{
    char         *to = xprintf("%s/%s", root, name), link[256];
    char         *from = xprintf("/%s", name);
    ssize_t       n = readlink(from, link, sizeof(link) - 1);
    struct stat   st;

    if (n > 0) {
        link[n] = '\0';

        if (symlink(link, to) == -1) {
            fail(to);
        }

    } else if (stat(from, &st) == 0) {
        mkdir(to, 0755);

        if (mount(from, to, NULL, MS_BIND|MS_REC, NULL) == -1
            || mount(NULL, to, NULL, MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID,
                     NULL) == -1)
        {
            fail(to);
        }
    }

    free(to);
    free(from);
}


static void
copy_file(const char *from, const char *to)
{
    int      in = open(from, O_RDONLY|O_CLOEXEC);
    int      out = in == -1 ? -1 : open(to, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC,
                                        0644);
    char     buf[4096];
    ssize_t  n = 0;

    while (out != -1 && (n = read(in, buf, sizeof(buf))) > 0) {
        if (write(out, buf, n) != n) {
            n = -1;
            break;
        }
    }

    if (n == -1) {
        fail(to);
    }

    close(in);
    close(out);
}


/* Its own, with what programs look for: gateways are configured there. */

static void
make_etc(const char *root)
{
    char    *to, *from;
    size_t   i;

    static const char  *names[] = { "passwd", "group", "hosts", "hostname",
                                    "nsswitch.conf", "resolv.conf",
                                    "ld.so.cache" };

    to = xprintf("%s/etc", root);
    mkdir(to, 0755);
    free(to);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        to = xprintf("%s/etc/%s", root, names[i]);
        from = xprintf("/etc/%s", names[i]);
        copy_file(from, to);
        free(to);
        free(from);
    }

    borrow(root, "etc/alternatives");
}


static void
make_devices(const char *root)
{
    char    *dev = xprintf("%s/dev", root), *to, *from;
    size_t   i;

    static const char  *names[] = { "null", "zero", "full", "random",
                                    "urandom", "tty" };

    mkdir(dev, 0755);

    if (mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=755") == -1) {
        fail(dev);
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        to = xprintf("%s/%s", dev, names[i]);
        from = xprintf("/dev/%s", names[i]);
        close(open(to, O_CREAT|O_WRONLY|O_CLOEXEC, 0644));
        mount(from, to, NULL, MS_BIND, NULL);
        free(to);
        free(from);
    }

    free(dev);
}


static void
make_directories(const char *root)
{
    char    *path;
    size_t   i;

    static const char  *names[] = { "proc", "tmp", "root", "var", "var/tmp",
                                    "opt", "mnt", "home", "run" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        path = xprintf("%s/%s", root, names[i]);
        mkdir(path, 0755);

        if (strstr(names[i], "tmp") && chmod(path, 01777) == -1) {
            fail(path);
        }

        free(path);
    }
}


/* Own mounts, own root; what is written stays in the private directory. */

static void
make_view(const char *root)
{
    char    *proc;
    size_t   i;

    static const char  *names[] = { "bin", "sbin", "usr", "lib", "lib32",
                                    "lib64", "libx32" };

    if (mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL) == -1
        || mount(root, root, NULL, MS_BIND, NULL) == -1)
    {
        fail("private mounts");
    }

    make_devices(root);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        borrow(root, names[i]);
    }

    make_etc(root);

    proc = xprintf("%s/proc", root);

    if (mount("proc", proc, "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)
        == -1)
    {
        fail(proc);
    }

    free(proc);

    if (chdir(root) == -1 || syscall(SYS_pivot_root, ".", ".") == -1
        || umount2(".", MNT_DETACH) == -1 || chdir("/") == -1)
    {
        fail("pivot_root");
    }
}


/* A: a session for each job; C: the group of coreX. */

static void
start(int seq, const int fd[FDS])
{
    int         report[2];
    char        text[TEXT_MAX];
    pid_t       pid;
    json_t     *o = json_loadfd(fd[0], JSON_ALLOW_NUL, NULL);
    ssize_t     n;
    program_t  *p = program_make(o);

    json_decref(o);

    if (pipe2(report, O_CLOEXEC) == -1) {
        fail("pipe");
    }

    pid = fork();

    if (pid == 0) {
        if (opt.gen != GEN_C) {
            setsid();
        }

        program_run(p, fd + 1, report[1]);
    }

    program_free(p);
    close(report[1]);
    n = read(report[0], text, sizeof(text) - 1);
    close(report[0]);

    if (pid == -1 || n > 0) {
        text[n > 0 ? n : 0] = '\0';
        say(json_pack("{siss}", "seq", seq, "error",
                      pid == -1 ? "fork/exec: resource temporarily "
                      "unavailable" : text));
        return;
    }

    say(json_pack("{sisi}", "seq", seq, "pid", (int) pid));
}


static void
reap(void)
{
    int                      status;
    pid_t                    pid;
    struct signalfd_siginfo  si;

    if (read(sigfd, &si, sizeof(si)) != sizeof(si)) {
        return;
    }

    if (si.ssi_signo == SIGTERM) {
        _exit(0);           /* the kernel ends the rest of the namespace */
    }

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        say(json_pack("{sisi}", "exited", (int) pid, "status", status));
    }
}


/* Takes a message with up to FDS descriptors. */

static void
take(void)
{
    int             i, n = 0, fd[FDS];
    char            text[TEXT_MAX], control[CMSG_SPACE(sizeof(fd))];
    json_t         *o;
    ssize_t         len;
    struct iovec    iov = { text, sizeof(text) };
    struct msghdr   msg = { .msg_iov = &iov, .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof(control) };
    struct cmsghdr *cmsg;

    len = recvmsg(SOCK, &msg, MSG_CMSG_CLOEXEC);
    if (len <= 0) {
        _exit(0);
    }

    cmsg = CMSG_FIRSTHDR(&msg);

    if (cmsg && cmsg->cmsg_type == SCM_RIGHTS) {
        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fd, CMSG_DATA(cmsg), n * sizeof(int));
    }

    o = json_loadb(text, len, 0, NULL);

    if (n == FDS) {
        start((int) json_int_at(o, "seq", 0), fd);
    } else {
        say(json_pack("{siso}", "seq", (int) json_int_at(o, "seq", 0),
                      "accepted", json_true()));
    }

    json_decref(o);

    for (i = 0; i < n; i++) {
        close(fd[i]);
    }
}


static void
signals(void)
{
    sigset_t  set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "coreX");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigfd = signalfd(-1, &set, SFD_NONBLOCK|SFD_CLOEXEC);
}


/*
 * argv: /coreX -hostname NAME.  The rest is in the environment and does not
 * go on to the programs: COREX_GEN, COREX_ROOT, COREX_VIEW (0: no namespaces
 * were allowed, so the directory is only where programs start).
 */

int
corex_main(int argc, char **argv)
{
    int            view = strcmp(getenv("COREX_VIEW"), "1") == 0;
    char          *root = xstrdup(getenv("COREX_ROOT"));
    struct pollfd  p[2] = { { SOCK, POLLIN, 0 }, { 0, POLLIN, 0 } };

    setsid();
    signals();
    umask(022);
    opt.gen = atoi(getenv("COREX_GEN"));
    fcntl(SOCK, F_SETFD, FD_CLOEXEC);
    unsetenv("COREX_GEN");
    unsetenv("COREX_ROOT");
    unsetenv("COREX_VIEW");

    make_directories(root);

    if (view) {
        make_view(root);

        if (sethostname(argv[argc - 1], strlen(argv[argc - 1])) == -1) {
            fail("sethostname");
        }

    } else if (chdir(root) == -1) {
        fail(root);
    }

    free(root);
    say(json_pack("{so}", "ready", json_true()));
    p[1].fd = sigfd;

    for ( ;; ) {
        if (poll(p, 2, -1) == -1 && errno != EINTR) {
            return 1;
        }

        if (p[1].revents) {
            reap();
        }

        if (p[0].revents) {
            take();
        }
    }
}
