// Card numbers and their codes are taken out of the words of a call before anything else sees them. Words of finals go
// in; they come out in order, with the words of cards masked. A final whose last digits may be the beginning of a card
// number is held until the rest is heard, at most limits::kCardHold. What was said on the other track counts: who asks
// for the card, who reads it back. Digits are kept only here, for a few minutes, to know them when they are read back.
// Source of the rules: ISO/IEC 7812 (prefixes, check digit), PCI DSS 3.3 (the code is never stored) and 3.4 (last four
// may be shown). Pure state of one call, confined to its loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "language/numbers/number_context.h"
#include "language/numbers/spoken.h"
#include "language/privacy/card_search.h"
#include "language/privacy/masked.h"

namespace sotto::language {

class CardGuard {
 public:
  // A final's words, in order of the track.
  void push(std::size_t track, std::vector<HeardWord> const& words, Time now);
  // The oldest final of the track, once it may go on.
  std::optional<GuardedWords> take(std::size_t track, Time now);
  // Nothing more is coming that could belong to what is held.
  void settle(std::size_t track);
  // What may be shown of words that are not final yet (`partial`), or of a final read anew.
  GuardedWords look(std::size_t track, std::vector<HeardWord> const& words, bool partial) const;

  // Cards of which every digit is known, of a network's prefix and length, and when each was said.
  struct Whole {
    std::string digits;
    std::int64_t ms = 0;
  };
  std::vector<Whole> cards() const;

  bool holds(std::size_t track) const { return !tracks_[track].waiting.empty(); }

 private:
  enum class Mask : std::uint8_t { none, card, cvv };
  struct Kept {
    HeardWord word;
    std::string folded;
    std::vector<Lexeme> lexemes;
    std::uint64_t final = 0;
    Mask mask = Mask::none;
    bool gone = false;      // handed on
    std::string last_four;  // of the number that ends here
    std::optional<NumberContext> context;
  };
  struct Waiting {
    std::uint64_t final = 0;
    std::size_t words = 0;
    Time until;
    bool settled = false;
  };
  struct Said {
    std::size_t track = 0;
    std::int64_t ms = 0;
    NumberContext context = NumberContext::card;
    bool number = false;
    bool asked = false;  // by the other one
  };
  struct Known {  // a card or code that was heard
    std::string digits;
    std::int64_t ms = 0;
    bool code = false;
    bool sure = true;
  };
  struct Track {
    std::deque<Kept> words;
    std::deque<Waiting> waiting;
    std::uint64_t held_from = 0;  // final in which digits begin that may become a card; 0: none
  };
  struct Run {
    std::vector<Item> items;
    std::size_t digits = 0;
    bool open = false;             // nothing but fillers behind it
    bool card_inside = false;      // "... that's my Visa ..."
    std::int64_t answered_ms = 0;  // digits were said until then, before these
  };

  void keep(std::size_t track, std::vector<HeardWord> const& words, std::uint64_t final);
  void forget(std::size_t track);
  bool turned(std::int64_t from, std::int64_t to, bool card) const;
  bool away(Track const& track, Run const& run) const;
  std::vector<Run> runs_of(Track const& track) const;
  void analyse(std::size_t track, Time now, bool partial = false);
  bool judge(std::size_t track, Run const& run, bool over, bool partial);  // true: wait for more
  bool judge_code(std::size_t track, Run const& run, std::string const& digits, std::int64_t ms);
  bool judge_codes(std::size_t track, Run const& run);
  bool judge_known(std::size_t track, Run const& run, std::string const& digits, std::optional<Said> const& latest);
  Run on_card(std::size_t track, Run const& run, CardFound const& found);
  void mask_code(std::size_t track, std::vector<Item> const& items, bool amex);
  void mask(std::size_t track, std::vector<Item> const& items, Mask kind);
  std::optional<Said> said_before(std::int64_t ms) const;
  std::optional<Said> said_of(NumberContext context, std::int64_t ms, std::int64_t within, std::size_t track = 0) const;
  static bool bare(Track const& track, std::uint64_t final);
  bool dictated(std::int64_t ms) const;
  bool card_said(std::int64_t ms) const;
  Known const* last_card(std::int64_t since, std::int64_t until) const;
  GuardedWords written(std::deque<Kept>::const_iterator begin, std::deque<Kept>::const_iterator end) const;
  void remember(std::string digits, std::int64_t ms, bool code, bool sure = true);

  std::array<Track, limits::kTracksMax> tracks_;
  std::deque<Said> said_;
  std::deque<Known> known_;
  std::uint64_t finals_ = 0;
};

}  // namespace sotto::language
