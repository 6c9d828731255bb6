#include "adapters/sqlite/read_thread.h"

#include <utility>

namespace sotto::sqlite {

ReadThread::ReadThread(std::filesystem::path file, ReadGate& gate)
    : file_(std::move(file)), gate_(gate), thread_([this] { run(); }) {}

ReadThread::~ReadThread() {
  {
    Lock const hold(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void ReadThread::post(Work work) {
  {
    Lock const hold(mutex_);
    waiting_.push_back(std::move(work));
  }
  work_.notify_one();
}

void ReadThread::run() {
  for (;;) {
    Work work;
    {
      Lock const hold(mutex_);
      while (waiting_.empty() && !stopping_) work_.wait(mutex_);
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    ReadGate::Pass const reading(gate_);
    if (!database_) {
      auto opened = Database::open(file_, true);
      if (!opened) {
        work(std::unexpected(opened.error()));
        continue;
      }
      database_ = std::move(*opened);
    }
    work(database_.get());
  }
}

}  // namespace sotto::sqlite
