#include "call/call_totals.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(CallTotals, CuesAreCountedWhenTheyAreShownAndWhenTheyCameLate) {
  CallTotals totals;
  for (EventBody const& body :
       {EventBody(Cue{.id = "a"}), EventBody(Cue{.id = "b"}), EventBody(CueClosed{.id = "a", .reason = "dismissed"}),
        EventBody(CueClosed{.id = "c", .reason = "late"}), EventBody(Moment{})})
    fold(totals, body);
  EXPECT_EQ(totals, (CallTotals{.cues = 2, .late = 1, .end_reason = ""}));
}

TEST(CallTotals, AnEndedCallTellsWhatShareOfAllTracksWasHeard) {
  CallTotals totals;
  fold(totals, CallEnded{.reason = EndReason::lost,
                         .duration_ms = 9000,
                         .coverage = {{Track::customer, {.final_ms = 1000, .silence_ms = 500, .gap_ms = 500}},
                                      {Track::agent, {.final_ms = 2000, .pause_ms = 7000}}}});
  EXPECT_FALSE(totals.live);
  EXPECT_EQ(totals.end_reason, "lost");
  EXPECT_EQ(totals.duration_ms, 9000);
  EXPECT_DOUBLE_EQ(totals.heard, 0.875);
  CallTotals unheard;
  fold(unheard, CallEnded{});
  EXPECT_EQ(unheard.heard, 1.0) << "nothing was due";
}

}  // namespace
}  // namespace sotto
