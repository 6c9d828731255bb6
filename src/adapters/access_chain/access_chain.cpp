#include "adapters/access_chain/access_chain.h"

#include <fmt/format.h>

#include "adapters/openssl/secrets.h"
#include "base/utf8.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

constexpr std::string_view kBeforeHash = R"(,"hash":")", kBehindHash = R"("})";
constexpr std::size_t kTail = kBeforeHash.size() + 64 + kBehindHash.size();

std::unexpected<Error> broken(std::string message) { return fail("broken_chain", std::move(message)); }

void put(json::object& out, std::string_view key, std::string const& value, std::size_t most = 300) {
  if (!value.empty()) out[key] = one_line(value, most);
}

}  // namespace

std::string next_line(AccessEntry const& entry, ChainEnd& end) {
  json::object out{{"n", end.number + 1}, {"at", to_rfc3339(entry.at)}};
  put(out, "who", entry.who.name);
  put(out, "tenant", entry.who.scope.tenant);
  put(out, "region", entry.who.scope.region);
  put(out, "team", entry.who.scope.team);
  put(out, "agent", entry.who.scope.agent);
  put(out, "from", entry.peer);
  put(out, "permission", entry.permission);
  put(out, "request", entry.request);
  put(out, "subject", entry.subject);
  put(out, "detail", entry.detail, 1000);
  if (entry.status) out["status"] = *entry.status;
  out["prev"] = end.hash;
  auto line = json::serialize(out);
  line.pop_back();  // its brace stands behind the digest
  end = {.number = end.number + 1, .hash = digest(line)};
  return line + std::string(kBeforeHash) + end.hash + std::string(kBehindHash);
}

Result<ChainedLine> read_line(std::string_view line) {
  boost::system::error_code failed;
  auto parsed = json::parse(line, failed);
  auto const* const object = failed ? nullptr : parsed.if_object();
  auto const* const number = object ? object->if_contains("n") : nullptr;
  auto const* const previous = object ? object->if_contains("prev") : nullptr;
  auto const* const hash = object ? object->if_contains("hash") : nullptr;
  if (!number || !number->is_int64() || !previous || !previous->is_string() || !hash || !hash->is_string() ||
      line.size() <= kTail)
    return broken("this is no line of an access log: " + one_line(line, 100));
  std::string const said(hash->as_string());
  if (digest(line.substr(0, line.size() - kTail)) != said)
    return broken(fmt::format("entry {} was changed: its digest is not that of what it says", number->as_int64()));
  return ChainedLine{.at = {.number = number->as_int64(), .hash = said},
                     .previous = std::string(previous->as_string()),
                     .entry = std::move(parsed.as_object())};
}

Result<void> ChainCheck::add(std::string_view line) {
  auto const read = read_line(line);
  if (!read) {
    return broken(lines_ == 0 ? read.error().message
                              : fmt::format("{} (behind entry {})", read.error().message, end_.number));
  }
  if (lines_ > 0 && read->at.number != end_.number + 1)
    return broken(
        fmt::format("behind entry {} comes entry {}: what stood between is missing", end_.number, read->at.number));
  if (lines_ > 0 && read->previous != end_.hash)
    return broken(fmt::format("entry {} does not continue the entry before it: one of them was put in another's place",
                              read->at.number));
  if (lines_ == 0) first_ = read->at.number;
  end_ = read->at;
  ++lines_;
  return {};
}

}  // namespace sotto::app
