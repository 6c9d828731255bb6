#include "aftercall/replies.h"

#include <cmath>

#include <gtest/gtest.h>

#include "call/utterance.h"

namespace sotto::aftercall {
namespace {

class PastCall {
 public:
  explicit PastCall(std::string id, std::string agent) : id_(std::move(id)) {
    add(CallStarted{.info = {.id = id_, .agent = agent}});
  }
  PastCall& says(Track track, std::string const& text, std::vector<Mention> entities = {}) {
    Utterance const said{.call = id_,
                         .track = track,
                         .n = count_++,
                         .start_ms = count_ * 3000,
                         .end_ms = count_ * 3000 + 2000,
                         .text = text,
                         .entities = std::move(entities)};
    add(UtteranceFinal{said});
    last_ = said.id();
    return *this;
  }
  PastCall& customer(std::string const& text) { return says(Track::customer, text); }
  PastCall& agent(std::string const& text) { return says(Track::agent, text); }
  PastCall& sentiment(double sentiment) {
    add(Understood{.utterance = last_, .sentiment = sentiment});
    return *this;
  }
  std::vector<Exchange> exchanges() const { return exchanges_of(events_); }

 private:
  void add(EventBody body) {
    events_.push_back({.call = id_,
                       .tenant = "t",
                       .number = static_cast<std::int64_t>(events_.size()) + 1,
                       .time = {},
                       .body = std::move(body)});
  }
  std::string id_, last_;
  std::int64_t count_ = 0;
  std::vector<Event> events_;
};

std::vector<float> theme(std::size_t number) {
  std::vector<float> out(8, 0.0F);
  out[number] = 1;
  return out;
}

Exchange exchange(std::string call, std::string customer, std::size_t said, std::string reply, std::size_t answered,
                  double sentiment_after = 0) {
  return {.call = std::move(call),
          .agent = "anna",
          .customer = std::move(customer),
          .reply = std::move(reply),
          .shareable = true,
          .sentiment_after = sentiment_after,
          .customer_vector = theme(said),
          .reply_vector = theme(answered)};
}

TEST(PastReplies, TurnsOfSeveralFinalsAreOneExchange) {
  auto const found = PastCall("c1", "anna")
                         .agent("Good morning, how can I help you?")
                         .customer("My internet is gone.")
                         .customer("It went this morning.")
                         .agent("I am sorry to hear that.")
                         .agent("Please restart the router first.")
                         .customer("All right, thank you so much")
                         .sentiment(0.8)
                         .exchanges();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].customer, "My internet is gone. It went this morning.");
  EXPECT_EQ(found[0].reply, "I am sorry to hear that. Please restart the router first.");
  EXPECT_EQ(found[0].agent, "anna");
  EXPECT_TRUE(found[0].shareable);
  EXPECT_DOUBLE_EQ(found[0].sentiment_after, 0.8);
}

TEST(PastReplies, WhatNamesSomebodyOrANumberIsNotTaken) {
  EXPECT_TRUE(PastCall("c1", "anna")
                  .customer("where is my parcel please")
                  .agent("It comes on Monday with order 4711 then")
                  .exchanges()
                  .empty());
  EXPECT_TRUE(PastCall("c2", "anna")
                  .customer("where is my parcel please")
                  .says(Track::agent, "Let me ask Mister Miller about that one", {{.kind = "name"}})
                  .exchanges()
                  .empty());
  EXPECT_TRUE(PastCall("c4", "anna")
                  .customer("what was my password again")
                  .agent("I see four two seven one in your file here")
                  .exchanges()
                  .empty());
  for (auto const* words : {"sure it is L. S. six Q. A. T.", "yes it is four two seven one"}) {
    auto const read_out =
        PastCall("c5", "anna").customer(words).agent("Thank you, that is what I have too").exchanges();
    ASSERT_EQ(read_out.size(), 1U) << words;
    EXPECT_FALSE(read_out[0].shareable) << words;
  }
  auto const named = PastCall("c3", "anna")
                         .says(Track::customer, "this is Miller, where is my parcel", {{.kind = "name"}})
                         .agent("I look that up for you right away")
                         .exchanges();
  ASSERT_EQ(named.size(), 1U);
  EXPECT_FALSE(named[0].shareable);
}

TEST(PastReplies, ALongAnswerCountsWithItsFirstSentences) {
  std::string rest;
  for (int i = 0; i < 40; ++i) rest += " word";
  auto const found = PastCall("c1", "anna")
                         .customer("what does the plan cost")
                         .agent("The plan has no monthly fee." + rest + ".")
                         .exchanges();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].reply, "The plan has no monthly fee.");
}

TEST(PastReplies, AnAnswerMustHaveBeenGivenInEnoughCalls) {
  std::vector<Exchange> exchanges{exchange("c1", "where is my parcel", 0, "restart it", 1),
                                  exchange("c2", "my parcel is late", 0, "restart it now", 1),
                                  exchange("c2", "the parcel did not come", 0, "do restart it", 1)};
  EXPECT_TRUE(learn_replies(exchanges, 3).empty());
  exchanges.push_back(exchange("c3", "parcel lost", 0, "restart", 1));
  exchanges.push_back(exchange("c4", "something else", 2, "no idea", 3));
  auto const learned = learn_replies(exchanges, 3);
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_EQ(learned[0].calls, 3U);
  EXPECT_EQ(learned[0].agents, 1U);
  EXPECT_EQ(learned[0].customer.size(), 4U);
  EXPECT_NEAR(learned[0].agreement, 1, 0.01);
}

TEST(PastReplies, TheAnswerAfterWhichCustomersWereGladIsPreferred) {
  std::vector<Exchange> exchanges;
  for (int call = 0; call < 3; ++call) {
    exchanges.push_back(exchange("a" + std::to_string(call), "cancel it " + std::to_string(call), 0, "no", 1, -0.6));
    exchanges.push_back(exchange("b" + std::to_string(call), "I cancel " + std::to_string(call), 0, "why", 2, 0.6));
  }
  auto const learned = learn_replies(exchanges, 3);
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_EQ(learned[0].reply, "why");
}

TEST(PastReplies, NothingIsLearnedFromNothing) { EXPECT_TRUE(learn_replies({}, 2).empty()); }

}  // namespace
}  // namespace sotto::aftercall
