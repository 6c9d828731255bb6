// What is generated from the table of events (call/event_fields.h): the JSON Schemas of docs/schemas and the types of
// the page.
#pragma once

#include <map>
#include <string>

namespace sotto {

// By file name: "cue.shown.json" -> its text.
std::map<std::string, std::string> event_schemas();
// The text of web/agent/src/connection/events.ts.
std::string event_types();

}  // namespace sotto
