// Card numbers that are known only afterwards: said in pieces between which others spoke, begun and begun again,
// slipped and put right. Once a whole card is known (CardGuard found it, or the pieces of several finals make one),
// what was said of it before is looked for in the finals of the last minutes, and what is repeated of it in those to
// come. A final that has gone on cannot be hidden here: take() says what is to be taken back of it. Digits are kept
// only here, for some minutes. Pure state of one call, confined to its loop.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/numbers/number_context.h"
#include "language/numbers/spoken.h"
#include "language/privacy/masked.h"

namespace sotto::language {

class LateCards {
 public:
  // Of a final that has gone on: words that should not have.
  struct Late {
    std::size_t track = 0;
    std::int64_t key = 0;
    std::vector<std::size_t> words;
    std::vector<std::string> runs;  // the same as they were said, those that stand together in one
  };

  // A final of either track as it was heard; `key` names it on its track.
  void push(std::size_t track, std::int64_t key, std::vector<HeardWord> const& words);
  // A whole card that was heard and ends at `ms`; again is no harm.
  void learn(std::string const& digits, std::int64_t ms);
  // A final goes on as `shown`: what of it is hidden besides.
  std::vector<MaskedNumber> pass(std::size_t track, std::int64_t key, std::vector<std::string> const& shown);
  // What words that are no final say of a known card.
  std::vector<MaskedNumber> look(std::size_t track, std::vector<HeardWord> const& words) const;
  // What was found of finals that have gone on, since the last call.
  std::vector<Late> take();

 private:
  struct Final {
    std::size_t track = 0;
    std::int64_t key = 0, start_ms = 0, end_ms = 0;
    std::vector<std::string> texts, folded;
    std::vector<Item> items, read;  // as they count for a card; as they were read
    std::vector<ContextMention> contexts;
    std::vector<bool> hidden, told;  // a word each; told: it went on hidden, or is to be taken back
    std::size_t digits = 0, others = 0;
    bool gone = false;
    bool of_card = false;  // digits of it are those of a card that is known
  };
  struct Card {
    std::string digits;
    std::int64_t ms = 0;
  };
  // An item of a final, in the order in which one party said them.
  struct Cell {
    std::size_t final = 0, item = 0;
  };
  using Cells = std::vector<Cell>;
  // Cells [first, last] say `digits` digits of a card, from its `at`th on.
  struct Stretch {
    std::size_t first = 0, last = 0, digits = 0, at = 0;
  };

  static Final read(std::size_t track, std::int64_t key, std::vector<HeardWord> const& words);
  Item const& item(Cell const& cell) const { return finals_[cell.final].items[cell.item]; }
  void mark(Cell const& cell);

  void find(Card const& card);
  Cells cells_of(std::size_t track, Card const& card) const;
  Stretch longest(Card const& card, Cells const& cells, std::size_t from) const;
  bool counts(Card const& card, Cells const& cells, Stretch const& stretch) const;
  bool says_one(Cells const& cells, std::size_t at) const;
  bool named_otherwise(Card const& card, Cells const& cells, Stretch const& stretch) const;
  std::optional<NumberContext> asked_before(std::size_t final, std::size_t word) const;
  void find_slip_before(Cells const& cells, Stretch const& stretch);
  void find_slip_behind(Card const& card, Cells const& cells, Stretch const& stretch);
  void find_codes(Card const& card);
  void find_misheard(Card const& card, Cells const& cells, Stretch const& stretch);

  struct Piece {
    std::vector<Item> items;
    bool begins = false;  // other words stand before it
    bool ends = true;     // none stand behind it
  };
  Piece piece_of(std::size_t final, bool newest) const;
  static std::optional<std::string> all_of(std::vector<Item> const& items);
  std::optional<Card> joined(std::size_t newest) const;
  bool between(std::size_t final, std::string const& digits) const;
  void forget(std::int64_t now_ms);

  std::deque<Final> finals_;  // by their beginning
  std::vector<Card> cards_;
};

}  // namespace sotto::language
