#include "adapters/child/child.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace sotto {

namespace {

// socket(2) and what leads to one are refused: whatever a file makes of its reader, it talks to nobody.
void forbid_sockets() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  sock_fprog const program{.len = std::size(filter), .filter = filter};
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

void limit(__rlimit_resource what, rlim_t most) {
  rlimit const both{.rlim_cur = most, .rlim_max = most};
  ::setrlimit(what, &both);
}

void confine(ChildLimits const& limits) {
  limit(RLIMIT_AS, limits.memory);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NPROC, 0);
  ::setpriority(PRIO_PROCESS, 0, 19);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  forbid_sockets();
}

// Between fork and exec in a process of many threads: system calls only.
[[noreturn]] void become(char* const* arguments, char* const* environment, int input, int output,
                         ChildLimits const& limits) {
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  int const nowhere = ::open("/dev/null", O_WRONLY);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  ::syscall(SYS_close_range, 3u, ~0u, 0u);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu_seconds));
  limit(RLIMIT_CORE, 0);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!limits.trusted) confine(limits);
  ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

void close_end(int& end) {
  if (end >= 0) ::close(std::exchange(end, -1));
}

// Ready for `what`; false: too late.
bool wait_for(int end, short what, Child::Until until) {
  for (;;) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = end, .events = what, .revents = 0};
    auto const ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<Child> Child::start(std::vector<std::string> const& program, ChildLimits const& limits) {
  std::vector<char*> arguments;
  for (auto const& argument : program) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8";
  std::array<char*, 3> environment{path, locale, nullptr};
  int input[2], output[2];
  if (::pipe2(input, O_CLOEXEC) != 0) return fail("child_missing", "no pipe for another process");
  if (::pipe2(output, O_CLOEXEC) != 0) {
    ::close(input[0]), ::close(input[1]);
    return fail("child_missing", "no pipe for another process");
  }
  auto const id = ::fork();
  if (id == 0) become(arguments.data(), limits.trusted ? environ : environment.data(), input[0], output[1], limits);
  ::close(input[0]);
  ::close(output[1]);
  Child child(id, input[1], output[0]);
  if (id < 0) return fail("child_missing", "no other process can be started");
  ::fcntl(input[1], F_SETFL, O_NONBLOCK);
  return child;
}

Child::Child(Child&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  return *this;
}

Child::~Child() { end(true); }

void Child::close_input() { close_end(input_); }

int Child::end(bool kill) {
  close_input();
  close_end(output_);
  if (id_ < 0) return 0;
  if (kill) ::kill(id_, SIGKILL);
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  return status;
}

Result<void> Child::write(std::string_view bytes, Until until) {
  while (!bytes.empty()) {
    if (!wait_for(input_, POLLOUT, until)) return fail("child_slow", "takes too long");
    auto const count = ::write(input_, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return fail("child_gone", "ended before it had read everything");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> Child::read(std::size_t count, Until until) {
  std::string out;
  while (out.size() < count) {
    std::array<char, 65536> part;
    if (!wait_for(output_, POLLIN, until)) return fail("child_slow", "takes too long");
    auto const got = ::read(output_, part.data(), std::min(part.size(), count - out.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail("child_gone", "ended without an answer");
    out.append(part.data(), static_cast<std::size_t>(got));
  }
  return out;
}

Result<std::string> Child::read_all(std::size_t most, Until until) {
  std::string out;
  std::array<char, 65536> part;
  for (;;) {
    if (!wait_for(output_, POLLIN, until)) return fail("child_slow", "takes too long");
    auto const got = ::read(output_, part.data(), part.size());
    if (got == 0) return out;
    if (got < 0 && errno != EINTR) return fail("child_gone", "its output broke off");
    if (got > 0) out.append(part.data(), static_cast<std::size_t>(got));
    if (out.size() > most) return fail("child_too_much", "holds too much text");
  }
}

Result<std::string> run_tool(std::vector<std::string> const& program, std::size_t most,
                             std::chrono::milliseconds patience, ChildLimits const& limits) {
  auto child = Child::start(program, limits);
  if (!child) return std::unexpected(child.error());
  child->close_input();
  auto text = child->read_all(most, std::chrono::steady_clock::now() + patience);
  auto const status = child->end(!text.has_value());
  if (!text) return text;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return fail("child_missing", program.front() + " is not installed");
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return fail("child_slow", "takes too long");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail("child_failed", "ended with an error");
  return text;
}

}  // namespace sotto
