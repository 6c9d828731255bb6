// The table of HTTP resources, and the statuses of errors.
#include <algorithm>
#include <iterator>
#include <map>

#include "api/http_api.h"

namespace sotto::app {

namespace {

constexpr std::string_view kDone =
    R"({"type": "object", "required": ["call"], "properties": {"call": {"type": "string"}}})";
constexpr std::string_view kCalls =
    R"({"type": "object", "required": ["calls"], "properties": {"calls": {"type": "array", "items": {"type": "object"}}, "next": {"type": "string", "description": "the cursor of the next page; absent: this is the last one"}}})";
constexpr std::string_view kEvents =
    R"({"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "items": {"$ref": "schemas/event.json"}}}})";
constexpr std::string_view kCoverage =
    R"({"type": "object", "required": ["call", "rate", "tracks"], "properties": {"call": {"type": "string"}, "rate": {"type": "integer"}, "tracks": {"type": "object"}}})";
constexpr std::string_view kQuestion =
    R"({"type": "object", "required": ["question"], "properties": {"question": {"type": "string", "minLength": 1, "maxLength": 500}}})";
constexpr std::string_view kTick =
    R"({"type": "object", "required": ["ticked", "reason"], "properties": {"ticked": {"type": "boolean"}, "reason": {"type": "string", "minLength": 1, "maxLength": 200}}})";
constexpr std::string_view kRedaction =
    R"({"type": "object", "required": ["number"], "properties": {"number": {"type": "integer", "minimum": 1, "description": "the event whose words they are"}, "all": {"type": "boolean", "description": "all its words; or name some"}, "words": {"type": "array", "items": {"type": "string"}, "maxItems": 100}, "ranges": {"type": "array", "maxItems": 100, "items": {"type": "object", "required": ["from", "to"], "properties": {"from": {"type": "integer", "minimum": 0}, "to": {"type": "integer", "minimum": 1}}}, "description": "in characters of its text (Unicode code points); to: the one after the last"}, "label": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,23}$", "description": "what stands there instead, in brackets; absent: redacted"}, "reason": {"type": "string", "maxLength": 200, "description": "for the server's log"}}})";
constexpr std::string_view kRedacted =
    R"({"type": "object", "required": ["call", "redacted"], "properties": {"call": {"type": "string"}, "redacted": {"type": "array", "items": {"type": "integer"}, "description": "the events that changed; none: nothing was left to hide"}}})";
constexpr std::string_view kAskTicket =
    R"({"type": "object", "required": ["call"], "properties": {"call": {"type": "string"}}})";
constexpr std::string_view kTerms =
    R"({"type": "object", "required": ["terms"], "properties": {"terms": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 64}}}})";
constexpr std::string_view kTicket =
    R"({"type": "object", "required": ["ticket", "expires_in_ms"], "properties": {"ticket": {"type": "string"}, "expires_in_ms": {"type": "integer"}}})";
constexpr std::string_view kDemos =
    R"({"type": "object", "required": ["demos"], "properties": {"demos": {"type": "array", "items": {"type": "object"}}}})";

constexpr net::RouteRule without_body(Permission needed) { return {.needs = needed, .body_max = 0}; }
constexpr net::RouteRule with_body(Permission needed) { return {.needs = needed, .body_max = kJsonBodyMax}; }

}  // namespace

int status_of(std::string_view code) {
  static std::map<std::string, int, std::less<>> const statuses{
      {"no_such_call", 404},    {"no_such_demo", 404},  {"not_live", 409},     {"bad_json", 400},
      {"missing_field", 400},   {"bad_reason", 400},    {"no_such_item", 404}, {"bad_question", 400},
      {"no_knowledge", 404},    {"store_failed", 503},  {"deadline", 503},     {"queue_full", 429},
      {"model_failed", 503},    {"damaged", 500},       {"busy", 429},         {"erased", 410},
      {"too_many_pauses", 429}, {"unauthorized", 401},  {"forbidden", 403},    {"upgrade_required", 426},
      {"not_ready", 503},       {"bad_query", 400},     {"bad_field", 400},    {"no_such_event", 404},
      {"no_words", 400},        {"no_such_words", 400}, {"bad_range", 400},    {"live", 409},
      {"keys_failed", 503}};
  auto const found = statuses.find(code);
  return found == statuses.end() ? 500 : found->second;
}

