// Posts to another executor and knows when the task that runs now was posted: what a recogniser's event waited for.
// Tasks run where those of the executor under it run; posted_at() is for them alone.
#pragma once

#include <functional>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace sotto {

class StampingExecutor final : public Executor {
 public:
  StampingExecutor(Executor& under, Clock const& clock) : under_(under), clock_(clock) {}
  void post(std::function<void()> task) override {
    under_.post([this, at = clock_.now(), task = std::move(task)] {
      posted_at_ = at;
      task();
    });
  }
  Time posted_at() const { return posted_at_; }

 private:
  Executor& under_;
  Clock const& clock_;
  Time posted_at_{};
};

}  // namespace sotto
