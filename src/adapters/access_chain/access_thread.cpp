#include "adapters/access_chain/access_thread.h"

#include <utility>
#include <vector>

namespace sotto::app {

static constexpr std::size_t kGroup = 256;

AccessThread::AccessThread(Executor& loop, Write write)
    : loop_(loop), write_(std::move(write)), thread_([this] { run(); }) {}

AccessThread::~AccessThread() {
  work_.close();
  thread_.join();
}

void AccessThread::append(AccessEntry entry, Then<void> then) {
  work_.push({.entry = std::move(entry), .then = std::move(then)});
}

std::string AccessThread::trouble() const {
  Lock const hold(mutex_);
  return trouble_;
}

void AccessThread::run() {
  for (;;) {
    auto waiting = work_.take(kGroup);
    if (waiting.empty()) return;
    std::deque<AccessEntry> group;
    for (auto& one : waiting) group.push_back(std::move(one.entry));
    auto const written = write_(group);
    {
      Lock const hold(mutex_);
      trouble_ = written ? "" : written.error().message;
    }
    for (auto& one : waiting) loop_.post([then = std::move(one.then), written] { then(written); });
  }
}

}  // namespace sotto::app
