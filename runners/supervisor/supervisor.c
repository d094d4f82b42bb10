/* The first process of a box: starts one step after another, passes on what each says, and says how it ended.
 *
 * It speaks frames over its own stdin and stdout (runners/supervisor/protocol.py says what is in them) with
 * hands, which hold the other ends. Steps have the same uid, and are hostile. What keeps them from it:
 *   - it is PID 1 of its namespace: the kernel ignores every signal that a process of the box sends to it;
 *   - its file may be executed and not read, so it is never dumpable: no ptrace, and /proc/1 is root's;
 *   - a step has three descriptors, pipes made for it alone, and no name for any other;
 *   - one step at a time: when its first process ends, everything else in the namespace is killed before the
 *     next one starts. Steps that go side by side have a container each.
 * When its stdin ends, hands are gone, and so is the box.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VERSION = 1, HEAD = 8, STAMP = 8, CHUNK = 64 * 1024, CONTROL = 1024 };
enum { LONGEST = 2 * 1024 * 1024 }; /* bytes of one frame from hands */
static const char WORKSPACE[] = "/workspace";

enum how { EXITED, SIGNALLED, TIMED_OUT, NO_FOLDER, OUTSIDE, NOT_STARTED };

/* --- what goes out ------------------------------------------------------------------------------------- */

static struct {
  uint8_t bytes[HEAD + STAMP + CHUNK + CONTROL];
  size_t length, at;
} out;

static void leave(void) {
  kill(-1, SIGKILL);
  _exit(0);
}

static void put(char type, const void *payload, uint32_t length) {
  if (out.length + HEAD + length > sizeof out.bytes) leave(); /* hands ask without ever listening */
  uint8_t *head = out.bytes + out.length;
  uint32_t wire = htonl(length);
  memset(head, 0, HEAD);
  head[0] = (uint8_t)type;
  memcpy(head + 4, &wire, sizeof wire);
  if (length) memcpy(head + HEAD, payload, length);
  out.length += HEAD + length;
}

static void flush_out(void) {
  while (out.at < out.length) {
    ssize_t went = write(STDOUT_FILENO, out.bytes + out.at, out.length - out.at);
    if (went < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      leave();
    }
    out.at += (size_t)went;
  }
  out.at = out.length = 0;
}

/* --- the step ------------------------------------------------------------------------------------------ */

static struct {
  pid_t pid; /* 0: none */
  int in, said[2]; /* our ends of its pipes; -1 when closed */
  uint8_t *feed;   /* what it has not read yet */
  size_t feed_length, feed_at;
  enum { RUNS, DEAD, SWEPT } ended;
  int timed_out, status;
  int left[2]; /* bytes still to pass on when everything is dead */
  uint64_t began_us, deadline_us, oom_kills;
  struct rusage usage;
} step = {.in = -1, .said = {-1, -1}};

static uint64_t now(clockid_t clock, uint64_t per_second) {
  struct timespec at;
  clock_gettime(clock, &at);
  return (uint64_t)at.tv_sec * per_second + (uint64_t)at.tv_nsec / (1000000000 / per_second);
}

static uint64_t monotonic_us(void) { return now(CLOCK_MONOTONIC, 1000000); }

