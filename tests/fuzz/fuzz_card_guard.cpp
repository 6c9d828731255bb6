// Whatever is said: as many words come out as went in, and a card that is said plainly leaves no seven digits in a row.
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "language/privacy/card_guard.h"

namespace {

constexpr std::string_view kSpoken[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};

std::vector<sotto::language::HeardWord> words_of(std::string const& text, std::int64_t at) {
  std::vector<sotto::language::HeardWord> out;
  std::istringstream in(text);
  for (std::string word; in >> word; at += 300) out.push_back({word, at, at + 300});
  return out;
}

std::string card(std::string_view seed) {
  std::string digits = "4";
  for (std::size_t i = 0; i < 14; ++i) {
    digits += static_cast<char>('0' + (i < seed.size() ? static_cast<unsigned char>(seed[i]) % 10 : i % 10));
  }
  for (char check = '0'; check <= '9'; ++check) {
    if (sotto::language::luhn(digits + check)) return digits + check;
  }
  return digits;
}

std::size_t push(sotto::language::CardGuard& guard, std::size_t track, std::string const& text, std::int64_t& at) {
  auto const words = words_of(text, at);
  at += static_cast<std::int64_t>(words.size()) * 300 + 500;
  auto const looked = guard.look(track, words, true);
  if (looked.texts.size() != words.size()) std::abort();
  guard.push(track, words, sotto::Time(std::chrono::milliseconds(at)));
  return words.size();
}

std::size_t digits_in(std::string const& word) {
  if (std::ranges::find(kSpoken, word) != std::end(kSpoken)) return 1;
  return static_cast<std::size_t>(std::ranges::count_if(word, [](char c) { return c >= '0' && c <= '9'; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(data), std::min<std::size_t>(size, 2000));
  sotto::language::CardGuard guard;
  std::int64_t at = 0;
  std::size_t in = 0, out = 0, run = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) in += push(guard, line.size() % 2, line, at);
  at += 200'000;  // what was said has nothing to do with what follows
  std::string plain = "my card number is";
  for (auto const digit : card(text)) {
    plain += ' ';
    plain += size % 2 == 0 ? std::string(kSpoken[digit - '0']) : std::string(1, digit);
  }
  std::size_t const before = in;
  in += push(guard, 0, plain, at);
  for (std::size_t track = 0; track < 2; ++track) {
    guard.settle(track);
    while (auto const words = guard.take(track, sotto::Time::max())) {
      out += words->texts.size();
      bool const last = track == 0 && !guard.holds(0);
      run = 0;
      for (auto const& word : words->texts) {
        run = digits_in(word) > 0 ? run + digits_in(word) : 0;
        if (last && run >= 7) std::abort();
      }
    }
  }
  if (in != out || before > in) std::abort();
  return 0;
}
