// How the process stands to the system: limits, signals, what others on the machine can see of it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sotto::app {

// Of every command: a reader of our output that goes does not end us (SIGPIPE).
void prepare_process();
// Of a server: as many descriptors as the system allows, SIGHUP changes nothing (files are read again by themselves),
// files that only we can read, no core dump and no debugger that would show tokens and words (SOTTO_CORE=1 allows
// both).
void prepare_server();
// The arguments for the parser; the values of --token and --key are overwritten where `ps` shows them.
std::vector<std::string> take_arguments(int argc, char** argv);

// Connections that may be open at once: what the system allows, less a reserve for files and models.
std::size_t connections_max();

}  // namespace sotto::app
