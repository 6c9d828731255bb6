#include "delivery/tickets.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "adapters/openssl/secrets.h"
#include "base/limits.h"
#include "net/guard.h"

namespace sotto::app {

// expires "." nonce "." call "." signature; what is signed stands before the last point.
std::string Tickets::issue(std::string const& call, Time now) const {
  auto const expires = (now + limits::kTicketLifetime).time_since_epoch().count();
  auto const content = fmt::format("{}.{}.{}", expires, random_hex(12), call);
  return content + "." + signature(content);
}

std::string Tickets::signature(std::string_view content) const { return hmac_base64(key_, content); }

Result<std::string> Tickets::redeem(std::string const& ticket, Time now) {
  auto const unknown = fail("bad_ticket", "the ticket is unknown, used or expired; ask POST /v1/tickets for a new one");
  auto const last = ticket.rfind('.');
  if (last == std::string::npos) return unknown;
  auto const content = ticket.substr(0, last);
  if (!net::equal_constant_time(ticket.substr(last + 1), signature(content))) return unknown;
  // Ours: its parts are as issue() wrote them.
  auto const first = content.find('.');
  std::int64_t expires = 0;
  std::from_chars(content.data(), content.data() + first, expires);
  std::erase_if(used_, [&](auto const& used) { return used.first < now; });
  if (Time(Duration(expires)) < now) return fail("bad_ticket", "the ticket has expired");
  auto const nonce = content.substr(first + 1, content.find('.', first + 1) - first - 1);
  if (std::ranges::find(used_, nonce, &std::pair<Time, std::string>::second) != used_.end()) return unknown;
  used_.emplace_back(Time(Duration(expires)), nonce);
  return content.substr(content.find('.', first + 1) + 1);
}

}  // namespace sotto::app
