// `sotto call`: what the command line and the file say of the call to stream.
#pragma once

#include "base/error.h"
#include "cli/commands.h"
#include "client/call_source.h"

namespace sotto::app {

// Reads the file; notes for a person go to stderr. Errors: of read_wav, bad_party, bad_speaker, bad_pause,
// bad_transfer, bad_speed.
Result<SourceOptions> source_options(CallCommand const& command);

}  // namespace sotto::app
