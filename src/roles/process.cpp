#include "roles/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace sotto::app {

namespace {

// Descriptors for the store, models, articles, children and what nobody thought of.
constexpr std::size_t kReserve = 128;
constexpr std::size_t kConnections = 8192;

void overwrite(char* text) { std::memset(text, 'x', std::strlen(text)); }

}  // namespace

void prepare_process() { std::signal(SIGPIPE, SIG_IGN); }

void prepare_server() {
  std::signal(SIGHUP, SIG_IGN);
  ::umask(077);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  if (std::getenv("SOTTO_CORE")) return;
  rlimit const none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

std::vector<std::string> take_arguments(int argc, char** argv) {
  std::vector<std::string> out(argv + 1, argv + argc);
  for (int i = 1; i < argc; ++i) {
    for (std::string_view const name : {"--token", "--key"}) {
      std::string_view const given(argv[i]);
      if (given == name && i + 1 < argc) overwrite(argv[i + 1]);
      else if (given.starts_with(name) && given.substr(name.size()).starts_with('='))
        overwrite(argv[i] + name.size() + 1);
    }
  }
  return out;
}

std::size_t connections_max() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return kConnections;
  auto const all = static_cast<std::size_t>(files.rlim_cur);
  return std::min(kConnections, all > 2 * kReserve ? all - kReserve : all / 2);
}

}  // namespace sotto::app
