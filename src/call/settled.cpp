#include "call/settled.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace sotto {

bool Settled::contains(std::int64_t place) const {
  if (place <= upto_) return true;
  auto const next = ranges_.upper_bound(place);
  return next != ranges_.begin() && place <= std::prev(next)->second;
}

void Settled::add(std::int64_t first, std::int64_t last) {
  if (first > last || last <= upto_) return;
  auto at = ranges_.upper_bound(first);
  if (at != ranges_.begin() && std::prev(at)->second >= first - 1) --at;
  while (at != ranges_.end() && at->first <= last + 1) {
    first = std::min(first, at->first);
    last = std::max(last, at->second);
    at = ranges_.erase(at);
  }
  if (first <= upto_ + 1) upto_ = last;
  else ranges_.emplace_hint(at, first, last);
}

void Settled::add(Settled const& other) {
  add(0, other.upto_);
  for (auto const& [first, last] : other.ranges_) add(first, last);
}

std::string Settled::ahead() const {
  std::string out;
  for (auto const& [first, last] : ranges_) fmt::format_to(std::back_inserter(out), ",{}-{}", first, last);
  return out.empty() ? out : out.substr(1);
}

Settled Settled::read(std::int64_t upto, std::string_view ahead) {
  Settled out;
  out.add(0, upto);
  auto const* at = ahead.data();
  auto const* const end = at + ahead.size();
  while (at < end) {
    std::int64_t first = 0, last = 0;
    auto const [dash, no_first] = std::from_chars(at, end, first);
    if (no_first != std::errc() || dash == end || *dash != '-') break;
    auto const [comma, no_last] = std::from_chars(dash + 1, end, last);
    if (no_last != std::errc() || (comma != end && *comma != ',')) break;
    out.add(first, last);
    at = comma + 1;
  }
  return out;
}

}  // namespace sotto
