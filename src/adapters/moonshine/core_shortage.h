// Whether the cores are too few for the larger model: finals come late behind the endpoint because they wait. Then the
// smaller one hears, for half a minute at least; where the larger one is too much again soon after, the rest doubles,
// so that a machine that is simply too small does not change its ears twice a minute. Pure; the owner guards it.
#pragma once

#include "base/clock.h"

namespace sotto {

class CoreShortage {
 public:
  // A text that decides something was taken from the queue, so long after it should have been there; less than 0: in
  // time.
  void late_by(Duration late, Time now);
  bool is_short(Time now) const { return now < rests_until_; }

 private:
  double late_ms_ = 0;  // moving average of the newest
  Duration rest_{};     // the last one
  Time rests_until_{};
};

}  // namespace sotto