std::vector<Route<HttpApi::Handler>> HttpApi::routes_of_calls() {
  constexpr auto stored_errors = "no_such_call damaged store_failed";
  return {
      {"GET",
       RoutePattern("/v1/calls"),
       without_body(Permission::read_calls),
       &HttpApi::list_calls,
       {.summary = "Calls, live and ended, the newest first, a page at a time",
        .errors = "bad_query store_failed",
        .answer = kCalls,
        .query = "tenant team agent state from before limit cursor"}},
      {"GET",
       RoutePattern("/v1/calls/{call}"),
       without_body(Permission::read_calls),
       &HttpApi::call,
       {.summary = "The state of a call, as a page shows it",
        .errors = stored_errors,
        .answer = R"({"$ref": "schemas/call.json"})"}},
      {"GET",
       RoutePattern("/v1/calls/{call}/events"),
       without_body(Permission::read_calls),
       &HttpApi::events,
       {.summary = "The stored events of a call", .errors = stored_errors, .answer = kEvents}},
      {"GET",
       RoutePattern("/v1/calls/{call}/coverage"),
       without_body(Permission::read_calls),
       &HttpApi::coverage,
       {.summary = "What of a call's audio was heard, a track each", .errors = stored_errors, .answer = kCoverage}},
      {"POST",
       RoutePattern("/v1/calls/{call}/redactions"),
       with_body(Permission::redact_calls),
       &HttpApi::redact,
       {.summary = "Takes words back, for ever: where they were said, in every revision and in every quote of them",
        .errors = "bad_json missing_field bad_field bad_reason no_such_call no_such_event no_words no_such_words "
                  "bad_range erased damaged store_failed keys_failed",
        .answer = kRedacted,
        .body = kRedaction}},
      {"DELETE",
       RoutePattern("/v1/calls/{call}"),
       without_body(Permission::erase_calls),
       &HttpApi::erase,
       {.summary = "Erases all of a call that is over, for ever; that there was one remains",
        .errors = "bad_query missing_field bad_reason no_such_call live store_failed keys_failed",
        .answer = kDone,
        .query = "reason"}},
  };
}

std::vector<Route<HttpApi::Handler>> HttpApi::routes_of_live_calls() {
  return {
      {"POST",
       RoutePattern("/v1/calls/{call}/pause"),
       with_body(Permission::steer_calls),
       &HttpApi::pause,
       {.summary = "Nothing is heard until the call is resumed",
        .errors = "not_live too_many_pauses",
        .answer = kDone}},
      {"POST",
       RoutePattern("/v1/calls/{call}/resume"),
       with_body(Permission::steer_calls),
       &HttpApi::resume,
       {.summary = "The call is heard again", .errors = "not_live", .answer = kDone}},
      {"POST",
       RoutePattern("/v1/calls/{call}/expect"),
       with_body(Permission::steer_calls),
       &HttpApi::expect,
       {.summary = "Names and products that have come up: they are heard oftener from here",
        .errors = "not_live bad_json missing_field bad_field",
        .answer = kDone,
        .body = kTerms}},
      {"POST",
       RoutePattern("/v1/calls/{call}/stop"),
       with_body(Permission::steer_calls),
       &HttpApi::stop,
       {.summary = "Ends the call for its source and everybody who follows", .errors = "not_live", .answer = kDone}},
      {"POST",
       RoutePattern("/v1/calls/{call}/ask"),
       with_body(Permission::be_guided),
       &HttpApi::ask,
       {.summary = "What the articles of the call's tenant say to a question",
        .errors = "not_live bad_json missing_field bad_question no_knowledge busy deadline queue_full model_failed",
        .answer = R"({"type": "object"})",
        .body = kQuestion}},
      {"POST",
       RoutePattern("/v1/calls/{call}/checklist/{item}"),
       with_body(Permission::be_guided),
       &HttpApi::tick,
       {.summary = "Ticks an item of the checklist by hand, or takes it back",
        .errors = "not_live bad_json missing_field bad_reason no_such_item",
        .answer = kDone,
        .body = kTick}},
      {"POST",
       RoutePattern("/v1/tickets"),
       with_body(Permission::follow_calls),
       &HttpApi::ticket,
       {.summary = "A ticket with which a socket at /v1/subscribe may follow a live call, once",
        .errors = "not_live bad_json missing_field queue_full",
        .status = 201,
        .answer = kTicket,
        .body = kAskTicket}},
  };
}

std::vector<Route<HttpApi::Handler>> HttpApi::routes_of_demos_and_sockets() {
  return {
      {"GET",
       RoutePattern("/v1/demos"),
       without_body(Permission::play_demos),
       &HttpApi::list_demos,
       {.summary = "The demo calls that are there", .answer = kDemos}},
      {"POST",
       RoutePattern("/v1/demos/{demo}/play"),
       with_body(Permission::play_demos),
       &HttpApi::play_demo,
       {.summary = "Plays a demo as a live call", .errors = "no_such_demo", .status = 201, .answer = kDone}},
      {"GET",
       RoutePattern("/v1/demos/{demo}/audio"),
       without_body(Permission::play_demos),
       &HttpApi::demo_audio,
       {.summary = "What is heard in a demo", .errors = "no_such_demo", .type = "audio/wav"}},
      {"GET",
       RoutePattern("/v1/ingest"),
       without_body(Permission::stream_audio),
       &HttpApi::no_socket,
       {.summary = "A WebSocket: a source streams a call (docs/ingest.md, docs/asyncapi.yaml)",
        .errors = "upgrade_required",
        .status = 101}},
      {"GET",
       RoutePattern("/v1/subscribe"),
       without_body(Permission::none),
       &HttpApi::no_socket,
       {.summary = "A WebSocket: a page follows a call; its first message carries a ticket (docs/asyncapi.yaml)",
        .errors = "upgrade_required",
        .status = 101}},
  };
}

std::vector<Route<HttpApi::Handler>> const& HttpApi::table() {
  static auto const table = [] {
    std::vector<Route<Handler>> out;
    for (auto* const part : {&routes_of_calls, &routes_of_live_calls, &routes_of_demos_and_sockets})
      std::ranges::move(part(), std::back_inserter(out));
    return out;
  }();
  return table;
}

}  // namespace sotto::app
