// Whatever is said: what is hidden lies inside the words, in order, and an account number with its label is hidden
// whole.
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "language/privacy/private_guard.h"

namespace {

using sotto::language::HeardWord;
using sotto::language::MaskedNumber;

std::vector<HeardWord> words_of(std::string const& text, std::int64_t at) {
  std::vector<HeardWord> out;
  std::istringstream in(text);
  for (std::string word; in >> word; at += 300) out.push_back({word, at, at + 300});
  return out;
}

std::vector<MaskedNumber> push(sotto::language::PrivateGuard& guard, std::size_t track, std::string const& text,
                               std::int64_t& at) {
  auto const words = words_of(text, at);
  at += static_cast<std::int64_t>(words.size()) * 300 + 500;
  for (bool const partial : {true, false}) {
    for (auto const& one : guard.look(track, words, partial))
      if (one.first > one.last || one.last >= words.size()) std::abort();
  }
  auto const masked = guard.push(track, words);
  std::size_t next = 0;
  for (auto const& one : masked) {
    if (one.first < next || one.first > one.last || one.last >= words.size()) std::abort();
    if (one.kind == MaskedNumber::Kind::identity && !one.last_four.empty()) std::abort();
    next = one.last + 1;
  }
  return masked;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(data), std::min<std::size_t>(size, 2000));
  sotto::language::PrivateGuard guard;
  std::int64_t at = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) push(guard, line.size() % 2, line, at);
  at += 400'000;  // what was said has nothing to do with what follows
  std::string plain = "my account number is";
  for (std::size_t i = 0; i < 8; ++i) plain += fmt::format(" {}", i < size ? data[i] % 10 : i);
  auto const masked = push(guard, 0, plain, at);
  if (masked.size() != 1 || masked[0].first != 4 || masked[0].last != 11) std::abort();
  return 0;
}
