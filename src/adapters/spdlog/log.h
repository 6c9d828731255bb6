// The log of the process: one line a message, whatever the message quotes (names of files, what a provider answered).
#pragma once

namespace sotto::app {

// Sets the default logger up: UTC, on standard error. Control characters and what is no UTF-8 are escaped.
void start_log();

}  // namespace sotto::app
