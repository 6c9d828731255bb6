#include "adapters/sqlite/read_thread.h"

#include <utility>

namespace sotto::sqlite {

ReadThread::ReadThread(std::filesystem::path file, ReadGate& gate)
    : file_(std::move(file)), gate_(gate), thread_([this] { run(); }) {}

ReadThread::~ReadThread() {
  work_.close();
  thread_.join();
}

void ReadThread::run() {
  for (;;) {
    auto const next = work_.take(1);  // the gate may close between two
    if (next.empty()) return;
    auto const& work = next.front();
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