static void shut(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* How many processes of this container the kernel has killed for memory. */
static uint64_t oom_kills(void) {
  static const char *const places[] = {"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"};
  for (size_t n = 0; n < 2; n++) {
    char text[512];
    int fd = open(places[n], O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    shut(&fd);
    if (got <= 0) continue;
    text[got] = 0;
    const char *found = strstr(text, "oom_kill ");
    if (found) return strtoull(found + strlen("oom_kill "), NULL, 10);
  }
  return 0;
}

/* A limit on our processor time would end us: nothing in a box may set PID 1 any. */
static void forbid_limiting_us(void) {
#define DENIED_FOR_PID_1(number)                                                                                 \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),                                                             \
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),                                \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),        \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      DENIED_FOR_PID_1(SYS_prlimit64),
#ifdef __x86_64__
      DENIED_FOR_PID_1(0x40000000 | SYS_prlimit64), /* x32 */
      DENIED_FOR_PID_1(340),                        /* i386 */
#endif
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int inside_workspace(const char *folder) {
  char real[4096];
  size_t length = strlen(WORKSPACE);
  if (chdir(folder) < 0) return NO_FOLDER;
  if (!getcwd(real, sizeof real)) return NO_FOLDER;
  if (strncmp(real, WORKSPACE, length) || (real[length] && real[length] != '/')) return OUTSIDE;
  setenv("PWD", real, 1);
  return 0;
}

/* In the child. What keeps it from starting goes to hands through `failed`, which exec closes. */
static void become(char **argv, char **env, const char *folder, const int fds[3], int failed) {
  uint8_t why[5] = {0};
  uint32_t code;
  sigset_t none;
  sigemptyset(&none);
  setsid();
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* else its own /proc is closed to it; nothing hostile lives just now */
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); /* the kernel takes steps before us */
  if (score >= 0 && write(score, "500", 3) < 0) errno = 0;
  for (int n = 0; n < 3; n++) dup2(fds[n], n);
  for (; *env; env++) putenv(*env);
  why[0] = (uint8_t)inside_workspace(folder);
  if (!why[0]) {
    forbid_limiting_us();
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], argv);
    why[0] = NOT_STARTED;
  }
  code = htonl((uint32_t)errno);
  memcpy(why + 1, &code, sizeof code);
  if (write(failed, why, sizeof why) < 0) _exit(125);
  _exit(126);
}

static void say_end(uint8_t how, int32_t value) {
  struct {
    uint8_t how, zero[3];
    int32_t value;
    uint64_t wall_us, user_us, system_us, max_rss_kib, oom_kills;
  } end = {.how = how, .value = (int32_t)htonl((uint32_t)value)};
  end.wall_us = htobe64(monotonic_us() - step.began_us);
  end.user_us = htobe64((uint64_t)step.usage.ru_utime.tv_sec * 1000000 + (uint64_t)step.usage.ru_utime.tv_usec);
  end.system_us = htobe64((uint64_t)step.usage.ru_stime.tv_sec * 1000000 + (uint64_t)step.usage.ru_stime.tv_usec);
  end.max_rss_kib = htobe64((uint64_t)step.usage.ru_maxrss);
  end.oom_kills = htobe64(oom_kills() - step.oom_kills);
  put('X', &end, sizeof end);
}

static void forget_step(void) {
  shut(&step.in);
  shut(&step.said[0]);
  shut(&step.said[1]);
  free(step.feed);
  step.feed = NULL;
  step.pid = 0;
}

/* "S": time limit in ms (0: none), 1 if it has a stdin, then folder, count and words, count and NAME=value. */
static int words(char **at, const char *end, char ***found) {
  uint32_t count;
  if (end - *at < (ptrdiff_t)sizeof count) return -1;
  memcpy(&count, *at, sizeof count);
  *at += sizeof count;
  count = ntohl(count);
  if (count > LONGEST) return -1;
  *found = calloc(count + 1, sizeof **found);
  if (!*found) return -1;
  for (uint32_t n = 0; n < count; n++) {
    char *stop = memchr(*at, 0, (size_t)(end - *at));
    if (!stop) return -1;
    (*found)[n] = *at;
    *at = stop + 1;
  }
  return (int)count;
}

