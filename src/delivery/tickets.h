// A ticket lets one subscriber follow one call, once, within limits::kTicketLifetime: the address of a WebSocket
// carries no token. Signed, so that whichever process holds the key can redeem it; that it is used once is known where
// it is redeemed. Confined to the loop.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace sotto::app {

class Tickets {
 public:
  // `key`: of the signature; the same in all processes that redeem them.
  explicit Tickets(std::string key) : key_(std::move(key)) {}

  std::string issue(std::string const& call, Time now) const;
  // The call, or error bad_ticket.
  Result<std::string> redeem(std::string const& ticket, Time now);

 private:
  std::string signature(std::string_view content) const;

  std::string const key_;
  std::deque<std::pair<Time, std::string>> used_;  // until they expire
};

}  // namespace sotto::app
