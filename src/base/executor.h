// How work comes back to the loop that owns a call. Adapters with threads of their own post results through it;
// in tests it is a queue under virtual time.
#pragma once

#include <functional>

namespace sotto {

class Executor {
 public:
  virtual ~Executor() = default;
  // Thread-safe. Runs `task` later on the owning loop, in the order posted. After the loop has stopped tasks are
  // destroyed unrun.
  virtual void post(std::function<void()> task) = 0;
};

}  // namespace sotto