static void start(char *payload, size_t length) {
  char *end = payload + length, *at = payload + 5, *folder, **argv = NULL, **env = NULL;
  int in[2], said[2][2], failed[2];
  uint32_t limit_ms;
  if (step.pid || length < 6) leave(); /* hands keep to the protocol, or are not hands */
  memcpy(&limit_ms, payload, sizeof limit_ms);
  limit_ms = ntohl(limit_ms);
  folder = at;
  at = memchr(at, 0, (size_t)(end - at));
  if (!at++ || words(&at, end, &argv) < 1 || words(&at, end, &env) < 0) leave();

  memset(&step.usage, 0, sizeof step.usage);
  step.ended = RUNS;
  step.timed_out = 0;
  step.oom_kills = oom_kills();
  step.began_us = monotonic_us();
  step.deadline_us = limit_ms ? step.began_us + (uint64_t)limit_ms * 1000 : 0;
  if (pipe2(in, O_CLOEXEC) || pipe2(said[0], O_CLOEXEC) || pipe2(said[1], O_CLOEXEC) || pipe2(failed, O_CLOEXEC)) leave();
  if (!payload[4]) { /* no stdin: what it reads is at its end */
    close(in[0]);
    in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  for (int n = 0; n < 2; n++) fcntl(said[n][0], F_SETPIPE_SZ, 4 * CHUNK);
  step.pid = fork();
  if (step.pid == 0) become(argv, env, folder, (int[]){in[0], said[0][1], said[1][1]}, failed[1]);
  int no_fork = errno;
  close(in[0]);
  close(said[0][1]);
  close(said[1][1]);
  close(failed[1]);
  step.in = in[1];
  step.said[0] = said[0][0];
  step.said[1] = said[1][0];
  uint8_t why[5];
  ssize_t told = step.pid < 0 ? 0 : read(failed[0], why, sizeof why);
  close(failed[0]);
  free(argv);
  free(env);
  if (step.pid < 0 || told == sizeof why) {
    uint32_t code = htonl((uint32_t)no_fork);
    if (step.pid > 0) {
      memcpy(&code, why + 1, sizeof code);
      waitpid(step.pid, NULL, 0);
    }
    say_end(step.pid < 0 ? NOT_STARTED : why[0], (int32_t)ntohl(code));
    forget_step();
    return;
  }
  fcntl(step.in, F_SETFL, O_NONBLOCK);
  fcntl(step.said[0], F_SETFL, O_NONBLOCK);
  fcntl(step.said[1], F_SETFL, O_NONBLOCK);
  if (!payload[4]) shut(&step.in);
}

static void feed(const char *payload, size_t length) {
  if (!length) {
    shut(&step.in);
  } else if (step.in >= 0) {
    if (step.feed) leave(); /* nobody said that there is room */
    step.feed = malloc(length);
    if (!step.feed) leave();
    memcpy(step.feed, payload, length);
    step.feed_length = length;
    step.feed_at = 0;
  } else if (step.pid) {
    put('W', NULL, 0); /* it does not listen any more: let the rest come and go */
  }
}

static void feed_on(void) {
  ssize_t went = write(step.in, step.feed + step.feed_at, step.feed_length - step.feed_at);
  if (went < 0 && (errno == EAGAIN || errno == EINTR)) return;
  step.feed_at += went < 0 ? 0 : (size_t)went;
  if (went < 0) shut(&step.in);
  if (went < 0 || step.feed_at == step.feed_length) {
    free(step.feed);
    step.feed = NULL;
    put('W', NULL, 0);
  }
}

/* Pass on what it says. Nothing is read while hands do not take what was read before: the step has to wait. */
static void listen_to(int which) {
  static const char types[] = "OE";
  uint8_t *at = out.bytes + out.length + HEAD;
  ssize_t room = (ssize_t)(sizeof out.bytes - CONTROL - HEAD - STAMP) - (ssize_t)out.length;
  if (room <= 0) return;
  if (step.ended && room > step.left[which]) room = step.left[which];
  ssize_t got = read(step.said[which], at + STAMP, (size_t)room);
  if (got < 0 && !step.ended && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    shut(&step.said[which]);
    return;
  }
  if (step.ended && (step.left[which] -= (int)got) == 0) shut(&step.said[which]);
  uint64_t stamp = htobe64(now(CLOCK_REALTIME, 1000000000));
  uint32_t wire = htonl((uint32_t)got + STAMP);
  uint8_t *head = out.bytes + out.length;
  memset(head, 0, HEAD);
  head[0] = (uint8_t)types[which];
  memcpy(head + 4, &wire, sizeof wire);
  memcpy(at, &stamp, sizeof stamp);
  out.length += HEAD + STAMP + (size_t)got;
}

/* --- ends ---------------------------------------------------------------------------------------------- */

/* Everything but us is dead when this returns: kill(-1) is one act for the kernel, nobody forks past it. */
static void sweep(void) {
  do kill(-1, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

static void reap(void) {
  struct rusage usage;
  int status;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    if (pid != step.pid || step.ended) continue;
    step.ended = DEAD;
    step.status = status;
    step.usage = usage;
  }
}

static void end_step(void) {
  sweep();
  shut(&step.in);
  /* A descriptor may have left the box's processes: what is in the pipes now is the end of it. */
  for (int n = 0; n < 2; n++) {
    step.left[n] = 0;
    if (step.said[n] >= 0) ioctl(step.said[n], FIONREAD, &step.left[n]);
    if (!step.left[n]) shut(&step.said[n]);
  }
  step.ended = SWEPT;
}

static void finish_when_heard(void) {
  if (step.said[0] >= 0 || step.said[1] >= 0 || out.length) return;
  if (step.timed_out) {
    say_end(TIMED_OUT, 0);
  } else if (WIFSIGNALED(step.status)) {
    say_end(SIGNALLED, WTERMSIG(step.status));
  } else {
    say_end(EXITED, WEXITSTATUS(step.status));
  }
  forget_step();
}

/* --- what comes in ------------------------------------------------------------------------------------- */

static struct {
  uint8_t head[HEAD], *payload;
  size_t have;
  uint32_t length;
} in;

static void obey(void) {
  switch (in.head[0]) {
  case 'S': start((char *)in.payload, in.length); break;
  case 'I': feed((char *)in.payload, in.length); break;
  case 'P': put('P', NULL, 0); break;
  case 'K': /* a signal for the step's own process group; SIGKILL is for everything that it started */
    if (in.length != 1) leave();
    if (!step.pid || step.ended) break;
    kill(in.payload[0] == SIGKILL ? -1 : -step.pid, in.payload[0]);
    break;
  default: leave();
  }
}

static void hear(void) {
  for (;;) {
    int in_head = in.have < HEAD;
    size_t wanted = in_head ? HEAD - in.have : in.length - (in.have - HEAD);
    if (wanted) {
      void *to = in_head ? in.head + in.have : in.payload + (in.have - HEAD);
      ssize_t got = read(STDIN_FILENO, to, wanted);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) leave();
      in.have += (size_t)got;
    }
    if (in_head && in.have == HEAD) {
      memcpy(&in.length, in.head + 4, sizeof in.length);
      in.length = ntohl(in.length);
      if (in.length > LONGEST || !(in.payload = malloc(in.length + 1))) leave();
    }
    if (in.have >= HEAD && in.have == HEAD + (size_t)in.length) {
      obey();
      free(in.payload);
      in.payload = NULL;
      in.have = in.length = 0;
      if (out.length) return; /* say it before more is heard */
    }
  }
}

/* --- all of it ----------------------------------------------------------------------------------------- */

static int patience_ms(void) {
  if (!step.pid || step.ended || step.timed_out || !step.deadline_us) return -1;
  uint64_t at = monotonic_us();
  return at >= step.deadline_us ? 0 : (int)((step.deadline_us - at) / 1000) + 1;
}

int main(void) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  int deaths = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (getpid() != 1 || deaths < 0) {
    fputs("This is the first process of a box, and nothing else.\n", stderr);
    return 2;
  }
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
  uint8_t hello[] = {0, VERSION, access("/bin/sh", X_OK) == 0};
  put('H', hello, sizeof hello);

  for (;;) {
    flush_out();
    if (step.pid && step.ended == SWEPT) finish_when_heard();
    int room = !out.length;
    struct pollfd fds[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = out.length ? STDOUT_FILENO : -1, .events = POLLOUT},
        {.fd = deaths, .events = POLLIN},
        {.fd = room ? step.said[0] : -1, .events = POLLIN},
        {.fd = room ? step.said[1] : -1, .events = POLLIN},
        {.fd = step.feed ? step.in : -1, .events = POLLOUT},
    };
    if (poll(fds, sizeof fds / sizeof *fds, patience_ms()) < 0 && errno != EINTR) leave();
    if (fds[3].revents) listen_to(0);
    if (fds[4].revents) listen_to(1);
    if (fds[5].revents && step.feed && step.in >= 0) feed_on();
    if (fds[2].revents) {
      struct signalfd_siginfo many[16];
      if (read(deaths, many, sizeof many) < 0 && errno != EAGAIN) leave();
      reap();
    }
    if (patience_ms() == 0) {
      step.timed_out = 1;
      kill(-1, SIGKILL);
    }
    if (step.pid && step.ended == DEAD) end_step();
    if (fds[0].revents) hear();
  }
}
