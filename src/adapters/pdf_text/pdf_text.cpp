#include "adapters/pdf_text/pdf_text.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "base/limits.h"

extern char** environ;

namespace sotto {

namespace {

constexpr auto kPatience = std::chrono::seconds(5);

// Reads until the end; false: too late, or too much.
bool read_all(int from, std::string& out) {
  auto const until = std::chrono::steady_clock::now() + kPatience;
  std::array<char, 65536> part{};
  while (out.size() <= limits::article_bytes_max) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = from, .events = POLLIN, .revents = 0};
    auto const ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    auto const count = ::read(from, part.data(), part.size());
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) out.append(part.data(), static_cast<std::size_t>(count));
  }
  return false;
}

}  // namespace

Result<std::string> text_of_pdf(std::filesystem::path const& file) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail("pdf_broken", "no pipe to read the PDF");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // An absolute path never looks like an option.
  std::string path = std::filesystem::absolute(file).string();
  std::string name = "pdftotext", encoding = "-enc", utf8 = "UTF-8", out = "-";
  std::array<char*, 6> const arguments{name.data(), encoding.data(), utf8.data(), path.data(), out.data(), nullptr};
  pid_t child = 0;
  auto const failed = ::posix_spawnp(&child, name.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) {
    ::close(ends[0]);
    return fail("pdf_tool_missing", "pdftotext is not installed (Debian package poppler-utils)");
  }
  std::string text;
  bool const whole = read_all(ends[0], text);
  ::close(ends[0]);
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return fail("pdf_broken", "the PDF takes too long to read or holds too much text");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return fail("pdf_tool_missing", "pdftotext is not installed (Debian package poppler-utils)");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail("pdf_broken", "the PDF is damaged, or locked by a password");
  return text;
}

}  // namespace sotto
