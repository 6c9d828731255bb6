// Programs that read what other people wrote (PDFs, articles), in processes of their own: a hostile file ends such a
// process and gets nothing from it. No environment but PATH and LC_ALL, no descriptors but its three, no sockets, no
// new privileges, no files of its own; memory, CPU time and patience are bounded. Every child of ours starts here.
// A program that the operator named (`trusted`) reads nothing of other people: it has our environment, sockets and
// files, and of the limits only that of CPU time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sotto {

struct ChildLimits {
  std::size_t memory = 512u * 1024 * 1024;  // bytes of address space
  int cpu_seconds = 5;
  bool trusted = false;
};

// A child with pipes to its input and from its output; its errors go nowhere. Blocks; not thread-safe. Ends with the
// object.
class Child {
 public:
  using Until = std::chrono::steady_clock::time_point;

  // `program`: found in PATH, or an absolute path. Error child_missing.
  static Result<Child> start(std::vector<std::string> const& program, ChildLimits const& limits);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  // Errors: child_slow, child_gone.
  Result<void> write(std::string_view bytes, Until until);
  // Exactly so many bytes, or as many as come until it closes its output (`all`), at most `most`. Errors: child_slow,
  // child_gone, child_too_much.
  Result<std::string> read(std::size_t count, Until until);
  Result<std::string> read_all(std::size_t most, Until until);
  // No more input.
  void close_input();
  // Waits for its end; kills it where it does not end by itself. How it ended, as waitpid(2) says.
  int end(bool kill);

 private:
  Child(pid_t id, int input, int output) : id_(id), input_(input), output_(output) {}

  pid_t id_ = -1;
  int input_ = -1, output_ = -1;
};

// Runs a tool to its end and returns what it printed. Errors: child_missing (not installed), child_slow (longer than
// `patience`), child_too_much (more than `most` bytes), child_failed (ended by a signal or with a status).
Result<std::string> run_tool(std::vector<std::string> const& program, std::size_t most,
                             std::chrono::milliseconds patience, ChildLimits const& limits = {});

}  // namespace sotto
