/*
 * core0d: a stand-in for core0, the agent of a Zero-OS node.  It manages this
 * machine for real: figures from /proc and /sys, programs as jobs, containers
 * in namespaces.  A redis-server, started by somebody else, is behind it.
 *
 *   core0d --redis unix:PATH --generation A|B|C --hostname NAME --state DIR
 *          --listen ADDR:PORT[,tls][,auth=PASSWORD][,fault=FAULT] ...
 *          [--cert FILE --key FILE] [--control unix:PATH] [--vms N]
 *
 * --generation  A 2017-06-04, B 2017-06-28 (both answer like ledis),
 *               C 2018-09-30 (answers like redis-proxy, 20 commands at once)
 * --listen      repeatable; each has its own settings and statistics; fault=
 *               comes last, as its argument may hold commas; auth=@FILE
 *               accepts each of the lines of the file
 * --state       private directory: the files of the host (DIR/root) and of
 *               the containers
 * --vms         virtual machines vm1 ... vmN for kvm.list and kvm.infops
 *
 * It stays in the foreground, prints "core0d ready" when it serves, and ends
 * on SIGTERM or SIGINT with all of its jobs and containers.
 *
 * FAULT is NAME[@COMMAND][:ARG]; with @COMMAND those that act on a pushed
 * command (noagent, stuck, late, slow, turns and all that make up a result)
 * act on that one alone, and inside of corex.dispatch too.
 *
 *   none          silent        accept, read, never answer a byte
 *   noagent       a pushed command is never taken
 *   stuck         taken (the flag is set), but no result ever comes
 *   late:MS       the result comes MS later
 *   slow:MS       the command runs MS later
 *   turns:MS      every other one does, the first to begin with
 *   drip          each byte of the replies on its own
 *   break:N       connection closed after N bytes of replies, 0: at once
 *   reset         RST after the first command
 *   garbage       replies that are no RESP
 *   error:TEXT    -TEXT as reply to everything but AUTH
 *   oversize:N    results whose data is a JSON string of N bytes
 *   flood         reading a result: a bulk of 4 GB that never ends
 *   slowflood     the same, one byte each 100 ms
 *   envelope:KIND notjson, array, empty, wrongid, nostate, badtypes, level0,
 *                 datanotjson, datanull, deep, dupkeys
 *   noauth        refuses every AUTH;  authhang  never answers AUTH
 *   nulls         spells nulls the other way round
 *   data:JSON     every result is SUCCESS with exactly that data
 *   state:STATE:CODE:TEXT  every result is that, TEXT as a JSON string
 *
 * Control socket, a line each: fault PORT FAULT | stats [PORT] | resetstats |
 * commands | jobs | reboot.
 */

#include "core0d.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>


options_t  opt;

static io_t  signals;


static int
usage(void)
{
    fputs("usage: core0d --redis unix:PATH --generation A|B|C --hostname NAME"
          " --state DIR\n"
          "              --listen ADDR:PORT[,tls][,auth=PASSWORD][,fault=F]"
          " ...\n"
          "              [--cert FILE --key FILE] [--control unix:PATH]"
          " [--vms N]\n", stderr);

    return 2;
}


static const char *
unix_path(const char *s)
{
    return strncmp(s, "unix:", 5) == 0 ? s + 5 : s;
}


static int
generation(const char *s)
{
    return strcmp(s, "A") == 0 ? GEN_A : strcmp(s, "B") == 0 ? GEN_B
           : strcmp(s, "C") == 0 ? GEN_C : 0;
}


/* Listeners are opened last: they need the certificate. */

static int
parse(int argc, char **argv, char **listen, int *listen_n)
{
    int  o;

    static const struct option  names[] = {
        { "redis", 1, NULL, 'r' }, { "generation", 1, NULL, 'g' },
        { "hostname", 1, NULL, 'h' }, { "state", 1, NULL, 's' },
        { "listen", 1, NULL, 'l' }, { "cert", 1, NULL, 'c' },
        { "key", 1, NULL, 'k' }, { "control", 1, NULL, 'o' },
        { "vms", 1, NULL, 'v' }, { NULL, 0, NULL, 0 }
    };

    while ((o = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (o) {
        case 'r': opt.redis = unix_path(optarg); break;
        case 'g': opt.gen = generation(optarg); break;
        case 'h': opt.hostname = optarg; break;
        case 's': opt.state = optarg; break;
        case 'l': listen[(*listen_n)++] = xstrdup(optarg); break;
        case 'c': opt.cert = optarg; break;
        case 'k': opt.key = optarg; break;
        case 'o': opt.control = unix_path(optarg); break;
        case 'v': opt.vms = atoi(optarg); break;
        default: return -1;
        }
    }

    return opt.redis && opt.gen && opt.hostname && opt.state && *listen_n
           && (opt.cert == NULL) == (opt.key == NULL) && optind == argc
           ? 0 : -1;
}


static void
on_signal(void *data, uint32_t events)
{
    struct signalfd_siginfo  si;

    (void) data;
    (void) events;

    while (read(signals.fd, &si, sizeof(si)) == sizeof(si)) {
        if (si.ssi_signo == SIGCHLD) {
            spawn_reap();
        } else {
            loop_stop();
        }
    }
}


/* Orphans of jobs become our children, so that none survives us. */

static void
signals_init(void)
{
    sigset_t  set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);

    signals.fd = signalfd(-1, &set, SFD_NONBLOCK|SFD_CLOEXEC);
    signals.handler = on_signal;
    io_set(&signals, EPOLLIN);
}


static int
state_init(void)
{
    char          *root, *path;
    struct rlimit  files;

    opt.exe = realpath("/proc/self/exe", NULL);
    mkdir(opt.state, 0755);
    opt.state = realpath(opt.state, NULL);

    if (opt.state == NULL) {
        perror("core0d: --state");
        return -1;
    }

    root = xprintf("%s/root", opt.state);
    mkdir(root, 0755);
    opt.root = root;
    path = xprintf("%s/tmp", root);
    mkdir(path, 01777);
    free(path);

    path = xprintf("%s/containers", opt.state);
    directory_remove(path);         /* of one that was killed */
    free(path);

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    return 0;
}


/* Everything that a boot of a real node forgets. */

void
node_reboot(void)
{
    front_close_all();
    containers_reset();
    jobs_drop(NULL);
    files_drop(NULL);
    agent_redis("FLUSHALL", NULL);
    jobs_init();
}


int
main(int argc, char **argv)
{
    int    i, listen_n = 0;
    char **listen = xalloc(argc * sizeof(char *));

    if (strcmp(argv[0], "/coreX") == 0) {
        return corex_main(argc, argv);
    }

    if (parse(argc, argv, listen, &listen_n) == -1) {
        return usage();
    }

    opt.started = now_ms();

    if (loop_init() == -1 || state_init() == -1 || conn_init() == -1) {
        return 1;
    }

    signals_init();

    for (i = 0; i < listen_n; i++) {
        if (front_listen(listen[i]) == NULL) {
            log_line("cannot listen: %s", listen[i]);
            return 1;
        }
    }

    if (control_start() == -1) {
        return 1;
    }

    jobs_init();
    aggregator_init();
    agent_start();
    loop_run();

    control_stop();
    front_stop();
    jobs_stop();
    agent_stop();
    loop_end();

    for (i = 0; i < listen_n; i++) {
        free(listen[i]);
    }

    free(listen);

    return 0;
}
