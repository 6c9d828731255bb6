#include "net/write_rounds.h"

#include <algorithm>
#include <utility>

namespace sotto::net {

void WriteRounds::add(std::function<void()> write) {
  due_.push_back(std::move(write));
  if (!std::exchange(scheduled_, true)) schedule();
}

void WriteRounds::schedule() {
  auto const step = [weak = weak_from_this()] {
    if (auto const self = weak.lock()) self->run();
  };
  auto const wait = std::min<Clock::duration>(took_, kWaitMost) - (now_() - ended_);
  // Behind what else is due on the loop: what is told until then goes along.
  if (wait <= Clock::duration::zero()) return loop_.post(step);
  loop_.after(std::chrono::ceil<std::chrono::microseconds>(wait), step);
}

void WriteRounds::run() {
  ++rounds_;
  auto const begin = now_();
  for (auto const& write : std::exchange(due_, {})) write();
  ended_ = now_();
  took_ = ended_ - begin;
  scheduled_ = !due_.empty();
  if (scheduled_) schedule();
}

}  // namespace sotto::net
