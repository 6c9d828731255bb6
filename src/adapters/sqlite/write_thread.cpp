#include "adapters/sqlite/write_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <spdlog/spdlog.h>

namespace sotto::sqlite {

// 16 MiB: copying them takes some 50 ms. Four times as many, and readers have to wait.
constexpr int kPagesDue = 4000;

WriteThread::WriteThread(Connect connect, ReadGate& readers)
    : connect_(std::move(connect)), readers_(readers), thread_([this] { run(); }) {}

WriteThread::~WriteThread() {
  jobs_.close();
  thread_.join();
}

void WriteThread::run() {
  for (bool stopping = false; !stopping;) {
    auto fresh = jobs_.take();
    stopping = fresh.empty();
    auto jobs = std::exchange(unwritten_, {});
    std::ranges::move(fresh, std::back_inserter(jobs));
    if (!jobs.empty()) write(std::move(jobs));
    checkpoint(stopping ? 1 : kPagesDue);
  }
}

void WriteThread::write(std::deque<Job> jobs) {
  std::vector<Result<void>> results(jobs.size());
  auto const committed = commit(jobs, results);
  if (!committed) {
    spdlog::warn("the store takes nothing: {}", committed.error().message);
    writer_.reset();
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].answer) jobs[i].answer(committed ? std::move(results[i]) : committed);
    else if (!committed) unwritten_.push_back(std::move(jobs[i]));
  }
}

Result<void> WriteThread::commit(std::deque<Job> const& jobs, std::vector<Result<void>>& results) {
  if (broken_) return std::unexpected(*broken_);
  if (!writer_) {
    auto again = connect_();
    if (!again) return std::unexpected(again.error());
    writer_ = std::move(*again);
  }
  auto& database = writer_->database();
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (auto done = apply(jobs[i], results[i]); !done) return done;
  }
  return database.execute("COMMIT");
}

Result<void> WriteThread::apply(Job const& job, Result<void>& result) {
  auto& database = writer_->database();
  if (auto marked = database.execute("SAVEPOINT job"); !marked) return marked;
  result = job.apply(*writer_);
  if (!result && !refused(result.error())) return result;
  return database.execute(result ? "RELEASE job" : "ROLLBACK TO job; RELEASE job");
}

void WriteThread::checkpoint(int pages_due) {
  if (!writer_ || broken_ || writer_->database().log_pages() < pages_due) return;
  if (!readers_.close(writer_->database().log_pages() >= 4 * pages_due)) return;
  auto const done = writer_->database().checkpoint();
  readers_.open();
  if (done) return;
  if (done.error().code != "half_copied") {
    spdlog::warn("{}; all of it is copied again", done.error().message);
    writer_.reset();
    return;
  }
  broken_ = Error{"store_failed", done.error().message + "; the next start repairs it from its log"};
  spdlog::critical("{}", broken_->message);
}

}  // namespace sotto::sqlite
