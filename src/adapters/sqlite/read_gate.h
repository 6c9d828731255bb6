// Those who read on one side, the checkpoint on the other: it copies pages only while nobody reads, since a reader
// would stop it half way (docs/adr/0011).
#pragma once

#include "base/mutex.h"

namespace sotto::sqlite {

class ReadGate {
 public:
  // While it lives somebody reads.
  class Pass {
   public:
    explicit Pass(ReadGate& gate) : gate_(gate) { gate_.enter(); }
    ~Pass() { gate_.leave(); }
    Pass(Pass const&) = delete;
    Pass& operator=(Pass const&) = delete;

   private:
    ReadGate& gate_;
  };

  // Until open() nobody begins to read. False: somebody reads, and `patient` was not asked to wait for him.
  bool close(bool patient) {
    Lock const hold(mutex_);
    if (readers_ > 0 && !patient) return false;
    closed_ = true;
    while (readers_ > 0) changed_.wait(mutex_);
    return true;
  }
  void open() {
    {
      Lock const hold(mutex_);
      closed_ = false;
    }
    changed_.notify_all();
  }

 private:
  void enter() {
    Lock const hold(mutex_);
    while (closed_) changed_.wait(mutex_);
    ++readers_;
  }
  void leave() {
    {
      Lock const hold(mutex_);
      --readers_;
    }
    changed_.notify_all();
  }

  Mutex mutex_;
  Condition changed_;
  int readers_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace sotto::sqlite
