#include "api/redaction_request.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "net/request_head.h"
#include "base/unicode.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

std::unexpected<Error> bad(std::string_view field, std::string_view what) {
  return fail("bad_field", fmt::format("field \"{}\": {}", field, what));
}

Result<void> check_reason(std::string const& reason) {
  auto const characters =
      std::ranges::count_if(reason, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (characters > limits::kReasonLengthMax)
    return fail("bad_reason", "the reason is longer than 200 characters: give it in a sentence");
  if (language::escaped(reason) != reason) return fail("bad_reason", "the reason is not one line of text");
  return {};
}

Result<void> read_words(json::value const& value, std::vector<std::string>& words) {
  auto const* list = value.if_array();
  if (!list || list->empty()) return bad("words", "expected a list of texts");
  for (auto const& one : *list) {
    if (!one.is_string() || !language::has_letter(std::string_view(one.get_string())))
      return bad("words", "expected texts with a letter or a digit each");
    words.emplace_back(one.get_string());
  }
  return {};
}

Result<void> read_ranges(json::value const& value, std::vector<Hiding::Range>& ranges) {
  auto const* list = value.if_array();
  if (!list || list->empty()) return bad("ranges", "expected a list of {\"from\": .., \"to\": ..}");
  for (auto const& one : *list) {
    auto const* range = one.if_object();
    auto const whole = [&](char const* name) {
      return range && range->if_contains(name) && range->at(name).is_int64();
    };
    if (!whole("from") || !whole("to"))
      return bad("ranges",
                 "expected \"from\" and \"to\" in each, in characters: the first one, and the one after the last");
    ranges.push_back({.from = range->at("from").get_int64(), .to = range->at("to").get_int64()});
  }
  return {};
}

bool is_label(std::string_view label) {
  auto const small = [](char c) { return c >= 'a' && c <= 'z'; };
  return !label.empty() && label.size() <= 24 && small(label.front()) &&
         std::ranges::all_of(label, [&](char c) { return small(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

Result<void> read_hiding(json::object const& asked, Hiding& hiding) {
  auto const* words = asked.if_contains("words");
  auto const* ranges = asked.if_contains("ranges");
  bool const all = get_bool(asked, "all");
  if (!words && !ranges && !all)
    return fail("missing_field", "what is to be hidden is missing: \"all\": true, or \"words\", or \"ranges\"");
  if ((words || ranges) && all) return bad("all", "leave it out beside \"words\" and \"ranges\"");
  if (auto read = words ? read_words(*words, hiding.words) : Result<void>(); !read) return read;
  if (auto read = ranges ? read_ranges(*ranges, hiding.ranges) : Result<void>(); !read) return read;
  if (hiding.words.size() + hiding.ranges.size() > limits::kTakenBackSpansMax)
    return bad("words", "more than 100 texts and ranges: ask several times");
  if (!asked.contains("label")) return {};
  hiding.label = get_string(asked, "label");
  if (!is_label(hiding.label)) return bad("label", "expected small letters, at most 24, such as name");
  return {};
}

}  // namespace

Result<RedactionRequest> asked_redaction(std::string const& body) {
  auto const asked = parse_object(body);
  if (!asked) return std::unexpected(asked.error());
  RedactionRequest out;
  auto const* number = asked->if_contains("number");
  if (!number || !number->is_int64())
    return fail("missing_field", "field \"number\" is missing, or is no whole number: of the event");
  out.number = number->get_int64();
  if (auto read = read_hiding(*asked, out.hiding); !read) return std::unexpected(read.error());
  out.reason = get_string(*asked, "reason");
  if (auto good = check_reason(out.reason); !good) return std::unexpected(good.error());
  return out;
}

Result<std::string> asked_reason(std::string_view query) {
  auto const parameters = net::parse_parameters(query);
  if (!parameters) return fail("bad_query", parameters.error().message);
  std::string reason;
  for (auto const& [name, value] : *parameters) {
    if (name != "reason") return fail("bad_query", fmt::format("parameter \"{}\" is not known here; reason is", name));
    reason = value;
  }
  if (reason.find_first_not_of(' ') == std::string::npos)
    return fail("missing_field", "parameter \"reason\" is missing: why the call is erased, for the server's log");
  if (auto good = check_reason(reason); !good) return std::unexpected(good.error());
  return reason;
}

std::string told(Principal const& who) {
  auto const shown = [](std::string const& text) { return text.empty() ? "-" : language::escaped(text); };
  std::string roles;
  for (auto const& [name, role] : Names<Role>::list) {
    if (who.roles.has(role)) roles += " " + std::string(name);
  }
  return fmt::format("{}, tenant {}, team {}, agent {}, roles{}", shown(who.name), shown(who.scope.tenant),
                     shown(who.scope.team), shown(who.scope.agent), roles);
}

}  // namespace sotto::app
