// What the agent's page asks of a call beside following it: a tick by hand, the sound of a demo call.
#pragma once

#include <string>

#include "api/demo_player.h"
#include "call/command.h"
#include "net/server.h"

namespace sotto::app {

// The body of POST /v1/calls/{call}/checklist/{item}: {ticked, reason}. Errors: bad_json, missing_field, bad_reason.
Result<GuideCommand> tick_by_hand(std::string const& item, std::string const& body);

// GET /v1/demos/{name}/audio. Reads a file: call it beside the loop. Errors: those of DemoPlayer::audio.
Result<net::HttpResponse> demo_audio(DemoPlayer const& demos, std::string const& name);

}  // namespace sotto::app
