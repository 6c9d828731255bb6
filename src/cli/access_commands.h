// `sotto token` and `sotto audit`: who may come, and what whoever came has read and changed (docs/access.md). Each adds
// its flags to the parser, which then runs it and sets the process's exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace sotto::app {

void add_token(CLI::App& app, int& code);
void add_audit(CLI::App& app, int& code);

}  // namespace sotto::app
