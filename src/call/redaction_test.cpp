#include "call/redaction.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "call/event_codec.h"

namespace sotto {

namespace {

// A word each 100 ms from `start_ms` on.
Utterance said(std::int64_t n, std::string text, std::int64_t start_ms, Track track = Track::customer) {
  Utterance out{.call = "c", .track = track, .n = n, .start_ms = start_ms, .text = text};
  auto at = start_ms;
  for (std::size_t begin = 0; begin < text.size();) {
    auto const end = std::min(text.find(' ', begin), text.size());
    out.words.push_back({.text = text.substr(begin, end - begin), .start_ms = at, .end_ms = at + 100});
    at += 100;
    begin = end + 1;
  }
  out.end_ms = at;
  return out;
}

Because because(std::string utterance, std::string text, std::int64_t start_ms, std::int64_t end_ms,
                std::string trigger = "said_like") {
  return {.utterance = std::move(utterance),
          .speaker = "customer",
          .text = std::move(text),
          .start_ms = start_ms,
          .end_ms = end_ms,
          .trigger = std::move(trigger),
          .pattern = "the rule's own words",
          .score = 1};
}

class RedactionTest : public testing::Test {
 protected:
  void tell(EventBody body) {
    events.push_back({.call = "c", .tenant = "t", .number = std::ssize(events) + 1, .body = std::move(body)});
  }
  // Puts the new bodies in their places: numbers of the events that changed.
  std::vector<std::int64_t> redact(std::int64_t number, Hiding const& hiding) {
    auto const taken = TakenBack::find(events, number, hiding);
    EXPECT_TRUE(taken) << taken.error().message;
    std::vector<std::int64_t> out;
    for (auto const& [of, body] : taken->bodies(events)) {
      out.push_back(of);
      events[static_cast<std::size_t>(of - 1)].body = body;
    }
    return out;
  }
  std::string all() const {
    std::string out;
    for (auto const& event : events) out += boost::json::serialize(to_cloud_event(event)) + "\n";
    return out;
  }
  std::string text(std::int64_t number) const { return words_of(events[static_cast<std::size_t>(number - 1)])->text; }
  template <class Body>
  Body const& body(std::int64_t number) const {
    return *events[static_cast<std::size_t>(number - 1)].as<Body>();
  }
  std::string why_not(std::int64_t number, Hiding const& hiding) {
    auto const taken = TakenBack::find(events, number, hiding);
    return taken ? "" : taken.error().code;
  }

