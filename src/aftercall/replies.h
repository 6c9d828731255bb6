// What agents answered, over many past calls, to what customers said again and again: suggestions out of the tenant's
// own best answers. Exchanges of calls go in, groups of alike ones come out, each with the reply that agents agree on.
// Words in which somebody named a number, a date or a person are never taken. Pure; for a command, not for the call
// path.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "call/events.h"

namespace sotto::aftercall {

// A turn of the customer and the agent's turn after it.
struct Exchange {
  std::string call, agent;
  std::string customer, reply;
  bool shareable = false;                            // the customer's words name nobody and nothing
  double sentiment_after = 0;                        // how the customer's next words sounded, -1 .. 1; 0: not known
  std::vector<float> customer_vector, reply_vector;  // of the sentence encoder; filled by the caller
};

// Those of one call that can teach: four words or more to which five to 35 were answered. A longer answer counts with
// its first sentences. No vectors yet. `events` in order, all of one call.
std::vector<Exchange> exchanges_of(std::vector<Event> const& events);

struct LearnedReply {
  std::vector<std::string> customer;  // as customers said it, the most typical first; 1 to 8
  std::string reply;                  // as an agent said it
  std::size_t calls = 0, agents = 0;  // that gave it, or one like it
  double agreement = 0;               // mean cosine of their replies to it
};

// A reply counts when it was given in `least_calls` calls. Those of the most calls first. Same input, same output.
// Quadratic in the exchanges: 10,000 take some seconds.
std::vector<LearnedReply> learn_replies(std::vector<Exchange> const& exchanges, std::size_t least_calls);

}  // namespace sotto::aftercall
