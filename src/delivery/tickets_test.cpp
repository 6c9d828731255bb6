#include "delivery/tickets.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::app {
namespace {

constexpr Time kNow{Duration(1'700'000'000'000'000)};

TEST(Tickets, LetOneSubscriberInOnceWhateverTheCallIsCalled) {
  Tickets tickets("key");
  for (auto const* call : {"c1", "a.b.c", "two words", "é/漢", "."}) {
    auto const ticket = tickets.issue({call}, kNow);
    EXPECT_EQ(tickets.redeem(ticket, kNow + 1s).value(), Ticket{call});
    EXPECT_EQ(tickets.redeem(ticket, kNow + 2s).error().code, "bad_ticket") << "a second time";
  }
}

TEST(Tickets, AreRedeemedByAnyProcessWithTheKeyAndByNoOther) {
  auto const ticket = Tickets("key").issue({"c1"}, kNow);
  EXPECT_TRUE(Tickets("key").redeem(ticket, kNow));
  EXPECT_FALSE(Tickets("another").redeem(ticket, kNow));
}

TEST(Tickets, SayWhoseCallsTheirBearerMayFollow) {
  Tickets tickets("key");
  Ticket const mine{.call = "a.b",
                    .scope = {.tenant = "acme", .region = "eu.west", .team = "a.team", .agent = "x@y.z"}};
  EXPECT_EQ(tickets.redeem(tickets.issue(mine, kNow), kNow).value(), mine);
}

TEST(Tickets, Expire) {
  Tickets tickets("key");
  EXPECT_EQ(tickets.redeem(tickets.issue({"c1"}, kNow), kNow + limits::kTicketLifetime + 1ms).error().message,
            "the ticket has expired");
}

TEST(Tickets, ThatWereTouchedAreRefused) {
  Tickets tickets("key");
  auto const ticket = tickets.issue({"c1"}, kNow);
  for (std::size_t at = 0; at < ticket.size(); ++at) {
    auto changed = ticket;
    changed[at] = changed[at] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(tickets.redeem(changed, kNow)) << at;
  }
  for (auto const* wrong : {"", ".", "...", "nonsense", "1.2.3"}) EXPECT_FALSE(tickets.redeem(wrong, kNow));
}

}  // namespace
}  // namespace sotto::app
