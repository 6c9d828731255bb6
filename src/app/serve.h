// `sotto serve`: every role in one process with its embedded parts.
#pragma once

#include "app/config.h"

namespace sotto::app {

// Runs until SIGINT or SIGTERM; what was acknowledged is stored by then. Returns the process's exit code.
int serve(Config const& config);

}  // namespace sotto::app
