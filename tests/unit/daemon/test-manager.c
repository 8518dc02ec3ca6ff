/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/util.h"
#include "together.h"

/* Runs numatierd (the first argument) on a copy of a machine, with a socket for what it reports to
 * systemd: node 1 is twice as slow as node 0, in the same tier. */

#define NODE_PATH "sys/devices/system/node"
#define BLOCKS    "sys/devices/system/memory"

static char *numatierd;
static char directory[] = "/tmp/numatier-test-XXXXXX";
static char message[4096];
static int notify_fd;

static _printf_(2, 3) void write_file(const char *text, const char *format, ...)
{
        char path[256];
        va_list ap;
        FILE *f;

        va_start(ap, format);
        vsnprintf(path, sizeof(path), format, ap);
        va_end(ap);
        for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                assert(mkdir(path, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
        f = fopen(path, "w");
        assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool reads(const char *path, const char *text)
{
        char buf[256];
        FILE *f = fopen(path, "r");
        size_t n;

        assert(f);
        n = fread(buf, 1, sizeof(buf) - 1, f);
        fclose(f);
        buf[n] = '\0';
        buf[strcspn(buf, "\n")] = '\0';
        return streq(buf, text);
}

static void make_machine(void)
{
        write_file("0-1\n", "root/" NODE_PATH "/online");
        write_file("0-1\n", "root/" NODE_PATH "/possible");
        write_file("0-1\n", "root/" NODE_PATH "/has_memory");
        write_file("0\n", "root/" NODE_PATH "/has_cpu");
        write_file("0-1\n", "root/sys/devices/virtual/memory_tiering/memory_tier4/nodelist");
        for (unsigned n = 0; n <= 1; n++) {
                char text[64];

                snprintf(text, sizeof(text), "Node %u MemTotal: 1048576 kB\n", n);
                write_file(text, "root/" NODE_PATH "/node%u/meminfo", n);
                write_file(n == 0 ? "10 20\n" : "20 10\n", "root/" NODE_PATH "/node%u/distance", n);
                write_file(n == 0 ? "0\n" : "\n", "root/" NODE_PATH "/node%u/cpulist", n);
                write_file("memory_tier4\n", "root/" NODE_PATH "/node%u/memtier_override", n);
        }
        write_file("[tier dram]\nmax-latency = 1.5x\n[tier slow]\n[daemon]\nrescan = 0\n",
                   "policy");
}

static void open_notify_socket(void)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const void *any = &address;

        notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert(notify_fd >= 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
        assert(bind(notify_fd, any, sizeof(address)) == 0);
        assert(setenv("NOTIFY_SOCKET", address.sun_path, 1) == 0);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
        return remove(path);
}

static void remove_directory(void)
{
        assert(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

/* Each test has a process of its own, and so a directory with a machine. */
static void begin(void)
{
        assert(mkdtemp(directory) && chdir(directory) == 0 && atexit(remove_directory) == 0);
        make_machine();
        open_notify_socket();
}

/* A child ends with the test, also if that fails. */
static void die_with(pid_t parent)
{
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                _exit(127);
}

static pid_t start(void)
{
        pid_t parent = getpid(), pid = fork();

        assert(pid >= 0);
        if (pid == 0) {
                die_with(parent);
                execl(numatierd, numatierd, "--root", "root", "--config", "policy", NULL);
                _exit(127);
        }
        return pid;
}

/* Waits for a message that has all of a text in it. */
static void expect(const char *text)
{
        struct pollfd p = { .fd = notify_fd, .events = POLLIN };

        do {
                ssize_t n;

                assert(poll(&p, 1, 20000) == 1);
                n = recv(notify_fd, message, sizeof(message) - 1, 0);
                assert(n >= 0);
                message[n] = '\0';
        } while (!strstr(message, text));
}

static int wait_for_end(pid_t pid)
{
        int status;

        assert(waitpid(pid, &status, 0) == pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits until what numatierd publishes has this line. */
static void expect_published(const char *line)
{
        for (unsigned i = 0;; i++) {
                char buf[512];
                FILE *f = fopen("root/run/numatier/view", "r");
                size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

                if (f)
                        fclose(f);
                buf[n] = '\0';
                if (strstr(buf, line))
                        return;
                assert(i < 2000);
                usleep(10000);
        }
}

static void test_service(void)
{
        pid_t pid;

        begin();
        pid = start();
        expect("READY=1");
        assert(strstr(message, "STATUS=2 nodes in 2 tiers (dram: 0, slow: 1) through "
                               "memtier_override; SLIT alone places node 1, a guess (see the "
                               "journal); last: node 1 to slow, "));
        assert(reads("root/" NODE_PATH "/node1/memtier_override", "5"));

        assert(wait_for_end(start()) == 1); /* one writer at a time */

        write_file("[tier dram]\nmax-latency = 3 parsecs\n", "policy");
        kill(pid, SIGHUP);
        expect("RELOADING=1\nMONOTONIC_USEC=");
        expect("READY=1");
        assert(strstr(message, "STATUS=A new policy was refused"));
        expect_published("\nmoves 1 0\npolicy refused ");

        write_file("[tier all]\n[daemon]\nrescan = 0\n", "policy");
        kill(pid, SIGHUP);
        expect("READY=1");
        assert(strstr(message, "STATUS=2 nodes in 1 tier (all: 0-1)"));
        assert(reads("root/" NODE_PATH "/node1/memtier_override", "4"));
        expect_published("\nmoves 2 0\npolicy accepted ");

        kill(pid, SIGTERM);
        expect("STOPPING=1");
        assert(wait_for_end(pid) == 0);
}

static ino_t get_published(void)
{
        struct stat st;

        assert(stat("root/run/numatier/view", &st) == 0);
        return st.st_ino;
}

/* What was counted counts on after a restart, and idle passes write nothing. */
static void test_activity(void)
{
        ino_t published;
        pid_t pid;

        begin();
        write_file("[tier dram]\nmax-latency = 1.5x\n[tier slow]\n[daemon]\nrescan = 200ms\n",
                   "policy");
        pid = start();
        expect("READY=1");
        expect_published("\nmoves 1 0\npolicy accepted ");
        kill(pid, SIGTERM);
        assert(wait_for_end(pid) == 0);
        write_file("memory_tier4\n", "root/" NODE_PATH "/node1/memtier_override");
        write_file("[tier dram]\nmax-latency = 1.5x\n[tier slow]\n[apply]\nmanual = restore\n"
                   "[daemon]\nrescan = 200ms\n",
                   "policy");
        pid = start();
        expect_published("\nmoves 2 0\npolicy accepted ");
        expect("READY=1");
        expect("STATUS=");
        published = get_published();
        for (unsigned i = 0; i < 3; i++)
                expect("STATUS=");
        assert(get_published() == published);
        kill(pid, SIGTERM);
        assert(wait_for_end(pid) == 0);
}

/* Where all is as the policy says, blocks are read only after an event. */
static void test_idle_blocks(void)
{
        pid_t pid;

        begin();
        write_file("8000000\n", "root/" BLOCKS "/block_size_bytes");
        write_file("online\n", "root/" BLOCKS "/memory32/state");
        write_file("Movable\n", "root/" BLOCKS "/memory32/valid_zones");
        write_file("", "root/" NODE_PATH "/node1/memory32");
        assert(symlink("PNP0C80:00", "root/" BLOCKS "/memory32/firmware_node") == 0);
        write_file("1\n", "root/sys/kernel/uevent_seqnum");
        write_file("[tier all]\n[online]\nonline = movable\n[daemon]\nrescan = 200ms\n", "policy");
        pid = start();
        expect("READY=1");
        expect("STATUS=2 nodes"); /* after the blocks were read */
        write_file("offline\n", "root/" BLOCKS "/memory32/state");
        expect("STATUS=2 nodes"); /* the next pass */
        assert(!strstr(message, "block"));
        expect("STATUS=2 nodes");
        assert(!strstr(message, "block"));
        write_file("2\n", "root/sys/kernel/uevent_seqnum");
        expect("; 0 of 1 block of node 1 online, movable (see the journal)");
        kill(pid, SIGTERM);
        assert(wait_for_end(pid) == 0);
}

/* Runs numatierd with these arguments, up to a NULL, and returns its exit status; what it prints on
 * standard error is put into message. */
static int run(const char *out, const char *const *arguments)
{
        char *argv[8] = { numatierd };
        int pipe_fd[2], out_fd;
        ssize_t n, size = 0;
        pid_t parent = getpid(), pid;

        for (size_t i = 0; arguments[i]; i++)
                argv[i + 1] = (char *)arguments[i];
        assert(pipe(pipe_fd) == 0);
        pid = fork();
        assert(pid >= 0);
        if (pid == 0) {
                die_with(parent);
                out_fd = open(out, O_WRONLY);
                dup2(out_fd, STDOUT_FILENO);
                dup2(pipe_fd[1], STDERR_FILENO);
                close(pipe_fd[0]);
                close(pipe_fd[1]);
                execv(numatierd, argv);
                _exit(127);
        }
        close(pipe_fd[1]);
        while ((n = read(pipe_fd[0], message + size, sizeof(message) - 1 - (size_t)size)) > 0)
                size += n;
        message[size] = '\0';
        close(pipe_fd[0]);
        return wait_for_end(pid);
}

#define RUN(out, ...) run(out, (const char *const[]){ __VA_ARGS__, NULL })

/* Whether each line of the message begins with the program's name. */
static bool has_prefix_everywhere(void)
{
        for (const char *line = message; *line; line += strcspn(line, "\n") + 1)
                if (!startswith(line, "numatierd: "))
                        return false;
        return *message != '\0';
}

static void test_command_line(void)
{
        begin();
        assert(RUN("/dev/null", "--help") == 0 && streq(message, ""));
        assert(RUN("/dev/full", "--help") == 1 && has_prefix_everywhere());
        assert(RUN("/dev/full", "--version") == 1 && has_prefix_everywhere());
        assert(RUN("/dev/null", "--dry-run") == 2 && has_prefix_everywhere());
        write_file("[tier]\nfast = yes\n", "bad");
        assert(RUN("/dev/null", "--check", "--config", "bad") == 1 && has_prefix_everywhere());
        assert(RUN("/dev/null", "--root", "nowhere", "--config", "policy") == 1);
        assert(has_prefix_everywhere());
}

static void test_once(void)
{
        begin();
        assert(RUN("/dev/full", "--once", "--dry-run", "--root", "root", "--config", "policy") ==
               3);
        assert(strstr(message, "numatierd: Would write 5 to /" NODE_PATH "/node1/memtier_override, "
                               "which holds memory_tier4 ("));
        assert(has_prefix_everywhere());
        assert(reads("root/" NODE_PATH "/node1/memtier_override", "memory_tier4"));
        /* it fails only if a write does; what cannot be done here is another status */
        write_file("[tier dram]\nmax-latency = 1.5x\n[tier slow]\n[apply]\ninterface = none\n",
                   "none");
        assert(RUN("/dev/null", "--once", "--root", "root", "--config", "none") == 3);
        write_file("[tier all]\n", "none");
        assert(RUN("/dev/null", "--once", "--root", "root", "--config", "none") == 0);
        /* one file is about to come or to go: all is not well */
        assert(unlink("root/" NODE_PATH "/node1/memtier_override") == 0);
        assert(RUN("/dev/null", "--once", "--root", "root", "--config", "policy") == 1);
        assert(RUN("/dev/null", "--once", "--dry-run", "--root", "root", "--config", "policy") ==
               1);
        assert(strstr(message, "; cannot move node 1: the files that move nodes are missing, or "));
}

/* No pass finds neither. */
static void exchange(const char *a, const char *b)
{
        assert(renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0);
}

/* A value that cannot be read for a while stays what it was: nothing is written because of it, and
 * it is reported. */
static void test_kept_value(void)
{
        int status_fd, saved = dup(STDERR_FILENO);
        char log[8192];
        ssize_t n;
        pid_t pid;

        begin();
        status_fd = open("log", O_RDWR | O_CREAT | O_TRUNC, 0600);
        assert(status_fd >= 0 && saved >= 0);
        write_file("[tier dram]\nmax-latency = 1.5x\n[tier slow]\n[daemon]\nrescan = 200ms\n",
                   "policy");
        assert(dup2(status_fd, STDERR_FILENO) >= 0);
        pid = start();
        assert(dup2(saved, STDERR_FILENO) >= 0);
        expect("READY=1");
        assert(reads("root/" NODE_PATH "/node1/memtier_override", "5"));
        assert(mkdir("unreadable", 0700) == 0);
        exchange("unreadable", "root/" NODE_PATH "/node0/distance");
        for (unsigned i = 0; i < 3; i++) {
                expect("STATUS=");
                assert(reads("root/" NODE_PATH "/node1/memtier_override", "5"));
        }
        exchange("unreadable", "root/" NODE_PATH "/node0/distance");
        expect("STATUS=");
        kill(pid, SIGTERM);
        expect("STOPPING=1");
        assert(wait_for_end(pid) == 0);
        n = pread(status_fd, log, sizeof(log) - 1, 0);
        assert(n > 0);
        log[n] = '\0';
        assert(strstr(log, "/node0/distance"));
        assert(!strstr(strstr(log, "/node0/distance") + 1, "/node0/distance"));
        close(saved);
        close(status_fd);
}

/* A kernel that keeps a reader waiting: a FIFO does the same. */
static void test_stuck_job(void)
{
        int fifo_fd = -1;
        pid_t pid;

        begin();
        assert(unlink("root/" NODE_PATH "/node1/memtier_override") == 0);
        assert(mkfifo("root/" NODE_PATH "/node1/memtier_override", 0600) == 0);
        pid = start();
        /* It can be opened for writing once numatierd reads it: the event loop is there by then. */
        for (unsigned i = 0; i < 2000 && fifo_fd < 0; i++) {
                usleep(10000);
                fifo_fd = open("root/" NODE_PATH "/node1/memtier_override",
                               O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        }
        assert(fifo_fd >= 0);
        kill(pid, SIGHUP);
        expect("RELOADING=1");
        expect("STATUS=Reading the machine"); /* served, and still not ready */
        assert(!strstr(message, "READY=1"));
        kill(pid, SIGTERM);
        expect("STOPPING=1");
        assert(wait_for_end(pid) == 0);
        close(fifo_fd);
}

/* Memory is brought online only if the policy says so. (The copy does not answer as a kernel does:
 * its file then reads what was written.) */
static void test_online(void)
{
        pid_t pid;

        begin();
        write_file("8000000\n", "root/" BLOCKS "/block_size_bytes");
        write_file("offline\n", "root/" BLOCKS "/memory32/state");
        assert(symlink("a/PNP0C80:00", "root/" BLOCKS "/memory32/firmware_node") == 0);
        assert(mkdir("root/" NODE_PATH "/node1/memory32", 0755) == 0);
        write_file("[tier all]\n[daemon]\nrescan = 0\n", "policy");
        pid = start();
        expect("STATUS=2 nodes");
        kill(pid, SIGHUP);
        expect("STATUS=2 nodes");
        assert(reads("root/" BLOCKS "/memory32/state", "offline"));
        assert(access("root/run/numatier/online", F_OK) < 0);
        write_file("[tier all]\n[online]\nonline = movable\n[daemon]\nrescan = 0\n", "policy");
        kill(pid, SIGHUP);
        expect("; 0 of 1 block of node 1 online, movable (see the journal)");
        assert(reads("root/" BLOCKS "/memory32/state", "online_movable"));
        kill(pid, SIGTERM);
        expect("STOPPING=1");
        assert(wait_for_end(pid) == 0);
        write_file("offline\n", "root/" BLOCKS "/memory32/state");
        assert(RUN("/dev/null", "--once", "--dry-run", "--root", "root", "--config", "policy") ==
               3);
        assert(strstr(message, "Would change 1 blocks of node 1 (online = movable)"));
        assert(reads("root/" BLOCKS "/memory32/state", "offline"));
        assert(RUN("/dev/null", "--once", "--root", "root", "--config", "policy") == 1);
        assert(strstr(message, "memory32: Input/output error"));
        assert(reads("root/" BLOCKS "/memory32/state", "online_movable"));
}

int main(int argc, char *argv[])
{
        static void (*const tests[])(void) = {
                test_command_line, test_once,      test_service, test_idle_blocks,
                test_kept_value,   test_stuck_job, test_online,  test_activity,
        };

        assert(argc == 2);
        numatierd = realpath(argv[1], NULL); /* to be reached after chdir() */
        assert(numatierd);
        run_together(tests, ELEMENTSOF(tests));
        free(numatierd);
        return 0;
}
