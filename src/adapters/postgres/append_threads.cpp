#include "adapters/postgres/append_threads.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "adapters/postgres/log_writer.h"
#include "base/limits.h"

namespace sotto::postgres {

// A transaction's array parameters stay small, and what waits behind it does not wait long.
static constexpr std::size_t kBatchesAtOnce = 128;
static constexpr int kTries = 5;

void Outage::note() { until_ = std::chrono::steady_clock::now() + limits::kLease; }
bool Outage::is_over() const { return std::chrono::steady_clock::now() >= until_.load(); }

AppendThreads::AppendThreads(std::string const& address, CallKeys& keys, Outage& outage)
    : keys_(keys), outage_(outage) {
  for (auto& thread : threads_)
    thread = std::thread([this, address] { run({.link = Link(address), .seals = WriterSeals(keys_)}); });
}

void AppendThreads::stop() {
  batches_.close();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void AppendThreads::run(Own own) {
  for (;;) {
    auto waiting = batches_.take(kBatchesAtOnce);
    if (waiting.empty()) return;
    append(own, {std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end())});
  }
}

void AppendThreads::append(Own& own, std::vector<Batch> batches) {
  std::vector<Append const*> appends;
  for (auto const& batch : batches) appends.push_back(&batch.append);
  if (auto results = commit(own, appends)) {
    for (std::size_t i = 0; i < batches.size(); ++i) batches[i].answer(std::move(results->at(i)));
    return;
  }
  // Whatever it is that the server refuses, it concerns one of them.
  for (auto& batch : batches) {
    auto alone = commit(own, {&batch.append});
    batch.answer(alone ? std::move(alone->front())
                       : Result<std::int64_t>(fail("store_failed", "PostgreSQL does not take this batch")));
  }
}

std::optional<std::vector<Result<std::int64_t>>> AppendThreads::commit(Own& own,
                                                                       std::vector<Append const*> const& batches) {
  Error error;
  for (int tries = 0; tries < kTries; ++tries) {
    auto const connection = own.link.get();
    if (!connection) {
      error = connection.error();
      break;
    }
    std::vector<KeyId> needless;
    auto results = postgres::append(**connection, own.seals, batches, needless);
    for (auto const key : needless) static_cast<void>(keys_.destroy(key));
    if (results) {
      if (failing_.exchange(false)) {
        outage_.note();
        spdlog::info("the store takes what is written again");
      }
      return std::move(*results);
    }
    error = results.error();
    // A connection that was lost, perhaps while it was idle, is made anew: the same batches again change nothing twice.
    auto const trouble = (*connection)->broken() ? Trouble::conflict : trouble_of((*connection)->state());
    own.link.reset();
    if (trouble == Trouble::data) {
      spdlog::error("{} batches are not taken: {}", batches.size(), error.message);
      return std::nullopt;
    }
    if (trouble == Trouble::store) break;
  }
  outage_.note();
  if (!failing_.exchange(true)) spdlog::warn("the store takes nothing: {}", error.message);
  return std::vector<Result<std::int64_t>>(batches.size(), std::unexpected(error));
}

}  // namespace sotto::postgres
