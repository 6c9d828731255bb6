// `sotto serve`: what the roles do (roles/roles.h).
#pragma once

#include "adapters/moonshine/recognizer.h"
#include "roles/config.h"

namespace sotto::app {

// Role all: everything in one process with its embedded parts. Runs until SIGINT or SIGTERM; what was acknowledged is
// stored by then. Returns the process's exit code.
int serve(Config const& config);
// Role asr, and `sotto asr`: recognition for other machines over /v1/listen (docs/asr.md). Runs until SIGINT or
// SIGTERM; open connections get what is left of their audio first, for 5 s at most.
int serve_asr(Config const& config);

// Shared by the roles.
MoonshineOptions recogniser_options(Config const& config);
int give_up(Error const& error);

}  // namespace sotto::app
