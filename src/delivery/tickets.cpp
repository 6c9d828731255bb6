#include "delivery/tickets.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "adapters/openssl/secrets.h"
#include "base/limits.h"
#include "net/guard.h"

namespace sotto::app {

// expires "." nonce "." tenant "." region "." team "." agent "." call "." signature; what is signed stands before the
// last point. The scope is in hex, the call may hold points.
std::string Tickets::issue(Ticket const& ticket, Time now) const {
  auto const expires = (now + limits::kTicketLifetime).time_since_epoch().count();
  auto const& scope = ticket.scope;
  auto const content = fmt::format("{}.{}.{}.{}.{}.{}.{}", expires, random_hex(12), to_hex(scope.tenant),
                                   to_hex(scope.region), to_hex(scope.team), to_hex(scope.agent), ticket.call);
  return content + "." + signature(content);
}

std::string Tickets::signature(std::string_view content) const { return hmac_base64(key_, content); }

Result<Ticket> Tickets::redeem(std::string const& ticket, Time now) {
  auto const unknown = fail("bad_ticket", "the ticket is unknown, used or expired; ask POST /v1/tickets for a new one");
  auto const last = ticket.rfind('.');
  if (last == std::string::npos) return unknown;
  auto const content = ticket.substr(0, last);
  if (!net::equal_constant_time(ticket.substr(last + 1), signature(content))) return unknown;
  // Ours: its parts are as issue() wrote them.
  std::size_t at = 0;
  auto const part = [&] {
    auto const end = content.find('.', at);
    auto text = content.substr(at, end - at);
    at = end + 1;
    return text;
  };
  auto const expiry = part();
  std::int64_t expires = 0;
  std::from_chars(expiry.data(), expiry.data() + expiry.size(), expires);
  std::erase_if(used_, [&](auto const& used) { return used.first < now; });
  if (Time(Duration(expires)) < now) return fail("bad_ticket", "the ticket has expired");
  auto const nonce = part();
  if (std::ranges::find(used_, nonce, &std::pair<Time, std::string>::second) != used_.end()) return unknown;
  used_.emplace_back(Time(Duration(expires)), nonce);
  Ticket out;
  for (auto* field : {&out.scope.tenant, &out.scope.region, &out.scope.team, &out.scope.agent})
    *field = from_hex(part()).value_or("");
  out.call = content.substr(at);
  return out;
}

}  // namespace sotto::app
