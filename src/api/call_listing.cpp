#include "api/call_listing.h"

#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "adapters/openssl/base64.h"
#include "base/json.h"
#include "base/rfc3339.h"
#include "call/event_codec.h"
#include "net/request_head.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 500;

std::unexpected<Error> bad(std::string_view name, std::string_view what) {
  return fail("bad_query", fmt::format("parameter \"{}\": {}", name, what));
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number out{};
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

// Opaque to clients: microseconds and id in hex.
std::string cursor_of(CallSummary const& call) {
  return to_hex(fmt::format("{} {}", call.info.started.time_since_epoch().count(), call.info.id));
}

std::optional<CallPlace> place_of(std::string_view cursor) {
  auto const text = from_hex(cursor);
  auto const space = text ? text->find(' ') : std::string::npos;
  if (space == std::string::npos) return std::nullopt;
  auto const started = whole_number<std::int64_t>(std::string_view(*text).substr(0, space));
  if (!started) return std::nullopt;
  return CallPlace{.started = Time(Duration(*started)), .call = text->substr(space + 1)};
}

Result<void> read_scope(std::string& mine, std::string_view name, std::string const& asked, CallPage& page) {
  if (!mine.empty() && mine != asked) page.none = true;
  if (asked.empty()) return bad(name, "is empty: leave it out for any");
  mine = asked;
  return {};
}

Result<void> read_time(std::optional<Time>& time, std::string_view name, std::string const& value) {
  time = parse_rfc3339(value);
  if (!time) return bad(name, "expected a time such as 2026-01-31T09:30:00Z, or a day such as 2026-01-31");
  return {};
}

Result<void> read_parameter(CallPage& page, std::string const& name, std::string const& value) {
  auto& filter = page.filter;
  if (name == "tenant") return read_scope(filter.scope.tenant, name, value, page);
  if (name == "team") return read_scope(filter.scope.team, name, value, page);
  if (name == "agent") return read_scope(filter.scope.agent, name, value, page);
  if (name == "from") return read_time(filter.from, name, value);
  if (name == "before") return read_time(filter.before, name, value);
  if (name == "state") {
    if (value != "live" && value != "ended") return bad(name, "expected live or ended");
    filter.live = value == "live";
    return {};
  }
  if (name == "limit") {
    auto const limit = whole_number<std::size_t>(value);
    if (!limit || *limit < 1 || *limit > kPage) return bad(name, "expected a number from 1 to 500");
    page.size = *limit;
    return {};
  }
  if (name == "cursor") {
    filter.after = place_of(value);
    return filter.after ? Result<void>() : bad(name, "is none that a list of calls gave as \"next\"");
  }
  return bad(name, "is not known here; tenant, team, agent, state, from, before, limit and cursor are");
}

json::object summary_json(CallSummary const& call) {
  auto out = to_json(call.info);
  out.erase("started_us");
  if (!call.damaged.empty()) out["damaged"] = call.damaged;
  if (call.erased) out["erased"] = true;
  out["live"] = call.live;
  out["end_reason"] = call.end_reason;
  out["duration_ms"] = call.duration_ms;
  out["events"] = call.events;
  out["cues"] = call.cues;
  out["late"] = call.late;
  out["heard"] = call.heard;
  return out;
}

}  // namespace

Result<CallPage> asked_page(std::string_view query, Scope const& caller) {
  CallPage page{.filter = {.scope = caller}, .size = kPage};
  auto const parameters = net::parse_parameters(query);
  if (!parameters) return std::unexpected(Error{"bad_query", parameters.error().message});
  std::set<std::string> seen;
  for (auto const& [name, value] : *parameters) {
    if (!seen.insert(name).second) return bad(name, "stands there twice");
    if (auto read = read_parameter(page, name, value); !read) return std::unexpected(read.error());
  }
  page.filter.limit = page.size + 1;
  return page;
}

json::object page_json(CallPage const& page, std::vector<CallSummary> const& calls,
                       std::map<std::string, std::int64_t> const& live) {
  json::array out;
  for (auto const& call : calls) {
    if (out.size() == page.size) break;
    auto& one = out.emplace_back(summary_json(call)).get_object();
    if (auto const now = live.find(call.info.id); now != live.end() && call.live) one["duration_ms"] = now->second;
  }
  json::object answer{{"calls", std::move(out)}};
  if (calls.size() > page.size) answer["next"] = cursor_of(calls[page.size - 1]);
  return answer;
}

}  // namespace sotto::app
