// What a process of `sotto serve` does: one table.
#pragma once

#include <string_view>

#include "base/error.h"
#include "roles/config.h"

namespace sotto::app {

struct ProcessRole {
  std::string_view name;
  std::string_view listen;  // HOST:PORT unless configured
  // Runs until SIGINT or SIGTERM. Returns the process's exit code.
  int (*run)(Config const& config);
};

// Error unknown_role, which lists those there are. The role lives as long as the process.
Result<ProcessRole const*> find_role(std::string_view name);

}  // namespace sotto::app
