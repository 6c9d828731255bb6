// A ticket lets one subscriber follow one call, once, within limits::kTicketLifetime: the address of a WebSocket
// carries no token. Signed, so that whichever process holds the key can redeem it; that it is used once is known where
// it is redeemed. Confined to the loop.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "call/scope.h"

namespace sotto::app {

// Who may follow it: `scope` is that of the token it was asked with.
struct Ticket {
  std::string call;
  Scope scope = {};

  bool operator==(Ticket const&) const = default;
};

class Tickets {
 public:
  // `key`: of the signature; the same in all processes that redeem them.
  explicit Tickets(std::string key) : key_(std::move(key)) {}

  std::string issue(Ticket const& ticket, Time now) const;
  // Error bad_ticket.
  Result<Ticket> redeem(std::string const& ticket, Time now);

 private:
  std::string signature(std::string_view content) const;

  std::string const key_;
  std::deque<std::pair<Time, std::string>> used_;  // until they expire
};

}  // namespace sotto::app