  std::vector<Event> events;
};

}  // namespace

TEST_F(RedactionTest, WordsGoWithTheirTimesAndEveryQuoteFollows) {
  tell(UtteranceFinal{said(0, "My name is John Smith, and I want to cancel.", 1000)});
  tell(Cue{.id = "q",
           .utterance = "customer-0",
           .because = because("customer-0", "Smith, and I want to cancel.", 1400, 1900)});
  tell(Tick{
      .item = "name", .label = "Name", .policy = "p", .because = because("customer-0", "John Smith,", 1300, 1500)});
  tell(Moment{.policy = "p", .because = because("customer-0", "want to cancel.", 1700, 2000)});
  tell(Tagged{.tag = "t", .policy = "p", .because = because("customer-0", "name is John", 1100, 1400)});
  EXPECT_EQ(redact(1, {.words = {"john smith"}, .label = "name"}), (std::vector<std::int64_t>{1, 2, 3, 5}));
  EXPECT_EQ(text(1), "My name is [name] and I want to cancel.");
  auto const& words = words_of(events[0])->words;
  ASSERT_EQ(words.size(), 9u);
  EXPECT_EQ(words[3].text, "[name]");
  EXPECT_EQ(words[3].start_ms, 1300);
  EXPECT_EQ(words[3].end_ms, 1500);
  EXPECT_EQ(body<Cue>(2).because.text, "[name] and I want to cancel.");
  EXPECT_EQ(body<Tick>(3).because->text, "[name]");
  EXPECT_EQ(body<Tagged>(5).because.text, "name is [name]");
  EXPECT_FALSE(all().contains("John")) << all();
  EXPECT_FALSE(all().contains("Smith")) << all();
  EXPECT_TRUE(redact(1, {}).size() == 5) << "then all of it";
  EXPECT_EQ(text(1), "[redacted]");
  EXPECT_EQ(body<Moment>(4).because.text, "[redacted]");
  EXPECT_TRUE(redact(1, {}).empty()) << "again: nothing is left to change";
}

TEST_F(RedactionTest, RevisionsOfTheSameUtteranceGoToo) {
  tell(UtteranceFinal{said(0, "it is four two nine", 0)});
  tell(UtteranceFinal{said(1, "it is four two nine", 1000)});
  auto revised = said(0, "it is 4 2 9", 0);
  revised.revision = 1;
  tell(UtteranceRevised{.utterance = revised, .was = "it is four two nine", .was_speaker = {}});
  EXPECT_EQ(redact(3, {.words = {"4 2 9"}}), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(text(3), "it is [redacted]");
  EXPECT_EQ(text(1), "[redacted]") << "heard otherwise: which words are meant cannot be told";
  EXPECT_EQ(body<UtteranceRevised>(3).was, "[redacted]");
  EXPECT_EQ(text(2), "it is four two nine") << "another utterance";
}

TEST_F(RedactionTest, ARangeIsInCharactersAndTakesWholeWords) {
  tell(UtteranceFinal{said(0, "Größe ist one two one", 0)});
  EXPECT_EQ(redact(1, {.ranges = {{.from = 18, .to = 19}}}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(text(1), "Größe ist one two [redacted]") << "this one, not every one of the same words";
  EXPECT_EQ(redact(1, {.ranges = {{.from = 1, .to = 7}}, .label = "x"}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(text(1), "[x] one two [redacted]");
  EXPECT_EQ(why_not(1, {.ranges = {{.from = 3, .to = 4}}}), "no_such_words") << "the space between";
}

TEST_F(RedactionTest, WhatWordsNamedGoesAlsoWhereANumberEndsInTheNextUtterance) {
  auto first = said(0, "call me at four one five", 0), second = said(1, "five five five yes", 1000);
  second.entities = {
      {.kind = "phone",
       .value = "415555",
       .text = "four one five five five five",
       .start_ms = 300,
       .end_ms = 1300,
       .valid = true},
      {.kind = "date", .value = "2026-01-01", .text = "yes", .start_ms = 1300, .end_ms = 1400, .valid = true}};
  tell(UtteranceFinal{first});
  tell(UtteranceFinal{second});
  EXPECT_EQ(redact(1, {.words = {"four one five"}, .label = "phone"}), (std::vector<std::int64_t>{1, 2}));
  auto const& entities = words_of(events[1])->entities;
  EXPECT_EQ(entities[0].kind, "phone");
  EXPECT_EQ(entities[0].value, "");
  EXPECT_EQ(entities[0].text, "[phone]");
  EXPECT_FALSE(entities[0].valid);
  EXPECT_EQ(entities[1].value, "2026-01-01");
  EXPECT_EQ(text(2), "five five five yes");
}

TEST_F(RedactionTest, AQuoteOverTwoUtterancesGoesAsAWhole) {
  tell(UtteranceFinal{said(0, "I have a bad", 0)});
  tell(UtteranceFinal{said(1, "heart since May", 400)});
  tell(Cue{.id = "q", .because = because("customer-1", "bad heart", 300, 500, "phrase")});
  tell(Cue{.id = "r", .because = because("customer-1", "since May", 500, 700)});
  tell(Cue{.id = "s", .because = because("agent-1", "bad idea", 300, 500)});
  EXPECT_EQ(redact(1, {.words = {"a bad"}}), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(body<Cue>(3).because.text, "[redacted]");
  EXPECT_EQ(body<Cue>(3).because.pattern, "[redacted]") << "the phrase of the rule says what was said";
  EXPECT_EQ(body<Cue>(4).because.text, "since May");
}

TEST_F(RedactionTest, WordsThatWereTypedGoWhereTheyStand) {
  tell(UtteranceFinal{said(0, "hello Ann", 0)});
  tell(Tick{.item = "a", .label = "A", .by = "agent", .reason = "Ann said so"});
  tell(Untick{.item = "a", .by = "agent", .reason = "Ann did not"});
  EXPECT_EQ(redact(2, {.words = {"ann"}}), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(body<Tick>(2).reason, "[redacted] said so");
  EXPECT_EQ(redact(3, {}), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(text(1), "hello Ann");
}

TEST_F(RedactionTest, WhatCannotBeIsNamed) {
  tell(UtteranceFinal{said(0, "party time", 0)});
  tell(Cue{.id = "q", .because = because("customer-0", "party", 0, 100)});
  tell(CallPaused{.call = "c"});
  EXPECT_EQ(why_not(0, {}), "no_such_event");
  EXPECT_EQ(why_not(4, {}), "no_such_event");
  EXPECT_EQ(why_not(3, {}), "no_words");
  EXPECT_EQ(why_not(2, {}), "no_words");
  EXPECT_TRUE(TakenBack::find(events, 2, {}).error().message.contains("in event 1"));
  EXPECT_EQ(why_not(1, {.words = {"art"}}), "no_such_words") << "a part of a word is none";
  EXPECT_EQ(why_not(1, {.words = {""}}), "no_such_words");
  for (auto const range : {Hiding::Range{-1, 2}, Hiding::Range{3, 3}, Hiding::Range{5, 11}, Hiding::Range{20, 21}})
    EXPECT_EQ(why_not(1, {.ranges = {range}}), "bad_range") << range.from;
}

TEST_F(RedactionTest, WhatComesAfterARedactionIsLookedThroughAlone) {
  tell(UtteranceFinal{said(0, "I am John", 0)});
  auto const taken = TakenBack::find(events, 1, {.words = {"john"}});
  EXPECT_EQ(taken->utterance(), "customer-0");
  events[0].body = taken->bodies(events).at(0).body;
  tell(Cue{.id = "q", .because = because("customer-0", "John", 200, 300)});
  auto const late = taken->bodies(events, 1);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(std::get<Cue>(late[0].body).because.text, "[redacted]");
}

}  // namespace sotto
