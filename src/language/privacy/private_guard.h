// Account numbers, IBANs and identity numbers (social security, national insurance, passport, licence) are taken out of
// the words of a call: where a context of either party says so ("what is your account number", "my IBAN is"), while
// they are dictated, when they are read back, and IBANs whose check digits are right also without a context. Decided at
// once, final by final: nothing is held. What was hidden at a moment stays hidden however it is read later. Digits are
// kept only here, for a few minutes, to know them when they are read back. Cards are CardGuard's business. Sources: ISO
// 13616 (language/numbers/iban.h); 20 CFR 422 and the numbers the SSA never issues; NIM 39110 of HMRC (prefixes of
// national insurance numbers). Pure state of one call, confined to its loop.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/numbers/spelled.h"
#include "language/privacy/masked.h"

namespace sotto::language {

class PrivateGuard {
 public:
  explicit PrivateGuard(MaskedKinds kinds = {}) : kinds_(kinds) {}

  // What of a final's words is hidden, in order. Finals of both tracks in the order in which they were said.
  std::vector<MaskedNumber> push(std::size_t track, std::vector<HeardWord> const& words);
  // The same of words that are not final yet (`partial`), or of a final read anew.
  std::vector<MaskedNumber> look(std::size_t track, std::vector<HeardWord> const& words, bool partial) const;

 private:
  using Kind = MaskedNumber::Kind;
  enum class Topic : std::uint8_t { account, iban, identity, last_four, other };
  struct Said {
    std::size_t track = 0, word = 0;
    std::int64_t ms = 0;
    std::uint64_t final = 0;
    Topic topic = Topic::other;
    bool sure = false;     // "account number", not only "account"
    std::size_t need = 0;  // so many digits answer it
  };
  struct Talk {  // one said something else
    std::size_t track = 0;
    bool number = false;  // another number
    std::int64_t ms = 0;
  };
  struct Hidden {
    std::size_t track = 0;
    std::int64_t start_ms = 0, end_ms = 0;
    std::uint64_t final = 0, number = 0;
    Kind kind = Kind::account;
    std::string text;
    std::size_t takes_back = 0;
    bool behind = false;  // its context stood behind it
    bool echo = false;    // read back, or said once more: not a part of it
    bool told = false;    // its last four were
  };
  // A final as it is being judged.
  struct Reading {
    std::size_t track = 0;
    std::vector<HeardWord> const& words;
    std::vector<std::string> folded;
    std::vector<Said> contexts;
    std::vector<SpelledRun> runs;
    std::uint64_t final = 0;
    std::size_t others = 0;  // words that are neither of a number nor of a context nor a filler
    bool partial = false;
  };

  std::vector<MaskedNumber> read(std::size_t track, std::vector<HeardWord> const& words, bool partial,
                                 std::vector<Hidden> const& before);
  void note_talk(std::size_t track, std::int64_t ms, bool number);
  Awaited awaited(std::size_t track, std::vector<HeardWord> const& words, std::vector<Said> const& contexts) const;
  Reading prepare(std::size_t track, std::vector<HeardWord> const& words, bool partial);
  void judge(Reading const& reading, SpelledRun const& run, std::vector<Hidden> const& before,
             std::vector<MaskedNumber>& out);
  std::optional<Kind> kind_of(Reading const& reading, SpelledRun const& run, Said const* topic) const;
  bool answers(Reading const& reading, SpelledRun const& run, Said const& topic) const;
  Said const* said_behind(Reading const& reading, SpelledRun const& run) const;
  Said const* topic_of(Reading const& reading, SpelledRun const& run) const;
  Hidden const* newest(std::size_t track, std::int64_t ms) const;
  Hidden const* known(Reading const& reading, SpelledRun const& run, Said const* topic) const;
  std::size_t answered(Said const& topic) const;
  bool talked(std::size_t not_by, std::int64_t from, std::int64_t to) const;
  MaskedNumber hide(Reading const& reading, SpelledRun const& run, Kind kind, Said const* topic);
  std::string whole(std::uint64_t number) const;
  bool on(Kind kind) const;
  void forget(std::int64_t now_ms);

  MaskedKinds kinds_;
  std::deque<Said> said_;      // by time
  std::deque<Talk> talk_;      // by time
  std::deque<Hidden> hidden_;  // in the order of the finals
  std::uint64_t finals_ = 0, numbers_ = 0;
};

}  // namespace sotto::language
