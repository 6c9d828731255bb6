// What every CallLog must do for its consumers, who follow all calls (ports/call_log.h). Fixtures: call_log_contract.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "contract/call_log_contract.h"

namespace sotto {

template <typename Fixture>
class CallLogFollowers : public CallLogContract<Fixture> {};

TYPED_TEST_SUITE_P(CallLogFollowers);

TYPED_TEST_P(CallLogFollowers, AFollowerSeesEveryEventOnceAndGoesOnWhereItSettled) {
  ASSERT_TRUE(this->append(this->opening("c1")));
  ASSERT_TRUE(this->append(this->opening("c2")));
  ASSERT_TRUE(this->append(this->speech(2, {"a", "b"})));
  auto const all = this->follow();
  ASSERT_EQ(all.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_GT(all[i].sequence, all[i - 1].sequence);
  EXPECT_EQ(all[1].event.call, "c2");
  EXPECT_EQ(all[3].event.number, 3);
  EXPECT_EQ(this->follow().size(), 4u) << "nothing is settled";
  this->fixture.log().settle("f", 1, all[2].sequence);
  this->fixture.log().settle("f", 1, all[0].sequence);
  EXPECT_EQ(this->follow().size(), 1u) << "at once";
  this->fixture.reopen();
  ASSERT_EQ(this->follow().size(), 1u);
  EXPECT_EQ(this->follow()[0].sequence, all[3].sequence);
  EXPECT_EQ(this->follow("another", 3).size(), 3u) << "from the first";
}

TYPED_TEST_P(CallLogFollowers, WhatIsSettledOutOfTurnIsNotFollowedAgain) {
  ASSERT_TRUE(this->append(this->opening("c1")));
  ASSERT_TRUE(this->append(this->speech(2, {"a", "b", "c", "d"})));
  auto const all = this->follow();
  ASSERT_EQ(all.size(), 5u);
  this->fixture.fail_commits(1);
  this->fixture.log().settle("f", all[1].sequence, all[1].sequence);
  this->fixture.log().settle("f", all[3].sequence, all[4].sequence);
  auto const left = [&](std::int64_t after = 0) {
    std::string out;
    for (auto const& one : this->follow(Unsettled{.consumer = "f", .after = after})) out += words_of(one.event)->text;
    return out;
  };
  EXPECT_EQ(left(), "startedb") << "at once";
  EXPECT_EQ(left(all[0].sequence), "b");
  ASSERT_TRUE(this->append(this->speech(3, {"e"})) || this->append(this->speech(3, {"e"})));
  this->fixture.reopen();
  EXPECT_EQ(left(), "startedbe");
  this->fixture.log().settle("f", 1, all[2].sequence);
  EXPECT_EQ(left(), "e");
  EXPECT_EQ(this->follow("another").size(), 6u);
}

TYPED_TEST_P(CallLogFollowers, AFollowerMayAskForSomeTypesAlone) {
  auto batch = this->opening("c1");
  batch.events.push_back({.body = Tagged{}});
  batch.events.push_back({.body = WebhookRequested{.id = "1"}});
  batch.events.push_back({.body = WebhookRequested{.id = "2"}});
  ASSERT_TRUE(this->append(batch));
  auto const numbers = [&](std::vector<std::string_view> types, std::size_t most = 1000) {
    std::vector<std::int64_t> out;
    for (auto const& one : this->follow(Unsettled{.consumer = "f", .types = std::move(types), .most = most}))
      out.push_back(one.event.number);
    return out;
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(numbers({Fields<WebhookRequested>::type}), (Numbers{3, 4}));
  EXPECT_EQ(numbers({Fields<WebhookRequested>::type}, 1), Numbers{3});
  EXPECT_EQ(numbers({Fields<Tagged>::type, Fields<WebhookRequested>::type}), (Numbers{2, 3, 4}));
  EXPECT_EQ(numbers({"it's none"}), Numbers{});
}

TYPED_TEST_P(CallLogFollowers, ConsumersAreKnownByName) {
  EXPECT_TRUE(this->consumers().empty());
  ASSERT_TRUE(this->append(this->opening("c1")));
  this->fixture.log().settle("b", 0, 0);
  this->fixture.log().settle("a", 1, 1);
  ASSERT_TRUE(this->append(this->speech(2, {"a"})));
  this->fixture.reopen();
  EXPECT_EQ(this->consumers(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(this->follow("b").size(), 2u);
}

TYPED_TEST_P(CallLogFollowers, AFollowerNeverPassesANumberWhoseTransactionMayStillCommit) {
  ASSERT_TRUE(this->append(this->opening("c1")));
  std::vector<std::string> seen;
  auto const look = [&] {
    for (auto const& one : this->follow()) {
      seen.push_back(words_of(one.event)->text);
      this->fixture.log().settle("f", 1, one.sequence);
    }
  };
  look();
  ASSERT_TRUE(this->append(this->opening("c2")));
  look();
  this->renew({});  // answered when what was settled is written: the commit that fails below is one of the two
  auto second = this->speech(2, {"b"});
  second.lease.call = "c2";
  std::map<std::string, Result<std::int64_t>> answers;
  this->fixture.hold();
  this->fixture.fail_commits(1);
  this->fixture.log().append(this->speech(2, {"a"}), [&](auto result) { answers.emplace("a", result); });
  this->fixture.log().append(second, [&](auto result) { answers.emplace("b", result); });
  look();
  EXPECT_EQ(seen, (std::vector<std::string>{"started", "started"})) << "what is not answered is not seen";
  this->fixture.let_go();
  this->fixture.run_until([&] { return answers.size() == 2; });
  look();
  bool const first = answers.at("a").has_value();
  EXPECT_FALSE(first && answers.at("b")) << "a commit failed";
  if (!answers.at("b")) EXPECT_TRUE(this->append(second));
  look();
  if (!first) EXPECT_TRUE(this->append(this->speech(2, {"a"})));
  for (int tries = 0; seen.size() < 4 && tries < 50; ++tries) look();  // what was settled may still be on its way
  EXPECT_EQ(seen, (std::vector<std::string>{"started", "started", first ? "a" : "b", first ? "b" : "a"}));
}

REGISTER_TYPED_TEST_SUITE_P(CallLogFollowers, AFollowerSeesEveryEventOnceAndGoesOnWhereItSettled,
                            WhatIsSettledOutOfTurnIsNotFollowedAgain, AFollowerMayAskForSomeTypesAlone,
                            ConsumersAreKnownByName, AFollowerNeverPassesANumberWhoseTransactionMayStillCommit);

}  // namespace sotto
