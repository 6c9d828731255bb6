#include "live/delivery/call_view.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "call/event_codec.h"

namespace sotto::delivery {
namespace {

class CallViewRedacted : public testing::Test {
 protected:
  std::int64_t tell(EventBody body) {
    view.apply({.call = "c", .tenant = "t", .number = ++last_, .time = {}, .body = std::move(body)});
    return last_;
  }
  void redact(std::int64_t number, EventBody const& body) {
    tell(EventRedacted{.number = number, .type = std::string(type_of(body)), .data = data_of(body)});
  }
  static Utterance said(std::string text, int revision = 0) {
    return {.call = "c", .n = 0, .revision = revision, .text = std::move(text)};
  }
  bool shows(std::string_view words) const { return boost::json::serialize(view.to_json()).contains(words); }

  CallView view;

 private:
  std::int64_t last_ = 0;
};

TEST_F(CallViewRedacted, EveryKindOfEventThatHasWordsShowsItsNewOnes) {
  tell(CallStarted{.info = {.id = "c", .tracks = {}, .format = {}}, .checklist = {{.item = "i", .label = "l"}}});
  struct Case {
    EventBody before, after;
  };
  Because const secret{.text = "secret"}, hidden{.text = "hidden"};
  for (auto const& [before, after] :
       {Case{UtteranceFinal{said("secret")}, UtteranceFinal{said("hidden")}},
        Case{Moment{.because = secret}, Moment{.because = hidden}},
        Case{AlertRaised{.id = "a", .message = "secret"}, AlertRaised{.id = "a", .message = "hidden"}},
        Case{Tagged{.tag = "g", .because = secret}, Tagged{.tag = "g", .because = hidden}},
        Case{Understood{.utterance = "customer-0", .intents = {{.name = "secret"}}},
             Understood{.utterance = "customer-0", .intents = {{.name = "hidden"}}}},
        Case{Tick{.item = "i", .because = secret}, Tick{.item = "i", .because = hidden}},
        Case{Cue{.id = "q", .because = secret}, Cue{.id = "q", .because = hidden}}}) {
    auto const number = tell(before);
    EXPECT_TRUE(shows("secret")) << type_of(before);
    redact(number, after);
    EXPECT_FALSE(shows("secret")) << type_of(before);
    EXPECT_TRUE(shows("hidden")) << type_of(before);
  }
  tell(CueClosed{.id = "q", .reason = "said"});
  EXPECT_TRUE(shows("\"state\":\"closed\"")) << "the cue is still the same one";
}

TEST_F(CallViewRedacted, WhatStandsInTheViewByALaterEventIsLeft) {
  auto const first = tell(UtteranceFinal{said("secret")});
  auto const second = tell(UtteranceRevised{.utterance = said("corrected", 1)});
  redact(first, UtteranceFinal{said("hidden")});
  EXPECT_TRUE(shows("corrected"));
  redact(second, UtteranceRevised{.utterance = said("gone", 1)});
  EXPECT_TRUE(shows("gone"));
  EXPECT_FALSE(shows("corrected"));
}

TEST_F(CallViewRedacted, ANumberOrABodyThatNothingIsMadeOfChangesNothing) {
  tell(UtteranceFinal{said("words")});
  redact(7, UtteranceFinal{said("hidden")});
  tell(EventRedacted{.number = 1, .type = "sotto.of.later", .data = {}});
  EXPECT_TRUE(shows("words"));
  EXPECT_EQ(view.last_number(), 3);
}

}  // namespace
}  // namespace sotto::delivery
