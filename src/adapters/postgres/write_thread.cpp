#include "adapters/postgres/write_thread.h"

#include <utility>

namespace sotto::postgres {

static constexpr int kTries = 5;

WriteThread::WriteThread(std::string address, CallKeys& keys)
    : link_(std::move(address)), seals_(keys), thread_([this] { run(); }) {}

WriteThread::~WriteThread() {
  jobs_.close();
  thread_.join();
}

void WriteThread::run() {
  for (;;) {
    auto jobs = jobs_.take();
    bool const stopping = jobs.empty();
    for (auto& job : std::exchange(unwritten_, {})) write(std::move(job));
    for (auto& job : jobs) write(std::move(job));
    if (stopping) return;
  }
}

void WriteThread::write(Job job) {
  Result<void> done;
  for (int tries = 0; tries < kTries; ++tries) {
    auto const connection = link_.get();
    done = connection ? job.write(**connection, seals_) : std::unexpected(connection.error());
    if (done || !connection) break;
    bool const again = !(*connection)->broken() && trouble_of((*connection)->state()) == Trouble::conflict &&
                       done.error().code == "store_failed";
    link_.reset();
    if (!again) break;
  }
  if (job.answer) job.answer(std::move(done));
  else if (!done && done.error().code == "store_failed") unwritten_.push_back(std::move(job));
}

}  // namespace sotto::postgres
