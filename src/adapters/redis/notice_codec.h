// What travels between processes: notices and commands as JSON (the events in it are those of call/event_codec.h).
#pragma once

#include <string>

#include "base/error.h"
#include "call/command.h"
#include "ports/event_bus.h"

namespace sotto::redis {

std::string encode(Notice const& notice);
// Errors: bad_event, bad_field.
Result<Notice> decode_notice(std::string const& text);

std::string encode(CallCommand const& command);
// Error: bad_command.
Result<CallCommand> decode_command(std::string const& text);

}  // namespace sotto::redis
