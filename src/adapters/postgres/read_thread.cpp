#include "adapters/postgres/read_thread.h"

#include <utility>

namespace sotto::postgres {

ReadThread::ReadThread(std::string address) : link_(std::move(address)), thread_([this] { run(); }) {}

ReadThread::~ReadThread() {
  work_.close();
  thread_.join();
}

void ReadThread::run() {
  for (;;) {
    auto const work = work_.take();
    if (work.empty()) return;
    for (auto const& one : work) one(link_);
  }
}

}  // namespace sotto::postgres
