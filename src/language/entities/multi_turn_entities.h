// What the finals of a call name, with numbers that are said in pieces told whole: an order, ticket, phone or account
// number over several finals of one party, while the other one nods or reads back, is one entity, of the final that
// ends it. A number that the other party asked for is one of the kind that was asked for. Nothing is waited for: each
// final is judged when it comes, so that a number is told once it is long enough, and again where it goes on. Pure
// state of one call, confined to its loop: what is open now, and what was known before the newest few finals.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "language/entities/entities.h"
#include "language/numbers/number_context.h"
#include "language/numbers/spelled.h"
#include "language/privacy/masked.h"

namespace sotto::language {

class MultiTurnEntities {
 public:
  // Entities of a final's words, in order, none inside another. Finals of both parties in the order of the call.
  std::vector<Entity> push(std::size_t party, std::vector<HeardWord> const& words);
  // Of one of the newest finals read anew, by what was known when it was said.
  std::vector<Entity> look(std::size_t party, std::vector<HeardWord> const& words) const;

 private:
  struct Asked {
    std::optional<Entity::Kind> kind;  // none: something else
    std::int64_t ms = 0;
  };
  struct Open {  // a number that may go on
    Entity::Kind kind = Entity::Kind::order;
    std::string digits, newest;  // all of it, its newest piece
    bool plus = false;           // "+44 ..."
    bool told = false;           // a part of it was an entity
    std::int64_t ms = 0;         // its last word's end
  };
  struct State {
    std::optional<Asked> asked;
    std::array<std::optional<Open>, 2> open;
    bool again = false;  // somebody asked to hear it once more
  };
  struct Before {  // a final
    std::size_t party = 0;
    std::int64_t start_ms = 0, end_ms = 0;
    State state;
  };
  struct Final;

  static std::vector<Entity> read(State& state, std::size_t party, std::vector<HeardWord> const& words);
  static void piece(State& state, Final& final, std::size_t run);
  static void with_letters(Final& final, SpelledRun const& run);
  static void ending(State& state, Final const& final);

  State state_;
  std::deque<Before> before_;
};

}  // namespace sotto::language
